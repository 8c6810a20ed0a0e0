//! Set operations on two sets, as walks over two sorted streams of intervals.
//!
//! Streams rather than slices, because a dot context keeps the first interval of an agent apart from
//! the others.
//!
//! **Invariant.** Streams that are canonical (sorted, non-empty, disjoint, not adjacent) give a
//! canonical stream.
//!
//! **Costs.** O(n + m) time; a stream allocates nothing.

use super::{Interval, IntervalSet};

impl IntervalSet {
    /// Returns the numbers of both sets.
    ///
    /// # Complexity
    /// O(n + m).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let left = IntervalSet::from(0..3);
    /// let right = IntervalSet::from(2..4);
    /// assert_eq!(left.union(&right), IntervalSet::from(0..4));
    /// ```
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut result = Self::new();
        union(self.pairs(), other.pairs(), |pair| {
            result.push_interval(pair);
        });
        result
    }

    /// Returns the numbers that are in both sets.
    ///
    /// # Complexity
    /// O(n + m).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let left = IntervalSet::from(0..3);
    /// let right = IntervalSet::from(2..4);
    /// assert_eq!(left.intersection(&right), IntervalSet::from(2..3));
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut result = Self::new();
        intersection(self.pairs(), other.pairs(), |pair| {
            result.push_interval(pair);
        });
        result
    }

    /// Returns the numbers of this set that are not in `other`.
    ///
    /// # Complexity
    /// O(n + m).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// let left = IntervalSet::from(0..3);
    /// let right = IntervalSet::from(1..2);
    /// assert_eq!(left.difference(&right), IntervalSet::from_iter([0..1, 2..3]));
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut result = Self::new();
        difference(self.pairs(), other.pairs(), |pair| {
            result.push_interval(pair);
        });
        result
    }

    /// Returns whether `other` holds every number of this set.
    ///
    /// # Complexity
    /// O(n + m).
    /// # Examples
    /// ```
    /// # use crdt_core::IntervalSet;
    /// assert!(IntervalSet::from(1..2).is_subset(&IntervalSet::from(0..3)));
    /// ```
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        is_subset(self.pairs(), other.pairs())
    }
}

/// Emits the intervals of the union.
pub(crate) fn union(
    left: impl Iterator<Item = Interval>,
    right: impl Iterator<Item = Interval>,
    mut emit: impl FnMut(Interval),
) {
    let mut current: Option<Interval> = None;
    let (mut left, mut right) = (left.peekable(), right.peekable());
    loop {
        let takes_left = match (left.peek(), right.peek()) {
            (Some(l), Some(r)) => l.0 <= r.0,
            (is_left, _) => is_left.is_some(),
        };
        let next = if takes_left {
            left.next()
        } else {
            right.next()
        };
        match (&mut current, next) {
            (Some((_, end)), Some(next)) if next.0 <= *end => *end = next.1.max(*end),
            (_, next) => {
                if let Some(done) = current {
                    emit(done);
                }
                if next.is_none() {
                    return;
                }
                current = next;
            }
        }
    }
}

/// Emits the intervals of the intersection.
pub(crate) fn intersection(
    mut left: impl Iterator<Item = Interval>,
    mut right: impl Iterator<Item = Interval>,
    mut emit: impl FnMut(Interval),
) {
    let (mut l, mut r) = (left.next(), right.next());
    while let (Some((l_start, l_end)), Some((r_start, r_end))) = (l, r) {
        let (start, end) = (l_start.max(r_start), l_end.min(r_end));
        if start < end {
            emit((start, end));
        }
        if l_end <= r_end {
            l = left.next();
        } else {
            r = right.next();
        }
    }
}

/// Emits the intervals of what is in `left` and not in `right`.
pub(crate) fn difference(
    left: impl Iterator<Item = Interval>,
    right: impl Iterator<Item = Interval>,
    mut emit: impl FnMut(Interval),
) {
    let mut right = right.peekable();
    for (mut start, end) in left {
        while right.next_if(|&(_, r_end)| r_end <= start).is_some() {}
        while let Some(&(r_start, r_end)) = right.peek() {
            if r_start >= end {
                break;
            }
            if start < r_start {
                emit((start, r_start));
            }
            start = r_end;
            if r_end >= end {
                break;
            }
            right.next();
        }
        if start < end {
            emit((start, end));
        }
    }
}

/// Returns whether `right` covers `left`.
pub(crate) fn is_subset(
    mut left: impl Iterator<Item = Interval>,
    right: impl Iterator<Item = Interval>,
) -> bool {
    let mut right = right.peekable();
    left.all(|(start, end)| {
        while right.next_if(|&(_, r_end)| r_end <= start).is_some() {}
        right
            .peek()
            .is_some_and(|&(r_start, r_end)| r_start <= start && end <= r_end)
    })
}
