//! The binary form: one for each value, and damage is noticed or harmless.

use alloc::vec::Vec;

use quickcheck::{Arbitrary, Gen};

use super::check_worlds;
use super::stores::{Flag, Nested, Register, Registers, Set, Subject, Words};
use super::world::{Script, World};
use crate::codec::{Budget, Decode, DecodeError, DecodeLimits, Encode, Reader, Writer};
use crate::testing::{agent, check_codec};
use crate::{Causal, CausalDelta, CausalSummary, Dot, DotContext, Lattice, Summarize};

/// A state that grew out of a history.
#[derive(Clone, Debug, PartialEq)]
struct Grown<S>(Causal<S>);

/// A delta that was made in a history: by mutating, by grouping, or by comparing.
#[derive(Clone, Debug, PartialEq)]
struct Made<S: Subject>(CausalDelta<S>);

impl<S: Subject + 'static> Arbitrary for Grown<S> {
    fn arbitrary(g: &mut Gen) -> Self {
        let world = World::<S>::play(&Script::arbitrary(g));
        Self(world.choices.clone().pick(&world.states).clone())
    }
}

impl<S: Subject + 'static> Arbitrary for Made<S> {
    fn arbitrary(g: &mut Gen) -> Self {
        let world = World::<S>::play(&Script::arbitrary(g));
        Self(world.choices.clone().pick(&world.deltas).clone())
    }
}

impl<S: Subject> Encode for Grown<S> {
    fn encode(&self, w: &mut Writer) {
        self.0.encode(w);
    }
}

impl<S: Subject> Decode for Grown<S> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        Causal::decode(r, budget).map(Self)
    }
}

impl<S: Subject> Encode for Made<S> {
    fn encode(&self, w: &mut Writer) {
        self.0.encode(w);
    }
}

impl<S: Subject> Decode for Made<S> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        CausalDelta::decode(r, budget).map(Self)
    }
}

#[test]
fn states_have_one_encoding() {
    check_codec::<Grown<Flag>>();
    check_codec::<Grown<Register>>();
    check_codec::<Grown<Set>>();
    check_codec::<Grown<Registers>>();
    check_codec::<Grown<Nested>>();
    check_codec::<Grown<Words>>();
}

#[test]
fn deltas_have_one_encoding() {
    check_codec::<Made<Flag>>();
    check_codec::<Made<Register>>();
    check_codec::<Made<Set>>();
    check_codec::<Made<Registers>>();
    check_codec::<Made<Nested>>();
    check_codec::<Made<Words>>();
}

#[test]
fn summaries_are_read_back_and_hold_nothing_unknown() {
    fn property<S: Subject>(world: World<S>) {
        for state in &world.states {
            let summary = state.summary();
            let read = CausalSummary::from_bytes(&summary.to_bytes(), &DecodeLimits::default());
            assert_eq!(read, Ok(summary));
        }
    }
    check_worlds!(property);
    let [known, live] = [0, 1].map(|seq| DotContext::from_iter([Dot::new(agent(0), seq).unwrap()]));
    let bytes = (known, live).to_bytes();
    let refused = CausalSummary::from_bytes(&bytes, &DecodeLimits::default());
    assert!(matches!(refused, Err(DecodeError::NotCanonical { .. })));
}

#[test]
fn values_of_one_history_are_equal_if_their_bytes_are() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..32 {
            let (a, b) = (choices.pick(&world.states), choices.pick(&world.states));
            assert_eq!(a == b, a.to_bytes() == b.to_bytes());
            let (a, b) = (choices.pick(&world.deltas), choices.pick(&world.deltas));
            assert_eq!(a == b, a.to_bytes() == b.to_bytes());
        }
    }
    check_worlds!(property);
}

#[test]
fn every_flipped_bit_is_refused_or_makes_another_sound_value() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        let state = choices.pick(&world.states).to_bytes();
        flip_bits(&state, |bytes| {
            let state = Causal::<S>::from_bytes(bytes, &DecodeLimits::default()).ok()?;
            super::assert_invariants(&state);
            assert_eq!(super::joined(&state, &state), state);
            Some(state.to_bytes())
        });
        let (delta, base) = (choices.pick(&world.deltas), choices.pick(&world.states));
        flip_bits(&delta.to_bytes(), |bytes| {
            let delta = CausalDelta::<S>::from_bytes(bytes, &DecodeLimits::default()).ok()?;
            assert_eq!(super::joined(&delta, &delta), delta);
            let mut state = base.clone();
            // It may contradict the state, or put a dot where another stands: sound it stays.
            if state.apply(&delta, None).is_ok() {
                super::assert_invariants(&state);
            } else {
                assert_eq!(state, *base);
            }
            state.join(&super::plain(&delta));
            super::assert_invariants(&state);
            Some(delta.to_bytes())
        });
    }
    check_worlds!(property);
}

/// Decodes with each bit flipped, and expects what is accepted to be the one encoding of what it says.
fn flip_bits(bytes: &[u8], encoded_again: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let mut bytes = bytes.to_vec();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Some(again) = encoded_again(&bytes) {
            assert_eq!(again, bytes, "not the only encoding");
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}
