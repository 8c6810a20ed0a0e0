//! Writes what all standalone causal types have in common.

/// Declares a standalone type around `Causal<Store>`: construction, reading, joins, deltas, codecs.
///
/// What is left to write are the mutators, each with its `*_with_delta`.
/// `delta: leaf` is for small stores, whose deltas have the type of the state; such a store is made `From`
/// what its changes make live.
/// `delta: keyed` for sets and maps, whose deltas are `CausalDelta<Store>` and name what they removed
/// below its key.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Author, Change, DeltaState, DotSet, NextSeqError, causal_type};
///
/// causal_type! {
///     /// A lamp that is on while any dot is live.
///     pub struct Lamp[](DotSet), name: "lamp", delta: leaf;
/// }
///
/// impl Lamp {
///     fn switch_on_with_delta<'a>(
///         &mut self,
///         author: impl Into<Author<'a>>,
///     ) -> Result<Self, NextSeqError> {
///         let delta = self.causal.mutate(author, |held, minter| {
///             let live = DotSet::from(minter.mint()?);
///             Ok::<_, NextSeqError>(Change { removed: held.into(), live })
///         })?;
///         Ok(delta.into())
///     }
/// }
///
/// let mut ours = Lamp::new();
/// let delta = ours.switch_on_with_delta(&AgentId::new("alice")?)?;
/// let mut theirs = Lamp::new();
/// assert!(theirs.apply_delta(&delta)?);
/// assert_eq!(theirs.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[macro_export]
macro_rules! causal_type {
    (
        $(#[$doc:meta])*
        pub struct $name:ident [$($p:ident: ($($b:tt)*)),*] ($store:ty),
        name: $type_name:literal $(+ $nested:ty)?, delta: $flavour:ident;
    ) => {
        $(#[$doc])*
        pub struct $name<$($p: $($b)*),*> {
            causal: $crate::Causal<$store>,
        }

        impl<$($p: $($b)*),*> $name<$($p),*> {
            /// Returns the value before any event.
            ///
            /// # Complexity
            /// O(1).
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Returns the dots of all events seen, of removed content too.
            ///
            /// # Complexity
            /// O(1).
            #[must_use]
            pub const fn context(&self) -> &$crate::DotContext {
                self.causal.context()
            }

            /// Joins another state and returns what that changed for readers.
            ///
            /// # Complexity
            /// O(both states).
            pub fn join_with_feed(
                &mut self,
                other: &Self,
            ) -> <$store as $crate::DotStore>::Feed {
                self.causal.join_with_feed(&other.causal)
            }
        }

        /// Reading is the same here and below a key.
        impl<$($p: $($b)*),*> ::core::ops::Deref for $name<$($p),*> {
            type Target = $store;

            fn deref(&self) -> &$store {
                self.causal.store()
            }
        }

        impl<$($p: $($b)*),*> $crate::Nestable for $name<$($p),*> {
            type Store = $store;
        }

        impl<$($p: $($b)*),*> Default for $name<$($p),*> {
            fn default() -> Self {
                Self { causal: $crate::Causal::default() }
            }
        }

        impl<$($p: $($b)*),*> Clone for $name<$($p),*> {
            fn clone(&self) -> Self {
                Self { causal: self.causal.clone() }
            }
        }

        impl<$($p: $($b)*),*> PartialEq for $name<$($p),*> {
            fn eq(&self, other: &Self) -> bool {
                self.causal == other.causal
            }
        }

        impl<$($p: $($b)*),*> Eq for $name<$($p),*> where $store: Eq {}

        impl<$($p: $($b)*),*> ::core::fmt::Debug for $name<$($p),*>
        where
            $store: ::core::fmt::Debug,
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("store", self.causal.store())
                    .field("context", self.causal.context())
                    .finish()
            }
        }

        impl<$($p: $($b)*),*> $crate::Lattice for $name<$($p),*> {
            fn join(&mut self, other: &Self) -> bool {
                $crate::Lattice::join(&mut self.causal, &other.causal)
            }

            fn leq(&self, other: &Self) -> bool {
                $crate::Lattice::leq(&self.causal, &other.causal)
            }

            fn is_bottom(&self) -> bool {
                $crate::Lattice::is_bottom(&self.causal)
            }
        }

        impl<$($p: $($b)*),*> $crate::Decompose for $name<$($p),*> {
            fn decompose(&self) -> impl Iterator<Item = Self> {
                $crate::Decompose::decompose(&self.causal).map(|causal| Self { causal })
            }

            fn diff(&self, base: &Self) -> Self {
                Self { causal: $crate::Decompose::diff(&self.causal, &base.causal) }
            }
        }

        impl<$($p: $($b)*),*> $crate::codec::Encode for $name<$($p),*>
        where
            $crate::Causal<$store>: $crate::codec::Encode,
        {
            fn encode(&self, w: &mut $crate::codec::Writer) {
                $crate::codec::Encode::encode(&self.causal, w);
            }
        }

        impl<$($p: $($b)*),*> $crate::codec::Decode for $name<$($p),*>
        where
            $crate::Causal<$store>: $crate::codec::Decode,
        {
            fn decode(
                r: &mut $crate::codec::Reader<'_>,
                budget: &mut $crate::codec::Budget,
            ) -> Result<Self, $crate::codec::DecodeError> {
                $crate::codec::Decode::decode(r, budget).map(|causal| Self { causal })
            }
        }

        $crate::causal_type!(@named [$($p: ($($b)*)),*] $name, $type_name $(+ $nested)?);
        $crate::causal_type!(@mutate [$($p: ($($b)*)),*] $name, $store);
        $crate::causal_type!(@$flavour [$($p: ($($b)*)),*] $name, $store);
    };

    (@named [$($p:ident: ($($b:tt)*)),*] $name:ident, $type_name:literal) => {
        impl<$($p: $($b)*),*> $crate::Named for $name<$($p),*> {
            const NAME: &'static str = $type_name;
        }
    };

    (@named [$($p:ident: ($($b:tt)*)),*] $name:ident, $type_name:literal + $nested:ty) => {
        impl<$($p: $($b)*),*> $crate::Named for $name<$($p),*>
        where
            $nested: $crate::Named,
        {
            const NAME: &'static str = $type_name;

            fn write_name(out: &mut ::alloc::string::String) {
                $crate::write_nested_name::<$nested>(Self::NAME, out);
            }
        }
    };

    (@split) => {
        fn split_summary(
            summary: &mut $crate::CausalSummary,
            within: Option<&$crate::CausalSummary>,
            members: &mut $crate::MemberSink<'_>,
        ) {
            summary.split(within, members);
        }

        fn rejoin_summary(
            head: &mut $crate::CausalSummary,
            members: &mut $crate::MemberSource<'_>,
        ) -> bool {
            head.rejoin(members)
        }
    };

    (@mutate [$($p:ident: ($($b:tt)*)),*] $name:ident, $store:ty) => {
        impl<$($p: $($b)*),*> $crate::CausalType for $name<$($p),*> {
            type Store = $store;
            type MutateError<MutatorError: From<$crate::NextSeqError>> = MutatorError;

            fn mutate_with_delta<'author, MutatorError: From<$crate::NextSeqError>>(
                &mut self,
                author: impl Into<$crate::Author<'author>>,
                mutator: impl FnOnce(
                    &$store,
                    &mut $crate::Minter,
                ) -> Result<
                    $crate::Change<<$store as $crate::DotStore>::Live>,
                    MutatorError,
                >,
            ) -> Result<<Self as $crate::DeltaState>::Delta, MutatorError> {
                self.causal.mutate(author, mutator).map(Into::into)
            }
        }
    };

    (@leaf [$($p:ident: ($($b:tt)*)),*] $name:ident, $store:ty) => {
        impl<$($p: $($b)*),*> $name<$($p),*> {
            /// Applies a delta and returns what it changed for readers.
            ///
            /// # Errors
            /// [`Equivocation`]($crate::Equivocation) if the delta gives an event another content than
            /// it has here; nothing changes.
            /// # Complexity
            /// O(both).
            pub fn apply_with_feed(
                &mut self,
                delta: &Self,
            ) -> Result<<$store as $crate::DotStore>::Feed, $crate::Equivocation> {
                self.causal.check_all(&delta.causal)?;
                Ok(self.causal.join_with_feed(&delta.causal))
            }
        }

        impl<$($p: $($b)*),*> $crate::DeltaState for $name<$($p),*> {
            type Delta = Self;
            type Error = $crate::Equivocation;

            fn apply_delta(&mut self, delta: &Self) -> Result<bool, $crate::Equivocation> {
                self.causal.check_all(&delta.causal)?;
                Ok($crate::Lattice::join(&mut self.causal, &delta.causal))
            }

            fn check_delta(&self, delta: &Self) -> Result<(), $crate::Equivocation> {
                self.causal.check_all(&delta.causal)
            }

            fn news_of(&self, delta: &Self) -> Option<Self> {
                Some($crate::Decompose::diff(delta, self))
            }

            fn events_of(delta: &Self) -> $crate::DotContext {
                delta.causal.context().clone()
            }
        }

        impl<$($p: $($b)*),*> $crate::Summarize for $name<$($p),*> {
            type Summary = $crate::CausalSummary;

            fn summary(&self) -> $crate::CausalSummary {
                $crate::Summarize::summary(&self.causal)
            }

            fn delta_since(&self, known: &$crate::CausalSummary) -> Option<Self> {
                $crate::Summarize::delta_since(&self.causal, known).map(Self::from)
            }

            $crate::causal_type!(@split);
        }

        impl<$($p: $($b)*),*> From<$crate::CausalDelta<$store>> for $name<$($p),*> {
            fn from(delta: $crate::CausalDelta<$store>) -> Self {
                Self { causal: delta.into() }
            }
        }
    };

    (@keyed [$($p:ident: ($($b:tt)*)),*] $name:ident, $store:ty) => {
        impl<$($p: $($b)*),*> $name<$($p),*> {
            /// Applies a delta and returns what it changed for readers.
            ///
            /// # Errors
            /// [`Equivocation`]($crate::Equivocation) if the delta gives an event another content than
            /// it has here; nothing changes.
            /// # Complexity
            /// O(delta * log n).
            pub fn apply_with_feed(
                &mut self,
                delta: &$crate::CausalDelta<$store>,
            ) -> Result<<$store as $crate::DotStore>::Feed, $crate::Equivocation> {
                self.causal.apply_with_feed(delta)
            }

            /// Returns the least delta that brings `base` up to this state.
            ///
            /// # Complexity
            /// O(both states).
            #[must_use]
            pub fn changes_since(&self, base: &Self) -> $crate::CausalDelta<$store> {
                self.causal.changes_since(&base.causal)
            }
        }

        impl<$($p: $($b)*),*> $crate::DeltaState for $name<$($p),*> {
            type Delta = $crate::CausalDelta<$store>;
            type Error = $crate::Equivocation;

            fn apply_delta(&mut self, delta: &Self::Delta) -> Result<bool, $crate::Equivocation> {
                $crate::DeltaState::apply_delta(&mut self.causal, delta)
            }

            fn check_delta(&self, delta: &Self::Delta) -> Result<(), $crate::Equivocation> {
                $crate::DeltaState::check_delta(&self.causal, delta)
            }

            fn news_of(&self, delta: &Self::Delta) -> Option<Self::Delta> {
                $crate::DeltaState::news_of(&self.causal, delta)
            }

            fn events_of(delta: &Self::Delta) -> $crate::DotContext {
                delta.context()
            }

            fn split_delta(
                delta: Self::Delta,
                max_entries: usize,
            ) -> $crate::__Vec<Self::Delta> {
                delta.split(max_entries)
            }
        }

        impl<$($p: $($b)*),*> $crate::Summarize for $name<$($p),*> {
            type Summary = $crate::CausalSummary;

            fn summary(&self) -> $crate::CausalSummary {
                $crate::Summarize::summary(&self.causal)
            }

            fn delta_since(&self, known: &$crate::CausalSummary) -> Option<Self::Delta> {
                $crate::Summarize::delta_since(&self.causal, known)
            }

            $crate::causal_type!(@split);
        }
    };
}

