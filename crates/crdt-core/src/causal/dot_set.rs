//! A small set of dots, the simplest dot store.

use alloc::vec::Vec;
use core::fmt;
use core::mem;

use super::few::Few;
use super::undo::Place;
use super::{Change, DotRanges, DotStore, Dotted, Live, Renewal};
use crate::dot_context::Novelty;
use crate::{Dot, DotContext, NextSeqError};

/// A set of dots, made for few: none or one take 16 bytes and no heap.
///
/// As a dot store it means "these events are in effect": a flag that is on, an element that is in a set.
/// Two replicas keep what both have, and what one has that the other never saw.
///
/// For many dots take a [`DotContext`], which keeps ranges.
///
/// # Invariants
/// Sorted and without duplicates.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot, DotSet};
///
/// let alice = AgentId::new("alice")?;
/// let mut dots = DotSet::default();
/// assert!(dots.insert(Dot::new(alice.clone(), 0)?));
/// assert!(!dots.insert(Dot::new(alice, 0)?));
/// assert_eq!(dots.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct DotSet(Few<Dot>);

impl DotSet {
    /// Returns the set without dots.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotSet::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self(Few::NONE)
    }

    /// Adds a dot; returns whether it was not there.
    ///
    /// # Complexity
    /// O(log n) to find, O(n) to make room.
    /// # Examples
    /// See [`DotSet`].
    pub fn insert(&mut self, dot: Dot) -> bool {
        if self.is_empty() {
            self.0 = Few::One(dot);
            return true;
        }
        let Err(at) = self.as_slice().binary_search(&dot) else {
            return false;
        };
        match &mut self.0 {
            Few::Rest(Some(dots)) => dots.insert(at, dot),
            Few::Rest(None) | Few::One(_) => {
                let mut dots = mem::take(self).0.into_vec();
                dots.insert(at, dot);
                *self = Self::from_sorted(dots);
            }
        }
        true
    }

    /// Returns whether `dot` is in the set.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotSet};
    /// let dot = Dot::new(AgentId::new("alice")?, 3)?;
    /// assert!(DotSet::from(dot.clone()).contains(&dot));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, dot: &Dot) -> bool {
        match &self.0 {
            Few::One(held) => held == dot,
            Few::Rest(None) => false,
            Few::Rest(Some(dots)) => dots.binary_search(dot).is_ok(),
        }
    }

    /// Keeps the dots for which `keep` returns true; returns whether any went.
    ///
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotSet};
    /// let alice = AgentId::new("alice")?;
    /// let dots = (0..3).map(|seq| Dot::new(alice.clone(), seq));
    /// let mut dots = dots.collect::<Result<DotSet, _>>()?;
    /// assert!(dots.retain(|dot| dot.seq() == 1));
    /// assert_eq!(dots.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&Dot) -> bool) -> bool {
        match &mut self.0 {
            Few::Rest(None) => false,
            Few::One(dot) => {
                let goes = !keep(dot);
                if goes {
                    *self = Self::new();
                }
                goes
            }
            Few::Rest(Some(dots)) => {
                let n_before = dots.len();
                dots.retain(keep);
                let goes = dots.len() < n_before;
                if dots.len() < 2 {
                    *self = Self::from_sorted(mem::take(dots));
                }
                goes
            }
        }
    }

    /// Adds all dots of `other`; returns whether any was not there.
    ///
    /// # Complexity
    /// O(n + m).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotSet};
    /// let alice = AgentId::new("alice")?;
    /// let mut dots = DotSet::from(Dot::new(alice.clone(), 0)?);
    /// assert!(dots.union_with(&DotSet::from(Dot::new(alice, 1)?)));
    /// assert_eq!(dots.len(), 2);
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
            return !self.contains(dot) && self.insert(dot.clone());
        }
        let n_before = self.len();
        let mut dots = mem::take(self).0.into_vec();
        dots.extend_from_slice(other.as_slice());
        dots.sort_unstable();
        dots.dedup();
        *self = Self::from_sorted(dots);
        self.len() > n_before
    }

    /// Iterates in the order of dots: by agent, then by seq.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::DotSet::new().iter().count(), 0);
    /// ```
    pub fn iter(&self) -> core::slice::Iter<'_, Dot> {
        self.as_slice().iter()
    }

    /// Returns the number of dots.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::DotSet::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Returns whether there is no dot.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotSet::new().is_empty());
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Wraps dots that are in order and without duplicates.
    pub(crate) fn from_sorted(mut dots: Vec<Dot>) -> Self {
        Self(match dots.len() {
            1 => dots.pop().map_or(Few::NONE, Few::One),
            _ => Few::rest(dots),
        })
    }

    /// Adds the dots of `other` that are not known, all at once; returns whether there were any.
    fn insert_unknown(&mut self, other: &Self, known: &DotContext) -> bool {
        if let Few::One(dot) = &other.0 {
            return match known.novelty(dot) {
                Novelty::Unknown(dot) => self.insert(dot),
                Novelty::Known => false,
            };
        }
        let mut unknown = Self::new();
        for dot in other {
            if let Novelty::Unknown(dot) = known.novelty(dot) {
                unknown.insert(dot);
            }
        }
        if self.is_empty() {
            *self = unknown;
            return !self.is_empty();
        }
        self.union_with(&unknown)
    }

    fn as_slice(&self) -> &[Dot] {
        match &self.0 {
            Few::One(dot) => core::slice::from_ref(dot),
            Few::Rest(None) => &[],
            Few::Rest(Some(dots)) => dots,
        }
    }
}

