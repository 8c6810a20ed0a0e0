//! Graphs that a stranger could send: legal, and slow if the wrong structure meets them.
//!
//! Each test ends in a moment, unless a cost has become quadratic: then it seems to hang.

use alloc::vec::Vec;

use crate::testing::agent;
use crate::{CausalGraph, Dot, Frontier, Lv, LvRange};

const N: u64 = 200_000;

#[test]
fn seqs_in_the_worst_order_are_taken_in_fast() {
    let mut graph = CausalGraph::new();
    let middle = N;
    let mut parents = Vec::new();
    let mut ingest = |seq| {
        graph.ingest(&agent(0), seq, 1, &parents).unwrap();
        parents = [Dot::new(agent(0), seq).unwrap()].into();
    };
    // Every second number, downwards and then from the top: no end of a list is ever near.
    ingest(2 * N);
    for n in 0..N / 2 {
        ingest(middle - 2 * n);
    }
    for n in 1..N / 2 {
        ingest(2 * N - 2 * n);
    }
    assert_eq!(graph.summary().ranges().count() as u64, N);
}

#[test]
fn a_merge_of_very_many_heads_is_fast() {
    let mut graph = CausalGraph::new();
    for n in 0..N {
        graph.ingest(&agent(0), 2 * n, 1, &[]).unwrap();
    }
    let mut heads: Vec<Dot> = (0..N).map(|n| Dot::new(agent(0), 2 * n).unwrap()).collect();
    heads.pop();
    graph.ingest(&agent(1), 0, 1, &heads).unwrap();
    assert_eq!(graph.frontier().iter().count(), 2);
}

#[test]
fn merging_heads_one_by_one_is_fast() {
    let n_heads = N / 4;
    let mut graph = CausalGraph::new();
    for n in 0..n_heads {
        graph.ingest(&agent(0), 2 * n, 1, &[]).unwrap();
    }
    // Both parents are heads, as far apart as can be.
    let dot = |n, seq| Dot::new(agent(n), seq).unwrap();
    for n in 0..n_heads {
        let merged = n.checked_sub(1).map(|before| dot(1, before));
        let parents: Vec<Dot> = [dot(0, 2 * n)].into_iter().chain(merged).collect();
        graph.ingest(&agent(1), n, 1, &parents).unwrap();
    }
    assert_eq!(
        graph.frontier().single(),
        graph.lv_of_dot(&dot(1, n_heads - 1))
    );
}

#[test]
fn typing_is_one_run_however_long_it_is() {
    let mut graph = CausalGraph::new();
    let alice = graph.intern_agent(&agent(0));
    for _ in 0..5 * N {
        let tip = graph.frontier().clone();
        graph.add_local(alice, &tip, 1).unwrap();
    }
    let all = LvRange::new(Lv::new(0), Lv::new(5 * N as u32));
    assert_eq!(graph.runs(all).count(), 1);
    assert_eq!(graph.agent_runs(all).count(), 1);
    assert_eq!(graph.frontier(), &Frontier::from(all.last()));
}
