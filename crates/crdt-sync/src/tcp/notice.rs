//! What subscribers are told.

use alloc::sync::Arc;
use core::fmt;
use core::net::SocketAddr;

use crdt_core::DeltaState;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::{Document, Event, LinkError, LinkId, LoadError, Storage};

/// One notice, as all subscribers share it.
pub(super) type Shared<D, S> = Arc<Notice<<D as DeltaState>::Delta, <S as Storage>::Error>>;

/// Something that happened.
///
/// # Examples
/// See [`Service`](super::Service).
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice<T, E> {
    /// A document changed, or is refused on a link. What changed is durable.
    Document(Event<T>),
    /// A connection was made.
    Linked {
        /// Its number.
        link: LinkId,
        /// Who is at the other end.
        address: SocketAddr,
    },
    /// A connection is gone.
    Unlinked {
        /// Its number.
        link: LinkId,
        /// What the neighbour did wrong, if it did.
        error: Option<LinkError>,
    },
    /// The storage refused a commit, which will be tried again: edits wait, neighbours too.
    NotCommitted(E),
    /// A document that a neighbour opened cannot be read from storage.
    NotLoaded(LoadError<E>),
    /// So many notices were dropped, since the subscriber was behind: read the documents anew.
    Missed {
        /// How many.
        n_notices: u64,
    },
}

/// A subscription.
///
/// # Examples
/// See [`Service`](super::Service).
pub struct Notices<D: Document, S: Storage> {
    receiver: Receiver<Shared<D, S>>,
}

impl<D: Document, S: Storage> Notices<D, S> {
    pub(super) const fn new(receiver: Receiver<Shared<D, S>>) -> Self {
        Self { receiver }
    }

    /// Waits for the next notice; `None` when the node has stopped.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Service`](super::Service).
    pub async fn next(&mut self) -> Option<Shared<D, S>> {
        match self.receiver.recv().await {
            Ok(notice) => Some(notice),
            Err(RecvError::Lagged(n_notices)) => Some(Arc::new(Notice::Missed { n_notices })),
            Err(RecvError::Closed) => None,
        }
    }
}

impl<D: Document, S: Storage> fmt::Debug for Notices<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}
