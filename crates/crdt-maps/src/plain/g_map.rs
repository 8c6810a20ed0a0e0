//! The grow-only map: nested lattices, joined key by key.
//!
//! **Invariant.** No bottom is stored as a value, so a key that nothing was written under has no
//! entry.
//!
//! **Costs.** Access to one key is O(log n), n = keys.

mod impls;

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use core::borrow::Borrow;

use crdt_core::Lattice;

/// A map whose keys never leave, and whose values are replicated values of their own.
///
/// The values may be any lattice: a [`GSet`](crate::GSet), a [`LwwRegister`](crate::LwwRegister), a
/// counter that cannot be reset, another map. Replicas that write under the same key at the same
/// time both write into the one value that the key has. There is no removal: taking a key away
/// would take away what others write under it.
///
/// # Invariants
/// No value is the bottom of its lattice.
/// # Convergence
/// Join joins the values of each key. It cannot fail: a contradiction in a value, which the value's
/// own [`apply_delta`](crdt_core::DeltaState::apply_delta) would refuse, is settled as the value's
/// join settles it.
/// # Examples
/// ```
/// use crdt_core::Lattice;
/// use crdt_maps::{GMap, GSet};
///
/// let (mut laptop, mut phone) = (GMap::new(), GMap::new());
/// let fruit = laptop.update_in_place_with_delta("fruit", |set: &mut GSet<_>| {
///     set.insert_with_delta("apple")
/// });
/// phone.update_in_place("fruit", |set: &mut GSet<_>| set.insert("pear"));
/// phone.join(&fruit);
/// laptop.join(&phone);
/// assert_eq!(laptop, phone);
/// assert_eq!(laptop.get("fruit"), Some(&GSet::from_iter(["apple", "pear"])));
/// ```
/// # References
/// Baquero, Almeida, Cunha, Ferreira, "Composition in state-based replicated data types", 2017.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct GMap<K, V> {
    /// No value is bottom.
    pub(super) entries: BTreeMap<K, V>,
}

impl<K, V> GMap<K, V> {
    /// Makes an empty map.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_maps::GMap::<u8, crdt_maps::GSet<u8>>::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }

    /// Mutates a copy of the value under `key`, and keeps it if `f` succeeds.
    ///
    /// If nothing was written under the key, `f` starts from the bottom; the key enters the map if
    /// `f` wrote something. Where `f` cannot fail, [`update_in_place`](Self::update_in_place) does
    /// without the copy.
    ///
    /// # Errors
    /// Whatever `f` returns; the map is unchanged, also if `f` wrote something before it failed.
    /// # Complexity
    /// O(log n), n = keys, besides `f` and a clone of the value.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::{GMap, LwwRegister};
    /// let alice = AgentId::new("alice")?;
    /// let mut titles = GMap::<_, LwwRegister<_>>::new();
    /// titles.update("plan", |title| title.set(&alice, Timestamp::from_u64(1), "Plan"))?;
    ///
    /// let refused = titles.update("plan", |title| {
    ///     title.set(&alice, Timestamp::from_u64(2), "half done")?;
    ///     title.set(&alice, Timestamp::from_u64(2), "the same stamp again")
    /// });
    /// assert!(refused.is_err());
    /// assert_eq!(titles.get("plan").and_then(LwwRegister::value), Some(&"Plan"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update<R, E>(&mut self, key: K, f: impl FnOnce(&mut V) -> Result<R, E>) -> Result<R, E>
    where
        K: Ord,
        V: Clone + Lattice,
    {
        let mut value = self.get(&key).cloned().unwrap_or_default();
        let result = f(&mut value)?;
        self.update_in_place(key, |held| *held = value);
        Ok(result)
    }

