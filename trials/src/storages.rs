//! Storages that fail at every write there is, crash, and hold what nobody wrote.
//!
//! **Input.** The first byte decides between the two halves of this: steps of a node whose medium fails, a
//! byte each; or values that are put among those of a node before it opens, as pieces. Their checksums are made
//! true on the way in, so that garbage behind a valid checksum is looked at.

use core::ops::ControlFlow;

use crdt_core::AgentId;
use crdt_core::codec::Encode;
use crdt_maps::OrSet;
use crdt_sync::conformance::{Fault, FaultyStorage};
use crdt_sync::{Batch, Config, DocId, LinkId, MemoryStorage, Node, Storage};

use crate::input::{choice, joined, piece};

type Doc = OrSet<u16>;

/// Plays the steps, or reads the values, that `bytes` stand for.
///
/// # Panics
/// If a promise is broken.
pub fn run(bytes: &[u8]) {
    let (half, rest) = choice(bytes);
    if half % 2 == 0 {
        failing(rest);
    } else {
        foreign(rest);
    }
}

/// Failures of both kinds at each place of a short life, and values that nodes wrote.
pub fn seeds() -> Vec<Vec<u8>> {
    let life = [0, 2, 0, 2, 3, 0, 2, 5, 0, 2];
    let mut seeds: Vec<Vec<u8>> = (0..life.len())
        .flat_map(|at| {
            [0x10, 0x11].map(|fault| [&[0], &life[..at], &[fault], &life[at..]].concat())
        })
        .collect();
    for (key, value) in entries(&written()) {
        // Past the name of the document, if there is one.
        let kind = key.get(17..).unwrap_or_default();
        let value = &value[..value.len() - CHECKSUM_BYTES];
        let changed = [&[1][..], &joined(kind, &joined(value, &[]))].concat();
        seeds.push(changed);
    }
    seeds
}

/// A node that edits and talks to a neighbour while its medium fails.
///
/// What a neighbour was told of is never lost; what failed is tried again and comes through.
fn failing(steps: &[u8]) {
    let disk = FaultyStorage::new(7);
    let mut life = Life {
        node: open(disk.clone(), 1),
        neighbour: open(MemoryStorage::new(), 2),
        disk,
        link: LinkId(0),
        openings: 2,
        now: 0,
        n_words: 0,
    };
    life.meet();
    for step in steps.iter().take(64) {
        life.step(*step);
    }
    life.settle();
    let held = held(&life.node);
    assert_eq!(held, self::held(&life.neighbour), "replicas agree");
    life.crash();
    assert_eq!(self::held(&life.node), held, "what was committed is there");
}

struct Life {
    node: Node<Doc, FaultyStorage>,
    neighbour: Node<Doc, MemoryStorage>,
    disk: FaultyStorage,
    link: LinkId,
    openings: u8,
    now: u64,
    n_words: u16,
}

impl Life {
    fn step(&mut self, step: u8) {
        match step {
            0x10 => self.disk.fail_next(Fault::BeforeWriting),
            0x11 => self.disk.fail_next(Fault::AfterWriting),
            0x12..=0x1f => {
                let after = usize::from(step & 7);
                self.disk.fail_after(after, Fault::AfterWriting);
            }
            _ => match step % 8 {
                0 | 1 => self.write(),
                2 | 3 => self.exchange(),
                4 => self.disk.set_full(true),
                5 => self.crash(),
                6 => self.disk.set_full(false),
                _ => {
                    self.node.disconnect(self.link);
                    self.neighbour.disconnect(self.link);
                    self.meet();
                }
            },
        }
    }

    fn write(&mut self) {
        self.n_words += 1;
        let word = self.n_words;
        // A process takes a new name, or it would write over what a crash took.
        let agent = AgentId::new(&format!("opening {}", self.openings)).expect("a short name");
        let edit = |set: &mut Doc| set.add_with_delta(&agent, word);
        self.node.edit(doc(), edit).expect("an edit");
    }

    fn exchange(&mut self) {
        self.now += 1_000;
        // What is not durable is told to nobody.
        let frames = self.node.commit(self.now).unwrap_or_default();
        for frame in frames {
            let taken = self.neighbour.receive(self.link, &frame.to_bytes());
            taken.expect("a node keeps to the protocol");
        }
        let Ok(answers) = self.neighbour.commit(self.now);
        for frame in answers {
            let taken = self.node.receive(self.link, &frame.to_bytes());
            taken.expect("a node keeps to the protocol");
        }
    }

