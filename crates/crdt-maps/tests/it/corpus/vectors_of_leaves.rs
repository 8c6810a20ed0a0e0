//! Vectors 1 to 9: counters, registers, maps without causality, and sets.

use crdt_core::{AgentId, Classify, DeltaState, ErrorKind, Summarize, Timestamp};
use crdt_counters::{GCounter, PnCounter, ResettableCounter};
use crdt_maps::{LwwMap, LwwRegister, MvRegister, OrMap, StampError};

use super::shorthand::{Words, at, words};
use super::world::{World, agent, applied, assert_same, joined};

#[test]
fn vector_01_counts_of_two_agents_add_up() {
    let mut world = World::<GCounter>::new(2);
    world.act(0, |counter, agent| counter.increment_with_delta(agent, 5));
    world.act(1, |counter, agent| counter.increment_with_delta(agent, 3));
    assert_eq!(world.settle().value(), 8);

    let mut world = World::<PnCounter>::new(2);
    world.act(0, |counter, agent| counter.add_with_delta(agent, 5));
    world.act(1, |counter, agent| counter.add_with_delta(agent, 3));
    assert_eq!(world.settle().value(), 8);

    let mut world = World::<ResettableCounter>::new(2);
    world.act(0, |counter, agent| counter.add_with_delta(agent, 5));
    world.act(1, |counter, agent| counter.add_with_delta(agent, 3));
    assert_eq!(world.settle().value(), 8);
}

/// Two sessions under one name: the plain counter keeps the greater count; the one with dots sees
/// that one dot has two contents.
#[test]
fn vector_02_counts_under_one_name_do_not_add_up() {
    let count = |n| {
        let mut counter = GCounter::new();
        counter.increment(&agent(0), n).unwrap();
        counter
    };
    assert_eq!(joined(&count(5), &count(3)).value(), 5);

    let count = |n| {
        let mut counter = ResettableCounter::new();
        counter.increment(&agent(0), n).unwrap();
        counter
    };
    let (mut five, three) = (count(5), count(3));
    let refused = five.apply_delta(&three).unwrap_err();
    assert_eq!((refused.dot.agent(), refused.dot.seq()), (&agent(0), 0));
    assert_same(&five, &count(5));
    assert_eq!(joined(&five, &three).value(), 5);
}

/// By agent first, then by value.
#[test]
fn vector_03_a_tie_of_stamps_goes_by_agent_then_by_value() {
    let map = |writer: &AgentId, value: &str| {
        let map = LwwMap::<String, String>::new();
        map.clone()
            .set_with_delta(writer, at(7), "k".to_owned(), value.to_owned())
            .unwrap()
    };
    for (winner, loser) in [
        (map(&agent(1), "apple"), map(&agent(0), "zebra")),
        (map(&agent(0), "zebra"), map(&agent(0), "apple")),
        (map(&agent(1), "zebra"), map(&agent(0), "apple")),
    ] {
        assert_same(&joined(&winner, &loser), &winner);
    }
}

/// By UTF-16 units the winner would be the other.
#[test]
fn vector_04_a_tie_goes_by_bytes() {
    let (low, high) = ("\u{e000}", "\u{10000}");
    let register = |writer: &str, value: &str| {
        let writer = AgentId::new(writer).unwrap();
        LwwRegister::<String>::new()
            .set_with_delta(&writer, at(7), value.to_owned())
            .unwrap()
    };
    for (winner, loser) in [
        (register(high, "a"), register(low, "z")),
        (register("w", high), register("w", low)),
    ] {
        assert_same(&joined(&winner, &loser), &winner);
    }
}

/// A removal at the stamp of what it removes is refused here, where it could still be made again with
/// a later one, rather than lost there.
#[test]
fn vector_05_a_removal_at_the_same_stamp_is_refused_and_a_later_one_wins() {
    let mut map = LwwMap::<String, u8>::new();
    map.set(&agent(0), at(10), "k".to_owned(), 1).unwrap();
    let before = map.clone();
    let held = at(10);
    for writer in [agent(0), agent(1)] {
        let refused = map.remove(&writer, held, "k".to_owned());
        assert_eq!(
            refused,
            Err(StampError::TimestampNotAdvanced { given: held, held })
        );
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Misuse);
    }
    assert_same(&map, &before);

    let next = Timestamp::from_u64(held.to_u64() + 1);
    let removal = map
        .remove_with_delta(&agent(0), next, "k".to_owned())
        .unwrap();
    assert_eq!(map.get("k"), None);
    assert_same(&joined(&before, &removal), &map);
}

