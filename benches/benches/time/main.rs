//! Benchmarks of time: how long one job takes, and how long a user waits for each of many steps.

extern crate alloc;

mod kept;
mod maps;
mod reconcile;
mod served;
mod sync;
mod text;

use benches::{Args, Timings};

fn main() {
    let args = Args::from_env();
    let results = concat!(env!("CARGO_TARGET_TMPDIR"), "/../criterion");
    let mut timings = Timings::new(&args, "crdt-text", results);
    text::run(&args, &mut timings);
    kept::run(&args, &mut timings);
    let mut timings = Timings::new(&args, "crdt-maps", results);
    maps::run(&args, &mut timings);
    let mut timings = Timings::new(&args, "crdt-counters", results);
    maps::counters(&args, &mut timings);
    let mut timings = Timings::new(&args, "crdt-sync", results);
    sync::run(&args, &mut timings);
    reconcile::run(&args, &mut timings);
    served::run(&args);
}
