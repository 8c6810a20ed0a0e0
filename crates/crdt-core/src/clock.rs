//! Hybrid logical clocks: timestamps that follow wall time and never go back.
//!
//! **Invariants.** Stamps from one clock strictly increase, whatever wall time does, and each exceeds
//! every stamp the clock observed. Time is always an argument: nothing here reads a clock.
//!
//! **Costs.** Everything is O(1) and allocates nothing.
//!
//! **Reference.** Kulkarni, Demirbas, Madappa, Avva, Leone, "Logical physical clocks", 2014.
//! Differs: both halves share 64 bits, and a full counter borrows one millisecond instead of failing.

use core::fmt;

use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{Classify, ErrorKind};

/// A moment of hybrid time: milliseconds since an epoch, and a counter within the millisecond.
///
/// Stamps order by milliseconds, then by counter.
/// Two clocks can make equal stamps, so a last-writer-wins rule breaks ties by
/// [`AgentId`](crate::AgentId).
/// The epoch is the caller's choice, usually 1970; 48 bits of milliseconds are 8,919 years.
///
/// # Examples
/// ```
/// use crdt_core::Timestamp;
///
/// let stamp = Timestamp::new(1_700_000_000_000, 2)?;
/// assert_eq!((stamp.ms(), stamp.counter()), (1_700_000_000_000, 2));
/// assert!(stamp < Timestamp::new(1_700_000_000_001, 0)?);
/// # Ok::<(), crdt_core::ClockError>(())
/// ```
#[derive(Clone, Copy, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(u64);

/// Why a clock made no stamp, or refused one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// A wall time does not fit 48 bits of milliseconds.
    #[error("time of {ms} ms is larger than {max} ms", max = Timestamp::MAX_MS)]
    TimeTooLarge {
        /// The refused time.
        ms: u64,
    },
    /// A remote stamp lies further in the future than the clock admits.
    #[error("remote stamp is {ahead_ms} ms ahead, more than {max_drift_ms} ms")]
    TooFarAhead {
        /// How far ahead of local wall time the stamp is.
        ahead_ms: u64,
        /// How far a stamp may be.
        max_drift_ms: u64,
    },
    /// The last stamp is the largest there is.
    #[error("no timestamp is larger than the last one")]
    Exhausted,
}

impl Classify for ClockError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooFarAhead { .. } => ErrorKind::Malformed,
            Self::TimeTooLarge { .. } | Self::Exhausted => ErrorKind::Misuse,
        }
    }
}

impl Timestamp {
    /// Largest number of milliseconds in a stamp: 2^48 - 1.
    pub const MAX_MS: u64 = (1 << 48) - 1;

    /// Largest stamp.
    pub const MAX: Self = Self(u64::MAX);

    /// Makes a stamp from its halves.
    ///
    /// # Errors
    /// [`ClockError::TimeTooLarge`] if `ms > Timestamp::MAX_MS`.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Timestamp::new(1, 2)?.to_u64(), 0x1_0002);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn new(ms: u64, counter: u16) -> Result<Self, ClockError> {
        if ms > Self::MAX_MS {
            return Err(ClockError::TimeTooLarge { ms });
        }
        Ok(Self(ms << COUNTER_BITS | counter as u64))
    }

    /// Makes a stamp from its 64 bits; all of them are stamps.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Timestamp::from_u64(0x1_0002).ms(), 1);
    /// ```
    #[must_use]
    pub const fn from_u64(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the stamp as 64 bits, which order as stamps do.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::Timestamp;
    /// assert_eq!(Timestamp::from_u64(Timestamp::MAX.to_u64()), Timestamp::MAX);
    /// ```
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// Returns the milliseconds since the epoch.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Timestamp::MAX.ms(), crdt_core::Timestamp::MAX_MS);
    /// ```
    #[must_use]
    pub const fn ms(self) -> u64 {
        self.0 >> COUNTER_BITS
    }

    /// Returns the counter within the millisecond.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Timestamp::MAX.counter(), u16::MAX);
    /// ```
    #[must_use]
    pub const fn counter(self) -> u16 {
        self.0 as u16
    }
}

impl From<u64> for Timestamp {
    fn from(bits: u64) -> Self {
        Self(bits)
    }
}

impl From<Timestamp> for u64 {
    fn from(stamp: Timestamp) -> Self {
        stamp.0
    }
}

impl Encode for Timestamp {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.0);
    }
}

impl Decode for Timestamp {
    fn decode(r: &mut Reader<'_>, _budget: &mut Budget) -> Result<Self, DecodeError> {
        r.u64().map(Self)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.ms(), self.counter())
    }
}

/// Makes strictly increasing [`Timestamp`]s that stay close to wall time.
///
/// Keep one for each agent, [`observe`](Self::observe) the stamps of peers, and store
/// [`last`](Self::last) with the state: a clock that forgets it can repeat a stamp.
///
/// # Examples
/// A later write gets the later stamp, though the writer's wall clock is behind:
/// ```
/// use crdt_core::HybridClock;
///
/// let mut alice = HybridClock::new(60_000);
/// let mut bob = HybridClock::new(60_000);
/// let first = alice.tick(5_000)?;
///
/// bob.observe(first, 4_000)?; // bob's wall clock is a second behind
/// let second = bob.tick(4_001)?;
/// assert!(first < second);
///
/// // A stamp from next week would drag every clock along: it is refused.
/// let poisoned = crdt_core::Timestamp::new(604_800_000, 0)?;
/// assert!(alice.observe(poisoned, 5_000).is_err());
/// # Ok::<(), crdt_core::ClockError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HybridClock {
    /// At least every stamp made or observed.
    last: Timestamp,
    max_drift_ms: u64,
}

