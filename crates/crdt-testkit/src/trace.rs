//! Editing histories in one normal form.
//!
//! Invariants, all proved by [`Trace::check`]: spans are contiguous from 0, never empty, and as
//! long as their ops; parents are sorted, without repeats and below the span; a dot occurs once.
//! The readers in `read` accept looser files and produce this form.

mod read;

pub use read::TraceLines;

use alloc::collections::{BTreeMap, BTreeSet};
use core::ops::Range;
use crdt_core::{AgentId, AgentIdError, Dot, DotError, DotRange};

/// One editing history: transactions in an order where parents come first.
///
/// Events are numbered from 0 in file order; these local versions (LVs) are the vocabulary of
/// [`Txn::span`] and [`Txn::parents`] and mean nothing outside this trace.
///
/// # Examples
/// ```
/// use crdt_testkit::{Trace, TraceOp};
///
/// let json = r#"{"txns":[{"span":[0,2],"parents":[],"agent":"ann","seqStart":0,
///     "ops":[[0,0,"hi"]]}],"endContent":"hi"}"#;
/// let trace = Trace::from_json(json.as_bytes())?;
/// assert_eq!(trace.txns[0].ops, [TraceOp::Insert { pos: 0, text: "hi".into() }]);
/// assert_eq!(trace.end_content.as_deref(), Some("hi"));
/// # Ok::<(), crdt_testkit::TraceError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests build and take apart traces"
)]
pub struct Trace {
    /// The transactions, by ascending span.
    pub txns: Vec<Txn>,
    /// The text after merging all heads; `None` when the source does not say.
    pub end_content: Option<String>,
}

/// A chain of events by one agent: each event's only parent is the one before it.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests build and take apart transactions"
)]
pub struct Txn {
    /// Who wrote it.
    pub agent: AgentId,
    /// The agent's sequence number of the first event.
    pub seq: u64,
    /// The local versions of the events.
    pub span: Range<usize>,
    /// What the first event directly follows, as local versions; empty at a root.
    pub parents: Vec<usize>,
    /// What the events do, in order.
    pub ops: Vec<TraceOp>,
}

/// One edit; positions and lengths count Unicode scalars at the op's own version.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "an edit is one or the other")]
pub enum TraceOp {
    /// Inserts `text` before the scalar at `pos`: one event a scalar, at `pos`, `pos + 1`, ...
    Insert {
        /// Where the first scalar goes.
        pos: usize,
        /// What is inserted; never empty.
        text: String,
    },
    /// Deletes `len` scalars from `pos` on: `len` events, each at `pos`.
    Delete {
        /// The first scalar that goes.
        pos: usize,
        /// How many; never 0.
        len: usize,
    },
}

