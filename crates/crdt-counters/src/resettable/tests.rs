//! What the causal kernel cannot know of a counter: growing dots and large numbers.

extern crate std;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{AgentId, Author, DeltaState, Lattice};

use super::ResettableCounter;

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

#[test]
fn unshipped_changes_share_a_dot_and_shipped_ones_do_not() {
    let alice = agent("alice");
    let mut counter = ResettableCounter::new();
    for n in 1..=3 {
        counter
            .increment(Author::with_unshipped(&alice, 0), n)
            .unwrap();
    }
    assert_eq!((counter.value(), counter.context().n_dots()), (6, 1));
    counter.increment(&alice, 4).unwrap();
    assert_eq!((counter.value(), counter.context().n_dots()), (10, 2));
    let limits = DecodeLimits::default();
    assert_eq!(
        ResettableCounter::from_bytes(&counter.to_bytes(), &limits),
        Ok(counter)
    );
}

#[test]
fn a_sum_that_would_overflow_takes_a_dot_of_its_own() {
    let alice = agent("alice");
    let mut counter = ResettableCounter::new();
    for _ in 0..3 {
        counter
            .add(Author::with_unshipped(&alice, 0), i64::MAX)
            .unwrap();
    }
    assert_eq!(counter.value(), 3 * i128::from(i64::MAX));
    assert!(counter.increment(&alice, u64::MAX).is_err());
    assert_eq!(counter.value(), 3 * i128::from(i64::MAX));
}

#[test]
fn growth_reaches_a_peer_that_holds_the_smaller_payload() {
    let alice = agent("alice");
    let mut ours = ResettableCounter::new();
    let first = ours
        .increment_with_delta(Author::with_unshipped(&alice, 0), 1)
        .unwrap();
    let second = ours
        .increment_with_delta(Author::with_unshipped(&alice, 0), 1)
        .unwrap();
    let mut theirs = ResettableCounter::new();
    theirs.apply_delta(&second).unwrap();
    theirs.apply_delta(&first).unwrap();
    assert_eq!((theirs.value(), &theirs), (2, &ours));
    assert!(!theirs.join(&ours));
}

#[test]
fn nothing_to_do_mints_nothing() {
    let alice = agent("alice");
    let mut counter = ResettableCounter::new();
    assert!(counter.increment_with_delta(&alice, 0).unwrap().is_bottom());
    assert!(counter.reset_with_delta(&alice).unwrap().is_bottom());
    assert!(counter.is_bottom());
}