    /// Mutates a copy of the value under `key` with a mutator that returns its delta, joins that
    /// delta into the map, and returns it under the key.
    ///
    /// What is in the map afterwards is what the delta says, whatever `f` did to its copy: a peer
    /// that takes the delta cannot miss a part. The delta is empty if that of `f` is.
    /// Where `f` cannot fail, [`update_in_place_with_delta`](Self::update_in_place_with_delta) does
    /// without the copy.
    ///
    /// # Errors
    /// Whatever `f` returns; the map is unchanged, also if `f` wrote something before it failed.
    /// # Complexity
    /// O(log n), n = keys, besides `f`, a clone of the value and a join of the delta.
    /// # Convergence
    /// The delta holds nothing of other keys, and of this one only what `f` returned.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice, Timestamp};
    /// # use crdt_maps::{GMap, LwwRegister};
    /// let alice = AgentId::new("alice")?;
    /// let (mut ours, mut theirs) = (GMap::<_, LwwRegister<_>>::new(), GMap::new());
    /// let delta = ours.update_with_delta("plan", |title| {
    ///     title.set_with_delta(&alice, Timestamp::from_u64(1), "Plan")
    /// })?;
    /// theirs.join(&delta);
    /// assert_eq!(ours, theirs);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update_with_delta<E>(
        &mut self,
        key: K,
        f: impl FnOnce(&mut V) -> Result<V, E>,
    ) -> Result<Self, E>
    where
        K: Clone + Ord,
        V: Clone + Lattice,
    {
        let delta = f(&mut self.get(&key).cloned().unwrap_or_default())?;
        Ok(self.update_in_place_with_delta(key, |_| delta))
    }

    /// Mutates the value under `key` where it is.
    ///
    /// If nothing was written under the key, `f` starts from the bottom; the key enters the map if
    /// `f` wrote something. Returns what `f` does. `f` must do nothing but call mutators: replacing
    /// the value by a lesser one takes away what peers have, and joining with them brings it back.
    ///
    /// # Complexity
    /// O(log n), n = keys, besides `f`.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let mut map = GMap::<_, GSet<_>>::new();
    /// assert!(map.update_in_place("fruit", |set| set.insert("apple")));
    /// map.update_in_place("tools", |_| ());
    /// assert_eq!(map.keys().collect::<Vec<_>>(), [&"fruit"]);
    /// ```
    pub fn update_in_place<R>(&mut self, key: K, f: impl FnOnce(&mut V) -> R) -> R
    where
        K: Ord,
        V: Lattice,
    {
        match self.entries.entry(key) {
            Entry::Occupied(mut entry) => {
                let result = f(entry.get_mut());
                if entry.get().is_bottom() {
                    entry.remove();
                }
                result
            }
            Entry::Vacant(entry) => {
                let mut value = V::default();
                let result = f(&mut value);
                if !value.is_bottom() {
                    entry.insert(value);
                }
                result
            }
        }
    }

    /// Mutates the value under `key` where it is, and returns the delta that `f` returned, under
    /// the key.
    ///
    /// The delta is joined into the value, too, so `f` may as well bring one from elsewhere. It
    /// must hold all that `f` changed, as those of mutators do, or peers that take it miss the
    /// rest.
    ///
    /// # Complexity
    /// O(log n), n = keys, besides `f`, a clone of `key` and a join of the delta.
    /// # Convergence
    /// The delta holds nothing of other keys, and of this one only what `f` returned.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let mut map = GMap::<_, GSet<_>>::new();
    /// map.update_in_place_with_delta("fruit", |set| set.insert_with_delta("apple"));
    /// let delta = map.update_in_place_with_delta("fruit", |set| set.insert_with_delta("pear"));
    /// assert_eq!(delta.get("fruit"), Some(&GSet::from_iter(["pear"])));
    /// ```
    pub fn update_in_place_with_delta(&mut self, key: K, f: impl FnOnce(&mut V) -> V) -> Self
    where
        K: Clone + Ord,
        V: Lattice,
    {
        let delta = self.update_in_place(key.clone(), |value| {
            let delta = f(value);
            value.join(&delta);
            delta
        });
        Self::from_iter([(key, delta)])
    }

    /// Returns the value under `key`; `None` if nothing was written there.
    ///
    /// # Complexity
    /// O(log n), n = keys.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let map = GMap::from_iter([("fruit", GSet::from_iter(["apple"]))]);
    /// assert!(map.get("fruit").is_some() && map.get("tools").is_none());
    /// ```
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.entries.get(key)
    }

    /// Returns whether something was written under `key`.
    ///
    /// # Complexity
    /// O(log n), n = keys.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let map = GMap::from_iter([("fruit", GSet::from_iter(["apple"]))]);
    /// assert!(map.contains_key("fruit"));
    /// ```
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.entries.contains_key(key)
    }

    /// Iterates over the entries in ascending order of keys.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let map = GMap::from_iter([('b', GSet::from_iter([1])), ('a', GSet::from_iter([2]))]);
    /// assert_eq!(map.iter().next(), Some((&'a', &GSet::from_iter([2]))));
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator {
        self.entries.iter()
    }

    /// Iterates over the keys in ascending order.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let map = GMap::from_iter([('b', GSet::from_iter([1])), ('a', GSet::from_iter([2]))]);
    /// assert_eq!(map.keys().collect::<Vec<_>>(), [&'a', &'b']);
    /// ```
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.entries.keys()
    }

    /// Iterates over the values in ascending order of their keys.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_maps::{GMap, GSet};
    /// let map = GMap::from_iter([('b', GSet::from_iter([1])), ('a', GSet::from_iter([2]))]);
    /// assert_eq!(map.values().next(), Some(&GSet::from_iter([2])));
    /// ```
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator {
        self.entries.values()
    }

    /// Returns the number of keys.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::GMap::<u8, crdt_maps::GSet<u8>>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there is no key.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_maps::GMap::<u8, crdt_maps::GSet<u8>>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes a map of entries; `None` if a value is bottom.
    pub(super) fn from_entries(entries: BTreeMap<K, V>) -> Option<Self>
    where
        V: Lattice,
    {
        (!entries.values().any(V::is_bottom)).then_some(Self { entries })
    }
}
