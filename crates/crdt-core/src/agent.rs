//! Agents: the names of writing sessions, and the table that interns them.
//!
//! An [`AgentId`] is what peers see.
//! Inside one document it is interned to an [`AgentIdx`], a small integer that is cheap to store
//! and compare and that never leaves the process, because another replica numbers the same agents
//! differently.
//!
//! **Invariant.** An `AgentId` holds 1 to [`AgentId::MAX_LEN_BYTES`] bytes of UTF-8.
//!
//! **Costs.** Names are bounded and shared, so everything about one name is O(1).

mod table;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;

use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{Classify, ErrorKind};

pub use self::table::{AgentIdx, AgentTable};

/// Names one writing session: the `agent` half of every [`Dot`](crate::Dot).
///
/// One agent writes from one place at a time and its name is never used again by another session.
/// A copied store (a restored backup, a cloned machine, a second browser tab) is a new session and
/// takes a new name; otherwise two different events share one dot, which no merge can repair.
/// The default advice is a random name for each session: [`AgentId::from_entropy`], or
/// `AgentId::random` with the feature `random`.
///
/// Order, equality and hash are those of the UTF-8 bytes, on every platform.
/// Cloning is O(1): the bytes are shared. An `AgentId` is one pointer wide, so that a
/// [`Dot`](crate::Dot) takes 16 bytes.
///
/// # Invariants
/// 1 to [`AgentId::MAX_LEN_BYTES`] bytes of UTF-8.
/// # Examples
/// ```
/// use crdt_core::AgentId;
///
/// let alice = AgentId::new("alice")?;
/// let bob = AgentId::new("bob")?;
/// assert!(alice < bob);
/// assert_eq!(alice.as_str(), "alice");
/// assert!(AgentId::new("").is_err());
/// # Ok::<(), crdt_core::AgentIdError>(())
/// ```
#[derive(Clone, Eq)]
pub struct AgentId(Arc<Box<str>>);

/// Why a string is not an [`AgentId`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AgentIdError {
    /// The name holds no bytes.
    #[error("agent name is empty")]
    Empty,
    /// The name holds too many bytes.
    #[error("agent name has {len} bytes, more than {max}", max = AgentId::MAX_LEN_BYTES)]
    TooLong {
        /// Length of the refused name, in bytes.
        len: usize,
    },
}

/// The operating system gave no entropy for [`AgentId::random`].
#[cfg(feature = "random")]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the operating system gave no entropy for an agent name")]
#[non_exhaustive]
pub struct EntropyError;

impl Classify for AgentIdError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

/// Nothing is wrong with the call: this machine cannot do it.
#[cfg(feature = "random")]
impl Classify for EntropyError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }
}

impl AgentId {
    /// Longest accepted name, in bytes.
    pub const MAX_LEN_BYTES: usize = 64;

    /// Makes an agent from its name.
    ///
    /// The name is opaque: nothing is trimmed, folded or normalised.
    ///
    /// # Errors
    /// [`AgentIdError::Empty`] if `name` is empty; [`AgentIdError::TooLong`] if it has more than
    /// [`AgentId::MAX_LEN_BYTES`] bytes.
    /// # Complexity
    /// O(1): the length is bounded. Allocates once.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, AgentIdError};
    ///
    /// assert_eq!(AgentId::new("laptop/7")?.as_str(), "laptop/7");
    /// assert_eq!(AgentId::new(&"x".repeat(65)), Err(AgentIdError::TooLong { len: 65 }));
    /// # Ok::<(), AgentIdError>(())
    /// ```
    pub fn new(name: &str) -> Result<Self, AgentIdError> {
        match name.len() {
            0 => Err(AgentIdError::Empty),
            len if len > Self::MAX_LEN_BYTES => Err(AgentIdError::TooLong { len }),
            _ => Ok(Self(Arc::new(Box::from(name)))),
        }
    }

    /// Makes an agent from 128 bits of entropy: 26 characters of lower-case base 32.
    ///
    /// The same bytes always give the same name, and names order as their bytes do.
    /// The alphabet leaves out `i`, `l`, `o` and `u`, so that a name survives being read aloud.
    ///
    /// # Complexity
    /// O(1). Allocates once.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    ///
    /// assert_eq!(AgentId::from_entropy([0; 16]).as_str(), "00000000000000000000000000");
    /// assert_eq!(AgentId::from_entropy([255; 16]).as_str(), "7zzzzzzzzzzzzzzzzzzzzzzzzz");
    /// ```
    #[must_use]
    pub fn from_entropy(entropy: [u8; 16]) -> Self {
        const ALPHABET: [char; 32] = [
            '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g',
            'h', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'v', 'w', 'x', 'y', 'z',
        ];
        let bits = u128::from_be_bytes(entropy);
        // 26 digits of 5 bits are 130 bits: the leading digit carries 3.
        let name: String = (0..26)
            .rev()
            .map(|digit| ALPHABET[(bits >> (5 * digit)) as usize & 31])
            .collect();
        Self(Arc::new(name.into_boxed_str()))
    }

    /// Makes a random agent, with entropy from the operating system.
    ///
    /// Call it once for each session, never for each document open in that session.
    ///
    /// # Errors
    /// [`EntropyError`] if the operating system gives no entropy.
    /// # Complexity
    /// O(1) and one call to the operating system.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    ///
    /// let (first, second) = (AgentId::random()?, AgentId::random()?);
    /// assert_ne!(first, second);
    /// # Ok::<(), crdt_core::EntropyError>(())
    /// ```
    #[cfg(feature = "random")]
    pub fn random() -> Result<Self, EntropyError> {
        let mut entropy = [0; 16];
        getrandom::fill(&mut entropy).map_err(|_| EntropyError)?;
        Ok(Self::from_entropy(entropy))
    }

    /// Returns the name.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// assert_eq!(AgentId::new("alice")?.as_str(), "alice");
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names of one document are mostly the same allocation: a look at the address settles those.
impl Ord for AgentId {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        self.0.as_bytes().cmp(other.0.as_bytes())
    }
}

impl PartialOrd for AgentId {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for AgentId {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for AgentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentId({:?})", self.as_str())
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Borrow<str> for AgentId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for AgentId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for AgentId {
    type Err = AgentIdError;

    fn from_str(name: &str) -> Result<Self, AgentIdError> {
        Self::new(name)
    }
}

impl TryFrom<&str> for AgentId {
    type Error = AgentIdError;

    fn try_from(name: &str) -> Result<Self, AgentIdError> {
        Self::new(name)
    }
}

impl Encode for AgentId {
    fn encode(&self, w: &mut Writer) {
        w.str(self.as_str());
    }
}

impl Decode for AgentId {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        budget.spend_agents(1)?;
        let name = r.str()?;
        budget.spend_memory(name.len() as u64)?;
        let (offset, len) = (r.offset() - name.len(), name.len());
        Self::new(name).map_err(|_| DecodeError::InvalidAgent { offset, len })
    }
}

#[cfg(test)]
mod tests;
