//! Updating, touching and removing keys.

use core::borrow::Borrow;

use crdt_core::{Author, Change, DotMap, DotSet, DotStore, Dotted, Minter, Nestable, NextSeqError};

use super::{OrMap, OrMapDelta, OrMapStore, Slot};

/// What a map's mutators make live.
type Live<K, S> = DotMap<K, Change<(DotSet, <S as DotStore>::Live)>>;

impl<K: Clone + Ord, S: DotStore> OrMapStore<K, S> {
    /// Returns the change that changes the value under `key` as `mutator` says; one that is not there
    /// starts empty.
    ///
    /// A mutator that changes nothing leaves nothing: use [`touch`](Self::touch) to add a key.
    ///
    /// # Errors
    /// Those of `mutator`, and [`NextSeqError::Exhausted`].
    /// # Complexity
    /// O(log n), beside what `mutator` does.
    /// # Examples
    /// Maps in maps:
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::{OrMap, OrSet};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut shelves = OrMap::<&str, OrMap<&str, OrSet<&str>>>::new();
    /// shelves.update(&alice, "kitchen", |shelf, minter| {
    ///     shelf.update(minter, "tea", |teas, minter| teas.add(minter, "oolong"))
    /// })?;
    /// let teas = shelves.get("kitchen").and_then(|shelf| shelf.get("tea"));
    /// assert!(teas.is_some_and(|teas| teas.contains("oolong")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update<E: From<NextSeqError>>(
        &self,
        minter: &mut Minter,
        key: K,
        mutator: impl FnOnce(&S, &mut Minter) -> Result<Change<S::Live>, E>,
    ) -> Result<Change<Live<K, S>>, E> {
        let n_minted = minter.n_minted();
        let slot = self.0.get(&key);
        let change = match slot {
            Some(slot) => mutator(slot.value(), minter)?,
            None => mutator(&S::default(), minter)?,
        };
        if change.is_empty() && minter.n_minted() == n_minted {
            return Ok(Change::default());
        }
        let Change { mut removed, live } = change;
        let mut presence = DotSet::new();
        if !has_dots(&live) {
            // The event left nothing in the value; it keeps the key instead.
            if minter.n_minted() == n_minted {
                minter.mint()?;
            }
            if let Some(dot) = minter.last() {
                presence.insert(dot);
            }
            if let Some(slot) = slot {
                removed.union_with(&slot.presence().into());
            }
        }
        let change = Change {
            removed,
            live: (presence, live),
        };
        Ok(Change::bring(DotMap::from((key, change))))
    }

    /// Returns the change that adds `key`, or keeps it against concurrent removals; its value stays.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap::touch`].
    pub fn touch(&self, minter: &mut Minter, key: K) -> Result<Change<Live<K, S>>, NextSeqError> {
        let removed = self
            .0
            .get(&key)
            .map(|slot| slot.presence().into())
            .unwrap_or_default();
        let live = (DotSet::from(minter.mint()?), S::Live::default());
        Ok(Change::bring(DotMap::from((key, Change { removed, live }))))
    }

    /// Returns the change that removes `key` and all that is seen under it; of nothing if it is not
    /// there.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n + dots under the key).
    /// # Examples
    /// See [`OrMap`].
    pub fn remove<Q: Ord + ?Sized>(
        &self,
        minter: &mut Minter,
        key: &Q,
    ) -> Result<Change<Live<K, S>>, NextSeqError>
    where
        K: Borrow<Q>,
    {
        self.remove_slots(minter, self.0.get_key_value(key).into_iter())
    }

    /// Returns the change that removes every key for which `predicate` returns true.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(n + dots under the keys removed).
    /// # Examples
    /// See [`OrMap::remove_where`].
    pub fn remove_where(
        &self,
        minter: &mut Minter,
        mut predicate: impl FnMut(&K, &S) -> bool,
    ) -> Result<Change<Live<K, S>>, NextSeqError> {
        let slots = self
            .0
            .iter()
            .filter(|(key, slot)| predicate(key, slot.value()));
        self.remove_slots(minter, slots)
    }

    fn remove_slots<'s>(
        &self,
        minter: &mut Minter,
        slots: impl Iterator<Item = (&'s K, &'s Slot<S>)>,
    ) -> Result<Change<Live<K, S>>, NextSeqError>
    where
        K: 's,
        S: 's,
    {
        let mut live = Live::<K, S>::default();
        for (key, slot) in slots {
            live.merge_at(key.clone(), &slot.reset());
        }
        if !live.is_empty() {
            minter.mint()?;
        }
        Ok(Change::bring(live))
    }
}

