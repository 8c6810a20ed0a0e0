//! Values of different types under one roof.
//!
//! [`AnyCrdt`] is a value whose type is known at run time: a counter, a register, a set, a flag, or a
//! map of such values. A [`CrdtSpec`] says which type is allowed where.
//!
//! **What if two replicas disagree on the type of a key?** A store keeps one part for each kind that was
//! written, so nothing is lost and replicas agree; a spec refuses such a delta before it comes in.
//!
//! **Invariants.** Parts are sorted by kind, at most one of each, none empty.

mod feed;
mod kind;
mod kind_live;
mod kind_store;
mod path;
mod spec;
mod store;
mod value;

use alloc::string::String;
use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{
    Author, Causal, CausalDelta, CausalSummary, CausalType, Change, Classify, DeltaState,
    DotContext, DotStore, Equivocation, ErrorKind, Lattice, MemberSink, MemberSource, Minter,
    Named, Nestable, NextSeqError, Summarize,
};

pub use self::feed::{AnyFeed, AnySeen};
pub use self::kind::{AnyKind, Kind};
pub use self::kind_live::{AnyLive, KindLive};
pub use self::kind_store::KindStore;
pub use self::spec::{CrdtSpec, SpecMismatch};
pub use self::store::AnyStore;
pub use self::value::{Float, NotFinite, Value};
use crate::OrMap;

/// A value of a type known at run time, held to a [`CrdtSpec`].
///
/// The spec is configuration, not state: every replica of a document is made with the same one. It is
/// neither joined nor sent.
///
/// As a type parameter, `OrMap<String, AnyCrdt>` is a map of anything: [`AnyMap`].
/// [`at`](Self::at) and [`update_at`](Self::update_at) follow a path of keys through such maps.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, DeltaState};
/// use crdt_counters::ResettableCounter;
/// use crdt_maps::{AnyCrdt, AnyMap, CrdtSpec, Kind, OrSet, Value};
///
/// let spec = CrdtSpec::record([
///     ("visits", CrdtSpec::Leaf(Kind::Counter)),
///     ("tags", CrdtSpec::Leaf(Kind::OrSet)),
/// ]);
/// let alice = AgentId::new("alice")?;
/// let (mut ours, mut theirs) = (AnyCrdt::new(spec.clone()), AnyCrdt::new(spec));
/// let delta = ours.update_with_delta::<AnyMap, _>(&alice, |map, minter| {
///     map.update(minter, "visits".into(), |any, minter| {
///         any.update::<ResettableCounter, _>(minter, |visits, minter| visits.increment(minter, 1))
///     })
/// })?;
/// theirs.apply_delta(&delta)?;
/// let visits = theirs.get::<AnyMap>().and_then(|map| map.get("visits")?.get::<ResettableCounter>());
/// assert_eq!(visits.map(|visits| visits.value()), Some(1));
///
/// // Another type under that key is refused, and says where.
/// let refused = ours.update::<AnyMap, _>(&alice, |map, minter| {
///     map.update(minter, "visits".into(), |any, minter| {
///         any.update::<OrSet<Value>, _>(minter, |set, minter| set.add(minter, Value::from("x")))
///     })
/// });
/// assert!(refused.is_err_and(|error| error.to_string().contains("visits")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AnyCrdt {
    spec: CrdtSpec,
    causal: Causal<AnyStore>,
}

/// The value before any event, held to no spec: a document of an application that has none.
impl Default for AnyCrdt {
    fn default() -> Self {
        Self::new(CrdtSpec::Any)
    }
}

/// A map of values of any type.
///
/// # Examples
/// See [`AnyCrdt`].
pub type AnyMap = OrMap<String, AnyCrdt>;

/// What a mutator of `T` makes live.
type LiveOf<T> = <<T as Nestable>::Store as DotStore>::Live;

/// What mutations did to an [`AnyCrdt`].
pub type AnyDelta = CausalDelta<AnyStore>;

