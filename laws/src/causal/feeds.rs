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

/// A set or a map lists the keys that came and went, and those whose values changed.
///
/// `check_value` compares what is told of a key that was there and is there, with what was and is.
pub(super) fn check_keyed<F: Feed>(
    feed: &KeyedFeed<u8, F>,
    before: &BTreeSet<u8>,
    after: &BTreeSet<u8>,
    check_value: impl Fn(u8, &F) -> Result<(), String>,
) -> Result<(), String> {
    let listed = feed.iter().map(|(key, _)| *key);
    let keys: BTreeSet<u8> = listed.chain(before | after).collect();
    for key in keys {
        let told: Vec<&Seen<F>> = feed
            .iter()
            .filter_map(|(listed, seen)| (*listed == key).then_some(seen))
            .collect();
        let is_true = match (before.contains(&key), after.contains(&key), &told[..]) {
            (false, false, []) | (false, true, [Seen::Added]) => true,
            (true, false, [.., Seen::Removed]) => true,
            (true, true, []) => check_value(key, &F::default()).map(|()| true)?,
            (true, true, [Seen::Changed(of_value)]) => {
                check_value(key, of_value).map(|()| !of_value.is_silent())?
            }
            // It came and went by two ways, or changed by two: told at once, seen once.
            (true, true, [first, .., last]) => {
                !matches!(first, Seen::Added) && !matches!(last, Seen::Removed)
            }
            _ => false,
        };
        if !is_true {
            return Err(format!("of key {key} is told {}", name(&told)));
        }
    }
    Ok(())
}

/// For sets, whose elements have no values.
pub(super) fn no_value<F: Feed>(_: u8, of_value: &F) -> Result<(), String> {
    if of_value.is_silent() {
        return Ok(());
    }
    Err("an element is said to have changed".into())
}

fn name<F>(told: &[&Seen<F>]) -> String {
    let names = told.iter().map(|seen| match seen {
        Seen::Added => "added",
        Seen::Changed(_) => "changed",
        Seen::Removed => "removed",
    });
    show(&names.collect::<Vec<_>>())
}

fn show(names: &impl Debug) -> String {
    format!("{names:?}")
}
