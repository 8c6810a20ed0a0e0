//! Stories of other libraries that no single crate can tell: see `docs/design/trust.md` for all of them.

#![allow(
    clippy::disallowed_types,
    reason = "how time grows is what some of these measure"
)]

use std::time::Instant;

use crdt_core::codec::{DecodeError, Encode};
use crdt_core::{AgentId, DeltaState};
use crdt_counters::GCounter;
use crdt_maps::{LwwMap, MvRegister, OrMap};
use crdt_sync::{Config, LinkError, LinkId, MemoryStorage, Node, ReceiveError};
use crdt_text::{OpLog, TextDoc};

fn agent(n: usize) -> AgentId {
    AgentId::new(&format!("agent {n}")).expect("a short name")
}

/// Story 55: an old and a new version of the protocol met, and the link stalled without a word.
#[test]
fn another_version_of_the_protocol_is_refused_by_its_number() {
    let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [1; 24])
        .expect("an empty storage");
    node.connect(LinkId(0)).expect("a new link");
    let frames = node.commit(0).expect("memory does not fail");
    let mut hello = frames.first().expect("a hello").to_bytes();
    assert_eq!(hello[..2], [1, 3], "the kind of a hello, and its version");
    hello[1] = 4;
    let refused = node.receive(LinkId(0), &hello);
    let version = DecodeError::UnknownVersion { found: 4 };
    assert!(
        matches!(refused, Err(ReceiveError::Link(LinkError::Frame(found))) if found == version),
        "{refused:?}"
    );
}

/// Story 56: a hundred thousand writes to ten keys took half a megabyte.
#[test]
fn overwrites_leave_no_trace_in_size() {
    let write = |map: &mut OrMap<u32, MvRegister<u32>>, n: u32| {
        map.update(&agent(0), n % 1_000, |register, minter| {
            register.write(minter, n)
        })
        .expect("an edit");
    };
    let (mut once, mut often) = (OrMap::new(), OrMap::new());
    (0..1_000).for_each(|n| write(&mut once, n));
    (0..10_000).for_each(|n| write(&mut often, n));
    let (once, often) = (once.to_bytes().len(), often.to_bytes().len());
    // The numbers that are written and counted are larger, no more.
    assert!(often <= once + 3 * 1_000, "{once} bytes grew to {often}");
}

/// Story 57: a document of many clients took 7.8 MB where 38 kB do.
#[test]
fn many_clients_cost_what_they_write() {
    const N: usize = 1_540;
    let (mut map, mut n_bytes) = (OrMap::<u32, MvRegister<u32>>::new(), 0);
    for n in 0..N {
        let mut client = OrMap::<u32, MvRegister<u32>>::new();
        let delta = client.update_with_delta(&agent(n), n as u32, |register, minter| {
            register.write(minter, n as u32)
        });
        let delta = delta.expect("an edit");
        n_bytes += delta.to_bytes().len();
        map.apply_delta(&delta).expect("an honest delta");
    }
    assert_eq!(map.len(), N);
    let (each, whole) = (n_bytes / N, map.to_bytes().len() / N);
    assert!(
        each <= 32 && whole <= 32,
        "{each} bytes a delta, {whole} a key"
    );
}

/// How many edits are timed together: what is done once in so many is seen as well.
const EDITS_A_SLICE: usize = 50;
const N_SLICES: usize = 41;

/// Story 58: with very many replica ids in the history, each edit slowed down by every one of them.
#[test]
fn very_many_agents_do_not_slow_an_edit_down() {
    let history = |n_agents: usize| {
        let mut log = OpLog::new();
        for n in 0..n_agents {
            let agent = log
                .get_or_create_agent_id(agent(n).as_str())
                .expect("a name");
            log.add_insert(agent, 0, "x").expect("an edit");
        }
        TextDoc::from(log)
    };
    // How long each of some slices of edits took. Whoever else runs on the machine disturbs few slices, so
    // the median stands; slices of the two documents take turns, so that a slow minute slows both.
    let mut docs = [20, 20_000].map(|n_agents| {
        let mut doc = history(n_agents);
        let me = doc.get_or_create_agent_id("me").expect("a name");
        (doc, me, Vec::new())
    });
    for _ in 0..N_SLICES {
        for (doc, me, slices) in &mut docs {
            let start = Instant::now();
            for at in 0..EDITS_A_SLICE {
                let before = doc.version().clone();
                doc.insert(*me, at % 7, "y").expect("an edit");
                let update = doc.encode_since(&before).expect("a known version");
                assert!(update.len() < 64, "{} bytes", update.len());
            }
            slices.push(start.elapsed());
        }
    }
    let [few, many] = docs.map(|(_, _, mut slices)| {
        slices.sort_unstable();
        slices[N_SLICES / 2]
    });
    // A thousand times as many agents: what is done for each, and be it to clear a byte, takes more than what
    // an edit takes.
    assert!(many < 5 * few, "{few:?} grew to {many:?}");
}

/// A tie of plain registers across the crates: the JSON and the native bytes of a map agree on who won.
#[test]
fn a_tie_is_settled_alike_in_every_form() {
    let stamp = crdt_core::Timestamp::new(7, 0).expect("in range");
    let written = |n: usize, value: &str| {
        let mut map = LwwMap::<String, String>::new();
        map.set(&agent(n), stamp, "key".into(), value.into())
            .expect("an edit");
        map
    };
    let (mut ab, mut ba) = (written(0, "apple"), written(1, "zebra"));
    let (a, b) = (ab.clone(), ba.clone());
    ab.apply_delta(&b).expect("an honest delta");
    ba.apply_delta(&a).expect("an honest delta");
    assert_eq!(ab.to_bytes(), ba.to_bytes());
    let documents = [&ab, &ba].map(|map| crdt_core::json::to_string(map).expect("strings"));
    assert_eq!(documents[0], documents[1]);
    assert_eq!(ab.get("key").map(String::as_str), Some("zebra"));
}
