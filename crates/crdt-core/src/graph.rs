//! The causal graph: which event happened before which, and who made it.
//!
//! Events are numbered by [`Lv`] in the order this replica learned of them, parents always first.
//! A run of events, each the only child of the one before, is stored as one entry, so a document
//! typed by one person is a single run however long it is.
//!
//! # Invariants
//! - Parents of an event have lower local versions; they are sorted, distinct and minimal.
//! - Every local version has exactly one id `(agent, seq)`, and every id at most one local version;
//!   but for those that stand for dropped history (see the `floor` module).
//! - The frontier holds exactly the events without children.
//!
//! # Costs
//! With n runs: look-ups by id or local version are O(log n); walks over the difference of two
//! versions are O(d log d), d = runs in the difference; the ancestor test is O(1) in nearly
//! linear histories (see `shadow` in the `runs` module).
//!
//! Source: the event graph of J. Gentle and M. Kleppmann, "Collaborative Text Editing with
//! Eg-walker: Better, Faster, Smaller" (EuroSys 2025), section 2; critical versions are its
//! section 3.5.

mod check;
mod conflict;
mod critical;
mod error;
mod floor;
mod frontier;
mod ids;
mod ingest;
mod lv;
mod minimal;
mod query;
mod rollback;
mod runs;
mod seq_runs;
mod traverse;
mod walk;

use alloc::boxed::Box;
use core::fmt;

pub use self::error::{GraphError, IngestError};
pub use self::floor::Floor;
pub use self::frontier::{Frontier, RemoteFrontier};
pub use self::ids::AgentRun;
pub use self::ingest::Segment;
pub use self::lv::{Lv, LvRange, MAX_EVENTS};
pub use self::rollback::Checkpoint;
pub use self::runs::GraphRun;
pub use self::traverse::Difference;

use self::check::check_len;
use self::critical::CriticalVersions;
use self::floor::GraphFloor;
use self::ids::EventIds;
use self::runs::GraphRuns;
use crate::{AgentId, AgentIdx, AgentTable};

/// The events a replica knows, their parents and their ids; append-only.
///
/// The graph knows nothing of what an event does: a text op log keeps its operations beside it,
/// under the same local versions.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, CausalOrdering, Frontier};
///
/// let mut graph = CausalGraph::new();
/// let alice = graph.intern_agent(&AgentId::new("alice")?);
/// let bob = graph.intern_agent(&AgentId::new("bob")?);
///
/// let base = graph.add_local(alice, &Frontier::root(), 3)?;
/// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
/// let right = graph.add_local(bob, &Frontier::from(base.last()), 4)?;
///
/// assert_eq!(graph.version_cmp(base.start, left.start), CausalOrdering::Before);
/// assert_eq!(graph.version_cmp(left.start, right.start), CausalOrdering::Concurrent);
/// assert_eq!(graph.frontier().as_slice(), [left.last(), right.last()]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct CausalGraph {
    agents: AgentTable,
    runs: GraphRuns,
    ids: EventIds,
    frontier: Frontier,
    critical: CriticalVersions,
    /// Who made the last event, if it is the only head and has its agent's highest number: then the
    /// agent's next events only continue what ends each column. `None` says nothing.
    typist: Option<AgentIdx>,
    floor: Option<Box<GraphFloor>>,
}

impl CausalGraph {
    /// Makes an empty graph.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_core::CausalGraph::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Interns an agent's name; the same name always gives the same index.
    ///
    /// # Panics
    /// If the graph already knows `u32::MAX` agents, more than any decode budget admits.
    /// # Complexity
    /// O(log a), a = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// let alice = AgentId::new("alice")?;
    /// assert_eq!(graph.intern_agent(&alice), graph.intern_agent(&alice));
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    pub fn intern_agent(&mut self, agent: &AgentId) -> AgentIdx {
        let idx = self.agents.intern(agent);
        self.ids.ensure_agents(self.agents.len());
        idx
    }

