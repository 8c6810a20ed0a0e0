//! A set for which removing wins over concurrent adding.

use core::borrow::Borrow;

use crdt_core::{
    Author, CausalDelta, Change, DotMap, DotRanges, DotSet, KeyedFeed, Minter, NextSeqError, Seen,
    Wrapper, causal_type,
};

causal_type! {
    /// A set whose elements come and go; removing wins over concurrent adding.
    ///
    /// A removed element keeps the dot of its removal until it is added again, or until the key of a map
    /// that holds the set is removed. Prefer [`OrSet`](crate::OrSet) unless a removal must not be
    /// overruled: a revoked right, a blocked address.
    ///
    /// # Convergence
    /// An element is in the set if and only if it was added, and every removing of it has been seen by
    /// some adding.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_maps::RwSet;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut ours, mut theirs) = (RwSet::new(), RwSet::new());
    /// theirs.apply_delta(&ours.add_with_delta(&alice, "eve")?)?;
    ///
    /// let revoked = ours.remove_with_delta(&alice, "eve")?;
    /// let renewed = theirs.add_with_delta(&bob, "eve")?;
    /// ours.apply_delta(&renewed)?;
    /// theirs.apply_delta(&revoked)?;
    /// assert!(!ours.contains("eve") && !theirs.contains("eve"));
    /// assert_eq!(ours, theirs);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7.
    pub struct RwSet[T: (Clone + Ord)](RwSetStore<T>), name: "rw_set", delta: keyed;
}

#[cfg(feature = "serde")]
crdt_core::causal_type_serde! { RwSet[T: (Clone + Ord)](RwSetStore<T>) }

/// What mutations did to an [`RwSet`].
pub type RwSetDelta<T> = CausalDelta<RwSetStore<T>>;

/// What an [`RwSet`] keeps, alone or under a key of a map.
///
/// # Examples
/// See [`RwSet`].
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
pub struct RwSetStore<T>(DotMap<T, RwElement>);

/// The dots of the addings and removings of an element that nothing has seen since.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct RwElement((DotSet, DotSet));

impl RwElement {
    const fn is_in(&self) -> bool {
        !self.0.0.is_empty() && self.0.1.is_empty()
    }

    /// Returns all dots, which adding and removing alike replace.
    fn dots(&self) -> DotRanges {
        let mut dots = DotRanges::from(&self.0.0);
        dots.union_with(&DotRanges::from(&self.0.1));
        dots
    }
}

/// What a set's mutators make live.
type Live<T> = DotMap<T, Change<(DotSet, DotSet)>>;

impl<T: Ord> RwSetStore<T> {
    /// Returns whether `element` is in the set.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`RwSet`].
    #[must_use]
    pub fn contains<Q: Ord + ?Sized>(&self, element: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.get(element).is_some_and(RwElement::is_in)
    }

