//! The grow-only counter.
//!
//! **Invariant.** An agent that counted nothing has no entry, so a counter has one representation.
//!
//! **Format.** The count of agents, then for each, in byte order: its name and its count, at least 1.
//! With serde: a map from agent to count.
//!
//! **Costs.** With n agents, a mutation is O(log n) and a read of the value is O(n).

use crdt_core::AgentId;

use crate::agent_map::AgentMap;
use crate::count::{Count, Overflow};
use crate::plain::plain_lattice;

/// A counter that only grows.
///
/// Each agent counts for itself, and the value is the sum: increments made anywhere at the same time
/// all count, and none counts twice.
/// It cannot be reset: zeros would lose against the counts that other replicas hold.
///
/// A delta is a counter too: it holds the absolute count of the agent that counted, so a later delta
/// of an agent stands for all its earlier ones.
///
/// # Invariants
/// Entries are not 0. An entry is written by its agent alone.
/// # Convergence
/// Two sessions that write under one agent lose increments: of the two counts, the larger remains.
/// # Examples
/// ```
/// use crdt_core::{AgentId, Lattice};
/// use crdt_counters::GCounter;
///
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let (mut laptop, mut phone) = (GCounter::new(), GCounter::new());
/// laptop.increment(&alice, 5)?;
/// let delta = phone.increment_with_delta(&bob, 3)?;
///
/// laptop.join(&delta);
/// laptop.join(&delta); // delivered twice, counted once
/// assert_eq!(laptop.value(), 8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # References
/// Shapiro, Preguica, Baquero, Zawirski, "A comprehensive study of convergent and commutative
/// replicated data types", 2011, section 3.1. Almeida, Shoker, Baquero, "Delta state replicated data
/// types", 2018, for the delta of an increment.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct GCounter {
    counts: AgentMap<Count>,
}

impl GCounter {
    /// Makes a counter at 0.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_counters::GCounter::new().value(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            counts: AgentMap::new(),
        }
    }

    /// Counts `n` more for `agent`, which must be the agent of the calling session.
    ///
    /// # Errors
    /// [`Overflow`] if the count of `agent` would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::GCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut visits = GCounter::new();
    /// visits.increment(&alice, 2)?;
    /// visits.increment(&alice, 1)?;
    /// assert_eq!(visits.value(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn increment(&mut self, agent: &AgentId, n: u64) -> Result<(), Overflow> {
        self.grow(agent, n).map(drop)
    }

    /// As [`increment`](Self::increment), and returns the delta: the count of `agent`.
    ///
    /// The delta is empty if `n` is 0.
    ///
    /// # Errors
    /// [`Overflow`] if the count of `agent` would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents; the delta has one entry.
    /// # Convergence
    /// Where the delta is joined, all increments that `agent` made up to this one count.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::GCounter;
    /// let alice = AgentId::new("alice")?;
    /// let (mut laptop, mut phone) = (GCounter::new(), GCounter::new());
    /// let early = laptop.increment_with_delta(&alice, 2)?;
    /// let late = laptop.increment_with_delta(&alice, 1)?;
    ///
    /// phone.join(&late);
    /// assert!(!phone.join(&early), "the later delta stands for both");
    /// assert_eq!(phone, laptop);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn increment_with_delta(&mut self, agent: &AgentId, n: u64) -> Result<Self, Overflow> {
        let count = self.grow(agent, n)?;
        Ok(Self {
            counts: AgentMap::single(agent, count),
        })
    }

    /// Returns the sum of all counts.
    ///
    /// # Complexity
    /// O(n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::GCounter;
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut visits = GCounter::new();
    /// visits.increment(&alice, u64::MAX)?;
    /// visits.increment(&bob, 1)?;
    /// assert_eq!(visits.value(), 1 << 64);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> u128 {
        self.counts.cells().map(|count| u128::from(count.0)).sum()
    }

    /// Returns how much `agent` counted.
    ///
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::GCounter;
    /// let alice = AgentId::new("alice")?;
    /// assert_eq!(GCounter::new().count_of(&alice), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn count_of(&self, agent: &AgentId) -> u64 {
        self.counts.count_of(agent)
    }

    /// Iterates over the agents in byte order, each with how much it counted.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::GCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut visits = GCounter::new();
    /// visits.increment(&alice, 2)?;
    /// assert!(visits.iter().eq([(&alice, 2)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&AgentId, u64)> + ExactSizeIterator {
        self.counts.iter().map(|(agent, count)| (agent, count.0))
    }

    /// Returns the number of agents that counted something.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_counters::GCounter::new().n_agents(), 0);
    /// ```
    #[must_use]
    pub fn n_agents(&self) -> usize {
        self.counts.len()
    }

    /// Returns whether nothing was counted: the value is 0.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_counters::GCounter::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Raises the count of `agent`; returns the count to ship.
    fn grow(&mut self, agent: &AgentId, n: u64) -> Result<Count, Overflow> {
        self.counts.update(agent, |count| count.grow(n))
    }
}

plain_lattice!(GCounter { counts }, "g_counter");
