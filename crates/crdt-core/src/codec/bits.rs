//! Numbers of few bits, one after the other, lowest bit first.
//!
//! # Examples
//! ```
//! use crdt_core::codec::bits::{BitReader, BitWriter};
//! use crdt_core::codec::{DecodeError, Reader, Writer};
//!
//! let (mut writer, mut bits) = (Writer::new(), BitWriter::new());
//! bits.put(&mut writer, 5, 3);
//! bits.put_number(&mut writer, 9, 2);
//! bits.finish(&mut writer, false);
//! assert_eq!(writer.len(), 1);
//!
//! let (mut reader, mut bits) = (Reader::new(writer.as_bytes()), BitReader::new());
//! assert_eq!(bits.take(&mut reader, 3)?, 5);
//! assert_eq!(bits.take_number(&mut reader, 2)?, 9);
//! # Ok::<(), DecodeError>(())
//! ```

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use super::{DecodeError, Reader, Writer};

/// Collects bits and writes them as bytes.
#[derive(Clone, Debug, Default)]
pub struct BitWriter {
    pending: u64,
    n_pending: u32,
}

impl BitWriter {
    /// Starts at the first bit of a byte.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pending: 0,
            n_pending: 0,
        }
    }

    /// Appends up to 32 bits.
    ///
    /// # Complexity
    /// Amortised O(1).
    pub fn put(&mut self, w: &mut Writer, bits: u32, n_bits: u32) {
        self.pending |= u64::from(bits) << self.n_pending;
        self.n_pending = self.n_pending.wrapping_add(n_bits);
        while self.n_pending >= 8 {
            w.u8(self.pending as u8);
            self.pending >>= 8;
            self.n_pending = self.n_pending.wrapping_sub(8);
        }
    }

    /// Appends a number below 2^63 in an Exp-Golomb code: numbers below 2^`order` take `order` + 1
    /// bits, and two more for each doubling.
    ///
    /// # Complexity
    /// Amortised O(1).
    pub fn put_number(&mut self, w: &mut Writer, number: u64, order: u32) {
        let number = number.saturating_add(1 << order);
        let len = number.ilog2();
        let n_zeros = len.saturating_sub(order);
        self.put(w, 0, n_zeros.min(32));
        self.put(w, 0, n_zeros.saturating_sub(32));
        self.put(w, 1, 1);
        self.put(w, number as u32 & mask(len.min(32)), len.min(32));
        let n_high = len.saturating_sub(32);
        self.put(w, (number >> 32) as u32 & mask(n_high), n_high);
    }

    /// Fills up the last byte with zeros, or with ones.
    pub fn finish(self, w: &mut Writer, ones: bool) {
        if self.n_pending > 0 {
            let filling = if ones { 0xff << self.n_pending } else { 0 };
            w.u8(self.pending as u8 | filling as u8);
        }
    }
}

/// Reads what a [`BitWriter`] wrote.
#[derive(Clone, Debug, Default)]
pub struct BitReader {
    pending: u64,
    n_pending: u32,
}

impl BitReader {
    /// Starts at the first bit of a byte.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pending: 0,
            n_pending: 0,
        }
    }

    /// Reads up to 32 bits.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if there are not as many.
    /// # Complexity
    /// O(1).
    pub fn take(&mut self, r: &mut Reader<'_>, n_bits: u32) -> Result<u32, DecodeError> {
        while self.n_pending < n_bits {
            self.pending |= u64::from(r.u8()?) << self.n_pending;
            self.n_pending = self.n_pending.wrapping_add(8);
        }
        let bits = self.pending as u32 & mask(n_bits);
        self.pending >>= n_bits;
        self.n_pending = self.n_pending.wrapping_sub(n_bits);
        Ok(bits)
    }

    /// Reads what [`BitWriter::put_number`] wrote with this order.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if the input ends early, [`DecodeError::VarintOverflow`] if the
    /// number has more than 63 bits.
    /// # Complexity
    /// O(1).
    pub fn take_number(&mut self, r: &mut Reader<'_>, order: u32) -> Result<u64, DecodeError> {
        let mut len = order;
        while self.take(r, 1)? == 0 {
            len = len.saturating_add(1);
            if len > 63 {
                let offset = r.offset();
                return Err(DecodeError::VarintOverflow { offset });
            }
        }
        let low = u64::from(self.take(r, len.min(32))?);
        let high = u64::from(self.take(r, len.saturating_sub(32))?);
        let number = (1_u64 << len).wrapping_add(high << 32 | low);
        Ok(number.wrapping_sub(1 << order))
    }

    /// Checks that only zeros are left of the last byte.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] if there are others.
    pub fn finish(self, offset: usize) -> Result<(), DecodeError> {
        if self.pending == 0 {
            Ok(())
        } else {
            Err(DecodeError::NotCanonical { offset })
        }
    }
}

const fn mask(n_bits: u32) -> u32 {
    if n_bits < 32 {
        !(u32::MAX << n_bits)
    } else {
        u32::MAX
    }
}

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails a test"
)]
mod tests {
    use alloc::vec::Vec;

    use super::{BitReader, BitWriter};
    use crate::codec::{DecodeError, Reader, Writer};

    #[test]
    fn numbers_of_every_size_and_order_come_back() {
        let ends = (0..63).map(|power| 1_u64 << power);
        // With nothing but zeros below the highest bit, and with ones there.
        let numbers = ends.flat_map(|end| [end - 1, end, end | (end / 2) | (end / 8)]);
        let numbers: Vec<u64> = numbers.chain([(1 << 63) - 1]).collect();
        for order in 0..20 {
            let (mut w, mut bits) = (Writer::new(), BitWriter::new());
            for &number in &numbers {
                bits.put_number(&mut w, number, order);
            }
            bits.finish(&mut w, true);
            let (mut r, mut bits) = (Reader::new(w.as_bytes()), BitReader::new());
            for &number in &numbers {
                assert_eq!(bits.take_number(&mut r, order), Ok(number), "order {order}");
            }
        }
    }

    #[test]
    fn what_fills_up_the_last_byte_is_zeros_or_an_error() {
        for ones in [false, true] {
            let (mut w, mut bits) = (Writer::new(), BitWriter::new());
            bits.put(&mut w, 5, 3);
            bits.finish(&mut w, ones);
            let (mut r, mut bits) = (Reader::new(w.as_bytes()), BitReader::new());
            assert_eq!(bits.take(&mut r, 3), Ok(5));
            let left = bits.finish(r.offset());
            let expected = DecodeError::NotCanonical { offset: 1 };
            assert_eq!(left, if ones { Err(expected) } else { Ok(()) });
        }
    }

    #[test]
    fn endless_zeros_are_an_error() {
        let mut bits = BitReader::new();
        assert!(bits.take_number(&mut Reader::new(&[0; 100]), 0).is_err());
        assert!(bits.take_number(&mut Reader::new(&[]), 0).is_err());
    }
}
