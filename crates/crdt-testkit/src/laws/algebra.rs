//! The laws of join, order, decomposition and difference, on states of one history; of grouping, on
//! its deltas.

use core::fmt::Debug;

use crdt_core::{Decompose, Delta, Lattice};

use super::judge::{Judge, show};
use super::law::Law;
use super::subject::{DeltaOf, Subject};
use super::world::{World, apply, join, same_bytes};

/// Checks a few states and deltas of a history that was played.
pub(super) fn check<S: Subject>(world: &mut World<S>) {
    let World {
        judge,
        snapshots,
        deltas,
        rng,
        ..
    } = world;
    for _ in 0..N_TRIOS {
        let [a, b, c] = core::array::from_fn(|_| &rng.pick(snapshots).state);
        check_lattice(judge, [a, b, c]);
        check_diff(judge, a, b);
        if !deltas.is_empty() {
            let trio = core::array::from_fn(|_| rng.pick(deltas));
            check_groups::<S>(judge, a, trio);
        }
    }
    check_parts(judge, &rng.pick(snapshots).state);
}

fn check_lattice<T>(judge: &mut Judge, [a, b, c]: [&T; 3])
where
    T: Lattice + Clone + PartialEq + Debug,
{
    judge.open(Law::Idempotence);
    judge.same(Law::Idempotence, "a and a | a", a, &joined(a, a));
    judge.open(Law::Commutativity);
    let both = joined(a, b);
    judge.same(Law::Commutativity, "a | b and b | a", &both, &joined(b, a));
    judge.open(Law::Associativity);
    let (left, right) = (joined(&both, c), joined(a, &joined(b, c)));
    judge.same(
        Law::Associativity,
        "(a | b) | c and a | (b | c)",
        &left,
        &right,
    );
    judge.open(Law::Identity);
    let bottom = T::default();
    judge.same(Law::Identity, "a and a | bottom", a, &joined(a, &bottom));
    judge.same(Law::Identity, "a and bottom | a", a, &joined(&bottom, a));
    judge.check(Law::Identity, a.is_bottom() == (*a == bottom), &|| {
        format!("is_bottom() = {} of {}", a.is_bottom(), show(a))
    });
    judge.open(Law::Order);
    judge.check(Law::Order, a.leq(b) == (both == *b), &|| {
        let (a, b) = (show(a), show(b));
        format!("leq of {a} and {b}, which join to {}", show(&both))
    });
    judge.check(Law::Order, a.leq(&both) && b.leq(&both), &|| {
        let (a, b) = (show(a), show(b));
        format!("the join of {a} and {b} is not above both: {}", show(&both))
    });
    join(judge, &mut a.clone(), b);
}

fn check_diff<T>(judge: &mut Judge, state: &T, base: &T)
where
    T: Decompose + Clone + PartialEq + Debug,
{
    judge.open(Law::Diff);
    let difference = state.diff(base);
    let (left, right) = (joined(base, &difference), joined(base, state));
    judge.same(
        Law::Diff,
        "the base with the difference, and with all",
        &left,
        &right,
    );
    judge.check(Law::Diff, difference.leq(state), &|| {
        format!("{difference:?} says more than {state:?}")
    });
    let superfluous = difference.decompose().find(|part| part.leq(base));
    judge.check(Law::Diff, superfluous.is_none(), &|| {
        format!("{superfluous:?} of the difference is known to {base:?}")
    });
    let own = state.diff(state);
    judge.check(Law::Diff, own.is_bottom() && own == T::default(), &|| {
        format!("{own:?} is the difference of {state:?} from itself")
    });
    let what = "a state and its difference from the bottom";
    judge.same(Law::Diff, what, state, &state.diff(&T::default()));
}

fn check_parts<T>(judge: &mut Judge, state: &T)
where
    T: Decompose + Clone + PartialEq + Debug,
{
    judge.open(Law::Decomposition);
    let parts: Vec<T> = state.decompose().collect();
    let below = prefixes(parts.iter());
    let above = prefixes(parts.iter().rev());
    let n_parts = parts.len();
    let what = "a state and the join of its parts";
    judge.same(Law::Decomposition, what, state, &below[n_parts]);
    for (idx, part) in parts.iter().enumerate() {
        let others = joined(&below[idx], &above[n_parts - 1 - idx]);
        judge.check(Law::Decomposition, others != *state, &|| {
            format!("without {part:?} the parts still join to {state:?}")
        });
        let pieces: Vec<T> = part.decompose().collect();
        let is_one = pieces == [part.clone()];
        judge.check(Law::Decomposition, is_one && !part.is_bottom(), &|| {
            format!("the part {part:?} falls into {pieces:?}")
        });
    }
}

/// The joins of the first 0, 1, 2, ... parts.
fn prefixes<'a, T: Lattice + Clone + 'a>(parts: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut joins = vec![T::default()];
    for part in parts {
        let next = joins.last().map(|last| joined(last, part));
        joins.extend(next);
    }
    joins
}

fn check_groups<S: Subject>(judge: &mut Judge, state: &S::State, [a, b, c]: [&DeltaOf<S>; 3]) {
    const LAW: Law = Law::Groups;
    judge.open(LAW);
    let empty = DeltaOf::<S>::default();
    let groups = [
        &[a, a][..],
        &[a, b],
        &[b, a],
        &[b, c],
        &[a, b, c],
        &[&empty, a],
    ];
    let Some([twice, both, reversed, rest, all, same]) = merge_each::<S, 6>(judge, groups) else {
        return;
    };
    judge.same(LAW, "a delta and its group with itself", a, &twice);
    judge.same(LAW, "two deltas grouped in both orders", &both, &reversed);
    judge.same(LAW, "a delta and its group with the empty one", a, &same);
    if let Some([nested]) = merge_each::<S, 1>(judge, [&[a, &rest]]) {
        judge.same(LAW, "(a | b) | c and a | (b | c) of deltas", &all, &nested);
    }
    judge.check(LAW, a.is_empty() == (*a == empty), &|| {
        format!("is_empty() = {} of {a:?}", a.is_empty())
    });
    let (mut one_by_one, mut at_once) = (state.clone(), state.clone());
    for delta in [c, a, b] {
        apply::<S>(judge, &mut one_by_one, delta);
    }
    apply::<S>(judge, &mut at_once, &all);
    let what = "a state with deltas one by one and with their group";
    same_bytes(judge, LAW, what, &one_by_one, &at_once);
}

/// Groups the deltas of each list; honest ones can be.
fn merge_each<S: Subject, const N: usize>(
    judge: &mut Judge,
    lists: [&[&DeltaOf<S>]; N],
) -> Option<[DeltaOf<S>; N]> {
    let mut groups = Vec::new();
    for list in lists {
        let group = DeltaOf::<S>::merge_deltas(list.iter().copied());
        let group = group.map_err(|error| format!("honest deltas do not group: {error}"));
        groups.push(judge.done(Law::Groups, group)?);
    }
    groups.try_into().ok()
}

fn joined<T: Lattice + Clone>(a: &T, b: &T) -> T {
    let mut result = a.clone();
    result.join(b);
    result
}

const N_TRIOS: usize = 4;
