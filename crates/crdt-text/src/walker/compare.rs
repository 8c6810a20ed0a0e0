//! The difference between any two versions, also backwards and across branches.
//!
//! The zone that holds both versions is replayed whole; then each character's state at the one
//! version is compared with its state at the other, in document order.

use crdt_core::{Frontier, Lv, LvRange};

use super::replay::Replay;
use super::span::BASE;
use super::{after, bases};
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
    let lowest = lowest(&difference.only_a)
        .into_iter()
        .chain(lowest(&difference.only_b))
        .min();
    let Some(first) = lowest else {
        return Comparison {
            changes: Vec::new(),
            base: from.clone(),
        };
    };
    let all = graph.union(from, to);
    let mut replay = Replay::new();
    let mut found = after(None);
    for before in bases(oplog, first) {
        found = after(before);
        let events = graph.diff(&all, &found.0).only_a;
        replay.plan(oplog, found.1, &[], &events, from.iter().chain(to.iter()));
        replay.reset(before.is_none().then_some(0));
        replay.replay_rest(oplog, &mut ());
        replay.move_to_version(from.iter());
        if before.is_none() || replay.settle_from_prepared(len) {
            break;
        }
    }
    let (base, start) = found;
    replay.take_effect_from_prepared();
    replay.move_to_version(to.iter());
    Comparison {
        changes: changes(&replay, start),
        base,
    }
}

fn changes(replay: &Replay, start: Lv) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut pos = 0;
    for span in replay.spans() {
        match (span.is_effective(), span.is_prepared()) {
            (false, true) if span.is_base() => {
                changes.push(Change::Restore {
                    pos,
                    from: span.id - BASE,
                    len: span.len,
                });
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
