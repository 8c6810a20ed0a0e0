//! What deltas promise: mutators and their deltas agree, groups count as their members, and applying a
//! delta key by key is joining the state that it stands for.

use super::stores::Subject;
use super::world::World;
use super::{applied, check_worlds, joined, plain};
use crate::{Causal, Decompose, Delta, Lattice, Summarize};

#[test]
fn a_mutator_and_its_delta_agree() {
    fn property<S: Subject>(world: World<S>) {
        for (before, delta, after) in &world.mutations {
            assert_eq!(applied(before, delta), *after);
            assert_eq!(joined(before, &plain(delta)), *after);
            assert!(before.leq(after) && plain(delta).leq(after));
            assert!(!delta.events().is_empty(), "every edit is an event");
        }
    }
    check_worlds!(property);
}

#[test]
fn applying_a_delta_is_joining_what_it_stands_for() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for delta in &world.deltas {
            for _ in 0..4 {
                let state = choices.pick(&world.states);
                let after = applied(state, delta);
                assert_eq!(
                    after,
                    joined(state, &plain(delta)),
                    "{delta:?} on {state:?}"
                );
                assert_eq!(applied(&after, delta), after, "a copy changes nothing");
            }
        }
    }
    check_worlds!(property);
}

#[test]
fn a_group_counts_as_its_members_in_any_order() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..8 {
            let state = choices.pick(&world.states);
            let members: [_; 4] = core::array::from_fn(|_| choices.pick(&world.deltas));
            let Ok(group) = Delta::merge_deltas(members);
            let [a, b, c, d] = members;
            let one_by_one = [d, b, a, c]
                .into_iter()
                .fold(state.clone(), |state, delta| applied(&state, delta));
            assert_eq!(applied(state, &group), one_by_one);
            assert_eq!(
                plain(&group),
                [a, c, d, b]
                    .into_iter()
                    .fold(Causal::new(), |all, delta| joined(&all, &plain(delta)))
            );
        }
    }
    check_worlds!(property);
}

#[test]
fn changes_since_a_base_bring_it_up_and_say_nothing_twice() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..6 {
            let [state, base, other] = world.trio(&mut choices);
            let delta = state.changes_since(&base);
            assert_eq!(applied(&base, &delta), joined(&base, &state));
            assert_eq!(plain(&delta), state.diff(&base));
            assert!(
                plain(&delta).decompose().all(|part| !part.leq(&base)),
                "redundant"
            );
            assert!(plain(&delta).leq(&state), "it says no more than the state");
            assert!(state.changes_since(&state).is_empty());
            assert_eq!(delta.is_empty(), state.leq(&base));
            // It may go elsewhere, or arrive late.
            assert_eq!(applied(&other, &delta), joined(&other, &plain(&delta)));
        }
    }
    check_worlds!(property);
}

#[test]
fn a_summary_is_enough_to_find_what_a_peer_lacks() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..6 {
            let [state, peer, other] = world.trio(&mut choices);
            let delta = state
                .delta_since(&peer.summary())
                .expect("nothing was trimmed");
            assert_eq!(applied(&peer, &delta), joined(&peer, &state));
            assert_eq!(plain(&delta), state.diff(&peer));
            assert!(
                state
                    .delta_since(&state.summary())
                    .is_some_and(|delta| delta.is_empty())
            );
            assert_eq!(applied(&other, &delta), joined(&other, &plain(&delta)));
        }
    }
    check_worlds!(property);
}
