//! Ids that are known already, gaps in sequence numbers, and batches that fail half way.

use crdt_text::{OpLog, TextDoc, TextOp, UpdateError};

use crate::support::{conflict, dot, offer, oplog_from, seen, seen_doc};

const KNOWN: &str = "a:0 [] ins 0 xyz; del 1 2\nb:0 [a:2] ins 3 w";

#[track_caller]
fn conflicts(id: (&str, u64), parents: &[crdt_core::Dot], ops: &[TextOp<'_>], at: u64) {
    let mut log = oplog_from(KNOWN);
    let before = seen(&log);
    let error = offer(&mut log, id, parents, ops);
    assert_eq!(conflict(error.clone()), dot(id.0, at));
    assert_eq!(seen(&log), before, "a refused run changes nothing");
    assert_eq!(
        offer(&mut log, id, parents, ops),
        error,
        "and is refused again"
    );
}

#[test]
fn a_known_id_with_other_content_is_a_conflict() {
    conflicts(("a", 0), &[], &[TextOp::insert(0, "xyZ")], 2);
    conflicts(("a", 0), &[], &[TextOp::insert(1, "xyz")], 0);
    conflicts(("a", 0), &[], &[TextOp::delete(0..3)], 0);
    conflicts(("a", 3), &[dot("a", 2)], &[TextOp::delete(0..2)], 3);
    conflicts(("a", 3), &[dot("a", 2)], &[TextOp::backspace(1..3)], 3);
    conflicts(("b", 0), &[dot("a", 2)], &[TextOp::insert(3, "W")], 0);
}

/// Whoever must find out which of two writers used the id reads what both wrote.
#[test]
fn a_conflict_tells_what_both_sides_say_of_the_event() {
    let told = |id, parents: &[crdt_core::Dot], ops: &[TextOp<'_>]| {
        let refused = offer(&mut oplog_from(KNOWN), id, parents, ops);
        let Err(UpdateError::Conflict(error)) = refused else {
            panic!("not a conflict: {refused:?}");
        };
        [error.ours(), error.theirs()].map(String::from)
    };
    let insert = |pos, text| format!("{:?}", TextOp::insert(pos, text));
    assert_eq!(
        told(("a", 0), &[], &[TextOp::insert(0, "xYz")]),
        [insert(1, "y"), insert(1, "Y")]
    );
    assert_eq!(
        told(("a", 4), &[dot("a", 3)], &[TextOp::insert(7, "q")]),
        [format!("{:?}", TextOp::delete(1..2)), insert(7, "q")]
    );
    assert_eq!(
        told(("b", 0), &[dot("a", 1)], &[TextOp::insert(3, "w")]),
        [r#"Parents([Dot("a", 2)])"#, r#"Parents([Dot("a", 1)])"#]
    );
}

#[test]
fn a_known_id_with_other_parents_is_a_conflict() {
    conflicts(("b", 0), &[], &[TextOp::insert(3, "w")], 0);
    conflicts(("b", 0), &[dot("a", 1)], &[TextOp::insert(3, "w")], 0);
    conflicts(("b", 0), &[dot("a", 4)], &[TextOp::insert(3, "w")], 0);
    conflicts(("a", 1), &[], &[TextOp::insert(1, "yz")], 1);
    conflicts(("a", 3), &[dot("b", 0)], &[TextOp::delete(1..3)], 3);
}

#[test]
fn a_known_prefix_with_a_conflicting_tail_is_refused_whole() {
    // Events 0 to 4 are known, and 4 is given another position; 5 is new.
    let ops = [
        TextOp::insert(0, "xyz"),
        TextOp::delete(1..2),
        TextOp::delete(0..2),
    ];
    conflicts(("a", 0), &[], &ops, 4);
    // New events on both sides of a known one that differs.
    let mut log = OpLog::new();
    offer(&mut log, ("a", 2), &[], &[TextOp::insert(0, "c")]).expect("a gap is allowed");
    let before = seen(&log);
    let around = offer(&mut log, ("a", 0), &[], &[TextOp::insert(0, "abc")]);
    assert_eq!(conflict(around), dot("a", 2));
    assert_eq!(seen(&log), before);
}

#[test]
fn what_is_known_in_part_is_absorbed_and_the_rest_applied_once() {
    let mut log = oplog_from(KNOWN);
    let all = [
        TextOp::insert(0, "xyz"),
        TextOp::delete(1..3),
        TextOp::insert(1, "!"),
    ];
    assert_eq!(offer(&mut log, ("a", 0), &[], &all), Ok(1));
    assert_eq!(offer(&mut log, ("a", 0), &[], &all), Ok(0));
    // From the middle of what is known to beyond it.
    let tail = [TextOp::delete(1..2), TextOp::insert(1, "!?")];
    assert_eq!(offer(&mut log, ("a", 4), &[dot("a", 3)], &tail), Ok(1));
    assert_eq!(
        log.text_at(&log.to_local(&[dot("a", 6)]).expect("known"))
            .as_deref(),
        Ok("x!?")
    );
}

/// Decision 2: one agent's numbers may arrive out of order, and the summary claims no gap.
#[test]
fn numbers_may_arrive_out_of_order_and_gaps_are_never_claimed() {
    let mut log = OpLog::new();
    assert_eq!(
        offer(&mut log, ("a", 7), &[], &[TextOp::insert(0, "late")]),
        Ok(4)
    );
    assert_eq!(
        log.summary()
            .ranges_of(&crate::support::agent("a"))
            .collect::<Vec<_>>(),
        vec![7..11]
    );
    assert!(!log.summary().contains(&dot("a", 0)));
    let early = offer(
        &mut log,
        ("b", 0),
        &[dot("a", 6)],
        &[TextOp::insert(0, "x")],
    );
    assert_eq!(early, Err(UpdateError::MissingDependency(dot("a", 6))));
    assert_eq!(
        offer(
            &mut log,
            ("a", 0),
            &[dot("a", 10)],
            &[TextOp::insert(0, "first, ")]
        ),
        Ok(7)
    );
    assert_eq!(log.text_at(log.version()).as_deref(), Ok("first, late"));
    let a = log.get_or_create_agent_id("a").expect("a name");
    log.add_insert(a, 0, "!").expect("an insert");
    assert!(
        log.summary().contains(&dot("a", 11)),
        "authoring goes on behind the largest number"
    );
    let copy = OpLog::decode(&log.encode_full()).expect("valid");
    assert_eq!(copy, log);
}

#[test]
fn a_batch_whose_last_run_is_bad_leaves_no_trace() {
    let good = "c:0 [] ins 0 new\nd:0 [c:2] ins 3 er\ne:0 [d:1] ins 0 z";
    // The receiver knows event e:0 with other content; c and d are new to it.
    let update = oplog_from(good).encode_full();
    let mut doc = TextDoc::from(oplog_from("e:0 [] ins 0 q\na:0 [e:0] ins 1 r"));
    let before = seen_doc(&doc);
    for _ in 0..2 {
        let error = doc.apply_update(&update).map(drop);
        assert_eq!(conflict(error), dot("e", 0));
        assert_eq!(seen_doc(&doc), before);
    }
    // Afterwards it equals a replica that never saw the bad one.
    let more = oplog_from("e:0 [] ins 0 q\na:0 [e:0] ins 1 r\nc:0 [a:0] ins 0 s").encode_full();
    let mut clean = TextDoc::from(oplog_from("e:0 [] ins 0 q\na:0 [e:0] ins 1 r"));
    clean.apply_update(&more).map(drop).expect("a good update");
    doc.apply_update(&more).map(drop).expect("a good update");
    assert_eq!(seen_doc(&doc), seen_doc(&clean));
}

#[test]
fn a_batch_that_is_early_half_way_leaves_no_trace() {
    let whole = oplog_from("m:0 [] ins 0 m\nc:0 [] ins 0 new\nz:0 [m:0] ins 1 z");
    let m = whole.to_local(&[dot("m", 0)]).expect("known");
    let without_m = whole.encode_since(&m).expect("known");
    let mut doc = TextDoc::from(oplog_from("a:0 [] ins 0 x"));
    let before = seen_doc(&doc);
    let error = doc.apply_update(&without_m).map(drop);
    assert_eq!(error, Err(UpdateError::MissingDependency(dot("m", 0))));
    assert_eq!(seen_doc(&doc), before);
    doc.apply_update(&whole.encode_full())
        .map(drop)
        .expect("all of it");
    assert_eq!(doc.oplog().len(), 6);
}

/// A summary hides what two replicas call by one name; the bytes show it, and so does equality.
#[test]
fn histories_that_disagree_refuse_each_other_in_full() {
    let mut left = TextDoc::from(oplog_from("a:0 [] ins 0 x\nb:0 [] ins 0 y"));
    let mut right = TextDoc::from(oplog_from("c:0 [] ins 0 z\nb:0 [c:0] ins 0 y"));
    let before = (seen_doc(&left), seen_doc(&right));
    let refused = left.apply_update(&right.encode_full()).map(drop);
    assert_eq!(conflict(refused), dot("b", 0));
    let refused = right.apply_update(&left.encode_full()).map(drop);
    assert_eq!(conflict(refused), dot("b", 0));
    assert_ne!(left.oplog(), right.oplog());
    assert_eq!((seen_doc(&left), seen_doc(&right)), before);
}

/// What `OpLog::merge` promises: a name that two op logs gave to different events is a conflict.
#[test]
fn merging_op_logs_that_disagree_is_a_conflict() {
    let mut left = oplog_from("a:0 [] ins 0 x\nb:0 [] ins 0 y");
    let right = oplog_from("c:0 [] ins 0 z\nb:0 [c:0] ins 0 y");
    let before = seen(&left);
    assert_eq!(conflict(left.merge(&right)), dot("b", 0));
    assert_eq!(seen(&left), before);
}
