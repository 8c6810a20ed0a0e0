//! crdt-sync from outside: nodes that exchange frames.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission;
mod exhaustive;
mod hostile;
mod ladder;
mod net;
mod reconcile;
mod star;
mod text;
