//! Dot contexts: any set of events, stored as a version vector plus a cloud of intervals.
//!
//! **Invariants.** Per agent, the cloud lies strictly above the vector entry: what becomes contiguous
//! is folded into the vector at once. An agent without events has no entry. So a set of events has one
//! representation, and equality, hash and encoding are those of the set.
//!
//! **Costs.** With n agents and k intervals, access to one event is O(log n + log k); adding the next
//! event of an agent is O(log n); operations on two contexts are O(n + m + k).
//!
//! **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7
//! (causal contexts and their compression). Differs: the cloud holds intervals, not single dots, and
//! is folded on insertion rather than now and then.

mod algebra;
mod impls;
mod seqs;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Range;

use crate::interval;
use crate::{AgentId, Classify, Dot, DotRange, ErrorKind, MAX_DEPTH, MAX_SEQ, VersionVector};

pub(crate) use self::seqs::Seqs;

/// A set of events: the causal context of a state, of a delta, of a message.
///
/// Unlike a version vector it can hold event 5 of an agent without event 4, so it describes exactly
/// what was seen when messages arrive in any order, and exactly what a delta brings.
///
/// Contexts are ordered by inclusion; two can be unordered.
///
/// # Invariants
/// Per agent, a prefix of its events and intervals that lie strictly above it.
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot, DotContext, Lattice};
///
/// let alice = AgentId::new("alice")?;
/// let dot = |seq| Dot::new(alice.clone(), seq);
///
/// // Bob receives alice's events 0 and 2; event 1 is late.
/// let mut bob = DotContext::new();
/// bob.insert(&dot(0)?);
/// bob.insert(&dot(2)?);
/// assert!(bob.contains(&dot(2)?) && !bob.contains(&dot(1)?));
/// assert!(!bob.is_contiguous());
///
/// // It arrives, and what is left is a plain version vector.
/// let mut late = DotContext::new();
/// late.insert(&dot(1)?);
/// bob.join(&late);
/// assert!(bob.is_contiguous());
/// assert_eq!(bob.next_seq(&alice), Ok(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct DotContext {
    /// No entry is empty.
    agents: BTreeMap<AgentId, Seqs>,
}

/// Why an agent can mint no dot after those in a context.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NextSeqError {
    /// The context holds later events of the agent but not all earlier ones.
    ///
    /// Of its own agent a session always holds all events; a gap means that the store lost some, or
    /// that another session writes under the same name. Fill the gap, or take a new name.
    #[error("events {start}..{end} of the agent are missing below later ones")]
    Gap {
        /// First missing seq.
        start: u64,
        /// Exclusive end of the first gap.
        end: u64,
    },
    /// The agent has minted every seq up to [`MAX_SEQ`].
    #[error("the agent has used every sequence number up to {MAX_SEQ}")]
    Exhausted,
    /// The event would stand in a value that is nested deeper than readers accept.
    #[error("a value of run-time type is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Classify for NextSeqError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Gap { .. } => ErrorKind::MissingDependency,
            Self::Exhausted | Self::TooDeep => ErrorKind::Misuse,
        }
    }
}

/// What a context says of a dot.
pub(crate) enum Novelty {
    /// It is in it.
    Known,
    /// It is not; here it is with the context's own copy of the agent's name.
    Unknown(Dot),
}

