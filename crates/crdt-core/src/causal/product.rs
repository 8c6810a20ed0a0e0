//! Two dot stores side by side under one context: records.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::undo::{__brought_to_side, DotNames};
use super::{Change, DotRanges, DotStore, Dotted, Equivocation, Live, Renewal};
use crate::{Dot, DotContext, NextSeqError};

impl<A: Dotted, B: Dotted> Dotted for (A, B) {
    fn is_empty(&self) -> bool {
        self.0.is_empty() && self.1.is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.0.for_each_dot(visit);
        self.1.for_each_dot(visit);
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        let elsewhere = not_held(&self.0, removed);
        let changed = !elsewhere.is_empty() && self.1.remove_dots(&elsewhere);
        self.0.remove_dots(removed) | changed
    }
}

impl<A: Live, B: Live> Live for (A, B) {
    fn merge(&mut self, other: &Self) -> bool {
        self.0.merge(&other.0) | self.1.merge(&other.1)
    }

    fn for_each_removed(&self, visit: &mut dyn FnMut(&DotRanges)) {
        self.0.for_each_removed(visit);
        self.1.for_each_removed(visit);
    }

    fn rename_removed(&mut self, names: &DotNames) {
        self.0.rename_removed(names);
        self.1.rename_removed(names);
    }

    fn split(self, max_dots: usize) -> Vec<Self> {
        let mut left = self.0.split(max_dots).into_iter();
        let mut right = self.1.split(max_dots).into_iter();
        let n_parts = left.len().max(right.len());
        let mut next = || {
            let (left, right) = (left.next(), right.next());
            (left.unwrap_or_default(), right.unwrap_or_default())
        };
        (0..n_parts).map(|_| next()).collect()
    }
}

impl<A: DotStore, B: DotStore> DotStore for (A, B) {
    type Live = (A::Live, B::Live);
    type Feed = (A::Feed, B::Feed);

    fn apply(
        &mut self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
        feed: Option<&mut Self::Feed>,
    ) -> bool {
        let (left, right) = feed.map(|feed| (&mut feed.0, &mut feed.1)).unzip();
        let elsewhere = not_held(&self.0, removed);
        let changed = self.0.apply(&live.0, removed, known, left);
        self.1.apply(&live.1, &elsewhere, known, right) | changed
    }

    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        feed: Option<&mut Self::Feed>,
    ) -> bool {
        let (left, right) = feed.map(|feed| (&mut feed.0, &mut feed.1)).unzip();
        self.0.join(known, &other.0, other_known, left)
            | self.1.join(known, &other.1, other_known, right)
    }

    fn leq(&self, known: &DotContext, other: &Self) -> bool {
        self.0.leq(known, &other.0) && self.1.leq(known, &other.1)
    }

    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        removed: &mut DotRanges,
    ) -> Self::Live {
        (
            self.0.changes_since(known, &base.0, base_known, removed),
            self.1.changes_since(known, &base.1, base_known, removed),
        )
    }

    fn news_of(
        &self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
    ) -> Change<Self::Live> {
        // What is removed may stand on either side.
        let nothing = DotRanges::new();
        let left = self.0.news_of(&live.0, &nothing, known);
        let right = self.1.news_of(&live.1, &nothing, known);
        Change {
            removed: removed.news_for(self, known),
            live: (left.live, right.live),
        }
    }

    fn inverse(&self, live: &Self::Live, removed: &DotRanges) -> Change<Self::Live> {
        let left = self.0.inverse(&live.0, removed);
        let right = self.1.inverse(&live.1, removed);
        beside(left, right)
    }

    fn undo(
        &self,
        taken: &Self::Live,
        brought: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<Self::Live>, NextSeqError> {
        let held = brought.held_by(self);
        let left = __brought_to_side(brought, &held, &self.0);
        let right = __brought_to_side(brought, &held, &self.1);
        Ok(beside(
            self.0.undo(&taken.0, &left, renewal)?,
            self.1.undo(&taken.1, &right, renewal)?,
        ))
    }

    fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
        self.0.for_each_part(&mut |part| emit((part, B::default())));
        self.1.for_each_part(&mut |part| emit((A::default(), part)));
    }

    fn check(&self, live: &Self::Live) -> Result<(), Equivocation> {
        self.0.check(&live.0)?;
        self.1.check(&live.1)
    }
}

/// A change on each side is a change of the pair.
fn beside<A: Live, B: Live>(left: Change<A>, right: Change<B>) -> Change<(A, B)> {
    let mut removed = left.removed;
    removed.union_with(&right.removed);
    Change {
        removed,
        live: (left.live, right.live),
    }
}

/// Returns those of the removed dots that the left store does not hold.
///
/// A dot stands in one place: what the left store holds need not be sought on the right, where a search
/// may visit every key.
fn not_held<'a>(left: &impl Dotted, removed: &'a DotRanges) -> Cow<'a, DotRanges> {
    if removed.is_empty() {
        return Cow::Borrowed(removed);
    }
    let held = removed.held_by(left);
    if held.is_empty() {
        return Cow::Borrowed(removed);
    }
    Cow::Owned(removed.without(&held))
}
