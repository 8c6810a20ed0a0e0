//! Who mutates, and the dots that a mutation uses.

use super::DotSet;
use crate::{AgentId, Dot, DotContext, DotRange, MAX_SEQ, NextSeqError};

/// Who mutates: an agent, and which of its dots no one else has seen yet.
///
/// Mutators take anything that converts into it; a plain `&AgentId` is the safe default, with which
/// every mutation counts as seen the moment it is made.
///
/// A synchroniser that holds deltas back for a moment can say so with
/// [`with_unshipped`](Self::with_unshipped): counters then let one dot grow for many increments.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Author};
///
/// let alice = AgentId::new("alice")?;
/// assert_eq!(Author::from(&alice).agent(), &alice);
/// # Ok::<(), crdt_core::AgentIdError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    agent: &'a AgentId,
    unshipped_from: u64,
}

impl<'a> Author<'a> {
    /// Declares that no dot of `agent` from `seq` on has left this state: no delta with it was sent, no
    /// copy of the state was made, nothing was stored.
    ///
    /// If the declaration is wrong, a peer that removes such a dot also removes what is added to it
    /// later, unseen.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Author};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let shipped = 12; // her events 0..12 are in deltas that were sent
    /// let author = Author::with_unshipped(&alice, shipped);
    /// # assert_eq!(author.agent(), &alice);
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    #[must_use]
    pub const fn with_unshipped(agent: &'a AgentId, seq: u64) -> Self {
        Self {
            agent,
            unshipped_from: seq,
        }
    }

    /// Returns the agent.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Author`].
    #[must_use]
    pub const fn agent(&self) -> &'a AgentId {
        self.agent
    }
}

impl<'a> From<&'a AgentId> for Author<'a> {
    fn from(agent: &'a AgentId) -> Self {
        Self::with_unshipped(agent, u64::MAX)
    }
}

/// Hands out the dots of one mutation, in order.
///
/// Nothing is used up until the mutation succeeds.
///
/// # Examples
/// See [`Causal::mutate`](crate::Causal::mutate).
#[derive(Debug)]
pub struct Minter {
    agent: AgentId,
    first: u64,
    next: u64,
    unshipped_from: u64,
    /// Dots that have grown in this mutation.
    grown: DotSet,
    /// How many values of run-time type lie around the one that mutates now.
    depth: u64,
}

/// How deep values of run-time type may be nested by a mutation: what
/// [`DecodeLimits`](crate::codec::DecodeLimits) let through if nothing else is asked for.
pub const MAX_DEPTH: u64 = 64;

impl Minter {
    pub(super) fn new(known: &DotContext, author: Author<'_>) -> Result<Self, NextSeqError> {
        let Dot { agent, seq } = known.next_dot(author.agent)?;
        Ok(Self {
            agent,
            first: seq,
            next: seq,
            unshipped_from: author.unshipped_from,
            grown: DotSet::new(),
            depth: 0,
        })
    }

    /// Runs a mutator of a value that lies inside another and whose type is not known at compile time.
    ///
    /// Types that are known at compile time end somewhere; these need a limit, since a reader has one.
    ///
    /// # Errors
    /// [`NextSeqError::TooDeep`] if it would be the value of more than [`MAX_DEPTH`] levels; and those of
    /// `mutator`.
    /// # Complexity
    /// O(1), beside what `mutator` does.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Causal, Change, DotSet, NextSeqError};
    ///
    /// let mut lamp = Causal::<DotSet>::new();
    /// lamp.mutate(&AgentId::new("alice")?, |_, minter| {
    ///     minter.nested(|minter| Ok::<_, NextSeqError>(Change::bring(minter.mint()?.into())))
    /// })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn nested<T, E: From<NextSeqError>>(
        &mut self,
        mutator: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.depth == MAX_DEPTH {
            return Err(NextSeqError::TooDeep.into());
        }
        self.depth += 1;
        let result = mutator(self);
        self.depth -= 1;
        result
    }

    /// Returns a dot that no event has.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has used all there are.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Causal::mutate`](crate::Causal::mutate).
    pub fn mint(&mut self) -> Result<Dot, NextSeqError> {
        if self.next > MAX_SEQ {
            return Err(NextSeqError::Exhausted);
        }
        let seq = self.next;
        self.next += 1;
        Ok(Dot {
            agent: self.agent.clone(),
            seq,
        })
    }

    /// Returns how many dots this mutation has minted.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Causal::mutate`](crate::Causal::mutate).
    #[must_use]
    pub const fn n_minted(&self) -> u64 {
        self.next - self.first
    }

    /// Returns the dot minted last, if this mutation minted any.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Causal::mutate`](crate::Causal::mutate).
    #[must_use]
    pub fn last(&self) -> Option<Dot> {
        let last = self.next.checked_sub(1)?;
        (last >= self.first).then(|| Dot {
            agent: self.agent.clone(),
            seq: last,
        })
    }

    /// Returns whether the payload of `dot` may grow: it is the author's own, nobody else has seen it,
    /// and it has not grown in this mutation yet.
    ///
    /// Once for each dot, because a mutator reads the state from before the mutation: two changes that
    /// grow one dot from there are two versions of it, and one would be lost.
    ///
    /// # Complexity
    /// O(log n), n = dots grown in this mutation.
    /// # Examples
    /// See [`Author::with_unshipped`].
    pub fn grow(&mut self, dot: &Dot) -> bool {
        dot.seq >= self.unshipped_from && dot.agent == self.agent && self.grown.insert(dot.clone())
    }

    /// Returns whether any dot that is there already may [grow](Self::grow).
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Author::with_unshipped`].
    #[must_use]
    pub const fn may_grow(&self) -> bool {
        self.unshipped_from < self.first
    }

    /// Returns all dots minted.
    pub(super) fn into_minted(self) -> Option<DotRange> {
        DotRange::new(self.agent, self.first, self.next).ok()
    }
}
