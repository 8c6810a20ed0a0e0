//! Benchmarks of space: how large files and updates are, and how much memory a document takes.
//!
//! They run on an allocator that counts, so nothing is timed here.

extern crate alloc;

mod maps;
mod sync;
mod text;

use benches::Args;
use crdt_testkit::CountingAlloc;

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc::new();

fn main() {
    let args = Args::from_env();
    text::run(&args);
    maps::run(&args);
    sync::run(&args);
}

/// The most memory that a job had in use at once, and what its result holds, in bytes.
///
/// What was in use before, like the job's input, does not count.
fn memory<O>(job: impl FnOnce() -> O) -> (u64, u64) {
    let before = ALLOC.current_bytes();
    ALLOC.reset_peak();
    let result = core::hint::black_box(job());
    let used = |bytes: usize| bytes.saturating_sub(before) as u64;
    let measured = (used(ALLOC.peak_bytes()), used(ALLOC.current_bytes()));
    drop(result);
    measured
}
