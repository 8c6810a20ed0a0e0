//! A relay that cannot read what it carries.

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{AgentId, Classify, DeltaState, Dot, DotContext, ErrorKind, Lattice, Summarize};
use crdt_maps::{OrSet, OrSetDelta};
use crdt_sync::{EarlyPieces, Event, LinkId, Piece, Sealed, SealedError};
use crdt_testkit::Rng;
use crdt_text::TextDoc;

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

/// What the relay holds is replaced by what a client made of it: a newcomer is sent that.
#[test]
fn a_newcomer_is_sent_the_snapshot_in_place_of_the_log() {
    let mut net = Net::<Sealed>::new(4, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    net.settle();
    let (mut alice, mut bob) = (Words::new(), Words::new());
    for n in 0..300 {
        add(&mut net, 1, &mut alice, &format!("word-{}", n % 10));
        net.settle();
    }
    open(&mut net, 2, &mut bob);
    // Bob makes it of all that he opened; alice adds a piece that he does not know.
    add(&mut net, 1, &mut alice, "meanwhile");
    let covered = net.state(2).summary();
    let whole = bob.delta_since(&Words::new().summary()).unwrap();
    let agent = AgentId::new("agent-2").unwrap();
    let snapshot = |sealed: &mut Sealed| {
        sealed.snapshot_with_delta(&agent, &covered, &seal(&whole.to_bytes()))
    };
    net.nodes[2].edit(doc(), snapshot).unwrap();
    net.settle();
    assert_eq!(
        net.state(0).pieces().count(),
        2,
        "the snapshot, and what came meanwhile"
    );
    open(&mut net, 1, &mut alice);
    // The relay forgets the log: it has nothing else for a newcomer.
    net.disconnect(LinkId(0));
    net.disconnect(LinkId(1));
    net.restart(0, &forgetful());
    net.connect(0, 3);
    let frames = net.settle();
    let n_bytes: usize = frames.iter().map(|frame| frame.bytes.len()).sum();
    let snapshot_bytes = whole.to_bytes().len();
    assert!(
        n_bytes < 2 * snapshot_bytes + 1_000,
        "{n_bytes} bytes for {snapshot_bytes}"
    );
    let mut carol = Words::new();
    open(&mut net, 3, &mut carol);
    assert_eq!(carol, alice);
    // Who was away with a piece of its own keeps it, and takes the snapshot.
    net.connect(0, 1);
    add(&mut net, 1, &mut alice, "later");
    net.settle();
    open(&mut net, 3, &mut carol);
    assert_eq!(carol, alice);
}

fn forgetful() -> crdt_sync::Config {
    let mut config = config();
    config.retained_bytes = 0;
    config.soft_bytes = 10;
    config.hard_bytes = 10;
    config
}

/// Snapshots, pieces and differences in every order: replicas that know the same hold the same.
#[test]
fn snapshots_commute_with_pieces_and_with_each_other() {
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let mut replicas = vec![Sealed::new(); 3];
        let mut deltas: Vec<Sealed> = Vec::new();
        for step in 0..30_u8 {
            let at = rng.below(3);
            let agent = AgentId::new(&format!("agent-{at}")).unwrap();
            let replica = &mut replicas[at];
            match rng.below(4) {
                0 => {
                    let covered = replica.summary();
                    deltas.push(
                        replica
                            .snapshot_with_delta(&agent, &covered, &[step])
                            .unwrap(),
                    );
                }
                1 | 2 => deltas.push(replica.append_with_delta(&agent, &[step]).unwrap()),
                _ => {
                    let other = replicas[rng.below(3)].clone();
                    let lacks = other.delta_since(&replicas[at].summary()).unwrap();
                    let parts = Sealed::split_delta(lacks, rng.between(1, 4));
                    for part in parts {
                        replicas[at].apply_delta(&part).unwrap();
                    }
                }
            }
        }
        rng.shuffle(&mut deltas);
        let mut by_deltas = Sealed::new();
        for delta in &deltas {
            by_deltas.join(delta);
        }
        let mut all = Sealed::new();
        for replica in &replicas {
            all.join(replica);
            assert!(replica.leq(&all));
            let bytes = replica.to_bytes();
            let read = Sealed::from_bytes(&bytes, &DecodeLimits::default());
            assert_eq!(read.as_ref(), Ok(replica), "seed {seed}");
        }
        assert_eq!(all, by_deltas, "seed {seed}");
        assert_eq!(all.summary(), by_deltas.summary());
        for replica in &mut replicas {
            let lacks = all.delta_since(&replica.summary()).unwrap();
            replica.apply_delta(&lacks).unwrap();
            assert_eq!(*replica, all, "seed {seed}");
        }
    }
}

