//! Replaying a zone: each node is applied at the version its events were made at.
//!
//! # Invariants
//! - `current` is the version that the tracker's prepare state stands at: the last node applied.
//! - `touched_of[n]` lists the characters that node n inserted or deleted, once it was applied, in
//!   the order of its events.
//! - One of the two trackers is in use; which one is asked once for each replay, not for each node.

use core::ops::Range;

use crdt_core::{Lv, LvRange};

use super::span::Span;
use super::spans::{FlatList, SpanList, TreeList};
use super::touched::{Deleted, Touched, touch};
use super::tracker::{Place, Tracker};
use super::zone::{Node, Step, Zone};
use super::{Sink, outcome};
use crate::OpLog;
use crate::anchor::Bias;
use crate::op_log::{OpKind, OpRun, lowest_deleted};

/// A zone of up to this many spans and runs of operations is small.
const SMALL: usize = if cfg!(any(test, feature = "__small_nodes")) {
    8
} else {
    256
};

#[derive(Default)]
pub(super) struct Replay {
    walk: Walk,
    small: Tracker<FlatList>,
    large: Tracker<TreeList>,
    is_small: bool,
}

/// All of a replay but the tracker, of which there are two kinds.
#[derive(Default)]
struct Walk {
    zone: Zone,
    touched: Vec<Touched>,
    touched_of: Vec<Range<u32>>,
    current: Vec<u32>,
}

impl Replay {
    /// Plans a zone from `start` on: the known events are replayed before the wanted ones.
    /// Versions made of `heads` and of parents can be moved to later.
    ///
    /// Forgets what was replayed before; the zone starts from a text of `base_len` scalars.
    pub(super) fn plan(
        &mut self,
        oplog: &OpLog,
        (start, base_len): (Lv, u32),
        known_and_wanted: (&[LvRange], &[LvRange]),
        heads: impl IntoIterator<Item = Lv>,
    ) {
        self.walk.zone.plan(oplog, start, known_and_wanted, heads);
        self.walk.reset();
        self.is_small = self.walk.zone.n_ops() <= SMALL;
        if self.is_small {
            self.small.reset(base_len);
        } else {
            self.large.reset(base_len);
        }
    }

    /// Adds later events to the zone, see [`Zone::extend`], on top of what was replayed.
    pub(super) fn extend(&mut self, oplog: &OpLog, known: &[LvRange], wanted: &[LvRange]) {
        self.walk.extend(oplog, known, wanted);
        if self.is_small && self.small.n_spans() + self.walk.zone.n_ops() > SMALL {
            self.large.grow_from(&mut self.small);
            self.is_small = false;
        }
    }

    /// Where the zone starts, and where what was planned of it ends.
    pub(super) fn range(&self) -> LvRange {
        LvRange::new(self.walk.zone.start(), self.walk.zone.end())
    }

    /// How much there is to remember: characters inserted, and stretches of characters touched.
    pub(super) fn size(&self) -> usize {
        let n_inserted = if self.is_small {
            self.small.n_inserted()
        } else {
            self.large.n_inserted()
        };
        n_inserted + self.walk.touched.len()
    }

    /// Replays what was planned: the known events in silence, then the wanted ones. Returns by how
    /// many scalars the text has grown.
    pub(super) fn run(&mut self, oplog: &OpLog, sink: &mut impl Sink) -> i64 {
        if self.is_small {
            self.walk.run(oplog, &mut self.small, sink)
        } else {
            self.walk.run(oplog, &mut self.large, sink)
        }
    }

    /// Moves the prepared version to the one that these heads name.
    pub(super) fn move_to_version(&mut self, heads: impl Iterator<Item = Lv>) {
        if self.is_small {
            self.walk.move_to_version(&mut self.small, heads);
        } else {
            self.walk.move_to_version(&mut self.large, heads);
        }
    }

    /// Takes what is visible at the prepared version as the effect state.
    pub(super) fn take_effect_from_prepared(&mut self) {
        if self.is_small {
            self.small.take_effect_from_prepared();
        } else {
            self.large.take_effect_from_prepared();
        }
    }

    /// Where a position at the prepared version is in the effect state, see
    /// [`Tracker::effect_beside`].
    pub(super) fn effect_beside(&mut self, pos: u32, bias: Bias) -> u32 {
        if self.is_small {
            self.small.effect_beside(pos, bias)
        } else {
            self.large.effect_beside(pos, bias)
        }
    }

    /// The event that inserted a character, see [`Inserts::event_of`](super::inserts::Inserts::event_of).
    pub(super) fn event_of(&self, id: u32) -> (Lv, u32) {
        if self.is_small {
            self.small.inserts(id).event_of(id)
        } else {
            self.large.inserts(id).event_of(id)
        }
    }

    /// Visits the spans of the zone in document order.
    pub(super) fn each_span(&self, visit: impl FnMut(Span)) {
        if self.is_small {
            self.small.spans().for_each(visit);
        } else {
            self.large.spans().for_each(visit);
        }
    }
}

impl Walk {
    fn reset(&mut self) {
        self.touched.clear();
        self.touched_of.clear();
        self.touched_of.resize(self.zone.n_nodes(), 0..0);
        self.current.clear();
    }

