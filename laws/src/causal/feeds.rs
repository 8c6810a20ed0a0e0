//! What a feed may say.

use alloc::collections::BTreeSet;
use core::fmt::Debug;
use crdt_core::{Feed, KeyedFeed, Seen};

/// A leaf says that it changed if and only if it did.
pub(super) fn check_leaf(told: bool, changed: bool) -> Result<(), String> {
    if told == changed {
        return Ok(());
    }
    Err(format!("changed is said to be {told}"))
}

/// A set or a map lists the keys that came and went, and those whose values changed, each once.
///
/// `check_value` compares what is told of a key that was there and is there, with what was and is.
pub(super) fn check_keyed<K: Clone + Ord + Debug, F: Feed>(
    feed: &KeyedFeed<K, F>,
    before: &BTreeSet<K>,
    after: &BTreeSet<K>,
    check_value: impl Fn(&K, &F) -> Result<(), String>,
) -> Result<(), String> {
    let listed: Vec<&K> = feed.iter().map(|(key, _)| key).collect();
    let keys: BTreeSet<&K> = listed.iter().copied().chain(before).chain(after).collect();
    for key in keys {
        let mut told = feed.iter().filter(|(listed, _)| *listed == key);
        let (first, second) = (told.next().map(|(_, seen)| seen), told.next());
        let is_true = match (before.contains(key), after.contains(key), first) {
            (false, false, None)
            | (false, true, Some(Seen::Added))
            | (true, false, Some(Seen::Removed)) => true,
            (true, true, None) => check_value(key, &F::default()).map(|()| true)?,
            (true, true, Some(Seen::Changed(of_value))) => {
                check_value(key, of_value).map(|()| !of_value.is_silent())?
            }
            _ => false,
        };
        if !is_true || second.is_some() {
            return Err(format!("of the key {key:?} something untrue is told"));
        }
    }
    Ok(())
}

/// For sets, whose elements have no values.
pub(super) fn no_value<K, F: Feed>(_: &K, of_value: &F) -> Result<(), String> {
    if of_value.is_silent() {
        return Ok(());
    }
    Err("an element is said to have changed".into())
}
