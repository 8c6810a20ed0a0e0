//! What is true for a moment: told to all who are there, kept by nobody.

use core::convert::Infallible;

use crdt_core::AgentId;
use crdt_core::codec::{Encode, Writer};
use crdt_maps::GSet;
use crdt_sync::{Event, LinkId, Policy, PresenceError, Presenting};

use crate::net::{Frame, Net, config, doc};

type Words = GSet<String>;

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

/// A line of three: what the ends tell each other goes through the middle.
fn line() -> Net<Words> {
    let mut net = Net::new(3, &config());
    net.connect(0, 1);
    net.connect(1, 2);
    net.settle();
    net
}

fn set(net: &mut Net<Words>, node: usize, value: Option<&str>) {
    let alice = agent("alice");
    let value = value.map(str::as_bytes);
    net.nodes[node]
        .set_presence(doc(), &alice, b"cursor", value, 5_000)
        .unwrap();
}

fn seen(net: &Net<Words>, node: usize) -> Vec<String> {
    let present = net.nodes[node].presence(doc());
    present
        .map(|(_, _, value)| String::from_utf8_lossy(value).into_owned())
        .collect()
}

#[test]
fn the_latest_is_seen_everywhere_until_its_time_is_up() {
    let mut net = line();
    set(&mut net, 0, Some("1"));
    net.settle();
    set(&mut net, 0, Some("2"));
    net.settle();
    assert_eq!(seen(&net, 2), ["2"]);
    net.nodes[2].take_events();
    net.now += 4_999;
    net.settle();
    assert_eq!(seen(&net, 2), ["2"]);
    net.now += 1;
    assert!(net.settle().is_empty());
    assert_eq!(seen(&net, 2), [""; 0]);
    let events = net.nodes[2].take_events();
    assert!(matches!(events[..], [Event::Presence { .. }]));
    // That it was there is remembered for as long as it may come late.
    net.now += config().max_presence_ms;
    assert!(net.settle().is_empty());
    assert!((0..3).all(|node| net.nodes[node].next_wake().is_none()));
}

/// Where time was up first, what others still held came back, was told on, and went round a ring for ever.
#[test]
fn what_is_over_does_not_come_back() {
    let mut net = Net::<Words>::new(2, &config());
    net.connect(0, 1);
    net.settle();
    set(&mut net, 0, Some("1"));
    let frames = net.commit(0);
    let deliver = |net: &mut Net<Words>| {
        for frame in &frames {
            net.nodes[1].receive(frame.link, &frame.bytes).unwrap();
        }
        net.settle();
    };
    deliver(&mut net);
    assert_eq!(seen(&net, 1), ["1"]);
    // As late as a copy may be: it is remembered for a minute.
    for later in [5_000, 1, 30_000] {
        net.now += later;
        net.settle();
        deliver(&mut net);
        assert_eq!(seen(&net, 1), [""; 0]);
    }
}

#[test]
fn what_is_taken_away_does_not_come_back() {
    let mut net = line();
    set(&mut net, 0, Some("1"));
    let late = net.commit(0);
    for frame in &late {
        net.deliver(frame);
    }
    net.settle();
    set(&mut net, 0, None);
    net.settle();
    for frame in &late {
        net.deliver(frame);
    }
    net.settle();
    assert_eq!(seen(&net, 2), [""; 0]);
}

#[test]
fn who_connects_is_told_what_is_there_and_nobody_stores_it() {
    let mut net = line();
    set(&mut net, 0, Some("1"));
    net.settle();
    net.disconnect(LinkId(0));
    net.disconnect(LinkId(1));
    net.restart(1, &config());
    assert_eq!(seen(&net, 1), [""; 0]);
    net.connect(0, 1);
    net.settle();
    assert_eq!(seen(&net, 1), ["1"]);
}

/// The first byte of a presence frame.
fn is_presence(frame: &Frame) -> bool {
    frame.bytes[0] == 15
}

#[test]
fn it_waits_while_deltas_wait() {
    let mut limited = config();
    limited.window_bytes = 1;
    let mut net = Net::<Words>::new(2, &limited);
    net.connect(0, 1);
    net.settle();
    let insert = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta("word".to_string()));
    net.nodes[0].edit(doc(), insert).unwrap();
    set(&mut net, 0, Some("1"));
    let frames = net.commit(0);
    assert!(!frames.iter().any(is_presence));
    set(&mut net, 0, Some("2"));
    assert!(net.commit(0).is_empty());
    for frame in &frames {
        net.deliver(frame);
    }
    // Only the latest is told, once the delta is through.
    let told = net.settle();
    assert_eq!(told.iter().filter(|frame| is_presence(frame)).count(), 1);
    assert_eq!(seen(&net, 1), ["2"]);
}

