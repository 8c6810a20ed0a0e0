//! The walker: turns the operations of a history into operations on the text at hand.
//!
//! Operations are stored as their authors made them, each in the document it was made on. To
//! apply one elsewhere its positions must be transformed past everything concurrent. The walker
//! does so zone by zone: between critical versions nothing is concurrent and operations pass
//! unchanged; inside a zone they go through the [`Tracker`].
//!
//! # Costs
//! Linear histories: O(1) a run. A zone: O(n log n + m + c), n = runs in it, m = runs advanced and
//! retreated while walking between its branches, c = for each insert the runs that concurrent
//! events put between its neighbours.
//!
//! Source: J. Gentle and M. Kleppmann, "Collaborative Text Editing with Eg-walker: Better, Faster,
//! Smaller" (EuroSys 2025). Differs: zones are planned one at a time, and positions past the end
//! have a meaning, for which lengths are noted on the way (see `Lengths`).

mod compare;
mod inserts;
mod lengths;
mod lines;
mod marks;
mod outcome;
mod place;
mod replay;
mod span;
mod spans;
mod touched;
mod tracker;
mod warm;
mod zone;

use alloc::collections::VecDeque;

use crdt_core::{Frontier, Lv, LvRange};

pub(crate) use self::compare::{Change, Comparison, compare};
pub(crate) use self::lengths::Lengths;
use self::lines::Lines;
pub(crate) use self::place::{Spot, Survey};
pub(crate) use self::warm::Memory;
use crate::OpLog;
use crate::op_log::{OpKind, OpRun, TextRange, lowest_deleted};

/// Where transformed operations go, in an order in which they can be applied one by one.
pub(crate) trait Sink {
    /// Whether anything is done with what it is told.
    const IS_HEARD: bool = true;

    /// Text of the op log, `len` scalars, now stands before scalar `pos`.
    fn insert(&mut self, pos: u32, text: TextRange, len: u32);
    /// The `len` scalars from `pos` on are gone.
    fn delete(&mut self, pos: u32, len: u32);
}

/// A walk from one version forward to another.
struct Walker<'a, S> {
    oplog: &'a OpLog,
    sink: &'a mut S,
    /// Length of the text in scalars, at what was walked so far.
    len: u32,
    memory: &'a mut Memory,
    lines: Option<Box<Lines>>,
    /// Whether any zone was replayed, and what was passed after the last one.
    has_replayed: bool,
    passed: Option<Lv>,
    n_passed: u32,
}

/// Walks from `from`, a text of so many scalars, to `to`, which must contain it.
///
/// What is in `memory` must come from walks that ended in the history of `from`. Returns the length
/// of the text at `to`.
pub(crate) fn walk<S: Sink>(
    oplog: &OpLog,
    (from, len): (&Frontier, u32),
    to: &Frontier,
    memory: &mut Memory,
    sink: &mut S,
) -> u32 {
    let difference = oplog.graph().diff(from, to);
    debug_assert!(difference.only_a.is_empty(), "walks go forward");
    walk_events(oplog, (from, len), (to, difference.only_b), memory, sink)
}

/// As [`walk`], for a caller who knows which events, `wanted`, lie between the two versions.
pub(crate) fn walk_events<S: Sink>(
    oplog: &OpLog,
    (from, len): (&Frontier, u32),
    (to, wanted): (&Frontier, Vec<LvRange>),
    memory: &mut Memory,
    sink: &mut S,
) -> u32 {
    let mut walker = Walker {
        oplog,
        sink,
        len,
        memory,
        lines: None,
        has_replayed: false,
        passed: None,
        n_passed: 0,
    };
    walker.run(from, wanted);
    walker.remember(to);
    walker.len
}

/// The length of the text at a version, in scalars.
pub(crate) fn length_at(oplog: &OpLog, version: &Frontier, lengths: &mut Lengths) -> u32 {
    lengths.walk(oplog, (&Frontier::root(), 0), version)
}

impl Sink for () {
    const IS_HEARD: bool = false;

    fn insert(&mut self, _: u32, _: TextRange, _: u32) {}
    fn delete(&mut self, _: u32, _: u32) {}
}

