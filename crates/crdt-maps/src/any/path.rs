//! Values by the path of keys that leads to them.

use alloc::borrow::ToOwned;

use crdt_core::{Author, CausalType, Change, Minter, NextSeqError};

use super::{AnyCrdt, AnyDelta, AnyError, AnyKind, AnyLive, AnyMap, AnyStore, LiveOf};

impl AnyStore {
    /// Returns the value at the end of a path of keys; `None` if a key is not there. The empty path leads
    /// here.
    ///
    /// # Complexity
    /// O(log n) for each key.
    /// # Examples
    /// See [`AnyCrdt::update_at`].
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| {
            let map = value.get::<AnyMap>()?;
            map.get(*key)
        })
    }

    /// Returns the change that changes the value at the end of a path of keys, as a `T`; the maps on the
    /// way are made if they are not there.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    /// # Complexity
    /// That of `mutator`, and O(log n) for each key.
    /// # Examples
    /// See [`AnyCrdt::update_at`].
    pub fn update_at<T: AnyKind, E: From<NextSeqError>>(
        &self,
        minter: &mut Minter,
        path: &[&str],
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Change<LiveOf<T>>, E>,
    ) -> Result<Change<AnyLive>, E> {
        let Some((key, rest)) = path.split_first() else {
            return self.update::<T, E>(minter, mutator);
        };
        self.update::<AnyMap, E>(minter, |map, minter| {
            map.update(minter, (*key).to_owned(), |value, minter| {
                value.update_at::<T, E>(minter, rest, mutator)
            })
        })
    }
}

impl AnyCrdt {
    /// Returns the value at the end of a path of keys; `None` if a key is not there. The empty path leads
    /// to the value itself.
    ///
    /// # Complexity
    /// O(log n) for each key.
    /// # Examples
    /// See [`update_at`](Self::update_at).
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&AnyStore> {
        self.store().at(path)
    }

    /// Changes the value at the end of a path of keys, as a `T`; the maps on the way are made if they are
    /// not there.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    /// # Complexity
    /// That of `mutator`, and O(log n) for each key.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::{AnyCrdt, CrdtSpec, OrSet, Value};
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut page = AnyCrdt::new(CrdtSpec::Any);
    /// page.update_at::<OrSet<Value>, _>(&alice, &["meta", "tags"], |tags, minter| {
    ///     tags.add(minter, Value::from("draft"))
    /// })?;
    /// let tags = page.at(&["meta", "tags"]).and_then(|tags| tags.get::<OrSet<Value>>());
    /// assert!(tags.is_some_and(|tags| tags.contains(&Value::from("draft"))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update_at<'a, T: AnyKind, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        path: &[&str],
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Change<LiveOf<T>>, E>,
    ) -> Result<(), AnyError<E>> {
        self.update_at_with_delta::<T, E>(author, path, mutator)
            .map(drop)
    }

    /// Changes the value at the end of a path of keys, as a `T`; returns the delta, for everyone else.
    ///
    /// # Errors
    /// Those of [`update`](Self::update).
    /// # Complexity
    /// That of [`update_at`](Self::update_at).
    /// # Examples
    /// See [`update_at`](Self::update_at).
    pub fn update_at_with_delta<'a, T: AnyKind, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        path: &[&str],
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Change<LiveOf<T>>, E>,
    ) -> Result<AnyDelta, AnyError<E>> {
        self.mutate_with_delta(author, |store, minter| {
            store.update_at::<T, E>(minter, path, mutator)
        })
    }
}
