//! Tests of the text engine from outside, against the naive reference model and each other.

mod cases;
mod model;
mod support;
