//! Runs from elsewhere: known in part, contradicting, early, malformed.

use alloc::format;
use alloc::vec::Vec;
use core::fmt::Debug;

use super::assert_same;
use super::model::{History, Model, Picks};
use crate::testing::{agent, check_property};
use crate::{
    CausalGraph, Classify, Dot, Equivocation, ErrorKind, Frontier, GraphError, IngestError, Lv,
    LvRange, Segment,
};

fn dot(n: u8, seq: u64) -> Dot {
    Dot::new(agent(n), seq).unwrap()
}

/// Offers a run, and checks that a refusal changes nothing.
fn offer(
    graph: &mut CausalGraph,
    n: u8,
    seq: u64,
    len: usize,
    parents: &[Dot],
) -> Result<Option<LvRange>, IngestError> {
    let before = graph.clone();
    let result = graph.ingest(&agent(n), seq, len, parents);
    if result.is_err() {
        assert_same(graph, &before);
    }
    result
}

/// The event that a refused run was known with other parents by.
#[track_caller]
fn conflict_of<T: Debug>(refused: Result<T, IngestError>) -> Dot {
    match refused {
        Err(IngestError::Conflict(error)) => error.dot,
        other => panic!("not a conflict: {other:?}"),
    }
}

/// The events from `lv` on that one run can carry, and how many of them there are.
fn line_from(model: &Model, lv: Lv) -> usize {
    let rest = (lv.get() + 1..model.end().get()).map(Lv::new);
    1 + rest.take_while(|&next| model.continues(next)).count()
}

#[test]
fn overlapping_deliveries_end_in_the_same_graph() {
    fn property(history: History, cuts: Vec<u8>, starts: Vec<u16>) -> bool {
        let (graph, model) = history.build();
        let mut other = CausalGraph::new();
        let mut cuts = cuts.into_iter().cycle();
        let mut offer_from = |other: &mut CausalGraph, lv| {
            let cut = usize::from(cuts.next().unwrap_or(0));
            offer_line(other, &model, lv, 1 + cut % line_from(&model, lv))
        };
        let strays = Picks(starts).lvs(&model);
        for lv in model.lvs() {
            if let Some(&stray) = strays.get(lv.index()) {
                let is_early = offer_from(&mut other, stray).is_err();
                let parents = model.parent_dots(stray);
                assert_eq!(is_early, other.local_parents(&parents).is_err());
            }
            offer_from(&mut other, lv).unwrap();
        }
        let before = other.clone();
        for lv in model.lvs() {
            offer_line(&mut other, &model, lv, line_from(&model, lv)).unwrap();
        }
        assert_same(&other, &before);
        other.summary() == graph.summary()
            && other.to_remote(other.frontier()) == graph.to_remote(graph.frontier())
    }
    check_property(property as fn(History, Vec<u8>, Vec<u16>) -> bool);
}

/// Offers `len` events from `lv` on, and checks that just the unknown ones are added.
fn offer_line(
    graph: &mut CausalGraph,
    model: &Model,
    lv: Lv,
    len: usize,
) -> Result<(), IngestError> {
    let dots = (lv.index()..lv.index() + len).map(|lv| &model.events[lv].dot);
    let n_unknown = dots.filter(|dot| graph.lv_of_dot(dot).is_none()).count();
    let end = Lv::new(graph.len() as u32);
    let first = &model.event(lv).dot;
    let added = graph.ingest(first.agent(), first.seq(), len, &model.parent_dots(lv))?;
    let expected = LvRange::new(end, end.plus(n_unknown as u32));
    assert_eq!(added, Some(expected).filter(|lvs| !lvs.is_empty()));
    Ok(())
}

