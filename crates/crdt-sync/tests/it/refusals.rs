//! Refusals reach the other side, close no more than they must, and heal where they can.

use core::convert::Infallible;

use crdt_core::AgentId;
use crdt_maps::{GSet, OrSet};
use crdt_sync::{Config, DocId, Event, LinkError, MemoryStorage, Node, ReceiveError, Refusal};

use crate::net::{Net, config, doc};

type Words = GSet<String>;

fn insert(net: &mut Net<Words>, node: usize, doc: DocId, word: &str) {
    let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word.to_string()));
    net.nodes[node].edit(doc, edit).unwrap();
}

fn refusals(node: &mut Node<Words, MemoryStorage>) -> Vec<Refusal> {
    let events = node.take_events().into_iter();
    events
        .filter_map(|event| match event {
            Event::Refused(refused) => Some(refused.refusal),
            _ => None,
        })
        .collect()
}

#[test]
fn a_refusal_that_is_lost_is_told_again() {
    let mut net = Net::<Words>::new(2, &config());
    net.connect(0, 1);
    net.settle();
    insert(&mut net, 0, doc(), "word");
    for frame in net.commit(0) {
        net.nodes[1]
            .receive_if(frame.link, &frame.bytes, |_| false)
            .unwrap();
    }
    // The refusal is lost.
    assert_eq!(net.commit(1).len(), 1);
    assert_eq!(refusals(&mut net.nodes[1]), [Refusal::Forbidden]);
    net.now += 60_000;
    net.settle();
    assert_eq!(refusals(&mut net.nodes[0]), [Refusal::Forbidden]);
    assert_eq!(refusals(&mut net.nodes[1]), []);
    net.now += 60_000;
    assert!(net.settle().is_empty());
    assert_eq!([0, 1].map(|node| net.nodes[node].next_wake()), [None, None]);
}

#[test]
fn a_document_that_was_unknown_is_taken_up_when_it_is_added() {
    let mut net = Net::<Words>::new(2, &Config::default());
    let other = DocId::from_name("other");
    let link = net.connect(0, 1);
    net.nodes[0].add_document(other).unwrap();
    insert(&mut net, 0, other, "word");
    net.nodes[0].share(link, other).unwrap();
    net.settle();
    assert_eq!(refusals(&mut net.nodes[0]), [Refusal::UnknownDocument]);
    net.nodes[1].add_document(other).unwrap();
    net.nodes[1].share(link, other).unwrap();
    net.settle();
    assert!(net.nodes[1].document(other).unwrap().contains("word"));
}

#[test]
fn another_neighbour_on_a_standing_link_cuts_it() {
    let mut net = Net::<Words>::new(3, &config());
    let link = net.connect(0, 1);
    net.settle();
    net.nodes[2].connect(link).unwrap();
    let hello = net.commit(2).remove(0);
    let cut = net.nodes[0].receive(link, &hello.bytes);
    assert!(matches!(
        cut,
        Err(ReceiveError::Link(LinkError::AnotherNeighbour))
    ));
}

#[test]
fn a_document_that_comes_back_from_storage_knows_who_writes_in_it() {
    let mut net = Net::<OrSet<u8>>::new(2, &config());
    let [alice, bob] = ["alice", "bob"].map(|name| AgentId::new(name).unwrap());
    net.nodes[0].add_agent(alice.clone());
    let add = |set: &mut OrSet<u8>| set.add_with_delta(&alice, 7);
    net.nodes[0].edit(doc(), add).unwrap();
    let link = net.connect(0, 1);
    net.settle();
    net.disconnect(link);
    assert!(net.nodes[0].evict(doc()));
    net.nodes[0].add_document(doc()).unwrap();
    // It ends alice's event, in bob's name.
    let remove = |set: &mut OrSet<u8>| set.remove_with_delta(&bob, &7);
    net.nodes[1].edit(doc(), remove).unwrap();
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
    assert!(net.state(0).is_empty());
}

#[test]
fn what_is_too_large_closes_its_document_and_not_the_link() {
    let mut config = config();
    config.max_transfer_bytes = 1_000;
    let mut net = Net::<Words>::new(2, &config);
    let other = DocId::from_name("other");
    let link = net.connect(0, 1);
    net.nodes[0].add_document(other).unwrap();
    net.nodes[0].share(link, other).unwrap();
    net.settle();
    insert(&mut net, 0, doc(), &"x".repeat(2_000));
    insert(&mut net, 0, other, "word");
    net.settle();
    assert_eq!(refusals(&mut net.nodes[1]), [Refusal::TooLarge]);
    assert!(net.state(1).is_empty());
    assert!(net.nodes[1].document(other).unwrap().contains("word"));
}

#[test]
fn an_outbox_shrinks_when_the_acks_come() {
    let mut config = config();
    config.retained_bytes = 100;
    let mut net = Net::<Words>::new(2, &config);
    net.connect(0, 1);
    net.settle();
    for n in 0..100 {
        insert(&mut net, 0, doc(), &format!("word {n}"));
    }
    net.commit(0)
        .into_iter()
        .for_each(|frame| net.in_flight.push_back(frame));
    assert!(net.nodes[0].outbox_bytes(doc()).unwrap() > 500);
    net.settle();
    assert!(net.nodes[0].outbox_bytes(doc()).unwrap() <= 100);
}

#[test]
fn one_document_has_one_number() {
    let mut net = Net::<Words>::new(2, &config());
    let link = net.connect(0, 1);
    let frames = net.settle();
    let open = frames
        .iter()
        .find(|frame| frame.to == 0 && frame.bytes[0] == 2);
    let mut again = open.unwrap().bytes.clone();
    again[1] = 9;
    let cut = net.nodes[0].receive(link, &again);
    assert!(matches!(
        cut,
        Err(ReceiveError::Link(LinkError::ChannelTaken { channel: 9 }))
    ));
}
