//! Benchmarks of time for counters, sets and maps.

extern crate alloc;

use alloc::collections::BTreeMap;
use benches::maps_input::{added_elements, differing_entries, key, sizes, spread, written_entries};
use benches::{Args, Timings, steps};
use crdt_core::{AgentId, DeltaState, Lattice, NextSeqError, Timestamp, UndoStack};
use crdt_counters::GCounter;
use crdt_maps::{CausalRegister, OrMap, OrMapDelta, OrSet};

type Map = OrMap<String, CausalRegister<u64>>;
type Delta = OrMapDelta<String, CausalRegister<u64>>;

const SUBJECT: &str = "crdt-maps";

/// The same keys in the standard library's map, that replicates nothing: what looking them up costs in any
/// sorted map, on this machine and at this moment.
const FLOOR: &str = "bare BTreeMap";

pub(crate) fn run(args: &Args, timings: &mut Timings) {
    for len in sizes(args, &[100, 1_000, 10_000, 100_000, 1_000_000]) {
        join_one_key(args, len);
    }
    for len in sizes(args, &[1_000, 10_000, 100_000]) {
        build(args, timings, len);
        join_full(args, timings, len);
    }
    for len in sizes(args, &[1_000, 100_000]) {
        set(args, len);
        nested_remove(args, len);
        undo(args, len);
    }
}

/// One element after the other goes from a set of `len` that is the value of a key, and the deltas are
/// applied elsewhere: the rest of the set is not looked at.
fn nested_remove(args: &Args, len: usize) {
    let bench = format!("map/nested-remove/{len}");
    if !args.wants(&bench) {
        return;
    }
    let alice = agent("alice");
    let mut ours = OrMap::<u8, OrSet<u64>>::new();
    for idx in 0..len {
        ours.update(&alice, 0, |set, minter| set.add(minter, spread(idx)))
            .expect("a fresh dot");
    }
    let mut theirs = ours.clone();
    let batches = written_entries(args, len, 50).into_iter().take(20);
    steps(args, &bench, SUBJECT, batches, |idx| {
        let delta = ours
            .update_with_delta(&alice, 0, |set, minter| set.remove(minter, &spread(idx)))
            .expect("a fresh dot");
        theirs.apply_delta(&delta).expect("an honest delta");
        delta
    });
}

/// One key after the other of a map of `len` is written to and set back; both deltas are applied
/// elsewhere: the rest of the map is not looked at.
fn undo(args: &Args, len: usize) {
    let bench = format!("map/undo/{len}");
    if !args.wants(&bench) {
        return;
    }
    let alice = agent("alice");
    let stamp = Timestamp::new(1_800_000_000_000, 0).expect("a time of our days");
    let mut ours = map(len);
    let mut theirs = ours.clone();
    let mut stack = UndoStack::default();
    let batches = written_entries(args, len, 50).into_iter().take(20);
    steps(args, &bench, SUBJECT, batches, |idx| {
        let edit = stack.mutate(&mut ours, &alice, |map, minter| {
            map.update(minter, key(idx), |entry, minter| {
                entry.write(minter, stamp, idx as u64)
            })
        });
        let edit = edit.expect("a fresh dot");
        theirs.apply_delta(&edit).expect("an honest delta");
        let undo = stack.undo(&mut ours, &alice).expect("a fresh dot");
        let undo = undo.expect("nobody else wrote");
        theirs.apply_delta(&undo).expect("an honest delta");
        undo
    });
}

pub(crate) fn counters(args: &Args, timings: &mut Timings) {
    for n_agents in [1, 16, 1_000] {
        let bench = format!("counter/merge/{n_agents}");
        if !args.wants(&bench) {
            continue;
        }
        let counter = |times: u64| {
            let mut counter = GCounter::new();
            for idx in 0..n_agents {
                counter
                    .increment(&agent(&format!("agent-{idx}")), idx + times)
                    .expect("small");
            }
            counter
        };
        let (ours, theirs) = (counter(1), counter(2));
        timings.job(
            &bench,
            || ours.clone(),
            |mut ours| {
                ours.join(&theirs);
                ours.value()
            },
        );
    }
}

