//! Keys with a dot store each.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::iter::Peekable;
use core::mem;

use super::sorted_map::{self, SortedMap};
use super::undo::{__inverse_of_field, DotNames};
use super::{
    Change, DotRanges, DotStore, Dotted, Equivocation, Feed, KeyedFeed, Live, Renewal, Seen,
};
use crate::{Dot, DotContext, NextSeqError};

/// A map from keys to what holds dots: sets, maps, and the changes of both.
///
/// Removing a key is removing its dots: there is no more to it.
///
/// # Invariants
/// No entry is empty.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, DotMap, DotSet, NextSeqError};
///
/// // A set of words: one is in it while any dot stands under it.
/// let alice = AgentId::new("alice")?;
/// let mut words = Causal::<DotMap<&str, DotSet>>::default();
/// words.mutate(&alice, |_, minter| {
///     let dots = Change::bring(minter.mint()?.into());
///     Ok::<_, NextSeqError>(Change::bring(DotMap::from(("tea", dots))))
/// })?;
/// assert!(words.store().contains_key("tea"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct DotMap<K, S> {
    entries: SortedMap<K, S>,
}

impl<K: Ord, S> DotMap<K, S> {
    /// Returns what stands under a key.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{DotMap, DotSet};
    /// assert_eq!(DotMap::<String, DotSet>::default().get("tea"), None);
    /// ```
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&S>
    where
        K: Borrow<Q>,
    {
        self.entries.get_key_value(key).map(|(_, store)| store)
    }

    /// Returns a key as it is held, and what stands under it.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{DotMap, DotSet};
    /// assert_eq!(DotMap::<String, DotSet>::default().get_key_value("tea"), None);
    /// ```
    #[must_use]
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &S)>
    where
        K: Borrow<Q>,
    {
        self.entries.get_key_value(key)
    }

    /// Returns whether anything stands under a key.
    ///
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`DotMap`].
    #[must_use]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.entries.get_key_value(key).is_some()
    }

    /// Iterates in the order of keys.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// ```
    /// # use crdt_core::{DotMap, DotSet};
    /// assert_eq!(DotMap::<&str, DotSet>::default().iter().count(), 0);
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &S)> + ExactSizeIterator + Clone {
        self.entries.iter()
    }

    /// Returns the number of keys.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{DotMap, DotSet};
    /// assert_eq!(DotMap::<&str, DotSet>::default().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there is no key.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{DotMap, DotSet};
    /// assert!(DotMap::<&str, DotSet>::default().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.len() == 0
    }
}

impl<K: Ord + Clone, S> DotMap<K, S> {
    /// Wraps entries that are sorted by key, without duplicates, of which none is empty.
    pub(super) fn from_sorted(entries: Vec<(K, S)>) -> Self {
        Self {
            entries: SortedMap::from_sorted(entries),
        }
    }
}

impl<K: Ord + Clone, L: Live> DotMap<K, Change<L>> {
    /// Adds a change under a key to the changes that are there; an empty one leaves no trace.
    ///
    /// # Complexity
    /// O(log n) and the merge of the two.
    /// # Examples
    /// ```
    /// # use crdt_core::{Change, DotMap, DotSet};
    /// let mut changes = DotMap::<&str, Change<DotSet>>::default();
    /// changes.merge_at("tea", &Change::default());
    /// assert!(changes.is_empty());
    /// ```
    pub fn merge_at(&mut self, key: K, change: &Change<L>) {
        self.merge_in(&key, change);
    }

    fn merge_in(&mut self, key: &K, change: &Change<L>) -> bool {
        let merge = |held: &mut Change<L>| {
            if held.is_empty() {
                held.clone_from(change);
                return !held.is_empty();
            }
            held.merge(change)
        };
        self.entries.alter(key, merge, Change::is_empty).result
    }
}

impl<K: Ord + Clone, S: Dotted> Dotted for DotMap<K, S> {
    fn is_empty(&self) -> bool {
        self.entries.len() == 0
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.entries
            .for_each(&mut |(_, store)| store.for_each_dot(visit));
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        let mut changed = false;
        self.entries.retain(|_, store| {
            changed |= store.remove_dots(removed);
            !store.is_empty()
        });
        changed
    }
}

impl<K: Ord + Clone, L: Live> Live for DotMap<K, Change<L>> {
    fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for (key, theirs) in other.entries.iter() {
            changed |= self.merge_in(key, theirs);
        }
        changed
    }

    fn for_each_removed(&self, visit: &mut dyn FnMut(&DotRanges)) {
        self.entries
            .for_each(&mut |(_, change)| change.for_each_removed(visit));
    }

    fn rename_removed(&mut self, names: &DotNames) {
        self.entries.retain(|_, change| {
            change.rename_removed(names);
            !change.is_empty()
        });
    }

    fn split(self, max_dots: usize) -> Vec<Self> {
        let (mut parts, mut part, mut n_dots) = (Vec::new(), Vec::new(), 0);
        for (key, change) in self.entries.into_entries() {
            let n_more = n_dots_of(&change);
            if n_dots + n_more > max_dots && !part.is_empty() {
                parts.push(Self::from_sorted(mem::take(&mut part)));
                n_dots = 0;
            }
            if n_more > max_dots {
                let pieces = change.split(max_dots).into_iter();
                parts.extend(pieces.map(|piece| Self::from((key.clone(), piece))));
            } else {
                n_dots += n_more;
                part.push((key, change));
            }
        }
        if !part.is_empty() {
            parts.push(Self::from_sorted(part));
        }
        parts
    }
}

