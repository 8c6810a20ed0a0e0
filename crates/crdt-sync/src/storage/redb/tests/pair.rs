//! Two nodes that work together: one on the medium under test, one in memory that remembers all it saw.

use alloc::collections::BTreeSet;

use crdt_core::AgentId;
use crdt_core::codec::Encode as _;
use crdt_maps::OrSet;

use super::disk::Disk;
use crate::{Config, DocId, LinkId, MemoryStorage, Node, RedbError, RedbStorage};

const N_STEPS: u32 = 10;

/// What is edited: an element for each edit.
type Elements = OrSet<u32>;

pub(super) struct Pair {
    ours: Node<Elements, RedbStorage>,
    theirs: Node<Elements, MemoryStorage>,
    link: LinkId,
    now: u64,
    /// How many steps were done.
    step: u32,
    /// What ours held when it last handed out frames.
    promised: BTreeSet<u32>,
}

impl Pair {
    /// Opens both; `None` if the medium refuses.
    pub(super) fn open(disk: &Disk) -> Option<Self> {
        let storage = disk.storage().ok()?;
        let mut pair = Self {
            ours: Node::open(storage, config(), [1; 24]).ok()?,
            theirs: Node::open(MemoryStorage::new(), config(), [2; 24]).expect("memory opens"),
            link: LinkId(0),
            now: 0,
            step: 0,
            promised: BTreeSet::new(),
        };
        pair.ours.add_document(doc()).ok()?;
        pair.theirs.add_document(doc()).expect("memory is readable");
        pair.connect();
        Some(pair)
    }

    /// Edits on both sides and exchanges, until the medium refuses or all is done.
    pub(super) fn work(&mut self) -> Result<(), RedbError> {
        while self.step < N_STEPS {
            self.step += 1;
            insert(&mut self.ours, "ours", self.step);
            insert(&mut self.theirs, "theirs", 1_000 + self.step);
            self.exchange(3)?;
        }
        Ok(())
    }

    /// Goes on working when a commit failed.
    pub(super) fn work_on(&mut self, case: &str) {
        for _ in 0..3 {
            if self.work().is_ok() {
                return;
            }
        }
        panic!("{case}: one call failed, and three commits");
    }

    /// Starts ours again on what is found on `disk`.
    pub(super) fn restart(&mut self, disk: &Disk, case: &str) {
        let storage = disk.storage();
        let storage = storage.unwrap_or_else(|error| panic!("{case}: {error:?}"));
        self.ours = Node::open(storage, config(), [3; 24]).expect("a store that was a node");
        self.ours.add_document(doc()).expect("it loads");
        let found = elements(&self.ours);
        let lost: BTreeSet<_> = self.promised.difference(&found).collect();
        assert!(lost.is_empty(), "{case}: {lost:?} was told and lost");
        self.theirs.disconnect(self.link);
        self.link = LinkId(self.link.0 + 1);
        self.connect();
    }

    /// Edits once more, in the name of the same agent, exchanges until nothing is left to say: both
    /// are equal and hold all that either ever promised.
    pub(super) fn meet_again(&mut self, case: &str) {
        let before = &elements(&self.ours) | &elements(&self.theirs);
        insert(&mut self.ours, "ours", 500);
        insert(&mut self.theirs, "theirs", 1_500);
        // Twice the longest wait, so that what got lost with the process is sent again.
        for _ in 0..4 {
            self.now += 2_000;
            self.exchange(8)
                .unwrap_or_else(|error| panic!("{case}: {error:?}"));
        }
        let (ours, theirs) = (elements(&self.ours), elements(&self.theirs));
        assert_eq!(ours, theirs, "{case}: both hold the same");
        assert_eq!(
            bytes(&self.ours),
            bytes(&self.theirs),
            "{case}: in the same bytes"
        );
        let expected = &before | &BTreeSet::from([500, 1_500]);
        assert_eq!(ours, expected, "{case}: nothing is lost, nothing invented");
    }

    fn connect(&mut self) {
        self.ours.connect(self.link).expect("a new link");
        self.theirs.connect(self.link).expect("a new link");
        self.ours
            .share(self.link, doc())
            .expect("a link that stands");
    }

    fn exchange(&mut self, n_rounds: usize) -> Result<(), RedbError> {
        for _ in 0..n_rounds {
            let frames = self.ours.commit(self.now)?;
            self.promised = elements(&self.ours);
            for frame in frames {
                let taken = self.theirs.receive(frame.link, &frame.to_bytes());
                taken.expect("a frame of a node");
            }
            let Ok(frames) = self.theirs.commit(self.now);
            for frame in frames {
                let taken = self.ours.receive(frame.link, &frame.to_bytes());
                taken.expect("a frame of a node");
            }
        }
        Ok(())
    }
}

/// Small limits, so that a few edits meet snapshots and outboxes that were cut.
fn config() -> Config {
    Config {
        accepts_documents: true,
        compact_bytes: 64,
        retained_bytes: 64,
        max_retry_ms: 1_000,
        ..Config::default()
    }
}

fn doc() -> DocId {
    DocId::from_name("elements")
}

fn insert<S: crate::Storage>(node: &mut Node<Elements, S>, agent: &str, element: u32) {
    let agent = AgentId::new(agent).expect("a short name");
    let edited = node.edit(doc(), |set| set.add_with_delta(&agent, element));
    edited.expect("an agent with room for one more dot");
}

fn elements<S: crate::Storage>(node: &Node<Elements, S>) -> BTreeSet<u32> {
    let set = node.document(doc()).expect("the document was added");
    set.iter().copied().collect()
}

fn bytes<S: crate::Storage>(node: &Node<Elements, S>) -> alloc::vec::Vec<u8> {
    node.document(doc())
        .expect("the document was added")
        .to_bytes()
}
