//! Shallow histories: what lies before a critical version is dropped, and only its ids are kept.
//!
//! # Invariants
//! - The floor is the first run of a graph that has one: events without ids, of which the last stands
//!   for the version that the history starts from. The others stand for nothing that has a name.
//! - Every other event has the floor's last one in its history, and is not among those dropped.
//!
//! # Costs
//! A graph without a floor pays one comparison where ids are looked up.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::CausalGraph;
use super::check::check_len;
use super::error::{GraphError, IngestError};
use super::frontier::{Frontier, RemoteFrontier};
use super::lv::{Lv, LvRange};
use crate::{AgentId, AgentIdx, Dot, DotContext, DotRange};

/// What a shallow history starts from: a version, and the ids of all events that it contains.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, Dot};
///
/// let alice = AgentId::new("alice")?;
/// let mut graph = CausalGraph::new();
/// graph.ingest(&alice, 0, 3, &[])?;
/// let floor = graph.floor_at(graph.frontier())?;
/// assert_eq!(floor.version(), [Dot::new(alice, 2)?]);
/// assert_eq!(floor.dropped(), &graph.summary());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Invariants
/// There is a head, heads are sorted and distinct, and all are among the dropped.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Floor {
    heads: RemoteFrontier,
    dropped: DotContext,
}

/// The floor of a graph, with its heads as the graph knows them.
#[derive(Clone, Debug)]
pub(super) struct GraphFloor {
    floor: Floor,
    ids: Vec<(AgentIdx, u64)>,
    end: Lv,
}

impl GraphFloor {
    /// How many agents, the first ones of the graph, name its heads at most.
    pub(super) fn n_agents(&self) -> usize {
        let highest = self.ids.iter().map(|(agent, _)| agent.index()).max();
        highest.map_or(0, |highest| highest + 1)
    }
}

impl Floor {
    /// Makes a floor of the heads of a version, in any order, and the ids of all that it contains.
    ///
    /// Returns `None` if there is no head, or one that was not dropped.
    ///
    /// # Complexity
    /// O(h (log h + log a)), h = heads, a = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{DotContext, Floor};
    /// assert_eq!(Floor::new(Vec::new(), DotContext::new()), None);
    /// ```
    #[must_use]
    pub fn new(mut heads: RemoteFrontier, dropped: DotContext) -> Option<Self> {
        heads.sort_unstable();
        heads.dedup();
        let is_valid = !heads.is_empty() && heads.iter().all(|head| dropped.contains(head));
        is_valid.then_some(Self { heads, dropped })
    }

    /// Returns the version, as its heads in order.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext, Floor};
    /// let head = Dot::new(AgentId::new("alice")?, 0)?;
    /// let dropped = DotContext::from_iter([head.clone()]);
    /// let floor = Floor::new(vec![head.clone()], dropped).ok_or("its head is dropped")?;
    /// assert_eq!(floor.version(), [head]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn version(&self) -> &[Dot] {
        &self.heads
    }

    /// Returns the ids of the events that the version contains, heads included.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext, Floor};
    /// let head = Dot::new(AgentId::new("alice")?, 0)?;
    /// let dropped = DotContext::from_iter([head.clone()]);
    /// let floor = Floor::new(vec![head], dropped.clone()).ok_or("its head is dropped")?;
    /// assert_eq!(floor.dropped(), &dropped);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dropped(&self) -> &DotContext {
        &self.dropped
    }

    /// The first of some events of an agent that was dropped.
    fn first_dropped(&self, agent: &AgentId, seq: u64, len: u64) -> Option<u64> {
        let mut ranges = self.dropped.ranges_of(agent);
        let first = ranges.find(|range| seq < range.end)?.start.max(seq);
        (first - seq < len).then_some(first)
    }
}

