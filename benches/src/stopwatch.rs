//! The one place that reads a clock besides criterion.

#![expect(clippy::disallowed_types, reason = "benchmarks measure time")]

use core::time::Duration;
use std::time::Instant;

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
