//! The one place that reads a clock besides criterion.

#![expect(clippy::disallowed_types, reason = "benchmarks measure time")]

use core::time::Duration;
use std::time::Instant;

/// Runs a job once; returns its result and how long it took, in nanoseconds.
///
/// # Examples
/// ```
/// let (sum, _) = benches::timed(|| 1 + 1);
/// assert_eq!(sum, 2);
/// ```
pub fn timed<T>(job: impl FnOnce() -> T) -> (T, u64) {
    let stopwatch = Stopwatch::start();
    let result = job();
    let n_nanos = stopwatch.elapsed().as_nanos();
    (result, u64::try_from(n_nanos).unwrap_or(u64::MAX))
}

/// Measures from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}
