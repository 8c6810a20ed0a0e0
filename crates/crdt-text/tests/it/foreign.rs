//! Runs of other replicas that must be refused: numbers and parents that cannot be.

use crdt_core::{GraphError, IngestError, MAX_SEQ};
use crdt_text::{EditError, OpLog, RemoteRun, TextOp, UpdateError};

use crate::errors::{log_refuses, refuses};
use crate::support::{agent, dot, offer, seen};

#[test]
fn sequence_numbers_do_not_pass_the_largest() {
    let x = TextOp::insert(0, "xy");
    for seq in [MAX_SEQ, MAX_SEQ + 1, u64::MAX - 1, u64::MAX] {
        let error = EditError::Graph(GraphError::SeqOverflow { seq });
        log_refuses(
            |log, _, _| offer(log, ("z", seq), &[], &[x]),
            UpdateError::Malformed(error),
        );
    }
    // The two largest there are.
    let mut log = OpLog::new();
    assert_eq!(offer(&mut log, ("z", MAX_SEQ - 1), &[], &[x]), Ok(2));
    let z = log.get_or_create_agent_id("z").expect("a name");
    let copy = OpLog::decode(&log.encode_full()).expect("valid");
    assert_eq!(copy, log);
    let before = seen(&log);
    let error = log.add_insert(z, 0, "x").expect_err("no number is left");
    assert!(
        matches!(error, EditError::Graph(GraphError::SeqOverflow { .. })),
        "{error}"
    );
    assert_eq!(seen(&log), before);
}

#[test]
fn parents_that_are_not_there_are_named() {
    let x = [TextOp::insert(0, "x")];
    let missing = |name, seq| UpdateError::MissingDependency(dot(name, seq));
    for (name, seq) in [("a", 4), ("b", 1), ("nobody", 0), ("a", MAX_SEQ)] {
        let parents = [dot(name, seq)];
        log_refuses(
            |log, _, _| offer(log, ("z", 0), &parents, &x),
            missing(name, seq),
        );
        let parents = &[dot(name, seq)];
        let local = IngestError::MissingDependency(dot(name, seq));
        log_refuses(|log, _, _| log.to_local(parents), local);
    }
    let parents = [dot("a", 2), dot("b", 7), dot("c", 1)];
    log_refuses(
        |log, _, _| offer(log, ("z", 0), &parents, &x),
        missing("b", 7),
    );
    refuses(
        |doc, _| {
            let run = RemoteRun {
                agent: &agent("z"),
                seq: 0,
                parents: &parents,
                ops: &x,
            };
            doc.ingest(&run).map(drop)
        },
        missing("b", 7),
    );
}

#[test]
fn parents_must_be_sorted_distinct_and_minimal() {
    let x = [TextOp::insert(0, "x")];
    let malformed = |error| UpdateError::Malformed(EditError::Graph(error));
    let unsorted = malformed(GraphError::UnsortedParents);
    let parents = [dot("b", 0), dot("a", 3)];
    log_refuses(
        |log, _, _| offer(log, ("z", 0), &parents, &x),
        unsorted.clone(),
    );
    let twice = [dot("a", 3), dot("a", 3)];
    log_refuses(|log, _, _| offer(log, ("z", 0), &twice, &x), unsorted);
    let ancestors = [dot("a", 2), dot("b", 0)];
    let error = malformed(GraphError::NonMinimalParents);
    log_refuses(|log, _, _| offer(log, ("z", 0), &ancestors, &x), error);
    log_refuses(
        |log, _, _| offer(log, ("z", 0), &[], &[]),
        UpdateError::Malformed(EditError::Empty),
    );
}