/// Why a file is not a trace.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The file cannot be read, or its gzip stream is damaged.
    #[error("cannot read: {0}")]
    Io(#[from] std::io::Error),
    /// Not JSON, or JSON of another shape; the message carries line and column.
    #[error("not a trace: {0}")]
    Json(#[from] serde_json::Error),
    /// A transaction breaks a rule of the format.
    #[error("transaction {txn}: {problem}")]
    Txn {
        /// Which one, counted from 0.
        txn: usize,
        /// Which rule.
        problem: TxnProblem,
    },
}

/// The rule that a transaction breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TxnProblem {
    /// A field that this shape of file needs is absent.
    #[error("field `{0}` is missing")]
    Missing(&'static str),
    /// The agent's name is not one.
    #[error(transparent)]
    Agent(#[from] AgentIdError),
    /// A sequence number is beyond what a dot can hold.
    #[error(transparent)]
    Dot(#[from] DotError),
    /// The span does not begin where the previous one ended.
    #[error("span starts at {found}, not at {expected}")]
    SpanStart {
        /// The end of the previous span.
        expected: usize,
        /// The start of this one.
        found: usize,
    },
    /// The ops do not add up to the span.
    #[error("span holds {span} events, its ops {ops}")]
    SpanLen {
        /// Events by the span.
        span: usize,
        /// Events by the ops.
        ops: usize,
    },
    /// The transaction, or one of its ops, does nothing.
    #[error("nothing happens here")]
    Empty,
    /// A parent is not an earlier event.
    #[error("parent {0} does not come before the transaction")]
    Parent(usize),
    /// Parents are not in ascending order, or one occurs twice.
    #[error("parents are unsorted or repeated at {0}")]
    ParentOrder(usize),
    /// A position or event count is beyond what a document can reach.
    #[error("a number is too large")]
    TooLarge,
    /// Another transaction has the same agent and sequence number.
    #[error("sequence number {0} of this agent occurs twice")]
    SeqReused(u64),
}

impl Trace {
    /// Proves the invariants of the normal form.
    ///
    /// # Errors
    /// [`TraceError::Txn`] with the first transaction that breaks a rule.
    /// # Complexity
    /// O(n log n) time, n = bytes of the trace.
    pub fn check(&self) -> Result<(), TraceError> {
        let mut next_lv = 0;
        for (txn, t) in self.txns.iter().enumerate() {
            t.check(next_lv)
                .map_err(|problem| TraceError::Txn { txn, problem })?;
            next_lv = t.span.end;
        }
        self.check_dots()
    }

    /// Number of events: inserted plus deleted scalars.
    pub fn n_events(&self) -> usize {
        self.txns.last().map_or(0, |t| t.span.end)
    }

    /// Number of ops.
    pub fn n_ops(&self) -> usize {
        self.txns.iter().map(|t| t.ops.len()).sum()
    }

    /// The distinct agents, by name bytes.
    pub fn agents(&self) -> Vec<&AgentId> {
        let agents: BTreeSet<&AgentId> = self.txns.iter().map(|t| &t.agent).collect();
        agents.into_iter().collect()
    }

    /// The index of the transaction that holds event `lv`; `None` beyond the end.
    ///
    /// # Complexity
    /// O(log n) time, n = transactions.
    pub fn txn_of(&self, lv: usize) -> Option<usize> {
        let idx = self.txns.partition_point(|t| t.span.end <= lv);
        (idx < self.txns.len()).then_some(idx)
    }

    /// The name of event `lv`; `None` beyond the end.
    ///
    /// # Examples
    /// ```
    /// use crdt_testkit::generate::typing;
    ///
    /// let trace = typing(1, 1, 100);
    /// assert_eq!(trace.dot_of(7).map(|dot| dot.to_string()), Some("agent-0:7".into()));
    /// assert_eq!(trace.dot_of(trace.n_events()), None);
    /// ```
    pub fn dot_of(&self, lv: usize) -> Option<Dot> {
        let t = &self.txns[self.txn_of(lv)?];
        Dot::new(t.agent.clone(), t.seq + (lv - t.span.start) as u64).ok()
    }

    /// The names of a transaction's parents, sorted, as remote replicas exchange them.
    pub fn parent_dots(&self, txn: &Txn) -> Vec<Dot> {
        let mut dots: Vec<Dot> = txn
            .parents
            .iter()
            .filter_map(|&lv| self.dot_of(lv))
            .collect();
        dots.sort_unstable();
        dots
    }

    /// The events that no other event follows, ascending.
    pub fn frontier(&self) -> Vec<usize> {
        let mut heads: BTreeSet<usize> = BTreeSet::new();
        for t in &self.txns {
            for parent in &t.parents {
                heads.remove(parent);
            }
            heads.insert(t.span.end - 1);
        }
        heads.into_iter().collect()
    }

    fn check_dots(&self) -> Result<(), TraceError> {
        let mut runs: BTreeMap<&AgentId, Vec<(u64, usize)>> = BTreeMap::new();
        for (idx, t) in self.txns.iter().enumerate() {
            runs.entry(&t.agent).or_default().push((t.seq, idx));
        }
        for runs in runs.values_mut() {
            runs.sort_unstable();
            for pair in runs.windows(2) {
                let [(seq, a), (next_seq, b)] = [pair[0], pair[1]];
                if next_seq - seq < self.txns[a].span.len() as u64 {
                    let problem = TxnProblem::SeqReused(next_seq);
                    return Err(TraceError::Txn {
                        txn: a.max(b),
                        problem,
                    });
                }
            }
        }
        Ok(())
    }
}

impl Txn {
    fn check(&self, next_lv: usize) -> Result<(), TxnProblem> {
        if self.span.start != next_lv {
            return Err(TxnProblem::SpanStart {
                expected: next_lv,
                found: self.span.start,
            });
        }
        let ops = self.count_events()?;
        if self.span.end.checked_sub(self.span.start) != Some(ops) {
            return Err(TxnProblem::SpanLen {
                span: self.span.len(),
                ops,
            });
        }
        for (idx, &parent) in self.parents.iter().enumerate() {
            if parent >= self.span.start {
                return Err(TxnProblem::Parent(parent));
            }
            if idx > 0 && self.parents[idx - 1] >= parent {
                return Err(TxnProblem::ParentOrder(parent));
            }
        }
        DotRange::new(
            self.agent.clone(),
            self.seq,
            self.seq.saturating_add(ops as u64),
        )?;
        if self.span.end < MAX_EVENTS {
            Ok(())
        } else {
            Err(TxnProblem::TooLarge)
        }
    }

    fn count_events(&self) -> Result<usize, TxnProblem> {
        let mut total: usize = 0;
        for op in &self.ops {
            let len = op.len();
            if len == 0 {
                return Err(TxnProblem::Empty);
            }
            op.pos().checked_add(len).ok_or(TxnProblem::TooLarge)?;
            total = total.saturating_add(len);
        }
        match total {
            0 => Err(TxnProblem::Empty),
            1..MAX_EVENTS => Ok(total),
            _ => Err(TxnProblem::TooLarge),
        }
    }
}

impl TraceOp {
    /// Number of events: scalars inserted or deleted.
    #[expect(
        clippy::len_without_is_empty,
        reason = "an op of a valid trace is never empty"
    )]
    pub fn len(&self) -> usize {
        match self {
            Self::Insert { text, .. } => text.chars().count(),
            Self::Delete { len, .. } => *len,
        }
    }

    /// Where the op acts, in scalars.
    pub fn pos(&self) -> usize {
        match self {
            Self::Insert { pos, .. } | Self::Delete { pos, .. } => *pos,
        }
    }
}

/// A bound that keeps sums of events far from overflow; real traces stay below a thousandth of it.
const MAX_EVENTS: usize = u32::MAX as usize;

#[cfg(test)]
mod tests;
