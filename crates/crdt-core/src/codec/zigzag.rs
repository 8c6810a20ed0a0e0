//! Zigzag: a bijection of signed to unsigned integers that keeps small magnitudes small.

/// Maps 0, -1, 1, -2, ... to 0, 1, 2, 3, ...
#[inline]
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Undoes [`zigzag`].
#[inline]
pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::{unzigzag, zigzag};

    #[test]
    fn small_magnitudes_are_small_whatever_their_sign() {
        let numbers = [0, -1, 1, -2, 2, -3];
        assert_eq!(numbers.map(zigzag), [0, 1, 2, 3, 4, 5]);
        assert_eq!([0, 1, 2, 3, 4, 5].map(unzigzag), numbers);
    }

    #[test]
    fn the_largest_magnitudes_are_the_last_numbers() {
        assert_eq!(zigzag(i64::MAX), u64::MAX - 1);
        assert_eq!(zigzag(i64::MIN), u64::MAX);
        assert_eq!(unzigzag(u64::MAX - 1), i64::MAX);
        assert_eq!(unzigzag(u64::MAX), i64::MIN);
    }
}
