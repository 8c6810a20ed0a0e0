//! Merges into an open document go on where the last one stopped: text and patches must be those
//! of a copy that remembers nothing.

use crdt_testkit::{Reference, Rng, topo};
use crdt_text::{AgentIdx, Branch, OpLog, Patch, Patches, TextDoc};

use crate::support::{
    backspacing_ops, each_history, ingest_ops, oplog_of, seeds, single_events, version,
};

/// Patches that can be kept.
fn kept(patches: &Patches<'_>) -> Vec<(usize, usize, String)> {
    let keep = |patch: Patch<'_>| (patch.pos, patch.deleted, patch.inserted.to_owned());
    patches.iter().map(keep).collect()
}

/// Does the same to a document and to a copy of it, whose memory is empty.
fn merged(doc: &mut TextDoc, merge: impl Fn(&mut TextDoc) -> Vec<(usize, usize, String)>) {
    let mut copy = doc.clone();
    let patches = merge(doc);
    assert_eq!(patches, merge(&mut copy));
    assert_eq!(doc.content(), copy.content());
}

/// Somebody types, pastes, deletes and holds the backspace key, key by key.
fn edit(doc: &mut TextDoc, agent: AgentIdx, rng: &mut Rng) {
    let len = doc.len_chars();
    let pos = rng.below(len + 1);
    let n = 1 + rng.below(6);
    if len > 0 && rng.chance(40) {
        let end = (pos + n).min(len);
        if rng.chance(50) {
            (pos..end).rev().for_each(|at| {
                doc.delete(agent, at..=at).expect("in range");
            });
        } else if pos < end {
            doc.delete(agent, pos..end).expect("in range");
        }
    } else {
        (0..n).for_each(|i| {
            let key = ["a", "\u{e9}", "\u{1F600}"][rng.below(3)];
            doc.insert(agent, pos + i, key).expect("in range");
        });
    }
}

/// Three people, who hear of each other now and then: of one half-way through another's run, of
/// much at once, of nothing for long.
#[test]
fn replicas_that_exchange_what_they_typed_agree_with_copies_that_remember_nothing() {
    for seed in seeds(120) {
        let mut rng = Rng::new(seed);
        let mut docs = [TextDoc::new(), TextDoc::new(), TextDoc::new()];
        let agents = [0, 1, 2].map(|i| {
            let name = ["ada", "bob", "cy"][i];
            docs[i].get_or_create_agent_id(name).expect("a name")
        });
        let often = [8, 25, 60][(seed % 3) as usize];
        for _ in 0..80 {
            let (one, other) = (rng.below(3), rng.below(3));
            if rng.chance(often) {
                pull(&mut docs, one, other, rng.chance(50));
            } else {
                edit(&mut docs[one], agents[one], &mut rng);
            }
            if rng.chance(2) {
                docs[one] = TextDoc::decode(&docs[one].encode_full()).expect("our own bytes");
                let name = ["ada", "bob", "cy"][one];
                let again = docs[one].get_or_create_agent_id(name).expect("a name");
                // An agent keeps its number only as long as the op log lives.
                if again != agents[one] {
                    break;
                }
            }
        }
        for (one, other) in [(0, 1), (0, 2), (1, 0), (2, 0)] {
            pull(&mut docs, one, other, true);
        }
        let again = TextDoc::decode(&docs[0].encode_full()).expect("our own bytes");
        for doc in &docs {
            assert_eq!(doc.content(), again.content(), "CRDT_SEED={seed}");
        }
    }
}

fn pull(docs: &mut [TextDoc; 3], one: usize, other: usize, as_bytes: bool) {
    let from = docs[other].clone();
    let bytes = from.encode_missing(&docs[one].summary());
    merged(&mut docs[one], |doc| {
        let patches = if as_bytes {
            doc.apply_update(&bytes)
        } else {
            doc.merge(&from)
        };
        kept(&patches.expect("nothing is missing"))
    });
}

/// Transactions one by one, in any order in which parents come first, and local edits between.
#[test]
fn transactions_in_any_order_with_edits_between_end_in_the_text_of_a_replay() {
    each_history(|seed, trace| {
        let mut rng = Rng::new(seed);
        let mut doc = TextDoc::new();
        let local = doc.get_or_create_agent_id("local").expect("a name");
        let often = [0, 10, 40][(seed % 3) as usize];
        let trace = &topo::split(&topo::reorder(trace, seed), seed);
        for txn in &trace.txns {
            let (parents, ops) = (trace.parent_dots(txn), backspacing_ops(txn, seed));
            merged(&mut doc, |doc| {
                let run = crdt_text::RemoteRun {
                    agent: &txn.agent,
                    seq: txn.seq,
                    parents: &parents,
                    ops: &ops,
                };
                kept(&doc.ingest(&run).expect("a valid history"))
            });
            if rng.chance(often) {
                edit(&mut doc, local, &mut rng);
            }
        }
        let text = doc.oplog().text_at(doc.version()).expect("the tip");
        assert_eq!(doc.content(), text, "CRDT_SEED={seed}");
    });
}

