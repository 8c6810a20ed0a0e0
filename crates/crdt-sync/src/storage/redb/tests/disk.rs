//! A medium in memory that a database runs on, and that fails where it is told to.
//!
//! **Invariants.** `image` is `synced` with `pending` applied in order.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use std::io;
use std::sync::{Mutex, MutexGuard};

use crdt_testkit::Rng;
use redb::StorageBackend;

use crate::RedbStorage;
use crate::storage::redb::{RedbError, builder};

/// A handle; clones share the medium.
#[derive(Clone, Debug)]
pub(super) struct Disk(Arc<Mutex<Medium>>);

/// What happens at the planned call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Trouble {
    /// The process dies: no call succeeds any more.
    Stop,
    /// That call fails.
    FailOnce,
    /// All calls that write fail, until there is room.
    Full,
}

/// Which writes since the last sync are found after a crash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Survivors {
    /// None.
    Synced,
    /// All.
    All,
    /// Any of them, as a disk orders them as it likes.
    Any,
    /// Any sectors of any of them.
    Torn,
}

#[derive(Debug, Default)]
struct Medium {
    synced: Vec<u8>,
    pending: Vec<Change>,
    image: Vec<u8>,
    n_calls: usize,
    planned: Option<(usize, Trouble)>,
    is_stopped: bool,
    is_full: bool,
    /// Fails so many of a hundred calls.
    at_random: Option<(Rng, usize)>,
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

const SECTOR_BYTES: usize = 512;

impl Disk {
    /// A medium with an empty database: a file gets its name only when it has come so far.
    pub(super) fn new() -> Self {
        let disk = Self::with_content(Vec::new());
        drop(disk.storage().expect("nothing fails yet"));
        disk.medium().n_calls = 0;
        disk
    }

    fn with_content(content: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Medium {
            synced: content.clone(),
            image: content,
            ..Medium::default()
        })))
    }

    /// Has something happen after so many calls from now.
    pub(super) fn plan(&self, n_calls: usize, trouble: Trouble) {
        let mut medium = self.medium();
        medium.planned = Some((medium.n_calls + n_calls, trouble));
    }

    pub(super) fn fail_at_random(&self, seed: u64, percent: usize) {
        self.medium().at_random = Some((Rng::new(seed), percent));
    }

    pub(super) fn make_room(&self) {
        let mut medium = self.medium();
        medium.is_full = false;
        medium.planned = None;
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.medium().is_stopped
    }

    /// How many calls were made that write or sync.
    pub(super) fn n_calls(&self) -> usize {
        self.medium().n_calls
    }

    /// The medium as the next process finds it.
    pub(super) fn crash(&self, survivors: Survivors, seed: u64) -> Self {
        let medium = self.medium();
        let mut rng = Rng::new(seed);
        let mut content = medium.synced.clone();
        for change in &medium.pending {
            match survivors {
                Survivors::Synced => {}
                Survivors::All => change.apply(&mut content),
                Survivors::Any if rng.chance(50) => change.apply(&mut content),
                Survivors::Any => {}
                Survivors::Torn => change.apply_torn(&mut content, &mut rng),
            }
        }
        Self::with_content(content)
    }

    /// The medium with some bytes changed, or cut off.
    pub(super) fn damage(&self, rng: &mut Rng) -> Self {
        let mut content = self.medium().image.clone();
        if rng.chance(20) {
            content.truncate(rng.below(content.len()));
        }
        for _ in 0..rng.between(1, 8) {
            // The pages in use are at the start.
            let reach = if rng.chance(30) { 512 } else { content.len() };
            let at = rng.below(reach.clamp(1, content.len().max(1)));
            if let Some(byte) = content.get_mut(at) {
                *byte ^= rng.between(1, 255) as u8;
            }
        }
        Self::with_content(content)
    }

    pub(super) fn storage(&self) -> Result<RedbStorage, RedbError> {
        let disk = self.clone();
        RedbStorage::with_database(move || Ok(builder().create_with_backend(disk.clone())?))
    }

    fn medium(&self) -> MutexGuard<'_, Medium> {
        self.0
            .lock()
            .expect("no test panics while it holds the disk")
    }
}

impl Medium {
    /// Counts a call that writes or syncs; the error if it is to fail.
    fn call(&mut self) -> io::Result<()> {
        let number = self.n_calls;
        self.n_calls += 1;
        let due = self.planned.filter(|(at, _)| *at == number);
        match due {
            Some((_, Trouble::Stop)) => self.is_stopped = true,
            Some((_, Trouble::Full)) => self.is_full = true,
            Some((_, Trouble::FailOnce)) => return Err(io::Error::other("failed on purpose")),
            None => {}
        }
        let strikes = |(rng, percent): &mut (Rng, usize)| rng.chance(*percent);
        if self.at_random.as_mut().is_some_and(strikes) {
            return Err(io::Error::other("failed at random"));
        }
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.check_running()
    }

    fn check_running(&self) -> io::Result<()> {
        if self.is_stopped {
            return Err(io::Error::other("stopped"));
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> io::Result<()> {
        self.call()?;
        change.apply(&mut self.image);
        self.pending.push(change);
        Ok(())
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => put(content, *at, bytes),
            Self::Resize(len) => content.resize(*len, 0),
        }
    }

    fn apply_torn(&self, content: &mut Vec<u8>, rng: &mut Rng) {
        match self {
            Self::Write(at, bytes) => {
                for (idx, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                    if rng.chance(50) {
                        put(content, at + idx * SECTOR_BYTES, sector);
                    }
                }
            }
            Self::Resize(len) => content.resize(*len, 0),
        }
    }
}

/// Writes, growing the file as far as it must: what made room for it may not have survived.
fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[at..end].copy_from_slice(bytes);
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        let medium = self.medium();
        medium.check_running()?;
        Ok(medium.image.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let medium = self.medium();
        medium.check_running()?;
        let at = offset as usize;
        let bytes = at
            .checked_add(out.len())
            .and_then(|end| medium.image.get(at..end));
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        // A damaged header asks for anything.
        if len > 1 << 30 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.medium().change(Change::Resize(len as usize))
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut medium = self.medium();
        medium.call()?;
        medium.synced = medium.image.clone();
        medium.pending = vec![];
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let change = Change::Write(offset as usize, data.to_vec());
        self.medium().change(change)
    }
}
