//! Whatever way changes take, whoever received all of them holds the same state and the same bytes.

use alloc::vec::Vec;

use super::stores::Subject;
use super::world::{Choices, World};
use super::{applied, check_worlds, joined};
use crate::codec::{Decode, DecodeLimits, Encode};
use crate::{Causal, CausalDelta, Decompose, Lattice, Summarize};

#[test]
fn replicas_that_received_everything_are_equal() {
    fn property<S: Subject>(mut world: World<S>) {
        world.settle();
        let [first, others @ ..] = &world.replicas[..] else {
            unreachable!("a world has replicas");
        };
        for other in others {
            assert_eq!(first, other);
            assert_eq!(first.to_bytes(), other.to_bytes());
        }
    }
    check_worlds!(property);
}

#[test]
fn every_path_leads_to_the_same_state_and_the_same_bytes() {
    fn property<S: Subject>(mut world: World<S>) {
        world.settle();
        let mut choices = world.choices.clone();
        let end = &world.replicas[0];
        // A replica of before, which may have seen any part of the history.
        let base = choices.pick(&world.states).clone();

        let mut deltas: Vec<CausalDelta<S>> = world
            .mutations
            .iter()
            .map(|(_, delta, _)| delta.clone())
            .collect();
        shuffle(&mut deltas, &mut choices);
        let group = deltas
            .iter()
            .fold(CausalDelta::default(), |group, delta| joined(&group, delta));
        let groups = deltas.chunks(3).map(|chunk| {
            chunk
                .iter()
                .fold(CausalDelta::default(), |group, delta| joined(delta, &group))
        });
        let mut parts: Vec<Causal<S>> = end.decompose().collect();
        shuffle(&mut parts, &mut choices);
        let travelled = Causal::from_bytes(&end.to_bytes(), &DecodeLimits::default());

        let paths = [
            ("the whole state", joined(&base, end)),
            ("the state, the other way round", joined(end, &base)),
            ("delta by delta", apply_all(&base, &deltas)),
            (
                "delta by delta, from nothing",
                apply_all(&Causal::new(), &deltas),
            ),
            ("one group", applied(&base, &group)),
            (
                "several groups",
                groups.fold(base.clone(), |state, group| applied(&state, &group)),
            ),
            ("a diff", joined(&base, &end.diff(&base))),
            (
                "what changed since",
                applied(&base, &end.changes_since(&base)),
            ),
            (
                "what a summary lacks",
                applied(&base, &end.delta_since(&base.summary()).unwrap()),
            ),
            (
                "part by part",
                parts
                    .iter()
                    .fold(base.clone(), |state, part| joined(&state, part)),
            ),
            (
                "part by part, from nothing",
                parts
                    .iter()
                    .fold(Causal::new(), |state, part| joined(&state, part)),
            ),
            ("bytes", travelled.unwrap()),
        ];
        for (path, state) in paths {
            assert_eq!(state, *end, "by {path}");
            assert_eq!(state.to_bytes(), end.to_bytes(), "by {path}");
            assert!(state.leq(end) && end.leq(&state));
        }
    }
    check_worlds!(property);
}

fn apply_all<S: Subject>(base: &Causal<S>, deltas: &[CausalDelta<S>]) -> Causal<S> {
    deltas
        .iter()
        .fold(base.clone(), |state, delta| applied(&state, delta))
}

fn shuffle<T>(items: &mut [T], choices: &mut Choices) {
    for end in (1..items.len()).rev() {
        items.swap(end, choices.below(end + 1));
    }
}
