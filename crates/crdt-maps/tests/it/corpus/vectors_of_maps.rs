//! Vectors 10 to 18: maps of counters, of anything, and how large deltas are.

use crdt_core::codec::Encode;
use crdt_core::{Dotted, NextSeqError};
use crdt_counters::ResettableCounter;
use crdt_maps::{
    AnyCrdt, AnyError, CausalRegister, CrdtSpec, Kind, OrMap, OrSet, SpecMismatch, Value,
};

use super::shorthand::{Counters, at, count};
use super::world::{World, agent, applied, assert_same};

#[test]
fn vector_10_increments_on_both_sides_count() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.count(0, "k", 1);
    world.count(1, "k", 2);
    assert_eq!(count(&world.settle(), "k"), Some(8));
}

/// What the remover saw is gone; what it did not see stays, alone. Nothing needs to be pruned for it.
#[test]
fn vector_11_an_increment_beside_a_removal_stands_alone() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.remove(0, "k");
    world.count(1, "k", 99);
    assert_eq!(count(&world.settle(), "k"), Some(99));
}

#[test]
fn vector_12_a_new_beginning_ignores_old_states_and_deltas() {
    let mut world = World::<Counters>::new(2);
    let old_delta = world.count(0, "k", 100);
    world.tell(0, 1);
    world.remove(0, "k");
    world.count(0, "k", 1);
    world.bring(0, &old_delta);
    world.tell(1, 0);
    assert_eq!(count(&world.replicas[0], "k"), Some(1));
    assert_eq!(count(&world.settle(), "k"), Some(1));
    world.count(0, "k", 1);
    assert_eq!(count(&world.settle(), "k"), Some(2));
}

#[test]
fn vector_13_an_old_copy_does_not_bring_a_removed_key_back() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 100);
    world.remove(0, "k");
    world.count(0, "k", 1);
    world.tell(0, 1);
    world.remove(0, "k");
    world.tell(1, 0);
    assert_eq!(world.replicas[0].len(), 0);
    assert_eq!(world.settle().len(), 0);
}

/// Alice and bob remove and begin anew at once. What carol counted goes if they had seen it, and
/// stays beside both if not.
#[test]
fn vector_14_two_new_beginnings_and_a_third_count() {
    for was_seen in [true, false] {
        let mut world = World::<Counters>::new(3);
        world.count(0, "k", 5);
        world.meet();
        world.count(2, "k", 99);
        if was_seen {
            world.tell(2, 0);
            world.tell(2, 1);
        }
        for (who, by) in [(0, 1), (1, 2)] {
            world.remove(who, "k");
            world.count(who, "k", by);
        }
        let expected = if was_seen { 3 } else { 102 };
        assert_eq!(count(&world.settle(), "k"), Some(expected));
    }
}

/// A touch says that the key is wanted, not what was in it.
#[test]
fn vector_15_a_touch_beside_a_removal_keeps_the_key_and_not_its_value() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "k", 5);
    world.meet();
    world.touch(0, "k");
    world.remove(1, "k");
    let all = world.settle();
    assert!(all.contains_key("k"));
    assert_eq!(count(&all, "k"), Some(0));
}

/// What is removed and what is added are different dots: their order does not matter. Then 5 + 1.
#[test]
fn vector_16_a_removal_and_an_addition_commute() {
    let mut world = World::<Counters>::new(3);
    let old = world.count(0, "k", 7);
    world.bring(1, &old);
    world.bring(2, &old);
    let removal = world.remove(0, "k");
    let addition = world.count(0, "k", 5);
    let one_way = applied(&applied(&world.replicas[2], &removal), &addition);
    let other_way = applied(&applied(&world.replicas[2], &addition), &removal);
    assert_same(&one_way, &other_way);
    assert_eq!(count(&other_way, "k"), Some(5));
    world.count(1, "k", 1);
    assert_eq!(count(&world.settle(), "k"), Some(6));
}

