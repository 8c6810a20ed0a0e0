//! The kinds of value, and the one list that everything else is written from.

use core::fmt;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{DotStore, Nestable};

use super::{KindLive, KindStore};

/// Calls a macro with every kind: its name, its number in bytes, its type, and its name in text.
macro_rules! for_all_kinds {
    ($macro:ident) => {
        $macro! {
            Counter = 0: crdt_counters::ResettableCounter, "resettable_counter";
            CausalRegister = 1: crate::CausalRegister<crate::Value>, "causal_register";
            MvRegister = 2: crate::MvRegister<crate::Value>, "mv_register";
            OrSet = 3: crate::OrSet<crate::Value>, "or_set";
            RwSet = 4: crate::RwSet<crate::Value>, "rw_set";
            EnableWinsFlag = 5: crate::EnableWinsFlag, "enable_wins_flag";
            DisableWinsFlag = 6: crate::DisableWinsFlag, "disable_wins_flag";
            Map = 7: crate::OrMap<alloc::string::String, crate::AnyCrdt>, "or_map";
        }
    };
}

pub(super) use for_all_kinds;

/// A type that an [`AnyCrdt`](crate::AnyCrdt) can be: `any.get::<OrSet<Value>>()`.
///
/// It is implemented for one type of each [`Kind`] and for no other.
///
/// # Examples
/// ```
/// use crdt_maps::{AnyKind, Kind, OrSet, Value};
///
/// assert_eq!(OrSet::<Value>::KIND, Kind::OrSet);
/// ```
pub trait AnyKind: Nestable + sealed::Sealed {
    /// Which kind it is.
    const KIND: Kind;

    #[doc(hidden)]
    fn read(part: &KindStore) -> Option<&Self::Store>;

    #[doc(hidden)]
    fn wrap(live: <Self::Store as DotStore>::Live) -> KindLive;
}

mod sealed {
    #[expect(
        unnameable_types,
        reason = "that is the point: nobody else implements it"
    )]
    pub trait Sealed {}
}

macro_rules! kinds {
    ($($kind:ident = $tag:literal: $type:ty, $name:literal;)*) => {
        /// The kinds of value, in the order of their bytes.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        #[cfg_attr(
            feature = "serde",
            derive(serde::Serialize, serde::Deserialize),
            serde(rename_all = "snake_case")
        )]
        #[non_exhaustive]
        pub enum Kind {
            $(
                #[doc = concat!("`", stringify!($type), "`.")]
                $kind,
            )*
        }

        impl Kind {
            /// Returns the name of the type, as in [`Named`](crdt_core::Named).
            ///
            /// # Complexity
            /// O(1).
            /// # Examples
            /// ```
            /// assert_eq!(crdt_maps::Kind::OrSet.name(), "or_set");
            /// ```
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            const fn tag(self) -> u8 {
                match self {
                    $(Self::$kind => $tag,)*
                }
            }

            const fn from_tag(tag: u8) -> Option<Self> {
                match tag {
                    $($tag => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }

        $(
            impl sealed::Sealed for $type {}

            impl AnyKind for $type {
                const KIND: Kind = Kind::$kind;

                fn read(part: &KindStore) -> Option<&Self::Store> {
                    match part {
                        KindStore::$kind(store) => Some(store),
                        _ => None,
                    }
                }

                fn wrap(live: <Self::Store as DotStore>::Live) -> KindLive {
                    KindLive::$kind(live)
                }
            }
        )*
    };
}

for_all_kinds!(kinds);

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Encode for Kind {
    fn encode(&self, w: &mut Writer) {
        w.u8(self.tag());
    }
}

impl Decode for Kind {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let found = r.u8()?;
        Self::from_tag(found).ok_or(DecodeError::UnknownTag {
            offset,
            found: found.into(),
        })
    }
}
