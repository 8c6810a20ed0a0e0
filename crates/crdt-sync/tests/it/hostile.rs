//! Neighbours that break the protocol: a typed refusal, and nothing else changes.

use core::convert::Infallible;

use crdt_core::codec::{Encode, Writer};
use crdt_core::{AgentId, Classify, ErrorKind};
use crdt_maps::{GSet, OrSet};
use crdt_sync::{
    Batch, Event, LinkError, LinkId, LoadError, MemoryStorage, Node, ReceiveError, Refusal, Storage,
};
use crdt_testkit::Rng;

use crate::net::{Frame, Net, config, doc};

type Words = GSet<String>;

fn insert(net: &mut Net<Words>, node: usize, word: &str) {
    let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word.to_string()));
    net.nodes[node].edit(doc(), edit).unwrap();
}

/// All frames that node 1 receives in a conversation with node 0.
fn conversation() -> Vec<Frame> {
    let mut config = config();
    config.inline_summary_bytes = 10;
    let mut net = Net::<Words>::new(2, &config);
    insert(&mut net, 0, "ours");
    insert(&mut net, 1, "theirs");
    net.connect(0, 1);
    let mut frames = net.settle();
    insert(&mut net, 0, "more");
    frames.extend(net.settle());
    frames.retain(|frame| frame.to == 1);
    frames
}

#[test]
fn damaged_frames_never_panic_and_change_no_other_link() {
    let frames = conversation();
    let mut rng = Rng::new(7);
    for round in 0..2_000 {
        let mut net = Net::<Words>::new(3, &config());
        insert(&mut net, 2, "kept");
        net.connect(1, 2);
        net.settle();
        let link = LinkId(900);
        net.nodes[1].connect(link).unwrap();
        for frame in &frames {
            let mut bytes = frame.bytes.clone();
            match rng.below(4) {
                0 => bytes.truncate(rng.below(bytes.len() + 1)),
                1 => {
                    let at = rng.below(bytes.len());
                    bytes[at] ^= 1 << rng.below(8);
                }
                2 => bytes.extend((0..rng.below(9)).map(|_| rng.below(256) as u8)),
                _ => {}
            }
            if net.nodes[1].receive(link, &bytes).is_err() {
                break;
            }
        }
        net.nodes[1].disconnect(link);
        insert(&mut net, 2, &format!("round {round}"));
        net.settle();
        // Whatever was taken for a delta is passed on; nothing that was there is gone.
        assert_eq!(net.state(1).to_bytes(), net.state(2).to_bytes());
        assert!(net.state(1).contains("kept") && net.state(1).contains(&format!("round {round}")));
    }
}

#[test]
fn an_ack_beyond_the_outbox_cuts_the_link() {
    let mut net = Net::<Words>::new(2, &config());
    let link = net.connect(0, 1);
    net.settle();
    let ack = [4, 0, 77];
    let error = net.nodes[0].receive(link, &ack).unwrap_err();
    assert!(matches!(
        error,
        ReceiveError::Link(LinkError::AckBeyondOutbox { acked: 77, next: 0 })
    ));
    assert!(matches!(
        net.nodes[0].receive(link, &ack),
        Err(ReceiveError::Link(LinkError::Unknown { .. }))
    ));
}

#[test]
fn a_frame_beyond_the_limit_cuts_the_link() {
    let mut config = config();
    config.max_frame_bytes = 300;
    let mut net = Net::<Words>::new(2, &config);
    let link = net.connect(0, 1);
    net.settle();
    let error = net.nodes[0].receive(link, &[0; 301]).unwrap_err();
    assert!(matches!(
        error,
        ReceiveError::Link(LinkError::FrameTooLarge {
            n_bytes: 301,
            max: 300
        })
    ));
}

#[test]
fn a_delta_that_does_not_decode_closes_its_document_on_that_link_only() {
    let mut net = Net::<Words>::new(3, &config());
    let link = net.connect(0, 1);
    net.connect(0, 2);
    insert(&mut net, 1, "word");
    net.settle();
    net.nodes[0].take_events();
    let before = net.state(0).to_bytes();
    // From place 1 to place 2 of the neighbour's outbox, one delta of two bytes that is none.
    let from_1_to_2 = [16 | 1, 0, 1, 2, 2, 9, 9];
    net.nodes[0].receive(link, &from_1_to_2).unwrap();
    net.settle();
    let refused = |event: &Event<Words>| {
        matches!(event, Event::Refused(refused)
            if refused.by_us && refused.link == link && refused.refusal == Refusal::Malformed)
    };
    assert!(net.nodes[0].take_events().iter().any(refused));
    assert_eq!(net.state(0).to_bytes(), before);
    insert(&mut net, 2, "another");
    net.settle();
    assert!(net.state(0).contains("another"));
    assert!(!net.state(1).contains("another"));
}

#[test]
fn an_unknown_document_is_refused_where_none_are_accepted() {
    let mut net = Net::<Words>::new(2, &crdt_sync::Config::default());
    let other = crdt_sync::DocId::from_name("other");
    net.nodes[0].add_document(other).unwrap();
    let link = net.connect(0, 1);
    net.nodes[0].share(link, other).unwrap();
    insert(&mut net, 0, "word");
    net.settle();
    let events = net.nodes[0].take_events();
    let refused = |event: &Event<Words>| {
        matches!(event, Event::Refused(refused)
            if !refused.by_us && refused.doc == other && refused.refusal == Refusal::UnknownDocument)
    };
    assert!(events.iter().any(refused), "{events:?}");
    net.assert_equal();
}

