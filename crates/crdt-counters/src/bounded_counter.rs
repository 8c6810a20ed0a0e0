//! The counter that goes up and down, but never below 0.
//!
//! **Invariants.** An agent that did nothing has no ledger, and a ledger lists nothing sent to its own
//! agent, so a counter has one representation. With every ledger there is, each agent has at least 0
//! rights; the rights of all agents sum to the value, which is therefore at least 0.
//!
//! **Format.** The count of agents, then for each, in byte order: its name, how much it counted up, how
//! much down, and the count of agents it sent rights to, then for each of those, in byte order: its
//! name and how many, at least 1. With serde: a map from agent to `{up, down, sent}`, where `sent`
//! is a map from agent to number.
//!
//! **Costs.** With n agents, an increment is O(log n); what asks for rights is O(n log m), m = agents
//! that one agent sent rights to.

mod ledger;

use alloc::collections::BTreeMap;

use crdt_core::{AgentId, Classify, ErrorKind};

use self::ledger::Ledger;
use crate::agent_map::AgentMap;
use crate::count::Overflow;
use crate::plain::plain_lattice;

/// A counter that goes up and down, but never below 0, without asking anybody.
///
/// To count down takes *rights*. Counting up by n makes n rights, which the agent that counted holds;
/// it spends them by counting down, or transfers them to another agent.
/// No agent spends what it does not hold, so all agents together never count down further than they
/// counted up, whoever is offline.
/// For a bound other than 0, add it to the value; for an upper bound, count the room that is left.
///
/// What a replica does not know yet can only make it see fewer rights of its own agent than there are.
/// Rights of an agent that never comes back are lost; nobody may take them, because it might.
///
/// A delta is a counter too, and holds one number.
///
/// # Invariants
/// Of all that was ever written: no agent has less than 0 rights, and all rights sum to the value.
/// # Convergence
/// Deltas may arrive in any order, and all replicas end equal.
/// Until then a replica may hold a decrement without the increment, made elsewhere, that paid for it:
/// counts known to it could sum to less than 0. [`value`](Self::value) and
/// [`rights_of`](Self::rights_of) then answer 0. Deliver causally, each delta after those its
/// author had seen, and that never happens.
///
/// Two sessions that write under one agent can spend rights twice, and whoever can write under an
/// agent's name can forge rights: the bound holds among replicas that keep to it.
/// # Examples
/// ```
/// use crdt_core::{AgentId, Lattice};
/// use crdt_counters::{BoundedCounter, BoundedError};
///
/// let (shop, kiosk) = (AgentId::new("shop")?, AgentId::new("kiosk")?);
/// let mut at_shop = BoundedCounter::new();
/// at_shop.increment(&shop, 10)?; // ten tickets
/// at_shop.transfer(&shop, &kiosk, 4)?;
/// let mut at_kiosk = at_shop.clone();
///
/// // Offline, neither can sell what it may not.
/// at_shop.decrement(&shop, 6)?;
/// at_kiosk.decrement(&kiosk, 3)?;
/// let refused = at_kiosk.decrement(&kiosk, 2);
/// assert!(matches!(refused, Err(BoundedError::NoRights { held: 1, needed: 2 })));
///
/// at_shop.join(&at_kiosk);
/// assert_eq!(at_shop.value(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # References
/// Balegas, Serra, Duarte, Ferreira, Rodrigues, Shapiro, Preguica, "Extending eventually consistent
/// cloud databases for enforcing numeric invariants", 2015. Differs: the matrix of rights is kept
/// by rows, its diagonal (what an agent counted up) apart.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct BoundedCounter {
    ledgers: AgentMap<Ledger>,
}

/// Why a bounded counter did not count down, or transferred no rights.
///
/// # Examples
/// ```
/// use crdt_core::AgentId;
/// use crdt_counters::BoundedCounter;
///
/// let alice = AgentId::new("alice")?;
/// let error = BoundedCounter::new().decrement(&alice, 3).unwrap_err();
/// assert_eq!(error.to_string(), "0 rights where 3 are needed");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BoundedError {
    /// The agent has fewer rights than this takes, as far as this replica knows.
    ///
    /// It may succeed after another agent transferred some.
    #[error("{held} rights where {needed} are needed")]
    NoRights {
        /// Rights of the agent.
        held: u128,
        /// Rights it takes.
        needed: u64,
    },
    /// A count of the agent is full.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

