//! A key that is removed and added again starts fresh, whatever old deltas and states arrive when.
//!
//! Each test makes the same history with another type of value: written, heard of by everyone, written
//! again where nobody else hears of it, removed, begun anew.

use core::fmt::Debug;

use crdt_core::{Change, Minter, Nestable, NextSeqError};
use crdt_counters::ResettableCounter;
use crdt_maps::{
    CausalRegister, DisableWinsFlag, EnableWinsFlag, MvRegister, OrMap, OrMapDelta, OrSet, RwSet,
};

use super::shorthand::{LiveOf, at};
use super::world::{Replica, World, applied, assert_same};

/// What a mutator of a value returns.
type Changed<V> = Result<Change<LiveOf<V>>, NextSeqError>;

/// Runs the history and returns what the key holds in the end.
///
/// `old` is written twice before the removal, `new` once after it.
#[track_caller]
fn begin_anew<V: Nestable>(
    old: impl Fn(&V::Store, &mut Minter) -> Changed<V>,
    new: impl Fn(&V::Store, &mut Minter) -> Changed<V>,
) -> V::Store
where
    OrMap<String, V>: Replica<Delta = OrMapDelta<String, V>>,
    V::Store: Debug,
{
    let mut world = World::<OrMap<String, V>>::new(3);
    let first = world.update(0, "k", &old);
    world.meet();
    let unheard = world.update(0, "k", &old);
    world.remove(0, "k");
    assert!(!world.replicas[0].contains_key("k"));
    world.update(0, "k", &new);
    // Old news in between, and a replica that has lived through it all by deltas alone.
    world.bring(0, &first);
    world.bring(0, &unheard);
    world.bring(1, &unheard);
    world.tell(1, 0);
    let all = world.settle();
    assert_same(&all, &world.replicas[0]);

    // The value is that of a map in which nothing else ever happened, but for its dots.
    let late = world
        .log
        .iter()
        .rev()
        .fold(OrMap::new(), |map, delta| applied(&map, delta));
    assert_same(&late, &all);

    // And gone again.
    world.remove(0, "k");
    let all_gone = world.settle();
    assert_eq!(all_gone.len(), 0);
    all.get("k").expect("it was begun anew").clone()
}

#[test]
fn a_counter_starts_from_zero() {
    let counter = begin_anew::<ResettableCounter>(
        |counter, minter| counter.add(minter, 5),
        |counter, minter| counter.add(minter, 1),
    );
    assert_eq!(counter.value(), 1);
}

#[test]
fn a_set_starts_empty() {
    let set = begin_anew::<OrSet<u8>>(
        |set, minter| set.add(minter, 1),
        |set, minter| set.add(minter, 2),
    );
    assert!(set.iter().eq(&[2]));
}

/// Removals are content of such a set, and go with the key: what was barred is no longer.
#[test]
fn a_remove_wins_set_forgets_its_removals() {
    let set = begin_anew::<RwSet<u8>>(
        |set, minter| set.remove(minter, 1),
        |set, minter| set.add(minter, 2),
    );
    assert!(set.iter().eq(&[2]));
    assert!(!set.contains(&1));

    let mut world = World::<OrMap<String, RwSet<u8>>>::new(2);
    world.update(0, "k", |set, minter| set.remove(minter, 1));
    world.meet();
    world.remove(0, "k");
    world.update(0, "k", |set, minter| set.add(minter, 1));
    assert!(world.settle().get("k").is_some_and(|set| set.contains(&1)));
}

#[test]
fn a_register_of_siblings_starts_without_any() {
    let register = begin_anew::<MvRegister<u8>>(
        |register, minter| register.write(minter, 1),
        |register, minter| register.write(minter, 2),
    );
    assert!(register.values().eq(&[2]));
}

/// Though the old stamps are later.
#[test]
fn a_stamped_register_forgets_its_stamps() {
    let register = begin_anew::<CausalRegister<u8>>(
        |register, minter| register.write(minter, at(1_000), 1),
        |register, minter| register.write(minter, at(1), 2),
    );
    assert_eq!(
        (register.value(), register.stamp()),
        (Some(&2), Some(at(1)))
    );
}

#[test]
fn flags_start_in_their_first_position() {
    let flag = begin_anew::<EnableWinsFlag>(
        |flag, minter| flag.enable(minter),
        |flag, minter| {
            minter.mint()?;
            flag.disable(minter)
        },
    );
    assert!(!flag.is_enabled());

    let flag = begin_anew::<DisableWinsFlag>(
        |flag, minter| flag.disable(minter),
        |flag, minter| {
            minter.mint()?;
            flag.enable(minter)
        },
    );
    assert!(flag.is_enabled());
}

#[test]
fn a_map_starts_without_keys() {
    let map = begin_anew::<OrMap<String, ResettableCounter>>(
        |map, minter| {
            map.update(minter, "x".to_owned(), |counter, minter| {
                counter.add(minter, 5)
            })
        },
        |map, minter| {
            map.update(minter, "y".to_owned(), |counter, minter| {
                counter.add(minter, 1)
            })
        },
    );
    assert!(map.keys().eq(["y"]));

    let map = begin_anew::<OrMap<String, ResettableCounter>>(
        |map, minter| {
            map.update(minter, "x".to_owned(), |counter, minter| {
                counter.add(minter, 5)
            })
        },
        |map, minter| map.touch(minter, "x".to_owned()),
    );
    assert_eq!(map.get("x").map(|counter| counter.value()), Some(0));
}

/// Again and again: only the last life counts, in every order of deltas.
#[test]
fn only_the_last_of_many_lives_counts() {
    let mut world = World::<OrMap<String, ResettableCounter>>::new(2);
    for life in 1..=6 {
        world.update(0, "k", |counter, minter| counter.add(minter, life));
        world.tell(0, 1);
        if life < 6 {
            world.remove(usize::from(life % 2 == 0), "k");
            world.tell(1, 0);
        }
    }
    let all = world.settle();
    assert_eq!(all.get("k").map(|counter| counter.value()), Some(6));
}