/// How many dots a change brings, and ranges of dots it takes.
fn n_dots_of<L: Live>(change: &Change<L>) -> usize {
    let mut n_dots = 0;
    change.for_each_dot(&mut |_| n_dots += 1);
    change.for_each_removed(&mut |removed| n_dots += removed.ranges().count());
    n_dots
}

impl<K: Ord + Clone, S: DotStore> DotStore for DotMap<K, S> {
    type Live = DotMap<K, Change<S::Live>>;
    type Feed = KeyedFeed<K, S::Feed>;

    fn apply(
        &mut self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
        mut feed: Option<&mut Self::Feed>,
    ) -> bool {
        let mut changed = false;
        if removed.is_empty() {
            live.entries.for_each(&mut |(key, change)| {
                changed |= self.apply_at(key, change, known, feed.as_deref_mut());
            });
            return changed;
        }
        // What goes may stand anywhere: every store is looked at, once, so that readers are told once.
        let nothing = S::Live::default();
        let mut changes = live.entries.iter().peekable();
        let mut only_changes = Vec::new();
        changed |= self.update_all(feed.as_deref_mut(), |key, store, feed| {
            let Some(change) = advance_to(&mut changes, key, &mut only_changes) else {
                return store.apply(&nothing, removed, known, feed);
            };
            if change.removed.is_empty() {
                return store.apply(&change.live, removed, known, feed);
            }
            let mut here = removed.held_by(store);
            here.union_with(&change.removed);
            store.apply(&change.live, &here, known, feed)
        });
        for (key, change) in only_changes.into_iter().chain(changes) {
            changed |= self.apply_at(key, change, known, feed.as_deref_mut());
        }
        changed
    }

    fn join(
        &mut self,
        known: &DotContext,
        other: &Self,
        other_known: &DotContext,
        mut feed: Option<&mut Self::Feed>,
    ) -> bool {
        let nothing = S::default();
        let mut theirs = other.entries.iter().peekable();
        let mut only_theirs = Vec::new();
        let mut changed = self.update_all(feed.as_deref_mut(), |key, store, feed| {
            let same = advance_to(&mut theirs, key, &mut only_theirs);
            same.is_none_or(|theirs| theirs != store)
                && store.join(known, same.unwrap_or(&nothing), other_known, feed)
        });
        for (key, theirs) in only_theirs.into_iter().chain(theirs) {
            changed |= self.update(key, feed.as_deref_mut(), |store, feed| {
                store.join(known, theirs, other_known, feed)
            });
        }
        changed
    }

    fn leq(&self, known: &DotContext, other: &Self) -> bool {
        let nothing = S::default();
        let is_leq = |(key, theirs)| self.get(key).unwrap_or(&nothing).leq(known, theirs);
        other.entries.iter().all(is_leq)
    }

    fn changes_since(
        &self,
        known: &DotContext,
        base: &Self,
        base_known: &DotContext,
        _removed: &mut DotRanges,
    ) -> Self::Live {
        let nothing = S::default();
        let mut changes = Vec::new();
        let mut note = |key: &K, ours: &S, theirs: &S| {
            let mut removed = DotRanges::new();
            let live = ours.changes_since(known, theirs, base_known, &mut removed);
            let change = Change { removed, live };
            if !change.is_empty() {
                changes.push((key.clone(), change));
            }
        };
        let mut theirs = base.entries.iter().peekable();
        let mut only_theirs = Vec::new();
        for (key, ours) in self.entries.iter() {
            let same = advance_to(&mut theirs, key, &mut only_theirs);
            if same != Some(ours) {
                note(key, ours, same.unwrap_or(&nothing));
            }
        }
        for (key, theirs) in only_theirs.into_iter().chain(theirs) {
            note(key, &nothing, theirs);
        }
        changes.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        DotMap::from_sorted(changes)
    }

    fn news_of(
        &self,
        live: &Self::Live,
        removed: &DotRanges,
        known: &DotContext,
    ) -> Change<Self::Live> {
        let nothing = S::default();
        let mut news = Vec::new();
        for (key, change) in live.entries.iter() {
            let store = self.get(key).unwrap_or(&nothing);
            let change = store.news_of(&change.live, &change.removed, known);
            if !change.is_empty() {
                news.push((key.clone(), change));
            }
        }
        Change {
            removed: removed.news_for(self, known),
            live: DotMap::from_sorted(news),
        }
    }

