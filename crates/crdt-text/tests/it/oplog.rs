//! The op log as a value: authoring, reading back, versions, equality.

use crdt_testkit::{Rng, Trace, topo};
use crdt_text::{Branch, Direction, Frontier, Lv, OpLog, TextDoc, TextOp};

use crate::support::{
    backspacing_ops, histories, ingest, ingest_ops, offer, oplog_from, oplog_of, seeds,
    single_events, version,
};

type Outcome = Result<(), Box<dyn core::error::Error>>;

/// Feeds each operation one event at a time.
fn ingest_slowly(oplog: &mut OpLog, trace: &Trace, txn: &crdt_testkit::Txn, ops: &[TextOp<'_>]) {
    let (mut seq, mut parents) = (txn.seq, trace.parent_dots(txn));
    for (pos, inserted) in ops.iter().flat_map(single_events) {
        let text = inserted.map(String::from);
        let op = match &text {
            Some(text) => TextOp::insert(pos, text),
            None => TextOp::delete(pos..pos + 1),
        };
        assert_eq!(
            offer(oplog, (txn.agent.as_str(), seq), &parents, &[op]),
            Ok(1)
        );
        parents = vec![crate::support::dot(txn.agent.as_str(), seq)];
        seq += 1;
    }
}

#[test]
fn a_history_taken_in_event_by_event_is_the_same_history() {
    for (seed, trace) in histories() {
        let (mut bulk, mut slow) = (OpLog::new(), OpLog::new());
        for txn in &trace.txns {
            let ops = backspacing_ops(txn, seed);
            ingest_ops(&mut bulk, &trace, txn, &ops).expect("a valid history");
            ingest_slowly(&mut slow, &trace, txn, &ops);
        }
        assert_eq!(format!("{bulk:?}"), format!("{slow:?}"), "CRDT_SEED={seed}");
        assert!(bulk.iter_ops().eq(slow.iter_ops()), "CRDT_SEED={seed}");
        assert_eq!(bulk, slow, "CRDT_SEED={seed}");
        assert_eq!(bulk.encode_full(), slow.encode_full(), "CRDT_SEED={seed}");
    }
}

#[test]
fn typing_a_word_letter_by_letter_is_pasting_it() -> Outcome {
    let (mut typed, mut pasted) = (TextDoc::new(), TextDoc::new());
    let (me, too) = (
        typed.get_or_create_agent_id("me")?,
        pasted.get_or_create_agent_id("me")?,
    );
    let word = "caf\u{e9} \u{1f600}!";
    for (at, ch) in word.chars().enumerate() {
        typed.insert(me, at, ch.encode_utf8(&mut [0; 4]))?;
    }
    pasted.insert(too, 0, word)?;
    assert_eq!(typed.encode_full(), pasted.encode_full());
    assert_eq!(
        typed.oplog().iter_ops().collect::<Vec<_>>(),
        [TextOp::insert(0, word)]
    );

    // Backspace three times, or take the three away as a backspace run.
    for at in (4..7).rev() {
        typed.delete(me, at..at + 1)?;
    }
    let (mut log, branch) = pasted.into_parts();
    log.add_operations_at(too, branch.version(), &[TextOp::backspace(4..7)])?;
    assert_eq!(typed.oplog().encode_full(), log.encode_full());
    let back = TextOp::Delete {
        pos: 4,
        len: 3,
        direction: Direction::Backward,
        text: None,
    };
    assert_eq!(log.iter_ops().nth(1), Some(back));
    Ok(())
}

#[test]
fn deleting_a_selection_is_pressing_delete_often() -> Outcome {
    let (mut keys, mut selection) = (TextDoc::new(), TextDoc::new());
    let (me, too) = (
        keys.get_or_create_agent_id("me")?,
        selection.get_or_create_agent_id("me")?,
    );
    keys.insert(me, 0, "0123456789")?;
    selection.insert(too, 0, "0123456789")?;
    (0..4).try_for_each(|_| keys.delete(me, 3..4).map(drop))?;
    selection.delete(too, 3..7)?;
    assert_eq!(keys.encode_full(), selection.encode_full());
    assert_eq!(keys.to_string(), "012789");
    Ok(())
}

#[test]
fn authoring_returns_the_new_events_and_moves_the_tip() -> Outcome {
    let mut log = OpLog::new();
    let ada = log.get_or_create_agent_id("ada")?;
    let bob = log.get_or_create_agent_id("bob")?;
    assert_eq!(log.get_or_create_agent_id("ada")?, ada);
    let first = log.add_insert(ada, 0, "hello")?;
    assert_eq!((first.start, first.end), (Lv::new(0), Lv::new(5)));
    let fork = Frontier::from(Lv::new(2));
    let second = log.add_insert_at(bob, &fork, 3, "XY")?;
    assert_eq!((second.start, second.end), (Lv::new(5), Lv::new(7)));
    assert_eq!(log.version().as_slice(), [Lv::new(4), Lv::new(6)]);
    assert_eq!(log.text_at(&Frontier::from(Lv::new(6)))?, "helXY");
    let third = log.add_delete_at(ada, &Frontier::from(Lv::new(6)), 1..4)?;
    assert_eq!(third.len(), 3);
    assert_eq!(log.text_at(&Frontier::from(third.last()))?, "hY");
    // At the tip, the length is that of the merge.
    let merged = log.text_at(log.version())?;
    let len = merged.chars().count();
    assert!(log.add_insert(bob, len + 1, "!").is_err());
    log.add_insert(bob, len, "!")?;
    assert_eq!(log.version().single(), Some(Lv::new(10)));
    assert_eq!(log.text_at(log.version())?, merged + "!");
    assert_eq!(log.len(), 11);
    Ok(())
}

#[test]
fn recorded_deleted_text_is_read_back() -> Outcome {
    let mut log = OpLog::new();
    let ada = log.get_or_create_agent_id("ada")?;
    log.add_insert(ada, 0, "a\u{e9}\u{1f600}d")?;
    log.add_delete_with_content(ada, 1..3, "\u{e9}\u{1f600}")?;
    log.add_delete_without_content(ada, 0..1)?;
    let delete = |pos, len, text| TextOp::Delete {
        pos,
        len,
        direction: Direction::Forward,
        text,
    };
    let expected = [delete(1, 2, Some("\u{e9}\u{1f600}")), delete(0, 1, None)];
    assert_eq!(log.iter_ops().skip(1).collect::<Vec<_>>(), expected);
    let copy = OpLog::decode(&log.encode_full())?;
    assert_eq!(copy.iter_ops().skip(1).collect::<Vec<_>>(), expected);
    assert_eq!(copy.encode_full(), log.encode_full());
    Ok(())
}

#[test]
fn history_runs_tell_who_did_what_on_which_version() {
    for (seed, trace) in histories() {
        let oplog = oplog_of(&topo::reorder(&trace, seed));
        // Taken in again from what it says of itself, in its own order.
        let mut copy = OpLog::new();
        let mut end = Lv::new(0);
        for run in oplog.iter_history() {
            assert_eq!(
                run.lvs.start, end,
                "CRDT_SEED={seed}: local order without gaps"
            );
            assert!(
                run.parents.iter().all(|parent| parent < end),
                "CRDT_SEED={seed}"
            );
            let parents = oplog.to_remote(&run.parents).expect("known parents");
            let taken = offer(&mut copy, (run.agent.as_str(), run.seq), &parents, &run.ops);
            assert_eq!(taken, Ok(run.lvs.len() as usize), "CRDT_SEED={seed}");
            end = run.lvs.end;
        }
        assert_eq!(copy, oplog, "CRDT_SEED={seed}");
        assert_eq!(copy.version(), oplog.version(), "CRDT_SEED={seed}");
    }
}

#[test]
fn what_a_version_lacks_comes_parents_first_and_completes_it() {
    for (seed, trace) in histories() {
        let oplog = oplog_of(&trace);
        let mut rng = Rng::new(seed);
        let lv = rng.below(trace.n_events());
        let known = version(&oplog, &trace, &[lv]);
        let mut part = OpLog::new();
        let lacking = |log: &OpLog| oplog.update_missing(&log.summary()).len();
        let missing: usize = oplog
            .iter_ops_since(&known)
            .expect("a version")
            .map(|op| op.n_events())
            .sum();
        // A replica that holds just that version takes each run at once.
        let inside = oplog.graph().diff(&known, &Frontier::root()).only_a;
        for run in oplog.iter_history() {
            for lvs in inside
                .iter()
                .map(|lvs| lvs.intersect(run.lvs))
                .filter(|l| !l.is_empty())
            {
                assert_eq!(
                    lvs.start, run.lvs.start,
                    "CRDT_SEED={seed}: versions cut at the end"
                );
                let ops: Vec<TextOp<'_>> = oplog.iter_ops_in(lvs).collect();
                let parents = oplog.to_remote(&run.parents).expect("known parents");
                let id = (run.agent.as_str(), run.seq);
                assert_eq!(offer(&mut part, id, &parents, &ops), Ok(lvs.len() as usize));
            }
        }
        assert_eq!(lacking(&part), missing, "CRDT_SEED={seed}");
        for run in oplog.iter_history_since(&known).expect("a version") {
            let parents = oplog.to_remote(&run.parents).expect("known parents");
            offer(&mut part, (run.agent.as_str(), run.seq), &parents, &run.ops)
                .unwrap_or_else(|error| panic!("CRDT_SEED={seed}: {error}"));
        }
        assert_eq!(part, oplog, "CRDT_SEED={seed}");
    }
}

#[test]
fn versions_survive_the_way_to_another_replica_and_back() {
    for (seed, trace) in histories() {
        let here = oplog_of(&trace);
        let there = oplog_of(&topo::reorder(&trace, seed));
        assert_eq!(
            here.remote_version(),
            there.remote_version(),
            "CRDT_SEED={seed}"
        );
        assert_eq!(here.summary(), there.summary(), "CRDT_SEED={seed}");
        let mut rng = Rng::new(seed);
        for _ in 0..5 {
            let heads = [rng.below(trace.n_events()), rng.below(trace.n_events())];
            let version = version(&here, &trace, &heads);
            let remote = here.to_remote(&version).expect("known");
            assert_eq!(
                here.to_local(&remote),
                Ok(version.clone()),
                "CRDT_SEED={seed}"
            );
            let abroad = there.to_local(&remote).expect("one history");
            assert_eq!(there.to_remote(&abroad), Ok(remote), "CRDT_SEED={seed}");
            assert_eq!(
                here.text_at(&version),
                there.text_at(&abroad),
                "CRDT_SEED={seed}"
            );
        }
    }
}

#[test]
fn equality_is_of_histories_and_not_of_their_order() {
    for (seed, trace) in histories() {
        let here = oplog_of(&trace);
        let there = oplog_of(&topo::split(&topo::reorder(&trace, seed), seed));
        assert_eq!(here, there, "CRDT_SEED={seed}");
        assert_eq!(there, here, "CRDT_SEED={seed}");
        let mut without_last = OpLog::new();
        for txn in &trace.txns[..trace.txns.len() - 1] {
            ingest(&mut without_last, &trace, txn).expect("a valid history");
        }
        assert_ne!(here, without_last, "CRDT_SEED={seed}");
        assert_ne!(without_last, here, "CRDT_SEED={seed}");
    }
}

#[test]
fn anything_that_differs_makes_histories_unequal() {
    let base = "a:0 [] ins 0 xy\nb:0 [a:1] del 0 1";
    let others = [
        ("another agent", "c:0 [] ins 0 xy\nb:0 [c:1] del 0 1"),
        ("another number", "a:1 [] ins 0 xy\nb:0 [a:2] del 0 1"),
        ("another parent", "a:0 [] ins 0 xy\nb:0 [a:0] del 0 1"),
        ("another text", "a:0 [] ins 0 xz\nb:0 [a:1] del 0 1"),
        ("another position", "a:0 [] ins 0 xy\nb:0 [a:1] del 1 1"),
        ("another kind", "a:0 [] ins 0 xy\nb:0 [a:1] ins 0 z"),
        ("one event more", "a:0 [] ins 0 xy\nb:0 [a:1] del 0 2"),
        ("one event less", "a:0 [] ins 0 xy"),
    ];
    let same = oplog_from(base);
    assert_eq!(oplog_from(base), same);
    for (name, notation) in others {
        let other = oplog_from(notation);
        assert_ne!(other, same, "{name}");
        assert_ne!(same, other, "{name}");
    }
}

#[test]
fn transformed_ops_lead_there_and_back_again() {
    for seed in seeds(60) {
        let trace = crdt_testkit::generate::history(seed, &Default::default());
        let oplog = oplog_of(&trace);
        let mut rng = Rng::new(seed);
        let heads = [rng.below(trace.n_events()), rng.below(trace.n_events())];
        let [from, to] = heads.map(|head| version(&oplog, &trace, &[head]));
        let text = oplog.text_at(&from).expect("a version");
        let mut mirror: Vec<char> = text.chars().collect();
        crate::support::apply(
            &mut mirror,
            &oplog.transformed_ops(&from, &to).expect("versions"),
        );
        let there: String = mirror.iter().collect();
        assert_eq!(oplog.text_at(&to), Ok(there), "CRDT_SEED={seed}");
        crate::support::apply(
            &mut mirror,
            &oplog.transformed_ops(&to, &from).expect("versions"),
        );
        assert_eq!(mirror.iter().collect::<String>(), text, "CRDT_SEED={seed}");
        let none = oplog.transformed_ops(&to, &to).expect("a version");
        assert!(
            none.is_empty() && none.iter().next().is_none(),
            "CRDT_SEED={seed}"
        );
    }
}

#[test]
fn a_document_is_its_op_log_and_the_text_at_its_tip() {
    for (seed, trace) in histories() {
        let oplog = oplog_of(&trace);
        let doc = TextDoc::from(oplog.clone());
        assert_eq!(Some(doc.content()), trace.end_content, "CRDT_SEED={seed}");
        assert_eq!(doc.len_chars(), doc.content().chars().count());
        assert_eq!(doc.is_empty(), doc.content().is_empty());
        assert_eq!(
            (doc.version(), doc.remote_version()),
            (oplog.version(), oplog.remote_version())
        );
        assert_eq!(
            (doc.encode_full(), doc.summary()),
            (oplog.encode_full(), oplog.summary())
        );
        let (parts, branch) = doc.into_parts();
        assert_eq!(parts, oplog, "CRDT_SEED={seed}");
        assert_eq!(
            branch.content(),
            Branch::new_at_tip(&oplog).content(),
            "CRDT_SEED={seed}"
        );
    }
}
