//! Trait impls of the grow-only set.
//!
//! **Format.** The count of elements, then the elements in ascending order.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Decompose, Lattice, Named};

use super::GSet;
use crate::plain::ascending::{chunks, decode_set, encode_set};

impl<T> Default for GSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Ord> Lattice for GSet<T> {
    /// Adds the elements of `other`: O(m log n), m = elements of `other`; clones those that are
    /// new.
    fn join(&mut self, other: &Self) -> bool {
        let n_before = self.len();
        for element in &other.elements {
            if !self.contains(element) {
                self.insert(element.clone());
            }
        }
        self.len() > n_before
    }

    fn leq(&self, other: &Self) -> bool {
        self.elements.is_subset(&other.elements)
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Clone + Ord> Decompose for GSet<T> {
    /// One part for each element.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        self.iter()
            .map(|element| Self::from_iter([element.clone()]))
    }

    fn diff(&self, base: &Self) -> Self {
        self.elements.difference(&base.elements).cloned().collect()
    }
}

own_delta!(Decompose::diff, GSet::split, <T> GSet<T> where T: Clone + Ord);
own_summary!(<T> GSet<T> where T: Clone + Ord);

impl<T: Ord> GSet<T> {
    fn split(self, max_entries: usize) -> Vec<Self> {
        chunks(self.elements, max_entries).map(Self::from).collect()
    }
}

impl<T> Named for GSet<T> {
    const NAME: &'static str = "g_set";
}

impl<T: Encode> Encode for GSet<T> {
    fn encode(&self, w: &mut Writer) {
        encode_set(w, &self.elements);
    }
}

impl<T: Decode + Ord> Decode for GSet<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        decode_set(r, budget).map(Self::from)
    }
}

impl<T> From<BTreeSet<T>> for GSet<T> {
    fn from(elements: BTreeSet<T>) -> Self {
        Self { elements }
    }
}

impl<T: Ord> FromIterator<T> for GSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self::from(BTreeSet::from_iter(elements))
    }
}

impl<T: Ord> Extend<T> for GSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, elements: I) {
        self.elements.extend(elements);
    }
}
