//! The binary form of sets and maps: a count, then the entries in strictly ascending order.
//!
//! **Invariant.** What is read has the order that is written; anything else is not canonical.
//!
//! **Costs.** O(n log n) to read n entries, O(n) to write them.

use alloc::collections::{BTreeMap, BTreeSet};

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};

/// Writes the elements of a set.
pub(super) fn encode_set<T: Encode>(w: &mut Writer, elements: &BTreeSet<T>) {
    w.u64(elements.len() as u64);
    for element in elements {
        element.encode(w);
    }
}

/// Takes a collection apart into parts of at most so many entries.
pub(super) fn chunks<C>(entries: C, max_entries: usize) -> impl Iterator<Item = C>
where
    C: IntoIterator + FromIterator<C::Item>,
{
    let mut entries = entries.into_iter().peekable();
    core::iter::from_fn(move || {
        entries.peek()?;
        Some(entries.by_ref().take(max_entries.max(1)).collect())
    })
}

/// Reads what [`encode_set`] wrote.
pub(super) fn decode_set<T: Decode + Ord>(
    r: &mut Reader<'_>,
    budget: &mut Budget,
) -> Result<BTreeSet<T>, DecodeError> {
    let n_elements = r.count(1, budget)?;
    budget.spend_tree::<T>(n_elements)?;
    let mut elements = BTreeSet::new();
    for _ in 0..n_elements {
        let element = decode_next(r, budget, elements.last())?;
        elements.insert(element);
    }
    Ok(elements)
}

/// Writes the entries of a map, each value as `encode_value` does.
pub(super) fn encode_map<K: Encode, V>(
    w: &mut Writer,
    entries: &BTreeMap<K, V>,
    mut encode_value: impl FnMut(&mut Writer, &V),
) {
    w.u64(entries.len() as u64);
    for (key, value) in entries {
        key.encode(w);
        encode_value(w, value);
    }
}

/// Reads what [`encode_map`] wrote, where a value takes `min_value_bytes` or more.
pub(super) fn decode_map<K: Decode + Ord, V>(
    r: &mut Reader<'_>,
    budget: &mut Budget,
    min_value_bytes: usize,
    mut decode_value: impl FnMut(&mut Reader<'_>, &mut Budget) -> Result<V, DecodeError>,
) -> Result<BTreeMap<K, V>, DecodeError> {
    let n_entries = r.count(1 + min_value_bytes, budget)?;
    budget.spend_tree::<(K, V)>(n_entries)?;
    let mut entries = BTreeMap::new();
    for _ in 0..n_entries {
        let last = entries.last_key_value().map(|(key, _)| key);
        let key = decode_next(r, budget, last)?;
        entries.insert(key, decode_value(r, budget)?);
    }
    Ok(entries)
}

/// Returns the error for a value that was read whole and is no canonical one.
pub(super) fn not_canonical(r: &Reader<'_>) -> DecodeError {
    DecodeError::NotCanonical { offset: r.offset() }
}

/// Reads a key that must come after `last`.
fn decode_next<K: Decode + Ord>(
    r: &mut Reader<'_>,
    budget: &mut Budget,
    last: Option<&K>,
) -> Result<K, DecodeError> {
    let offset = r.offset();
    let key = K::decode(r, budget)?;
    match last {
        Some(last) if *last >= key => Err(DecodeError::NotCanonical { offset }),
        _ => Ok(key),
    }
}