#[test]
fn segments_are_known_ones_and_then_at_most_one_that_is_not() {
    fn property(history: History, pick: u16, extra: u8) -> bool {
        let (graph, model) = history.build();
        let [lv] = Picks(Vec::from([pick])).lvs(&model)[..] else {
            return true;
        };
        let len = line_from(&model, lv) + usize::from(extra % 4);
        let (agent, seq) = graph.id_of(lv).unwrap();
        let parents = graph.parents_of(lv).unwrap();
        let Ok(segments) = graph.segments(agent, seq, len, parents.as_slice()) else {
            // Only what comes after the line can contradict it.
            return graph
                .segments(agent, seq, line_from(&model, lv), parents.as_slice())
                .is_ok();
        };
        let mut next = 0;
        let n_segments = segments.len();
        segments.iter().enumerate().all(|(idx, segment)| {
            let starts_next = segment.offset == next && segment.len > 0;
            next += segment.len;
            let lv_of = |offset| graph.lv_of(agent, seq + u64::from(offset));
            let mut offsets = segment.offset..next;
            let fits = match segment.known {
                Some(known) => offsets.all(|o| lv_of(o) == Some(known.plus(o - segment.offset))),
                None => idx + 1 == n_segments && offsets.all(|o| lv_of(o).is_none()),
            };
            starts_next && fits
        }) && next as usize == len
    }
    check_property(property as fn(History, u16, u8) -> bool);
}

#[test]
fn other_parents_of_a_known_event_are_a_conflict() {
    fn property(history: History, pick: u16, parents: Picks) -> bool {
        let (mut graph, model) = history.build();
        let [lv] = Picks(Vec::from([pick])).lvs(&model)[..] else {
            return true;
        };
        let event = model.event(lv);
        let parents = model.heads(&parents.lvs(&model));
        let dots: Vec<Dot> = model.dots(&parents).into_iter().collect();
        let before = graph.clone();
        let result = graph.ingest(event.dot.agent(), event.dot.seq(), 1, &dots);
        assert_same(&graph, &before);
        if parents == event.parents {
            result == Ok(None)
        } else {
            conflict_of(result) == event.dot
        }
    }
    check_property(property as fn(History, u16, Picks) -> bool);
}

#[test]
fn a_conflict_names_the_first_event_that_differs() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 3, &[]).unwrap();
    offer(&mut graph, 0, 3, 3, &[dot(0, 0)]).unwrap();
    // Within the offered run, event 3 would follow event 2; here it follows event 0.
    let Err(IngestError::Conflict(error)) = offer(&mut graph, 0, 1, 5, &[dot(0, 0)]) else {
        panic!("it is taken in");
    };
    assert_eq!(error.dot, dot(0, 3));
    let side = |parent| format!("Parents([{parent:?}])");
    assert_eq!(error.ours(), side(dot(0, 0)));
    assert_eq!(error.theirs(), side(dot(0, 2)));
    // What is known to have no parents is offered with one.
    let Err(IngestError::Conflict(error)) = offer(&mut graph, 0, 0, 1, &[dot(0, 5)]) else {
        panic!("it is taken in");
    };
    assert_eq!(
        (error.ours(), error.theirs()),
        ("Parents([])", &*side(dot(0, 5)))
    );
}

#[test]
fn an_event_cannot_be_known_without_the_one_before_it_in_its_run() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 3, 2, &[]).unwrap();
    let result = offer(&mut graph, 0, 0, 5, &[]);
    assert_eq!(conflict_of(result), dot(0, 3));
}

#[test]
fn early_runs_are_told_apart_and_leave_nothing_behind() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 3, &[]).unwrap();
    for missing in [dot(0, 3), dot(1, 0)] {
        let result = offer(&mut graph, 2, 0, 1, core::slice::from_ref(&missing));
        assert_eq!(result, Err(IngestError::MissingDependency(missing)));
    }
    assert_eq!(graph.agents().len(), 1);
}

/// The name of the agent once stayed behind when a run was refused.
#[test]
fn a_refused_run_does_not_intern_its_agent() {
    let mut graph = CausalGraph::new();
    assert!(offer(&mut graph, 1, 0, 0, &[]).is_err());
    assert!(offer(&mut graph, 1, 0, usize::MAX, &[]).is_err());
    assert!(graph.agents().is_empty());
}

#[test]
fn malformed_parents_are_refused() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 3, &[]).unwrap();
    offer(&mut graph, 1, 0, 3, &[]).unwrap();
    let malformed = |error: GraphError| Err(IngestError::Malformed(error));
    let mut refused = |parents: &[Dot]| offer(&mut graph, 2, 0, 1, parents);

    let unsorted = malformed(GraphError::UnsortedParents);
    assert_eq!(refused(&[dot(1, 1), dot(0, 1)]), unsorted);
    assert_eq!(refused(&[dot(0, 1), dot(0, 1)]), unsorted);
    let nested = malformed(GraphError::NonMinimalParents);
    assert_eq!(refused(&[dot(0, 1), dot(0, 2)]), nested);
    assert_eq!(refused(&[dot(0, 0), dot(0, 2), dot(1, 0)]), nested);
}