/// A branch behind its op log: merges of versions low and high, edits on it, moves elsewhere.
#[test]
fn a_branch_that_wanders_has_the_text_of_each_version() {
    each_history(|seed, trace| {
        let mut oplog = OpLog::new();
        for txn in &trace.txns {
            let ops = backspacing_ops(txn, seed);
            ingest_ops(&mut oplog, trace, txn, &ops).expect("a valid history");
        }
        let local = oplog.get_or_create_agent_id("local").expect("a name");
        let mut rng = Rng::new(seed);
        let mut branch = Branch::new();
        for _ in 0..20 {
            let target = version(&oplog, trace, &[rng.below(trace.n_events())]);
            let mut copy = branch.clone();
            let goes_anywhere = rng.chance(20);
            let go = |branch: &mut Branch| {
                let patches = if seed % 4 == 0 && goes_anywhere {
                    branch.checkout(&oplog, &target)
                } else {
                    branch.merge(&oplog, &target)
                };
                kept(&patches.expect("a version"))
            };
            assert_eq!(go(&mut branch), go(&mut copy), "CRDT_SEED={seed}");
            assert_eq!(branch.content(), copy.content(), "CRDT_SEED={seed}");
            if rng.chance(20) {
                let pos = rng.below(branch.len() + 1);
                branch
                    .insert(&mut oplog, local, pos, "local")
                    .expect("in range");
            }
            let text = oplog.text_at(branch.version()).expect("its own version");
            assert_eq!(branch.content(), text, "CRDT_SEED={seed}");
        }
    });
}

/// Event by event, so that every run is met half-way; judged by the model, not by ourselves.
#[test]
fn single_events_one_after_the_other_have_the_text_of_the_model() {
    each_history(|seed, trace| {
        let model = Reference::from_trace(trace);
        let mut doc = TextDoc::new();
        for txn in &trace.txns {
            let mut seq = txn.seq;
            let mut parents = trace.parent_dots(txn);
            for op in crate::support::ops(txn) {
                for (pos, ch) in single_events(&op) {
                    let text = ch.map(String::from);
                    let op = match &text {
                        Some(text) => crdt_text::TextOp::insert(pos, text),
                        None => crdt_text::TextOp::delete(pos..pos + 1),
                    };
                    let run = crdt_text::RemoteRun {
                        agent: &txn.agent,
                        seq,
                        parents: &parents,
                        ops: &[op],
                    };
                    doc.ingest(&run).expect("a valid history");
                    parents = vec![crdt_core::Dot::new(txn.agent.clone(), seq).expect("a dot")];
                    seq += 1;
                }
            }
        }
        assert_eq!(doc.content(), model.text(), "CRDT_SEED={seed}");
        assert_eq!(doc.oplog(), &oplog_of(trace), "CRDT_SEED={seed}");
    });
}

/// Two people write at once, and take most of it back; who merges all of it hears only of what is
/// left, from left to right.
#[test]
fn of_a_whole_zone_only_the_outcome_is_told() {
    let mut ours = TextDoc::new();
    let ada = ours.get_or_create_agent_id("ada").expect("a name");
    ours.insert(ada, 0, "0123456789").expect("in range");
    let mut reader = ours.clone();
    let mut theirs = ours.clone();
    let bob = theirs.get_or_create_agent_id("bob").expect("a name");
    ours.insert(ada, 8, "forgotten").expect("in range");
    ours.delete(ada, 7..18).expect("in range");
    ours.insert(ada, 2, "A").expect("in range");
    theirs.insert(bob, 2, "Bxyz").expect("in range");
    theirs.delete(bob, 3..6).expect("in range");
    theirs.delete(bob, 0..1).expect("in range");
    ours.merge(&theirs).expect("nothing is missing");
    let patches = kept(&reader.merge(&ours).expect("nothing is missing"));
    let patch = |pos, deleted, inserted: &str| (pos, deleted, inserted.to_owned());
    assert_eq!(
        patches,
        [patch(0, 1, ""), patch(1, 0, "AB"), patch(8, 2, "")]
    );
    assert_eq!(reader.content(), "1AB234569");
    assert_eq!(reader.content(), ours.content());
}
