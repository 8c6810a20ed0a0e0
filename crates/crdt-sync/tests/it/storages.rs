//! Every storage obeys the rules; the suite that says so finds storages that do not.

use core::ops::ControlFlow;
use std::fs;
use std::path::PathBuf;

use crdt_sync::conformance::{Fate, FaultyStorage, Rule, check, check_history};
use crdt_sync::{Batch, MemoryStorage, RedbError, RedbStorage, Storage, Write};
use crdt_testkit::Folder;

#[test]
fn memory_obeys_the_rules() {
    let open = |fate| match fate {
        Fate::Create => MemoryStorage::new(),
        Fate::Reopen(storage) => storage,
    };
    assert_eq!(check(open), Ok(()));
}

#[test]
fn a_file_obeys_the_rules() {
    let folder = Folder::new("sync");
    let mut n_files = 0;
    let mut path = PathBuf::new();
    let open = |fate| match fate {
        Fate::Create => {
            n_files += 1;
            path = folder.join(format!("{n_files}.redb"));
            RedbStorage::create(&path).expect("a new file")
        }
        Fate::Reopen(storage) => {
            drop(storage);
            RedbStorage::open(&path).expect("a file from before")
        }
    };
    assert_eq!(check(open), Ok(()));
}

#[test]
fn a_storage_that_fails_half_the_time_obeys_the_rules() {
    for seed in 0..200 {
        let open = |fate| match fate {
            Fate::Create => failing(seed, 50),
            Fate::Reopen(storage) => {
                let storage = FaultyStorage::crash(&storage, 0);
                storage.set_failing_percent(50);
                storage
            }
        };
        assert_eq!(check_history(seed, open), Ok(()));
    }
}

fn failing(seed: u64, percent: usize) -> FaultyStorage {
    let storage = FaultyStorage::new(seed);
    storage.set_failing_percent(percent);
    storage
}

#[test]
fn the_suite_finds_a_disk_that_lies_about_its_fsync() {
    let open = |fate| match fate {
        Fate::Create => FaultyStorage::new(1),
        Fate::Reopen(storage) => FaultyStorage::crash(&storage, 1),
    };
    let violation = check(open).expect_err("the last commit is lost");
    assert_eq!(violation.rule, Rule::Durable);
}

#[test]
fn the_suite_finds_a_storage_that_never_succeeds() {
    let open = |fate| match fate {
        Fate::Create => failing(1, 100),
        Fate::Reopen(storage) => storage,
    };
    let violation = check(open).expect_err("no commit succeeds");
    assert_eq!(violation.rule, Rule::Retry);
}

/// A storage with one mistake.
struct Mistaken {
    storage: MemoryStorage,
    mistake: Mistake,
    n_commits: usize,
}

#[derive(Clone, Copy, Debug)]
enum Mistake {
    /// Half of a batch is written, and the call fails.
    TearsBatches,
    /// Deletes are forgotten.
    KeepsDeleted,
    /// An empty value counts as none.
    DropsEmptyValues,
    /// A scan goes to the end of the storage.
    ScansTooFar,
    /// A scan leaves out the key that is the prefix.
    ScansBeyondPrefix,
    /// The visitor is not listened to.
    NeverBreaks,
}

impl Storage for Mistaken {
    type Error = core::fmt::Error;

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, core::fmt::Error> {
        let Ok(value) = self.storage.read(key);
        Ok(value)
    }

    fn scan(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), core::fmt::Error> {
        let mut wrong = |key: &[u8], value: &[u8]| match self.mistake {
            Mistake::ScansTooFar if key < prefix => ControlFlow::Continue(()),
            Mistake::ScansBeyondPrefix if key == prefix => ControlFlow::Continue(()),
            Mistake::NeverBreaks => {
                let _: ControlFlow<()> = visit(key, value);
                ControlFlow::Continue(())
            }
            _ => visit(key, value),
        };
        let prefix = match self.mistake {
            Mistake::ScansTooFar => &[],
            _ => prefix,
        };
        let Ok(()) = self.storage.scan(prefix, &mut wrong);
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), core::fmt::Error> {
        self.n_commits += 1;
        let tears =
            matches!(self.mistake, Mistake::TearsBatches) && self.n_commits.is_multiple_of(3);
        let n_written = if tears {
            batch.iter().len() / 2
        } else {
            usize::MAX
        };
        let mut written = Batch::new();
        for (key, write) in batch.iter().take(n_written) {
            match (self.mistake, write) {
                (Mistake::DropsEmptyValues, Write::Put(b"")) => written.delete(key.to_vec()),
                (_, Write::Put(value)) => written.put(key.to_vec(), value.to_vec()),
                (Mistake::KeepsDeleted, Write::Delete) => {}
                (_, Write::Delete) => written.delete(key.to_vec()),
            }
        }
        let Ok(()) = self.storage.commit(&written);
        if tears { Err(core::fmt::Error) } else { Ok(()) }
    }
}

#[test]
fn the_suite_finds_every_mistake() {
    let cases = [
        (Mistake::TearsBatches, Rule::Atomic),
        (Mistake::KeepsDeleted, Rule::Read),
        (Mistake::DropsEmptyValues, Rule::Read),
        (Mistake::ScansTooFar, Rule::Scan),
        (Mistake::ScansBeyondPrefix, Rule::Scan),
        (Mistake::NeverBreaks, Rule::Break),
    ];
    for (mistake, rule) in cases {
        let open = |fate| match fate {
            Fate::Create => Mistaken {
                storage: MemoryStorage::new(),
                mistake,
                n_commits: 0,
            },
            Fate::Reopen(storage) => storage,
        };
        let violation = check(open).expect_err("a mistake is found");
        assert_eq!(violation.rule, rule, "{mistake:?}: {violation}");
    }
}

#[test]
fn a_file_is_open_once() {
    let folder = Folder::new("sync");
    let path = folder.join("notes.redb");
    let storage = RedbStorage::create(&path).expect("a new file");
    assert!(matches!(RedbStorage::open(&path), Err(RedbError::InUse)));
    assert!(matches!(RedbStorage::create(&path), Err(RedbError::InUse)));
    drop(storage);
    RedbStorage::open(&path).expect("a file that was closed");
}

#[test]
fn a_file_that_is_not_there_is_not_made_by_opening_it() {
    let folder = Folder::new("sync");
    let path = folder.join("notes.redb");
    assert!(matches!(RedbStorage::open(&path), Err(RedbError::Io(_))));
    assert!(!fs::exists(path).expect("the folder can be read"));
}

#[test]
fn a_file_that_is_no_database_is_not_touched() {
    let folder = Folder::new("sync");
    let path = folder.join("letter.txt");
    let letter = b"Dear reader, ".repeat(2_000);
    fs::write(&path, &letter).expect("a file can be written");
    for open in [RedbStorage::open, RedbStorage::create] {
        let error = open(&path).expect_err("a letter is no database");
        assert!(
            matches!(error, RedbError::Damaged(_) | RedbError::Io(_)),
            "{error:?}"
        );
    }
    assert_eq!(fs::read(path).expect("the file can be read"), letter);
}
