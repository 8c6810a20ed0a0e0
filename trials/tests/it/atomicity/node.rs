//! A node on a storage that fails.

use crdt_core::NextSeqError;
use crdt_core::codec::Encode;
use crdt_maps::OrSet;
use crdt_sync::conformance::{Fault, FaultyStorage};
use crdt_sync::{Config, DocId, LinkId, Node};
use crdt_testkit::Rng;

use super::{agent, done, walk};

type Host = Node<OrSet<u8>, FaultyStorage>;

fn host(disk: FaultyStorage) -> Host {
    let mut node = Host::open(disk, Config::default(), [1; 24]).expect("an empty storage");
    let held = DocId::from_name("held");
    node.add_document(held).expect("a new document");
    node.connect(LinkId(0)).expect("a new link");
    node.share(LinkId(0), held).expect("it stands");
    node.edit(held, |set| set.add_with_delta(&agent("alice"), 1))
        .expect("an edit");
    node
}

/// What can be seen of a node but for its links: a bad frame cuts the one that it came on.
fn seen_host(node: &Host) -> (Option<Vec<u8>>, Option<usize>, bool) {
    let held = DocId::from_name("held");
    (
        node.document(held).map(Encode::to_bytes),
        node.outbox_bytes(held),
        node.document(DocId::from_name("absent")).is_some(),
    )
}

#[test]
fn node_calls_that_fail_change_nothing() {
    let disk = |rng: &mut Rng| {
        let disk = FaultyStorage::new(rng.next_u64());
        let node = host(disk.clone());
        if rng.chance(50) {
            disk.fail_next(Fault::BeforeWriting);
        } else {
            disk.fail_next(Fault::AfterWriting);
        }
        node
    };
    walk::<Host, _>(
        disk,
        seen_host,
        &[
            ("Node::edit", |node, rng| {
                let doc = DocId::from_name(["held", "absent"][rng.below(2)]);
                let fails = rng.chance(50);
                done(node.edit(doc, |set| {
                    if fails {
                        return Err(NextSeqError::Exhausted);
                    }
                    set.add_with_delta(&agent("alice"), 2)
                }))
            }),
            ("Node::connect", |node, rng| {
                done(node.connect(LinkId(rng.below(2) as u64)))
            }),
            ("Node::share", |node, rng| {
                done(node.share(LinkId(rng.below(2) as u64), DocId::from_name("held")))
            }),
            ("Node::receive", |node, rng| {
                let frame: Vec<u8> = (0..rng.below(40)).map(|_| rng.next_u64() as u8).collect();
                done(node.receive(LinkId(rng.below(2) as u64), &frame))
            }),
            ("Node::commit", |node, _| done(node.commit(1))),
        ],
    );
}
