//! A counter that a reset takes back to zero, as far as the resetter saw.

use core::cmp::Ordering;

use crdt_core::codec::DecodeError;
use crdt_core::{
    Author, Change, Classify, DecodeDots, Dot, DotFun, DotReader, DotWriter, EncodeDots, ErrorKind,
    Minter, Named, NextSeqError, Payload, Wrapper, causal_type,
};

causal_type! {
    /// A counter that goes up and down, and that can be reset.
    ///
    /// A reset takes back exactly the changes that the resetter had seen; a concurrent change survives,
    /// alone. So does removing the key of a map that holds the counter.
    ///
    /// Every change is an event with a dot of its own, and stays until a reset. An [`Author`] with
    /// [unshipped](Author::with_unshipped) events lets one dot grow instead, which keeps busy counters
    /// small.
    ///
    /// # Convergence
    /// The value is the sum of all changes that no reset has seen.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_counters::ResettableCounter;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut ours, mut theirs) = (ResettableCounter::new(), ResettableCounter::new());
    /// theirs.apply_delta(&ours.increment_with_delta(&alice, 5)?)?;
    ///
    /// let reset = ours.reset_with_delta(&alice)?;
    /// let concurrent = theirs.increment_with_delta(&bob, 1)?;
    /// ours.apply_delta(&concurrent)?;
    /// theirs.apply_delta(&reset)?;
    /// assert_eq!((ours.value(), theirs.value()), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Reference.** Weidner, Almeida, "An oblivious observed-reset embeddable replicated counter",
    /// 2022, on why counters in maps go wrong.
    pub struct ResettableCounter[](ResettableCounterStore), name: "resettable_counter", delta: leaf;
}

#[cfg(feature = "serde")]
crdt_core::causal_type_serde! { ResettableCounter[](ResettableCounterStore) }

/// What a [`ResettableCounter`] keeps, alone or under a key of a map.
///
/// # Examples
/// See [`ResettableCounter`].
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct ResettableCounterStore(DotFun<Tally>);

/// What was counted under one dot.
///
/// # Invariants
/// Only the dot's own agent lets it grow, one change after the other: more changes are later.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "TallyWire")
)]
pub struct Tally {
    n_changes: u64,
    sum: i64,
}

/// What serde reads before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, rename = "Tally")]
struct TallyWire {
    n_changes: u64,
    sum: i64,
}

/// No mutator makes such a tally.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{n_changes} changes do not sum up to {sum}")]
struct NoTally {
    n_changes: u64,
    sum: i64,
}

/// Why a counter did not change.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ResettableError {
    /// One change is larger than 2^63 - 1.
    #[error("a change by {by} does not fit 63 bits")]
    TooLarge {
        /// The refused number.
        by: u64,
    },
    /// The agent has no dot for the change.
    #[error(transparent)]
    NextSeq(#[from] NextSeqError),
}

impl Classify for ResettableError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooLarge { .. } => ErrorKind::Misuse,
            Self::NextSeq(error) => error.kind(),
        }
    }
}

impl ResettableCounterStore {
    /// Returns the sum of all changes that no reset has seen.
    ///
    /// # Complexity
    /// O(changes since the last reset).
    /// # Examples
    /// See [`ResettableCounter`].
    #[must_use]
    pub fn value(&self) -> i128 {
        self.0.iter().map(|(_, tally)| i128::from(tally.sum)).sum()
    }

    /// Returns the change that adds `by`; of nothing if `by` is zero.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n); with [unshipped](Author::with_unshipped) events, O(n), n = changes since the last reset.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Causal};
    /// use crdt_counters::ResettableCounterStore;
    ///
    /// let mut counter = Causal::<ResettableCounterStore>::new();
    /// counter.mutate(&AgentId::new("alice")?, |counter, minter| counter.add(minter, -3))?;
    /// assert_eq!(counter.store().value(), -3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add(&self, minter: &mut Minter, by: i64) -> Result<Change<DotFun<Tally>>, NextSeqError> {
        if by == 0 {
            return Ok(Change::default());
        }
        let entry = match self.grow(minter, by) {
            Some(entry) => entry,
            None => (
                minter.mint()?,
                Tally {
                    n_changes: 1,
                    sum: by,
                },
            ),
        };
        Ok(Change::bring(DotFun::from(entry)))
    }

    /// Lets a tally of the author's grow that nobody else has seen.
    fn grow(&self, minter: &mut Minter, by: i64) -> Option<(Dot, Tally)> {
        if !minter.may_grow() {
            return None;
        }
        self.0.iter().rev().find_map(|(dot, tally)| {
            let tally = tally.grow(by)?;
            minter.grow(dot).then(|| (dot.clone(), tally))
        })
    }

    /// Returns the change that adds `n`.
    ///
    /// # Errors
    /// [`ResettableError::TooLarge`] if `n` does not fit 63 bits; and as [`add`](Self::add).
    /// # Complexity
    /// As [`add`](Self::add).
    /// # Examples
    /// See [`add`](Self::add).
    pub fn increment(
        &self,
        minter: &mut Minter,
        n: u64,
    ) -> Result<Change<DotFun<Tally>>, ResettableError> {
        let by = i64::try_from(n).map_err(|_| ResettableError::TooLarge { by: n })?;
        Ok(self.add(minter, by)?)
    }

    /// Returns the change that takes `n` away.
    ///
    /// # Errors
    /// As [`increment`](Self::increment).
    /// # Complexity
    /// As [`add`](Self::add).
    /// # Examples
    /// See [`add`](Self::add).
    pub fn decrement(
        &self,
        minter: &mut Minter,
        n: u64,
    ) -> Result<Change<DotFun<Tally>>, ResettableError> {
        let by = i64::try_from(n).map_err(|_| ResettableError::TooLarge { by: n })?;
        Ok(self.add(minter, -by)?)
    }

    /// Returns the change that takes back every change seen here; of nothing if there is none.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(changes since the last reset).
    /// # Examples
    /// See [`ResettableCounter`].
    pub fn reset(&self, minter: &mut Minter) -> Result<Change<DotFun<Tally>>, NextSeqError> {
        if self.0.is_empty() {
            return Ok(Change::default());
        }
        minter.mint()?;
        let removed = self.0.dots();
        Ok(Change {
            removed,
            live: DotFun::default(),
        })
    }
}

