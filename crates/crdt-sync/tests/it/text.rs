//! A document of several types on one link, and frames that arrive in any order.

use crdt_core::codec::Encode;
use crdt_core::{AgentId, DeltaState, DotContext, Summarize};
use crdt_counters::{PnCounter, ResettableCounter};
use crdt_maps::OrMap;
use crdt_sync::{Event, Refusal};
use crdt_testkit::Rng;
use crdt_text::{Chars, TextDoc};

use crate::net::{Frame, Net, config, doc};

crdt_core::replicated! {
    #[derive(Clone, Debug, Default)]
    struct Notes {
        text: TextDoc,
        tallies: OrMap<String, ResettableCounter>,
        votes: PnCounter,
    }
    delta NotesDelta, summary NotesSummary
}

fn write(net: &mut Net<Notes>, node: usize, n: usize) {
    let agent = AgentId::new(&format!("agent-{node}")).unwrap();
    let edit = |notes: &mut Notes| -> Result<NotesDelta, Box<dyn core::error::Error>> {
        let mut delta = NotesDelta::default();
        match n % 3 {
            0 => {
                let writer = notes.text.get_or_create_agent_id(&agent)?;
                let at = Chars(notes.text.len_chars() / 2);
                let (inserted, update) = notes
                    .text
                    .edit_with_delta(|text| text.insert(writer, at, "w\u{f6}rd "));
                inserted?;
                delta.text = update;
            }
            1 => delta.votes = notes.votes.increment_with_delta(&agent, 1)?,
            _ => {
                delta.tallies = notes.tallies.update_with_delta(
                    &agent,
                    format!("key-{}", n % 5),
                    |tally, minter| tally.increment(minter, 1),
                )?;
            }
        }
        Ok(delta)
    };
    net.nodes[node].edit(doc(), edit).unwrap();
}

#[test]
fn a_text_a_map_and_a_counter_travel_together() {
    let mut net = Net::<Notes>::new(3, &config());
    net.connect(0, 1);
    net.connect(1, 2);
    for n in 0..60 {
        write(&mut net, n % 3, n);
        if n % 7 == 0 {
            net.settle();
        }
    }
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(2).votes.value(), 20);
}

#[test]
fn frames_may_come_late_twice_or_never() {
    for seed in 0..50 {
        let mut rng = Rng::new(seed);
        let mut net = Net::<Notes>::new(2, &config());
        net.connect(0, 1);
        let mut in_flight: Vec<Frame> = Vec::new();
        for n in 0..200 {
            net.now += 50;
            if n < 60 {
                write(&mut net, n % 2, n);
            }
            for node in 0..2 {
                in_flight.extend(net.commit(node));
            }
            while !in_flight.is_empty() && rng.chance(70) {
                let frame = in_flight.swap_remove(rng.below(in_flight.len()));
                if rng.chance(80) {
                    net.deliver(&frame);
                }
                if rng.chance(20) {
                    net.deliver(&frame);
                }
            }
        }
        for frame in in_flight {
            net.deliver(&frame);
        }
        // From here on nothing is lost.
        for _ in 0..20 {
            net.now += 60_000;
            net.settle();
        }
        net.assert_equal();
    }
}

/// Applies what a document holds, as a user does who brings one from elsewhere.
fn bring(net: &mut Net<TextDoc>, node: usize, from: &TextDoc) {
    let all = from
        .delta_since(&DotContext::new())
        .expect("a newcomer gets all");
    let edit = |text: &mut TextDoc| text.apply_delta(&all).map(|_| all.clone());
    net.nodes[node].edit(doc(), edit).unwrap();
}

fn refusals(net: &mut Net<TextDoc>, node: usize) -> Vec<Refusal> {
    let events = net.nodes[node].take_events().into_iter();
    let refusal = |event| match event {
        Event::Refused(refused) => Some(refused.refusal),
        _ => None,
    };
    events.filter_map(refusal).collect()
}

/// A shallow text: who has nothing starts where it does, who knows its floor goes on with it, and who
/// lacks part of what was dropped is refused, and keeps what it has.
#[test]
fn a_shallow_text_is_for_newcomers_and_for_who_knows_its_floor() {
    let mut full = TextDoc::new();
    let alice = full.get_or_create_agent_id("alice").unwrap();
    full.insert(alice, 0, "one").unwrap();
    let late = full.clone();
    full.insert(alice, 3, " two").unwrap();
    let shallow = full.shallow_at(full.version()).unwrap();

    let mut net = Net::<TextDoc>::new(4, &config());
    bring(&mut net, 0, &shallow);
    bring(&mut net, 2, &full);
    bring(&mut net, 3, &late);
    net.settle();
    for other in [1, 2] {
        net.connect(0, other);
    }
    net.settle();
    for node in [0, 1, 2] {
        let agent = format!("agent-{node}");
        let edit = |text: &mut TextDoc| {
            let agent = text.get_or_create_agent_id(&agent)?;
            let at = text.len_chars();
            let (edited, update) = text.edit_with_delta(|text| text.insert(agent, at, "!"));
            edited.map_err(Box::<dyn core::error::Error>::from)?;
            Ok::<_, Box<dyn core::error::Error>>(update)
        };
        net.nodes[node].edit(doc(), edit).unwrap();
        net.settle();
    }
    net.restart(0, &config());
    for other in [1, 2] {
        net.connect(0, other);
    }
    net.settle();
    for node in [0, 1, 2] {
        assert_eq!(net.state(node).content(), "one two!!!");
        assert_eq!(net.state(node).summary(), net.state(0).summary());
        assert!(refusals(&mut net, node).is_empty());
    }
    assert_eq!(net.state(1).oplog(), net.state(0).oplog());
    assert!(net.state(1).oplog().floor().is_some());

    let before = net.state(3).to_bytes();
    net.connect(0, 3);
    net.settle();
    assert_eq!(net.state(3).to_bytes(), before);
    assert_eq!(net.state(0).content(), "one two!!!");
    let told = [refusals(&mut net, 0), refusals(&mut net, 3)].concat();
    assert!(!told.is_empty(), "both go their way in silence");
    assert!(
        told.iter()
            .all(|refusal| *refusal == Refusal::MissingDependency),
        "{told:?}"
    );
    // From someone who has all of it, it gets what it needs.
    net.connect(2, 3);
    net.settle();
    assert_eq!(net.state(3).content(), "one two!!!");
}
