//! What the benchmarks share: their inputs, their command line, and how a result is measured and
//! reported.
//!
//! Every benchmark prints one [`Row`] as a line of JSON on standard output, and whatever it has to
//! say to people elsewhere; `cargo xtask bench` collects the rows. A row names the benchmark and
//! the implementation, so the rivals in `benches/compare` use this crate with other names.
//!
//! - [`Args`] says which benchmarks are wanted, and whether one quick run of each is enough.
//! - [`histories`] and [`keystrokes`] are the inputs of text: recorded traces, or generated ones;
//!   [`maps_input`] has those of maps and sets.
//! - [`Keys`] are the edits of such an input, ready to be typed.
//! - [`Cluster`] is a few nodes whose frames are carried by hand; [`pages`] has what they share.
//! - [`Timings`] measures a job many times, [`live`] a long series of small steps one by one, [`steps`]
//!   such a series in batches; [`memory`] counts what a job takes. [`Counting`] is for instructions.

extern crate alloc;

mod args;
mod cluster;
mod counting;
mod feed;
mod input;
mod keys;
mod live;
pub mod maps_input;
mod memory;
pub mod pages;
mod row;
mod steps;
mod stopwatch;
mod timings;

pub use args::Args;
pub use cluster::Cluster;
pub use counting::Counting;
pub use feed::{Run, op_log, runs};
pub use input::{Input, histories, keystrokes};
pub use keys::{Key, Keys};
pub use live::{Latencies, live};
pub use memory::memory;
pub use row::Row;
pub use steps::steps;
pub use stopwatch::timed;
pub use timings::Timings;
