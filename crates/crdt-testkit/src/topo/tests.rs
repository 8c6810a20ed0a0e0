//! A rewritten history is valid, has the same dots and gives the same text.

use super::{reorder, split};
use crate::generate::{HistoryConfig, history};
use crate::reference::Reference;
use crate::trace::{Trace, TraceOp};
use alloc::collections::BTreeMap;
use crdt_core::Dot;

/// What one event does, with the dots of its parents: all that must survive a rewrite.
type Event = (Vec<Dot>, usize, Option<char>);

fn events(trace: &Trace) -> BTreeMap<Dot, Event> {
    let dot_of = |lv: usize| trace.dot_of(lv).expect("an event of the trace");
    let mut found = BTreeMap::new();
    for txn in &trace.txns {
        let mut lv = txn.span.start;
        for op in &txn.ops {
            let mut chars = match op {
                TraceOp::Insert { text, .. } => text.chars(),
                TraceOp::Delete { .. } => "".chars(),
            };
            for offset in 0..op.len() {
                let parents = match lv == txn.span.start {
                    true => trace.parent_dots(txn),
                    false => vec![dot_of(lv - 1)],
                };
                let ch = chars.next();
                let pos = op.pos() + if ch.is_some() { offset } else { 0 };
                found.insert(dot_of(lv), (parents, pos, ch));
                lv += 1;
            }
        }
    }
    found
}

#[test]
fn rewrites_keep_every_event_and_the_text() {
    for seed in 0..100 {
        let trace = history(
            seed,
            &HistoryConfig {
                ops_out_of_range: true,
                ..Default::default()
            },
        );
        let before = events(&trace);
        for rewritten in [
            reorder(&trace, seed),
            split(&trace, seed),
            reorder(&split(&trace, seed), seed + 1),
        ] {
            rewritten.check().expect("a rewrite is valid");
            assert_eq!(events(&rewritten), before, "seed {seed}");
            let text = Reference::from_trace(&rewritten).text();
            assert_eq!(Some(text), trace.end_content, "seed {seed}");
        }
    }
}

#[test]
fn orders_differ_and_a_seed_repeats_its_own() {
    let trace = history(5, &HistoryConfig::default());
    assert_eq!(reorder(&trace, 1), reorder(&trace, 1));
    let different = (0..10)
        .filter(|&seed| reorder(&trace, seed).txns != trace.txns)
        .count();
    assert!(different >= 9);
}
