//! Replaying a zone: each node is applied at the version its events were made at.
//!
//! # Invariants
//! - `current` is the version that the tracker's prepare state stands at: the last node applied.
//! - `touched_of[n]` lists the characters that node n inserted or deleted, once it was applied, in
//!   the order of its events.

use core::ops::Range;

use crdt_core::{Lv, LvRange};

use super::Sink;
use super::span::Span;
use super::touched::{Deleted, Touched, touch};
use super::tracker::Tracker;
use super::zone::{Node, Step, Zone};
use crate::OpLog;
use crate::op_log::{OpKind, OpRun, lowest_deleted};

pub(super) struct Replay {
    zone: Zone,
    tracker: Tracker,
    touched: Vec<Touched>,
    touched_of: Vec<Range<u32>>,
    current: Vec<u32>,
    target: Vec<u32>,
}

impl Replay {
    pub(super) fn new() -> Self {
        Self {
            zone: Zone::default(),
            tracker: Tracker::new(),
            touched: Vec::new(),
            touched_of: Vec::new(),
            current: Vec::new(),
            target: Vec::new(),
        }
    }

    /// Plans a zone from `start` on: the known events are replayed before the wanted ones.
    /// Versions made of `heads` and of parents can be moved to later.
    pub(super) fn plan(
        &mut self,
        oplog: &OpLog,
        start: Lv,
        (known, wanted): (&[LvRange], &[LvRange]),
        heads: impl IntoIterator<Item = Lv>,
    ) {
        self.zone.plan(oplog, start, (known, wanted), heads);
    }

    /// Adds later events to the zone, see [`Zone::extend`], on top of what was replayed.
    pub(super) fn extend(&mut self, oplog: &OpLog, known: &[LvRange], wanted: &[LvRange]) {
        let zone = self.zone.start()..self.zone.end();
        for &lvs in known.iter().chain(wanted) {
            for run in oplog.graph().runs(lvs) {
                let old = run.parents().iter().filter(|lv| zone.contains(lv));
                old.for_each(|&lv| self.split_behind(lv));
            }
        }
        self.zone.extend(oplog, (known, wanted));
        self.touched_of.resize(self.zone.n_nodes(), 0..0);
    }

    /// Where the zone starts, and where what was planned of it ends.
    pub(super) fn range(&self) -> LvRange {
        LvRange::new(self.zone.start(), self.zone.end())
    }

    /// How much there is to remember: characters inserted, and stretches of characters touched.
    pub(super) fn size(&self) -> usize {
        self.tracker.n_inserted() + self.touched.len()
    }

    /// Forgets what was replayed; the zone starts from a text of `base_len` scalars.
    pub(super) fn reset(&mut self, base_len: u32) {
        self.tracker.reset(base_len);
        self.touched.clear();
        self.touched_of.clear();
        self.touched_of.resize(self.zone.n_nodes(), 0..0);
        self.current.clear();
    }

    /// Replays the known events in silence.
    pub(super) fn replay_known(&mut self, oplog: &OpLog) {
        for at in 0..self.zone.n_known() {
            self.apply(oplog, self.zone.order()[at], &mut ());
        }
    }

    /// Replays the wanted events; returns by how many scalars the text has grown.
    pub(super) fn replay_wanted(&mut self, oplog: &OpLog, sink: &mut impl Sink) -> i64 {
        let before = self.tracker.effect_len();
        for at in self.zone.n_known()..self.zone.order().len() {
            self.apply(oplog, self.zone.order()[at], sink);
        }
        i64::from(self.tracker.effect_len()) - i64::from(before)
    }

    /// Moves the prepared version to the one that these heads name.
    pub(super) fn move_to_version(&mut self, heads: impl Iterator<Item = Lv>) {
        self.target.clear();
        self.target
            .extend(heads.filter_map(|head| self.zone.node_ending_at(head)));
        self.move_to_target();
        core::mem::swap(&mut self.current, &mut self.target);
    }

    /// Takes what is visible at the prepared version as the effect state.
    pub(super) fn take_effect_from_prepared(&mut self) {
        self.tracker.take_effect_from_prepared();
    }

