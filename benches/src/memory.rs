//! What a job takes on an allocator that counts.

use crdt_testkit::CountingAlloc;

/// The most memory that a job had in use at once, and what its result holds, in bytes.
///
/// What was in use before, like the job's input, does not count.
pub fn memory<O>(alloc: &CountingAlloc, job: impl FnOnce() -> O) -> (u64, u64) {
    let before = alloc.current_bytes();
    alloc.reset_peak();
    let result = core::hint::black_box(job());
    let used = |bytes: usize| bytes.saturating_sub(before) as u64;
    let measured = (used(alloc.peak_bytes()), used(alloc.current_bytes()));
    drop(result);
    measured
}
