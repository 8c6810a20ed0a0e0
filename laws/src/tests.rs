//! Tests of the command line, and the laws with few cases.

use super::subjects::SUBJECTS;
use super::{Plan, each_report};
use crdt_testkit::laws::Law;

#[test]
fn every_type_keeps_every_law() {
    let checks: Vec<_> = SUBJECTS.iter().map(|(_, check)| *check).collect();
    each_report(&checks, 50, 1, |report| {
        report.assert_passed();
        // What few types have: dots, errors, feeds.
        let optional = [Law::Closure, Law::Atomicity, Law::Feed];
        let mut unchecked = report.unchecked();
        assert!(unchecked.all(|law| optional.contains(&law)), "{report}");
    });
}

#[test]
fn names_are_different() {
    let mut names: Vec<String> = SUBJECTS.iter().map(|(name, _)| name()).collect();
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
