//! What goes wrong with a file, in few kinds.

use alloc::boxed::Box;
use core::error::Error;
use core::fmt;

use crdt_core::{Classify, ErrorKind};
use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

/// Why a database file refused.
///
/// # Examples
/// ```
/// use crdt_core::{Classify, ErrorKind};
/// use crdt_sync::{RedbError, RedbStorage};
///
/// let missing = std::env::temp_dir().join("no such folder").join("notes.redb");
/// let error = RedbStorage::open(missing).err();
/// assert!(matches!(error, Some(RedbError::Io(_))));
/// // It may be there tomorrow: nothing is known to be wrong.
/// assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::Unavailable));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedbError {
    /// The operating system refused: no such file, no rights, no room.
    #[error("the file cannot be read or written")]
    Io(#[source] std::io::Error),
    /// The file is open already, here or in another process.
    #[error("the database is in use")]
    InUse,
    /// The file is no database, one of another format, or changed since it was written.
    #[error("the database is damaged")]
    Damaged(#[source] RedbCause),
    /// A key or value is larger than a database takes.
    #[error("a value of {n_bytes} bytes is too large")]
    TooLarge {
        /// Its size.
        n_bytes: usize,
    },
    /// A failure closed the database, and it was not opened again since. The next commit tries to.
    #[error("the database is closed after a failure")]
    Closed,
    /// The database says something that this version of the library does not know.
    #[error("the database failed")]
    Other(#[source] RedbCause),
}

/// What the database itself says: for logs, without promises.
///
/// # Examples
/// See [`RedbError`].
pub struct RedbCause(Box<redb::Error>);

impl RedbError {
    /// Whether the database takes no more calls after this.
    pub(super) const fn ends_the_database(&self) -> bool {
        !matches!(self, Self::TooLarge { .. } | Self::InUse)
    }
}

impl Classify for RedbError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::InUse | Self::TooLarge { .. } => ErrorKind::Misuse,
            // A full disk, a medium that does not answer: nothing is known to be wrong with the file.
            Self::Io(_) | Self::Closed => ErrorKind::Unavailable,
            _ => ErrorKind::Corrupt,
        }
    }
}

impl From<redb::Error> for RedbError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(ref io) if tells_of_damage(io) => {
                Self::Damaged(RedbCause(Box::new(error)))
            }
            redb::Error::Io(error) => Self::Io(error),
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => Self::InUse,
            redb::Error::ValueTooLarge(n_bytes) => Self::TooLarge { n_bytes },
            redb::Error::PreviousIo | redb::Error::DatabaseClosed => Self::Closed,
            redb::Error::Corrupted(_)
            | redb::Error::UpgradeRequired(_)
            | redb::Error::RepairAborted
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. } => {
                Self::Damaged(RedbCause(Box::new(error)))
            }
            error => Self::Other(RedbCause(Box::new(error))),
        }
    }
}

/// The database has an error type for each call; all fall into the same kinds.
macro_rules! from_each {
    ($($error:ty),+) => {
        $(impl From<$error> for RedbError {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        })+
    };
}

from_each!(
    CommitError,
    DatabaseError,
    StorageError,
    TableError,
    TransactionError
);

/// A file that begins or ends where no database does is told as an error of input.
fn tells_of_damage(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof
    )
}

impl fmt::Debug for RedbCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for RedbCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for RedbCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
