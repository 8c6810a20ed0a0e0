//! The writing half of the codec: a byte vector that knows the primitive encodings.
//!
//! **Costs.** Every call is amortised O(bytes written).

use alloc::vec::Vec;

use super::zigzag::zigzag;

/// Appends canonical encodings to a byte vector.
///
/// # Examples
/// ```
/// use crdt_core::codec::Writer;
///
/// let mut writer = Writer::new();
/// writer.u64(300);
/// writer.i64(-1);
/// writer.str("hi");
/// assert_eq!(writer.into_bytes(), [0xac, 0x02, 0x01, 2, b'h', b'i']);
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Makes an empty writer.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_core::codec::Writer::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Appends a byte.
    ///
    /// # Complexity
    /// Amortised O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.u8(7);
    /// assert_eq!(writer.as_bytes(), [7]);
    /// ```
    #[inline]
    pub fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    /// Appends a flag as one byte, 0 or 1.
    ///
    /// # Complexity
    /// Amortised O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.bool(true);
    /// assert_eq!(writer.as_bytes(), [1]);
    /// ```
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.bytes.push(u8::from(value));
    }

    /// Appends an unsigned integer as a LEB128 varint of 1 to 10 bytes.
    ///
    /// # Complexity
    /// Amortised O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.u64(128);
    /// assert_eq!(writer.as_bytes(), [0x80, 0x01]);
    /// ```
    #[inline]
    pub fn u64(&mut self, value: u64) {
        if value < 0x80 {
            self.bytes.push(value as u8);
        } else if value < 0x4000 {
            self.raw(&[value as u8 | 0x80, (value >> 7) as u8]);
        } else {
            self.long_varint(value);
        }
    }

    /// Appends a signed integer as a zigzag varint of 1 to 10 bytes.
    ///
    /// # Complexity
    /// Amortised O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.i64(-2);
    /// assert_eq!(writer.as_bytes(), [3]);
    /// ```
    #[inline]
    pub fn i64(&mut self, value: i64) {
        self.u64(zigzag(value));
    }

    /// Appends a 32-bit integer in 4 little-endian bytes.
    ///
    /// # Complexity
    /// Amortised O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.u32_le(1);
    /// assert_eq!(writer.as_bytes(), [1, 0, 0, 0]);
    /// ```
    #[inline]
    pub fn u32_le(&mut self, value: u32) {
        self.raw(&value.to_le_bytes());
    }

    /// Appends a 64-bit integer in 8 little-endian bytes: for hashes, which varints only lengthen.
    ///
    /// # Complexity
    /// Amortised O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.u64_le(1);
    /// assert_eq!(writer.as_bytes(), [1, 0, 0, 0, 0, 0, 0, 0]);
    /// ```
    #[inline]
    pub fn u64_le(&mut self, value: u64) {
        self.raw(&value.to_le_bytes());
    }

    /// Appends bytes as they are, without their length.
    ///
    /// # Complexity
    /// Amortised O(n), n = bytes.
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.raw(b"CRDT");
    /// assert_eq!(writer.as_bytes(), b"CRDT");
    /// ```
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Appends the length of `bytes`, then the bytes.
    ///
    /// # Complexity
    /// Amortised O(n), n = bytes.
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.bytes(&[9, 9]);
    /// assert_eq!(writer.as_bytes(), [2, 9, 9]);
    /// ```
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.u64(bytes.len() as u64);
        self.raw(bytes);
    }

    /// Appends the length of `text` in bytes, then its UTF-8.
    ///
    /// # Complexity
    /// Amortised O(n), n = bytes.
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Writer;
    /// let mut writer = Writer::new();
    /// writer.str("a");
    /// assert_eq!(writer.as_bytes(), [1, b'a']);
    /// ```
    #[inline]
    pub fn str(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Returns the number of bytes written so far.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::codec::Writer::new().len(), 0);
    /// ```
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns whether nothing was written.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::codec::Writer::new().is_empty());
    /// ```
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Sets bits in a byte that was written.
    pub(crate) fn set_bits(&mut self, at: usize, bits: u8) {
        if let Some(byte) = self.bytes.get_mut(at) {
            *byte |= bits;
        }
    }

    /// Returns the bytes written so far.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::codec::Writer::new().as_bytes().is_empty());
    /// ```
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the bytes written, without copying them.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::codec::Writer::new().into_bytes().is_empty());
    /// ```
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends a varint of three bytes or more.
    #[inline(never)]
    fn long_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }
}

impl From<Vec<u8>> for Writer {
    /// Appends after the bytes that are there, reusing their allocation.
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }
}
