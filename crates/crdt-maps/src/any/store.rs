//! The store of a value of run-time type.

use alloc::vec::Vec;

use crdt_core::codec::DecodeError;
use crdt_core::{
    Change, DecodeDots, Dot, DotContext, DotRanges, DotReader, DotStore, DotWriter, Dotted,
    EncodeDots, Equivocation, Minter, NextSeqError, Renewal,
};

use super::{AnyFeed, AnyKind, AnyLive, AnySeen, Kind, KindLive, KindStore, LiveOf};

/// What an [`AnyCrdt`](crate::AnyCrdt) keeps, alone or under a key: a store for each kind written.
///
/// Mostly there is one. There are two after replicas concurrently wrote different kinds to one place
/// that no spec covers; both can be read.
///
/// # Examples
/// ```
/// use crdt_core::AgentId;
/// use crdt_maps::{AnyCrdt, EnableWinsFlag, Kind, OrMap};
///
/// let alice = AgentId::new("alice")?;
/// let mut map = OrMap::<&str, AnyCrdt>::new();
/// map.update(&alice, "done", |any, minter| {
///     any.update::<EnableWinsFlag, _>(minter, |flag, minter| flag.enable(minter))
/// })?;
/// let done = map.get("done").ok_or("it was written")?;
/// assert!(done.kinds().eq([Kind::EnableWinsFlag]));
/// assert!(done.get::<EnableWinsFlag>().is_some_and(|flag| flag.is_enabled()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct AnyStore {
    #[cfg_attr(
        feature = "serde",
        serde(deserialize_with = "super::kind_store::deserialize_parts")
    )]
    parts: Vec<KindStore>,
}

impl AnyStore {
    /// Iterates over the kinds that hold anything.
    ///
    /// # Complexity
    /// O(1) to make, O(kinds) to run.
    /// # Examples
    /// See [`AnyStore`].
    pub fn kinds(&self) -> impl ExactSizeIterator<Item = Kind> {
        self.parts.iter().map(KindStore::kind)
    }

    /// Reads the value as a `T`; `None` if it holds no dots: nothing of that type was written, or what was
    /// written is back where a `T` begins, such as a counter that was reset. Either way
    /// `T::Store::default()` reads the same.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`AnyStore`].
    #[must_use]
    pub fn get<T: AnyKind>(&self) -> Option<&T::Store> {
        self.part(T::KIND).and_then(T::read)
    }

    /// Returns the change that changes the value as a `T`, as `mutator` says.
    ///
    /// # Errors
    /// Those of `mutator`; [`NextSeqError::TooDeep`] beyond [`MAX_DEPTH`](crdt_core::MAX_DEPTH) levels.
    /// # Complexity
    /// That of `mutator`.
    /// # Examples
    /// See [`AnyStore`].
    pub fn update<T: AnyKind, E: From<NextSeqError>>(
        &self,
        minter: &mut Minter,
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Change<LiveOf<T>>, E>,
    ) -> Result<Change<AnyLive>, E> {
        let Change { removed, live } = minter.nested(|minter| match self.get::<T>() {
            Some(store) => mutator(store, minter),
            None => mutator(&T::Store::default(), minter),
        })?;
        let live = AnyLive::from_sorted(alloc::vec![T::wrap(live)]);
        Ok(Change { removed, live })
    }

    fn part(&self, kind: Kind) -> Option<&KindStore> {
        let at = self
            .parts
            .binary_search_by_key(&kind, KindStore::kind)
            .ok()?;
        self.parts.get(at)
    }

    /// Changes the part of a kind, which comes and goes with its first and last dot.
    fn update_part(
        &mut self,
        kind: Kind,
        feed: Option<&mut AnyFeed>,
        change: impl FnOnce(&mut KindStore, Option<&mut AnySeen>) -> bool,
    ) -> bool {
        let mut seen = feed.is_some().then(AnySeen::default);
        let changed = match self.parts.binary_search_by_key(&kind, KindStore::kind) {
            Ok(at) => {
                let changed = change(&mut self.parts[at], seen.as_mut());
                if self.parts[at].is_empty() {
                    self.parts.remove(at);
                }
                changed
            }
            Err(at) => {
                let mut part = KindStore::empty(kind);
                let changed = change(&mut part, seen.as_mut());
                if !part.is_empty() {
                    self.parts.insert(at, part);
                }
                changed
            }
        };
        if let (Some(feed), Some(seen)) = (feed, seen) {
            feed.note(kind, seen);
        }
        changed
    }

    /// Returns every kind that stands here or in `others`, in order.
    fn kinds_with(&self, others: impl Iterator<Item = Kind>) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.kinds().chain(others).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}

impl Dotted for AnyStore {
    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.parts.iter().for_each(|part| part.for_each_dot(visit));
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        let mut changed = false;
        self.parts.retain_mut(|part| {
            changed |= part.remove_dots(removed);
            !part.is_empty()
        });
        changed
    }
}

impl DotStore for AnyStore {
    type Live = AnyLive;
    type Feed = AnyFeed;

