//! A causal value as a lattice, and as a state that deltas change.

use alloc::vec::Vec;

use super::events::dots_of;
use super::{
    Author, Causal, CausalDelta, CausalSummary, CausalType, Change, DotRanges, DotStore,
    Equivocation, Minter,
};
use crate::{
    Decompose, DeltaState, Dot, DotContext, DotRange, Lattice, MemberSink, MemberSource,
    NextSeqError, Summarize,
};

impl<S: DotStore> Lattice for Causal<S> {
    fn join(&mut self, other: &Self) -> bool {
        let changed = self
            .store
            .join(&self.context, &other.store, &other.context, None);
        self.context.join(&other.context) | changed
    }

    fn leq(&self, other: &Self) -> bool {
        self.context.is_subset(&other.context) && self.store.leq(&self.context, &other.store)
    }

    fn is_bottom(&self) -> bool {
        self.context.is_empty()
    }
}

impl<S: DotStore> Decompose for Causal<S> {
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let mut parts = Vec::new();
        self.store.for_each_part(&mut |store| {
            let context = dots_of(&store);
            parts.push(Self { store, context });
        });
        // There may be very many of these: they are made one by one.
        let removed: Vec<DotRange> = self.context.difference(&self.live()).ranges().collect();
        let removed = removed
            .into_iter()
            .flat_map(|DotRange { agent, start, end }| {
                let dot = move |seq| Dot {
                    agent: agent.clone(),
                    seq,
                };
                (start..end).map(move |seq| Self {
                    store: S::default(),
                    context: DotContext::from_iter([dot(seq)]),
                })
            });
        parts.into_iter().chain(removed)
    }

    fn diff(&self, base: &Self) -> Self {
        let delta = self.changes_since(base);
        let mut store = S::default();
        store.apply(
            &delta.change.live,
            &DotRanges::new(),
            &DotContext::new(),
            None,
        );
        Self {
            store,
            context: delta.context(),
        }
    }
}

impl<S: DotStore> Causal<S> {
    /// Returns the least delta that brings `base` up to this state, removals below their keys.
    ///
    /// # Complexity
    /// O(both states).
    /// # Convergence
    /// Applied to `base`, it gives what joining this state would give.
    /// # Examples
    /// ```
    /// # use crdt_core::{Causal, Delta, DotSet};
    /// let ours = Causal::<DotSet>::new();
    /// assert!(ours.changes_since(&ours).is_empty());
    /// ```
    #[must_use]
    pub fn changes_since(&self, base: &Self) -> CausalDelta<S> {
        let mut removed = DotRanges::new();
        let live =
            self.store
                .changes_since(&self.context, &base.store, &base.context, &mut removed);
        let change = Change { removed, live };
        let unknown = self.context.difference(&base.context);
        CausalDelta::since(unknown, change)
    }
}

impl<S: DotStore> DeltaState for Causal<S> {
    type Delta = CausalDelta<S>;
    type Error = Equivocation;

    fn apply_delta(&mut self, delta: &Self::Delta) -> Result<bool, Equivocation> {
        self.apply(delta, None)
    }

    fn check_delta(&self, delta: &Self::Delta) -> Result<(), Equivocation> {
        self.check(delta)
    }

    fn news_of(&self, delta: &Self::Delta) -> Option<Self::Delta> {
        delta.news_for(&self.store, &self.context)
    }

    fn events_of(delta: &Self::Delta) -> DotContext {
        delta.context()
    }

    fn split_delta(delta: Self::Delta, max_entries: usize) -> Vec<Self::Delta> {
        delta.split(max_entries)
    }
}

impl<S: DotStore> CausalType for Causal<S> {
    type Store = S;
    type MutateError<E: From<NextSeqError>> = E;

    fn mutate_with_delta<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&S, &mut Minter) -> Result<Change<S::Live>, E>,
    ) -> Result<CausalDelta<S>, E> {
        self.mutate(author, mutator)
    }
}

impl<S: DotStore> Summarize for Causal<S> {
    type Summary = CausalSummary;

    fn summary(&self) -> CausalSummary {
        CausalSummary {
            known: self.context.clone(),
            live: self.live(),
        }
    }

    fn delta_since(&self, known: &CausalSummary) -> Option<Self::Delta> {
        let nothing = S::default();
        let mut removed = DotRanges::new();
        let live = self
            .store
            .changes_since(&self.context, &nothing, &known.known, &mut removed);
        let change = Change { removed, live };
        let mut unknown = self.context.difference(&known.known);
        unknown.join(
            &known
                .live
                .intersection(&self.context)
                .difference(&self.live()),
        );
        Some(CausalDelta::since(unknown, change))
    }

    fn split_summary(
        summary: &mut CausalSummary,
        within: Option<&CausalSummary>,
        members: &mut MemberSink<'_>,
    ) {
        summary.split(within, members);
    }

    fn rejoin_summary(head: &mut CausalSummary, members: &mut MemberSource<'_>) -> bool {
        head.rejoin(members)
    }
}

impl<S: DotStore> Causal<S> {
    fn live(&self) -> DotContext {
        dots_of(&self.store)
    }
}

/// The form in which the delta of a leaf has the type of its state.
///
/// It is for stores so small that what a delta removes need not be looked for.
impl<S: DotStore + From<S::Live>> From<CausalDelta<S>> for Causal<S> {
    fn from(delta: CausalDelta<S>) -> Self {
        Self {
            context: delta.context(),
            store: delta.change.live.into(),
        }
    }
}
