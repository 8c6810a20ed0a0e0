//! Walks two sorted maps side by side: the shape of every operation on two version vectors.
//!
//! **Cost.** O(n + m) for a whole walk; allocates nothing.

use alloc::collections::BTreeMap;
use core::cmp::Ordering;

/// Iterates over the keys of both maps in order, each with what either map holds for it.
pub(crate) fn zip<'a, K: Ord, V>(
    left: &'a BTreeMap<K, V>,
    right: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (&'a K, Option<&'a V>, Option<&'a V>)> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    core::iter::from_fn(move || {
        let order = match (left.peek(), right.peek()) {
            (Some((l, _)), Some((r, _))) => l.cmp(r),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let from_left = if order.is_le() { left.next() } else { None };
        let from_right = if order.is_ge() { right.next() } else { None };
        let (key, _) = from_left.or(from_right)?;
        Some((
            key,
            from_left.map(|(_, value)| value),
            from_right.map(|(_, value)| value),
        ))
    })
}