impl<K: Clone + Ord, V: Nestable> OrMap<K, V> {
    /// Returns whether there is no key.
    ///
    /// Here as well as on the store, so that it always means this, and never
    /// [`Delta::is_empty`](crdt_core::Delta::is_empty).
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_maps::OrMap::<u8, crdt_maps::OrSet<u8>>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.causal.store().is_empty()
    }

    /// Changes the value under `key` as `mutator` says; one that is not there starts empty.
    ///
    /// `mutator` gets the value as it is, and the [`Minter`] that its own mutators ask for; it returns
    /// their change. If it changes nothing, the key is not added: see [`touch`](Self::touch).
    ///
    /// # Errors
    /// Those of `mutator`; and [`NextSeqError`] if the agent cannot mint a dot here. Nothing changes,
    /// and a key that was not there is not added.
    /// # Complexity
    /// O(log n), beside what `mutator` does.
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, NextSeqError};
    /// use crdt_maps::{MvRegister, OrMap};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut map = OrMap::<&str, MvRegister<u8>>::new();
    /// map.update(&alice, "a", |register, minter| register.write(minter, 1))?;
    /// map.update(&alice, "a", |register, minter| register.clear(minter))?;
    /// assert!(map.get("a").is_some_and(|register| register.values().len() == 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        key: K,
        mutator: impl FnOnce(&V::Store, &mut Minter) -> Result<Change<<V::Store as DotStore>::Live>, E>,
    ) -> Result<(), E> {
        self.update_with_delta(author, key, mutator).map(drop)
    }

    /// Changes the value under `key` as `mutator` says; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    /// # Complexity
    /// As [`update`](Self::update).
    /// # Examples
    /// See [`OrMap`].
    pub fn update_with_delta<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        key: K,
        mutator: impl FnOnce(&V::Store, &mut Minter) -> Result<Change<<V::Store as DotStore>::Live>, E>,
    ) -> Result<OrMapDelta<K, V>, E> {
        self.causal
            .mutate(author, |map, minter| map.update(minter, key, mutator))
    }

    /// Adds `key`, or keeps it against concurrent removals; its value stays as it is.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_counters::ResettableCounter;
    /// use crdt_maps::OrMap;
    ///
    /// let mut map = OrMap::<&str, ResettableCounter>::new();
    /// assert!(map.is_empty());
    /// map.touch(&AgentId::new("alice")?, "visits")?;
    /// assert_eq!(map.len(), 1);
    /// assert_eq!(map.get("visits").map(|counter| counter.value()), Some(0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn touch<'a>(&mut self, author: impl Into<Author<'a>>, key: K) -> Result<(), NextSeqError> {
        self.touch_with_delta(author, key).map(drop)
    }

    /// Adds `key`, or keeps it against concurrent removals; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`touch`](Self::touch).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`touch`](Self::touch).
    pub fn touch_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        key: K,
    ) -> Result<OrMapDelta<K, V>, NextSeqError> {
        self.causal
            .mutate(author, |map, minter| map.touch(minter, key))
    }

    /// Removes `key` and all that is seen under it; does nothing if it is not there.
    ///
    /// # Errors
    /// As [`touch`](Self::touch).
    /// # Complexity
    /// O(log n + dots under the key).
    /// # Examples
    /// See [`OrMap`].
    pub fn remove<'a, Q: Ord + ?Sized>(
        &mut self,
        author: impl Into<Author<'a>>,
        key: &Q,
    ) -> Result<(), NextSeqError>
    where
        K: Borrow<Q>,
    {
        self.remove_with_delta(author, key).map(drop)
    }

    /// Removes `key` and all that is seen under it; returns the delta, which is empty if it is not
    /// there.
    ///
    /// # Errors
    /// As [`touch`](Self::touch).
    /// # Complexity
    /// O(log n + dots under the key).
    /// # Examples
    /// See [`OrMap`].
    pub fn remove_with_delta<'a, Q: Ord + ?Sized>(
        &mut self,
        author: impl Into<Author<'a>>,
        key: &Q,
    ) -> Result<OrMapDelta<K, V>, NextSeqError>
    where
        K: Borrow<Q>,
    {
        self.causal
            .mutate(author, |map, minter| map.remove(minter, key))
    }

    /// Removes every key for which `predicate` returns true, as one event.
    ///
    /// # Errors
    /// As [`touch`](Self::touch).
    /// # Complexity
    /// O(n + dots under the keys removed).
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_counters::ResettableCounter;
    /// use crdt_maps::OrMap;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut stock = OrMap::<&str, ResettableCounter>::new();
    /// stock.update(&alice, "nuts", |n, minter| n.increment(minter, 9))?;
    /// stock.touch(&alice, "bolts")?;
    /// stock.remove_where(&alice, |_, n| n.value() == 0)?;
    /// assert!(stock.keys().eq(&["nuts"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_where<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        predicate: impl FnMut(&K, &V::Store) -> bool,
    ) -> Result<(), NextSeqError> {
        self.remove_where_with_delta(author, predicate).map(drop)
    }

    /// Removes every key for which `predicate` returns true; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`touch`](Self::touch).
    /// # Complexity
    /// As [`remove_where`](Self::remove_where).
    /// # Examples
    /// See [`remove_where`](Self::remove_where).
    pub fn remove_where_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        predicate: impl FnMut(&K, &V::Store) -> bool,
    ) -> Result<OrMapDelta<K, V>, NextSeqError> {
        self.causal
            .mutate(author, |map, minter| map.remove_where(minter, predicate))
    }
}

/// Returns whether any dot came to life.
fn has_dots(live: &impl Dotted) -> bool {
    let mut any = false;
    live.for_each_dot(&mut |_| any = true);
    any
}
