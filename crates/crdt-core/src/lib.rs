#![doc = include_str!("../README.md")]
//!
//! ## Where to start
//!
//! [`AgentId`] and [`Dot`] name things, [`DotContext`] collects them, [`Lattice`] and [`DeltaState`] are
//! the traits to implement, [`CausalGraph`] orders events, and [`codec`] turns all of it into bytes.
#![no_std]

extern crate alloc;

pub mod codec;
#[cfg(feature = "json")]
pub mod json;

mod agent;
mod causal;
mod clock;
mod digest;
mod dot;
mod dot_context;
mod graph;
mod interval;
mod lattice;
mod members;
mod named;
mod ordering;
mod replicated;
#[cfg(feature = "serde")]
mod serial;
mod sorted;
#[cfg(test)]
mod testing;
mod transparent;
mod version_vector;
mod written;

#[cfg(feature = "random")]
pub use self::agent::EntropyError;
pub use self::agent::{AgentId, AgentIdError, AgentIdx, AgentTable};
#[doc(hidden)]
pub use self::causal::{
    __apply_to_field, __brought_to_side, __changes_of_field, __inverse_of_field, __news_of_record,
};
pub use self::causal::{
    Author, Causal, CausalDelta, CausalSummary, CausalType, Change, DecodeDots, DotFun, DotMap,
    DotNames, DotRanges, DotReader, DotSet, DotStore, DotWriter, Dotted, EncodeDots, Equivocation,
    Feed, Fixed, KeyedFeed, Live, MAX_DEPTH, Minter, Nestable, Payload, Renewal, Seen, UndoStack,
    Wrapper,
};
pub use self::clock::{ClockError, HybridClock, Timestamp};
pub use self::digest::Digest;
pub use self::dot::{Dot, DotError, DotRange, MAX_SEQ};
pub use self::dot_context::{DotContext, NextSeqError};
pub use self::graph::{
    AgentRun, CausalGraph, Checkpoint, Difference, Floor, Frontier, GraphError, GraphRun,
    IngestError, Lv, LvRange, MAX_EVENTS, RemoteFrontier, Segment,
};
pub use self::interval::IntervalSet;
pub use self::lattice::{Classify, Decompose, Delta, DeltaState, ErrorKind, Lattice, Summarize};
pub use self::members::{MemberSink, MemberSource};
pub use self::named::{Named, write_nested_name};
pub use self::ordering::CausalOrdering;
pub use self::replicated::FieldError;
#[doc(hidden)]
pub use self::replicated::{__Vec, __in_field, __merge_field, __missing_in_field, __set_field};
#[cfg(feature = "serde")]
pub use self::serial::Envelope;
pub use self::version_vector::VersionVector;
pub use self::written::{Written, WrittenSink};

/// For `serde_transparent!`, whose callers may not depend on serde.
#[cfg(feature = "serde")]
#[doc(hidden)]
pub use serde as __serde;
