//! A storage in memory that fails on purpose, and loses at a crash what it is told to lose.
//!
//! **Invariants.** `settled` with `recent` applied in order is what a reader sees; a crash takes whole
//! commits from the end of `recent`, never a part of one.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crdt_core::{Classify, ErrorKind};

use crate::rng::Rng;
use crate::{Batch, MemoryStorage, Storage};

/// How many commits back a crash can reach.
const MAX_LOST: usize = 64;

/// A storage in memory for simulations: it fails when it is told to, at random, or when it is full,
/// and a crash may take the last commits back, as a disk does that lies about its fsync.
///
/// Clones are handles to one medium: keep one while a [`Node`](crate::Node) owns the other. After a
/// [`crash`](Self::crash) the handles from before it only fail.
///
/// # Examples
/// ```
/// use crdt_sync::conformance::{Fault, FaultyStorage};
/// use crdt_sync::{Batch, Storage};
///
/// let mut storage = FaultyStorage::new(7);
/// let mut batch = Batch::new();
/// batch.put(b"key".to_vec(), b"value".to_vec());
///
/// storage.fail_next(Fault::AfterWriting);
/// assert!(storage.commit(&batch).is_err());
/// assert!(storage.read(b"key")?.is_some());
///
/// let restarted = storage.crash(1);
/// assert!(restarted.read(b"key")?.is_none());
/// assert!(storage.read(b"key").is_err());
/// # Ok::<(), crdt_sync::conformance::FaultError>(())
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStorage {
    medium: Arc<Mutex<Medium>>,
}

/// How a commit fails.
///
/// # Examples
/// See [`FaultyStorage`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing of the batch is there.
    BeforeWriting,
    /// All of the batch is there, though the call fails.
    AfterWriting,
}

/// Why a call to a [`FaultyStorage`] failed.
///
/// # Examples
/// See [`FaultyStorage`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// It was told to fail.
    #[error("the commit failed on purpose")]
    Injected(Fault),
    /// It was told to be full.
    #[error("the storage is full")]
    Full,
    /// The process that held this handle has crashed.
    #[error("the storage crashed")]
    Crashed,
}

impl Classify for FaultError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }
}

#[derive(Debug)]
struct Medium {
    settled: MemoryStorage,
    /// Commits that a crash may take back, the newest last.
    recent: VecDeque<Batch>,
    /// All of it, to read from.
    visible: MemoryStorage,
    /// What happens to the next commits.
    planned: VecDeque<Option<Fault>>,
    failing_percent: usize,
    is_full: bool,
    has_crashed: bool,
    n_commits: u64,
    rng: Rng,
}

