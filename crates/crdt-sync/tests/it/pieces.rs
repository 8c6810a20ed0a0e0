//! Large differences come in several deltas: each is applied when it is there, and who was cut off keeps what
//! came.

use core::convert::Infallible;

use crdt_core::codec::Encode;
use crdt_core::{AgentId, DeltaState, Summarize};
use crdt_counters::PnCounter;
use crdt_maps::{GSet, OrMap, OrSet};
use crdt_sync::{Config, Document, Event, LinkId, Refusal};
use crdt_text::{Chars, TextDoc};

use crate::net::{Frame, Net, config, doc};

crdt_core::replicated! {
    /// A document of several types.
    #[derive(Clone, Debug, Default)]
    struct Page {
        text: TextDoc,
        tallies: OrMap<String, crdt_counters::ResettableCounter>,
        words: GSet<String>,
        votes: PnCounter,
    }
    delta PageDelta, summary PageSummary
}

/// A whole page takes many times what one piece does, and what a receiver holds at once.
fn in_pieces() -> Config {
    let mut config = config();
    config.piece_bytes = 1_000;
    config.max_frame_bytes = 512;
    config.window_bytes = 2_048;
    config.max_transfer_bytes = 8_000;
    config.max_incoming_bytes_per_link = 8_000;
    config
}

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

/// A page with some of everything, and things that were removed.
fn page() -> Page {
    let alice = agent("alice");
    let mut page = Page::default();
    let writer = page.text.get_or_create_agent_id(&alice).unwrap();
    for n in 0..600 {
        let at = page.text.len_chars() / 2;
        page.text.insert(writer, Chars(at), "some words. ").unwrap();
        if n % 3 == 0 {
            page.text.delete(writer, Chars(at)..Chars(at + 4)).unwrap();
        }
        page.words.insert_with_delta(format!("word-{n:04}"));
        let key = format!("key-{:03}", n % 450);
        let add = page
            .tallies
            .update_with_delta(&alice, key.clone(), |tally, minter| {
                tally.increment(minter, 1)
            });
        add.unwrap();
        if n % 7 == 0 {
            page.tallies.remove_with_delta(&alice, &key).unwrap();
        }
    }
    page.votes.increment_with_delta(&alice, 3).unwrap();
    page
}

/// A net whose first node holds a page, and nobody else anything.
fn with_page(n_nodes: usize, config: &Config) -> Net<Page> {
    let mut net = Net::<Page>::new(n_nodes, config);
    let whole = page().delta_since(&Page::default().summary()).unwrap();
    let put = |state: &mut Page| {
        state.apply_delta(&whole).unwrap();
        Ok::<_, Infallible>(whole.clone())
    };
    net.nodes[0].edit(doc(), put).unwrap();
    // The outbox lets go of it: newcomers are told from the state.
    net.commit(0);
    net.restart(0, config);
    net
}

fn forgetful() -> Config {
    let mut config = in_pieces();
    config.retained_bytes = 0;
    config.soft_bytes = 100;
    config.hard_bytes = 100;
    config
}

/// Delivers so many frames and no more; returns the bytes of those that went to node 1.
fn deliver_some<D: Document>(net: &mut Net<D>, n_frames: usize) -> usize {
    let (mut n_left, mut n_bytes) = (n_frames, 0);
    loop {
        let frames: Vec<Frame> = (0..2).flat_map(|node| net.commit(node)).collect();
        if frames.is_empty() {
            return n_bytes;
        }
        for frame in frames {
            if n_left == 0 {
                return n_bytes;
            }
            n_left -= 1;
            n_bytes += if frame.to == 1 { frame.bytes.len() } else { 0 };
            net.deliver(&frame);
        }
    }
}

#[test]
fn a_page_larger_than_what_is_held_at_once_reaches_a_newcomer() {
    let mut net = with_page(2, &forgetful());
    let whole = net.state(0).to_bytes().len();
    assert!(whole > 8_000, "{whole} bytes");
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    assert!(frames.iter().all(|frame| frame.bytes.len() <= 512));
    let events = net.nodes[1].take_events();
    let n_deltas: usize = events
        .iter()
        .map(|event| match event {
            Event::Changed { deltas, .. } => deltas.len(),
            _ => 0,
        })
        .sum();
    assert!(
        n_deltas >= whole / 2_000,
        "{n_deltas} deltas for {whole} bytes"
    );
}

#[test]
fn who_was_cut_off_anywhere_keeps_what_came_and_ends_equal() {
    let whole = deliver_some(&mut connected(), usize::MAX);
    for n_frames in (5..100).step_by(23) {
        for dies in [false, true] {
            let mut net = connected();
            let before = deliver_some(&mut net, n_frames);
            if dies {
                net.restart(1, &forgetful());
                net.nodes[0].disconnect(LinkId(0));
            } else {
                net.disconnect(LinkId(0));
            }
            net.connect(0, 1);
            let after = deliver_some(&mut net, usize::MAX);
            net.assert_equal();
            // Summaries are told again; beside that a piece and a window may be on the way when the link goes.
            let twice = (before + after).saturating_sub(whole);
            assert!(twice < 13_000, "{twice} of {whole} bytes came twice");
        }
    }
}

