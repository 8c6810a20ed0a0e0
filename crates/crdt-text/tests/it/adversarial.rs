//! Bugs that other systems had, as tests; each tells its story in a line.
//!
//! Several more live where their helpers are: forged columns in the unit tests of `update`, cuts,
//! flips, bad text and new formats in `hostile`, conflicts in `conflict`, memory in `tests/alloc.rs`.

use crdt_testkit::topo;
use crdt_text::{
    Branch, Bytes, Chars, Direction, EditError, Frontier, OpLog, TextDoc, TextOp, UpdateError,
    Utf16,
};

use crate::support::{apply, conflict, dot, histories, offer, oplog_from, oplog_of, seen_doc};

type Outcome = Result<(), Box<dyn core::error::Error>>;

/// Stories 11 to 13: a failed import poisoned the document for the imports after it.
#[test]
fn a_failed_import_is_as_if_it_never_was() -> Outcome {
    let mut doc = TextDoc::from(oplog_from("b:0 [] ins 0 mine"));
    let handle = doc.branch().clone();
    let before = seen_doc(&doc);
    let bad = oplog_from("a:0 [] ins 0 x\nb:0 [a:0] ins 1 theirs").encode_full();
    let first = doc.apply_update(&bad).map(drop);
    assert_eq!(conflict(first.clone()), dot("b", 0));
    assert_eq!(
        doc.apply_update(&bad).map(drop),
        first,
        "refused again, for the same reason"
    );
    assert_eq!(seen_doc(&doc), before);
    assert_eq!(handle.content(), "mine", "what was made before goes on");
    let good = oplog_from("c:0 [] ins 0 and_").encode_full();
    doc.apply_update(&good)?;
    let mut clean = TextDoc::from(oplog_from("b:0 [] ins 0 mine"));
    clean.apply_update(&good)?;
    assert_eq!(seen_doc(&doc), seen_doc(&clean));
    Ok(())
}

/// Story 14: a foreign operation past the end was stored, and every later checkout panicked.
#[test]
fn operations_past_the_end_mean_the_end_on_every_replica() {
    let notation = "a:0 [] ins 0 abc
                    b:0 [a:2] ins 99 X; del 50 7
                    c:0 [a:2] del 1 99
                    d:0 [b:7 c:98] ins 1000 Y; del 0 1";
    let trace = crdt_testkit::Trace::from_notation(notation).expect("a history");
    let expected = crdt_testkit::Reference::from_trace(&trace).text();
    for order in 0..20 {
        let oplog = oplog_of(&topo::split(&topo::reorder(&trace, order), order));
        assert_eq!(
            oplog.text_at(oplog.version()),
            Ok(expected.clone()),
            "order {order}"
        );
        // Through every pair of partial merges.
        for run in oplog.iter_history() {
            let half = Frontier::from(run.lvs.last());
            let mut branch = Branch::new_at_local_version(&oplog, &half).expect("a version");
            branch.merge(&oplog, oplog.version()).expect("the tip");
            assert_eq!(branch.content(), expected, "order {order}, from {half:?}");
        }
    }
}

/// A merge took a base text of one scalar for one of seven: deletes past the end had reached text
/// that they would not have reached, so lengths added up although the history was another.
#[test]
fn a_base_of_unknown_length_is_not_guessed() {
    let notation = "e:0 [] ins 0 d
                    e:12 [e:0] del 2 1; ins 1 m; del 0 3
                    e:24 [e:0] ins 6 wxyz; del 5 4
                    e:32 [e:16] ins 1 fgh; del 0 1
                    d:7 [e:16 e:31] del 0 1";
    let trace = crdt_testkit::Trace::from_notation(notation).expect("a history");
    let oplog = oplog_of(&trace);
    let model = crdt_testkit::Reference::from_trace(&trace);
    for first in 0..trace.n_events() {
        for second in 0..trace.n_events() {
            let at = |lv| crate::support::version(&oplog, &trace, &[lv]);
            let mut branch = Branch::new_at_local_version(&oplog, &at(first)).expect("a version");
            let mut shown: Vec<char> = branch.content().chars().collect();
            apply(
                &mut shown,
                &branch.merge(&oplog, &at(second)).expect("a version"),
            );
            let expected = model.text_at(&model.minimal(&[first, second]));
            assert_eq!(branch.content(), expected, "{first}, then {second}");
            assert_eq!(
                shown.into_iter().collect::<String>(),
                expected,
                "{first}, then {second}"
            );
        }
    }
}