/// A stored value with its checksum, as a node writes it under this key.
pub(crate) fn sealed(key: &[u8], value: &[u8]) -> Vec<u8> {
    let checksum = crc32fast::hash(&[key, value].concat());
    [value, &checksum.to_le_bytes()].concat()
}

/// A storage in which a document has these values: after the name of the document in the key, and the value.
fn damaged(values: &[(&[u8], &[u8])]) -> MemoryStorage {
    let mut storage = MemoryStorage::new();
    let mut batch = Batch::new();
    for (key, value) in values {
        let key = [&[1], &doc().to_bytes()[..], key].concat();
        let value = sealed(&key, value);
        batch.put(key, value);
    }
    storage.commit(&batch).unwrap();
    storage
}

fn refused(storage: MemoryStorage) -> LoadError<Infallible> {
    let mut node = Node::<OrSet<String>, _>::open(storage, config(), [1; 24]).unwrap();
    let error = node.add_document(doc()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    error
}

/// A damaged number in a stored delta claimed so many dots that the process was killed: what a node has stored
/// itself was read without a limit. Now it may be as dense as anything that is written, and no denser.
#[test]
fn a_stored_claim_of_all_dots_there_are_is_an_error() {
    // One agent, `b`; nothing silent, nothing removed; one word, `k`, under a live range of many dots.
    let claim = |n_more: u64| {
        let mut w = Writer::new();
        w.bool(false);
        w.u64(1);
        w.str("b");
        w.u8(0b1010_0100);
        w.str("k");
        w.i64(0);
        w.u64(n_more);
        w.into_bytes()
    };
    let entry = [1, 0, 0, 0, 0, 0, 0, 0, 0];
    let fine = damaged(&[(&entry, &claim(7))]);
    let mut node = Node::<OrSet<String>, _>::open(fine, config(), [1; 24]).unwrap();
    assert!(
        !node.add_document(doc()).unwrap(),
        "the claim is well-formed"
    );
    for n_more in [1 << 50, crdt_core::MAX_SEQ - 1] {
        let error = refused(damaged(&[(&entry, &claim(n_more))]));
        assert!(
            matches!(error, LoadError::Value(cause) if cause.is_budget_exceeded()),
            "{error:?}"
        );
    }
}

/// A snapshot that counted to the end of all numbers: the next edit overflowed.
#[test]
fn a_stored_number_that_nobody_counted_to_is_an_error() {
    let mut snapshot = Writer::new();
    snapshot.u64(u64::MAX);
    OrSet::<String>::new().encode(&mut snapshot);
    let entry = [&[1][..], &u64::MAX.to_be_bytes()].concat();
    let mut delta = Writer::new();
    delta.bool(false);
    delta.raw(&[0, 0]);
    for values in [
        &[(&[0][..], snapshot.as_bytes())][..],
        &[(&[0], snapshot.as_bytes()), (&entry, delta.as_bytes())],
    ] {
        let error = refused(damaged(values));
        assert!(
            matches!(error, LoadError::Gap { seq: u64::MAX }),
            "{error:?}"
        );
    }
}

/// Each delta of a frame had the whole budget: a hundred of ten bytes took gigabytes.
#[test]
fn many_deltas_of_one_frame_share_one_budget() {
    // A range of live dots is read one by one.
    let b = AgentId::new("b").unwrap();
    let words = core::iter::repeat_n("again".to_owned(), 400);
    let claim = OrSet::new()
        .add_all_with_delta(&b, words)
        .unwrap()
        .to_bytes();
    assert!(claim.len() < 30, "few bytes");
    for (n_claims, is_refused) in [(1, false), (3, true)] {
        let mut limited = config();
        limited.decode = limited.decode.with_max_items(1_000);
        let mut net = Net::<OrSet<String>>::new(2, &limited);
        let link = net.connect(0, 1);
        net.settle();
        net.nodes[0].take_events();
        let mut frame = Writer::new();
        frame.raw(&[16, 0, 1]);
        for _ in 0..n_claims {
            frame.bytes(&claim);
        }
        net.nodes[0].receive(link, frame.as_bytes()).unwrap();
        // What it answers to a frame that node 1 never sent is no matter.
        net.commit(0);
        let refused = |event: &Event<_>| matches!(event, Event::Refused(refused) if refused.refusal == Refusal::Malformed);
        let events = net.nodes[0].take_events();
        assert_eq!(events.iter().any(refused), is_refused, "{events:?}");
    }
}

/// Documents that neighbours made up stayed in memory for ever.
#[test]
fn documents_that_were_only_opened_go_with_the_link() {
    let mut net = Net::<Words>::new(2, &config());
    let link = net.connect(0, 1);
    for n in 0..100 {
        let made_up = crdt_sync::DocId::from_name(&format!("made up {n}"));
        net.nodes[1].add_document(made_up).unwrap();
        net.nodes[1].share(link, made_up).unwrap();
    }
    net.settle();
    assert_eq!(net.nodes[0].documents().count(), 101);
    net.disconnect(link);
    assert_eq!(
        net.nodes[0].documents().count(),
        1,
        "the application's own stays"
    );
    assert_eq!(net.nodes[1].documents().count(), 101);
}
