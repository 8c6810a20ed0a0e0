//! Rewrites of a history that change nothing but its file.
//!
//! A history is a graph; its file is one of many orders and cuts of that graph. Every replica
//! must end with the same text whichever it receives.

use crate::rng::Rng;
use crate::trace::{Trace, TraceOp, Txn};
use core::ops::Range;

/// Puts the transactions into another random order in which parents still come first.
///
/// Local versions are renumbered; dots, ops and the graph stay what they are.
///
/// # Complexity
/// O(n log n) time, n = transactions and parents.
///
/// # Examples
/// ```
/// use crdt_testkit::generate::{HistoryConfig, history};
/// use crdt_testkit::{Reference, topo};
///
/// let trace = history(1, &HistoryConfig::default());
/// let other = topo::reorder(&trace, 2);
/// assert_ne!(trace.txns, other.txns);
/// assert_eq!(Some(Reference::from_trace(&other).text()), trace.end_content);
/// ```
pub fn reorder(trace: &Trace, seed: u64) -> Trace {
    let order = random_order(trace, &mut Rng::new(seed));
    let mut new_start = vec![0; trace.txns.len()];
    let mut next_lv = 0;
    for &idx in &order {
        new_start[idx] = next_lv;
        next_lv += trace.txns[idx].span.len();
    }
    let renumber = |lv: usize| {
        let idx = holder(trace, lv);
        new_start[idx] + (lv - trace.txns[idx].span.start)
    };
    let moved = |&idx: &usize| {
        let txn = &trace.txns[idx];
        let mut parents: Vec<usize> = txn.parents.iter().map(|&lv| renumber(lv)).collect();
        parents.sort_unstable();
        let span = new_start[idx]..new_start[idx] + txn.span.len();
        Txn {
            agent: txn.agent.clone(),
            seq: txn.seq,
            span,
            parents,
            ops: txn.ops.clone(),
        }
    };
    Trace {
        txns: order.iter().map(moved).collect(),
        end_content: trace.end_content.clone(),
    }
}

/// Cuts transactions at random events, in the middle of an op too; local versions stay.
///
/// Typing `abc` and typing `a`, `b`, `c` are the same history, so nothing else changes either.
///
/// # Examples
/// ```
/// use crdt_testkit::{generate::typing, topo};
///
/// let trace = typing(1, 1, 500);
/// let cut = topo::split(&trace, 9);
/// assert!(cut.txns.len() > trace.txns.len());
/// assert_eq!(cut.n_events(), trace.n_events());
/// ```
pub fn split(trace: &Trace, seed: u64) -> Trace {
    let mut rng = Rng::new(seed);
    let mut txns = Vec::new();
    for txn in &trace.txns {
        let mut rest = 0..txn.span.len();
        while !rest.is_empty() {
            let len = if rng.chance(50) {
                rest.len()
            } else {
                rng.between(1, rest.len())
            };
            txns.push(slice(txn, rest.start..rest.start + len));
            rest.start += len;
        }
    }
    Trace {
        txns,
        end_content: trace.end_content.clone(),
    }
}

/// The events of `txn` in `range`, counted from its first one, as a transaction of their own.
///
/// # Panics
/// If `range` is empty or ends beyond the transaction.
pub fn slice(txn: &Txn, range: Range<usize>) -> Txn {
    assert!(
        !range.is_empty() && range.end <= txn.span.len(),
        "no such events"
    );
    let start = txn.span.start + range.start;
    let parents = if range.start == 0 {
        txn.parents.clone()
    } else {
        vec![start - 1]
    };
    let mut ops = Vec::new();
    let mut op_start = 0;
    for op in &txn.ops {
        let op_end = op_start + op.len();
        let (from, to) = (range.start.max(op_start), range.end.min(op_end));
        if from < to {
            ops.push(slice_op(op, from - op_start..to - op_start));
        }
        op_start = op_end;
    }
    Txn {
        agent: txn.agent.clone(),
        seq: txn.seq + range.start as u64,
        span: start..txn.span.start + range.end,
        parents,
        ops,
    }
}

fn slice_op(op: &TraceOp, range: Range<usize>) -> TraceOp {
    match op {
        TraceOp::Insert { pos, text } => TraceOp::Insert {
            pos: pos + range.start,
            text: text.chars().skip(range.start).take(range.len()).collect(),
        },
        TraceOp::Delete { pos, .. } => TraceOp::Delete {
            pos: *pos,
            len: range.len(),
        },
    }
}

/// Kahn's algorithm, taking any of the ready transactions.
fn random_order(trace: &Trace, rng: &mut Rng) -> Vec<usize> {
    let n_txns = trace.txns.len();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); n_txns];
    let mut n_missing = vec![0; n_txns];
    for (idx, txn) in trace.txns.iter().enumerate() {
        for &parent in &txn.parents {
            children[holder(trace, parent)].push(idx);
            n_missing[idx] += 1;
        }
    }
    let mut ready: Vec<usize> = (0..n_txns).filter(|&idx| n_missing[idx] == 0).collect();
    let mut order = Vec::with_capacity(n_txns);
    while !ready.is_empty() {
        let idx = ready.swap_remove(rng.below(ready.len()));
        order.push(idx);
        for &child in &children[idx] {
            n_missing[child] -= 1;
            if n_missing[child] == 0 {
                ready.push(child);
            }
        }
    }
    order
}

/// The index of the transaction that holds `lv`, which a valid trace has.
fn holder(trace: &Trace, lv: usize) -> usize {
    trace.txns.partition_point(|txn| txn.span.end <= lv)
}

#[cfg(test)]
mod tests;
