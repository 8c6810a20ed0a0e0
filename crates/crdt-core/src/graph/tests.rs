//! Causal graphs against a model that keeps the whole history of every event as a set.

mod floor;
mod hostile;
mod ids;
mod ingest;
mod limits;
mod minimal;
mod model;
mod orders;
mod rollback;
mod versions;

use super::CausalGraph;

/// Compares all that two graphs hold, column by column, and what follows from the columns.
#[track_caller]
fn assert_same(left: &CausalGraph, right: &CausalGraph) {
    assert_eq!(left.agents, right.agents);
    assert_eq!(left.runs, right.runs);
    assert_eq!(left.ids, right.ids);
    assert_eq!(left.frontier, right.frontier);
    assert_eq!(left.critical, right.critical);
}
