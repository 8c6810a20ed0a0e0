//! Operations from other replicas.

use crdt_core::{AgentId, AgentIdx, Dot, GraphError, Lv, LvRange, Segment};

use super::ops::{Agreement, OpRuns};
use super::{MAX_LEN, OpLog};
use crate::conflict;
use crate::error::{EditError, UpdateError};
use crate::rope::TextWidth;
use crate::update::UpdateRun;
use crate::{Direction, TextOp, Update};

/// A run of one agent's operations as they come from another replica.
#[derive(Clone, Copy, Debug)]
pub struct RemoteRun<'a> {
    /// Who made them.
    pub agent: &'a AgentId,
    /// Sequence number of the first event.
    pub seq: u64,
    /// The version that the first event was made on: dots in ascending order, none an ancestor of
    /// another. Each further event was made on top of the one before.
    pub parents: &'a [Dot],
    /// The operations, in order.
    pub ops: &'a [TextOp<'a>],
}

/// What an op log held before a batch, so that a failed one leaves no trace.
struct Checkpoint {
    graph: crdt_core::Checkpoint,
    len: Lv,
}

impl OpLog {
    /// Takes in a run of another replica; what is known already is skipped.
    ///
    /// Returns how many events were added. Positions are not checked against the document: one
    /// past the end at its own version means the end, and a delete there deletes nothing, on all
    /// replicas alike.
    ///
    /// # Errors
    /// [`UpdateError::MissingDependency`] if the run is early,
    /// [`UpdateError::BelowFloor`] if it does not follow what a shallow history starts from,
    /// [`UpdateError::Conflict`] if part of it is known with other content or parents,
    /// [`UpdateError::Malformed`] if it breaks the rules. Nothing changed.
    ///
    /// # Complexity
    /// O(k + log n), k = operations and bytes of text.
    ///
    /// # Convergence
    /// Idempotent; runs commute as far as their dependencies allow.
    pub fn ingest(&mut self, run: &RemoteRun<'_>) -> Result<usize, UpdateError> {
        self.atomically(|oplog| {
            if oplog.was_dropped(run) {
                return oplog.ingest_rest(run);
            }
            let parents = oplog.graph.local_parents(run.parents)?;
            let agent = oplog.graph.intern_agent(run.agent);
            let mut texts = Vec::new();
            let n_added = oplog.ingest_run(agent, run.seq, &parents, run.ops, &mut texts)?;
            oplog.fill_in(texts)?;
            Ok(n_added)
        })
    }

    /// Whether the first event of a run was dropped.
    fn was_dropped(&self, run: &RemoteRun<'_>) -> bool {
        self.graph.n_dropped(run.agent, run.seq, 1) > 0
    }

    /// Takes in the part of a run that follows what was dropped of it.
    fn ingest_rest(&mut self, run: &RemoteRun<'_>) -> Result<usize, UpdateError> {
        let n_events = check_ops(&self.ops, run.ops).map_err(UpdateError::Malformed)?;
        let n_dropped = self.graph.n_dropped(run.agent, run.seq, n_events);
        if n_dropped == n_events {
            return Ok(0);
        }
        // At least one event was dropped, and the numbers of all are in range.
        let seq = run.seq + n_dropped as u64;
        let agent = run.agent.clone();
        let before = Dot::new(agent, seq - 1).map_err(|_| out_of_range(run.seq))?;
        let ops: Vec<TextOp<'_>> = cut_ops(run.ops, n_dropped, n_events).collect();
        self.ingest(&RemoteRun {
            agent: run.agent,
            seq,
            parents: &[before],
            ops: &ops,
        })
    }

