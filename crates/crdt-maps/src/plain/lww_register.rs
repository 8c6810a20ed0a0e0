//! The last-writer-wins register.
//!
//! **Costs.** O(1) besides comparing and cloning values; a value is compared only with one of the
//! same stamp and writer.

mod impls;

use crdt_core::{AgentId, Timestamp};

use super::write::{StampError, Write};

/// One value; of concurrent writes, the newest stays.
///
/// Writes order by stamp, then by agent, then by value, and a register holds the greatest it has
/// heard of. The order is total, so replicas that heard of the same writes hold the same one,
/// whatever their clocks said. But a stamp from the far future wins until others pass it: give a
/// [`HybridClock`](crdt_core::HybridClock) a drift bound, and let it observe the stamps of peers.
///
/// # Invariants
/// A write is never replaced by a lesser one.
/// # Convergence
/// Join takes the greater write. Two values under one stamp and one writer never come from a
/// correct agent: [`apply_delta`](crdt_core::DeltaState::apply_delta) refuses the second, and
/// [`join`](crdt_core::Lattice::join), which cannot refuse, keeps the greater value, so that
/// replicas agree on that too.
/// # Examples
/// ```
/// use crdt_core::{AgentId, HybridClock, Lattice};
/// use crdt_maps::LwwRegister;
///
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let (mut alice_clock, mut bob_clock) = (HybridClock::new(60_000), HybridClock::new(60_000));
///
/// // Both rename the document, in the same millisecond.
/// let (mut laptop, mut phone) = (LwwRegister::new(), LwwRegister::new());
/// laptop.set(&alice, alice_clock.tick(5_000)?, "Plan")?;
/// phone.set(&bob, bob_clock.tick(5_000)?, "Draft")?;
///
/// let before = laptop.clone();
/// laptop.join(&phone);
/// phone.join(&before);
/// assert_eq!(laptop, phone);
/// assert_eq!(laptop.value(), Some(&"Draft")); // equal stamps: the later name of agent wins
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # References
/// Shapiro et al., 2011, section 3.2.1. Differs: agent and value break ties.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields, bound(deserialize = "T: serde::Deserialize<'de>"))
)]
pub struct LwwRegister<T> {
    // Named, so that it cannot be left out.
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "serde::Deserialize::deserialize")
    )]
    held: Option<Write<T>>,
}

impl<T> LwwRegister<T> {
    /// Makes a register that was never written.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwRegister::<u8>::new().value(), None);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self { held: None }
    }

    /// Writes `value`.
    ///
    /// # Errors
    /// [`StampError::TimestampNotAdvanced`] unless `stamp` is newer than what is held, whoever
    /// wrote it: a write that could lose to what its writer saw is never made. The register is
    /// unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwRegister;
    /// let alice = AgentId::new("alice")?;
    /// let mut register = LwwRegister::new();
    /// register.set(&alice, Timestamp::from_u64(1), 'a')?;
    /// register.set(&alice, Timestamp::from_u64(2), 'b')?;
    /// assert_eq!(register.value(), Some(&'b'));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set(&mut self, agent: &AgentId, stamp: Timestamp, value: T) -> Result<(), StampError> {
        if let Some(held) = &self.held {
            held.check_older_than(stamp)?;
        }
        self.held = Some(Write::new(agent, stamp, value));
        Ok(())
    }

    /// Writes `value` and returns the delta.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    /// # Complexity
    /// O(1) and a clone of `value`.
    /// # Convergence
    /// The delta is the write. Joined anywhere, any number of times, it wins over what this replica
    /// held before.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice, Timestamp};
    /// # use crdt_maps::LwwRegister;
    /// let alice = AgentId::new("alice")?;
    /// let (mut ours, mut theirs) = (LwwRegister::new(), LwwRegister::new());
    /// let delta = ours.set_with_delta(&alice, Timestamp::from_u64(1), 'a')?;
    /// theirs.join(&delta);
    /// assert_eq!(ours, theirs);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_with_delta(
        &mut self,
        agent: &AgentId,
        stamp: Timestamp,
        value: T,
    ) -> Result<Self, StampError>
    where
        T: Clone,
    {
        self.set(agent, stamp, value)?;
        Ok(self.clone())
    }

    /// Returns the value; `None` if none was written.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwRegister::<u8>::new().value(), None);
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.held.as_ref().map(|held| &held.value)
    }

    /// Returns the stamp of the value: what the next write must be newer than.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwRegister;
    /// let alice = AgentId::new("alice")?;
    /// let mut register = LwwRegister::new();
    /// register.set(&alice, Timestamp::from_u64(9), 'a')?;
    /// assert_eq!(register.stamp(), Some(Timestamp::from_u64(9)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stamp(&self) -> Option<Timestamp> {
        self.held.as_ref().map(|held| held.stamp)
    }

    /// Returns the agent that wrote the value.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwRegister;
    /// let alice = AgentId::new("alice")?;
    /// let mut register = LwwRegister::new();
    /// register.set(&alice, Timestamp::from_u64(9), 'a')?;
    /// assert_eq!(register.writer(), Some(&alice));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn writer(&self) -> Option<&AgentId> {
        self.held.as_ref().map(|held| &held.writer)
    }
}
