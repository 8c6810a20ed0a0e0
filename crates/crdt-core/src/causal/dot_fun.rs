//! Dots with a payload each.

use alloc::vec::Vec;
use core::fmt;

use smallvec::SmallVec;

use super::dot_set::report;
use super::undo::Place;
use super::{Change, DotRanges, DotStore, Dotted, Equivocation, Live, Renewal};
use crate::dot_context::Novelty;
use crate::{Dot, DotContext, NextSeqError};

/// What a [`DotFun`] keeps under a dot.
///
/// # Invariants
/// Joining is associative, commutative, idempotent.
/// If a dot's payload never changes, two different ones under one dot are a fault of their agent:
/// [`is_conflict`](Self::is_conflict) tells, and joining must still choose one by the payload alone, so
/// that replicas which already hold both agree.
pub trait Payload: Clone + fmt::Debug + PartialEq {
    /// Whether payloads under several dots add up, as those of a counter; if not, they compete, and what was
    /// there once does not come back beside what is there now.
    const ADDS_UP: bool = false;

    /// Takes over what `other` says under the same dot; returns whether `self` changed.
    fn join(&mut self, other: &Self) -> bool;

    /// Returns whether `self` is the same or less than `other`.
    fn leq(&self, other: &Self) -> bool;

    /// Returns whether one event cannot have both payloads.
    fn is_conflict(&self, other: &Self) -> bool {
        self != other
    }
}

/// A payload that its event fixes once and for all, such as a written value.
///
/// Two different values under one dot are reported before they come in, and where both are in already,
/// the greater wins.
///
/// # Examples
/// ```
/// use crdt_core::{Fixed, Payload};
///
/// let (mut ours, theirs) = (Fixed("apple"), Fixed("zebra"));
/// assert!(ours.is_conflict(&theirs));
/// assert!(ours.join(&theirs));
/// assert_eq!(ours, Fixed("zebra"));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a wrapper around one value")]
pub struct Fixed<T>(pub T);

impl<T: Clone + fmt::Debug + Ord> Payload for Fixed<T> {
    fn join(&mut self, other: &Self) -> bool {
        let grows = self.0 < other.0;
        if grows {
            self.clone_from(other);
        }
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self.0 <= other.0
    }
}

/// A map from dots to payloads, made for few: a register and its concurrent siblings.
///
/// Joins as a [`DotSet`](super::DotSet) does; a dot that both sides hold joins its payloads.
///
/// # Invariants
/// Sorted by dot, one payload for each.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, Decompose, DotFun, Fixed, Lattice, NextSeqError};
///
/// // A register that keeps what was written concurrently.
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let mut ours = Causal::<DotFun<Fixed<&str>>>::default();
/// let mut theirs = ours.clone();
/// for (replica, agent, value) in [(&mut ours, alice, "tea"), (&mut theirs, bob, "mate")] {
///     replica.mutate(&agent, |held, minter| {
///         let live = DotFun::from((minter.mint()?, Fixed(value)));
///         Ok::<_, NextSeqError>(Change { removed: held.dots(), live })
///     })?;
/// }
/// ours.join(&theirs);
/// assert_eq!(ours.store().iter().count(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct DotFun<V> {
    entries: SmallVec<[(Dot, V); 1]>,
}

impl<V> DotFun<V> {
    /// Iterates over dots and payloads in the order of dots.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`DotFun`].
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Dot, &V)> + ExactSizeIterator + Clone {
        self.entries.iter().map(|(dot, value)| (dot, value))
    }

    /// Returns the payload under a dot.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotFun};
    /// let dot = Dot::new(AgentId::new("alice")?, 3)?;
    /// assert_eq!(DotFun::from((dot.clone(), 7)).get(&dot), Some(&7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn get(&self, dot: &Dot) -> Option<&V> {
        let at = self.find(dot).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// Returns the dots alone.
    ///
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// # use crdt_core::DotFun;
    /// assert!(DotFun::<u8>::default().dots().is_empty());
    /// ```
    #[must_use]
    pub fn dots(&self) -> DotRanges {
        self.entries.iter().map(|(dot, _)| dot.clone()).collect()
    }

    /// Returns the number of dots.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::DotFun;
    /// assert_eq!(DotFun::<u8>::default().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there is no dot.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::DotFun;
    /// assert!(DotFun::<u8>::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds payloads whose dots follow one another and all that is held.
    pub(super) fn push(&mut self, dot: Dot, value: V) {
        self.entries.push((dot, value));
    }

    fn find(&self, dot: &Dot) -> Result<usize, usize> {
        self.entries.binary_search_by(|(held, _)| held.cmp(dot))
    }
}

impl<V: Payload> DotFun<V> {
    /// Joins payloads under dots that are here, and adds those whose dots are not known, all at once.
    fn join_one(&mut self, dot: &Dot, value: &V, known: &DotContext) -> bool {
        match (self.find(dot), known.novelty(dot)) {
            (Ok(at), _) => self.entries[at].1.join(value),
            (Err(at), Novelty::Unknown(dot)) => {
                self.entries.insert(at, (dot, value.clone()));
                true
            }
            (Err(_), Novelty::Known) => false,
        }
    }

