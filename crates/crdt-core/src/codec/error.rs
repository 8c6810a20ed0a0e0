//! Why bytes were not decoded.
//!
//! One small `Copy` enum for the whole codec: offsets and numbers, never strings, so that an error
//! path allocates nothing and an attacker's bytes never reach a log through it.

use super::Limit;
use crate::{Classify, ErrorKind};

/// Why bytes were not decoded.
///
/// Four groups matter to a caller, and each has a predicate: bytes are missing
/// ([`is_truncated`](Self::is_truncated): wait for more, or refuse), a declared limit was reached
/// ([`is_budget_exceeded`](Self::is_budget_exceeded): raise it or refuse), the writer is newer
/// ([`is_unknown_version`](Self::is_unknown_version): upgrade), and everything else is simply not an
/// encoding of anything ([`is_malformed`](Self::is_malformed): refuse, and mistrust the sender).
///
/// Offsets count bytes from the start of the outermost input.
///
/// # Examples
/// ```
/// use crdt_core::codec::{DecodeError, Reader};
///
/// let error = Reader::new(&[0x80]).u64().unwrap_err();
/// assert!(error.is_truncated());
/// assert_eq!(error.to_string(), "input ends early: 1 more bytes needed at offset 1");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input ends inside a value, or claims more items than its bytes could hold.
    #[error("input ends early: {needed} more bytes needed at offset {offset}")]
    Truncated {
        /// Where the missing bytes should be.
        offset: usize,
        /// How many bytes are missing, at least.
        needed: u64,
    },
    /// A varint is not in its shortest form.
    #[error("varint at offset {offset} is longer than its value needs")]
    OverlongVarint {
        /// Where the varint starts.
        offset: usize,
    },
    /// A varint does not fit its type.
    #[error("varint at offset {offset} overflows 64 bits")]
    VarintOverflow {
        /// Where the varint starts.
        offset: usize,
    },
    /// A string is not UTF-8.
    #[error("string is not utf-8 at offset {offset}")]
    InvalidUtf8 {
        /// The first byte that is wrong.
        offset: usize,
    },
    /// A string is not the name of an agent.
    #[error("agent name at offset {offset} has {len} bytes")]
    InvalidAgent {
        /// Where the name starts.
        offset: usize,
        /// Length of the name, in bytes.
        len: usize,
    },
    /// The value ends before its input does.
    #[error("{n_bytes} bytes left over at offset {offset}")]
    TrailingBytes {
        /// Where the value ended.
        offset: usize,
        /// How many bytes follow.
        n_bytes: usize,
    },
    /// A tag, flag or kind has no meaning.
    #[error("unknown tag {found} at offset {offset}")]
    UnknownTag {
        /// Where the tag is.
        offset: usize,
        /// The tag.
        found: u64,
    },
    /// A number is larger than its place admits.
    #[error("number {found} at offset {offset} is larger than {max}")]
    OutOfRange {
        /// Just past the number.
        offset: usize,
        /// The number.
        found: u64,
        /// Largest number admitted.
        max: u64,
    },
    /// The bytes describe a value, but not in the one form that is accepted.
    #[error("encoding is not canonical at offset {offset}")]
    NotCanonical {
        /// Where the first difference was noticed.
        offset: usize,
    },
    /// A run is longer than what is left of its column.
    #[error("run of {found} values at offset {offset} where at most {max} remain")]
    RunTooLong {
        /// Where the run starts.
        offset: usize,
        /// Claimed length of the run.
        found: u64,
        /// Values left in the column.
        max: u64,
    },
    /// The input does not begin as inputs of this kind do.
    #[error("not a file of this format")]
    WrongMagic,
    /// A checksum does not match what it covers.
    #[error("checksum is {found:#010x} where {expected:#010x} was computed")]
    ChecksumMismatch {
        /// Computed from the bytes.
        expected: u32,
        /// Carried by the input.
        found: u32,
    },
    /// The input was written in a format version this build cannot read.
    #[error("unknown format version {found}")]
    UnknownVersion {
        /// The version it claims.
        found: u64,
    },
    /// Decoding would exceed a declared limit.
    #[error("{requested} {limit} exceed the limit of {max}")]
    BudgetExceeded {
        /// Which limit.
        limit: Limit,
        /// Its declared maximum.
        max: u64,
        /// What decoding would have used in total.
        requested: u64,
    },
}

impl DecodeError {
    /// Returns whether the input ended early.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Reader;
    /// assert!(Reader::new(&[]).u8().unwrap_err().is_truncated());
    /// ```
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        matches!(self, Self::Truncated { .. })
    }

    /// Returns whether a declared limit stopped decoding.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_items(1));
    /// assert!(budget.spend_items(2).unwrap_err().is_budget_exceeded());
    /// ```
    #[must_use]
    pub const fn is_budget_exceeded(&self) -> bool {
        matches!(self, Self::BudgetExceeded { .. })
    }

    /// Returns whether the input claims a format version that this build does not know.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeError;
    /// assert!(DecodeError::UnknownVersion { found: 9 }.is_unknown_version());
    /// ```
    #[must_use]
    pub const fn is_unknown_version(&self) -> bool {
        matches!(self, Self::UnknownVersion { .. })
    }

    /// Returns whether the bytes can be no encoding at all, whatever follows and whatever the limits.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::Reader;
    /// assert!(Reader::new(&[0x80, 0x00]).u64().unwrap_err().is_malformed());
    /// ```
    #[must_use]
    pub const fn is_malformed(&self) -> bool {
        !self.is_truncated() && !self.is_budget_exceeded() && !self.is_unknown_version()
    }
}

/// Bytes that are no value stay so; that a limit was too low for them is the reader's choice.
impl Classify for DecodeError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}
