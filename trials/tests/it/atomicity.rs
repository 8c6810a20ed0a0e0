//! Every fallible call of the public API that takes `&mut self`, with bad input: on an error, all that can be
//! seen of the state is what it was.
//!
//! A table of calls, each with a generator of input of which some is bad. What a call never refused would
//! not be tested, so that fails too. The suite runs with overflow checks and, by `cargo test --release`,
//! without.

mod causal;
mod core_and_counters;
mod maps;
mod node;
mod plain;
mod text;

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode, Writer};
use crdt_core::{AgentId, DeltaState, Lattice, MAX_SEQ, Timestamp};
use crdt_testkit::Rng;

/// Calls by name; what is said of an error is only that it came.
pub(super) type Call<S> = (&'static str, fn(&mut S, &mut Rng) -> Result<(), ()>);

pub(super) const N_ROUNDS: u64 = 400;

/// Makes each call often on a state that `make` makes, and compares what `seen` shows.
pub(super) fn walk<S, V: PartialEq + Debug>(
    make: impl Fn(&mut Rng) -> S,
    seen: impl Fn(&S) -> V,
    calls: &[Call<S>],
) {
    for (name, call) in calls {
        let mut n_refused = 0;
        for seed in 0..N_ROUNDS {
            let mut rng = Rng::new(seed);
            let mut state = make(&mut rng);
            let before = seen(&state);
            if call(&mut state, &mut rng).is_err() {
                n_refused += 1;
                assert_eq!(seen(&state), before, "{name}, seed {seed}");
            }
        }
        assert!(n_refused > 0, "{name} was never refused");
    }
}

/// For edits that may be refused while a state is made.
pub(super) fn perhaps<T, E>(_: Result<T, E>) {}

/// Forgets what was returned.
pub(super) fn done<T, E>(result: Result<T, E>) -> Result<(), ()> {
    result.map(drop).map_err(drop)
}

pub(super) fn agent(name: &str) -> AgentId {
    AgentId::new(name).expect("a short name")
}

/// Alice can write everywhere; bob lacks events of his own; eve has used all numbers.
pub(super) fn writer(rng: &mut Rng) -> AgentId {
    agent(["alice", "bob", "eve"][rng.below(3)])
}

pub(super) fn number(rng: &mut Rng) -> u64 {
    *rng.pick(&[0, 1, 7, i64::MAX as u64, u64::MAX / 2, u64::MAX])
}

pub(super) fn stamp(rng: &mut Rng) -> Timestamp {
    let ms = *rng.pick(&[0, 5, 9, Timestamp::MAX_MS]);
    Timestamp::new(ms, rng.below(2) as u16).expect("in range")
}

/// What a state shows: itself and its bytes.
pub(super) fn whole<S: Clone + Encode>(state: &S) -> (S, Vec<u8>) {
    (state.clone(), state.to_bytes())
}

/// A causal state in which bob's first event is missing and eve's last is known.
pub(super) fn gapped<S>(write: impl Fn(&mut S, &AgentId) -> S::Delta) -> S
where
    S: Lattice + DeltaState + Decode,
{
    let mut state = S::default();
    write(&mut state, &agent("alice"));
    let mut elsewhere = S::default();
    write(&mut elsewhere, &agent("bob"));
    let second = write(&mut elsewhere, &agent("bob"));
    assert!(state.apply_delta(&second).is_ok(), "it is honest");
    // All numbers of eve are used, and nothing of it lives: one range of all dots, no element.
    let mut w = Writer::new();
    w.u64(1);
    w.str("eve");
    w.u8(0b0101);
    w.i64(0);
    w.u64(MAX_SEQ - 1);
    let used_up = S::from_bytes(w.as_bytes(), &DecodeLimits::default()).expect("a state");
    state.join(&used_up);
    state
}
