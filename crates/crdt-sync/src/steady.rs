//! A clock that does not go back, made of one that may.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

/// Turns the caller's time into one in which a clock that was set back stands still for a moment, and goes on.
#[derive(Debug, Default)]
pub(crate) struct Steady {
    /// The latest time, steady.
    now: u64,
    /// How much the caller's clock was set back in all.
    set_back: u64,
}

impl Steady {
    /// The steady time at this of the caller.
    pub(crate) fn advance(&mut self, told: u64) -> u64 {
        let steady = told.saturating_add(self.set_back);
        if steady < self.now {
            self.set_back = self.now.saturating_sub(told);
        }
        self.now = steady.max(self.now);
        self.now
    }

    /// When the caller's clock shows a steady time.
    pub(crate) const fn told_at(&self, steady: u64) -> u64 {
        steady.saturating_sub(self.set_back)
    }
}

#[cfg(test)]
mod tests;
