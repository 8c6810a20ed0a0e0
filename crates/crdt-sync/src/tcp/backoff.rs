//! How long to wait before connecting again.

use core::time::Duration;

use super::Options;
use crate::rng::Rng;

/// Doubles from one wait to the next, each shortened at random: many that lost one neighbour do not all
/// come back at once.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    next: Duration,
    min: Duration,
    max: Duration,
    jitter: Rng,
}

impl Backoff {
    pub(super) const fn new(options: &Options, seed: u64) -> Self {
        Self {
            next: options.min_backoff,
            min: options.min_backoff,
            max: options.max_backoff,
            jitter: Rng::new(seed),
        }
    }

    /// The next wait; it begins anew if the last connection lasted longer than that.
    pub(super) fn wait_after(&mut self, lasted: Duration) -> Duration {
        if lasted > self.next {
            self.next = self.min;
        }
        let longest = self.next;
        self.next = (longest * 2).min(self.max);
        let per_mille = self.jitter.below(501);
        longest - longest / 1_000 * u32::try_from(per_mille).unwrap_or(500)
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Duration, Options};

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew() {
        let options = Options::default();
        let mut backoff = Backoff::new(&options, 7);
        let waits: alloc::vec::Vec<_> = (0..20)
            .map(|_| backoff.wait_after(Duration::ZERO))
            .collect();
        for (n, wait) in (0..).zip(&waits) {
            let longest = (options.min_backoff * (1 << n)).min(options.max_backoff);
            assert!(*wait <= longest && *wait >= longest / 2, "{n}: {wait:?}");
        }
        let short = backoff.wait_after(options.max_backoff * 2);
        assert!(short <= options.min_backoff);
    }
}
