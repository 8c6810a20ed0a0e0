//! Questions about single events, about all that is known, and about local order.
//!
//! Nothing here walks the graph: every answer is a look-up in one of the columns.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::CausalGraph;
use super::error::{GraphError, IngestError};
use super::frontier::{Frontier, RemoteFrontier};
use super::ids::AgentRun;
use super::lv::{Lv, LvRange};
use super::runs::GraphRun;
use super::seq_runs::SeqRuns;
use crate::{AgentIdx, Dot, DotContext, Lattice};

impl CausalGraph {
    /// Returns the sequence number that the next local event of `agent` gets: one past its highest
    /// known or dropped; 0 for an agent without events, or one that is not of this graph.
    ///
    /// # Complexity
    /// O(1); in a shallow history O(log a + i), a = agents, i = dropped intervals of the agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 4, 3, &[])?;
    /// assert_eq!(graph.next_seq(graph.agents().index_of("alice").ok_or("no event of hers")?), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn next_seq(&self, agent: AgentIdx) -> u64 {
        let known = self.ids.of_agent(agent).map_or(0, SeqRuns::seq_end);
        known.max(self.seq_end_of_dropped(agent))
    }

    /// Returns the id of an event, as an interned agent and a sequence number; `None` if `lv` is
    /// not known, or stands for dropped history.
    ///
    /// # Complexity
    /// O(log n), n = agent runs.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let lvs = graph.add_local(alice, &Frontier::root(), 3)?;
    /// assert_eq!(graph.id_of(lvs.last()), Some((alice, 2)));
    /// assert_eq!(graph.id_of(lvs.end), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn id_of(&self, lv: Lv) -> Option<(AgentIdx, u64)> {
        (self.floor_lvs().end <= lv && lv < self.end()).then(|| self.ids.id_of(lv))
    }

    /// Returns the id of an event, as it is written on the wire; `None` if `lv` is not known, or stands
    /// for dropped history.
    ///
    /// # Complexity
    /// O(log n), n = agent runs.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Lv};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 4, 3, &[])?;
    /// assert_eq!(graph.dot_of(Lv::new(2)).map(|dot| dot.to_string()), Some("alice:6".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dot_of(&self, lv: Lv) -> Option<Dot> {
        let (agent, seq) = self.id_of(lv)?;
        Some(self.dot(agent, seq))
    }

    /// Returns the local version of event `seq` of `agent`, or `None` if it is not known.
    ///
    /// # Complexity
    /// O(1) among the latest consecutive events of the agent; O(log n), n = runs of that agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let lvs = graph.add_local(alice, &Frontier::root(), 3)?;
    /// assert_eq!(graph.lv_of(alice, 2), Some(lvs.last()));
    /// assert_eq!(graph.lv_of(alice, 3), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn lv_of(&self, agent: AgentIdx, seq: u64) -> Option<Lv> {
        self.ids.of_agent(agent)?.lv_of(seq)
    }

    /// Returns the local version of a dot, or `None` if it is not known.
    ///
    /// # Complexity
    /// O(log a + log n), a = agents, n = runs of that agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Dot, Lv};
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 4, 3, &[])?;
    /// assert_eq!(graph.lv_of_dot(&Dot::new(alice, 6)?), Some(Lv::new(2)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lv_of_dot(&self, dot: &Dot) -> Option<Lv> {
        self.lv_of(self.agents.index_of(dot.agent.as_str())?, dot.seq)
    }

    /// Translates a version into dots that any replica understands, sorted.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if the version names an event that is not known here,
    /// [`GraphError::BelowFloor`] if it names one that has no name any more.
    /// # Complexity
    /// O(h log n), h = heads of the version, n = agent runs.
    /// # Convergence
    /// Replicas that know the same events name a version by the same dots.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("bob")?, 0, 1, &[])?;
    /// graph.ingest(&AgentId::new("alice")?, 0, 1, &[])?;
    /// let dots = graph.to_remote(graph.frontier())?;
    /// assert_eq!((dots[0].to_string(), dots[1].to_string()), ("alice:0".into(), "bob:0".into()));
    /// assert_eq!(graph.to_local(&dots).as_ref(), Ok(graph.frontier()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_remote(&self, version: &Frontier) -> Result<RemoteFrontier, GraphError> {
        self.check_version(version)?;
        if !version.is_root() {
            self.check_above_floor(version.as_slice())?;
        }
        let ids = version.iter().flat_map(|lv| self.version_ids(lv));
        let mut dots: RemoteFrontier = ids.map(|(agent, seq)| self.dot(agent, seq)).collect();
        dots.sort_unstable();
        Ok(dots)
    }

    /// Translates dots, in any order, into a local version; non-minimal input is reduced.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] with the first dot that is not known here,
    /// [`IngestError::BelowFloor`] if they name a version before that of the floor.
    /// # Complexity
    /// As [`Self::find_dominators`].
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Dot, Frontier, IngestError, Lv};
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 0, 3, &[])?;
    /// let dot = |seq| Dot::new(alice.clone(), seq).unwrap();
    /// assert_eq!(graph.to_local(&[dot(2), dot(1)]), Ok(Frontier::from(Lv::new(2))));
    /// assert_eq!(graph.to_local(&[dot(3)]), Err(IngestError::MissingDependency(dot(3))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_local(&self, dots: &[Dot]) -> Result<Frontier, IngestError> {
        let mut lvs = Vec::new();
        let mut has_dropped = false;
        for dot in dots {
            if self.was_dropped(dot) {
                has_dropped = true;
            } else {
                lvs.push(self.local_parent(dot)?);
            }
        }
        // Whatever is known follows all that was dropped.
        if lvs.is_empty()
            && has_dropped
            && let Some(floor) = self.floor()
        {
            if !floor.version().iter().all(|head| dots.contains(head)) {
                return Err(self.below_floor());
            }
            lvs.push(self.floor_lvs().last());
        }
        Ok(self.find_dominators(&lvs))
    }

    /// Returns every id that is known or was dropped, as a context that another replica can subtract from its own.
    ///
    /// # Complexity
    /// O(n log a), n = agent runs, a = agents.
    /// # Convergence
    /// Replicas that know the same events have equal summaries, in whatever order they came.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, DotRange};
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 4, 3, &[])?;
    /// let known: Vec<DotRange> = graph.summary().ranges().collect();
    /// assert_eq!(known, [DotRange::new(alice, 4, 7)?]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn summary(&self) -> DotContext {
        let mut summary = self.ids.summary(&self.agents);
        if let Some(floor) = self.floor() {
            summary.join(floor.dropped());
        }
        summary
    }

    /// Returns the parents of one event, or `None` if `lv` is not known.
    ///
    /// # Complexity
    /// O(log n), n = graph runs.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier, Lv};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 3, &[])?;
    /// assert_eq!(graph.parents_of(Lv::new(0)), Some(Frontier::root()));
    /// assert_eq!(graph.parents_of(Lv::new(2)), Some(Frontier::from(Lv::new(1))));
    /// assert_eq!(graph.parents_of(Lv::new(3)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn parents_of(&self, lv: Lv) -> Option<Frontier> {
        (lv < self.end()).then(|| self.runs.parents_of(lv))
    }

    /// Walks the graph runs that overlap `range`, cut to it, in local order.
    ///
    /// What lies beyond the end of the graph is left out.
    ///
    /// # Complexity
    /// O(log n) to start, O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Lv, LvRange};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 3, &[])?;
    /// graph.ingest(&AgentId::new("bob")?, 0, 2, &[])?;
    /// let all = LvRange::new(Lv::new(0), Lv::new(5));
    /// assert_eq!(graph.runs(all).map(|run| run.lvs.len()).collect::<Vec<_>>(), [3, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn runs(&self, range: LvRange) -> impl Iterator<Item = GraphRun<'_>> {
        self.runs.iter(range.clamp_to(self.end()))
    }

    /// Walks the agent runs that overlap `range`, cut to it, in local order; what stands for dropped
    /// history has none.
    ///
    /// What lies beyond the end of the graph is left out.
    ///
    /// # Complexity
    /// O(log n) to start, O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Lv, LvRange};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 3, &[])?;
    /// graph.ingest(&AgentId::new("bob")?, 6, 2, &[])?;
    /// let tail = LvRange::new(Lv::new(2), Lv::new(5));
    /// assert_eq!(graph.agent_runs(tail).map(|run| run.seq).collect::<Vec<_>>(), [2, 6]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn agent_runs(&self, range: LvRange) -> impl Iterator<Item = AgentRun> {
        self.ids.iter(range.clamp_to(self.end()))
    }

    /// Orders two events by their agents' names, then by sequence number.
    ///
    /// # Panics
    /// If either event is not known, or stands for dropped history.
    /// # Complexity
    /// O(log n), n = agent runs.
    /// # Convergence
    /// This is the tie-break of concurrent text inserts: it reads no local version, so every
    /// replica answers alike.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Lv};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("bob")?, 0, 1, &[])?;
    /// graph.ingest(&AgentId::new("alice")?, 0, 1, &[])?;
    /// assert!(graph.cmp_ids(Lv::new(1), Lv::new(0)).is_lt());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn cmp_ids(&self, a: Lv, b: Lv) -> Ordering {
        self.assert_known(&[a.max(b)]);
        assert!(
            self.floor_lvs().end <= a.min(b),
            "dropped history has no ids"
        );
        let (agent_a, seq_a) = self.ids.id_of(a);
        let (agent_b, seq_b) = self.ids.id_of(b);
        self.agents
            .cmp_names(agent_a, agent_b)
            .then(seq_a.cmp(&seq_b))
    }

    /// Returns the last critical version below `lv`: an event that has every event before it in
    /// its history, and is itself in the history of every event after it.
    ///
    /// Only versions with one head are reported. `None` means that the empty version is the last.
    ///
    /// # Complexity
    /// O(log c), c = stretches of critical versions.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier, Lv};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let tip = graph.add_local(alice, &Frontier::from(base.start), 2)?;
    /// // The later events build on the first one, and on no other of the base.
    /// assert_eq!(graph.critical_before(tip.end), Some(Lv::new(0)));
    /// assert_eq!(graph.critical_before(Lv::new(0)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn critical_before(&self, lv: Lv) -> Option<Lv> {
        self.critical.last_below(lv)
    }

    /// Returns the first stretch of consecutive critical versions that ends after `lv`, whole: it
    /// may start before.
    ///
    /// # Complexity
    /// O(log c), c = stretches of critical versions.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Lv, LvRange};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 3, &[])?;
    /// let all = LvRange::new(Lv::new(0), Lv::new(3));
    /// assert_eq!(graph.critical_from(Lv::new(2)), Some(all));
    /// assert_eq!(graph.critical_from(Lv::new(3)), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn critical_from(&self, lv: Lv) -> Option<LvRange> {
        self.critical.first_from(lv)
    }

    /// The dot of an id whose agent is interned.
    pub(super) fn dot(&self, agent: AgentIdx, seq: u64) -> Dot {
        Dot {
            agent: self.agents.name(agent).clone(),
            seq,
        }
    }
}