#[test]
fn there_is_a_limit_to_it() {
    let mut limited = config();
    limited.max_presence_bytes = 200;
    let mut net = Net::<Words>::of(&[config(), limited]);
    net.connect(0, 1);
    net.settle();
    for n in 0..10_u8 {
        let told = net.nodes[0].set_presence(doc(), &agent("alice"), &[n], Some(b"here"), 1_000);
        assert_eq!(told, Ok(()));
    }
    net.settle();
    assert_eq!(net.nodes[1].presence(doc()).count(), 2);
    let mut told = Ok(());
    for n in 0..10_u8 {
        told = net.nodes[1].set_presence(doc(), &agent("bob"), &[n], Some(b"here"), 1_000);
    }
    assert_eq!(told, Err(PresenceError::TooMuch { max: 200 }));
}

/// Nobody is sent their own deltas; presence waited for them all the same, for ever.
#[test]
fn presence_goes_on_after_an_edit() {
    let mut net = line();
    for (editor, tells) in [(0, 2), (2, 0), (1, 2)] {
        let word = format!("by {editor}");
        let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word.clone()));
        net.nodes[editor].edit(doc(), edit).unwrap();
        net.settle();
        set(&mut net, tells, Some(&word));
        net.settle();
        assert!(
            (0..3).all(|node| seen(&net, node) == [word.clone()]),
            "{word}"
        );
    }
}

/// An entry of presence as it travels: of `alice` and `cursor`.
fn told(clock: u64) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(&[15, 0]);
    agent("alice").encode(&mut w);
    w.bytes(b"cursor");
    w.u64(clock);
    w.u64(5_000);
    w.bool(true);
    w.bytes(b"forged");
    w.into_bytes()
}

/// The next one of her own overflowed, and before that cut every link it was told on.
#[test]
fn a_forged_clock_silences_nobody() {
    let mut net = line();
    let link = LinkId(0);
    for clock in [u64::MAX, u64::MAX - 1, 1 << 63] {
        net.nodes[0].receive(link, &told(clock)).unwrap();
        assert_eq!(seen(&net, 0), [""; 0], "clock {clock}");
    }
    net.nodes[0].receive(link, &told(1 << 61)).unwrap();
    assert_eq!(seen(&net, 0), ["forged"], "nobody said that alice is here");
    for value in ["1", "2"] {
        set(&mut net, 0, Some(value));
        net.settle();
        assert_eq!(seen(&net, 2), [value]);
    }
    net.nodes[0].add_agent(agent("alice"));
    net.nodes[0].receive(link, &told(1 << 62)).unwrap();
    assert_eq!(seen(&net, 0), ["2"], "alice tells here");
}

#[test]
fn what_is_taken_away_is_gone_whatever_time_it_is_given() {
    let mut net = line();
    set(&mut net, 0, Some("1"));
    net.settle();
    let alice = agent("alice");
    net.nodes[0]
        .set_presence(doc(), &alice, b"cursor", None, 0)
        .unwrap();
    net.settle();
    assert_eq!(seen(&net, 2), [""; 0]);
    // Here it is forgotten first; what is told then is not taken for older than what others remember.
    net.now += 4_990;
    set(&mut net, 0, Some("2"));
    net.now += 20;
    net.settle();
    assert_eq!(seen(&net, 2), ["2"]);
}

/// Lets one agent be present, and no other.
struct Only(AgentId);

impl Policy<Words> for Only {
    fn presents(&mut self, presenting: &Presenting<'_>) -> bool {
        assert_eq!(presenting.doc, doc());
        *presenting.agent == self.0
    }
}

#[test]
fn who_may_not_be_present_is_passed_over_and_not_passed_on() {
    for (allowed, expected) in [("alice", vec!["here"]), ("bob", vec![])] {
        let mut net = line();
        set(&mut net, 0, Some("here"));
        for frame in net.commit(0) {
            let mut only = Only(agent(allowed));
            let node = &mut net.nodes[1];
            node.receive_under(frame.link, &frame.bytes, &mut only)
                .unwrap();
        }
        net.settle();
        assert_eq!(seen(&net, 1), expected);
        assert_eq!(seen(&net, 2), expected);
    }
}
