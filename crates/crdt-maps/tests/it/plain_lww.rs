//! Last writer wins: the vectors V3 to V7, the traps T7, T8, T12, T15 and T18, and late writes.

use crdt_core::{AgentId, Classify, DeltaState, ErrorKind, HybridClock, Lattice};
use crdt_maps::{CleanError, LwwMap, LwwRegister, StampError};

use crate::support::{agent, at, joined};

type Map = LwwMap<&'static str, &'static str>;

fn set(writer: &AgentId, stamp: u64, key: &'static str, value: &'static str) -> Map {
    Map::new()
        .set_with_delta(writer, at(stamp), key, value)
        .unwrap()
}

fn removal(writer: &AgentId, stamp: u64, key: &'static str) -> Map {
    Map::new()
        .remove_with_delta(writer, at(stamp), key)
        .unwrap()
}

/// The value both operand orders of a join agree on.
fn winner(a: &Map, b: &Map, key: &str) -> Option<&'static str> {
    let both = joined(a, b);
    assert_eq!(both, joined(b, a));
    both.get(key).copied()
}

#[test]
fn v3_equal_stamps_go_by_agent_then_by_value() {
    let (alice, bob) = (agent(0), agent(1));
    let (apple, zebra) = (set(&bob, 7, "k", "apple"), set(&alice, 7, "k", "zebra"));
    assert_eq!(winner(&apple, &zebra, "k"), Some("apple"));

    let apple = set(&alice, 7, "k", "apple");
    assert_eq!(winner(&apple, &zebra, "k"), Some("zebra"));
    let nothing = removal(&alice, 7, "k");
    assert_eq!(winner(&nothing, &apple, "k"), Some("apple"));
}

/// By UTF-16 units it would be the other way round.
#[test]
fn v4_agents_and_values_go_by_their_bytes() {
    let low = AgentId::new("\u{e000}").unwrap();
    let high = AgentId::new("\u{10000}").unwrap();
    let (z, a) = (set(&low, 7, "k", "z"), set(&high, 7, "k", "a"));
    assert_eq!(winner(&z, &a, "k"), Some("a"));

    let (low, high) = (
        set(&low, 7, "k", "\u{e000}"),
        set(&low, 7, "k", "\u{10000}"),
    );
    assert_eq!(winner(&low, &high, "k"), Some("\u{10000}"));
}

#[test]
fn v5_a_removal_needs_a_newer_stamp_here_and_wins_with_it_everywhere() {
    let alice = agent(0);
    let mut map = set(&alice, 10, "k", "v");
    let before = map.clone();
    let refused = map.remove(&alice, at(10), "k");
    let held = at(10);
    assert_eq!(
        refused,
        Err(StampError::TimestampNotAdvanced { given: held, held })
    );
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Misuse);
    assert_eq!(map, before);

    let delta = map.remove_with_delta(&alice, at(11), "k").unwrap();
    assert_eq!(map.get("k"), None);
    assert_eq!(joined(&before, &delta), map);
    // What was refused here would have lost there: local and merged behaviour agree.
    assert_eq!(joined(&before, &removal(&alice, 9, "k")), before);
}

#[test]
fn v6_t8_two_payloads_under_one_name_are_refused_and_yet_settled() {
    let alice = agent(0);
    let (one, two) = (set(&alice, 10, "k", "one"), set(&alice, 10, "k", "two"));
    for (held, delta) in [
        (&one, &two),
        (&two, &one),
        (&one, &removal(&alice, 10, "k")),
    ] {
        let mut map = held.clone();
        let error = map.apply_delta(delta).unwrap_err();
        assert_eq!((error.stamp, &error.writer), (at(10), &alice));
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_eq!(error.to_string(), "alice made two different writes at 0+10");
        assert_eq!(map, *held);
    }
    assert_eq!(winner(&one, &two, "k"), Some("two"));
    assert_eq!(one.clone().apply_delta(&one), Ok(false));
}

