//! Trait impls of version vectors: order, lattice, binary codec.
//!
//! **Format.** The count of agents, then for each, in byte order: its name and its last held seq.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::collections::BTreeMap;
use core::cmp::Ordering;
use core::convert::Infallible;
use core::fmt;

use super::VersionVector;
use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{AgentId, Decompose, DeltaState, Lattice, MAX_SEQ, Summarize, sorted};

impl Lattice for VersionVector {
    /// Takes the higher of each two entries: O(m log n), m = agents of `other`.
    fn join(&mut self, other: &Self) -> bool {
        other.iter().fold(false, |changed, (agent, next)| {
            self.raise(agent, next) | changed
        })
    }

    fn leq(&self, other: &Self) -> bool {
        sorted::zip(&self.entries, &other.entries).all(|(_, left, right)| left <= right)
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl Decompose for VersionVector {
    /// One part for each agent: an entry is irreducible, since prefixes of one agent form a chain.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        self.iter()
            .map(|(agent, next_seq)| Self::from_valid([(agent.clone(), next_seq)].into()))
    }

    fn diff(&self, base: &Self) -> Self {
        let news = sorted::zip(&self.entries, &base.entries)
            .filter(|(_, left, right)| left > right)
            .filter_map(|(agent, left, _)| Some((agent.clone(), *left?)));
        Self::from_valid(news.collect())
    }
}

impl DeltaState for VersionVector {
    type Delta = Self;
    type Error = Infallible;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, Infallible> {
        Ok(self.join(delta))
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.diff(self))
    }
}

impl Summarize for VersionVector {
    type Summary = Self;

    fn summary(&self) -> Self {
        self.clone()
    }

    fn delta_since(&self, known: &Self) -> Option<Self> {
        Some(self.diff(known))
    }
}

impl PartialOrd for VersionVector {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).to_partial()
    }
}

impl Encode for VersionVector {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.n_agents() as u64);
        for (agent, next_seq) in self.iter() {
            agent.encode(w);
            w.u64(next_seq.saturating_sub(1));
        }
    }
}

impl Decode for VersionVector {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n_agents = r.count(MIN_ENTRY_BYTES, budget)?;
        budget.spend_tree::<(AgentId, u64)>(n_agents)?;
        let mut entries = BTreeMap::new();
        for _ in 0..n_agents {
            let agent = decode_next_agent(r, budget, &entries)?;
            let next_seq = r.u64_at_most(MAX_SEQ)?.saturating_add(1);
            entries.insert(agent, next_seq);
        }
        Ok(Self::from_valid(entries))
    }
}

/// Reads an agent that must come after all those in `entries`.
pub(crate) fn decode_next_agent<V>(
    r: &mut Reader<'_>,
    budget: &mut Budget,
    entries: &BTreeMap<AgentId, V>,
) -> Result<AgentId, DecodeError> {
    let offset = r.offset();
    let agent = AgentId::decode(r, budget)?;
    match entries.last_key_value() {
        Some((last, _)) if *last >= agent => Err(DecodeError::NotCanonical { offset }),
        _ => Ok(agent),
    }
}

impl fmt::Debug for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(agent, next)| (agent.as_str(), next)))
            .finish()
    }
}

/// A name of one byte and its length, and a seq.
const MIN_ENTRY_BYTES: usize = 3;
