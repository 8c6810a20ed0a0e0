//! `crdts`: maps and sets by their ops, which are fast in order and lost out of order; whole states
//! where our side joins whole states.

use benches::maps_input::{added_elements, differing_entries, key, sizes, spread, written_entries};
use benches::{Args, Timings, steps};
use compare::op_map::{ALICE, BOB, Map, Op, put};
use crdts::{CmRDT, CvRDT, GCounter, Orswot, orswot};

const SUBJECT: &str = "crdts";

pub(crate) fn run(args: &Args, timings: &mut Timings) {
    for len in sizes(args, &[100, 1_000, 10_000, 100_000, 1_000_000]) {
        join_one_key(args, len);
    }
    for len in sizes(args, &[1_000, 10_000, 100_000]) {
        build(timings, len);
        join_full(args, timings, len);
    }
    for len in sizes(args, &[1_000, 100_000]) {
        set(args, len);
    }
    for n_agents in [1, 16, 1_000] {
        counter(args, timings, n_agents);
    }
}

/// An op that changes one key arrives, in order.
fn join_one_key(args: &Args, len: usize) {
    let bench = format!("map/join-one-key/{len}");
    if !args.wants(&bench) {
        return;
    }
    let mut ours = map(len);
    let mut theirs = ours.clone();
    let mut put_all = |entries: Vec<usize>| {
        let puts = entries.into_iter();
        puts.map(|idx| put(&mut theirs, BOB, key(idx), spread(idx)))
            .collect()
    };
    let entries = written_entries(args, len, 300);
    let batches: Vec<Vec<Op>> = entries.into_iter().map(&mut put_all).collect();
    let expected = theirs.read_ctx();
    drop(theirs);
    steps(args, &bench, SUBJECT, batches, |op| ours.apply(op));
    assert!(ours.read_ctx() == expected, "every op has arrived");
}

/// A map is built key by key, each with its op.
fn build(timings: &mut Timings, len: usize) {
    let keys: Vec<String> = (0..len).map(key).collect();
    timings.job(
        &format!("map/build/{len}"),
        || keys.clone(),
        |keys| {
            let mut map = Map::new();
            for (idx, key) in keys.into_iter().enumerate() {
                put(&mut map, ALICE, key, spread(idx));
            }
            map
        },
    );
}

/// Two whole maps are merged: the crate's other way, in which no order matters.
fn join_full(args: &Args, timings: &mut Timings, len: usize) {
    let bench = format!("map/join-full/{len}");
    if !args.wants(&bench) {
        return;
    }
    let ours = map(len);
    let mut theirs = ours.clone();
    for idx in differing_entries(len) {
        put(&mut theirs, BOB, key(idx), spread(idx));
    }
    let merged = |(mut ours, theirs): (Map, Map)| {
        ours.merge(theirs);
        ours
    };
    assert!(merged((ours.clone(), theirs.clone())) == theirs);
    timings.job(&bench, || (ours.clone(), theirs.clone()), merged);
}

/// `Orswot` is the crate's set with removes.
fn set(args: &Args, len: usize) {
    let (add, apply) = (format!("set/add/{len}"), format!("set/apply/{len}"));
    if !args.wants(&add) && !args.wants(&apply) {
        return;
    }
    let mut ours = Orswot::new();
    for idx in 0..len {
        add_element(&mut ours, spread(idx));
    }
    let mut theirs = ours.clone();
    let elements = added_elements(args, len);
    let mut ops: Vec<Vec<_>> = Vec::new();
    {
        let mut source = ours.clone();
        for batch in &elements {
            let add = |&element| add_element(&mut source, element);
            ops.push(batch.iter().map(add).collect());
        }
    }
    steps(args, &add, SUBJECT, elements, |element| {
        add_element(&mut ours, element)
    });
    steps(args, &apply, SUBJECT, ops, |op| theirs.apply(op));
    let all_done = !args.wants(&add) || !args.wants(&apply) || ours == theirs;
    assert!(all_done, "every op has arrived");
}

fn add_element(set: &mut Orswot<u64, u64>, element: u64) -> orswot::Op<u64, u64> {
    let op = set.add(element, set.read_ctx().derive_add_ctx(ALICE));
    set.apply(op.clone());
    op
}

/// Reading is part of the job, and gives a number of any size.
fn counter(args: &Args, timings: &mut Timings, n_agents: u64) {
    let bench = format!("counter/merge/{n_agents}");
    if !args.wants(&bench) {
        return;
    }
    let counter = |times: u64| {
        let mut counter = GCounter::new();
        for idx in 0..n_agents {
            counter.apply(counter.inc_many(idx, idx + times));
        }
        counter
    };
    let (ours, theirs) = (counter(1), counter(2));
    timings.job(
        &bench,
        || (ours.clone(), theirs.clone()),
        |(mut ours, theirs)| {
            ours.merge(theirs);
            ours.read()
        },
    );
}

fn map(len: usize) -> Map {
    let mut map = Map::new();
    for idx in 0..len {
        put(&mut map, ALICE, key(idx), spread(idx));
    }
    map
}