/// A default is the reader's: a key that was never written holds nothing. And a peer that was set up
/// for another type is refused.
#[test]
fn vector_17_replicas_that_were_set_up_differently_do_not_mix() {
    type Map = OrMap<String, AnyCrdt>;
    let register = CrdtSpec::map(CrdtSpec::Leaf(Kind::CausalRegister));
    let counter = CrdtSpec::map(CrdtSpec::Leaf(Kind::Counter));
    let mut ours = AnyCrdt::new(register.clone());
    let written = ours.update_with_delta::<Map, _>(&agent(0), |map, minter| {
        map.update(minter, "k".to_owned(), |any, minter| {
            any.update::<CausalRegister<Value>, _>(minter, |register, minter| {
                register.write(minter, at(1), Value::from(7))
            })
        })
    });
    let read = |any: &AnyCrdt, key: &str| {
        let register = any.get::<Map>()?.get(key)?.get::<CausalRegister<Value>>()?;
        register.value().cloned()
    };
    assert_eq!(read(&ours, "other"), None);
    assert_eq!(read(&ours, "k"), Some(Value::from(7)));

    let mut theirs = AnyCrdt::new(counter);
    let mismatch = |error: &SpecMismatch| {
        let SpecMismatch {
            path,
            expected,
            found,
            ..
        } = error;
        (path.clone(), *expected, *found)
    };
    let expected = (
        vec!["k".to_owned()],
        Some(Kind::Counter),
        Some(Kind::CausalRegister),
    );
    assert_eq!(mismatch(&theirs.merge(&ours).unwrap_err()), expected);
    match theirs.apply_with_feed(&written.unwrap()) {
        Err(AnyError::Spec(error)) => assert_eq!(mismatch(&error), expected),
        other => panic!("{other:?}"),
    }
    assert_eq!(theirs.to_bytes(), AnyCrdt::new(CrdtSpec::Any).to_bytes());
    let mut same = AnyCrdt::new(register);
    assert_eq!(same.merge(&ours), Ok(true));
    assert_eq!(same, ours);
}

/// One item more is one item sent, however many there are.
#[test]
fn vector_18_a_delta_is_as_large_as_what_changed() {
    type Lists = OrMap<String, OrMap<String, OrSet<u32>>>;
    let mut n_bytes = Vec::new();
    for n_items in [1_000, 10_000] {
        let mut lists = Lists::new();
        let append = |lists: &mut Lists, items: core::ops::Range<u32>| {
            lists.update_with_delta(&agent(0), "outer".to_owned(), |inner, minter| {
                inner.update(minter, "inner".to_owned(), |set, minter| {
                    let mut change = crdt_core::Change::default();
                    for item in items {
                        change.merge(&set.add(minter, item)?);
                    }
                    Ok::<_, NextSeqError>(change)
                })
            })
        };
        append(&mut lists, 0..n_items).unwrap();
        let peer = lists.clone();
        let delta = append(&mut lists, n_items..n_items + 1).unwrap();

        let (_, outer) = &delta.change().live.get("outer").unwrap().live;
        let (_, inner) = &outer.get("inner").unwrap().live;
        assert_eq!(inner.len(), 1);
        let mut n_dots = 0;
        delta.change().for_each_dot(&mut |_| n_dots += 1);
        assert_eq!(n_dots, 1);
        assert!(delta.to_bytes().len() * 10 < lists.to_bytes().len());
        for found in [lists.changes_since(&peer), delta] {
            assert_same(&applied(&peer, &found), &lists);
            n_bytes.push(found.to_bytes().len());
        }
    }
    let (least, most) = (n_bytes.iter().min().unwrap(), n_bytes.iter().max().unwrap());
    assert!(*most <= least + 4, "{n_bytes:?}: only numbers grow");

    // A counter counts as much.
    let mut counters = OrMap::<String, ResettableCounter>::new();
    for key in 0..1_000 {
        counters
            .update(&agent(0), key.to_string(), |counter, minter| {
                counter.add(minter, 1)
            })
            .unwrap();
    }
    let delta = counters.update_with_delta(&agent(0), "7".to_owned(), |n, minter| n.add(minter, 1));
    assert!(delta.unwrap().to_bytes().len() < 20);
}
