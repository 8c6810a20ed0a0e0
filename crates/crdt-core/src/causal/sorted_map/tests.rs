//! Sorted maps against a `BTreeMap`, over random histories in small nodes.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use quickcheck::{Arbitrary, Gen};

use super::SortedMap;
use super::node::Node;
use crate::testing::check_property;

/// What is done to a map; a value of 0 is nothing.
#[derive(Clone, Debug)]
enum Step {
    Set(u16, u8),
    /// Ascending keys from here on.
    Run(u16, u8),
    RemoveRun(u16, u8),
    Retain(u8),
    Rebuild,
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Self {
        let key = u16::arbitrary(g) % 400;
        match u8::arbitrary(g) % 16 {
            0..=5 => Self::Set(key, u8::arbitrary(g)),
            6..=7 => Self::Set(key, 0),
            8..=11 => Self::Run(key, u8::arbitrary(g) % 60),
            12..=13 => Self::RemoveRun(key, u8::arbitrary(g) % 90),
            14 => Self::Retain(u8::arbitrary(g)),
            _ => Self::Rebuild,
        }
    }
}

fn set(map: &mut SortedMap<u16, u8>, model: &mut BTreeMap<u16, u8>, key: u16, value: u8) {
    let held = model.get(&key).copied();
    let altered = map.alter(
        &key,
        |slot| {
            assert_eq!(*slot, held.unwrap_or_default());
            *slot = value;
            key
        },
        |value| *value == 0,
    );
    assert_eq!(altered.result, key);
    assert_eq!(altered.was_there, held.is_some());
    assert_eq!(altered.is_there, value != 0);
    if value == 0 {
        model.remove(&key);
    } else {
        model.insert(key, value);
    }
}

fn play(map: &mut SortedMap<u16, u8>, model: &mut BTreeMap<u16, u8>, step: &Step) {
    match *step {
        Step::Set(key, value) => set(map, model, key, value),
        Step::Run(first, n) => {
            (first..first + u16::from(n)).for_each(|key| set(map, model, key, 1));
        }
        Step::RemoveRun(first, n) => {
            (first..first + u16::from(n)).for_each(|key| set(map, model, key, 0));
        }
        Step::Retain(limit) => {
            let mut keep = |key: &u16, value: &mut u8| {
                *value = (*value).max(2);
                (key ^ 0x5a).wrapping_mul(31) % 256 >= u16::from(limit)
            };
            map.retain(&mut keep);
            model.retain(keep);
        }
        Step::Rebuild => {
            *map =
                SortedMap::from_sorted(model.iter().map(|(key, value)| (*key, *value)).collect());
        }
    }
}

fn assert_equal(map: &SortedMap<u16, u8>, model: &BTreeMap<u16, u8>) {
    assert_invariants(map);
    assert_eq!(map.iter().len(), model.len());
    assert!(map.iter().eq(model));
    assert!(map.iter().rev().eq(model.iter().rev()));
    let (mut ours, mut theirs) = (map.iter(), model.iter());
    while let Some(front) = ours.next() {
        assert_eq!(Some(front), theirs.next());
        assert_eq!(ours.next_back(), theirs.next_back());
    }
    for key in 0..500 {
        assert_eq!(map.get_key_value(&key), model.get_key_value(&key));
    }
}

fn assert_invariants(map: &SortedMap<u16, u8>) {
    fn depth(node: &Node<u16, u8>, is_root: bool, low: Option<u16>, high: Option<u16>) -> usize {
        match node {
            Node::Leaf(entries) => {
                assert!(is_root || !entries.is_empty());
                assert!(entries.len() <= Node::<u16, u8>::MAX_ENTRIES);
                assert!(entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
                let is_inside =
                    |key| low.is_none_or(|low| low <= key) && high.is_none_or(|high| key < high);
                assert!(entries.iter().all(|(key, _)| is_inside(*key)));
                1
            }
            Node::Inner(inner) => {
                assert!(inner.children.len() >= if is_root { 2 } else { 1 });
                assert!(inner.children.len() <= super::node::MAX_CHILDREN);
                assert_eq!(inner.bounds.len() + 1, inner.children.len());
                let bounds = inner.bounds.iter().copied().map(Some);
                let lows = core::iter::once(low).chain(bounds.clone());
                let highs = bounds.chain([high]);
                let sides = lows.zip(highs);
                let depths: Vec<usize> = inner
                    .children
                    .iter()
                    .zip(sides)
                    .map(|(child, (low, high))| depth(child, false, low, high))
                    .collect();
                assert!(depths.windows(2).all(|pair| pair[0] == pair[1]));
                depths[0] + 1
            }
        }
    }
    depth(&map.root, true, None, None);
    assert_eq!(map.len(), map.iter().count());
}

#[test]
fn equals_a_btree_map() {
    check_property(
        (|steps| {
            let (mut map, mut model) = (SortedMap::new(), BTreeMap::new());
            for step in &steps {
                play(&mut map, &mut model, step);
                assert_equal(&map, &model);
            }
        }) as fn(Vec<Step>),
    );
}

#[test]
fn however_it_grew_a_map_equals_its_entries() {
    check_property(
        (|steps| {
            let (mut map, mut model) = (SortedMap::new(), BTreeMap::new());
            steps
                .iter()
                .for_each(|step| play(&mut map, &mut model, step));
            assert!(map == SortedMap::from_sorted(model.into_iter().collect()));
        }) as fn(Vec<Step>),
    );
}

/// Entries from one end leave at the other, until nothing is left.
#[test]
fn a_queue_leaves_no_node_behind() {
    let (mut map, mut model) = (SortedMap::new(), BTreeMap::new());
    for key in 0..400 {
        set(&mut map, &mut model, key, 1);
        assert_invariants(&map);
    }
    for key in 0..400 {
        set(&mut map, &mut model, key, 0);
        assert_invariants(&map);
    }
    assert!(matches!(map.root, Node::Leaf(_)));
}

#[test]
fn ascending_keys_fill_their_lists() {
    let (mut map, mut model) = (SortedMap::new(), BTreeMap::new());
    (0..400).for_each(|key| set(&mut map, &mut model, key, 1));
    let mut n_leaves = 0;
    map.root.for_each_leaf_mut(&mut |_| n_leaves += 1);
    assert_eq!(n_leaves, 400_usize.div_ceil(Node::<u16, u8>::MAX_ENTRIES));
}
