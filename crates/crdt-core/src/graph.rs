//! The causal graph: which event happened before which, and who made it.
//!
//! Events are numbered by [`Lv`] in the order this replica learned of them, parents always first.
//! A run of events, each the only child of the one before, is stored as one entry, so a document
//! typed by one person is a single run however long it is.
//!
//! # Invariants
//! - Parents of an event have lower local versions; they are sorted, distinct and minimal.
//! - Every local version has exactly one id `(agent, seq)`, and every id at most one local version.
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

mod critical;
mod error;
mod frontier;
mod ids;
mod ingest;
mod lv;
mod runs;
mod traverse;

use alloc::vec::Vec;
use core::fmt;

pub use self::error::{GraphError, IngestError};
pub use self::frontier::{Frontier, RemoteFrontier};
pub use self::ids::AgentRun;
pub use self::ingest::Segment;
pub use self::lv::{Lv, LvRange, MAX_EVENTS};
pub use self::runs::GraphRun;
pub use self::traverse::Difference;

use self::critical::CriticalVersions;
use self::ids::EventIds;
use self::runs::GraphRuns;
use crate::{AgentId, AgentIdx, AgentTable, Dot, DotContext, MAX_SEQ};

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
}

/// How far a graph had grown, so that a failed batch can be undone.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    len: Lv,
    n_agents: usize,
    frontier: Frontier,
}

