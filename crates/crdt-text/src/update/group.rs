//! Grouping updates on the way: two become one that holds the events of both.

use alloc::borrow::Cow;
use core::ops::Range;

use crdt_core::codec::Writer;
use crdt_core::{AgentId, Delta, DeltaState, Dot, DotContext, Floor, Lv, LvRange, Summarize};

use super::collect::{Pieces, assemble};
use super::{Update, UpdateFloor, UpdateRun, WireDot, floor};
use crate::conflict;
use crate::error::UpdateError;
use crate::op_log::{Agreement, OpRuns};
use crate::{Branch, OpLog, TextOp};

impl Delta for Update {
    type MergeError = UpdateError;

    fn merge_delta(&mut self, other: &Self) -> Result<(), UpdateError> {
        *self = group(self, other)?;
        Ok(())
    }

    fn is_empty(&self) -> bool {
        Self::is_empty(self)
    }
}

impl DeltaState for OpLog {
    type Delta = Update;
    type Error = UpdateError;

    fn apply_delta(&mut self, delta: &Update) -> Result<bool, UpdateError> {
        Ok(self.apply(delta)? > 0)
    }

    fn news_of(&self, delta: &Update) -> Option<Update> {
        super::news_of(self, delta)
    }

    fn events_of(delta: &Update) -> DotContext {
        delta.summary()
    }

    fn split_delta(delta: Update, max_entries: usize) -> Vec<Update> {
        super::split(delta, max_entries)
    }
}

impl Summarize for OpLog {
    type Summary = DotContext;

    fn summary(&self) -> DotContext {
        Self::summary(self)
    }

    /// `None` if this op log is shallow, and lacks itself part of what the other lacks; one that knows
    /// nothing yet gets the floor.
    fn delta_since(&self, known: &DotContext) -> Option<Update> {
        let floor = self.floor().map(Floor::dropped);
        let can_follow = floor.is_none_or(|dropped| known.is_empty() || dropped.is_subset(known));
        can_follow.then(|| self.update_missing(known))
    }

    /// The text at the tip, which takes a merge of the whole history.
    fn write_meaning(&self, w: &mut Writer) -> bool {
        w.str(&Branch::new_at_tip(self).content());
        true
    }
}

/// One of the two updates, its agents renumbered to those of both.
struct Source<'a> {
    update: &'a Update,
    numbers: Vec<u32>,
    /// Ascending by agent and sequence number.
    runs: Vec<UpdateRun<'a>>,
}

/// The events of both updates.
///
/// # Errors
/// [`UpdateError::Conflict`] if they hold one event with different content or parents,
/// [`UpdateError::Circular`] if events would depend on each other in a circle,
/// [`UpdateError::BelowFloor`] if they start from versions that no history has both.
fn group(a: &Update, b: &Update) -> Result<Update, UpdateError> {
    let floor = group_floor(a, b)?;
    let floor = floor.as_ref().map(|(floor, ops)| (floor.clone(), &**ops));
    let mut agents: Vec<AgentId> = a.agents.iter().chain(&b.agents).cloned().collect();
    agents.sort_unstable();
    agents.dedup();
    let (a, b) = (Source::new(a, &agents), Source::new(b, &agents));
    let mut pieces = Pieces::default();
    // What the first has dropped and the second has not.
    let mut texts = Vec::new();
    for run in &a.runs {
        a.push(&mut pieces, 0, run, 0..run.lvs.len());
    }
    for run in &b.runs {
        let mut next = 0;
        for known in a.overlapping(run) {
            let (theirs, ours) = overlap(run, known);
            let lvs = cut(known, &ours);
            if let Some(text) = a.check_agreement(known, ours, &b, run, theirs.clone())? {
                texts.push((lvs, text));
            }
            b.push(&mut pieces, 1, run, next..theirs.start);
            next = theirs.end;
        }
        b.push(&mut pieces, 1, run, next..run.lvs.len());
    }
    let mut filled = OpRuns::default();
    let mut sources = [&a.update.ops, &b.update.ops];
    if !texts.is_empty() {
        filled.clone_from(&a.update.ops);
        filled.fill_in(texts);
        sources[0] = &filled;
    }
    let update = assemble(agents, floor, pieces, |source, lvs| {
        sources[source].ops(lvs)
    });
    update.ok_or(UpdateError::Circular)
}

/// The floor of two updates together, with operations that start with its own.
fn group_floor<'a>(
    a: &'a Update,
    b: &'a Update,
) -> Result<Option<(UpdateFloor, Cow<'a, OpRuns>)>, UpdateError> {
    let Some(later) = floor::later(a, b)? else {
        return Ok(None);
    };
    let Some(own) = later.whole_floor() else {
        return Ok(None);
    };
    let mut ops = Cow::Borrowed(&later.ops);
    let is_same = |update: &Update| update.whole_floor().map(|f| &f.floor) == Some(&own.floor);
    if is_same(a) && is_same(b) {
        let (known, offered) = (a.floor_ops(), b.floor_ops());
        match known.compare(&offered) {
            Agreement::AddsNothing => ops = Cow::Borrowed(&a.ops),
            Agreement::AddsText(text) => {
                let insert = TextOp::insert(0, &text);
                ops = Cow::Owned(OpRuns::from_ops([insert]));
            }
            Agreement::Contradicts => {
                let head = own.floor.version().first();
                return Err(conflict::of_floor(
                    head.ok_or(UpdateError::Corrupt)?,
                    &known,
                    &offered,
                ));
            }
        }
    }
    Ok(Some((own.clone(), ops)))
}

