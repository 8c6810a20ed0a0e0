//! Dots: the names of single events, and ranges of them.
//!
//! **Invariants.** No seq exceeds [`MAX_SEQ`]; a [`DotRange`] is never empty.
//! Both hold by construction, so code that is handed a dot never checks again and `seq + 1` never
//! overflows.
//!
//! **Costs.** Everything here is O(1).
//!
//! **Reference.** Almeida, Baquero, Goncalves, Preguica, Fonte, "Scalable and accurate causality
//! tracking for eventually consistent stores", 2014. Differs: seqs count from 0.

use core::fmt;
use core::ops::Range;

use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{AgentId, Classify, ErrorKind};

/// Largest sequence number of a dot: 2^53 - 1.
///
/// Every seq is then exactly representable as a JSON number, in every JSON library, and the
/// exclusive end of any range still fits.
/// At a million events a second one agent reaches it after 285 years.
pub const MAX_SEQ: u64 = (1 << 53) - 1;

/// Names one event: the `seq`-th (from 0) of `agent`.
///
/// Dots order by agent bytes, then by seq. That is an order for sorting, not causality.
///
/// # Invariants
/// `seq <= MAX_SEQ`.
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot};
///
/// let alice = AgentId::new("alice")?;
/// let first = Dot::new(alice.clone(), 0)?;
/// let second = Dot::new(alice, 1)?;
/// assert!(first < second);
/// assert_eq!(first.to_string(), "alice:0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Dot {
    pub(crate) agent: AgentId,
    /// At most [`MAX_SEQ`].
    pub(crate) seq: u64,
}

/// Why numbers do not make a [`Dot`], a [`DotRange`] or a version vector entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DotError {
    /// The seq is larger than [`MAX_SEQ`].
    #[error("sequence number {seq} is larger than {MAX_SEQ}")]
    SeqTooLarge {
        /// The refused seq; of a range, its last.
        seq: u64,
    },
    /// The range holds no dot.
    #[error("dot range {start}..{end} is empty")]
    EmptyRange {
        /// First seq of the range.
        start: u64,
        /// Exclusive end of the range, not above `start`.
        end: u64,
    },
}

impl Classify for DotError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl Dot {
    /// Makes a dot.
    ///
    /// # Errors
    /// [`DotError::SeqTooLarge`] if `seq > MAX_SEQ`.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Dot, DotError, MAX_SEQ};
    ///
    /// let alice = AgentId::new("alice")?;
    /// assert!(Dot::new(alice.clone(), MAX_SEQ).is_ok());
    /// let seq = MAX_SEQ + 1;
    /// assert_eq!(Dot::new(alice, seq), Err(DotError::SeqTooLarge { seq }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(agent: AgentId, seq: u64) -> Result<Self, DotError> {
        check_seq(seq)?;
        Ok(Self { agent, seq })
    }

    /// Returns the agent that minted the dot.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot};
    /// let dot = Dot::new(AgentId::new("alice")?, 3)?;
    /// assert_eq!(dot.agent().as_str(), "alice");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// Returns the position of the event among those of its agent, from 0.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot};
    /// let dot = Dot::new(AgentId::new("alice")?, 3)?;
    /// assert_eq!(dot.seq(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl fmt::Debug for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dot({:?}, {})", self.agent.as_str(), self.seq)
    }
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.agent, self.seq)
    }
}

impl Encode for Dot {
    fn encode(&self, w: &mut Writer) {
        self.agent.encode(w);
        w.u64(self.seq);
    }
}

impl Decode for Dot {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let agent = AgentId::decode(r, budget)?;
        let seq = r.u64_at_most(MAX_SEQ)?;
        Ok(Self { agent, seq })
    }
}

