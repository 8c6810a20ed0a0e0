//! Oracles, history generators and trace readers for the tests and benchmarks of this workspace.
//!
//! Nothing here is published, and nothing here knows `crdt-text`: the judge of an engine must not
//! share code with it.
//!
//! - [`Trace`] is one editing history; [`Trace::open`] and [`TraceLines`] read the public formats.
//! - [`Reference`] is the naive eg-walker that says which text a history must produce.
//! - [`generate`] makes histories from a seed, [`topo`] rewrites a history into an equivalent one.
//! - [`directed_cases`] are small histories that each catch one mistake; [`shrink`] makes more.
//! - [`laws`] holds replicated types to the laws, by random histories and a naive specification.
//! - [`net`] is a network in virtual time, for simulations.
//! - [`data`] finds recorded traces and vectors where there are some.
//! - [`CountingAlloc`] measures how many bytes a program holds; a [`Folder`] goes with its test.

extern crate alloc;

mod cases;
mod counting_alloc;
pub mod data;
mod folder;
pub mod generate;
pub mod laws;
pub mod net;
mod notation;
mod reference;
mod rng;
mod shrink;
pub mod topo;
mod trace;

pub use cases::directed_cases;
pub use counting_alloc::CountingAlloc;
pub use folder::Folder;
pub use reference::Reference;
pub use rng::Rng;
pub use shrink::shrink;
pub use trace::{Trace, TraceError, TraceLines, TraceOp, Txn, TxnProblem};
