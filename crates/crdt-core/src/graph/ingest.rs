//! Taking in runs that other replicas made, when part of them may be known already.
//!
//! # Invariants
//! Whatever is refused is refused before the graph changes. All events of a run but the first build
//! on the event before, and an event is only known when its parents are; so what is known of a run
//! that agrees with this graph is a prefix of it, and at most one segment is new.

use core::slice;

use smallvec::SmallVec;

use super::CausalGraph;
use super::check::{check_len, check_sorted};
use super::error::{GraphError, IngestError};
use super::lv::{Lv, LvRange};
use crate::{AgentId, AgentIdx, Dot};

/// A part of an offered run that is either wholly known or wholly unknown.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, Frontier, Segment};
///
/// let mut graph = CausalGraph::new();
/// let alice = graph.intern_agent(&AgentId::new("alice")?);
/// let known = graph.add_local(alice, &Frontier::root(), 3)?;
/// let segments = graph.segments(alice, 0, 5, &[])?;
/// let expected = [
///     Segment { offset: 0, len: 3, known: Some(known.start) },
///     Segment { offset: 3, len: 2, known: None },
/// ];
/// assert_eq!(segments.as_slice(), expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment {
    /// Where the part starts within the run.
    pub offset: u32,
    /// How many events it holds.
    pub len: u32,
    /// Local version of its first event, if the part is known; the others follow it.
    pub known: Option<Lv>,
}

