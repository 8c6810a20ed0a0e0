//! A sorted map: a list while it is small, a tree of lists when it grows.
//!
//! Most maps of dots are small: the change of one key, a nested map of a few fields. They are one list,
//! without room to spare. A state may hold a million keys: those are lists below a few levels of bounds.
//!
//! Keys that come in ascending order fill their lists: the last one is left full, not split in halves.
//!
//! **Costs.** With n keys, finding or changing one is O(log n); lists hold a few dozen entries, so that
//! moving entries about costs less than a cache miss.

mod iter;
mod node;

use alloc::vec;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::hash::{Hash, Hasher};
use core::mem;

pub(super) use self::iter::Iter;
use self::node::{Node, find, insert_at};

/// # Invariants
/// Those of [`Node`], and `len` is the number of entries below `root`.
#[derive(Clone)]
pub(super) struct SortedMap<K, V> {
    root: Node<K, V>,
    len: usize,
}

/// What became of an entry.
pub(super) struct Altered<T> {
    pub(super) result: T,
    pub(super) was_there: bool,
    pub(super) is_there: bool,
}

impl<K, V> SortedMap<K, V> {
    pub(super) const fn new() -> Self {
        Self {
            root: Node::Leaf(Vec::new()),
            len: 0,
        }
    }

    pub(super) fn of_one(key: K, value: V) -> Self {
        Self {
            root: Node::Leaf(vec![(key, value)]),
            len: 1,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// Visits the entries in order; costs less than an iterator where there are few.
    pub(super) fn for_each<'a>(&'a self, visit: &mut impl FnMut(&'a (K, V))) {
        self.root.for_each(visit);
    }

    pub(super) fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(&self.root, self.len)
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    pub(super) fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let entries = self.root.leaf(key);
        let at = find(entries, key).ok()?;
        entries.get(at).map(|(key, value)| (key, value))
    }
}

impl<K: Ord + Clone, V> SortedMap<K, V> {
    /// Makes a map of entries that are sorted by key, without duplicates.
    pub(super) fn from_sorted(entries: Vec<(K, V)>) -> Self {
        Self {
            len: entries.len(),
            root: Node::from_sorted(entries),
        }
    }

    /// Returns the entries in order.
    pub(super) fn into_entries(self) -> Vec<(K, V)> {
        self.root.into_entries(self.len)
    }

    /// Changes what stands under a key, having looked for it once.
    ///
    /// What is not there counts as the default, and what `is_nothing` afterwards is not kept.
    pub(super) fn alter<T>(
        &mut self,
        key: &K,
        change: impl FnOnce(&mut V) -> T,
        is_nothing: impl FnOnce(&V) -> bool,
    ) -> Altered<T>
    where
        V: Default,
    {
        let entries = self.root.leaf_mut(key);
        match find(entries, key) {
            Ok(at) => {
                let value = &mut entries[at].1;
                let result = change(value);
                let is_there = !is_nothing(value);
                if !is_there {
                    entries.remove(at);
                    self.len -= 1;
                    if Node::<K, V>::is_short(entries) {
                        self.mend(key);
                    }
                }
                Altered {
                    result,
                    was_there: true,
                    is_there,
                }
            }
            Err(at) => {
                let mut value = V::default();
                let result = change(&mut value);
                let is_there = !is_nothing(&value);
                if is_there {
                    self.len += 1;
                    if entries.len() < Node::<K, V>::MAX_ENTRIES {
                        insert_at(entries, at, key.clone(), value);
                    } else {
                        self.root.grow(key.clone(), value);
                    }
                }
                Altered {
                    result,
                    was_there: false,
                    is_there,
                }
            }
        }
    }

    /// Keeps the entries for which `keep` returns true.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        let mut any_short = false;
        self.root.for_each_leaf_mut(&mut |entries| {
            let n_before = entries.len();
            entries.retain_mut(|(key, value)| keep(key, value));
            let n_gone = n_before - entries.len();
            self.len -= n_gone;
            any_short |= n_gone > 0 && Node::<K, V>::is_short(entries);
        });
        if any_short && matches!(self.root, Node::Inner(_)) {
            let root = mem::replace(&mut self.root, Node::Leaf(Vec::new()));
            *self = Self::from_sorted(root.into_entries(self.len));
        }
    }

    /// Restores the invariants after an entry went from a list that is short now.
    fn mend(&mut self, key: &K) {
        self.root.mend(key);
        while let Node::Inner(inner) = &mut self.root
            && inner.children.len() < 2
        {
            let child = inner.children.pop();
            self.root = child.unwrap_or(Node::Leaf(Vec::new()));
        }
    }
}

/// Maps with the same entries are equal, however they grew.
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

#[cfg(test)]
mod tests;
