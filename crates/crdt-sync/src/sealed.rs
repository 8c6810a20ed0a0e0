//! Sealed documents: bytes that their carriers cannot read.
//!
//! A relay that serves documents whose content is encrypted end to end needs to know which pieces there are
//! and who lacks which, and nothing else. A sealed document is a set of pieces, each with a dot; it is a
//! document like any other, so outboxes, resume, acknowledgements and storage work for it as they are.
//!
//! A snapshot is a piece that names the dots of others, which it replaces. Whoever can read makes it; a relay
//! drops what it covers without having read either.
//!
//! **Invariants.** One dot, one piece: another piece under it is refused. No piece that is held is covered by
//! another. Who covers a snapshot covers what that one covers, so that the set of dots that are known
//! tells which pieces are held.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod early;
mod encode;
mod lattice;

pub use self::early::EarlyPieces;

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crdt_core::{AgentId, Classify, Dot, DotContext, ErrorKind, Lattice, NextSeqError};

/// Pieces of bytes, each with a dot; the delta is one of the few that are new.
///
/// Who can read them keeps what is in them beside: it applies each piece that [`Event::Changed`] tells,
/// and seals each delta of its own. Pieces that come together are ordered by agents, snapshots first in large
/// differences, and not by what follows what, which nobody on the way can read: types that need order, such
/// as texts, are applied through [`EarlyPieces`].
/// Names and sizes of pieces, and who made them, are not hidden.
///
/// [`Event::Changed`]: crate::Event::Changed
///
/// # Examples
/// A relay carries what it cannot read:
/// ```
/// use crdt_core::{AgentId, DeltaState, Summarize};
/// use crdt_sync::Sealed;
///
/// let alice = AgentId::new("alice-1")?;
/// let (mut ours, mut relay) = (Sealed::new(), Sealed::new());
/// ours.append_with_delta(&alice, b"\x17\x99 not for you")?;
/// if let Some(missing) = ours.delta_since(&relay.summary()) {
///     relay.apply_delta(&missing)?;
/// }
/// assert_eq!(relay.pieces().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sealed {
    pieces: BTreeMap<AgentId, Held>,
    /// The dots of all pieces, and those that snapshots cover.
    known: DotContext,
}

/// Of one agent, by number; never empty.
type Held = BTreeMap<u64, Content>;

/// What is under a dot.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Content {
    bytes: Arc<[u8]>,
    /// Which dots it replaces, if it is a snapshot.
    covers: Option<Arc<DotContext>>,
}

/// A piece of a [`Sealed`] document.
///
/// # Examples
/// See [`Sealed::snapshot_with_delta`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Piece<'a> {
    /// Who made it.
    pub agent: &'a AgentId,
    /// Its number among those of the agent.
    pub seq: u64,
    /// What was sealed.
    pub bytes: &'a [u8],
    /// If it is a snapshot: the dots of the pieces whose content is in it.
    pub covers: Option<&'a DotContext>,
}

impl Piece<'_> {
    fn is_in(&self, dots: &DotContext) -> bool {
        is_in(dots, self.agent, self.seq)
    }
}

/// Why pieces were not taken: an agent was used by two sessions, or a neighbour lies.
///
/// # Examples
/// ```
/// use crdt_core::{Classify, ErrorKind};
/// use crdt_sync::SealedError;
///
/// fn is_malformed(error: &SealedError) -> bool {
///     error.kind() == ErrorKind::Malformed
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealedError {
    /// One dot came with two pieces.
    #[error("piece {} of agent {} came with two different contents", dot.seq(), dot.agent())]
    Conflict {
        /// The dot.
        dot: Dot,
    },
    /// A snapshot covers another one, and not all that this one covers.
    #[error("a snapshot forgets what one covers that it replaces")]
    Forgetful,
}

impl Classify for SealedError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

