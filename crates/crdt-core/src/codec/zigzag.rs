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
