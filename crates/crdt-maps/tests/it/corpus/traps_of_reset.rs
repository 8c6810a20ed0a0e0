//! Traps 1 to 6: removing and adding again, beside others and out of order.

use crdt_core::{AgentId, DeltaState, Summarize};
use crdt_counters::PnCounter;
use crdt_maps::{LwwMap, MvRegister, OrMap};

use super::shorthand::{Counters, Words, at, count, words};
use super::world::{World, agent, applied, assert_same, joined};

/// The difference to a peer that still has the key from before is applied as a whole or not at all,
/// and gives what joining gives.
#[test]
fn trap_01_a_difference_spans_a_removal_and_a_new_beginning() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.remove(0, "k");
    world.count(0, "k", 1);
    let (ours, theirs) = (&world.replicas[0], &world.replicas[1]);
    let difference = ours.changes_since(theirs);
    let after = applied(theirs, &difference);
    assert_same(&after, &joined(theirs, ours));
    assert_eq!(count(&after, "k"), Some(1));
    assert_eq!(count(&world.settle(), "k"), Some(1));

    // The same value again is a new beginning too, and the difference says so.
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.remove(0, "k");
    world.count(0, "k", 5);
    let difference = world.replicas[0].changes_since(&world.replicas[1]);
    assert_same(
        &applied(&world.replicas[1], &difference),
        &world.replicas[0],
    );
    world.count(1, "k", 2);
    assert_eq!(count(&world.settle(), "k"), Some(7));
}

/// A difference with one part that contradicts what is known leaves no trace of its good parts.
#[test]
fn a_refused_difference_changes_nothing() {
    type Map = OrMap<String, MvRegister<u8>>;
    let write = |map: &mut Map, agent: &AgentId, key: &str, value| {
        map.update_with_delta(agent, key.to_owned(), |register, m| {
            register.write(m, value)
        })
        .unwrap()
    };
    let mut ours = Map::new();
    write(&mut ours, &agent(0), "m", 1);
    write(&mut ours, &agent(0), "k", 0);
    let mut copy = Map::new();
    write(&mut copy, &agent(0), "m", 2);
    for key in ["a", "z"] {
        write(&mut copy, &agent(1), key, 3);
    }
    copy.remove(&agent(1), "a").unwrap();
    let by_summary = copy.delta_since(&Map::new().summary()).unwrap();
    for delta in [
        copy.changes_since(&ours),
        copy.changes_since(&Map::new()),
        by_summary,
    ] {
        let mut after = ours.clone();
        let error = after.apply_delta(&delta).unwrap_err();
        assert_eq!((error.dot.agent(), error.dot.seq()), (&agent(0), 0));
        assert_same(&after, &ours);
    }
}

/// Alice's removal is on its way when everyone is said to have the addition. There is nothing to
/// collect here: what was removed left no tombstone, and what was not removed cannot go.
#[test]
fn trap_02_a_removal_outlives_everyones_knowledge_of_the_addition() {
    let mut world = World::<Words>::new(3);
    world.add(0, "x");
    world.meet();
    world.drop_word(0, "x");
    for third in [1, 2] {
        let through_third = joined(&world.replicas[third], &world.replicas[0]);
        assert!(words(&joined(&world.replicas[3 - third], &through_third)).is_empty());
    }
    assert!(words(&world.settle()).is_empty());

    // The map that does keep tombstones: bob cleans before alice's removal arrives.
    let mut ours = LwwMap::new();
    ours.set(&agent(0), at(1), b'x', 1).unwrap();
    ours.set(&agent(0), at(2), b'y', 2).unwrap();
    let mut theirs = ours.clone();
    let third = ours.clone();
    ours.remove(&agent(0), at(5), b'x').unwrap();
    theirs.set(&agent(1), at(9), b'y', 3).unwrap();
    theirs.clean(at(4)).unwrap();
    let both = joined(&ours, &theirs);
    assert!(both.keys().eq(b"y"));
    assert_same(&joined(&both, &third), &both);
    assert_same(&joined(&joined(&third, &theirs), &ours), &both);
}

#[test]
fn trap_03_what_was_adopted_counts_once() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.tell(0, 1);
    world.count(0, "k", 1);
    world.count(1, "k", 2);
    assert_eq!(count(&world.settle(), "k"), Some(8));

    let mut world = World::<PnCounter>::new(2);
    world.act(0, |counter, agent| counter.add_with_delta(agent, 5));
    world.tell(0, 1);
    world.act(0, |counter, agent| counter.add_with_delta(agent, 1));
    world.act(1, |counter, agent| counter.add_with_delta(agent, 2));
    assert_eq!(world.settle().value(), 8);
}

/// Deltas and states in all orders, old ones again: one value, everywhere.
#[test]
fn trap_04_a_key_added_again_starts_fresh_whatever_comes_late() {
    let mut world = World::<Counters>::new(2);
    let five = world.count(0, "k", 5);
    world.tell(0, 1);
    world.remove(0, "k");
    world.count(0, "k", 1);
    world.bring(0, &five);
    world.bring(1, &five);
    assert_eq!(count(&world.settle(), "k"), Some(1));
}

#[test]
fn trap_05_a_change_beside_the_removal_is_kept_beside_the_new_beginning() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.tell(0, 1);
    world.remove(0, "k");
    world.count(0, "k", 1);
    world.count(1, "k", 2);
    assert_eq!(count(&world.settle(), "k"), Some(3));
}

#[test]
fn trap_06_two_new_beginnings_at_once_add_up() {
    for is_removed_twice in [false, true] {
        let mut world = World::<Counters>::new(2);
        world.count(0, "k", 5);
        world.meet();
        world.remove(0, "k");
        if is_removed_twice {
            world.remove(1, "k");
        } else {
            world.tell(0, 1);
        }
        world.count(0, "k", 1);
        world.count(1, "k", 2);
        assert_eq!(count(&world.settle(), "k"), Some(3));
    }
}