#[test]
fn vector_06_one_writer_at_one_time_with_two_values_is_a_conflict() {
    let map = |value: Option<u8>| {
        let (mut map, writer, key) = (LwwMap::<String, u8>::new(), agent(0), "key".to_owned());
        match value {
            Some(value) => map.set(&writer, at(10), key, value).unwrap(),
            None => map.remove(&writer, at(10), key).unwrap(),
        }
        map
    };
    let all = [map(None), map(Some(1)), map(Some(2))];
    for (lesser, greater) in [(0, 1), (1, 2), (0, 2)] {
        let (lesser, greater) = (&all[lesser], &all[greater]);
        for (held, delta) in [(lesser, greater), (greater, lesser)] {
            let mut map = held.clone();
            let refused = map.apply_delta(delta).unwrap_err();
            assert_eq!((refused.stamp, &refused.writer), (at(10), &agent(0)));
            assert_same(&map, held);
        }
        assert_same(&joined(lesser, greater), greater);
    }
}

#[test]
fn vector_07_cleaning_keeps_what_lives_and_what_is_young() {
    let (writer, mut map) = (agent(0), LwwMap::<u8, u8>::new());
    map.set(&writer, at(1), b'a', 1).unwrap();
    let zombie = map.set_with_delta(&writer, at(3), b'b', 2).unwrap();
    map.remove(&writer, at(5), b'b').unwrap();
    map.remove(&writer, at(15), b'c').unwrap();
    let uncleaned = map.clone();
    assert_eq!(map.clean(at(10)), Ok(1));
    assert_eq!((map.n_tombstones(), map.get(&b'a')), (1, Some(&1)));
    assert_eq!(map.apply_delta(&zombie), Ok(false));
    assert_eq!(map.get(&b'b'), None);
    assert_same(&joined(&map, &uncleaned), &map);
    assert_same(
        &applied(&uncleaned, &map.delta_since(&uncleaned.summary()).unwrap()),
        &map,
    );
}

/// Alice's second write replaces her first; that bob's was seen by it is in its delta, for a peer
/// that knows only bob's.
#[test]
fn vector_08_a_write_replaces_what_its_writer_saw() {
    let mut world = World::<MvRegister<String>>::new(3);
    let write = |world: &mut World<MvRegister<String>>, who, value: &str| {
        world.act(who, |register, agent| {
            register.write_with_delta(agent, value.to_owned())
        })
    };
    write(&mut world, 0, "a-old");
    let by_bob = write(&mut world, 1, "b-old");
    world.bring(2, &by_bob);
    world.tell(1, 0);
    assert!(world.replicas[0].values().eq(&["a-old", "b-old"]));
    let newer = write(&mut world, 0, "a-new");
    world.bring(2, &newer);
    assert!(world.replicas[2].values().eq(&["a-new"]));
    assert!(world.settle().values().eq(&["a-new"]));

    // Of what alice had not seen, her write says nothing.
    let mut world = World::<OrMap<String, MvRegister<u8>>>::new(2);
    world.update(0, "k", |register, minter| register.write(minter, 1));
    world.update(1, "k", |register, minter| register.write(minter, 2));
    world.update(0, "k", |register, minter| register.write(minter, 3));
    let all = world.settle();
    assert!(
        all.get("k")
            .is_some_and(|register| register.values().eq(&[3, 2]))
    );
}

#[test]
fn vector_09_scrambled_and_repeated_deltas_make_the_same_set() {
    let mut world = World::<Words>::new(2);
    let (x, y) = (world.add(0, "x"), world.add(0, "y"));
    let gone = world.drop_word(0, "x");
    for delta in [&gone, &x, &gone, &y, &x, &y] {
        world.bring(1, delta);
        assert!(!world.replicas[1].contains("x"));
    }
    assert_same(&world.replicas[1], &world.replicas[0]);
    assert_eq!(words(&world.settle()), ["y"]);
}
