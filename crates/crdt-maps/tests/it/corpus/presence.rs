//! When a key is in a map: while an event stands under it that no removal has seen.

use crdt_core::{Change, NextSeqError, Summarize};
use crdt_counters::ResettableCounter;
use crdt_maps::{CausalRegister, DisableWinsFlag, EnableWinsFlag, MvRegister, OrMap, RwSet};

use super::shorthand::{Counters, Sets, at, count, words_at};
use super::world::{World, agent};

#[test]
fn a_touched_key_is_there_and_holds_nothing() {
    let mut world = World::<Sets>::new(2);
    world.touch(0, "k");
    let all = world.settle();
    assert_eq!(words_at(&all, "k"), Some(vec![]));
    assert_eq!((all.len(), all.contains_key("k")), (1, true));

    // Touching what is there changes no value.
    world.meet();
    world.put(1, "k", "x");
    world.tell(1, 0);
    world.touch(0, "k");
    assert_eq!(words_at(&world.settle(), "k"), Some(vec!["x".to_owned()]));
}

#[test]
fn a_counter_at_zero_keeps_its_key() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "added up to zero", 3);
    world.count(0, "added up to zero", -3);
    world.count(0, "reset", 3);
    world.update(0, "reset", |counter, minter| counter.reset(minter));
    let all = world.settle();
    for key in ["added up to zero", "reset"] {
        assert_eq!(count(&all, key), Some(0), "{key}");
    }

    // Reset by one who saw the increment, removed by another who did not see the reset: it stays.
    world.meet();
    world.update(0, "added up to zero", |counter, minter| {
        counter.reset(minter)
    });
    world.remove(1, "added up to zero");
    // Removed by one who saw the reset: it goes.
    world.remove(1, "reset");
    let all = world.settle();
    assert_eq!(count(&all, "added up to zero"), Some(0));
    assert_eq!(count(&all, "reset"), None);
}

#[test]
fn an_emptied_set_keeps_its_key() {
    let mut world = World::<Sets>::new(2);
    world.put(0, "k", "x");
    world.put(0, "k", "y");
    world.take(0, "k", "x");
    world.update(0, "k", |set, minter| set.remove_where(minter, |_| true));
    assert_eq!(words_at(&world.settle(), "k"), Some(vec![]));
    world.meet();
    world.remove(1, "k");
    assert_eq!(words_at(&world.settle(), "k"), None);

    // In a set that remembers removals, a removal is content.
    let mut world = World::<OrMap<String, RwSet<u8>>>::new(2);
    world.update(0, "k", |set, minter| set.remove(minter, 1));
    let all = world.settle();
    assert!(all.get("k").is_some_and(|set| set.iter().next().is_none()));
}

#[test]
fn a_cleared_register_keeps_its_key() {
    let mut world = World::<OrMap<String, MvRegister<u8>>>::new(2);
    world.update(0, "k", |register, minter| register.write(minter, 1));
    world.update(0, "k", |register, minter| register.clear(minter));
    let all = world.settle();
    assert!(
        all.get("k")
            .is_some_and(|register| register.values().next().is_none())
    );

    let mut world = World::<OrMap<String, CausalRegister<u8>>>::new(2);
    world.update(0, "k", |register, minter| register.write(minter, at(1), 1));
    world.update(0, "k", |register, minter| register.clear(minter));
    let all = world.settle();
    assert!(
        all.get("k")
            .is_some_and(|register| register.value().is_none())
    );
}

/// The flag that holds no dot while it is on: were presence read off the value, its key would vanish
/// with the switch to where it began.
#[test]
fn a_flag_back_in_its_first_position_keeps_its_key() {
    let mut world = World::<OrMap<String, DisableWinsFlag>>::new(2);
    world.update(0, "k", |flag, minter| flag.disable(minter));
    world.update(0, "k", |flag, minter| flag.enable(minter));
    assert!(
        world
            .settle()
            .get("k")
            .is_some_and(|flag| flag.is_enabled())
    );
    // Switched on at once by two who saw it off.
    world.update(0, "k", |flag, minter| flag.disable(minter));
    world.meet();
    for who in [0, 1] {
        world.update(who, "k", |flag, minter| flag.enable(minter));
    }
    assert!(
        world
            .settle()
            .get("k")
            .is_some_and(|flag| flag.is_enabled())
    );

    let mut world = World::<OrMap<String, EnableWinsFlag>>::new(2);
    world.update(0, "k", |flag, minter| flag.enable(minter));
    world.update(0, "k", |flag, minter| flag.disable(minter));
    assert!(
        world
            .settle()
            .get("k")
            .is_some_and(|flag| !flag.is_enabled())
    );
}

