//! What is asked of a foreign delta before it is applied.

use core::convert::Infallible;

use crdt_core::codec::Encode;
use crdt_core::{AgentId, Delta, DeltaState};
use crdt_counters::{BoundedCounter, PnCounter};
use crdt_maps::OrSet;
use crdt_sync::{Event, Refusal};
use crdt_text::TextDoc;

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

/// Neither lacks an event of the other when they have exchanged: it shows only in what they hold.
#[test]
fn a_clone_that_wrote_more_is_found_once_in_step() {
    let mut net = Net::<Names>::new(2, &config());
    add(&mut net, 0, "alice", "one");
    add(&mut net, 1, "alice", "another");
    add(&mut net, 1, "alice", "third");
    net.connect(0, 1);
    net.settle();
    let found = [refusals(&mut net, 0), refusals(&mut net, 1)].concat();
    assert!(found.contains(&(Refusal::Diverged, true)), "{found:?}");
}

/// One that was in step, and went on under a name that somebody else has too, while the link stood.
#[test]
fn a_clone_that_appeared_later_is_found_when_asked_for() {
    let mut net = Net::<Names>::new(2, &config());
    let link = net.connect(0, 1);
    net.settle();
    // Each edit is on its way before the other's is here.
    add(&mut net, 0, "alice", "one");
    add(&mut net, 1, "alice", "another");
    add(&mut net, 1, "alice", "third");
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

/// A node that was sent a delta of so many events, where ten are allowed.
fn sent_a_delta_of(n_events: usize) -> Net<Names> {
    let mut config = config();
    config.max_events_per_delta = 10;
    let mut net = Net::<Names>::new(2, &config);
    for n in 0..n_events {
        add(&mut net, 0, "alice", &format!("{n}"));
    }
    net.connect(0, 1);
    net.settle();
    net
}

#[test]
fn a_delta_of_too_many_events_is_refused() {
    let mut net = sent_a_delta_of(11);
    assert_eq!(refusals(&mut net, 1), [(Refusal::TooManyEvents, true)]);
    assert!(net.state(1).is_empty());
}

#[test]
fn a_delta_of_as_many_events_as_are_allowed_is_taken() {
    let mut net = sent_a_delta_of(10);
    assert_eq!(refusals(&mut net, 1), []);
    assert_eq!(net.state(1), net.state(0));
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

crdt_core::replicated! {
    /// A document in which an agent has a row of events, and a count, in each field.
    #[derive(Clone, Debug, Default)]
    struct Page {
        text: TextDoc,
        names: OrSet<String>,
        votes: PnCounter,
        stock: BoundedCounter,
    }
    delta PageDelta, summary PageSummary
}

fn type_text(page: &mut Page, text: &str) -> PageDelta {
    let writer = page.text.get_or_create_agent_id("alice").unwrap();
    let (inserted, text) = page.text.edit_with_delta(|doc| doc.insert(writer, 0, text));
    inserted.unwrap();
    PageDelta {
        text,
        ..PageDelta::default()
    }
}

fn name(page: &mut Page, name: &str) -> PageDelta {
    let alice = AgentId::new("alice").unwrap();
    PageDelta {
        names: page.names.add_with_delta(&alice, name.to_string()).unwrap(),
        ..PageDelta::default()
    }
}

fn vote(page: &mut Page, n: u64) -> PageDelta {
    let alice = AgentId::new("alice").unwrap();
    PageDelta {
        votes: page.votes.increment_with_delta(&alice, n).unwrap(),
        ..PageDelta::default()
    }
}

fn store(page: &mut Page, n: u64) -> PageDelta {
    let alice = AgentId::new("alice").unwrap();
    PageDelta {
        stock: page.stock.increment_with_delta(&alice, n).unwrap(),
        ..PageDelta::default()
    }
}

/// Node 0 announced alice; node 1 writes under that name.
fn found_in_page(
    honest: impl FnOnce(&mut Page) -> PageDelta,
    clone: impl FnOnce(&mut Page) -> PageDelta,
) -> bool {
    let mut net = Net::<Page>::new(2, &config());
    net.nodes[0].add_agent(AgentId::new("alice").unwrap());
    let edit = |page: &mut Page| Ok::<_, Infallible>(honest(page));
    net.nodes[0].edit(doc(), edit).unwrap();
    let edit = |page: &mut Page| Ok::<_, Infallible>(clone(page));
    net.nodes[1].edit(doc(), edit).unwrap();
    let before = net.state(0).to_bytes();
    net.connect(0, 1);
    net.settle();
    let events = net.nodes[0].take_events();
    let is_found = events.iter().any(|event| {
        matches!(event, Event::Refused(refused)
            if refused.by_us && refused.refusal == Refusal::ClonedIdentity)
    });
    assert!(!is_found || net.state(0).to_bytes() == before);
    is_found
}

/// A hundred characters are a hundred events of the text, and none of any other field.
#[test]
fn a_clone_is_found_in_each_field_of_a_struct_by_itself() {
    let typed = |page: &mut Page| type_text(page, &"x".repeat(100));
    assert!(found_in_page(typed, |page| name(page, "another")));
    assert!(found_in_page(typed, |page| vote(page, 1)));
    assert!(found_in_page(typed, |page| store(page, 1)));
    let named = |page: &mut Page| name(page, "one");
    assert!(found_in_page(named, |page| type_text(page, "y")));
}

#[test]
fn a_clone_that_counts_further_is_found() {
    assert!(found_in_page(|page| vote(page, 3), |page| vote(page, 4)));
    assert!(found_in_page(|page| store(page, 3), |page| store(page, 4)));
    // What alice counted herself may come back to her.
    assert!(!found_in_page(|page| vote(page, 3), |page| vote(page, 3)));
}

#[test]
fn events_are_counted_for_all_fields() {
    let mut config = config();
    config.max_events_per_delta = 10;
    let mut net = Net::<Page>::new(2, &config);
    let edit = |page: &mut Page| {
        let mut delta = type_text(page, "six...");
        for n in 0..5 {
            delta.merge_delta(&name(page, &format!("{n}"))).unwrap();
        }
        Ok::<_, Infallible>(delta)
    };
    net.nodes[0].edit(doc(), edit).unwrap();
    net.connect(0, 1);
    net.settle();
    assert!(net.state(1).names.is_empty(), "eleven events of one agent");
}

#[test]
fn an_announced_agent_that_writes_in_all_fields_is_not_in_its_own_way() {
    let mut net = Net::<Page>::new(3, &config());
    net.nodes[0].add_agent(AgentId::new("alice").unwrap());
    net.connect(0, 1);
    net.connect(1, 2);
    net.connect(2, 0);
    for round in 0..6 {
        let edit = |page: &mut Page| {
            let mut delta = vote(page, round);
            delta.merge_delta(&store(page, 2)).unwrap();
            delta.merge_delta(&name(page, "again")).unwrap();
            Ok::<_, Infallible>(delta)
        };
        net.nodes[0].edit(doc(), edit).unwrap();
        net.settle();
    }
    net.assert_equal();
    assert_eq!(net.state(2).votes.value(), 15);
}
