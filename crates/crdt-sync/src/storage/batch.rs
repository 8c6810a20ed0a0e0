//! Writes that become durable together.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound;

/// Writes that become durable together; of several to one key, the last counts.
///
/// # Examples
/// ```
/// use crdt_sync::{Batch, Write};
///
/// let mut batch = Batch::new();
/// batch.put(b"a".to_vec(), b"1".to_vec());
/// batch.delete(b"b".to_vec());
/// let writes: Vec<_> = batch.iter().collect();
/// assert_eq!(writes, [(&b"a"[..], Write::Put(b"1")), (&b"b"[..], Write::Delete)]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

/// What happens to one key.
///
/// # Examples
/// See [`Batch`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a storage must handle every kind of write"
)]
pub enum Write<'a> {
    /// It has this value.
    Put(&'a [u8]),
    /// It is not there.
    Delete,
}

impl Batch {
    /// Returns a batch without writes.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn new() -> Self {
        Self {
            writes: BTreeMap::new(),
        }
    }

    /// Gives a key a value.
    ///
    /// # Complexity
    /// O(log n), n = writes.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value));
    }

    /// Removes a key, whether it is there or not.
    ///
    /// # Complexity
    /// O(log n), n = writes.
    pub fn delete(&mut self, key: Vec<u8>) {
        self.writes.insert(key, None);
    }

    /// Iterates over the writes, ascending by key.
    ///
    /// # Complexity
    /// O(n), n = writes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], Write<'_>)> {
        self.writes.iter().map(|(key, value)| {
            let write = value.as_deref().map_or(Write::Delete, Write::Put);
            (key.as_slice(), write)
        })
    }

    /// Returns whether nothing is written.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Whether a key is written that starts with `prefix`.
    pub(crate) fn touches(&self, prefix: &[u8]) -> bool {
        let from = self
            .writes
            .range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded));
        let mut keys = from.map(|(key, _)| key);
        keys.next().is_some_and(|key| key.starts_with(prefix))
    }

    /// Whether a key is written, and will not be there.
    pub(crate) fn deletes(&self, key: &[u8]) -> bool {
        self.writes.get(key).is_some_and(Option::is_none)
    }

    /// Takes back all writes to keys that start with `prefix`.
    pub(crate) fn forget(&mut self, prefix: &[u8]) {
        self.writes.retain(|key, _| !key.starts_with(prefix));
    }

    pub(crate) fn clear(&mut self) {
        self.writes.clear();
    }
}
