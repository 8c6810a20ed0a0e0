//! Version vectors: per agent, the length of the prefix of its events that is held.
//!
//! **Invariants.** An entry is the next expected seq, from 1 to `MAX_SEQ + 1`; an agent of which
//! nothing is held has no entry, so a vector has one representation.
//!
//! **Costs.** With n agents, access to one is O(log n); operations on two vectors are O(n + m).
//!
//! **Reference.** Parker et al., "Detection of mutual inconsistency in distributed systems", 1983.

mod impls;

use alloc::collections::BTreeMap;

use crate::dot::check_seq;
use crate::{AgentId, CausalOrdering, Dot, DotError, sorted};

pub(crate) use self::impls::decode_next_agent;

/// Per agent, how many of its events are held, without holes.
///
/// A vector cannot say that it holds event 5 and not event 4.
/// Where events may arrive out of order, or be removed and shipped one by one, use a
/// [`DotContext`](crate::DotContext).
///
/// `a <= b` means that `b` holds all that `a` does; two vectors can be unordered.
///
/// # Invariants
/// Entries are from 1 to `MAX_SEQ + 1`.
/// # Examples
/// ```
/// use crdt_core::{AgentId, Lattice, VersionVector};
///
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let mut left = VersionVector::new();
/// left.advance(&alice, 3)?;
/// let mut right = VersionVector::new();
/// right.advance(&bob, 1)?;
/// assert_eq!(left.partial_cmp(&right), None);
///
/// left.join(&right);
/// assert_eq!((left.next_seq(&alice), left.next_seq(&bob)), (3, 1));
/// assert!(right < left);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct VersionVector {
    entries: BTreeMap<AgentId, u64>,
}

impl VersionVector {
    /// Makes the vector of a replica that holds nothing.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_core::VersionVector::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }

    /// Raises the entry of `agent` to `next_seq`; returns whether it was lower.
    ///
    /// Afterwards the events `0..next_seq` of `agent` count as held.
    ///
    /// # Errors
    /// [`DotError::SeqTooLarge`] if `next_seq > MAX_SEQ + 1`; the vector is unchanged.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, VersionVector};
    /// let alice = AgentId::new("alice")?;
    /// let mut vector = VersionVector::new();
    /// assert!(vector.advance(&alice, 3)?);
    /// assert!(!vector.advance(&alice, 2)?, "a vector never goes back");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn advance(&mut self, agent: &AgentId, next_seq: u64) -> Result<bool, DotError> {
        let Some(last_seq) = next_seq.checked_sub(1) else {
            return Ok(false);
        };
        check_seq(last_seq)?;
        Ok(self.raise(agent, next_seq))
    }

    /// Returns the next expected seq of `agent`: how many of its events are held.
    ///
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, VersionVector};
    /// let alice = AgentId::new("alice")?;
    /// assert_eq!(VersionVector::new().next_seq(&alice), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn next_seq(&self, agent: &AgentId) -> u64 {
        self.entries.get(agent).copied().unwrap_or(0)
    }

    /// Returns whether the event is held.
    ///
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, VersionVector};
    /// let alice = AgentId::new("alice")?;
    /// let mut vector = VersionVector::new();
    /// vector.advance(&alice, 3)?;
    /// assert!(vector.contains(&Dot::new(alice, 2)?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, dot: &Dot) -> bool {
        dot.seq() < self.next_seq(dot.agent())
    }

    /// Returns what both vectors hold: the greatest lower bound.
    ///
    /// # Complexity
    /// O(n + m), n and m = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, VersionVector};
    /// let alice = AgentId::new("alice")?;
    /// let (mut left, mut right) = (VersionVector::new(), VersionVector::new());
    /// left.advance(&alice, 3)?;
    /// right.advance(&alice, 2)?;
    /// assert_eq!(left.meet(&right), right);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let common = sorted::zip(&self.entries, &other.entries)
            .filter_map(|(agent, left, right)| Some((agent.clone(), *left?.min(right?))));
        Self {
            entries: common.collect(),
        }
    }

    /// Returns how the two vectors relate.
    ///
    /// # Complexity
    /// O(n + m), n and m = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::{CausalOrdering, VersionVector};
    /// let vector = VersionVector::new();
    /// assert_eq!(vector.compare(&vector), CausalOrdering::Equal);
    /// ```
    #[must_use]
    pub fn compare(&self, other: &Self) -> CausalOrdering {
        let (mut is_leq, mut is_geq) = (true, true);
        for (_, left, right) in sorted::zip(&self.entries, &other.entries) {
            is_leq &= left <= right;
            is_geq &= left >= right;
            if !is_leq && !is_geq {
                break;
            }
        }
        CausalOrdering::from_leq(is_leq, is_geq)
    }

    /// Iterates over the agents in byte order, each with its next expected seq.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_core::VersionVector;
    /// assert_eq!(VersionVector::new().iter().count(), 0);
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&AgentId, u64)> + ExactSizeIterator {
        self.entries
            .iter()
            .map(|(agent, &next_seq)| (agent, next_seq))
    }

    /// Returns the number of agents of which something is held.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::VersionVector::new().n_agents(), 0);
    /// ```
    #[must_use]
    pub fn n_agents(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether nothing is held.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::VersionVector::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes a vector of entries that already satisfy its invariant.
    pub(crate) fn from_valid(entries: BTreeMap<AgentId, u64>) -> Self {
        Self { entries }
    }

    /// Raises an entry to a valid `next_seq`.
    fn raise(&mut self, agent: &AgentId, next_seq: u64) -> bool {
        let Some(entry) = self.entries.get_mut(agent) else {
            self.entries.insert(agent.clone(), next_seq);
            return true;
        };
        let grows = *entry < next_seq;
        *entry = next_seq.max(*entry);
        grows
    }
}

#[cfg(test)]
mod tests;
