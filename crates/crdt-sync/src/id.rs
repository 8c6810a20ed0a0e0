//! Names: of documents, of stores, of links.
//!
//! **Invariants.** Equal bytes are equal names; nothing is derived from where or when.

use core::fmt;
use core::str::FromStr;

use crdt_core::Digest;
use crdt_core::codec::{DecodeError, Reader, Writer};
use crdt_core::{Classify, ErrorKind};

/// Names a document, the same on every replica: sixteen bytes, say a UUID.
///
/// # Examples
/// ```
/// use crdt_sync::DocId;
///
/// assert_eq!(DocId::from_name("notes"), DocId::from_name("notes"));
/// assert_ne!(DocId::from_name("notes"), DocId::from_bytes([0; 16]));
/// let shown = DocId::from_bytes([0xa5; 16]).to_string();
/// assert_eq!(shown, "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
/// assert_eq!(shown.parse(), Ok(DocId::from([0xa5; 16])));
/// assert_eq!("a5a5a5a5-a5a5-a5a5-a5a5-a5a5a5a5a5a5".parse(), Ok(DocId::from([0xa5; 16])));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DocId([u8; 16]);

/// Names what one storage holds: sixteen random bytes, drawn when the storage is made.
///
/// Under it others note how far they hold what it sent. Nothing breaks when two storages share a name,
/// as copies of one do: they are only told more than they need.
///
/// # Examples
/// ```
/// use crdt_sync::StoreId;
///
/// assert!(StoreId::from_bytes([1; 16]) > StoreId::from_bytes([0; 16]));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct StoreId([u8; 16]);

/// A text is no name of a document or store.
///
/// # Examples
/// ```
/// use crdt_sync::{DocId, IdError};
///
/// assert_eq!("notes".parse::<DocId>(), Err(IdError));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a name of 16 bytes has 32 hexadecimal digits")]
pub struct IdError;

impl Classify for IdError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

/// Names one connection in one process, for as long as it stands. A number is not used again.
///
/// # Examples
/// ```
/// use crdt_sync::LinkId;
///
/// assert_eq!(LinkId(3), LinkId(3));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LinkId(pub u64);

impl DocId {
    /// Returns the name that these bytes are.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the name that stands for a text: its SipHash-2-4 of 128 bits, on every platform.
    ///
    /// # Complexity
    /// O(n), n = bytes of `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self(Digest::of(name.as_bytes()).to_bytes())
    }

    /// Returns the bytes.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    pub(crate) fn write(self, w: &mut Writer) {
        w.raw(&self.0);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_16(r).map(Self)
    }
}

impl StoreId {
    /// Returns the name that these bytes are.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    pub(crate) fn write(self, w: &mut Writer) {
        w.raw(&self.0);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_16(r).map(Self)
    }
}

impl From<[u8; 16]> for DocId {
    fn from(bytes: [u8; 16]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<[u8; 16]> for StoreId {
    fn from(bytes: [u8; 16]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<u64> for LinkId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl FromStr for DocId {
    type Err = IdError;

    /// Reads what `Display` wrote: 32 hexadecimal digits. So a UUID without its dashes is one; with them it
    /// is one, too.
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_16(text).map(Self)
    }
}

impl FromStr for StoreId {
    type Err = IdError;

    /// As [`DocId`]'s.
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_16(text).map(Self)
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocId({self})")
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreId({self})")
    }
}

/// Sixteen bytes from 32 hexadecimal digits, with dashes between bytes or without.
fn parse_16(text: &str) -> Result<[u8; 16], IdError> {
    let mut bytes = [0; 16];
    let mut digits = text.chars().filter(|digit| *digit != '-');
    for byte in &mut bytes {
        for _ in 0..2 {
            let digit = digits.next().and_then(|digit| digit.to_digit(16));
            let digit = digit.and_then(|digit| u8::try_from(digit).ok());
            *byte = *byte << 4 | digit.ok_or(IdError)?;
        }
    }
    digits.next().map_or(Ok(bytes), |_| Err(IdError))
}

pub(crate) fn read_16(r: &mut Reader<'_>) -> Result<[u8; 16], DecodeError> {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(r.raw(16)?);
    Ok(bytes)
}
