//! Anomalies where something removed comes back, or something removed takes too much along.

use crdt_core::Lattice;
use crdt_counters::{PnCounter, ResettableCounter};
use crdt_maps::{EnableWinsFlag, OrMap, RwSet};

use super::shorthand::{Counters, Words, count, words};
use super::world::{World, agent, assert_same, joined};

/// That a grow-only counter does not compile under a removable key is shown where `OrMap` is
/// documented; here is what stands in its place.
#[test]
fn anomaly_03_a_counter_under_a_key_does_not_bring_its_past_back() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.remove(0, "k");
    world.count(1, "k", 1);
    assert_eq!(count(&world.settle(), "k"), Some(1));

    // Removed and added again, while a replica that heard of neither counts on.
    world.count(0, "k", 2);
    assert_eq!(count(&world.settle(), "k"), Some(3));
}

/// Removing the key or resetting the value: what is taken back is what was seen.
#[test]
fn anomaly_06_an_increment_beside_a_removal_counts_alone() {
    let remove = |world: &mut World<Counters>| world.remove(0, "k");
    let reset =
        |world: &mut World<Counters>| world.update(0, "k", |counter, minter| counter.reset(minter));
    for take_back in [remove, reset] {
        let mut world = World::<Counters>::new(2);
        world.count(0, "k", 3);
        world.count(1, "k", 2);
        world.meet();
        assert_eq!(count(&world.replicas[1], "k"), Some(5));
        take_back(&mut world);
        world.count(1, "k", 1);
        assert_eq!(count(&world.settle(), "k"), Some(1));
    }
}

/// Alice and bob add x at once. Carol, who saw only bob's x, removes it; so does dave with alice's.
/// Alice hears of carol's removal, bob of dave's: both still hold x, each under its own dot.
#[test]
fn anomaly_07_an_element_goes_when_each_side_removed_the_dots_of_the_other() {
    let mut world = World::<Words>::new(4);
    let by_alice = world.add(0, "x");
    let by_bob = world.add(1, "x");
    world.bring(2, &by_bob);
    let by_carol = world.drop_word(2, "x");
    world.bring(3, &by_alice);
    let by_dave = world.drop_word(3, "x");
    world.bring(0, &by_carol);
    world.bring(1, &by_dave);
    assert_eq!(words(&world.replicas[0]), ["x"]);
    assert_eq!(words(&world.replicas[1]), ["x"]);
    assert!(words(&joined(&world.replicas[0], &world.replicas[1])).is_empty());
    assert!(words(&world.settle()).is_empty());

    // The same with a flag.
    let mut world = World::<EnableWinsFlag>::new(4);
    let by_alice = world.act(0, |flag, agent| flag.enable_with_delta(agent));
    let by_bob = world.act(1, |flag, agent| flag.enable_with_delta(agent));
    world.bring(2, &by_bob);
    let by_carol = world.act(2, |flag, agent| flag.disable_with_delta(agent));
    world.bring(3, &by_alice);
    let by_dave = world.act(3, |flag, agent| flag.disable_with_delta(agent));
    world.bring(0, &by_carol);
    world.bring(1, &by_dave);
    assert!(world.replicas[0].is_enabled() && world.replicas[1].is_enabled());
    assert!(!world.settle().is_enabled());

    // And with a key of a map, whose value must not be put together first and judged later.
    let mut world = World::<Counters>::new(4);
    let by_alice = world.count(0, "x", 1);
    let by_bob = world.count(1, "x", 2);
    world.bring(2, &by_bob);
    let by_carol = world.remove(2, "x");
    world.bring(3, &by_alice);
    let by_dave = world.remove(3, "x");
    world.bring(0, &by_carol);
    world.bring(1, &by_dave);
    assert_eq!(count(&world.replicas[0], "x"), Some(1));
    assert_eq!(count(&world.replicas[1], "x"), Some(2));
    assert!(world.settle().is_empty());
}

