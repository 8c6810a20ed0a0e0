//! Two nodes that hold nearly the same large set and know no place of each other: they find out in what
//! they differ, for the size of that.

use crdt_core::AgentId;
use crdt_core::codec::{Encode, Reader, Writer};
use crdt_maps::{OrMap, OrSet};
use crdt_sync::{Config, Document, Event, LinkId, Refusal};
use crdt_testkit::Rng;

use crate::net::{Frame, Net, config, doc};

type Numbers = OrSet<u64>;

/// The kind of frame that brings symbols.
const SYMBOLS: u8 = 11;
/// The kind of frame that asks for the plain summary.
const ASK_WHOLE: u8 = 12;

/// Outboxes so small that every place is lost, and no summary is small.
fn forgetful() -> Config {
    let mut config = config();
    config.retained_bytes = 0;
    config.soft_bytes = 100;
    config.hard_bytes = 200;
    config.inline_summary_bytes = 40;
    config.max_plain_summary_bytes = 100;
    config
}

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

fn add(net: &mut Net<Numbers>, node: usize, name: &str, number: u64) {
    let edit = |set: &mut Numbers| set.add_with_delta(&agent(name), number);
    net.nodes[node].edit(doc(), edit).unwrap();
}

fn remove(net: &mut Net<Numbers>, node: usize, name: &str, number: u64) {
    let edit = |set: &mut Numbers| set.remove_with_delta(&agent(name), &number);
    net.nodes[node].edit(doc(), edit).unwrap();
}

/// Two nodes that agree on `len` numbers with half as many holes among them, then part; each removes
/// `n_removed` and adds `n_added` alone.
fn parted(config: &Config, len: u64, n_removed: u64, n_added: u64) -> Net<Numbers> {
    let mut net = Net::new(2, config);
    let mut rng = Rng::new(len);
    for number in 0..len {
        add(&mut net, 0, "alice", number);
    }
    for number in 0..len {
        if rng.chance(30) {
            remove(&mut net, 0, "alice", number);
        }
    }
    let link = net.connect(0, 1);
    net.settle();
    net.disconnect(link);
    for node in 0..2 {
        let name = ["anne", "bob"][node];
        for _ in 0..n_removed {
            let number = rng.below(len as usize) as u64;
            remove(&mut net, node, name, number);
            net.commit(node);
        }
        for number in 0..n_added {
            add(&mut net, node, name, len + node as u64 * n_added + number);
            net.commit(node);
        }
    }
    net
}

fn n_bytes(frames: &[Frame]) -> usize {
    frames.iter().map(|frame| frame.bytes.len()).sum()
}

fn summary_bytes<D: Document>(net: &Net<D>, node: usize) -> usize {
    net.state(node).summary().to_bytes().len()
}

fn n_of_kind(frames: &[Frame], kind: u8) -> usize {
    frames.iter().filter(|frame| frame.bytes[0] == kind).count()
}

/// As [`Net::settle`], on links that lose, double and reorder; returns how many frames went out.
fn settle_lossy<D: Document>(net: &mut Net<D>, rng: &mut Rng) -> usize {
    let mut n_frames = 0;
    loop {
        for node in 0..net.nodes.len() {
            let frames = net.commit(node);
            n_frames += frames.len();
            for frame in frames {
                for _ in 0..*rng.pick(&[0, 1, 1, 1, 2]) {
                    let at = rng.between(0, net.in_flight.len());
                    net.in_flight.insert(at, frame.clone());
                }
            }
        }
        if let Some(frame) = net.in_flight.pop_front() {
            net.deliver(&frame);
            continue;
        }
        let wake = net.nodes.iter().filter_map(|node| node.next_wake()).min();
        match wake {
            Some(wake) => net.now = net.now.max(wake),
            None => return n_frames,
        }
    }
}

