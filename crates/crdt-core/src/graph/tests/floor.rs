//! Graphs that start from a version: what is before it is contained, and has no place any more.

use alloc::vec;

use crate::testing::agent;
use crate::{
    CausalGraph, Dot, DotContext, Floor, Frontier, GraphError, IngestError, Lv, LvRange, MAX_EVENTS,
};

fn dot(name: u8, seq: u64) -> Dot {
    Dot::new(agent(name), seq).unwrap()
}

/// Two agents who know of each other, cut at the merge; then one goes on, twice.
fn shallow() -> CausalGraph {
    let mut full = CausalGraph::new();
    full.ingest(&agent(0), 0, 3, &[]).unwrap();
    full.ingest(&agent(1), 5, 2, &[dot(0, 1)]).unwrap();
    let mut graph = CausalGraph::new();
    let floor = full.floor_at(full.frontier()).unwrap();
    assert_eq!(floor.version(), [dot(0, 2), dot(1, 6)]);
    let lvs = graph.set_floor(floor, 10).unwrap();
    assert_eq!(lvs, LvRange::new(Lv::new(0), Lv::new(10)));
    let heads = [dot(0, 2), dot(1, 6)];
    graph.ingest(&agent(0), 3, 2, &heads).unwrap();
    graph.ingest(&agent(2), 0, 2, &heads).unwrap();
    graph
}

#[test]
fn the_floor_stands_below_everything() {
    let graph = shallow();
    let floor = Frontier::from(Lv::new(9));
    assert_eq!(graph.parents_of(Lv::new(10)), Some(floor.clone()));
    assert_eq!(graph.parents_of(Lv::new(12)), Some(floor.clone()));
    assert_eq!(graph.critical_before(Lv::new(14)), Some(Lv::new(9)));
    assert_eq!(graph.to_remote(&floor), Ok(vec![dot(0, 2), dot(1, 6)]));
    assert_eq!(graph.to_remote(&Frontier::root()), Ok(vec![]));
    assert_eq!(graph.id_of(Lv::new(9)), None);
    let all = LvRange::new(Lv::new(0), Lv::new(14));
    assert_eq!(graph.agent_runs(all).count(), 2);
    assert_eq!(graph.summary().n_dots(), 5 + 4);
}

#[test]
fn dots_of_dropped_events_mean_the_floor_or_nothing() {
    let graph = shallow();
    let floor = Frontier::from(Lv::new(9));
    let late = Err(IngestError::BelowFloor {
        floor: vec![dot(0, 2), dot(1, 6)],
    });
    for (dots, expected) in [
        (&[dot(0, 2), dot(1, 6)][..], Ok(floor.clone())),
        (&[dot(1, 6), dot(0, 0), dot(0, 2)], Ok(floor)),
        (&[dot(0, 0), dot(0, 4)], Ok(Frontier::from(Lv::new(11)))),
        (&[dot(0, 2)], late.clone()),
        (&[dot(1, 5), dot(0, 1)], late),
        (&[dot(1, 7)], Err(IngestError::MissingDependency(dot(1, 7)))),
        (&[], Ok(Frontier::root())),
    ] {
        assert_eq!(graph.to_local(dots), expected, "{dots:?}");
    }
}

