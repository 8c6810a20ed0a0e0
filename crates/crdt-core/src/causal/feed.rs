//! What a join changed for readers.

use alloc::vec::Vec;

/// What readers see changed, after a join.
///
/// Derived from the state after the join, never from what came in: a write that lost changes nothing.
pub trait Feed: Default {
    /// Returns whether readers see no change.
    fn is_silent(&self) -> bool;
}

/// "Did the value change": the feed of a leaf.
impl Feed for bool {
    fn is_silent(&self) -> bool {
        !*self
    }
}

impl<A: Feed, B: Feed> Feed for (A, B) {
    fn is_silent(&self) -> bool {
        self.0.is_silent() && self.1.is_silent()
    }
}

/// What became of one key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "readers handle all three; there is no fourth"
)]
pub enum Seen<F> {
    /// It was not there before.
    Added,
    /// It is there still, and what it holds changed.
    Changed(F),
    /// It is there no more.
    Removed,
}

/// The feed of a map or a set: the keys that changed, each once.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, DotMap, DotSet, KeyedFeed, NextSeqError, Seen};
///
/// let alice = AgentId::new("alice")?;
/// let mut ours = Causal::<DotMap<&str, DotSet>>::default();
/// let delta = ours.mutate(&alice, |_, minter| {
///     let dots = Change::bring(minter.mint()?.into());
///     Ok::<_, NextSeqError>(Change::bring(DotMap::from(("tea", dots))))
/// })?;
///
/// let mut theirs = Causal::<DotMap<&str, DotSet>>::default();
/// let feed = theirs.apply_with_feed(&delta)?;
/// assert_eq!(feed.iter().collect::<Vec<_>>(), [(&"tea", &Seen::Added)]);
/// let again = theirs.apply_with_feed(&delta)?;
/// assert_eq!(again.iter().count(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyedFeed<K, F> {
    entries: Vec<(K, Seen<F>)>,
}

impl<K, F> KeyedFeed<K, F> {
    /// Iterates over the keys that changed.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// See [`KeyedFeed`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, &Seen<F>)> {
        self.entries.iter().map(|(key, seen)| (key, seen))
    }
}

impl<K, F> KeyedFeed<K, F> {
    /// Gives every entry another meaning, or drops it.
    ///
    /// # Complexity
    /// O(n).
    /// # Examples
    /// ```
    /// # use crdt_core::KeyedFeed;
    /// let feed = KeyedFeed::<&str, bool>::default();
    /// assert_eq!(feed.filter_map(|_, seen| Some(seen)).iter().count(), 0);
    /// ```
    #[must_use]
    pub fn filter_map<G>(
        self,
        mut meaning: impl FnMut(&K, Seen<F>) -> Option<Seen<G>>,
    ) -> KeyedFeed<K, G> {
        let entries = self.entries.into_iter();
        let entries = entries.filter_map(|(key, seen)| meaning(&key, seen).map(|seen| (key, seen)));
        KeyedFeed {
            entries: entries.collect(),
        }
    }
}

impl<K: Clone, F> KeyedFeed<K, F> {
    pub(super) fn note_all(&mut self, key: &K, seen: Option<Seen<F>>) {
        self.entries.extend(seen.map(|seen| (key.clone(), seen)));
    }
}

impl<K, F> Default for KeyedFeed<K, F> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K, F> Feed for KeyedFeed<K, F> {
    fn is_silent(&self) -> bool {
        self.entries.is_empty()
    }
}
