//! A storage that forgets all with the process.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::ControlFlow;

use super::{Batch, Storage, Write};

/// A storage in memory: for tests, for caches, and for servers whose clients hold the truth.
///
/// # Examples
/// See [`Storage`].
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryStorage {
    /// Returns an empty storage.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }
}

impl Storage for MemoryStorage {
    type Error = Infallible;

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.entries.get(key).cloned())
    }

    fn scan(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Infallible> {
        for (key, value) in self.entries.range(prefix.to_vec()..) {
            if !key.starts_with(prefix) || visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), Infallible> {
        for (key, write) in batch.iter() {
            match write {
                Write::Put(value) => {
                    self.entries.insert(key.to_vec(), value.to_vec());
                }
                Write::Delete => {
                    self.entries.remove(key);
                }
            }
        }
        Ok(())
    }
}
