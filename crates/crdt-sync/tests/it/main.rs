//! crdt-sync from outside: nodes that exchange frames.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

extern crate alloc;

mod admission;
mod exhaustive;
mod flipped;
mod hostile;
mod impostor;
mod ladder;
mod mesh;
mod net;
mod pieces;
mod presence;
mod reconcile;
mod refusals;
mod sealed;
mod server;
mod shelf;
mod stable;
mod star;
mod text;
mod turns;
mod typed;

// What stands around the core.
#[cfg(all(feature = "conformance", feature = "redb", feature = "tokio"))]
mod asks;
#[cfg(feature = "conformance")]
mod crashes;
#[cfg(all(feature = "conformance", feature = "redb", feature = "tokio"))]
mod services;
#[cfg(all(feature = "conformance", feature = "redb"))]
mod storages;
