//! A bit of a stored record is flipped: what notices, and when.
//!
//! Records have no checksum of their own. A flip is found when the record is read, if it makes no sense;
//! when the replica meets another and the two compare, if it makes another sense; and by `RedbStorage`
//! when the file is opened, whatever it makes. The one that nothing finds is a flip that makes another
//! history that could have been: `docs/design/trust.md` says so.

use core::ops::ControlFlow;

use crdt_core::{AgentId, Classify, ErrorKind};
use crdt_maps::OrSet;
use crdt_sync::{Batch, Document, Event, LinkId, MemoryStorage, Node, Storage};
use crdt_text::{Chars, TextDoc};

use crate::net::{Net, config, doc};

/// How many flips were found, by when.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// By reading: an error, and nothing was changed.
    at_open: usize,
    /// By the first neighbour: a link that was cut, or replicas that diverged.
    at_contact: usize,
    /// Nothing was wrong with the document, before or after it was compared.
    harmless: usize,
    /// By nobody.
    never: usize,
}

type Replica<D> = Node<D, MemoryStorage>;

fn records(storage: &impl Storage) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut records = Vec::new();
    let scanned = storage.scan(&[], &mut |key, value| {
        records.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    records
}

/// Two replicas that hold the same, as they are stored.
fn stored<D: Document>(fill: impl FnOnce(&mut D) -> Vec<D::Delta>) -> [MemoryStorage; 2] {
    let mut net = Net::<D>::new(2, &config());
    let mut filled = D::default();
    for delta in fill(&mut filled) {
        let edit = |state: &mut D| state.apply_delta(&delta).map(|_| delta.clone());
        assert!(net.nodes[0].edit(doc(), edit).is_ok());
    }
    net.connect(0, 1);
    net.settle();
    assert_eq!(net.state(0).to_bytes(), net.state(1).to_bytes());
    let [ours, theirs] = <[_; 2]>::try_from(net.nodes).ok().unwrap();
    [ours.into_storage(), theirs.into_storage()]
}

/// Flips a bit of every byte of every record of the first replica, one at a time.
fn flip_each<D: Document>([ours, theirs]: &[MemoryStorage; 2]) -> Found {
    let honest = open::<D>(theirs.clone(), 2).unwrap();
    let before = bytes(&honest);
    let mut found = Found::default();
    for (key, value) in records(ours) {
        for at in 0..value.len() {
            let mut flipped = value.clone();
            flipped[at] ^= 1 << (at % 8);
            let mut storage = ours.clone();
            let mut batch = Batch::new();
            batch.put(key.clone(), flipped);
            storage.commit(&batch).unwrap();
            match open::<D>(storage, 1) {
                Err(kind) => {
                    assert_eq!(kind, ErrorKind::Corrupt, "{key:?}, byte {at}");
                    found.at_open += 1;
                }
                Ok(mut flipped) => {
                    let mut honest = open::<D>(theirs.clone(), 2).unwrap();
                    if is_noticed(&mut flipped, &mut honest) {
                        found.at_contact += 1;
                    } else if bytes(&flipped) == before && bytes(&honest) == before {
                        found.harmless += 1;
                    } else {
                        found.never += 1;
                    }
                }
            }
        }
    }
    found
}

fn open<D: Document>(storage: MemoryStorage, opening: u8) -> Result<Replica<D>, ErrorKind> {
    let node = Node::open(storage, config(), [opening; 24]);
    let mut node = node.map_err(|error| error.kind())?;
    let added = node.add_document(doc());
    added.map_err(|error| error.kind())?;
    Ok(node)
}

fn bytes<D: Document>(node: &Replica<D>) -> Vec<u8> {
    node.document(doc()).unwrap().to_bytes()
}

/// Lets two replicas meet and compare; tells whether either found something wrong.
fn is_noticed<D: Document>(ours: &mut Replica<D>, theirs: &mut Replica<D>) -> bool {
    let link = LinkId(77);
    for node in [&mut *ours, &mut *theirs] {
        node.connect(link).unwrap();
        node.share(link, doc()).unwrap();
    }
    // They may have nothing to say to each other: one of them asks.
    if !exchange(ours, theirs, link) || theirs.compare(link, doc()).is_err() {
        return true;
    }
    if !exchange(ours, theirs, link) {
        return true;
    }
    let events = [ours.take_events(), theirs.take_events()];
    let mut events = events.iter().flatten();
    events.any(|event| matches!(event, Event::Refused(_)))
}

/// Lets frames flow until there are none; `false` if a link was cut.
fn exchange<D: Document>(ours: &mut Replica<D>, theirs: &mut Replica<D>, link: LinkId) -> bool {
    for _ in 0..100 {
        let (to_theirs, to_ours) = (ours.commit(0).unwrap(), theirs.commit(0).unwrap());
        if to_theirs.is_empty() && to_ours.is_empty() {
            return true;
        }
        for (node, frames) in [(&mut *theirs, to_theirs), (&mut *ours, to_ours)] {
            for frame in frames {
                if node.receive(link, &frame.to_bytes()).is_err() {
                    return false;
                }
            }
        }
    }
    panic!("they never come to rest");
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

#[test]
fn a_flipped_bit_of_a_set_is_found_by_reading_or_by_comparing() {
    let found = flip_each::<OrSet<String>>(&stored(words));
    assert!(found.at_open > 0 && found.at_contact > 0, "{found:?}");
    let n_found = found.at_open + found.at_contact + found.harmless;
    assert!(found.never < n_found / 2, "{found:?}");
}

#[test]
fn a_flipped_bit_of_a_text_is_found_by_reading() {
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
    let found = flip_each::<TextDoc>(&stored(typed));
    // Updates and files have checksums of their own.
    assert!(found.at_open > 0, "{found:?}");
    assert_eq!((found.at_contact, found.never), (0, 0), "{found:?}");
}

/// Wherever in a file of redb a record stands, a flipped bit of it is found when the file is opened; one that
/// is flipped while the file is open, at the next opening.
#[cfg(feature = "redb")]
#[test]
fn a_flipped_bit_of_a_file_is_found_when_it_is_opened() {
    use crdt_sync::{RedbError, RedbStorage};

    let folder = crdt_testkit::Folder::new("sync");
    let path = folder.join("words.redb");
    let [ours, _] = stored(words);
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