/// Names consecutive events of one agent: the seqs `start..end`.
///
/// Ranges order by agent bytes, then start, then end.
///
/// # Invariants
/// `start < end <= MAX_SEQ + 1`.
/// # Examples
/// ```
/// use crdt_core::{AgentId, DotRange};
///
/// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
/// assert_eq!(range.n_dots(), 3);
/// assert!(range.contains(5) && !range.contains(6));
/// assert_eq!(range.to_string(), "alice:3..6");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DotRange {
    pub(crate) agent: AgentId,
    /// Less than `end`.
    pub(crate) start: u64,
    /// At most `MAX_SEQ + 1`.
    pub(crate) end: u64,
}

impl DotRange {
    /// Makes a range of dots; `end` is exclusive.
    ///
    /// # Errors
    /// [`DotError::EmptyRange`] if `start >= end`; [`DotError::SeqTooLarge`] if
    /// `end > MAX_SEQ + 1`.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DotError, DotRange};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let refused = DotRange::new(alice, 4, 4);
    /// assert_eq!(refused, Err(DotError::EmptyRange { start: 4, end: 4 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(agent: AgentId, start: u64, end: u64) -> Result<Self, DotError> {
        if start >= end {
            return Err(DotError::EmptyRange { start, end });
        }
        check_seq(end - 1)?;
        Ok(Self { agent, start, end })
    }

    /// Returns the agent that minted the dots.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.agent().as_str(), "alice");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn agent(&self) -> &AgentId {
        &self.agent
    }

    /// Returns the first seq.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.start(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Returns the exclusive end.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.end(), 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Returns the seqs as a half-open range.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.seqs(), 3..6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn seqs(&self) -> Range<u64> {
        self.start..self.end
    }

    /// Returns how many dots the range names, at least 1.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.n_dots(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn n_dots(&self) -> u64 {
        self.end - self.start
    }

    /// Returns whether the range names the dot of its agent with this seq.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert!(range.contains(3) && !range.contains(6));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, seq: u64) -> bool {
        self.seqs().contains(&seq)
    }

    /// Returns the first dot.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.first().seq(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn first(&self) -> Dot {
        Dot {
            agent: self.agent.clone(),
            seq: self.start,
        }
    }

    /// Returns the last dot.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.last().seq(), 5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn last(&self) -> Dot {
        Dot {
            agent: self.agent.clone(),
            seq: self.end - 1,
        }
    }

    /// Iterates over the dots in order.
    ///
    /// # Complexity
    /// O(1) to make, O(1) a step. A range can name 2^53 dots: prefer working on ranges.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 3, 6)?;
    /// assert_eq!(range.dots().map(|dot| dot.seq()).collect::<Vec<_>>(), [3, 4, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dots(&self) -> impl DoubleEndedIterator<Item = Dot> {
        self.seqs().map(|seq| Dot {
            agent: self.agent.clone(),
            seq,
        })
    }
}

impl From<Dot> for DotRange {
    fn from(dot: Dot) -> Self {
        Self {
            agent: dot.agent,
            start: dot.seq,
            end: dot.seq + 1,
        }
    }
}

impl fmt::Debug for DotRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DotRange({:?}, {}..{})",
            self.agent.as_str(),
            self.start,
            self.end
        )
    }
}

impl fmt::Display for DotRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.agent, self.start, self.end)
    }
}

impl Encode for DotRange {
    fn encode(&self, w: &mut Writer) {
        self.agent.encode(w);
        w.u64(self.start);
        w.u64(self.n_dots() - 1);
    }
}

impl Decode for DotRange {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let agent = AgentId::decode(r, budget)?;
        let start = r.u64_at_most(MAX_SEQ)?;
        let more = r.u64_at_most(MAX_SEQ - start)?;
        Ok(Self {
            agent,
            start,
            end: start + more + 1,
        })
    }
}

/// Refuses a seq above [`MAX_SEQ`].
pub(crate) fn check_seq(seq: u64) -> Result<(), DotError> {
    if seq <= MAX_SEQ {
        Ok(())
    } else {
        Err(DotError::SeqTooLarge { seq })
    }
}

#[cfg(test)]
mod tests;
