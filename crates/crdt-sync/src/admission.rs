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

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use crdt_core::{AgentId, DeltaState, Written, WrittenSink};

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
    /// What the neighbour calls its storage. It may lie, but on links that were made by
    /// [`connect_as`](crate::Node::connect_as).
    pub store: StoreId,
    /// The document as it is.
    pub state: &'a D,
    /// What would be applied.
    pub delta: &'a D::Delta,
    /// In how many bytes it came, with others of the same frame or transfer.
    pub n_bytes: usize,
}

/// A document that a neighbour opens, to read it and to write it.
///
/// # Examples
/// See [`Policy`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Opening {
    /// The document. It may not be here yet.
    pub doc: DocId,
    /// Who opens it.
    pub link: LinkId,
    /// What the neighbour calls its storage. It may lie, but on links that were made by
    /// [`connect_as`](crate::Node::connect_as).
    pub store: StoreId,
}

/// Something that a neighbour tells is present.
///
/// # Examples
/// Guests may read, and are not seen:
/// ```
/// use crdt_sync::{Document, LinkId, Policy, Presenting};
///
/// struct Guests(Vec<LinkId>);
///
/// impl<D: Document> Policy<D> for Guests {
///     fn presents(&mut self, presenting: &Presenting<'_>) -> bool {
///         !self.0.contains(&presenting.link)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Presenting<'a> {
    /// In which document.
    pub doc: DocId,
    /// Who tells it, maybe of another.
    pub link: LinkId,
    /// What the neighbour calls its storage. It may lie, but on links that were made by
    /// [`connect_as`](crate::Node::connect_as).
    pub store: StoreId,
    /// Under whose name.
    pub agent: &'a AgentId,
}

/// Who may read and who may write, and how much: asked by
/// [`Node::receive_under`](crate::Node::receive_under).
///
/// What is not allowed is refused with a reason, which the neighbour is told. Whoever may not open a
/// document is told nothing of it; whoever may not write is closed out of it at the first delta, for what
/// follows may rest on that one.
///
/// # Examples
/// Guests read, members write, and nobody more than a megabyte:
/// ```
/// use std::collections::BTreeMap;
/// use crdt_sync::{Document, LinkId, Offer, Opening, Policy, Refusal};
///
/// struct Rooms {
///     /// Who was authenticated on which link, and what they wrote so far.
///     members: BTreeMap<LinkId, usize>,
///     guests: Vec<LinkId>,
/// }
///
/// impl<D: Document> Policy<D> for Rooms {
///     fn opens(&mut self, opening: &Opening) -> Result<(), Refusal> {
///         let is_known = self.members.contains_key(&opening.link) || self.guests.contains(&opening.link);
///         is_known.then_some(()).ok_or(Refusal::Forbidden)
///     }
///
///     fn writes(&mut self, offer: &Offer<'_, D>) -> Result<(), Refusal> {
///         let written = self.members.get_mut(&offer.link).ok_or(Refusal::Forbidden)?;
///         *written += offer.n_bytes;
///         (*written <= 1 << 20).then_some(()).ok_or(Refusal::OverQuota)
///     }
/// }
/// ```
pub trait Policy<D: Document> {
    /// Whether a document may be opened. The provided method allows it.
    ///
    /// # Errors
    /// Why not: a neighbour is told.
    fn opens(&mut self, opening: &Opening) -> Result<(), Refusal> {
        let _anyone = opening;
        Ok(())
    }

    /// Whether it may be told that something is present, which is passed on then; if not, it is passed over in
    /// silence. The provided method allows it.
    fn presents(&mut self, presenting: &Presenting<'_>) -> bool {
        let _anyone = presenting;
        true
    }

    /// Whether a delta may be applied. The provided method allows it.
    ///
    /// # Errors
    /// Why not: a neighbour is told.
    fn writes(&mut self, offer: &Offer<'_, D>) -> Result<(), Refusal> {
        let _anyone = offer;
        Ok(())
    }
}

/// Deltas for which a function returns true.
pub(crate) struct Admits<F>(pub(crate) F);

impl<D: Document, F: FnMut(&Offer<'_, D>) -> bool> Policy<D> for Admits<F> {
    fn writes(&mut self, offer: &Offer<'_, D>) -> Result<(), Refusal> {
        (self.0)(offer).then_some(()).ok_or(Refusal::Forbidden)
    }
}

/// The agents that write here, each with how far it is in the fields of a document.
#[derive(Debug, Default)]
pub(crate) struct OwnAgents {
    /// The number that its next event in a field will have, or what it counted to there.
    by_agent: BTreeMap<AgentId, BTreeMap<Box<str>, u64>>,
}

impl OwnAgents {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_agent.is_empty()
    }

    /// Learns from a local edit how far the agents that write here are.
    ///
    /// A delta tells of the events of others too, which it ends; so the agents must be known.
    pub(crate) fn note<D: DeltaState>(&mut self, agents: &BTreeSet<AgentId>, delta: &D::Delta) {
        if agents.is_empty() {
            return;
        }
        let mut raise = |field: &str, agent: &AgentId, upto: u64| {
            let fields = self.by_agent.entry(agent.clone()).or_default();
            if let Some(held) = fields.get_mut(field) {
                *held = upto.max(*held);
            } else {
                fields.insert(field.into(), upto);
            }
        };
        let mut note = |field: &str, written: Written<'_>| {
            for_each_of(agents, written, |agent, upto| raise(field, agent, upto));
        };
        D::written_by(delta, &mut WrittenSink::new(&mut note));
    }

    /// Whether a foreign delta tells of no more than so many events, and of none that would have been written
    /// under a name that is used here.
    pub(crate) fn allow<D: DeltaState>(
        &self,
        agents: &BTreeSet<AgentId>,
        delta: &D::Delta,
        max_events: u128,
    ) -> Result<(), Refusal> {
        let (mut n_events, mut is_cloned) = (0_u128, false);
        let mut look = |field: &str, written: Written<'_>| {
            if let Written::Events(events) = written {
                n_events = n_events.saturating_add(events.n_dots());
            }
            for_each_of(agents, written, |agent, upto| {
                is_cloned |= upto > self.written(agent, field);
            });
        };
        D::written_by(delta, &mut WrittenSink::new(&mut look));
        if n_events > max_events {
            return Err(Refusal::TooManyEvents);
        }
        if is_cloned {
            return Err(Refusal::ClonedIdentity);
        }
        Ok(())
    }

    fn written(&self, agent: &AgentId, field: &str) -> u64 {
        let fields = self.by_agent.get(agent);
        let upto = fields.and_then(|fields| fields.get(field));
        upto.copied().unwrap_or_default()
    }
}

/// Runs `act` for those of the agents that wrote something, with how far each is said to be.
fn for_each_of(
    agents: &BTreeSet<AgentId>,
    written: Written<'_>,
    mut act: impl FnMut(&AgentId, u64),
) {
    match written {
        Written::Events(events) => {
            for agent in agents {
                if let Some(last) = events.ranges_of(agent).last() {
                    act(agent, last.end);
                }
            }
        }
        Written::Count { agent, upto } if agents.contains(agent) => act(agent, upto),
        _ => {}
    }
}
