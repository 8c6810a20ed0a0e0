//! Serde for stores, causal values and their deltas; [`crate::serial`] lists the forms.

use alloc::vec::Vec;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::events::context_of;
use super::{
    Causal, CausalDelta, CausalSummary, Change, DotFun, DotMap, DotRanges, DotSet, DotStore,
    Dotted, Fixed, Live,
};
use crate::serial::{Ascending, Entry, WireError, deserialize_through};
use crate::{Dot, DotContext, DotRange};

impl Serialize for DotSet {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de> Deserialize<'de> for DotSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Ascending(dots) = Ascending::deserialize(deserializer)?;
        Ok(Self::from_sorted(dots))
    }
}

impl Serialize for DotRanges {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self.ranges())
    }
}

impl<'de> Deserialize<'de> for DotRanges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Ascending(ranges) = Ascending::deserialize(deserializer)?;
        Ok(Self::from_sorted(ranges))
    }
}

impl Entry for DotRange {
    fn check(&self, last: Option<&Self>) -> Result<(), WireError> {
        let follows = |last: &Self| (&last.agent, last.end) < (&self.agent, self.start);
        if last.is_some_and(|last| !follows(last)) {
            return Err(WireError::DotOrder { dot: self.first() });
        }
        Ok(())
    }
}

impl Entry for Dot {
    fn check(&self, last: Option<&Self>) -> Result<(), WireError> {
        if last.is_some_and(|last| last >= self) {
            return Err(WireError::DotOrder { dot: self.clone() });
        }
        Ok(())
    }
}

impl<V: Serialize> Serialize for DotFun<V> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for DotFun<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Ascending(entries) = Ascending::deserialize(deserializer)?;
        let mut fun = Self::default();
        for DotEntry(dot, value) in entries {
            fun.push(dot, value);
        }
        Ok(fun)
    }
}

#[derive(serde::Deserialize)]
struct DotEntry<V>(Dot, V);

impl<V> Entry for DotEntry<V> {
    fn check(&self, last: Option<&Self>) -> Result<(), WireError> {
        self.0.check(last.map(|last| &last.0))
    }
}

impl<T: Serialize> Serialize for Fixed<T> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fixed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<K: Ord + Serialize, S: Serialize> Serialize for DotMap<K, S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de, K: Ord + Clone + Deserialize<'de>, S: Dotted + Deserialize<'de>> Deserialize<'de>
    for DotMap<K, S>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Ascending(entries) = Ascending::deserialize(deserializer)?;
        let entries = entries.into_iter();
        Ok(Self::from_sorted(
            entries.map(|KeyEntry(key, store)| (key, store)).collect(),
        ))
    }
}

#[derive(serde::Deserialize)]
struct KeyEntry<K, S>(K, S);

impl<K: Ord, S: Dotted> Entry for KeyEntry<K, S> {
    fn check(&self, last: Option<&Self>) -> Result<(), WireError> {
        if last.is_some_and(|last| last.0 >= self.0) {
            return Err(WireError::KeyOrder);
        }
        if self.1.is_empty() {
            return Err(WireError::EmptyEntry);
        }
        Ok(())
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeWire<L> {
    removed: DotRanges,
    live: L,
}

impl<L: Live> TryFrom<ChangeWire<L>> for Change<L> {
    type Error = WireError;

    fn try_from(ChangeWire { removed, live }: ChangeWire<L>) -> Result<Self, WireError> {
        let change = Self { removed, live };
        let mut removed = Vec::new();
        change.for_each_removed(&mut |dots| removed.extend(dots.ranges()));
        removed.sort_unstable();
        let both = places(&change)?.intersection(&removed.into_iter().collect());
        match first(&both) {
            Some(dot) => Err(WireError::LiveAndRemoved { dot }),
            None => Ok(change),
        }
    }
}

impl<L: Serialize> Serialize for Change<L> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        #[derive(serde::Serialize)]
        struct Wire<'a, L> {
            removed: &'a DotRanges,
            live: &'a L,
        }
        let Self { removed, live } = self;
        Wire { removed, live }.serialize(serializer)
    }
}

