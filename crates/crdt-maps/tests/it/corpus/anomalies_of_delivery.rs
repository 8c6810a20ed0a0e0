//! Anomalies where deltas arrive late, early, in part, or by another way than the rest.

use crdt_core::codec::Encode;
use crdt_core::{Decompose, Delta, DotContext, Lattice, Summarize};
use crdt_maps::{MvRegister, OrMap, RwSet};

use super::shorthand::{Counters, Sets, Words, count, words, words_at};
use super::world::{World, agent, applied, assert_same, joined};

/// A piece of a state travels with the dots of that piece and no others. A context squeezed to "all
/// up to the second" would tell the receiver that the first was removed.
#[test]
fn anomaly_01_a_piece_of_a_state_takes_nothing_away() {
    let mut world = World::<Counters>::new(3);
    world.count(0, "k1", 1);
    world.tell(0, 1);
    let second = world.count(0, "k2", 2);

    let first_known = world.replicas[1].summary();
    let a = &world.replicas[0];
    let parts = a.decompose().filter(|part| part.contains_key("k2"));
    let by_parts = parts.fold(Counters::new(), |piece, part| joined(&piece, &part));
    assert!(by_parts.keys().eq(["k2"]));

    // To one that holds the first key, and to one that holds nothing and passes it on.
    for delta in [
        &second,
        &a.delta_since(&first_known).unwrap(),
        &a.changes_since(&world.replicas[1]),
    ] {
        assert_eq!(delta.events().n_dots(), 1);
        let direct = applied(&world.replicas[1], delta);
        let relayed = applied(&Counters::new(), delta);
        assert!(relayed.keys().eq(["k2"]));
        assert!(
            !relayed.context().is_contiguous(),
            "there is a hole where the first belongs"
        );
        for receiver in [
            direct,
            joined(&world.replicas[1], &relayed),
            joined(&relayed, &by_parts),
        ] {
            let receiver = joined(&receiver, &world.replicas[1]);
            assert_eq!(
                (count(&receiver, "k1"), count(&receiver, "k2")),
                (Some(1), Some(2))
            );
        }
    }
    world.bring(2, &second);
    assert_eq!(world.settle().len(), 2);
}

/// The hole that an event out of order leaves is a hole, not a removal.
#[test]
fn anomaly_02_a_hole_in_what_was_heard_is_no_removal() {
    let mut world = World::<Words>::new(4);
    let first = world.add(0, "one");
    let second = world.add(0, "two");
    let third = world.add(0, "three");
    world.bring(1, &first);
    world.bring(1, &third);
    world.bring(2, &second);
    assert_eq!(words(&world.replicas[1]), ["one", "three"]);

    world.tell(1, 2);
    assert_eq!(words(&world.replicas[2]), ["one", "three", "two"]);
    world.tell(2, 3);
    world.tell(3, 1);
    assert_same(&world.replicas[1], &world.replicas[0]);
    assert_eq!(words(&world.settle()), ["one", "three", "two"]);

    // A set in which removals are kept, and a map.
    let mut world = World::<RwSet<u8>>::new(3);
    let deltas = [1, 2, 3].map(|n| world.act(0, |set, agent| set.add_with_delta(agent, n)));
    world.bring(1, &deltas[0]);
    world.bring(1, &deltas[2]);
    world.bring(2, &deltas[1]);
    world.tell(1, 2);
    assert!(world.replicas[2].iter().eq(&[1, 2, 3]));
    assert!(world.settle().iter().eq(&[1, 2, 3]));
}

/// One history, once by whole states and once by deltas: not one byte differs. And where nothing
/// happened, no delta says otherwise.
#[test]
fn anomaly_04_removals_by_delta_and_by_state_are_the_same() {
    let mut world = World::<Sets>::new(3);
    world.put(0, "k", "x");
    world.put(0, "k", "y");
    world.put(1, "l", "z");
    world.meet();
    world.take(0, "k", "x");
    world.remove(1, "k");
    world.put(2, "k", "y");
    world.take(2, "l", "z");
    let all = world.settle();
    assert_eq!(words_at(&all, "k"), Some(vec!["y".to_owned()]));
    assert_eq!(words_at(&all, "l"), Some(vec![]));

    world.meet();
    for delta in [
        world.take(0, "k", "absent"),
        world.take(0, "absent", "x"),
        world.remove(0, "gone"),
    ] {
        assert!(delta.is_empty());
        assert_eq!(delta, Delta::merge_deltas([]).unwrap());
    }
    let only_the_key = world.take(1, "k", "y");
    assert_eq!(only_the_key.change().live.len(), 1);
    assert!(only_the_key.change().live.contains_key("k"));
    assert_eq!(words_at(&world.settle(), "k"), Some(vec![]));
}

