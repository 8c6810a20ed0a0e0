//! The walker: turns the operations of a history into operations on the text at hand.
//!
//! Operations are stored as their authors made them, each in the document it was made on. To
//! apply one elsewhere its positions must be transformed past everything concurrent. The walker
//! does so zone by zone: between critical versions nothing is concurrent and operations pass
//! unchanged; inside a zone they go through the [`Tracker`].
//!
//! # Costs
//! Linear histories: O(1) a run. A zone: O(n log n + m), n = runs in it, m = runs advanced and
//! retreated while walking between its branches.
//!
//! Source: J. Gentle and M. Kleppmann, "Collaborative Text Editing with Eg-walker: Better, Faster,
//! Smaller" (EuroSys 2025). Differs: zones are planned one at a time, and a text of unknown length
//! before the zone is replayed on a guess that is then checked (see `Replay::replay_known`).

mod compare;
mod replay;
mod span;
mod tracker;
mod zone;

use std::collections::VecDeque;

use crdt_core::{Frontier, Lv, LvRange};

pub(crate) use self::compare::{Change, Comparison, compare};
use self::replay::Replay;
use crate::OpLog;
use crate::op_log::{OpKind, OpRun, TextRange, lowest_deleted};

/// Where transformed operations go, in an order in which they can be applied one by one.
pub(crate) trait Sink {
    /// Text of the op log, `len` scalars, now stands before scalar `pos`.
    fn insert(&mut self, pos: u32, text: TextRange, len: u32);
    /// The `len` scalars from `pos` on are gone.
    fn delete(&mut self, pos: u32, len: u32);
}

/// A walk from one version forward to another.
pub(crate) struct Walker<'a, S> {
    oplog: &'a OpLog,
    sink: &'a mut S,
    /// Length of the text in scalars, at what was walked so far.
    len: u32,
    replay: Replay,
}

/// Walks from `from`, a text of `len` scalars, to `to`, which must contain it.
///
/// Returns the length of the text at `to`.
pub(crate) fn walk<S: Sink>(
    oplog: &OpLog,
    from: &Frontier,
    len: u32,
    to: &Frontier,
    sink: &mut S,
) -> u32 {
    let difference = oplog.graph().diff(from, to);
    debug_assert!(difference.only_a.is_empty(), "walks go forward");
    let mut walker = Walker { oplog, sink, len, replay: Replay::new() };
    walker.run(from.clone(), difference.only_b.into());
    walker.len
}

/// The length of the text at a version, in scalars.
pub(crate) fn length_at(oplog: &OpLog, version: &Frontier) -> u32 {
    walk(oplog, &Frontier::root(), 0, version, &mut ())
}

impl Sink for () {
    fn insert(&mut self, _: u32, _: TextRange, _: u32) {}
    fn delete(&mut self, _: u32, _: u32) {}
}

impl<S: Sink> Walker<'_, S> {
    /// Emits the events of `wanted`, which ascend, on top of version `at`.
    fn run(&mut self, mut at: Frontier, mut wanted: VecDeque<LvRange>) {
        self.pass_linear(&mut at, &mut wanted);
        let Some(first) = wanted.front() else { return };
        let before = self.oplog.graph().critical_before(first.start);
        let base = before.map_or_else(Frontier::root, Frontier::from);
        let known = self.oplog.graph().diff(&at, &base).only_a;
        let mut start = before.map_or(Lv::new(0), |lv| lv.plus(1));
        let mut known = known.as_slice();
        while !wanted.is_empty() {
            let critical = self.oplog.graph().critical_from(start);
            let end = critical.map_or(Lv::new(u32::MAX), |stretch| stretch.start);
            if let Some(stretch) = critical.filter(|_| end <= start) {
                take_below(&mut wanted, stretch.end).into_iter().for_each(|lvs| self.pass(lvs));
                start = stretch.end;
            } else {
                let zone = take_below(&mut wanted, end);
                self.replay_zone(start, known, &zone);
                known = &[];
                start = end;
            }
        }
    }

    /// Emits the longest prefix of `wanted` that simply follows `at`, one event after the other.
    fn pass_linear(&mut self, at: &mut Frontier, wanted: &mut VecDeque<LvRange>) {
        let mut n_done = 0;
        'ranges: for lvs in wanted.iter_mut() {
            for run in self.oplog.graph().runs(*lvs) {
                // A run that is forked from inside is no reason to stop: what forks off it comes
                // later, and finds it in the version it starts from.
                if run.parents() != at.as_slice() {
                    lvs.start = run.lvs.start;
                    break 'ranges;
                }
                self.pass(run.lvs);
                *at = Frontier::from(run.lvs.last());
            }
            n_done += 1;
        }
        wanted.drain(..n_done);
    }

    /// Emits events that have nothing concurrent.
    fn pass(&mut self, lvs: LvRange) {
        let oplog = self.oplog;
        for op in oplog.ops().iter(lvs) {
            self.emit(&op);
        }
    }

    fn emit(&mut self, op: &OpRun) {
        let n = op.lvs.len();
        // Positions past the end mean the end, as everywhere (see `Tracker`).
        if op.kind == OpKind::Insert {
            self.sink.insert(op.pos.min(self.len), op.text, n);
            self.len += n;
        } else {
            let pos = lowest_deleted(op).min(self.len);
            let n = n.min(self.len - pos);
            if n > 0 {
                self.sink.delete(pos, n);
                self.len -= n;
            }
        }
    }

    /// Replays a zone that starts at `start`: first what the text at hand contains already, in
    /// silence, then what is wanted.
    fn replay_zone(&mut self, start: Lv, known: &[LvRange], wanted: &[LvRange]) {
        let Self { oplog, replay, .. } = self;
        replay.plan(oplog, start, known, wanted, []);
        if known.is_empty() {
            replay.reset(Some(self.len));
        } else if !replay.replay_known(oplog, self.len) {
            let before = start.prev().map_or_else(Frontier::root, Frontier::from);
            let base_len = length_at(oplog, &before);
            replay.reset(Some(base_len));
            replay.replay_first(oplog);
        }
        let grown = replay.replay_rest(oplog, self.sink);
        self.len = (i64::from(self.len) + grown) as u32;
    }
}

/// Cuts off and returns the part of ascending ranges that lies below `end`.
fn take_below(ranges: &mut VecDeque<LvRange>, end: Lv) -> Vec<LvRange> {
    let mut taken = Vec::new();
    while let Some(lvs) = ranges.front_mut().filter(|lvs| lvs.start < end) {
        taken.push(LvRange::new(lvs.start, lvs.end.min(end)));
        if lvs.end > end {
            lvs.start = end;
        } else {
            ranges.pop_front();
        }
    }
    taken
}
