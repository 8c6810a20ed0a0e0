//! Everything that is known to have gone wrong elsewhere, as tests, and what a map promises, in depth.
//!
//! * `anomaly_01` to `anomaly_18`: ways in which shipped systems lose or resurrect data.
//! * `trap_01` to `trap_20`: inputs that divide a right implementation from a likely one.
//! * `vector_01` to `vector_18`: small scenarios with the one right answer.
//! * The rest: what the documentation of maps promises, at every depth.
//!
//! Each scenario is run through all ways of delivery: states joined in every order, deltas in every
//! order and more than once, deltas in groups, deltas found by comparing states and by comparing
//! summaries, all by way of their bytes. See [`world`].
//!
//! **What is not here.**
//! Anomaly 5 (an outbox trimmed by what was sent), trap 19 (an interrupted resume), and of the
//! anomalies 15 and 18 what concerns links, belong to the synchroniser.
//! Trap 20 asks that a generator of histories be good enough; the tests of laws check that of theirs,
//! and `trap_16` of its own.
//! Vectors 19 to 35 are about sequences: those of plain text are tested where the text is; moving and
//! compacting are not offered.

mod anomalies_of_delivery;
mod anomalies_of_removal;
mod anomalies_of_trust;
mod any_depth;
mod any_kinds;
mod any_spec;
mod bulk;
mod errors;
mod feed;
mod feed_truth;
mod fresh_start;
mod nesting;
mod presence;
mod reading;
mod records;
mod shorthand;
mod trap_of_equality;
mod traps_of_identity;
mod traps_of_reset;
mod traps_of_time;
mod undo;
mod vectors_of_leaves;
mod vectors_of_maps;
mod world;