#[test]
fn who_lost_its_place_finds_out_what_was_removed_on_both_sides() {
    let mut net = parted(&forgetful(), 20_000, 50, 0);
    let plain = summary_bytes(&net, 0) + summary_bytes(&net, 1);
    let link = net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    assert!(n_of_kind(&frames, SYMBOLS) > 0);
    assert_eq!(n_of_kind(&frames, ASK_WHOLE), 0);
    let n_bytes = n_bytes(&frames);
    assert!(n_bytes < plain / 2, "{n_bytes} bytes, plain {plain}");
    // And the link goes on as any other.
    net.disconnect(link);
    net.connect(0, 1);
    remove(&mut net, 0, "anne", 3);
    net.settle();
    net.assert_equal();
}

#[test]
fn what_was_added_costs_no_symbols() {
    let mut net = parted(&forgetful(), 4_000, 5, 500);
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    // The first symbols are enough for ten members, and a thousand differ.
    assert_eq!(n_of_kind(&frames, SYMBOLS), 2);
}

#[test]
fn who_differs_in_too_much_is_told_plainly() {
    let mut net = parted(&forgetful(), 2_000, 1_500, 0);
    let plain = summary_bytes(&net, 0) + summary_bytes(&net, 1);
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    assert!(n_of_kind(&frames, ASK_WHOLE) > 0);
    let told = frames
        .iter()
        .filter(|frame| matches!(frame.bytes[0], 8..=12));
    let told: usize = told.map(|frame| frame.bytes.len()).sum();
    assert!(told < plain * 2 + 5_000, "{told} bytes, plain {plain}");
}

#[test]
fn a_map_is_found_out_by_its_dots() {
    let mut config = forgetful();
    config.max_frame_bytes = 1 << 10;
    let mut net = Net::<OrMap<u64, crdt_maps::MvRegister<u64>>>::new(2, &config);
    let mut rng = Rng::new(3);
    let edit = |net: &mut Net<_>, node: usize, key: u64, is_put: bool| {
        let name = agent(["anne", "bob"][node]);
        let edit = |map: &mut OrMap<u64, crdt_maps::MvRegister<u64>>| {
            if is_put {
                map.update_with_delta(&name, key, |value, minter| value.write(minter, key))
            } else {
                map.remove_with_delta(&name, &key)
            }
        };
        net.nodes[node].edit(doc(), edit).unwrap();
    };
    for key in 0..2_000 {
        edit(&mut net, 0, key, true);
    }
    for key in 0..2_000 {
        if key % 3 == 0 {
            edit(&mut net, 0, key, true);
        }
    }
    let link = net.connect(0, 1);
    net.settle();
    net.disconnect(link);
    for node in 0..2 {
        for _ in 0..20 {
            edit(&mut net, node, rng.below(2_000) as u64, rng.chance(50));
            net.commit(node);
        }
    }
    net.connect(0, 1);
    let frames = net.settle();
    net.assert_equal();
    assert!(n_of_kind(&frames, SYMBOLS) > 0);
    assert!(frames.iter().all(|frame| frame.bytes.len() <= 1 << 10));
}

#[test]
fn it_is_found_out_over_links_that_lose_double_and_reorder() {
    for seed in 0..20 {
        let mut rng = Rng::new(seed);
        let mut config = forgetful();
        config.max_frame_bytes = *rng.pick(&[256, 512, 4_096]);
        config.window_bytes = *rng.pick(&[300, 2_000, 100_000]);
        let mut net = parted(&config, 1_500, 25, 5);
        net.connect(0, 1);
        let n_frames = settle_lossy(&mut net, &mut rng);
        net.assert_equal();
        assert!(n_frames < 20_000, "seed {seed}: {n_frames} frames");
    }
}

