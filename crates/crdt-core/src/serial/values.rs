//! Serde for agents, dots, sets of them, and stamps.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::lists::UniqueMap;
use super::{WireError, deserialize_through};
use crate::dot::check_seq;
use crate::dot_context::Seqs;
use crate::interval::Interval;
use crate::{
    AgentId, ClockError, Dot, DotContext, DotError, DotRange, IntervalSet, Timestamp, VersionVector,
};

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

deserialize_through! {
    Dot => DotWire,
    DotRange => DotRangeWire,
    IntervalSet => IntervalsWire,
    VersionVector => UniqueMap<u64>,
    DotContext => UniqueMap<SeqsWire>,
    Timestamp => TimestampWire,
}