impl DotContext {
    /// Makes the context of a replica that has seen nothing.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotContext::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            agents: BTreeMap::new(),
        }
    }

    /// Adds an event; returns whether it was new.
    ///
    /// # Complexity
    /// O(log n) for the next event of its agent; O(log n + k) at worst, k = intervals of that agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext};
    /// let dot = Dot::new(AgentId::new("alice")?, 0)?;
    /// let mut context = DotContext::new();
    /// assert!(context.insert(&dot));
    /// assert!(!context.insert(&dot));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert(&mut self, dot: &Dot) -> bool {
        self.insert_seqs(&dot.agent, dot.seq..dot.seq + 1)
    }

    /// Adds consecutive events; returns whether any was new.
    ///
    /// # Complexity
    /// As [`insert`](Self::insert), whatever the length of the range.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotContext, DotRange};
    /// let mut context = DotContext::new();
    /// context.insert_range(&DotRange::new(AgentId::new("alice")?, 0, 1000)?);
    /// assert_eq!(context.n_dots(), 1000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert_range(&mut self, range: &DotRange) -> bool {
        self.insert_seqs(&range.agent, range.seqs())
    }

    /// Returns whether the context holds the event.
    ///
    /// # Complexity
    /// O(log n + log k), k = intervals of its agent.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext};
    /// let dot = Dot::new(AgentId::new("alice")?, 0)?;
    /// assert!(!DotContext::new().contains(&dot));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains(&self, dot: &Dot) -> bool {
        self.agents
            .get(&dot.agent)
            .is_some_and(|seqs| seqs.contains(dot.seq))
    }

    /// Returns whether the context holds every event of the range.
    ///
    /// # Complexity
    /// As [`contains`](Self::contains).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotContext, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 0, 9)?;
    /// let mut context = DotContext::new();
    /// context.insert_range(&range);
    /// assert!(context.contains_range(&range));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn contains_range(&self, range: &DotRange) -> bool {
        self.agents
            .get(&range.agent)
            .is_some_and(|seqs| seqs.contains_range(range.seqs()))
    }

    /// Returns the seq that `agent` mints next.
    ///
    /// # Errors
    /// [`NextSeqError::Gap`] if an event below the latest one of `agent` is missing: minting above a gap
    /// would leave it open for ever. [`NextSeqError::Exhausted`] after [`MAX_SEQ`].
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext, NextSeqError};
    /// let alice = AgentId::new("alice")?;
    /// let mut context = DotContext::new();
    /// assert_eq!(context.next_seq(&alice), Ok(0));
    /// context.insert(&Dot::new(alice.clone(), 4)?);
    /// assert_eq!(context.next_seq(&alice), Err(NextSeqError::Gap { start: 0, end: 4 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next_seq(&self, agent: &AgentId) -> Result<u64, NextSeqError> {
        self.agents.get(agent).map_or(Ok(0), Seqs::next_seq)
    }

    /// Returns the dot that `agent` mints next, without adding it.
    ///
    /// # Errors
    /// As [`next_seq`](Self::next_seq).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotContext};
    /// let alice = AgentId::new("alice")?;
    /// let mut context = DotContext::new();
    /// let dot = context.next_dot(&alice)?;
    /// context.insert(&dot);
    /// assert_eq!(context.next_dot(&alice)?.seq(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next_dot(&self, agent: &AgentId) -> Result<Dot, NextSeqError> {
        // With the context's own copy of the name, so that comparing it is comparing pointers.
        let (agent, seqs) = match self.agents.get_key_value(agent) {
            Some((held, seqs)) => (held, Some(seqs)),
            None => (agent, None),
        };
        Ok(Dot {
            agent: agent.clone(),
            seq: seqs.map_or(Ok(0), Seqs::next_seq)?,
        })
    }

    /// Iterates over the events as maximal ranges, by agent bytes, then by seq.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotContext, DotRange};
    /// let range = DotRange::new(AgentId::new("alice")?, 2, 5)?;
    /// let mut context = DotContext::new();
    /// context.insert_range(&range);
    /// assert_eq!(context.ranges().collect::<Vec<_>>(), [range]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ranges(&self) -> impl Iterator<Item = DotRange> {
        self.agents.iter().flat_map(|(agent, seqs)| {
            seqs.pairs().map(|(start, end)| DotRange {
                agent: agent.clone(),
                start,
                end,
            })
        })
    }

    /// Iterates over the seqs of one agent as maximal ranges, in order.
    ///
    /// # Complexity
    /// O(log n) to make, O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, DotContext};
    /// let alice = AgentId::new("alice")?;
    /// assert_eq!(DotContext::new().ranges_of(&alice).count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ranges_of(&self, agent: &AgentId) -> impl Iterator<Item = Range<u64>> {
        let seqs = self.agents.get(agent).into_iter();
        seqs.flat_map(Seqs::pairs).map(|(start, end)| start..end)
    }

    /// Returns the contiguous part, as a version vector: O(n), n = agents.
    ///
    /// # Complexity
    /// O(n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_core::DotContext;
    /// assert!(DotContext::new().version_vector().is_empty());
    /// ```
    #[must_use]
    pub fn version_vector(&self) -> VersionVector {
        let prefixes = self.agents.iter().filter(|(_, seqs)| seqs.next > 0);
        VersionVector::from_valid(
            prefixes
                .map(|(agent, seqs)| (agent.clone(), seqs.next))
                .collect(),
        )
    }

    /// Returns whether the context is a plain version vector: no event without all earlier ones.
    ///
    /// # Complexity
    /// O(n), n = agents.
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotContext::new().is_contiguous());
    /// ```
    #[must_use]
    pub fn is_contiguous(&self) -> bool {
        self.agents.values().all(|seqs| seqs.cloud.is_empty())
    }

    /// Returns how many events the context holds.
    ///
    /// # Complexity
    /// O(n + k), n = agents, k = intervals.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::DotContext::new().n_dots(), 0);
    /// ```
    #[must_use]
    pub fn n_dots(&self) -> u128 {
        self.agents
            .values()
            .map(|seqs| u128::from(seqs.count()))
            .sum()
    }

    /// Returns the number of agents of which the context holds events.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::DotContext::new().n_agents(), 0);
    /// ```
    #[must_use]
    pub fn n_agents(&self) -> usize {
        self.agents.len()
    }

    /// Returns whether the context holds nothing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::DotContext::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// Looks a dot up, and if it is unknown, makes it share the context's copy of the agent's name:
    /// a million elements of one agent then hold one name.
    pub(crate) fn novelty(&self, dot: &Dot) -> Novelty {
        match self.agents.get_key_value(&dot.agent) {
            Some((_, seqs)) if seqs.contains(dot.seq) => Novelty::Known,
            Some((agent, _)) => Novelty::Unknown(Dot {
                agent: agent.clone(),
                seq: dot.seq,
            }),
            None => Novelty::Unknown(dot.clone()),
        }
    }

    /// Returns what the context lacks of ranges of one agent, which are in order and do not touch.
    pub(crate) fn missing_of(&self, ranges: &[DotRange]) -> Vec<DotRange> {
        let Some(agent) = ranges.first().map(|range| &range.agent) else {
            return Vec::new();
        };
        let held = self.agents.get(agent).into_iter().flat_map(Seqs::pairs);
        let wanted = ranges.iter().map(|range| (range.start, range.end));
        let mut missing = Vec::new();
        interval::difference(wanted, held, |(start, end)| {
            let agent = agent.clone();
            missing.push(DotRange { agent, start, end });
        });
        missing
    }

    /// Makes a context of entries that already satisfy its invariants.
    pub(crate) fn from_valid(agents: BTreeMap<AgentId, Seqs>) -> Self {
        Self { agents }
    }

    /// Iterates over the entries, by agent bytes.
    #[cfg(feature = "serde")]
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&AgentId, &Seqs)> {
        self.agents.iter()
    }

    /// Adds a non-empty range of valid seqs.
    fn insert_seqs(&mut self, agent: &AgentId, seqs: Range<u64>) -> bool {
        if let Some(held) = self.agents.get_mut(agent) {
            return held.insert(seqs);
        }
        self.agents.entry(agent.clone()).or_default().insert(seqs)
    }
}

#[cfg(test)]
mod tests;
