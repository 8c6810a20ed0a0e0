//! Tests of the command line, and the laws with few cases.

use super::{Plan, each_report};
use crdt_testkit::laws::Law;
use laws::SUBJECTS;

#[test]
fn every_type_keeps_every_law() {
    let checks: Vec<_> = SUBJECTS.iter().map(|entry| entry.check).collect();
    each_report(&checks, 50, 1, |report| {
        report.assert_passed();
        // What few types have: dots, errors, feeds.
        let optional = [Law::Closure, Law::Atomicity, Law::Feed];
        let mut unchecked = report.unchecked();
        assert!(unchecked.all(|law| optional.contains(&law)), "{report}");
    });
}

/// What the fuzz target `histories` starts from, and what it found.
#[test]
fn the_corpus_of_histories_keeps_every_law() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/histories");
    let mut n_files = 0;
    for file in std::fs::read_dir(dir).expect("a corpus") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("it is readable");
        laws::histories::run(&bytes);
        n_files += 1;
    }
    assert!(n_files > 0, "the corpus is empty");
}

#[test]
fn names_are_different() {
    let mut names: Vec<String> = SUBJECTS.iter().map(|entry| (entry.name)()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SUBJECTS.len());
}

#[test]
fn the_command_line_is_read() {
    let parse = |line: &str| {
        let args: Vec<String> = line.split_whitespace().map(Into::into).collect();
        Plan::parse(&args)
    };
    let plan = parse("--cases 7 --seed 9 or_set").expect("a plan");
    assert_eq!((plan.cases, plan.seed), (7, 9));
    assert!(plan.subjects.len() < SUBJECTS.len());
    assert_eq!(parse("").expect("a plan").subjects.len(), SUBJECTS.len());
    for wrong in [
        "--cases",
        "--cases 0",
        "--seed x",
        "--all",
        "a b",
        "no_such_type",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
}
