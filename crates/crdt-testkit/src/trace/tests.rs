//! Each public shape reads into the normal form; each broken file says what is wrong and where.

use super::{Trace, TraceError, TraceLines, TraceOp, TxnProblem};
use crdt_core::{AgentId, AgentIdError};
use std::io::Write;

fn insert(pos: usize, text: &str) -> TraceOp {
    TraceOp::Insert {
        pos,
        text: text.into(),
    }
}

fn read(json: &str) -> Trace {
    Trace::from_json(json.as_bytes()).expect("a valid trace")
}

fn names(trace: &Trace) -> Vec<&str> {
    trace.agents().into_iter().map(AgentId::as_str).collect()
}

fn problem(json: &str) -> (usize, TxnProblem) {
    match Trace::from_json(json.as_bytes()) {
        Err(TraceError::Txn { txn, problem }) => (txn, problem),
        other => panic!("expected a broken transaction, found {other:?}"),
    }
}

/// An export file with one good transaction, `abc` by `a`, and then `txns`.
fn export(txns: &str) -> String {
    let first = r#"{"span":[0,3],"parents":[],"agent":"a","seqStart":0,"ops":[[0,0,"abc"]]}"#;
    format!(r#"{{"txns":[{first},{txns}],"endContent":"x"}}"#)
}

#[test]
fn the_export_shape_keeps_spans_roots_and_seqs() {
    let trace = read(&export(
        r#"{"span":[3,5],"parents":[],"agent":"\u00e9","seqStart":7,"ops":[[0,0,"z"],[0,1,""]]},
           {"ops":[[1,2,""]],"seqStart":3,"agent":"a","parents":[4,1],"span":[5,7]}"#,
    ));
    assert_eq!(trace.n_events(), 7);
    assert_eq!(trace.n_ops(), 4);
    assert_eq!(
        trace.txns[1].ops,
        [insert(0, "z"), TraceOp::Delete { pos: 0, len: 1 }]
    );
    assert_eq!(trace.txns[2].parents, [1, 4]);
    assert_eq!(names(&trace), ["a", "\u{e9}"]);
    assert_eq!(
        trace.dot_of(4).map(|dot| dot.to_string()),
        Some("\u{e9}:8".into())
    );
    assert_eq!(trace.frontier(), [2, 6]);
    assert_eq!(trace.end_content.as_deref(), Some("x"));
}

#[test]
fn the_sequential_shape_becomes_one_chain_of_one_agent() {
    let trace = read(
        r#"{"startContent":"ab","endContent":"aXY","txns":[
            {"time":"t","patches":[[1,1,"XY"]]},{"time":1,"patches":[]},{"patches":[[3,0,"!"]]}]}"#,
    );
    assert_eq!(trace.txns.len(), 3);
    assert!(trace.txns.iter().all(|t| t.agent.as_str() == "      0"));
    assert_eq!(trace.txns[0].ops, [insert(0, "ab")]);
    assert_eq!(
        trace.txns[1].ops,
        [TraceOp::Delete { pos: 1, len: 1 }, insert(1, "XY")]
    );
    assert_eq!(
        (trace.txns[2].seq, trace.txns[2].parents.clone()),
        (5, vec![4])
    );
}

#[test]
fn the_concurrent_shape_counts_seqs_and_maps_transaction_indexes() {
    let trace = read(
        r#"{"kind":"concurrent","endContent":"","numAgents":11,"txns":[
            {"parents":[],"agent":10,"patches":[[0,0,"abc"]]},
            {"parents":[0],"agent":2,"patches":[[0,1,"x"]]},
            {"parents":[0],"agent":10,"patches":[]},
            {"parents":[2,1],"agent":10,"patches":[[1,0,"y"]]}]}"#,
    );
    assert_eq!(names(&trace), ["      2", "     10"]);
    assert_eq!(trace.txns[1].parents, [2]);
    assert_eq!(trace.txns[2].seq, 3);
    assert_eq!(trace.txns[2].parents, [2, 4]);
}

#[test]
fn integer_agents_order_as_integers_in_the_export_shape_too() {
    let trace = read(&export(
        r#"{"span":[3,4],"parents":[],"agent":12,"seqStart":0,"ops":[[0,0,"z"]]}"#,
    ));
    assert_eq!(trace.txns[1].agent.as_str(), "     12");
}