impl Sealed {
    /// Returns a document without pieces.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Sealed`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pieces: BTreeMap::new(),
            known: DotContext::new(),
        }
    }

    /// Adds a piece under the next dot of `agent`, which writes here and nowhere else; returns the delta.
    ///
    /// # Errors
    /// [`NextSeqError`] if pieces of the agent are missing here, or its numbers are used up. Nothing
    /// changes then.
    /// # Complexity
    /// O(log n) and a copy of `bytes`, n = pieces.
    /// # Convergence
    /// Commutes with all others; a piece that comes twice counts once.
    /// # Examples
    /// See [`Sealed`].
    pub fn append_with_delta(
        &mut self,
        agent: &AgentId,
        bytes: &[u8],
    ) -> Result<Self, NextSeqError> {
        self.add(agent, bytes, None)
    }

    /// Adds a snapshot under the next dot of `agent`: a piece that replaces those in `covered` that are held;
    /// returns the delta. Newcomers are sent it in their place.
    ///
    /// `bytes` must hold, sealed, all that is in the pieces that are covered: `covered` is the
    /// [summary](crdt_core::Summarize::summary) of this document when the last of them was applied. Pieces that others add at
    /// the same time stay.
    ///
    /// A relay cannot tell a snapshot that leaves something out: let only those make them who may delete
    /// everything ([`Policy`](crate::Policy)).
    ///
    /// # Errors
    /// As [`append_with_delta`](Self::append_with_delta).
    /// # Complexity
    /// O(k log n) and a copy of `bytes`, n = pieces, k = those that go.
    /// # Convergence
    /// Commutes with all others. Of two at the same time both stay, until one covers them.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState, Summarize};
    /// use crdt_sync::Sealed;
    ///
    /// let alice = AgentId::new("alice-1")?;
    /// let mut relay = Sealed::new();
    /// for word in ["one", "two", "three"] {
    ///     relay.append_with_delta(&alice, word.as_bytes())?;
    /// }
    /// let all = relay.summary();
    /// relay.snapshot_with_delta(&alice, &all, b"one two three")?;
    /// assert_eq!(relay.pieces().count(), 1);
    ///
    /// let mut newcomer = Sealed::new();
    /// if let Some(missing) = relay.delta_since(&newcomer.summary()) {
    ///     newcomer.apply_delta(&missing)?;
    /// }
    /// assert!(newcomer.pieces().all(|piece| piece.covers == Some(&all)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn snapshot_with_delta(
        &mut self,
        agent: &AgentId,
        covered: &DotContext,
        bytes: &[u8],
    ) -> Result<Self, NextSeqError> {
        let mut covers = covered.intersection(&self.known);
        for piece in self.pieces() {
            if let Some(inner) = piece.covers.filter(|_| piece.is_in(covered)) {
                covers.join(inner);
            }
        }
        self.add(agent, bytes, Some(Arc::new(covers)))
    }

    /// Iterates over the pieces, by agent and number.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`Sealed`].
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.contents().map(|(agent, seq, content)| Piece {
            agent,
            seq,
            bytes: &content.bytes,
            covers: content.covers.as_deref(),
        })
    }

    fn add(
        &mut self,
        agent: &AgentId,
        bytes: &[u8],
        covers: Option<Arc<DotContext>>,
    ) -> Result<Self, NextSeqError> {
        let dot = self.known.next_dot(agent)?;
        let bytes = bytes.into();
        let mut delta = Self::new();
        delta.insert(agent, dot.seq(), Content { bytes, covers });
        self.join(&delta);
        Ok(delta)
    }

    /// Adds a piece that is not known, and drops those that it covers.
    fn insert(&mut self, agent: &AgentId, seq: u64, content: Content) {
        if let Some(covers) = &content.covers {
            self.drop_covered(covers);
        }
        self.insert_beside(agent, seq, content);
    }

    fn drop_covered(&mut self, covers: &DotContext) {
        for dots in covers.ranges() {
            let Some(held) = self.pieces.get_mut(dots.agent()) else {
                continue;
            };
            let gone = held.range(dots.start()..dots.end());
            let gone: Vec<u64> = gone.map(|(seq, _)| *seq).collect();
            for seq in gone {
                held.remove(&seq);
            }
            if held.is_empty() {
                self.pieces.remove(dots.agent());
            }
        }
    }

    fn insert_beside(&mut self, agent: &AgentId, seq: u64, content: Content) {
        if let Some(covers) = &content.covers {
            self.known.join(covers);
        }
        if let Ok(dot) = Dot::new(agent.clone(), seq) {
            self.known.insert(&dot);
        }
        self.pieces
            .entry(agent.clone())
            .or_default()
            .insert(seq, content);
    }

    fn content(&self, agent: &AgentId, seq: u64) -> Option<&Content> {
        self.pieces.get(agent)?.get(&seq)
    }

    /// The pieces for which `is_wanted` returns true.
    fn filter(&self, is_wanted: impl Fn(&AgentId, u64) -> bool) -> Self {
        let mut wanted = Self::new();
        for (agent, held) in &self.pieces {
            for (seq, content) in held {
                if is_wanted(agent, *seq) {
                    wanted.insert(agent, *seq, content.clone());
                }
            }
        }
        wanted
    }

    /// The pieces in parts of so many, snapshots first.
    fn split(self, max_pieces: usize) -> Vec<Self> {
        let (mut snapshots, mut others) = (Vec::new(), Vec::new());
        for (agent, held) in self.pieces {
            for (seq, content) in held {
                let list = if content.covers.is_some() {
                    &mut snapshots
                } else {
                    &mut others
                };
                list.push((agent.clone(), seq, content));
            }
        }
        snapshots.append(&mut others);
        let part = |pieces: &[(AgentId, u64, Content)]| {
            let mut part = Self::new();
            for (agent, seq, content) in pieces {
                part.insert(agent, *seq, content.clone());
            }
            part
        };
        snapshots.chunks(max_pieces.max(1)).map(part).collect()
    }
}

fn is_in(dots: &DotContext, agent: &AgentId, seq: u64) -> bool {
    Dot::new(agent.clone(), seq).is_ok_and(|dot| dots.contains(&dot))
}
