//! One key of a map, to read and to change.

use core::fmt;

use crdt_core::{Author, Change, DotStore, Minter, Nestable, NextSeqError};

use super::{OrMap, OrMapDelta};

/// One key of an [`OrMap`], there or not.
///
/// # Examples
/// ```
/// use crdt_core::AgentId;
/// use crdt_counters::ResettableCounter;
/// use crdt_maps::OrMap;
///
/// let alice = AgentId::new("alice")?;
/// let mut visits = OrMap::<&str, ResettableCounter>::new();
/// let mut home = visits.entry("home");
/// assert!(home.value().is_none());
/// home.update_with_delta(&alice, |counter, minter| counter.increment(minter, 1))?;
/// assert_eq!(home.value().map(|counter| counter.value()), Some(1));
/// home.remove(&alice)?;
/// assert!(visits.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OrMapEntry<'m, K: Clone + Ord, V: Nestable> {
    map: &'m mut OrMap<K, V>,
    key: K,
}

impl<K: Clone + Ord, V: Nestable> OrMap<K, V> {
    /// Returns a handle on one key, which need not be there.
    ///
    /// # Complexity
    /// O(1); the key is looked up when the handle is used.
    /// # Examples
    /// See [`OrMapEntry`].
    pub fn entry(&mut self, key: K) -> OrMapEntry<'_, K, V> {
        OrMapEntry { map: self, key }
    }
}

impl<K: Clone + Ord, V: Nestable> OrMapEntry<'_, K, V> {
    /// Returns the key.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`OrMapEntry`].
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// Returns the value, if the key is there.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMapEntry`].
    pub fn value(&self) -> Option<&V::Store> {
        self.map.get(&self.key)
    }

    /// As [`OrMap::update`] for this key.
    ///
    /// # Errors
    /// As [`OrMap::update`].
    /// # Complexity
    /// As [`OrMap::update`].
    /// # Examples
    /// See [`OrMapEntry`].
    pub fn update<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&V::Store, &mut Minter) -> Result<Change<<V::Store as DotStore>::Live>, E>,
    ) -> Result<(), E> {
        self.update_with_delta(author, mutator).map(drop)
    }

    /// As [`OrMap::update_with_delta`] for this key.
    ///
    /// # Errors
    /// As [`OrMap::update`].
    /// # Complexity
    /// As [`OrMap::update`].
    /// # Examples
    /// See [`OrMapEntry`].
    pub fn update_with_delta<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&V::Store, &mut Minter) -> Result<Change<<V::Store as DotStore>::Live>, E>,
    ) -> Result<OrMapDelta<K, V>, E> {
        self.map
            .update_with_delta(author, self.key.clone(), mutator)
    }

    /// As [`OrMap::touch`] for this key, unless it is there: then nothing happens.
    ///
    /// # Errors
    /// As [`OrMap::touch`].
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`or_touch_with_delta`](Self::or_touch_with_delta).
    pub fn or_touch<'a>(&mut self, author: impl Into<Author<'a>>) -> Result<(), NextSeqError> {
        self.or_touch_with_delta(author).map(drop)
    }

    /// As [`OrMap::touch_with_delta`] for this key, unless it is there: then nothing happens, and the
    /// delta is empty.
    ///
    /// # Errors
    /// As [`OrMap::touch`].
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, Delta};
    /// use crdt_maps::{OrMap, OrSet};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut map = OrMap::<&str, OrSet<u8>>::new();
    /// assert!(!map.entry("a").or_touch_with_delta(&alice)?.is_empty());
    /// assert!(map.entry("a").or_touch_with_delta(&alice)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn or_touch_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
    ) -> Result<OrMapDelta<K, V>, NextSeqError> {
        if self.map.contains_key(&self.key) {
            return Ok(OrMapDelta::<K, V>::default());
        }
        self.map.touch_with_delta(author, self.key.clone())
    }

    /// As [`OrMap::remove`] for this key.
    ///
    /// # Errors
    /// As [`OrMap::remove`].
    /// # Complexity
    /// As [`OrMap::remove`].
    /// # Examples
    /// See [`OrMapEntry`].
    pub fn remove<'a>(&mut self, author: impl Into<Author<'a>>) -> Result<(), NextSeqError> {
        self.remove_with_delta(author).map(drop)
    }

    /// As [`OrMap::remove_with_delta`] for this key.
    ///
    /// # Errors
    /// As [`OrMap::remove`].
    /// # Complexity
    /// As [`OrMap::remove`].
    /// # Examples
    /// See [`OrMapEntry`].
    pub fn remove_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
    ) -> Result<OrMapDelta<K, V>, NextSeqError> {
        self.map.remove_with_delta(author, &self.key)
    }
}

impl<K: Clone + Ord + fmt::Debug, V: Nestable> fmt::Debug for OrMapEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OrMapEntry")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