    /// Iterates over the elements in their order.
    ///
    /// # Complexity
    /// O(1) to make; O(n) to run, n = elements added or removed.
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::RwSet;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut set = RwSet::new();
    /// set.add(&alice, 2)?;
    /// set.add(&alice, 1)?;
    /// set.remove(&alice, 2)?;
    /// assert!(set.iter().eq(&[1]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0
            .iter()
            .filter(|(_, held)| held.is_in())
            .map(|(element, _)| element)
    }

    /// Returns the number of elements.
    ///
    /// # Complexity
    /// O(n), n = elements added or removed.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::RwSet::<u8>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether there is no element.
    ///
    /// # Complexity
    /// O(n), n = elements removed.
    /// # Examples
    /// ```
    /// assert!(crdt_maps::RwSet::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<T: Clone + Ord> RwSetStore<T> {
    /// Returns the change that adds `element`, over all removings seen here.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap`](crate::OrMap).
    pub fn add(&self, minter: &mut Minter, element: T) -> Result<Change<Live<T>>, NextSeqError> {
        let live = (DotSet::from(minter.mint()?), DotSet::new());
        Ok(self.replace(element, live))
    }

    /// Returns the change that removes `element`, whether or not it is there.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`OrMap`](crate::OrMap).
    pub fn remove(&self, minter: &mut Minter, element: T) -> Result<Change<Live<T>>, NextSeqError> {
        let live = (DotSet::new(), DotSet::from(minter.mint()?));
        Ok(self.replace(element, live))
    }

    /// Returns the change that removes every element for which `predicate` returns true.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has too few dots left.
    /// # Complexity
    /// O(n).
    /// # Examples
    /// See [`RwSet::remove_where`].
    pub fn remove_where(
        &self,
        minter: &mut Minter,
        mut predicate: impl FnMut(&T) -> bool,
    ) -> Result<Change<Live<T>>, NextSeqError> {
        let mut change = Change::default();
        for element in self.iter().filter(|element| predicate(element)) {
            change.merge(&self.remove(minter, element.clone())?);
        }
        Ok(change)
    }

    /// Puts `live` in the place of all dots of an element.
    fn replace(&self, element: T, live: (DotSet, DotSet)) -> Change<Live<T>> {
        let removed = self
            .0
            .get(&element)
            .map(RwElement::dots)
            .unwrap_or_default();
        Change::bring(DotMap::from((element, Change { removed, live })))
    }
}

impl<T: Clone + Ord> RwSet<T> {
    /// Returns whether there is no element.
    ///
    /// Here as well as on the store, so that it always means this, and never
    /// [`Delta::is_empty`](crdt_core::Delta::is_empty).
    ///
    /// # Complexity
    /// O(n), n = elements removed.
    /// # Examples
    /// ```
    /// assert!(crdt_maps::RwSet::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.causal.store().is_empty()
    }

    /// Adds `element`, over all removings seen here.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`RwSet`].
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
    /// See [`RwSet`].
    pub fn add_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: T,
    ) -> Result<RwSetDelta<T>, NextSeqError> {
        self.causal
            .mutate(author, |set, minter| set.add(minter, element))
    }

    /// Removes `element`, whether or not it is there: a removal of what is still on its way wins too.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`RwSet`].
    pub fn remove<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: T,
    ) -> Result<(), NextSeqError> {
        self.remove_with_delta(author, element).map(drop)
    }

    /// Removes `element`; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`RwSet`].
    pub fn remove_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        element: T,
    ) -> Result<RwSetDelta<T>, NextSeqError> {
        self.causal
            .mutate(author, |set, minter| set.remove(minter, element))
    }

    /// Removes every element for which `predicate` returns true.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::RwSet;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut set = RwSet::new();
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
    ) -> Result<RwSetDelta<T>, NextSeqError> {
        self.causal
            .mutate(author, |set, minter| set.remove_where(minter, predicate))
    }
}

impl<T: Clone + Ord> Wrapper for RwSetStore<T> {
    type Inner = DotMap<T, RwElement>;
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

    /// What changed in an entry is the side it is on.
    fn feed(&self, (): (), inner: KeyedFeed<T, bool>) -> KeyedFeed<T, bool> {
        inner.filter_map(|element, _| {
            let is_in = self.contains(element);
            Some(if is_in { Seen::Added } else { Seen::Removed })
        })
    }
}

/// An entry with a removal in it reads as no entry: only the side it is on shows.
impl Wrapper for RwElement {
    type Inner = (DotSet, DotSet);
    type Feed = bool;
    type Glance = bool;

    const PRESENCE_SHOWS: bool = false;
    const ONE_PLACE: bool = true;

    fn inner(&self) -> &Self::Inner {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut Self::Inner {
        &mut self.0
    }

    fn wrap(inner: Self::Inner) -> Self {
        Self(inner)
    }

    fn glance(&self) -> bool {
        self.is_in()
    }

    fn feed(&self, was_in: bool, _: (bool, bool)) -> bool {
        was_in != self.is_in()
    }
}

impl<T> Default for RwSetStore<T> {
    fn default() -> Self {
        Self(DotMap::default())
    }
}
