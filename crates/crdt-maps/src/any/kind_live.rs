//! What a change makes live in a value of run-time type.

use alloc::vec::Vec;

use crdt_core::codec::DecodeError;
use crdt_core::{
    DecodeDots, Dot, DotNames, DotRanges, DotReader, DotStore, DotWriter, Dotted, EncodeDots, Live,
    Nestable,
};

use super::kind::for_all_kinds;
use super::{Kind, store};

/// What a change makes live in an [`AnyStore`](super::AnyStore), by kind.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(transparent)
)]
pub struct AnyLive {
    #[cfg_attr(feature = "serde", serde(deserialize_with = "deserialize_live_parts"))]
    parts: Vec<KindLive>,
}

impl AnyLive {
    pub(super) fn parts(&self) -> &[KindLive] {
        &self.parts
    }

    /// Wraps parts that are sorted by kind.
    pub(super) fn from_sorted(parts: Vec<KindLive>) -> Self {
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        Self {
            parts: parts.collect(),
        }
    }
}

impl Dotted for AnyLive {
    fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
        self.parts.iter().for_each(|part| part.for_each_dot(visit));
    }

    fn remove_dots(&mut self, removed: &DotRanges) -> bool {
        let mut changed = false;
        self.parts.retain_mut(|part| {
            changed |= part.remove_dots(removed);
            !part.is_empty()
        });
        changed
    }
}

impl Live for AnyLive {
    fn merge(&mut self, other: &Self) -> bool {
        let mut changed = false;
        for theirs in &other.parts {
            match self
                .parts
                .binary_search_by_key(&theirs.kind(), KindLive::kind)
            {
                Ok(at) => changed |= self.parts[at].merge(theirs),
                Err(at) => {
                    self.parts.insert(at, theirs.clone());
                    changed = true;
                }
            }
        }
        changed
    }

    fn for_each_removed(&self, visit: &mut dyn FnMut(&DotRanges)) {
        self.parts
            .iter()
            .for_each(|part| part.for_each_removed(visit));
    }

    fn rename_removed(&mut self, names: &DotNames) {
        self.parts.retain_mut(|part| {
            part.rename_removed(names);
            !part.is_empty()
        });
    }

    fn split(self, max_dots: usize) -> Vec<Self> {
        let parts = self.parts.into_iter();
        let parts = parts.flat_map(|part| part.split(max_dots));
        parts
            .map(|part| Self {
                parts: Vec::from([part]),
            })
            .collect()
    }
}

impl EncodeDots for AnyLive {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.count(self.parts.len());
        self.parts.iter().for_each(|part| part.encode_dots(w));
    }
}

impl DecodeDots for AnyLive {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let parts = store::decode_parts(r, KindLive::kind, KindLive::is_empty)?;
        Ok(Self { parts })
    }
}

macro_rules! live_parts {
    ($($kind:ident = $tag:literal: $type:ty, $name:literal;)*) => {
        /// What a change makes live in a store of one kind.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(rename_all = "snake_case")
        )]
        #[non_exhaustive]
        pub enum KindLive {
            $(
                #[doc = concat!("Of the kind [`", stringify!($kind), "`](Kind::", stringify!($kind), ").")]
                $kind(<<$type as Nestable>::Store as DotStore>::Live),
            )*
        }

        impl KindLive {
            pub(super) const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            pub(super) fn is_empty(&self) -> bool {
                match self {
                    $(Self::$kind(live) => Dotted::is_empty(live),)*
                }
            }

            fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
                match self {
                    $(Self::$kind(live) => live.for_each_dot(visit),)*
                }
            }

            fn for_each_removed(&self, visit: &mut dyn FnMut(&DotRanges)) {
                match self {
                    $(Self::$kind(live) => live.for_each_removed(visit),)*
                }
            }

            fn rename_removed(&mut self, names: &DotNames) {
                match self {
                    $(Self::$kind(live) => live.rename_removed(names),)*
                }
            }

            fn split(self, max_dots: usize) -> Vec<Self> {
                match self {
                    $(Self::$kind(live) => {
                        live.split(max_dots).into_iter().map(Self::$kind).collect()
                    })*
                }
            }

            fn remove_dots(&mut self, removed: &DotRanges) -> bool {
                match self {
                    $(Self::$kind(live) => live.remove_dots(removed),)*
                }
            }

            fn merge(&mut self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$kind(ours), Self::$kind(theirs)) => ours.merge(theirs),)*
                    _ => false,
                }
            }
        }

        impl EncodeDots for KindLive {
            fn encode_dots(&self, w: &mut DotWriter<'_>) {
                w.value(&self.kind());
                match self {
                    $(Self::$kind(live) => live.encode_dots(w),)*
                }
            }
        }

        impl DecodeDots for KindLive {
            fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
                match r.value()? {
                    $(Kind::$kind => r.nested(|r| DecodeDots::decode_dots(r).map(Self::$kind)),)*
                }
            }
        }
    };
}

for_all_kinds!(live_parts);

#[cfg(feature = "serde")]
fn deserialize_live_parts<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<KindLive>, D::Error> {
    store::deserialize_by_kind(deserializer, KindLive::kind, KindLive::is_empty)
}
