//! Cases of the sets that a person should see.

use crdt_core::codec::{Decode, DecodeLimits};
use crdt_core::{Classify, Delta, ErrorKind, Lattice};
use crdt_maps::{CausalLengthSet, GSet, LengthError, TwoPSet};

use crate::support::joined;

#[test]
fn g_set_collects_what_it_is_given() {
    let mut set = GSet::from_iter(["b", "a"]);
    set.extend(["c", "a"]);
    assert_eq!(set.iter().collect::<Vec<_>>(), [&"a", &"b", &"c"]);
    assert_eq!(set.iter().next_back(), Some(&"c"));
    assert!(set.contains("a") && !set.contains("d"));
}

/// T11: what changes nothing has a delta that changes nothing.
#[test]
fn t11_no_ops_have_empty_deltas() {
    let mut grown = GSet::from_iter([1]);
    assert!(Delta::is_empty(&grown.insert_with_delta(1)));

    let mut two_p = TwoPSet::new();
    two_p.add(1);
    two_p.remove(2);
    assert!(Delta::is_empty(&two_p.add_with_delta(1)));
    assert!(Delta::is_empty(&two_p.add_with_delta(2)));
    assert!(Delta::is_empty(&two_p.remove_with_delta(2)));

    let mut lengths = CausalLengthSet::new();
    assert!(Delta::is_empty(&lengths.remove_with_delta(&1).unwrap()));
    lengths.add(1);
    assert!(Delta::is_empty(&lengths.add_with_delta(1)));
}

/// A delta that only removes holds no elements, and must be sent all the same.
#[test]
fn a_delta_of_a_removal_is_not_empty() {
    let mut two_p = TwoPSet::new();
    let delta = two_p.remove_with_delta(1);
    assert_eq!(delta.len(), 0);
    assert!(!delta.is_empty());

    let mut lengths = CausalLengthSet::new();
    lengths.add(1);
    let delta = lengths.remove_with_delta(&1).unwrap();
    assert_eq!(delta.len(), 0);
    assert!(!delta.is_empty());
}

#[test]
fn two_p_set_bars_what_was_removed_before_it_came() {
    let mut barred = TwoPSet::new();
    barred.remove("x");
    let mut adding = TwoPSet::new();
    adding.add("x");
    for both in [joined(&barred, &adding), joined(&adding, &barred)] {
        assert_eq!(both, barred);
        assert!(!both.contains("x") && both.is_removed("x"));
    }
}

#[test]
fn causal_lengths_take_concurrent_changes_of_one_kind_for_one() {
    let mut ours = CausalLengthSet::new();
    let mut theirs = CausalLengthSet::new();
    ours.add("x");
    theirs.add("x");
    ours.join(&theirs);
    assert_eq!(ours.causal_length("x"), 1);
    ours.remove("x").unwrap();
    assert!(!joined(&theirs, &ours).contains("x"));
}

#[test]
fn an_exhausted_length_is_an_error_and_changes_nothing() {
    // One element, 7, with a length of 2^64 - 1.
    let mut bytes = vec![1, 7, 0xfe];
    bytes.extend([0xff; 8]);
    bytes.push(1);
    let read = |bytes: &[u8]| CausalLengthSet::<u8>::from_bytes(bytes, &DecodeLimits::default());
    let mut set = read(&bytes).unwrap();
    assert_eq!(set.causal_length(&7), u64::MAX);

    let before = set.clone();
    assert_eq!(set.remove(&7), Err(LengthError::Exhausted));
    assert_eq!(set.remove_with_delta(&7), Err(LengthError::Exhausted));
    assert_eq!(LengthError::Exhausted.kind(), ErrorKind::Misuse);
    assert!(!set.add(7));
    assert_eq!(set, before);

    // The last even length still takes an add.
    bytes[2] = 0xfd;
    let mut set = read(&bytes).unwrap();
    assert!(!set.contains(&7) && set.add(7));
    assert_eq!(set, before);

    // A length of 2^64.
    bytes[2] = 0xff;
    assert!(read(&bytes).unwrap_err().is_malformed());
}
