//! What the unit tests share: seeded properties, generators, and the laws every type is held to.
//!
//! `CRDT_SEED` and `CRDT_CASES` override the seed and the number of cases of every property; a failure
//! prints the seed that repeats it.

extern crate std;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt::Debug;

use quickcheck::{Arbitrary, Gen, QuickCheck, Testable};

use crate::codec::{Decode, DecodeLimits, Encode};
use crate::{
    AgentId, Decompose, Delta, Dot, DotContext, DotRange, IntervalSet, Summarize, VersionVector,
};

/// Runs a property on generated cases.
#[track_caller]
pub(crate) fn check_property<P: Testable>(property: P) {
    let seed = env_number("CRDT_SEED").unwrap_or(0x6372_6474);
    let cases = env_number("CRDT_CASES").unwrap_or(400);
    let rng = Gen::from_size_and_seed(24, seed);
    let mut runner = QuickCheck::new()
        .rng(rng)
        .tests(cases)
        .max_tests(cases * 10);
    if let Err(failure) = runner.quicktest(property) {
        panic!("CRDT_SEED={seed}: {failure:?}");
    }
}

fn env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// An agent out of `n`, so that values meet.
pub(crate) fn agent(n: u8) -> AgentId {
    AgentId::new(["alice", "bob", "carol"][usize::from(n) % 3]).unwrap()
}

/// The laws of a lattice, its decomposition and its deltas, on generated values.
pub(crate) fn check_laws<T>()
where
    T: Decompose + Delta + Summarize<Delta = T> + Arbitrary + PartialEq + Debug,
{
    fn joined<T: Decompose + Clone>(a: &T, b: &T) -> T {
        let mut result = a.clone();
        result.join(b);
        result
    }
    fn join<T: Decompose + Arbitrary + PartialEq>(a: T, b: T, c: T) -> bool {
        let mut changing = a.clone();
        let changed = changing.join(&b);
        joined(&a, &a) == a
            && joined(&a, &b) == joined(&b, &a)
            && joined(&joined(&a, &b), &c) == joined(&a, &joined(&b, &c))
            && joined(&a, &T::default()) == a
            && joined(&T::default(), &a) == a
            && changed == (changing != a)
            && a.leq(&changing)
            && a.leq(&b) == (joined(&a, &b) == b)
            && a.is_bottom() == (a == T::default())
    }
    fn decompose<T: Decompose + Arbitrary + PartialEq>(a: T, b: T) -> bool {
        let parts: Vec<T> = a.decompose().collect();
        let join_all = |skipped: usize| {
            let kept = parts.iter().enumerate().filter(|&(idx, _)| idx != skipped);
            kept.fold(T::default(), |all, (_, part)| joined(&all, part))
        };
        let delta = a.diff(&b);
        join_all(usize::MAX) == a
            && (0..parts.len()).all(|idx| join_all(idx) != a)
            && parts.iter().all(|part| part.decompose().count() == 1)
            && joined(&b, &delta) == joined(&b, &a)
            && delta.decompose().all(|part| !part.leq(&b))
            && a.diff(&a).is_bottom()
    }
    fn summary<T>(a: T, b: T) -> bool
    where
        T: Decompose + Summarize<Delta = T> + Arbitrary + PartialEq,
    {
        let delta = a.delta_since(&b.summary());
        let mut peer = b.clone();
        let applied = delta.is_some_and(|delta| peer.apply_delta(&delta).is_ok());
        let own = a.delta_since(&a.summary());
        applied && peer == joined(&b, &a) && own.is_some_and(|own| own.is_bottom())
    }
    fn group<T: Decompose + Delta + Arbitrary + PartialEq>(a: T, b: T, c: T) -> bool {
        let Ok(group) = T::merge_deltas([&b, &c]) else {
            return false;
        };
        joined(&a, &group) == joined(&joined(&a, &b), &c)
    }
    check_property(join::<T> as fn(T, T, T) -> bool);
    check_property(decompose::<T> as fn(T, T) -> bool);
    check_property(summary::<T> as fn(T, T) -> bool);
    check_property(group::<T> as fn(T, T, T) -> bool);
}

