//! Digests: what two replicas compare instead of the whole.
//!
//! SipHash-2-4 with 128 bits under a fixed key: the same on every platform and in every release of one
//! wire version. It finds differences, not forgers.
//!
//! **Reference.** Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012.

use core::fmt;
use core::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::Summarize;
use crate::codec::{Encode, Writer};

/// Stands for bytes, or for the state of a replica, in sixteen bytes.
///
/// Replicas whose summaries are equal received the same; if their digests differ then, one of them is
/// wrong, and should stop and be restored. `crdt-sync` compares so at every catch-up. For a comparison of
/// your own, over another channel or between a replica and its backup, take
/// [`of_state`](Self::of_state) on both sides.
///
/// # Invariants
/// The same on every platform; independent of the order in which deltas came. Changes with the version of
/// a type's wire format, as the bytes do. Not a signature: who can choose states can make two that share a
/// digest.
///
/// # Examples
/// ```
/// use crdt_core::{Digest, IntervalSet, Lattice as _};
///
/// let (mut ours, mut theirs) = (IntervalSet::from(0..4), IntervalSet::from(2..9));
/// assert_ne!(Digest::of_state(&ours), Digest::of_state(&theirs));
/// theirs.join(&ours);
/// ours.join(&theirs);
/// assert_eq!(Digest::of_state(&ours), Digest::of_state(&theirs));
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest([u8; 16]);

impl Digest {
    /// Returns the digest of bytes.
    ///
    /// # Complexity
    /// O(n), n = bytes.
    /// # Examples
    /// ```
    /// # use crdt_core::Digest;
    /// let told = "81e8d32a48efe5d75f58f3b86cb0b8e6";
    /// assert_eq!(Digest::of(b"hello, replica").to_string(), told);
    /// ```
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(bytes);
        Self(hasher.finish128().as_bytes())
    }

    /// Returns the digest of a state: of what its type says that it means
    /// ([`Summarize::write_meaning`]), or else of all its bytes.
    ///
    /// # Complexity
    /// That of encoding the state.
    /// # Convergence
    /// Replicas that received the same have the same digest.
    /// # Examples
    /// See [`Digest`].
    #[must_use]
    pub fn of_state<T: Summarize + Encode>(state: &T) -> Self {
        let mut meaning = Writer::new();
        if !state.write_meaning(&mut meaning) {
            state.encode(&mut meaning);
        }
        Self::of(meaning.as_bytes())
    }

    /// Returns the digest that these bytes are.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::Digest;
    /// let digest = Digest::of(b"tea");
    /// assert_eq!(Digest::from_bytes(digest.to_bytes()), digest);
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`from_bytes`](Self::from_bytes).
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// Thirty-two hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests;