/// Switching a new flag to where it is anyway does nothing, so it adds no key either; a touch would.
#[test]
fn a_mutator_that_does_nothing_adds_no_key() {
    let mut world = World::<OrMap<String, DisableWinsFlag>>::new(1);
    world.update(0, "k", |flag, minter| flag.enable(minter));
    assert_eq!(world.settle().len(), 0);
    world.touch(0, "k");
    assert!(
        world
            .settle()
            .get("k")
            .is_some_and(|flag| flag.is_enabled())
    );

    let mut world = World::<Counters>::new(1);
    world.count(0, "k", 0);
    world.update(0, "k", |counter, minter| counter.reset(minter));
    assert_eq!(world.settle().len(), 0);
    assert!(world.replicas[0].context().is_empty());
}

/// A mutator that mints says that something happened, and something keeps the key.
#[test]
fn a_mutator_that_mints_and_changes_nothing_keeps_the_key() {
    let mut world = World::<Counters>::new(2);
    world.update(0, "k", |_, minter| {
        minter.mint()?;
        Ok::<_, NextSeqError>(Change::default())
    });
    let all = world.settle();
    assert_eq!(count(&all, "k"), Some(0));
    assert_eq!(all.context().n_dots(), 1);
}

/// The dots that keep a key replace each other: a map does not grow with every reset and touch.
#[test]
fn what_keeps_a_key_does_not_pile_up() {
    let alice = agent(0);
    let touch = |map: &mut Counters| map.touch(&alice, "k".to_owned()).unwrap();
    let count_and_reset = |map: &mut Counters| {
        for by in [1, 0] {
            map.update(&alice, "k".to_owned(), |counter, minter| match by {
                0 => counter.reset(minter),
                _ => counter.add(minter, by),
            })
            .unwrap();
        }
    };
    for keep in [&touch as &dyn Fn(&mut Counters), &count_and_reset] {
        let mut map = Counters::new();
        for _ in 0..20 {
            keep(&mut map);
            assert_eq!(map.summary().live.n_dots(), 1, "the last of them");
        }
        assert_eq!(count(&map, "k"), Some(0));
    }
}

/// Inside out: a removal inside keeps what is around it, because it happened there.
#[test]
fn a_removal_inside_keeps_the_keys_around_it() {
    let mut world = World::<OrMap<String, Counters>>::new(2);
    let add = |world: &mut World<OrMap<String, Counters>>, who, by| {
        world.update(who, "outer", |map, minter| {
            map.update(minter, "inner".to_owned(), |counter, minter| {
                counter.add(minter, by)
            })
        });
    };
    add(&mut world, 0, 1);
    world.update(0, "outer", |map, minter| map.remove(minter, "inner"));
    let all = world.settle();
    assert!(all.get("outer").is_some_and(|map| map.is_empty()));

    // What was around is kept also against a removal that did not see it.
    world.meet();
    add(&mut world, 0, 2);
    world.meet();
    world.update(0, "outer", |map, minter| map.remove(minter, "inner"));
    world.remove(1, "outer");
    assert!(
        world
            .settle()
            .get("outer")
            .is_some_and(|map| map.is_empty())
    );

    // And not against one that did.
    world.meet();
    world.remove(1, "outer");
    assert_eq!(world.settle().len(), 0);
}

/// A key is in under two names of one agent's events only once.
#[test]
fn keys_are_counted_once() {
    let mut world = World::<OrMap<String, ResettableCounter>>::new(3);
    for who in 0..3 {
        world.touch(who, "k");
        world.count(who, "k", 1);
        world.touch(who, "l");
    }
    let all = world.settle();
    assert_eq!(all.len(), 2);
    assert!(all.keys().eq(["k", "l"]));
    assert_eq!(count(&all, "k"), Some(3));
}
