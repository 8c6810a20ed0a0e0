//! Causal values: dot stores under one dot context.
//!
//! ```text
//!   Causal<S>  = store S  + context        what a replica holds
//!   CausalDelta<S> = change + events       what a mutation did: a value that travels, grouped by joining
//!   Change<L>  = live: L  + removed dots   the same for one store inside
//! ```
//!
//! Stores: [`DotSet`], [`DotFun`], [`DotMap`], pairs of stores and [records](crate::record); a type wraps
//! one of them and gives its dots a meaning.
//! The context says which events are known; a known dot that stands in no store was removed.
//! So a removal leaves nothing behind but its place in the context, and a stale copy cannot bring
//! anything back.
//!
//! **Invariants.** `dots(store)` is a subset of the context. A dot stands in one place of one store.
//! A mutation mints at least one dot, a removal too, unless it changes nothing.
//!
//! **Costs.** Applying a delta is O(size of the delta * log n): a delta names, below its keys, what came
//! and what went. Only joining whole states walks them.
//!
//! **References.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, sections 7-8.
//! Enes et al., "Efficient synchronization of state-based CRDTs", 2019.
//! That deltas name what they remove below its key, so that a join need not look at the rest of the map,
//! is argued in docs/design/maps.md.

mod change;
mod decode;
mod dot_fun;
mod dot_map;
mod dot_ranges;
mod dot_set;
mod encode;
mod equivocation;
mod events;
mod feed;
mod few;
mod macros;
mod minter;
mod nestable;
mod product;
mod record;
#[cfg(feature = "serde")]
mod serial;
mod sorted_map;
mod store;
mod summary;
mod traits;
mod undo;
mod wrapper;

use core::fmt;

pub use self::change::{CausalDelta, Change};
pub use self::decode::{DecodeDots, DotReader};
pub use self::dot_fun::{DotFun, Fixed, Payload};
pub use self::dot_map::DotMap;
pub use self::dot_ranges::DotRanges;
pub use self::dot_set::DotSet;
pub use self::encode::{DotWriter, EncodeDots};
pub use self::equivocation::Equivocation;
pub use self::feed::{Feed, KeyedFeed, Seen};
pub use self::minter::{Author, MAX_DEPTH, Minter};
pub use self::nestable::Nestable;
#[doc(hidden)]
pub use self::record::{__apply_to_field, __changes_of_field, __news_of_record};
pub use self::store::{DotStore, Dotted, Live};
pub use self::summary::CausalSummary;
#[doc(hidden)]
pub use self::undo::{__brought_to_side, __inverse_of_field};
pub use self::undo::{CausalType, DotNames, Renewal, UndoStack};
pub use self::wrapper::Wrapper;

use self::events::{Events, dots_where};
use crate::{DotContext, Lattice, NextSeqError};

/// A dot store with the context of everything seen: a replica of a causal value.
///
/// Ready-made types wrap it; a type of your own is a [`DotStore`] and functions that return a
/// [`Change`].
///
/// # Invariants
/// Every dot in the store is in the context.
///
/// # Examples
/// See [`mutate`](Self::mutate) and [`CausalDelta`].
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Causal<S> {
    store: S,
    context: DotContext,
}

impl<S: DotStore> Causal<S> {
    /// Returns the value before any event.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Causal, DotSet};
    /// assert!(Causal::<DotSet>::new().context().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the store: all there is to read.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`mutate`](Self::mutate).
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// Returns the dots of all events seen, removed ones included.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`new`](Self::new).
    #[must_use]
    pub const fn context(&self) -> &DotContext {
        &self.context
    }