    fn apply(
        &mut self,
        live: &AnyLive,
        removed: &DotRanges,
        known: &DotContext,
        mut feed: Option<&mut AnyFeed>,
    ) -> bool {
        let mut changed = false;
        for kind in self.kinds_with(live.parts().iter().map(KindLive::kind)) {
            let live = live.parts().iter().find(|live| live.kind() == kind);
            changed |= self.update_part(kind, feed.as_deref_mut(), |part, feed| {
                part.apply(live, removed, known, feed)
            });
        }
        changed
    }

    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        mut feed: Option<&mut AnyFeed>,
    ) -> bool {
        let mut changed = false;
        for kind in self.kinds_with(other.kinds()) {
            let nothing = KindStore::empty(kind);
            let theirs = other.part(kind).unwrap_or(&nothing);
            changed |= self.update_part(kind, feed.as_deref_mut(), |part, feed| {
                part.join(known, theirs, other_known, feed)
            });
        }
        changed
    }

    fn leq(&self, known: &DotContext, other: &Self) -> bool {
        other
            .parts
            .iter()
            .all(|theirs| match self.part(theirs.kind()) {
                Some(ours) => ours.leq(known, theirs),
                None => KindStore::empty(theirs.kind()).leq(known, theirs),
            })
    }

    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        removed: &mut DotRanges,
    ) -> AnyLive {
        let kinds = self.kinds_with(base.kinds()).into_iter();
        let parts = kinds.filter_map(|kind| {
            let nothing = KindStore::empty(kind);
            let (ours, base) = (self.part(kind), base.part(kind));
            let (ours, base) = (ours.unwrap_or(&nothing), base.unwrap_or(&nothing));
            ours.changes_since(known, base, base_known, removed)
        });
        AnyLive::from_sorted(parts.collect())
    }

    fn news_of(&self, live: &AnyLive, removed: &DotRanges, known: &DotContext) -> Change<AnyLive> {
        let parts = live.parts().iter().filter_map(|live| {
            let nothing = KindStore::empty(live.kind());
            let part = self.part(live.kind()).unwrap_or(&nothing);
            part.news_of(live, known)
        });
        Change {
            // What is removed may stand in any part.
            removed: removed.news_for(self, known),
            live: AnyLive::from_sorted(parts.collect()),
        }
    }

    fn inverse(&self, live: &AnyLive, removed: &DotRanges) -> Change<AnyLive> {
        let mut brought = DotRanges::new();
        let mut parts = Vec::new();
        for kind in self.kinds_with(live.parts().iter().map(KindLive::kind)) {
            let nothing = KindStore::empty(kind);
            let live = live.parts().iter().find(|live| live.kind() == kind);
            let part = self.part(kind).unwrap_or(&nothing);
            let inverse = part.inverse(live, removed);
            brought.union_with(&inverse.0);
            parts.push(inverse.1);
        }
        Change {
            removed: brought,
            live: AnyLive::from_sorted(parts),
        }
    }

    fn undo(
        &self,
        taken: &AnyLive,
        brought: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<AnyLive>, NextSeqError> {
        let held = brought.held_by(self);
        let mut removed = DotRanges::new();
        let mut parts = Vec::new();
        for kind in self.kinds_with(taken.parts().iter().map(KindLive::kind)) {
            let nothing = KindStore::empty(kind);
            let live = taken.parts().iter().find(|live| live.kind() == kind);
            let part = self.part(kind).unwrap_or(&nothing);
            let brought = part.brought(brought, &held);
            let change = part.undo(live, &brought, renewal)?;
            removed.union_with(&change.0);
            parts.push(change.1);
        }
        Ok(Change {
            removed,
            live: AnyLive::from_sorted(parts),
        })
    }

    fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
        for part in &self.parts {
            part.for_each_part(&mut |part| {
                emit(Self {
                    parts: alloc::vec![part],
                });
            });
        }
    }

    fn check(&self, live: &AnyLive) -> Result<(), Equivocation> {
        live.parts()
            .iter()
            .try_for_each(|live| match self.part(live.kind()) {
                Some(part) => part.check(live),
                None => Ok(()),
            })
    }
}

impl EncodeDots for AnyStore {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.count(self.parts.len());
        self.parts.iter().for_each(|part| part.encode_dots(w));
    }
}

impl DecodeDots for AnyStore {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let parts = decode_parts(r, KindStore::kind, KindStore::is_empty)?;
        Ok(Self { parts })
    }
}

/// Reads parts that are sorted by kind, none of them empty.
pub(super) fn decode_parts<P: DecodeDots>(
    r: &mut DotReader<'_, '_>,
    kind: impl Fn(&P) -> Kind,
    is_empty: impl Fn(&P) -> bool,
) -> Result<Vec<P>, DecodeError> {
    let n_parts = r.count(1)?;
    r.spend_list::<P>(n_parts)?;
    let mut parts: Vec<P> = Vec::new();
    for _ in 0..n_parts {
        let offset = r.offset();
        let part = P::decode_dots(r)?;
        let follows = parts.last().is_none_or(|last| kind(last) < kind(&part));
        if !follows || is_empty(&part) {
            return Err(DecodeError::NotCanonical { offset });
        }
        parts.push(part);
    }
    Ok(parts)
}

/// Reads parts that are sorted by kind, none of them empty.
#[cfg(feature = "serde")]
pub(super) fn deserialize_by_kind<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
    kind: impl Fn(&T) -> Kind,
    is_empty: impl Fn(&T) -> bool,
) -> Result<Vec<T>, D::Error> {
    use serde::Deserialize;
    use serde::de::Error;

    let parts = Vec::<T>::deserialize(deserializer)?;
    if !parts.is_sorted_by(|left, right| kind(left) < kind(right)) {
        return Err(Error::custom(
            "kinds are out of order, or one is listed twice",
        ));
    }
    if parts.iter().any(is_empty) {
        return Err(Error::custom("a kind without content is listed"));
    }
    Ok(parts)
}
