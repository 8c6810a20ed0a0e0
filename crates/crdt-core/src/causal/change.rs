//! What one or more mutations did, as a value that travels.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::events::{dots_of, dots_where};
use super::undo::DotNames;
use super::{DotRanges, DotStore, Dotted, Events, Live};
use crate::{Dot, DotContext, Lattice, Named, write_nested_name};

/// What mutations did to a store: dots that came to life in it, and dots removed from it.
///
/// Removed dots stand at the level where they were removed: below the key that held them, so that a
/// join looks there and nowhere else; or above, when a whole branch went.
///
/// A mutator returns one: what is dropped on the way does not happen. Several are
/// [merged](Change::merge) into the one that is returned.
///
/// # Invariants
/// No dot is both live and removed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[must_use = "a change does nothing unless the mutator returns it: merge it into the one that it returns"]
pub struct Change<L> {
    /// Dots taken away, anywhere in this store.
    pub removed: DotRanges,
    /// Dots brought in, each in its place.
    pub live: L,
}

impl<L: Live> Change<L> {
    /// Returns the change that makes `live` live and removes nothing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Change, Dot, DotSet};
    ///
    /// let dot = Dot::new(AgentId::new("alice")?, 0)?;
    /// let change = Change::bring(DotSet::from(dot));
    /// assert!(change.removed.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bring(live: L) -> Self {
        Self {
            removed: DotRanges::new(),
            live,
        }
    }

    /// Groups two changes: what either removed is gone, what else either brought is live.
    ///
    /// Returns whether `self` changed.
    ///
    /// # Complexity
    /// O(m log n) for m entries of `other`; O(n) if `other` removes at the level of `self`.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Change, Dot, DotSet};
    ///
    /// let dot = Dot::new(AgentId::new("alice")?, 0)?;
    /// let mut group = Change::bring(DotSet::from(dot.clone()));
    /// group.merge(&Change { removed: dot.into(), live: DotSet::new() });
    /// assert!(group.live.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut changed = !other.removed.is_empty() && self.live.remove_dots(&other.removed);
        changed |= if self.removed.is_empty() {
            self.live.merge(&other.live)
        } else {
            let mut live = other.live.clone();
            live.remove_dots(&self.removed);
            self.live.merge(&live)
        };
        changed | self.removed.union_with(&other.removed)
    }
}

/// A change is dotted by what it makes live.
impl<L: Live> Dotted for Change<L> {
    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.live.is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.live.for_each_dot(visit);
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        self.live.remove_dots(removed)
    }
}

impl<L: Live> Live for Change<L> {
    fn merge(&mut self, other: &Self) -> bool {
        self.merge(other)
    }

    fn for_each_removed(&self, visit: &mut dyn FnMut(&DotRanges)) {
        if !self.removed.is_empty() {
            visit(&self.removed);
        }
        self.live.for_each_removed(visit);
    }

    fn rename_removed(&mut self, names: &DotNames) {
        self.removed.rename(names);
        self.live.rename_removed(names);
    }

    /// What is removed goes last: until then both may show, and nothing is missing.
    fn split(self, max_dots: usize) -> Vec<Self> {
        let live = self.live.split(max_dots).into_iter();
        let mut parts: Vec<Self> = live.map(Self::bring).collect();
        if parts.is_empty() {
            parts.push(Self::default());
        }
        if let Some(last) = parts.last_mut() {
            last.removed = self.removed;
        }
        parts
    }
}

/// The delta of a causal value: a change, and the events it is the effect of.
///
/// It is a lattice of its own, so that deltas are grouped by joining. Replicas that applied the same
/// deltas hold equal states, whatever the order, the grouping and the repetition.
///
/// # Invariants
/// Every live dot is among the events. No dot is both live and removed, or gone.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, Delta, DeltaState, DotSet, NextSeqError};
///
/// // A light switch: on while any dot is live.
/// let alice = AgentId::new("alice")?;
/// let mut lamp = Causal::<DotSet>::default();
/// let on = lamp.mutate(&alice, |_, minter| {
///     Ok::<_, NextSeqError>(Change::bring(minter.mint()?.into()))
/// })?;
/// let off = lamp.mutate(&alice, |dots, minter| {
///     minter.mint()?; // a removal is an event too
///     Ok::<_, NextSeqError>(Change { removed: dots.into(), live: DotSet::new() })
/// })?;
///
/// let mut other = Causal::<DotSet>::default();
/// let group = Delta::merge_deltas([&off, &on])?;
/// other.apply_delta(&group)?;
/// assert_eq!(other, lamp);
/// assert!(other.store().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CausalDelta<S: DotStore> {
    /// Those that are live here, that were removed below their key, or that never stood anywhere.
    pub(super) events: Events,
    /// Those that are over and may still stand somewhere in a state that was not the base of the
    /// comparison that found them; disjoint from `events`. Empty in the delta of a mutation.
    pub(super) gone: DotContext,
    pub(super) change: Change<S::Live>,
}

