//! `cargo xtask mutants [--list] [--shard K/N] [FILE...]`: changes the code in small ways, and sees whether
//! a test notices.
//!
//! Without files it takes those that everything rests on: joins, contexts, what is let in, the order of
//! text, and the codec. That is a night's work; a file is minutes.
//!
//! Each mutant costs a build and a run of tests, so both are kept small: only the tests that stand
//! nearest to the file are built, without optimisation and without debugging information, in a folder of
//! their own that every mutant finds warm.

use crate::outcome::{Outcome, Stop};
use crate::tidy::workspace::root;
use alloc::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is mutated where no file is named.
const FILES: [&str; 42] = [
    "crates/crdt-core/src/causal/change.rs",
    "crates/crdt-core/src/causal/decode.rs",
    "crates/crdt-core/src/causal/dot_fun.rs",
    "crates/crdt-core/src/causal/dot_map.rs",
    "crates/crdt-core/src/causal/dot_ranges.rs",
    "crates/crdt-core/src/causal/dot_set.rs",
    "crates/crdt-core/src/causal/summary.rs",
    "crates/crdt-core/src/causal/traits.rs",
    "crates/crdt-core/src/codec/bits.rs",
    "crates/crdt-core/src/codec/column.rs",
    "crates/crdt-core/src/codec/entropy/decoder.rs",
    "crates/crdt-core/src/codec/entropy/levels.rs",
    "crates/crdt-core/src/codec/limits.rs",
    "crates/crdt-core/src/codec/reader.rs",
    "crates/crdt-core/src/codec/reader/slices.rs",
    "crates/crdt-core/src/codec/values.rs",
    "crates/crdt-core/src/codec/writer.rs",
    "crates/crdt-core/src/codec/zigzag.rs",
    "crates/crdt-core/src/dot_context.rs",
    "crates/crdt-core/src/dot_context/algebra.rs",
    "crates/crdt-core/src/dot_context/seqs.rs",
    "crates/crdt-core/src/graph/check.rs",
    "crates/crdt-core/src/graph/critical.rs",
    "crates/crdt-core/src/graph/frontier.rs",
    "crates/crdt-core/src/graph/ids.rs",
    "crates/crdt-core/src/graph/ingest.rs",
    "crates/crdt-core/src/graph/query.rs",
    "crates/crdt-core/src/graph/traverse.rs",
    "crates/crdt-core/src/interval.rs",
    "crates/crdt-core/src/interval/algebra.rs",
    "crates/crdt-core/src/version_vector.rs",
    "crates/crdt-sync/src/admission.rs",
    "crates/crdt-sync/src/channel.rs",
    "crates/crdt-sync/src/outbox.rs",
    "crates/crdt-sync/src/position.rs",
    "crates/crdt-text/src/container.rs",
    "crates/crdt-text/src/op_log/ingest.rs",
    "crates/crdt-text/src/update/decode.rs",
    "crates/crdt-text/src/update/decode/history.rs",
    "crates/crdt-text/src/update/decode/load.rs",
    "crates/crdt-text/src/update/decode/parents.rs",
    "crates/crdt-text/src/walker/tracker.rs",
];

/// The tests nearest to files, by how their paths begin, as `cargo test` takes them; of all others, those of
/// the crate.
const AREAS: [(&str, &[&str]); 6] = [
    ("crates/crdt-core/src/causal", &["--lib", "--", "causal::"]),
    (
        "crates/crdt-core/src/codec",
        &["--lib", "--", "codec::", "causal::tests::codec"],
    ),
    ("crates/crdt-core/src/dot_context", SETS_OF_EVENTS),
    ("crates/crdt-core/src/interval", SETS_OF_EVENTS),
    ("crates/crdt-core/src/version_vector", SETS_OF_EVENTS),
    ("crates/crdt-core/src/graph", &["--lib", "--", "graph::"]),
];

const SETS_OF_EVENTS: &[&str] = &[
    "--lib",
    "--",
    "dot_context::",
    "interval::",
    "version_vector::",
];

/// How many cases a property of [`CORE`] is tried on: a quarter of those in the suite. The tests of text
/// take such a number as a factor, and those of sync take none.
const CASES: &str = "100";
const CORE: &str = "crdt-core";

