//! A database on a medium that stops or fails at every possible call: what a node promised holds.
//!
//! The rules by number are those of `docs/design/sync.md`: what is told was stored before (R1), dots
//! that were seen are not minted again (R2), positions mean the same after a crash or nothing (R3), what
//! is acknowledged was stored together with the acknowledgement (R4).

mod disk;
mod pair;

use alloc::vec::Vec;
use std::panic;

use crdt_core::{Classify as _, ErrorKind};
use crdt_testkit::Rng;

use self::disk::{Disk, Survivors, Trouble};
use self::pair::Pair;
use super::{RedbError, RedbStorage, name_without_links};
use crate::conformance::{Fate, check};
use crate::{Batch, LoadError, Storage as _};

/// Runs until the medium stops after so many calls; continues on what survives.
fn crash_after(n_calls: usize, survivors: Survivors, seed: u64) {
    let disk = Disk::new();
    disk.plan(n_calls, Trouble::Stop);
    let case = std::format!("stopped after {n_calls} calls, {survivors:?}, seed {seed}");
    // A file that was not even made is made again: nothing was told of it.
    let Some(mut pair) = Pair::open(&disk) else {
        let disk = disk.crash(survivors, seed);
        Pair::open(&disk).unwrap_or_else(|| panic!("{case}: opens"));
        return;
    };
    let ran_through = pair.work().is_ok();
    assert_eq!(ran_through, !disk.is_stopped(), "{case}");
    pair.restart(&disk.crash(survivors, seed), &case);
    pair.meet_again(&case);
}

/// How many calls the whole work makes.
fn n_calls_in_all() -> usize {
    let disk = Disk::new();
    let mut pair = Pair::open(&disk).expect("a new disk");
    pair.work().expect("nothing fails");
    disk.n_calls()
}

fn is_slow_run() -> bool {
    std::env::var_os("CRDT_SLOW").is_some()
}

#[test]
fn a_crash_at_any_call_loses_nothing_that_was_told() {
    let stride = if is_slow_run() { 1 } else { 5 };
    for n_calls in (0..=n_calls_in_all()).step_by(stride) {
        crash_after(n_calls, Survivors::Synced, 0);
        crash_after(n_calls, Survivors::Any, n_calls as u64);
        if is_slow_run() {
            crash_after(n_calls, Survivors::All, 0);
            crash_after(n_calls, Survivors::Torn, n_calls as u64);
        }
    }
}

#[test]
fn a_call_that_fails_once_loses_nothing() {
    let stride = if is_slow_run() { 1 } else { 3 };
    for n_calls in (0..n_calls_in_all()).step_by(stride) {
        let disk = Disk::new();
        disk.plan(n_calls, Trouble::FailOnce);
        let case = std::format!("failed at call {n_calls}");
        let Some(mut pair) = Pair::open(&disk).or_else(|| Pair::open(&disk)) else {
            panic!("{case}: opens the second time");
        };
        // A commit that fails is tried again, on a database that was opened again.
        pair.work_on(&case);
        pair.meet_again(&case);
    }
}

#[test]
fn a_full_disk_takes_up_where_it_stopped() {
    for n_calls in (0..n_calls_in_all()).step_by(7) {
        let disk = Disk::new();
        let case = std::format!("full after {n_calls} calls");
        let mut pair = Pair::open(&disk).expect("a new disk");
        disk.plan(n_calls, Trouble::Full);
        let ran_through = pair.work().is_ok();
        disk.make_room();
        if !ran_through {
            pair.work_on(&case);
        }
        pair.meet_again(&case);
    }
}

#[test]
fn a_database_whose_medium_fails_at_random_obeys_the_rules() {
    let (mut seed, mut disk) = (0, Disk::new());
    let open = |fate: Fate<RedbStorage>| {
        match fate {
            Fate::Create => disk = Disk::new(),
            Fate::Reopen(storage) => drop(storage),
        }
        seed += 1;
        disk.fail_at_random(seed, 2);
        let mut tries = (0..100).map(|_| disk.storage());
        let opened = tries.find(Result::is_ok).unwrap_or_else(|| disk.storage());
        opened.expect("it opens in the end")
    };
    assert_eq!(check(open), Ok(()));
}

/// What is wrong with the medium was called unavailable, damage too, where a document was loaded.
#[test]
fn a_load_that_fails_is_of_the_kind_of_what_failed() {
    let kind_of = |cause: redb::Error| LoadError::Storage(RedbError::from(cause)).kind();
    let damaged = redb::Error::Corrupted("a page".into());
    assert_eq!(kind_of(damaged), ErrorKind::Corrupt);
    let full = redb::Error::Io(std::io::ErrorKind::StorageFull.into());
    assert_eq!(kind_of(full), ErrorKind::Unavailable);
    assert_eq!(kind_of(redb::Error::PreviousIo), ErrorKind::Unavailable);
}

/// Where a file system has no links, two first openings at once replaced each other's file under way.
#[test]
fn the_first_file_keeps_its_name_where_there_are_no_links() {
    let folder = crdt_testkit::Folder::new("redb");
    let path = folder.join("notes.redb");
    for content in ["first", "second"] {
        let unfinished = folder.join(content);
        std::fs::write(&unfinished, content).expect("a folder of ours");
        name_without_links(&unfinished, &path).expect("a folder of ours");
    }
    assert_eq!(std::fs::read(&path).expect("it has its name"), b"first");
}

#[test]
fn a_damaged_file_never_panics() {
    let disk = Disk::new();
    let mut pair = Pair::open(&disk).expect("a new disk");
    pair.work().expect("nothing fails");
    drop(pair);
    let n_cases = if is_slow_run() { 2_000 } else { 200 };
    for seed in 0..n_cases {
        let damaged = disk.damage(&mut Rng::new(seed));
        let result = panic::catch_unwind(|| read_all(&damaged));
        assert!(result.is_ok(), "seed {seed}");
    }
}

/// Reads everything there is and writes; what comes of it is for the medium to say.
fn read_all(disk: &Disk) {
    let Ok(mut storage) = disk.storage() else {
        return;
    };
    let mut keys = Vec::new();
    let scanned = storage.scan(&[], &mut |key, _| {
        keys.push(key.to_vec());
        core::ops::ControlFlow::Continue(())
    });
    for key in &keys {
        drop(storage.read(key));
    }
    let mut batch = Batch::new();
    batch.put(b"key".to_vec(), b"value".to_vec());
    drop(storage.commit(&batch).and(scanned));
}