impl Dotted for DotSet {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.iter().for_each(visit);
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        self.retain(|dot| !removed.contains(dot))
    }
}

impl Live for DotSet {
    fn merge(&mut self, other: &Self) -> bool {
        self.union_with(other)
    }

    fn split(self, max_dots: usize) -> Vec<Self> {
        let dots = self.0.into_vec();
        let parts = dots.chunks(max_dots.max(1));
        parts.map(|part| Self::from_sorted(part.to_vec())).collect()
    }
}

impl DotStore for DotSet {
    type Live = Self;
    type Feed = bool;

    fn apply(
        &mut self,
        live: &Self,
        removed: &DotRanges,
        known: &DotContext,
        feed: Option<&mut bool>,
    ) -> bool {
        let changed = !removed.is_empty() && self.remove_dots(removed);
        report(feed, self.insert_unknown(live, known) | changed)
    }

    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        feed: Option<&mut bool>,
    ) -> bool {
        let changed = self.retain(|dot| other.contains(dot) || !other_known.contains(dot));
        report(feed, self.insert_unknown(other, known) | changed)
    }

    fn leq(&self, known: &DotContext, other: &Self) -> bool {
        other
            .iter()
            .all(|dot| self.contains(dot) || !known.contains(dot))
    }

    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        removed: &mut DotRanges,
    ) -> Self {
        for dot in base.iter() {
            if !self.contains(dot) && known.contains(dot) {
                removed.insert(dot.clone());
            }
        }
        let news = self.iter().filter(|dot| !base_known.contains(dot));
        Self::from_sorted(news.cloned().collect())
    }

    fn news_of(&self, live: &Self, removed: &DotRanges, known: &DotContext) -> Change<Self> {
        let news = live.iter().filter(|dot| !known.contains(dot));
        Change {
            removed: removed.news_for(self, known),
            live: Self::from_sorted(news.cloned().collect()),
        }
    }

    fn inverse(&self, live: &Self, removed: &DotRanges) -> Change<Self> {
        let taken = self.iter().filter(|dot| removed.contains(dot));
        Change {
            removed: live.into(),
            live: Self::from_sorted(taken.cloned().collect()),
        }
    }

    fn undo(
        &self,
        taken: &Self,
        brought: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<Self>, NextSeqError> {
        let place = Place::look(self, brought, false);
        let mut live = Self::new();
        if place.comes_back {
            let fresh = taken.iter().map(|dot| renewal.renew(dot));
            live = fresh.collect::<Result<_, _>>()?;
        }
        Ok(Change {
            removed: place.goes,
            live,
        })
    }

    fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
        self.iter().cloned().map(Self::from).for_each(emit);
    }
}

/// Notes a visible change, and passes it on.
pub(super) fn report(feed: Option<&mut bool>, changed: bool) -> bool {
    if let Some(feed) = feed {
        *feed |= changed;
    }
    changed
}

impl Default for DotSet {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Dot> for DotSet {
    fn from(dot: Dot) -> Self {
        Self(Few::One(dot))
    }
}

impl FromIterator<Dot> for DotSet {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut dots: Vec<Dot> = dots.into_iter().collect();
        dots.sort_unstable();
        dots.dedup();
        Self::from_sorted(dots)
    }
}

impl<'a> IntoIterator for &'a DotSet {
    type Item = &'a Dot;
    type IntoIter = core::slice::Iter<'a, Dot>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for DotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
