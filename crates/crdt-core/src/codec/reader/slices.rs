//! Reading byte strings, text and sections: everything that borrows from the input.
//!
//! **Costs.** O(1) except [`Reader::str`], which checks its bytes; nothing is copied.

use core::str;

use super::Reader;
use crate::codec::DecodeError;

impl<'a> Reader<'a> {
    /// Reads `len` bytes as they are.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if fewer remain.
    /// # Complexity
    /// O(1); copies nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(b"CRDT!").raw(4), Ok(&b"CRDT"[..]));
    /// ```
    #[inline]
    pub fn raw(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.truncated(len as u64));
        };
        self.rest = rest;
        Ok(bytes)
    }

    /// Reads bytes that carry their length in front.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if fewer remain than claimed, and as [`u64`](Self::u64).
    /// # Complexity
    /// O(1); copies nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[2, 9, 9]).bytes(), Ok(&[9, 9][..]));
    /// ```
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.len_prefix()?;
        self.raw(len)
    }

    /// Reads a string that carries its length in front.
    ///
    /// # Errors
    /// [`DecodeError::InvalidUtf8`], and as [`bytes`](Self::bytes).
    /// # Complexity
    /// O(n), n = bytes; copies nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Reader::new(&[1, b'a']).str(), Ok("a"));
    /// ```
    #[inline]
    pub fn str(&mut self) -> Result<&'a str, DecodeError> {
        let bytes = self.bytes()?;
        let start = self.offset().saturating_sub(bytes.len());
        str::from_utf8(bytes).map_err(|error| DecodeError::InvalidUtf8 {
            offset: start.saturating_add(error.valid_up_to()),
        })
    }

    /// Splits off a reader over the next `len` bytes; offsets in its errors stay absolute.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if fewer remain.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Reader;
    /// let mut reader = Reader::new(&[1, 2, 3]);
    /// let mut part = reader.take(2)?;
    /// assert_eq!((part.u8()?, part.u8()?, part.is_empty()), (1, 2, true));
    /// assert_eq!(reader.u8()?, 3);
    /// # Ok::<(), crdt_core::codec::DecodeError>(())
    /// ```
    #[inline]
    pub fn take(&mut self, len: usize) -> Result<Self, DecodeError> {
        let rest = self.raw(len)?;
        Ok(Self {
            rest,
            end: self.offset(),
        })
    }

    /// Splits off a reader over bytes that carry their length in front.
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Reader;
    /// let mut reader = Reader::new(&[1, 7, 8]);
    /// assert_eq!(reader.section()?.u8()?, 7);
    /// assert_eq!(reader.u8()?, 8);
    /// # Ok::<(), crdt_core::codec::DecodeError>(())
    /// ```
    #[inline]
    pub fn section(&mut self) -> Result<Self, DecodeError> {
        let len = self.len_prefix()?;
        self.take(len)
    }

    /// Reads a length in bytes; it is checked when the bytes are taken.
    #[inline]
    fn len_prefix(&mut self) -> Result<usize, DecodeError> {
        let len = self.u64()?;
        usize::try_from(len).map_err(|_| self.truncated(len))
    }
}