impl<'de, L: Live + Deserialize<'de>> Deserialize<'de> for Change<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = ChangeWire::<L>::deserialize(deserializer)?;
        wire.try_into().map_err(Error::custom)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DeltaWire<C> {
    events: DotContext,
    gone: DotContext,
    change: C,
}

impl<S: DotStore> TryFrom<DeltaWire<Change<S::Live>>> for CausalDelta<S> {
    type Error = WireError;

    fn try_from(wire: DeltaWire<Change<S::Live>>) -> Result<Self, WireError> {
        let DeltaWire {
            events,
            gone,
            change,
        } = wire;
        if let Some(dot) = first(&places(&change)?.difference(&events)) {
            return Err(WireError::NoEvent { dot });
        }
        if let Some(dot) = first(&gone.intersection(&events)) {
            return Err(WireError::EventAndGone { dot });
        }
        Ok(Self {
            events: events.into(),
            gone,
            change,
        })
    }
}

impl<S: DotStore<Live: Serialize>> Serialize for CausalDelta<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        #[derive(serde::Serialize)]
        struct Wire<'a, C> {
            events: DotContext,
            gone: &'a DotContext,
            change: &'a C,
        }
        let wire = Wire {
            events: self.events().difference(&self.gone),
            gone: &self.gone,
            change: &self.change,
        };
        wire.serialize(serializer)
    }
}

impl<'de, S: DotStore<Live: Deserialize<'de>>> Deserialize<'de> for CausalDelta<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = DeltaWire::<Change<S::Live>>::deserialize(deserializer)?;
        wire.try_into().map_err(Error::custom)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct CausalWire<S> {
    store: S,
    context: DotContext,
}

impl<S: DotStore> TryFrom<CausalWire<S>> for Causal<S> {
    type Error = WireError;

    fn try_from(CausalWire { store, context }: CausalWire<S>) -> Result<Self, WireError> {
        match first(&places(&store)?.difference(&context)) {
            Some(dot) => Err(WireError::UnknownDot { dot }),
            None => Ok(Self { store, context }),
        }
    }
}

impl<S: Serialize> Serialize for Causal<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        #[derive(serde::Serialize)]
        struct Wire<'a, S> {
            store: &'a S,
            context: &'a DotContext,
        }
        let Self { store, context } = self;
        Wire { store, context }.serialize(serializer)
    }
}

impl<'de, S: DotStore + Deserialize<'de>> Deserialize<'de> for Causal<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wire = CausalWire::<S>::deserialize(deserializer)?;
        wire.try_into().map_err(Error::custom)
    }
}

#[derive(serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct SummaryWire {
    known: DotContext,
    live: DotContext,
}

impl TryFrom<SummaryWire> for CausalSummary {
    type Error = WireError;

    fn try_from(SummaryWire { known, live }: SummaryWire) -> Result<Self, WireError> {
        match first(&live.difference(&known)) {
            Some(dot) => Err(WireError::LiveUnknown { dot }),
            None => Ok(Self { known, live }),
        }
    }
}

impl Serialize for CausalSummary {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let Self { known, live } = self.clone();
        SummaryWire { known, live }.serialize(serializer)
    }
}

deserialize_through! { CausalSummary => SummaryWire }

/// Returns the dots of a store, each of which stands in one place.
fn places(dotted: &impl Dotted) -> Result<DotContext, WireError> {
    let mut dots = Vec::new();
    dotted.for_each_dot(&mut |dot| dots.push(dot.clone()));
    dots.sort_unstable();
    match dots.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(WireError::TwoPlaces {
            dot: pair[0].clone(),
        }),
        None => Ok(context_of(dots)),
    }
}

fn first(dots: &DotContext) -> Option<Dot> {
    let range = dots.ranges().next()?;
    Some(range.first())
}