#[test]
fn dropped_ids_are_not_given_out_or_taken_in_again() {
    let mut graph = shallow();
    let other = graph.intern_agent(&agent(1));
    let tip = graph.frontier().clone();
    assert_eq!(graph.next_seq(other), 7);
    let appended = graph.append(other, 4, 2, tip.as_slice());
    assert_eq!(
        graph.segments(other, 4, 2, tip.as_slice()).map(drop),
        appended.clone().map(drop)
    );
    let Err(IngestError::Conflict(conflict)) = appended.clone() else {
        panic!("not a conflict: {appended:?}");
    };
    assert_eq!(conflict.dot, dot(1, 5));
    let before = alloc::format!("Parents([{:?}])", dot(1, 4));
    assert_eq!((conflict.ours(), conflict.theirs()), ("Dropped", &*before));
    assert_eq!(
        graph
            .append(other, 4, 1, tip.as_slice())
            .map(|lvs| lvs.len()),
        Ok(1)
    );
    // The number below the dropped ones is not where the agent goes on.
    let tip = graph.frontier().clone();
    let own = graph.add_local(other, &tip, 1).unwrap();
    assert_eq!(graph.dot_of(own.start), Some(dot(1, 7)));
    for parents in [&[][..], &[Lv::new(0)], &[Lv::new(8), Lv::new(10)]] {
        let below = GraphError::BelowFloor;
        let version = Frontier::from_heads(parents.iter().copied());
        assert_eq!(graph.add_local(other, &version, 1), Err(below));
        assert_eq!(graph.append(other, 50, 1, parents), Err(below.into()));
    }
}

/// A run that was sent whole to a replica which has dropped its beginning.
#[test]
fn a_run_that_begins_below_the_floor_goes_on_above_it() {
    let mut full = CausalGraph::new();
    full.ingest(&agent(0), 0, 3, &[]).unwrap();
    let mut graph = CausalGraph::new();
    let floor = full.floor_at(full.frontier()).unwrap();
    graph.set_floor(floor, 10).unwrap();
    let empty = graph.clone();
    for (seq, len) in [(0, 3), (1, 2), (2, 1)] {
        assert_eq!(graph.ingest(&agent(0), seq, len, &[]), Ok(None));
    }
    assert_eq!(graph.frontier(), empty.frontier());

    let lvs = graph.ingest(&agent(0), 1, 5, &[dot(0, 0)]).unwrap();
    let lvs = lvs.expect("three of five are new");
    assert_eq!(lvs, LvRange::new(Lv::new(10), Lv::new(13)));
    assert_eq!(graph.dot_of(lvs.start), Some(dot(0, 3)));
    let floor = Frontier::from(Lv::new(9));
    assert_eq!(graph.parents_of(lvs.start), Some(floor));
    // The same again, and one more.
    assert_eq!(graph.ingest(&agent(0), 0, 6, &[]), Ok(None));
    let more = graph.ingest(&agent(0), 2, 5, &[dot(0, 1)]).unwrap();
    assert_eq!(more.map(|lvs| lvs.len()), Some(1));
}

#[test]
fn a_floor_is_for_an_empty_graph_and_outlives_rollbacks() {
    let empty = CausalGraph::new().checkpoint();
    let mut graph = shallow();
    let floor = graph.floor().unwrap().clone();
    assert_eq!(
        graph.clone().set_floor(floor.clone(), 1),
        Err(GraphError::HasEvents)
    );
    assert_eq!(
        CausalGraph::new().set_floor(floor.clone(), 0),
        Err(GraphError::EmptyRun)
    );
    let limit = GraphError::TooManyEvents { limit: MAX_EVENTS };
    assert_eq!(
        CausalGraph::new().set_floor(floor.clone(), 1 << 40),
        Err(limit)
    );
    graph.rollback(empty);
    assert_eq!(
        (graph.len(), graph.summary()),
        (10, floor.dropped().clone())
    );
    graph
        .ingest(&agent(0), 3, 1, &[dot(0, 2), dot(1, 6)])
        .unwrap();
    assert_eq!(graph.dot_of(Lv::new(10)), Some(dot(0, 3)));
}

#[test]
fn heads_must_be_among_the_dropped() {
    let dropped = DotContext::from_iter([dot(0, 0)]);
    assert!(Floor::new(vec![dot(0, 0), dot(0, 0)], dropped.clone()).is_some());
    assert_eq!(
        Floor::new(vec![dot(0, 0), dot(1, 0)], dropped.clone()),
        None
    );
    assert_eq!(Floor::new(vec![], dropped), None);
}