impl CausalGraph {
    /// Finds which parts of an offered run are known, and checks that what is known agrees.
    ///
    /// Nothing changes: a caller that keeps content beside the graph can compare it with the known
    /// segments before it commits with [`Self::add_segment`].
    ///
    /// Returns the segments in order: known ones, then at most one that is not.
    ///
    /// # Errors
    /// [`IngestError::Conflict`] if a known event has other parents than the run says, or one was dropped
    /// (see [`Self::n_dropped`]);
    /// [`IngestError::Malformed`] if the run is empty, too long, the agent or a parent is not of
    /// this graph, or the parents are not sorted, distinct and minimal.
    /// # Complexity
    /// O(log n + s), n = runs of the agent, s = runs that the known part takes here; plus
    /// [`Self::find_dominators`] for several parents that are not the frontier.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let known = graph.add_local(alice, &Frontier::root(), 3)?;
    ///
    /// let segments = graph.segments(alice, 2, 4, &[known.start.plus(1)])?;
    /// for segment in segments.iter().filter(|segment| segment.known.is_none()) {
    ///     graph.add_segment(alice, 2, &[known.start.plus(1)], segment)?;
    /// }
    /// assert_eq!(graph.len(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn segments(
        &self,
        agent: AgentIdx,
        seq: u64,
        len: usize,
        parents: &[Lv],
    ) -> Result<SmallVec<[Segment; 2]>, IngestError> {
        self.check_agent(agent)?;
        let len = check_len(seq, len)?;
        check_sorted(parents)?;
        if let Some(dropped) = self.first_dropped(agent, seq, len) {
            return Err(self.conflict(agent, seq, dropped, parents));
        }
        let segments = self.split_by_known(agent, seq, len);
        for segment in &segments {
            match segment.known {
                Some(known) => self.check_agrees(agent, seq, segment, known, parents)?,
                None => self.check_new(segment, parents)?,
            }
        }
        Ok(segments)
    }

    /// Appends an unknown segment of a run that [`Self::segments`] accepted.
    ///
    /// A segment that starts within its run has the event before it in the run as its only parent.
    /// That parents are minimal was seen by [`Self::segments`], and is not checked again: it is
    /// what costs most. Where it does not hold, fewer versions count as critical.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] if that event is not known; [`IngestError::Conflict`] if
    /// an event of the segment is known; [`IngestError::Malformed`] as for [`Self::segments`], but
    /// for minimality. The graph is unchanged. A segment that [`Self::segments`] returned is not
    /// refused before the graph changes.
    /// # Complexity
    /// O(1) amortised on top of the frontier and of the agent's latest event; else O(log n + h), n
    /// = runs, h = heads of the graph.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let segments = graph.segments(alice, 0, 5, &[])?;
    /// let lvs = graph.add_segment(alice, 0, &[], &segments[0])?;
    /// assert_eq!(lvs.len(), 5);
    /// assert!(graph.add_segment(alice, 0, &[], &segments[0]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_segment(
        &mut self,
        agent: AgentIdx,
        seq: u64,
        parents: &[Lv],
        segment: &Segment,
    ) -> Result<LvRange, IngestError> {
        self.check_agent(agent)?;
        let first_seq = seq.saturating_add(u64::from(segment.offset));
        let len = check_len(first_seq, segment.len as usize)?;
        if let Some(known) = self.first_known(agent, first_seq, len) {
            return Err(self.conflict(agent, seq, known, parents));
        }
        if segment.offset == 0 {
            self.check_known(parents)?;
            check_sorted(parents)?;
            self.check_above_floor(parents)?;
            self.check_room(len, parents.len())?;
            return Ok(self.push(agent, first_seq, parents, len));
        }
        self.check_room(len, 1)?;
        match self.lv_of(agent, first_seq - 1) {
            Some(before) => Ok(self.push(agent, first_seq, &[before], len)),
            None => Err(IngestError::MissingDependency(
                self.dot(agent, first_seq - 1),
            )),
        }
    }

    /// Appends a run of which no event is known yet: a history that is loaded consists of nothing else.
    ///
    /// # Errors
    /// [`IngestError::Conflict`] if an event of the run is known; [`IngestError::Malformed`] as for
    /// [`Self::segments`]. The graph is unchanged.
    /// # Complexity
    /// O(1) amortised on top of the frontier, or where all parents but the last are heads, with the
    /// agent's next sequence numbers; else as [`Self::segments`].
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let lvs = graph.append(alice, 0, 5, &[])?;
    /// graph.append(alice, 5, 1, &[lvs.last()])?;
    /// assert!(graph.append(alice, 4, 3, &[lvs.last()]).is_err());
    /// assert_eq!(graph.len(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn append(
        &mut self,
        agent: AgentIdx,
        seq: u64,
        len: usize,
        parents: &[Lv],
    ) -> Result<LvRange, IngestError> {
        self.check_agent(agent)?;
        let len = check_len(seq, len)?;
        self.check_parents(parents)?;
        self.check_room(len, parents.len())?;
        match self.first_known(agent, seq, len) {
            Some(known) => Err(self.conflict(agent, seq, known, parents)),
            None => Ok(self.push(agent, seq, parents, len)),
        }
    }

    /// Makes room for so many runs that [`Self::append`] will take in.
    ///
    /// # Complexity
    /// O(n), n = runs; allocates some 16 bytes for each.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// graph.reserve(2);
    /// let lvs = graph.append(alice, 0, 5, &[])?;
    /// graph.append(alice, 9, 1, &[lvs.start])?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reserve(&mut self, n_runs: usize) {
        self.runs.reserve(n_runs);
    }

    /// Takes in a run of another replica; what is known already is skipped.
    ///
    /// Returns the local versions of what was added, or `None` if all of it was known.
    ///
    /// # Errors
    /// [`IngestError`] as for [`Self::segments`]; [`IngestError::MissingDependency`] if a parent
    /// is not known, [`IngestError::BelowFloor`] if it was dropped. The graph is unchanged.
    /// # Complexity
    /// As [`Self::local_parents`], [`Self::segments`] and [`Self::add_segment`].
    /// # Convergence
    /// Idempotent; runs commute as far as their dependencies allow.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, CausalGraph, Dot};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 0, 5, &[])?;
    /// // Overlaps what is known: only events 5, 6 and 7 are new.
    /// let parent = Dot::new(alice.clone(), 2)?;
    /// let added = graph.ingest(&alice, 3, 5, &[parent.clone()])?;
    /// assert_eq!(added.map(|lvs| lvs.len()), Some(3));
    /// assert_eq!(graph.ingest(&alice, 3, 5, &[parent])?, None);
    /// assert_eq!(graph.len(), 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ingest(
        &mut self,
        agent: &AgentId,
        seq: u64,
        len: usize,
        parents: &[Dot],
    ) -> Result<Option<LvRange>, IngestError> {
        let before = self.checkpoint();
        self.ingest_checked(agent, seq, len, parents)
            .inspect_err(|_| self.rollback(before))
    }

    /// Translates the parents of an offered run, sorted by local version.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] with the first parent that is not known;
    /// [`IngestError::BelowFloor`] if there are none, or some were dropped, and they are not the floor's
    /// heads; [`IngestError::Malformed`] if the dots are not sorted and distinct.
    /// # Complexity
    /// O(p (log a + log n + log p)), p = parents, a = agents, n = runs of one agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Dot, Lv};
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&bob, 0, 1, &[])?;
    /// graph.ingest(&alice, 0, 1, &[])?;
    /// let parents = graph.local_parents(&[Dot::new(alice, 0)?, Dot::new(bob, 0)?])?;
    /// assert_eq!(parents.as_slice(), [Lv::new(0), Lv::new(1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn local_parents(&self, parents: &[Dot]) -> Result<SmallVec<[Lv; 2]>, IngestError> {
        if parents.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(GraphError::UnsortedParents.into());
        }
        let mut lvs = SmallVec::new();
        if let Some(floor) = self.floor() {
            if floor.version() == parents {
                lvs.push(self.floor_lvs().last());
                return Ok(lvs);
            }
            if parents.is_empty() {
                return Err(self.below_floor());
            }
        }
        for dot in parents {
            lvs.push(self.local_parent(dot)?);
        }
        lvs.sort_unstable();
        Ok(lvs)
    }

    pub(super) fn local_parent(&self, dot: &Dot) -> Result<Lv, IngestError> {
        self.lv_of_dot(dot).ok_or_else(|| {
            if self.was_dropped(dot) {
                self.below_floor()
            } else {
                IngestError::MissingDependency(dot.clone())
            }
        })
    }

    fn ingest_checked(
        &mut self,
        agent: &AgentId,
        seq: u64,
        len: usize,
        parents: &[Dot],
    ) -> Result<Option<LvRange>, IngestError> {
        let n_dropped = self.n_dropped(agent, seq, len);
        if n_dropped > 0 && n_dropped == len {
            return Ok(None);
        }
        let before = seq
            .checked_add(n_dropped as u64)
            .and_then(|seq| seq.checked_sub(1));
        let before = before.filter(|_| n_dropped > 0).map(|seq| Dot {
            agent: agent.clone(),
            seq,
        });
        let parents = self.local_parents(before.as_ref().map_or(parents, slice::from_ref))?;
        let (seq, len) = (seq + n_dropped as u64, len - n_dropped);
        let agent = self.intern_agent(agent);
        let segments = self.segments(agent, seq, len, &parents)?;
        match segments.last().filter(|segment| segment.known.is_none()) {
            Some(segment) => self.add_segment(agent, seq, &parents, segment).map(Some),
            None => Ok(None),
        }
    }

    /// The first event among `len` of an agent from `seq` on that is known, or was dropped.
    #[inline]
    fn first_known(&self, agent: AgentIdx, seq: u64, len: u32) -> Option<u64> {
        let dropped = self.first_dropped(agent, seq, len);
        let runs = self.ids.of_agent(agent)?;
        if runs.seq_end() <= seq {
            return dropped;
        }
        let known = runs.overlapping(seq..seq + u64::from(len)).next();
        let known = known.map(|run| run.seq.max(seq));
        known.into_iter().chain(dropped).min()
    }

    fn split_by_known(&self, agent: AgentIdx, seq: u64, len: u32) -> SmallVec<[Segment; 2]> {
        let end = seq + u64::from(len);
        let mut segments = SmallVec::new();
        // Offsets fit: all lie within the run, whose length is a u32.
        let mut segment = |from: u64, to: u64, known| {
            if from < to {
                segments.push(Segment {
                    offset: (from - seq) as u32,
                    len: (to - from) as u32,
                    known,
                });
            }
        };
        let mut next = seq;
        let runs = self.ids.of_agent(agent);
        for run in runs.iter().flat_map(|runs| runs.overlapping(seq..end)) {
            let from = run.seq.max(seq);
            let to = run.seq_end().min(end);
            segment(next, from, None);
            segment(from, to, Some(run.lv.plus((from - run.seq) as u32)));
            next = to;
        }
        segment(next, end, None);
        segments
    }

    /// Checks that an unknown segment can be appended.
    #[inline]
    fn check_new(&self, segment: &Segment, parents: &[Lv]) -> Result<(), GraphError> {
        if segment.offset > 0 {
            return self.check_room(segment.len, 1);
        }
        self.check_parents(parents)?;
        self.check_room(segment.len, parents.len())
    }

    /// Checks that the events of a known segment have the parents that the run gives them.
    fn check_agrees(
        &self,
        agent: AgentIdx,
        seq: u64,
        segment: &Segment,
        known: Lv,
        parents: &[Lv],
    ) -> Result<(), IngestError> {
        let lvs = LvRange::new(known, known.plus(segment.len));
        let first_seq = seq + u64::from(segment.offset);
        for run in self.runs.iter(lvs) {
            let at = run.lvs.start;
            let at_seq = first_seq + u64::from(at.get() - known.get());
            let agrees = if at_seq == seq {
                run.parents() == parents
            } else {
                self.lv_of(agent, at_seq - 1)
                    .is_some_and(|before| run.parents() == [before])
            };
            if !agrees {
                return Err(self.conflict(agent, seq, at_seq, parents));
            }
        }
        Ok(())
    }
}