impl<S: DotStore> CausalDelta<S> {
    /// Returns what the events did.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{CausalDelta, DotSet};
    /// assert!(CausalDelta::<DotSet>::default().change().removed.is_empty());
    /// ```
    pub const fn change(&self) -> &Change<S::Live> {
        &self.change
    }

    /// Returns the dots of the events that the delta brings.
    ///
    /// # Complexity
    /// O(ranges).
    /// # Examples
    /// ```
    /// # use crdt_core::{CausalDelta, DotSet};
    /// assert!(CausalDelta::<DotSet>::default().events().is_empty());
    /// ```
    #[must_use]
    pub fn events(&self) -> DotContext {
        let mut events = self.gone.clone();
        self.events.add_to(&mut events);
        events
    }

    /// Returns everything that a state knows for having applied the delta: its events, and the dots
    /// that they removed.
    ///
    /// # Complexity
    /// O(n log n), n = dots removed.
    /// # Examples
    /// ```
    /// # use crdt_core::{CausalDelta, DotSet};
    /// assert!(CausalDelta::<DotSet>::default().context().is_empty());
    /// ```
    #[must_use]
    pub fn context(&self) -> DotContext {
        let mut context = DotContext::new();
        self.add_to(&mut context);
        context
    }

    /// Splits the delta: what it brings by keys and dots, then what is over.
    ///
    /// Each part knows the dots that are in it, so that none tells of an event whose content is elsewhere.
    ///
    /// # Complexity
    /// O(n log n), n = dots.
    /// # Convergence
    /// The parts, applied in order, do what the delta does; what they do alone, others can join.
    /// # Examples
    /// ```
    /// # use crdt_core::{CausalDelta, DotSet};
    /// let parts = CausalDelta::<DotSet>::default().split(10);
    /// assert_eq!(parts.len(), 1);
    /// ```
    #[must_use]
    pub fn split(self, max_entries: usize) -> Vec<Self> {
        let mut events = self.events;
        let Change { removed, live } = self.change;
        let mut parts = Vec::new();
        for live in live.split(max_entries) {
            let dots = dots_of(&live);
            events.remove_all(&dots);
            parts.push(Self {
                events: dots.into(),
                gone: DotContext::new(),
                change: Change::bring(live),
            });
        }
        let over = self.gone.split(max_entries).into_iter();
        let mut over: Vec<Self> = over
            .map(|gone| Self {
                gone,
                ..Self::default()
            })
            .collect();
        let fits = parts.len() <= 1 && over.len() <= 1;
        // What is small stays together.
        match (fits, parts.last_mut(), over.pop()) {
            (true, Some(only), Some(last)) => only.gone = last.gone,
            (_, _, last) => parts.extend(over.into_iter().chain(last)),
        }
        if parts.is_empty() || !(fits || events.is_empty() && removed.is_empty()) {
            parts.push(Self::default());
        }
        if let Some(last) = parts.last_mut() {
            last.events.union_with(&events);
            last.change.removed = removed;
        }
        parts
    }

    /// Makes the delta of a comparison: what of the `unknown` is not live is gone.
    pub(super) fn since(unknown: DotContext, change: Change<S::Live>) -> Self {
        let live = dots_of(&change);
        Self {
            gone: unknown.difference(&live),
            events: live.into(),
            change,
        }
    }

