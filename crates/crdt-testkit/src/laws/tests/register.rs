//! A last-writer-wins register, with or without a rule for equal stamps.

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer as Bytes};
use crdt_core::{Decompose, DeltaState, Lattice, Summarize};

use crate::laws::{History, Refused, Subject, Writer};
use crate::rng::Rng;

/// A stamp, which is 0 before the first write, and a value.
///
/// With `KEEPS_OWN`, a write with an equal stamp loses, whatever its value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Register<const KEEPS_OWN: bool> {
    stamp: u8,
    value: u8,
}

impl<const KEEPS_OWN: bool> Lattice for Register<KEEPS_OWN> {
    fn join(&mut self, other: &Self) -> bool {
        let wins = !other.leq(self);
        if wins {
            *self = *other;
        }
        wins
    }

    fn leq(&self, other: &Self) -> bool {
        if KEEPS_OWN {
            return self.stamp <= other.stamp;
        }
        (self.stamp, self.value) <= (other.stamp, other.value)
    }
}

impl<const KEEPS_OWN: bool> Decompose for Register<KEEPS_OWN> {
    fn decompose(&self) -> impl Iterator<Item = Self> {
        (self.stamp > 0).then_some(*self).into_iter()
    }
}

impl<const KEEPS_OWN: bool> DeltaState for Register<KEEPS_OWN> {
    type Delta = Self;
    type Error = core::convert::Infallible;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, Self::Error> {
        Ok(self.join(delta))
    }
}

impl<const KEEPS_OWN: bool> Summarize for Register<KEEPS_OWN> {
    type Summary = Self;

    fn summary(&self) -> Self {
        *self
    }

    fn delta_since(&self, known: &Self) -> Option<Self> {
        Some(self.diff(known))
    }
}

impl<const KEEPS_OWN: bool> Encode for Register<KEEPS_OWN> {
    fn encode(&self, w: &mut Bytes) {
        w.u8(self.stamp);
        w.u8(self.value);
    }
}

impl<const KEEPS_OWN: bool> Decode for Register<KEEPS_OWN> {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        Ok(Self {
            stamp: r.u8()?,
            value: r.u8()?,
        })
    }
}

/// Specified without [`Subject::expected`]: what is not done must not matter.
impl<const KEEPS_OWN: bool> Subject for Register<KEEPS_OWN> {
    type State = Self;
    type Op = (u8, u8);
    type Value = (u8, u8);

    fn name() -> String {
        format!("register, keeps its own: {KEEPS_OWN}")
    }

    fn op(rng: &mut Rng, step: usize) -> (u8, u8) {
        ((1 + step / 4 + rng.below(3)) as u8, rng.below(4) as u8)
    }

    fn mutate(state: &mut Self, _: Writer<'_>, op: &(u8, u8)) -> Result<Self, Refused> {
        let (stamp, value) = *op;
        let write = Self { stamp, value };
        Ok(if state.join(&write) {
            write
        } else {
            Self::default()
        })
    }

    fn mutate_plain(state: &mut Self, _: Writer<'_>, op: &(u8, u8)) -> Result<(), Refused> {
        let (stamp, value) = *op;
        state.join(&Self { stamp, value });
        Ok(())
    }

    fn value(state: &Self) -> (u8, u8) {
        (state.stamp, state.value)
    }

    fn oracle(history: &History<(u8, u8)>) -> (u8, u8) {
        history
            .iter()
            .map(|event| event.op)
            .max()
            .unwrap_or_default()
    }
}
