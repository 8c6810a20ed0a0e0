//! A storage in one file: an embedded database, `redb`.
//!
//! One table, bytes to bytes. A batch is a transaction that ends with an fsync.
//!
//! **After a failed write** the database takes no more calls, so it is opened again, which brings it
//! back to its last transaction: the one that failed, or the one before. Until that succeeds there is
//! no database, and each commit tries.
//!
//! **Invariants.** Foreign bytes in the file become [`RedbError::Damaged`]: every opening verifies the
//! checksums of all pages. After a failure that costs nothing more: the database reads all of them then anyhow.

mod error;
#[cfg(all(test, feature = "conformance"))]
mod tests;

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::fmt;
use core::ops::ControlFlow;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::{Builder, Database, ReadOnlyTable, ReadableDatabase as _, TableDefinition, TableError};

pub use self::error::{RedbCause, RedbError};
use super::{Batch, Storage, Write};

const TABLE: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("node");

/// The table, as a reader has it.
type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// What the database may keep in memory. A node reads a document once, then writes.
const CACHE_BYTES: usize = 16 << 20;

/// A storage in one file, durable with each commit (feature `redb`).
///
/// One process at a time has it open. A file that a crash left behind is brought back to its last
/// commit when it is opened.
///
/// # Examples
/// ```
/// use crdt_sync::{Batch, RedbStorage, Storage};
///
/// let path = std::env::temp_dir().join(format!("crdt-sync-doc-{}.redb", std::process::id()));
/// let mut storage = RedbStorage::create(&path)?;
/// let mut batch = Batch::new();
/// batch.put(b"key".to_vec(), b"value".to_vec());
/// storage.commit(&batch)?;
/// drop(storage);
///
/// let storage = RedbStorage::open(&path)?;
/// assert_eq!(storage.read(b"key")?, Some(b"value".to_vec()));
/// # drop(storage);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RedbStorage {
    /// `None` between a failure and the next opening.
    database: Option<Database>,
    reopen: Reopen,
}

/// Opens the same file again.
type Reopen = Box<dyn Fn() -> Result<Database, RedbError> + Send + Sync>;

impl RedbStorage {
    /// Opens a file that [`create`](Self::create) made.
    ///
    /// # Errors
    /// If there is no such file, it is no database or damaged, or is in use.
    /// # Complexity
    /// O(n), n = size of the file, which is verified.
    /// # Examples
    /// See [`RedbStorage`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RedbError> {
        // Absolute, since it is opened again after a failure, wherever the process stands then.
        let path = path.as_ref().canonicalize().map_err(RedbError::Io)?;
        Self::with_database(move || Ok(builder().open(&path)?))
    }

    /// Opens a file, which is made if there is none.
    ///
    /// # Errors
    /// If it is no database or damaged, is in use, or cannot be made.
    /// # Complexity
    /// O(n), n = size of the file, which is verified.
    /// # Examples
    /// See [`RedbStorage`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, RedbError> {
        let path = path.as_ref();
        if !fs::exists(path).map_err(RedbError::Io)? {
            make(path)?;
        }
        let path = path.canonicalize().map_err(RedbError::Io)?;
        Ok(Self {
            // An empty file is a database that is not begun.
            database: Some(builder().create(&path)?),
            reopen: Box::new(move || Ok(builder().open(&path)?)),
        })
    }

    /// A storage on whatever `reopen` opens, now and after each failure.
    fn with_database(
        reopen: impl Fn() -> Result<Database, RedbError> + Send + Sync + 'static,
    ) -> Result<Self, RedbError> {
        Ok(Self {
            database: Some(reopen()?),
            reopen: Box::new(reopen),
        })
    }

    /// The table as of the last commit; `None` before the first.
    fn table(&self) -> Result<Option<Table>, RedbError> {
        let database = self.database.as_ref().ok_or(RedbError::Closed)?;
        match database.begin_read()?.open_table(TABLE) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Storage for RedbStorage {
    type Error = RedbError;

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RedbError> {
        let Some(table) = self.table()? else {
            return Ok(None);
        };
        Ok(table.get(key)?.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), RedbError> {
        let Some(table) = self.table()? else {
            return Ok(());
        };
        for entry in table.range(prefix..)? {
            let (key, value) = entry?;
            if !key.value().starts_with(prefix) || visit(key.value(), value.value()).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), RedbError> {
        let database = match self.database.take() {
            Some(database) => database,
            None => (self.reopen)()?,
        };
        let result = write(&database, batch);
        if result.as_ref().is_err_and(RedbError::ends_the_database) {
            // Dropped first: the file is locked while it is open.
            drop(database);
            self.database = (self.reopen)().ok();
        } else {
            self.database = Some(database);
        }
        result
    }
}

impl fmt::Debug for RedbStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStorage")
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

fn write(database: &Database, batch: &Batch) -> Result<(), RedbError> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(TABLE)?;
        for (key, write) in batch.iter() {
            match write {
                Write::Put(value) => drop(table.insert(key, value)?),
                Write::Delete => drop(table.remove(key)?),
            }
        }
    }
    Ok(transaction.commit()?)
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    // A damaged file is found here, and not by a panic later.
    builder.set_check_integrity_on_open(true);
    builder
}

/// Makes a database under its name in one step: a crash leaves none, and not half of one, which could
/// never be opened again.
fn make(path: &Path) -> Result<(), RedbError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let ending = format!(".{}.{number}.unfinished", std::process::id());
    let unfinished = &*beside(path, &ending);
    let made = builder()
        .create(unfinished)
        .map_err(RedbError::from)
        .and_then(|database| {
            drop(database);
            File::open(unfinished)
                .and_then(|file| file.sync_all())
                .and_then(|()| give_name(unfinished, path))
                .and_then(|()| sync_folder_of(path))
                .map_err(RedbError::Io)
        });
    // It is gone if it was renamed.
    drop(fs::remove_file(unfinished));
    made
}

/// Gives the file its name, unless another process was faster: then that one's file is taken.
fn give_name(unfinished: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(unfinished, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Not every file system has links; what else is wrong is found again, and told, below.
        Err(_) => name_without_links(unfinished, path),
    }
}

/// As [`give_name`], by a rename, which by itself would replace the file of whoever was faster.
#[expect(
    clippy::incompatible_msrv,
    reason = "the database needs a later compiler than the crate, so the feature does"
)]
fn name_without_links(unfinished: &Path, path: &Path) -> io::Result<()> {
    // One at a time, of all processes: the system lets go of the lock when one dies.
    let naming = beside(path, ".naming");
    let turn = File::create(&naming)?;
    turn.lock()?;
    if !fs::exists(path)? {
        fs::rename(unfinished, path)?;
    }
    // Who still waits for it finds the file that is named now.
    drop(fs::remove_file(naming));
    Ok(())
}

/// A name beside that of the database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes the name of a new file durable: an fsync of the file alone does not.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let path = path.canonicalize()?;
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(not(unix))]
fn sync_folder_of(_path: &Path) -> io::Result<()> {
    Ok(())
}
