//! Random histories, judged by the naive reference model.

use crdt_testkit::generate::{HistoryConfig, history};
use crdt_testkit::{Reference, Rng, Trace, topo};
use crdt_text::{Branch, OpLog, Patches};

use crate::support::{ingest, oplog_of, version};

const N_SEEDS: u64 = 150;

fn histories() -> impl Iterator<Item = (u64, Trace)> {
    let seed = std::env::var("CRDT_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds = seed.map_or(0..N_SEEDS, |seed| seed..seed + 1);
    seeds.map(|seed| {
        let config = HistoryConfig {
            ops_out_of_range: seed % 3 == 0,
            ..HistoryConfig::default()
        };
        (seed, history(seed, &config))
    })
}

/// Applies patches to a plain string, as an editor would.
pub fn apply(text: &mut Vec<char>, patches: &Patches<'_>) {
    for patch in patches.iter() {
        assert!(
            patch.pos + patch.deleted <= text.len(),
            "patch out of range: {patch:?}"
        );
        text.splice(patch.pos..patch.pos + patch.deleted, patch.inserted.chars());
    }
}

#[test]
fn every_version_has_the_text_of_the_model() {
    for (seed, trace) in histories() {
        let oplog = oplog_of(&trace);
        let model = Reference::from_trace(&trace);
        for txn in &trace.txns {
            for lv in [txn.span.start, txn.span.end - 1] {
                let text = oplog
                    .text_at(&version(&oplog, &trace, &[lv]))
                    .expect("a version");
                assert_eq!(text, model.text_at(&[lv]), "CRDT_SEED={seed}, event {lv}");
            }
        }
        let text = oplog.text_at(oplog.version()).expect("the tip");
        assert_eq!(text, model.text(), "CRDT_SEED={seed}");
    }
}

#[test]
fn a_branch_that_merges_in_pieces_ends_like_one_that_merges_at_once() {
    for (seed, trace) in histories() {
        let trace = topo::reorder(&trace, seed);
        let mut rng = Rng::new(seed);
        let mut oplog = OpLog::new();
        let mut branch = Branch::new();
        let mut shown = Vec::new();
        let mut model = Reference::new();
        for txn in &trace.txns {
            ingest(&mut oplog, &trace, txn).expect("a valid history");
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
    }
}

#[test]
fn checkouts_go_anywhere_and_their_patches_follow() {
    for (seed, trace) in histories() {
        let oplog = oplog_of(&trace);
        let model = Reference::from_trace(&trace);
        let mut rng = Rng::new(seed);
        let mut branch = Branch::new();
        let mut shown = Vec::new();
        for _ in 0..12 {
            let heads: Vec<usize> = (0..rng.below(4))
                .map(|_| rng.below(trace.n_events()))
                .collect();
            let heads = model.minimal(&heads);
            let target = version(&oplog, &trace, &heads);
            let expected = model.text_at(&heads);
            let before = branch.version().clone();
            let steps = oplog
                .transformed_ops(&before, &target)
                .expect("versions")
                .iter()
                .count();
            let patches = branch.checkout(&oplog, &target).expect("a version");
            assert_eq!(steps, patches.len(), "CRDT_SEED={seed}");
            apply(&mut shown, &patches);
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
        }
    }
}

#[test]
fn updates_arrive_in_pieces_twice_and_in_any_order() {
    for (seed, trace) in histories() {
        let whole = oplog_of(&trace);
        let mut rng = Rng::new(seed);
        let mut pieces = Vec::new();
        let mut source = OpLog::new();
        for txn in &topo::split(&trace, seed).txns {
            let before = source.version().clone();
            ingest(&mut source, &trace, txn).expect("a valid history");
            pieces.push(source.encode_since(&before).expect("a version"));
        }
        let mut copy = OpLog::new();
        while copy != whole {
            rng.shuffle(&mut pieces);
            for piece in &pieces {
                match copy.decode_and_add(piece) {
                    Ok(_) | Err(crdt_text::UpdateError::MissingDependency(_)) => {}
                    Err(error) => panic!("CRDT_SEED={seed}: {error}"),
                }
            }
        }
        assert_eq!(copy.encode_full(), whole.encode_full(), "CRDT_SEED={seed}");
        let text = Branch::new_at_tip(&copy).to_string();
        assert_eq!(Some(text), trace.end_content, "CRDT_SEED={seed}");
    }
}

#[test]
fn op_logs_merge_in_both_directions() {
    for (seed, trace) in histories() {
        let (mut left, mut right) = (OpLog::new(), OpLog::new());
        let mut rng = Rng::new(seed);
        for txn in &trace.txns {
            // Either may lack what the other has; both may lack a parent.
            if rng.chance(60) {
                let _ = ingest(&mut left, &trace, txn);
            }
            if rng.chance(60) {
                let _ = ingest(&mut right, &trace, txn);
            }
        }
        let before = left.clone();
        left.merge(&right).expect("one history");
        right.merge(&before).expect("one history");
        assert_eq!(left, right, "CRDT_SEED={seed}");
        assert_eq!(left.encode_full(), right.encode_full(), "CRDT_SEED={seed}");
        let texts = [&left, &right].map(|oplog| Branch::new_at_tip(oplog).to_string());
        assert_eq!(texts[0], texts[1], "CRDT_SEED={seed}");
    }
}
