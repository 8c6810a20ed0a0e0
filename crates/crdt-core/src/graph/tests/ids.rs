//! Names of events: dots, local versions, runs and summaries.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::assert_same;
use super::model::{History, Picks};
use crate::testing::{agent, check_property, dots};
use crate::{AgentIdx, CausalGraph, Dot, Frontier, GraphError, IngestError, Lv, LvRange};

#[test]
fn ids_and_parents_are_those_that_were_pushed() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        model.lvs().all(|lv| {
            let event = model.event(lv);
            let (agent, seq) = graph.id_of(lv).unwrap();
            graph.agents().name(agent) == event.dot.agent()
                && seq == event.dot.seq()
                && graph.lv_of(agent, seq) == Some(lv)
                && graph.dot_of(lv).as_ref() == Some(&event.dot)
                && graph.lv_of_dot(&event.dot) == Some(lv)
                && graph.parents_of(lv).unwrap().as_slice() == event.parents
        })
    }
    check_property(property as fn(History) -> bool);
}

#[test]
fn what_is_not_known_has_no_id_and_no_version() {
    fn property(history: History, seq: u8) -> bool {
        let (graph, model) = history.build();
        let known: BTreeSet<Dot> = model.dots(&model.lvs().collect::<Vec<_>>());
        let seq = u64::from(seq % 60);
        let is_consistent = |n| {
            let dot = Dot::new(agent(n), seq).unwrap();
            let next = model.seqs_of(&agent(n)).last().map_or(0, |last| last + 1);
            let idx = graph.agents().index_of(agent(n).as_str());
            graph.lv_of_dot(&dot).is_some() == known.contains(&dot)
                && idx.map_or(0, |idx| graph.next_seq(idx)) == next
        };
        let stranger = AgentIdx::new(9);
        (0..3).all(is_consistent)
            && graph.id_of(model.end()).is_none()
            && graph.dot_of(model.end()).is_none()
            && graph.parents_of(model.end()).is_none()
            && graph.lv_of(stranger, 0).is_none()
            && graph.next_seq(stranger) == 0
    }
    check_property(property as fn(History, u8) -> bool);
}

#[test]
fn runs_cut_to_any_range_cover_it() {
    fn property(history: History, from: u16, to: u16) -> bool {
        let (graph, model) = history.build();
        // One beyond the end, and ranges that run backwards, are part of the game.
        let lv = |pick: u16| Lv::new(u32::from(pick) % (model.end().get() + 2));
        let range = LvRange::new(lv(from), lv(to));
        let expected: Vec<Lv> = model.lvs().filter(|&lv| range.contains(lv)).collect();
        let mut covered = Vec::new();
        let runs_fit = graph.runs(range).all(|run| {
            let lvs: Vec<Lv> = model.lvs().filter(|&lv| run.lvs.contains(lv)).collect();
            covered.extend_from_slice(&lvs);
            let linear = lvs[1..].iter();
            run.parents() == model.event(run.lvs.start).parents
                && linear
                    .clone()
                    .all(|lv| model.event(*lv).parents == [lv.prev().unwrap()])
        });
        let mut named = Vec::new();
        for run in graph.agent_runs(range) {
            let agent = graph.agents().name(run.agent);
            let dots = (0..u64::from(run.lvs.len())).map(|n| (agent.clone(), run.seq + n));
            named.extend(dots.map(|(agent, seq)| Dot::new(agent, seq).unwrap()));
        }
        let names = expected.iter().map(|&lv| &model.event(lv).dot);
        runs_fit && covered == expected && names.eq(&named)
    }
    check_property(property as fn(History, u16, u16) -> bool);
}

#[test]
fn runs_are_as_long_as_they_can_be() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        let runs: Vec<_> = graph.runs(model.all()).collect();
        let agent_runs: Vec<_> = graph.agent_runs(model.all()).collect();
        let continues = |a: &crate::AgentRun, b: &crate::AgentRun| {
            a.agent == b.agent && a.seq + u64::from(a.lvs.len()) == b.seq
        };
        runs.windows(2)
            .all(|pair| pair[1].parents() != [pair[0].lvs.last()])
            && agent_runs
                .windows(2)
                .all(|pair| !continues(&pair[0], &pair[1]))
    }
    check_property(property as fn(History) -> bool);
}

/// Typing `a`, `b`, `c` and pasting `abc` must leave the same columns behind.
#[test]
fn events_one_by_one_make_the_same_columns_as_runs() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        let mut single = CausalGraph::new();
        for lv in model.lvs() {
            let dot = &model.event(lv).dot;
            let parents = model.parent_dots(lv);
            single.ingest(dot.agent(), dot.seq(), 1, &parents).unwrap();
        }
        assert_same(&graph, &single);
        true
    }
    check_property(property as fn(History) -> bool);
}

#[test]
fn a_summary_names_exactly_what_is_known() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        dots(&graph.summary()) == model.dots(&model.lvs().collect::<Vec<_>>())
    }
    check_property(property as fn(History) -> bool);
}

#[test]
fn versions_travel_as_sorted_dots() {
    fn property(history: History, picks: Picks) -> bool {
        let (graph, model) = history.build();
        let events = picks.lvs(&model);
        let version = Frontier::from_heads(model.heads(&events));
        let remote = graph.to_remote(&version).unwrap();
        let any_order: Vec<Dot> = events.iter().map(|&lv| graph.dot_of(lv).unwrap()).collect();
        let parents = graph.local_parents(&remote).unwrap();
        remote.is_sorted()
            && remote.iter().eq(&model.dots(version.as_slice()))
            && parents.as_slice() == version.as_slice()
            && graph.to_local(&remote).as_ref() == Ok(&version)
            && graph.to_local(&any_order).as_ref() == Ok(&version)
    }
    check_property(property as fn(History, Picks) -> bool);
}

#[test]
fn unknown_versions_and_dots_do_not_travel() {
    let mut graph = CausalGraph::new();
    graph.ingest(&agent(0), 0, 3, &[]).unwrap();
    let unknown = Frontier::from_heads([Lv::new(1), Lv::new(3)]);
    assert_eq!(
        graph.to_remote(&unknown),
        Err(GraphError::UnknownVersion { lv: 3 })
    );
    let dot = |n, seq| Dot::new(agent(n), seq).unwrap();
    for unknown in [dot(0, 3), dot(1, 0)] {
        assert_eq!(
            graph.to_local(&[dot(0, 1), unknown.clone()]),
            Err(IngestError::MissingDependency(unknown))
        );
    }
}

#[test]
fn seqs_that_fill_a_hole_backwards_are_found() {
    let mut graph = CausalGraph::new();
    for seq in [10, 4, 5, 0, 7, 2] {
        graph.ingest(&agent(0), seq, 1, &[]).unwrap();
    }
    let alice = graph.agents().index_of(agent(0).as_str()).unwrap();
    let lvs: Vec<Option<u32>> = (0..12)
        .map(|seq| graph.lv_of(alice, seq).map(Lv::get))
        .collect();
    let expected = [3, 9, 5, 9, 1, 2, 9, 4, 9, 9, 0, 9];
    assert_eq!(lvs, expected.map(|lv| (lv < 9).then_some(lv)));
    assert_eq!(graph.next_seq(alice), 11);
}
