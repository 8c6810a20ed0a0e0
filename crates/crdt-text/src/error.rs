//! Why a call on text was refused; whatever it was, nothing changed.

use alloc::boxed::Box;

use crdt_core::codec::DecodeError;
use crdt_core::{Classify, Dot, Equivocation, ErrorKind, GraphError, IngestError, RemoteFrontier};

/// An editing call that does not fit the document: the caller's mistake.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// A position lies past the end, counted in the unit of the call.
    #[error("position {at} is out of bounds: the document ends at {len}")]
    OutOfBounds {
        /// The position asked for.
        at: usize,
        /// Length of the document.
        len: usize,
    },
    /// A range ends before it starts.
    #[error("range {start}..{end} is reversed")]
    ReversedRange {
        /// Where it starts.
        start: usize,
        /// Where it ends.
        end: usize,
    },
    /// A position lies inside a UTF-8 sequence or a surrogate pair.
    #[error("position {at} is not a scalar boundary")]
    NotABoundary {
        /// The position asked for.
        at: usize,
    },
    /// An insert without text, or a delete of nothing.
    #[error("the operation is empty")]
    Empty,
    /// The recorded deleted text does not have the length of the delete.
    #[error("deleted text has {found} scalars, the delete has {expected}")]
    DeletedTextLength {
        /// Scalars deleted.
        expected: usize,
        /// Scalars in the text.
        found: usize,
    },
    /// Text or positions beyond what an op log can hold.
    #[error("the op log is full: positions and text are limited to {limit}")]
    TooLong {
        /// The limit that was passed.
        limit: usize,
    },
    /// The agent, or the version edited at, is not known to the op log.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Why operations from elsewhere were not taken in.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The bytes are not an update, or break their own rules.
    #[error("malformed update: {0}")]
    Decode(#[from] DecodeError),
    /// The operations build on an event that has not arrived: keep them and try again later.
    #[error("missing dependency: event {} of agent {:?}", .0.seq(), .0.agent().as_str())]
    MissingDependency(Dot),
    /// The operations do not follow the version that the shallow history here starts from: what they
    /// would have to be compared with was dropped. They stay refused; their author must merge `floor`
    /// before editing on, or lose them.
    #[error("the history here starts at {floor:?}, which the update does not follow")]
    BelowFloor {
        /// The version that the history here starts from.
        floor: RemoteFrontier,
    },
    /// The update begins with a shallow history whose first version is not known here: get the events up
    /// to `floor` from a replica that has them, or open the shallow history in place of this one.
    #[error("the update starts from {floor:?}, which is not known here")]
    MissingFloor {
        /// The version that the update starts from.
        floor: RemoteFrontier,
    },
    /// An id that is known was offered with other content or parents: two writers use one agent id, or
    /// one of the copies was altered. It tells the first such event and what either side says of it. Of two
    /// texts of one floor it tells the first scalar that differs, and the first head of the floor.
    #[error(transparent)]
    Conflict(Box<Equivocation>),
    /// Events of two updates depend on each other in a circle.
    #[error("events depend on each other in a circle")]
    Circular,
    /// A saved text is not the one that its history leads to; the history is sound.
    #[error("the saved text is not that of the history")]
    Corrupt,
    /// An operation breaks the rules of the op log.
    #[error("malformed operation: {0}")]
    Malformed(EditError),
}

impl Classify for EditError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl Classify for UpdateError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::MissingDependency(_) | Self::BelowFloor { .. } | Self::MissingFloor { .. } => {
                ErrorKind::MissingDependency
            }
            Self::Corrupt => ErrorKind::Corrupt,
            Self::Decode(_) | Self::Conflict(_) | Self::Circular | Self::Malformed(_) => {
                ErrorKind::Malformed
            }
        }
    }
}

impl From<IngestError> for UpdateError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::MissingDependency(dot) => Self::MissingDependency(dot),
            IngestError::BelowFloor { floor } => Self::BelowFloor { floor },
            IngestError::Conflict(error) => Self::Conflict(error),
            IngestError::Malformed(error) => Self::Malformed(EditError::Graph(error)),
        }
    }
}