/// Story 15: positions near the largest integer wrapped in release and panicked in debug.
#[test]
fn positions_near_the_largest_integer_neither_wrap_nor_panic() {
    for pos in [usize::MAX, usize::MAX - 1, u32::MAX as usize, (1 << 31) - 2] {
        let mut log = oplog_from("a:0 [] ins 0 abc");
        let ops = [
            TextOp::insert(pos, "x"),
            TextOp::Delete {
                pos,
                len: 1,
                direction: Direction::Backward,
                text: None,
            },
            TextOp::Delete {
                pos,
                len: usize::MAX,
                direction: Direction::Forward,
                text: None,
            },
        ];
        for op in ops {
            let error = offer(&mut log, ("b", 0), &[dot("a", 2)], &[op]);
            assert!(matches!(
                error,
                Err(UpdateError::Malformed(EditError::TooLong { .. }))
            ));
        }
        assert_eq!(log.len(), 3);
    }
}

/// Story 17: an operation claimed a parent that it could not have known, and was believed.
#[test]
fn an_operation_only_reaches_what_its_parents_contain() {
    // b deletes at the root, where nothing is, although the receiver holds text.
    let oplog = oplog_from("a:0 [] ins 0 abc\nb:0 [] del 0 3");
    assert_eq!(oplog.text_at(oplog.version()).as_deref(), Ok("abc"));
}

/// Story 18: a forged operation rode behind a valid change of the batch that it depended on.
#[test]
fn a_bad_run_behind_a_good_one_takes_the_good_one_down() {
    let mut log = oplog_from("b:5 [] ins 0 q");
    let update = oplog_from("a:0 [] ins 0 fine\nb:0 [a:3] ins 0 forged");
    let refused = log.apply(&update.update_missing(&OpLog::new().summary()));
    assert_eq!(conflict(refused), dot("b", 5));
    assert_eq!((log.len(), log.graph().agents().len()), (1, 1));
}

/// Story 20: a deep history overflowed the stack, on reading, merging or dropping it.
#[test]
fn a_history_as_deep_as_it_is_long_needs_no_stack() {
    let run = || {
        let mut log = OpLog::new();
        let names: Vec<_> = ["a", "b"]
            .map(|name| log.get_or_create_agent_id(name).expect("a name"))
            .into();
        let mut heads = [Frontier::root(), Frontier::root()];
        for step in 0..4_000 {
            let at = step % 2;
            // Each merges what the other did last but one, so all is concurrent and all is deep.
            let parents = log.graph().union(&heads[0], &heads[1]);
            let lvs = log
                .add_insert_at(names[at], &parents, 0, "x")
                .expect("an insert");
            if step % 3 > 0 {
                heads[at] = Frontier::from(lvs.last());
            }
        }
        let copy = OpLog::decode(&log.encode_full()).expect("valid");
        assert_eq!(copy.text_at(copy.version()), log.text_at(log.version()));
    };
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(run)
        .expect("a thread");
    thread.join().expect("no overflow");
}

