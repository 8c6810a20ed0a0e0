//! Trials: bytes of any origin go in, and nothing comes out, or a panic that says which promise was broken.
//!
//! A fuzzer feeds them (`cargo xtask fuzz`), and so do the committed corpora in every run of the tests,
//! under stable Rust. Each trial takes the bytes for something, and where they are that, goes on to use it:
//! merge, edit, encode. The judges are the invariants that the documentation promises, and the reference
//! model of `crdt-testkit`. Histories of data types are in `laws`, which fuzz target `histories` feeds.

extern crate alloc;

/// The examples of the workspace's README are tests: here, where all crates are at hand.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

pub mod frames;
pub mod heap;
pub mod json;
pub mod merges;
pub mod native;
pub mod storages;
pub mod text;

mod input;

/// A trial: what a fuzz target does.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Trial {
    /// The name of the fuzz target and of its corpus.
    pub name: &'static str,
    /// Takes bytes to task.
    ///
    /// # Panics
    /// If a promise is broken.
    pub run: fn(&[u8]),
    /// Makes what a corpus starts from, by the encoders of the workspace.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All trials.
pub const TRIALS: [Trial; 6] = [
    Trial {
        name: "frames",
        run: frames::run,
        seeds: frames::seeds,
    },
    Trial {
        name: "json",
        run: json::run,
        seeds: json::seeds,
    },
    Trial {
        name: "merges",
        run: merges::run,
        seeds: merges::seeds,
    },
    Trial {
        name: "native",
        run: native::run,
        seeds: native::seeds,
    },
    Trial {
        name: "storages",
        run: storages::run,
        seeds: storages::seeds,
    },
    Trial {
        name: "text",
        run: text::run,
        seeds: text::seeds,
    },
];