/// Writes a mutator of the standalone counter and its `*_with_delta`.
macro_rules! mutators {
    ($($(#[$doc:meta])* $name:ident, $with_delta:ident, ($($arg:ident: $ty:ty)?) -> $error:ty;)*) => {
        impl ResettableCounter {$(
            $(#[$doc])*
            pub fn $name<'a>(
                &mut self,
                author: impl Into<Author<'a>>,
                $($arg: $ty)?
            ) -> Result<(), $error> {
                self.$with_delta(author, $($arg)?).map(drop)
            }

            $(#[$doc])*
            ///
            /// Returns the delta, for everyone else.
            pub fn $with_delta<'a>(
                &mut self,
                author: impl Into<Author<'a>>,
                $($arg: $ty)?
            ) -> Result<Self, $error> {
                let delta = self.causal.mutate(author, |counter, minter| {
                    counter.$name(minter, $($arg)?)
                })?;
                Ok(delta.into())
            }
        )*}
    };
}

mutators! {
    /// Adds `n`; does nothing if `n` is zero.
    ///
    /// # Errors
    /// [`ResettableError`]; nothing changes.
    /// # Complexity
    /// O(log n); with [unshipped](Author::with_unshipped) events, O(n), n = changes since the last reset.
    increment, increment_with_delta, (n: u64) -> ResettableError;

    /// Takes `n` away; does nothing if `n` is zero.
    ///
    /// # Errors
    /// [`ResettableError`]; nothing changes.
    /// # Complexity
    /// O(log n); with [unshipped](Author::with_unshipped) events, O(n), n = changes since the last reset.
    decrement, decrement_with_delta, (n: u64) -> ResettableError;

    /// Adds `by`, which may be negative; does nothing if it is zero.
    ///
    /// # Errors
    /// [`NextSeqError`]; nothing changes.
    /// # Complexity
    /// O(log n); with [unshipped](Author::with_unshipped) events, O(n), n = changes since the last reset.
    add, add_with_delta, (by: i64) -> NextSeqError;

    /// Takes back every change seen so far; does nothing if there is none.
    ///
    /// # Errors
    /// [`NextSeqError`]; nothing changes.
    /// # Complexity
    /// O(changes since the last reset).
    reset, reset_with_delta, () -> NextSeqError;
}

impl Named for ResettableCounterStore {
    const NAME: &'static str = "resettable_counter";
}

impl Wrapper for ResettableCounterStore {
    type Inner = DotFun<Tally>;
    type Feed = bool;
    type Glance = i128;

    fn inner(&self) -> &DotFun<Tally> {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut DotFun<Tally> {
        &mut self.0
    }

    fn wrap(inner: DotFun<Tally>) -> Self {
        Self(inner)
    }

    fn glance(&self) -> i128 {
        self.value()
    }

    fn feed(&self, before: i128, _: bool) -> bool {
        before != self.value()
    }
}

impl From<DotFun<Tally>> for ResettableCounterStore {
    fn from(tallies: DotFun<Tally>) -> Self {
        Self(tallies)
    }
}

impl Tally {
    /// One change or more; a single one is not zero.
    const fn new(n_changes: u64, sum: i64) -> Result<Self, NoTally> {
        match (n_changes, sum) {
            (0, _) | (1, 0) => Err(NoTally { n_changes, sum }),
            _ => Ok(Self { n_changes, sum }),
        }
    }

    /// One change more, unless a number would overflow.
    fn grow(self, by: i64) -> Option<Self> {
        Some(Self {
            n_changes: self.n_changes.checked_add(1)?,
            sum: self.sum.checked_add(by)?,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.n_changes, self.sum).cmp(&(other.n_changes, other.sum))
    }
}

#[cfg(feature = "serde")]
impl TryFrom<TallyWire> for Tally {
    type Error = NoTally;

    fn try_from(TallyWire { n_changes, sum }: TallyWire) -> Result<Self, NoTally> {
        Self::new(n_changes, sum)
    }
}

impl Payload for Tally {
    const ADDS_UP: bool = true;

    fn join(&mut self, other: &Self) -> bool {
        let grows = self.compare(other).is_lt();
        if grows {
            *self = *other;
        }
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self.compare(other).is_le()
    }

    fn is_conflict(&self, other: &Self) -> bool {
        self.n_changes == other.n_changes && self.sum != other.sum
    }
}

impl EncodeDots for Tally {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.flag(self.n_changes > 1);
        if self.n_changes > 1 {
            w.value(&(self.n_changes - 2));
        }
        w.value(&self.sum);
    }
}

impl DecodeDots for Tally {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let n_changes = if r.flag()? {
            r.value::<u64>()?
                .checked_add(2)
                .ok_or(DecodeError::NotCanonical { offset })?
        } else {
            1
        };
        let sum = r.value()?;
        Self::new(n_changes, sum).map_err(|_| DecodeError::NotCanonical { offset })
    }
}

#[cfg(test)]
mod tests;
