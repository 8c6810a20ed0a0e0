//! What scenarios say often, said shortly.

use core::fmt::Debug;

use crdt_core::{Change, DotStore, Minter, Nestable, NextSeqError, Timestamp};
use crdt_counters::ResettableCounter;
use crdt_maps::{OrMap, OrMapDelta, OrSet, OrSetDelta};

use super::world::{Replica, World};

pub(super) type Counters = OrMap<String, ResettableCounter>;
pub(super) type Sets = OrMap<String, OrSet<String>>;
pub(super) type Words = OrSet<String>;

/// What a mutator of `V` makes live.
pub(super) type LiveOf<V> = <<V as Nestable>::Store as DotStore>::Live;

/// A moment, in milliseconds.
pub(super) fn at(ms: u64) -> Timestamp {
    Timestamp::new(ms, 0).unwrap()
}

impl<V: Nestable> World<OrMap<String, V>>
where
    OrMap<String, V>: Replica<Delta = OrMapDelta<String, V>>,
{
    #[track_caller]
    pub(super) fn update<E: From<NextSeqError> + Debug>(
        &mut self,
        who: usize,
        key: &str,
        mutator: impl FnOnce(&V::Store, &mut Minter) -> Result<Change<LiveOf<V>>, E>,
    ) -> OrMapDelta<String, V> {
        self.act(who, |map, agent| {
            map.update_with_delta(agent, key.to_owned(), mutator)
        })
    }

    #[track_caller]
    pub(super) fn touch(&mut self, who: usize, key: &str) -> OrMapDelta<String, V> {
        self.act(who, |map, agent| {
            map.touch_with_delta(agent, key.to_owned())
        })
    }

    #[track_caller]
    pub(super) fn remove(&mut self, who: usize, key: &str) -> OrMapDelta<String, V> {
        self.act(who, |map, agent| map.remove_with_delta(agent, key))
    }
}

impl World<Counters> {
    /// Adds to the count under a key.
    #[track_caller]
    pub(super) fn count(
        &mut self,
        who: usize,
        key: &str,
        by: i64,
    ) -> OrMapDelta<String, ResettableCounter> {
        self.update(who, key, |counter, minter| counter.add(minter, by))
    }
}

/// The count under a key that is there.
pub(super) fn count(map: &Counters, key: &str) -> Option<i128> {
    map.get(key).map(|counter| counter.value())
}

impl World<Sets> {
    /// Adds a word to the set under a key.
    #[track_caller]
    pub(super) fn put(
        &mut self,
        who: usize,
        key: &str,
        word: &str,
    ) -> OrMapDelta<String, OrSet<String>> {
        self.update(who, key, |set, minter| set.add(minter, word.to_owned()))
    }

    /// Removes a word from the set under a key.
    #[track_caller]
    pub(super) fn take(
        &mut self,
        who: usize,
        key: &str,
        word: &str,
    ) -> OrMapDelta<String, OrSet<String>> {
        self.update(who, key, |set, minter| set.remove(minter, word))
    }
}

/// The words under a key that is there.
pub(super) fn words_at(map: &Sets, key: &str) -> Option<Vec<String>> {
    map.get(key).map(|set| set.iter().cloned().collect())
}

impl World<Words> {
    #[track_caller]
    pub(super) fn add(&mut self, who: usize, word: &str) -> OrSetDelta<String> {
        self.act(who, |set, agent| set.add_with_delta(agent, word.to_owned()))
    }

    #[track_caller]
    pub(super) fn drop_word(&mut self, who: usize, word: &str) -> OrSetDelta<String> {
        self.act(who, |set, agent| set.remove_with_delta(agent, word))
    }
}

/// The words of a set, in order.
pub(super) fn words(set: &Words) -> Vec<&str> {
    set.iter().map(String::as_str).collect()
}
