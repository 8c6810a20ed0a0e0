//! How much leaves at once, and in whose turn: one commit, one link, many documents.

use core::convert::Infallible;

use crdt_core::AgentId;
use crdt_maps::GSet;
use crdt_sync::{Config, DocId, LinkId, Node};

use crate::net::{Frame, Net, config, doc};

type Words = GSet<String>;

fn put<S: crdt_sync::Storage>(node: &mut Node<Words, S>, doc: DocId, word: String) {
    let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word));
    node.edit(doc, edit).unwrap();
}

fn n_bytes(frames: &[Frame]) -> usize {
    frames.iter().map(|frame| frame.bytes.len()).sum()
}

#[test]
fn one_commit_hands_out_no_more_than_its_limit() {
    let mut limited: Config = config();
    limited.max_commit_bytes = 30_000;
    limited.window_bytes = 5_000;
    limited.max_frame_bytes = 2_000;
    let mut configs = vec![config(); 41];
    configs[0] = limited;
    let mut net = Net::<Words>::of(&configs);
    for n in 0..1_000 {
        put(&mut net.nodes[0], doc(), format!("word-{n:06}"));
    }
    for client in 1..41 {
        net.connect(0, client);
    }
    let mut n_cut_short = 0;
    loop {
        let from_server = net.commit(0);
        assert!(n_bytes(&from_server) <= 36_000, "{}", n_bytes(&from_server));
        if net.nodes[0].next_wake() == Some(net.now) {
            n_cut_short += 1;
        }
        let from_clients: Vec<Frame> = (1..41).flat_map(|client| net.commit(client)).collect();
        if from_server.is_empty() && from_clients.is_empty() {
            break;
        }
        for frame in from_server.iter().chain(&from_clients) {
            net.deliver(frame);
        }
    }
    net.assert_equal();
    assert!(n_cut_short > 5, "{n_cut_short} commits were cut short");
    net.now += 60_000;
    assert!(net.settle().is_empty());
    assert_eq!(net.nodes[0].next_wake(), None);
}

#[test]
fn presence_that_does_not_fit_a_commit_follows_with_the_next() {
    let mut limited: Config = config();
    limited.max_commit_bytes = 3_000;
    let mut configs = vec![config(); 31];
    configs[0] = limited;
    let mut net = Net::<Words>::of(&configs);
    for client in 1..31 {
        net.connect(0, client);
    }
    net.settle();
    let alice = AgentId::new("alice").unwrap();
    let value = [7; 500];
    let told = net.nodes[0].set_presence(doc(), &alice, b"cursor", Some(&value), 10_000);
    told.unwrap();
    let frames = net.commit(0);
    assert!(n_bytes(&frames) < 4_000, "{} bytes", n_bytes(&frames));
    frames.iter().for_each(|frame| net.deliver(frame));
    net.settle();
    for client in 1..31 {
        assert_eq!(
            net.nodes[client].presence(doc()).count(),
            1,
            "client {client}"
        );
    }
}

/// A server, and a client with so many documents of a size that it lacks.
fn library(config: &Config, sizes: &[usize]) -> (Net<Words>, Vec<DocId>) {
    let mut net = Net::<Words>::new(2, config);
    let link = net.connect(0, 1);
    net.settle();
    let docs: Vec<DocId> = (0..sizes.len())
        .map(|n| DocId::from_name(&format!("doc-{n}")))
        .collect();
    for (doc, n_words) in docs.iter().zip(sizes) {
        net.nodes[0].add_document(*doc).unwrap();
        for n in 0..*n_words {
            put(&mut net.nodes[0], *doc, format!("word-{n:06}"));
        }
        net.nodes[0].share(link, *doc).unwrap();
    }
    (net, docs)
}

fn is_here(net: &Net<Words>, doc: DocId, n_words: usize) -> bool {
    net.nodes[1]
        .document(doc)
        .is_some_and(|words| words.len() == n_words)
}

#[test]
fn a_link_has_a_window_for_all_its_documents() {
    let mut config: Config = config();
    config.max_frame_bytes = 1_000;
    config.window_bytes = 4_000;
    config.link_window_bytes = 16_000;
    let (mut net, docs) = library(&config, &[1_000; 20]);
    let mut n_at_once = 0;
    loop {
        let to_client = net.commit(0);
        n_at_once = n_at_once.max(n_bytes(&to_client));
        let to_server = net.commit(1);
        if to_client.is_empty() && to_server.is_empty() {
            break;
        }
        to_client
            .iter()
            .chain(&to_server)
            .for_each(|frame| net.deliver(frame));
    }
    // Without, it were the windows of twenty documents: 80,000.
    assert!(n_at_once <= 18_000, "{n_at_once} bytes at once");
    assert!(docs.iter().all(|doc| is_here(&net, *doc, 1_000)));
}