/// After so many seconds a mutant counts as one that never ends.
const TIMEOUT_SECS: &str = "300";

/// The lists that cargo-mutants writes, in the order of the table's columns.
const VERDICTS: [&str; 4] = ["caught", "missed", "unviable", "timeout"];

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let plan = Plan::parse(args, |file| root().join(file).is_file()).map_err(Stop::Usage)?;
    if !is_installed() {
        let missing = "cargo-mutants is missing: `cargo install cargo-mutants --locked`";
        return Err(Stop::Broken(missing.into()));
    }
    let mut survivors = 0;
    for (at, (area, files)) in plan.by_area().into_iter().enumerate() {
        // A list of each kind stands here, and what every mutant said.
        let out = root().join("target/mutants").join(at.to_string());
        std::fs::create_dir_all(&out)
            .map_err(Stop::broken(&format!("cannot make {}", out.display())))?;
        let status = plan
            .command(area, &files, &out)
            .status()
            .map_err(Stop::broken("cannot start cargo"))?;
        if plan.is_list {
            continue;
        }
        match status.code() {
            Some(0 | MISSED_STATUS | TIMEOUT_STATUS) => {}
            _ => {
                return Err(Stop::Broken(format!(
                    "the tests of {} do not pass",
                    area.package
                )));
            }
        }
        survivors += report(&files, &out.join("mutants.out"))?;
    }
    Ok(Outcome::passed_if(survivors == 0))
}

/// What cargo-mutants exits with when a mutant survived, and when one never ended.
const MISSED_STATUS: i32 = 2;
const TIMEOUT_STATUS: i32 = 3;

/// Files that the same tests are for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Area<'a> {
    package: &'a str,
    tests: &'a [&'a str],
}

impl<'a> Area<'a> {
    fn of(file: &'a str) -> Self {
        let tests = AREAS.iter().find(|(start, _)| file.starts_with(start));
        Self {
            package: package_of(file),
            tests: tests.map_or(&[], |(_, tests)| *tests),
        }
    }
}

/// What the command line asks for.
#[derive(Debug, Eq, PartialEq)]
struct Plan<'a> {
    files: Vec<&'a str>,
    /// A part of the mutants, as `K/N`.
    shard: Option<&'a str>,
    is_list: bool,
}

impl<'a> Plan<'a> {
    fn parse(args: &'a [String], exists: impl Fn(&str) -> bool) -> Result<Self, String> {
        let (mut files, mut shard, mut is_list) = (Vec::new(), None, false);
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--list" => is_list = true,
                "--shard" => {
                    let value = args.next().filter(|value| is_shard(value));
                    shard = Some(value.ok_or("--shard needs K/N, K below N")?);
                }
                flag if flag.starts_with('-') => return Err(format!("unknown option `{flag}`")),
                file if exists(file) => files.push(file),
                missing => return Err(format!("no file `{missing}` below the root")),
            }
        }
        if files.is_empty() {
            files = FILES.to_vec();
        }
        Ok(Self {
            files,
            shard,
            is_list,
        })
    }

    /// The files that are mutated in one go.
    fn by_area(&self) -> BTreeMap<Area<'a>, Vec<&'a str>> {
        let mut areas = BTreeMap::<_, Vec<_>>::new();
        for file in &self.files {
            areas.entry(Area::of(file)).or_default().push(*file);
        }
        areas
    }

    fn command(&self, area: Area<'_>, files: &[&str], out: &Path) -> Command {
        let mut command = cargo();
        command
            .arg("mutants")
            .args(["--package", area.package])
            .args(files.iter().flat_map(|file| ["--file", file]))
            .args(self.shard.iter().flat_map(|shard| ["--shard", shard]))
            .arg("--output")
            .arg(out)
            .args([
                "--no-shuffle",
                "--colors",
                "never",
                "--timeout",
                TIMEOUT_SECS,
            ]);
        if self.is_list {
            command.arg("--list");
        }
        if area.package == CORE {
            command.env("CRDT_CASES", CASES);
        }
        command
            .arg("--")
            .args(area.tests)
            .env("CARGO_TARGET_DIR", build_dir())
            .env("CARGO_INCREMENTAL", "1")
            .env("CARGO_PROFILE_TEST_OPT_LEVEL", "0")
            .env("CARGO_PROFILE_TEST_DEBUG", "none")
            .env("CARGO_PROFILE_DEV_DEBUG", "none");
        command
    }
}

