//! One count that only grows: the cell that every counter here is made of.
//!
//! **Invariant.** One agent writes it, so that of two values the larger is the later one.
//!
//! **Costs.** Everything is O(1).

use core::fmt;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, Classify, Decompose, ErrorKind, Lattice, WrittenSink};

use crate::agent_map::Cell;

/// A count cannot grow by so much: the sum does not fit 64 bits.
///
/// A count that wrapped would lose nearly everything in the next join, and one that stopped at its
/// maximum would hide increments; so the call is refused, and the counter is what it was.
///
/// # Examples
/// ```
/// use crdt_core::AgentId;
/// use crdt_counters::GCounter;
///
/// let alice = AgentId::new("alice")?;
/// let mut visits = GCounter::new();
/// visits.increment(&alice, u64::MAX)?;
/// let error = visits.increment(&alice, 1).unwrap_err();
/// assert_eq!(error.to_string(), "a count of 18446744073709551615 cannot grow by 1");
/// assert_eq!(visits.value(), u128::from(u64::MAX));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a count of {count} cannot grow by {n}")]
#[non_exhaustive]
pub struct Overflow {
    /// The count as it was, and is.
    pub count: u64,
    /// By how much it was to grow.
    pub n: u64,
}

impl Classify for Overflow {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

/// A count; joined by taking the larger.
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(crate) struct Count(pub(crate) u64);

impl Count {
    /// Adds `n`; returns the delta: the new count, or the bottom if `n` is 0.
    pub(crate) fn grow(&mut self, n: u64) -> Result<Self, Overflow> {
        let count = self.0;
        self.0 = count.checked_add(n).ok_or(Overflow { count, n })?;
        Ok(if n == 0 { Self(0) } else { *self })
    }
}

impl Cell for Count {
    fn written_by(&self, agent: &AgentId, written: &mut WrittenSink<'_>) {
        written.count(agent, self.0);
    }
}

impl Lattice for Count {
    fn join(&mut self, other: &Self) -> bool {
        let grows = self.0 < other.0;
        self.0 = self.0.max(other.0);
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self.0 <= other.0
    }
}

impl Decompose for Count {
    /// Itself: counts form a chain.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        (self.0 > 0).then_some(*self).into_iter()
    }
}

impl Encode for Count {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.0);
    }
}

impl Decode for Count {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        r.u64().map(Self)
    }
}

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
