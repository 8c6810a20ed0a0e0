//! To which indices a member is mapped.
//!
//! From index i the next is `i + ceil((i + 3/2) (1 / sqrt(u) - 1))` for a random `u` below 1, which makes
//! the density at i the wanted `1 / (1 + i / 2)`. With `u = r / 2^64` and `s = floor(sqrt(r))` that is
//! `ceil((2 i + 3) (2^32 - s) / (2 s))`: one square root and one division of integers.

use crate::rng::Rng;

/// The indices of one member, ascending from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping {
    rng: Rng,
    index: u64,
}

impl Mapping {
    /// The indices of the member with this check.
    pub(super) const fn of(check: u64) -> Self {
        Self {
            rng: Rng::new(check),
            index: 0,
        }
    }

    pub(super) const fn index(&self) -> u64 {
        self.index
    }

    /// Goes on to the next index, which is larger.
    pub(super) fn advance(&mut self) {
        let root = self.rng.next_u64().isqrt().max(1);
        // Beyond 2^30, which is beyond every sketch, products may be too large: any index will do there.
        let wide = self.index.saturating_mul(2).saturating_add(3);
        let gap = wide.saturating_mul((1 << 32) - root).div_ceil(2 * root);
        self.index = self.index.saturating_add(gap);
    }
}
