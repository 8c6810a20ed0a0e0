//! Serde for maps from agents: a map that lists each agent once, and never with nothing.

use alloc::collections::BTreeMap;
use core::fmt;
use core::marker::PhantomData;

use crdt_core::AgentId;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{AgentMap, Cell};

/// Why a well-formed document is not a counter.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum WireError {
    #[error("an agent is listed twice")]
    Duplicate,
    #[error("agents are not in ascending order")]
    Order,
    #[error("an agent is listed with a cell it cannot have written")]
    ForeignCell,
}

impl<C: Serialize> Serialize for AgentMap<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, C: Cell + Deserialize<'de>> Deserialize<'de> for AgentMap<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let in_order = !deserializer.is_human_readable();
        let cell = PhantomData;
        deserializer.deserialize_map(AgentMapVisitor { in_order, cell })
    }
}

struct AgentMapVisitor<C> {
    /// Documents are sorted by whoever handles them; bytes are canonical.
    in_order: bool,
    cell: PhantomData<C>,
}

impl<'de, C: Cell + Deserialize<'de>> Visitor<'de> for AgentMapVisitor<C> {
    type Value = AgentMap<C>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from agents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = BTreeMap::new();
        while let Some((agent, cell)) = map.next_entry::<AgentId, C>()? {
            if !cell.may_belong_to(&agent) {
                return Err(Error::custom(WireError::ForeignCell));
            }
            let follows = cells.last_key_value().is_none_or(|(last, _)| last < &agent);
            if self.in_order && !follows {
                return Err(Error::custom(WireError::Order));
            }
            if cells.insert(agent, cell).is_some() {
                return Err(Error::custom(WireError::Duplicate));
            }
        }
        Ok(AgentMap { cells })
    }
}
