//! How a neighbour that was away comes back into step: each step of the ladder alone, by what it costs.

use core::convert::Infallible;

use crdt_core::AgentId;
use crdt_counters::PnCounter;
use crdt_maps::{GSet, OrSet};

use crate::net::{Frame, Net, config, doc};

type Words = GSet<String>;

fn insert(net: &mut Net<Words>, node: usize, word: &str) {
    let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word.to_string()));
    net.nodes[node].edit(doc(), edit).unwrap();
}

fn n_bytes(frames: &[Frame]) -> usize {
    frames.iter().map(|frame| frame.bytes.len()).sum()
}

/// Two nodes that agree on a thousand words, then part.
fn parted() -> Net<Words> {
    let mut net = Net::new(2, &config());
    for n in 0..1_000 {
        insert(&mut net, 0, &format!("word-{n:010}"));
    }
    let link = net.connect(0, 1);
    net.settle();
    net.disconnect(link);
    net
}

/// One more word crosses in a few bytes: neither summaries nor a thousand words do.
fn assert_resumes_by_place(mut net: Net<Words>) {
    insert(&mut net, 0, "one more");
    net.settle();
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    assert!(n_bytes(&frames) < 360, "{} bytes", n_bytes(&frames));
}

#[test]
fn who_knows_its_place_is_sent_what_followed() {
    assert_resumes_by_place(parted());
}

#[test]
fn a_place_survives_restarts_of_both() {
    let mut net = parted();
    net.restart(0, &config());
    net.restart(1, &config());
    assert_resumes_by_place(net);
}

#[test]
fn who_holds_the_same_is_told_so_in_few_bytes() {
    // Two that heard it from a third know no place of each other.
    let mut net = Net::new(3, &config());
    for n in 0..1_000 {
        insert(&mut net, 0, &format!("word-{n:010}"));
    }
    net.connect(0, 1);
    net.connect(0, 2);
    net.settle();
    net.connect(1, 2);
    let frames = net.settle();
    assert!(n_bytes(&frames) < 400, "{} bytes", n_bytes(&frames));
}

#[test]
fn who_lost_its_place_is_sent_the_difference() {
    let mut config = config();
    config.retained_bytes = 0;
    config.soft_bytes = 1_000;
    config.hard_bytes = 2_000;
    let mut net = Net::<OrSet<u64>>::new(2, &config);
    let alice = AgentId::new("alice").unwrap();
    let add = |net: &mut Net<OrSet<u64>>, n| {
        let edit = |set: &mut OrSet<u64>| set.add_with_delta(&alice, n);
        net.nodes[0].edit(doc(), edit).unwrap();
    };
    let link = net.connect(0, 1);
    for n in 0..5_000 {
        add(&mut net, n);
    }
    net.settle();
    net.disconnect(link);
    for n in 5_000..6_000 {
        add(&mut net, n);
        net.commit(0);
    }
    let remove = |set: &mut OrSet<u64>| set.remove_with_delta(&alice, &17);
    net.nodes[0].edit(doc(), remove).unwrap();
    net.settle();
    assert!(net.nodes[0].outbox_bytes(doc()).unwrap() <= 2_000);
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    let whole = crdt_core::codec::Encode::to_bytes(net.state(0)).len();
    assert!(
        n_bytes(&frames) < whole / 2,
        "{} of {whole} bytes",
        n_bytes(&frames)
    );
}

#[test]
fn who_has_nothing_is_sent_everything_in_parts() {
    let mut config = config();
    config.max_frame_bytes = 512;
    config.window_bytes = 2_048;
    let mut net = Net::<Words>::new(2, &config);
    for n in 0..2_000 {
        insert(&mut net, 0, &format!("word-{n:010}"));
    }
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    assert!(frames.iter().all(|frame| frame.bytes.len() <= 512));
    assert!(frames.len() > 50);
}

#[test]
fn a_restored_copy_is_not_taken_for_what_it_was() {
    let mut net = Net::<Words>::new(2, &config());
    insert(&mut net, 0, "kept");
    let link = net.connect(0, 1);
    net.settle();
    let backup = net.nodes[0].storage_mut().clone();
    insert(&mut net, 0, "forgotten by the backup");
    net.settle();
    net.disconnect(link);
    *net.nodes[0].storage_mut() = backup;
    net.restart(0, &config());
    // It counts the same numbers again, for other words.
    insert(&mut net, 0, "another word");
    net.settle();
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(0).len(), 3);
}

#[test]
fn who_died_before_its_ack_is_sent_it_again_and_counts_it_once() {
    let mut net = Net::<PnCounter>::new(2, &config());
    let alice = AgentId::new("alice").unwrap();
    net.connect(0, 1);
    net.settle();
    let edit = |votes: &mut PnCounter| votes.increment_with_delta(&alice, 5);
    net.nodes[0].edit(doc(), edit).unwrap();
    for frame in net.commit(0) {
        net.deliver(&frame);
    }
    // It stored, and died before the ack went out.
    net.commit(1);
    net.restart(1, &config());
    net.nodes[0].disconnect(crdt_sync::LinkId(0));
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(1).value(), 5);
}

#[test]
fn who_died_before_storing_is_sent_it_again() {
    let mut net = Net::<Words>::new(2, &config());
    net.connect(0, 1);
    net.settle();
    insert(&mut net, 0, "word");
    for frame in net.commit(0) {
        net.deliver(&frame);
    }
    net.restart(1, &config());
    assert_eq!(net.state(1).len(), 0);
    net.nodes[0].disconnect(crdt_sync::LinkId(0));
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
}
