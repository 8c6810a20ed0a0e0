//! Sets of numbers stored as intervals: the cloud of a dot context, the holes of a log.
//!
//! **Invariant.** The intervals are sorted, non-empty, disjoint and not adjacent, so a set has one
//! representation and equality, hash and encoding are those of the set.
//!
//! **Costs.** With n intervals, queries are O(log n).
//! Adding at or beyond the end, and filling holes from the front, is amortised O(1) besides the search;
//! elsewhere it moves up to half of the intervals, as in any flat array.
//! Operations on two sets are O(n + m).

mod algebra;
mod impls;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::iter::FusedIterator;
use core::ops::Range;

pub(crate) use self::algebra::{difference, intersection, is_subset, union};
pub(crate) use self::impls::{FEW_RANGES, decode_intervals, encode_intervals};

/// A set of `u64` below `u64::MAX`, stored as half-open intervals.
///
/// # Invariants
/// Intervals are sorted, non-empty, disjoint and not adjacent.
/// # Examples
/// ```
/// use crdt_core::IntervalSet;
///
/// let mut seen = IntervalSet::new();
/// seen.insert(0..3);
/// seen.insert(5..8);
/// assert_eq!(seen.first_gap(0), 3);
/// seen.insert(3..5);
/// assert_eq!(seen.ranges().collect::<Vec<_>>(), [0..8]);
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct IntervalSet {
    /// A deque, because holes are mostly filled from the front.
    intervals: VecDeque<Interval>,
}

/// A half-open interval `(start, end)`; inside a set, `start < end`.
pub(crate) type Interval = (u64, u64);

