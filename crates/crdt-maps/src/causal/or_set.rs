//! A set for which adding wins over concurrent removing.

use core::borrow::Borrow;

use crdt_core::{
    Author, CausalDelta, Change, DotMap, DotSet, KeyedFeed, Minter, NextSeqError, Wrapper,
    causal_type,
};

causal_type! {
    /// A set whose elements come and go; adding wins over concurrent removing.
    ///
    /// A removed element leaves nothing behind: no tombstone.
    ///
    /// # Convergence
    /// An element is in the set if and only if some adding of it has not been seen by any removing.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_maps::OrSet;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut ours, mut theirs) = (OrSet::new(), OrSet::new());
    /// theirs.apply_delta(&ours.add_with_delta(&alice, "milk")?)?;
    ///
    /// let bought = ours.remove_with_delta(&alice, "milk")?;
    /// let needed = theirs.add_with_delta(&bob, "milk")?;
    /// ours.apply_delta(&needed)?;
    /// theirs.apply_delta(&bought)?;
    /// assert!(ours.contains("milk") && theirs.contains("milk"));
    /// assert_eq!(ours, theirs);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Reference.** Bieniusa et al., "An optimized conflict-free replicated set", 2012; Almeida,
    /// Shoker, Baquero, "Delta state replicated data types", 2018, section 7.
    pub struct OrSet[T: (Clone + Ord)](OrSetStore<T>), name: "or_set", delta: keyed;
}

#[cfg(feature = "serde")]
crdt_core::causal_type_serde! { OrSet[T: (Clone + Ord)](OrSetStore<T>) }

/// What mutations did to an [`OrSet`].
pub type OrSetDelta<T> = CausalDelta<OrSetStore<T>>;

/// What an [`OrSet`] keeps, alone or under a key of a map.
///
/// # Examples
/// See [`OrSet`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        transparent,
        bound(
            serialize = "T: Ord + serde::Serialize",
            deserialize = "T: Ord + Clone + serde::Deserialize<'de>"
        )
    )
)]
pub struct OrSetStore<T>(DotMap<T, Element>);

/// The dots under which an element was added and not removed: one, unless added concurrently.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct Element(DotSet);

/// What a set's mutators make live.
type Live<T> = DotMap<T, Change<DotSet>>;

impl<T: Ord> OrSetStore<T> {
    /// Returns whether `element` is in the set.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrSet`].
    #[must_use]
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains_key(element)
    }

    /// Iterates over the elements in their order.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::OrSet;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut set = OrSet::new();
    /// set.add(&alice, 2)?;
    /// set.add(&alice, 1)?;
    /// assert!(set.iter().eq(&[1, 2]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter().map(|(element, _)| element)
    }

    /// Returns the number of elements.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::OrSet::<u8>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no element.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_maps::OrSet::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Clone + Ord> OrSetStore<T> {
    /// Returns the change that adds `element`, or adds it again.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap`](crate::OrMap).
    pub fn add(&self, minter: &mut Minter, element: T) -> Result<Change<Live<T>>, NextSeqError> {
        let live = DotSet::from(minter.mint()?);
        let removed = self
            .0
            .get(&element)
            .map(|held| (&held.0).into())
            .unwrap_or_default();
        Ok(Change::bring(DotMap::from((
            element,
            Change { removed, live },
        ))))
    }

    /// Returns the change that adds all `elements`, each as an event of its own.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has not enough dots left.
    /// # Complexity
    /// O(m log n), m = elements added.
    /// # Examples
    /// See [`OrSet::add_all`].
    pub fn add_all(
        &self,
        minter: &mut Minter,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<Change<Live<T>>, NextSeqError> {
        let mut all = Change::default();
        for element in elements {
            all.merge(&self.add(minter, element)?);
        }
        Ok(all)
    }

    /// Returns the change that removes `element`; of nothing if it is not there.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap`](crate::OrMap).
    pub fn remove<Q: Ord + ?Sized>(
        &self,
        minter: &mut Minter,
        element: &Q,
    ) -> Result<Change<Live<T>>, NextSeqError>
    where
        T: Borrow<Q>,
    {
        self.remove_entries(minter, self.0.get_key_value(element).into_iter())
    }

    /// Returns the change that removes every element for which `predicate` returns true.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(n).
    /// # Examples
    /// See [`OrSet::remove_where`].
    pub fn remove_where(
        &self,
        minter: &mut Minter,
        mut predicate: impl FnMut(&T) -> bool,
    ) -> Result<Change<Live<T>>, NextSeqError> {
        self.remove_entries(
            minter,
            self.0.iter().filter(|(element, _)| predicate(element)),
        )
    }

    fn remove_entries<'e>(
        &self,
        minter: &mut Minter,
        entries: impl Iterator<Item = (&'e T, &'e Element)>,
    ) -> Result<Change<Live<T>>, NextSeqError>
    where
        T: 'e,
    {
        let mut live = Live::default();
        for (element, held) in entries {
            let removal = Change {
                removed: (&held.0).into(),
                live: DotSet::new(),
            };
            live.merge_at(element.clone(), &removal);
        }
        if !live.is_empty() {
            minter.mint()?;
        }
        Ok(Change::bring(live))
    }
}