/// Serialises a type that [`causal_type!`] declared, as the `Causal` in it.
///
/// Apart from the declaration, because only the declaring crate knows whether its own stores are
/// serialised: put it behind a feature of yours.
///
/// # Examples
/// ```
/// use crdt_core::{DotSet, causal_type, causal_type_serde};
///
/// causal_type! {
///     /// A lamp that is on while any dot is live.
///     pub struct Lamp[](DotSet), name: "lamp", delta: leaf;
/// }
/// causal_type_serde! { Lamp[](DotSet) }
///
/// let json = serde_json::to_string(&Lamp::new())?;
/// assert_eq!(json, r#"{"store":[],"context":{}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[cfg(feature = "serde")]
#[macro_export]
macro_rules! causal_type_serde {
    ($name:ident [$($p:ident: ($($b:tt)*)),*] ($store:ty)) => {
        impl<$($p: $($b)*),*> ::serde::Serialize for $name<$($p),*>
        where
            $crate::Causal<$store>: ::serde::Serialize,
        {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ::serde::Serialize::serialize(&self.causal, serializer)
            }
        }

        impl<'de, $($p: $($b)*),*> ::serde::Deserialize<'de> for $name<$($p),*>
        where
            $crate::Causal<$store>: ::serde::Deserialize<'de>,
        {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                <$crate::Causal<$store> as ::serde::Deserialize<'de>>::deserialize(deserializer).map(|causal| Self { causal })
            }
        }
    };
}
