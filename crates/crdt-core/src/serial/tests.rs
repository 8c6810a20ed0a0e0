//! Serde: round trips through a compact format, and documents that must be refused.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::testing::check_property;
use crate::{AgentId, Dot, DotContext, DotRange, IntervalSet, MAX_SEQ, Timestamp, VersionVector};

fn read_as<T: DeserializeOwned>(document: &impl Serialize) -> Option<T> {
    postcard::from_bytes(&postcard::to_allocvec(document).unwrap()).ok()
}

#[test]
fn values_round_trip() {
    fn property(dot: Dot, range: DotRange, set: IntervalSet, stamp: u64) -> bool {
        let stamp = Timestamp::from_u64(stamp);
        read_as(dot.agent()).as_ref() == Some(dot.agent())
            && read_as(&dot).as_ref() == Some(&dot)
            && read_as(&range).as_ref() == Some(&range)
            && read_as(&set).as_ref() == Some(&set)
            && read_as(&stamp) == Some(stamp)
    }
    fn contexts(vector: VersionVector, context: DotContext) -> bool {
        read_as(&vector).as_ref() == Some(&vector) && read_as(&context).as_ref() == Some(&context)
    }
    check_property(property as fn(Dot, DotRange, IntervalSet, u64) -> bool);
    check_property(contexts as fn(VersionVector, DotContext) -> bool);
}

#[test]
fn noise_never_panics() {
    fn property(bytes: Vec<u8>) -> bool {
        let context = postcard::from_bytes::<DotContext>(&bytes).unwrap_or_default();
        let vector = postcard::from_bytes::<VersionVector>(&bytes).unwrap_or_default();
        read_as(&context).as_ref() == Some(&context) && read_as(&vector).as_ref() == Some(&vector)
    }
    check_property(property as fn(Vec<u8>) -> bool);
}

#[test]
fn broken_invariants_are_refused() {
    assert_eq!(read_as::<AgentId>(&""), None);
    assert_eq!(read_as::<AgentId>(&"x".repeat(65)), None);
    assert_eq!(read_as::<Dot>(&("a", MAX_SEQ + 1)), None);
    assert_eq!(read_as::<DotRange>(&("a", 4, 4)), None);
    assert_eq!(read_as::<DotRange>(&("a", 4, MAX_SEQ + 2)), None);
    assert_eq!(read_as::<Timestamp>(&(1_u64 << 48, 0_u16)), None);
}

#[test]
fn intervals_must_be_canonical() {
    let set = |pairs: &[(u64, u64)]| read_as::<IntervalSet>(&pairs);
    assert!(set(&[(0, 1), (2, 3)]).is_some());
    assert_eq!(set(&[(1, 1)]), None);
    assert_eq!(set(&[(0, 1), (1, 2)]), None);
    assert_eq!(set(&[(5, 6), (1, 2)]), None);
}

#[test]
fn vectors_and_contexts_must_be_canonical() {
    let vector = |next: u64| read_as::<VersionVector>(&BTreeMap::from([("a", next)]));
    assert!(vector(1).is_some());
    assert!(vector(MAX_SEQ + 1).is_some());
    assert_eq!(vector(0), None);
    assert_eq!(vector(MAX_SEQ + 2), None);
    // Two entries for one agent, in the wire form of a map.
    assert_eq!(
        read_as::<VersionVector>(&[("a", 1_u64), ("a", 2)].as_slice()),
        None
    );

    let context = |next: u64, cloud: &[(u64, u64)]| {
        read_as::<DotContext>(&BTreeMap::from([("a", (next, cloud))]))
    };
    assert!(context(2, &[(3, 4)]).is_some());
    assert_eq!(context(0, &[]), None);
    assert_eq!(context(2, &[(2, 4)]), None);
    assert_eq!(context(2, &[(1, 4)]), None);
    assert_eq!(context(2, &[(3, MAX_SEQ + 2)]), None);
    assert_eq!(context(MAX_SEQ + 2, &[]), None);
}
