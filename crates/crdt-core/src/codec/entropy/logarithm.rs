//! Logarithms in integers, so that every platform estimates alike.

/// What a logarithm is multiplied with, as a power of two.
pub(super) const FRACTION_BITS: u32 = 16;

/// The logarithm of a number, which is not 0, to base 2, times 2^16; off by less than 3.
#[inline]
pub(super) fn log2(n: u32) -> u64 {
    let whole = n.ilog2();
    // 8 bits to look up, 16 to go between two that are known.
    let fraction = ((u64::from(n) << 24) >> whole) - (1 << 24);
    let at = (fraction >> 16) as usize;
    let (low, high) = (FRACTIONS[at], FRACTIONS[at + 1]);
    let between = (u64::from(high - low) * (fraction & 0xffff)) >> 16;
    (u64::from(whole) << FRACTION_BITS) + u64::from(low) + between
}

/// The logarithms of 1 + i/256, bit by bit: that of a square is twice as large.
const FRACTIONS: [u32; 257] = {
    let mut fractions = [1 << FRACTION_BITS; 257];
    let mut i = 0;
    while i < 256 {
        // 1 is 2^31 here.
        let mut square = (256 + i as u64) << 23;
        let mut bit = FRACTION_BITS;
        fractions[i] = 0;
        while bit > 0 {
            bit -= 1;
            square = (square * square) >> 31;
            let is_two_or_more = square >> 32;
            square >>= is_two_or_more;
            fractions[i] |= (is_two_or_more as u32) << bit;
        }
        i += 1;
    }
    fractions
};

#[cfg(test)]
mod tests {
    use super::log2;

    #[test]
    fn estimates_are_close_to_the_logarithm() {
        let numbers = (1..5_000).chain((12..32).flat_map(|power| {
            let n = 1_u32 << power;
            [n - 1, n, n + 1, n + n / 3, n + n / 2]
        }));
        for n in numbers {
            let exact = f64::from(n).log2() * 65_536.0;
            let estimate = log2(n) as f64;
            assert!((exact - estimate).abs() < 3.0, "{n}: {estimate}, {exact}");
        }
    }
}
