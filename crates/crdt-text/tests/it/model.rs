//! Random histories, judged by the naive reference model.

use crdt_testkit::{Reference, Rng, topo};
use crdt_text::{Branch, OpLog, UpdateError};

use crate::support::{
    apply, backspacing_model, backspacing_ops, each_history, ingest, ingest_ops, oplog_of, version,
};

#[test]
fn every_version_has_the_text_of_the_model() {
    each_history(|seed, trace| {
        let oplog = oplog_of(trace);
        let model = Reference::from_trace(trace);
        for txn in &trace.txns {
            for lv in [txn.span.start, txn.span.end - 1] {
                let text = oplog
                    .text_at(&version(&oplog, trace, &[lv]))
                    .expect("a version");
                assert_eq!(text, model.text_at(&[lv]), "CRDT_SEED={seed}, event {lv}");
            }
        }
        let text = oplog.text_at(oplog.version()).expect("the tip");
        assert_eq!(text, model.text(), "CRDT_SEED={seed}");
    });
}

/// The generator only deletes forwards; half way through a run, backspaces have deleted others.
#[test]
fn backspaces_have_the_text_of_the_model_half_way_too() {
    each_history(|seed, trace| {
        let mut oplog = OpLog::new();
        for txn in &trace.txns {
            let ops = backspacing_ops(txn, seed);
            ingest_ops(&mut oplog, trace, txn, &ops).expect("a valid history");
        }
        let model = backspacing_model(trace, seed);
        let mut rng = Rng::new(seed);
        let mut branch = Branch::new();
        let mut shown = Vec::new();
        for _ in 0..12 {
            let heads = model.minimal(&[rng.below(trace.n_events()), rng.below(trace.n_events())]);
            let target = version(&oplog, trace, &heads);
            apply(
                &mut shown,
                &branch.checkout(&oplog, &target).expect("a version"),
            );
            assert_eq!(
                branch.to_string(),
                model.text_at(&heads),
                "CRDT_SEED={seed} {heads:?}"
            );
            assert_eq!(
                shown.iter().collect::<String>(),
                branch.to_string(),
                "CRDT_SEED={seed}"
            );
        }
        assert_eq!(
            Branch::new_at_tip(&oplog).to_string(),
            model.text(),
            "CRDT_SEED={seed}"
        );
    });
}

#[test]
fn a_branch_that_merges_in_pieces_ends_like_one_that_merges_at_once() {
    each_history(|seed, trace| {
        let trace = &topo::reorder(trace, seed);
        let mut rng = Rng::new(seed);
        let mut oplog = OpLog::new();
        let mut branch = Branch::new();
        let mut shown = Vec::new();
        let mut model = Reference::new();
        for txn in &trace.txns {
            ingest(&mut oplog, trace, txn).expect("a valid history");
            model.push_txn(txn);
            if rng.chance(40) {
                apply(
                    &mut shown,
                    &branch.merge(&oplog, oplog.version()).expect("the tip"),
                );
                assert_eq!(branch.to_string(), model.text(), "CRDT_SEED={seed}");
                assert_eq!(
                    shown.iter().collect::<String>(),
                    model.text(),
                    "CRDT_SEED={seed}"
                );
            }
        }
    });
}

/// Ops outside the document must mean the same whatever was merged before them.
#[test]
fn merges_of_any_versions_in_any_order_end_in_their_union() {
    each_history(|seed, trace| {
        let oplog = oplog_of(trace);
        let model = Reference::from_trace(trace);
        let mut rng = Rng::new(seed);
        for _ in 0..3 {
            let (mut branch, mut shown, mut heads) = (Branch::new(), Vec::new(), Vec::new());
            for _ in 0..6 {
                let head = rng.below(trace.n_events());
                let target = version(&oplog, trace, &[head]);
                apply(
                    &mut shown,
                    &branch.merge(&oplog, &target).expect("a version"),
                );
                heads = model.minimal(&[heads, vec![head]].concat());
                let expected = model.text_at(&heads);
                assert_eq!(branch.to_string(), expected, "CRDT_SEED={seed} {heads:?}");
                assert_eq!(
                    shown.iter().collect::<String>(),
                    expected,
                    "CRDT_SEED={seed}"
                );
                assert_eq!(
                    branch.version(),
                    &version(&oplog, trace, &heads),
                    "CRDT_SEED={seed}"
                );
            }
        }
    });
}

