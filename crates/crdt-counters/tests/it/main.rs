//! Tests of the counters from outside: laws, models that keep every event, encodings, refusals.

extern crate alloc;

mod codec;
mod errors;
mod history;
mod laws;
mod schedule;
#[cfg(feature = "serde")]
mod serial;
mod support;
mod vectors;
