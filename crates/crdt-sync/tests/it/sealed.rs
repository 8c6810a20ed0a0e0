//! A relay that cannot read what it carries.

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{AgentId, DeltaState};
use crdt_maps::{OrSet, OrSetDelta};
use crdt_sync::{Event, LinkId, Sealed};

use crate::net::{Net, config, doc};

type Words = OrSet<String>;

/// Stands for a cipher.
fn seal(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ 0x5a).collect()
}

/// Adds a word to the readable side of a client, and a sealed piece to what travels.
fn add(net: &mut Net<Sealed>, client: usize, words: &mut Words, word: &str) {
    let agent = AgentId::new(&format!("agent-{client}")).unwrap();
    let delta = words.add_with_delta(&agent, word.to_string()).unwrap();
    let edit = |sealed: &mut Sealed| sealed.append_with_delta(&agent, &seal(&delta.to_bytes()));
    net.nodes[client].edit(doc(), edit).unwrap();
}

/// Applies what a client was sent.
fn open(net: &mut Net<Sealed>, client: usize, words: &mut Words) {
    for event in net.nodes[client].take_events() {
        let Event::Changed { deltas, .. } = event else {
            continue;
        };
        for piece in deltas.iter().flat_map(Sealed::pieces) {
            let delta =
                OrSetDelta::from_bytes(&seal(piece.bytes), &DecodeLimits::default()).unwrap();
            words.apply_delta(&delta).unwrap();
        }
    }
}

#[test]
fn clients_converge_through_a_relay_that_reads_nothing() {
    let mut net = Net::<Sealed>::new(3, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    let (mut alice, mut bob) = (Words::new(), Words::new());
    add(&mut net, 1, &mut alice, "tea");
    add(&mut net, 2, &mut bob, "mate");
    net.settle();
    for word in ["cocoa", "coffee"] {
        add(&mut net, 1, &mut alice, word);
        net.settle();
    }
    // The relay is restarted: what it stored is sealed too.
    net.disconnect(LinkId(0));
    net.disconnect(LinkId(1));
    net.restart(0, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    add(&mut net, 2, &mut bob, "milk");
    let frames = net.settle();
    open(&mut net, 1, &mut alice);
    open(&mut net, 2, &mut bob);
    assert_eq!(alice, bob);
    assert_eq!(alice.len(), 5);
    net.assert_equal();
    let shows = |bytes: &[u8]| bytes.windows(4).any(|part| part == b"milk");
    assert!(!frames.iter().any(|frame| shows(&frame.bytes)));
}

#[test]
fn sealed_documents_have_one_encoding() {
    let alice = AgentId::new("alice").unwrap();
    let bob = AgentId::new("bob").unwrap();
    let mut sealed = Sealed::new();
    let first = sealed.append_with_delta(&bob, b"one").unwrap();
    let second = sealed.append_with_delta(&bob, b"two").unwrap();
    sealed.append_with_delta(&alice, b"").unwrap();
    for value in [&sealed, &first, &second, &Sealed::new()] {
        let bytes = value.to_bytes();
        let read = Sealed::from_bytes(&bytes, &DecodeLimits::default());
        assert_eq!(read.as_ref(), Ok(value));
        for len in 0..bytes.len() {
            assert!(Sealed::from_bytes(&bytes[..len], &DecodeLimits::default()).is_err());
        }
    }
    let mut other = Sealed::new();
    other.append_with_delta(&bob, b"another").unwrap();
    assert!(sealed.apply_delta(&other).is_err());
    assert_eq!(sealed.news_of(&first), Some(Sealed::new()));
    assert_eq!(
        first.news_of(&sealed).map(|news| news.pieces().count()),
        Some(2)
    );
}