impl<T: Clone + Ord> OrSet<T> {
    /// Returns whether there is no element.
    ///
    /// Here as well as on the store, so that it always means this, and never
    /// [`Delta::is_empty`](crdt_core::Delta::is_empty).
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_maps::OrSet::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.causal.store().is_empty()
    }

    /// Adds `element`; adding one that is there keeps it against concurrent removals of before.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrSet`].
    pub fn add<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: T,
    ) -> Result<(), NextSeqError> {
        self.add_with_delta(author, element).map(drop)
    }

    /// Adds `element`; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrSet`].
    pub fn add_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: T,
    ) -> Result<OrSetDelta<T>, NextSeqError> {
        self.causal
            .mutate(author, |set, minter| set.add(minter, element))
    }

    /// Adds all `elements`, in one mutation.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(m log n), m = elements added.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::OrSet;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut set = OrSet::new();
    /// set.add_all(&alice, ["milk", "tea", "milk"])?;
    /// assert!(set.iter().eq(&["milk", "tea"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_all<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<(), NextSeqError> {
        self.add_all_with_delta(author, elements).map(drop)
    }

    /// Adds all `elements`, in one mutation; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// As [`add_all`](Self::add_all).
    /// # Examples
    /// See [`add_all`](Self::add_all).
    pub fn add_all_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<OrSetDelta<T>, NextSeqError> {
        self.causal
            .mutate(author, |set, minter| set.add_all(minter, elements))
    }

    /// Removes `element`; does nothing if it is not there.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrSet`].
    pub fn remove<'a, Q: Ord + ?Sized>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: &Q,
    ) -> Result<(), NextSeqError>
    where
        T: Borrow<Q>,
    {
        self.remove_with_delta(author, element).map(drop)
    }

    /// Removes `element`; returns the delta, which is empty if it was not there.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrSet`].
    pub fn remove_with_delta<'a, Q: Ord + ?Sized>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: &Q,
    ) -> Result<OrSetDelta<T>, NextSeqError>
    where
        T: Borrow<Q>,
    {
        self.causal
            .mutate(author, |set, minter| set.remove(minter, element))
    }

    /// Removes every element for which `predicate` returns true, as one event.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::OrSet;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut set = OrSet::new();
    /// for n in 0..10 {
    ///     set.add(&alice, n)?;
    /// }
    /// set.remove_where(&alice, |n| n % 2 == 1)?;
    /// assert!(set.iter().eq(&[0, 2, 4, 6, 8]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_where<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        predicate: impl FnMut(&T) -> bool,
    ) -> Result<(), NextSeqError> {
        self.remove_where_with_delta(author, predicate).map(drop)
    }

    /// Removes every element for which `predicate` returns true; returns the delta.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(n).
    /// # Examples
    /// See [`remove_where`](Self::remove_where).
    pub fn remove_where_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        predicate: impl FnMut(&T) -> bool,
    ) -> Result<OrSetDelta<T>, NextSeqError> {
        self.causal
            .mutate(author, |set, minter| set.remove_where(minter, predicate))
    }
}

impl<T: Clone + Ord> Wrapper for OrSetStore<T> {
    type Inner = DotMap<T, Element>;
    type Feed = KeyedFeed<T, bool>;
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

    fn feed(&self, (): (), inner: KeyedFeed<T, bool>) -> KeyedFeed<T, bool> {
        inner
    }
}

/// An element that is in before and after has not changed, whatever its dots.
impl Wrapper for Element {
    type Inner = DotSet;
    type Feed = bool;
    type Glance = ();

    fn inner(&self) -> &DotSet {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut DotSet {
        &mut self.0
    }

    fn wrap(inner: DotSet) -> Self {
        Self(inner)
    }

    fn glance(&self) {}

    fn feed(&self, (): (), _: bool) -> bool {
        false
    }
}

impl<T> Default for OrSetStore<T> {
    fn default() -> Self {
        Self(DotMap::default())
    }
}
