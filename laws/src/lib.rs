//! Every replicated type of the workspace but text, described for the laws.
//!
//! The oracle of a type, the naive specification that keeps every event, is in a file beside this one,
//! with the operations that random histories are made of.

extern crate alloc;

mod bounded;
mod causal;
mod counters;
mod grow_map;
pub mod histories;
mod lww_map;
mod sets;
mod subjects;

pub use self::subjects::{Check, Entry, SUBJECTS};
