//! Why the causal graph refused a call.

use crate::Dot;

/// A call that names what is not there, or asks for more than fits: the caller's mistake.
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
}

/// Why a run from another replica was not taken in.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[expect(
    clippy::exhaustive_enums,
    reason = "early, contradicting or malformed: there is no fourth"
)]
pub enum IngestError {
    /// The run is early: it builds on an event that has not arrived. Keep it and try again later.
    #[error("missing dependency: event {} of agent {:?}", .0.seq(), .0.agent().as_str())]
    MissingDependency(Dot),
    /// An id that is known here was offered with other parents or other content: two writers use
    /// one agent id, or one of the copies was altered.
    #[error("event {} of agent {:?} is known with other content or parents", .0.seq(), .0.agent().as_str())]
    Conflict(Dot),
    /// The run breaks the rules of the graph.
    #[error("malformed run: {0}")]
    Malformed(#[from] GraphError),
}