/// Prints a line for each file; returns how many mutants survived.
fn report(files: &[&str], lists: &Path) -> Result<usize, Stop> {
    let mut texts = Vec::new();
    for verdict in VERDICTS {
        let list = lists.join(format!("{verdict}.txt"));
        let cannot = format!("cannot read {}", list.display());
        texts.push(std::fs::read_to_string(&list).map_err(Stop::broken(&cannot))?);
    }
    println!("file, mutants, killed, survived, unviable, timeouts");
    let mut survivors = 0;
    for file in files {
        let counts: Vec<usize> = texts.iter().map(|text| count_of(file, text)).collect();
        let all: usize = counts.iter().sum();
        println!("{file}, {all}, {}", join(&counts));
        survivors += counts[1];
    }
    texts[1]
        .lines()
        .for_each(|line| println!("survived: {line}"));
    Ok(survivors)
}

fn join(counts: &[usize]) -> String {
    let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
    counts.join(", ")
}

/// How many lines of a list are of a file: each begins with its path and a colon.
fn count_of(file: &str, list: &str) -> usize {
    let is_of_file = |line: &&str| {
        let rest = line.strip_prefix(file);
        rest.is_some_and(|rest| rest.starts_with(':'))
    };
    list.lines().filter(is_of_file).count()
}

/// The crate of a file below `crates`; of any other, the folder it lies in.
fn package_of(file: &str) -> &str {
    let below = file.strip_prefix("crates/").unwrap_or(file);
    below.split('/').next().unwrap_or(below)
}

fn is_shard(value: &str) -> bool {
    let numbers = value.split_once('/');
    let parsed = numbers.map(|(k, n)| (k.parse::<u32>(), n.parse::<u32>()));
    matches!(parsed, Some((Ok(k), Ok(n))) if k < n)
}

/// Apart from other builds, because the profile is another.
fn build_dir() -> PathBuf {
    root().join("target/mutants/build")
}

fn is_installed() -> bool {
    let version = cargo().args(["mutants", "--version"]).output();
    version.is_ok_and(|output| output.status.success())
}

fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::{AREAS, FILES, Plan, count_of};
    use crate::tidy::workspace::root;

    fn args(line: &str) -> Vec<String> {
        line.split_whitespace().map(Into::into).collect()
    }

    #[test]
    fn what_is_mutated_exists() {
        let plan = Plan::parse(&[], |file| root().join(file).is_file()).expect("a plan");
        assert!(FILES.iter().all(|file| root().join(file).is_file()));
        assert_eq!(plan.files, FILES);
        let areas = plan.by_area();
        assert_eq!(areas.values().map(Vec::len).sum::<usize>(), FILES.len());
        assert!(
            AREAS
                .iter()
                .all(|(start, _)| { FILES.iter().any(|file| file.starts_with(start)) })
        );
    }

    #[test]
    fn the_command_line_is_read() {
        let line = args("--shard 1/4 crates/x/src/a.rs --list xtask/src/b.rs");
        let plan = Plan::parse(&line, |_| true).expect("a plan");
        assert_eq!(plan.shard, Some("1/4"));
        assert!(plan.is_list);
        let packages = plan.by_area().into_keys().map(|area| area.package);
        assert_eq!(packages.collect::<Vec<_>>(), ["x", "xtask"]);
        for wrong in ["--shard", "--shard 4/4", "--shard a/b", "--jobs 2"] {
            assert!(Plan::parse(&args(wrong), |_| true).is_err(), "{wrong}");
        }
        assert!(Plan::parse(&args("a.rs"), |_| false).is_err());
    }

    #[test]
    fn mutants_are_counted_by_file() {
        let list = "src/a.rs:7:5: replace f with ()\nsrc/a.rs_other:1:1: no\nsrc/b.rs:1:1: x\n";
        assert_eq!(count_of("src/a.rs", list), 1);
        assert_eq!(count_of("src/c.rs", list), 0);
    }
}
