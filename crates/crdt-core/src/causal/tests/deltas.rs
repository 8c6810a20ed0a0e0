//! What deltas promise: mutators and their deltas agree, groups count as their members, and applying a
//! delta key by key is joining the state that it stands for.

use super::stores::Subject;
use super::world::{Choices, World};
use super::{applied, check_worlds, joined, plain};
use crate::{Causal, CausalDelta, Decompose, Delta, DeltaState, Dotted, Lattice, Live, Summarize};

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

/// A mutation of the world, or the difference of two of its states.
fn any_delta<S: Subject>(world: &World<S>, choices: &mut Choices) -> CausalDelta<S> {
    let [state, base, _] = world.trio(choices);
    let difference = state.changes_since(&base);
    let mutation = choices.pick(&world.deltas).clone();
    choices.pick(&[difference, mutation]).clone()
}

#[test]
fn the_parts_of_a_delta_do_together_what_it_does() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..6 {
            let delta = any_delta(&world, &mut choices);
            let state = choices.pick(&world.states);
            let whole = delta.clone().split(usize::MAX);
            assert_eq!(whole, core::slice::from_ref(&delta), "small: one part");
            let parts = delta.clone().split(1);
            let one_by_one = parts
                .iter()
                .fold(state.clone(), |state, part| applied(&state, part));
            assert_eq!(one_by_one, applied(state, &delta), "{delta:?}");
            if parts.len() > 1 {
                assert!(parts.iter().all(|part| !part.is_empty()), "{parts:?}");
                assert!(parts.iter().all(brings_or_takes), "{parts:?}");
            }
        }
    }
    /// Of several parts, what removes comes behind all that brings something.
    fn brings_or_takes<S: Subject>(part: &CausalDelta<S>) -> bool {
        let brings = !Dotted::is_empty(&part.change.live);
        !(brings && (!part.change.removed.is_empty() || !part.gone.is_empty()))
    }
    check_worlds!(property);
}

#[test]
fn the_news_of_a_delta_do_what_it_does_where_the_rest_is_known() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..6 {
            let delta = any_delta(&world, &mut choices);
            let [state, _, other] = world.trio(&mut choices);
            let after = applied(&state, &delta);
            let news = state.news_of(&delta).unwrap_or_else(|| delta.clone());
            assert_eq!(applied(&state, &news), after, "{delta:?} on {state:?}");
            let ahead = joined(&state, &other);
            assert_eq!(applied(&ahead, &news), applied(&ahead, &delta));
            let rest = after.news_of(&delta).expect("all of it is known");
            assert!(rest.is_empty(), "{rest:?} of {delta:?}");
            let is_new_to_all = Causal::new().news_of(&delta).is_none();
            assert_eq!(is_new_to_all, delta.events.n_dots() > 0, "{delta:?}");
        }
    }
    check_worlds!(property);
}

#[test]
fn merging_a_change_tells_whether_it_brought_anything() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..6 {
            let [a, b] = [(); 2].map(|()| any_delta(&world, &mut choices).change);
            let mut merged = a.clone();
            let grew = Live::merge(&mut merged, &b);
            assert_eq!(grew, merged != a, "{a:?} and {b:?}");
            assert!(!Live::merge(&mut merged, &b), "it is there");
        }
    }
    check_worlds!(property);
}
