//! What the tests share: seeded properties, generated values, agents and stamps.
//!
//! `CRDT_SEED` and `CRDT_CASES` override the seed and the number of cases of every property; a
//! failure prints the seed that repeats it.

use core::fmt::Debug;

use crdt_core::{AgentId, Lattice, Timestamp};
use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};

/// Runs a property on generated cases.
#[track_caller]
pub(crate) fn check_property<P: Testable>(property: P) {
    let seed = env_number("CRDT_SEED").unwrap_or(DEFAULT_SEED);
    let n_cases = env_number("CRDT_CASES").unwrap_or(400);
    let mut runner = QuickCheck::new()
        .rng(Gen::from_size_and_seed(24, seed))
        .tests(n_cases)
        .max_tests(n_cases * 10);
    if let Err(failure) = runner.quicktest(property) {
        panic!("CRDT_SEED={seed}: {failure:?}");
    }
}

/// Runs `test` with a source of random numbers for each of many seeds.
pub(crate) fn each_seed(n_cases: u64, test: impl Fn(u64, &mut Gen)) {
    let first = env_number("CRDT_SEED").unwrap_or(DEFAULT_SEED);
    let n_cases = env_number("CRDT_CASES").unwrap_or(n_cases);
    for seed in (first..).take(n_cases as usize) {
        test(seed, &mut Gen::from_size_and_seed(24, seed));
    }
}

fn env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// A value that can be made up.
pub(crate) trait Sample: Clone + Debug + 'static {
    fn sample(g: &mut Gen) -> Self;
}

/// A made-up value, as an argument of a property.
#[derive(Clone, Debug)]
pub(crate) struct Any<T>(pub(crate) T);

impl<T: Sample> Arbitrary for Any<T> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self(T::sample(g))
    }
}

/// A number below `n`.
pub(crate) fn below(g: &mut Gen, n: u64) -> u64 {
    u64::arbitrary(g) % n
}

/// An agent out of three, so that they meet.
pub(crate) fn agent(n: u64) -> AgentId {
    AgentId::new(["alice", "bob", "carol"][n as usize % 3]).unwrap()
}

pub(crate) fn at(stamp: u64) -> Timestamp {
    Timestamp::from_u64(stamp)
}

/// The join of two states, which stay as they are.
pub(crate) fn joined<T: Lattice + Clone>(a: &T, b: &T) -> T {
    let mut result = a.clone();
    result.join(b);
    result
}

const DEFAULT_SEED: u64 = 0x6372_6474;
