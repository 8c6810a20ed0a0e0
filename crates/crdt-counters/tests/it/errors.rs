//! What is refused, and that a refusal changes nothing.

use crdt_core::codec::Encode;
use crdt_core::{Classify, ErrorKind};
use crdt_counters::{BoundedCounter, BoundedError, GCounter, Overflow, PnCounter};

use crate::support::agent;

/// Runs `refused` on `state`, which must keep every byte; returns the error.
#[track_caller]
fn refusal<S, T: core::fmt::Debug, E>(state: &S, refused: impl FnOnce(&mut S) -> Result<T, E>) -> E
where
    S: Clone + core::fmt::Debug + Encode + PartialEq,
{
    let mut after = state.clone();
    let error = refused(&mut after).map(drop).err();
    assert_eq!(&after, state);
    assert_eq!(after.to_bytes(), state.to_bytes());
    error.expect("the call is refused")
}

#[track_caller]
fn check_overflow(error: Overflow, count: u64, n: u64) {
    assert_eq!((error.count, error.n), (count, n));
    assert_eq!(error.kind(), ErrorKind::Misuse);
}

#[test]
fn a_grow_only_counter_does_not_overflow() {
    let alice = agent(0);
    let mut visits = GCounter::new();
    visits.increment(&alice, u64::MAX).unwrap();
    check_overflow(refusal(&visits, |c| c.increment(&alice, 1)), u64::MAX, 1);
    let error = refusal(&visits, |c| c.increment_with_delta(&alice, u64::MAX));
    check_overflow(error, u64::MAX, u64::MAX);

    assert_eq!(
        visits.increment(&alice, 0),
        Ok(()),
        "nothing is no overflow"
    );
    visits.increment(&agent(1), 1).unwrap();
    assert_eq!(visits.value(), 1 << 64);
}

#[test]
fn a_pn_counter_does_not_overflow() {
    let alice = agent(0);
    let mut votes = PnCounter::new();
    votes.increment(&alice, u64::MAX).unwrap();
    check_overflow(refusal(&votes, |c| c.increment(&alice, 1)), u64::MAX, 1);
    check_overflow(refusal(&votes, |c| c.add(&alice, 7)), u64::MAX, 7);
    votes.decrement(&alice, 1 << 63).unwrap();
    check_overflow(
        refusal(&votes, |c| c.add_with_delta(&alice, i64::MIN)),
        1 << 63,
        1 << 63,
    );
    votes.add(&alice, -i64::MAX).unwrap();
    assert_eq!(votes.counts_of(&alice), (u64::MAX, u64::MAX));
    check_overflow(
        refusal(&votes, |c| c.decrement_with_delta(&alice, 1)),
        u64::MAX,
        1,
    );
}

#[test]
fn a_bounded_counter_does_not_overflow() {
    let (alice, bob) = (agent(0), agent(1));
    let mut stock = BoundedCounter::new();
    stock.increment(&alice, u64::MAX).unwrap();
    check_overflow(refusal(&stock, |c| c.increment(&alice, 1)), u64::MAX, 1);

    // Alice sends all, gets all back and more: she has rights that she cannot send or spend.
    stock.transfer(&alice, &bob, u64::MAX).unwrap();
    stock.increment(&bob, 5).unwrap();
    stock.transfer(&bob, &alice, u64::MAX).unwrap();
    let error = refusal(&stock, |c| c.transfer_with_delta(&alice, &bob, 2));
    assert!(matches!(
        error,
        BoundedError::Overflow(Overflow {
            count: u64::MAX,
            n: 2,
            ..
        })
    ));
    stock.decrement(&alice, u64::MAX).unwrap();
    stock.increment(&agent(2), 3).unwrap();
    stock.transfer(&agent(2), &alice, 3).unwrap();
    assert_eq!(stock.rights_of(&alice), 3);
    let error = refusal(&stock, |c| c.decrement(&alice, 1));
    assert!(matches!(error, BoundedError::Overflow(_)));
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(
        error.to_string(),
        "a count of 18446744073709551615 cannot grow by 1"
    );
}

#[test]
fn rights_that_are_not_there_cannot_be_used() {
    let (alice, bob, carol) = (agent(0), agent(1), agent(2));
    let mut stock = BoundedCounter::new();
    stock.increment(&alice, 3).unwrap();
    let no_rights = |error: BoundedError| match error {
        BoundedError::NoRights { held, needed } => (held, needed),
        other => panic!("{other}"),
    };
    let error = refusal(&stock, |c| c.decrement(&alice, 4));
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(no_rights(error), (3, 4));
    assert_eq!(
        no_rights(refusal(&stock, |c| c.decrement_with_delta(&bob, 1))),
        (0, 1)
    );
    assert_eq!(
        no_rights(refusal(&stock, |c| c.transfer(&alice, &bob, 4))),
        (3, 4)
    );
    assert_eq!(
        no_rights(refusal(&stock, |c| c.transfer(&carol, &carol, 1))),
        (0, 1)
    );

    stock.transfer(&alice, &bob, 2).unwrap();
    assert_eq!(
        no_rights(refusal(&stock, |c| c.decrement(&alice, 2))),
        (1, 2)
    );
    stock.decrement(&bob, 2).unwrap();
    assert_eq!(
        no_rights(refusal(&stock, |c| c.transfer(&bob, &carol, u64::MAX))),
        (0, u64::MAX)
    );
    assert_eq!(stock.value(), 1);
}

#[test]
fn mutations_of_nothing_have_empty_deltas() {
    let (alice, bob) = (agent(0), agent(1));
    let mut visits = GCounter::new();
    assert!(visits.increment_with_delta(&alice, 0).unwrap().is_empty());
    assert_eq!(visits, GCounter::new());
    visits.increment(&alice, 5).unwrap();
    assert!(visits.increment_with_delta(&alice, 0).unwrap().is_empty());

    let mut votes = PnCounter::new();
    for delta in [
        votes.increment_with_delta(&alice, 0),
        votes.decrement_with_delta(&alice, 0),
        votes.add_with_delta(&alice, 0),
    ] {
        assert!(delta.unwrap().is_empty());
    }
    assert_eq!(votes, PnCounter::new());

    let mut stock = BoundedCounter::new();
    assert!(stock.increment_with_delta(&alice, 0).unwrap().is_empty());
    assert!(stock.decrement_with_delta(&alice, 0).unwrap().is_empty());
    assert!(
        stock
            .transfer_with_delta(&alice, &bob, 0)
            .unwrap()
            .is_empty()
    );
    assert_eq!(stock, BoundedCounter::new());
}

#[test]
fn a_transfer_to_oneself_moves_nothing() {
    let alice = agent(0);
    let mut stock = BoundedCounter::new();
    stock.increment(&alice, 3).unwrap();
    let before = stock.clone();
    assert!(
        stock
            .transfer_with_delta(&alice, &alice, 3)
            .unwrap()
            .is_empty()
    );
    assert_eq!(stock.transfer(&alice, &alice, 3), Ok(()));
    assert_eq!(stock.to_bytes(), before.to_bytes());
}
