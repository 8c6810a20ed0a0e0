//! A server and its clients: what crosses a link crosses it once.

use crdt_maps::GSet;

use crate::net::{Frame, Net, config, doc};

fn insert(net: &mut Net<GSet<String>>, node: usize, word: &str) {
    let edit = |set: &mut GSet<String>| {
        Ok::<_, core::convert::Infallible>(set.insert_with_delta(word.to_string()))
    };
    net.nodes[node].edit(doc(), edit).unwrap();
}

fn n_with(frames: &[Frame], word: &str) -> Vec<u64> {
    let holds = |frame: &&Frame| {
        frame
            .bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    let mut links: Vec<u64> = frames
        .iter()
        .filter(holds)
        .map(|frame| frame.link.0)
        .collect();
    links.sort_unstable();
    links
}

#[test]
fn no_delta_crosses_a_link_twice() {
    let mut net = Net::<GSet<String>>::new(4, &config());
    for client in 1..4 {
        net.connect(0, client);
    }
    net.settle();
    for round in 0..5 {
        for client in 1..4 {
            insert(&mut net, client, &format!("word-{round}-{client}."));
        }
        insert(&mut net, 0, &format!("word-{round}-0."));
        let frames = net.settle();
        for node in 0..4 {
            let crossed = n_with(&frames, &format!("word-{round}-{node}."));
            assert_eq!(crossed, [0, 1, 2], "word of node {node}");
        }
    }
    net.assert_equal();
}

#[test]
fn a_quiet_network_is_silent() {
    let mut net = Net::<GSet<String>>::new(3, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    insert(&mut net, 1, "word");
    net.settle();
    net.now += 1_000_000;
    assert!(net.settle().is_empty());
    assert_eq!(net.nodes[0].next_wake(), None);
}

#[test]
fn an_interval_is_encoded_once_for_all_who_lack_it() {
    let mut net = Net::<GSet<String>>::new(5, &config());
    for client in 1..5 {
        net.connect(0, client);
    }
    net.settle();
    insert(&mut net, 0, "word");
    let frames = net.nodes[0].commit(net.now).unwrap();
    let bodies: Vec<_> = frames
        .iter()
        .map(|frame| frame.body.as_ref().unwrap())
        .collect();
    assert_eq!(bodies.len(), 4);
    assert!(
        bodies
            .iter()
            .all(|body| alloc::sync::Arc::ptr_eq(body, bodies[0]))
    );
}

#[test]
fn edits_between_two_commits_travel_together() {
    let mut net = Net::<GSet<String>>::new(2, &config());
    net.connect(0, 1);
    net.settle();
    for n in 0..100 {
        insert(&mut net, 0, &format!("{n}"));
    }
    assert_eq!(net.commit(0).len(), 1);
}

#[test]
fn in_a_ring_everything_arrives_and_comes_to_rest() {
    let mut net = Net::<GSet<String>>::new(4, &config());
    for node in 0..4 {
        net.connect(node, (node + 1) % 4);
    }
    for node in 0..4 {
        insert(&mut net, node, &format!("word-{node}"));
    }
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(0).len(), 4);
}