/// Why a value of a type known at run time did not change.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnyError<E = NextSeqError> {
    /// A type stands where the spec has another.
    #[error(transparent)]
    Spec(#[from] SpecMismatch),
    /// One event with two contents.
    #[error(transparent)]
    Equivocation(#[from] Equivocation),
    /// What the mutator itself reported.
    #[error("{0}")]
    Mutator(E),
}

impl<E: Classify> Classify for AnyError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Spec(error) => error.kind(),
            Self::Equivocation(error) => error.kind(),
            Self::Mutator(error) => error.kind(),
        }
    }
}

impl AnyCrdt {
    /// Returns the value before any event, held to `spec`.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`AnyCrdt`].
    #[must_use]
    pub fn new(spec: CrdtSpec) -> Self {
        Self {
            spec,
            causal: Causal::new(),
        }
    }

    /// Returns the spec.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_maps::{AnyCrdt, CrdtSpec};
    ///
    /// assert_eq!(AnyCrdt::new(CrdtSpec::Any).spec(), &CrdtSpec::Any);
    /// ```
    #[must_use]
    pub const fn spec(&self) -> &CrdtSpec {
        &self.spec
    }

    /// Returns the dots of all events seen.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// use crdt_maps::{AnyCrdt, CrdtSpec};
    ///
    /// assert!(AnyCrdt::new(CrdtSpec::Any).context().is_empty());
    /// ```
    #[must_use]
    pub const fn context(&self) -> &DotContext {
        self.causal.context()
    }

    /// Returns the store: what stands under a key of a map of such values.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`AnyStore`].
    #[must_use]
    pub const fn store(&self) -> &AnyStore {
        self.causal.store()
    }

    /// Reads the value as a `T`; `None` if it holds no dots: nothing of that type was written, or what was
    /// written is back where a `T` begins, such as a counter that was reset. Either way
    /// `T::Store::default()` reads the same.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`AnyCrdt`].
    #[must_use]
    pub fn get<T: AnyKind>(&self) -> Option<&T::Store> {
        self.store().get::<T>()
    }

    /// Changes the value as a `T`, as `mutator` says.
    ///
    /// # Errors
    /// [`AnyError::Spec`] if the spec has another type there or below; [`AnyError::Mutator`] with what
    /// `mutator` reports, or if the agent cannot mint a dot here. Nothing changes.
    /// # Complexity
    /// That of `mutator`, and O(change * log n).
    /// # Examples
    /// See [`AnyCrdt`].
    pub fn update<'a, T: AnyKind, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Change<LiveOf<T>>, E>,
    ) -> Result<(), AnyError<E>> {
        self.update_with_delta::<T, E>(author, mutator).map(drop)
    }

    /// Changes the value as a `T`, as `mutator` says; returns the delta, for everyone else.
    ///
    /// # Errors
    /// As [`update`](Self::update).
    /// # Complexity
    /// As [`update`](Self::update).
    /// # Examples
    /// See [`AnyCrdt`].
    pub fn update_with_delta<'a, T: AnyKind, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Change<LiveOf<T>>, E>,
    ) -> Result<AnyDelta, AnyError<E>> {
        self.mutate_with_delta(author, |store, minter| {
            store.update::<T, E>(minter, mutator)
        })
    }

    /// Joins another replica of the same document.
    ///
    /// # Errors
    /// [`SpecMismatch`] if the other holds a type where the spec has another; nothing changes.
    /// # Complexity
    /// O(both).
    /// # Convergence
    /// As [`Lattice::join`].
    /// # Examples
    /// ```
    /// use crdt_maps::{AnyCrdt, CrdtSpec};
    ///
    /// let mut ours = AnyCrdt::new(CrdtSpec::Any);
    /// assert_eq!(ours.merge(&AnyCrdt::new(CrdtSpec::Any)), Ok(false));
    /// ```
    pub fn merge(&mut self, other: &Self) -> Result<bool, SpecMismatch> {
        let whole = other.causal.changes_since(&Causal::new());
        self.spec.check(&whole.change().live)?;
        Ok(self.causal.join(&other.causal))
    }

    /// Applies a delta and returns what it changed for readers.
    ///
    /// # Errors
    /// [`AnyError::Spec`] if the delta has a type where the spec has another;
    /// [`AnyError::Equivocation`] if it gives an event another content. Nothing changes.
    /// # Complexity
    /// O(delta * log n).
    /// # Examples
    /// See [`AnyFeed`].
    pub fn apply_with_feed(&mut self, delta: &AnyDelta) -> Result<AnyFeed, AnyError> {
        self.spec.check(&delta.change().live)?;
        Ok(self.causal.apply_with_feed(delta)?)
    }

    /// Holds the value to another spec; what was read from bytes or JSON is held to none.
    ///
    /// # Errors
    /// [`SpecMismatch`] if the value has a type where `spec` has another.
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// use crdt_core::codec::{Decode, DecodeLimits, Encode};
    /// use crdt_maps::{AnyCrdt, CrdtSpec, Kind};
    ///
    /// let spec = CrdtSpec::Leaf(Kind::OrSet);
    /// let ours = AnyCrdt::new(spec.clone());
    /// let read = AnyCrdt::from_bytes(&ours.to_bytes(), &DecodeLimits::default())?;
    /// assert_eq!(read.hold_to(spec)?, ours);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold_to(self, spec: CrdtSpec) -> Result<Self, SpecMismatch> {
        let whole = self.causal.changes_since(&Causal::new());
        spec.check(&whole.change().live)?;
        Ok(Self { spec, ..self })
    }
}

