//! A map from agents to cells, joined cell by cell: the state of every counter here.
//!
//! **Invariants.** No cell is the bottom, so that a state has one representation; each cell may belong
//! to its agent ([`Cell::may_belong_to`]).
//!
//! **Format.** The count of agents, then for each, in byte order: its name and its cell.
//!
//! **Costs.** With n agents, access to one is O(log n); an operation with another map of m agents is
//! O(m log n) or O(n log m), whichever of the two maps it walks. Joining is O(m log n) if m is small, else
//! one walk through both: O(n + m).

#[cfg(feature = "serde")]
mod serial;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, Decompose, Lattice, WrittenSink};

use crate::count::Count;

/// What one agent wrote, and only that agent writes.
pub(crate) trait Cell: Decompose + Clone {
    /// Returns whether the cell, read from foreign input, may stand under `agent`.
    fn may_belong_to(&self, _agent: &AgentId) -> bool {
        !self.is_bottom()
    }

    /// Hands out the counts that `agent` is said to have written.
    fn written_by(&self, agent: &AgentId, written: &mut WrittenSink<'_>);
}

/// Cells by agent; an agent without one has the bottom.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(crate) struct AgentMap<C> {
    cells: BTreeMap<AgentId, C>,
}

impl<C> AgentMap<C> {
    pub(crate) const fn new() -> Self {
        Self {
            cells: BTreeMap::new(),
        }
    }

    pub(crate) fn cell(&self, agent: &AgentId) -> Option<&C> {
        self.cells.get(agent)
    }

    /// Iterates over the agents in byte order.
    pub(crate) fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&AgentId, &C)> + ExactSizeIterator {
        self.cells.iter()
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = &C> {
        self.cells.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
}

impl<C: Cell> AgentMap<C> {
    /// Makes the map of one cell: empty if that is the bottom.
    pub(crate) fn single(agent: &AgentId, cell: C) -> Self {
        let entry = (!cell.is_bottom()).then(|| (agent.clone(), cell));
        Self {
            cells: entry.into_iter().collect(),
        }
    }

    /// Raises the cell of `agent` with `raise`, which changes nothing if it fails.
    pub(crate) fn update<T, E>(
        &mut self,
        agent: &AgentId,
        raise: impl FnOnce(&mut C) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(cell) = self.cells.get_mut(agent) {
            return raise(cell);
        }
        let mut cell = C::default();
        let result = raise(&mut cell)?;
        if !cell.is_bottom() {
            self.cells.insert(agent.clone(), cell);
        }
        Ok(result)
    }

    /// Joins a map that has far fewer agents, such as a delta.
    fn join_few(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (agent, theirs) in other.iter() {
            if let Some(ours) = self.cells.get_mut(agent) {
                changed |= ours.join(theirs);
            } else {
                self.cells.insert(agent.clone(), theirs.clone());
                changed = true;
            }
        }
        changed
    }
}

impl AgentMap<Count> {
    pub(crate) fn count_of(&self, agent: &AgentId) -> u64 {
        self.cell(agent).map_or(0, |count| count.0)
    }
}

impl<C> Default for AgentMap<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: Cell> Lattice for AgentMap<C> {
    fn join(&mut self, other: &Self) -> bool {
        if other.len() < self.len() / LOOKUP {
            return self.join_few(other);
        }
        let mut changed = false;
        let mut missing = Vec::new();
        let mut walk = self.cells.iter_mut();
        let mut next = walk.next();
        for (agent, theirs) in other.iter() {
            while next.as_ref().is_some_and(|(held, _)| *held < agent) {
                next = walk.next();
            }
            match &mut next {
                Some((held, ours)) if *held == agent => changed |= ours.join(theirs),
                _ => missing.push((agent.clone(), theirs.clone())),
            }
        }
        changed |= !missing.is_empty();
        self.cells.extend(missing);
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        let is_held = |(agent, cell): (_, &C)| other.cell(agent).is_some_and(|held| cell.leq(held));
        self.len() <= other.len() && self.iter().all(is_held)
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<C: Cell> Decompose for AgentMap<C> {
    /// The parts of each cell, agent by agent.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        self.iter().flat_map(|(agent, cell)| {
            let parts = cell.decompose();
            parts.map(|part| Self::single(agent, part))
        })
    }

    fn diff(&self, base: &Self) -> Self {
        let news = self.iter().filter_map(|(agent, cell)| {
            let news = match base.cell(agent) {
                Some(held) => cell.diff(held),
                None => cell.clone(),
            };
            (!news.is_bottom()).then(|| (agent.clone(), news))
        });
        Self {
            cells: news.collect(),
        }
    }
}

impl<C: Encode> Encode for AgentMap<C> {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.len() as u64);
        for (agent, cell) in self.iter() {
            agent.encode(w);
            cell.encode(w);
        }
    }
}

impl<C: Cell + Decode> Decode for AgentMap<C> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n_agents = r.count(MIN_ENTRY_BYTES, budget)?;
        budget.spend_tree::<(AgentId, C)>(n_agents)?;
        let mut cells = BTreeMap::new();
        for _ in 0..n_agents {
            let offset = r.offset();
            let agent = AgentId::decode(r, budget)?;
            let cell = C::decode(r, budget)?;
            let is_next = cells.last_key_value().is_none_or(|(last, _)| *last < agent);
            if !is_next || !cell.may_belong_to(&agent) {
                return Err(DecodeError::NotCanonical { offset });
            }
            cells.insert(agent, cell);
        }
        Ok(Self { cells })
    }
}

impl<C: fmt::Debug> fmt::Debug for AgentMap<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.iter().map(|(agent, cell)| (agent.as_str(), cell));
        f.debug_map().entries(entries).finish()
    }
}

/// How much longer the other map must be for looking up each agent to cost less than walking both.
const LOOKUP: usize = 8;

/// A name of one byte and its length, and at least a byte of cell.
const MIN_ENTRY_BYTES: usize = 3;
