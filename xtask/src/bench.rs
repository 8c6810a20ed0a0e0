//! `cargo xtask bench [--compare] [--json] [FILTER]`: runs the suite and collects its rows.
//!
//! Benchmarks print one JSON object a line, `{"bench":"..","impl":"..","median_ns":..,..}`; other
//! lines are for people and go to standard error. Rivals live in a workspace of their own, so that
//! nobody else compiles them.

use crate::outcome::{Outcome, Stop};
use crate::tidy::workspace::root;
use serde_json::{Map, Value};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let (mut compare, mut json, mut filter) = (false, false, None);
    for arg in args {
        match arg.as_str() {
            "--compare" => compare = true,
            "--json" => json = true,
            flag if flag.starts_with('-') => {
                return Err(Stop::Usage(format!("unknown option `{flag}`")));
            }
            text if filter.is_none() => filter = Some(text),
            _ => return Err(Stop::Usage("one FILTER at most".into())),
        }
    }
    let mut suites = vec!["Cargo.toml"];
    if compare {
        suites.push("benches/compare/Cargo.toml");
    }
    let mut rows = Vec::new();
    let mut passed = true;
    for manifest in suites {
        passed &= collect(manifest, filter, |line, row| {
            if json {
                println!("{line}");
            }
            rows.push(row);
        })?;
    }
    if rows.is_empty() {
        return Err(Stop::Broken("no benchmark has run".into()));
    }
    if !json {
        rows.sort_by_key(|row| (field(row, "bench"), field(row, "impl")));
        rows.iter().for_each(|row| println!("{}", to_line(row)));
    }
    Ok(Outcome::passed_if(passed))
}

type Row = Map<String, Value>;

/// Runs the benchmarks of one workspace and hands on each row as soon as it is there.
fn collect(
    manifest: &str,
    filter: Option<&str>,
    mut on_row: impl FnMut(&str, Row),
) -> Result<bool, Stop> {
    let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["bench", "--benches", "--manifest-path", manifest])
        .args((manifest == "Cargo.toml").then_some("--package=benches"))
        .arg("--")
        .args(filter)
        .current_dir(root())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(Stop::broken("cannot start cargo"))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(Stop::broken("cannot read what cargo prints"))?;
            match parse(&line) {
                Some(row) => on_row(&line, row),
                None => eprintln!("{line}"),
            }
        }
    }
    let status = child
        .wait()
        .map_err(Stop::broken("cannot wait for cargo"))?;
    Ok(status.success())
}

fn parse(line: &str) -> Option<Row> {
    let row: Row = serde_json::from_str(line).ok()?;
    (row.contains_key("bench") && row.contains_key("impl")).then_some(row)
}

fn field(row: &Row, name: &str) -> String {
    row.get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .into()
}

/// The row for people: names, then every number in a readable unit.
fn to_line(row: &Row) -> String {
    let mut line = format!("{:<32} {:<16}", field(row, "bench"), field(row, "impl"));
    for (name, value) in row {
        let Some(number) = value.as_f64() else {
            continue;
        };
        let shown = if let Some(name) = name.strip_suffix("_ns") {
            format!("{name} {}", scaled(number, 1e3, &["ns", "us", "ms", "s"]))
        } else {
            let name = name.strip_suffix("_bytes").unwrap_or(name);
            format!(
                "{name} {}",
                scaled(number, 1024.0, &["B", "KiB", "MiB", "GiB"])
            )
        };
        line.push_str(&format!("  {shown:<18}"));
    }
    line.trim_end().into()
}

fn scaled(mut number: f64, step: f64, units: &[&str]) -> String {
    let mut units = units.iter();
    let mut unit = units.next();
    while number >= step {
        let Some(next) = units.next() else { break };
        number /= step;
        unit = Some(next);
    }
    format!("{number:.1} {}", unit.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::{parse, run, to_line};
    use crate::outcome::Stop;

    #[test]
    fn rows_are_told_from_other_lines_and_shown_in_readable_units() {
        let line =
            r#"{"bench":"text/merge/C1","impl":"crdt-text","median_ns":1234567,"bytes":2048}"#;
        let row = parse(line).expect("a row");
        let shown = to_line(&row);
        assert!(shown.starts_with("text/merge/C1"), "{shown}");
        assert!(
            shown.contains("median 1.2 ms") && shown.contains("bytes 2.0 KiB"),
            "{shown}"
        );
        assert!(parse("running 0 tests").is_none());
        assert!(parse("{\"other\":1}").is_none());
    }

    #[test]
    fn the_command_line_is_checked() {
        for args in [&["--fast"][..], &["a", "b"]] {
            let args: Vec<String> = args.iter().map(|&arg| arg.into()).collect();
            assert!(matches!(run(&args), Err(Stop::Usage(_))));
        }
    }
}