    /// Takes in an update: all of it, or on error nothing.
    ///
    /// Returns how many events were added. An op log without events takes over the floor of a shallow
    /// history, and counts what stands for it.
    ///
    /// # Errors
    /// As [`Self::ingest`]; [`UpdateError::MissingFloor`] if the update starts from a version that is
    /// not known here.
    ///
    /// # Complexity
    /// O(n log n), n = runs in the update; plus its text.
    ///
    /// # Convergence
    /// Idempotent; updates commute as far as their dependencies allow.
    pub fn apply(&mut self, update: &Update) -> Result<usize, UpdateError> {
        let Some(own) = update.whole_floor() else {
            return self.apply_events(update);
        };
        if self.is_empty() {
            return self.adopt(update, own.floor.clone());
        }
        let heads = own.floor.version();
        let missing = || UpdateError::MissingFloor {
            floor: heads.to_vec(),
        };
        self.atomically(|oplog| {
            let text = oplog.text_of_floor(update)?;
            let n_added = oplog.apply_events(update).map_err(|error| match error {
                UpdateError::MissingDependency(dot) if heads.contains(&dot) => missing(),
                error => error,
            })?;
            // Its own events may have brought the floor.
            if !heads.iter().all(|head| oplog.graph.is_contained(head)) {
                return Err(missing());
            }
            oplog.fill_in(text)?;
            Ok(n_added)
        })
    }

    /// What an update with the same floor says of the text there, if that was dropped here.
    fn text_of_floor(&self, update: &Update) -> Result<Vec<(LvRange, String)>, UpdateError> {
        let floor = update.whole_floor().map(|own| &own.floor);
        let Some(floor) = floor.filter(|floor| self.floor() == Some(floor)) else {
            return Ok(Vec::new());
        };
        let lvs = self.graph.floor_lvs();
        let (known, offered) = (OpRuns::from_ops(self.ops.ops(lvs)), update.floor_ops());
        match known.compare(&offered) {
            Agreement::AddsText(text) => Ok(vec![(lvs, text)]),
            Agreement::AddsNothing => Ok(Vec::new()),
            Agreement::Contradicts => {
                let head = floor.version().first().ok_or(UpdateError::Corrupt)?;
                Err(conflict::of_floor(head, &known, &offered))
            }
        }
    }

    /// Takes in the events of an update, which starts from what is known here.
    pub(super) fn apply_events(&mut self, update: &Update) -> Result<usize, UpdateError> {
        self.atomically(|oplog| {
            let mut agents = vec![None; update.agents().len()];
            let mut ops = Vec::new();
            let mut n_added = 0;
            let mut texts = Vec::new();
            for run in update.runs() {
                if oplog.floor().is_some() {
                    n_added += oplog.ingest_above_floor(update, &run, &mut texts)?;
                    continue;
                }
                let mut parents = smallvec::SmallVec::<[Lv; 2]>::new();
                for parent in run.parents {
                    let agent = oplog.agent_of(update, &mut agents, parent.agent);
                    match oplog.graph.lv_of(agent, parent.seq) {
                        Some(lv) => parents.push(lv),
                        None => return Err(UpdateError::MissingDependency(update.dot(parent)?)),
                    }
                }
                parents.sort_unstable();
                let agent = oplog.agent_of(update, &mut agents, run.agent);
                ops.clear();
                ops.extend(update.ops(run.lvs));
                n_added += oplog.ingest_run(agent, run.seq, &parents, &ops, &mut texts)?;
            }
            oplog.fill_in(texts)?;
            Ok(n_added)
        })
    }

    /// Takes in a run of an update, but for what was dropped of it.
    fn ingest_above_floor(
        &mut self,
        update: &Update,
        run: &UpdateRun<'_>,
        texts: &mut Vec<(LvRange, String)>,
    ) -> Result<usize, UpdateError> {
        let name = &update.agents()[run.agent as usize];
        let n_events = run.lvs.len() as usize;
        let n_dropped = self.graph.n_dropped(name, run.seq, n_events);
        if n_dropped == n_events {
            return Ok(0);
        }
        let seq = run.seq + n_dropped as u64;
        let mut parents = Vec::new();
        if n_dropped > 0 {
            let before = Dot::new(name.clone(), seq - 1);
            parents.push(before.map_err(|_| out_of_range(seq))?);
        } else {
            for parent in run.parents {
                parents.push(update.dot(parent)?);
            }
        }
        let parents = self.graph.local_parents(&parents)?;
        let agent = self.graph.intern_agent(name);
        let lvs = LvRange::new(run.lvs.start.plus(n_dropped as u32), run.lvs.end);
        let ops: Vec<TextOp<'_>> = update.ops(lvs).collect();
        self.ingest_run(agent, seq, &parents, &ops, texts)
    }