#[test]
fn it_is_found_out_while_both_go_on_editing() {
    for seed in 0..10 {
        let mut rng = Rng::new(seed);
        let mut config = forgetful();
        config.max_frame_bytes = 512;
        let mut net = parted(&config, 1_500, 25, 5);
        net.connect(0, 1);
        for round in 0..300 {
            let node = rng.below(2);
            let name = ["anne", "bob"][node];
            if rng.chance(20) {
                remove(&mut net, node, name, rng.below(1_500) as u64);
            } else if rng.chance(10) {
                add(&mut net, node, name, 10_000 + round);
            }
            for node in 0..2 {
                let frames = net.commit(node);
                net.in_flight.extend(frames);
            }
            if let Some(frame) = net.in_flight.pop_front() {
                net.deliver(&frame);
            }
        }
        settle_lossy(&mut net, &mut rng);
        net.assert_equal();
    }
}

/// Runs two nodes until node 0 is about to get symbols; returns the frame that brings them.
fn until_symbols(net: &mut Net<Numbers>) -> Frame {
    loop {
        for node in 0..2 {
            let frames = net.commit(node);
            net.in_flight.extend(frames);
        }
        while let Some(frame) = net.in_flight.pop_front() {
            if frame.to == 0 && frame.bytes[0] == SYMBOLS {
                return frame;
            }
            net.deliver(&frame);
        }
    }
}

/// The frame with the count of its first symbol set to -1, which no set has.
fn with_a_count_of_no_set(bytes: &[u8]) -> Vec<u8> {
    let mut r = Reader::new(&bytes[1..]);
    let (channel, session) = (r.u64().unwrap(), r.u64_le().unwrap());
    let (n_members, start) = (r.u64().unwrap(), r.u64().unwrap());
    assert_eq!(start, 0);
    let (sum, check) = (r.raw(16).unwrap(), r.u64_le().unwrap());
    r.i64().unwrap();
    let mut w = Writer::new();
    w.u8(SYMBOLS);
    w.u64(channel);
    w.u64_le(session);
    w.u64(n_members);
    w.u64(start);
    w.raw(sum);
    w.u64_le(check);
    w.i64(-1 - n_members as i64);
    w.into_bytes()
}

#[test]
fn symbols_that_no_set_has_are_refused_and_change_nothing() {
    let mut net = parted(&forgetful(), 1_500, 10, 0);
    let link = net.connect(0, 1);
    let frame = until_symbols(&mut net);
    net.nodes[0].take_events();
    let before = net.state(0).to_bytes();
    let hostile = with_a_count_of_no_set(&frame.bytes);
    net.nodes[0].receive(link, &hostile).unwrap();
    net.commit(0);
    let refused = |event: &Event<_>| {
        matches!(event, Event::Refused(refused)
            if refused.by_us && refused.link == link && refused.refusal == Refusal::Malformed)
    };
    assert!(net.nodes[0].take_events().iter().any(refused));
    assert_eq!(net.state(0).to_bytes(), before);
}

#[test]
fn damaged_symbols_lead_to_a_refusal_or_to_the_plain_summary() {
    let mut rng = Rng::new(11);
    let mut net = parted(&forgetful(), 1_500, 10, 0);
    for round in 0..60 {
        remove(&mut net, 0, "anne", rng.below(1_500) as u64);
        remove(&mut net, 1, "bob", rng.below(1_500) as u64);
        for name in ["anne", "bob"] {
            // Beyond what outboxes keep.
            for number in 0..20 {
                let node = usize::from(name == "bob");
                add(&mut net, node, name, 100_000 + round * 20 + number);
                net.commit(node);
            }
        }
        let link = net.connect(0, 1);
        let mut frame = until_symbols(&mut net);
        let at = rng.between(3, frame.bytes.len() - 1);
        frame.bytes[at] ^= 1 << rng.below(8);
        if net.nodes[0].receive(link, &frame.bytes).is_ok() {
            let frames = net.settle();
            assert!(frames.len() < 1_000);
        }
        // Whatever came of it, a link that works makes them equal.
        net.disconnect(link);
        net.connect(0, 1);
        net.settle();
        net.assert_equal();
        let healed = LinkId(link.0 + 1);
        net.disconnect(healed);
    }
}
