//! Short steps that each need a state of their own kind: timed in batches, reported for one.

use crate::stopwatch::Stopwatch;
use crate::{Args, Row};

/// Times a step on prepared inputs, batch by batch, and prints the median and the best batch's time
/// for one step.
///
/// A step of a microsecond is too short to time alone, and a large state is too slow to copy for each;
/// so every batch goes on where the one before ended. What a step returns is kept until its batch is
/// timed.
pub fn steps<I, O>(
    args: &Args,
    bench: &str,
    subject: &str,
    batches: impl IntoIterator<Item = Vec<I>>,
    mut step: impl FnMut(I) -> O,
) {
    if !args.wants(bench) {
        return;
    }
    let mut times = Vec::new();
    // One room for all batches: memory that is touched for the first time is the kernel's work.
    let mut kept = Vec::new();
    for batch in batches {
        let n_steps = batch.len().max(1) as u64;
        kept.reserve(batch.len());
        let stopwatch = Stopwatch::start();
        kept.extend(batch.into_iter().map(&mut step));
        let elapsed = stopwatch.elapsed().as_nanos();
        times.push(u64::try_from(elapsed).unwrap_or(u64::MAX) / n_steps);
        kept.clear();
    }
    times.sort_unstable();
    Row {
        median_ns: times.get(times.len() / 2).copied(),
        min_ns: times.first().copied(),
        ..Row::new(bench, subject)
    }
    .print(args);
}
