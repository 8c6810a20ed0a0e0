//! What readers see: an order that does not depend on history, and values that are lent, not copied.

use crdt_core::{AgentId, Timestamp};
use crdt_counters::ResettableCounterStore;
use crdt_maps::{CausalRegister, MvRegister, OrMap, OrSet, OrSetStore, RwSet};
use crdt_testkit::Rng;

use super::shorthand::{Counters, Sets, Words};
use super::world::{World, agent, assert_same, joined};

/// Past the size at which a list becomes a tree, and back.
#[test]
fn keys_come_in_their_order_whatever_the_history() {
    let mut rng = Rng::new(1);
    let mut keys: Vec<u32> = (0..100).collect();
    let mut maps = Vec::new();
    for who in 0..3 {
        rng.shuffle(&mut keys);
        let mut map = OrMap::<u32, OrSet<u8>>::new();
        for key in &keys {
            map.touch(&agent(who), *key).unwrap();
        }
        assert!(map.keys().copied().eq(0..100));
        assert!(map.keys().rev().copied().eq((0..100).rev()));
        map.remove_where(&agent(who), |key, _| *key >= 10).unwrap();
        assert!(map.keys().copied().eq(0..10));
        assert_eq!(
            (
                map.len(),
                map.keys().len(),
                map.values().len(),
                map.iter().len()
            ),
            (10, 10, 10, 10)
        );
        maps.push(map);
    }
    let all = joined(&joined(&maps[0], &maps[1]), &maps[2]);
    assert_same(&joined(&maps[2], &joined(&maps[1], &maps[0])), &all);
    assert!(all.keys().copied().eq(0..10));
}

#[test]
fn elements_come_in_their_order_whatever_the_history() {
    let mut world = World::<Words>::new(2);
    for (who, word) in [
        (0, "pear"),
        (1, "apple"),
        (0, "Zebra"),
        (1, "pear"),
        (0, ""),
    ] {
        world.add(who, word);
    }
    let all = world.settle();
    assert!(all.iter().eq(["", "Zebra", "apple", "pear"]));
    assert!(all.iter().rev().eq(["pear", "apple", "Zebra", ""]));
    assert_eq!(all.iter().len(), 4);

    let mut world = World::<RwSet<u8>>::new(2);
    for (who, n) in [(0, 9), (1, 3), (0, 7), (1, 5)] {
        world.act(who, |set, agent| set.add_with_delta(agent, n));
    }
    world.act(0, |set, agent| set.remove_with_delta(agent, 7));
    let all = world.settle();
    assert!(all.iter().eq(&[3, 5, 9]));
    assert!(all.iter().rev().eq(&[9, 5, 3]));
}

/// By writer, then by write: not by arrival.
#[test]
fn siblings_come_in_the_order_of_their_writers() {
    let mut world = World::<MvRegister<u8>>::new(3);
    for (who, value) in [(2, 1), (0, 3), (1, 2)] {
        world.act(who, |register, agent| {
            register.write_with_delta(agent, value)
        });
    }
    let all = world.settle();
    assert!(all.values().eq(&[3, 2, 1]));
    assert!(all.values().rev().eq(&[1, 2, 3]));
}

/// A value that cannot be cloned for nothing: readers get the very one that is held.
#[test]
fn values_are_lent() {
    fn fullest(map: &Sets) -> Option<(&String, &OrSetStore<String>)> {
        map.iter().max_by_key(|(_, set)| set.len())
    }
    fn longest<'m>(map: &'m Sets, key: &str) -> Option<&'m str> {
        map.get(key)?
            .iter()
            .map(String::as_str)
            .max_by_key(|word| word.len())
    }
    fn counter<'m>(map: &'m Counters, key: &str) -> Option<&'m ResettableCounterStore> {
        map.get(key)
    }
    let mut map = Sets::new();
    for (key, word) in [("a", "x"), ("b", "long"), ("b", "y")] {
        map.update(&agent(0), key.to_owned(), |set, minter| {
            set.add(minter, word.to_owned())
        })
        .unwrap();
    }
    let (key, set) = fullest(&map).unwrap();
    assert!(core::ptr::eq(set, map.get(key).unwrap()));
    assert!(core::ptr::eq(set, map.values().nth(1).unwrap()));
    assert_eq!((key.as_str(), longest(&map, "b")), ("b", Some("long")));
    assert!(counter(&Counters::new(), "k").is_none());

    let mut register = CausalRegister::<String>::new();
    register
        .write(&agent(0), Timestamp::MAX, "held".to_owned())
        .unwrap();
    let (value, writer): (&String, &AgentId) =
        (register.value().unwrap(), register.writer().unwrap());
    assert_eq!((value.as_str(), writer), ("held", &agent(0)));
}

/// Keys are looked up as anything they can be borrowed as, and read the same inside and outside.
#[test]
fn a_value_reads_the_same_alone_and_under_a_key() {
    fn total(counter: &ResettableCounterStore) -> i128 {
        counter.value()
    }
    let mut map = Counters::new();
    map.update(&agent(0), "k".to_owned(), |counter, minter| {
        counter.add(minter, 3)
    })
    .unwrap();
    let mut alone = crdt_counters::ResettableCounter::new();
    alone.add(&agent(0), 3).unwrap();
    assert_eq!(total(map.get("k").unwrap()), total(&alone));
    assert_eq!(map.get("k").unwrap(), &*alone, "content and dots");
    assert!(map.contains_key("k") && map.contains_key(&"k".to_owned()));
    assert_eq!(map.get("absent"), None);
}
