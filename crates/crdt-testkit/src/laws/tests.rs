//! A law that nothing can break is not checked: broken types, and which law says so.

mod dot_table;
mod register;
mod tally;

use super::history::EventSet;
use super::script::{MIN_WRITES, Script, Step};
use super::{Law, N_AGENTS, Report, Subject, check};
use crate::rng::Rng;
use dot_table::{DotTable, Mistake};
use register::Register;
use tally::{Fault, Tally};

const CASES: u64 = 40;

/// Asserts that `S` breaks `law`, in a history that a person can read.
#[track_caller]
fn assert_breaks<S: Subject>(law: Law) -> Report {
    let report = check::<S>(CASES, 1);
    let failure = report.failures().find(|(broken, _)| *broken == law);
    let Some((_, failure)) = failure else {
        panic!("{law} is not broken: {report}");
    };
    let repeated = check::<S>(1, failure.seed);
    assert!(
        repeated.failures().any(|(broken, _)| broken == law),
        "{repeated}"
    );
    assert!(failure.history.len() < 16, "{report}");
    report
}

/// Asserts that `S` breaks `law` and no other.
#[track_caller]
fn assert_breaks_only<S: Subject>(law: Law) {
    let report = assert_breaks::<S>(law);
    assert_eq!(report.n_failed(), 1, "{report}");
}

#[test]
fn types_without_mistakes_keep_all_laws() {
    check::<Tally<{ Fault::NONE }>>(CASES, 1).assert_passed();
    check::<Register<false>>(CASES, 1).assert_passed();
    check::<DotTable<{ Mistake::NONE }>>(CASES, 1).assert_passed();
}

#[test]
fn what_was_not_put_to_the_test_is_not_counted() {
    let report = check::<Tally<{ Fault::NONE }>>(CASES, 1);
    let unchecked: Vec<Law> = report.unchecked().collect();
    assert_eq!(unchecked, [Law::Closure, Law::Feed]);
    assert_eq!(report.n_passed() + unchecked.len(), Law::ALL.len());
}

#[test]
fn a_counter_with_relative_deltas_is_found() {
    assert_breaks::<Tally<{ Fault::RELATIVE_DELTA }>>(Law::Idempotence);
}

#[test]
fn a_join_that_does_nothing_is_found() {
    let report = assert_breaks::<Tally<{ Fault::DEAF_JOIN }>>(Law::Convergence);
    let broken: Vec<Law> = report.failures().map(|(law, _)| law).collect();
    assert!(
        broken.contains(&Law::Oracle) && !broken.contains(&Law::Idempotence),
        "{report}"
    );
}

#[test]
fn wrong_answers_about_order_are_found() {
    assert_breaks::<Tally<{ Fault::LYING_LEQ }>>(Law::Order);
    assert_breaks_only::<Tally<{ Fault::LYING_FLAG }>>(Law::Order);
}

#[test]
fn codecs_that_drop_or_let_pass_something_are_found() {
    assert_breaks::<Tally<{ Fault::LOSSY_CODEC }>>(Law::RoundTrip);
    assert_breaks_only::<Tally<{ Fault::SLOPPY_DECODER }>>(Law::Canonical);
}

#[test]
fn superfluous_parts_and_differences_are_found() {
    assert_breaks_only::<Tally<{ Fault::SPARE_PART }>>(Law::Decomposition);
    assert_breaks::<Tally<{ Fault::WHOLE_DIFF }>>(Law::Diff);
    assert_breaks_only::<Tally<{ Fault::DEAF_SUMMARY }>>(Law::CatchUp);
}

#[test]
fn mutators_that_disagree_are_found() {
    assert_breaks::<Tally<{ Fault::NO_DELTA }>>(Law::Delta);
    assert_breaks_only::<Tally<{ Fault::TWO_MUTATORS }>>(Law::Delta);
}

