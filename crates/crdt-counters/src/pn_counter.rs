//! The counter that goes up and down.
//!
//! **Invariant.** An agent that counted nothing either way has no entry, so a counter has one
//! representation.
//!
//! **Format.** The count of agents, then for each, in byte order: its name, how much it counted up, and
//! how much down. With serde: a map from agent to `{up, down}`.
//!
//! **Costs.** With n agents, a mutation is O(log n) and a read of the value is O(n).

mod up_down;

use crdt_core::AgentId;

use self::up_down::UpDown;
use crate::agent_map::AgentMap;
use crate::count::Overflow;
use crate::plain::plain_lattice;

/// A counter that goes up and down.
///
/// Each agent keeps two counts that only grow, one for each direction; the value is what went up less
/// what went down, and can be negative. Where it must not be, take a
/// [`BoundedCounter`](crate::BoundedCounter).
/// It cannot be reset: counting down by the value counts down twice if two replicas do it at once.
///
/// A delta is a counter too: it holds the absolute count, up or down, of the agent that counted.
///
/// # Invariants
/// No entry is 0 both ways. An entry is written by its agent alone.
/// # Convergence
/// Two sessions that write under one agent lose steps: of two counts, the larger remains.
/// # Examples
/// ```
/// use crdt_core::{AgentId, Lattice};
/// use crdt_counters::PnCounter;
///
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let (mut laptop, mut phone) = (PnCounter::new(), PnCounter::new());
/// let up = laptop.increment_with_delta(&alice, 2)?;
/// let down = phone.decrement_with_delta(&bob, 5)?;
///
/// laptop.join(&down);
/// phone.join(&up);
/// assert_eq!((laptop.value(), phone.value()), (-3, -3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # References
/// Shapiro, Preguica, Baquero, Zawirski, "A comprehensive study of convergent and commutative
/// replicated data types", 2011, section 3.1. Almeida, Shoker, Baquero, "Delta state replicated data
/// types", 2018. Differs: one map of pairs, not two grow-only counters, so that an agent that counts
/// both ways is named once.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct PnCounter {
    counts: AgentMap<UpDown>,
}