#[test]
fn a_refused_delta_brings_nothing_in_not_even_its_good_parts() {
    let alice = agent(0);
    let mut map = set(&alice, 10, "m", "one");
    let before = map.clone();
    let delta = joined(&set(&alice, 10, "m", "two"), &set(&alice, 11, "a", "fine"));
    let delta = joined(&delta, &set(&alice, 12, "z", "fine"));
    assert!(map.apply_delta(&delta).is_err());
    assert_eq!(map, before);
}

#[test]
fn v7_cleaning_keeps_live_entries_and_younger_tombstones() {
    let alice = agent(0);
    let mut map = Map::new();
    let zombie = set(&alice, 3, "b", "old");
    for part in [
        set(&alice, 1, "a", "alive"),
        zombie.clone(),
        removal(&alice, 5, "b"),
        removal(&alice, 15, "c"),
    ] {
        map.join(&part);
    }
    assert_eq!(map.n_tombstones(), 2);

    assert_eq!(map.clean(at(10)), Ok(1));
    assert_eq!((map.n_tombstones(), map.floor()), (1, at(10)));
    assert_eq!(map.get("a"), Some(&"alive"));
    assert_eq!(map.apply_delta(&zombie), Ok(false));
    assert_eq!(map.get("b"), None);
    assert_eq!(map.clean(at(10)), Ok(0));
    assert_eq!(map.clean(at(4)), Ok(0));
    assert_eq!(map.floor(), at(10));
}

/// The defect: a floor that is set before the entries are looked at drops those that live.
#[test]
fn live_entries_below_the_floor_survive_joins_with_either_side_cleaned() {
    let (alice, bob) = (agent(0), agent(1));
    let mut cleaned = joined(&set(&alice, 1, "a", "alive"), &removal(&bob, 5, "b"));
    cleaned.join(&removal(&bob, 15, "c"));
    let uncleaned = cleaned.clone();
    cleaned.clean(at(10)).unwrap();

    for both in [joined(&cleaned, &uncleaned), joined(&uncleaned, &cleaned)] {
        assert_eq!(both, cleaned);
        assert_eq!(both.get("a"), Some(&"alive"));
    }
    let mut by_itself = uncleaned.clone();
    by_itself.clean(at(10)).unwrap();
    assert_eq!(by_itself, cleaned);

    // Deltas from before, again and again, and a new write of the old key.
    let mut late = cleaned.clone();
    for old in [
        set(&alice, 1, "a", "alive"),
        removal(&bob, 5, "b"),
        set(&alice, 9, "b", "late"),
    ] {
        assert!(!late.join(&old));
    }
    late.set(&bob, at(16), "a", "new").unwrap();
    assert_eq!(joined(&late, &uncleaned).get("a"), Some(&"new"));
}

#[test]
fn below_the_floor_the_state_that_has_it_decides() {
    let alice = agent(0);
    let mut cleaned = joined(&removal(&alice, 5, "b"), &set(&alice, 15, "c", "new"));
    let delta = cleaned.clean_with_delta(at(10)).unwrap();
    // The cut was not stable: this write is older, and the cleaner had not heard of it.
    let mut other = joined(&set(&alice, 4, "d", "lost"), &set(&alice, 12, "e", "kept"));
    assert_eq!(joined(&cleaned, &other).get("d"), None);
    other.join(&delta);
    assert_eq!((other.get("d"), other.get("e")), (None, Some(&"kept")));
    assert_eq!(joined(&other, &cleaned), joined(&cleaned, &other));
}

/// The cleaner knows `k` only by its new write, the peer only by the old one: if the delta were the
/// floor and what is below it, the peer would lose `k` until the new write arrives.
#[test]
fn the_delta_of_a_cleaning_hides_nothing_that_was_written_anew() {
    let alice = agent(0);
    let mut peer = joined(&set(&alice, 1, "k", "old"), &removal(&alice, 5, "b"));
    let mut cleaner = joined(&peer, &set(&alice, 12, "k", "young"));
    let delta = cleaner.clean_with_delta(at(10)).unwrap();
    peer.join(&delta);
    assert_eq!(peer.get("k"), Some(&"young"));
    assert_eq!(peer, cleaner);
    assert!(cleaner.clean_with_delta(at(10)).unwrap().is_bottom());
}

