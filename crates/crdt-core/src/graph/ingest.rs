//! Taking in runs that other replicas made, when part of them may be known already.

use smallvec::SmallVec;

use super::CausalGraph;
use super::error::{GraphError, IngestError};
use super::lv::{Lv, LvRange};
use crate::{AgentIdx, Dot};

/// A part of an offered run that is either wholly known or wholly unknown.
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
    /// # Errors
    /// [`IngestError::Conflict`] if a known event has other parents than the run says;
    /// [`IngestError::Malformed`] if the run is empty, too long, or its parents are not sorted,
    /// distinct and minimal.
    ///
    /// # Complexity
    /// O(log n + s), s = segments; plus [`Self::find_dominators`] for unusual parents.
    pub fn segments(
        &self,
        agent: AgentIdx,
        seq: u64,
        len: usize,
        parents: &[Lv],
    ) -> Result<SmallVec<[Segment; 2]>, IngestError> {
        self.check_agent(agent)?;
        let len = self.check_size(seq, len)?;
        let segments = self.split_by_known(agent, seq, len);
        if let [Segment { known: None, .. }] = segments.as_slice() {
            self.check_parents(parents)?;
            return Ok(segments);
        }
        for segment in &segments {
            self.check_known(agent, seq, segment, parents)?;
        }
        if segments.first().is_some_and(|first| first.known.is_none()) {
            self.check_parents(parents)?;
        }
        Ok(segments)
    }

    /// Appends an unknown segment of a run that [`Self::segments`] accepted.
    ///
    /// Segments must be added in order: all but the first have the event before them in the run
    /// as their parent, which is known by then.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] if that event is not known.
    ///
    /// # Complexity
    /// O(1) amortised; O(n) when sequence numbers arrive out of order, n = runs of the agent.
    pub fn add_segment(
        &mut self,
        agent: AgentIdx,
        seq: u64,
        parents: &[Lv],
        segment: &Segment,
    ) -> Result<LvRange, IngestError> {
        let seq = seq + u64::from(segment.offset);
        if segment.offset == 0 {
            return Ok(self.push(agent, seq, parents, segment.len));
        }
        match self.lv_of(agent, seq - 1) {
            Some(before) => Ok(self.push(agent, seq, &[before], segment.len)),
            None => Err(IngestError::MissingDependency(self.dot(agent, seq - 1))),
        }
    }

    /// Takes in a run of another replica; what is known already is skipped.
    ///
    /// Returns the local versions of what was added, one range for each unknown segment.
    ///
    /// # Errors
    /// [`IngestError`] as for [`Self::segments`], or [`IngestError::MissingDependency`] if a
    /// parent is not known. On error no event was added.
    ///
    /// # Convergence
    /// Idempotent; runs commute as far as their dependencies allow.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, CausalGraph, Dot};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&alice, 0, 5, &[])?;
    /// // Overlaps what is known: only events 5, 6 and 7 are new.
    /// let parent = Dot::new(alice.clone(), 2)?;
    /// let added = graph.ingest(&alice, 3, 5, &[parent])?;
    /// assert_eq!(added[0].len(), 3);
    /// assert_eq!(graph.len(), 8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ingest(
        &mut self,
        agent: &crate::AgentId,
        seq: u64,
        len: usize,
        parents: &[Dot],
    ) -> Result<SmallVec<[LvRange; 2]>, IngestError> {
        let parents = self.local_parents(parents)?;
        let agent = self.intern_agent(agent);
        let segments = self.segments(agent, seq, len, &parents)?;
        let unknown = segments.iter().filter(|segment| segment.known.is_none());
        unknown
            .map(|segment| self.add_segment(agent, seq, &parents, segment))
            .collect()
    }

    /// Translates the parents of an offered run, sorted by local version.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] with the first parent that is not known;
    /// [`IngestError::Malformed`] if the dots are not sorted and distinct.
    ///
    /// # Complexity
    /// O(p (log a + log n)), p = parents.
    pub fn local_parents(&self, parents: &[Dot]) -> Result<SmallVec<[Lv; 2]>, IngestError> {
        if parents.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(GraphError::UnsortedParents.into());
        }
        let mut lvs = SmallVec::new();
        for dot in parents {
            lvs.push(self.local_parent(dot)?);
        }
        lvs.sort_unstable();
        Ok(lvs)
    }

    pub(super) fn local_parent(&self, dot: &Dot) -> Result<Lv, IngestError> {
        self.lv_of_dot(dot)
            .ok_or_else(|| IngestError::MissingDependency(dot.clone()))
    }

    fn split_by_known(&self, agent: AgentIdx, seq: u64, len: u32) -> SmallVec<[Segment; 2]> {
        let end = seq + u64::from(len);
        let runs = self.ids.seq_runs(agent);
        let first = match runs.last() {
            Some(last) if last.seq_end() > seq => runs.partition_point(|r| r.seq_end() <= seq),
            _ => runs.len(),
        };
        let mut segments = SmallVec::new();
        let mut next = seq;
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
        for run in runs[first..].iter().take_while(|run| run.seq < end) {
            let from = run.seq.max(seq);
            let to = run.seq_end().min(end);
            segment(next, from, None);
            segment(from, to, Some(run.lv.plus((from - run.seq) as u32)));
            next = to;
        }
        segment(next, end, None);
        segments
    }

    /// Checks that the events of a known segment have the parents that the run gives them.
    fn check_known(
        &self,
        agent: AgentIdx,
        seq: u64,
        segment: &Segment,
        parents: &[Lv],
    ) -> Result<(), IngestError> {
        let Some(known) = segment.known else {
            return Ok(());
        };
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
                return Err(IngestError::Conflict(self.dot(agent, at_seq)));
            }
        }
        Ok(())
    }

    fn dot(&self, agent: AgentIdx, seq: u64) -> Dot {
        Dot {
            agent: self.agents.name(agent).clone(),
            seq,
        }
    }
}
