//! Trait impls of the grow-only map.
//!
//! **Format.** The count of keys, then each in ascending order with its value.

use alloc::string::String;
use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{Decompose, Lattice, Named};

use super::GMap;
use crate::plain::ascending::{chunks, decode_map, encode_map, not_canonical};

impl<K, V> Default for GMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Clone + Ord, V: Clone + Lattice> Lattice for GMap<K, V> {
    /// Joins the values of `other` under their keys: O(m log n) besides these joins, m = keys of
    /// `other`; clones keys that are new, and their values.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (key, value) in &other.entries {
            changed |= match self.entries.get_mut(key) {
                Some(held) => held.join(value),
                None => {
                    self.entries.insert(key.clone(), value.clone());
                    true
                }
            };
        }
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        let mut entries = self.entries.iter();
        entries.all(|(key, value)| other.get(key).is_some_and(|held| value.leq(held)))
    }

    fn is_bottom(&self) -> bool {
        self.is_empty()
    }
}

impl<K: Clone + Ord, V: Clone + Decompose> Decompose for GMap<K, V> {
    /// One part for each part of each value.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        self.iter().flat_map(|(key, value)| {
            let parts = value.decompose();
            parts.map(|part| Self::from_iter([(key.clone(), part)]))
        })
    }

    fn diff(&self, base: &Self) -> Self {
        let news = self.iter().map(|(key, value)| {
            let news = base
                .get(key)
                .map_or_else(|| value.clone(), |held| value.diff(held));
            (key, news)
        });
        let entries = news
            .filter(|(_, value)| !value.is_bottom())
            .map(|(key, value)| (key.clone(), value))
            .collect();
        Self { entries }
    }
}

impl<K: Clone + Ord, V: Clone + Lattice> GMap<K, V> {
    /// The entries whose values are not held by `base`, whole.
    fn unheld(&self, base: &Self) -> Self {
        let is_held = |key: &K, value: &V| base.get(key).is_some_and(|held| value.leq(held));
        let news = self.iter().filter(|(key, value)| !is_held(key, value));
        Self {
            entries: news.map(|(k, v)| (k.clone(), v.clone())).collect(),
        }
    }
}

own_delta!(GMap::unheld, GMap::split, <K, V> GMap<K, V> where K: Clone + Ord, V: Clone + Lattice);
own_summary!(<K, V> GMap<K, V> where K: Clone + Ord, V: Clone + Decompose);

impl<K: Ord, V> GMap<K, V> {
    /// By key: a value is not looked into.
    fn split(self, max_entries: usize) -> Vec<Self> {
        let parts = chunks(self.entries, max_entries);
        parts.map(|entries| Self { entries }).collect()
    }
}

impl<K, V: Named> Named for GMap<K, V> {
    const NAME: &'static str = "g_map";

    fn write_name(out: &mut String) {
        crdt_core::write_nested_name::<V>(Self::NAME, out);
    }
}

impl<K: Encode, V: Encode> Encode for GMap<K, V> {
    fn encode(&self, w: &mut Writer) {
        encode_map(w, &self.entries, |w, value| value.encode(w));
    }
}

impl<K: Decode + Ord, V: Decode + Lattice> Decode for GMap<K, V> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let entries = decode_map(r, budget, 1, |r, budget| {
            budget.nested(|budget| V::decode(r, budget))
        })?;
        Self::from_entries(entries).ok_or_else(|| not_canonical(r))
    }
}

/// Joins the values of keys that come more than once; leaves out bottoms.
impl<K: Ord, V: Lattice> FromIterator<(K, V)> for GMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.update_in_place(key, |held| held.join(&value));
        }
        map
    }
}
