//! Outboxes: what an interval holds, who is left out, and what is kept.

use alloc::vec::Vec;
use core::cell::Cell;
use core::convert::Infallible;
use std::thread_local;

use crdt_core::codec::{DecodeLimits, Encode, Writer};
use crdt_core::{Delta, IntervalSet, Lattice};

use super::Outbox;
use crate::Config;
use crate::payload::Payload;
use crate::position::Epochs;

type Numbers = IntervalSet;

const OURS: u64 = 1;
const THEIRS: u64 = 2;
const MEMO: usize = 1 << 20;

fn number(n: u64) -> Numbers {
    // Apart from each other, so that none becomes part of another's range.
    IntervalSet::from(2 * n..2 * n + 1)
}

/// An outbox of the numbers below `len`; every third came from a neighbour.
fn outbox(len: u64) -> Outbox<Numbers> {
    let mut outbox = Outbox::new(Epochs::new(OURS), 0);
    for n in 0..len {
        outbox.append(number(n), (n % 3 == 0).then_some(THEIRS));
    }
    outbox
}

fn held(payload: &Payload) -> Numbers {
    let deltas: Vec<Numbers> =
        Payload::decode(payload.as_bytes(), &DecodeLimits::default()).unwrap();
    let mut all = Numbers::new();
    for delta in &deltas {
        all.join(delta);
    }
    all
}

fn numbers(which: impl Iterator<Item = u64>) -> Numbers {
    let mut all = Numbers::new();
    for n in which {
        all.join(&number(n));
    }
    all
}

#[test]
fn an_interval_is_what_lies_between_but_for_what_the_neighbour_sent() {
    let mut outbox = outbox(20);
    for from in 0..20 {
        for to in from..=20 {
            let all = outbox.interval(from, to, 99, MEMO);
            assert_eq!(held(&all), numbers(from..to), "{from}..{to}");
            let without = outbox.interval(from, to, THEIRS, MEMO);
            assert_eq!(held(&without), numbers((from..to).filter(|n| n % 3 != 0)));
        }
    }
}

#[test]
fn the_bytes_between_two_places_are_those_of_the_deltas_there() {
    // Large enough that some numbers take two bytes.
    let len = 100;
    let outbox = outbox(len);
    let n_bytes = |n| number(n).to_bytes().len();
    assert!(n_bytes(0) < n_bytes(len - 1));
    for from in 0..=len {
        let mut expected = 0;
        for to in from..=len {
            assert_eq!(outbox.n_bytes_between(from, to), expected, "{from}..{to}");
            expected += n_bytes(to);
        }
    }
    assert_eq!(outbox.n_bytes_between(0, len), outbox.n_bytes());
}

#[test]
fn as_much_goes_at_once_as_is_allowed_and_one_delta_at_least() {
    let len = 100;
    let outbox = outbox(len);
    for from in 0..len {
        for max_bytes in [0, 1, 6, 7, 50, usize::MAX] {
            let to = outbox.place_within(from, max_bytes);
            let fits = |to| outbox.n_bytes_between(from, to) <= max_bytes;
            assert!(to == from + 1 || to > from && fits(to), "{from}..{to}");
            assert!(to == len || !fits(to + 1), "{from}..{to}");
        }
    }
    assert_eq!(outbox.place_within(len, usize::MAX), len);
}

#[test]
fn what_a_neighbour_sent_is_no_news_to_it() {
    let len = 20;
    let outbox = outbox(len);
    for from in 0..=len {
        for to in from..=len {
            let is_news = (from..to).any(|n| n % 3 != 0);
            assert_eq!(outbox.has_news_for(THEIRS, from, to), is_news);
            assert_eq!(outbox.has_news_for(99, from, to), from < to);
        }
    }
}

