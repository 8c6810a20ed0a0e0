//! What goes wrong on a link, and what is said about it.

use crdt_core::codec::DecodeError;
use crdt_core::{Classify, ErrorKind};

use crate::{DocId, LinkId, StoreId};

/// Why a link was cut. What was received before stays; nothing of the offending frame does.
///
/// # Examples
/// ```
/// use crdt_core::{Classify, ErrorKind};
/// use crdt_sync::LinkError;
///
/// assert_eq!(LinkError::FrameTooLarge { n_bytes: 9, max: 8 }.kind(), ErrorKind::Malformed);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There is no such link: never connected, cut, or given up.
    #[error("no link {}", link.0)]
    Unknown {
        /// The number that was given.
        link: LinkId,
    },
    /// A link of this number stands already.
    #[error("link {} stands already", link.0)]
    Taken {
        /// The number that was given.
        link: LinkId,
    },
    /// The bytes are no frame.
    #[error("malformed frame: {0}")]
    Frame(DecodeError),
    /// A frame is larger than the limit.
    #[error("frame of {n_bytes} bytes where {max} are allowed")]
    FrameTooLarge {
        /// Its size.
        n_bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Another store or another opening of it says hello on a link that stands.
    #[error("another neighbour says hello on the link")]
    AnotherNeighbour,
    /// A hello names another store than the one whose connection it is.
    #[error("another store says hello on the link: {told} on that of {proven}")]
    AnotherStore {
        /// Whose connection it is: what [`connect_as`](crate::Node::connect_as) was given.
        proven: StoreId,
        /// The name in the hello.
        told: StoreId,
    },
    /// A document is to be shared that is not in memory: add it first.
    #[error("no document {doc}")]
    UnknownDocument {
        /// The name that was given.
        doc: DocId,
    },
    /// More documents are opened than the limit allows.
    #[error("more than {max} documents on one link")]
    TooManyDocuments {
        /// The limit.
        max: usize,
    },
    /// One number stands for two documents.
    #[error("channel {channel} stands for two documents")]
    ChannelTaken {
        /// The neighbour's number.
        channel: u32,
    },
    /// What was never sent is acknowledged: the neighbour speaks of another outbox.
    #[error("{acked} acknowledged where {next} is next")]
    AckBeyondOutbox {
        /// The number in the frame.
        acked: u64,
        /// The next number of the outbox.
        next: u64,
    },
}

/// Why a document is not exchanged on a link, or what was sent for it was not taken.
///
/// # Examples
/// ```
/// use crdt_sync::Refusal;
///
/// assert_ne!(Refusal::UnknownDocument, Refusal::Malformed);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Refusal {
    /// The document is not served there.
    UnknownDocument,
    /// The application ended sharing it there.
    Withdrawn,
    /// A delta or summary was not decoded: other types, other limits, or a damaged sender.
    Malformed,
    /// A delta contradicts what is known: one event with two contents.
    Contradiction,
    /// A delta depends on events that no summary tells of.
    MissingDependency,
    /// The replicas say that they hold the same events, and hold different states.
    Diverged,
    /// A delta tells of events by an agent that writes here, and that it did not make: two replicas
    /// write under one name. Take another agent.
    ClonedIdentity,
    /// A delta tells of more events than the limit allows.
    TooManyEvents,
    /// The application did not admit a delta, or a reader.
    Forbidden,
    /// Whoever sent it, or asks for it, has used up what the application grants.
    OverQuota,
    /// A delta or summary is larger than the limit for transfers.
    TooLarge,
    /// Something a later version of this library says.
    Other,
}

/// Where a document is refused.
///
/// # Examples
/// See [`Event::Refused`](crate::Event::Refused).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Refused {
    /// On which link.
    pub link: LinkId,
    /// Which document.
    pub doc: DocId,
    /// Why.
    pub refusal: Refusal,
    /// Whether this node refuses, and not the neighbour.
    pub by_us: bool,
}

impl Refusal {
    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::UnknownDocument => 1,
            Self::Malformed => 2,
            Self::Contradiction => 3,
            Self::MissingDependency => 4,
            Self::Diverged => 5,
            Self::ClonedIdentity => 6,
            Self::TooManyEvents => 7,
            Self::Forbidden => 8,
            Self::TooLarge => 9,
            Self::OverQuota => 10,
            Self::Withdrawn => 11,
            Self::Other => 0,
        }
    }

    pub(crate) const fn from_byte(byte: u8) -> Self {
        match byte {
            1 => Self::UnknownDocument,
            2 => Self::Malformed,
            3 => Self::Contradiction,
            4 => Self::MissingDependency,
            5 => Self::Diverged,
            6 => Self::ClonedIdentity,
            7 => Self::TooManyEvents,
            8 => Self::Forbidden,
            9 => Self::TooLarge,
            10 => Self::OverQuota,
            11 => Self::Withdrawn,
            _ => Self::Other,
        }
    }
}

impl From<ErrorKind> for Refusal {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::MissingDependency => Self::MissingDependency,
            ErrorKind::Malformed => Self::Contradiction,
            ErrorKind::Misuse | ErrorKind::Corrupt | ErrorKind::Unavailable => Self::Other,
        }
    }
}

impl Classify for LinkError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unknown { .. } | Self::Taken { .. } | Self::UnknownDocument { .. } => {
                ErrorKind::Misuse
            }
            _ => ErrorKind::Malformed,
        }
    }
}