/// A clock that accepts remote stamps up to a minute ahead of wall time.
impl Default for HybridClock {
    fn default() -> Self {
        Self::new(60_000)
    }
}

impl HybridClock {
    /// Makes a clock that accepts remote stamps up to `max_drift_ms` ahead of wall time.
    ///
    /// A minute is usual, and the [`Default`]: clocks that are set by the network are less than seconds
    /// apart, and a stamp that is wrong by a minute does little harm.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_core::HybridClock;
    /// use std::time::{SystemTime, UNIX_EPOCH};
    ///
    /// let mut clock = HybridClock::new(60_000);
    /// assert_eq!(clock.last().to_u64(), 0);
    ///
    /// let now_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis().try_into()?;
    /// let stamp = clock.tick(now_ms)?;
    /// assert_eq!(stamp.ms(), now_ms);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn new(max_drift_ms: u64) -> Self {
        Self {
            last: Timestamp(0),
            max_drift_ms,
        }
    }

    /// Makes the next stamp, larger than every stamp made or observed before.
    ///
    /// It is wall time while that advances. Where it stands still or goes back, the counter grows; a full
    /// counter borrows one millisecond from the future.
    ///
    /// # Errors
    /// [`ClockError::TimeTooLarge`] if `now_ms > Timestamp::MAX_MS`; [`ClockError::Exhausted`] after
    /// [`Timestamp::MAX`]. The clock is unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{HybridClock, Timestamp};
    /// let mut clock = HybridClock::new(0);
    /// assert_eq!(clock.tick(7)?, Timestamp::new(7, 0)?);
    /// assert_eq!(clock.tick(7)?, Timestamp::new(7, 1)?);
    /// assert_eq!(clock.tick(3)?, Timestamp::new(7, 2)?);
    /// # Ok::<(), crdt_core::ClockError>(())
    /// ```
    pub fn tick(&mut self, now_ms: u64) -> Result<Timestamp, ClockError> {
        let now = Timestamp::new(now_ms, 0)?;
        // The counter is the low half, so its overflow carries into the milliseconds.
        let after_last = self.last.0.checked_add(1).ok_or(ClockError::Exhausted)?;
        self.last = now.max(Timestamp(after_last));
        Ok(self.last)
    }

    /// Takes note of a remote stamp, so that later ticks exceed it.
    ///
    /// # Errors
    /// [`ClockError::TooFarAhead`] if `remote` is more than the drift bound ahead of `now_ms`: refuse
    /// what carries it, or every later write of this replica would be stamped in the future too.
    /// The clock is unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{ClockError, HybridClock, Timestamp};
    /// let mut clock = HybridClock::new(100);
    /// clock.observe(Timestamp::new(1_100, 0)?, 1_000)?;
    /// let refused = clock.observe(Timestamp::new(1_101, 0)?, 1_000);
    /// assert_eq!(refused, Err(ClockError::TooFarAhead { ahead_ms: 101, max_drift_ms: 100 }));
    /// # Ok::<(), ClockError>(())
    /// ```
    pub fn observe(&mut self, remote: Timestamp, now_ms: u64) -> Result<(), ClockError> {
        let (ahead_ms, max_drift_ms) = (remote.ms().saturating_sub(now_ms), self.max_drift_ms);
        if ahead_ms > max_drift_ms {
            return Err(ClockError::TooFarAhead {
                ahead_ms,
                max_drift_ms,
            });
        }
        self.restore(remote);
        Ok(())
    }

    /// Continues after a stamp of this clock that was stored; never goes back.
    ///
    /// The stamp is trusted: no drift bound applies.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::HybridClock;
    /// let mut before = HybridClock::new(0);
    /// let stored = before.tick(9)?;
    ///
    /// let mut after = HybridClock::new(0);
    /// after.restore(stored);
    /// assert!(after.tick(8)? > stored);
    /// # Ok::<(), crdt_core::ClockError>(())
    /// ```
    pub fn restore(&mut self, stored: Timestamp) {
        self.last = self.last.max(stored);
    }

    /// Returns the largest stamp made or observed so far.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::HybridClock;
    /// let mut clock = HybridClock::new(0);
    /// let stamp = clock.tick(1)?;
    /// assert_eq!(clock.last(), stamp);
    /// # Ok::<(), crdt_core::ClockError>(())
    /// ```
    #[must_use]
    pub const fn last(&self) -> Timestamp {
        self.last
    }

    /// Returns how far ahead of wall time a remote stamp may be.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::HybridClock::new(60_000).max_drift_ms(), 60_000);
    /// ```
    #[must_use]
    pub const fn max_drift_ms(&self) -> u64 {
        self.max_drift_ms
    }
}

/// Width of the counter, the low half of a stamp.
const COUNTER_BITS: u32 = 16;

#[cfg(test)]
mod tests;
