//! Updates as bytes: identity, one form for each history, pieces, and what is known in part.

use crdt_core::codec::{DecodeError, DecodeLimits};
use crdt_core::{Classify, ErrorKind};
use crdt_testkit::{Rng, topo};
use crdt_text::{Frontier, OpLog, TextDoc, TextOp, Update, UpdateError};

use crate::support::{
    backspacing_ops, each_history, histories, ingest, ingest_ops, oplog_of, seen, version,
};

#[test]
fn decoding_what_was_encoded_gives_the_same_history() {
    for (seed, trace) in histories() {
        let mut oplog = OpLog::new();
        for txn in &trace.txns {
            let ops = backspacing_ops(txn, seed);
            ingest_ops(&mut oplog, &trace, txn, &ops).expect("a valid history");
        }
        let bytes = oplog.encode_full();
        let copy = OpLog::decode(&bytes).unwrap_or_else(|e| panic!("CRDT_SEED={seed}: {e}"));
        assert_eq!(copy, oplog, "CRDT_SEED={seed}");
        assert_eq!(copy.encode_full(), bytes, "CRDT_SEED={seed}");
        assert_eq!(copy.text_at(copy.version()), oplog.text_at(oplog.version()));
    }
}

/// A whole history is read past the update: the two ways must not differ.
#[test]
fn reading_straight_is_reading_an_update_and_applying_it() {
    each_history(|seed, trace| {
        let mut oplog = OpLog::new();
        for txn in &trace.txns {
            let ops = backspacing_ops(txn, seed);
            ingest_ops(&mut oplog, trace, txn, &ops).expect("a valid history");
        }
        let middle = trace.txns[trace.txns.len() / 2].span.start;
        let since = version(&oplog, trace, &[middle]);
        let later = oplog.encode_since(&since).expect("a known version");
        for bytes in [oplog.encode_full(), later] {
            let (mut straight, mut applied) = (OpLog::new(), OpLog::new());
            for log in [&mut straight, &mut applied] {
                log.get_or_create_agent_id("known before").expect("a name");
            }
            let update = Update::decode(&bytes, &DecodeLimits::default()).expect("our own bytes");
            assert_eq!(straight.decode_and_add(&bytes), applied.apply(&update));
            assert_eq!(seen(&straight), seen(&applied));
            let runs = |log: &OpLog| format!("{:?}", log.iter_history().collect::<Vec<_>>());
            assert_eq!(runs(&straight), runs(&applied));
        }
    });
}

#[test]
fn histories_learned_in_any_order_and_in_any_pieces_encode_alike() {
    for (seed, trace) in histories() {
        let bytes = oplog_of(&trace).encode_full();
        for order in 0..3 {
            let other = topo::split(&topo::reorder(&trace, seed + order), seed + order);
            assert_eq!(
                oplog_of(&other).encode_full(),
                bytes,
                "CRDT_SEED={seed}, order {order}"
            );
        }
    }
}

#[test]
fn an_update_for_a_replica_holds_what_it_lacks_and_nothing_else() {
    for (seed, trace) in histories() {
        let whole = oplog_of(&trace);
        let mut rng = Rng::new(seed);
        let mut part = OpLog::new();
        for txn in &topo::split(&trace, seed).txns {
            if rng.chance(70) {
                // What is early is not taken, and so lacking.
                drop(ingest(&mut part, &trace, txn));
            }
        }
        let update = whole.update_missing(&part.summary());
        assert_eq!(update.len(), whole.len() - part.len(), "CRDT_SEED={seed}");
        assert_eq!(
            update.summary(),
            whole.summary().difference(&part.summary())
        );
        assert_eq!(
            part.decode_and_add(&update.encode()),
            Ok(update.len()),
            "CRDT_SEED={seed}"
        );
        assert_eq!(part, whole, "CRDT_SEED={seed}");
        assert_eq!(
            part.apply(&update),
            Ok(0),
            "CRDT_SEED={seed}: twice is once"
        );
    }
}