/// Stories 21 and 28: a diamond gave another text when its pieces came in another order.
#[test]
fn a_diamond_is_one_history_in_every_order_of_delivery() {
    let notation = "a:0 [] ins 0 base
                    b:0 [a:3] ins 2 L; del 0 1
                    c:0 [a:3] ins 2 R; del 3 2
                    a:4 [b:1 c:2] ins 1 top
                    d:0 [] ins 0 root";
    let trace = crdt_testkit::Trace::from_notation(notation).expect("a history");
    let whole = oplog_of(&trace);
    let pieces: Vec<Vec<u8>> = trace
        .txns
        .iter()
        .map(|txn| {
            let end = txn.seq + txn.span.len() as u64;
            let own = crdt_core::DotRange::new(txn.agent.clone(), txn.seq, end).expect("a range");
            let own: crdt_core::DotContext = [own].into_iter().collect();
            whole.encode_missing(&whole.summary().difference(&own))
        })
        .collect();
    let mut orders = vec![Vec::new()];
    for piece in 0..pieces.len() {
        let grow = |order: Vec<usize>| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, piece);
                longer
            })
        };
        orders = orders.into_iter().flat_map(grow).collect();
    }
    for order in orders {
        let mut doc = TextDoc::new();
        let mut waiting = order.clone();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|&piece| doc.apply_update(&pieces[piece]).is_err());
            assert!(waiting.len() < before, "{order:?}: nothing fits");
        }
        assert_eq!(doc.oplog(), &whole, "{order:?}");
        assert_eq!(doc.remote_version(), whole.remote_version(), "{order:?}");
        assert_eq!(
            Ok(doc.content()),
            whole.text_at(whole.version()),
            "{order:?}"
        );
    }
}

/// Story 23: a gap in an agent's numbers was skipped, and the version claimed what was missing.
#[test]
fn what_follows_a_gap_waits_and_is_not_claimed() {
    let whole = oplog_from("a:0 [] ins 0 abcdef");
    let a2 = whole.to_local(&[dot("a", 2)]).expect("known");
    let tail = whole.encode_since(&a2).expect("known");
    let mut log = OpLog::new();
    assert_eq!(
        log.decode_and_add(&tail),
        Err(UpdateError::MissingDependency(dot("a", 2)))
    );
    assert!(log.summary().is_empty());
    log.decode_and_add(&oplog_from("a:0 [] ins 0 abc").encode_full())
        .expect("the head");
    assert_eq!(log.decode_and_add(&tail), Ok(3));
    assert_eq!(log, whole);
}

/// Story 31: merging what was merged was not the same as applying the parts.
#[test]
fn an_update_of_merged_updates_is_worth_its_parts() {
    for (seed, trace) in histories().take(30) {
        let whole = oplog_of(&trace);
        let mut rng = crdt_testkit::Rng::new(seed);
        let mut replicas = vec![OpLog::new(); 3];
        for txn in &trace.txns {
            let taken = crate::support::ingest(&mut replicas[rng.below(3)], &trace, txn);
            assert!(
                !matches!(taken, Err(UpdateError::Malformed(_))),
                "CRDT_SEED={seed}"
            );
        }
        let mut merged = OpLog::new();
        for replica in &replicas {
            merged
                .decode_and_add(&replica.encode_full())
                .expect("one history");
        }
        for replica in &mut replicas {
            replica
                .decode_and_add(&merged.encode_full())
                .expect("one history");
            assert_eq!(*replica, merged, "CRDT_SEED={seed}");
            replica
                .decode_and_add(&whole.encode_full())
                .expect("one history");
            assert_eq!(*replica, whole, "CRDT_SEED={seed}");
        }
    }
}

/// Story 34: after a short tail on a long history, an export cost the history.
#[test]
fn an_update_of_a_short_tail_is_short() -> Outcome {
    let mut doc = TextDoc::from(oplog_of(&crdt_testkit::generate::typing(3, 2, 20_000)));
    let me = doc.get_or_create_agent_id("me")?;
    let (before, known) = (doc.version().clone(), doc.summary());
    doc.insert(me, 0, "!")?;
    assert!(doc.encode_full().len() > 5_000);
    assert!(doc.encode_since(&before)?.len() < 80);
    assert!(doc.encode_missing(&known).len() < 80);
    Ok(())
}

