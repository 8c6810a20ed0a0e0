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

/// As [`benches::memory`], on the allocator of this program.
fn memory<O>(job: impl FnOnce() -> O) -> (u64, u64) {
    benches::memory(&ALLOC, job)
}