    /// Takes in everything that another op log knows, and compares what both know.
    ///
    /// Returns how many events were added.
    ///
    /// # Errors
    /// [`UpdateError::Conflict`] if the two hold one event with different content or parents;
    /// nothing changed.
    ///
    /// # Complexity
    /// O(n log n), n = runs of the other; plus its text.
    pub fn merge(&mut self, other: &Self) -> Result<usize, UpdateError> {
        self.apply(&other.update_of_all())
    }

    /// Whether another op log starts from the same version and text.
    pub(super) fn has_floor_of(&self, other: &Self) -> bool {
        let lvs = self.graph.floor_lvs();
        let text = |oplog: &Self| OpRuns::from_ops(oplog.ops.ops(lvs));
        self.floor() == other.floor() && text(self).compare(&text(other)) != Agreement::Contradicts
    }

    /// Whether every event of another op log is known here, with equal content and parents.
    pub(super) fn knows_all_of(&self, other: &Self) -> bool {
        other.iter_history().all(|run| {
            let known = || {
                let parents = other.graph.to_remote(&run.parents).ok()?;
                let parents = self.graph.local_parents(&parents).ok()?;
                let agent = self.graph.agents().index_of(run.agent.as_str())?;
                let len = run.lvs.len() as usize;
                let segments = self.graph.segments(agent, run.seq, len, &parents).ok()?;
                let is_known =
                    |segment: &Segment| self.agreement(segment, &run.ops) != Agreement::Contradicts;
                Some(segments.iter().all(is_known))
            };
            known().unwrap_or(false)
        })
    }

    pub(super) fn agent_of(
        &mut self,
        update: &Update,
        agents: &mut [Option<AgentIdx>],
        agent: u32,
    ) -> AgentIdx {
        let graph = &mut self.graph;
        *agents[agent as usize]
            .get_or_insert_with(|| graph.intern_agent(&update.agents()[agent as usize]))
    }

