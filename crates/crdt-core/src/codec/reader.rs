//! The reading half of the codec.
//!
//! **Invariants.** A read never looks past the end; every error carries its offset in the outermost
//! input, also from readers over a part of it.
//!
//! **Costs.** Every call is O(bytes read); varints of one and two bytes, which are
//! nearly all, are read without a loop.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod slices;

use super::zigzag::unzigzag;
use super::{Budget, DecodeError};

/// Reads canonical encodings from the front of a byte slice.
///
/// # Limits
/// A reader allocates nothing: slices and strings borrow from the input.
/// Counts go through [`count`](Self::count), which refuses any that the input or the budget cannot
/// hold.
/// # Examples
/// ```
/// use crdt_core::codec::Reader;
///
/// let mut reader = Reader::new(&[0xac, 0x02, 0x01, 2, b'h', b'i']);
/// assert_eq!(reader.u64()?, 300);
/// assert_eq!(reader.i64()?, -1);
/// assert_eq!(reader.str()?, "hi");
/// reader.finish()?;
/// # Ok::<(), crdt_core::codec::DecodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Offset of the end of `rest` in the outermost input.
    end: usize,
}

impl<'a> Reader<'a> {
    /// Makes a reader at the start of `bytes`.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1, 2]).remaining(), 2);
    /// ```
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            end: bytes.len(),
        }
    }

    /// Reads a byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] at the end of the input.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[7]).u8(), Ok(7));
    /// ```
    #[inline]
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        let Some((&byte, rest)) = self.rest.split_first() else {
            return Err(self.truncated(1));
        };
        self.rest = rest;
        Ok(byte)
    }

    /// Reads a flag: one byte, 0 or 1.
    ///
    /// # Errors
    /// [`DecodeError::UnknownTag`] for any other byte; [`DecodeError::Truncated`].
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1]).bool(), Ok(true));
    /// ```
    #[inline]
    pub fn bool(&mut self) -> Result<bool, DecodeError> {
        let offset = self.offset();
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(DecodeError::UnknownTag {
                offset,
                found: u64::from(found),
            }),
        }
    }

    /// Reads an unsigned LEB128 varint.
    ///
    /// # Errors
    /// [`DecodeError::OverlongVarint`] if it is not in its shortest form;
    /// [`DecodeError::VarintOverflow`] if it exceeds 64 bits; [`DecodeError::Truncated`].
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[0x80, 0x01]).u64(), Ok(128));
    /// ```
    #[inline]
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        match *self.rest {
            [byte @ ..0x80, ref rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(byte))
            }
            [low, high @ 1..0x80, ref rest @ ..] => {
                self.rest = rest;
                Ok(u64::from(low & 0x7f) | u64::from(high) << 7)
            }
            _ => self.long_varint(),
        }
    }

    /// Reads an unsigned varint that must not exceed `max`.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] if it does, and as [`u64`](Self::u64).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Reader;
    /// assert_eq!(Reader::new(&[9]).u64_at_most(9), Ok(9));
    /// assert!(Reader::new(&[9]).u64_at_most(8).is_err());
    /// ```
    #[inline]
    pub fn u64_at_most(&mut self, max: u64) -> Result<u64, DecodeError> {
        let found = self.u64()?;
        if found > max {
            return Err(DecodeError::OutOfRange {
                offset: self.offset(),
                found,
                max,
            });
        }
        Ok(found)
    }

    /// Reads an unsigned varint that must fit 32 bits.
    ///
    /// # Errors
    /// [`DecodeError::OutOfRange`] if it does not, and as [`u64`](Self::u64).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[0x80, 0x01]).u32(), Ok(128));
    /// ```
    #[inline]
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(self.u64_at_most(u64::from(u32::MAX))? as u32)
    }

    /// Reads a signed zigzag varint.
    ///
    /// # Errors
    /// As [`u64`](Self::u64).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[3]).i64(), Ok(-2));
    /// ```
    #[inline]
    pub fn i64(&mut self) -> Result<i64, DecodeError> {
        Ok(unzigzag(self.u64()?))
    }

    /// Reads a 32-bit integer from 4 little-endian bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1, 0, 0, 0]).u32_le(), Ok(1));
    /// ```
    #[inline]
    pub fn u32_le(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Reads a 64-bit integer from 8 little-endian bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`].
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1, 0, 0, 0, 0, 0, 0, 0]).u64_le(), Ok(1));
    /// ```
    #[inline]
    pub fn u64_le(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    /// Reads a count of items, and spends them, before anything is allocated for them.
    ///
    /// `min_item_bytes` is the least that one item takes in the bytes that remain; 0 if runs may
    /// stand for any number of items, so that only the budget bounds them.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if the remaining bytes cannot hold so many items;
    /// [`DecodeError::BudgetExceeded`] if the budget cannot; and as [`u64`](Self::u64).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeLimits;
    /// // A claim of 2^42 items in a three-byte input.
    /// let bytes = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 1, 2, 3];
    /// let (mut reader, mut budget) = DecodeLimits::default().open(&bytes)?;
    /// assert!(reader.clone().count(1, &mut budget).unwrap_err().is_truncated());
    /// assert!(reader.count(0, &mut budget).unwrap_err().is_budget_exceeded());
    /// # Ok::<(), crdt_core::codec::DecodeError>(())
    /// ```
    #[inline]
    pub fn count(
        &mut self,
        min_item_bytes: usize,
        budget: &mut Budget,
    ) -> Result<usize, DecodeError> {
        let count = self.u64()?;
        let needed = count.saturating_mul(min_item_bytes as u64);
        if needed > self.rest.len() as u64 {
            return Err(self.truncated(needed));
        }
        budget.spend_items(count)?;
        let max = usize::MAX as u64;
        let too_many = DecodeError::OutOfRange {
            offset: self.offset(),
            found: count,
            max,
        };
        usize::try_from(count).map_err(|_| too_many)
    }

    /// Returns the offset of the next byte in the outermost input.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1]).offset(), 0);
    /// ```
    #[inline]
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    /// Returns how many bytes are left.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1]).remaining(), 1);
    /// ```
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Returns whether no bytes are left.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::codec::Reader::new(&[]).is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`DecodeError::TrailingBytes`] if bytes are left.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::codec::Reader::new(&[1]).finish().is_err());
    /// ```
    pub const fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(DecodeError::TrailingBytes {
            offset: self.offset(),
            n_bytes: self.rest.len(),
        })
    }

    /// Reads a varint of three bytes or more, or fails.
    #[inline(never)]
    fn long_varint(&mut self) -> Result<u64, DecodeError> {
        let offset = self.offset();
        let mut value = 0;
        let shifts = (0..u64::BITS).step_by(7);
        let bytes = self.rest.iter().take(MAX_VARINT_BYTES);
        for ((n_bytes, &byte), shift) in (1..).zip(bytes).zip(shifts) {
            value |= u64::from(byte & 0x7f) << shift;
            if n_bytes == MAX_VARINT_BYTES && byte > 1 {
                return Err(DecodeError::VarintOverflow { offset });
            }
            if byte == 0 && n_bytes > 1 {
                return Err(DecodeError::OverlongVarint { offset });
            }
            if byte < 0x80 {
                self.rest = self.rest.get(n_bytes..).unwrap_or_default();
                return Ok(value);
            }
        }
        Err(DecodeError::Truncated {
            offset: self.end,
            needed: 1,
        })
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(self.truncated(N as u64));
        };
        self.rest = rest;
        Ok(*bytes)
    }

    /// The error for wanting `len` bytes when fewer remain.
    #[cold]
    const fn truncated(&self, len: u64) -> DecodeError {
        DecodeError::Truncated {
            offset: self.end,
            needed: len.saturating_sub(self.rest.len() as u64),
        }
    }
}

/// Bytes of the longest varint: 64 bits, 7 a byte.
const MAX_VARINT_BYTES: usize = 10;