impl<S: Sink> Walker<'_, S> {
    /// Emits the events of `wanted`, which ascend, on top of version `at`.
    fn run(&mut self, at: &Frontier, wanted: Vec<LvRange>) {
        if let Some(last) = self.end_of_chain(at, &wanted) {
            wanted.into_iter().for_each(|lvs| self.pass(lvs));
            self.memory.lengths.note(last, self.len);
            return;
        }
        let mut wanted = VecDeque::from(wanted);
        self.finish_zone(at, &mut wanted);
        while let Some(first) = wanted.front() {
            // Everything before is in the history of everything wanted from here on.
            let start = first.start;
            let critical = self.oplog.graph().critical_from(start);
            if let Some(stretch) = critical.filter(|stretch| stretch.start <= start) {
                for lvs in take_below(&mut wanted, stretch.end) {
                    self.pass(lvs);
                    self.memory.lengths.note(lvs.last(), self.len);
                }
            } else {
                let zone = take_below(&mut wanted, end_of_zone(critical));
                if critical.is_some() && self.replay_lines(start, &zone) {
                    continue;
                }
                let warm = self.memory.zone.get_or_insert_default();
                warm.start(self.oplog, (start, self.len), (&[], &zone));
                self.replay_wanted();
            }
        }
    }

    /// If all of `wanted` simply follows `at`, one event after the other: the last of them.
    fn end_of_chain(&self, at: &Frontier, wanted: &[LvRange]) -> Option<Lv> {
        let mut last = None;
        for run in wanted.iter().flat_map(|&lvs| self.oplog.graph().runs(lvs)) {
            let follows = match last {
                Some(last) => run.parents() == [last],
                None => run.parents() == at.as_slice(),
            };
            if !follows {
                return None;
            }
            last = Some(run.lvs.last());
        }
        last
    }

    /// Emits events that have nothing concurrent.
    fn pass(&mut self, lvs: LvRange) {
        let oplog = self.oplog;
        self.passed.get_or_insert(lvs.start);
        self.n_passed += lvs.len();
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

    /// Replays the zone that `at` stands in the middle of, if it does: what the text contains
    /// already in silence, then what is wanted of the zone.
    fn finish_zone(&mut self, at: &Frontier, wanted: &mut VecDeque<LvRange>) {
        let Some(first) = wanted.front().map(|lvs| lvs.start) else {
            return;
        };
        let graph = self.oplog.graph();
        let critical = graph.critical_from(first);
        let before = graph.critical_before(first);
        let (base, start) = after(before);
        if critical.is_some_and(|stretch| stretch.start <= first) || *at == base {
            return;
        }
        let zone = take_below(wanted, end_of_zone(critical));
        let Memory {
            lengths,
            zone: warm,
        } = &mut *self.memory;
        let warm = warm.get_or_insert_default();
        if let Some(known) = warm.missing_at(self.oplog, at, (start, first)) {
            warm.extend(self.oplog, &known, &zone);
        } else {
            let known = graph.diff(at, &base).only_a;
            let base_len = lengths.at(self.oplog, before);
            warm.start(self.oplog, (start, base_len), (&known, &zone));
        }
        self.replay_wanted();
    }

    /// Replays a whole zone that has ended, if it has two lines; it is not kept for the next walk.
    fn replay_lines(&mut self, start: Lv, zone: &[LvRange]) -> bool {
        let lines = self.lines.get_or_insert_default();
        let Some(grown) = lines.replay(self.oplog, (start, self.len), zone, self.sink) else {
            return false;
        };
        self.len = (i64::from(self.len) + grown) as u32;
        self.passed.get_or_insert(start);
        self.n_passed += zone.iter().map(|lvs| lvs.len()).sum::<u32>();
        true
    }

    fn replay_wanted(&mut self) {
        if let Some(warm) = &mut self.memory.zone {
            let grown = warm.replay(self.oplog, self.sink);
            self.len = (i64::from(self.len) + grown) as u32;
        }
        (self.has_replayed, self.passed, self.n_passed) = (true, None, 0);
    }

    /// Leaves the last zone for the next walk to go on with.
    fn remember(&mut self, to: &Frontier) {
        if let Some(warm) = self.memory.zone.as_mut().filter(|_| self.has_replayed) {
            let passed = self.passed.and_then(|lv| self.oplog.graph().parents_of(lv));
            warm.reach(passed.unwrap_or_else(|| to.clone()));
        }
        self.memory.leave_zone(self.n_passed);
    }
}

/// Where a zone ends: at the next critical version, if there is one.
fn end_of_zone(critical: Option<LvRange>) -> Lv {
    critical.map_or(Lv::new(u32::MAX), |stretch| stretch.start)
}

/// The version `before` as a frontier (the root, if none), and the first event after it.
fn after(before: Option<Lv>) -> (Frontier, Lv) {
    before.map_or((Frontier::root(), Lv::new(0)), |lv| {
        (Frontier::from(lv), lv.plus(1))
    })
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