    fn extend(&mut self, oplog: &OpLog, known: &[LvRange], wanted: &[LvRange]) {
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

    fn run<L: SpanList>(
        &mut self,
        oplog: &OpLog,
        tracker: &mut Tracker<L>,
        sink: &mut impl Sink,
    ) -> i64 {
        let n_known = self.zone.n_known();
        for at in 0..n_known {
            self.apply(oplog, tracker, self.zone.order()[at], &mut ());
        }
        let before = tracker.effect_len();
        // Of a whole zone the outcome says all, whatever the order that led to it.
        let is_whole = self.zone.is_whole();
        for at in n_known..self.zone.order().len() {
            let node = self.zone.order()[at];
            if is_whole {
                self.apply(oplog, tracker, node, &mut ());
            } else {
                self.apply(oplog, tracker, node, sink);
            }
        }
        if is_whole {
            outcome::emit(oplog, tracker, sink);
        }
        i64::from(tracker.effect_len()) - i64::from(before)
    }

    fn apply<L: SpanList, S: Sink>(
        &mut self,
        oplog: &OpLog,
        tracker: &mut Tracker<L>,
        node: u32,
        sink: &mut S,
    ) {
        self.move_to_start_of(tracker, node);
        let first_touched = self.touched.len();
        let &Node { lvs, first_op, .. } = self.zone.node(node);
        let mut op = first_op as usize;
        loop {
            let run = oplog.ops().run(op);
            let part = oplog.ops().slice(run, lvs);
            self.apply_op(oplog, tracker, first_touched, &part, sink);
            if run.lvs.end >= lvs.end {
                break;
            }
            op += 1;
        }
        self.touched_of[node as usize] = first_touched as u32..self.touched.len() as u32;
        self.current.clear();
        self.current.push(node);
    }

    #[inline]
    fn apply_op<L: SpanList, S: Sink>(
        &mut self,
        oplog: &OpLog,
        tracker: &mut Tracker<L>,
        first_touched: usize,
        op: &OpRun,
        sink: &mut S,
    ) {
        // What other nodes touched stays apart.
        let touched = &mut self.touched;
        if op.kind != OpKind::Insert {
            return delete(op, (touched, first_touched), tracker, sink);
        }
        let (id, place) = insert(oplog, tracker, op);
        let len = op.lvs.len();
        let part = Touched::forward(op.lvs.start, id, len);
        touch(touched, first_touched, part);
        if S::IS_HEARD {
            sink.insert(tracker.effect_before(place), op.text, len);
        }
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

    /// Moves the prepare state to the version that a node's events were made on.
    #[inline]
    fn move_to_start_of<L: SpanList>(&mut self, tracker: &mut Tracker<L>, node: u32) {
        let Self {
            zone,
            touched,
            touched_of,
            current,
        } = self;
        let parents = zone.parents(node);
        if parents == current.as_slice() {
            return;
        }
        if parents.is_empty() {
            // One pass over all spans is cheaper than a search for each of most.
            let mut n_back = 0;
            zone.way_to(current, node, |node, _| {
                n_back += touched_of[node as usize].len();
            });
            if n_back > touched.len() / 2 {
                tracker.retreat_to_start();
                return;
            }
        }
        zone.way_to(current, node, |node, step| {
            move_all(&touched[in_list(&touched_of[node as usize])], step, tracker);
        });
        tracker.settle();
    }

    /// Moves the prepare state to the version that these heads name.
    fn move_to_version<L: SpanList>(
        &mut self,
        tracker: &mut Tracker<L>,
        heads: impl Iterator<Item = Lv>,
    ) {
        let Self {
            zone,
            touched,
            touched_of,
            current,
        } = self;
        let target: Vec<u32> = heads.filter_map(|head| zone.node_ending_at(head)).collect();
        zone.way_to_version(current, &target, |node, step| {
            move_all(&touched[in_list(&touched_of[node as usize])], step, tracker);
        });
        tracker.settle();
        *current = target;
    }
}

/// Applies an insert at the version that the tracker stands on; returns its first character and its
/// place.
#[inline]
pub(super) fn insert<L: SpanList>(
    oplog: &OpLog,
    tracker: &mut Tracker<L>,
    op: &OpRun,
) -> (u32, Place) {
    let tie = |a, b| oplog.graph().cmp_ids(a, b);
    tracker.insert((op.lvs.start, op.text), op.lvs.len(), op.pos, tie)
}

/// Applies a delete at the version that the tracker stands on, and adds what it touches to a list;
/// what stands there before `first_touched` stays apart.
pub(super) fn delete<L: SpanList, S: Sink>(
    op: &OpRun,
    (touched, first_touched): (&mut Vec<Touched>, usize),
    tracker: &mut Tracker<L>,
    sink: &mut S,
) {
    let mut deleted = Deleted::new(op, touched, first_touched);
    let mut gone = 0..0;
    tracker.delete(lowest_deleted(op), op.lvs.len(), S::IS_HEARD, |hit| {
        deleted.note(&hit);
        let Some(pos) = hit.effect_pos else { return };
        // However many spans it takes, what goes from one place goes at once.
        if gone.start == pos {
            gone.end += hit.len;
        } else {
            tell_gone(sink, &gone);
            gone = pos..pos + hit.len;
        }
    });
    tell_gone(sink, &gone);
}

fn tell_gone(sink: &mut impl Sink, gone: &Range<u32>) {
    if !gone.is_empty() {
        sink.delete(gone.start, gone.end - gone.start);
    }
}

/// Moves what a node touched.
#[inline]
fn move_all<L: SpanList>(touched: &[Touched], step: Step, tracker: &mut Tracker<L>) {
    for part in touched {
        match step {
            Step::Retreat => tracker.retreat(part.id, part.len),
            Step::Advance => tracker.advance(part.id, part.len),
        }
    }
}

#[inline]
fn in_list(part: &Range<u32>) -> Range<usize> {
    part.start as usize..part.end as usize
}
