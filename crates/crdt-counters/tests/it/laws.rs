//! The laws of a lattice, its decomposition, its deltas and its mutators.

use core::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::hash::DefaultHasher;

use crdt_core::{Decompose, Delta, DeltaState, Lattice, Summarize};
use crdt_counters::{BoundedCounter, GCounter, PnCounter};

use crate::support::{Case, Sample, agent, check_property, join_but};

fn joined<T: Lattice + Clone>(a: &T, b: &T) -> T {
    let mut result = a.clone();
    result.join(b);
    result
}

fn join<T: Sample>(Case(a): Case<T>, Case(b): Case<T>, Case(c): Case<T>) -> bool {
    let mut changing = a.clone();
    let changed = changing.join(&b);
    joined(&a, &a) == a
        && joined(&a, &b) == joined(&b, &a)
        && joined(&joined(&a, &b), &c) == joined(&a, &joined(&b, &c))
        && joined(&a, &T::default()) == a
        && joined(&T::default(), &a) == a
        && changed == (changing != a)
        && a.leq(&changing)
        && a.leq(&b) == (joined(&a, &b) == b)
        && a.is_bottom() == (a == T::default())
}

fn decompose<T: Sample>(Case(a): Case<T>, Case(b): Case<T>) -> bool {
    let parts: Vec<T> = a.decompose().collect();
    let delta = a.diff(&b);
    join_but(&parts, usize::MAX) == a
        && (0..parts.len()).all(|idx| join_but(&parts, idx) != a)
        && parts.iter().all(|part| part.decompose().count() == 1)
        && joined(&b, &delta) == joined(&b, &a)
        && delta.decompose().all(|part| !part.leq(&b))
        && a.diff(&a).is_bottom()
        && delta == provided_diff(&a, &b)
}

/// What `diff` returns where it is not overridden.
fn provided_diff<T: Decompose>(a: &T, b: &T) -> T {
    let parts: Vec<T> = a.decompose().filter(|part| !part.leq(b)).collect();
    join_but(&parts, usize::MAX)
}

fn summary<T>(Case(a): Case<T>, Case(b): Case<T>) -> bool
where
    T: Sample + Summarize<Delta = T>,
{
    let delta = a.delta_since(&b.summary());
    let mut peer = b.clone();
    let applied = delta.is_some_and(|delta| peer.apply_delta(&delta).is_ok());
    let own = a.delta_since(&a.summary());
    applied && peer == joined(&b, &a) && own.is_some_and(|own| own.is_bottom())
}

fn group<T>(Case(a): Case<T>, Case(b): Case<T>, Case(c): Case<T>) -> bool
where
    T: Sample + DeltaState<Delta = T>,
{
    let (mut at_once, mut one_by_one) = (a.clone(), a);
    let group = T::merge_deltas([&b, &c, &b]).unwrap_or_default();
    let applied = [(&mut at_once, &group), (&mut one_by_one, &b)];
    let all_apply = applied.map(|(state, delta)| state.apply_delta(delta).is_ok());
    let last_applies = one_by_one.apply_delta(&c).is_ok();
    all_apply == [true; 2]
        && last_applies
        && at_once == one_by_one
        && group.is_empty() == (group == T::default())
}

fn hash<T: Sample + Hash>(Case(a): Case<T>, Case(b): Case<T>) -> bool {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    (a == b) == (hasher.hash_one(&a) == hasher.hash_one(&b))
        && hasher.hash_one(joined(&a, &b)) == hasher.hash_one(joined(&b, &a))
}

fn check_laws<T: Sample + Hash + Summarize<Delta = T>>() {
    check_property(join::<T> as fn(Case<T>, Case<T>, Case<T>) -> bool);
    check_property(decompose::<T> as fn(Case<T>, Case<T>) -> bool);
    check_property(summary::<T> as fn(Case<T>, Case<T>) -> bool);
    check_property(group::<T> as fn(Case<T>, Case<T>, Case<T>) -> bool);
    check_property(hash::<T> as fn(Case<T>, Case<T>) -> bool);
}

#[test]
fn a_grow_only_counter_is_a_lattice() {
    check_laws::<GCounter>();
}

#[test]
fn a_pn_counter_is_a_lattice() {
    check_laws::<PnCounter>();
}

#[test]
fn a_bounded_counter_is_a_lattice() {
    check_laws::<BoundedCounter>();
}

/// Checks a mutator against its twin that returns the delta, from one state.
///
/// Inflation, and: the mutated state is the state before it with the delta joined, the delta is at most
/// one part, and it is empty if and only if nothing changed.
fn agrees<T: Sample, E: PartialEq>(
    before: &T,
    mutate: impl Fn(&mut T) -> Result<(), E>,
    mutate_with_delta: impl Fn(&mut T) -> Result<T, E>,
) -> bool {
    let (mut plain, mut with_delta) = (before.clone(), before.clone());
    let result = mutate(&mut plain);
    match mutate_with_delta(&mut with_delta) {
        Ok(delta) => {
            result == Ok(())
                && plain == with_delta
                && before.leq(&plain)
                && joined(before, &delta) == plain
                && delta.decompose().count() == usize::from(plain != *before)
        }
        Err(error) => result == Err(error) && plain == *before && with_delta == *before,
    }
}

#[test]
fn grow_only_mutators_agree_with_their_deltas() {
    fn property(Case(before): Case<GCounter>, who: usize, n: u64) -> bool {
        let who = agent(who);
        [n, n % 4].into_iter().all(|n| {
            agrees(
                &before,
                |c| c.increment(&who, n),
                |c| c.increment_with_delta(&who, n),
            )
        })
    }
    check_property(property as fn(Case<GCounter>, usize, u64) -> bool);
}

#[test]
fn pn_mutators_agree_with_their_deltas() {
    fn property(Case(before): Case<PnCounter>, who: usize, n: i64) -> bool {
        let who = agent(who);
        [n, n % 4].into_iter().all(|n| {
            let abs = n.unsigned_abs();
            agrees(
                &before,
                |c| c.increment(&who, abs),
                |c| c.increment_with_delta(&who, abs),
            ) && agrees(
                &before,
                |c| c.decrement(&who, abs),
                |c| c.decrement_with_delta(&who, abs),
            ) && agrees(&before, |c| c.add(&who, n), |c| c.add_with_delta(&who, n))
        })
    }
    check_property(property as fn(Case<PnCounter>, usize, i64) -> bool);
}

#[test]
fn bounded_mutators_agree_with_their_deltas() {
    fn property(Case(before): Case<BoundedCounter>, who: usize, to: usize, n: u64) -> bool {
        let (who, to) = (agent(who), agent(to));
        [n, n % 4].into_iter().all(|n| {
            agrees(
                &before,
                |c| c.increment(&who, n),
                |c| c.increment_with_delta(&who, n),
            ) && agrees(
                &before,
                |c| c.decrement(&who, n),
                |c| c.decrement_with_delta(&who, n),
            ) && agrees(
                &before,
                |c| c.transfer(&who, &to, n),
                |c| c.transfer_with_delta(&who, &to, n),
            )
        })
    }
    check_property(property as fn(Case<BoundedCounter>, usize, usize, u64) -> bool);
}