fn connected() -> Net<Page> {
    let mut net = with_page(2, &forgetful());
    net.connect(0, 1);
    net
}

#[test]
fn removals_come_in_pieces_too() {
    let mut net = Net::<OrSet<u64>>::new(2, &forgetful());
    let alice = agent("alice");
    let edit = |net: &mut Net<OrSet<u64>>, number: u64, adds: bool| {
        let edit = |set: &mut OrSet<u64>| match adds {
            true => set.add_with_delta(&alice, number),
            false => set.remove_with_delta(&alice, &number),
        };
        net.nodes[0].edit(doc(), edit).unwrap();
        net.commit(0);
    };
    for number in 0..3_000 {
        edit(&mut net, number, true);
    }
    let link = net.connect(0, 1);
    net.settle();
    net.disconnect(link);
    for number in (0..3_000).step_by(2) {
        edit(&mut net, number, false);
    }
    for number in 3_000..4_000 {
        edit(&mut net, number, true);
    }
    net.connect(0, 1);
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(1).len(), 2_500);
}

/// What followed a place is sent a piece at a time, and each moves the place.
#[test]
fn a_long_interval_moves_the_place_piece_by_piece() {
    let mut net = Net::<OrSet<String>>::new(2, &in_pieces());
    let alice = agent("alice");
    let add = |net: &mut Net<OrSet<String>>, n: usize| {
        let edit = |set: &mut OrSet<String>| set.add_with_delta(&alice, format!("word-{n:06}"));
        net.nodes[0].edit(doc(), edit).unwrap();
    };
    add(&mut net, 0);
    net.connect(0, 1);
    net.settle();
    net.disconnect(LinkId(0));
    (1..1_000).for_each(|n| add(&mut net, n));
    net.connect(0, 1);
    let before = deliver_some(&mut net, 40);
    let n_here = net.state(1).len();
    assert!(n_here > 100 && n_here < 900, "{n_here} words");
    net.restart(1, &in_pieces());
    net.nodes[0].disconnect(LinkId(1));
    net.connect(0, 1);
    let after = deliver_some(&mut net, usize::MAX);
    net.assert_equal();
    assert!(before + after < 22_000, "{before} and {after} bytes");
}

/// A type that cannot be split has the limit of one delta; what claims to be larger is refused at once.
#[test]
fn one_delta_that_is_too_large_is_refused_before_it_is_here() {
    let mut net = Net::<GSet<String>>::new(2, &in_pieces());
    net.connect(0, 1);
    net.settle();
    let word = "x".repeat(10_000);
    let edit = |set: &mut GSet<String>| Ok::<_, Infallible>(set.insert_with_delta(word));
    net.nodes[0].edit(doc(), edit).unwrap();
    let n_bytes = deliver_some(&mut net, usize::MAX);
    assert!(n_bytes < 3_000, "{n_bytes} bytes");
    let refused = |event: &Event<GSet<String>>| matches!(event, Event::Refused(refused) if refused.refusal == Refusal::TooLarge);
    assert!(net.nodes[1].take_events().iter().any(refused));
    assert!(net.state(1).is_empty());
}

/// An edit of several fields that failed at the second left the first changed, in no outbox and no storage.
#[test]
fn an_edit_that_fails_half_way_is_taken_back() {
    let mut net = Net::<Page>::new(2, &config());
    net.connect(0, 1);
    let alice = agent("alice");
    let vote = |net: &mut Net<Page>| {
        let edit = |page: &mut Page| {
            let votes = page.votes.increment_with_delta(&alice, 1);
            votes.map(|votes| PageDelta {
                votes,
                ..PageDelta::default()
            })
        };
        net.nodes[0].edit(doc(), edit).unwrap();
    };
    vote(&mut net);
    net.settle();
    // One that is not committed is not lost with it.
    vote(&mut net);
    let before = net.state(0).to_bytes();
    let fails = |page: &mut Page| {
        page.words.insert_with_delta("half".to_string());
        let key = "key".to_string();
        page.tallies
            .update_with_delta(&alice, key, |tally, minter| tally.increment(minter, 1))
            .unwrap();
        Err::<PageDelta, _>("the other half")
    };
    let refused = net.nodes[0].edit(doc(), fails);
    assert!(matches!(
        refused,
        Err(crdt_sync::EditError::Refused("the other half"))
    ));
    assert_eq!(net.state(0).to_bytes(), before);
    vote(&mut net);
    net.settle();
    net.assert_equal();
    assert_eq!(net.state(1).votes.value(), 3);
    assert!(net.state(1).words.is_empty());
}
