//! A sorted map that is a list while it is small.
//!
//! Most maps of dots are small: the change of one key, a nested map of a few fields. A `BTreeMap` takes
//! a node of eleven entries for one; here it takes over when the list grows long.

use alloc::collections::{BTreeMap, btree_map};
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::hash::{Hash, Hasher};
use core::{mem, slice};

/// Longest list; past it, moving entries about costs more than a tree.
const MAX_FEW: usize = 16;

/// # Invariants
/// The list is sorted by key, without duplicates, and at most `MAX_FEW` long.
#[derive(Clone)]
pub(super) enum SortedMap<K, V> {
    Few(Vec<(K, V)>),
    Many(BTreeMap<K, V>),
}

impl<K: Ord, V> SortedMap<K, V> {
    pub(super) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        match self {
            Self::Few(entries) => {
                let at = find(entries, key).ok()?;
                entries.get(at).map(|(key, value)| (key, value))
            }
            Self::Many(entries) => entries.get_key_value(key),
        }
    }

    pub(super) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        match self {
            Self::Few(entries) => {
                let at = find(entries, key).ok()?;
                entries.get_mut(at).map(|(_, value)| value)
            }
            Self::Many(entries) => entries.get_mut(key),
        }
    }

    /// Puts a value under a key, in the place of one that may be there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        let entries = match self {
            Self::Many(entries) => {
                entries.insert(key, value);
                return;
            }
            Self::Few(entries) => entries,
        };
        match find(entries, &key) {
            Ok(at) => entries[at].1 = value,
            Err(_) if entries.len() == MAX_FEW => {
                let mut many: BTreeMap<K, V> = mem::take(entries).into_iter().collect();
                many.insert(key, value);
                *self = Self::Many(many);
            }
            Err(at) => {
                if entries.is_empty() {
                    entries.reserve_exact(1);
                }
                entries.insert(at, (key, value));
            }
        }
    }

    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        match self {
            Self::Few(entries) => {
                if let Ok(at) = find(entries, key) {
                    entries.remove(at);
                }
            }
            Self::Many(entries) => {
                entries.remove(key);
            }
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        match self {
            Self::Few(entries) => entries.retain_mut(|(key, value)| keep(key, value)),
            Self::Many(entries) => entries.retain(keep),
        }
    }

    /// Wraps entries that are sorted by key, without duplicates.
    pub(super) fn from_sorted(entries: Vec<(K, V)>) -> Self {
        if entries.len() <= MAX_FEW {
            return Self::Few(entries);
        }
        Self::Many(entries.into_iter().collect())
    }
}

impl<K, V> SortedMap<K, V> {
    pub(super) const fn new() -> Self {
        Self::Few(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(entries) => entries.len(),
            Self::Many(entries) => entries.len(),
        }
    }

    pub(super) fn iter(&self) -> Iter<'_, K, V> {
        match self {
            Self::Few(entries) => Iter::Few(entries.iter()),
            Self::Many(entries) => Iter::Many(entries.iter()),
        }
    }
}

fn find<K: Ord + Borrow<Q>, V, Q: Ord + ?Sized>(
    entries: &[(K, V)],
    key: &Q,
) -> Result<usize, usize> {
    entries.binary_search_by(|(held, _)| held.borrow().cmp(key))
}

/// Keys and values in the order of keys.
pub(super) enum Iter<'a, K, V> {
    Few(slice::Iter<'a, (K, V)>),
    Many(btree_map::Iter<'a, K, V>),
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(entries) => entries.next().map(|(key, value)| (key, value)),
            Self::Many(entries) => entries.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Few(entries) => entries.size_hint(),
            Self::Many(entries) => entries.size_hint(),
        }
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match self {
            Self::Few(entries) => entries.next_back().map(|(key, value)| (key, value)),
            Self::Many(entries) => entries.next_back(),
        }
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        match self {
            Self::Few(entries) => Self::Few(entries.clone()),
            Self::Many(entries) => Self::Many(entries.clone()),
        }
    }
}

/// A list and a tree of the same entries are equal.
impl<K: PartialEq, V: PartialEq> PartialEq for SortedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Eq, V: Eq> Eq for SortedMap<K, V> {}

impl<K: Hash, V: Hash> Hash for SortedMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_usize(self.len());
        for entry in self.iter() {
            entry.hash(state);
        }
    }
}