impl Classify for BoundedError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl BoundedCounter {
    /// Makes a counter at 0, where nobody has rights.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_counters::BoundedCounter::new().value(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            ledgers: AgentMap::new(),
        }
    }

    /// Counts `n` up for `agent`, which must be the agent of the calling session; it gets `n` rights.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted up would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::BoundedCounter;
    /// let alice = AgentId::new("alice")?;
    /// let mut stock = BoundedCounter::new();
    /// stock.increment(&alice, 2)?;
    /// assert_eq!((stock.value(), stock.rights_of(&alice)), (2, 2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn increment(&mut self, agent: &AgentId, n: u64) -> Result<(), Overflow> {
        self.mint(agent, n).map(drop)
    }

    /// As [`increment`](Self::increment), and returns the delta: what `agent` counted up.
    ///
    /// The delta is empty if `n` is 0.
    ///
    /// # Errors
    /// [`Overflow`] if what `agent` counted up would exceed [`u64::MAX`]; the counter is unchanged.
    /// # Complexity
    /// O(log n), n = agents; the delta holds one number.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::BoundedCounter;
    /// let alice = AgentId::new("alice")?;
    /// let (mut shop, mut kiosk) = (BoundedCounter::new(), BoundedCounter::new());
    /// kiosk.join(&shop.increment_with_delta(&alice, 2)?);
    /// assert_eq!(kiosk, shop);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn increment_with_delta(&mut self, agent: &AgentId, n: u64) -> Result<Self, Overflow> {
        let part = self.mint(agent, n)?;
        Ok(Self::delta(agent, part))
    }

    /// Counts `n` down for `agent`, which must be the agent of the calling session; it spends `n`
    /// rights.
    ///
    /// # Errors
    /// [`BoundedError::NoRights`] if `agent` has fewer than `n`; [`BoundedError::Overflow`] if what it
    /// counted down would exceed [`u64::MAX`]. The counter is unchanged.
    /// # Complexity
    /// O(n log m), n = agents, m = agents that one of them sent rights to.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::{BoundedCounter, BoundedError};
    /// let alice = AgentId::new("alice")?;
    /// let mut stock = BoundedCounter::new();
    /// stock.increment(&alice, 2)?;
    /// assert!(stock.decrement(&alice, 3).is_err());
    /// stock.decrement(&alice, 2)?;
    /// assert_eq!(stock.value(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decrement(&mut self, agent: &AgentId, n: u64) -> Result<(), BoundedError> {
        self.spend(agent, n).map(drop)
    }

    /// As [`decrement`](Self::decrement), and returns the delta: what `agent` counted down.
    ///
    /// The delta is empty if `n` is 0.
    ///
    /// # Errors
    /// [`BoundedError::NoRights`] if `agent` has fewer than `n`; [`BoundedError::Overflow`] if what it
    /// counted down would exceed [`u64::MAX`]. The counter is unchanged.
    /// # Complexity
    /// O(n log m), n = agents, m = agents that one of them sent rights to; the delta holds one number.
    /// # Convergence
    /// Where the delta arrives before the increments that paid for it, [`value`](Self::value) reads too
    /// low, but at least 0, until they arrive.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::{BoundedCounter, BoundedError};
    /// let alice = AgentId::new("alice")?;
    /// let (mut shop, mut kiosk) = (BoundedCounter::new(), BoundedCounter::new());
    /// let stocked = shop.increment_with_delta(&alice, 5)?;
    /// let sold = shop.decrement_with_delta(&alice, 2)?;
    ///
    /// kiosk.join(&sold); // too early
    /// assert_eq!(kiosk.value(), 0);
    /// kiosk.join(&stocked);
    /// assert_eq!(kiosk.value(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decrement_with_delta(&mut self, agent: &AgentId, n: u64) -> Result<Self, BoundedError> {
        let part = self.spend(agent, n)?;
        Ok(Self::delta(agent, part))
    }

    /// Sends `n` rights of `from`, which must be the agent of the calling session, to `to`.
    ///
    /// They are gone here at once; at the replica of `to` they can be spent when this arrives.
    /// The value stays the same. A transfer to oneself takes the rights and gives them back: nothing
    /// changes.
    ///
    /// # Errors
    /// [`BoundedError::NoRights`] if `from` has fewer than `n`, also if `to` is the same;
    /// [`BoundedError::Overflow`] if what it ever sent to `to` would exceed [`u64::MAX`]. The
    /// counter is unchanged.
    /// # Complexity
    /// O(n log m), n = agents, m = agents that one of them sent rights to.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::{BoundedCounter, BoundedError};
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut stock = BoundedCounter::new();
    /// stock.increment(&alice, 5)?;
    /// stock.transfer(&alice, &bob, 2)?;
    /// assert_eq!((stock.rights_of(&alice), stock.rights_of(&bob)), (3, 2));
    ///
    /// let before = stock.clone();
    /// stock.transfer(&bob, &bob, 2)?;
    /// assert_eq!(stock, before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transfer(&mut self, from: &AgentId, to: &AgentId, n: u64) -> Result<(), BoundedError> {
        self.send(from, to, n).map(drop)
    }

    /// As [`transfer`](Self::transfer), and returns the delta: how many rights `from` ever sent to
    /// `to`.
    ///
    /// The delta is empty if `n` is 0, or if `from` and `to` are the same.
    ///
    /// # Errors
    /// [`BoundedError::NoRights`] if `from` has fewer than `n`, also if `to` is the same;
    /// [`BoundedError::Overflow`] if what it ever sent to `to` would exceed [`u64::MAX`]. The
    /// counter is unchanged.
    /// # Complexity
    /// O(n log m), n = agents, m = agents that one of them sent rights to; the delta holds one number.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice};
    /// # use crdt_counters::{BoundedCounter, BoundedError};
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut shop, mut kiosk) = (BoundedCounter::new(), BoundedCounter::new());
    /// kiosk.join(&shop.increment_with_delta(&alice, 5)?);
    /// kiosk.join(&shop.transfer_with_delta(&alice, &bob, 2)?);
    /// kiosk.decrement(&bob, 2)?;
    /// assert_eq!(kiosk.value(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn transfer_with_delta(
        &mut self,
        from: &AgentId,
        to: &AgentId,
        n: u64,
    ) -> Result<Self, BoundedError> {
        let part = self.send(from, to, n)?;
        Ok(Self::delta(from, part))
    }

    /// Returns what all agents counted up, less what they counted down.
    ///
    /// 0 if a decrement arrived before the increments that paid for it and the counts that are
    /// known sum to less.
    ///
    /// # Complexity
    /// O(n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::{BoundedCounter, BoundedError};
    /// let alice = AgentId::new("alice")?;
    /// let mut stock = BoundedCounter::new();
    /// stock.increment(&alice, 5)?;
    /// stock.decrement(&alice, 2)?;
    /// assert_eq!(stock.value(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn value(&self) -> u128 {
        at_least_zero(self.ledgers.cells().map(Ledger::value).sum())
    }

    /// Returns how many rights `agent` has: how far it can count down, or what it can transfer.
    ///
    /// For the agent of this replica never more than it has; for others what is known here.
    /// 0 also if what paid for a decrement of `agent` has not arrived.
    ///
    /// # Complexity
    /// O(n log m), n = agents, m = agents that one of them sent rights to.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::BoundedCounter;
    /// let alice = AgentId::new("alice")?;
    /// assert_eq!(BoundedCounter::new().rights_of(&alice), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rights_of(&self, agent: &AgentId) -> u128 {
        let kept = self.ledgers.cell(agent).map_or(0, Ledger::kept);
        let ledgers = self.ledgers.cells();
        let received: i128 = ledgers.map(|ledger| ledger.sent_to(agent)).sum();
        at_least_zero(kept + received)
    }

    /// Iterates over the agents that have rights, in byte order, each with how many.
    ///
    /// # Complexity
    /// O(n log n), n = agents and transfers between two of them, at the first step; then O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::AgentId;
    /// # use crdt_counters::{BoundedCounter, BoundedError};
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut stock = BoundedCounter::new();
    /// stock.increment(&alice, 5)?;
    /// stock.transfer(&alice, &bob, 2)?;
    /// assert!(stock.rights().eq([(&alice, 3), (&bob, 2)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rights(&self) -> impl DoubleEndedIterator<Item = (&AgentId, u128)> {
        let mut rights: BTreeMap<&AgentId, i128> = BTreeMap::new();
        for (agent, ledger) in self.ledgers.iter() {
            *rights.entry(agent).or_default() += ledger.kept();
            for (to, n) in ledger.sent() {
                *rights.entry(to).or_default() += n;
            }
        }
        let rights = rights.into_iter().filter(|&(_, n)| n > 0);
        rights.map(|(agent, n)| (agent, at_least_zero(n)))
    }

    /// Returns the number of agents that counted or sent rights.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_counters::BoundedCounter::new().n_agents(), 0);
    /// ```
    #[must_use]
    pub fn n_agents(&self) -> usize {
        self.ledgers.len()
    }

    /// Returns whether nothing was counted, which a value of 0 does not say.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_counters::BoundedCounter::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ledgers.is_empty()
    }

    /// Makes rights for `agent`; returns the part to ship.
    fn mint(&mut self, agent: &AgentId, n: u64) -> Result<Ledger, Overflow> {
        self.ledgers.update(agent, |ledger| ledger.count_up(n))
    }

    /// Spends rights of `agent`; returns the part to ship.
    fn spend(&mut self, agent: &AgentId, n: u64) -> Result<Ledger, BoundedError> {
        self.check_rights(agent, n)?;
        Ok(self.ledgers.update(agent, |ledger| ledger.count_down(n))?)
    }

    /// Moves rights from one agent to another; returns the part to ship.
    fn send(&mut self, from: &AgentId, to: &AgentId, n: u64) -> Result<Ledger, BoundedError> {
        self.check_rights(from, n)?;
        if from == to {
            return Ok(Ledger::default());
        }
        Ok(self.ledgers.update(from, |ledger| ledger.send(to, n))?)
    }

    fn check_rights(&self, agent: &AgentId, needed: u64) -> Result<(), BoundedError> {
        let held = self.rights_of(agent);
        if held < u128::from(needed) {
            return Err(BoundedError::NoRights { held, needed });
        }
        Ok(())
    }

    fn delta(agent: &AgentId, part: Ledger) -> Self {
        Self {
            ledgers: AgentMap::single(agent, part),
        }
    }
}

plain_lattice!(BoundedCounter { ledgers }, "bounded_counter");

/// What the sum of all counts is once those that are missing have arrived: never below 0.
fn at_least_zero(sum: i128) -> u128 {
    u128::try_from(sum).unwrap_or(0)
}
