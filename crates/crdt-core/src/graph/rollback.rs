//! Taking back what was appended: for batches that turn out to be malformed half way.

use super::CausalGraph;
use super::critical::CriticalVersions;
use super::floor::GraphFloor;
use super::frontier::Frontier;
use super::lv::{Lv, LvRange};

/// How far a graph had grown, so that a failed batch can be undone.
///
/// It belongs to the graph that made it, and is good until that graph is rolled back below it.
///
/// # Examples
/// ```
/// use crdt_core::CausalGraph;
///
/// let mut graph = CausalGraph::new();
/// let before = graph.checkpoint();
/// graph.rollback(before);
/// assert!(graph.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Checkpoint {
    len: Lv,
    n_agents: usize,
}

impl CausalGraph {
    /// Remembers the present length, for [`Self::rollback`].
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let before = graph.checkpoint();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// graph.add_local(alice, &Frontier::root(), 3)?;
    ///
    /// graph.rollback(before);
    /// assert!(graph.is_empty() && graph.agents().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            len: self.end(),
            n_agents: self.agents.len(),
        }
    }

    /// Forgets every event and agent that came after the checkpoint.
    ///
    /// A checkpoint beyond the end, from before an earlier rollback, takes nothing back. An agent
    /// that has events is never forgotten.
    ///
    /// # Complexity
    /// O(k log k), k = agents forgotten, if no event came after the checkpoint, as when an update
    /// is early; else O(n), n = runs: for undoing a batch that turned out to be malformed, not for
    /// editing.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let before = graph.checkpoint();
    /// graph.add_local(alice, &Frontier::root(), 5)?;
    ///
    /// graph.rollback(before);
    /// assert_eq!(graph.frontier(), &Frontier::from(base.last()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rollback(&mut self, checkpoint: Checkpoint) {
        let len = checkpoint.len.max(self.floor_lvs().end);
        if len < self.end() {
            self.ids.truncate(len);
            self.runs.truncate(len);
            self.recount();
        }
        let floor = self.floor.as_deref();
        let n_kept = floor
            .map_or(0, GraphFloor::n_agents)
            .max(checkpoint.n_agents);
        let n_agents = self.ids.truncate_agents(n_kept);
        self.agents.truncate(n_agents);
    }

    /// Computes the frontier and the critical versions from scratch.
    pub(super) fn recount(&mut self) {
        self.frontier = Frontier::root();
        self.critical = CriticalVersions::default();
        self.typist = None;
        for run in self.runs.iter(LvRange::new(Lv::new(0), self.end())) {
            let unites = self.frontier.advance(run.parents(), run.lvs.last());
            self.critical.push(run.lvs, run.parents(), unites);
        }
    }
}
