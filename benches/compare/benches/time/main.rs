//! The rivals' rows of time.

mod deltas;
mod ops;
mod text;

use benches::{Args, Timings};

fn main() {
    let args = Args::from_env();
    let results = concat!(env!("CARGO_TARGET_TMPDIR"), "/../criterion");
    ops::run(&args, &mut Timings::new(&args, "crdts", results));
    deltas::run(&args, &mut Timings::new(&args, "dson", results));
    text::run(&args, results);
}
