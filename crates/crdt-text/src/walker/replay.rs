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
    start: Lv,
    n_events: u32,
    /// How many nodes of the order the text at hand contains already.
    n_known: usize,
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
            start: Lv::default(),
            n_events: 0,
            n_known: 0,
            touched: Vec::new(),
            touched_of: Vec::new(),
            current: Vec::new(),
            target: Vec::new(),
        }
    }

    /// Plans a zone from `start` on: `known` events are replayed before `wanted` ones. Versions
    /// made of `heads` and of parents can be moved to later.
    pub(super) fn plan(
        &mut self,
        oplog: &OpLog,
        start: Lv,
        known: &[LvRange],
        wanted: &[LvRange],
        heads: impl IntoIterator<Item = Lv>,
    ) {
        self.zone.plan(oplog, start, (known, wanted), heads);
        self.start = start;
        let ends = known
            .last()
            .into_iter()
            .chain(wanted.last())
            .map(|lvs| lvs.end);
        self.n_events = ends.max().map_or(0, |end| end.get() - start.get());
        let is_known = |node: &&u32| {
            let first = self.zone.node(**node).lvs.start;
            known.iter().any(|lvs| lvs.contains(first))
        };
        self.n_known = self.zone.order().iter().take_while(is_known).count();
    }

    /// Forgets what was replayed; the zone starts from a text of `base_len` scalars, or of unknown
    /// length.
    pub(super) fn reset(&mut self, base_len: Option<u32>) {
        self.tracker.reset(self.n_events, base_len);
        self.touched.clear();
        self.touched_of.clear();
        self.touched_of.resize(self.zone.n_nodes(), 0..0);
        self.current.clear();
    }

    /// Replays the known events in silence; after them the text has `len` scalars.
    ///
    /// The base text's length, if it is not given, is found from that, see
    /// [`Tracker::settle_base_len`]. Returns whether it is certain; if not, the zone must be
    /// planned again from an earlier start.
    pub(super) fn replay_known(&mut self, oplog: &OpLog, base_len: Option<u32>, len: u32) -> bool {
        self.reset(base_len);
        for at in 0..self.n_known {
            self.apply(oplog, self.zone.order()[at], &mut ());
        }
        let computed = i64::from(len) - self.tracker.net_growth();
        base_len.is_some() || self.tracker.settle_base_len(computed, Span::is_effective)
    }

    /// Replays the wanted events; returns by how many scalars the text has grown.
    pub(super) fn replay_rest(&mut self, oplog: &OpLog, sink: &mut impl Sink) -> i64 {
        let before = self.tracker.net_growth();
        for at in self.n_known..self.zone.order().len() {
            self.apply(oplog, self.zone.order()[at], sink);
        }
        self.tracker.net_growth() - before
    }

    /// Moves the prepared version to the one that these heads name.
    pub(super) fn move_to_version(&mut self, heads: impl Iterator<Item = Lv>) {
        self.target.clear();
        self.target
            .extend(heads.filter_map(|head| self.zone.node_ending_at(head)));
        self.move_to_target();
        core::mem::swap(&mut self.current, &mut self.target);
    }

    /// Finds the base text's length as [`Self::replay_known`] does, from that of the text at the
    /// prepared version; returns whether it is certain.
    pub(super) fn settle_from_prepared(&mut self, len: u32) -> bool {
        let computed = i64::from(len) - self.tracker.prepared_growth();
        self.tracker.settle_base_len(computed, Span::is_prepared)
    }

    /// Takes what is visible at the prepared version as the effect state.
    pub(super) fn take_effect_from_prepared(&mut self) {
        self.tracker.take_effect_from_prepared();
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
        let tie = |a: u32, b: u32| {
            oplog
                .graph()
                .cmp_ids(self.start.plus(a), self.start.plus(b))
        };
        let &Node { lvs, first_op, .. } = self.zone.node(node);
        for op in oplog.ops().iter_from(first_op, lvs) {
            let len = op.lvs.len();
            if op.kind == OpKind::Insert {
                let id = op.lvs.start.get() - self.start.get();
                let pos = tracker.insert(id, len, op.pos, tie);
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
