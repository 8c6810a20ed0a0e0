//! The storage of a simulated site: it may be full, and it may lie about what is durable.

use alloc::collections::VecDeque;
use core::ops::ControlFlow;

use crdt_sync::{Batch, MemoryStorage, Storage};

/// A storage with faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    written: MemoryStorage,
    /// What it held before the last few commits, the oldest first.
    before: VecDeque<MemoryStorage>,
    pub(crate) is_full: bool,
}

/// The medium has no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Full;

impl Disk {
    /// Loses the last `n_commits`, as a medium does that said it had written them.
    pub(crate) fn lose(&mut self, n_commits: usize) {
        for _ in 0..n_commits {
            if let Some(before) = self.before.pop_back() {
                self.written = before;
            }
        }
    }
}

impl Storage for Disk {
    type Error = Full;

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Full> {
        self.written.read(key).map_err(|never| match never {})
    }

    fn scan(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Full> {
        self.written
            .scan(prefix, visit)
            .map_err(|never| match never {})
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), Full> {
        if self.is_full {
            return Err(Full);
        }
        self.before.push_back(self.written.clone());
        if self.before.len() > MAX_LOST {
            self.before.pop_front();
        }
        self.written.commit(batch).map_err(|never| match never {})
    }
}

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the disk is full")
    }
}

impl core::error::Error for Full {}

/// How many commits a crash may undo at most.
pub(crate) const MAX_LOST: usize = 3;