impl IntervalSet {
    /// Makes an empty set.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_core::IntervalSet::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            intervals: VecDeque::new(),
        }
    }

    /// Adds every number of `range`; returns whether any was new.
    ///
    /// A range whose start is not below its end is empty.
    ///
    /// # Complexity
    /// Amortised O(1) if `range` starts at or beyond the last interval, else O(log n + k), k = intervals
    /// merged, or moved to make room: those on the nearer side.
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let mut set = IntervalSet::new();
    /// assert!(set.insert(3..5));
    /// assert!(!set.insert(4..5));
    /// ```
    pub fn insert(&mut self, range: Range<u64>) -> bool {
        let Range { start, end } = range;
        if start >= end {
            return false;
        }
        match self.intervals.back_mut() {
            None => self.intervals.push_back((start, end)),
            Some(&mut (_, last_end)) if last_end < start => self.intervals.push_back((start, end)),
            Some((last_start, last_end)) if *last_start <= start => {
                if end <= *last_end {
                    return false;
                }
                *last_end = end;
            }
            Some(_) => return self.insert_inside(start, end),
        }
        true
    }

    /// Takes every number of `range` out; returns whether any was there.
    ///
    /// # Complexity
    /// O(log n + k), k = intervals moved or dropped.
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let mut set = IntervalSet::from(0..10);
    /// assert!(set.remove(3..5));
    /// assert_eq!(set.ranges().collect::<Vec<_>>(), [0..3, 5..10]);
    /// ```
    pub fn remove(&mut self, range: Range<u64>) -> bool {
        let Range { start, end } = range;
        let first = self.intervals.partition_point(|&(_, e)| e <= start);
        let last = self.intervals.partition_point(|&(s, _)| s < end);
        if start >= end || first >= last {
            return false;
        }
        let before = (self.intervals[first].0, start);
        let after = (end, self.intervals[last - 1].1);
        self.intervals.drain(first..last);
        for piece in [after, before] {
            if piece.0 < piece.1 {
                self.intervals.insert(first, piece);
            }
        }
        true
    }

    /// Returns whether the set holds `number`.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// assert!(IntervalSet::from(3..5).contains(4));
    /// ```
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        self.interval_ending_after(number)
            .is_some_and(|(start, _)| start <= number)
    }

    /// Returns whether the set holds every number of `range`; true of an empty one.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let set = IntervalSet::from_iter([3..5, 6..9]);
    /// assert!(set.contains_range(6..8) && !set.contains_range(4..7));
    /// ```
    #[must_use]
    pub fn contains_range(&self, range: Range<u64>) -> bool {
        range.is_empty()
            || self
                .interval_ending_after(range.start)
                .is_some_and(|(start, end)| start <= range.start && range.end <= end)
    }

    /// Returns the least number that is at least `from` and not in the set.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let set = IntervalSet::from(3..5);
    /// assert_eq!((set.first_gap(0), set.first_gap(3)), (0, 5));
    /// ```
    #[must_use]
    pub fn first_gap(&self, from: u64) -> u64 {
        match self.interval_ending_after(from) {
            Some((start, end)) if start <= from => end,
            _ => from,
        }
    }

    /// Returns the least number of the set, or `None` if it is empty.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// assert_eq!(IntervalSet::from(3..5).first(), Some(3));
    /// ```
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.intervals.front().map(|&(start, _)| start)
    }

    /// Returns the greatest number of the set, or `None` if it is empty.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// assert_eq!(IntervalSet::from(3..5).last(), Some(4));
    /// ```
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.intervals.back().map(|&(_, end)| end - 1)
    }

    /// Iterates over the intervals, in order.
    ///
    /// # Complexity
    /// O(1) to make, O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let set = IntervalSet::from_iter([5..6, 0..3]);
    /// assert_eq!(set.ranges().collect::<Vec<_>>(), [0..3, 5..6]);
    /// ```
    pub fn ranges(
        &self,
    ) -> impl DoubleEndedIterator<Item = Range<u64>> + ExactSizeIterator + Clone {
        self.intervals.iter().map(|&(start, end)| start..end)
    }

    /// Iterates over the maximal ranges inside `within` that the set lacks, in order.
    ///
    /// # Complexity
    /// O(log n) to make, O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let set = IntervalSet::from_iter([2..4, 6..8]);
    /// assert_eq!(set.gaps(0..7).collect::<Vec<_>>(), [0..2, 4..6]);
    /// ```
    pub fn gaps(&self, within: Range<u64>) -> impl FusedIterator<Item = Range<u64>> + Clone {
        let first = self
            .intervals
            .partition_point(|&(_, end)| end <= within.start);
        let inside = self.intervals.range(first..).copied();
        // A last, empty interval closes the gap behind all others.
        let mut ends = inside
            .take_while(move |&(start, _)| start < within.end)
            .chain([(within.end, within.end)]);
        let mut from = within.start;
        let next_gap = move || {
            let (start, end) = ends.next()?;
            let gap = from..start;
            from = end;
            Some(gap)
        };
        core::iter::from_fn(next_gap)
            .fuse()
            .filter(|gap| !gap.is_empty())
    }

    /// Returns how many numbers the set holds.
    ///
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// assert_eq!(IntervalSet::from_iter([0..3, 5..6]).count(), 4);
    /// ```
    #[must_use]
    pub fn count(&self) -> u64 {
        // Disjoint intervals below `u64::MAX`: the sum fits.
        self.intervals.iter().map(|(start, end)| end - start).sum()
    }

    /// Returns how many intervals the set takes.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// assert_eq!(IntervalSet::from_iter([0..3, 5..6]).n_ranges(), 2);
    /// ```
    #[must_use]
    pub fn n_ranges(&self) -> usize {
        self.intervals.len()
    }

    /// Returns whether the set holds nothing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::IntervalSet::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty()
    }

    /// Makes a set from intervals that already satisfy its invariant.
    pub(crate) fn from_canonical(intervals: Vec<Interval>) -> Self {
        let set = Self {
            intervals: intervals.into(),
        };
        debug_assert!(set.is_canonical(), "intervals are not canonical: {set:?}");
        set
    }

    /// Appends an interval that lies beyond all others and is adjacent to none.
    pub(crate) fn push_interval(&mut self, interval: Interval) {
        debug_assert!(
            self.intervals
                .back()
                .is_none_or(|&(_, end)| end < interval.0)
        );
        self.intervals.push_back(interval);
    }

    /// Returns the intervals as pairs.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Interval> + Clone {
        self.intervals.iter().copied()
    }

    /// Returns the first interval that ends after `number`, the only one that can hold it.
    fn interval_ending_after(&self, number: u64) -> Option<Interval> {
        let idx = self.intervals.partition_point(|&(_, end)| end <= number);
        self.intervals.get(idx).copied()
    }

    /// Inserts an interval that starts before the last one does.
    fn insert_inside(&mut self, start: u64, end: u64) -> bool {
        let first = self.intervals.partition_point(|&(_, e)| e < start);
        let last = self.intervals.partition_point(|&(s, _)| s <= end);
        if first == last {
            self.intervals.insert(first, (start, end));
            return true;
        }
        let merged = (
            self.intervals[first].0.min(start),
            self.intervals[last - 1].1.max(end),
        );
        if last - first == 1 && self.intervals[first] == merged {
            return false;
        }
        self.intervals[first] = merged;
        self.intervals.drain(first + 1..last);
        true
    }

    fn is_canonical(&self) -> bool {
        self.intervals.iter().all(|(start, end)| start < end)
            && self
                .pairs()
                .zip(self.pairs().skip(1))
                .all(|(left, right)| left.1 < right.0)
    }
}

#[cfg(test)]
mod tests;