    fn inverse(&self, live: &Self::Live, removed: &DotRanges) -> Change<Self::Live> {
        let (nothing, no_change) = (S::default(), Change::default());
        let mut inverses = Vec::new();
        let mut note = |key: &K, store: &S, change: &Change<S::Live>| {
            let inverse = __inverse_of_field(store, change, removed);
            if !inverse.is_empty() {
                inverses.push((key.clone(), inverse));
            }
        };
        for (key, change) in live.entries.iter() {
            note(key, self.get(key).unwrap_or(&nothing), change);
        }
        if !removed.is_empty() {
            // What goes may stand anywhere.
            let others = self
                .entries
                .iter()
                .filter(|(key, _)| live.get(key).is_none());
            others.for_each(|(key, store)| note(key, store, &no_change));
            inverses.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        }
        Change::bring(DotMap::from_sorted(inverses))
    }

    fn undo(
        &self,
        taken: &Self::Live,
        _brought_above: &DotRanges,
        renewal: &mut Renewal<'_>,
    ) -> Result<Change<Self::Live>, NextSeqError> {
        let nothing = S::default();
        let mut changes = Vec::new();
        for (key, Change { removed, live }) in taken.entries.iter() {
            let store = self.get(key).unwrap_or(&nothing);
            let change = store.undo(live, removed, renewal)?;
            if !change.is_empty() {
                changes.push((key.clone(), change));
            }
        }
        Ok(Change::bring(DotMap::from_sorted(changes)))
    }

    fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
        for (key, store) in self.entries.iter() {
            store.for_each_part(&mut |part| emit(Self::from((key.clone(), part))));
        }
    }

    fn check(&self, live: &Self::Live) -> Result<(), Equivocation> {
        for (key, change) in live.entries.iter() {
            if let Some(store) = self.get(key) {
                store.check(&change.live)?;
            }
        }
        Ok(())
    }
}

impl<K: Ord + Clone, S: DotStore> DotMap<K, S> {
    fn apply_at(
        &mut self,
        key: &K,
        change: &Change<S::Live>,
        known: &DotContext,
        feed: Option<&mut KeyedFeed<K, S::Feed>>,
    ) -> bool {
        self.update(key, feed, |store, feed| {
            store.apply(&change.live, &change.removed, known, feed)
        })
    }

    /// Changes the store under a key, which comes and goes as it gets its first dot and loses its last.
    fn update(
        &mut self,
        key: &K,
        feed: Option<&mut KeyedFeed<K, S::Feed>>,
        change: impl FnOnce(&mut S, Option<&mut S::Feed>) -> bool,
    ) -> bool {
        let mut inner = feed.is_some().then(S::Feed::default);
        let change = |store: &mut S| change(store, inner.as_mut());
        let altered = self.entries.alter(key, change, S::is_empty);
        if let (Some(feed), Some(inner)) = (feed, inner) {
            let seen = seen::<S>(altered.was_there, altered.is_there, inner);
            feed.note_all(key, seen);
        }
        altered.result
    }

    /// Changes every store, for what may be under any key.
    fn update_all(
        &mut self,
        mut feed: Option<&mut KeyedFeed<K, S::Feed>>,
        mut change: impl FnMut(&K, &mut S, Option<&mut S::Feed>) -> bool,
    ) -> bool {
        let mut any_changed = false;
        self.entries.retain(|key, store| {
            let mut inner = feed.is_some().then(S::Feed::default);
            any_changed |= change(key, store, inner.as_mut());
            if let (Some(feed), Some(inner)) = (feed.as_deref_mut(), inner) {
                feed.note_all(key, seen::<S>(true, !store.is_empty(), inner));
            }
            !store.is_empty()
        });
        any_changed
    }
}

/// What readers see of a key, whose store was there and is there or not, and tells `inner`.
fn seen<S: DotStore>(was_there: bool, is_there: bool, inner: S::Feed) -> Option<Seen<S::Feed>> {
    match (was_there, is_there) {
        (false, true) if S::PRESENCE_SHOWS => Some(Seen::Added),
        (true, false) if S::PRESENCE_SHOWS => Some(Seen::Removed),
        (false, false) => None,
        _ => (!inner.is_silent()).then_some(Seen::Changed(inner)),
    }
}

/// Moves a sorted walk up to `key`: notes what it passes, returns what it finds.
fn advance_to<'a, K: Ord, S>(
    walk: &mut Peekable<sorted_map::Iter<'a, K, S>>,
    key: &K,
    passed: &mut Vec<(&'a K, &'a S)>,
) -> Option<&'a S> {
    while let Some(entry) = walk.next_if(|(found, _)| *found < key) {
        passed.push(entry);
    }
    walk.next_if(|(found, _)| *found == key)
        .map(|(_, store)| store)
}

impl<K, S> Default for DotMap<K, S> {
    fn default() -> Self {
        Self {
            entries: SortedMap::new(),
        }
    }
}

/// A map of one entry, or of none if the store is empty.
impl<K, S: Dotted> From<(K, S)> for DotMap<K, S> {
    fn from((key, store): (K, S)) -> Self {
        if store.is_empty() {
            return Self::default();
        }
        Self {
            entries: SortedMap::of_one(key, store),
        }
    }
}

impl<K: fmt::Debug, S: fmt::Debug> fmt::Debug for DotMap<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.entries.iter()).finish()
    }
}
