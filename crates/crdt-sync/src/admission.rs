//! Who may change what: what is asked of a foreign delta before it is applied.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::collections::{BTreeMap, BTreeSet};

use crdt_core::{AgentId, DeltaState, DotContext};

use crate::{DocId, Document, LinkId, Refusal, StoreId};

/// A delta that a neighbour offers, before it is applied.
///
/// # Examples
/// Only the owner may write:
/// ```
/// use crdt_core::DeltaState;
/// use crdt_maps::OrSet;
/// use crdt_sync::{LinkId, Offer};
///
/// fn is_by_owner(offer: &Offer<'_, OrSet<String>>) -> bool {
///     let events = OrSet::events_of(offer.delta);
///     let is_owner = events.ranges().all(|range| range.agent().as_str() == "owner");
///     is_owner
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Offer<'a, D: Document> {
    /// The document.
    pub doc: DocId,
    /// Who offers it.
    pub link: LinkId,
    /// What the neighbour calls its storage. It may lie.
    pub store: StoreId,
    /// The document as it is.
    pub state: &'a D,
    /// What would be applied.
    pub delta: &'a D::Delta,
}

/// The agents that write here, each with the number that its next event in a document will have.
#[derive(Debug)]
pub(crate) struct OwnAgents {
    next_seqs: BTreeMap<AgentId, u64>,
}

impl OwnAgents {
    pub(crate) const fn new() -> Self {
        Self {
            next_seqs: BTreeMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next_seqs.is_empty()
    }

    /// Learns from a local edit how far the agents that write here are.
    ///
    /// A delta tells of the events of others too, which it ends; so the agents must be known.
    pub(crate) fn note<D: DeltaState>(&mut self, agents: &BTreeSet<AgentId>, delta: &D::Delta) {
        if agents.is_empty() {
            return;
        }
        let events = D::events_of(delta);
        for agent in agents {
            if let Some(last) = events.ranges_of(agent).last() {
                let next = self.next_seqs.entry(agent.clone()).or_default();
                *next = last.end.max(*next);
            }
        }
    }

    /// Whether nobody else claims to have written under a name that is used here.
    pub(crate) fn allow(
        &self,
        agents: &BTreeSet<AgentId>,
        events: &DotContext,
    ) -> Result<(), Refusal> {
        for agent in agents {
            let next = self.next_seqs.get(agent).copied().unwrap_or_default();
            if events.ranges_of(agent).any(|range| range.end > next) {
                return Err(Refusal::ClonedIdentity);
            }
        }
        Ok(())
    }
}
