//! The one place that reads a clock.

#![expect(
    clippy::disallowed_types,
    reason = "commands report how long things take"
)]

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
