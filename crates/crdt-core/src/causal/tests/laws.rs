//! The laws of a lattice and of its decomposition, for states; those of a lattice, for deltas.

use alloc::vec::Vec;
use core::fmt::Debug;

use super::stores::Subject;
use super::world::World;
use super::{check_worlds, joined};
use crate::{Causal, Decompose, Delta, Lattice};

#[track_caller]
pub(super) fn assert_lattice<T: Lattice + Clone + PartialEq + Debug>(a: &T, b: &T, c: &T) {
    let both = joined(a, b);
    assert_eq!(joined(a, a), *a, "idempotence");
    assert_eq!(both, joined(b, a), "commutativity");
    assert_eq!(joined(&both, c), joined(a, &joined(b, c)), "associativity");
    assert_eq!(joined(a, &T::default()), *a, "identity");
    assert_eq!(joined(&T::default(), a), *a, "identity");
    assert_eq!(a.clone().join(b), both != *a, "changed flag of join");
    assert!(a.leq(&both) && b.leq(&both), "a join is above both");
    assert_eq!(a.leq(b), both == *b, "order");
    assert_eq!(a.is_bottom(), *a == T::default(), "bottom");
    assert_eq!(both.is_bottom(), a.is_bottom() && b.is_bottom());
}

#[test]
fn states_are_a_lattice() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..8 {
            let [a, b, c] = world.trio(&mut choices);
            assert_lattice(&a, &b, &c);
        }
    }
    check_worlds!(property);
}

#[test]
fn deltas_are_a_lattice() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..16 {
            let [a, b, c] = core::array::from_fn(|_| choices.pick(&world.deltas));
            assert_lattice(a, b, c);
            assert_eq!(a.is_empty(), a.is_bottom());
        }
    }
    check_worlds!(property);
}

#[test]
fn a_state_is_the_join_of_parts_none_of_which_can_be_missed() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        let [state, base, _] = world.trio(&mut choices);
        let parts: Vec<Causal<S>> = state.decompose().collect();
        let ups = prefixes(parts.iter());
        let downs = prefixes(parts.iter().rev());
        let n_parts = parts.len();
        assert_eq!(ups[n_parts], state, "the parts join to the state");
        for (idx, part) in parts.iter().enumerate() {
            let without = joined(&ups[idx], &downs[n_parts - 1 - idx]);
            assert_ne!(without, state, "part {idx} is redundant");
            assert!(
                part.decompose().eq([part.clone()]),
                "part {idx} is no single part"
            );
        }
        assert_eq!(
            state.context.n_dots(),
            n_parts as u128,
            "one part for each event"
        );
        // What the trait provides by filtering parts is what the override computes wholesale.
        let filtered = parts.iter().filter(|part| !part.leq(&base));
        assert_eq!(state.diff(&base), *prefixes(filtered).last().unwrap());
    }
    check_worlds!(property);
}

/// The joins of the first 0, 1, 2, ... parts.
fn prefixes<'a, S: Subject + 'a>(parts: impl Iterator<Item = &'a Causal<S>>) -> Vec<Causal<S>> {
    let mut joins = alloc::vec![Causal::new()];
    for part in parts {
        joins.push(joined(joins.last().unwrap(), part));
    }
    joins
}

#[test]
fn a_diff_is_what_the_base_lacks_and_no_more() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..8 {
            let [state, base, _] = world.trio(&mut choices);
            let delta = state.diff(&base);
            assert_eq!(joined(&base, &delta), joined(&base, &state));
            assert!(
                delta.decompose().all(|part| !part.leq(&base)),
                "a part is redundant"
            );
            assert!(state.diff(&state).is_bottom());
            assert_eq!(state.diff(&Causal::new()), state);
        }
    }
    check_worlds!(property);
}
