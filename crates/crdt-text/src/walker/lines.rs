//! Zones of two lines: two writers, each of whom goes on from all that they have written.
//!
//! To replay such a zone on one prepared version means to go back and forth between the two writers'.
//! Here the tracker stands on both at once: each line has a view of its own, which only ever moves
//! forward, so nothing is retreated and events can be applied in local order.
//!
//! # Invariants
//! - Each event of a line has the one before it in the line in its history.
//! - The view of a line is the version of its last event, or the zone's start.
//! - The other line's view holds what a line's events below `seen` did.

mod plan;

use crdt_core::{Lv, LvRange};

use self::plan::{Plan, Step};
use super::replay::{delete, insert};
use super::spans::LineList;
use super::touched::Touched;
use super::tracker::Tracker;
use super::{Sink, outcome};
use crate::OpLog;
use crate::op_log::OpKind;

/// Replays zones of two lines. Kept between zones for its memory.
#[derive(Default)]
pub(super) struct Lines {
    plan: Plan,
    tracker: Tracker<LineList>,
    lines: [Line; 2],
}

/// What one line has done, and how much of it the other one knows.
#[derive(Default)]
struct Line {
    seen: Lv,
    /// Where the tracker found the last insert that is known.
    at_insert: usize,
    /// What its events deleted, by operation.
    deleted: Vec<Touched>,
    /// The first part of `deleted` that is not known as a whole.
    at_deleted: usize,
}

impl Lines {
    /// Replays a whole zone, as [`Replay::plan`](super::replay::Replay::plan) and
    /// [`run`](super::replay::Replay::run) would; returns by how many scalars the text has grown.
    ///
    /// `None`, and nothing is told, if it is large, or has more than two lines.
    pub(super) fn replay(
        &mut self,
        oplog: &OpLog,
        (start, base_len): (Lv, u32),
        zone: &[LvRange],
        sink: &mut impl Sink,
    ) -> Option<i64> {
        if !self.plan.make(oplog, start, zone) {
            return None;
        }
        self.tracker.reset(base_len);
        for line in &mut self.lines {
            line.deleted.clear();
            (line.seen, line.at_insert, line.at_deleted) = (start, 0, 0);
        }
        let mut op = oplog.ops().find(start);
        for step in self.plan.steps() {
            let Self { tracker, lines, .. } = self;
            tracker.look_from(step.line);
            lines[1 - step.line].show(tracker, step.seen);
            op = lines[step.line].act(oplog, tracker, step, op);
        }
        outcome::emit(oplog, &self.tracker, sink);
        Some(i64::from(self.tracker.effect_len()) - i64::from(base_len))
    }
}

impl Line {
    /// Moves what the line's events below `end` did into the view looked from, which is the other
    /// line's.
    #[inline]
    fn show(&mut self, tracker: &mut Tracker<LineList>, end: Lv) {
        if end <= self.seen {
            return;
        }
        // First the inserts: what is deleted must be known.
        tracker.show_inserts(end, &mut self.at_insert);
        while let Some(whole) = self.deleted.get(self.at_deleted)
            && whole.lv < end
        {
            let mut part = *whole;
            if part.lv < self.seen {
                part = part.split_off(self.seen);
            }
            let goes_on = part.end() > end;
            if goes_on {
                part.split_off(end);
            }
            tracker.advance(part.id, part.len);
            if goes_on {
                break;
            }
            self.at_deleted += 1;
        }
        self.seen = end;
    }

    /// Applies the events of a step, the first of which run `op` of operations or a later one holds;
    /// returns the run that holds the last.
    #[inline]
    fn act(
        &mut self,
        oplog: &OpLog,
        tracker: &mut Tracker<LineList>,
        step: &Step,
        mut op: usize,
    ) -> usize {
        let ops = oplog.ops();
        while ops.end_of_run(op) <= step.lvs.start {
            op += 1;
        }
        loop {
            let run = ops.run(op);
            let part = ops.slice(run, step.lvs);
            if part.kind == OpKind::Insert {
                insert(oplog, tracker, &part);
            } else {
                let n_deleted = self.deleted.len();
                delete(&part, (&mut self.deleted, n_deleted), tracker, &mut ());
            }
            if run.lvs.end >= step.lvs.end {
                return op;
            }
            op += 1;
        }
    }
}

#[cfg(test)]
mod tests;
