//! What a join changed in a value of run-time type.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crdt_core::{Feed, KeyedFeed};

use super::{Kind, Value};

/// What readers see changed in an [`AnyCrdt`](crate::AnyCrdt), by kind.
///
/// # Examples
/// ```
/// use crdt_core::AgentId;
/// use crdt_counters::ResettableCounter;
/// use crdt_maps::{AnyCrdt, AnySeen, CrdtSpec, Kind};
///
/// let alice = AgentId::new("alice")?;
/// let mut ours = AnyCrdt::new(CrdtSpec::Any);
/// let delta = ours.update_with_delta::<ResettableCounter, _>(&alice, |counter, minter| {
///     counter.increment(minter, 1)
/// })?;
/// let feed = AnyCrdt::new(CrdtSpec::Any).apply_with_feed(&delta)?;
/// assert!(feed.iter().eq([(Kind::Counter, &AnySeen::Value(true))]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnyFeed {
    parts: Vec<(Kind, AnySeen)>,
}

/// What readers see changed in a store of one kind.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AnySeen {
    /// Whether the value of a counter, register or flag changed.
    Value(bool),
    /// The elements of a set that came or went.
    Elements(KeyedFeed<Value, bool>),
    /// The keys of a map that came, went, or changed.
    Keys(Box<KeyedFeed<String, AnyFeed>>),
}

impl AnyFeed {
    /// Iterates over the kinds that changed.
    ///
    /// # Complexity
    /// O(1) to make, O(kinds) to run.
    /// # Examples
    /// See [`AnyFeed`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Kind, &AnySeen)> {
        self.parts.iter().map(|(kind, seen)| (*kind, seen))
    }

    pub(super) fn note(&mut self, kind: Kind, seen: AnySeen) {
        if !seen.is_silent() {
            self.parts.push((kind, seen));
        }
    }
}

impl Feed for AnyFeed {
    fn is_silent(&self) -> bool {
        self.parts.is_empty()
    }
}

impl AnySeen {
    /// Runs a join that writes the feed of its own type, and keeps that if it is wanted.
    pub(super) fn watch<F: Feed + Into<Self>>(
        feed: Option<&mut Self>,
        join: impl FnOnce(Option<&mut F>) -> bool,
    ) -> bool {
        let Some(feed) = feed else {
            return join(None);
        };
        let mut seen = F::default();
        let changed = join(Some(&mut seen));
        *feed = seen.into();
        changed
    }

    fn is_silent(&self) -> bool {
        match self {
            Self::Value(changed) => !changed,
            Self::Elements(feed) => feed.is_silent(),
            Self::Keys(feed) => feed.is_silent(),
        }
    }
}

impl Default for AnySeen {
    fn default() -> Self {
        Self::Value(false)
    }
}

impl From<bool> for AnySeen {
    fn from(changed: bool) -> Self {
        Self::Value(changed)
    }
}

impl From<KeyedFeed<Value, bool>> for AnySeen {
    fn from(feed: KeyedFeed<Value, bool>) -> Self {
        Self::Elements(feed)
    }
}

impl From<KeyedFeed<String, AnyFeed>> for AnySeen {
    fn from(feed: KeyedFeed<String, AnyFeed>) -> Self {
        Self::Keys(Box::new(feed))
    }
}
