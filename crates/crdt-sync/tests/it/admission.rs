//! What is asked of a foreign delta before it is applied.

use crdt_core::{AgentId, DeltaState};
use crdt_maps::OrSet;
use crdt_sync::{Event, Refusal};

use crate::net::{Net, config, doc};

type Names = OrSet<String>;

fn add(net: &mut Net<Names>, node: usize, agent: &str, name: &str) {
    let agent = AgentId::new(agent).unwrap();
    let edit = |set: &mut Names| set.add_with_delta(&agent, name.to_string());
    net.nodes[node].edit(doc(), edit).unwrap();
}

fn refusals(net: &mut Net<Names>, node: usize) -> Vec<(Refusal, bool)> {
    let events = net.nodes[node].take_events();
    let refused = events.into_iter().filter_map(|event| match event {
        Event::Refused(refused) => Some((refused.refusal, refused.by_us)),
        _ => None,
    });
    refused.collect()
}

#[test]
fn two_replicas_under_one_name_find_out_when_they_meet() {
    let mut net = Net::<Names>::new(2, &config());
    net.nodes[0].add_agent(AgentId::new("alice").unwrap());
    add(&mut net, 0, "alice", "one");
    add(&mut net, 1, "alice", "another");
    add(&mut net, 1, "alice", "a third");
    net.connect(0, 1);
    net.settle();
    let found = [refusals(&mut net, 0), refusals(&mut net, 1)].concat();
    assert!(
        found.contains(&(Refusal::ClonedIdentity, true)),
        "{found:?}"
    );
    assert!(!net.state(0).contains("another") && !net.state(0).contains("a third"));
}

#[test]
fn a_clone_that_wrote_as_much_is_found_by_what_it_wrote() {
    let mut net = Net::<Names>::new(2, &config());
    add(&mut net, 0, "alice", "one");
    add(&mut net, 1, "alice", "one");
    // The same event with the same content is no harm; with another content it is.
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
    let mut net = Net::<Names>::new(2, &config());
    add(&mut net, 0, "alice", "one");
    add(&mut net, 1, "alice", "another");
    net.connect(0, 1);
    net.settle();
    let found = [refusals(&mut net, 0), refusals(&mut net, 1)].concat();
    assert!(found.contains(&(Refusal::Diverged, true)), "{found:?}");
}

/// Neither lacks an event of the other when they have exchanged, and neither asks again by itself.
#[test]
fn a_clone_that_wrote_more_is_found_when_asked_for() {
    let mut net = Net::<Names>::new(2, &config());
    add(&mut net, 0, "alice", "one");
    add(&mut net, 1, "alice", "another");
    add(&mut net, 1, "alice", "third");
    let link = net.connect(0, 1);
    net.settle();
    assert_eq!([refusals(&mut net, 0), refusals(&mut net, 1)].concat(), []);
    net.nodes[0].compare(link, doc()).unwrap();
    net.settle();
    let found = [refusals(&mut net, 0), refusals(&mut net, 1)].concat();
    assert!(found.contains(&(Refusal::Diverged, true)), "{found:?}");
}

#[test]
fn equal_neighbours_that_compare_stay_in_step() {
    let mut net = Net::<Names>::new(2, &config());
    add(&mut net, 0, "alice", "one");
    let link = net.connect(0, 1);
    net.settle();
    net.nodes[1].compare(link, doc()).unwrap();
    add(&mut net, 1, "bob", "two");
    net.settle();
    add(&mut net, 0, "alice", "three");
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(1).len(), 3);
    assert_eq!([refusals(&mut net, 0), refusals(&mut net, 1)].concat(), []);
}

#[test]
fn what_is_not_admitted_is_not_applied_and_both_are_told() {
    let mut net = Net::<Names>::new(3, &config());
    let link = net.connect(0, 1);
    net.connect(0, 2);
    net.settle();
    add(&mut net, 1, "mallory", "defaced");
    for frame in net.commit(1) {
        let is_by_alice = |offer: &crdt_sync::Offer<'_, Names>| {
            let events = Names::events_of(offer.delta);
            let is_alice = events
                .ranges()
                .all(|range| range.agent().as_str() == "alice");
            assert_eq!(offer.link, link);
            is_alice
        };
        net.nodes[0]
            .receive_if(frame.link, &frame.bytes, is_by_alice)
            .unwrap();
    }
    net.settle();
    assert_eq!(refusals(&mut net, 0), [(Refusal::Forbidden, true)]);
    assert_eq!(refusals(&mut net, 1), [(Refusal::Forbidden, false)]);
    assert!(net.state(0).is_empty() && net.state(2).is_empty());
}

#[test]
fn a_delta_of_too_many_events_is_refused() {
    let mut config = config();
    config.max_events_per_delta = 10;
    let mut net = Net::<Names>::new(2, &config);
    for n in 0..11 {
        add(&mut net, 0, "alice", &format!("{n}"));
    }
    net.connect(0, 1);
    net.settle();
    assert_eq!(refusals(&mut net, 1), [(Refusal::TooManyEvents, true)]);
    assert!(net.state(1).is_empty());
}

#[test]
fn ending_the_events_of_others_is_not_writing_in_their_name() {
    let mut net = Net::<Names>::new(2, &config());
    for (node, agent) in ["alice", "bob"].into_iter().enumerate() {
        net.nodes[node].add_agent(AgentId::new(agent).unwrap());
    }
    net.connect(0, 1);
    for round in 0..10 {
        add(&mut net, 0, "alice", "name");
        add(&mut net, 1, "bob", "name");
        if round % 3 == 0 {
            let (agent, node) = [("alice", 0), ("bob", 1)][round % 2];
            let agent = AgentId::new(agent).unwrap();
            let remove = |set: &mut Names| set.remove_with_delta(&agent, "name");
            net.nodes[node].edit(doc(), remove).unwrap();
        }
        net.settle();
    }
    net.assert_equal();
    assert_eq!(refusals(&mut net, 0), []);
    assert_eq!(refusals(&mut net, 1), []);
}
