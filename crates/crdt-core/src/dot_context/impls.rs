//! Trait impls of dot contexts: order, lattice, binary codec, conversions.
//!
//! **Format.** The count of agents, then for each, in byte order: its name, its next expected seq, and
//! its cloud in the format of an interval set whose first interval starts no lower than one beyond
//! that seq.

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

use super::{DotContext, Seqs};
use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::interval;
use crate::version_vector::decode_next_agent;
use crate::{
    AgentId, Decompose, DeltaState, Dot, DotRange, IntervalSet, Lattice, MAX_SEQ, Summarize,
    VersionVector,
};

impl Lattice for DotContext {
    /// Adds the events of `other`: O(m log n) plus the intervals of the agents that have a cloud.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (agent, theirs) in &other.agents {
            match self.agents.get_mut(agent) {
                Some(ours) => changed |= ours.join(theirs),
                None => {
                    self.agents.insert(agent.clone(), theirs.clone());
                    changed = true;
                }
            }
        }
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        self.is_subset(other)
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl Decompose for DotContext {
    /// One part for each event: O(log n) a step, but a context can hold very many events.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let dots = self.ranges().flat_map(|range| {
            let DotRange { agent, start, end } = range;
            (start..end).map(move |seq| Dot {
                agent: agent.clone(),
                seq,
            })
        });
        dots.map(|dot| Self::from_iter([dot]))
    }

    fn diff(&self, base: &Self) -> Self {
        self.difference(base)
    }
}

impl DeltaState for DotContext {
    type Delta = Self;
    type Error = Infallible;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, Infallible> {
        Ok(self.join(delta))
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.diff(self))
    }
}

impl Summarize for DotContext {
    type Summary = Self;

    fn summary(&self) -> Self {
        self.clone()
    }

    fn delta_since(&self, known: &Self) -> Option<Self> {
        Some(self.diff(known))
    }
}

impl PartialOrd for DotContext {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.compare(other).to_partial()
    }
}

impl Encode for DotContext {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.n_agents() as u64);
        for (agent, seqs) in &self.agents {
            agent.encode(w);
            w.u64(seqs.next);
            interval::encode_intervals(w, &seqs.cloud, seqs.next.saturating_add(1));
        }
    }
}

impl Decode for DotContext {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n_agents = r.count(MIN_ENTRY_BYTES, budget)?;
        budget.spend_tree::<(AgentId, Seqs)>(n_agents)?;
        let mut agents = BTreeMap::new();
        for _ in 0..n_agents {
            let agent = decode_next_agent(r, budget, &agents)?;
            let offset = r.offset();
            let next = r.u64_at_most(MAX_SEQ + 1)?;
            let cloud = interval::decode_intervals(r, budget, next.saturating_add(1)..MAX_SEQ + 1)?;
            let seqs = Seqs { next, cloud };
            if seqs.is_empty() {
                return Err(DecodeError::NotCanonical { offset });
            }
            agents.insert(agent, seqs);
        }
        Ok(Self::from_valid(agents))
    }
}

impl From<&VersionVector> for DotContext {
    fn from(vector: &VersionVector) -> Self {
        let prefix = |next| Seqs {
            next,
            cloud: IntervalSet::new(),
        };
        Self {
            agents: vector
                .iter()
                .map(|(agent, next)| (agent.clone(), prefix(next)))
                .collect(),
        }
    }
}

impl FromIterator<DotRange> for DotContext {
    fn from_iter<I: IntoIterator<Item = DotRange>>(ranges: I) -> Self {
        let mut context = Self::new();
        context.extend(ranges);
        context
    }
}

impl FromIterator<Dot> for DotContext {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        dots.into_iter().map(DotRange::from).collect()
    }
}

impl Extend<DotRange> for DotContext {
    fn extend<I: IntoIterator<Item = DotRange>>(&mut self, ranges: I) {
        for range in ranges {
            self.insert_range(&range);
        }
    }
}

impl fmt::Debug for DotContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.ranges()).finish()
    }
}

/// A name of one byte and its length, a seq, and the count of an empty cloud.
const MIN_ENTRY_BYTES: usize = 4;
