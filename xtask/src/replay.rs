//! `cargo xtask replay [--live] [--json] FILE..`: traces into text, timed and compared.
//!
//! Timed is what an engine does, never the reading of the file. Without `--live`: the whole
//! history into an empty op log, one merge, the text as one string. With `--live`: one
//! transaction after the other into an open document, each timed alone.

use crate::feed::{Run, runs, sha256_hex};
use crate::outcome::{Outcome, Stop};
use crate::stopwatch::Stopwatch;
use core::time::Duration;
use crdt_testkit::Trace;
use crdt_text::{Branch, OpLog, TextDoc};
use serde::Serialize;

pub(crate) fn run(args: &[String]) -> Result<Outcome, Stop> {
    let (mut live, mut json, mut files) = (false, false, Vec::new());
    for arg in args {
        match arg.as_str() {
            "--live" => live = true,
            "--json" => json = true,
            flag if flag.starts_with('-') => {
                return Err(Stop::Usage(format!("unknown option `{flag}`")));
            }
            file => files.push(file),
        }
    }
    if files.is_empty() {
        return Err(Stop::Usage("which FILE?".into()));
    }
    let mut passed = true;
    for file in files {
        match replay(file, live) {
            Ok(row) => {
                passed &= row.ok;
                println!("{}", if json { row.to_json() } else { row.to_line() });
            }
            Err(message) => {
                passed = false;
                eprintln!("{file}: {message}");
            }
        }
    }
    Ok(Outcome::passed_if(passed))
}

/// What is reported about one file.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    events: usize,
    ms: f64,
    sha256: String,
    ok: bool,
    #[serde(flatten)]
    live: Option<Live>,
}

/// How long single transactions took, in microseconds.
#[derive(Debug, PartialEq, Serialize)]
struct Live {
    txns: usize,
    total_us: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
}

fn replay(file: &str, live: bool) -> Result<Row, String> {
    let trace = Trace::open(file).map_err(|e| e.to_string())?;
    let end_content = trace
        .end_content
        .as_ref()
        .ok_or("the file has no endContent to compare with")?;
    let runs = runs(&trace);
    let (text, elapsed, live) = if live {
        replay_live(&runs)?
    } else {
        replay_at_once(&runs)?
    };
    Ok(Row {
        file: file.into(),
        events: trace.n_events(),
        ms: rounded(elapsed.as_secs_f64() * 1e3),
        sha256: sha256_hex(&text),
        ok: text == *end_content,
        live,
    })
}

type Replayed = (String, Duration, Option<Live>);

fn replay_at_once(runs: &[Run<'_>]) -> Result<Replayed, String> {
    let stopwatch = Stopwatch::start();
    let mut log = OpLog::new();
    for run in runs {
        log.ingest(&run.as_remote()).map_err(|e| e.to_string())?;
    }
    let mut branch = Branch::new();
    branch
        .merge(&log, log.version())
        .map_err(|e| e.to_string())?;
    let text = branch.to_string();
    Ok((text, stopwatch.elapsed(), None))
}

fn replay_live(runs: &[Run<'_>]) -> Result<Replayed, String> {
    let mut doc = TextDoc::new();
    let mut times = Vec::with_capacity(runs.len());
    for run in runs {
        let stopwatch = Stopwatch::start();
        doc.ingest(&run.as_remote()).map_err(|e| e.to_string())?;
        times.push(stopwatch.elapsed());
    }
    let total = times.iter().sum();
    Ok((doc.to_string(), total, Some(Live::of(times))))
}

impl Live {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let us = |time: Duration| rounded(time.as_secs_f64() * 1e6);
        // The smallest time that `percent` of the transactions do not exceed.
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100);
            times.get(rank.saturating_sub(1)).copied().map_or(0.0, us)
        };
        Self {
            txns: times.len(),
            total_us: us(times.iter().sum()),
            p50_us: percentile(50),
            p99_us: percentile(99),
            max_us: percentile(100),
        }
    }
}

/// To three digits behind the point.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

impl Row {
    fn to_line(&self) -> String {
        let verdict = if self.ok { "ok" } else { "MISMATCH" };
        let live = self.live.as_ref().map_or_else(String::new, |live| {
            format!(
                "  {} txns  total {:.0} us  p50 {:.1} us  p99 {:.1} us  max {:.1} us",
                live.txns, live.total_us, live.p50_us, live.p99_us, live.max_us
            )
        });
        let Self {
            file,
            events,
            ms,
            sha256,
            ..
        } = self;
        format!("{file}  {events} events  {ms:.3} ms{live}  sha256 {sha256}  {verdict}")
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Live, replay, run};
    use crate::outcome::{Outcome, Stop};
    use crate::scratch::ScratchFile;
    use core::time::Duration;
    use crdt_testkit::generate::typing;

    #[test]
    fn percentiles_are_of_sorted_times() {
        let live = Live::of((1..=200).rev().map(Duration::from_micros).collect());
        assert_eq!(
            (live.p50_us, live.p99_us, live.max_us),
            (100.0, 198.0, 200.0)
        );
        assert_eq!(Live::of(Vec::new()).max_us, 0.0);
    }

    /// A sequential trace in a file of its own.
    fn file(name: &str, end_content: &str) -> ScratchFile {
        let json = format!(
            r#"{{"startContent":"","endContent":"{end_content}","txns":[
                {{"patches":[[0,0,"abc"]]}},{{"patches":[[1,1,"X"]]}}]}}"#
        );
        ScratchFile::new(name, &json)
    }

    #[test]
    fn both_ways_of_replaying_compare_with_the_end() {
        let files = [file("good.json", "aXc"), file("bad.json", "abc")];
        let [good, bad] = files.each_ref().map(ScratchFile::arg);
        for live in [false, true] {
            let row = replay(&good, live).expect("a trace");
            assert!(row.ok && row.events == 5 && row.live.is_some() == live);
            assert!(row.to_line().ends_with("  ok"));
            assert!(row.to_json().contains("\"ok\":true"));
            let row = replay(&bad, live).expect("a trace");
            assert!(row.to_line().ends_with("  MISMATCH"));
        }
        assert_eq!(run(core::slice::from_ref(&good)), Ok(Outcome::Passed));
        assert_eq!(run(&[good, bad]), Ok(Outcome::Failed));
        assert_eq!(run(&["no/such/file".into()]), Ok(Outcome::Failed));
        assert!(matches!(run(&["--fast".into()]), Err(Stop::Usage(_))));
        assert!(matches!(run(&[]), Err(Stop::Usage(_))));
    }

    #[test]
    fn generated_typing_replays_to_the_text_of_the_reference() {
        let trace = typing(3, 3, 1_000);
        let runs = crate::feed::runs(&trace);
        let (text, ..) = super::replay_at_once(&runs).expect("a valid history");
        assert_eq!(Some(&text), trace.end_content.as_ref());
        let (text, ..) = super::replay_live(&runs).expect("a valid history");
        assert_eq!(Some(&text), trace.end_content.as_ref());
    }
}