#[test]
fn neighbours_at_one_place_share_the_bytes() {
    let mut outbox = outbox(20);
    let [a, b] = [7, 8].map(|neighbour| outbox.interval(3, 20, neighbour, MEMO));
    assert!(alloc::sync::Arc::ptr_eq(
        &a.shared().unwrap(),
        &b.shared().unwrap()
    ));
}

/// Counts what is merged.
#[derive(Clone, Debug, Default)]
struct Counted(Numbers);

thread_local! {
    static N_MERGES: Cell<usize> = const { Cell::new(0) };
}

impl Delta for Counted {
    type MergeError = Infallible;

    fn merge_delta(&mut self, other: &Self) -> Result<(), Infallible> {
        N_MERGES.set(N_MERGES.get() + 1);
        self.0.merge_delta(&other.0)
    }

    fn is_empty(&self) -> bool {
        Delta::is_empty(&self.0)
    }
}

impl Encode for Counted {
    fn encode(&self, w: &mut Writer) {
        self.0.encode(w);
    }
}

#[test]
fn neighbours_at_many_places_share_the_work() {
    let len = 1_000;
    let mut outbox = Outbox::new(Epochs::new(OURS), 0);
    for n in 0..len {
        outbox.append(Counted(number(n)), (n % 100 == 7).then_some(THEIRS));
    }
    for from in 0..len {
        let all = outbox.interval(from, len, 99, MEMO);
        assert_eq!(held(&all), numbers(from..len), "from {from}");
        let without = outbox.interval(from, len, THEIRS, MEMO);
        assert_eq!(
            held(&without),
            numbers((from..len).filter(|n| n % 100 != 7))
        );
    }
    // One by one it would be a million. Two questions for each place, some 20 stretches each.
    assert!(N_MERGES.get() < 60_000, "{} merges", N_MERGES.get());
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut outbox = outbox(1_000);
    for max_bytes in [0, 100, 1_000, 10_000] {
        for from in 0..1_000 {
            let interval = outbox.interval(from, 1_000, 99, max_bytes);
            let (payload_bytes, stretch_bytes) = outbox.memo.n_bytes();
            assert!(payload_bytes <= max_bytes.max(interval.as_bytes().len()));
            let n_bytes = outbox.n_bytes();
            // The stretches of one answer come on top: those of all sizes hold the outbox so often.
            assert!(stretch_bytes <= max_bytes + 11 * n_bytes, "{stretch_bytes}");
        }
    }
}

#[test]
fn grouping_keeps_every_place_and_all_that_follows_it() {
    let config = Config {
        retained_bytes: 0,
        soft_bytes: 1,
        ..Config::default()
    };
    let mut outbox = outbox(64);
    for _ in 0..5 {
        assert_eq!(outbox.shrink(&config, 0), None);
        for from in 0..64 {
            let interval = held(&outbox.interval(from, 64, 99, MEMO));
            // What is grouped comes whole: a little more than was asked for, never less.
            assert!(numbers(from..64).leq(&interval), "from {from}");
            // A group is the neighbour's own only if all of it is.
            let without = held(&outbox.interval(from, 64, THEIRS, MEMO));
            assert!(numbers((from..64).filter(|n| n % 3 != 0)).leq(&without));
            assert!(outbox.has_news_for(THEIRS, from, 64) || from == 63);
        }
    }
    assert!(outbox.entries.len() < 64, "nothing was grouped");
    assert_eq!(outbox.next(), 64);
}

#[test]
fn what_all_have_goes_and_what_is_too_much_goes_whoever_lacks_it() {
    let mut config = Config {
        retained_bytes: 40,
        ..Config::default()
    };
    let mut outbox = outbox(64);
    assert_eq!(outbox.shrink(&config, 10), Some(10));
    assert_eq!(outbox.shrink(&config, 10), None);
    config.soft_bytes = 60;
    config.hard_bytes = 60;
    outbox.shrink(&config, 0);
    assert!(outbox.n_bytes() <= 60);
    assert!(outbox.base() > 10 && outbox.next() == 64);
    let base = outbox.base();
    assert!(!outbox.resolves(outbox.position_at(base - 1)));
    assert!(outbox.resolves(outbox.position_at(base)));
    assert_eq!(
        held(&outbox.interval(base, 64, 99, MEMO)),
        numbers(base..64)
    );
}

