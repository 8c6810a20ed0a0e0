//! Jobs that criterion times.

use crate::stopwatch::Stopwatch;
use crate::{Args, Row};
use core::hint::black_box;
use core::iter;
use core::time::Duration;
use criterion::{BatchSize, Criterion, SamplingMode};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Times the jobs of one implementation, and prints a row for each.
#[expect(
    missing_debug_implementations,
    reason = "criterion's own type has none"
)]
pub struct Timings {
    args: Args,
    subject: String,
    criterion: Criterion,
    /// Where criterion keeps its results.
    folder: PathBuf,
}

impl Timings {
    /// Takes the name of the implementation's crate, and a folder below Cargo's target folder.
    ///
    /// # Panics
    /// If the command line is not one that criterion understands: the process then exits.
    pub fn new(args: &Args, subject: &str, folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let criterion = Criterion::default()
            .without_plots()
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_millis(800))
            .nresamples(2_000)
            .output_directory(&folder)
            .configure_from_args();
        Self {
            args: args.clone(),
            subject: subject.into(),
            criterion,
            folder,
        }
    }

    /// Times a job, and prints its row.
    ///
    /// Each run gets a fresh input from `start`. The time of making the input and of dropping what
    /// the job returns is left out. A job of seconds is run three times, or once. In a smoke run the job
    /// runs once, and where instructions are counted as [`Counting`](crate::Counting) says.
    ///
    /// # Panics
    /// If criterion's results cannot be read.
    pub fn job<I, O>(
        &mut self,
        bench: &str,
        mut start: impl FnMut() -> I,
        mut job: impl FnMut(I) -> O,
    ) {
        if let Some(counting) = self.args.counting() {
            return counting.job(&self.args, &Row::new(bench, &self.subject), start, job);
        }
        if !self.args.wants(bench) {
            return;
        }
        let mut run = || {
            let input = start();
            let stopwatch = Stopwatch::start();
            let output = black_box(job(input));
            let elapsed = stopwatch.elapsed();
            drop(output);
            elapsed
        };
        let trial = run();
        let row = Row::new(bench, &self.subject);
        if self.args.is_smoke() {
            return row.print(&self.args);
        }
        if trial > VERY_SLOW {
            let more = if trial > ENDLESS { 0 } else { 2 };
            let times = iter::once(trial).chain(iter::repeat_with(run).take(more));
            let mut times: Vec<f64> = times.map(|time| time.as_nanos() as f64).collect();
            times.sort_unstable_by(f64::total_cmp);
            return of_times(row, &times).print(&self.args);
        }
        let folder = self
            .folder
            .join(bench.replace('/', "_"))
            .join(&self.subject)
            .join("new");
        remove(&folder);
        let mut group = self.criterion.benchmark_group(bench);
        // Ten samples are the fewest that criterion takes.
        group
            .sample_size(if trial > SLOW { 10 } else { 20 })
            .sampling_mode(SamplingMode::Flat);
        group.bench_function(&self.subject, |bencher| {
            bencher.iter_batched(&mut start, &mut job, BatchSize::PerIteration);
        });
        group.finish();
        let times = Sample::read(&folder.join("sample.json")).sorted_times();
        of_times(row, &times).print(&self.args);
    }
}

/// A row with ascending times of single runs, in nanoseconds.
fn of_times<'a>(row: Row<'a>, times: &[f64]) -> Row<'a> {
    Row {
        median_ns: Some(median(times) as u64),
        min_ns: times.first().map(|&time| time as u64),
        ..row
    }
}

/// What criterion stores of the runs of a job.
#[derive(Debug, Deserialize)]
struct Sample {
    /// How many runs were timed together.
    iters: Vec<f64>,
    /// How long they took, in nanoseconds.
    times: Vec<f64>,
}

impl Sample {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| cannot("read", path, &error));
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The mean times of single runs, ascending.
    fn sorted_times(&self) -> Vec<f64> {
        let samples = self.times.iter().zip(&self.iters);
        let mut times: Vec<f64> = samples.map(|(time, iters)| time / iters).collect();
        times.sort_unstable_by(f64::total_cmp);
        times
    }
}

/// Removes the results of an earlier run, so that they are not taken for those of this one.
fn remove(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        cannot::<()>("remove", folder, &error);
    }
}

fn cannot<T>(verb: &str, path: &Path, error: &std::io::Error) -> T {
    panic!("cannot {verb} {}: {error}", path.display())
}

/// The middle of ascending numbers.
fn median(sorted: &[f64]) -> f64 {
    let len = sorted.len();
    match sorted.get((len.saturating_sub(1)) / 2..=len / 2) {
        Some(middle) => middle.iter().sum::<f64>() / middle.len() as f64,
        None => f64::NAN,
    }
}

/// A job that takes longer is timed less often.
const SLOW: Duration = Duration::from_millis(30);

/// A job that takes longer is timed three times: criterion's ten runs would take minutes.
const VERY_SLOW: Duration = Duration::from_secs(2);

/// A job that takes longer is timed once.
const ENDLESS: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::{Sample, median};

    #[test]
    fn times_are_of_single_runs() {
        let json = r#"{"sampling_mode":"Flat","iters":[2.0,2.0,4.0],"times":[10.0,6.0,16.0]}"#;
        let sample: Sample = serde_json::from_str(json).expect("criterion's form");
        assert_eq!(sample.sorted_times(), [3.0, 4.0, 5.0]);
    }

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 9.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), 3.0);
        assert_eq!(median(&[7.0]), 7.0);
    }
}
