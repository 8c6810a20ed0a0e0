//! How safe an edit is: here, elsewhere, everywhere.

use crdt_core::codec::Encode;
use crdt_core::{AgentId, Summarize};
use crdt_maps::OrSet;
use crdt_sync::{AckLevel, Event, StoreId};

use crate::net::{Frame, Net, config, doc};

type Words = OrSet<String>;

fn add(net: &mut Net<Words>, node: usize, word: &str) {
    let agent = AgentId::new(&format!("agent-{node}")).unwrap();
    let edit = |words: &mut Words| words.add_with_delta(&agent, word.to_string());
    net.nodes[node].edit(doc(), edit).unwrap();
}

/// A server and two clients, who count.
fn star() -> Net<Words> {
    let mut net = Net::new(3, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    let participants: Vec<StoreId> = [1, 2].map(|node| net.nodes[node].store()).into();
    net.nodes[0].set_participants(doc(), participants).unwrap();
    add(&mut net, 0, "first");
    net.settle();
    net
}

/// Lets frames flow, but for deltas of one client.
fn settle_without_deltas_of(net: &mut Net<Words>, client: usize) {
    loop {
        let mut is_quiet = true;
        for node in 0..3 {
            let frames = net.commit(node);
            let is_lost = |frame: &Frame| node == client && (16..32).contains(&frame.bytes[0]);
            for frame in frames.iter().filter(|frame| !is_lost(frame)) {
                is_quiet = false;
                net.deliver(frame);
            }
        }
        if is_quiet {
            return;
        }
    }
}

fn is_found(net: &mut Net<Words>) -> bool {
    let mut events = net.nodes[0].take_events().into_iter();
    events.any(|event| matches!(event, Event::Stable { .. }))
}

fn stable_bytes(net: &Net<Words>) -> Option<Vec<u8>> {
    net.nodes[0].stable(doc()).map(|summary| summary.to_bytes())
}

#[test]
fn what_all_hold_is_stable() {
    let mut net = star();
    assert_eq!(net.nodes[0].stable(doc()), None);
    let mark = net.nodes[0].mark(doc()).unwrap();
    assert_eq!(net.nodes[0].ack_level(doc(), mark), Some(AckLevel::Durable));
    let before = net.state(0).summary().to_bytes();
    net.nodes[0].seek_stable(doc()).unwrap();
    add(&mut net, 0, "later");
    net.settle();
    assert!(is_found(&mut net));
    assert_eq!(stable_bytes(&net), Some(before));
    assert_eq!(net.nodes[0].ack_level(doc(), mark), Some(AckLevel::Stable));
    let later = net.nodes[0].mark(doc()).unwrap();
    assert_eq!(
        net.nodes[0].ack_level(doc(), later),
        Some(AckLevel::Durable)
    );
    add(&mut net, 0, "last");
    let last = net.nodes[0].mark(doc()).unwrap();
    assert_eq!(
        net.nodes[0].ack_level(doc(), last),
        Some(AckLevel::Received)
    );
    net.settle();
    net.now += 60_000;
    assert!(net.settle().is_empty());
    assert!((0..3).all(|node| net.nodes[node].next_wake().is_none()));
}

#[test]
fn it_waits_for_what_was_made_without_knowing_it() {
    let mut net = star();
    // Made before its author hears of "second", and lost on the way.
    add(&mut net, 2, "late");
    assert!(!net.commit(2).is_empty());
    add(&mut net, 0, "second");
    net.nodes[0].seek_stable(doc()).unwrap();
    settle_without_deltas_of(&mut net, 2);
    assert!(
        net.state(2).contains("second"),
        "it holds what is to be stable"
    );
    assert!(!is_found(&mut net), "but what it made beside is not here");
    for _ in 0..3 {
        net.now += 60_000;
        net.settle();
    }
    assert!(net.state(0).contains("late"));
    assert!(is_found(&mut net));
    let stable = net.nodes[0].stable(doc()).unwrap();
    let missing = net.state(0).delta_since(&stable).unwrap();
    assert!(
        missing.change().live.contains_key("late"),
        "it is not part of it"
    );
}

#[test]
fn a_participant_that_is_away_is_waited_for() {
    let mut net = star();
    net.disconnect(crdt_sync::LinkId(1));
    add(&mut net, 0, "second");
    net.nodes[0].seek_stable(doc()).unwrap();
    for _ in 0..3 {
        net.now += 60_000;
        net.settle();
    }
    assert!(!is_found(&mut net));
    net.connect(0, 2);
    net.settle();
    assert!(is_found(&mut net));
}

#[test]
fn who_was_told_everything_and_has_nothing_to_tell_is_asked_once() {
    let mut net = star();
    net.nodes[0].seek_stable(doc()).unwrap();
    net.settle();
    assert!(is_found(&mut net));
    net.nodes[0].seek_stable(doc()).unwrap();
    assert!(net.settle().is_empty(), "nothing is new since");
}

#[test]
fn a_lost_question_is_asked_again() {
    let mut net = star();
    net.nodes[0].seek_stable(doc()).unwrap();
    assert_eq!(net.commit(0).len(), 2);
    for _ in 0..3 {
        net.now += 60_000;
        net.settle();
    }
    assert!(is_found(&mut net));
}

/// The last word was a client's, which is not told its own deltas: it was never asked.
#[test]
fn what_a_participant_wrote_last_becomes_stable() {
    let mut net = star();
    add(&mut net, 1, "the last word");
    net.settle();
    let mark = net.nodes[0].mark(doc()).unwrap();
    net.nodes[0].seek_stable(doc()).unwrap();
    net.settle();
    assert!(is_found(&mut net));
    assert_eq!(net.nodes[0].ack_level(doc(), mark), Some(AckLevel::Stable));
    net.now += 60_000;
    assert!(net.settle().is_empty());
}

/// What came from the only neighbour was never durable, nor was anything after a restart.
#[test]
fn what_a_neighbour_made_or_stored_before_is_held_there() {
    let mut net = Net::<Words>::new(2, &config());
    net.connect(0, 1);
    add(&mut net, 0, "ours");
    net.settle();
    add(&mut net, 1, "theirs");
    net.settle();
    let level = |net: &Net<Words>| {
        let mark = net.nodes[0].mark(doc()).unwrap();
        net.nodes[0].ack_level(doc(), mark)
    };
    assert_eq!(level(&net), Some(AckLevel::Durable));
    net.restart(0, &config());
    net.nodes[1].disconnect(crdt_sync::LinkId(0));
    assert_eq!(level(&net), Some(AckLevel::Received));
    net.connect(0, 1);
    net.settle();
    assert_eq!(level(&net), Some(AckLevel::Durable));
}

#[test]
fn nothing_is_stable_while_nobody_said_who_counts() {
    let mut net = star();
    net.nodes[1].seek_stable(doc()).unwrap();
    net.settle();
    assert_eq!(net.nodes[1].stable(doc()), None);
    assert!(net.nodes[1].evict(doc()), "nobody is waited for");
    // And one's own name in the list is not waited for either.
    let own = net.nodes[0].store();
    net.nodes[0].set_participants(doc(), [own]).unwrap();
    net.nodes[0].seek_stable(doc()).unwrap();
    net.settle();
    assert!(is_found(&mut net));
}
