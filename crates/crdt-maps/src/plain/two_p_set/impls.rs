//! Trait impls of the two-phase set.
//!
//! **Format.** What is in, then what was removed: each a count, then elements in ascending order.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Decompose, Lattice, Named};

use super::TwoPSet;
use crate::plain::ascending::{chunks, decode_set, encode_set, not_canonical};

impl<T> Default for TwoPSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone + Ord> Lattice for TwoPSet<T> {
    /// Moves elements to the later phase: O(m log n), m = elements of `other`; clones those that
    /// move.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for element in &other.removed {
            if !self.is_removed(element) {
                changed |= self.remove(element.clone());
            }
        }
        for element in &other.added {
            if !self.knows(element) {
                changed |= self.add(element.clone());
            }
        }
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        self.removed.is_subset(&other.removed)
            && self.added.iter().all(|element| other.knows(element))
    }

    fn is_bottom(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl<T: Clone + Ord> Decompose for TwoPSet<T> {
    /// One part for each element: its phases form a chain.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let added = self.added.iter().map(|element| Self {
            added: [element.clone()].into(),
            ..Self::new()
        });
        let removed = self.removed.iter().map(|element| Self {
            removed: [element.clone()].into(),
            ..Self::new()
        });
        added.chain(removed)
    }

    fn diff(&self, base: &Self) -> Self {
        let added = self.added.iter().filter(|element| !base.knows(*element));
        Self {
            added: added.cloned().collect(),
            removed: self.removed.difference(&base.removed).cloned().collect(),
        }
    }
}

own_delta!(Decompose::diff, TwoPSet::split, <T> TwoPSet<T> where T: Clone + Ord);
own_summary!(<T> TwoPSet<T> where T: Clone + Ord);

impl<T: Ord> TwoPSet<T> {
    /// Returns whether `element` was added or removed.
    fn knows(&self, element: &T) -> bool {
        self.contains(element) || self.is_removed(element)
    }
}

impl<T: Ord> TwoPSet<T> {
    fn split(self, max_entries: usize) -> Vec<Self> {
        if self.added.len() + self.removed.len() <= max_entries {
            return vec![self];
        }
        let added = chunks(self.added, max_entries).map(|added| Self {
            added,
            removed: BTreeSet::new(),
        });
        let removed = chunks(self.removed, max_entries).map(|removed| Self {
            added: BTreeSet::new(),
            removed,
        });
        added.chain(removed).collect()
    }
}

impl<T> Named for TwoPSet<T> {
    const NAME: &'static str = "two_p_set";
}

impl<T: Encode> Encode for TwoPSet<T> {
    fn encode(&self, w: &mut Writer) {
        encode_set(w, &self.added);
        encode_set(w, &self.removed);
    }
}

impl<T: Decode + Ord> Decode for TwoPSet<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let added = decode_set(r, budget)?;
        let removed = decode_set(r, budget)?;
        Self::from_halves(added, removed).ok_or_else(|| not_canonical(r))
    }
}
