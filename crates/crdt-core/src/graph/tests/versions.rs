//! Questions about versions, answered from ancestor sets.

use alloc::vec::Vec;

use super::model::{Events, History, Picks, expand};
use crate::testing::{agent, check_property};
use crate::{CausalGraph, CausalOrdering, Dot, Frontier, Lv, LvRange};

#[test]
fn frontier_holds_the_events_without_children() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        let heads = model.heads(&model.lvs().collect::<Vec<_>>());
        let only = <[Lv; 1]>::try_from(&*heads).ok().map(|[only]| only);
        graph.frontier().as_slice() == heads
            && graph.frontier().single() == only
            && graph.len() == model.events.len()
            && graph.is_empty() == model.events.is_empty()
    }
    check_property(property as fn(History) -> bool);
}

#[test]
fn contains_is_membership_in_the_history() {
    fn property(history: History, picks: Picks) -> bool {
        let (graph, model) = history.build();
        let version = picks.version(&model);
        let events = model.history(version.as_slice());
        let mut lvs = model.lvs();
        lvs.all(|lv| graph.contains(&version, lv) == events.contains(&lv))
            && !graph.contains(&version, model.end())
    }
    check_property(property as fn(History, Picks) -> bool);
}

#[test]
fn two_events_compare_by_their_histories() {
    fn property(history: History, picks: Picks) -> bool {
        let (graph, model) = history.build();
        picks.lvs(&model).into_iter().all(|a| {
            model.lvs().all(|b| {
                let (before, after) = (&model.event(a).history, &model.event(b).history);
                let expected = CausalOrdering::from_leq(after.contains(&a), before.contains(&b));
                graph.version_cmp(a, b) == expected
            })
        })
    }
    check_property(property as fn(History, Picks) -> bool);
}

#[test]
fn diff_and_compare_are_set_difference() {
    fn property(history: History, a: Picks, b: Picks) -> bool {
        let (graph, model) = history.build();
        let (a, b) = (a.version(&model), b.version(&model));
        let (in_a, in_b) = (model.history(a.as_slice()), model.history(b.as_slice()));
        let diff = graph.diff(&a, &b);
        expand(&diff.only_a) == &in_a - &in_b
            && expand(&diff.only_b) == &in_b - &in_a
            && are_ascending_and_apart(&diff.only_a)
            && are_ascending_and_apart(&diff.only_b)
            && graph.compare(&a, &b)
                == CausalOrdering::from_leq(in_a.is_subset(&in_b), in_b.is_subset(&in_a))
    }
    check_property(property as fn(History, Picks, Picks) -> bool);
}

fn are_ascending_and_apart(ranges: &[LvRange]) -> bool {
    ranges.iter().all(|range| !range.is_empty())
        && ranges.windows(2).all(|pair| pair[0].end < pair[1].start)
}

#[test]
fn diff_within_one_line_agrees_with_sets() {
    fn property(history: History, from: u16, to: u16) -> bool {
        let (graph, model) = history.build();
        let version = |pick| Picks(Vec::from([pick])).version(&model);
        let (a, b) = (version(from), version(to));
        let (in_a, in_b) = (model.history(a.as_slice()), model.history(b.as_slice()));
        let diff = graph.diff(&a, &b);
        expand(&diff.only_a) == &in_a - &in_b && expand(&diff.only_b) == &in_b - &in_a
    }
    check_property(property as fn(History, u16, u16) -> bool);
}

#[test]
fn dominators_and_union_and_common_ancestor_are_minimal() {
    fn property(history: History, a: Picks, b: Picks) -> bool {
        let (graph, model) = history.build();
        let events = a.lvs(&model);
        let (a, b) = (a.version(&model), b.version(&model));
        let (in_a, in_b) = (model.history(a.as_slice()), model.history(b.as_slice()));
        graph.find_dominators(&events).as_slice() == model.heads(&events)
            && graph.union(&a, &b).as_slice() == model.heads(&(&in_a | &in_b))
            && graph.common_ancestor(&a, &b).as_slice() == model.heads(&(&in_a & &in_b))
    }
    check_property(property as fn(History, Picks, Picks) -> bool);
}

#[test]
fn a_union_with_itself_is_minimal_too() {
    let mut graph = CausalGraph::new();
    graph.ingest(&agent(0), 0, 3, &[]).unwrap();
    let doubled = Frontier::from_heads([Lv::new(0), Lv::new(2)]);
    assert_eq!(graph.union(&doubled, &doubled), Frontier::from(Lv::new(2)));
}

#[test]
fn critical_versions_follow_the_definition() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        let critical = model.critical();
        let stretch_from = |lv: Lv| {
            let first = critical.range(lv..).next()?;
            let start = (0..=first.get()).rev().map(Lv::new);
            let start = start.take_while(|lv| critical.contains(lv)).last()?;
            let mut ends = (first.get()..).map(Lv::new);
            Some(LvRange::new(start, ends.find(|lv| !critical.contains(lv))?))
        };
        let mut lvs = model.lvs().chain([model.end(), Lv::new(u32::MAX)]);
        lvs.all(|lv| {
            graph.critical_before(lv) == critical.range(..lv).next_back().copied()
                && graph.critical_from(lv) == stretch_from(lv)
        })
    }
    check_property(property as fn(History) -> bool);
}

