//! What a graph can hold at most; none of it is allocated on the way there.

use alloc::vec::Vec;

use super::assert_same;
use crate::graph::runs::MAX_PARENTS;
use crate::testing::agent;
use crate::{
    AgentIdx, CausalGraph, Dot, Frontier, GraphError, IngestError, Lv, LvRange, MAX_EVENTS, MAX_SEQ,
};

#[test]
fn the_largest_seq_is_a_seq() {
    let mut graph = CausalGraph::new();
    graph.ingest(&agent(0), MAX_SEQ, 1, &[]).unwrap();
    let alice = graph.intern_agent(&agent(0));
    assert_eq!(graph.lv_of(alice, MAX_SEQ), Some(Lv::new(0)));
    assert_eq!(graph.next_seq(alice), MAX_SEQ + 1);
    let exhausted = GraphError::SeqOverflow { seq: MAX_SEQ + 1 };
    let before = graph.clone();
    let tip = graph.frontier().clone();
    assert_eq!(graph.add_local(alice, &tip, 1), Err(exhausted));
    assert_same(&graph, &before);
    graph.ingest(&agent(0), MAX_SEQ - 3, 3, &[]).unwrap();
    assert_eq!(graph.summary().n_dots(), 4);
}

#[test]
fn seqs_beyond_the_largest_are_refused() {
    let mut graph = CausalGraph::new();
    let cases = [
        (MAX_SEQ, 2),
        (MAX_SEQ + 1, 1),
        (u64::MAX, 1),
        (u64::MAX, usize::MAX),
        (1, usize::MAX),
    ];
    for (seq, len) in cases {
        let expected = IngestError::Malformed(GraphError::SeqOverflow { seq });
        assert_eq!(graph.ingest(&agent(0), seq, len, &[]), Err(expected));
    }
    assert_same(&graph, &CausalGraph::new());
}

#[test]
fn a_full_graph_takes_no_more_and_keeps_answering() {
    let full = GraphError::TooManyEvents { limit: MAX_EVENTS };
    let mut graph = CausalGraph::new();
    let alice = graph.intern_agent(&agent(0));
    let root = Frontier::root();
    for len in [MAX_EVENTS as usize + 1, u32::MAX as usize + 7] {
        assert_eq!(graph.add_local(alice, &root, len), Err(full));
    }
    let lvs = graph.add_local(alice, &root, MAX_EVENTS as usize).unwrap();
    assert_eq!(lvs, LvRange::new(Lv::new(0), Lv::new(MAX_EVENTS)));
    let before = graph.clone();
    let tip = graph.frontier().clone();
    assert_eq!(graph.add_local(alice, &tip, 1), Err(full));
    assert_eq!(graph.ingest(&agent(1), 0, 1, &[]), Err(full.into()));
    assert_same(&graph, &before);
    assert!(graph.contains(&tip, Lv::new(0)));
    assert_eq!(graph.critical_before(lvs.end), Some(lvs.last()));
}

/// Known events counted against the room that was left, so a full graph refused what it had.
#[test]
fn a_full_graph_still_knows_what_it_holds() {
    let mut graph = CausalGraph::new();
    let len = MAX_EVENTS as usize - 2;
    graph.ingest(&agent(0), 0, len, &[]).unwrap();
    assert_eq!(graph.ingest(&agent(0), 0, len, &[]), Ok(None));
    // Two more fit, however much of the run is known.
    let added = graph.ingest(&agent(0), 0, len + 2, &[]).unwrap();
    assert_eq!(added.map(LvRange::len), Some(2));
    let full = GraphError::TooManyEvents { limit: MAX_EVENTS };
    assert_eq!(graph.ingest(&agent(0), 0, len + 3, &[]), Err(full.into()));
    assert_eq!(graph.ingest(&agent(0), 0, len + 2, &[]), Ok(None));
}

#[test]
fn empty_runs_and_strangers_are_refused() {
    let mut graph = CausalGraph::new();
    let alice = graph.intern_agent(&agent(0));
    let before = graph.clone();
    let root = Frontier::root();
    assert_eq!(graph.add_local(alice, &root, 0), Err(GraphError::EmptyRun));
    let stranger = AgentIdx::new(1);
    let refused = graph.add_local(stranger, &root, 1);
    assert_eq!(refused, Err(GraphError::UnknownAgent));
    let empty = IngestError::Malformed(GraphError::EmptyRun);
    assert_eq!(graph.ingest(&agent(0), 0, 0, &[]), Err(empty));
    let unknown = Frontier::from(Lv::new(0));
    let refused = graph.add_local(alice, &unknown, 1);
    assert_eq!(refused, Err(GraphError::UnknownVersion { lv: 0 }));
    assert_same(&graph, &before);
}

/// Offsets into the column of parents are `u32`, and nothing stopped them from wrapping.
#[test]
fn the_column_of_parents_does_not_overflow() {
    let mut graph = CausalGraph::new();
    let n_heads = 1000;
    for seq in 0..n_heads {
        graph.ingest(&agent(0), 2 * seq, 1, &[]).unwrap();
    }
    let heads: Vec<Dot> = (0..n_heads)
        .map(|seq| Dot::new(agent(0), 2 * seq).unwrap())
        .collect();
    let n_merges = u64::from(MAX_PARENTS) / n_heads;
    for seq in 0..n_merges {
        graph.ingest(&agent(1), 2 * seq, 1, &heads).unwrap();
    }
    let full = GraphError::TooManyParents { limit: MAX_PARENTS };
    let before = graph.clone();
    let refused = graph.ingest(&agent(1), 2 * n_merges, 1, &heads);
    assert_eq!(refused, Err(full.into()));
    assert_same(&graph, &before);
    let few = &heads[..(u64::from(MAX_PARENTS) % n_heads) as usize];
    graph.ingest(&agent(1), 2 * n_merges, 1, few).unwrap();
    assert_eq!(
        graph.to_local(few).unwrap(),
        graph.parents_of(Lv::new(graph.len() as u32 - 1)).unwrap()
    );
}