#[test]
fn checkouts_go_anywhere_and_their_patches_follow() {
    each_history(|seed, trace| {
        let oplog = oplog_of(trace);
        let model = Reference::from_trace(trace);
        let mut rng = Rng::new(seed);
        let mut branch = Branch::new();
        let mut shown = Vec::new();
        for _ in 0..12 {
            let heads: Vec<usize> = (0..rng.below(4))
                .map(|_| rng.below(trace.n_events()))
                .collect();
            let heads = model.minimal(&heads);
            let target = version(&oplog, trace, &heads);
            let expected = model.text_at(&heads);
            let before = branch.version().clone();
            let mut mirror = shown.clone();
            apply(
                &mut mirror,
                &oplog.transformed_ops(&before, &target).expect("versions"),
            );
            apply(
                &mut shown,
                &branch.checkout(&oplog, &target).expect("a version"),
            );
            assert_eq!(
                branch.to_string(),
                expected,
                "CRDT_SEED={seed} {before:?} {target:?}"
            );
            assert_eq!(
                shown.iter().collect::<String>(),
                expected,
                "CRDT_SEED={seed}"
            );
            assert_eq!(mirror, shown, "CRDT_SEED={seed} {before:?} {target:?}");
        }
    });
}

#[test]
fn updates_arrive_in_pieces_twice_and_in_any_order() {
    each_history(|seed, trace| {
        let whole = oplog_of(trace);
        let mut rng = Rng::new(seed);
        let mut pieces = Vec::new();
        let mut source = OpLog::new();
        for txn in &topo::split(trace, seed).txns {
            let before = source.version().clone();
            ingest(&mut source, trace, txn).expect("a valid history");
            pieces.push(source.encode_since(&before).expect("a version"));
        }
        let mut copy = OpLog::new();
        // Each round takes in at least one piece, so there are no more rounds than pieces.
        for _ in 0..pieces.len() {
            rng.shuffle(&mut pieces);
            for piece in &pieces {
                match copy.decode_and_add(piece) {
                    Ok(_) | Err(UpdateError::MissingDependency(_)) => {}
                    Err(error) => panic!("CRDT_SEED={seed}: {error}"),
                }
            }
            if copy == whole {
                break;
            }
        }
        assert_eq!(copy, whole, "CRDT_SEED={seed}");
        assert_eq!(copy.encode_full(), whole.encode_full(), "CRDT_SEED={seed}");
        let text = Branch::new_at_tip(&copy).to_string();
        assert_eq!(Some(text), trace.end_content, "CRDT_SEED={seed}");
    });
}

#[test]
fn op_logs_merge_in_both_directions() {
    each_history(|seed, trace| {
        let (mut left, mut right) = (OpLog::new(), OpLog::new());
        let mut rng = Rng::new(seed);
        for txn in &trace.txns {
            // Either may lack what the other has; both may lack a parent.
            for log in [&mut left, &mut right] {
                if rng.chance(60) {
                    let taken = ingest(log, trace, txn);
                    let is_early = matches!(taken, Err(UpdateError::MissingDependency(_)));
                    assert!(taken.is_ok() || is_early, "CRDT_SEED={seed}: {taken:?}");
                }
            }
        }
        let before = left.clone();
        left.merge(&right).expect("one history");
        right.merge(&before).expect("one history");
        assert_eq!(left, right, "CRDT_SEED={seed}");
        assert_eq!(left.encode_full(), right.encode_full(), "CRDT_SEED={seed}");
        let texts = [&left, &right].map(|oplog| Branch::new_at_tip(oplog).to_string());
        assert_eq!(texts[0], texts[1], "CRDT_SEED={seed}");
    });
}
