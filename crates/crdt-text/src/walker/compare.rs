//! The difference between any two versions, also backwards and across branches.
//!
//! The zone that holds both versions is replayed whole; then each character's state at the one
//! version is compared with its state at the other, in document order.

use crdt_core::{Frontier, LvRange};

use super::replay::Replay;
use super::span::BASE;
use super::{Lengths, after};
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

/// Compares version `from` with version `to`.
pub(crate) fn compare(
    oplog: &OpLog,
    from: &Frontier,
    to: &Frontier,
    lengths: &mut Lengths,
) -> Comparison {
    let graph = oplog.graph();
    let difference = graph.diff(from, to);
    let lowest = |ranges: &[LvRange]| ranges.first().map(|lvs| lvs.start);
    let lowest = [lowest(&difference.only_a), lowest(&difference.only_b)]
        .into_iter()
        .flatten()
        .min();
    let before = lowest.and_then(|lv| graph.critical_before(lv));
    let (base, start) = after(before);
    let events = graph.diff(&graph.union(from, to), &base).only_a;
    let mut replay = Replay::default();
    let start = (start, lengths.at(oplog, before));
    replay.plan(oplog, start, (&[], &events), from.iter().chain(to.iter()));
    replay.run(oplog, &mut ());
    replay.move_to_version(from.iter());
    replay.take_effect_from_prepared();
    replay.move_to_version(to.iter());
    Comparison {
        changes: changes(&replay),
        base,
    }
}

fn changes(replay: &Replay) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut pos = 0;
    replay.each_span(|span| {
        match (span.is_effective(), span.is_prepared()) {
            (false, true) if span.is_base() => {
                changes.push(Change::Restore {
                    pos,
                    from: span.id - BASE,
                    len: span.len,
                });
            }
            (false, true) => {
                let mut done = 0;
                while done < span.len {
                    let (lv, n) = replay.event_of(span.id + done);
                    let n = n.min(span.len - done);
                    let lvs = LvRange::new(lv, lv.plus(n));
                    changes.push(Change::Insert {
                        pos: pos + done,
                        lvs,
                    });
                    done += n;
                }
            }
            (true, false) => changes.push(Change::Delete { pos, len: span.len }),
            _ => {}
        }
        if span.is_prepared() {
            pos += span.len;
        }
    });
    changes
}