impl CausalGraph {
    /// Makes an empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Interns an agent's name; the same name always gives the same index.
    ///
    /// # Complexity
    /// O(log a), a = agents.
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
    /// zero, or a number would overflow; the graph is unchanged.
    ///
    /// # Complexity
    /// O(1) amortised when `parents` is the frontier, else as [`Self::find_dominators`].
    pub fn add_local(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        len: usize,
    ) -> Result<LvRange, GraphError> {
        self.check_agent(agent)?;
        self.check_parents(parents.as_slice())?;
        let seq = self.ids.next_seq(agent);
        let len = self.check_size(seq, len)?;
        Ok(self.push(agent, seq, parents.as_slice(), len))
    }

    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end().index()
    }

    /// Whether no event is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The events without children: the version that contains everything known.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The agents seen so far.
    #[must_use]
    pub fn agents(&self) -> &AgentTable {
        &self.agents
    }

    /// The sequence number that the next local event of `agent` gets: one past its highest known.
    #[must_use]
    pub fn next_seq(&self, agent: AgentIdx) -> u64 {
        self.ids.next_seq(agent)
    }

    /// The id of an event, as an interned agent and a sequence number.
    ///
    /// Returns `None` if `lv` is not known.
    ///
    /// # Complexity
    /// O(log n), n = agent runs.
    #[must_use]
    pub fn id_of(&self, lv: Lv) -> Option<(AgentIdx, u64)> {
        (lv < self.end()).then(|| self.ids.id_of(lv))
    }

    /// The id of an event, as it is written on the wire.
    ///
    /// Returns `None` if `lv` is not known.
    ///
    /// # Complexity
    /// O(log n), n = agent runs.
    #[must_use]
    pub fn dot_of(&self, lv: Lv) -> Option<Dot> {
        let (agent, seq) = self.id_of(lv)?;
        Some(Dot {
            agent: self.agents.name(agent).clone(),
            seq,
        })
    }

    /// The local version of event `seq` of `agent`, if it is known.
    ///
    /// # Complexity
    /// O(log n), n = runs of that agent.
    #[must_use]
    pub fn lv_of(&self, agent: AgentIdx, seq: u64) -> Option<Lv> {
        self.ids.lv_of(agent, seq)
    }

    /// The local version of a dot, if it is known.
    ///
    /// # Complexity
    /// O(log a + log n).
    #[must_use]
    pub fn lv_of_dot(&self, dot: &Dot) -> Option<Lv> {
        self.lv_of(self.agents.index_of(dot.agent.as_str())?, dot.seq)
    }

    /// Translates a version into dots that any replica understands, sorted.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if the version names an event that is not known here.
    ///
    /// # Complexity
    /// O(h log n), h = heads of the version.
    pub fn to_remote(&self, version: &Frontier) -> Result<RemoteFrontier, GraphError> {
        self.check_version(version)?;
        let mut dots: RemoteFrontier = version.iter().filter_map(|lv| self.dot_of(lv)).collect();
        dots.sort_unstable();
        Ok(dots)
    }

    /// Translates dots into a local version; non-minimal input is reduced.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] with the first dot that is not known here.
    ///
    /// # Complexity
    /// As [`Self::find_dominators`].
    pub fn to_local(&self, dots: &[Dot]) -> Result<Frontier, IngestError> {
        let lvs: Result<Vec<Lv>, IngestError> = dots.iter().map(|d| self.local_parent(d)).collect();
        Ok(self.find_dominators(&lvs?))
    }

    /// Every id that is known, as a context that another replica can subtract from its own.
    ///
    /// # Complexity
    /// O(n log n), n = agent runs.
    #[must_use]
    pub fn summary(&self) -> DotContext {
        self.ids.summary(&self.agents)
    }

    /// The parents of one event.
    ///
    /// Returns `None` if `lv` is not known.
    ///
    /// # Complexity
    /// O(log n), n = graph runs.
    #[must_use]
    pub fn parents_of(&self, lv: Lv) -> Option<Frontier> {
        (lv < self.end()).then(|| self.runs.parents_of(lv))
    }

    /// Walks the graph runs that overlap `range`, cut to it, in local order.
    ///
    /// # Complexity
    /// O(log n) to start, O(1) a step.
    pub fn runs(&self, range: LvRange) -> impl Iterator<Item = GraphRun<'_>> {
        self.runs.iter(range.clamp_to(self.end()))
    }

    /// Walks the agent runs that overlap `range`, cut to it, in local order.
    ///
    /// # Complexity
    /// O(log n) to start, O(1) a step.
    pub fn agent_runs(&self, range: LvRange) -> impl Iterator<Item = AgentRun> {
        self.ids.iter(range.clamp_to(self.end()))
    }

    /// Orders two events by their agents' names, then by sequence number.
    ///
    /// This is the tie-break of concurrent text inserts: it reads no local version, so every
    /// replica answers alike.
    ///
    /// # Panics
    /// If either event is not known.
    #[must_use]
    pub fn cmp_ids(&self, a: Lv, b: Lv) -> core::cmp::Ordering {
        let (agent_a, seq_a) = self.ids.id_of(a);
        let (agent_b, seq_b) = self.ids.id_of(b);
        self.agents
            .cmp_names(agent_a, agent_b)
            .then(seq_a.cmp(&seq_b))
    }

    /// The last critical version below `lv`: an event that has every event before it in its
    /// history, and is itself in the history of every event after it.
    ///
    /// Only versions with one head are reported. `None` means that the empty version is the last.
    ///
    /// # Complexity
    /// O(log c), c = stretches of critical versions.
    #[must_use]
    pub fn critical_before(&self, lv: Lv) -> Option<Lv> {
        self.critical.last_below(lv)
    }

    /// The first stretch of consecutive critical versions that ends after `lv`.
    ///
    /// # Complexity
    /// O(log c), c = stretches of critical versions.
    #[must_use]
    pub fn critical_from(&self, lv: Lv) -> Option<LvRange> {
        self.critical.first_from(lv)
    }

    /// Remembers the present length, for [`Self::rollback`].
    ///
    /// # Complexity
    /// O(h), h = heads of the frontier.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            len: self.end(),
            n_agents: self.agents.len(),
            frontier: self.frontier.clone(),
        }
    }

    /// Forgets every event and agent that came after the checkpoint.
    ///
    /// # Complexity
    /// O(n), n = runs: for undoing a batch that turned out to be malformed, not for editing.
    pub fn rollback(&mut self, checkpoint: Checkpoint) {
        self.agents.truncate(checkpoint.n_agents);
        self.ids.truncate(checkpoint.len, checkpoint.n_agents);
        self.runs.truncate(checkpoint.len);
        self.frontier = checkpoint.frontier;
        self.critical = CriticalVersions::of(&self.runs);
    }

    /// The local version that the next event will get.
    fn end(&self) -> Lv {
        self.runs.end()
    }

    /// Appends a run that was checked before.
    fn push(&mut self, agent: AgentIdx, seq: u64, parents: &[Lv], len: u32) -> LvRange {
        let range = LvRange::new(self.end(), self.end().plus(len));
        self.critical.push(range, parents, &self.frontier);
        self.runs.push(range, parents);
        self.ids.push(agent, seq, range);
        self.frontier.advance(parents, range.last());
        range
    }

    fn check_agent(&self, agent: AgentIdx) -> Result<(), GraphError> {
        if agent.index() < self.agents.len() {
            Ok(())
        } else {
            Err(GraphError::UnknownAgent)
        }
    }

    fn check_version(&self, version: &Frontier) -> Result<(), GraphError> {
        match version.iter().find(|&lv| lv >= self.end()) {
            Some(lv) => Err(GraphError::UnknownVersion { lv: lv.get() }),
            None => Ok(()),
        }
    }

    /// Checks that parents are known, sorted, distinct and minimal.
    fn check_parents(&self, parents: &[Lv]) -> Result<(), GraphError> {
        if parents == self.frontier.as_slice() {
            return Ok(());
        }
        if let Some(lv) = parents.iter().find(|&&lv| lv >= self.end()) {
            return Err(GraphError::UnknownVersion { lv: lv.get() });
        }
        if parents.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(GraphError::UnsortedParents);
        }
        if parents.len() > 1 && self.find_dominators(parents).as_slice() != parents {
            return Err(GraphError::NonMinimalParents);
        }
        Ok(())
    }

    fn check_size(&self, seq: u64, len: usize) -> Result<u32, GraphError> {
        if len == 0 {
            return Err(GraphError::EmptyRun);
        }
        if u64::try_from(len)
            .ok()
            .and_then(|len| seq.checked_add(len))
            .is_none_or(|end| end > MAX_SEQ + 1)
        {
            return Err(GraphError::SeqOverflow { seq });
        }
        u32::try_from(len)
            .ok()
            .filter(|&len| {
                self.end()
                    .get()
                    .checked_add(len)
                    .is_some_and(|end| end <= MAX_EVENTS)
            })
            .ok_or(GraphError::TooManyEvents { limit: MAX_EVENTS })
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