    fn join_unknown(&mut self, other: &Self, known: &DotContext) -> bool {
        if let [(dot, value)] = other.entries.as_slice() {
            return self.join_one(dot, value, known);
        }
        let mut unknown = SmallVec::<[(Dot, V); 1]>::new();
        let mut changed = false;
        for (dot, value) in &other.entries {
            match (self.find(dot), known.novelty(dot)) {
                (Ok(at), _) => changed |= self.entries[at].1.join(value),
                (Err(_), Novelty::Unknown(dot)) => unknown.push((dot, value.clone())),
                (Err(_), Novelty::Known) => {}
            }
        }
        if unknown.is_empty() {
            return changed;
        }
        let is_last = |(last, _): &(Dot, V)| *last < unknown[0].0;
        let in_order = self.entries.last().is_none_or(is_last);
        self.entries.append(&mut unknown);
        if !in_order {
            self.entries
                .sort_by(|(left, _), (right, _)| left.cmp(right));
        }
        true
    }
}

impl<V: Clone> Dotted for DotFun<V> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.entries.iter().for_each(|(dot, _)| visit(dot));
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        let n_before = self.len();
        self.entries.retain(|(dot, _)| !removed.contains(dot));
        self.len() < n_before
    }
}

impl<V: Payload> Live for DotFun<V> {
    fn merge(&mut self, other: &Self) -> bool {
        self.join_unknown(other, &DotContext::new())
    }

    fn split(self, max_dots: usize) -> Vec<Self> {
        let parts = self.entries.chunks(max_dots.max(1));
        parts
            .map(|part| Self {
                entries: part.into(),
            })
            .collect()
    }
}

impl<V: Payload> DotStore for DotFun<V> {
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
        report(feed, self.join_unknown(live, known) | changed)
    }

    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        feed: Option<&mut bool>,
    ) -> bool {
        let n_before = self.len();
        self.entries
            .retain(|(dot, _)| other.find(dot).is_ok() || !other_known.contains(dot));
        let changed = self.len() < n_before;
        report(feed, self.join_unknown(other, known) | changed)
    }

    fn leq(&self, known: &DotContext, other: &Self) -> bool {
        other
            .entries
            .iter()
            .all(|(dot, theirs)| match self.get(dot) {
                Some(ours) => ours.leq(theirs),
                None => !known.contains(dot),
            })
    }

    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        removed: &mut DotRanges,
    ) -> Self {
        for (dot, _) in &base.entries {
            if self.find(dot).is_err() && known.contains(dot) {
                removed.insert(dot.clone());
            }
        }
        let is_news = |dot: &Dot, ours: &V| match base.get(dot) {
            Some(theirs) => !ours.leq(theirs),
            None => !base_known.contains(dot),
        };
        let news = self.entries.iter().filter(|(dot, ours)| is_news(dot, ours));
        Self {
            entries: news.cloned().collect(),
        }
    }

    fn news_of(&self, live: &Self, removed: &DotRanges, known: &DotContext) -> Change<Self> {
        let is_news = |dot: &Dot, theirs: &V| match self.get(dot) {
            Some(ours) => !theirs.leq(ours),
            None => !known.contains(dot),
        };
        let news = live.entries.iter().filter(|(dot, v)| is_news(dot, v));
        Change {
            removed: removed.news_for(self, known),
            live: Self {
                entries: news.cloned().collect(),
            },
        }
    }

    fn inverse(&self, live: &Self, removed: &DotRanges) -> Change<Self> {
        let taken = self.entries.iter().filter(|(dot, _)| removed.contains(dot));
        Change {
            removed: live.dots(),
            live: Self {
                entries: taken.cloned().collect(),
            },
        }
    }

    fn undo(
        &self,
        taken: &Self,
        brought: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<Self>, NextSeqError> {
        let place = Place::look(self, brought, V::ADDS_UP);
        let mut live = Self::default();
        if place.comes_back {
            for (dot, value) in taken.iter() {
                // Fresh dots ascend.
                live.push(renewal.renew(dot)?, value.clone());
            }
        }
        Ok(Change {
            removed: place.goes,
            live,
        })
    }

    fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
        self.entries.iter().cloned().map(Self::from).for_each(emit);
    }

    fn check(&self, live: &Self) -> Result<(), Equivocation> {
        for (dot, theirs) in &live.entries {
            if let Some(ours) = self.get(dot)
                && ours.is_conflict(theirs)
            {
                return Err(Equivocation::new(dot.clone(), ours, theirs));
            }
        }
        Ok(())
    }
}

impl<V> Default for DotFun<V> {
    fn default() -> Self {
        Self {
            entries: SmallVec::new(),
        }
    }
}

impl<V> From<(Dot, V)> for DotFun<V> {
    fn from(entry: (Dot, V)) -> Self {
        Self {
            entries: SmallVec::from_buf([entry]),
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for DotFun<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