impl<E> From<NextSeqError> for AnyError<E>
where
    E: From<NextSeqError>,
{
    fn from(error: NextSeqError) -> Self {
        Self::Mutator(error.into())
    }
}

/// What a mutator makes is held to the spec.
impl CausalType for AnyCrdt {
    type Store = AnyStore;
    type MutateError<E: From<NextSeqError>> = AnyError<E>;

    fn mutate_with_delta<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(&AnyStore, &mut Minter) -> Result<Change<AnyLive>, E>,
    ) -> Result<AnyDelta, AnyError<E>> {
        let Self { spec, causal } = self;
        causal.mutate(author, |store, minter| {
            let change = mutator(store, minter).map_err(AnyError::Mutator)?;
            spec.check(&change.live)?;
            Ok(change)
        })
    }
}

impl DeltaState for AnyCrdt {
    type Delta = AnyDelta;
    type Error = AnyError;

    fn apply_delta(&mut self, delta: &AnyDelta) -> Result<bool, AnyError> {
        self.spec.check(&delta.change().live)?;
        Ok(self.causal.apply_delta(delta)?)
    }

    fn check_delta(&self, delta: &AnyDelta) -> Result<(), AnyError> {
        self.spec.check(&delta.change().live)?;
        Ok(self.causal.check_delta(delta)?)
    }

    fn news_of(&self, delta: &AnyDelta) -> Option<AnyDelta> {
        self.causal.news_of(delta)
    }

    fn events_of(delta: &AnyDelta) -> DotContext {
        delta.context()
    }

    fn split_delta(delta: AnyDelta, max_entries: usize) -> Vec<AnyDelta> {
        delta.split(max_entries)
    }
}

impl Summarize for AnyCrdt {
    type Summary = CausalSummary;

    fn summary(&self) -> CausalSummary {
        self.causal.summary()
    }

    fn delta_since(&self, known: &CausalSummary) -> Option<AnyDelta> {
        self.causal.delta_since(known)
    }

    fn split_summary(
        summary: &mut CausalSummary,
        within: Option<&CausalSummary>,
        members: &mut MemberSink<'_>,
    ) {
        summary.split(within, members);
    }

    fn rejoin_summary(head: &mut CausalSummary, members: &mut MemberSource<'_>) -> bool {
        head.rejoin(members)
    }
}

impl Encode for AnyCrdt {
    fn encode(&self, w: &mut Writer) {
        self.causal.encode(w);
    }
}

impl Decode for AnyCrdt {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let causal = Causal::decode(r, budget)?;
        Ok(Self {
            spec: CrdtSpec::Any,
            causal,
        })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for AnyCrdt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.causal.serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for AnyCrdt {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let causal = Causal::deserialize(deserializer)?;
        Ok(Self {
            spec: CrdtSpec::Any,
            causal,
        })
    }
}

impl Nestable for AnyCrdt {
    type Store = AnyStore;
}

impl Named for AnyCrdt {
    const NAME: &'static str = "any";
}

impl Named for AnyStore {
    const NAME: &'static str = "any";
}