    fn ingest_run(
        &mut self,
        agent: AgentIdx,
        seq: u64,
        parents: &[Lv],
        ops: &[TextOp<'_>],
        texts: &mut Vec<(LvRange, String)>,
    ) -> Result<usize, UpdateError> {
        let n_events = check_ops(&self.ops, ops).map_err(UpdateError::Malformed)?;
        let segments = self.graph.segments(agent, seq, n_events, parents)?;
        for segment in &segments {
            let Some(lv) = segment.known else { continue };
            let (known, offered) = self.both_sides(segment, lv, ops);
            match known.compare(&offered) {
                Agreement::AddsNothing => {}
                Agreement::AddsText(text) => {
                    texts.push((LvRange::new(lv, lv.plus(segment.len)), text));
                }
                Agreement::Contradicts => {
                    if let Some(dot) = self.graph.dot_of(lv) {
                        return Err(conflict::of_events(&dot, &known, &offered));
                    }
                }
            }
        }
        let mut n_added = 0;
        for segment in segments.iter().filter(|segment| segment.known.is_none()) {
            self.graph.add_segment(agent, seq, parents, segment)?;
            let from = segment.offset as usize;
            let to = from + segment.len as usize;
            cut_ops(ops, from, to).for_each(|op| self.ops.push(&op));
            n_added += segment.len as usize;
        }
        Ok(n_added)
    }

    /// What `ops`, the whole run's operations, say of the known events of a segment.
    fn agreement(&self, segment: &Segment, ops: &[TextOp<'_>]) -> Agreement {
        let Some(lv) = segment.known else {
            return Agreement::Contradicts;
        };
        let (known, offered) = self.both_sides(segment, lv, ops);
        known.compare(&offered)
    }

    /// The known events of a segment from `lv` on, and what `ops`, the whole run's operations, say of them.
    fn both_sides(&self, segment: &Segment, lv: Lv, ops: &[TextOp<'_>]) -> (OpRuns, OpRuns) {
        let from = segment.offset as usize;
        let offered = cut_ops(ops, from, from + segment.len as usize);
        let known = self.ops.ops(LvRange::new(lv, lv.plus(segment.len)));
        // Runs may be cut differently on the two sides, so both are put through the same encoder.
        (OpRuns::from_ops(known), OpRuns::from_ops(offered))
    }

    /// Takes over text that was dropped here, at the end of a batch.
    fn fill_in(&mut self, texts: Vec<(LvRange, String)>) -> Result<(), UpdateError> {
        if self.ops.growth(&texts) > MAX_LEN - self.ops.text_bytes() {
            let limit = MAX_LEN;
            return Err(UpdateError::Malformed(EditError::TooLong { limit }));
        }
        self.ops.fill_in(texts);
        Ok(())
    }

    /// Runs `change`; if it fails, whatever it appended is cut off again.
    pub(super) fn atomically<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, UpdateError>,
    ) -> Result<T, UpdateError> {
        let before = Checkpoint {
            graph: self.graph.checkpoint(),
            len: self.ops.end(),
        };
        change(self).inspect_err(|_| {
            self.graph.rollback(before.graph);
            if self.ops.end() > before.len {
                self.ops.truncate(before.len);
                self.lengths.clear();
            }
        })
    }
}

pub(super) fn no_room(error: GraphError) -> UpdateError {
    UpdateError::Malformed(EditError::Graph(error))
}

fn out_of_range(seq: u64) -> UpdateError {
    no_room(GraphError::SeqOverflow { seq })
}

/// Checks what can be checked without the document; returns how many events the operations are.
#[inline]
pub(super) fn check_ops(log: &OpRuns, ops: &[TextOp<'_>]) -> Result<usize, EditError> {
    let mut n_events = 0_usize;
    let mut n_bytes = log.text_bytes();
    for op in ops {
        let (pos, len) = match *op {
            TextOp::Insert { pos, text } => {
                n_bytes += text.len();
                (pos, TextWidth::of(text).chars as usize)
            }
            TextOp::Delete { pos, len, text, .. } => {
                if let Some(text) = text {
                    n_bytes += text.len();
                    let found = TextWidth::of(text).chars as usize;
                    if found != len {
                        return Err(EditError::DeletedTextLength {
                            expected: len,
                            found,
                        });
                    }
                }
                (pos, len)
            }
        };
        if len == 0 {
            return Err(EditError::Empty);
        }
        n_events = n_events.saturating_add(len);
        let too_long = pos.checked_add(len).is_none_or(|end| end > MAX_LEN);
        if too_long || n_events > MAX_LEN || n_bytes > MAX_LEN {
            return Err(EditError::TooLong { limit: MAX_LEN });
        }
    }
    if n_events == 0 {
        Err(EditError::Empty)
    } else {
        Ok(n_events)
    }
}

/// The events from number `from` to number `to` of a run of operations.
fn cut_ops<'a>(ops: &'a [TextOp<'a>], from: usize, to: usize) -> impl Iterator<Item = TextOp<'a>> {
    let mut start = 0;
    ops.iter().filter_map(move |op| {
        let len = op.n_events();
        let part = from.saturating_sub(start)..to.saturating_sub(start).min(len);
        start += len;
        (part.start < part.end).then(|| cut_op(op, len, part.start, part.end))
    })
}

fn cut_op<'a>(op: &TextOp<'a>, n_events: usize, from: usize, to: usize) -> TextOp<'a> {
    if (from, to) == (0, n_events) {
        return *op;
    }
    match *op {
        TextOp::Insert { pos, text } => TextOp::insert(pos + from, cut_text(text, from, to)),
        TextOp::Delete {
            pos,
            len,
            direction,
            text,
        } => TextOp::Delete {
            // A forward run deletes at one place; a backward run ends at the lowest.
            pos: if direction == Direction::Backward {
                pos + (len - to)
            } else {
                pos
            },
            len: to - from,
            direction,
            text: text.map(|text| cut_text(text, from, to)),
        },
    }
}

fn cut_text(text: &str, from: usize, to: usize) -> &str {
    let byte = |at| str_indices::chars::to_byte_idx(text, at);
    &text[byte(from)..byte(to)]
}
