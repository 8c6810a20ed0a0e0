//! Undoing a batch leaves the graph that was, in every column.

use super::assert_same;
use super::model::{History, Model};
use crate::testing::{agent, check_property};
use crate::{CausalGraph, Frontier, Lv};

fn grow(graph: &mut CausalGraph, model: &mut Model, history: &History) {
    for step in &history.steps {
        step.append(graph, model);
    }
}

#[test]
fn rollback_restores_every_column() {
    fn property(base: History, batch: History, later: History) -> bool {
        let (mut graph, mut model) = base.build();
        let before = graph.clone();
        let checkpoint = graph.checkpoint();
        grow(&mut graph, &mut model.clone(), &batch);
        graph.rollback(checkpoint);
        assert_same(&graph, &before);

        // What comes after finds no difference either.
        let mut untouched = before;
        grow(&mut untouched, &mut model.clone(), &later);
        grow(&mut graph, &mut model, &later);
        assert_same(&graph, &untouched);
        true
    }
    check_property(property as fn(History, History, History) -> bool);
}

#[test]
fn what_is_kept_event_by_event_equals_what_is_computed_from_scratch() {
    fn property(history: History) -> bool {
        let (graph, _) = history.build();
        let mut recounted = graph.clone();
        recounted.recount();
        assert_same(&graph, &recounted);
        true
    }
    check_property(property as fn(History) -> bool);
}

#[test]
fn checkpoints_nest() {
    fn property(base: History, first: History, second: History) -> bool {
        let (mut graph, mut model) = base.build();
        let outer = (graph.checkpoint(), graph.clone());
        grow(&mut graph, &mut model, &first);
        let inner = (graph.checkpoint(), graph.clone());
        grow(&mut graph, &mut model, &second);
        graph.rollback(inner.0);
        assert_same(&graph, &inner.1);
        graph.rollback(outer.0);
        assert_same(&graph, &outer.1);
        true
    }
    check_property(property as fn(History, History, History) -> bool);
}

#[test]
fn agents_without_events_are_forgotten() {
    let mut graph = CausalGraph::new();
    graph.ingest(&agent(0), 0, 3, &[]).unwrap();
    let before = (graph.checkpoint(), graph.clone());
    graph.intern_agent(&agent(1));
    graph.intern_agent(&agent(2));
    graph.rollback(before.0);
    assert_same(&graph, &before.1);
}

/// Both made a graph whose columns disagreed: a later end than events, fewer agents than used.
#[test]
fn a_stale_checkpoint_takes_back_no_more_than_it_can() {
    let mut graph = CausalGraph::new();
    let early = graph.checkpoint();
    let alice = graph.intern_agent(&agent(0));
    graph.add_local(alice, &Frontier::root(), 5).unwrap();
    let late = graph.checkpoint();
    graph.rollback(early);
    let empty = graph.clone();
    graph.rollback(late.clone());
    assert_same(&graph, &empty);

    graph.ingest(&agent(1), 0, 2, &[]).unwrap();
    graph.ingest(&agent(2), 0, 9, &[]).unwrap();
    graph.rollback(late);
    assert_eq!(graph.len(), 5);
    assert_eq!(graph.agents().len(), 2);
    assert_eq!(
        graph.frontier(),
        &Frontier::from_heads([Lv::new(1), Lv::new(4)])
    );
    assert_eq!(graph.dot_of(Lv::new(4)).unwrap().agent(), &agent(2));
}
