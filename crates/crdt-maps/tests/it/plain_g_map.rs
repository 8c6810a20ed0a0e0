//! The grow-only map: what its mutators do with values, errors and bottoms.

use core::convert::Infallible;

use crdt_core::{DeltaState, Lattice};
use crdt_maps::{GMap, GSet, LwwRegister, StampError, TwoPSet};

use crate::support::{agent, at, joined};

#[test]
fn an_error_changes_nothing_also_half_way() {
    let alice = agent(0);
    let mut map = GMap::<_, LwwRegister<_>>::new();
    map.update("a", |title| title.set(&alice, at(5), "first"))
        .unwrap();
    let before = map.clone();

    let half_way = |title: &mut LwwRegister<_>| {
        title.set(&alice, at(6), "second")?;
        title.set_with_delta(&alice, at(6), "third")
    };
    for key in ["a", "b"] {
        assert!(matches!(
            map.update_with_delta(key, half_way),
            Err(StampError::TimestampNotAdvanced { .. })
        ));
        assert!(map.update(key, half_way).is_err());
        assert_eq!(map, before);
    }
}

/// What a copy was changed by, and the delta does not say, is not in the map either.
#[test]
fn a_copy_counts_only_by_its_delta() {
    let mut map = GMap::<_, GSet<_>>::new();
    let delta = map.update_with_delta("a", |set| {
        set.insert(1);
        Ok::<_, Infallible>(set.insert_with_delta(2))
    });
    assert_eq!(map.get("a"), Some(&GSet::from_iter([2])));
    assert_eq!(delta, Ok(map));
}

#[test]
fn deltas_bring_the_touched_key_and_no_more() {
    let mut map = GMap::<_, GSet<_>>::new();
    map.update_in_place("a", |set| set.extend(0..100));
    map.update_in_place("b", |set| set.extend(0..100));
    let delta = map.update_in_place_with_delta("a", |set| set.insert_with_delta(100));
    assert_eq!(delta, GMap::from_iter([("a", GSet::from_iter([100]))]));

    let deeper = |map: &mut GMap<_, GMap<_, _>>, element| {
        map.update_in_place_with_delta("a", |inner| {
            inner
                .update_in_place_with_delta("b", |set: &mut GSet<_>| set.insert_with_delta(element))
        })
    };
    let mut map = GMap::new();
    let first = deeper(&mut map, 1);
    let second = deeper(&mut map, 2);
    assert_eq!(joined(&second, &first), map);
    assert!(deeper(&mut map, 2).is_empty());
}

/// The delta of a map is that of its value: one brought from elsewhere is taken in.
#[test]
fn a_foreign_delta_is_joined_into_the_value() {
    let mut map = GMap::<_, GSet<_>>::new();
    let delta = map.update_in_place_with_delta("a", |_| GSet::from_iter([1]));
    assert_eq!(map, delta);
}

#[test]
fn bottoms_are_not_stored() {
    let mut map = GMap::<_, GSet<u8>>::new();
    map.update_in_place("a", |set| assert!(set.is_empty()));
    map.update("a", |_| Ok::<_, Infallible>(())).unwrap();
    assert!(
        map.update_in_place_with_delta("a", |_| GSet::new())
            .is_bottom()
    );
    assert!(map.is_empty() && map.is_bottom());
    assert_eq!(map, GMap::from_iter([("a", GSet::new())]));

    map.update_in_place("a", |set| set.insert(1));
    map.update_in_place("a", core::mem::take);
    assert_eq!(map, GMap::new());
}

#[test]
fn entries_come_in_the_order_of_keys() {
    let map = GMap::from_iter([("b", GSet::from_iter([1])), ("a", GSet::from_iter([2, 3]))]);
    assert_eq!(map.keys().collect::<Vec<_>>(), [&"a", &"b"]);
    assert_eq!(map.values().map(GSet::len).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(map.iter().next_back(), Some((&"b", &GSet::from_iter([1]))));
    assert_eq!(map.len(), 2);
    assert!(map.contains_key("a") && !map.contains_key("c"));
}

#[test]
fn keys_that_come_twice_are_joined() {
    let mut removed = TwoPSet::new();
    removed.remove(1);
    let mut added = TwoPSet::new();
    added.add(1);
    let map = GMap::from_iter([("a", removed.clone()), ("a", added)]);
    assert_eq!(map.get("a"), Some(&removed));
}

/// The join of the value settles what its own `apply_delta` would refuse.
#[test]
fn contradictions_in_values_are_settled_not_refused() {
    let alice = agent(0);
    let write = |value| {
        let mut map = GMap::<_, LwwRegister<_>>::new();
        map.update_with_delta("a", |title| title.set_with_delta(&alice, at(5), value))
            .unwrap()
    };
    let (mut one, mut two) = (write("one"), write("two"));
    assert_eq!(two.apply_delta(&one), Ok(false));
    assert_eq!(one.apply_delta(&two), Ok(true));
    assert_eq!(one, two);
}
