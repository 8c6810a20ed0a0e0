//! Promises that hold for all crates together.

mod atomicity;
mod corpus;