#[test]
fn writes_below_the_floor_are_refused_where_they_are_made() {
    let alice = agent(0);
    let mut map = joined(&set(&alice, 1, "a", "alive"), &removal(&alice, 15, "c"));
    map.clean(at(10)).unwrap();
    let before = map.clone();
    let (given, floor) = (at(9), at(10));
    // Newer than what is held under the key, and yet lost on every peer.
    assert_eq!(
        map.set(&alice, given, "a", "x"),
        Err(StampError::BelowFloor { given, floor })
    );
    assert_eq!(
        map.remove(&alice, given, "b"),
        Err(StampError::BelowFloor { given, floor })
    );
    assert_eq!(map, before);
    assert_eq!(map.set(&alice, floor, "a", "x"), Ok(()));
}

#[test]
fn t15_t18_a_cut_ahead_of_what_is_known_is_refused() {
    let alice = agent(0);
    let mut map = joined(&removal(&alice, 5, "b"), &set(&alice, 8, "a", "v"));
    let before = map.clone();
    let (stable, newest) = (at(9), at(8));
    let refused = map.clean(stable);
    assert_eq!(refused, Err(CleanError::CutAhead { stable, newest }));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Misuse);
    assert_eq!(
        map.clean_with_delta(stable),
        Err(CleanError::CutAhead { stable, newest })
    );
    assert_eq!(map, before);
    assert_eq!(map.clean(map.newest_stamp()), Ok(1));

    let mut nothing = Map::new();
    assert!(nothing.clean(at(1)).is_err());
    assert_eq!(nothing.clean(at(0)), Ok(0));
    assert!(nothing.is_bottom());
}

#[test]
fn t7_a_write_after_a_stamp_from_the_future_survives_it() {
    let (alice, bob) = (agent(0), agent(1));
    let far = crdt_core::Timestamp::new(900_000, 3).unwrap();
    let remote = LwwRegister::new()
        .set_with_delta(&bob, far, "future")
        .unwrap();
    let mut clock = HybridClock::new(1_000_000);
    let mut register = LwwRegister::new();

    register.join(&remote);
    clock.observe(far, 5_000).unwrap();
    register
        .set(&alice, clock.tick(5_001).unwrap(), "ours")
        .unwrap();
    assert!(!register.join(&remote));
    assert_eq!(register.value(), Some(&"ours"));

    // A clock that observed nothing makes a write that would be lost: it is refused, not dropped.
    let mut deaf = HybridClock::new(1_000_000);
    let mut register = remote.clone();
    assert!(
        register
            .set(&alice, deaf.tick(5_001).unwrap(), "lost")
            .is_err()
    );
    assert_eq!(register, remote);
}

#[test]
fn t8_registers_settle_like_maps() {
    let (alice, bob) = (agent(0), agent(1));
    let write = |writer, value| {
        LwwRegister::new()
            .set_with_delta(writer, at(7), value)
            .unwrap()
    };
    let (one, two, other) = (write(&alice, "one"), write(&alice, "two"), write(&bob, "a"));
    assert_eq!(joined(&one, &two), two);
    assert_eq!(joined(&two, &one), two);
    assert_eq!(joined(&two, &other), other);
    assert_eq!(joined(&other, &two), other);
    let mut register = two.clone();
    let error = register.apply_delta(&one).unwrap_err();
    assert_eq!((error.stamp, error.writer), (at(7), alice));
    assert_eq!(register, two);
    assert_eq!(register.apply_delta(&other), Ok(true));
}

#[test]
fn t12_later_deltas_first_and_counts_at_every_step() {
    let alice = agent(0);
    let mut source = Map::new();
    let deltas = [
        source.set_with_delta(&alice, at(1), "a", "1").unwrap(),
        source.set_with_delta(&alice, at(2), "b", "2").unwrap(),
        source.remove_with_delta(&alice, at(3), "a").unwrap(),
        source.set_with_delta(&alice, at(4), "b", "3").unwrap(),
    ];
    let mut target = Map::new();
    for delta in deltas.iter().rev().chain(&deltas) {
        target.join(delta);
        assert_eq!(target.len(), target.values().count());
    }
    assert_eq!(target, source);
}
