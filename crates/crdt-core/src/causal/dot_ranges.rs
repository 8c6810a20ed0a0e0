//! A small set of dots as ranges: what a change removes.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::slice;

use super::{DotSet, Dotted};
use crate::{Dot, DotContext, DotRange};

/// A set of dots as ranges, made for few: none or one take 16 bytes and no heap.
///
/// It names what a [`Change`](super::Change) removes. Unlike a [`DotSet`], which holds live dots one by
/// one, it takes memory for each range only: a peer that claims the removal of a million million dots
/// costs as much as one that claims two.
///
/// # Invariants
/// Sorted, and no range touches another; one dot is never on the heap, so that equal sets look alike.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot, DotRanges};
///
/// let alice = AgentId::new("alice")?;
/// let mut dots = DotRanges::new();
/// for seq in [0, 1, 2, 7] {
///     assert!(dots.insert(Dot::new(alice.clone(), seq)?));
/// }
/// assert_eq!((dots.n_dots(), dots.ranges().count()), (4, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct DotRanges(Repr);

#[derive(Clone, Eq, Hash, PartialEq)]
enum Repr {
    One(Dot),
    /// No dot, or at least two. The box keeps the whole enum at the size of a dot.
    #[expect(
        clippy::box_collection,
        reason = "a thin pointer, so that `Repr` takes 16 bytes"
    )]
    Rest(Option<Box<Vec<DotRange>>>),
}

const _: () = assert!(
    size_of::<usize>() != 8 || size_of::<DotRanges>() == 16,
    "grew"
);

impl DotRanges {
    /// Returns the set without dots.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotRanges::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self(Repr::Rest(None))
    }

    /// Adds a dot; returns whether it was not there.
    ///
    /// # Complexity
    /// O(1) behind all others, else O(log n) to find and O(n) to make room, n = ranges.
    /// # Examples
    /// See [`DotRanges`].
    pub fn insert(&mut self, dot: Dot) -> bool {
        if self.is_empty() {
            self.0 = Repr::One(dot);
            return true;
        }
        if self.contains(&dot) {
            return false;
        }
        let mut ranges = mem::take(self).into_vec();
        let range = DotRange::from(dot);
        match ranges.last_mut() {
            Some(last) if last.agent == range.agent && last.end == range.start => {
                last.end = range.end;
            }
            Some(last) if *last > range => {
                let at = ranges.partition_point(|held| *held < range);
                ranges.insert(at, range);
                join_touching(&mut ranges);
            }
            _ => ranges.push(range),
        }
        *self = Self::from_sorted(ranges);
        true
    }

    /// Returns whether `dot` is in the set.
    ///
    /// # Complexity
    /// O(log n), n = ranges.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotRanges};
    /// let dot = Dot::new(AgentId::new("alice")?, 3)?;
    /// assert!(DotRanges::from(dot.clone()).contains(&dot));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, dot: &Dot) -> bool {
        match &self.0 {
            Repr::One(held) => held == dot,
            Repr::Rest(None) => false,
            Repr::Rest(Some(ranges)) => {
                let is_before =
                    |range: &DotRange| (&range.agent, range.end) <= (&dot.agent, dot.seq);
                let at = ranges.partition_point(is_before);
                let found = ranges.get(at);
                found.is_some_and(|range| range.agent == dot.agent && range.contains(dot.seq))
            }
        }
    }

    /// Adds all dots of `other`; returns whether any was not there.
    ///
    /// # Complexity
    /// O((n + m) log(n + m)), n and m = ranges; O(log n) to find and O(n) to make room for one dot.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotRanges};
    /// let alice = AgentId::new("alice")?;
    /// let mut dots = DotRanges::from(Dot::new(alice.clone(), 0)?);
    /// assert!(dots.union_with(&DotRanges::from(Dot::new(alice, 1)?)));
    /// assert_eq!(dots.n_dots(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn union_with(&mut self, other: &Self) -> bool {
        if other.is_empty() {
            return false;
        }
        if self.is_empty() {
            self.clone_from(other);
            return true;
        }
        if let Repr::One(dot) = &other.0 {
            return self.insert(dot.clone());
        }
        let n_before = self.n_dots();
        let mut ranges = mem::take(self).into_vec();
        ranges.extend(other.ranges());
        *self = ranges.into_iter().collect();
        self.n_dots() > n_before
    }

    /// Iterates over the maximal ranges, by agent, then by seq.
    ///
    /// # Complexity
    /// O(1) to make, O(1) a step.
    /// # Examples
    /// See [`DotRanges`].
    pub fn ranges(&self) -> impl Iterator<Item = DotRange> {
        let (one, rest) = match &self.0 {
            Repr::One(dot) => (Some(DotRange::from(dot.clone())), &[][..]),
            Repr::Rest(None) => (None, &[][..]),
            Repr::Rest(Some(ranges)) => (None, ranges.as_slice()),
        };
        one.into_iter().chain(rest.iter().cloned())
    }

    /// Returns the number of dots.
    ///
    /// # Complexity
    /// O(n), n = ranges.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::DotRanges::new().n_dots(), 0);
    /// ```
    #[must_use]
    pub fn n_dots(&self) -> u128 {
        match &self.0 {
            Repr::One(_) => 1,
            Repr::Rest(None) => 0,
            Repr::Rest(Some(ranges)) => ranges.iter().map(|r| u128::from(r.n_dots())).sum(),
        }
    }

    /// Returns whether there is no dot.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotRanges::new().is_empty());
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        matches!(self.0, Repr::Rest(None))
    }

    /// Returns those dots whose removal is news to a store that knows `known`: they stand in it, or are
    /// still to come.
    ///
    /// # Complexity
    /// O(dots of the store + k), k = intervals known of the agents named.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext, DotRanges, DotSet};
    /// let dot = Dot::new(AgentId::new("alice")?, 0)?;
    /// let removed = DotRanges::from(dot.clone());
    /// let known = DotContext::from_iter([dot.clone()]);
    /// assert!(removed.news_for(&DotSet::new(), &known).is_empty(), "it went before");
    /// assert_eq!(removed.news_for(&DotSet::from(dot), &known), removed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn news_for(&self, store: &impl Dotted, known: &DotContext) -> Self {
        if self.is_empty() {
            return Self::new();
        }
        let mut news = self.unknown_to(known);
        news.union_with(&self.held_by(store));
        news
    }

    /// Returns those dots that stand in a store.
    pub(super) fn held_by(&self, store: &impl Dotted) -> Self {
        if let Repr::One(one) = &self.0 {
            let mut is_held = false;
            store.for_each_dot(&mut |dot| is_held = is_held || dot == one);
            return if is_held { self.clone() } else { Self::new() };
        }
        let mut held = Vec::new();
        store.for_each_dot(&mut |dot| {
            if self.contains(dot) {
                held.push(dot.clone());
            }
        });
        held.into_iter().collect()
    }

    /// Returns the dots but those of `other`.
    pub(super) fn without(&self, other: &Self) -> Self {
        match &self.0 {
            Repr::One(dot) if other.contains(dot) => Self::new(),
            Repr::One(_) | Repr::Rest(None) => self.clone(),
            Repr::Rest(Some(_)) => {
                let [ours, theirs] = [self, other].map(|dots| dots.ranges().collect());
                DotContext::difference(&ours, &theirs).ranges().collect()
            }
        }
    }

    /// Returns whether a context holds all of the dots.
    #[inline]
    pub(super) fn is_known_to(&self, known: &DotContext) -> bool {
        match &self.0 {
            Repr::One(dot) => known.contains(dot),
            Repr::Rest(None) => true,
            Repr::Rest(Some(ranges)) => ranges.iter().all(|range| known.contains_range(range)),
        }
    }

    /// Returns the dots that a context lacks, without a walk over agents that are not named here.
    fn unknown_to(&self, known: &DotContext) -> Self {
        if self.is_known_to(known) {
            return Self::new();
        }
        let Repr::Rest(Some(ranges)) = &self.0 else {
            return self.clone();
        };
        let of_agent = ranges.chunk_by(|left, right| left.agent == right.agent);
        of_agent
            .flat_map(|ranges| known.missing_of(ranges))
            .collect()
    }

    /// Wraps ranges that are in order and do not touch.
    pub(super) fn from_sorted(mut ranges: Vec<DotRange>) -> Self {
        if let [range] = ranges.as_slice()
            && range.n_dots() == 1
        {
            let one = ranges.pop().map(|range| range.first());
            return one.map_or(Self::new(), Self::from);
        }
        Self(Repr::Rest((!ranges.is_empty()).then(|| Box::new(ranges))))
    }

    /// Calls `read` with the ranges as a slice.
    pub(super) fn with_slice<T>(&self, read: impl FnOnce(&[DotRange]) -> T) -> T {
        match &self.0 {
            Repr::One(dot) => read(slice::from_ref(&DotRange::from(dot.clone()))),
            Repr::Rest(None) => read(&[]),
            Repr::Rest(Some(ranges)) => read(ranges),
        }
    }

    fn into_vec(self) -> Vec<DotRange> {
        match self.0 {
            Repr::One(dot) => alloc::vec![DotRange::from(dot)],
            Repr::Rest(None) => Vec::new(),
            Repr::Rest(Some(ranges)) => *ranges,
        }
    }
}

