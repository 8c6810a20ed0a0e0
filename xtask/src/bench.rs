//! `cargo xtask bench [--compare] [--json] [--traces DIR] [FILTER]`: runs the suite and collects
//! its rows. `cargo xtask bench --plot FILE` draws the rows that an earlier run wrote with `--json`, or
//! several runs one behind the other, as `docs/bench.svg`.
//!
//! `--instructions` counts instructions of the key rows in place of time. `--against FILE` compares with
//! the rows of an earlier run of the same kind, and fails if something has grown.
//!
//! Benchmarks print one JSON object a line, `{"bench":"..","impl":"..","median_ns":..,..}`; other
//! lines are for people and go to standard error. Rivals live in a workspace of their own, so that
//! nobody else compiles them.

mod against;
mod count;
mod plot;
mod table;

use crate::outcome::{Outcome, Stop};
use crate::tidy::workspace::root;
use serde_json::{Map, Value};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let options = Options::parse(args)?;
    if let Some(file) = &options.plot {
        return draw(file);
    }
    let mut suites = vec![OURS];
    if options.compare {
        suites.push(RIVALS);
    }
    let before = options.against.as_deref().map(read).transpose()?;
    let mut rows = Vec::new();
    let mut passed = true;
    let mut take = |line: &str, row| {
        if options.json {
            println!("{line}");
        }
        rows.push(row);
    };
    if options.instructions {
        passed &= count::collect(&options, &mut take)?;
    } else {
        for manifest in suites {
            passed &= collect(manifest, &options, &mut take)?;
        }
    }
    if rows.is_empty() && passed {
        let which = options.filter.unwrap_or_default();
        return Err(Stop::Broken(format!("no benchmark matches `{which}`")));
    }
    if !options.json {
        print!("{}", table::render(&rows));
    }
    if let Some(before) = before {
        passed &= tell_growth(&before, &rows, &options)?;
    }
    Ok(Outcome::passed_if(passed))
}

/// Says what has grown since an earlier run; returns whether nothing has.
///
/// With `--json` it says so to people only: what reads the rows reads rows.
fn tell_growth(before: &[Row], now: &[Row], options: &Options) -> Result<bool, Stop> {
    let report = against::compare(before, now, options.filter.as_deref());
    if report.n_compared == 0 {
        let message = "the earlier run has nothing to compare: was it of the same kind?";
        return Err(Stop::Broken(message.into()));
    }
    let tolerance = against::TOLERANCE_PERCENT;
    let summary = format!(
        "{} compared, {} worse by more than {tolerance} % or gone",
        report.n_compared, report.n_worse
    );
    for line in report.lines.iter().chain([&summary]) {
        if options.json {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    }
    Ok(report.n_worse == 0)
}

/// Reads the rows of an earlier run.
fn read(file: &Path) -> Result<Vec<Row>, Stop> {
    let lines = fs::read_to_string(file).map_err(Stop::broken("cannot read the rows"))?;
    Ok(lines.lines().filter_map(parse).collect())
}

/// Draws the rows in a file.
fn draw(file: &Path) -> Result<Outcome, Stop> {
    let rows = read(file)?;
    let chart = root().join(CHART);
    fs::write(&chart, plot::render(&rows)).map_err(Stop::broken("cannot write the chart"))?;
    println!("{}", chart.display());
    Ok(Outcome::Passed)
}

/// The chart that the README shows.
const CHART: &str = "docs/bench.svg";

/// What one implementation achieved in one benchmark.
type Row = Map<String, Value>;

/// Where the benchmarks of this workspace are, and those of the rivals.
const OURS: &str = "Cargo.toml";
const RIVALS: &str = "benches/compare/Cargo.toml";

#[derive(Debug, Default, PartialEq)]
struct Options {
    compare: bool,
    json: bool,
    /// Whether to count instructions in place of time.
    instructions: bool,
    /// A file of rows to compare with.
    against: Option<PathBuf>,
    /// A file of rows to draw, instead of running anything.
    plot: Option<PathBuf>,
    /// Absolute, since benchmarks run in another folder.
    traces: Option<PathBuf>,
    filter: Option<String>,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self, Stop> {
        let mut options = Self::default();
        let mut traces = std::env::var_os("CRDT_TRACES").map(PathBuf::from);
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--compare" => options.compare = true,
                "--json" => options.json = true,
                "--instructions" => options.instructions = true,
                "--plot" | "--against" => {
                    let file = args.next().map(PathBuf::from).filter(|file| file.is_file());
                    let file = file.ok_or_else(|| Stop::Usage(format!("{arg} needs a file")))?;
                    let of_rows = if arg == "--plot" {
                        &mut options.plot
                    } else {
                        &mut options.against
                    };
                    *of_rows = Some(file);
                }
                "--traces" => {
                    let dir = args.next().map(PathBuf::from).filter(|dir| dir.is_dir());
                    let dir = dir.ok_or(Stop::Usage("--traces needs a folder".into()))?;
                    traces = Some(dir);
                }
                flag if flag.starts_with('-') => {
                    return Err(Stop::Usage(format!("unknown option `{flag}`")));
                }
                _ if options.filter.is_none() => options.filter = Some(arg.clone()),
                _ => return Err(Stop::Usage("one FILTER at most".into())),
            }
        }
        if options.compare && options.instructions {
            let message = "--instructions counts our own rows only, not those of --compare";
            return Err(Stop::Usage(message.into()));
        }
        if options.compare && !root().join(RIVALS).is_file() {
            let message = "there are no rivals to compare with yet: benches/compare is missing";
            return Err(Stop::Usage(message.into()));
        }
        // An empty name cannot be made absolute and means no folder at all.
        options.traces = traces.map(|dir| std::path::absolute(&dir).unwrap_or(dir));
        Ok(options)
    }
}

