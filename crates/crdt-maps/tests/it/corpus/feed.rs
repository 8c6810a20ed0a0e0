//! What readers are told: exactly what differs between before and after.

use crdt_core::{Delta, DeltaState, Feed, KeyedFeed, NextSeqError, Seen, Summarize};
use crdt_counters::ResettableCounter;
use crdt_maps::{
    CausalRegister, DisableWinsFlag, EnableWinsFlag, MvRegister, OrMap, OrMapDelta, OrSet, RwSet,
};

use super::shorthand::{Counters, Words, at};
use super::world::{World, agent, applied, joined};

type Nested = OrMap<String, Counters>;

/// The entries of a feed, in the order of keys.
fn entries<K: Ord + Clone, F: Clone>(feed: &KeyedFeed<K, F>) -> Vec<(K, Seen<F>)> {
    let mut entries: Vec<_> = feed
        .iter()
        .map(|(key, seen)| (key.clone(), seen.clone()))
        .collect();
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    entries
}

#[test]
fn keys_are_added_changed_and_removed_at_every_level() {
    let mut world = World::<Nested>::new(2);
    let count = |world: &mut World<Nested>, outer: &str, inner: &str, by| {
        world.update(0, outer, |map, minter| {
            map.update(minter, inner.to_owned(), |counter, minter| {
                counter.add(minter, by)
            })
        })
    };
    let mut readers = Nested::new();
    let mut told = |delta: &_| {
        let feed = readers.apply_with_feed(delta).unwrap();
        assert!(
            readers.apply_with_feed(delta).unwrap().is_silent(),
            "again is no news"
        );
        entries(&feed)
    };
    let own = |key: &str| key.to_owned();

    let added = told(&count(&mut world, "a", "x", 1));
    assert_eq!(added, [(own("a"), Seen::Added)]);

    let changed = told(&count(&mut world, "a", "x", 1));
    let [(key, Seen::Changed(inner))] = &changed[..] else {
        panic!("{changed:?}")
    };
    assert_eq!(key, "a");
    assert_eq!(entries(inner), [(own("x"), Seen::Changed(true))]);

    let changed = told(&count(&mut world, "a", "y", 1));
    let [(_, Seen::Changed(inner))] = &changed[..] else {
        panic!("{changed:?}")
    };
    assert_eq!(entries(inner), [(own("y"), Seen::Added)]);

    let changed = told(&world.update(0, "a", |map, minter| map.remove(minter, "x")));
    let [(_, Seen::Changed(inner))] = &changed[..] else {
        panic!("{changed:?}")
    };
    assert_eq!(entries(inner), [(own("x"), Seen::Removed)]);

    assert_eq!(told(&world.remove(0, "a")), [(own("a"), Seen::Removed)]);
    assert_eq!(told(&world.touch(0, "b")), [(own("b"), Seen::Added)]);
}

#[test]
fn what_readers_cannot_see_is_not_told() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.count(0, "zero", 1);
    world.update(0, "zero", |counter, minter| counter.reset(minter));
    world.meet();
    let mut readers = world.replicas[1].clone();

    // A touch of what is there; a key kept by another event than before; a removal of nothing;
    // additions that cancel out; a removal that brought less than is there.
    let silent = [
        world.touch(0, "k"),
        world.touch(0, "zero"),
        world.remove(0, "absent"),
        world.update(0, "k", |counter, minter| {
            let mut change = counter.add(minter, 3)?;
            change.merge(&counter.add(minter, -3)?);
            Ok::<_, NextSeqError>(change)
        }),
    ];
    for delta in &silent {
        assert!(readers.apply_with_feed(delta).unwrap().is_silent());
    }
    assert_ne!(
        readers, world.replicas[1],
        "and yet there was something to take over"
    );
    assert!(readers.join_with_feed(&world.replicas[0]).is_silent());
    assert!(readers.join_with_feed(&Counters::new()).is_silent());
}

/// A key that is removed and begun anew in one group was never away, as far as readers can tell.
#[test]
fn a_group_is_told_by_its_outcome() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "same", 5);
    world.count(0, "other", 5);
    world.count(0, "gone", 5);
    world.meet();
    for (key, by) in [("same", 5), ("other", 6), ("gone", 7), ("brief", 8)] {
        world.remove(0, key);
        world.count(0, key, by);
    }
    for key in ["gone", "brief"] {
        world.remove(0, key);
    }
    let by_state = world.replicas[1].clone().join_with_feed(&world.replicas[0]);
    let expected = [
        ("gone".to_owned(), Seen::Removed),
        ("other".to_owned(), Seen::Changed(true)),
    ];
    assert_eq!(entries(&by_state), expected);
    let (ours, theirs) = (&world.replicas[0], &world.replicas[1]);
    for delta in [
        ours.changes_since(theirs),
        ours.delta_since(&theirs.summary()).unwrap(),
        OrMapDelta::<String, ResettableCounter>::merge_deltas(&world.log).unwrap(),
    ] {
        let feed = theirs.clone().apply_with_feed(&delta).unwrap();
        assert_eq!(entries(&feed), expected);
    }
}

