//! The bounded, canonical binary codec that every crate above this one writes and reads with.
//!
//! **Invariants.**
//! *Canonical*: a value has exactly one encoding, and a decoder accepts no other; equal values encode
//! to equal bytes on every platform.
//! *Bounded*: a decoder looks at every claimed length and count before it allocates, so that memory
//! stays proportional to the input and to the declared [`DecodeLimits`].
//! *Total*: any bytes give a value or a [`DecodeError`]; nothing here panics or loops on them.
//!
//! **Format.** Integers are LEB128 varints in their shortest form (signed ones zigzag first), fixed
//! width integers are little-endian, byte strings carry their length in front.
//! [`mod@column`] describes run-length columns.
//!
//! **Costs.** Reading and writing are O(bytes) and copy nothing but what the caller asks to own.
//!
//! # Examples
//! ```
//! use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader, Writer};
//!
//! let mut writer = Writer::new();
//! writer.u64(2);
//! writer.str("left");
//! writer.str("right");
//! let bytes = writer.into_bytes();
//!
//! fn names<'a>(r: &mut Reader<'a>, budget: &mut Budget) -> Result<Vec<&'a str>, DecodeError> {
//!     let n_names = r.count(1, budget)?; // each name takes a byte or more
//!     (0..n_names).map(|_| r.str()).collect()
//! }
//! let (mut reader, mut budget) = DecodeLimits::default().open(&bytes)?;
//! assert_eq!(names(&mut reader, &mut budget)?, ["left", "right"]);
//! reader.finish()?;
//! # Ok::<(), DecodeError>(())
//! ```

use alloc::vec::Vec;

mod error;
mod limits;
mod reader;
mod values;
mod writer;
mod zigzag;

pub mod bits;
pub mod column;
pub mod entropy;
pub mod packed;

pub use self::error::DecodeError;
pub use self::limits::{Budget, DecodeLimits, Limit};
pub use self::reader::Reader;
pub use self::writer::Writer;

/// A value with a canonical binary form.
///
/// Implementations write no length and no version of their own: frames, files and messages add those
/// once, outside.
///
/// # Examples
/// ```
/// use crdt_core::codec::{DecodeLimits, Decode, Encode};
/// use crdt_core::AgentId;
///
/// let alice = AgentId::new("alice")?;
/// let bytes = alice.to_bytes();
/// assert_eq!(AgentId::from_bytes(&bytes, &DecodeLimits::default()), Ok(alice));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A type of yours that is to be a key, an element or the value of a register writes what it needs to be
/// read back, and refuses what it would not have written:
/// ```
/// use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
///
/// #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
/// enum Status {
///     Open,
///     Done,
/// }
///
/// impl Encode for Status {
///     fn encode(&self, w: &mut Writer) {
///         w.u64(*self as u64);
///     }
/// }
///
/// impl Decode for Status {
///     fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
///         let offset = r.offset();
///         match r.u64()? {
///             0 => Ok(Self::Open),
///             1 => Ok(Self::Done),
///             found => Err(DecodeError::UnknownTag { offset, found }),
///         }
///     }
/// }
/// # use crdt_core::codec::DecodeLimits;
/// # let bytes = Status::Done.to_bytes();
/// # assert_eq!(Status::from_bytes(&bytes, &DecodeLimits::default()), Ok(Status::Done));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no canonical bytes",
    note = "what stands in a register, a set or as a key needs `Encode` and `Decode`; see the example at `Encode`"
)]
pub trait Encode {
    /// Appends the encoding of `self` to `w`.
    ///
    /// Equal values append equal bytes.
    fn encode(&self, w: &mut Writer);

    /// Returns the encoding of `self` alone.
    ///
    /// # Complexity
    /// O(encoded size).
    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.encode(&mut writer);
        writer.into_bytes()
    }
}

/// A value that can be read back from foreign bytes; the inverse of [`Encode`].
///
/// # Limits
/// Implementations draw down `budget` for every agent, item and expanded byte before they allocate,
/// reject any encoding that [`Encode`] would not have written, and never panic.
pub trait Decode: Sized {
    /// Reads one value from the front of `r`.
    ///
    /// # Errors
    /// A [`DecodeError`] if the bytes are not the canonical encoding of a value, or if reading it
    /// would exceed `budget`. How much of `r` and `budget` was then used is unspecified.
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError>;

    /// Reads one value that fills `bytes` exactly.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and [`DecodeError::TrailingBytes`] if the value ends early.
    /// # Complexity
    /// O(n), n = bytes read plus items expanded, both within `limits`.
    fn from_bytes(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let (mut reader, mut budget) = limits.open(bytes)?;
        let value = Self::decode(&mut reader, &mut budget)?;
        reader.finish()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