/// Runs the benchmarks of one workspace and hands on each row as soon as it is there.
///
/// Returns whether all of them ran to their end.
fn collect(
    manifest: &str,
    options: &Options,
    mut on_row: impl FnMut(&str, Row),
) -> Result<bool, Stop> {
    let mut child = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "bench",
            "--benches",
            "--no-fail-fast",
            "--manifest-path",
            manifest,
        ])
        .args((manifest == OURS).then_some("--package=benches"))
        .arg("--")
        .args(&options.filter)
        .envs(options.traces.iter().map(|dir| ("CRDT_TRACES", dir)))
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

#[cfg(test)]
mod tests {
    use super::{Options, parse, run};
    use crate::outcome::Stop;

    #[test]
    fn rows_are_told_from_other_lines() {
        assert!(parse(r#"{"bench":"text/merge/C1","impl":"crdt-text","bytes":2}"#).is_some());
        assert!(parse("running 0 tests").is_none());
        assert!(parse("{\"other\":1}").is_none());
    }

    fn strings(args: &[&str]) -> Vec<String> {
        args.iter().map(|&arg| arg.into()).collect()
    }

    #[test]
    fn the_command_line_is_checked() {
        for args in [
            &["--fast"][..],
            &["a", "b"],
            &["--traces"],
            &["--traces", "no/such/folder"],
            &["--plot"],
            &["--plot", "no/such/file"],
            &["--against"],
            &["--against", "no/such/file"],
            &["--compare", "--instructions"],
        ] {
            assert!(matches!(run(&strings(args)), Err(Stop::Usage(_))));
        }
    }

    #[test]
    fn options_come_in_any_order() {
        let options = Options::parse(&strings(&["merge", "--traces", "src", "--json"]));
        let options = options.expect("a valid command line");
        assert!(options.json && !options.compare);
        assert_eq!(options.filter.as_deref(), Some("merge"));
        assert!(options.traces.is_some_and(|dir| dir.is_absolute()));
    }
}