/// Story 43: an emoji at the wrong place shifted every position behind it.
#[test]
fn every_offset_in_every_unit_is_right_or_refused() -> Outcome {
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
    let text = format!("a\u{43f}\u{440}{family}e\u{301}\u{10000}\n");
    let mut doc = TextDoc::new();
    let me = doc.get_or_create_agent_id("me")?;
    doc.insert(me, 0, &text)?;
    let mut utf16 = 0;
    let branch = doc.branch();
    for (chars, (byte, ch)) in text.char_indices().enumerate() {
        assert_eq!(branch.convert::<Chars, Bytes>(Chars(chars))?, Bytes(byte));
        assert_eq!(branch.convert::<Bytes, Utf16>(Bytes(byte))?, Utf16(utf16));
        assert_eq!(branch.convert::<Utf16, usize>(Utf16(utf16))?, chars);
        for inside in 1..ch.len_utf8() {
            let at = byte + inside;
            let error = Err(EditError::NotABoundary { at });
            assert_eq!(branch.convert::<Bytes, Chars>(Bytes(at)), error);
        }
        for inside in 1..ch.len_utf16() {
            let at = utf16 + inside;
            let error = Err(EditError::NotABoundary { at });
            assert_eq!(branch.convert::<Utf16, Chars>(Utf16(at)), error);
        }
        utf16 += ch.len_utf16();
    }
    assert_eq!(
        branch.convert::<Utf16, Bytes>(Utf16(utf16))?,
        Bytes(text.len())
    );
    Ok(())
}

/// Story 46: two words typed at one place came out letter by letter in turn.
#[test]
fn words_typed_at_once_are_not_mixed() {
    for notation in [
        "a:0 [] ins 0 left\nb:0 [] ins 0 right",
        "b:0 [] ins 0 right\na:0 [] ins 0 left",
    ] {
        let oplog = oplog_from(notation);
        assert_eq!(oplog.text_at(oplog.version()).as_deref(), Ok("leftright"));
    }
}

/// Story 47: backspace where two merges met deleted what the other had typed.
#[test]
fn backspace_across_a_merge_deletes_what_was_seen() -> Outcome {
    let mut doc = TextDoc::from(oplog_from("a:0 [] ins 0 left\nb:0 [] ins 0 right"));
    let a = doc.get_or_create_agent_id("a")?;
    for at in (3..6).rev() {
        doc.delete(a, at..at + 1)?;
    }
    assert_eq!(doc.content(), "lefght");
    let copy = TextDoc::decode(&doc.encode_full())?;
    assert_eq!(copy.content(), "lefght");
    Ok(())
}

/// Names order by UTF-8 bytes; by UTF-16 units, as in browsers, these two would change places.
#[test]
fn agents_order_by_utf8_bytes_and_not_by_utf16_units() {
    let oplog = oplog_from("\u{1f600}:0 [] ins 0 second\n\u{fffd}:0 [] ins 0 first");
    assert_eq!(oplog.text_at(oplog.version()).as_deref(), Ok("firstsecond"));
    assert!("\u{fffd}" < "\u{1f600}");
    assert!("\u{fffd}".encode_utf16().gt("\u{1f600}".encode_utf16()));
}

/// Story 60: a merge of very many fragments joined them one by one, each time from the start.
#[test]
fn very_many_fragments_become_patches_that_are_right() -> Outcome {
    let mut log = OpLog::new();
    let a = log.get_or_create_agent_id("a")?;
    let base = log.add_insert(a, 0, &"x".repeat(2_000))?.last();
    let b = log.get_or_create_agent_id("b")?;
    let mut mine = Frontier::from(base);
    for at in 0..1_000 {
        mine = Frontier::from(log.add_insert_at(a, &mine, at * 3, "-")?.last());
    }
    let theirs = log
        .add_delete_at(b, &Frontier::from(base), 500..1_500)?
        .last();
    let mut branch = Branch::new_at_local_version(&log, &mine)?;
    let mut shown: Vec<char> = branch.content().chars().collect();
    let patches = branch.merge(&log, &Frontier::from(theirs))?;
    assert!(patches.len() <= 1_001, "{} patches", patches.len());
    apply(&mut shown, &patches);
    assert_eq!(shown.iter().collect::<String>(), branch.content());
    assert_eq!(branch.len_chars(), 2_000);
    Ok(())
}
