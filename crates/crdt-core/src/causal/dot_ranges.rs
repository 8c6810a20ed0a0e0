//! A small set of dots as ranges: what a change removes.

use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::slice;

use super::few::Few;
use super::undo::DotNames;
use super::{DotSet, Dotted};
use crate::{Dot, DotContext, DotRange};

/// A set of dots as ranges, made for few: none or one take 16 bytes and no heap.
///
/// It names what a [`Change`](super::Change) removes. Unlike a [`DotSet`], which holds live dots one by
/// one, it takes memory for each range only: a peer that claims the removal of a million million dots
/// costs as much as one that claims two.
///
/// # Invariants
/// Sorted, and no range touches another.
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
pub struct DotRanges(Few<DotRange>);

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
        Self(Few::NONE)
    }

    /// Adds a dot; returns whether it was not there.
    ///
    /// # Complexity
    /// O(1) behind all others, else O(log n) to find and O(n) to make room, n = ranges.
    /// # Examples
    /// See [`DotRanges`].
    pub fn insert(&mut self, dot: Dot) -> bool {
        if self.is_empty() {
            self.0 = Few::One(dot);
            return true;
        }
        if self.contains(&dot) {
            return false;
        }
        let mut ranges = mem::take(self).0.into_vec();
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
            Few::One(held) => held == dot,
            Few::Rest(None) => false,
            Few::Rest(Some(ranges)) => {
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
        if let Few::One(dot) = &other.0 {
            return self.insert(dot.clone());
        }
        let n_before = self.n_dots();
        let mut ranges = mem::take(self).0.into_vec();
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
            Few::One(dot) => (Some(DotRange::from(dot.clone())), &[][..]),
            Few::Rest(None) => (None, &[][..]),
            Few::Rest(Some(ranges)) => (None, ranges.as_slice()),
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
            Few::One(_) => 1,
            Few::Rest(None) => 0,
            Few::Rest(Some(ranges)) => ranges.iter().map(|r| u128::from(r.n_dots())).sum(),
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
        self.0.is_empty()
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

    /// Calls dots by other names, and drops those that have none any more.
    ///
    /// O((r + k) log n), r = ranges, k = names among them, n = names: few ranges may have very many dots.
    pub(super) fn rename(&mut self, names: &DotNames) {
        let (mut former, mut present) = (Vec::new(), Vec::new());
        for range in self.ranges() {
            for (dot, name) in names.range(range.first()..=range.last()) {
                former.push(dot.clone());
                present.extend(name.clone());
            }
        }
        if !former.is_empty() {
            *self = self.without(&former.into_iter().collect());
            self.union_with(&present.into_iter().collect());
        }
    }

    /// Returns those dots that stand in a store.
    ///
    /// # Complexity
    /// O(n log r), n = dots of the store, r = ranges.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotRanges, DotSet};
    /// let dot = Dot::new(AgentId::new("alice")?, 0)?;
    /// assert!(DotRanges::from(dot).held_by(&DotSet::new()).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn held_by(&self, store: &impl Dotted) -> Self {
        if self.is_empty() {
            return Self::new();
        }
        if let Few::One(one) = &self.0 {
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
            Few::One(dot) if other.contains(dot) => Self::new(),
            Few::One(_) | Few::Rest(None) => self.clone(),
            Few::Rest(Some(_)) => {
                let [ours, theirs] = [self, other].map(|dots| dots.ranges().collect());
                DotContext::difference(&ours, &theirs).ranges().collect()
            }
        }
    }

    /// Returns whether a context holds all of the dots.
    #[inline]
    pub(super) fn is_known_to(&self, known: &DotContext) -> bool {
        match &self.0 {
            Few::One(dot) => known.contains(dot),
            Few::Rest(None) => true,
            Few::Rest(Some(ranges)) => ranges.iter().all(|range| known.contains_range(range)),
        }
    }

    /// Returns the dots that a context lacks, without a walk over agents that are not named here.
    fn unknown_to(&self, known: &DotContext) -> Self {
        if self.is_known_to(known) {
            return Self::new();
        }
        let Few::Rest(Some(ranges)) = &self.0 else {
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
        Self(Few::rest(ranges))
    }

    /// Calls `read` with the ranges as a slice.
    pub(super) fn with_slice<T>(&self, read: impl FnOnce(&[DotRange]) -> T) -> T {
        match &self.0 {
            Few::One(dot) => read(slice::from_ref(&DotRange::from(dot.clone()))),
            Few::Rest(None) => read(&[]),
            Few::Rest(Some(ranges)) => read(ranges),
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
        Self(Few::One(dot))
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
