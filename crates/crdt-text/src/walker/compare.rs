//! The difference between any two versions, also backwards and across branches.
//!
//! The zone that holds both versions is replayed whole; then each character's state at the one
//! version is compared with its state at the other, in document order.

use crdt_core::{Frontier, Lv, LvRange};

use super::length_at;
use super::replay::Replay;
use super::span::BASE;
use crate::OpLog;

/// One step on the way from one text to another; positions count what earlier steps left.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// What these events inserted comes in.
    Insert { pos: u32, lvs: LvRange },
    /// Scalars of the base text, from `from` on, come back.
    Restore { pos: u32, from: u32, len: u32 },
    /// Scalars go.
    Delete { pos: u32, len: u32 },
}

/// How to get from one version to another.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// Left to right.
    pub(crate) changes: Vec<Change>,
    /// The version whose text [`Change::Restore`] takes from.
    pub(crate) base: Frontier,
}

/// Compares version `from`, a text of `len` scalars, with version `to`.
pub(crate) fn compare(oplog: &OpLog, from: &Frontier, len: u32, to: &Frontier) -> Comparison {
    let graph = oplog.graph();
    let difference = graph.diff(from, to);
    let lowest = |ranges: &[LvRange]| ranges.first().map(|lvs| lvs.start);
    let lowest = lowest(&difference.only_a).into_iter().chain(lowest(&difference.only_b)).min();
    let before = lowest.and_then(|lv| graph.critical_before(lv));
    let base = before.map_or_else(Frontier::root, Frontier::from);
    let start = before.map_or(Lv::new(0), |lv| lv.plus(1));
    let events = graph.diff(&graph.union(from, to), &base).only_a;

    let mut replay = Replay::new();
    replay.plan(oplog, start, &[], &events, from.iter().chain(to.iter()));
    replay.reset(None);
    replay.replay_rest(oplog, &mut ());
    replay.move_to_version(from.iter());
    // The length of the base text is found as in `Replay::replay_known`.
    let base_len = i64::from(len) - replay.prepared_growth();
    if !u32::try_from(base_len).is_ok_and(|base_len| replay.set_base_len(base_len)) {
        replay.reset(Some(length_at(oplog, &base)));
        replay.replay_rest(oplog, &mut ());
        replay.move_to_version(from.iter());
    }
    replay.take_effect_from_prepared();
    replay.move_to_version(to.iter());
    Comparison { changes: changes(&replay, start), base }
}

fn changes(replay: &Replay, start: Lv) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut pos = 0;
    for span in replay.spans() {
        match (span.is_effective(), span.is_prepared()) {
            (false, true) if span.is_base() => {
                changes.push(Change::Restore { pos, from: span.id - BASE, len: span.len });
            }
            (false, true) => {
                let first = start.plus(span.id);
                let lvs = LvRange::new(first, first.plus(span.len));
                changes.push(Change::Insert { pos, lvs });
            }
            (true, false) => changes.push(Change::Delete { pos, len: span.len }),
            _ => {}
        }
        if span.is_prepared() {
            pos += span.len;
        }
    }
    changes
}
