//! What the benchmarks of maps and sets work on: the same keys, values and order for every
//! implementation.

use crate::Args;

/// The key of a map's entry: all of one length, and in no order, as users make them.
///
/// # Examples
/// ```
/// use benches::maps_input::key;
///
/// assert_eq!(key(1), "key-9e3779b9");
/// ```
pub fn key(idx: usize) -> String {
    format!("key-{:08x}", spread(idx) >> 32)
}

/// The value of a map's entry, or an element of a set: different numbers in no order.
pub fn spread(idx: usize) -> u64 {
    (idx as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The sizes to measure; in a smoke run only a small one.
pub fn sizes(args: &Args, sizes: &[usize]) -> Vec<usize> {
    if args.is_smoke() {
        vec![100]
    } else {
        sizes.to_vec()
    }
}

/// Which entries of a map of `len` are written, one after the other and all over the map, in
/// batches of `n_steps`.
pub fn written_entries(args: &Args, len: usize, n_steps: usize) -> Vec<Vec<usize>> {
    let batch = |batch: usize| {
        let steps = batch * n_steps..(batch + 1) * n_steps;
        steps.map(|step| step * 7_919 % len).collect()
    };
    (0..n_batches(args)).map(batch).collect()
}

/// The ten entries in which two maps of `len` differ.
pub fn differing_entries(len: usize) -> impl Iterator<Item = usize> {
    (0..10).map(move |idx| idx * len / 10)
}

/// Batches of elements that are new to the set of the first `len` ones.
pub fn added_elements(args: &Args, len: usize) -> Vec<Vec<u64>> {
    let batch = |batch: usize| {
        let first = len + batch * 500;
        (first..first + 500).map(spread).collect()
    };
    (0..n_batches(args)).map(batch).collect()
}

fn n_batches(args: &Args) -> usize {
    if args.is_smoke() { 1 } else { 31 }
}
