//! Sealed documents: bytes that their carriers cannot read.
//!
//! A relay that serves documents whose content is encrypted end to end needs to know which pieces there are
//! and who lacks which, and nothing else. A sealed document is a set of pieces, each with a dot; it is a
//! document like any other, so outboxes, resume, acknowledgements and storage work for it as they are.
//!
//! **Invariants.** One dot, one piece: another piece under it is refused.
//!
//! **Format.** The number of agents; for each, ascending, its name and the number of its pieces; for each of
//! these, ascending, how many numbers were left out before it, and its bytes with their length.

use alloc::collections::{BTreeMap, btree_map};
use alloc::sync::Arc;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{
    AgentId, Classify, DeltaState, Dot, DotContext, ErrorKind, Lattice, MAX_SEQ, Named,
    NextSeqError, Summarize,
};

/// Pieces of bytes, each with a dot; the delta is one of the few that are new.
///
/// Who can read them keeps what is in them beside: it applies each piece that [`Event::Changed`] tells,
/// and seals each delta of its own. Pieces come in an order in which each follows what its author held.
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
    pieces: BTreeMap<AgentId, Pieces>,
}

/// Of one agent, by number.
type Pieces = BTreeMap<u64, Arc<[u8]>>;

/// One dot came with two pieces: an agent was used by two sessions, or a neighbour lies.
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
#[error("piece {} of agent {} came with two different contents", dot.seq(), dot.agent())]
#[non_exhaustive]
pub struct SealedError {
    /// The dot.
    pub dot: Dot,
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
        let dot = self.summary_of(agent).next_dot(agent)?;
        let mut delta = Self::new();
        delta.insert(agent, dot.seq(), bytes.into());
        self.join(&delta);
        Ok(delta)
    }

    /// Iterates over the pieces, by agent and number.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`Sealed`].
    pub fn pieces(&self) -> impl Iterator<Item = (&AgentId, u64, &[u8])> {
        self.pieces.iter().flat_map(|(agent, pieces)| {
            let pieces = pieces.iter();
            pieces.map(move |(seq, bytes)| (agent, *seq, &**bytes))
        })
    }

    fn insert(&mut self, agent: &AgentId, seq: u64, bytes: Arc<[u8]>) {
        let pieces = self.pieces.entry(agent.clone()).or_default();
        pieces.insert(seq, bytes);
    }

    fn piece(&self, agent: &AgentId, seq: u64) -> Option<&Arc<[u8]>> {
        self.pieces.get(agent)?.get(&seq)
    }

    fn summary_of(&self, agent: &AgentId) -> DotContext {
        let seqs = self.pieces.get(agent).into_iter().flat_map(BTreeMap::keys);
        seqs.filter_map(|seq| Dot::new(agent.clone(), *seq).ok())
            .collect()
    }

    /// The pieces for which `is_wanted` returns true.
    fn filter(&self, is_wanted: impl Fn(&AgentId, u64) -> bool) -> Self {
        let mut wanted = Self::new();
        for (agent, pieces) in &self.pieces {
            for (seq, bytes) in pieces {
                if is_wanted(agent, *seq) {
                    wanted.insert(agent, *seq, Arc::clone(bytes));
                }
            }
        }
        wanted
    }
}

impl Lattice for Sealed {
    /// Takes over the pieces of `other`; where one dot has two, the greater.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (agent, theirs) in &other.pieces {
            let ours = self.pieces.entry(agent.clone()).or_default();
            for (seq, bytes) in theirs {
                changed |= match ours.entry(*seq) {
                    btree_map::Entry::Vacant(entry) => {
                        entry.insert(Arc::clone(bytes));
                        true
                    }
                    btree_map::Entry::Occupied(mut entry) if entry.get() < bytes => {
                        entry.insert(Arc::clone(bytes));
                        true
                    }
                    btree_map::Entry::Occupied(_) => false,
                };
            }
        }
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        self.pieces.iter().all(|(agent, pieces)| {
            let is_held = |(seq, bytes): (&u64, &Arc<[u8]>)| {
                other.piece(agent, *seq).is_some_and(|held| held >= bytes)
            };
            pieces.iter().all(is_held)
        })
    }

    fn is_bottom(&self) -> bool {
        self.pieces.is_empty()
    }
}

impl DeltaState for Sealed {
    type Delta = Self;
    type Error = SealedError;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, SealedError> {
        self.check_delta(delta)?;
        Ok(self.join(delta))
    }

    fn check_delta(&self, delta: &Self) -> Result<(), SealedError> {
        for (agent, pieces) in &delta.pieces {
            for (seq, bytes) in pieces {
                let held = self.piece(agent, *seq);
                if held.is_some_and(|held| held != bytes)
                    && let Ok(dot) = Dot::new(agent.clone(), *seq)
                {
                    return Err(SealedError { dot });
                }
            }
        }
        Ok(())
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.filter(|agent, seq| self.piece(agent, seq).is_none()))
    }

    fn events_of(delta: &Self) -> DotContext {
        delta.summary()
    }
}

impl Summarize for Sealed {
    type Summary = DotContext;

    fn summary(&self) -> DotContext {
        let mut summary = DotContext::new();
        for agent in self.pieces.keys() {
            summary.join(&self.summary_of(agent));
        }
        summary
    }

    fn delta_since(&self, known: &DotContext) -> Option<Self> {
        let is_lacking = |agent: &AgentId, seq: u64| {
            Dot::new(agent.clone(), seq).is_ok_and(|dot| !known.contains(&dot))
        };
        Some(self.filter(is_lacking))
    }
}

impl Named for Sealed {
    const NAME: &'static str = "sealed";
}

impl Encode for Sealed {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.pieces.len() as u64);
        for (agent, pieces) in &self.pieces {
            agent.encode(w);
            w.u64(pieces.len() as u64);
            let mut next = 0;
            for (seq, bytes) in pieces {
                w.u64(seq - next);
                w.bytes(bytes);
                next = seq + 1;
            }
        }
    }
}

impl Decode for Sealed {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let mut all = Self::new();
        for _ in 0..r.count(MIN_AGENT_BYTES, budget)? {
            let offset = r.offset();
            let agent = AgentId::decode(r, budget)?;
            let follows = all.pieces.last_key_value();
            let follows = follows.is_none_or(|(last, _)| *last < agent);
            let pieces = decode_pieces(r, budget)?;
            if !follows || pieces.is_empty() {
                return Err(DecodeError::NotCanonical { offset });
            }
            all.pieces.insert(agent, pieces);
        }
        Ok(all)
    }
}

fn decode_pieces(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Pieces, DecodeError> {
    let mut pieces = Pieces::new();
    let mut next = 0_u64;
    let n_pieces = r.count(MIN_PIECE_BYTES, budget)?;
    budget.spend_tree::<(u64, Arc<[u8]>)>(n_pieces)?;
    for _ in 0..n_pieces {
        let offset = r.offset();
        let n_skipped = r.u64()?;
        let seq = next.checked_add(n_skipped).filter(|seq| *seq <= MAX_SEQ);
        let seq = seq.ok_or(DecodeError::OutOfRange {
            offset,
            found: n_skipped,
            max: MAX_SEQ,
        })?;
        let bytes = r.bytes()?;
        budget.spend_memory(bytes.len() as u64)?;
        pieces.insert(seq, bytes.into());
        next = seq + 1;
    }
    Ok(pieces)
}

/// A name and the number of its pieces.
const MIN_AGENT_BYTES: usize = 2;
/// What was left out, and a length.
const MIN_PIECE_BYTES: usize = 2;
