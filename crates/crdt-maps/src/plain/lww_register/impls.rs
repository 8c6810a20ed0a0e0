//! Trait impls of the last-writer-wins register.
//!
//! **Format.** Whether there is a write; then its stamp, its writer and its value.

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, Decompose, DeltaState, Lattice, Named, Timestamp};

use super::LwwRegister;
use crate::plain::write::{ConflictingWrite, Write};

impl<T> Default for LwwRegister<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Ord> Lattice for LwwRegister<T> {
    /// Takes the greater write: O(1), and a clone if it is that of `other`.
    fn join(&mut self, other: &Self) -> bool {
        let grows = self.held < other.held;
        if grows {
            self.held.clone_from(&other.held);
        }
        grows
    }

    fn leq(&self, other: &Self) -> bool {
        self.held <= other.held
    }

    fn is_bottom(&self) -> bool {
        self.held.is_none()
    }
}

impl<T: Clone + Ord> Decompose for LwwRegister<T> {
    /// The write is the only part: writes form a chain.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        (!self.is_bottom()).then(|| self.clone()).into_iter()
    }

    fn diff(&self, base: &Self) -> Self {
        if self.leq(base) {
            return Self::new();
        }
        self.clone()
    }
}

impl<T: Clone + Ord> DeltaState for LwwRegister<T> {
    type Delta = Self;
    type Error = ConflictingWrite;

    /// Joins the write of `delta`, unless it contradicts the one that is held.
    fn apply_delta(&mut self, delta: &Self) -> Result<bool, ConflictingWrite> {
        self.check_delta(delta)?;
        Ok(self.join(delta))
    }

    fn check_delta(&self, delta: &Self) -> Result<(), ConflictingWrite> {
        match (&self.held, &delta.held) {
            (Some(held), Some(write)) => held.check_agrees(write),
            _ => Ok(()),
        }
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.diff(self))
    }
}

own_summary!(<T> LwwRegister<T> where T: Clone + Ord);

impl<T> Named for LwwRegister<T> {
    const NAME: &'static str = "lww_register";
}

impl<T: Encode> Encode for LwwRegister<T> {
    fn encode(&self, w: &mut Writer) {
        w.bool(self.held.is_some());
        if let Some(Write {
            stamp,
            writer,
            value,
        }) = &self.held
        {
            stamp.encode(w);
            writer.encode(w);
            value.encode(w);
        }
    }
}

impl<T: Decode> Decode for LwwRegister<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        if !r.bool()? {
            return Ok(Self::new());
        }
        let held = Write {
            stamp: Timestamp::decode(r, budget)?,
            writer: AgentId::decode(r, budget)?,
            value: T::decode(r, budget)?,
        };
        Ok(Self { held: Some(held) })
    }
}