/// A removal inside, then a removal of what it was inside of, and only then what both removed.
#[test]
fn anomaly_09_an_addition_that_comes_after_both_its_removals_stays_out() {
    for is_parent_removed_elsewhere in [false, true] {
        let mut world = World::<Sets>::new(3);
        let addition = world.put(0, "k", "x");
        world.bring(1, &addition);
        world.bring(2, &addition);
        let inner = world.take(1, "k", "x");
        let outer = world.remove(if is_parent_removed_elsewhere { 2 } else { 1 }, "k");

        let mut late = applied(&applied(&Sets::new(), &inner), &outer);
        for delta in [&addition, &inner, &outer, &addition] {
            late = applied(&late, delta);
            assert!(late.get("k").is_none_or(|set| set.is_empty()));
        }
        let all = world.settle();
        assert_same(&late, &all);
        // Whoever removed the key had not seen that the set was emptied: that event keeps the key.
        assert_eq!(all.contains_key("k"), is_parent_removed_elsewhere);
    }
}

/// The second event of an agent does not make its first one old news.
#[test]
fn anomaly_13_an_event_before_one_that_is_known_still_counts() {
    let mut world = World::<Words>::new(2);
    let first = world.add(0, "first");
    let second = world.add(0, "second");
    world.bring(1, &second);
    world.bring(1, &first);
    assert_eq!(words(&world.replicas[1]), ["first", "second"]);
    assert_eq!(words(&world.settle()), ["first", "second"]);

    let mut world = World::<Counters>::new(2);
    let first = world.count(0, "k", 1);
    let second = world.count(0, "k", 2);
    let third = world.count(0, "l", 4);
    for delta in [&third, &second, &first] {
        world.bring(1, delta);
    }
    let all = world.settle();
    assert_eq!((count(&all, "k"), count(&all, "l")), (Some(3), Some(4)));
}

/// What may come next is judged by the agent's events in the whole document, not by those under one
/// key; and nothing that is in order is ever taken for a contradiction.
#[test]
fn anomaly_14_events_on_different_keys_are_all_accepted() {
    type Map = OrMap<String, MvRegister<u8>>;
    let mut world = World::<Map>::new(3);
    let write = |world: &mut World<Map>, key: &str, value| {
        world.update(0, key, |register, minter| register.write(minter, value))
    };
    let on_one = write(&mut world, "k1", 1);
    let on_two = write(&mut world, "k2", 2);
    let again = write(&mut world, "k1", 3);
    for deltas in [
        [&on_one, &on_two, &again],
        [&again, &on_two, &on_one],
        [&on_two, &on_one, &again],
    ] {
        let read = deltas
            .into_iter()
            .fold(Map::new(), |map, delta| applied(&map, delta));
        assert_same(&read, &world.replicas[0]);
    }
    let all = world.settle();
    assert!(
        all.get("k1")
            .is_some_and(|register| register.values().eq(&[3]))
    );
    assert!(
        all.get("k2")
            .is_some_and(|register| register.values().eq(&[2]))
    );
}

/// A comparison of states finds removals like anything else.
#[test]
fn anomaly_16_what_a_state_has_removed_is_among_its_news() {
    let mut world = World::<Words>::new(3);
    world.add(0, "x");
    world.add(0, "y");
    world.meet();
    world.drop_word(0, "x");
    let (ours, theirs) = (&world.replicas[0], &world.replicas[1]);
    for delta in [
        ours.changes_since(theirs),
        ours.delta_since(&theirs.summary()).unwrap(),
    ] {
        assert!(!delta.is_empty());
        assert_eq!(words(&applied(theirs, &delta)), ["y"]);
    }
    let difference = ours.diff(theirs);
    assert!(!difference.is_bottom());
    assert_eq!(words(&joined(theirs, &difference)), ["y"]);

    // Without a word of its own: the context alone is the removal.
    world.drop_word(0, "y");
    assert!(words(&world.replicas[0]).is_empty());
    assert_ne!(world.replicas[0].context(), &DotContext::new());
    assert!(words(&world.settle()).is_empty());

    // Below a key, too.
    let mut world = World::<Sets>::new(2);
    world.put(0, "k", "x");
    world.meet();
    world.take(0, "k", "x");
    world.remove(0, "k");
    let news = world.replicas[0].changes_since(&world.replicas[1]);
    assert_eq!(applied(&world.replicas[1], &news).len(), 0);
    assert!(news.to_bytes().len() < 40, "the removal, not the content");
    assert_eq!(world.settle().len(), 0);
    assert_eq!(world.replicas[1].context().next_seq(&agent(0)), Ok(1));
}
