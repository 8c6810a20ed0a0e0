//! Small scenarios with the one right answer, spelled out.

use crdt_core::{DeltaState, Lattice, Named};
use crdt_counters::{BoundedCounter, GCounter, PnCounter};

use crate::support::agent;

#[test]
fn counts_of_two_agents_add_up() {
    let (mut a, mut b) = (GCounter::new(), GCounter::new());
    a.increment(&agent(0), 5).unwrap();
    b.increment(&agent(1), 3).unwrap();
    assert!(a.join(&b));
    assert_eq!(a.value(), 8);
}

#[test]
fn counts_under_one_agent_do_not() {
    let (mut a, mut b) = (GCounter::new(), GCounter::new());
    a.increment(&agent(0), 5).unwrap();
    b.increment(&agent(0), 3).unwrap();
    assert!(!a.join(&b));
    assert!(b.join(&a));
    assert_eq!((a.value(), b.value()), (5, 5));
}

/// A has 5, B adopts it, then both count on: what B adopted is not counted again.
#[test]
fn what_was_adopted_counts_once() {
    let mut a = GCounter::new();
    a.increment(&agent(0), 5).unwrap();
    let mut b = a.clone();
    a.increment(&agent(0), 1).unwrap();
    b.increment(&agent(1), 2).unwrap();
    a.join(&b);
    b.join(&a);
    assert_eq!(a, b);
    assert_eq!(a.value(), 8);

    let mut a = PnCounter::new();
    a.add(&agent(0), 5).unwrap();
    let mut b = a.clone();
    a.add(&agent(0), -1).unwrap();
    b.add(&agent(1), 2).unwrap();
    a.join(&b);
    assert_eq!(a.value(), 6);
}

/// The later delta arrives first, then the earlier one, then the later one again.
#[test]
fn a_later_delta_stands_for_the_earlier_ones() {
    let (mut votes, mut peer) = (PnCounter::new(), PnCounter::new());
    let early = votes.add_with_delta(&agent(0), 5).unwrap();
    let late = votes.add_with_delta(&agent(0), 2).unwrap();
    let down = votes.add_with_delta(&agent(0), -1).unwrap();
    let news = [&late, &early, &late, &down].map(|delta| peer.apply_delta(delta));
    assert_eq!(news, [Ok(true), Ok(false), Ok(false), Ok(true)]);
    assert_eq!(peer, votes);
}

/// Spending arrives before what paid for it: the replica sees 0 rather than less, and heals.
#[test]
fn early_spending_reads_as_zero() {
    let (alice, bob) = (agent(0), agent(1));
    let (mut stock, mut peer) = (BoundedCounter::new(), BoundedCounter::new());
    let stocked = stock.increment_with_delta(&alice, 5).unwrap();
    let moved = stock.transfer_with_delta(&alice, &bob, 3).unwrap();
    let sold = stock.decrement_with_delta(&bob, 2).unwrap();

    peer.join(&sold);
    assert_eq!((peer.value(), peer.rights_of(&bob)), (0, 0));
    assert!(peer.decrement(&bob, 1).is_err());
    peer.join(&moved);
    assert_eq!((peer.value(), peer.rights_of(&bob)), (0, 1));
    assert_eq!(peer.rights_of(&alice), 0);
    peer.join(&stocked);
    assert_eq!(peer, stock);
    assert_eq!((peer.value(), peer.rights_of(&alice)), (3, 2));
}

/// Rights can go in circles; what matters is where they end.
#[test]
fn rights_travel() {
    let (alice, bob, carol) = (agent(0), agent(1), agent(2));
    let mut stock = BoundedCounter::new();
    stock.increment(&alice, 4).unwrap();
    for _ in 0..3 {
        stock.transfer(&alice, &bob, 4).unwrap();
        stock.transfer(&bob, &carol, 4).unwrap();
        stock.transfer(&carol, &alice, 4).unwrap();
    }
    assert!(stock.rights().eq([(&alice, 4)]));
    stock.transfer(&alice, &carol, 1).unwrap();
    assert!(stock.rights().eq([(&alice, 3), (&carol, 1)]));
    assert_eq!((stock.value(), stock.n_agents()), (4, 3));
}

#[test]
fn names_are_stable() {
    let name = |name: String, version| format!("{name} {version}");
    assert_eq!(
        name(GCounter::full_name(), GCounter::VERSION),
        "g_counter 1"
    );
    assert_eq!(
        name(PnCounter::full_name(), PnCounter::VERSION),
        "pn_counter 1"
    );
    let bounded = name(BoundedCounter::full_name(), BoundedCounter::VERSION);
    assert_eq!(bounded, "bounded_counter 1");
}

#[test]
fn debug_output_shows_the_counts() {
    let mut visits = GCounter::new();
    visits.increment(&agent(0), 5).unwrap();
    assert_eq!(
        format!("{visits:?}"),
        r#"GCounter { counts: {"alice": 5} }"#
    );
}
