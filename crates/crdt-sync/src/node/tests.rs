//! A node and a neighbour that breaks no rule of the frames, and asks for too much.

use alloc::format;
use alloc::vec::Vec;

use crdt_core::codec::{Encode, Writer};
use crdt_core::{AgentId, Digest};
use crdt_maps::OrSet;

use super::Node;
use crate::frame::{Frame, Hello, Limits, Open, Told, Want};
use crate::reconcile::Session;
use crate::{Config, DocId, LinkId, MemoryStorage, StoreId};

type Numbers = OrSet<u64>;

const LINK: LinkId = LinkId(0);
const ASKER: u64 = 77;
/// The kinds of frames that answer.
const SUMMARY: u8 = 8;
const SYMBOLS: u8 = 11;

fn doc() -> DocId {
    DocId::from_name("numbers")
}

/// A node whose summary is told by symbols, and a neighbour that has opened the document.
fn asked() -> Node<Numbers, MemoryStorage> {
    let config = Config {
        inline_summary_bytes: 0,
        max_plain_summary_bytes: 100,
        ..Config::default()
    };
    let limits = Limits::of(&config);
    let mut node = Node::<Numbers, _>::open(MemoryStorage::new(), config, [1; 24]).unwrap();
    node.add_document(doc()).unwrap();
    let alice = AgentId::new("alice").unwrap();
    for number in 0..2_000 {
        edit(&mut node, |set| set.add_with_delta(&alice, number));
        if number % 3 == 0 {
            edit(&mut node, |set| set.remove_with_delta(&alice, &number));
        }
    }
    node.connect(LINK).unwrap();
    node.share(LINK, doc()).unwrap();
    let hello = Frame::Hello(Hello {
        store: StoreId::from_bytes([7; 16]),
        epoch: ASKER,
        wants_reply: true,
        limits,
    });
    let nothing = Told {
        versions: Digest::of(b"nothing"),
        states: Digest::of(b"nothing"),
        summary: None,
    };
    let open = Frame::Open(Open {
        channel: 0,
        doc: doc(),
        have: None,
        told: Some(nothing),
        wants_reply: true,
    });
    answers(&mut node, &hello);
    answers(&mut node, &open);
    node
}

fn edit<E: core::fmt::Debug>(
    node: &mut Node<Numbers, MemoryStorage>,
    edit: impl FnOnce(&mut Numbers) -> Result<crdt_maps::OrSetDelta<u64>, E>,
) {
    node.edit(doc(), edit).map_err(|_| ()).unwrap();
}

/// The kinds of the frames that are sent for one.
fn answers(node: &mut Node<Numbers, MemoryStorage>, frame: &Frame<'_>) -> Vec<u8> {
    let mut w = Writer::new();
    frame.write(ASKER, &mut w);
    node.receive(LINK, w.as_bytes()).unwrap();
    let frames = node.commit(0).unwrap();
    frames.iter().map(|frame| frame.to_bytes()[0]).collect()
}

/// What comes when symbols are wanted by a neighbour that says to know `n` events of its own.
fn answers_to_head(node: &mut Node<Numbers, MemoryStorage>, n: u64) -> Vec<u8> {
    let mut knower = Numbers::new();
    for number in 0..n {
        let agent = AgentId::new(&format!("asker-{n}")).unwrap();
        knower.add_with_delta(&agent, number).unwrap();
    }
    let mut head = crdt_core::Summarize::summary(&knower);
    head.live = crdt_core::DotContext::new();
    let head = head.to_bytes();
    let asked = node.epoch;
    let hosted = node.docs.get_mut(&doc()).unwrap();
    let versions = hosted.summary().versions;
    let session = Session::new(versions, Some(&head), ASKER, asked);
    let want = Frame::Want(Want {
        channel: 0,
        versions,
        session: session.id,
        start: 0,
        end: 64,
        known: Some(&head),
    });
    answers(node, &want)
}

/// A sketch looks at every live dot: who names another head each time gets four, then the plain summary.
#[test]
fn of_one_offer_at_most_four_sketches_are_made() {
    let mut node = asked();
    let ask = Frame::Ask {
        channel: 0,
        whole: false,
    };
    assert!(!answers(&mut node, &ask).contains(&SUMMARY));
    for n in 1..=4 {
        let kinds = answers_to_head(&mut node, n);
        assert!(
            kinds.contains(&SYMBOLS) && !kinds.contains(&SUMMARY),
            "{n}: {kinds:?}"
        );
        // The same head again is the same sketch.
        assert!(answers_to_head(&mut node, n).contains(&SYMBOLS));
    }
    for n in 5..=8 {
        let kinds = answers_to_head(&mut node, n);
        assert!(!kinds.contains(&SYMBOLS), "{n}: {kinds:?}");
    }
    // Asking again for what is offered already does not begin the count anew.
    answers(&mut node, &ask);
    let kinds = answers_to_head(&mut node, 9);
    assert!(!kinds.contains(&SYMBOLS), "{kinds:?}");
}
