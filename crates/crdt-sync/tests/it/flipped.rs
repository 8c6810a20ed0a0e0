//! A byte of a stored record is changed: whatever it makes, it is found when the record is read.
//!
//! Each record ends with a checksum of its key and its value; `RedbStorage` compares its own when a file is
//! opened. What no checksum finds is a record that is gone without a trace: `docs/design/trust.md` says so.

use core::ops::ControlFlow;

use crdt_core::codec::DecodeError;
use crdt_core::{AgentId, Classify, ErrorKind};
use crdt_maps::OrSet;
use crdt_sync::{Batch, Document, LoadError, MemoryStorage, Node, Storage};
use crdt_text::{Chars, TextDoc};

use crate::net::{Net, config, doc};

type Record = (Vec<u8>, Vec<u8>);

fn records(storage: &impl Storage) -> Vec<Record> {
    let mut records = Vec::new();
    let scanned = storage.scan(&[], &mut |key, value| {
        records.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    records
}

fn write(storage: &mut MemoryStorage, put: &[Record], deleted: &[&[u8]]) {
    let mut batch = Batch::new();
    for key in deleted {
        batch.delete(key.to_vec());
    }
    for (key, value) in put {
        batch.put(key.clone(), value.clone());
    }
    storage.commit(&batch).unwrap();
}

/// A replica as it is stored, with every kind of record: it has a neighbour, was opened twice, and made room.
fn stored<D: Document>(fill: impl FnOnce(&mut D) -> Vec<D::Delta>) -> MemoryStorage {
    let mut config = config();
    config.compact_bytes = 40;
    let mut net = Net::<D>::new(2, &config);
    let mut filled = D::default();
    for (nth, delta) in fill(&mut filled).into_iter().enumerate() {
        let edit = |state: &mut D| state.apply_delta(&delta).map(|_| delta.clone());
        assert!(net.nodes[nth % 2].edit(doc(), edit).is_ok());
        let link = net.connect(0, 1);
        net.settle();
        net.disconnect(link);
        net.restart(0, &config);
    }
    net.assert_equal();
    let [ours, _] = <[_; 2]>::try_from(net.nodes).ok().unwrap();
    ours.into_storage()
}

/// Opens a node and its document. Storage that cannot be read is what it was.
fn open<D: Document>(storage: MemoryStorage) -> Result<(), LoadError<core::convert::Infallible>> {
    let before = records(&storage);
    let mut node = Node::<D, _>::open(storage, config(), [9; 24])?;
    let added = node.add_document(doc());
    assert_eq!(records(node.storage_mut()), before);
    added.map(|is_new| assert!(!is_new))
}

/// Changes every byte of every value in every bit, and in all of them; returns how many there were.
fn change_each<D: Document>(storage: &MemoryStorage) -> usize {
    let mut n_changed = 0;
    for (key, value) in records(storage) {
        for at in 0..value.len() {
            for change in (0..8).map(|bit| 1 << bit).chain([0xff]) {
                let mut changed = value.clone();
                changed[at] ^= change;
                let mut storage = storage.clone();
                write(&mut storage, &[(key.clone(), changed)], &[]);
                let error = open::<D>(storage).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{key:?}, byte {at}");
                let found = matches!(
                    error,
                    LoadError::Value(DecodeError::ChecksumMismatch { .. })
                );
                assert!(found, "{key:?}, byte {at}, {change:#x}: {error:?}");
                n_changed += 1;
            }
        }
    }
    n_changed
}

fn words(set: &mut OrSet<String>) -> Vec<<OrSet<String> as crdt_core::DeltaState>::Delta> {
    let alice = AgentId::new("alice").unwrap();
    let words = ["tea", "mate", "coffee", "water"];
    let mut deltas: Vec<_> = words
        .iter()
        .map(|word| set.add_with_delta(&alice, word.to_string()).unwrap())
        .collect();
    deltas.push(set.remove_with_delta(&alice, "coffee").unwrap());
    deltas
}

/// The kinds of records of a document, by the byte behind its name.
fn kinds(storage: &MemoryStorage) -> Vec<u8> {
    let records = records(storage);
    let mut kinds: Vec<u8> = records
        .iter()
        .filter_map(|(key, _)| key.get(17).copied())
        .collect();
    kinds.dedup();
    kinds
}

#[test]
fn every_changed_byte_of_a_stored_set_is_found_when_it_is_read() {
    let storage = stored(words);
    assert_eq!(kinds(&storage), [0, 1, 2, 3], "of every kind there is");
    open::<OrSet<String>>(storage.clone()).unwrap();
    assert!(change_each::<OrSet<String>>(&storage) > 1_000);
}

#[test]
fn every_changed_byte_of_a_stored_text_is_found_when_it_is_read() {
    let typed = |doc: &mut TextDoc| {
        let alice = doc.get_or_create_agent_id("alice").unwrap();
        let mut deltas = Vec::new();
        for (at, word) in ["one ", "two ", "three "].iter().enumerate() {
            let (inserted, delta) =
                doc.edit_with_delta(|text| text.insert(alice, Chars(4 * at), word));
            inserted.unwrap();
            deltas.push(delta);
        }
        deltas
    };
    let storage = stored(typed);
    open::<TextDoc>(storage.clone()).unwrap();
    assert!(change_each::<TextDoc>(&storage) > 1_000);
}

/// A checksum of the value alone would be as right under another key.
#[test]
fn a_value_under_the_key_of_another_is_found() {
    let storage = stored(words);
    let mut of_doc = records(&storage);
    of_doc.retain(|(key, _)| key.len() > 17);
    for (key, value) in &of_doc {
        for (other, _) in of_doc.iter().filter(|(other, _)| other != key) {
            let mut storage = storage.clone();
            write(&mut storage, &[(other.clone(), value.clone())], &[]);
            let error = open::<OrSet<String>>(storage).unwrap_err();
            assert!(
                matches!(error, LoadError::Value(_)),
                "{key:?} as {other:?}: {error:?}"
            );
        }
        // Not even under a key that no node writes.
        for bit in 0..8 {
            let mut changed = key.clone();
            changed[17] ^= 1 << bit;
            let mut storage = storage.clone();
            write(&mut storage, &[(changed, value.clone())], &[key]);
            let error = open::<OrSet<String>>(storage).unwrap_err();
            assert!(
                matches!(error, LoadError::Value(_)),
                "{key:?}, bit {bit}: {error:?}"
            );
        }
    }
}

#[test]
fn a_storage_of_another_version_is_refused_by_its_number() {
    let named = |value: &[u8]| {
        let mut storage = MemoryStorage::new();
        write(&mut storage, &[(vec![0], value.to_vec())], &[]);
        open::<OrSet<String>>(storage).unwrap_err()
    };
    let version = |error| match error {
        LoadError::Value(DecodeError::UnknownVersion { found }) => Some(found),
        _ => None,
    };
    assert_eq!(version(named(&[7; 16])), Some(1), "a name and no more");
    let later = crate::hostile::sealed(&[0], &[&[3][..], &[7; 16]].concat());
    assert_eq!(version(named(&later)), Some(3));
    for foreign in [&[][..], &[2], &[2, 1, 1, 1]] {
        let error = named(&crate::hostile::sealed(&[0], foreign));
        assert!(
            matches!(error, LoadError::NotANode),
            "{foreign:?}: {error:?}"
        );
    }
    for short in [&[][..], &[1, 2, 3]] {
        let error = named(short);
        let is_short = matches!(error, LoadError::Value(DecodeError::Truncated { .. }));
        assert!(is_short, "{short:?}: {error:?}");
    }
}

/// Wherever in a file of redb a record stands, a flipped bit of it is found when the file is opened; one that
/// is flipped while the file is open, at the next opening.
#[cfg(feature = "redb")]
#[test]
fn a_flipped_bit_of_a_file_is_found_when_it_is_opened() {
    use crdt_sync::{RedbError, RedbStorage};

    let folder = crdt_testkit::Folder::new("sync");
    let path = folder.join("words.redb");
    let ours = stored(words);
    let written = records(&ours);
    let mut storage = RedbStorage::create(&path).expect("a new file");
    let mut batch = Batch::new();
    for (key, value) in &written {
        batch.put(key.clone(), value.clone());
    }
    storage.commit(&batch).expect("room");
    drop(storage);
    let sound = std::fs::read(&path).expect("a file");

    let places = written
        .iter()
        .filter(|(_, value)| value.len() >= 8)
        .flat_map(|(_, value)| {
            let found = sound.windows(value.len()).enumerate();
            found.filter_map(move |(at, bytes)| (bytes == value).then_some(at..at + value.len()))
        })
        .flatten();
    let (mut n_damaged, mut n_old) = (0, 0);
    for at in places.step_by(3) {
        let mut flipped = sound.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&path, &flipped).expect("a file");
        match RedbStorage::open(&path) {
            Err(RedbError::Damaged(_)) => n_damaged += 1,
            Err(error) => panic!("byte {at}: {error:?}"),
            Ok(storage) => {
                // A page that is no longer part of the database.
                assert_eq!(records(&storage), written, "byte {at}");
                n_old += 1;
            }
        }
    }
    assert!(
        n_damaged > n_old,
        "{n_damaged} found, {n_old} without effect"
    );

    // Under a running program.
    std::fs::write(&path, &sound).expect("a file");
    let storage = RedbStorage::open(&path).expect("a sound file");
    let (_, value) = written.iter().max_by_key(|(_, value)| value.len()).unwrap();
    let mut flipped = sound.clone();
    for at in 0..sound.len() - value.len() {
        if sound[at..].starts_with(value) {
            flipped[at] ^= 1;
        }
    }
    std::fs::write(&path, &flipped).expect("a file");
    drop(storage);
    let reopened = RedbStorage::open(&path);
    assert!(
        matches!(reopened, Err(RedbError::Damaged(_))),
        "{reopened:?}"
    );
}