    /// Appends `len` events of `agent`, the first with the given parents, each next one with the
    /// one before; they take the agent's next sequence numbers.
    ///
    /// # Errors
    /// [`GraphError`] if the agent or a parent is unknown, the parents are not minimal, `len` is
    /// zero, they lie below the floor of a shallow history, or the graph or the agent's sequence numbers
    /// are used up; the graph is unchanged.
    /// # Complexity
    /// O(1) amortised when `parents` is the frontier. Else O(log n + h), n = runs, h = heads of the
    /// graph, plus [`Self::find_dominators`] for several parents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier, GraphError, Lv, LvRange};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let lvs = graph.add_local(alice, &Frontier::root(), 3)?;
    /// assert_eq!(lvs, LvRange::new(Lv::new(0), Lv::new(3)));
    ///
    /// let doubled = Frontier::from_heads([lvs.start, lvs.last()]);
    /// assert_eq!(graph.add_local(alice, &doubled, 1), Err(GraphError::NonMinimalParents));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn add_local(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        len: usize,
    ) -> Result<LvRange, GraphError> {
        match self.continue_last(agent, parents, len) {
            Some(range) => Ok(range),
            None => self.add_local_anywhere(agent, parents, len),
        }
    }

    /// Appends to what ends each column, if the events do no more than continue it: what happens
    /// with nearly every keystroke.
    #[inline(always)]
    fn continue_last(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        len: usize,
    ) -> Option<LvRange> {
        let start = self.end();
        if self.typist != Some(agent) || parents.single()?.plus(1) != start {
            return None;
        }
        let room = (MAX_EVENTS - start.get()) as usize;
        if len == 0 || len > room || !self.ids.continue_last(agent, len as u32) {
            return None;
        }
        let range = LvRange::new(start, start.plus(len as u32));
        self.runs.continue_last(range);
        self.critical.continue_last(range);
        self.frontier.replace_only_head(range.last());
        Some(range)
    }

    fn add_local_anywhere(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        len: usize,
    ) -> Result<LvRange, GraphError> {
        let parents = parents.as_slice();
        self.check_agent(agent)?;
        self.check_parents(parents)?;
        let seq = self.next_seq(agent);
        let len = check_len(seq, len)?;
        self.check_room(len, parents.len())?;
        Ok(self.push(agent, seq, parents, len))
    }

    /// Returns the number of events, those that stand for dropped history included.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 3, &[])?;
    /// assert_eq!(graph.len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.end().index()
    }

    /// Returns whether no event is known.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::CausalGraph::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the events without children: the version that contains everything known.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier, Lv};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 3, &[])?;
    /// graph.ingest(&AgentId::new("bob")?, 0, 1, &[])?;
    /// assert_eq!(graph.frontier(), &Frontier::from_heads([Lv::new(2), Lv::new(3)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Returns the agents seen so far.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// assert_eq!(graph.agents().name(alice).as_str(), "alice");
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    #[must_use]
    pub fn agents(&self) -> &AgentTable {
        &self.agents
    }

    /// The local version that the next event will get.
    #[inline]
    fn end(&self) -> Lv {
        self.runs.end()
    }

    /// Appends a run that was checked before.
    #[inline]
    fn push(&mut self, agent: AgentIdx, seq: u64, parents: &[Lv], len: u32) -> LvRange {
        let range = LvRange::new(self.end(), self.end().plus(len));
        let unites = self.frontier.advance(parents, range.last());
        self.critical.push(range, parents, unites);
        self.runs.push(range, parents);
        self.ids.push(agent, seq, range);
        let is_only_head = unites || self.frontier.single().is_some();
        let is_typing = is_only_head
            && self.ids.ends_with_highest_of(agent)
            && (self.floor.is_none() || seq >= self.seq_end_of_dropped(agent));
        self.typist = is_typing.then_some(agent);
        range
    }
}

impl fmt::Debug for CausalGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CausalGraph")
            .field("events", &self.len())
            .field("runs", &self.runs.n_runs())
            .field("agents", &self.agents.len())
            .field("frontier", &self.frontier)
            .finish()
    }
}

#[cfg(test)]
mod tests;
