//! Serde for the public value types, behind the feature `serde`.
//!
//! Every type with an invariant is read through a wire form, validated, and only then converted: a
//! foreign document can fail, but it cannot make a value that breaks an invariant.
//!
//! **Wire forms** (self-describing formats show these names; they are stable):
//! an agent is a string; a dot `{agent, seq}`; a range `{agent, start, end}`; an interval set a list of
//! `[start, end)` pairs in order; a version vector a map from agent to next expected seq; a dot context
//! a map from agent to `{next, cloud}`; a timestamp `{ms, counter}`, because JSON numbers hold only 53
//! bits.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::dot::check_seq;
use crate::dot_context::Seqs;
use crate::interval::Interval;
use crate::{
    AgentId, ClockError, Dot, DotContext, DotError, DotRange, IntervalSet, Timestamp, VersionVector,
};

/// Why a well-formed document is not a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
enum WireError {
    #[error("interval {start}..{end} is empty, out of order, or touches the one before")]
    Interval { start: u64, end: u64 },
    #[error("an agent without events is listed")]
    NoEvents,
    #[error("a cloud that starts at {start} is not strictly above {next}")]
    CloudTooLow { next: u64, start: u64 },
    #[error(transparent)]
    Dot(#[from] DotError),
}

impl Serialize for AgentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AgentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'_, str>::deserialize(deserializer)?;
        Self::new(&name).map_err(Error::custom)
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct DotWire {
    agent: AgentId,
    seq: u64,
}

impl TryFrom<DotWire> for Dot {
    type Error = DotError;

    fn try_from(wire: DotWire) -> Result<Self, DotError> {
        Self::new(wire.agent, wire.seq)
    }
}

impl Serialize for Dot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DotWire {
            agent: self.agent.clone(),
            seq: self.seq,
        }
        .serialize(serializer)
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct DotRangeWire {
    agent: AgentId,
    start: u64,
    end: u64,
}

impl TryFrom<DotRangeWire> for DotRange {
    type Error = DotError;

    fn try_from(wire: DotRangeWire) -> Result<Self, DotError> {
        Self::new(wire.agent, wire.start, wire.end)
    }
}

impl Serialize for DotRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let wire = DotRangeWire {
            agent: self.agent.clone(),
            start: self.start,
            end: self.end,
        };
        wire.serialize(serializer)
    }
}

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct IntervalsWire(Vec<Interval>);

impl TryFrom<IntervalsWire> for IntervalSet {
    type Error = WireError;

    fn try_from(IntervalsWire(intervals): IntervalsWire) -> Result<Self, WireError> {
        let mut first = 0;
        for &(start, end) in &intervals {
            if start < first || start >= end {
                return Err(WireError::Interval { start, end });
            }
            first = end.saturating_add(1);
        }
        Ok(Self::from_canonical(intervals))
    }
}

impl Serialize for IntervalSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.pairs())
    }
}

impl TryFrom<UniqueMap<u64>> for VersionVector {
    type Error = WireError;

    fn try_from(UniqueMap(entries): UniqueMap<u64>) -> Result<Self, WireError> {
        for next_seq in entries.values() {
            check_seq(next_seq.checked_sub(1).ok_or(WireError::NoEvents)?)?;
        }
        Ok(Self::from_valid(entries))
    }
}

impl Serialize for VersionVector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct SeqsWire {
    next: u64,
    cloud: IntervalSet,
}

impl TryFrom<SeqsWire> for Seqs {
    type Error = WireError;

    fn try_from(SeqsWire { next, cloud }: SeqsWire) -> Result<Self, WireError> {
        if let Some(start) = cloud.first().filter(|&start| start <= next) {
            return Err(WireError::CloudTooLow { next, start });
        }
        let last = cloud
            .last()
            .or(next.checked_sub(1))
            .ok_or(WireError::NoEvents)?;
        check_seq(last)?;
        Ok(Self { next, cloud })
    }
}

impl TryFrom<UniqueMap<SeqsWire>> for DotContext {
    type Error = WireError;

    fn try_from(UniqueMap(entries): UniqueMap<SeqsWire>) -> Result<Self, WireError> {
        let seqs = entries
            .into_iter()
            .map(|(agent, wire)| Ok((agent, Seqs::try_from(wire)?)));
        Ok(Self::from_valid(seqs.collect::<Result<_, WireError>>()?))
    }
}

impl Serialize for DotContext {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries().map(|(agent, seqs)| {
            (
                agent,
                SeqsWire {
                    next: seqs.next,
                    cloud: seqs.cloud.clone(),
                },
            )
        }))
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct TimestampWire {
    ms: u64,
    counter: u16,
}

impl TryFrom<TimestampWire> for Timestamp {
    type Error = ClockError;

    fn try_from(wire: TimestampWire) -> Result<Self, ClockError> {
        Self::new(wire.ms, wire.counter)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        TimestampWire {
            ms: self.ms(),
            counter: self.counter(),
        }
        .serialize(serializer)
    }
}

/// Implements `Deserialize` as: read the wire form, then `TryFrom`.
macro_rules! deserialize_through {
    ($($value:ty => $wire:ty),* $(,)?) => {$(
        impl<'de> Deserialize<'de> for $value {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$wire>::deserialize(deserializer)?.try_into().map_err(Error::custom)
            }
        }
    )*};
}

deserialize_through! {
    Dot => DotWire,
    DotRange => DotRangeWire,
    IntervalSet => IntervalsWire,
    VersionVector => UniqueMap<u64>,
    DotContext => UniqueMap<SeqsWire>,
    Timestamp => TimestampWire,
}

/// A map that refuses to list an agent twice.
struct UniqueMap<V>(BTreeMap<AgentId, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueMapVisitor(PhantomData))
    }
}

struct UniqueMapVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for UniqueMapVisitor<V> {
    type Value = UniqueMap<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map from agents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((agent, value)) = map.next_entry::<AgentId, V>()? {
            if entries.insert(agent, value).is_some() {
                return Err(Error::custom("an agent is listed twice"));
            }
        }
        Ok(UniqueMap(entries))
    }
}

#[cfg(test)]
mod tests;
