//! `cargo xtask fuzz TARGET|all|list [--secs N]`: the fuzz targets, each for some time.
//!
//! New inputs go to a scratch corpus below the build output; the committed corpora only grow by hand.

use crate::outcome::{Outcome, Stop};
use crate::tidy::workspace::root;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

const DEFAULT_SECS: u64 = 60;

/// What libFuzzer prints before the number of inputs that it tried.
const EXECUTIONS: &str = "stat::number_of_executed_units:";

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let known = targets()?;
    let Some(plan) = Plan::parse(args, &known).map_err(Stop::Usage)? else {
        known.iter().for_each(|name| println!("{name}"));
        return Ok(Outcome::Passed);
    };
    ready()?;
    let built = fuzz("build")
        .status()
        .map_err(Stop::broken("cannot start cargo"))?;
    if !built.success() {
        return Err(Stop::Broken("the fuzz targets do not compile".into()));
    }
    let failed = run_all(&plan)?;
    println!("{} passed, {} failed", plan.targets.len() - failed, failed);
    Ok(Outcome::passed_if(failed == 0))
}

/// What the command line asks for.
#[derive(Debug, Eq, PartialEq)]
struct Plan {
    targets: Vec<String>,
    secs: u64,
}

impl Plan {
    /// `None` if only a list is wanted.
    fn parse(args: &[String], known: &[String]) -> Result<Option<Self>, String> {
        let (mut secs, mut wanted) = (DEFAULT_SECS, None);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--secs" => {
                    let value = args.next().and_then(|value| value.parse().ok());
                    secs = value
                        .filter(|secs| *secs > 0)
                        .ok_or("--secs needs a number of seconds")?;
                }
                flag if flag.starts_with('-') => return Err(format!("unknown option `{flag}`")),
                name if wanted.is_none() => wanted = Some(name),
                name => return Err(format!("one TARGET is enough: `{name}`")),
            }
        }
        let targets = match wanted.ok_or("which TARGET? `list` lists them")? {
            "list" => return Ok(None),
            "all" => known.to_vec(),
            name if known.iter().any(|known| known == name) => vec![name.into()],
            name => return Err(format!("no target is called `{name}`")),
        };
        Ok(Some(Self { targets, secs }))
    }
}

/// The names of the targets: one file each.
fn targets() -> Result<Vec<String>, Stop> {
    let dir = root().join("fuzz/fuzz_targets");
    let cannot = format!("cannot read {}", dir.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&dir).map_err(Stop::broken(&cannot))? {
        let path = entry.map_err(Stop::broken(&cannot))?.path();
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into());
        names.extend(name);
    }
    names.sort();
    Ok(names)
}

/// Asks for what is missing.
fn ready() -> Result<(), Stop> {
    let answers = |command: &mut Command| command.output().is_ok_and(|out| out.status.success());
    if !answers(nightly().arg("--version")) {
        let missing = "nightly Rust is missing: `rustup toolchain install nightly`";
        return Err(Stop::Broken(missing.into()));
    }
    if !answers(nightly().args(["fuzz", "--version"])) {
        let missing = "cargo-fuzz is missing: `cargo install cargo-fuzz --locked`";
        return Err(Stop::Broken(missing.into()));
    }
    Ok(())
}

/// Cargo of the nightly toolchain, whatever toolchain this program was started by.
fn nightly() -> Command {
    let mut command = Command::new("cargo");
    command
        .arg("+nightly")
        .env_remove("RUSTUP_TOOLCHAIN")
        // Warnings of another compiler are no errors here.
        .env_remove("RUSTFLAGS")
        .current_dir(root());
    command
}

/// No sanitizer: there is no `unsafe` in the libraries to watch.
fn fuzz(verb: &str) -> Command {
    let mut command = nightly();
    command
        .args(["fuzz", verb, "--sanitizer", "none"])
        // Quick to build: the build is the longer part of a short run.
        .args(["--codegen-units", "16"]);
    command
}

/// Runs as many targets at once as there are cores; returns how many failed.
fn run_all(plan: &Plan) -> Result<usize, Stop> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, n_failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let stop = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..n_threads {
            scope.spawn(|| {
                while let Some(target) = plan.targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match run_one(target, plan.secs) {
                        Ok(true) => {}
                        Ok(false) => drop(n_failed.fetch_add(1, Ordering::Relaxed)),
                        Err(error) => {
                            *stop.lock().unwrap_or_else(|lock| lock.into_inner()) = Some(error);
                            return;
                        }
                    }
                }
            });
        }
    });
    match stop.into_inner().unwrap_or_else(|lock| lock.into_inner()) {
        Some(error) => Err(error),
        None => Ok(n_failed.into_inner()),
    }
}

/// Runs one target, prints a line about it, and what it said if it failed.
fn run_one(target: &str, secs: u64) -> Result<bool, Stop> {
    let scratch = root().join("target/fuzz-corpus").join(target);
    let cannot = format!("cannot make {}", scratch.display());
    std::fs::create_dir_all(&scratch).map_err(Stop::broken(&cannot))?;
    let output = fuzz("run")
        .arg(target)
        .args([
            scratch.as_path(),
            Path::new(&format!("fuzz/corpus/{target}")),
        ])
        .arg("--")
        .arg(format!("-max_total_time={secs}"))
        .args([
            "-print_final_stats=1",
            "-timeout=20",
            "-rss_limit_mb=2048",
            "-max_len=4096",
        ])
        .output()
        .map_err(Stop::broken("cannot start cargo"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let passed = output.status.success();
    if !passed {
        println!("{said}");
    }
    let n_executions = executions(&said).map_or("no count of".into(), |n| n.to_string());
    let verdict = if passed { "ok" } else { "FAILED" };
    println!("{target:<10} {n_executions:>10} executions in {secs} s  {verdict}");
    Ok(passed)
}

/// How many inputs were tried, as the output of a target tells.
fn executions(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.strip_prefix(EXECUTIONS));
    line?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Plan, executions, targets};

    #[test]
    fn the_command_line_is_read() {
        let known = ["a".to_owned(), "b".to_owned()];
        let parse = |line: &str| {
            let args: Vec<String> = line.split_whitespace().map(Into::into).collect();
            Plan::parse(&args, &known)
        };
        let plan = |targets: &[&str], secs| {
            let targets = targets.iter().map(|name| (*name).into()).collect();
            Ok(Some(Plan { targets, secs }))
        };
        assert_eq!(parse("list"), Ok(None));
        assert_eq!(parse("b --secs 7"), plan(&["b"], 7));
        assert_eq!(parse("--secs 7 all"), plan(&["a", "b"], 7));
        for wrong in ["", "c", "a b", "a --secs", "a --secs 0", "a --jobs"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_count_of_executions_is_found() {
        let said = "INFO: Seed: 7\nstat::number_of_executed_units: 4711\nstat::peak_rss_mb: 40\n";
        assert_eq!(executions(said), Some(4711));
        assert_eq!(executions("nothing of the kind"), None);
    }

    /// A trial without a target would never be fuzzed.
    #[test]
    fn every_target_has_a_corpus() {
        let names = targets().expect("the folder of the targets");
        assert!(names.len() >= 7);
        for name in names {
            let corpus = crate::tidy::workspace::root()
                .join("fuzz/corpus")
                .join(&name);
            assert!(corpus.is_dir(), "{name}");
        }
    }
}