/// What a canonical codec promises, on generated values and on damage to their encodings.
pub(crate) fn check_codec<T: Encode + Decode + Arbitrary + PartialEq + Debug>() {
    fn round_trip<T: Encode + Decode + Arbitrary + PartialEq>(a: T, b: T) -> bool {
        let bytes = a.to_bytes();
        T::from_bytes(&bytes, &DecodeLimits::default()).as_ref() == Ok(&a)
            && (a == b) == (bytes == b.to_bytes())
    }
    fn damage<T: Encode + Decode + Arbitrary + PartialEq>(value: T, at: usize, flip: u8) -> bool {
        let limits = DecodeLimits::default();
        let bytes = value.to_bytes();
        let truncated = (0..bytes.len()).all(|len| T::from_bytes(&bytes[..len], &limits).is_err());
        let longer = [&bytes[..], &[flip]].concat();
        let mut flipped = bytes;
        let at = at % flipped.len();
        flipped[at] ^= flip;
        let is_canonical = |bytes: &[u8]| match T::from_bytes(bytes, &limits) {
            Ok(value) => value.to_bytes() == bytes,
            Err(_) => true,
        };
        truncated && T::from_bytes(&longer, &limits).is_err() && is_canonical(&flipped)
    }
    fn noise<T: Encode + Decode + Arbitrary>(bytes: Vec<u8>) -> bool {
        match T::from_bytes(&bytes, &DecodeLimits::default()) {
            Ok(value) => value.to_bytes() == bytes,
            Err(_) => true,
        }
    }
    check_property(round_trip::<T> as fn(T, T) -> bool);
    check_property(damage::<T> as fn(T, usize, u8) -> bool);
    check_property(noise::<T> as fn(Vec<u8>) -> bool);
}

/// All dots of a context, one by one: the naive model.
pub(crate) fn dots(context: &DotContext) -> BTreeSet<Dot> {
    context
        .ranges()
        .flat_map(|range| range.dots().collect::<Vec<_>>())
        .collect()
}

fn small(g: &mut Gen, below: u64) -> u64 {
    u64::arbitrary(g) % below
}

impl Arbitrary for AgentId {
    fn arbitrary(g: &mut Gen) -> Self {
        agent(u8::arbitrary(g))
    }
}

impl Arbitrary for Dot {
    fn arbitrary(g: &mut Gen) -> Self {
        Self::new(AgentId::arbitrary(g), small(g, 12)).unwrap()
    }
}

impl Arbitrary for DotRange {
    fn arbitrary(g: &mut Gen) -> Self {
        let start = small(g, 12);
        Self::new(AgentId::arbitrary(g), start, start + 1 + small(g, 4)).unwrap()
    }
}

impl Arbitrary for IntervalSet {
    fn arbitrary(g: &mut Gen) -> Self {
        let n_ranges = small(g, 12);
        let range = |g: &mut Gen| {
            let start = small(g, 40);
            start..start + small(g, 5)
        };
        (0..n_ranges).map(|_| range(g)).collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let ranges: Vec<_> = self
            .ranges()
            .map(|range| (range.start, range.end))
            .collect();
        Box::new(
            ranges
                .shrink()
                .map(|ranges| ranges.into_iter().map(|(s, e)| s..e).collect()),
        )
    }
}

impl Arbitrary for VersionVector {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut vector = Self::new();
        for _ in 0..small(g, 4) {
            vector.advance(&AgentId::arbitrary(g), small(g, 5)).unwrap();
        }
        vector
    }
}

impl Arbitrary for DotContext {
    fn arbitrary(g: &mut Gen) -> Self {
        let n_ranges = small(g, 10);
        (0..n_ranges).map(|_| DotRange::arbitrary(g)).collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let ranges: Vec<DotRange> = self.ranges().collect();
        let without = move |idx: usize| {
            let kept = ranges.iter().enumerate().filter(|&(other, _)| other != idx);
            kept.map(|(_, range)| range.clone()).collect::<Self>()
        };
        Box::new((0..self.ranges().count()).map(without))
    }
}
