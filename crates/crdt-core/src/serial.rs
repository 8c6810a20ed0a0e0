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
//!
//! Of causal values: a set of dots is a list of dots, one of removed dots a list of ranges that do not
//! touch; a function a list of `[dot, payload]`; a map a list
//! of `[key, store]`, so that keys need not be strings; all three in ascending order. A pair of stores is
//! a pair, a fixed payload is its value, a wrapper is what it wraps. A change is `{removed, live}`, a
//! delta `{events, gone, change}`, a state `{store, context}`, a summary `{known, live}`.

mod envelope;
mod lists;
mod values;

use crate::{Dot, DotError};

pub use self::envelope::Envelope;
#[cfg(feature = "json")]
pub(crate) use self::envelope::EnvelopeRef;
pub(crate) use self::lists::{Ascending, Entry};

/// Why a well-formed document is not a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum WireError {
    #[error("interval {start}..{end} is empty, out of order, or touches the one before")]
    Interval { start: u64, end: u64 },
    #[error("an agent without events is listed")]
    NoEvents,
    #[error("an agent is listed twice")]
    AgentTwice,
    #[error("agents are not in ascending order")]
    AgentOrder,
    #[error("a cloud that starts at {start} is not strictly above {next}")]
    CloudTooLow { next: u64, start: u64 },
    #[error("dot {dot} does not follow the dot before it")]
    DotOrder { dot: Dot },
    #[error("a key does not follow the key before it")]
    KeyOrder,
    #[error("nothing stands under a key")]
    EmptyEntry,
    #[error("dot {dot} stands in two places")]
    TwoPlaces { dot: Dot },
    #[error("dot {dot} stands in the store and is not in the context")]
    UnknownDot { dot: Dot },
    #[error("dot {dot} is both live and removed")]
    LiveAndRemoved { dot: Dot },
    #[error("dot {dot} is live and not among the events")]
    NoEvent { dot: Dot },
    #[error("dot {dot} is both among the events and gone")]
    EventAndGone { dot: Dot },
    #[error("dot {dot} is live and not known")]
    LiveUnknown { dot: Dot },
    #[error(transparent)]
    Dot(#[from] DotError),
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
pub(crate) use deserialize_through;

#[cfg(test)]
mod tests;
