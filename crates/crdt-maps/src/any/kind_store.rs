//! One store of a kind.

use crdt_core::codec::DecodeError;
use crdt_core::{
    __brought_to_side, Change, DecodeDots, Dot, DotContext, DotRanges, DotReader, DotStore,
    DotWriter, Dotted, EncodeDots, Equivocation, Nestable, NextSeqError, Renewal,
};

use super::kind::for_all_kinds;
use super::{AnySeen, Kind, KindLive};

macro_rules! parts {
    ($($kind:ident = $tag:literal: $type:ty, $name:literal;)*) => {
        /// A store of one kind.
        #[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(rename_all = "snake_case")
        )]
        #[non_exhaustive]
        pub enum KindStore {
            $(
                #[doc = concat!("Of the kind [`", stringify!($kind), "`](Kind::", stringify!($kind), ").")]
                $kind(<$type as Nestable>::Store),
            )*
        }

        impl KindStore {
            /// Returns the store of a kind before any event.
            pub(super) fn empty(kind: Kind) -> Self {
                match kind {
                    $(Kind::$kind => Self::$kind(Default::default()),)*
                }
            }

            pub(super) const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            pub(super) fn is_empty(&self) -> bool {
                match self {
                    $(Self::$kind(store) => Dotted::is_empty(store),)*
                }
            }

            pub(super) fn for_each_dot(&self, visit: &mut dyn FnMut(&Dot)) {
                match self {
                    $(Self::$kind(store) => store.for_each_dot(visit),)*
                }
            }

            pub(super) fn remove_dots(&mut self, removed: &DotRanges) -> bool {
                match self {
                    $(Self::$kind(store) => store.remove_dots(removed),)*
                }
            }

            /// As [`DotStore::apply`], with `live` of the same kind, or none.
            pub(super) fn apply(
                &mut self,
                live: Option<&KindLive>,
                removed: &DotRanges,
                known: &DotContext,
                feed: Option<&mut AnySeen>,
            ) -> bool {
                match (self, live) {
                    $(
                        (Self::$kind(store), Some(KindLive::$kind(live))) => {
                            AnySeen::watch(feed, |feed| store.apply(live, removed, known, feed))
                        }
                        (Self::$kind(store), _) => AnySeen::watch(feed, |feed| {
                            store.apply(&Default::default(), removed, known, feed)
                        }),
                    )*
                }
            }

            /// As [`DotStore::join`], with `other` of the same kind.
            pub(super) fn join(
                &mut self,
                known: &DotContext,
                other: &Self,
                other_known: &DotContext,
                feed: Option<&mut AnySeen>,
            ) -> bool {
                match (self, other) {
                    $(
                        (Self::$kind(ours), Self::$kind(theirs)) => {
                            AnySeen::watch(feed, |feed| ours.join(known, theirs, other_known, feed))
                        }
                    )*
                    _ => false,
                }
            }

            pub(super) fn leq(&self, known: &DotContext, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$kind(ours), Self::$kind(theirs)) => ours.leq(known, theirs),)*
                    _ => false,
                }
            }

            pub(super) fn changes_since(
                &self,
                known: &DotContext,
                base: &Self,
                base_known: &DotContext,
                removed: &mut DotRanges,
            ) -> Option<KindLive> {
                match (self, base) {
                    $(
                        (Self::$kind(ours), Self::$kind(base)) => {
                            Some(KindLive::$kind(ours.changes_since(known, base, base_known, removed)))
                        }
                    )*
                    _ => None,
                }
            }

            pub(super) fn news_of(&self, live: &KindLive, known: &DotContext) -> Option<KindLive> {
                match (self, live) {
                    $(
                        (Self::$kind(ours), KindLive::$kind(live)) => {
                            Some(KindLive::$kind(ours.news_of(live, &DotRanges::new(), known).live))
                        }
                    )*
                    _ => None,
                }
            }

            /// The inverse of a change, of `live` and what is `removed` of all parts: what it brought, and what
            /// it took.
            pub(super) fn inverse(
                &self,
                live: Option<&KindLive>,
                removed: &DotRanges,
            ) -> (DotRanges, KindLive) {
                match (self, live) {
                    $(
                        (Self::$kind(store), Some(KindLive::$kind(live))) => {
                            let Change { removed, live } = store.inverse(live, removed);
                            (removed, KindLive::$kind(live))
                        }
                        (Self::$kind(store), _) => {
                            let Change { removed, live } = store.inverse(&Default::default(), removed);
                            (removed, KindLive::$kind(live))
                        }
                    )*
                }
            }

            /// The part here of what a change brought, of which `held` still stands in some part.
            pub(super) fn brought(&self, brought: &DotRanges, held: &DotRanges) -> DotRanges {
                match self {
                    $(Self::$kind(store) => __brought_to_side(brought, held, store),)*
                }
            }

            /// Undoes what an inverse has here: what goes, and what comes back.
            pub(super) fn undo(
                &self,
                taken: Option<&KindLive>,
                brought: &DotRanges,
                renewal: &mut Renewal<'_>,
            ) -> Result<(DotRanges, KindLive), NextSeqError> {
                match (self, taken) {
                    $(
                        (Self::$kind(store), Some(KindLive::$kind(taken))) => {
                            let Change { removed, live } = store.undo(taken, brought, renewal)?;
                            Ok((removed, KindLive::$kind(live)))
                        }
                        (Self::$kind(store), _) => {
                            let Change { removed, live } =
                                store.undo(&Default::default(), brought, renewal)?;
                            Ok((removed, KindLive::$kind(live)))
                        }
                    )*
                }
            }

            pub(super) fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
                match self {
                    $(Self::$kind(store) => store.for_each_part(&mut |part| emit(Self::$kind(part))),)*
                }
            }

            pub(super) fn check(&self, live: &KindLive) -> Result<(), Equivocation> {
                match (self, live) {
                    $((Self::$kind(store), KindLive::$kind(live)) => store.check(live),)*
                    _ => Ok(()),
                }
            }
        }

        impl EncodeDots for KindStore {
            fn encode_dots(&self, w: &mut DotWriter<'_>) {
                w.value(&self.kind());
                match self {
                    $(Self::$kind(store) => store.encode_dots(w),)*
                }
            }
        }

        impl DecodeDots for KindStore {
            fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
                match r.value()? {
                    $(Kind::$kind => r.nested(|r| DecodeDots::decode_dots(r).map(Self::$kind)),)*
                }
            }
        }
    };
}

for_all_kinds!(parts);

#[cfg(feature = "serde")]
pub(super) fn deserialize_parts<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<alloc::vec::Vec<KindStore>, D::Error> {
    super::store::deserialize_by_kind(deserializer, KindStore::kind, KindStore::is_empty)
}
