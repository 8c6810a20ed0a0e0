//! The workspace's commands: `cargo xtask VERB`.
//!
//! Exit status: 0 when everything passed, 1 when something failed, 2 when the command line is
//! wrong. One file a verb; `outcome` holds what they share.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "commands talk to the person who runs them"
)]

extern crate alloc;

mod bench;
mod conformance;
mod demo;
mod feed;
mod fuzz;
mod laws;
mod mutants;
mod outcome;
mod replay;
#[cfg(test)]
mod scratch;
mod sim;
mod stopwatch;
mod test;
mod tidy;

use outcome::{Outcome, Stop};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (verb, rest) = match args.split_first() {
        Some((verb, rest)) => (verb.as_str(), rest),
        None => ("help", &[][..]),
    };
    match run(verb, rest) {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(Stop::Broken(message)) => {
            eprintln!("cargo xtask {verb}: {message}");
            ExitCode::FAILURE
        }
        Err(Stop::Usage(message)) => {
            eprintln!("cargo xtask {verb}: {message}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(verb: &str, args: &[String]) -> Result<Outcome, Stop> {
    if args.iter().any(|arg| arg == "--help" || arg == "-h") {
        return run("help", &[]);
    }
    match verb {
        "bench" => bench::run(args),
        "conformance" => conformance::run(args),
        "demo" => demo::run(args),
        "fuzz" => fuzz::run(args),
        "laws" => laws::run(args),
        "mutants" => mutants::run(args),
        "sim" => sim::run(args),
        "replay" => replay::run(args),
        "test" => test::run(args),
        "tidy" => tidy::run(args),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(Outcome::Passed)
        }
        _ => Err(Stop::Usage("no such command".into())),
    }
}

const USAGE: &str = "\
usage: cargo xtask COMMAND

  demo [--seed S]                 replicas edit offline, exchange over a lossy link, agree
  test [ARGS]                     the whole test suite; ARGS go to `cargo test`
  laws [--cases N] [--seed S] [FILTER]
                                  every type against every law, over random histories
  sim --seeds N [--start S]       nodes in simulated networks with every fault there is
  fuzz TARGET|all|list [--secs N] fuzz targets, each for N seconds; needs nightly and cargo-fuzz
  mutants [--list] [--shard K/N] [FILE..]
                                  changes code in small ways: does a test notice? needs cargo-mutants
  replay [--live] [--json] FILE.. replays editing traces: time, sha256 of the text, ok or MISMATCH
  conformance [--seed S] FILE..   runs conformance vectors in several orders and through the codec
  bench [--compare] [--json] [--traces DIR] [FILTER]
                                  the benchmark suite; --compare adds the rivals
  bench --plot FILE               draws the rows that `bench --json` printed
  tidy                            the house rules that a machine can check

FILE is JSON, gzipped or not: the export shape, sequential or concurrent editing traces;
for conformance JSON lines of the export shape.
Exit status: 0 passed, 1 failed, 2 wrong command line.";
