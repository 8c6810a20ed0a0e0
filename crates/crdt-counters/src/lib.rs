#![doc = include_str!("../README.md")]
//!
//! ## Where to start
//!
//! [`GCounter`] shows the pattern; [`PnCounter`] and [`BoundedCounter`], plain lattices too, add
//! to it.
#![no_std]

extern crate alloc;

mod agent_map;
mod bounded_counter;
mod count;
mod g_counter;
mod plain;
mod pn_counter;
mod resettable;

/// What every program with these types needs of the kernel.
#[doc(no_inline)]
pub use crdt_core::{AgentId, Delta, DeltaState, Lattice};

pub use self::bounded_counter::{BoundedCounter, BoundedError};
pub use self::count::Overflow;
pub use self::g_counter::GCounter;
pub use self::pn_counter::PnCounter;
pub use self::resettable::{ResettableCounter, ResettableCounterStore, ResettableError, Tally};