/// A reset takes dots away; it is no decrement by what was read.
#[test]
fn anomaly_08_two_resets_at_once_reset_once() {
    let mut world = World::<ResettableCounter>::new(2);
    world.act(0, |counter, agent| counter.add_with_delta(agent, 5));
    world.meet();
    for who in [0, 1] {
        world.act(who, |counter, agent| counter.reset_with_delta(agent));
    }
    assert_eq!(world.settle().value(), 0);

    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    for who in [0, 1] {
        world.update(who, "k", |counter, minter| counter.reset(minter));
    }
    let all = world.settle();
    assert_eq!(count(&all, "k"), Some(0));

    // One resets, the other removes the key: the reset was not seen, so the key stays, at zero.
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.update(0, "k", |counter, minter| counter.reset(minter));
    world.remove(1, "k");
    assert_eq!(count(&world.settle(), "k"), Some(0));
}

/// A removal goes wherever a state goes, and no stale copy overrules it.
#[test]
fn anomaly_10_a_removal_reaches_everyone_and_nothing_stale_undoes_it() {
    let mut world = World::<Words>::new(3);
    world.add(0, "x");
    world.tell(0, 1);
    world.tell(0, 2);
    world.drop_word(1, "x");
    for (left, right) in [(0, 1), (1, 0)] {
        let both = joined(&world.replicas[left], &world.replicas[right]);
        assert!(words(&both).is_empty());
        assert_same(&joined(&both, &world.replicas[2]), &both);
    }
    assert!(words(&world.settle()).is_empty());

    let mut world = World::<RwSet<u8>>::new(3);
    world.act(0, |set, agent| set.add_with_delta(agent, 7));
    world.meet();
    world.act(1, |set, agent| set.remove_with_delta(agent, 7));
    assert!(world.settle().is_empty());
}

/// No concurrency, one replica: a key that is added again starts from nothing.
#[test]
fn anomaly_11_a_key_that_comes_back_does_not_bring_its_old_value() {
    let mut world = World::<Counters>::new(1);
    world.count(0, "k", 5);
    world.remove(0, "k");
    assert!(!world.replicas[0].contains_key("k"));
    world.count(0, "k", 1);
    assert_eq!(count(&world.settle(), "k"), Some(1));
}

/// What a replica counts is counted under its own name, however the key came to it.
#[test]
fn anomaly_12_a_key_taken_over_from_a_peer_is_counted_in_ones_own_name() {
    let mut world = World::<Counters>::new(2);
    world.count(1, "k", 5);
    world.tell(1, 0);
    world.count(0, "k", 1);
    world.count(1, "k", 2);
    let all = world.settle();
    assert_eq!(count(&all, "k"), Some(8));
    assert_eq!(all.context().next_seq(&agent(0)), Ok(1));
    assert_eq!(all.context().next_seq(&agent(1)), Ok(2));

    // Counters that keep one count for each agent: bob's copy of alice's is not bob's to raise.
    let mut ours = PnCounter::new();
    ours.add(&agent(0), 5).unwrap();
    let mut theirs = ours.clone();
    ours.add(&agent(0), 1).unwrap();
    theirs.add(&agent(1), 2).unwrap();
    assert!(ours.join(&theirs) && theirs.join(&ours));
    assert_eq!((ours.value(), &ours), (8, &theirs));

    // Two levels down.
    let mut world = World::<OrMap<String, Counters>>::new(2);
    let add = |world: &mut World<OrMap<String, Counters>>, who, by| {
        world.update(who, "outer", |inner, minter| {
            inner.update(minter, "k".to_owned(), |counter, minter| {
                counter.add(minter, by)
            })
        });
    };
    add(&mut world, 1, 5);
    world.tell(1, 0);
    add(&mut world, 0, 1);
    add(&mut world, 1, 2);
    let all = world.settle();
    let counted = all
        .get("outer")
        .and_then(|inner| inner.get("k"))
        .map(|n| n.value());
    assert_eq!(counted, Some(8));
}