#[test]
fn gzip_is_known_by_its_magic_number() {
    let path = std::env::temp_dir().join(format!("crdt-testkit-{}.json", std::process::id()));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(br#"{"txns":[],"endContent":""}"#)
        .expect("writes to memory");
    let mut packed = packed.finish().expect("writes to memory");
    std::fs::write(&path, &packed).expect("writes a file");
    assert_eq!(
        Trace::open(&path).expect("a trace").end_content.as_deref(),
        Some("")
    );
    packed.truncate(packed.len() - 5);
    std::fs::write(&path, &packed).expect("writes a file");
    assert!(matches!(Trace::open(&path), Err(TraceError::Io(_))));
    std::fs::remove_file(&path).expect("removes the file");
    assert!(matches!(Trace::open(&path), Err(TraceError::Io(_))));
}

#[test]
fn what_is_not_json_says_where() {
    for json in [
        "",
        "[1]",
        "{\"txns\":[{\"agent\":-1}]}",
        "{\"txns\":3}",
        "{\"endContent\":\"\"}",
    ] {
        let error = Trace::from_json(json.as_bytes()).expect_err(json);
        assert!(matches!(error, TraceError::Json(_)), "{json}");
        assert!(
            error.to_string().contains("line 1") || json.is_empty(),
            "{error}"
        );
    }
}

#[test]
fn each_rule_of_a_transaction_is_checked() {
    let with = |span: &str, parents: &str, agent: &str, seq: &str, ops: &str| {
        problem(&export(&format!(
            r#"{{"span":{span},"parents":{parents},"agent":"{agent}","seqStart":{seq},"ops":{ops}}}"#
        )))
    };
    let z = r#"[[0,0,"z"]]"#;
    assert_eq!(
        with("[4,5]", "[2]", "a", "3", z),
        (
            1,
            TxnProblem::SpanStart {
                expected: 3,
                found: 4
            }
        )
    );
    assert_eq!(
        with("[3,5]", "[2]", "a", "3", z),
        (1, TxnProblem::SpanLen { span: 2, ops: 1 })
    );
    assert_eq!(
        with("[3,2]", "[2]", "a", "3", z),
        (1, TxnProblem::SpanLen { span: 0, ops: 1 })
    );
    assert_eq!(
        with("[3,4]", "[3]", "a", "3", z),
        (1, TxnProblem::Parent(3))
    );
    assert_eq!(
        with("[3,4]", "[2]", "", "3", z),
        (1, TxnProblem::Agent(AgentIdError::Empty))
    );
    assert_eq!(
        with("[3,4]", "[2]", "a", "1", z),
        (1, TxnProblem::SeqReused(1))
    );
    let late = with("[3,4]", "[2]", "b", "18446744073709551615", z);
    assert!(matches!(late, (1, TxnProblem::Dot(_))), "{late:?}");
    assert_eq!(with("[3,9]", "[2]", "b", "0", "[]"), (1, TxnProblem::Empty));
    let far = r#"[[18446744073709551615,0,"z"]]"#;
    assert_eq!(
        with("[3,4]", "[2]", "b", "0", far),
        (1, TxnProblem::TooLarge)
    );
    let long = r#"{"patches":[[0,18446744073709551615,""]]}"#;
    let json = format!(r#"{{"startContent":"abc","endContent":"","txns":[{long},{long}]}}"#);
    assert_eq!(problem(&json), (1, TxnProblem::TooLarge));
}

#[test]
fn built_traces_are_checked_for_what_readers_repair() {
    let mut trace = read(&export(
        r#"{"span":[3,4],"parents":[0,2],"agent":"b","seqStart":0,"ops":[[0,0,"z"]]}"#,
    ));
    assert!(trace.check().is_ok());
    for parents in [vec![2, 0], vec![2, 2]] {
        trace.txns[1].parents = parents;
        let found = trace
            .check()
            .expect_err("the parents are out of order")
            .to_string();
        assert!(
            found.starts_with("transaction 1: parents are unsorted"),
            "{found}"
        );
    }
}

#[test]
fn each_missing_field_is_named() {
    let whole = r#""span":[3,4],"parents":[],"agent":"b","seqStart":0,"ops":[[0,0,"z"]]"#;
    for name in ["span", "parents", "agent", "seqStart", "ops"] {
        let json = export(&format!("{{{}}}", whole.replace(name, "other")));
        assert_eq!(problem(&json), (1, TxnProblem::Missing(name)));
    }
    let json = r#"{"endContent":"","txns":[{"time":0}]}"#;
    assert_eq!(problem(json), (0, TxnProblem::Missing("patches")));
}

#[test]
fn lines_are_numbered_and_a_bad_one_does_not_hide_the_next() {
    let good = r#"{"txns":[],"endContent":""}"#;
    let text = format!("{good}\n\n{{\n{good}");
    let found: Vec<(usize, bool)> = TraceLines::new(text.into())
        .map(|(line, trace)| (line, trace.is_ok()))
        .collect();
    assert_eq!(found, [(1, true), (3, false), (4, true)]);
}