#[test]
fn the_older_half_is_grouped_two_by_two() {
    let config = Config {
        soft_bytes: 1,
        ..Config::default()
    };
    let mut outbox = outbox(64);
    assert_eq!(outbox.shrink(&config, 0), None);
    let ends = outbox.entries.iter().map(|entry| entry.end);
    let expected = (1..=16).map(|pair| 2 * pair).chain(33..=64);
    assert!(ends.eq(expected), "{} entries", outbox.entries.len());
    let n_bytes: usize = outbox.entries.iter().map(|entry| entry.bytes.len()).sum();
    assert_eq!(outbox.n_bytes(), n_bytes);
}

#[test]
fn an_older_half_that_is_odd_leaves_its_last_alone() {
    let config = Config {
        soft_bytes: 1,
        ..Config::default()
    };
    let mut outbox = outbox(6);
    assert_eq!(outbox.shrink(&config, 0), None);
    let ends = outbox.entries.iter().map(|entry| entry.end);
    assert!(ends.eq([2, 3, 4, 5, 6]));
}

#[test]
fn what_is_remembered_means_the_same_when_the_oldest_went() {
    let len = 200;
    let mut outbox = outbox(len);
    for n_acked in [0, 3, 40, 90] {
        let config = Config {
            retained_bytes: 0,
            ..Config::default()
        };
        outbox.shrink(&config, n_acked);
        assert_eq!(outbox.base(), n_acked);
        for from in n_acked..len {
            let all = outbox.interval(from, len, 99, MEMO);
            assert_eq!(held(&all), numbers(from..len), "from {from}");
            let without = outbox.interval(from, len, THEIRS, MEMO);
            let expected = numbers((from..len).filter(|n| n % 3 != 0));
            assert_eq!(held(&without), expected, "from {from}");
        }
    }
}

#[test]
fn an_outbox_as_large_as_its_limits_is_left_alone() {
    let mut outbox = outbox(64);
    let mut config = Config {
        retained_bytes: outbox.n_bytes(),
        soft_bytes: outbox.n_bytes(),
        hard_bytes: outbox.n_bytes(),
        ..Config::default()
    };
    assert_eq!(outbox.shrink(&config, 64), None);
    assert_eq!(outbox.entries.len(), 64);
    config.retained_bytes -= 1;
    assert_eq!(outbox.shrink(&config, 64), Some(1));
}

#[test]
fn a_place_has_one_name_though_epochs_meet_there() {
    let mut earlier = Epochs::new(OURS);
    assert!(earlier.begin(0) && !earlier.begin(1));
    let told = earlier.position_at(3);
    let mut later = Epochs::new(THEIRS);
    later.push_earlier(0, OURS);
    assert!(later.begin(3));
    assert_eq!(later.position_at(3), told);
    assert_eq!([earlier.current(), later.current()], [OURS, THEIRS]);
    assert!(later.resolves(told, 9));
    // The other process went on in the same epoch, and lost it.
    assert!(!later.resolves(earlier.position_at(4), 9));
    assert!(!later.resolves(later.position_at(5), 4));
}

#[test]
fn the_epoch_of_the_last_dropped_delta_is_kept() {
    let mut epochs = Epochs::new(OURS);
    epochs.begin(0);
    let place = epochs.position_at(4);
    let mut epochs = Epochs::new(THEIRS);
    epochs.push_earlier(0, OURS);
    epochs.begin(4);
    assert!(epochs.trim(4).is_empty());
    assert!(epochs.resolves(place, 9));
    assert_eq!(epochs.trim(5), [0]);
    assert!(!epochs.resolves(place, 9));
}