/// Returns whether `right`, which starts no lower than `left`, makes one range with it.
fn touches(left: &DotRange, right: &DotRange) -> bool {
    left.agent == right.agent && right.start <= left.end
}

/// Makes one of ranges that touch, in a list that is sorted by their starts.
fn join_touching(ranges: &mut Vec<DotRange>) {
    ranges.dedup_by(|right, left| {
        let is_one = touches(left, right);
        if is_one {
            left.end = left.end.max(right.end);
        }
        is_one
    });
}

impl Default for DotRanges {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Dot> for DotRanges {
    fn from(dot: Dot) -> Self {
        Self(Repr::One(dot))
    }
}

impl From<DotSet> for DotRanges {
    fn from(dots: DotSet) -> Self {
        Self::from(&dots)
    }
}

impl From<&DotSet> for DotRanges {
    fn from(dots: &DotSet) -> Self {
        dots.iter().cloned().collect()
    }
}

impl FromIterator<DotRange> for DotRanges {
    fn from_iter<I: IntoIterator<Item = DotRange>>(ranges: I) -> Self {
        let mut ranges: Vec<DotRange> = ranges.into_iter().collect();
        ranges.sort_unstable();
        join_touching(&mut ranges);
        Self::from_sorted(ranges)
    }
}

impl FromIterator<Dot> for DotRanges {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut dots = dots.into_iter();
        let Some(first) = dots.next() else {
            return Self::new();
        };
        match dots.next() {
            None => Self::from(first),
            Some(second) => [first, second]
                .into_iter()
                .chain(dots)
                .map(DotRange::from)
                .collect(),
        }
    }
}

impl fmt::Debug for DotRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ranges()).finish()
    }
}
