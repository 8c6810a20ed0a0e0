//! Pieces as a lattice and as a document that deltas change.

use alloc::vec::Vec;

use crdt_core::codec::Encode;
use crdt_core::{AgentId, DeltaState, Dot, DotContext, Lattice, Named, Summarize};

use super::{Content, Piece, Sealed, SealedError, is_in};

impl Lattice for Sealed {
    /// Takes over the pieces of `other` that are not known; where one dot has two, the greater.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (agent, held) in &other.pieces {
            for (seq, theirs) in held {
                let is_news = match self.content(agent, *seq) {
                    Some(ours) => ours != theirs && rank(ours) < rank(theirs),
                    None => !is_in(&self.known, agent, *seq),
                };
                if is_news {
                    self.insert(agent, *seq, theirs.clone());
                    changed = true;
                }
            }
        }
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        let is_held =
            |(agent, seq, ours): (&AgentId, u64, &Content)| match other.content(agent, seq) {
                Some(theirs) => ours == theirs || rank(ours) < rank(theirs),
                None => is_in(&other.known, agent, seq),
            };
        self.known.is_subset(&other.known) && self.contents().all(is_held)
    }

    fn is_bottom(&self) -> bool {
        self.pieces.is_empty()
    }
}

impl Sealed {
    pub(super) fn contents(&self) -> impl Iterator<Item = (&AgentId, u64, &Content)> {
        let agents = self.pieces.iter();
        agents.flat_map(|(agent, held)| {
            let held = held.iter();
            held.map(move |(seq, content)| (agent, *seq, content))
        })
    }

    /// All that the snapshots in it cover.
    pub(super) fn covered(&self) -> DotContext {
        let mut covered = DotContext::new();
        for covers in self.pieces().filter_map(|piece| piece.covers) {
            covered.join(covers);
        }
        covered
    }

    /// Whether a snapshot here would be replaced by some that do not cover what it does.
    fn is_forgotten_by(&self, covered: &DotContext) -> bool {
        let is_lost = |piece: Piece<'_>| {
            let covers = piece.covers.filter(|_| piece.is_in(covered));
            covers.is_some_and(|covers| !covers.is_subset(covered))
        };
        !covered.is_empty() && self.pieces().any(is_lost)
    }
}

/// Liars give one dot two contents: of these, everybody keeps the same.
fn rank(content: &Content) -> (&[u8], Option<Vec<u8>>) {
    let covers = content.covers.as_ref().map(|covers| covers.to_bytes());
    (&content.bytes, covers)
}

impl DeltaState for Sealed {
    type Delta = Self;
    type Error = SealedError;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, SealedError> {
        self.check_delta(delta)?;
        Ok(self.join(delta))
    }

    fn check_delta(&self, delta: &Self) -> Result<(), SealedError> {
        for (agent, seq, content) in delta.contents() {
            let held = self.content(agent, seq);
            if held.is_some_and(|held| held != content)
                && let Ok(dot) = Dot::new(agent.clone(), seq)
            {
                return Err(SealedError::Conflict { dot });
            }
        }
        if self.is_forgotten_by(&delta.covered()) {
            return Err(SealedError::Forgetful);
        }
        Ok(())
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.filter(|agent, seq| !is_in(&self.known, agent, seq)))
    }

    fn events_of(delta: &Self) -> DotContext {
        delta.known.clone()
    }

    fn split_delta(delta: Self, max_entries: usize) -> Vec<Self> {
        delta.split(max_entries)
    }
}

impl Summarize for Sealed {
    type Summary = DotContext;

    fn summary(&self) -> DotContext {
        self.known.clone()
    }

    fn delta_since(&self, known: &DotContext) -> Option<Self> {
        Some(self.filter(|agent, seq| !is_in(known, agent, seq)))
    }
}

impl Named for Sealed {
    const NAME: &'static str = "sealed";
}