#[test]
fn malformed_local_parents_are_refused() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 3, &[]).unwrap();
    let alice = graph.intern_agent(&agent(0));
    let before = graph.clone();
    let segment = Segment {
        offset: 0,
        len: 1,
        known: None,
    };
    let cases: [(&[u32], GraphError); 7] = [
        (&[1, 0], GraphError::UnsortedParents),
        (&[1, 1], GraphError::UnsortedParents),
        (&[0, 2], GraphError::NonMinimalParents),
        (&[2, 3], GraphError::UnknownVersion { lv: 3 }),
        (&[2, 4], GraphError::UnknownVersion { lv: 4 }),
        (&[3], GraphError::UnknownVersion { lv: 3 }),
        (&[4], GraphError::UnknownVersion { lv: 4 }),
    ];
    for (parents, error) in cases {
        let parents: Vec<Lv> = parents.iter().copied().map(Lv::new).collect();
        let expected = IngestError::Malformed(error);
        assert_eq!(graph.segments(alice, 3, 1, &parents), Err(expected.clone()));
        // Minimality costs a walk, and is seen once: before anything is appended.
        if error != GraphError::NonMinimalParents {
            let added = graph.add_segment(alice, 3, &parents, &segment);
            assert_eq!(added, Err(expected));
        }
        if error != GraphError::UnsortedParents {
            let version = Frontier::from_heads(parents);
            assert_eq!(graph.add_local(alice, &version, 1), Err(error));
        }
    }
    assert_same(&graph, &before);
}

/// Who names some of the heads is not taken for one who names all of them.
#[test]
fn parents_beside_heads_are_checked_like_all_others() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 3, &[]).unwrap();
    offer(&mut graph, 1, 0, 1, &[dot(0, 1)]).unwrap();
    let alice = graph.intern_agent(&agent(0));
    let check = |graph: &CausalGraph, cases: &[(&[u32], GraphError)]| {
        for (parents, error) in cases {
            let parents: Vec<Lv> = parents.iter().copied().map(Lv::new).collect();
            let refused = Err(IngestError::Malformed(*error));
            assert_eq!(graph.segments(alice, 3, 1, &parents), refused);
        }
    };
    let two: [(&[u32], GraphError); 4] = [
        (&[0, 3], GraphError::NonMinimalParents),
        (&[1, 3], GraphError::NonMinimalParents),
        (&[1, 2], GraphError::NonMinimalParents),
        (&[2, 5], GraphError::UnknownVersion { lv: 5 }),
    ];
    check(&graph, &two);
    offer(&mut graph, 2, 0, 1, &[]).unwrap();
    assert_eq!(graph.frontier().iter().count(), 3);
    let three: [(&[u32], GraphError); 2] = [
        (&[0, 3, 4], GraphError::NonMinimalParents),
        (&[2, 3, 9], GraphError::UnknownVersion { lv: 9 }),
    ];
    check(&graph, &three);
}

/// This was reported as a conflict, as if two writers shared a name.
#[test]
fn unsorted_parents_of_a_known_event_are_malformed_and_no_conflict() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 1, &[]).unwrap();
    offer(&mut graph, 1, 0, 1, &[]).unwrap();
    offer(&mut graph, 2, 0, 1, &[dot(0, 0), dot(1, 0)]).unwrap();
    let carol = graph.intern_agent(&agent(2));
    let parents = [Lv::new(1), Lv::new(0)];
    let expected = IngestError::Malformed(GraphError::UnsortedParents);
    assert_eq!(graph.segments(carol, 0, 1, &parents), Err(expected));
}

