//! `dson`: maps by their deltas, which are the only way.

use benches::maps_input::{differing_entries, key, sizes, spread, written_entries};
use benches::{Args, Row, Timings, live, steps};
use compare::delta_map::{ALICE, BOB, Map, join, map, put};

const SUBJECT: &str = "dson";

pub(crate) fn run(args: &Args, timings: &mut Timings) {
    for len in sizes(args, &[100, 1_000, 10_000]) {
        join_one_key(args, len);
    }
    for len in sizes(args, &[1_000]) {
        build(timings, len);
    }
    if !args.is_smoke() {
        build_once(args, 10_000);
    }
    for len in sizes(args, &[1_000, 10_000]) {
        join_full(args, timings, len);
    }
}

/// A delta that changes one key arrives.
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
    // Large maps take so long that a few steps fill a batch.
    let entries = written_entries(args, len, (100_000 / len).clamp(1, 300));
    let batches: Vec<Vec<Map>> = entries.into_iter().map(&mut put_all).collect();
    steps(args, &bench, SUBJECT, batches, |delta| {
        join(&mut ours, delta);
    });
    assert!(ours == theirs, "every delta has arrived");
}

/// A map is built key by key, each with its delta.
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

/// Building a large map takes so long that once must do, and too long on a busy machine: then there
/// is no row.
fn build_once(args: &Args, len: usize) {
    let bench = format!("map/build/{len}");
    if !args.wants(&bench) {
        return;
    }
    let keys: Vec<(usize, String)> = (0..len).map(|idx| (idx, key(idx))).collect();
    let write = |map: &mut Map, (idx, key): &(usize, String)| {
        put(map, ALICE, key.clone(), spread(*idx));
    };
    let Some(latencies) = live(&keys, Map::new, write) else {
        eprintln!("{bench}: {SUBJECT} takes longer than 15 seconds");
        return;
    };
    let total = Some(latencies.total_ns);
    Row {
        median_ns: total,
        min_ns: total,
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
}

/// Two whole maps are joined.
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
    let joined = |(mut ours, theirs): (Map, Map)| {
        join(&mut ours, theirs);
        ours
    };
    assert!(joined((ours.clone(), theirs.clone())) == theirs);
    timings.job(&bench, || (ours.clone(), theirs.clone()), joined);
}
