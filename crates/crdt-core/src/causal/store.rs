//! The traits of dot stores.

use alloc::vec::Vec;

use super::undo::DotNames;
use super::{Change, DotRanges, Equivocation, Feed, Renewal};
use crate::{Dot, DotContext, NextSeqError};

/// Holds dots somewhere inside: a store, or what a change makes live in one.
pub trait Dotted: Clone + Default {
    /// Returns whether it holds no dot.
    fn is_empty(&self) -> bool;

    /// Visits every dot once, in a deterministic order.
    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot));

    /// Takes the dots in `removed` away, wherever they are; returns whether any was there.
    ///
    /// # Complexity
    /// O(size): the caller narrows the place down first.
    fn remove_dots(&mut self, removed: &DotRanges) -> bool;
}

/// What a change makes live, in the shape of the store that it changes.
///
/// # Invariants
/// Merging is associative, commutative and idempotent; the default is its identity.
pub trait Live: Dotted + PartialEq {
    /// Adds what `other` makes live; returns whether anything was new.
    fn merge(&mut self, other: &Self) -> bool;

    /// Visits the sets of dots that the change takes away further inside; a leaf has none.
    fn for_each_removed(&self, visit: &mut dyn FnMut(&DotRanges)) {
        let _ = visit;
    }

    /// Calls the dots that it takes away further inside by other names; a leaf has none.
    ///
    /// # Complexity
    /// O(size * log n), n = names.
    fn rename_removed(&mut self, names: &DotNames) {
        let _ = names;
    }

    /// Splits it into parts of at most `max_dots` dots each, dots with what they carry; merged, they are
    /// what it was. The provided method leaves it whole.
    fn split(self, max_dots: usize) -> Vec<Self> {
        let _whole = max_dots;
        Vec::from([self])
    }
}

/// Payload under dots: what a causal value is made of.
///
/// A store does not know which events were seen: that is one [`DotContext`] for the whole value
/// ([`Causal`](super::Causal)), handed down as `known`.
/// A dot that is known and not in the store was removed: that is all there is to a removal, and why no
/// store keeps tombstones.
///
/// The kernel has four: [`DotSet`](super::DotSet), [`DotFun`](super::DotFun), [`DotMap`](super::DotMap), and pairs of
/// stores. Types wrap one of them, and nest in each other by it.
///
/// # Invariants
/// `dots(store)` is a subset of the context at every call. A dot lives in one place of the tree only.
/// A nested store without dots is not kept.
///
/// **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 7.
pub trait DotStore: Dotted + PartialEq {
    /// What a change makes live here. A leaf store is its own; a map lists the keys it touches.
    type Live: Live;

    /// What a join changed for readers.
    type Feed: Feed;

    /// Whether readers of a map see that a key came or went when this store gets its first dot or loses
    /// its last; if not, they see only what the store itself tells.
    const PRESENCE_SHOWS: bool = true;

    /// Brings a change in: `live` dots that `known` lacks come in, `removed` dots go.
    ///
    /// Returns whether the store changed; writes to `feed` what readers see changed, judged by the
    /// state after, never by what came in.
    ///
    /// # Complexity
    /// O(change), not O(store), but for dots removed at the level of a whole map.
    fn apply(
        &mut self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
        feed: Option<&mut Self::Feed>,
    ) -> bool;

    /// Joins a whole store: each side keeps what both have, and what the other has not seen.
    ///
    /// # Complexity
    /// O(both stores).
    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        feed: Option<&mut Self::Feed>,
    ) -> bool;

    /// Returns whether joining `self` into `other`, which knows all that `self` knows, changes nothing.
    fn leq(&self, known: &DotContext, other: &Self) -> bool;

    /// Returns what `base` lacks of `self`, and notes what it holds that was removed here: in
    /// `removed` at this level, or inside the result below a key.
    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        removed: &mut DotRanges,
    ) -> Self::Live;

    /// Returns what of a change is news here: brought in by [`apply`](Self::apply), the rest would change
    /// nothing, neither now nor later.
    ///
    /// The provided method takes all of it for news.
    ///
    /// # Complexity
    /// As [`apply`](Self::apply).
    fn news_of(
        &self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
    ) -> Change<Self::Live> {
        let _all_of_it = known;
        Change {
            removed: removed.clone(),
            live: live.clone(),
        }
    }

    /// Returns the inverse of a change that is about to be made here: it removes what the change brings, and
    /// brings what the change removes.
    ///
    /// # Complexity
    /// As [`apply`](Self::apply).
    fn inverse(&self, live: &Self::Live, removed: &DotRanges) -> Change<Self::Live>;

    /// Returns the change that makes an [inverse](Self::inverse) true, of what was `taken` and what was
    /// `brought`, as far as it still applies: what of it stands goes, and what was taken comes back where
    /// nothing else has come in its place.
    ///
    /// What comes back gets fresh dots.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent has used all its numbers.
    /// # Complexity
    /// As [`apply`](Self::apply).
    fn undo(
        &self,
        taken: &Self::Live,
        brought: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<Self::Live>, NextSeqError>;

    /// Emits the store dot by dot, each in its place.
    fn for_each_part(&self, emit: &mut dyn FnMut(Self));

    /// Finds a dot that `live` and the store give different content.
    ///
    /// # Errors
    /// The first such dot. Stores whose dots carry nothing keep the provided method.
    fn check(&self, live: &Self::Live) -> Result<(), Equivocation> {
        let _ = live;
        Ok(())
    }

    /// Returns the removal of everything in the store: what it takes to forget all that is seen here.
    fn reset(&self) -> Change<Self::Live> {
        let mut dots = Vec::new();
        self.for_each_dot(&mut |dot| dots.push(dot.clone()));
        Change {
            removed: dots.into_iter().collect(),
            live: Self::Live::default(),
        }
    }
}
