//! The generators make valid histories, and the features they promise do occur.

use super::{HistoryConfig, history, typing};
use crate::reference::Reference;
use crate::trace::{Trace, TraceOp};

/// Whether every op lies inside the document at its parents, and no parent is redundant.
fn is_in_range(trace: &Trace) -> bool {
    let mut model = Reference::new();
    trace.txns.iter().all(|txn| {
        let mut len_chars = model.len_at(&txn.parents);
        let minimal = model.minimal(&txn.parents) == txn.parents;
        model.push_txn(txn);
        let mut fits = |op: &TraceOp| match op {
            TraceOp::Insert { pos, .. } => {
                len_chars += op.len();
                pos + op.len() <= len_chars
            }
            TraceOp::Delete { pos, len } => {
                let inside = pos + len <= len_chars;
                len_chars = len_chars.saturating_sub(*len);
                inside
            }
        };
        minimal && txn.ops.iter().all(&mut fits)
    })
}

#[test]
fn typing_is_valid_for_any_number_of_agents() {
    for (seed, n_agents) in [(1, 1), (2, 2), (3, 3), (4, 5)] {
        let trace = typing(seed, n_agents, 1_500);
        trace.check().expect("a valid trace");
        assert!(is_in_range(&trace), "seed {seed}");
        let merges = trace.txns.iter().filter(|t| t.parents.len() > 1).count();
        assert_eq!(
            merges > 0,
            n_agents > 1,
            "{n_agents} agents, {merges} merges"
        );
    }
}

#[test]
fn typing_deletes_and_jumps() {
    let trace = typing(11, 2, 20_000);
    let ops = || trace.txns.iter().flat_map(|t| &t.ops);
    let deleted: usize = ops()
        .map(|op| {
            if let TraceOp::Delete { len, .. } = op {
                *len
            } else {
                0
            }
        })
        .sum();
    assert!(
        (2_000..10_000).contains(&deleted),
        "{deleted} of 20000 events delete"
    );
    assert!(trace.end_content.is_none());
    assert!(typing(11, 2, 200).end_content.is_some());
}

#[test]
fn histories_are_valid_and_in_range_unless_asked() {
    let mut outside = 0;
    for seed in 0..100 {
        let trace = history(seed, &HistoryConfig::default());
        trace.check().expect("a valid trace");
        assert!(is_in_range(&trace), "seed {seed}");
        let config = HistoryConfig {
            ops_out_of_range: true,
            ..HistoryConfig::default()
        };
        let wild = history(seed, &config);
        wild.check().expect("a valid trace");
        outside += usize::from(!is_in_range(&wild));
    }
    assert!(
        outside > 50,
        "{outside} of 100 histories leave the document"
    );
}

#[test]
fn histories_hold_what_they_promise() {
    let (mut roots, mut merges, mut inside, mut backwards) = (0, 0, 0, 0);
    let (mut by_utf16, mut self_concurrent) = (0, 0);
    for seed in 0..100 {
        let trace = history(seed, &HistoryConfig::default());
        roots += trace.txns.iter().filter(|t| t.parents.is_empty()).count();
        merges += trace.txns.iter().filter(|t| t.parents.len() >= 4).count();
        let ends_a_txn = |lv: &usize| trace.txns.iter().any(|t| t.span.end == lv + 1);
        inside += trace
            .txns
            .iter()
            .filter(|t| !t.parents.iter().all(ends_a_txn))
            .count();
        let mut agents = trace.agents();
        agents.sort_by_key(|name| name.as_str().encode_utf16().collect::<Vec<u16>>());
        by_utf16 += usize::from(agents != trace.agents());
        let model = Reference::from_trace(&trace);
        for (idx, txn) in trace.txns.iter().enumerate() {
            for earlier in trace.txns[..idx].iter().filter(|t| t.agent == txn.agent) {
                backwards += usize::from(earlier.seq > txn.seq);
                let knows = model.contains(&txn.parents, earlier.span.end - 1);
                self_concurrent += usize::from(!knows);
            }
        }
    }
    for (what, count) in [
        ("roots", roots),
        ("merges of 4 or more", merges),
        ("parents inside a run", inside),
        ("seqs going backwards", backwards),
        ("names that UTF-16 orders otherwise", by_utf16),
        ("agents concurrent with themselves", self_concurrent),
    ] {
        assert!(count >= 20, "{what}: only {count}");
    }
}

#[test]
fn a_seed_repeats_its_history() {
    let config = HistoryConfig::default();
    assert_eq!(history(3, &config), history(3, &config));
    assert_ne!(history(3, &config), history(4, &config));
    assert_eq!(typing(3, 2, 500), typing(3, 2, 500));
}
