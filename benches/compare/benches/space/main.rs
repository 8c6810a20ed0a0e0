//! The rivals' rows of space.
//!
//! They run on an allocator that counts, so nothing is timed here.

mod text;

use benches::{Args, Row, maps_input};
use compare::{delta_map, op_map};
use crdt_testkit::CountingAlloc;
use crdts::{CmRDT, Orswot};
use dson::sentinel::DummySentinel;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Number;

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc::new();

const KEY: &str = "key-00000000";
/// Takes eight bytes as a varint.
const VALUE: u64 = u64::MAX >> 8;

fn main() {
    let args = Args::from_env();
    let n_elements = if args.is_smoke() { 1_000 } else { 1_000_000 };
    set_memory(&args, "in-order", n_elements, |idx| idx as u64);
    set_memory(&args, "any-order", n_elements, maps_input::spread);
    for n_puts in [1, 1_000] {
        delta_bytes(&args, n_puts);
    }
    text::run(&args);
}

/// As [`benches::memory`], on the allocator of this program.
fn memory<O>(job: impl FnOnce() -> O) -> (u64, u64) {
    benches::memory(&ALLOC, job)
}

/// What the set of `crdts` holds, as `steady_bytes`, and for one element, as `bytes`.
fn set_memory(args: &Args, order: &str, n_elements: usize, element: impl Fn(usize) -> u64) {
    let bench = format!("set/memory/{n_elements}-{order}");
    if !args.wants(&bench) {
        return;
    }
    let (peak, steady) = memory(|| {
        let mut set = Orswot::<u64, u64>::new();
        for idx in 0..n_elements {
            let context = set.read_ctx().derive_add_ctx(op_map::ALICE);
            set.apply(set.add(element(idx), context));
        }
        set
    });
    Row {
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        bytes: Number::from_f64(steady as f64 / n_elements as f64),
        ..Row::new(&bench, "crdts")
    }
    .print(args);
}

/// What a put of a value of eight bytes takes beside its key, and beside key and value when there
/// are many.
///
/// The ops of `crdts` are encoded by postcard, a small format for serde. The deltas of `dson` are
/// joined and then encoded by MessagePack, a small one of those that can hold them: a field is
/// flattened, for which a format must describe itself.
fn delta_bytes(args: &Args, n_puts: usize) {
    let bench = format!("map/delta-bytes/{n_puts}");
    if !args.wants(&bench) {
        return;
    }
    let keys = (0..n_puts).map(|idx| format!("key-{:08}", idx * 7_919 % n_puts));
    let print = |subject: &str, bytes: &[u8]| {
        let value = if n_puts > 1 { 8.0 } else { 0.0 };
        let len = bytes.len() as f64 / n_puts as f64 - (KEY.len() + 1) as f64 - value;
        let bytes = Number::from_f64(len);
        let row = Row::new(&bench, subject);
        Row { bytes, ..row }.print(args);
    };

    let mut map = op_map::Map::new();
    let put = |key| op_map::put(&mut map, op_map::ALICE, key, VALUE);
    let ops: Vec<op_map::Op> = keys.clone().map(put).collect();
    let encoded: Vec<Vec<u8>> = ops.iter().map(postcard_bytes).collect();
    print("crdts", &encoded.concat());

    let mut map = delta_map::Map::new();
    let put = |key| delta_map::put(&mut map, delta_map::ALICE, key, VALUE);
    let join = |mut group: delta_map::Map, delta| {
        let Ok(()) = group.consume(delta, &mut DummySentinel);
        group
    };
    let group = keys.map(put).fold(delta_map::Map::new(), join);
    print("dson", &message_pack(&group));
}

fn postcard_bytes<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> Vec<u8> {
    let bytes = postcard::to_allocvec(value).expect("all lengths are known");
    assert!(postcard::from_bytes::<T>(&bytes).is_ok_and(|decoded| decoded == *value));
    bytes
}

fn message_pack<T: Serialize + DeserializeOwned + PartialEq>(value: &T) -> Vec<u8> {
    let bytes = rmp_serde::to_vec(value).expect("the format describes itself");
    assert!(rmp_serde::from_slice::<T>(&bytes).is_ok_and(|decoded| decoded == *value));
    bytes
}