#[test]
fn shadows_hold_only_ancestors() {
    fn property(history: History) -> bool {
        let (graph, model) = history.build();
        (0..graph.runs.n_runs()).all(|run| {
            let (shadow, start) = (graph.runs.shadow(run), graph.runs.start(run));
            let mut below = (shadow.get()..start.get()).map(Lv::new);
            let ancestors = &model.event(start).history;
            shadow <= start && below.all(|lv| ancestors.contains(&lv))
        })
    }
    check_property(property as fn(History) -> bool);
}

/// A shadow that is too short only costs time, so nothing else notices.
#[test]
fn the_shadow_of_a_merge_reaches_over_the_lines_it_merges() {
    let mut graph = CausalGraph::new();
    let alice = graph.intern_agent(&agent(0));
    graph.add_local(alice, &Frontier::root(), 3).unwrap();
    graph
        .add_local(alice, &Frontier::from(Lv::new(0)), 3)
        .unwrap();
    let tip = graph.frontier().clone();
    graph.add_local(alice, &tip, 1).unwrap();
    let shadows: Vec<u32> = (0..3).map(|run| graph.runs.shadow(run).get()).collect();
    assert_eq!(shadows, [0, 3, 0]);
}

#[test]
fn a_later_root_leaves_no_critical_version_below_it() {
    let mut graph = CausalGraph::new();
    graph.ingest(&agent(0), 0, 3, &[]).unwrap();
    assert_eq!(graph.critical_before(Lv::new(3)), Some(Lv::new(2)));
    graph.ingest(&agent(1), 0, 2, &[]).unwrap();
    assert_eq!(graph.critical_before(Lv::new(5)), None);
    assert_eq!(graph.critical_from(Lv::new(0)), None);
    let bob = graph.intern_agent(&agent(1));
    let tip = graph.frontier().clone();
    graph.add_local(bob, &tip, 2).unwrap();
    let merged = LvRange::new(Lv::new(5), Lv::new(7));
    assert_eq!(graph.critical_from(Lv::new(0)), Some(merged));
}

#[test]
fn parents_may_lie_in_the_middle_of_runs() {
    let mut graph = CausalGraph::new();
    let alice = graph.intern_agent(&agent(0));
    graph.add_local(alice, &Frontier::root(), 4).unwrap();
    graph
        .add_local(alice, &Frontier::from(Lv::new(1)), 4)
        .unwrap();
    let middle = Frontier::from_heads([Lv::new(2), Lv::new(5)]);
    graph.add_local(alice, &middle, 1).unwrap();
    assert_eq!(graph.parents_of(Lv::new(8)), Some(middle));
    let contained: Events = (0..9)
        .map(Lv::new)
        .filter(|&lv| graph.contains(&Frontier::from(Lv::new(8)), lv))
        .collect();
    assert_eq!(contained, [0, 1, 2, 4, 5, 8].map(Lv::new).into());
    assert_eq!(
        graph.frontier(),
        &Frontier::from_heads([3, 7, 8].map(Lv::new))
    );
}

/// Release builds once answered at random here, and debug builds stopped elsewhere.
mod unknown_versions_are_refused_loudly {
    use super::{CausalGraph, Frontier, Lv, agent};

    fn graph() -> CausalGraph {
        let mut graph = CausalGraph::new();
        graph.ingest(&agent(0), 0, 3, &[]).unwrap();
        graph
    }

    fn unknown() -> Frontier {
        Frontier::from_heads([Lv::new(1), Lv::new(3)])
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 3 events")]
    fn contains() {
        assert!(graph().contains(&unknown(), Lv::new(0)));
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 3 events")]
    fn diff() {
        assert!(
            graph()
                .diff(&Frontier::root(), &unknown())
                .only_a
                .is_empty()
        );
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 3 events")]
    fn compare_even_with_itself() {
        assert!(graph().compare(&unknown(), &unknown()) == crate::CausalOrdering::Equal);
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 3 events")]
    fn find_dominators() {
        assert!(graph().find_dominators(&[Lv::new(3)]).is_root());
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 0 events")]
    fn common_ancestor() {
        let empty = CausalGraph::new();
        assert!(
            empty
                .common_ancestor(&unknown(), &Frontier::root())
                .is_root()
        );
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 3 events")]
    fn version_cmp() {
        assert!(graph().version_cmp(Lv::new(3), Lv::new(3)) == crate::CausalOrdering::Equal);
    }

    #[test]
    #[should_panic(expected = "is not of this graph, which has 0 events")]
    fn cmp_ids() {
        assert!(CausalGraph::new().cmp_ids(Lv::new(0), Lv::new(0)).is_eq());
    }
}

/// The stretch of critical versions that begins right above the fork goes as a whole.
#[test]
fn a_merge_that_a_later_event_goes_around_is_not_critical() {
    let dot = |name, seq| Dot::new(agent(name), seq).unwrap();
    let mut graph = CausalGraph::new();
    graph.ingest(&agent(0), 0, 3, &[]).unwrap();
    graph.ingest(&agent(1), 0, 2, &[dot(0, 1)]).unwrap();
    graph
        .ingest(&agent(2), 0, 1, &[dot(0, 2), dot(1, 1)])
        .unwrap();
    assert_eq!(graph.critical_before(Lv::new(6)), Some(Lv::new(5)));
    graph.ingest(&agent(1), 2, 1, &[dot(1, 1)]).unwrap();
    assert_eq!(graph.critical_before(Lv::new(7)), Some(Lv::new(1)));
}