impl CausalGraph {
    /// Starts an empty graph from a version whose history was dropped; `len` events stand for it.
    ///
    /// How many is the caller's choice: one for each scalar of a text, say. The last one stands for the
    /// version, the others for nothing that has a name.
    ///
    /// # Errors
    /// [`GraphError::HasEvents`] if the graph is not empty, [`GraphError::EmptyRun`] or
    /// [`GraphError::TooManyEvents`] if there are none or too many; it is unchanged.
    /// # Complexity
    /// O(h log a), h = heads, a = agents.
    /// # Convergence
    /// Only who knows the whole version, or starts from it, can take in events that follow it.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, CausalGraph, Dot, Frontier};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut full = CausalGraph::new();
    /// full.ingest(&alice, 0, 3, &[])?;
    ///
    /// let mut shallow = CausalGraph::new();
    /// let stands_for_all = shallow.set_floor(full.floor_at(full.frontier())?, 1)?;
    /// assert_eq!(shallow.summary(), full.summary());
    /// shallow.ingest(&alice, 3, 1, &[Dot::new(alice.clone(), 2)?])?;
    /// assert_eq!(shallow.parents_of(stands_for_all.end), Some(Frontier::from(stands_for_all.last())));
    /// // Events beside what was dropped have no place here any more.
    /// assert!(shallow.ingest(&AgentId::new("bob")?, 0, 1, &[]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_floor(&mut self, floor: Floor, len: usize) -> Result<LvRange, GraphError> {
        if !self.is_empty() {
            return Err(GraphError::HasEvents);
        }
        let len = check_len(0, len)?;
        let heads: Vec<Dot> = floor.heads.clone();
        let ids = heads
            .iter()
            .map(|head| (self.intern_agent(&head.agent), head.seq))
            .collect();
        let range = LvRange::new(Lv::new(0), Lv::new(len));
        let unites = self.frontier.advance(&[], range.last());
        self.critical.push(range, &[], unites);
        self.runs.push(range, &[]);
        let end = range.end;
        self.floor = Some(Box::new(GraphFloor { floor, ids, end }));
        Ok(range)
    }

    /// Returns what a shallow history starts from; `None` if nothing was dropped.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::CausalGraph::new().floor(), None);
    /// ```
    #[must_use]
    pub fn floor(&self) -> Option<&Floor> {
        self.floor.as_deref().map(|own| &own.floor)
    }

    /// Returns the events that stand for what was dropped; none if nothing was.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::CausalGraph::new().floor_lvs().is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub fn floor_lvs(&self) -> LvRange {
        let end = self.floor.as_deref().map_or(Lv::new(0), |own| own.end);
        LvRange::new(Lv::new(0), end)
    }

    /// Works out what a history would start from that is cut at a version.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if the version names an event that is not known,
    /// [`GraphError::NotCritical`] if an event neither belongs to it nor follows all of it,
    /// [`GraphError::BelowFloor`] if it is not a version any more, or the empty one.
    /// # Complexity
    /// That of [`Self::diff`] to the tip, plus O(n log a), n = agent runs, a = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier, GraphError};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// assert!(graph.floor_at(&Frontier::from(base.last())).is_ok());
    /// assert!(graph.floor_at(graph.frontier()).is_ok());
    /// let beside = GraphError::NotCritical { lv: right.start.get() };
    /// assert_eq!(graph.floor_at(&Frontier::from(left.last())), Err(beside));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn floor_at(&self, version: &Frontier) -> Result<Floor, GraphError> {
        self.check_version(version)?;
        let version = self.find_dominators(version.as_slice());
        self.check_above_floor(version.as_slice())?;
        let after = self.diff(&version, self.frontier()).only_b;
        self.check_critical(&version, &after)?;
        let floor = Floor {
            heads: self.to_remote(&version)?,
            dropped: self.ids_before(&after),
        };
        // Only the empty version has no heads.
        if floor.heads.is_empty() {
            return Err(GraphError::BelowFloor);
        }
        Ok(floor)
    }

    /// Returns how many events of an agent's run were dropped: they are how it begins.
    ///
    /// # Complexity
    /// O(log a + i), a = agents, i = intervals of the agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let alice = AgentId::new("alice")?;
    /// let (mut full, mut shallow) = (CausalGraph::new(), CausalGraph::new());
    /// full.ingest(&alice, 0, 3, &[])?;
    /// shallow.set_floor(full.floor_at(full.frontier())?, 1)?;
    /// assert_eq!((shallow.n_dropped(&alice, 1, 5), full.n_dropped(&alice, 1, 5)), (2, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn n_dropped(&self, agent: &AgentId, seq: u64, len: usize) -> usize {
        let Some(floor) = self.floor() else { return 0 };
        let mut ranges = floor.dropped.ranges_of(agent);
        let range = ranges.find(|range| range.contains(&seq));
        let n = range.map_or(0, |range| range.end - seq);
        usize::try_from(n).unwrap_or(usize::MAX).min(len)
    }

    /// Returns whether an event is known, or was and was dropped.
    ///
    /// # Complexity
    /// O(log a + log n + i), a = agents, n = runs and i = dropped intervals of the agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Dot};
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 0, 3, &[])?;
    /// assert!(graph.is_contained(&Dot::new(alice.clone(), 2)?));
    /// assert!(!graph.is_contained(&Dot::new(alice, 3)?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_contained(&self, dot: &Dot) -> bool {
        self.lv_of_dot(dot).is_some() || self.was_dropped(dot)
    }

    /// Returns the ids that name the version of one event: its own, or, where it stands for what was
    /// dropped, those of the floor's heads. None if it stands for nothing that has a name.
    ///
    /// # Complexity
    /// O(h + log n), h = heads of the floor, n = agent runs.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Lv};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 4, 3, &[])?;
    /// let alice = graph.agents().index_of("alice").ok_or("she wrote")?;
    /// assert_eq!(graph.version_ids(Lv::new(2)).collect::<Vec<_>>(), [(alice, 6)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn version_ids(&self, lv: Lv) -> impl Iterator<Item = (AgentIdx, u64)> {
        let stands_for_all = self.floor.as_deref().filter(|own| lv.plus(1) == own.end);
        let heads = stands_for_all.map_or(&[][..], |own| &own.ids);
        heads.iter().copied().chain(self.id_of(lv))
    }

    pub(super) fn was_dropped(&self, dot: &Dot) -> bool {
        self.floor()
            .is_some_and(|floor| floor.dropped.contains(dot))
    }

    /// Why a run on dropped events is refused.
    pub(super) fn below_floor(&self) -> IngestError {
        let heads = self.floor().map(|floor| floor.heads.clone());
        IngestError::BelowFloor {
            floor: heads.unwrap_or_default(),
        }
    }

    /// The first of some events of an agent that was dropped.
    #[inline]
    pub(super) fn first_dropped(&self, agent: AgentIdx, seq: u64, len: u32) -> Option<u64> {
        let floor = self.floor()?;
        floor.first_dropped(self.agents.name(agent), seq, u64::from(len))
    }

    /// One past the highest sequence number of an agent that was dropped.
    pub(super) fn seq_end_of_dropped(&self, agent: AgentIdx) -> u64 {
        let ranges = self.floor().and_then(|floor| {
            let name = self.agents.iter().nth(agent.index())?;
            floor.dropped.ranges_of(name).last()
        });
        ranges.map_or(0, |range| range.end)
    }

    /// Checks that a version contains the floor.
    #[inline]
    pub(super) fn check_above_floor(&self, version: &[Lv]) -> Result<(), GraphError> {
        let Some(own) = self.floor.as_deref() else {
            return Ok(());
        };
        match version.first() {
            Some(lowest) if lowest.plus(1) >= own.end => Ok(()),
            _ => Err(GraphError::BelowFloor),
        }
    }

    /// Checks that all of `after`, which is what a version does not contain, follows all of it.
    ///
    /// An event that has a parent in `after` follows what that one follows; all others must follow the
    /// version itself.
    fn check_critical(&self, version: &Frontier, after: &[LvRange]) -> Result<(), GraphError> {
        let is_after = |lv: Lv| {
            let n = after.partition_point(|lvs| lvs.start <= lv);
            n > 0 && after[n - 1].contains(lv)
        };
        for run in after.iter().flat_map(|&lvs| self.runs.iter(lvs)) {
            let parents = run.parents();
            if parents != version.as_slice() && !parents.iter().any(|&lv| is_after(lv)) {
                let lv = run.lvs.start.get();
                return Err(GraphError::NotCritical { lv });
            }
        }
        Ok(())
    }

    /// The ids of all events but those of `after`, with what was dropped before.
    fn ids_before(&self, after: &[LvRange]) -> DotContext {
        let mut ids = self
            .floor()
            .map_or_else(DotContext::new, |f| f.dropped.clone());
        let mut start = Lv::new(0);
        let ends = after.iter().map(|lvs| (lvs.start, lvs.end));
        for (end, next) in ends.chain([(self.end(), self.end())]) {
            for run in self.ids.iter(LvRange::new(start, end)) {
                ids.insert_range(&DotRange {
                    agent: self.agents.name(run.agent).clone(),
                    start: run.seq,
                    end: run.seq + u64::from(run.lvs.len()),
                });
            }
            start = next;
        }
        ids
    }
}
