//! Lists and maps that have one form only.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::WireError;
use crate::AgentId;

/// An entry of a list that is in order.
pub(crate) trait Entry {
    /// Checks the entry itself, and that it follows the one before it.
    fn check(&self, last: Option<&Self>) -> Result<(), WireError>;
}

/// A list whose entries are in strict order.
///
/// Each is checked as it is read, so that an error points at it.
pub(crate) struct Ascending<T>(pub(crate) Vec<T>);

impl<'de, T: Entry + Deserialize<'de>> Deserialize<'de> for Ascending<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(AscendingVisitor(PhantomData))
    }
}

struct AscendingVisitor<T>(PhantomData<T>);

impl<'de, T: Entry + Deserialize<'de>> Visitor<'de> for AscendingVisitor<T> {
    type Value = Ascending<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list in ascending order")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries: Vec<T> = Vec::new();
        while let Some(entry) = list.next_element_seed(After(entries.last()))? {
            entries.push(entry);
        }
        Ok(Ascending(entries))
    }
}

/// Reads an entry that follows another.
struct After<'a, T>(Option<&'a T>);

impl<'de, T: Entry + Deserialize<'de>> DeserializeSeed<'de> for After<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let entry = T::deserialize(deserializer)?;
        entry.check(self.0).map_err(Error::custom)?;
        Ok(entry)
    }
}

/// A map that refuses to list an agent twice.
pub(super) struct UniqueMap<V>(pub(super) BTreeMap<AgentId, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let in_order = !deserializer.is_human_readable();
        let value = PhantomData;
        deserializer.deserialize_map(UniqueMapVisitor { in_order, value })
    }
}

struct UniqueMapVisitor<V> {
    /// Documents are sorted by whoever handles them; bytes are canonical.
    in_order: bool,
    value: PhantomData<V>,
}

impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueMapVisitor<V> {
    type Value = UniqueMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from agents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((agent, value)) = map.next_entry::<AgentId, V>()? {
            let follows = entries
                .last_key_value()
                .is_none_or(|(last, _)| last < &agent);
            if self.in_order && !follows {
                return Err(Error::custom(WireError::AgentOrder));
            }
            if entries.insert(agent, value).is_some() {
                return Err(Error::custom(WireError::AgentTwice));
            }
        }
        Ok(UniqueMap(entries))
    }
}
