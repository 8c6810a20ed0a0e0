//! Tests of the text engine from outside, against the naive reference model and each other.

mod adversarial;
mod anchors;
mod budget;
mod cases;
mod conflict;
mod dropped;
mod encoding;
mod errors;
mod floor;
mod foreign;
mod golden;
mod grouping;
mod hostile;
mod link;
mod live;
mod model;
mod oplog;
mod saved;
mod shallow;
mod support;
mod traits;
mod undo;
mod vectors;
