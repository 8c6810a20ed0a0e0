//! Serde for the plain lattices, behind the feature `serde`.
//!
//! A foreign document can fail, but it cannot make a state that breaks an invariant, nor say the
//! same thing in two ways: entries must ascend, without duplicates, and every field must be there.
//!
//! **Wire forms** (self-describing formats show these names; they are stable):
//! a register `{"held": null}` or `{"held": {"stamp", "writer", "value"}}`; a grow-only set the
//! list of its elements; a two-phase set `{"added": [..], "removed": [..]}`; a causal length set a
//! list of `[element, length]`; a grow-only map a list of `[key, value]`; a last-writer-wins map
//! `{"floor", "cells"}`, the cells a list of `[key, {"stamp", "writer", "value"}]` where the value
//! is null for a tombstone and else a list of one, since a value may itself be null. Maps are lists of pairs because keys may be of any type, and JSON has
//! only strings for keys.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;
use core::marker::PhantomData;

use crdt_core::{Lattice, Timestamp};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::write::Write;
use super::{CausalLengthSet, GMap, GSet, LwwMap, TwoPSet};

/// Why a well-formed document is not a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum WireError {
    #[error("entries are not in strictly ascending order")]
    Order,
    #[error("an element is both added and removed")]
    Overlap,
    #[error("an element has a causal length of 0")]
    NoLength,
    #[error("a key has nothing under it")]
    BottomValue,
    #[error("a tombstone lies below the floor")]
    BelowFloor,
}

impl<T: Serialize> Serialize for GSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.elements.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for GSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ascending_set(deserializer).map(Self::from)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de> + Ord"))]
struct TwoPSetWire<T> {
    #[serde(deserialize_with = "ascending_set")]
    added: BTreeSet<T>,
    #[serde(deserialize_with = "ascending_set")]
    removed: BTreeSet<T>,
}

#[derive(serde::Serialize)]
struct TwoPSetView<'a, T> {
    added: &'a BTreeSet<T>,
    removed: &'a BTreeSet<T>,
}

impl<T: Serialize> Serialize for TwoPSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { added, removed } = self;
        TwoPSetView { added, removed }.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for TwoPSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let TwoPSetWire { added, removed } = TwoPSetWire::deserialize(deserializer)?;
        Self::from_halves(added, removed).ok_or_else(|| Error::custom(WireError::Overlap))
    }
}

impl<T: Serialize> Serialize for CausalLengthSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pairs(&self.lengths, serializer)
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for CausalLengthSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lengths = ascending_map(deserializer)?;
        Self::from_lengths(lengths).ok_or_else(|| Error::custom(WireError::NoLength))
    }
}

impl<K: Serialize, V: Serialize> Serialize for GMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pairs(&self.entries, serializer)
    }
}

impl<'de, K, V> Deserialize<'de> for GMap<K, V>
where
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de> + Lattice,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = ascending_map(deserializer)?;
        Self::from_entries(entries).ok_or_else(|| Error::custom(WireError::BottomValue))
    }
}

#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    bound(deserialize = "K: Deserialize<'de> + Ord, V: Deserialize<'de>")
)]
struct LwwMapWire<K, V> {
    floor: Timestamp,
    #[serde(deserialize_with = "ascending_map")]
    cells: BTreeMap<K, Write<Option<(V,)>>>,
}

#[derive(serde::Serialize)]
#[serde(bound(serialize = "K: Serialize, V: Serialize"))]
struct LwwMapView<'a, K, V> {
    floor: Timestamp,
    #[serde(serialize_with = "cells")]
    cells: &'a BTreeMap<K, Write<Option<V>>>,
}

/// Writes cells as a list of pairs, a live value as a list of one.
fn cells<'c, K: Serialize, V: Serialize, S: Serializer>(
    cells: &&'c BTreeMap<K, Write<Option<V>>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let listed = |write: &'c Write<Option<V>>| {
        let value = write.value.as_ref().map(|value| (value,));
        Write::new(&write.writer, write.stamp, value)
    };
    let cells = cells.iter().map(|(key, write)| (key, listed(write)));
    serializer.collect_seq(cells)
}

impl<K: Serialize, V: Serialize> Serialize for LwwMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (floor, cells) = (self.floor, &self.cells);
        LwwMapView { floor, cells }.serialize(serializer)
    }
}

impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for LwwMap<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let LwwMapWire { floor, cells } = LwwMapWire::deserialize(deserializer)?;
        let cell =
            |(key, write): (K, Write<Option<(V,)>>)| (key, write.map(|value| Some(value?.0)));
        let cells = cells.into_iter().map(cell).collect();
        Self::from_parts(cells, floor).ok_or_else(|| Error::custom(WireError::BelowFloor))
    }
}

/// Writes a map as a list of pairs.
fn pairs<K: Serialize, V: Serialize, S: Serializer>(
    entries: &BTreeMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(entries)
}

/// Reads a list of pairs whose keys ascend.
fn ascending_map<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
where
    K: Deserialize<'de> + Ord,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let mut entries = BTreeMap::new();
    let take = |(key, value)| {
        let ascends = entries.last_key_value().map(|(last, _)| last) < Some(&key);
        entries.insert(key, value);
        ascends
    };
    deserializer.deserialize_seq(EntriesVisitor::new(take))?;
    Ok(entries)
}

/// Reads a list of elements that ascend.
fn ascending_set<'de, T, D>(deserializer: D) -> Result<BTreeSet<T>, D::Error>
where
    T: Deserialize<'de> + Ord,
    D: Deserializer<'de>,
{
    let mut elements = BTreeSet::new();
    let take = |element| {
        let ascends = elements.last() < Some(&element);
        elements.insert(element);
        ascends
    };
    deserializer.deserialize_seq(EntriesVisitor::new(take))?;
    Ok(elements)
}

/// Hands the entries of a list to a closure, which says whether each comes after the one before.
struct EntriesVisitor<E, F> {
    take: F,
    entry: PhantomData<E>,
}

impl<E, F: FnMut(E) -> bool> EntriesVisitor<E, F> {
    const fn new(take: F) -> Self {
        Self {
            take,
            entry: PhantomData,
        }
    }
}

impl<'de, E: Deserialize<'de>, F: FnMut(E) -> bool> Visitor<'de> for EntriesVisitor<E, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list in ascending order")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element()? {
            if !(self.take)(entry) {
                return Err(Error::custom(WireError::Order));
            }
        }
        Ok(())
    }
}
