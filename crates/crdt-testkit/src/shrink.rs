//! Makes a failing history small enough to read.

use crate::reference::Reference;
use crate::topo::slice;
use crate::trace::Trace;

/// Removes events from `trace` for as long as `fails` says that the rest still fails.
///
/// Whatever followed a removed event then follows what came before it, so ops may end up outside
/// the document at their parents; `end_content` is computed anew each time. Print the result: its
/// `Display` is the notation that [`Trace::from_notation`] reads.
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
    loop {
        let n_events = best.n_events();
        pass(&mut best, &mut fails);
        if best.n_events() == n_events {
            return best;
        }
    }
}

/// Tries to shorten each transaction, the last one first.
fn pass(best: &mut Trace, fails: &mut impl FnMut(&Trace) -> bool) {
    let mut idx = best.txns.len();
    while idx > 0 {
        idx -= 1;
        while let Some(smaller) = smaller_candidates(best, idx).into_iter().find(&mut *fails) {
            let is_whole_txn = smaller.txns.len() < best.txns.len();
            *best = smaller;
            if is_whole_txn {
                break;
            }
        }
    }
}

/// The trace without transaction `idx`, and with only its first half or all but its last event.
fn smaller_candidates(trace: &Trace, idx: usize) -> Vec<Trace> {
    let len = trace.txns[idx].span.len();
    let mut keeps = vec![0, len / 2, len - 1];
    keeps.dedup();
    keeps
        .into_iter()
        .map(|keep| cut(trace, idx, keep))
        .collect()
}

/// The trace with only the first `keep` events of transaction `idx`.
fn cut(trace: &Trace, idx: usize, keep: usize) -> Trace {
    let shortened = &trace.txns[idx];
    let removed = shortened.span.start + keep..shortened.span.end;
    let before_removed = if keep == 0 {
        shortened.parents.clone()
    } else {
        vec![removed.start - 1]
    };
    let renumber = |lv: usize| {
        if lv >= removed.end {
            lv - removed.len()
        } else {
            lv
        }
    };
    let mut model = Reference::new();
    let mut txns = Vec::new();
    for (at, txn) in trace.txns.iter().enumerate() {
        let mut txn = match at == idx {
            true if keep == 0 => continue,
            true => slice(txn, 0..keep),
            false => txn.clone(),
        };
        let mut parents = Vec::new();
        for &lv in &txn.parents {
            match removed.contains(&lv) {
                true => parents.extend_from_slice(&before_removed),
                false => parents.push(renumber(lv)),
            }
        }
        txn.parents = model.minimal(&parents);
        txn.span = model.n_events()..model.n_events() + txn.span.len();
        model.push_txn(&txn);
        txns.push(txn);
    }
    Trace {
        txns,
        end_content: Some(model.text()),
    }
}
