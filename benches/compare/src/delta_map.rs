//! Maps of `dson`.
//!
//! Deltas are made with the methods of the map itself: a transaction, the other way, copies the
//! whole store first.

use benches::maps_input::{key, spread};
use dson::crdts::mvreg::MvRegValue;
use dson::sentinel::DummySentinel;
use dson::{CausalContext, CausalDotStore, Identifier, OrMap};

/// A map from keys to numbers, and the delta of one.
pub type Map = CausalDotStore<OrMap<String>>;

/// The agent that fills maps.
pub const ALICE: Identifier = Identifier::new(1, 0);

/// The agent that changes them elsewhere.
pub const BOB: Identifier = Identifier::new(2, 0);

/// Writes an entry, and returns the delta for others.
///
/// Joining takes the delta itself, so whoever also wants to send it needs a copy; the context is
/// only borrowed.
pub fn put(map: &mut Map, agent: Identifier, key: String, value: u64) -> Map {
    let delta = delta(&map.store, &map.context, agent, key, value);
    let Ok(()) = map.join_with(delta.store.clone(), &delta.context, &mut DummySentinel);
    delta
}

/// Joins what another replica sent.
pub fn join(map: &mut Map, delta: Map) {
    let Ok(()) = map.consume(delta, &mut DummySentinel);
}

/// A map of `len` keys.
///
/// Its deltas are joined in pairs, then the pairs, and so on: one by one, as they come about, they
/// take seconds for 10,000 keys and minutes for 100,000.
pub fn map(len: usize) -> Map {
    let (nothing, mut context) = (OrMap::default(), CausalContext::new());
    let part = |idx| {
        let part = delta(&nothing, &context, ALICE, key(idx), spread(idx));
        context.union(&part.context);
        part
    };
    let mut parts: Vec<Map> = (0..len).map(part).collect();
    while parts.len() > 1 {
        let mut halves = parts.into_iter();
        parts = Vec::new();
        while let Some(mut half) = halves.next() {
            if let Some(other) = halves.next() {
                join(&mut half, other);
            }
            parts.push(half);
        }
    }
    parts.pop().unwrap_or_default()
}

fn delta(
    store: &OrMap<String>,
    context: &CausalContext,
    agent: Identifier,
    key: String,
    value: u64,
) -> Map {
    let write = |register: &dson::MvReg, context: &CausalContext, agent| {
        register.write(MvRegValue::U64(value), context, agent)
    };
    store.apply_to_register(write, key, context, agent)
}

#[cfg(test)]
mod tests {
    use super::{ALICE, Map, join, key, map, put, spread};

    #[test]
    fn a_map_made_of_pairs_is_the_one_made_key_by_key() {
        let mut one_by_one = Map::new();
        for idx in 0..37 {
            put(&mut one_by_one, ALICE, key(idx), spread(idx));
        }
        assert!(map(37) == one_by_one);
    }

    #[test]
    fn deltas_may_come_in_any_order() {
        let mut theirs = Map::new();
        let deltas = ["a", "b"].map(|key| put(&mut theirs, ALICE, key.into(), 1));
        let mut ours = Map::new();
        for delta in deltas.into_iter().rev() {
            join(&mut ours, delta);
        }
        assert!(ours == theirs);
    }

    #[test]
    fn postcard_cannot_hold_a_delta() {
        let delta = put(&mut Map::new(), ALICE, "key".into(), 1);
        assert!(postcard::to_allocvec(&delta).is_err());
    }
}