#[test]
fn an_update_that_is_known_in_part_adds_the_rest() {
    for (seed, trace) in histories() {
        let whole = oplog_of(&trace);
        let mut rng = Rng::new(seed);
        let [have, since] = [0; 2].map(|_| rng.below(trace.n_events()));
        let mut part = OpLog::new();
        let heads = version(&whole, &trace, &[have]);
        for run in whole.iter_history() {
            let known = whole.graph().diff(&heads, &Frontier::root()).only_a;
            let parents = whole.to_remote(&run.parents).expect("known");
            for lvs in known
                .iter()
                .map(|k| k.intersect(run.lvs))
                .filter(|l| !l.is_empty())
            {
                let ops: Vec<TextOp<'_>> = whole.iter_ops_in(lvs).collect();
                let id = (run.agent.as_str(), run.seq);
                crate::support::offer(&mut part, id, &parents, &ops).expect("parents are known");
            }
        }
        let since = version(&whole, &trace, &[since]);
        let bytes = whole.encode_since(&since).expect("a version");
        let before = seen(&part);
        match part.decode_and_add(&bytes) {
            Ok(_) => {
                let missing = whole.update_missing(&part.summary()).summary();
                let sent = Update::decode(&bytes, &DecodeLimits::default())
                    .expect("valid")
                    .summary();
                assert!(missing.intersection(&sent).is_empty(), "CRDT_SEED={seed}");
            }
            Err(UpdateError::MissingDependency(_)) => {
                assert_eq!(seen(&part), before, "CRDT_SEED={seed}");
            }
            Err(error) => panic!("CRDT_SEED={seed}: {error}"),
        }
        part.decode_and_add(&whole.encode_full())
            .expect("the whole");
        assert_eq!(part, whole, "CRDT_SEED={seed}");
    }
}

#[test]
fn an_empty_history_has_an_encoding_too() {
    let bytes = OpLog::new().encode_full();
    assert_eq!(OpLog::decode(&bytes), Ok(OpLog::new()));
    assert_eq!(
        TextDoc::decode(&bytes).map(|doc| doc.to_string()),
        Ok(String::new())
    );
    assert_eq!(Update::default().encode(), bytes);
    let mut log = crate::support::oplog_from("a:0 [] ins 0 x");
    assert_eq!(log.decode_and_add(&bytes), Ok(0));
    assert_eq!(log.encode_since(&log.version().clone()), Ok(bytes.clone()));
    assert_eq!(log.encode_missing(&log.summary()), bytes);
}

/// Two agents with names that no update mentions: interning them is no event.
#[test]
fn agents_without_events_leave_no_trace_in_bytes() {
    let mut log = crate::support::oplog_from("a:0 [] ins 0 x");
    let bytes = log.encode_full();
    log.get_or_create_agent_id("nobody").expect("a name");
    assert_eq!(log.encode_full(), bytes);
    assert_eq!(log, OpLog::decode(&bytes).expect("valid"));
}

#[test]
fn recorded_text_does_not_decide_what_a_history_is() {
    let base = crate::support::oplog_from("a:0 [] ins 0 xyz");
    let (mut with, mut without) = (base.clone(), base);
    let a = with.get_or_create_agent_id("a").expect("a name");
    with.add_delete_with_content(a, 1..2, "y")
        .expect("a delete");
    without
        .add_delete_without_content(a, 1..2)
        .expect("a delete");
    assert_eq!(with.merge(&without), Ok(0));
    assert_eq!(without.merge(&with), Ok(0));
    assert_eq!(without.len(), 4);
}

#[test]
fn limits_refuse_what_is_larger_and_admit_what_is_not() {
    let bytes = crate::support::oplog_from("a:0 [] ins 0 hello\nb:0 [a:4] del 0 2").encode_full();
    let decode = |limits: DecodeLimits| Update::decode(&bytes, &limits).map(|update| update.len());
    let limits = DecodeLimits::default();
    assert_eq!(decode(limits), Ok(7));
    let n_bytes = bytes.len() as u64;
    assert_eq!(
        decode(limits.with_max_bytes(n_bytes).with_max_agents(2)),
        Ok(7)
    );
    let tight = [
        limits.with_max_bytes(n_bytes - 1),
        limits.with_max_agents(1),
        limits.with_max_items(1),
        limits.with_max_output_bytes(4),
    ];
    for limits in tight {
        let error = decode(limits).err();
        assert!(
            error.is_some_and(|e| e.is_budget_exceeded()),
            "{limits:?}: {error:?}"
        );
    }
}

#[test]
fn errors_tell_whether_to_wait_or_to_distrust() {
    let full = crate::support::oplog_from("a:0 [] ins 0 x\nb:0 [a:0] ins 1 y");
    let a0 = full
        .to_local(&[crate::support::dot("a", 0)])
        .expect("known");
    let early = full.encode_since(&a0).expect("known");
    let error = OpLog::new().decode_and_add(&early).expect_err("early");
    assert_eq!(
        error,
        UpdateError::MissingDependency(crate::support::dot("a", 0))
    );
    assert_eq!(error.kind(), ErrorKind::MissingDependency);
    let error = OpLog::decode(b"CTX").expect_err("cut");
    assert!(
        matches!(error, UpdateError::Decode(DecodeError::Truncated { .. })),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Malformed);
    let error = OpLog::decode(b"PNG\r\n\x1a\n and so on").expect_err("no update");
    assert_eq!(error.kind(), ErrorKind::Malformed);
}