impl PnCounter {
    /// Makes a counter at 0.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_counters::PnCounter::new().value(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            counts: AgentMap::new(),
        }
    }

    /// Counts `n` up for `agent`, which must be the agent of the calling session.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted up would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut votes = PnCounter::new();
    /// votes.increment(&alice, 2)?;
    /// assert_eq!(votes.value(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn increment(&mut self, agent: &AgentId, n: u64) -> Result<(), Overflow> {
        self.grow(agent, UpDown::count_up, n).map(drop)
    }

    /// As [`increment`](Self::increment), and returns the delta: what `agent` counted up.
    ///
    /// The delta is empty if `n` is 0.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted up would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents; the delta has one entry.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let (mut laptop, mut phone) = (PnCounter::new(), PnCounter::new());
    /// phone.join(&laptop.increment_with_delta(&alice, 2)?);
    /// assert_eq!(phone, laptop);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn increment_with_delta(&mut self, agent: &AgentId, n: u64) -> Result<Self, Overflow> {
        let part = self.grow(agent, UpDown::count_up, n)?;
        Ok(Self::delta(agent, part))
    }

    /// Counts `n` down for `agent`, which must be the agent of the calling session.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted down would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut votes = PnCounter::new();
    /// votes.decrement(&alice, 2)?;
    /// assert_eq!(votes.value(), -2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decrement(&mut self, agent: &AgentId, n: u64) -> Result<(), Overflow> {
        self.grow(agent, UpDown::count_down, n).map(drop)
    }

    /// As [`decrement`](Self::decrement), and returns the delta: what `agent` counted down.
    ///
    /// The delta is empty if `n` is 0.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted down would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents; the delta has one entry.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let (mut laptop, mut phone) = (PnCounter::new(), PnCounter::new());
    /// phone.join(&laptop.decrement_with_delta(&alice, 2)?);
    /// assert_eq!(phone, laptop);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decrement_with_delta(&mut self, agent: &AgentId, n: u64) -> Result<Self, Overflow> {
        let part = self.grow(agent, UpDown::count_down, n)?;
        Ok(Self::delta(agent, part))
    }

    /// Counts up by `n`, or down if it is negative, for `agent`, which must be the agent of the calling
    /// session.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted in that direction would exceed [`u64::MAX`]; the counter is
    /// unchanged.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut votes = PnCounter::new();
    /// votes.add(&alice, 3)?;
    /// votes.add(&alice, i64::MIN)?;
    /// assert_eq!(votes.value(), 3 - (1 << 63));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add(&mut self, agent: &AgentId, n: i64) -> Result<(), Overflow> {
        if n < 0 {
            self.decrement(agent, n.unsigned_abs())
        } else {
            self.increment(agent, n.unsigned_abs())
        }
    }

    /// As [`add`](Self::add), and returns the delta: what `agent` counted in that direction.
    ///
    /// The delta is empty if `n` is 0.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted in that direction would exceed [`u64::MAX`]; the counter is
    /// unchanged.
    /// # Complexity
    /// O(log n), n = agents; the delta has one entry.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let (mut laptop, mut phone) = (PnCounter::new(), PnCounter::new());
    /// phone.join(&laptop.add_with_delta(&alice, -2)?);
    /// assert_eq!(phone.value(), -2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_with_delta(&mut self, agent: &AgentId, n: i64) -> Result<Self, Overflow> {
        if n < 0 {
            self.decrement_with_delta(agent, n.unsigned_abs())
        } else {
            self.increment_with_delta(agent, n.unsigned_abs())
        }
    }

    /// Returns what all agents counted up, less what they counted down.
    ///
    /// # Complexity
    /// O(n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut votes = PnCounter::new();
    /// votes.increment(&alice, 1)?;
    /// votes.decrement(&bob, u64::MAX)?;
    /// assert_eq!(votes.value(), 1 - i128::from(u64::MAX));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> i128 {
        self.counts.cells().map(UpDown::value).sum()
    }

    /// Returns how much `agent` counted up, and how much down.
    ///
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut votes = PnCounter::new();
    /// votes.increment(&alice, 7)?;
    /// votes.decrement(&alice, 2)?;
    /// assert_eq!(votes.counts_of(&alice), (7, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn counts_of(&self, agent: &AgentId) -> (u64, u64) {
        self.counts.cell(agent).map_or((0, 0), UpDown::counts)
    }

    /// Iterates over the agents in byte order, each with how much it counted up, and how much down.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut votes = PnCounter::new();
    /// votes.increment(&alice, 2)?;
    /// assert!(votes.iter().eq([(&alice, (2, 0))]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&AgentId, (u64, u64))> + ExactSizeIterator {
        let counts = self.counts.iter();
        counts.map(|(agent, pair)| (agent, pair.counts()))
    }

    /// Returns the number of agents that counted something.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_counters::PnCounter::new().n_agents(), 0);
    /// ```
    #[must_use]
    pub fn n_agents(&self) -> usize {
        self.counts.len()
    }

    /// Returns whether nothing was counted, which a value of 0 does not say.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::PnCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut votes = PnCounter::new();
    /// assert!(votes.is_empty());
    /// votes.increment(&alice, 1)?;
    /// votes.decrement(&alice, 1)?;
    /// assert_eq!((votes.value(), votes.is_empty()), (0, false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Raises one count of `agent` with `count`; returns the part to ship.
    fn grow(
        &mut self,
        agent: &AgentId,
        count: fn(&mut UpDown, u64) -> Result<UpDown, Overflow>,
        n: u64,
    ) -> Result<UpDown, Overflow> {
        self.counts.update(agent, |pair| count(pair, n))
    }

    fn delta(agent: &AgentId, part: UpDown) -> Self {
        Self {
            counts: AgentMap::single(agent, part),
        }
    }
}

plain_lattice!(PnCounter { counts }, "pn_counter");
