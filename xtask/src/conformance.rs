//! `cargo xtask conformance FILE..`: every vector through every way into a text.
//!
//! A vector passes when its `endContent` comes out (1) of its own order, (2) of another valid
//! order of randomly cut transactions, (3) of merges in random pieces into a branch that lags
//! behind, whose patches keep a plain string in step, (4) of encoded updates.

use crate::feed::{Run, runs};
use crate::outcome::{Outcome, Stop};
use core::fmt::Display;
use core::panic::AssertUnwindSafe;
use crdt_testkit::{Rng, Trace, TraceLines, topo};
use crdt_text::{Branch, OpLog, Patches};
use std::panic::catch_unwind;

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let (mut seed, mut files) = (1, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seed" => {
                let value = args.next().and_then(|value| value.parse().ok());
                seed = value.ok_or_else(|| Stop::Usage("--seed needs a number".into()))?;
            }
            flag if flag.starts_with('-') => {
                return Err(Stop::Usage(format!("unknown option `{flag}`")));
            }
            file => files.push(file),
        }
    }
    if files.is_empty() {
        return Err(Stop::Usage("which FILE?".into()));
    }
    let (mut n_passed, mut n_failed) = (0, 0);
    for file in files {
        let lines = TraceLines::open(file).map_err(Stop::broken(file))?;
        for (line, trace) in lines {
            match trace
                .map_err(|e| e.to_string())
                .and_then(|trace| check(&trace, seed))
            {
                Ok(()) => n_passed += 1,
                Err(message) => {
                    n_failed += 1;
                    println!("{file}:{line}: {message}");
                }
            }
        }
    }
    println!("{n_passed} passed, {n_failed} failed");
    Ok(Outcome::passed_if(n_failed == 0))
}

/// A way from a history to a text.
type Way = fn(&Trace, u64) -> Result<String, String>;

const WAYS: [(&str, Way); 4] = [
    ("in file order", in_file_order),
    ("in another order", in_another_order),
    ("merged in pieces", merged_in_pieces),
    ("through the codec", through_the_codec),
];

fn check(trace: &Trace, seed: u64) -> Result<(), String> {
    let expected = trace
        .end_content
        .as_ref()
        .ok_or("the vector has no endContent")?;
    for (name, way) in WAYS {
        let found = catch_unwind(AssertUnwindSafe(|| way(trace, seed)))
            .map_err(|_| format!("{name} (seed {seed}): panicked"))?
            .map_err(|error| format!("{name} (seed {seed}): {error}"))?;
        if found != *expected {
            return Err(format!(
                "{name} (seed {seed}): expected {expected:?}, found {found:?}"
            ));
        }
    }
    Ok(())
}

fn in_file_order(trace: &Trace, _: u64) -> Result<String, String> {
    checkout(&log_of(&runs(trace))?)
}

fn in_another_order(trace: &Trace, seed: u64) -> Result<String, String> {
    in_file_order(&topo::reorder(&topo::split(trace, seed), seed), seed)
}

fn merged_in_pieces(trace: &Trace, seed: u64) -> Result<String, String> {
    let trace = topo::reorder(&topo::split(trace, seed), seed.wrapping_add(1));
    let mut rng = Rng::new(seed);
    let (mut log, mut branch, mut screen) = (OpLog::new(), Branch::new(), Vec::new());
    let mut versions = Vec::new();
    for (run, txn) in runs(&trace).iter().zip(&trace.txns) {
        log.ingest(&run.as_remote()).map_err(message)?;
        versions.push(log.version().clone());
        let any_event = trace.dot_of(rng.below(txn.span.end));
        versions.push(log.to_local(any_event.as_slice()).map_err(message)?);
        if rng.chance(30) {
            let version = rng.pick(&versions);
            draw(&mut screen, &branch.merge(&log, version).map_err(message)?)?;
            compare(&branch, &screen)?;
        }
    }
    draw(
        &mut screen,
        &branch.merge(&log, log.version()).map_err(message)?,
    )?;
    compare(&branch, &screen)?;
    Ok(branch.to_string())
}