    /// What of the delta is news to a store that knows `known`; `None` if all of it may be.
    pub(super) fn news_for(&self, store: &S, known: &DotContext) -> Option<Self> {
        let unknown = self.events.outside(known);
        let mut gone = self.gone.difference(known);
        let is_all_new = !unknown.is_empty() && unknown.n_dots() == self.events.n_dots();
        let n_gone = self.gone.n_dots();
        if is_all_new && gone.n_dots() == n_gone {
            return None;
        }
        if gone.n_dots() < n_gone {
            let still_here = dots_where(store, |dot| self.gone.contains(dot));
            gone.join(&still_here.ranges().collect());
        }
        let Change { removed, live } = &self.change;
        let change = store.news_of(live, removed, known);
        let mut events = Events::from(unknown);
        // An event that is known may have grown.
        events.union_with(&dots_of(&change).into());
        Some(Self {
            events,
            gone,
            change,
        })
    }

    /// Adds all that the delta knows to a context; returns whether any of it was new.
    pub(super) fn add_to(&self, context: &mut DotContext) -> bool {
        let mut changed = self.events.add_to(context);
        changed |= !self.gone.is_empty() && context.join(&self.gone);
        let mut unknown = Vec::new();
        self.change.for_each_removed(&mut |dots| {
            if !dots.is_known_to(context) {
                unknown.extend(dots.ranges());
            }
        });
        if !unknown.is_empty() {
            unknown.sort_unstable();
            changed |= context.join(&unknown.into_iter().collect());
        }
        changed
    }

    /// Takes events out that came to stand in two places: their agent lies, and replicas that believed
    /// one place each drop them when they meet. Returns whether there were any.
    fn drop_clashes(&mut self) -> bool {
        let mut live = Vec::new();
        self.change.for_each_dot(&mut |dot| live.push(dot.clone()));
        live.sort_unstable();
        let pairs = live.windows(2).filter(|pair| pair[0] == pair[1]);
        let clashes: DotContext = pairs.map(|pair| pair[0].clone()).collect();
        self.forget(&clashes);
        self.gone.join(&clashes)
    }

    /// Takes events out that are gone; returns whether there were any.
    fn forget(&mut self, gone: &DotContext) -> bool {
        let changed = self.events.remove_all(gone);
        if changed {
            let live = &mut self.change.live;
            live.remove_dots(&dots_where(live, |dot| gone.contains(dot)));
        }
        changed
    }
}

impl<S: DotStore> Lattice for CausalDelta<S> {
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = self.forget(&other.gone);
        let may_clash = self.events.overlaps(&other.events);
        changed |= if self.gone.is_empty() {
            self.events.union_with(&other.events) | self.change.merge(&other.change)
        } else {
            let mut other = other.clone();
            other.forget(&self.gone);
            self.events.union_with(&other.events) | self.change.merge(&other.change)
        };
        changed |= self.gone.join(&other.gone);
        changed | (may_clash && self.drop_clashes())
    }

    fn leq(&self, other: &Self) -> bool {
        !other.clone().join(self)
    }

    fn is_bottom(&self) -> bool {
        self.events.is_empty() && self.gone.is_empty() && self.change.is_empty()
    }
}

impl<S: DotStore> Clone for CausalDelta<S> {
    fn clone(&self) -> Self {
        Self {
            events: self.events.clone(),
            gone: self.gone.clone(),
            change: self.change.clone(),
        }
    }
}

impl<S: DotStore> Default for CausalDelta<S> {
    fn default() -> Self {
        Self {
            events: Events::default(),
            gone: DotContext::new(),
            change: Change::default(),
        }
    }
}

impl<S: DotStore> PartialEq for CausalDelta<S> {
    fn eq(&self, other: &Self) -> bool {
        self.events == other.events && self.gone == other.gone && self.change == other.change
    }
}

impl<S: DotStore> Eq for CausalDelta<S> where S::Live: Eq {}

impl<S: DotStore<Live: fmt::Debug>> fmt::Debug for CausalDelta<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CausalDelta")
            .field("events", &self.events)
            .field("gone", &self.gone)
            .field("change", &self.change)
            .finish()
    }
}

/// `delta<or_map<or_set>>`: named after the state it changes.
impl<S: DotStore + Named> Named for CausalDelta<S> {
    const NAME: &'static str = "delta";

    fn write_name(out: &mut String) {
        write_nested_name::<S>(Self::NAME, out);
    }
}