#[test]
fn a_snapshot_that_forgets_another_is_refused() {
    let alice = AgentId::new("alice").unwrap();
    let mut relay = Sealed::new();
    relay.append_with_delta(&alice, b"one").unwrap();
    let covered = relay.summary();
    relay.snapshot_with_delta(&alice, &covered, b"all").unwrap();
    // A liar covers the snapshot, and not the piece that is in it.
    let mut liar = Sealed::new();
    liar.append_with_delta(&alice, b"?").unwrap();
    let mallory = AgentId::new("mallory").unwrap();
    let mut other = Sealed::new();
    for _ in 0..2 {
        other.append_with_delta(&alice, b"?").unwrap();
    }
    let second: DotContext = [Dot::new(alice.clone(), 1).unwrap()].into_iter().collect();
    let forged = other
        .snapshot_with_delta(&mallory, &second, b"nothing")
        .unwrap();
    let before = relay.clone();
    assert_eq!(relay.apply_delta(&forged), Err(SealedError::Forgetful));
    assert_eq!(relay, before);
    assert_eq!(relay.check_delta(&liar), Ok(()), "it is covered");
}

/// A client types, another answers, and a third is sent both at once: by agents, the answer first.
#[test]
fn pieces_of_a_text_that_come_together_are_applied_in_their_order() {
    let mut net = Net::<Sealed>::new(4, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    net.settle();
    let mut texts = [TextDoc::new(), TextDoc::new(), TextDoc::new()];
    let mut early = [EarlyPieces::new(), EarlyPieces::new(), EarlyPieces::new()];
    for (client, agent, words) in [(1, "zoe", "hello"), (2, "bob", ", you"), (1, "zoe", " too")] {
        let text = &mut texts[client - 1];
        let writer = text.get_or_create_agent_id(agent).unwrap();
        let end = text.len_chars();
        let (inserted, update) = text.edit_with_delta(|text| text.insert(writer, end, words));
        inserted.unwrap();
        let agent = AgentId::new(agent).unwrap();
        let piece = seal(&update.encode());
        let edit = |sealed: &mut Sealed| sealed.append_with_delta(&agent, &piece);
        net.nodes[client].edit(doc(), edit).unwrap();
        net.settle();
        read(&mut net, 1, &mut texts[0], &mut early[0]);
        read(&mut net, 2, &mut texts[1], &mut early[1]);
    }
    // The third comes last, and is sent everything as one difference.
    net.connect(0, 3);
    net.settle();
    read(&mut net, 3, &mut texts[2], &mut early[2]);
    for text in &texts {
        assert_eq!(text.content(), "hello, you too");
    }
    assert!(early.iter().all(EarlyPieces::is_empty));
}

fn read(net: &mut Net<Sealed>, client: usize, text: &mut TextDoc, early: &mut EarlyPieces) {
    for event in net.nodes[client].take_events() {
        let Event::Changed { deltas, .. } = event else {
            continue;
        };
        for delta in &deltas {
            let apply = |piece: Piece<'_>| text.apply_update(&seal(piece.bytes)).map(drop);
            early.apply(delta, apply).unwrap();
        }
    }
}

#[test]
fn a_piece_that_is_refused_for_good_is_dropped_and_the_others_are_not() {
    let (alice, bob) = (AgentId::new("alice").unwrap(), AgentId::new("bob").unwrap());
    let mut sealed = Sealed::new();
    sealed.append_with_delta(&alice, b"no text").unwrap();
    let mut text = TextDoc::new();
    let writer = text.get_or_create_agent_id("bob").unwrap();
    let (inserted, update) = text.edit_with_delta(|text| text.insert(writer, 0, "text"));
    inserted.unwrap();
    sealed.append_with_delta(&bob, &update.encode()).unwrap();
    let (mut early, mut there) = (EarlyPieces::new(), TextDoc::new());
    let error = early.apply(&sealed, |piece| there.apply_update(piece.bytes).map(drop));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Malformed);
    assert_eq!(there.content(), "text");
    assert!(early.is_empty());
}
