//! Flags: one bit, and who wins when it is switched both ways at once.

use crdt_core::{Author, Change, DotSet, Minter, NextSeqError, Wrapper, causal_type};

/// Writes one flag: the store, the standalone type, and both directions.
///
/// The direction that wins mints a live dot; the other takes away the dots it sees.
macro_rules! flag {
    (
        $(#[$doc:meta])* $flag:ident, $(#[$store_doc:meta])* $store:ident, $name:literal,
        wins: $wins:ident, $wins_with_delta:ident, loses: $loses:ident, $loses_with_delta:ident,
        live_reads: $live_reads:literal
    ) => {
        causal_type! {
            $(#[$doc])*
            pub struct $flag[]($store), name: $name, delta: leaf;
        }

        #[cfg(feature = "serde")]
        crdt_core::causal_type_serde! { $flag[]($store) }

        $(#[$store_doc])*
        #[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(transparent)
        )]
        pub struct $store(DotSet);

        impl $store {
            /// Returns whether the flag is on.
            ///
            /// # Complexity
            /// O(1).
            #[must_use]
            pub const fn is_enabled(&self) -> bool {
                self.0.is_empty() != $live_reads
            }

            /// Returns the change that switches, and wins over a concurrent switch the other way.
            ///
            /// # Errors
            /// [`NextSeqError::Exhausted`] if the agent has no dot left.
            /// # Complexity
            /// O(concurrent switches).
            pub fn $wins(&self, minter: &mut Minter) -> Result<Change<DotSet>, NextSeqError> {
                let live = DotSet::from(minter.mint()?);
                Ok(Change { removed: (&self.0).into(), live })
            }

            /// Returns the change that switches, and loses to a concurrent switch the other way.
            ///
            /// # Errors
            /// [`NextSeqError::Exhausted`] if the agent has no dot left.
            /// # Complexity
            /// O(concurrent switches).
            pub fn $loses(&self, minter: &mut Minter) -> Result<Change<DotSet>, NextSeqError> {
                if self.0.is_empty() {
                    return Ok(Change::default());
                }
                minter.mint()?;
                Ok(Change { removed: (&self.0).into(), live: DotSet::new() })
            }
        }

        flag!(@standalone $flag, $wins, $wins_with_delta, "and wins over");
        flag!(@standalone $flag, $loses, $loses_with_delta, "and loses to");

        impl Wrapper for $store {
            type Inner = DotSet;
            type Feed = bool;
            type Glance = bool;

            fn inner(&self) -> &DotSet {
                &self.0
            }

            fn inner_mut(&mut self) -> &mut DotSet {
                &mut self.0
            }

            fn wrap(inner: DotSet) -> Self {
                Self(inner)
            }

            fn glance(&self) -> bool {
                self.is_enabled()
            }

            fn feed(&self, was_enabled: bool, _: bool) -> bool {
                was_enabled != self.is_enabled()
            }
        }

        impl From<DotSet> for $store {
            fn from(dots: DotSet) -> Self {
                Self(dots)
            }
        }
    };

    (@standalone $flag:ident, $switch:ident, $with_delta:ident, $against:literal) => {
        impl $flag {
            #[doc = concat!("Switches, ", $against, " a concurrent switch the other way.")]
            ///
            /// # Errors
            /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
            /// # Complexity
            /// O(concurrent switches).
            pub fn $switch<'a>(&mut self, author: impl Into<Author<'a>>) -> Result<(), NextSeqError> {
                self.$with_delta(author).map(drop)
            }

            #[doc = concat!("Switches, ", $against, " a concurrent switch the other way.")]
            ///
            /// Returns the delta, for everyone else.
            ///
            /// # Errors
            /// [`NextSeqError`] if the agent cannot mint a dot here; nothing changes.
            /// # Complexity
            /// O(concurrent switches).
            pub fn $with_delta<'a>(
                &mut self,
                author: impl Into<Author<'a>>,
            ) -> Result<Self, NextSeqError> {
                let delta = self.causal.mutate(author, |flag, minter| flag.$switch(minter))?;
                Ok(delta.into())
            }
        }
    };
}

flag! {
    /// A flag that is off at first, and for which enabling wins over concurrent disabling.
    ///
    /// # Convergence
    /// On if and only if some enabling has not been seen by any disabling.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_maps::EnableWinsFlag;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut ours = EnableWinsFlag::new();
    /// let mut theirs = EnableWinsFlag::new();
    /// theirs.apply_delta(&ours.enable_with_delta(&alice)?)?;
    ///
    /// let off = ours.disable_with_delta(&alice)?;
    /// let on = theirs.enable_with_delta(&bob)?;
    /// ours.apply_delta(&on)?;
    /// theirs.apply_delta(&off)?;
    /// assert!(ours.is_enabled() && theirs.is_enabled());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7.
    EnableWinsFlag,
    /// What an [`EnableWinsFlag`] keeps, alone or under a key of a map.
    EnableWinsFlagStore, "enable_wins_flag",
    wins: enable, enable_with_delta, loses: disable, disable_with_delta, live_reads: true
}

flag! {
    /// A flag that is on at first, and for which disabling wins over concurrent enabling.
    ///
    /// The dual of [`EnableWinsFlag`]: it holds a dot while it is off.
    ///
    /// # Convergence
    /// Off if and only if some disabling has not been seen by any enabling.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, DeltaState};
    /// use crdt_maps::DisableWinsFlag;
    ///
    /// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
    /// let mut ours = DisableWinsFlag::new();
    /// assert!(ours.is_enabled());
    /// let mut theirs = DisableWinsFlag::new();
    /// theirs.apply_delta(&ours.disable_with_delta(&alice)?)?;
    ///
    /// let on = ours.enable_with_delta(&alice)?;
    /// let off = theirs.disable_with_delta(&bob)?;
    /// ours.apply_delta(&off)?;
    /// theirs.apply_delta(&on)?;
    /// assert!(!ours.is_enabled() && !theirs.is_enabled());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7.
    DisableWinsFlag,
    /// What a [`DisableWinsFlag`] keeps, alone or under a key of a map.
    DisableWinsFlagStore, "disable_wins_flag",
    wins: disable, disable_with_delta, loses: enable, enable_with_delta, live_reads: false
}
