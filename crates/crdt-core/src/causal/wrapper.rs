//! Types made of a kernel store: the dots get a meaning, and readers see what it means.

use super::undo::Place;
use super::{
    Change, DecodeDots, DotRanges, DotReader, DotStore, DotWriter, Dotted, EncodeDots,
    Equivocation, Feed, Renewal,
};
use crate::codec::DecodeError;
use crate::{Dot, DotContext, NextSeqError};

/// A dot store that is another one inside, with a reading of its own.
///
/// Implement this instead of [`DotStore`]: which dots stay is the kernel's affair; what they say to a
/// reader, and whether a join changed that, is the type's.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, DotSet, Minter, NextSeqError, Wrapper};
///
/// /// A lamp that is on if anyone who did not know better switched it on.
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Lamp(DotSet);
///
/// impl Wrapper for Lamp {
///     type Inner = DotSet;
///     type Feed = bool;
///     type Glance = bool;
///
///     fn inner(&self) -> &DotSet { &self.0 }
///     fn inner_mut(&mut self) -> &mut DotSet { &mut self.0 }
///     fn wrap(inner: DotSet) -> Self { Self(inner) }
///     fn glance(&self) -> bool { !self.0.is_empty() }
///     fn feed(&self, was_on: bool, _: bool) -> bool { was_on != self.glance() }
/// }
///
/// impl Lamp {
///     fn switch_on(&self, minter: &mut Minter) -> Result<Change<DotSet>, NextSeqError> {
///         Ok(Change { removed: (&self.0).into(), live: minter.mint()?.into() })
///     }
/// }
///
/// let alice = AgentId::new("alice")?;
/// let mut lamp = Causal::<Lamp>::new();
/// let delta = lamp.mutate(&alice, |lamp, minter| lamp.switch_on(minter))?;
/// let mut other = Causal::<Lamp>::new();
/// assert!(other.apply_with_feed(&delta)?);
/// assert!(other.store().glance());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Wrapper: Clone + Default + PartialEq {
    /// The store inside.
    type Inner: DotStore;

    /// What a join changed for readers.
    type Feed: Feed;

    /// As [`DotStore::PRESENCE_SHOWS`].
    const PRESENCE_SHOWS: bool = true;

    /// Whether all of it is one place when something is undone: what a change took comes back as a whole, and
    /// only if nothing else stands in any part of it. If not, each part decides for itself.
    const ONE_PLACE: bool = false;

    /// What to remember of the state before a join, to tell afterwards what it changed.
    type Glance;

    /// Returns the store inside.
    fn inner(&self) -> &Self::Inner;

    /// Returns the store inside.
    fn inner_mut(&mut self) -> &mut Self::Inner;

    /// Gives a store its meaning.
    fn wrap(inner: Self::Inner) -> Self;

    /// Looks at the state before a join.
    fn glance(&self) -> Self::Glance;

    /// Compares the state with the one before, given what changed inside.
    fn feed(&self, before: Self::Glance, inner: <Self::Inner as DotStore>::Feed) -> Self::Feed;
}

/// Runs a join on the store inside and tells readers what it meant.
fn watch<W: Wrapper>(
    wrapper: &mut W,
    feed: Option<&mut W::Feed>,
    join: impl FnOnce(&mut W::Inner, Option<&mut <W::Inner as DotStore>::Feed>) -> bool,
) -> bool {
    let Some(feed) = feed else {
        return join(wrapper.inner_mut(), None);
    };
    let before = wrapper.glance();
    let mut inner = Default::default();
    let changed = join(wrapper.inner_mut(), Some(&mut inner));
    *feed = wrapper.feed(before, inner);
    changed
}

impl<W: Wrapper> Dotted for W {
    fn is_empty(&self) -> bool {
        self.inner().is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.inner().for_each_dot(visit);
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        self.inner_mut().remove_dots(removed)
    }
}

impl<W: Wrapper> DotStore for W {
    type Live = <W::Inner as DotStore>::Live;
    type Feed = W::Feed;

    const PRESENCE_SHOWS: bool = W::PRESENCE_SHOWS;

    fn apply(
        &mut self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
        feed: Option<&mut Self::Feed>,
    ) -> bool {
        watch(self, feed, |inner, feed| {
            inner.apply(live, removed, known, feed)
        })
    }

    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        feed: Option<&mut Self::Feed>,
    ) -> bool {
        watch(self, feed, |inner, feed| {
            inner.join(known, other.inner(), other_known, feed)
        })
    }

    fn leq(&self, known: &DotContext, other: &Self) -> bool {
        self.inner().leq(known, other.inner())
    }

    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        removed: &mut DotRanges,
    ) -> Self::Live {
        self.inner()
            .changes_since(known, base.inner(), base_known, removed)
    }

    fn news_of(
        &self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
    ) -> Change<Self::Live> {
        self.inner().news_of(live, removed, known)
    }

    fn inverse(&self, live: &Self::Live, removed: &DotRanges) -> Change<Self::Live> {
        self.inner().inverse(live, removed)
    }

    fn undo(
        &self,
        taken: &Self::Live,
        brought: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<Self::Live>, NextSeqError> {
        if W::ONE_PLACE && !Place::look(self, brought, false).comes_back {
            return self.inner().undo(&Default::default(), brought, renewal);
        }
        self.inner().undo(taken, brought, renewal)
    }

    fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
        self.inner()
            .for_each_part(&mut |part| emit(Self::wrap(part)));
    }

    fn check(&self, live: &Self::Live) -> Result<(), Equivocation> {
        self.inner().check(live)
    }

    fn reset(&self) -> Change<Self::Live> {
        self.inner().reset()
    }
}

impl<W: Wrapper<Inner: EncodeDots>> EncodeDots for W {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        self.inner().encode_dots(w);
    }
}

impl<W: Wrapper<Inner: DecodeDots>> DecodeDots for W {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        W::Inner::decode_dots(r).map(Self::wrap)
    }
}
