//! Benchmarks of space for sets and maps.

use crate::memory;
use benches::{Args, Row};
use crdt_core::codec::Encode;
use crdt_core::{AgentId, Delta, NextSeqError, Timestamp};
use crdt_maps::{CausalRegister, OrMap, OrMapDelta, OrSet};
use serde_json::Number;

type Map = OrMap<String, CausalRegister<u64>>;
type MapDelta = OrMapDelta<String, CausalRegister<u64>>;

const SUBJECT: &str = "crdt-maps";
const KEY: &str = "key-00000000";

pub(crate) fn run(args: &Args) {
    let n_elements = if args.is_smoke() { 1_000 } else { 1_000_000 };
    set_memory(args, "in-order", n_elements, |idx| idx);
    set_memory(args, "any-order", n_elements, |idx| {
        idx.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    for n_puts in [1, 1_000] {
        delta_bytes(args, n_puts);
    }
}

/// What a set of integers holds, as `steady_bytes`, and for one element, as `bytes`.
fn set_memory(args: &Args, order: &str, n_elements: u64, element: impl Fn(u64) -> u64) {
    let bench = format!("set/memory/{n_elements}-{order}");
    if !args.wants(&bench) {
        return;
    }
    let (peak, steady) = memory(|| {
        let alice = AgentId::new("alice").expect("a short name");
        let mut set = OrSet::new();
        for idx in 0..n_elements {
            set.add(&alice, element(idx)).expect("a fresh dot");
        }
        set
    });
    Row {
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        bytes: Number::from_f64(steady as f64 / n_elements as f64),
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
}

/// What a put of a value of eight bytes takes in a delta beside its key, and beside key and value
/// when many are grouped.
fn delta_bytes(args: &Args, n_puts: u64) {
    let bench = format!("map/delta-bytes/{n_puts}");
    if !args.wants(&bench) {
        return;
    }
    let alice = AgentId::new("alice").expect("a short name");
    let mut map = Map::new();
    let deltas = (0..n_puts).map(|idx| {
        let stamp = Timestamp::new(1_700_000_000_000 + 20 * idx, 0).expect("a time of our days");
        let key = format!("key-{:08}", idx * 7_919 % n_puts);
        map.update_with_delta(&alice, key, |register, minter| {
            // A number that takes eight bytes as a varint.
            register.write(minter, stamp, u64::MAX >> 8)
        })
        .unwrap_or_else(|error: NextSeqError| panic!("{error}"))
    });
    let deltas: Vec<MapDelta> = deltas.collect();
    let group = MapDelta::merge_deltas(&deltas).unwrap_or_else(|never| match never {});
    let mut len = group.to_bytes().len() as f64 / n_puts as f64 - (KEY.len() + 1) as f64;
    if n_puts > 1 {
        len -= 8.0;
    }
    Row {
        bytes: Number::from_f64(len),
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
}
