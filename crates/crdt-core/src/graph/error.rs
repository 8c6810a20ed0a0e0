//! Why the causal graph refused a call.
//!
//! Two enums, because the reactions differ: a call on this replica's own graph can only be wrong,
//! while a run from elsewhere can also be early.

use alloc::boxed::Box;

use super::frontier::RemoteFrontier;
use crate::{Classify, Dot, Equivocation, ErrorKind};

/// A call that names what is not there, or asks for more than fits: the caller's mistake.
///
/// # Examples
/// ```
/// use crdt_core::{AgentIdx, CausalGraph, Classify, ErrorKind, Frontier, GraphError};
///
/// let refused = CausalGraph::new().add_local(AgentIdx::new(0), &Frontier::root(), 1);
/// assert_eq!(refused, Err(GraphError::UnknownAgent));
/// assert_eq!(GraphError::UnknownAgent.kind(), ErrorKind::Misuse);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The agent index was not made by this graph.
    #[error("agent index was not made by this graph")]
    UnknownAgent,
    /// A version names an event that does not exist here.
    #[error("unknown local version {lv}")]
    UnknownVersion {
        /// The number that was offered.
        lv: u32,
    },
    /// Parents are out of order, or one is named twice.
    #[error("parents are not sorted and distinct")]
    UnsortedParents,
    /// A parent is an ancestor of another parent.
    #[error("parents are not minimal: one is an ancestor of another")]
    NonMinimalParents,
    /// A run without events.
    #[error("a run must hold at least one event")]
    EmptyRun,
    /// Sequence numbers would pass [`MAX_SEQ`](crate::MAX_SEQ).
    #[error("sequence numbers from {seq} on would overflow")]
    SeqOverflow {
        /// The first sequence number of the run.
        seq: u64,
    },
    /// The graph is full.
    #[error("a graph holds at most {limit} events")]
    TooManyEvents {
        /// The most it can hold.
        limit: u32,
    },
    /// A version below the one that a shallow history starts from.
    #[error("the version lies below the one that the shallow history starts from")]
    BelowFloor,
    /// A version that is not critical: the history cannot start from it.
    #[error("event {lv} neither belongs to the version nor follows all of it")]
    NotCritical {
        /// Local version of an event that is concurrent with part of the version.
        lv: u32,
    },
    /// Only an empty graph can be given a floor.
    #[error("the graph has events already")]
    HasEvents,
    /// The graph has no room for the parents of another merge.
    #[error("a graph holds at most {limit} parents of runs")]
    TooManyParents {
        /// The most it can hold.
        limit: u32,
    },
}

impl Classify for GraphError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

/// Why a run from another replica was not taken in.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, Classify, Dot, ErrorKind, IngestError};
///
/// let alice = AgentId::new("alice")?;
/// let missing = Dot::new(alice.clone(), 4)?;
/// let mut graph = CausalGraph::new();
/// let early = graph.ingest(&alice, 5, 1, &[missing.clone()]).unwrap_err();
/// assert_eq!(early, IngestError::MissingDependency(missing));
/// assert_eq!(early.kind(), ErrorKind::MissingDependency);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "early, late, contradicting or malformed: there is no fifth"
)]
pub enum IngestError {
    /// The run is early: it builds on an event that has not arrived. Keep it and try again later.
    #[error("missing dependency: event {} of agent {:?}", .0.seq(), .0.agent().as_str())]
    MissingDependency(Dot),
    /// The run is late: it builds on events that were dropped here, beside the version that the shallow
    /// history starts from. Only runs that follow all of that version can be taken in.
    #[error("the history here starts at {floor:?}, which the run does not follow")]
    BelowFloor {
        /// The version that the history here starts from.
        floor: RemoteFrontier,
    },
    /// An id that is known here was offered with other parents: two writers use one agent id, or one of
    /// the copies was altered. It tells the parents here, or that they were dropped, and the offered ones.
    #[error(transparent)]
    Conflict(Box<Equivocation>),
    /// The run breaks the rules of the graph.
    #[error("malformed run: {0}")]
    Malformed(#[from] GraphError),
}

impl Classify for IngestError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingDependency(_) | Self::BelowFloor { .. } => ErrorKind::MissingDependency,
            // Agent indexes and local versions never come from elsewhere.
            Self::Malformed(GraphError::UnknownAgent | GraphError::UnknownVersion { .. }) => {
                ErrorKind::Misuse
            }
            Self::Conflict(_) | Self::Malformed(_) => ErrorKind::Malformed,
        }
    }
}
