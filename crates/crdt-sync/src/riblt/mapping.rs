//! To which indices a member is mapped.
//!
//! From index i the next is `i + ceil((i + 3/2) (1 / sqrt(u) - 1))` for a random `u` below 1, which makes
//! the density at i the wanted `1 / (1 + i / 2)`. With `u = r / 2^64` and `s = floor(sqrt(r))` that is
//! `ceil((2 i + 3) (2^32 - s) / (2 s))`: one square root and one division of integers.

/// The indices of one member, ascending from 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mapping {
    /// Of the generator: splitmix64.
    state: u64,
    index: u64,
}

impl Mapping {
    /// The indices of the member with this check.
    pub(super) const fn of(check: u64) -> Self {
        Self {
            state: check,
            index: 0,
        }
    }

    pub(super) const fn index(&self) -> u64 {
        self.index
    }

    /// Goes on to the next index, which is larger.
    pub(super) fn advance(&mut self) {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let root = mix(self.state).isqrt().max(1);
        // Beyond 2^30, which is beyond every sketch, products may be too large: any index will do there.
        let wide = self.index.saturating_mul(2).saturating_add(3);
        let gap = wide.saturating_mul((1 << 32) - root).div_ceil(2 * root);
        self.index = self.index.saturating_add(gap);
    }
}

const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
