//! Histories from a seed: the same arguments give the same history on every machine.
//!
//! [`typing`] is what people do, of any size; [`history`] is what nobody does, for fuzzing.

mod history;
mod typing;

pub use history::{HistoryConfig, history, history_of};
pub use typing::typing;

#[cfg(test)]
mod tests;