/// An element that is added again by someone else is in before and after.
#[test]
fn an_element_that_stays_in_is_not_told_again() {
    let mut world = World::<Words>::new(2);
    world.add(0, "x");
    world.meet();
    let again = world.add(0, "x");
    let mut readers = world.replicas[1].clone();
    assert!(readers.apply_with_feed(&again).unwrap().is_silent());
    let gone = world.drop_word(0, "x");
    let feed = readers.apply_with_feed(&gone).unwrap();
    assert_eq!(entries(&feed), [("x".to_owned(), Seen::Removed)]);

    // A removal that wins, of what never came: nothing to see. Then what it kept out: still nothing.
    let mut world = World::<RwSet<u8>>::new(2);
    let added = world.act(0, |set, agent| set.add_with_delta(agent, 7));
    let removed = world.act(1, |set, agent| set.remove_with_delta(agent, 7));
    let mut readers = RwSet::new();
    assert!(readers.apply_with_feed(&removed).unwrap().is_silent());
    assert!(readers.apply_with_feed(&added).unwrap().is_silent());
    let allowed = {
        world.meet();
        world.act(0, |set, agent| set.add_with_delta(agent, 7))
    };
    let feed = readers.apply_with_feed(&allowed).unwrap();
    assert_eq!(entries(&feed), [(7, Seen::Added)]);
}

/// Leaves tell whether their value changed.
#[test]
fn leaves_tell_whether_their_value_changed() {
    let (alice, bob) = (agent(0), agent(1));
    let mut flag = EnableWinsFlag::new();
    let on = EnableWinsFlag::new().enable_with_delta(&alice).unwrap();
    let on_too = EnableWinsFlag::new().enable_with_delta(&bob).unwrap();
    assert!(flag.apply_with_feed(&on).unwrap());
    assert!(!flag.apply_with_feed(&on_too).unwrap(), "it was on");
    assert!(!flag.apply_with_feed(&on).unwrap());
    let mut knows_one = joined(&EnableWinsFlag::new(), &on);
    let half_off = knows_one.disable_with_delta(&alice).unwrap();
    assert!(
        !flag.apply_with_feed(&half_off).unwrap(),
        "bob still says on"
    );
    let mut knows_all = flag.clone();
    let off = knows_all.disable_with_delta(&bob).unwrap();
    assert!(flag.apply_with_feed(&off).unwrap());

    let mut flag = DisableWinsFlag::new();
    let off = DisableWinsFlag::new().disable_with_delta(&alice).unwrap();
    assert!(flag.apply_with_feed(&off).unwrap());
    assert!(!flag.join_with_feed(&off));

    let mut counter = ResettableCounter::new();
    let up = ResettableCounter::new().add_with_delta(&alice, 5).unwrap();
    let down = ResettableCounter::new().add_with_delta(&bob, -5).unwrap();
    let both = joined(&up, &down);
    assert!(!counter.apply_with_feed(&both).unwrap(), "still zero");
    let mut counter = ResettableCounter::new();
    assert!(counter.apply_with_feed(&up).unwrap() && counter.apply_with_feed(&down).unwrap());

    let mut register = MvRegister::new();
    let one = MvRegister::new().write_with_delta(&alice, 1).unwrap();
    let two = MvRegister::new().write_with_delta(&bob, 2).unwrap();
    assert!(register.apply_with_feed(&one).unwrap() && register.apply_with_feed(&two).unwrap());
    assert!(!register.apply_with_feed(&one).unwrap());
    let mut seen_one = one.clone();
    let three = seen_one.write_with_delta(&alice, 3).unwrap();
    assert!(register.apply_with_feed(&three).unwrap());
    assert!(!register.join_with_feed(&one));
    assert!(register.values().eq(&[3, 2]));

    let mut register = CausalRegister::new();
    let early = CausalRegister::new()
        .write_with_delta(&alice, at(1), 1)
        .unwrap();
    let late = CausalRegister::new()
        .write_with_delta(&bob, at(2), 2)
        .unwrap();
    assert!(register.apply_with_feed(&late).unwrap());
    assert!(!register.apply_with_feed(&early).unwrap(), "it lost");
    let mut seen_late = late.clone();
    let cleared = seen_late.clear_with_delta(&bob).unwrap();
    assert!(
        register.apply_with_feed(&cleared).unwrap(),
        "the one that lost is the value now"
    );
    assert_eq!(register.value(), Some(&1));
}

/// What is refused is not told.
#[test]
fn a_refused_delta_is_not_told() {
    let write = |value| {
        MvRegister::<u8>::new()
            .write_with_delta(&agent(0), value)
            .unwrap()
    };
    let (mut register, other) = (write(1), write(2));
    assert!(register.apply_with_feed(&other).is_err());
    assert_eq!(register, write(1));

    let mut map = OrMap::<u8, MvRegister<u8>>::new();
    let mut other = map.clone();
    map.update(&agent(0), 1, |register, minter| register.write(minter, 1))
        .unwrap();
    let bad = other.update_with_delta(&agent(0), 1, |register, minter| register.write(minter, 2));
    let before = map.clone();
    assert!(map.apply_with_feed(&bad.unwrap()).is_err());
    assert_eq!(map, before);
}

/// Telling changes nothing about the outcome.
#[test]
fn with_and_without_telling_is_the_same() {
    let mut world = World::<OrMap<String, OrSet<u8>>>::new(2);
    world.update(0, "k", |set, minter| set.add(minter, 1));
    world.touch(1, "k");
    let removal = world.remove(0, "k");
    let mut told = world.replicas[1].clone();
    let feed = told.apply_with_feed(&removal).unwrap();
    assert!(feed.is_silent(), "what was removed never came");
    assert_eq!(told, applied(&world.replicas[1], &removal));
    assert_eq!(told.apply_delta(&removal), Ok(false));
}