#[test]
fn small_documents_do_not_wait_for_large_ones() {
    let mut config: Config = config();
    config.max_frame_bytes = 1_000;
    config.window_bytes = 4_000;
    config.link_window_bytes = 8_000;
    let sizes: Vec<usize> = [20_000; 4].into_iter().chain([3; 40]).collect();
    let (mut net, docs) = library(&config, &sizes);
    let mut n_rounds = 0;
    while !docs[4..].iter().all(|doc| is_here(&net, *doc, 3)) {
        n_rounds += 1;
        assert!(n_rounds < 20, "small documents wait");
        let frames: Vec<Frame> = (0..2).flat_map(|node| net.commit(node)).collect();
        frames.iter().for_each(|frame| net.deliver(frame));
    }
    assert!(!is_here(&net, docs[0], 20_000));
    // And what is edited in the meantime overtakes them, too.
    put(&mut net.nodes[0], docs[10], "news".into());
    for _ in 0..3 {
        let frames: Vec<Frame> = (0..2).flat_map(|node| net.commit(node)).collect();
        frames.iter().for_each(|frame| net.deliver(frame));
    }
    assert!(is_here(&net, docs[10], 4));
    net.settle();
    assert!(docs[..4].iter().all(|doc| is_here(&net, *doc, 20_000)));
}

/// Large documents take turns: none comes to its end while another has hardly begun.
#[test]
fn large_documents_share_a_link() {
    let mut config: Config = config();
    config.max_frame_bytes = 1_000;
    config.window_bytes = 4_000;
    config.link_window_bytes = 6_000;
    config.piece_bytes = 2_000;
    let (mut net, docs) = library(&config, &[5_000; 6]);
    let held = |net: &Net<Words>| -> Vec<usize> {
        let len = |doc: &DocId| net.nodes[1].document(*doc).map_or(0, GSet::len);
        docs.iter().map(len).collect()
    };
    while held(&net).iter().all(|len| *len < 4_000) {
        let frames: Vec<Frame> = (0..2).flat_map(|node| net.commit(node)).collect();
        assert!(!frames.is_empty(), "it stalls at {:?}", held(&net));
        frames.iter().for_each(|frame| net.deliver(frame));
    }
    let least = held(&net).into_iter().min();
    assert!(least > Some(1_000), "{:?}", held(&net));
    net.settle();
    assert!(docs.iter().all(|doc| is_here(&net, *doc, 5_000)));
}

/// What a refused document had on the way counts no more: who waited for room goes on.
#[test]
fn a_refused_document_leaves_its_turn_to_others() {
    let mut config: Config = config();
    config.max_frame_bytes = 1_000;
    config.window_bytes = 4_000;
    config.link_window_bytes = 4_000;
    for nth in 0..3 {
        let (mut net, docs) = library(&config, &[5_000; 3]);
        let refused = docs[nth];
        loop {
            let to_client = net.commit(0);
            for frame in &to_client {
                let node = &mut net.nodes[1];
                node.receive_if(frame.link, &frame.bytes, |offer| offer.doc != refused)
                    .unwrap();
            }
            let to_server = net.commit(1);
            to_server.iter().for_each(|frame| net.deliver(frame));
            if to_client.is_empty() && to_server.is_empty() {
                break;
            }
        }
        let others = docs.iter().filter(|doc| **doc != refused);
        let n_here = others.filter(|doc| is_here(&net, **doc, 5_000)).count();
        assert_eq!(n_here, 2, "document {nth} was refused");
    }
}

/// A neighbour that takes nothing is grouped for, then forgotten; what it lacks is told from the state.
#[test]
fn a_silent_neighbour_is_grouped_for_and_then_let_go() {
    let mut config: Config = config();
    config.retained_bytes = 100;
    config.soft_bytes = 2_000;
    config.hard_bytes = 20_000;
    let mut net = Net::<Words>::new(2, &config);
    let link = net.connect(0, 1);
    net.settle();
    let mut was_grouping = false;
    let mut fell = false;
    let mut before = 0;
    for n in 0..3_000 {
        put(&mut net.nodes[0], doc(), format!("word-{n:06}"));
        net.commit(0);
        let held = net.nodes[0].outbox_bytes(doc()).unwrap();
        assert!(held <= 20_000, "{held} bytes");
        was_grouping |= net.nodes[0].pressure(doc()) == Some(crdt_sync::Pressure::Grouping);
        fell |= held + 10_000 < before;
        before = held;
    }
    assert!(
        was_grouping && fell,
        "grouping {was_grouping}, let go {fell}"
    );
    net.disconnect(LinkId(link.0));
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
}
