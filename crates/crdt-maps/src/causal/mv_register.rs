//! A register that keeps what was written concurrently.

use core::fmt;

use crdt_core::{Author, Change, DotFun, Fixed, Minter, NextSeqError, Wrapper, causal_type};

causal_type! {
    /// A register that keeps every value that no later write has seen.
    ///
    /// After concurrent writes it holds them all, until someone who sees them writes again.
    ///
    /// # Convergence
    /// The values are those of the writes that no write and no clearing has seen.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_maps::MvRegister;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let (mut ours, mut theirs) = (MvRegister::new(), MvRegister::new());
    /// let tea = ours.write_with_delta(&alice, "tea")?;
    /// let mate = theirs.write_with_delta(&bob, "mate")?;
    /// ours.apply_delta(&mate)?;
    /// theirs.apply_delta(&tea)?;
    /// assert_eq!(ours, theirs);
    /// assert!(ours.values().eq(&["tea", "mate"]));
    ///
    /// ours.write(&alice, "coffee")?;
    /// assert!(ours.values().eq(&["coffee"]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7:
    /// one dot for each sibling, instead of a version vector.
    pub struct MvRegister[T: (Clone + fmt::Debug + Ord)](MvRegisterStore<T>),
    name: "mv_register", delta: leaf;
}

#[cfg(feature = "serde")]
crdt_core::causal_type_serde! { MvRegister[T: (Clone + fmt::Debug + Ord)](MvRegisterStore<T>) }

/// What an [`MvRegister`] keeps, alone or under a key of a map.
///
/// # Examples
/// See [`MvRegister`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct MvRegisterStore<T>(DotFun<Fixed<T>>);

impl<T> MvRegisterStore<T> {
    /// Iterates over the values, in the order of their writers, then of their writes.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`MvRegister`].
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter().map(|(_, Fixed(value))| value)
    }
}

impl<T: Clone + fmt::Debug + Ord> MvRegisterStore<T> {
    /// Returns the change that writes `value` over all values seen here.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(concurrent values).
    /// # Examples
    /// See [`OrMap::update`](crate::OrMap::update).
    pub fn write(
        &self,
        minter: &mut Minter,
        value: T,
    ) -> Result<Change<DotFun<Fixed<T>>>, NextSeqError> {
        let live = DotFun::from((minter.mint()?, Fixed(value)));
        Ok(Change {
            removed: self.0.dots(),
            live,
        })
    }

    /// Returns the change that takes away all values seen here; of nothing if there is none.
    ///
    /// # Errors
    /// [`NextSeqError::Exhausted`] if the agent has no dot left.
    /// # Complexity
    /// O(concurrent values).
    /// # Examples
    /// See [`OrMap::update`](crate::OrMap::update).
    pub fn clear(&self, minter: &mut Minter) -> Result<Change<DotFun<Fixed<T>>>, NextSeqError> {
        if self.0.is_empty() {
            return Ok(Change::default());
        }
        minter.mint()?;
        Ok(Change {
            removed: self.0.dots(),
            live: DotFun::default(),
        })
    }
}

impl<T: Clone + fmt::Debug + Ord> MvRegister<T> {
    /// Writes `value` over all values seen here.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
    /// # Complexity
    /// O(concurrent values).
    /// # Examples
    /// See [`MvRegister`].
    pub fn write<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        value: T,
    ) -> Result<(), NextSeqError> {
        self.write_with_delta(author, value).map(drop)
    }

    /// Writes `value` over all values seen here; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    /// # Complexity
    /// O(concurrent values).
    /// # Examples
    /// See [`MvRegister`].
    pub fn write_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
        value: T,
    ) -> Result<Self, NextSeqError> {
        let delta = self
            .causal
            .mutate(author, |register, minter| register.write(minter, value))?;
        Ok(delta.into())
    }

    /// Takes away all values seen here.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    /// # Complexity
    /// O(concurrent values).
    /// # Examples
    /// ```
    /// use crdt_core::AgentId;
    /// use crdt_maps::MvRegister;
    ///
    /// let alice = AgentId::new("alice")?;
    /// let mut register = MvRegister::new();
    /// register.write(&alice, 1)?;
    /// register.clear(&alice)?;
    /// assert_eq!(register.values().len(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clear<'a>(&mut self, author: impl Into<Author<'a>>) -> Result<(), NextSeqError> {
        self.clear_with_delta(author).map(drop)
    }

    /// Takes away all values seen here; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    /// # Complexity
    /// O(concurrent values).
    /// # Examples
    /// See [`clear`](Self::clear).
    pub fn clear_with_delta<'a>(
        &mut self,
        author: impl Into<Author<'a>>,
    ) -> Result<Self, NextSeqError> {
        let delta = self
            .causal
            .mutate(author, |register, minter| register.clear(minter))?;
        Ok(delta.into())
    }
}

impl<T: Clone + fmt::Debug + Ord> Wrapper for MvRegisterStore<T> {
    type Inner = DotFun<Fixed<T>>;
    type Feed = bool;
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

    fn feed(&self, (): (), changed: bool) -> bool {
        changed
    }
}

impl<T> Default for MvRegisterStore<T> {
    fn default() -> Self {
        Self(DotFun::default())
    }
}

impl<T> From<DotFun<Fixed<T>>> for MvRegisterStore<T> {
    fn from(written: DotFun<Fixed<T>>) -> Self {
        Self(written)
    }
}
