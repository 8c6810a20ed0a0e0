//! A document of several types on one link, and frames that arrive in any order.

use crdt_core::AgentId;
use crdt_counters::{PnCounter, ResettableCounter};
use crdt_maps::OrMap;
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