impl<'a> Source<'a> {
    fn new(update: &'a Update, agents: &[AgentId]) -> Self {
        let number = |agent: &AgentId| agents.partition_point(|other| other < agent) as u32;
        let numbers: Vec<u32> = update.agents.iter().map(number).collect();
        let renumber = |run: UpdateRun<'a>| UpdateRun {
            agent: numbers[run.agent as usize],
            ..run
        };
        let mut runs: Vec<UpdateRun<'a>> = update.runs().map(renumber).collect();
        runs.sort_unstable_by_key(|run| (run.agent, run.seq));
        Self {
            update,
            numbers,
            runs,
        }
    }

    /// The runs that share events with `run`.
    fn overlapping(&self, run: &UpdateRun<'_>) -> impl Iterator<Item = &UpdateRun<'a>> {
        let (agent, start, end) = (run.agent, run.seq, run.seq_end());
        let first = self
            .runs
            .partition_point(|r| (r.agent, r.seq_end()) <= (agent, start));
        self.runs[first..]
            .iter()
            .take_while(move |r| r.agent == agent && r.seq < end)
    }

    /// The parents of one event of a run.
    fn parents(&self, run: &UpdateRun<'_>, offset: u32) -> Vec<WireDot> {
        if offset > 0 {
            return vec![WireDot {
                agent: run.agent,
                seq: run.seq + u64::from(offset) - 1,
            }];
        }
        let renumber = |dot: &WireDot| WireDot {
            agent: self.numbers[dot.agent as usize],
            ..*dot
        };
        run.parents.iter().map(renumber).collect()
    }

    fn push(&self, pieces: &mut Pieces, source: usize, run: &UpdateRun<'_>, part: Range<u32>) {
        if part.is_empty() {
            return;
        }
        let first = WireDot {
            agent: run.agent,
            seq: run.seq + u64::from(part.start),
        };
        pieces.push(
            first,
            cut(run, &part),
            source,
            self.parents(run, part.start),
        );
    }

    /// Checks that the same events, given as parts of two runs, have equal content and parents.
    ///
    /// Returns their text, if some of it was dropped here and not there.
    fn check_agreement(
        &self,
        run: &UpdateRun<'_>,
        part: Range<u32>,
        other: &Self,
        other_run: &UpdateRun<'_>,
        other_part: Range<u32>,
    ) -> Result<Option<String>, UpdateError> {
        let ops = |source: &Self, lvs| OpRuns::from_ops(source.update.ops(lvs));
        let first = || self.dot(run, part.start);
        if self.parents(run, part.start) != other.parents(other_run, other_part.start) {
            let ours = self.dots_of_parents(run, part.start)?;
            let theirs = other.dots_of_parents(other_run, other_part.start)?;
            return Err(conflict::of_parents(first()?, &ours, &theirs));
        }
        let known = ops(self, cut(run, &part));
        let offered = ops(other, cut(other_run, &other_part));
        match known.compare(&offered) {
            Agreement::AddsNothing => Ok(None),
            Agreement::AddsText(text) => Ok(Some(text)),
            Agreement::Contradicts => Err(conflict::of_events(&first()?, &known, &offered)),
        }
    }

    /// The parents of one event of a run, for a report.
    fn dots_of_parents(&self, run: &UpdateRun<'_>, offset: u32) -> Result<Vec<Dot>, UpdateError> {
        match offset.checked_sub(1) {
            Some(before) => Ok(vec![self.dot(run, before)?]),
            None => run.parents.iter().map(|dot| self.update.dot(dot)).collect(),
        }
    }

    /// One event of a run, whose agent was renumbered.
    fn dot(&self, run: &UpdateRun<'_>, offset: u32) -> Result<Dot, UpdateError> {
        let agent = self.numbers.iter().position(|&agent| agent == run.agent);
        self.update.dot(&WireDot {
            agent: agent.unwrap_or_default() as u32,
            seq: run.seq + u64::from(offset),
        })
    }
}

/// The events that two runs share, as offsets in each.
fn overlap(a: &UpdateRun<'_>, b: &UpdateRun<'_>) -> (Range<u32>, Range<u32>) {
    let (start, end) = (a.seq.max(b.seq), a.seq_end().min(b.seq_end()));
    // Offsets into a run fit its events.
    let within = |run: &UpdateRun<'_>| (start - run.seq) as u32..(end - run.seq) as u32;
    (within(a), within(b))
}

fn cut(run: &UpdateRun<'_>, part: &Range<u32>) -> LvRange {
    let start: Lv = run.lvs.start;
    LvRange::new(start.plus(part.start), start.plus(part.end))
}
