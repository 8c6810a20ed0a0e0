//! A neighbour that says hello under the name of another store.

use crdt_core::AgentId;
use crdt_maps::OrSet;
use crdt_sync::{LinkError, LinkId, MemoryStorage, Node, ReceiveError, StoreId};

use crate::net::{Net, config, doc};

type Names = OrSet<String>;

const IMPOSTOR: LinkId = LinkId(900);

fn add(net: &mut Net<Names>, node: usize, name: &str) {
    let agent = AgentId::new(&format!("agent-{node}")).unwrap();
    let edit = |set: &mut Names| set.add_with_delta(&agent, name.to_string());
    net.nodes[node].edit(doc(), edit).unwrap();
}

/// What names a store and its opening; `Net` opens the n-th with bytes that are all n.
fn hello(store: StoreId, epoch: [u8; 8]) -> Vec<u8> {
    let limits = [128, 2, 128, 2];
    [&[1, 3], &store.to_bytes()[..], &epoch, &[0], &limits].concat()
}

/// Opens the document as channel 0, and tells nothing.
fn open() -> Vec<u8> {
    [&[2, 0], &doc().to_bytes()[..], &[0, 0, 0]].concat()
}

/// "You hold my outbox up to there now", with no delta.
fn empty_deltas(seq: u8) -> Vec<u8> {
    vec![16, 0, seq]
}

/// Node 1 is told, in the name of node 0, that it holds what node 0 never sent it.
fn lie(net: &mut Net<Names>, seq: u8) {
    let store = net.nodes[0].store();
    net.nodes[1].connect(IMPOSTOR).unwrap();
    for frame in [hello(store, [1; 8]), open(), empty_deltas(seq)] {
        net.nodes[1].receive(IMPOSTOR, &frame).unwrap();
    }
    net.nodes[1].commit(net.now).unwrap();
    net.nodes[1].disconnect(IMPOSTOR);
}

#[test]
fn who_was_told_a_place_by_an_impostor_is_sent_what_it_lacks() {
    let mut net = Net::<Names>::new(2, &config());
    for name in ["one", "two", "three"] {
        add(&mut net, 0, name);
    }
    net.nodes[0].commit(net.now).unwrap();
    lie(&mut net, 3);
    assert!(net.state(1).is_empty());
    net.connect(0, 1);
    net.settle();
    assert_eq!(net.state(1).len(), 3, "it resumed where it never was");
    net.assert_equal();
}

/// What follows the place is news on both sides, and hides what is missing before it.
#[test]
fn edits_after_the_place_do_not_hide_what_is_missing_before_it() {
    let mut net = Net::<Names>::new(3, &config());
    for name in ["one", "two", "three"] {
        add(&mut net, 0, name);
    }
    net.nodes[0].commit(net.now).unwrap();
    lie(&mut net, 2);
    add(&mut net, 0, "four");
    add(&mut net, 1, "five");
    net.connect(1, 2);
    net.connect(0, 1);
    net.settle();
    assert_eq!(net.state(2).len(), 5);
    net.assert_equal();
}

#[test]
fn a_hello_under_another_name_cuts_a_link_that_is_proven() {
    let open = |n| Node::<Names, _>::open(MemoryStorage::new(), config(), [n; 24]).unwrap();
    let (mut server, mut phone, mut liar) = (open(1), open(2), open(3));
    server.add_document(doc()).unwrap();
    server.connect_as(LinkId(0), phone.store()).unwrap();
    server.connect_as(LinkId(1), phone.store()).unwrap();
    let before = format!("{:?}", server.storage_mut());

    liar.connect(LinkId(1)).unwrap();
    let frames = liar.commit(0).unwrap();
    let error = server.receive(LinkId(1), &frames[0].to_bytes());
    let (proven, told) = (phone.store(), liar.store());
    let is_found = |error: &ReceiveError<_>| match error {
        ReceiveError::Link(error) => *error == LinkError::AnotherStore { proven, told },
        ReceiveError::Load(_) | _ => false,
    };
    assert!(error.as_ref().is_err_and(is_found), "{error:?}");
    assert!(matches!(
        server.connect_as(LinkId(0), told),
        Err(LinkError::Taken { .. })
    ));
    assert_eq!(format!("{:?}", server.storage_mut()), before);

    phone.connect(LinkId(0)).unwrap();
    for frame in phone.commit(0).unwrap() {
        server.receive(LinkId(0), &frame.to_bytes()).unwrap();
    }
}
