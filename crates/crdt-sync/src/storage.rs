//! Storage: an ordered map of byte keys whose batches are durable, or did not happen.
//!
//! The node keeps in it what must survive: the states, the outboxes, and how far the outboxes of others
//! were applied. All that one [`Batch`] holds becomes durable together, before any neighbour sees it.

mod batch;
mod keys;
mod memory;
#[cfg(feature = "redb")]
mod redb;

pub use self::batch::{Batch, Write};
pub(crate) use self::keys::{Key, Kind, STORE};
pub use self::memory::MemoryStorage;
#[cfg(feature = "redb")]
pub use self::redb::{RedbCause, RedbError, RedbStorage};

use alloc::vec::Vec;
use core::error::Error;
use core::ops::ControlFlow;

/// Where a [`Node`](crate::Node) keeps what must survive a crash.
///
/// A database of your own fits if it has ordered keys and atomic, durable batches;
/// `crdt_sync::conformance` (feature `conformance`) holds it to the rules below.
///
/// # Invariants
/// After [`commit`](Self::commit) returned `Ok`, all writes of the batch are there, also after a crash.
/// If it returned `Err`, or the process died before it returned, all of them are there, or none.
/// Batches become durable in the order of the calls.
///
/// # Examples
/// ```
/// use crdt_sync::{Batch, MemoryStorage, Storage};
///
/// let mut storage = MemoryStorage::new();
/// let mut batch = Batch::new();
/// batch.put(b"key".to_vec(), b"value".to_vec());
/// storage.commit(&batch)?;
/// assert_eq!(storage.read(b"key")?, Some(b"value".to_vec()));
/// # Ok::<(), core::convert::Infallible>(())
/// ```
pub trait Storage {
    /// Why the medium refused.
    type Error: Error + 'static;

    /// Returns the value of a key.
    ///
    /// # Errors
    /// If the medium cannot be read.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

    /// Visits the keys that start with `prefix`, ascending by bytes, until the visitor breaks.
    ///
    /// # Errors
    /// If the medium cannot be read.
    #[expect(
        clippy::type_complexity,
        reason = "a name would hide what a visitor is given"
    )]
    fn scan(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Self::Error>;

    /// Makes a batch durable.
    ///
    /// # Errors
    /// If the medium refuses, because it is full say. The batch did not happen, or all of it did; it may
    /// be committed again.
    fn commit(&mut self, batch: &Batch) -> Result<(), Self::Error>;
}
