//! Instructions in place of time: what a machine can compare, however busy it is.
//!
//! Each row is counted in processes of its own: one runs the job once, one twice, and the difference is
//! what the job takes. The tool is cachegrind, of valgrind, which counts what a program does and not
//! what the machine does meanwhile.

use super::{Options, Row, parse};
use crate::outcome::Stop;
use crate::tidy::workspace::root;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The field that holds the count.
pub(super) const FIELD: &str = "instructions";

/// A job of fewer is not told from what else differs between two runs: its row comes without the field.
const FEWEST: u64 = 1_000;

/// Counts the rows of our own suite that can be counted, and hands each on as soon as it is there.
///
/// Without the tool, rows come without their field. Returns whether all of them ran to their end.
pub(super) fn collect(options: &Options, mut on_row: impl FnMut(&str, Row)) -> Result<bool, Stop> {
    let program = build()?;
    let has_tool = has_valgrind();
    if !has_tool {
        eprintln!("valgrind is not installed: there are no instruction counts");
    }
    let run = |mut command: Command, filter: Option<&str>, mode: &str| {
        command
            .args(["--bench"].into_iter().chain(filter))
            // Where things lie on the stack depends on the environment, and on that what a copy takes.
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("CRDT_COUNT", mode)
            .envs(options.traces.iter().map(|dir| ("CRDT_TRACES", dir)))
            .current_dir(root().join("benches"))
            .stdin(Stdio::null())
            .output()
            .map_err(Stop::broken("cannot start a benchmark"))
    };
    let list = run(Command::new(&program), options.filter.as_deref(), "list")?;
    let mut passed = list.status.success();
    for mut row in String::from_utf8_lossy(&list.stdout)
        .lines()
        .filter_map(parse)
    {
        let bench = row.get("bench").and_then(Value::as_str).map(String::from);
        if has_tool {
            let count = |n_runs| {
                let output = run(cachegrind(&program), bench.as_deref(), n_runs)?;
                let told = String::from_utf8_lossy(&output.stderr).into_owned();
                // A process that is forked on the way, by criterion say, tells its own small count.
                let count = told.lines().filter_map(counted).max();
                Ok(count.filter(|_| output.status.success()))
            };
            match (count("1")?, count("2")?) {
                (Some(once), Some(twice)) if twice >= once + FEWEST => {
                    row.insert(FIELD.into(), (twice - once).into());
                }
                (Some(_), Some(_)) => {}
                _ => passed = false,
            }
        }
        on_row(&Value::Object(row.clone()).to_string(), row);
    }
    Ok(passed)
}

/// Builds the benchmarks of time, and returns where they are.
fn build() -> Result<PathBuf, Stop> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["bench", "--no-run", "--package=benches", "--bench=time"])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .map_err(Stop::broken("cannot start cargo"))?;
    let messages = String::from_utf8_lossy(&output.stdout).into_owned();
    let built = messages.lines().rev().find_map(executable);
    built
        .filter(|_| output.status.success())
        .ok_or(Stop::Broken("the benchmarks were not built".into()))
}

/// The program that a message of cargo tells of.
fn executable(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    message.get("executable")?.as_str().map(PathBuf::from)
}

fn has_valgrind() -> bool {
    let mut command = Command::new("valgrind");
    let command = command.arg("--version").stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn cachegrind(program: &PathBuf) -> Command {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(program);
    command
}

/// The number in a line such as `==7== I   refs:      127,677`.
fn counted(line: &str) -> Option<u64> {
    let (_process, told) = line.strip_prefix("==")?.split_once("== ")?;
    let number = told.strip_prefix("I")?.trim_start().strip_prefix("refs:")?;
    number.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{counted, executable};
    use std::path::PathBuf;

    #[test]
    fn counts_are_found_among_other_lines() {
        assert_eq!(counted("==30353== I   refs:      127,677"), Some(127_677));
        assert_eq!(
            counted("==30353== I refs:        12,345,678"),
            Some(12_345_678)
        );
        assert_eq!(counted("==30353== Command: refs: 1"), None);
        assert_eq!(counted("I   refs:      127,677"), None);
    }

    #[test]
    fn programs_are_found_among_other_messages() {
        let built = r#"{"reason":"compiler-artifact","executable":"/target/time"}"#;
        assert_eq!(executable(built), Some(PathBuf::from("/target/time")));
        assert_eq!(
            executable(r#"{"reason":"build-finished","success":true}"#),
            None
        );
        assert_eq!(executable(r#"{"executable":null}"#), None);
    }
}
