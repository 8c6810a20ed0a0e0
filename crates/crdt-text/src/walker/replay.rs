//! Replaying a zone: each node is applied at the version its events were made at.
//!
//! # Invariants
//! - `current` is the version that the tracker's prepare state stands at: the last node applied.
//! - `touched_of[n]` lists the characters that node n inserted or deleted, once it was applied.

use core::ops::Range;

use crdt_core::{Lv, LvRange};
use rle::{HasLength, MergableSpan};

use super::Sink;
use super::span::Span;
use super::tracker::Tracker;
use super::zone::{Node, Step, Zone};
use crate::OpLog;
use crate::op_log::{OpKind, lowest_deleted};

pub(super) struct Replay {
    zone: Zone,
    tracker: Tracker,
    touched: Vec<Touched>,
    touched_of: Vec<Range<u32>>,
    current: Vec<u32>,
    target: Vec<u32>,
}

/// Characters with consecutive ids that one node inserted or deleted.
#[derive(Clone, Copy, Debug)]
struct Touched {
    id: u32,
    len: u32,
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
        let Self {
            tracker, touched, ..
        } = self;
        let first_touched = touched.len();
        // Parts of one node join; what other nodes touched stays apart.
        let touch =
            |touched: &mut Vec<Touched>, part: Touched| match touched[first_touched..].last_mut() {
                Some(last) if last.can_append(&part) => last.append(part),
                _ => touched.push(part),
            };
        let tie = |a, b| oplog.graph().cmp_ids(a, b);
        let &Node { lvs, first_op, .. } = self.zone.node(node);
        for op in oplog.ops().iter_from(first_op, lvs) {
            let len = op.lvs.len();
            if op.kind == OpKind::Insert {
                let (id, pos) = tracker.insert(op.lvs.start, len, op.pos, tie);
                touch(touched, Touched { id, len });
                sink.insert(pos, op.text, len);
            } else {
                tracker.delete(lowest_deleted(&op), len, |hit| {
                    touch(
                        touched,
                        Touched {
                            id: hit.id,
                            len: hit.len,
                        },
                    );
                    if let Some(pos) = hit.effect_pos {
                        sink.delete(pos, hit.len);
                    }
                });
            }
        }
        self.touched_of[node as usize] = first_touched as u32..self.touched.len() as u32;
        self.current.clear();
        self.current.push(node);
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
        let touched = |node: u32| {
            let Range { start, end } = touched_of[node as usize];
            &touched[start as usize..end as usize]
        };
        zone.diff(current, target, |node, step| {
            for part in touched(node) {
                match step {
                    Step::Retreat => tracker.retreat(part.id, part.len),
                    Step::Advance => tracker.advance(part.id, part.len),
                }
            }
        });
        tracker.settle();
    }
}

impl HasLength for Touched {
    fn len(&self) -> usize {
        self.len as usize
    }
}

impl MergableSpan for Touched {
    fn can_append(&self, other: &Self) -> bool {
        self.id + self.len == other.id
    }

    fn append(&mut self, other: Self) {
        self.len += other.len;
    }
}