    /// Mutates: `mutator` reads the store, mints the dots it needs and returns the change, which is
    /// applied here and returned as a delta for everyone else.
    ///
    /// A change that is empty and minted nothing gives the empty delta.
    ///
    /// # Errors
    /// Those of `mutator`; and [`NextSeqError`] if the agent's own events have gaps here, or are used
    /// up. Nothing changes then, and no dot is used.
    /// # Complexity
    /// O(change * log n), beside what `mutator` does.
    /// # Convergence
    /// This state equals its state before with the delta applied.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Causal, Change, DotSet, NextSeqError};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut lamp = Causal::<DotSet>::new();
    /// let delta = lamp.mutate(&alice, |held, minter| {
    ///     let live = DotSet::from(minter.mint()?);
    ///     Ok::<_, NextSeqError>(Change { removed: held.into(), live })
    /// })?;
    /// assert!(!lamp.store().is_empty());
    /// assert_eq!(&delta.events(), lamp.context());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn mutate<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&S, &mut Minter) -> Result<Change<S::Live>, E>,
    ) -> Result<CausalDelta<S>, E> {
        let mut minter = Minter::new(&self.context, author.into())?;
        let change = mutator(&self.store, &mut minter)?;
        self.store
            .apply(&change.live, &change.removed, &self.context, None);
        let delta = CausalDelta {
            events: Events::of(minter.into_minted(), &change.live),
            gone: DotContext::new(),
            change,
        };
        delta.add_to(&mut self.context);
        Ok(delta)
    }

    /// Applies a delta and returns what it changed for readers.
    ///
    /// # Errors
    /// [`Equivocation`] if the delta gives an event another content than it has here; nothing changes.
    /// # Complexity
    /// O(delta * log n). A delta made by comparing states that arrives where events are known which its
    /// base lacked walks the store.
    /// # Convergence
    /// As [`Lattice::join`](crate::Lattice::join): order, grouping and repetition do not matter.
    /// # Examples
    /// See [`KeyedFeed`].
    pub fn apply_with_feed(&mut self, delta: &CausalDelta<S>) -> Result<S::Feed, Equivocation> {
        let mut feed = S::Feed::default();
        self.apply(delta, Some(&mut feed))?;
        Ok(feed)
    }

    /// Joins another state and returns what that changed for readers.
    ///
    /// # Complexity
    /// O(both states).
    /// # Convergence
    /// As [`Lattice::join`](crate::Lattice::join).
    /// # Examples
    /// ```
    /// # use crdt_core::{Causal, DotSet};
    /// let mut ours = Causal::<DotSet>::new();
    /// assert!(!ours.join_with_feed(&Causal::new()));
    /// ```
    pub fn join_with_feed(&mut self, other: &Self) -> S::Feed {
        let mut feed = S::Feed::default();
        self.store
            .join(&self.context, &other.store, &other.context, Some(&mut feed));
        self.context.join(&other.context);
        feed
    }

    /// Finds an event that `other` gives another content.
    ///
    /// Joining never fails: where both contents are in already, one of them wins everywhere.
    /// Whoever wants to know before, asks here.
    ///
    /// # Errors
    /// The first such event.
    /// # Complexity
    /// O(n log n), n = size of `other`.
    /// # Examples
    /// ```
    /// # use crdt_core::{Causal, DotSet};
    /// assert!(Causal::<DotSet>::new().check_all(&Causal::new()).is_ok());
    /// ```
    pub fn check_all(&self, other: &Self) -> Result<(), Equivocation> {
        let whole = other.changes_since(&Self::default());
        self.store.check(&whole.change.live)
    }

    fn apply(
        &mut self,
        delta: &CausalDelta<S>,
        feed: Option<&mut S::Feed>,
    ) -> Result<bool, Equivocation> {
        self.check(delta)?;
        let Change { live, removed } = &delta.change;
        let nothing_gone =
            delta.gone.is_empty() || delta.gone.intersection(&self.context).is_empty();
        let changed = if nothing_gone {
            self.store.apply(live, removed, &self.context, feed)
        } else {
            let mut all_removed = dots_where(&self.store, |dot| delta.gone.contains(dot));
            all_removed.union_with(removed);
            self.store.apply(live, &all_removed, &self.context, feed)
        };
        Ok(delta.add_to(&mut self.context) | changed)
    }

    /// Only a dot that is here already can have another content here.
    fn check(&self, delta: &CausalDelta<S>) -> Result<(), Equivocation> {
        let live = &delta.change.live;
        let mut any_known = false;
        live.for_each_dot(&mut |dot| any_known = any_known || self.context.contains(dot));
        if any_known {
            self.store.check(live)?;
        }
        Ok(())
    }
}

impl<S: Default> Default for Causal<S> {
    fn default() -> Self {
        Self {
            store: S::default(),
            context: DotContext::new(),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Causal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Causal")
            .field("store", &self.store)
            .field("context", &self.context)
            .finish()
    }
}

#[cfg(test)]
mod tests;
