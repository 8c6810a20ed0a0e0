#![doc = include_str!("../README.md")]
//!
//! ## Where to start
//!
//! [`Node`] holds documents and links; [`Document`] says what can be one, [`Storage`] where it is kept.
//! [`Config`] has the limits.
#![no_std]

extern crate alloc;
#[cfg(any(test, feature = "conformance", feature = "redb", feature = "tokio"))]
extern crate std;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "tokio")]
pub mod tcp;

mod admission;
mod channel;
mod config;
mod cursors;
mod document;
mod error;
mod exchange;
mod frame;
mod hosted;
mod id;
mod link;
mod load;
mod node;
mod outbox;
mod payload;
mod position;
mod presence;
mod reconcile;
pub mod riblt;
mod rng;
mod sealed;
mod stability;
mod steady;
mod storage;
mod stored;
mod transfer;

pub use self::admission::{Offer, Opening, Policy, Presenting};
pub use self::config::Config;
pub use self::document::Document;
pub use self::error::{LinkError, Refusal, Refused};
pub use self::id::{DocId, IdError, LinkId, StoreId};
pub use self::load::LoadError;
pub use self::node::{
    AckLevel, EditError, Event, Mark, Node, Outgoing, PresenceError, Pressure, ReceiveError,
};
pub use self::sealed::{EarlyPieces, Piece, Sealed, SealedError};
pub use self::storage::{Batch, MemoryStorage, Storage, Write};
#[cfg(feature = "redb")]
pub use self::storage::{RedbCause, RedbError, RedbStorage};
