//! Pieces that cannot be applied yet.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use crdt_core::{AgentId, Classify, DotContext, ErrorKind};

use super::{Piece, Sealed};

/// Applies pieces in an order in which each follows what its author held, whatever the order in which they
/// come: those of one delta are ordered by agents, since nobody on the way can read what follows what.
///
/// # Invariants
/// A piece that was applied, or refused for good, is not held any more.
///
/// # Examples
/// Bob answers alice, and both come at once:
/// ```
/// use crdt_core::{AgentId, Summarize};
/// use crdt_sync::{EarlyPieces, Sealed};
/// use crdt_text::TextDoc;
///
/// let (zoe, bob) = (AgentId::new("zoe")?, AgentId::new("bob")?);
/// let mut sealed = Sealed::new();
/// let mut text = TextDoc::new();
/// for (agent, word) in [(&zoe, "hello"), (&bob, "you too: ")] {
///     let writer = text.get_or_create_agent_id(agent.as_str())?;
///     let (inserted, update) = text.edit_with_delta(|text| text.insert(writer, 0, word));
///     inserted?;
///     sealed.append_with_delta(agent, &update.encode())?; // sealed, in earnest
/// }
///
/// let missing = sealed.delta_since(&Sealed::new().summary()).ok_or("trimmed")?;
/// assert_eq!(missing.pieces().next().map(|piece| piece.agent), Some(&bob), "the answer comes first");
/// let (mut early, mut there) = (EarlyPieces::new(), TextDoc::new());
/// early.apply(&missing, |piece| there.apply_update(piece.bytes).map(drop))?;
/// assert_eq!(there.content(), "you too: hello");
/// assert!(early.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct EarlyPieces {
    waiting: Vec<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    agent: AgentId,
    seq: u64,
    bytes: Arc<[u8]>,
    covers: Option<Arc<DotContext>>,
}

impl EarlyPieces {
    /// Makes one that holds nothing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`EarlyPieces`].
    #[must_use]
    pub const fn new() -> Self {
        Self {
            waiting: Vec::new(),
        }
    }

    /// Applies the pieces of a delta, and those that were waiting for them; holds those that are still early:
    /// for which `apply` errs with [`ErrorKind::MissingDependency`], and changes nothing. Returns how many
    /// were applied.
    ///
    /// # Errors
    /// The first error of another kind. Its piece is dropped; the others are applied or wait.
    /// # Complexity
    /// O(k) calls of `apply` where pieces come in order, k = pieces of the delta; O(n k) at worst, n = all that
    /// wait.
    /// # Convergence
    /// That of what `apply` does.
    /// # Examples
    /// See [`EarlyPieces`].
    pub fn apply<E: Classify>(
        &mut self,
        delta: &Sealed,
        mut apply: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let (mut n_applied, mut refused) = (0_usize, None);
        self.waiting.extend(delta.contents().map(Waiting::of));
        loop {
            let before = self.waiting.len();
            for piece in mem::take(&mut self.waiting) {
                match apply(piece.as_piece()) {
                    Ok(()) => n_applied = n_applied.saturating_add(1),
                    Err(error) if error.kind() == ErrorKind::MissingDependency => {
                        self.waiting.push(piece);
                    }
                    Err(error) => {
                        refused.get_or_insert(error);
                    }
                }
            }
            if self.waiting.is_empty() || self.waiting.len() == before {
                return refused.map_or(Ok(n_applied), Err);
            }
        }
    }

    /// Returns whether nothing waits.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`EarlyPieces`].
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl Waiting {
    fn of((agent, seq, content): (&AgentId, u64, &super::Content)) -> Self {
        Self {
            agent: agent.clone(),
            seq,
            bytes: Arc::clone(&content.bytes),
            covers: content.covers.clone(),
        }
    }

    fn as_piece(&self) -> Piece<'_> {
        Piece {
            agent: &self.agent,
            seq: self.seq,
            bytes: &self.bytes,
            covers: self.covers.as_deref(),
        }
    }
}