/// A delta that changes one key arrives at a map of `len` keys.
fn join_one_key(args: &Args, len: usize) {
    let bench = format!("map/join-one-key/{len}");
    if !args.wants(&bench) {
        return;
    }
    let mut ours = map(len);
    let mut theirs = ours.clone();
    let bob = agent("bob");
    let mut put_all = |entries: Vec<usize>| {
        let puts = entries.into_iter();
        puts.map(|idx| put(&mut theirs, &bob, idx)).collect()
    };
    let entries = written_entries(args, len, 300);
    let batches: Vec<Vec<Delta>> = entries.into_iter().map(&mut put_all).collect();
    drop(theirs);
    steps(args, &bench, SUBJECT, batches, |delta| {
        ours.apply_delta(&delta).expect("an honest delta");
        delta
    });
    drop(ours);
    let mut bare: BTreeMap<String, u64> = (0..len).map(|idx| (key(idx), 0)).collect();
    let entries = written_entries(args, len, 300).into_iter();
    let batches = entries.map(|batch| batch.into_iter().map(|idx| (key(idx), 1)).collect());
    steps(args, &bench, FLOOR, batches, |(key, value)| {
        bare.insert(key, value)
    });
}

/// A map is built key by key, each with its delta.
fn build(args: &Args, timings: &mut Timings, len: usize) {
    let bench = format!("map/build/{len}");
    if !args.wants(&bench) {
        return;
    }
    let alice = agent("alice");
    let keys: Vec<String> = (0..len).map(key).collect();
    timings.job(
        &bench,
        || keys.clone(),
        |keys| {
            let mut map = Map::new();
            for (idx, key) in keys.into_iter().enumerate() {
                put_at(&mut map, &alice, idx, key);
            }
            map
        },
    );
}

/// Two maps of `len` keys that differ in ten are joined.
fn join_full(args: &Args, timings: &mut Timings, len: usize) {
    let bench = format!("map/join-full/{len}");
    if !args.wants(&bench) {
        return;
    }
    let ours = map(len);
    let mut theirs = ours.clone();
    for idx in differing_entries(len) {
        put(&mut theirs, &agent("bob"), idx);
    }
    timings.job(
        &bench,
        || ours.clone(),
        |mut ours| {
            ours.join(&theirs);
            ours
        },
    );
}

/// Elements are added to a set that holds `len`, and their deltas applied elsewhere.
fn set(args: &Args, len: usize) {
    let (add, apply) = (format!("set/add/{len}"), format!("set/apply/{len}"));
    if !args.wants(&add) && !args.wants(&apply) {
        return;
    }
    let alice = agent("alice");
    let mut ours = OrSet::<u64>::new();
    for idx in 0..len {
        ours.add(&alice, spread(idx)).expect("a fresh dot");
    }
    let mut theirs = ours.clone();
    let elements = added_elements(args, len);
    let mut bare: BTreeMap<u64, [u64; 2]> = (0..len).map(|idx| (spread(idx), [0; 2])).collect();
    steps(args, &add, FLOOR, elements.clone(), |element| {
        bare.insert(element, [1; 2])
    });
    drop(bare);
    let mut deltas: Vec<Vec<_>> = Vec::new();
    {
        let mut source = ours.clone();
        for batch in &elements {
            let add = |&element| source.add_with_delta(&alice, element).expect("a fresh dot");
            deltas.push(batch.iter().map(add).collect());
        }
    }
    steps(args, &add, SUBJECT, elements, |element| {
        ours.add_with_delta(&alice, element).expect("a fresh dot")
    });
    steps(args, &apply, SUBJECT, deltas, |delta| {
        theirs.apply_delta(&delta).expect("an honest delta");
        delta
    });
}

fn map(len: usize) -> Map {
    let alice = agent("alice");
    let mut map = Map::new();
    for idx in 0..len {
        put(&mut map, &alice, idx);
    }
    map
}

fn put(map: &mut Map, author: &AgentId, idx: usize) -> Delta {
    put_at(map, author, idx, key(idx))
}

fn put_at(map: &mut Map, author: &AgentId, idx: usize, key: String) -> Delta {
    let stamp = Timestamp::new(1_700_000_000_000 + idx as u64, 0).expect("a time of our days");
    map.update_with_delta(author, key, |register, minter| {
        register.write(minter, stamp, spread(idx))
    })
    .unwrap_or_else(|error: NextSeqError| panic!("{error}"))
}

fn agent(name: &str) -> AgentId {
    AgentId::new(name).expect("a short name")
}
