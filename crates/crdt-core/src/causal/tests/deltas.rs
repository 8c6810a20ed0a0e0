//! What deltas promise: mutators and their deltas agree, groups count as their members, and applying a
//! delta key by key is joining the state that it stands for.

use alloc::vec::Vec;

use super::stores::{Set, Subject};
use super::world::{Choices, World};
use super::{applied, check_worlds, joined, plain};
use crate::testing::agent;
use crate::{
    Causal, CausalDelta, Change, Decompose, Delta, DeltaState, Dot, DotMap, DotSet, Dotted,
    Lattice, Live, Minter, Named, NextSeqError, Summarize, Wrapper,
};

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

/// Whoever limits how much one delta may tell of asks without knowing its type.
#[test]
fn a_delta_of_any_type_tells_of_its_events() {
    fn property<S: Subject>(world: World<S>) {
        for delta in &world.deltas {
            assert_eq!(Causal::<S>::events_of(delta), delta.context());
        }
        for (before, delta, after) in &world.mutations {
            let mut events = Causal::<S>::events_of(delta);
            events.join(&before.context);
            assert_eq!(events, after.context);
        }
    }
    check_worlds!(property);
}

#[test]
fn a_delta_is_named_after_the_state_that_it_changes() {
    assert_eq!(CausalDelta::<Labelled>::full_name(), "delta<labelled>");
}

/// A store with a name.
#[derive(Clone, Default, PartialEq)]
struct Labelled(DotSet);

impl Wrapper for Labelled {
    type Inner = DotSet;
    type Feed = bool;
    type Glance = ();

    fn inner(&self) -> &DotSet {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut DotSet {
        &mut self.0
    }

    fn wrap(inner: DotSet) -> Self {
        Self(inner)
    }

    fn glance(&self) {}

    fn feed(&self, (): (), inner: bool) -> bool {
        inner
    }
}

impl Named for Labelled {
    const NAME: &'static str = "labelled";
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

/// Whoever passes on what is news must be told of all news, and of nothing else.
#[test]
fn joining_and_applying_tell_whether_anything_changed() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..6 {
            let [before, other, _] = world.trio(&mut choices);
            let mut after = before.clone();
            assert_eq!(after.join(&other), after != before);
            let mut after = before.clone();
            let delta = any_delta(&world, &mut choices);
            let changed = after.apply_delta(&delta).expect("one history");
            assert_eq!(changed, after != before, "{delta:?} on {before:?}");
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

/// Splits a delta that makes a change to each of some words, in parts of at most three dots and ranges.
fn parts_of(words: impl FnOnce(&mut Minter) -> Vec<Change<DotSet>>) -> Vec<CausalDelta<Set>> {
    let delta = Causal::<Set>::new().mutate::<NextSeqError>(&agent(0), |_, minter| {
        let mut all = Change::default();
        for (key, word) in (0..).zip(words(minter)) {
            all.merge(&Change::bring(DotMap::from((key, word))));
        }
        Ok(all)
    });
    delta.unwrap().split(3)
}

/// Whoever bounds the parts gets none that is larger, and no more of them than it takes.
#[test]
fn the_parts_of_a_delta_are_as_large_as_they_may_be() {
    // The first two words are a part, for the third does not fit; the third and the fourth fill one; the
    // fifth stands alone before one that is too large for any.
    let parts = parts_of(|minter| {
        let mut dots = |n: usize| (0..n).map(|_| minter.mint().unwrap()).collect();
        [1, 1, 2, 1, 1, 5, 1].map(|n| Change::bring(dots(n))).into()
    });
    let n_dots: Vec<_> = parts.iter().map(|part| part.events().n_dots()).collect();
    assert_eq!(n_dots, [2, 3, 1, 3, 2, 1]);
    // Two ranges that are taken from each word, so that two words are too much.
    let parts = parts_of(|minter| {
        minter.mint().unwrap(); // a removal is an event too
        let removed = || {
            [0, 2]
                .map(|seq| Dot::new(agent(1), seq).unwrap())
                .into_iter()
                .collect()
        };
        let taken = |_| Change {
            removed: removed(),
            live: DotSet::default(),
        };
        (0..3).map(taken).collect()
    });
    let n_words = parts.iter().map(|part| part.change().live.iter().count());
    assert_eq!(n_words.collect::<Vec<_>>(), [1, 1, 1, 0]);
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
            let mut inherent = a.clone();
            inherent.merge(&b);
            assert_eq!(merged, inherent, "the trait's way is the same");
            assert!(!Live::merge(&mut merged, &b), "it is there");
        }
    }
    check_worlds!(property);
}