#[test]
fn noise_and_traces_of_refusals_are_found() {
    assert_breaks_only::<Tally<{ Fault::NOISY_NO_OP }>>(Law::Neutrality);
    assert_breaks::<Tally<{ Fault::DIRTY_REFUSAL }>>(Law::Atomicity);
    assert_breaks_only::<Tally<{ Fault::TOO_STRICT }>>(Law::Neutrality);
}

#[test]
fn news_that_are_left_out_are_found() {
    let report = check::<Tally<{ Fault::LOST_NEWS }>>(CASES, 1);
    let broken: Vec<Law> = report.failures().map(|(law, _)| law).collect();
    assert_eq!(broken, [Law::News], "{report}");
}

#[test]
fn a_part_that_is_left_out_is_found() {
    assert_breaks_only::<Tally<{ Fault::LOST_PART }>>(Law::Parts);
}

#[test]
fn a_wrong_reading_and_a_false_feed_are_found() {
    assert_breaks_only::<Tally<{ Fault::WRONG_VALUE }>>(Law::Oracle);
    assert_breaks_only::<Tally<{ Fault::FALSE_FEED }>>(Law::Feed);
}

#[test]
fn a_panic_breaks_the_law_that_was_being_checked() {
    let report = assert_breaks::<Tally<{ Fault::PANIC }>>(Law::Decomposition);
    assert!(
        report.to_string().contains("panicked: too many counts"),
        "{report}"
    );
}

#[test]
fn a_register_with_ties_by_order_of_arguments_is_found() {
    assert_breaks::<Register<true>>(Law::Commutativity);
}

#[test]
fn a_set_whose_removals_lose_their_context_is_found() {
    assert_breaks::<DotTable<{ Mistake::NAMES_NOTHING }>>(Law::Delta);
    assert_breaks::<DotTable<{ Mistake::FORGETS_CONTEXT }>>(Law::Inflation);
    assert_breaks::<DotTable<{ Mistake::UNKNOWN_DOT }>>(Law::Closure);
}

/// All algebra holds, and all replicas agree; but what they agree on is not what was specified.
#[test]
fn a_set_that_converges_on_something_else_is_found() {
    let report = assert_breaks::<DotTable<{ Mistake::REMOVES_THE_UNSEEN }>>(Law::Oracle);
    let by_specification = [Law::Oracle, Law::Neutrality];
    let mut broken = report.failures().map(|(law, _)| law);
    assert!(
        broken.all(|law| by_specification.contains(&law)),
        "{report}"
    );
}

#[test]
fn histories_are_long_overlapping_and_of_every_kind() {
    let (mut n_wild, mut kinds) = (0, [0; 6]);
    for seed in 0..200 {
        let script = Script::generate::<Tally<{ Fault::NONE }>>(Rng::new(seed));
        let n_writes = script.steps.iter().filter(|step| kind(step) == 0).count();
        assert!((MIN_WRITES..=EventSet::CAPACITY).contains(&n_writes));
        assert!((3..=N_AGENTS).contains(&script.n_writers));
        n_wild += usize::from(script.is_wild);
        script.steps.iter().for_each(|step| kinds[kind(step)] += 1);
    }
    assert!((20..60).contains(&n_wild), "{n_wild}");
    assert!(kinds.iter().all(|&n| n > 100), "{kinds:?}");
}

fn kind<Op>(step: &Step<Op>) -> usize {
    match step {
        Step::Write { .. } => 0,
        Step::Deliver { .. } => 1,
        Step::Group { .. } => 2,
        Step::Sync { .. } => 3,
        Step::Reload { .. } => 4,
        Step::Leak { .. } => 5,
    }
}

#[test]
fn a_seed_always_says_the_same() {
    let texts = [1, 1, 2].map(|seed| {
        let report = check::<Tally<{ Fault::LYING_FLAG }>>(3, seed);
        report.to_string()
    });
    assert_eq!(texts[0], texts[1]);
    assert_ne!(texts[0], texts[2]);
}
