//! What the tests share: seeded properties, agents, and generated counters.
//!
//! `CRDT_SEED` and `CRDT_CASES` override the seed and the number of cases of every property; a failure
//! prints the seed that repeats it.

use core::fmt::Debug;

use crdt_core::{AgentId, Decompose, Lattice};
use crdt_counters::{BoundedCounter, GCounter, PnCounter};
use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};

/// Runs a property on generated cases.
#[track_caller]
pub(crate) fn check_property<P: Testable>(property: P) {
    check_sized(24, 400, property);
}

/// Runs a property on cases of up to `size` parts.
#[track_caller]
pub(crate) fn check_sized<P: Testable>(size: usize, n_cases: u64, property: P) {
    let seed = env_number("CRDT_SEED").unwrap_or(0x6372_6474);
    let cases = env_number("CRDT_CASES").unwrap_or(n_cases);
    let rng = Gen::from_size_and_seed(size, seed);
    let runner = QuickCheck::new().rng(rng).tests(cases);
    if let Err(failure) = runner.max_tests(cases * 10).quicktest(property) {
        panic!("CRDT_SEED={seed}: {failure:?}");
    }
}

fn env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// How many agents the generators draw from.
pub(crate) const N_AGENTS: usize = 4;

/// An agent out of [`N_AGENTS`], so that values meet.
pub(crate) fn agent(n: usize) -> AgentId {
    AgentId::new(["alice", "bob", "carol", "dave"][n % N_AGENTS]).unwrap()
}

/// A number below `bound`.
pub(crate) fn below(g: &mut Gen, bound: u64) -> u64 {
    u64::arbitrary(g) % bound
}

pub(crate) fn some_agent(g: &mut Gen) -> AgentId {
    agent(usize::arbitrary(g))
}

/// A small number, now and then one that fills a count to the brim.
fn amount(g: &mut Gen) -> u64 {
    match below(g, 12) {
        0 => u64::MAX,
        1 => u64::MAX - 1,
        _ => below(g, 5),
    }
}

/// A counter that properties can draw; refused mutations are left out.
pub(crate) trait Sample: Decompose + Clone + PartialEq + Debug + 'static {
    fn sample(g: &mut Gen) -> Self;
}

impl Sample for GCounter {
    fn sample(g: &mut Gen) -> Self {
        let mut counter = Self::new();
        for _ in 0..below(g, 5) {
            let _refused = counter.increment(&some_agent(g), amount(g)).is_err();
        }
        counter
    }
}

impl Sample for PnCounter {
    fn sample(g: &mut Gen) -> Self {
        let mut counter = Self::new();
        for _ in 0..below(g, 6) {
            let agent = some_agent(g);
            let _refused = if bool::arbitrary(g) {
                counter.increment(&agent, amount(g)).is_err()
            } else {
                counter.decrement(&agent, amount(g)).is_err()
            };
        }
        counter
    }
}

/// Some of the deltas of a history, so that spending is there without what paid for it.
impl Sample for BoundedCounter {
    fn sample(g: &mut Gen) -> Self {
        let (mut all, mut some) = (Self::new(), Self::new());
        for _ in 0..below(g, 16) {
            let agent = some_agent(g);
            let delta = match below(g, 4) {
                0 | 1 => all.increment_with_delta(&agent, amount(g)).ok(),
                2 => all.decrement_with_delta(&agent, amount(g)).ok(),
                _ => {
                    let to = some_agent(g);
                    all.transfer_with_delta(&agent, &to, amount(g)).ok()
                }
            };
            if let Some(delta) = delta.filter(|_| below(g, 4) > 0) {
                some.join(&delta);
            }
        }
        some
    }
}

/// A generated value; it shrinks by leaving parts out.
#[derive(Clone, Debug)]
pub(crate) struct Case<T>(pub(crate) T);

impl<T: Sample> Arbitrary for Case<T> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self(T::sample(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let parts: Vec<T> = self.0.decompose().collect();
        Box::new((0..parts.len()).map(move |idx| Self(join_but(&parts, idx))))
    }
}

/// Joins all of `parts` but the one at `skipped_idx`.
pub(crate) fn join_but<T: Decompose>(parts: &[T], skipped_idx: usize) -> T {
    let kept = parts.iter().enumerate();
    let kept = kept.filter(|&(idx, _)| idx != skipped_idx);
    kept.fold(T::default(), |mut all, (_, part)| {
        all.join(part);
        all
    })
}