    /// The event that inserted a character, see [`Tracker::event_of`].
    pub(super) fn event_of(&self, id: u32) -> (Lv, u32) {
        self.tracker.event_of(id)
    }

    /// Walks the spans of the zone in document order.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        self.tracker.spans()
    }

    fn apply(&mut self, oplog: &OpLog, node: u32, sink: &mut impl Sink) {
        self.target.clear();
        self.target.extend_from_slice(self.zone.parents(node));
        self.move_to_target();
        let first_touched = self.touched.len();
        let &Node { lvs, first_op, .. } = self.zone.node(node);
        for op in oplog.ops().iter_from(first_op, lvs) {
            if op.kind == OpKind::Insert {
                let tie = |a, b| oplog.graph().cmp_ids(a, b);
                let (lv, len) = (op.lvs.start, op.lvs.len());
                let (id, pos) = self.tracker.insert(lv, len, op.pos, tie);
                let part = Touched::forward(lv, id, len);
                // What other nodes touched stays apart.
                touch(&mut self.touched, first_touched, part);
                sink.insert(pos, op.text, len);
            } else {
                self.apply_delete(&op, first_touched, sink);
            }
        }
        self.touched_of[node as usize] = first_touched as u32..self.touched.len() as u32;
        self.current.clear();
        self.current.push(node);
    }

    fn apply_delete(&mut self, op: &OpRun, first_touched: usize, sink: &mut impl Sink) {
        let mut deleted = Deleted::new(op, &mut self.touched, first_touched);
        let mut gone = 0..0;
        self.tracker
            .delete(lowest_deleted(op), op.lvs.len(), |hit| {
                deleted.note(&hit);
                let Some(pos) = hit.effect_pos else { return };
                // However many spans it takes, what goes from one place goes at once.
                if gone.start == pos {
                    gone.end += hit.len;
                } else {
                    delete(sink, &gone);
                    gone = pos..pos + hit.len;
                }
            });
        delete(sink, &gone);
    }

    /// Makes a node end with event `lv`, which was replayed.
    fn split_behind(&mut self, lv: Lv) {
        let Some(node) = self.zone.split_behind(lv) else {
            return;
        };
        let later = self.current.iter_mut().filter(|other| **other >= node);
        later.for_each(|other| *other += 1);
        let Range { start, end } = self.touched_of[node as usize].clone();
        let whole = &self.touched[start as usize..end as usize];
        let mut at = start + whole.partition_point(|part| part.end() <= lv.plus(1)) as u32;
        let mut end = end;
        let cut = self.touched[..end as usize].get_mut(at as usize);
        if let Some(part) = cut.filter(|part| part.lv <= lv) {
            let rest = part.split_off(lv.plus(1));
            at += 1;
            end += 1;
            self.touched.insert(at as usize, rest);
            let later = self.touched_of.iter_mut().filter(|all| all.start >= at);
            later.for_each(|all| *all = all.start + 1..all.end + 1);
        }
        self.touched_of[node as usize] = at..end;
        self.touched_of.insert(node as usize, start..at);
    }

    /// Moves the prepare state from `current` to `target`.
    fn move_to_target(&mut self) {
        if self.current == self.target {
            return;
        }
        let Self {
            zone,
            tracker,
            touched,
            touched_of,
            current,
            target,
            ..
        } = self;
        let touched_by = |node: u32| touched_of[node as usize].clone();
        if target.is_empty() {
            // One pass over all spans is cheaper than a search for each of most.
            let mut n_back = 0;
            zone.diff(current, target, |node, _| n_back += touched_by(node).len());
            if n_back > touched.len() / 2 {
                tracker.retreat_to_start();
                return;
            }
        }
        zone.diff(current, target, |node, step| {
            let Range { start, end } = touched_by(node);
            for part in &touched[start as usize..end as usize] {
                match step {
                    Step::Retreat => tracker.retreat(part.id, part.len),
                    Step::Advance => tracker.advance(part.id, part.len),
                }
            }
        });
        tracker.settle();
    }
}

fn delete(sink: &mut impl Sink, gone: &Range<u32>) {
    if !gone.is_empty() {
        sink.delete(gone.start, gone.end - gone.start);
    }
}