impl FaultyStorage {
    /// Returns an empty storage that does not fail; `seed` decides what is random.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`FaultyStorage`].
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::on(MemoryStorage::new(), seed)
    }

    fn on(content: MemoryStorage, seed: u64) -> Self {
        let medium = Medium {
            settled: content.clone(),
            recent: VecDeque::new(),
            visible: content,
            planned: VecDeque::new(),
            failing_percent: 0,
            is_full: false,
            has_crashed: false,
            n_commits: 0,
            rng: Rng::new(seed),
        };
        Self {
            medium: Arc::new(Mutex::new(medium)),
        }
    }

    /// Has the next commit fail, or the one after those that are to fail already.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`FaultyStorage`].
    pub fn fail_next(&self, fault: Fault) {
        self.fail_after(0, fault);
    }

    /// Has a commit fail after `n_good` that do not, counted from the last that is planned to fail.
    ///
    /// # Complexity
    /// O(`n_good`).
    /// # Examples
    /// ```
    /// use crdt_sync::conformance::{Fault, FaultyStorage};
    /// use crdt_sync::{Batch, Storage};
    ///
    /// let mut storage = FaultyStorage::new(7);
    /// storage.fail_after(1, Fault::BeforeWriting);
    /// let results = [0; 3].map(|_| storage.commit(&Batch::new()).is_ok());
    /// assert_eq!(results, [true, false, true]);
    /// ```
    pub fn fail_after(&self, n_good: usize, fault: Fault) {
        let mut medium = self.medium();
        medium.planned.extend((0..n_good).map(|_| None));
        medium.planned.push_back(Some(fault));
    }

    /// Has commits fail at random, so many of a hundred, before or after writing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_sync::conformance::FaultyStorage;
    /// use crdt_sync::{Batch, Storage};
    ///
    /// let mut storage = FaultyStorage::new(7);
    /// storage.set_failing_percent(100);
    /// assert!(storage.commit(&Batch::new()).is_err());
    /// ```
    pub fn set_failing_percent(&self, percent: usize) {
        self.medium().failing_percent = percent;
    }

    /// Fills the medium up, or makes room: while it is full, every commit fails before writing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_sync::conformance::{FaultError, FaultyStorage};
    /// use crdt_sync::{Batch, Storage};
    ///
    /// let mut storage = FaultyStorage::new(7);
    /// storage.set_full(true);
    /// assert_eq!(storage.commit(&Batch::new()), Err(FaultError::Full));
    /// storage.set_full(false);
    /// assert_eq!(storage.commit(&Batch::new()), Ok(()));
    /// ```
    pub fn set_full(&self, is_full: bool) {
        self.medium().is_full = is_full;
    }

    /// Returns how many batches were written, those of calls that failed after writing among them.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_sync::conformance::FaultyStorage::new(7).n_commits(), 0);
    /// ```
    #[must_use]
    pub fn n_commits(&self) -> u64 {
        self.medium().n_commits
    }

    /// Crashes: returns the storage as the next process finds it, without the last `n_lost` commits.
    ///
    /// With 0 the medium keeps its word. At most 64 commits are lost. All handles to the storage from
    /// before fail from now on; nothing is planned to fail in the new one.
    ///
    /// # Complexity
    /// O(size of the storage).
    /// # Examples
    /// See [`FaultyStorage`].
    #[must_use]
    pub fn crash(&self, n_lost: usize) -> Self {
        let mut medium = self.medium();
        medium.has_crashed = true;
        let mut content = medium.settled.clone();
        let n_kept = medium.recent.len().saturating_sub(n_lost);
        for batch in medium.recent.iter().take(n_kept) {
            write(&mut content, batch);
        }
        let seed = medium.rng.next_u64();
        Self::on(content, seed)
    }

    /// What a panic elsewhere left is still a whole medium: no call panics while it holds the lock.
    fn medium(&self) -> MutexGuard<'_, Medium> {
        self.medium.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for FaultyStorage {
    type Error = FaultError;

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, FaultError> {
        let Ok(value) = self.medium().for_reading()?.read(key);
        Ok(value)
    }

    fn scan(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), FaultError> {
        // The visitor runs without the lock: it may panic.
        let content = self.medium().for_reading()?.clone();
        let Ok(()) = content.scan(prefix, visit);
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), FaultError> {
        self.medium().commit(batch)
    }
}

impl Medium {
    const fn for_reading(&self) -> Result<&MemoryStorage, FaultError> {
        if self.has_crashed {
            return Err(FaultError::Crashed);
        }
        Ok(&self.visible)
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), FaultError> {
        if self.has_crashed {
            return Err(FaultError::Crashed);
        }
        if self.is_full {
            return Err(FaultError::Full);
        }
        let fault = self.next_fault();
        if fault != Some(Fault::BeforeWriting) {
            self.append(batch.clone());
        }
        fault.map_or(Ok(()), |fault| Err(FaultError::Injected(fault)))
    }

    fn next_fault(&mut self) -> Option<Fault> {
        if let Some(planned) = self.planned.pop_front() {
            return planned;
        }
        self.rng.chance(self.failing_percent).then(|| {
            if self.rng.chance(50) {
                Fault::BeforeWriting
            } else {
                Fault::AfterWriting
            }
        })
    }

    fn append(&mut self, batch: Batch) {
        write(&mut self.visible, &batch);
        self.recent.push_back(batch);
        self.n_commits += 1;
        if self.recent.len() > MAX_LOST
            && let Some(settled) = self.recent.pop_front()
        {
            write(&mut self.settled, &settled);
        }
    }
}

fn write(storage: &mut MemoryStorage, batch: &Batch) {
    let Ok(()) = storage.commit(batch);
}
