//! Trait impls of the causal length set.
//!
//! **Format.** The count of elements, then each in ascending order with its length less 1.

use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Decompose, Lattice, Named};

use super::CausalLengthSet;
use crate::plain::ascending::{chunks, decode_map, encode_map, not_canonical};

impl<T> Default for CausalLengthSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Ord> Lattice for CausalLengthSet<T> {
    /// Takes the greater lengths: O(m log n), m = elements of `other`; clones elements that are
    /// new.
    fn join(&mut self, other: &Self) -> bool {
        let lengths = other.lengths.iter();
        lengths.fold(false, |changed, (element, &length)| {
            self.raise(element, length) | changed
        })
    }

    fn leq(&self, other: &Self) -> bool {
        let mut lengths = self.lengths.iter();
        lengths.all(|(element, &length)| length <= other.causal_length(element))
    }

    fn is_bottom(&self) -> bool {
        self.lengths.is_empty()
    }
}

impl<T: Clone + Ord> Decompose for CausalLengthSet<T> {
    /// One part for each element: its lengths form a chain.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let lengths = self.lengths.iter();
        lengths.map(|(element, &length)| Self::single(element.clone(), length))
    }

    fn diff(&self, base: &Self) -> Self {
        let mut delta = Self::new();
        for (element, &length) in &self.lengths {
            if length > base.causal_length(element) {
                delta.raise(element, length);
            }
        }
        delta
    }
}

own_delta!(Decompose::diff, CausalLengthSet::split, <T> CausalLengthSet<T> where T: Clone + Ord);
own_summary!(<T> CausalLengthSet<T> where T: Clone + Ord);

impl<T: Ord> CausalLengthSet<T> {
    fn split(self, max_entries: usize) -> Vec<Self> {
        let parts = chunks(self.lengths, max_entries);
        parts.filter_map(Self::from_lengths).collect()
    }
}

impl<T> Named for CausalLengthSet<T> {
    const NAME: &'static str = "causal_length_set";
}

impl<T: Encode> Encode for CausalLengthSet<T> {
    fn encode(&self, w: &mut Writer) {
        encode_map(w, &self.lengths, |w, length| w.u64(length - 1));
    }
}

impl<T: Decode + Ord> Decode for CausalLengthSet<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let lengths = decode_map(r, budget, 1, |r, _| Ok(r.u64_at_most(u64::MAX - 1)? + 1))?;
        Self::from_lengths(lengths).ok_or_else(|| not_canonical(r))
    }
}
