//! Trait impls of interval sets: lattice, binary codec, conversions.
//!
//! **Format.** The count of intervals, then two varints for each: the distance of its start from the
//! first place it could be (0, or one beyond the end of the interval before), and its length less 1.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::ops::Range;

use super::IntervalSet;
use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{Decompose, DeltaState, Lattice, Summarize};

impl Lattice for IntervalSet {
    /// Adds the numbers of `other`: O(m log n) if they are known or lie at the end, else O(n + m).
    fn join(&mut self, other: &Self) -> bool {
        let is_append = match (self.intervals.back(), other.intervals.front()) {
            (Some(last), Some(first)) => last.0 <= first.0,
            _ => true,
        };
        if is_append || other.n_ranges() <= FEW_RANGES {
            return other
                .ranges()
                .fold(false, |changed, range| self.insert(range) | changed);
        }
        if other.ranges().all(|range| self.contains_range(range)) {
            return false;
        }
        *self = self.union(other);
        true
    }

    fn leq(&self, other: &Self) -> bool {
        self.is_subset(other)
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl Decompose for IntervalSet {
    /// One part for each number: O(1) a step, but a set can hold 2^64 numbers.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let numbers = self.ranges().flatten();
        numbers.map(|number| Self::from(number..number.saturating_add(1)))
    }

    fn diff(&self, base: &Self) -> Self {
        self.difference(base)
    }
}

impl DeltaState for IntervalSet {
    type Delta = Self;
    type Error = Infallible;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, Infallible> {
        Ok(self.join(delta))
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.diff(self))
    }
}

impl Summarize for IntervalSet {
    type Summary = Self;

    fn summary(&self) -> Self {
        self.clone()
    }

    fn delta_since(&self, known: &Self) -> Option<Self> {
        Some(self.diff(known))
    }
}

impl Encode for IntervalSet {
    fn encode(&self, w: &mut Writer) {
        encode_intervals(w, self, 0);
    }
}

impl Decode for IntervalSet {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        decode_intervals(r, budget, 0..u64::MAX)
    }
}

/// Writes intervals that start at `first` or beyond.
pub(crate) fn encode_intervals(w: &mut Writer, set: &IntervalSet, mut first: u64) {
    w.u64(set.n_ranges() as u64);
    for (start, end) in set.pairs() {
        w.u64(start.saturating_sub(first));
        w.u64(end.saturating_sub(start).saturating_sub(1));
        first = end.saturating_add(1);
    }
}

/// Reads intervals that lie inside `within`.
pub(crate) fn decode_intervals(
    r: &mut Reader<'_>,
    budget: &mut Budget,
    within: Range<u64>,
) -> Result<IntervalSet, DecodeError> {
    let n_intervals = r.count(2, budget)?;
    // An item pays for an interval.
    let mut intervals = Vec::with_capacity(n_intervals);
    let Range {
        start: mut first,
        end: limit,
    } = within;
    for _ in 0..n_intervals {
        // The largest start that leaves room for one number.
        let Some(max_skip) = limit
            .checked_sub(first)
            .and_then(|room| room.checked_sub(1))
        else {
            return Err(DecodeError::OutOfRange {
                offset: r.offset(),
                found: first,
                max: limit,
            });
        };
        let start = first.saturating_add(r.u64_at_most(max_skip)?);
        let least_end = start.saturating_add(1);
        let room = limit.saturating_sub(least_end);
        let end = least_end.saturating_add(r.u64_at_most(room)?);
        intervals.push((start, end));
        first = end.saturating_add(1);
    }
    Ok(IntervalSet::from_canonical(intervals))
}

impl From<Range<u64>> for IntervalSet {
    fn from(range: Range<u64>) -> Self {
        let mut set = Self::new();
        set.insert(range);
        set
    }
}

impl FromIterator<Range<u64>> for IntervalSet {
    fn from_iter<I: IntoIterator<Item = Range<u64>>>(ranges: I) -> Self {
        let mut set = Self::new();
        set.extend(ranges);
        set
    }
}

impl Extend<Range<u64>> for IntervalSet {
    fn extend<I: IntoIterator<Item = Range<u64>>>(&mut self, ranges: I) {
        for range in ranges {
            self.insert(range);
        }
    }
}

impl fmt::Debug for IntervalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ranges()).finish()
    }
}

/// Up to so many ranges are joined one by one; beyond, moving intervals costs more than a rebuild.
pub(crate) const FEW_RANGES: usize = 8;
