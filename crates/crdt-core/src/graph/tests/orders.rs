//! One history, taken in by two replicas in different orders.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::model::{History, Model, Picks};
use crate::testing::check_property;
use crate::{CausalGraph, Dot, Frontier, Lv, LvRange};

/// Takes the events in one by one, in another order that `choices` pick among the possible ones.
fn reordered(model: &Model, choices: &[u8]) -> CausalGraph {
    let mut graph = CausalGraph::new();
    let mut waiting: Vec<Lv> = model.lvs().collect();
    let mut arrived = BTreeSet::new();
    let mut choices = choices.iter().cycle();
    while !waiting.is_empty() {
        let is_ready = |lv: &Lv| model.event(*lv).parents.iter().all(|p| arrived.contains(p));
        let ready: Vec<usize> = (0..waiting.len())
            .filter(|&idx| is_ready(&waiting[idx]))
            .collect();
        let choice = choices.next().copied().unwrap_or(u8::MAX);
        let lv = waiting.remove(ready[usize::from(choice) % ready.len()]);
        let dot = &model.event(lv).dot;
        graph
            .ingest(dot.agent(), dot.seq(), 1, &model.parent_dots(lv))
            .unwrap();
        arrived.insert(lv);
    }
    graph
}

/// The same version on both replicas.
fn versions(model: &Model, other: &CausalGraph, picks: &Picks) -> (Frontier, Frontier) {
    let version = picks.version(model);
    let dots = version.iter().map(|lv| model.event(lv).dot.clone());
    let lvs = dots.map(|dot| other.lv_of_dot(&dot).unwrap());
    (version.clone(), Frontier::from_heads(lvs))
}

fn dots_of(graph: &CausalGraph, ranges: &[LvRange]) -> BTreeSet<Dot> {
    let lvs = ranges.iter().flat_map(|lvs| lvs.start.get()..lvs.end.get());
    lvs.map(|lv| graph.dot_of(Lv::new(lv)).unwrap()).collect()
}

#[test]
fn graphs_of_equal_events_have_equal_versions_and_summaries() {
    fn property(history: History, choices: Vec<u8>) -> bool {
        let (graph, model) = history.build();
        let other = reordered(&model, &choices);
        let tip = |graph: &CausalGraph| graph.to_remote(graph.frontier()).unwrap();
        graph.summary() == other.summary()
            && tip(&graph) == tip(&other)
            && model.events.iter().all(|event| {
                let parents = |graph: &CausalGraph| {
                    let lv = graph.lv_of_dot(&event.dot).unwrap();
                    graph.to_remote(&graph.parents_of(lv).unwrap()).unwrap()
                };
                parents(&graph) == parents(&other)
            })
    }
    check_property(property as fn(History, Vec<u8>) -> bool);
}

#[test]
fn orderings_of_events_do_not_depend_on_arrival() {
    fn property(history: History, choices: Vec<u8>, picks: Picks) -> bool {
        let (graph, model) = history.build();
        let other = reordered(&model, &choices);
        let there = |lv: Lv| other.lv_of_dot(&model.event(lv).dot).unwrap();
        picks.lvs(&model).into_iter().all(|a| {
            model.lvs().all(|b| {
                let by_dot = model.event(a).dot.cmp(&model.event(b).dot);
                graph.cmp_ids(a, b) == by_dot
                    && other.cmp_ids(there(a), there(b)) == by_dot
                    && graph.version_cmp(a, b) == other.version_cmp(there(a), there(b))
            })
        })
    }
    check_property(property as fn(History, Vec<u8>, Picks) -> bool);
}

#[test]
fn versions_combine_alike_on_all_replicas() {
    fn property(history: History, choices: Vec<u8>, a: Picks, b: Picks) -> bool {
        let (graph, model) = history.build();
        let other = reordered(&model, &choices);
        let (a, other_a) = versions(&model, &other, &a);
        let (b, other_b) = versions(&model, &other, &b);
        let (diff, other_diff) = (graph.diff(&a, &b), other.diff(&other_a, &other_b));
        let common = graph.common_ancestor(&a, &b);
        let other_common = other.common_ancestor(&other_a, &other_b);
        let union = graph.union(&a, &b);
        let other_union = other.union(&other_a, &other_b);
        graph.compare(&a, &b) == other.compare(&other_a, &other_b)
            && graph.to_remote(&common) == other.to_remote(&other_common)
            && graph.to_remote(&union) == other.to_remote(&other_union)
            && dots_of(&graph, &diff.only_a) == dots_of(&other, &other_diff.only_a)
            && dots_of(&graph, &diff.only_b) == dots_of(&other, &other_diff.only_b)
    }
    check_property(property as fn(History, Vec<u8>, Picks, Picks) -> bool);
}

#[test]
fn versions_form_a_lattice() {
    fn property(history: History, a: Picks, b: Picks, c: Picks) -> bool {
        let (graph, model) = history.build();
        let version = |picks: Picks| graph.find_dominators(&picks.lvs(&model));
        let (a, b, c) = (version(a), version(b), version(c));
        let (join, meet) = (graph.union(&a, &b), graph.common_ancestor(&a, &b));
        let join_of = |a: &Frontier, b: &Frontier| graph.union(a, b);
        join == join_of(&b, &a)
            && meet == graph.common_ancestor(&b, &a)
            && join_of(&a, &a) == a
            && graph.common_ancestor(&a, &a) == a
            && join_of(&join, &c) == join_of(&a, &join_of(&b, &c))
            && join_of(&a, &meet) == a
            && graph.common_ancestor(&a, &join) == a
            && join_of(&a, &Frontier::root()) == a
            && graph.compare(&a, &b) == graph.compare(&b, &a).reverse()
            && graph
                .compare(&a, &join)
                .to_partial()
                .is_some_and(|order| order.is_le())
    }
    check_property(property as fn(History, Picks, Picks, Picks) -> bool);
}
