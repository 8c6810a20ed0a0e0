//! How much memory something takes: what is promised of decoders is measured here.

use crdt_testkit::CountingAlloc;

#[global_allocator]
static ALLOC: CountingAlloc = CountingAlloc::new();

/// What any call may take besides what its input pays for, in bytes.
pub const ALLOWANCE: usize = 64 << 10;

/// Runs `work` and returns, with its result, by how many bytes the heap grew at most meanwhile.
///
/// True where one thread is at work.
pub fn peak_of<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = ALLOC.current_bytes();
    ALLOC.reset_peak();
    let result = work();
    (result, ALLOC.peak_bytes().saturating_sub(before))
}

/// Runs `work` on an input of `n_bytes`, each of which pays for `factor` bytes of memory.
///
/// # Panics
/// If it took more.
#[track_caller]
pub fn bounded<T>(what: &str, factor: usize, n_bytes: usize, work: impl FnOnce() -> T) -> T {
    let (result, peak) = peak_of(work);
    let max = factor * n_bytes + ALLOWANCE;
    assert!(
        peak <= max,
        "{what}: {n_bytes} bytes took {peak} bytes of memory, more than {max}"
    );
    result
}