    /// Ends the process and starts it again on what the medium has; it keeps its word.
    fn crash(&mut self) {
        let told = self.neighbour.document(doc()).cloned().unwrap_or_default();
        self.disk = self.disk.crash(0);
        self.openings += 1;
        self.node = open(self.disk.clone(), self.openings);
        let known = self.node.document(doc()).cloned().unwrap_or_default();
        for word in told.iter() {
            assert!(known.contains(word), "{word} was told, and is lost");
        }
        self.neighbour.disconnect(self.link);
        self.meet();
    }

    fn meet(&mut self) {
        self.link = LinkId(self.link.0 + 1);
        self.node.connect(self.link).expect("a new link");
        self.neighbour.connect(self.link).expect("a new link");
        self.node.share(self.link, doc()).expect("it stands");
        self.neighbour.share(self.link, doc()).expect("it stands");
    }

    fn settle(&mut self) {
        self.disk.set_full(false);
        // Failures that are still planned come first.
        for _ in 0..256 {
            self.exchange();
        }
        self.node.disconnect(self.link);
        self.neighbour.disconnect(self.link);
        self.meet();
        for _ in 0..16 {
            self.exchange();
        }
    }
}

/// A storage in which somebody else has written.
fn foreign(mut bytes: &[u8]) {
    let mut storage = written();
    let mut batch = Batch::new();
    while !bytes.is_empty() {
        let (kind, rest) = piece(bytes);
        let (value, rest) = piece(rest);
        bytes = rest;
        let key = if kind.is_empty() {
            vec![0]
        } else {
            [&[1], &doc().to_bytes()[..], kind].concat()
        };
        let checksum = crc32fast::hash(&[&key, value].concat());
        batch.put(key, [value, &checksum.to_le_bytes()].concat());
    }
    let Ok(()) = storage.commit(&batch);
    let before = entries(&storage);
    let Ok(mut node) = Node::<Doc, _>::open(storage.clone(), Config::default(), [5; 24]) else {
        return;
    };
    if node.add_document(doc()).is_err() {
        assert_eq!(entries(node.storage_mut()), before, "nothing was changed");
        return;
    }
    let agent = AgentId::new("after").expect("a short name");
    let edit = |set: &mut Doc| set.add_with_delta(&agent, 999);
    if node.edit(doc(), edit).is_ok() {
        let Ok(_) = node.commit(0);
        let held = held(&node);
        let mut again = open_plain(node.into_storage());
        again.add_document(doc()).expect("what was stored is read");
        assert_eq!(self::held(&again), held, "stored and read back");
    }
}

/// What a node wrote in a short life.
fn written() -> MemoryStorage {
    let mut config = Config::default();
    config.compact_bytes = 24;
    let mut node = Node::<Doc, _>::open(MemoryStorage::new(), config, [3; 24]).expect("empty");
    node.add_document(doc()).expect("a new document");
    let agent = AgentId::new("before").expect("a short name");
    for n in 0..5 {
        let edit = |set: &mut Doc| set.add_with_delta(&agent, n);
        node.edit(doc(), edit).expect("an edit");
        let Ok(_) = node.commit(0);
    }
    node.into_storage()
}

fn open<S: Storage>(storage: S, n: u8) -> Node<Doc, S> {
    let mut config = Config::default();
    config.accepts_documents = true;
    config.compact_bytes = 64;
    let mut node = Node::open(storage, config, [n; 24]).expect("it can be read");
    node.add_document(doc()).expect("it can be read");
    node
}

fn open_plain(storage: MemoryStorage) -> Node<Doc, MemoryStorage> {
    Node::open(storage, Config::default(), [6; 24]).expect("its own storage")
}

fn entries(storage: &MemoryStorage) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    let Ok(()) = storage.scan(&[], &mut |key, value| {
        entries.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    });
    entries
}

fn doc() -> DocId {
    DocId::from_name("doc")
}

fn held<S: Storage>(node: &Node<Doc, S>) -> Vec<u8> {
    node.document(doc())
        .map(Encode::to_bytes)
        .unwrap_or_default()
}

/// What ends every stored value.
const CHECKSUM_BYTES: usize = 4;
