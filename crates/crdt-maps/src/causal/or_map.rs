//! A map whose keys come and go, with replicated values to any depth.

mod entry;
mod mutators;
mod slot;

use core::borrow::Borrow;

use crdt_core::{CausalDelta, DotMap, DotStore, KeyedFeed, Nestable, Wrapper, causal_type};

pub use self::entry::OrMapEntry;
pub use self::slot::Slot;

causal_type! {
    /// A map from keys to replicated values: counters, registers, sets, and maps again.
    ///
    /// Removing a key takes away everything under it that the remover saw, at every depth. What was
    /// written concurrently survives, alone; nothing that was removed comes back, whatever old deltas
    /// or states arrive later. A key that is added again starts fresh.
    ///
    /// Values are the types that are [`Nestable`]; `OrMap<K, GCounter>` does not compile, because such a
    /// counter's deltas would bring back what was removed.
    ///
    /// # Convergence
    /// A key is in the map if and only if some event under it has not been seen by a removing of the
    /// key, or of a key above it. Its value is what those events make.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_counters::ResettableCounter;
    /// use crdt_maps::OrMap;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut ours, mut theirs) =
    ///     (OrMap::<String, ResettableCounter>::new(), OrMap::<String, ResettableCounter>::new());
    /// let delta = ours.update_with_delta(&alice, "alice".into(), |counter, minter| {
    ///     counter.increment(minter, 5)
    /// })?;
    /// theirs.apply_delta(&delta)?;
    /// assert!(theirs.keys().eq(["alice"]));
    /// assert_eq!(theirs.get("alice").map(|counter| counter.value()), Some(5));
    ///
    /// // One removes the key while the other counts on: the count survives, alone.
    /// let removal = ours.remove_with_delta(&alice, "alice")?;
    /// let more = theirs.update_with_delta(&bob, "alice".into(), |counter, minter| {
    ///     counter.increment(minter, 1)
    /// })?;
    /// ours.apply_delta(&more)?;
    /// theirs.apply_delta(&removal)?;
    /// assert_eq!(ours, theirs);
    /// assert_eq!(ours.get("alice").map(|counter| counter.value()), Some(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// ```compile_fail
    /// let map = crdt_maps::OrMap::<String, crdt_counters::GCounter>::new();
    /// ```
    ///
    /// **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7.4;
    /// docs/design/maps.md for the deltas.
    pub struct OrMap[K: (Clone + Ord), V: (Nestable)](OrMapStore<K, V::Store>),
    name: "or_map" + V, delta: keyed;
}

#[cfg(feature = "serde")]
crdt_core::causal_type_serde! { OrMap[K: (Clone + Ord), V: (Nestable)](OrMapStore<K, V::Store>) }

/// What mutations did to an [`OrMap`]: per key what came to life and what was removed, as one unit.
///
/// Deltas are grouped by `merge_deltas` ([`Delta`](crdt_core::Delta)), start from the empty default, and
/// have bytes of their own ([`Encode`](crdt_core::codec::Encode)).
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Delta, DeltaState};
/// use crdt_maps::{MvRegister, OrMap, OrMapDelta};
///
/// let alice = AgentId::new("alice")?;
/// let mut ours = OrMap::<&str, MvRegister<u8>>::new();
/// let put = ours.update_with_delta(&alice, "a", |register, minter| register.write(minter, 1))?;
/// let removal = ours.remove_with_delta(&alice, "a")?;
/// let group = OrMapDelta::<&str, MvRegister<u8>>::merge_deltas([&removal, &put])?;
/// let mut theirs = OrMap::new();
/// theirs.apply_delta(&group)?;
/// assert_eq!(ours, theirs);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type OrMapDelta<K, V> = CausalDelta<OrMapStore<K, <V as Nestable>::Store>>;

/// What an [`OrMap`] keeps, alone or under a key of another map.
///
/// # Examples
/// See [`OrMap`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        transparent,
        bound(
            serialize = "K: Ord + serde::Serialize, S: serde::Serialize",
            deserialize = "K: Ord + Clone + serde::Deserialize<'de>, S: DotStore + serde::Deserialize<'de>"
        )
    )
)]
pub struct OrMapStore<K, S>(DotMap<K, Slot<S>>);

impl<K: Ord, S> OrMapStore<K, S> {
    /// Returns the value under a key.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap`].
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&S>
    where
        K: Borrow<Q>,
    {
        self.0.get(key).map(Slot::value)
    }

    /// Returns whether a key is in the map.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap::touch`].
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Iterates over keys and values in the order of keys.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::{MvRegister, OrMap};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut map = OrMap::<&str, MvRegister<u8>>::new();
    /// for (key, value) in [("b", 2), ("a", 1)] {
    ///     map.update(&alice, key, |register, minter| register.write(minter, value))?;
    /// }
    /// let all: Vec<_> = map.iter().flat_map(|(key, register)| register.values().map(move |v| (*key, *v))).collect();
    /// assert_eq!(all, [("a", 1), ("b", 2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &S)> + ExactSizeIterator {
        self.0.iter().map(|(key, slot)| (key, slot.value()))
    }

    /// Iterates over the keys in order.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`OrMap`].
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator {
        self.0.iter().map(|(key, _)| key)
    }

    /// Iterates over the values in the order of keys.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`iter`](Self::iter).
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &S> + ExactSizeIterator {
        self.0.iter().map(|(_, slot)| slot.value())
    }

    /// Returns the number of keys.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`OrMap::touch`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no key.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`OrMap::touch`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<K: Clone + Ord, S: DotStore> Wrapper for OrMapStore<K, S> {
    type Inner = DotMap<K, Slot<S>>;
    type Feed = KeyedFeed<K, S::Feed>;
    type Glance = ();

    fn inner(&self) -> &Self::Inner {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut Self::Inner {
        &mut self.0
    }

    fn wrap(inner: Self::Inner) -> Self {
        Self(inner)
    }

    fn glance(&self) {}

    fn feed(&self, (): (), inner: Self::Feed) -> Self::Feed {
        inner
    }
}

impl<K, S> Default for OrMapStore<K, S> {
    fn default() -> Self {
        Self(DotMap::default())
    }
}
