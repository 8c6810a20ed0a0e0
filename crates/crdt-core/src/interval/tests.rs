//! Interval sets against sets of single numbers.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::IntervalSet;
use crate::codec::{Decode, DecodeLimits};
use crate::testing::{check_codec, check_laws, check_property};

type Points = BTreeSet<u64>;

fn points(set: &IntervalSet) -> Points {
    assert!(set.is_canonical(), "{set:?}");
    set.ranges().flatten().collect()
}

#[test]
fn lattice_laws() {
    check_laws::<IntervalSet>();
}

#[test]
fn codec_is_canonical() {
    check_codec::<IntervalSet>();
}

#[test]
fn edits_agree_with_single_numbers() {
    fn property(edits: Vec<(bool, u8, u8)>) -> bool {
        let (mut set, mut model) = (IntervalSet::new(), Points::new());
        edits.into_iter().all(|(inserts, start, len)| {
            let range = u64::from(start % 50)..u64::from(start % 50 + len % 8);
            let before = model.clone();
            let changed = if inserts {
                model.extend(range.clone());
                set.insert(range)
            } else {
                model.retain(|number| !range.contains(number));
                set.remove(range)
            };
            points(&set) == model && changed == (before != model)
        })
    }
    check_property(property as fn(Vec<(bool, u8, u8)>) -> bool);
}

#[test]
fn queries_agree_with_single_numbers() {
    fn property(set: IntervalSet, from: u8, len: u8) -> bool {
        let model = points(&set);
        let range = u64::from(from % 50)..u64::from(from % 50 + len % 10);
        let first_missing = (range.start..).find(|number| !model.contains(number));
        let missing: Vec<u64> = range.clone().filter(|n| !model.contains(n)).collect();
        let gaps: Vec<_> = set.gaps(range.clone()).collect();
        set.contains(range.start) == model.contains(&range.start)
            && set.contains_range(range.clone()) == missing.is_empty()
            && Some(set.first_gap(range.start)) == first_missing
            && gaps.iter().cloned().flatten().eq(missing)
            && gaps.windows(2).all(|pair| pair[0].end < pair[1].start)
            && set.count() == model.len() as u64
            && (set.first(), set.last()) == (model.first().copied(), model.last().copied())
            && set.is_empty() == model.is_empty()
    }
    check_property(property as fn(IntervalSet, u8, u8) -> bool);
}

#[test]
fn algebra_agrees_with_single_numbers() {
    fn property(left: IntervalSet, right: IntervalSet) -> bool {
        let (l, r) = (points(&left), points(&right));
        points(&left.union(&right)) == &l | &r
            && points(&left.intersection(&right)) == &l & &r
            && points(&left.difference(&right)) == &l - &r
            && left.is_subset(&right) == l.is_subset(&r)
    }
    check_property(property as fn(IntervalSet, IntervalSet) -> bool);
}

#[test]
#[expect(clippy::reversed_empty_ranges, reason = "the point of the test")]
fn empty_and_reversed_ranges_do_nothing() {
    let mut set = IntervalSet::from(3..6);
    assert!(!set.insert(9..9) && !set.insert(9..2));
    assert!(!set.remove(4..4) && !set.remove(5..4));
    assert_eq!(set.gaps(5..1).count(), 0);
    assert!(set.contains_range(9..2));
    assert_eq!(set, IntervalSet::from(3..6));
}

#[test]
fn the_largest_numbers_fit() {
    let mut set = IntervalSet::from_iter([0..1, u64::MAX - 1..u64::MAX]);
    assert_eq!(
        IntervalSet::from_bytes(
            &crate::codec::Encode::to_bytes(&set),
            &DecodeLimits::default()
        ),
        Ok(set.clone())
    );
    set.insert(1..u64::MAX);
    assert_eq!(set.count(), u64::MAX);
    assert_eq!(set.first_gap(0), u64::MAX);
}

#[test]
fn decoding_refuses_numbers_beyond_the_end() {
    let mut writer = crate::codec::Writer::new();
    for number in [2, u64::MAX - 3, 1, 0, 0] {
        writer.u64(number);
    }
    let decoded = IntervalSet::from_bytes(writer.as_bytes(), &DecodeLimits::default());
    assert!(decoded.unwrap_err().is_malformed());
}

#[test]
fn appending_in_order_is_linear() {
    let mut set = IntervalSet::new();
    for n in 0..1_000_000_u64 {
        set.insert(2 * n..2 * n + 1);
    }
    assert_eq!(set.n_ranges(), 1_000_000);
    let mut joined = IntervalSet::new();
    for range in set.ranges() {
        crate::Lattice::join(&mut joined, &IntervalSet::from(range));
    }
    assert_eq!(joined, set);
}

#[test]
fn filling_holes_in_order_is_linear() {
    let n_holes = 200_000_u64;
    let mut set: IntervalSet = (0..n_holes).map(|n| 2 * n + 1..2 * n + 2).collect();
    for n in 0..n_holes {
        set.insert(2 * n..2 * n + 1);
    }
    assert_eq!(set, IntervalSet::from(0..2 * n_holes));
    for n in 0..n_holes {
        set.remove(2 * n..2 * n + 1);
    }
    assert_eq!(set.n_ranges() as u64, n_holes);
}

/// What debug builds ask after decoding finds every fault there is.
#[test]
fn sets_that_are_not_canonical_are_known() {
    for (intervals, expected) in [
        (&[][..], true),
        (&[(0, 1)], true),
        (&[(0, 1), (2, 3)], true),
        (&[(1, 1)], false),
        (&[(2, 1)], false),
        (&[(0, 1), (1, 3)], false),
        (&[(0, 2), (1, 3)], false),
        (&[(4, 5), (1, 3)], false),
        (&[(0, 1), (2, 2)], false),
    ] {
        let set = IntervalSet {
            intervals: intervals.iter().copied().collect(),
        };
        assert_eq!(set.is_canonical(), expected, "{intervals:?}");
    }
}
