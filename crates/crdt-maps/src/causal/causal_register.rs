//! A register where the latest write wins, and "latest" is causality before it is time.

use core::fmt;

use crdt_core::codec::{Decode, DecodeError, Encode};
use crdt_core::{
    AgentId, Author, Change, DecodeDots, Dot, DotFun, DotReader, DotWriter, EncodeDots, Minter,
    NextSeqError, Payload, Timestamp, Wrapper, causal_type,
};

causal_type! {
    /// A last-writer-wins register in which a write always beats what its writer saw.
    ///
    /// Only concurrent writes are compared by time: the greatest stamp wins, then the greatest agent.
    /// So a clock that is wrong, even years ahead, costs at most the writes concurrent to its own; the
    /// next write by anyone who saw it wins. This is the register to put into maps.
    ///
    /// Stamps come from the caller, usually from a [`HybridClock`](crdt_core::HybridClock); they need
    /// not grow.
    ///
    /// # Convergence
    /// The value is that of the greatest write, by (stamp, agent, seq), of those that no write and no
    /// clearing has seen.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState, Timestamp};
    /// use crdt_maps::CausalRegister;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut ours, mut theirs) = (CausalRegister::new(), CausalRegister::new());
    /// let poisoned = ours.write_with_delta(&alice, Timestamp::MAX, "year 10,000")?;
    /// theirs.apply_delta(&poisoned)?;
    /// let now = Timestamp::new(1_700_000_000_000, 0)?;
    /// ours.apply_delta(&theirs.write_with_delta(&bob, now, "today")?)?;
    /// assert_eq!(ours.value(), Some(&"today"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct CausalRegister[T: (Clone + fmt::Debug + Ord)](CausalRegisterStore<T>),
    name: "causal_register", delta: leaf;
}

#[cfg(feature = "serde")]
crdt_core::causal_type_serde! { CausalRegister[T: (Clone + fmt::Debug + Ord)](CausalRegisterStore<T>) }

/// What a [`CausalRegister`] keeps, alone or under a key of a map.
///
/// # Examples
/// See [`CausalRegister`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct CausalRegisterStore<T>(DotFun<Stamped<T>>);

/// A written value with the time of its writing.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct Stamped<T> {
    stamp: Timestamp,
    value: T,
}

impl<T> CausalRegisterStore<T> {
    /// Returns the value that won, or `None` if nothing was written or everything was cleared.
    ///
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// See [`CausalRegister`].
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.winner().map(|(_, written)| &written.value)
    }

    /// Returns the stamp of the value that won.
    ///
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::CausalRegister::<u8>::new().stamp(), None);
    /// ```
    #[must_use]
    pub fn stamp(&self) -> Option<Timestamp> {
        self.winner().map(|(_, written)| written.stamp)
    }

    /// Returns the agent that wrote the value that won.
    ///
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::CausalRegister::<u8>::new().writer(), None);
    /// ```
    #[must_use]
    pub fn writer(&self) -> Option<&AgentId> {
        self.winner().map(|(dot, _)| dot.agent())
    }

    /// Iterates over all concurrent values, in the order of their writers, then of their writes.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::CausalRegister::<u8>::new().siblings().count(), 0);
    /// ```
    pub fn siblings(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter().map(|(_, written)| &written.value)
    }

    fn winner(&self) -> Option<(&Dot, &Stamped<T>)> {
        self.0
            .iter()
            .max_by_key(|(dot, written)| (written.stamp, *dot))
    }
}

impl<T: Clone + fmt::Debug + Ord> CausalRegisterStore<T> {
    /// Returns the change that writes `value` over all values seen here.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// See [`OrMap`](crate::OrMap).
    pub fn write(
        &self,
        minter: &mut Minter,
        stamp: Timestamp,
        value: T,
    ) -> Result<Change<DotFun<Stamped<T>>>, NextSeqError> {
        let live = DotFun::from((minter.mint()?, Stamped { stamp, value }));
        Ok(Change {
            removed: self.0.dots(),
            live,
        })
    }

    /// Returns the change that takes away all values seen here; of nothing if there is none.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// See [`CausalRegister::clear`].
    pub fn clear(&self, minter: &mut Minter) -> Result<Change<DotFun<Stamped<T>>>, NextSeqError> {
        if self.0.is_empty() {
            return Ok(Change::default());
        }
        minter.mint()?;
        Ok(Change {
            removed: self.0.dots(),
            live: DotFun::default(),
        })
    }
}

impl<T: Clone + fmt::Debug + Ord> CausalRegister<T> {
    /// Writes `value` over all values seen here, at the time `stamp`.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// See [`CausalRegister`].
    pub fn write<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        stamp: Timestamp,
        value: T,
    ) -> Result<(), NextSeqError> {
        self.write_with_delta(author, stamp, value).map(drop)
    }

    /// Writes `value` over all values seen here, at the time `stamp`; returns the delta, for everyone
    /// else.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// See [`CausalRegister`].
    pub fn write_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        stamp: Timestamp,
        value: T,
    ) -> Result<Self, NextSeqError> {
        let delta = self.causal.mutate(author, |register, minter| {
            register.write(minter, stamp, value)
        })?;
        Ok(delta.into())
    }

    /// Takes away all values seen here.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Timestamp};
    /// use crdt_maps::CausalRegister;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut register = CausalRegister::new();
    /// register.write(&alice, Timestamp::new(1, 0)?, 7)?;
    /// register.clear(&alice)?;
    /// assert_eq!(register.value(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear<'a>(&mut self, author: impl Into<Author<'a>>) -> Result<(), NextSeqError> {
        self.clear_with_delta(author).map(drop)
    }

    /// Takes away all values seen here; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    /// # Complexity
    /// O(concurrent writes).
    /// # Examples
    /// See [`clear`](Self::clear).
    pub fn clear_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
    ) -> Result<Self, NextSeqError> {
        let delta = self
            .causal
            .mutate(author, |register, minter| register.clear(minter))?;
        Ok(delta.into())
    }
}

impl<T: Clone + fmt::Debug + Ord> Wrapper for CausalRegisterStore<T> {
    type Inner = DotFun<Stamped<T>>;
    type Feed = bool;
    /// The write that was in effect.
    type Glance = Option<Dot>;

    fn inner(&self) -> &Self::Inner {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut Self::Inner {
        &mut self.0
    }

    fn wrap(inner: Self::Inner) -> Self {
        Self(inner)
    }

    fn glance(&self) -> Option<Dot> {
        self.winner().map(|(dot, _)| dot.clone())
    }

    fn feed(&self, before: Option<Dot>, _: bool) -> bool {
        before.as_ref() != self.winner().map(|(dot, _)| dot)
    }
}

impl<T> Default for CausalRegisterStore<T> {
    fn default() -> Self {
        Self(DotFun::default())
    }
}

impl<T> From<DotFun<Stamped<T>>> for CausalRegisterStore<T> {
    fn from(written: DotFun<Stamped<T>>) -> Self {
        Self(written)
    }
}

impl<T: Clone + fmt::Debug + Ord> Payload for Stamped<T> {
    fn join(&mut self, other: &Self) -> bool {
        let grows = *self < *other;
        if grows {
            self.clone_from(other);
        }
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self <= other
    }
}

impl<T: Encode> EncodeDots for Stamped<T> {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.timestamp(self.stamp);
        w.value(&self.value);
    }
}

impl<T: Decode> DecodeDots for Stamped<T> {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let stamp = r.timestamp()?;
        let value = r.value()?;
        Ok(Self { stamp, value })
    }
}
