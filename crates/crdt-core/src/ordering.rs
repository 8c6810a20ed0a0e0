//! How two causal histories relate.

use core::cmp::Ordering;

/// How two versions, contexts or events relate causally.
///
/// Unlike [`Ordering`], it has a fourth answer.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalOrdering, VersionVector};
///
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let mut left = VersionVector::new();
/// let mut right = VersionVector::new();
/// left.advance(&alice, 1)?;
/// assert_eq!(left.compare(&right), CausalOrdering::After);
/// right.advance(&bob, 1)?;
/// assert_eq!(left.compare(&right), CausalOrdering::Concurrent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "two elements of a partial order relate in no fifth way"
)]
pub enum CausalOrdering {
    /// Both hold the same events.
    Equal,
    /// The other side holds every event of this one, and more.
    Before,
    /// This side holds every event of the other, and more.
    After,
    /// Each side holds events that the other lacks.
    Concurrent,
}

impl CausalOrdering {
    /// Makes the ordering from the two halves of the comparison.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::CausalOrdering;
    /// assert_eq!(CausalOrdering::from_leq(true, false), CausalOrdering::Before);
    /// ```
    #[must_use]
    pub const fn from_leq(is_leq: bool, is_geq: bool) -> Self {
        match (is_leq, is_geq) {
            (true, true) => Self::Equal,
            (true, false) => Self::Before,
            (false, true) => Self::After,
            (false, false) => Self::Concurrent,
        }
    }

    /// Returns how the sides relate when they are exchanged.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::CausalOrdering;
    /// assert_eq!(CausalOrdering::Before.reverse(), CausalOrdering::After);
    /// ```
    #[must_use]
    pub const fn reverse(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
            Self::Equal | Self::Concurrent => self,
        }
    }

    /// Returns the answer of [`PartialOrd`]: `None` when concurrent.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::CausalOrdering;
    /// assert_eq!(CausalOrdering::Concurrent.to_partial(), None);
    /// ```
    #[must_use]
    pub const fn to_partial(self) -> Option<Ordering> {
        match self {
            Self::Equal => Some(Ordering::Equal),
            Self::Before => Some(Ordering::Less),
            Self::After => Some(Ordering::Greater),
            Self::Concurrent => None,
        }
    }
}