/// Such calls once panicked, or gave one id to two events.
#[test]
fn segments_that_do_not_fit_the_graph_are_refused() {
    let mut graph = CausalGraph::new();
    offer(&mut graph, 0, 0, 3, &[]).unwrap();
    let alice = graph.intern_agent(&agent(0));
    let before = graph.clone();
    let segment = |offset, len| Segment {
        offset,
        len,
        known: None,
    };
    let stranger = crate::AgentIdx::new(7);
    let unknown_agent = IngestError::Malformed(GraphError::UnknownAgent);
    let tip = [Lv::new(2)];
    assert_eq!(
        graph.segments(stranger, 0, 1, &[]),
        Err(unknown_agent.clone())
    );
    let mut add = |agent, seq, segment| graph.add_segment(agent, seq, &tip, &segment);

    assert_eq!(add(stranger, 0, segment(0, 1)), Err(unknown_agent));
    assert_eq!(conflict_of(add(alice, 2, segment(0, 1))), dot(0, 2));
    assert_eq!(conflict_of(add(alice, 0, segment(2, 4))), dot(0, 2));
    let missing = Err(IngestError::MissingDependency(dot(0, 4)));
    assert_eq!(add(alice, 0, segment(5, 1)), missing);
    let empty = Err(IngestError::Malformed(GraphError::EmptyRun));
    assert_eq!(add(alice, 3, segment(0, 0)), empty);
    assert!(add(alice, u64::MAX, segment(1, 1)).is_err());
    assert_same(&graph, &before);
}

#[test]
fn errors_tell_what_to_do_about_them() {
    let missing = IngestError::MissingDependency(dot(0, 0));
    assert_eq!(missing.kind(), ErrorKind::MissingDependency);
    let conflict = Equivocation::new(dot(0, 0), &"one", &"other");
    assert_eq!(
        IngestError::Conflict(conflict.into()).kind(),
        ErrorKind::Malformed
    );
    let kind = |error: GraphError| IngestError::Malformed(error).kind();
    assert_eq!(kind(GraphError::NonMinimalParents), ErrorKind::Malformed);
    assert_eq!(kind(GraphError::UnknownAgent), ErrorKind::Misuse);
    assert_eq!(
        kind(GraphError::UnknownVersion { lv: 0 }),
        ErrorKind::Misuse
    );
    assert_eq!(GraphError::NonMinimalParents.kind(), ErrorKind::Misuse);
}

#[test]
fn appending_takes_in_what_is_not_known_and_nothing_else() {
    fn property(history: History, picks: Picks) -> bool {
        let (graph, model) = history.build();
        let mut other = CausalGraph::new();
        for event in &model.events {
            let agent = other.intern_agent(event.dot.agent());
            other
                .append(agent, event.dot.seq(), 1, &event.parents)
                .unwrap();
        }
        assert_same(&other, &graph);
        for event in &model.events {
            let agent = other.intern_agent(event.dot.agent());
            let again = other.append(agent, event.dot.seq(), 1, &event.parents);
            assert_eq!(conflict_of(again), event.dot);
        }
        assert_same(&other, &graph);
        // Any parents, minimal or not.
        let mut parents = picks.lvs(&model);
        parents.sort_unstable();
        parents.dedup();
        let stranger = other.intern_agent(&agent(u8::MAX));
        let before = other.clone();
        let added = other.append(stranger, crate::MAX_SEQ, 1, &parents);
        if added.is_err() {
            assert_same(&other, &before);
        }
        added.is_ok() == (model.heads(&parents) == parents)
    }
    check_property(property as fn(History, Picks) -> bool);
}

#[test]
fn appending_refuses_what_no_graph_can_hold() {
    let mut graph = CausalGraph::new();
    let alice = graph.intern_agent(&agent(0));
    let before = graph.clone();
    for (agent, seq, len, parents) in [
        (crate::AgentIdx::new(7), 0, 1, &[][..]),
        (alice, 0, 0, &[]),
        (alice, crate::MAX_SEQ, 2, &[]),
        (alice, 0, usize::MAX, &[]),
        (alice, 0, 1, &[Lv::new(0)]),
    ] {
        let error = graph.append(agent, seq, len, parents).unwrap_err();
        assert!(matches!(error, IngestError::Malformed(_)), "{error}");
        assert_same(&graph, &before);
    }
    graph.append(alice, 0, 3, &[]).unwrap();
    let unsorted = [Lv::new(1), Lv::new(0)];
    let error = graph.append(alice, 3, 1, &unsorted).unwrap_err();
    assert_eq!(error, IngestError::Malformed(GraphError::UnsortedParents));
}
