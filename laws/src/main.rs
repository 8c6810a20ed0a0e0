//! Every replicated type against every law, over random histories: `cargo xtask laws`.
//!
//! `laws [--cases N] [--seed S] [FILTER]`. A type is a line.
//!
//! Exit status: 0 when everything passed, 1 when a law is broken, 2 when the command line is wrong.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to the person who runs it"
)]

extern crate alloc;

use alloc::collections::BTreeMap;
use core::sync::atomic::{AtomicUsize, Ordering};
use crdt_testkit::laws::Report;
use laws::{Check, SUBJECTS};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

const DEFAULT_CASES: u64 = 2_000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let plan = match Plan::parse(&args) {
        Ok(plan) => plan,
        Err(message) => {
            eprintln!("laws: {message}");
            return ExitCode::from(2);
        }
    };
    if run(&plan) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs a plan and prints how it went; returns whether every law held.
fn run(plan: &Plan) -> bool {
    let &Plan {
        cases,
        seed,
        ref subjects,
    } = plan;
    // A panic breaks a law, and is reported with the history that leads to it.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut n_passed, mut n_failed) = (0, 0);
    each_report(subjects, cases, seed, |report| {
        println!("{report}");
        n_passed += report.n_passed();
        n_failed += report.n_failed();
    });
    std::panic::set_hook(hook);
    println!(
        "{} types, {cases} cases each from seed {seed}",
        subjects.len()
    );
    println!("{n_passed} passed, {n_failed} failed");
    n_failed == 0
}

/// What the command line asks for.
struct Plan {
    cases: u64,
    seed: u64,
    subjects: Vec<Check>,
}

impl Plan {
    fn parse(args: &[String]) -> Result<Self, String> {
        let (mut cases, mut seed, mut filter) = (DEFAULT_CASES, 1, "");
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut number = || {
                let value = args.next().and_then(|value| value.parse().ok());
                value.ok_or_else(|| format!("{arg} needs a number"))
            };
            match arg.as_str() {
                "--cases" => cases = number()?,
                "--seed" => seed = number()?,
                flag if flag.starts_with('-') => {
                    return Err(format!("unknown option `{flag}`"));
                }
                _ if !filter.is_empty() => {
                    return Err(format!("one FILTER is enough: `{arg}`"));
                }
                name => filter = name,
            }
        }
        if cases == 0 {
            return Err("no cases, no verdict".into());
        }
        let matching = SUBJECTS
            .iter()
            .filter(|entry| (entry.name)().contains(filter));
        let subjects: Vec<Check> = matching.map(|entry| entry.check).collect();
        if subjects.is_empty() {
            return Err(format!("no type is named like `{filter}`"));
        }
        Ok(Self {
            cases,
            seed,
            subjects,
        })
    }
}

/// Checks on as many threads as there are, and hands on the reports in order.
fn each_report(subjects: &[Check], cases: u64, seed: u64, mut print: impl FnMut(&Report)) {
    let n_threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..n_threads {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                while let Some((idx, check)) = take(subjects, next) {
                    if sender.send((idx, check(cases, seed))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut waiting, mut n_printed) = (BTreeMap::new(), 0);
        for (idx, report) in receiver {
            waiting.insert(idx, report);
            while let Some(report) = waiting.remove(&n_printed) {
                print(&report);
                n_printed += 1;
            }
        }
    });
}

fn take(subjects: &[Check], next: &AtomicUsize) -> Option<(usize, Check)> {
    let idx = next.fetch_add(1, Ordering::Relaxed);
    subjects.get(idx).map(|check| (idx, *check))
}

#[cfg(test)]
mod tests;
