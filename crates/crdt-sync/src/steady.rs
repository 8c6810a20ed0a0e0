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
mod tests {
    use super::Steady;

    #[test]
    fn it_stands_still_when_the_clock_goes_back_and_goes_on_with_it() {
        let mut clock = Steady::default();
        assert_eq!(clock.advance(1_000), 1_000);
        assert_eq!(clock.advance(400), 1_000);
        assert_eq!(clock.advance(450), 1_050);
        assert_eq!(clock.told_at(1_100), 500);
        assert_eq!(clock.advance(10), 1_050);
        assert_eq!(clock.advance(20), 1_060);
        assert_eq!(clock.told_at(1_060), 20);
    }

    #[test]
    fn it_ends_where_numbers_do() {
        let mut clock = Steady::default();
        assert_eq!(clock.advance(u64::MAX), u64::MAX);
        assert_eq!(clock.advance(5), u64::MAX);
        assert_eq!(clock.advance(6), u64::MAX);
    }
}
