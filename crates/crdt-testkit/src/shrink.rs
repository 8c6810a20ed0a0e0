//! Makes a failing history small enough to read.

use crate::reference::Reference;
use crate::topo::slice;
use crate::trace::{Trace, Txn};

/// Removes events from `trace` for as long as `fails` says that the rest still fails.
///
/// Only events that nobody follows go, so every other event keeps its meaning; `end_content` is
/// computed anew each time. Print the result: its `Display` is the notation that
/// [`Trace::from_notation`] reads.
///
/// # Complexity
/// O(n^2) calls of `fails` at worst, n = events.
///
/// # Examples
/// ```
/// use crdt_testkit::generate::{HistoryConfig, history};
/// use crdt_testkit::shrink;
///
/// let big = history(3, &HistoryConfig::default());
/// let small = shrink(&big, |t| t.end_content.as_ref().is_some_and(|text| text.len() > 8));
/// assert!(small.n_events() < big.n_events() / 4, "{small}");
/// ```
pub fn shrink(trace: &Trace, mut fails: impl FnMut(&Trace) -> bool) -> Trace {
    let mut best = trace.clone();
    let mut idx = best.txns.len();
    while idx > 0 {
        idx -= 1;
        while let Some(smaller) = smaller_candidates(&best, idx).into_iter().find(&mut fails) {
            let removed_txn = smaller.txns.len() < best.txns.len();
            best = smaller;
            // What the removed transaction followed may be free now: start again from the end.
            if removed_txn {
                idx = best.txns.len();
                break;
            }
        }
    }
    best
}

/// The trace without transaction `idx`, and with only its first half or all but its last event.
fn smaller_candidates(trace: &Trace, idx: usize) -> Vec<Trace> {
    let span = &trace.txns[idx].span;
    let followed = trace.txns.iter().flat_map(|txn| &txn.parents);
    let n_needed = followed
        .filter(|lv| span.contains(lv))
        .max()
        .map_or(0, |lv| lv + 1 - span.start);
    let mut keeps = vec![0, span.len() / 2, span.len() - 1];
    keeps.retain(|&keep| n_needed <= keep && keep < span.len());
    keeps.dedup();
    keeps
        .into_iter()
        .map(|keep| cut(trace, idx, keep))
        .collect()
}

/// The trace with only the first `keep` events of transaction `idx`.
fn cut(trace: &Trace, idx: usize, keep: usize) -> Trace {
    let removed = trace.txns[idx].span.start + keep..trace.txns[idx].span.end;
    let renumber = |lv: usize| {
        if lv >= removed.end {
            lv - removed.len()
        } else {
            lv
        }
    };
    let mut txns = trace.txns.clone();
    if keep == 0 {
        txns.remove(idx);
    } else {
        txns[idx] = slice(&txns[idx], 0..keep);
    }
    let moved = |txn: Txn| Txn {
        span: renumber(txn.span.start)..renumber(txn.span.start) + txn.span.len(),
        parents: txn.parents.iter().map(|&lv| renumber(lv)).collect(),
        ..txn
    };
    let mut smaller = Trace {
        txns: txns.into_iter().map(moved).collect(),
        end_content: None,
    };
    smaller.end_content = Some(Reference::from_trace(&smaller).text());
    smaller
}
