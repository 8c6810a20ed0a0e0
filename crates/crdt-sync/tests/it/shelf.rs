//! Documents that are not shared any more, or deleted.

use crdt_core::AgentId;
use crdt_maps::OrSet;
use crdt_sync::{Event, MemoryStorage, Node, Refusal};

use crate::net::{Net, config, doc};

type Names = OrSet<String>;

fn add(net: &mut Net<Names>, node: usize, agent: &str, name: &str) {
    let agent = AgentId::new(agent).unwrap();
    let edit = |set: &mut Names| set.add_with_delta(&agent, name.to_string());
    net.nodes[node].edit(doc(), edit).unwrap();
}

fn is_told_withdrawn(net: &mut Net<Names>, node: usize) -> bool {
    let events = net.nodes[node].take_events();
    events.iter().any(|event| {
        matches!(event, Event::Refused(refused)
            if !refused.by_us && refused.refusal == Refusal::Withdrawn)
    })
}

#[test]
fn what_is_not_shared_any_more_stays_and_goes_on_when_it_is_shared_again() {
    let mut net = Net::<Names>::new(3, &config());
    let link = net.connect(0, 1);
    net.connect(0, 2);
    add(&mut net, 0, "alice", "one");
    net.settle();
    net.nodes[0].unshare(link, doc()).unwrap();
    add(&mut net, 0, "alice", "two");
    add(&mut net, 1, "bob", "three");
    net.settle();
    assert!(is_told_withdrawn(&mut net, 1));
    assert_eq!(
        [net.state(0).len(), net.state(1).len(), net.state(2).len()],
        [2, 2, 2]
    );
    net.nodes[0].share(link, doc()).unwrap();
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(2).len(), 3);
}

#[test]
fn a_document_that_is_deleted_is_gone_here_and_stays_elsewhere() {
    let mut net = Net::<Names>::new(2, &config());
    let link = net.connect(0, 1);
    add(&mut net, 0, "alice", "one");
    net.settle();
    assert!(net.nodes[0].delete_document(doc()).unwrap());
    assert!(!net.nodes[0].delete_document(doc()).unwrap());
    net.settle();
    assert!(is_told_withdrawn(&mut net, 1));
    assert_eq!(net.nodes[0].stored_documents().unwrap(), []);
    assert_eq!(net.nodes[0].document(doc()), None);
    // The link stays as it was for everything else, and what is written there comes to nothing here.
    add(&mut net, 1, "bob", "two");
    net.settle();
    assert_eq!(net.nodes[0].document(doc()), None);
    assert_eq!(net.state(1).len(), 2);
    // Until it is wanted again.
    assert!(net.nodes[0].add_document(doc()).unwrap());
    net.nodes[0].share(link, doc()).unwrap();
    net.settle();
    net.assert_equal();
}

/// A neighbour that noted a place in the outbox of the first must not take it for one in that of the second.
#[test]
fn a_document_made_anew_under_a_name_is_not_taken_for_the_first() {
    for is_evicted in [false, true] {
        let mut net = Net::<Names>::new(3, &config());
        let link = net.connect(0, 1);
        for name in ["one", "two", "three"] {
            add(&mut net, 0, "alice", name);
            net.settle();
        }
        net.disconnect(link);
        assert!(!is_evicted || net.nodes[0].evict(doc()));
        net.nodes[0].delete_document(doc()).unwrap();
        net.nodes[0].add_document(doc()).unwrap();
        for name in ["four", "five", "six", "seven"] {
            add(&mut net, 0, "alice-2", name);
            net.settle();
        }
        // It is read back, too.
        let storage = net.nodes[0].storage_mut().clone();
        let mut again = Node::<Names, MemoryStorage>::open(storage, config(), [99; 24]).unwrap();
        assert!(!again.add_document(doc()).unwrap());
        assert_eq!(again.document(doc()).unwrap().len(), 4);
        net.connect(0, 1);
        net.settle();
        assert_eq!(net.state(1).len(), 7, "evicted first: {is_evicted}");
    }
}

/// Nothing of it reaches storage, though it was on its way there.
#[test]
fn what_was_not_committed_is_deleted_too() {
    let mut net = Net::<Names>::new(1, &config());
    add(&mut net, 0, "alice", "one");
    assert!(net.nodes[0].delete_document(doc()).unwrap());
    net.settle();
    assert_eq!(net.nodes[0].stored_documents().unwrap(), []);
}