/// Sends the first part of the history as a whole, the rest as two updates, one of them twice.
fn through_the_codec(trace: &Trace, seed: u64) -> Result<String, String> {
    let runs = runs(trace);
    let (mut log, mut copy) = (OpLog::new(), OpLog::new());
    let mut rng = Rng::new(seed);
    let first = rng.below(runs.len() + 1);
    let second = rng.between(first, runs.len());
    for part in [0..first, first..second, second..runs.len()] {
        let before = log.version().clone();
        for run in &runs[part] {
            log.ingest(&run.as_remote()).map_err(message)?;
        }
        if before.is_root() {
            copy = OpLog::decode(&log.encode_full()).map_err(message)?;
        } else {
            let update = log.encode_since(&before).map_err(message)?;
            copy.decode_and_add(&update).map_err(message)?;
            copy.decode_and_add(&update).map_err(message)?;
        }
    }
    if copy.summary() != log.summary() {
        return Err("the decoded history holds other events".into());
    }
    checkout(&copy)
}

fn log_of(runs: &[Run<'_>]) -> Result<OpLog, String> {
    let mut log = OpLog::new();
    for run in runs {
        log.ingest(&run.as_remote()).map_err(message)?;
    }
    Ok(log)
}

fn checkout(log: &OpLog) -> Result<String, String> {
    let mut branch = Branch::new();
    branch.merge(log, log.version()).map_err(message)?;
    Ok(branch.to_string())
}

/// Takes the steps of a merge on a plain text, as an editor would.
fn draw(screen: &mut Vec<char>, patches: &Patches<'_>) -> Result<(), String> {
    for patch in patches.iter() {
        let end = patch.pos + patch.deleted;
        if end > screen.len() {
            return Err(format!(
                "a patch reaches {end} in a text of {}",
                screen.len()
            ));
        }
        screen.splice(patch.pos..end, patch.inserted.chars());
    }
    Ok(())
}

fn compare(branch: &Branch, screen: &[char]) -> Result<(), String> {
    let text = branch.to_string();
    if branch.len_chars() == screen.len() && text.chars().eq(screen.iter().copied()) {
        return Ok(());
    }
    let screen: String = screen.iter().collect();
    Err(format!("the branch says {text:?}, its patches {screen:?}"))
}

fn message(error: impl Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::{check, run};
    use crate::outcome::{Outcome, Stop};
    use crate::scratch::ScratchFile;
    use crdt_testkit::generate::{HistoryConfig, history};
    use crdt_testkit::{directed_cases, shrink};

    #[test]
    fn directed_cases_pass() {
        for (name, trace) in directed_cases() {
            assert_eq!(check(&trace, 1), Ok(()), "{name}\n{trace}");
        }
    }

    /// On failure prints a history small enough for a directed case.
    fn assert_histories_pass(n_seeds: u64, ops_out_of_range: bool) {
        let config = HistoryConfig {
            ops_out_of_range,
            ..HistoryConfig::default()
        };
        for seed in 0..n_seeds {
            let trace = history(seed, &config);
            if check(&trace, seed).is_err() {
                let small = shrink(&trace, |smaller| check(smaller, seed).is_err());
                panic!("seed {seed}: {:?}\n{small}", check(&small, seed));
            }
        }
    }

    #[test]
    fn random_histories_pass() {
        assert_histories_pass(300, false);
    }

    #[test]
    fn random_histories_with_ops_beyond_the_end_pass() {
        assert_histories_pass(400, true);
    }

    #[test]
    fn a_wrong_end_fails_and_is_named() {
        let (_, mut trace) = directed_cases().swap_remove(0);
        trace.end_content = Some("adcb".into());
        let message = check(&trace, 1).expect_err("the text is another");
        assert!(
            message.contains("\"adcb\"") && message.contains("\"acdb\""),
            "{message}"
        );
        trace.end_content = None;
        assert!(check(&trace, 1).is_err());
    }

    #[test]
    fn files_are_counted_line_by_line() {
        let file = ScratchFile::new("vectors.jsonl", "{\"txns\":[],\"endContent\":\"\"}\n");
        assert_eq!(run(&[file.arg()]), Ok(Outcome::Passed));
        file.write("{\"txns\":[],\"endContent\":\"x\"}\n");
        assert_eq!(run(&[file.arg()]), Ok(Outcome::Failed));
        assert!(matches!(
            run(&["no/such/file".into()]),
            Err(Stop::Broken(_))
        ));
        assert!(matches!(run(&["--seed".into()]), Err(Stop::Usage(_))));
    }
}
