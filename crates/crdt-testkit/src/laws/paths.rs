//! Whatever path events take, and in whatever order they come, the state is the join of their deltas.

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{Decompose, Delta, DeltaState, Lattice, Summarize};

use super::history::EventSet;
use super::law::Law;
use super::subject::{DeltaOf, Subject};
use super::world::{World, apply, same_bytes};

/// Checks a few states, and a few sets of events that no replica happened to know.
pub(super) fn check<S: Subject>(world: &mut World<S>) {
    for _ in 0..N_STATES {
        let snapshot = world.rng.pick(&world.snapshots);
        let Some((_, delivered)) = snapshot.owner else {
            continue;
        };
        let state = snapshot.state.clone();
        check_rebuilt(world, &state, delivered);
        check_summaries(world, &state);
        check_news(world, &state);
        check_parts(world, &state);
    }
    for _ in 0..N_SUBSETS {
        check_subset(world);
    }
}

/// The same state from deltas, from a group of them, and from its own parts and differences.
fn check_rebuilt<S: Subject>(world: &mut World<S>, state: &S::State, delivered: EventSet) {
    const LAW: Law = Law::Paths;
    let places = shuffled(world, delivered);
    let by_deltas = from_deltas(world, &places);
    let judge = &mut world.judge;
    let what = "a state and the join of the deltas of its events";
    same_bytes(judge, LAW, what, state, &by_deltas);

    let deltas: Vec<&DeltaOf<S>> = places.iter().map(|&idx| &world.deltas[idx]).collect();
    let group = DeltaOf::<S>::merge_deltas(deltas);
    let group = group.map_err(|error| format!("honest deltas do not group: {error}"));
    if let Some(group) = judge.done(LAW, group) {
        let mut by_group = S::State::default();
        apply::<S>(judge, &mut by_group, &group);
        same_bytes(
            judge,
            LAW,
            "a state and all its deltas as a group",
            state,
            &by_group,
        );
    }

    judge.open(LAW);
    let mut parts: Vec<S::State> = state.decompose().collect();
    world.rng.shuffle(&mut parts);
    let mut by_parts = S::State::default();
    for part in &parts {
        by_parts.join(part);
    }
    same_bytes(judge, LAW, "a state and its parts", state, &by_parts);
}

fn check_summaries<S: Subject>(world: &mut World<S>, state: &S::State) {
    const LAW: Law = Law::CatchUp;
    let base = world.pick_shared();
    let judge = &mut world.judge;
    judge.open(LAW);
    let own = state.delta_since(&state.summary());
    judge.check(LAW, own.as_ref().is_some_and(Delta::is_empty), &|| {
        format!("{own:?} is what {state:?} lacks of itself")
    });
    for base in [S::State::default(), base] {
        let mut joined = base.clone();
        joined.join(state);
        let mut caught_up = base.clone();
        let delta = state.delta_since(&base.summary());
        let delta = delta.ok_or_else(|| "nothing was trimmed".to_owned());
        if let Some(delta) = judge.done(LAW, delta) {
            apply::<S>(judge, &mut caught_up, &delta);
        }
        same_bytes(
            judge,
            LAW,
            "joined, and caught up by a summary",
            &joined,
            &caught_up,
        );
        if let Some(delta) = S::changes_since(state, &base) {
            let mut changed = base.clone();
            apply::<S>(judge, &mut changed, &delta);
            same_bytes(
                judge,
                Law::Diff,
                "joined, and changed by a delta",
                &joined,
                &changed,
            );
        }
    }
}

/// What a state takes for news does what the whole delta does, here and where more is known.
fn check_news<S: Subject>(world: &mut World<S>, state: &S::State) {
    const LAW: Law = Law::News;
    if world.deltas.is_empty() {
        return;
    }
    let grouped = DeltaOf::<S>::merge_deltas([
        world.rng.pick(&world.deltas),
        world.rng.pick(&world.deltas),
        world.rng.pick(&world.deltas),
    ]);
    let other = world.pick_shared();
    let delta = match (grouped, other.delta_since(&S::State::default().summary())) {
        (Ok(grouped), _) if world.rng.below(2) == 0 => grouped,
        (_, Some(whole)) => whole,
        _ => return,
    };
    let judge = &mut world.judge;
    judge.open(LAW);
    let Some(news) = state.news_of(&delta) else {
        return;
    };
    let bytes = news.to_bytes();
    let read = DeltaOf::<S>::from_bytes(&bytes, &DecodeLimits::default());
    judge.check(LAW, read.as_ref() == Ok(&news), &|| {
        format!("the news {news:?} is read as {read:?}")
    });
    let mut more = state.clone();
    more.join(&other);
    for base in [state, &more] {
        let (mut by_delta, mut by_news) = (base.clone(), base.clone());
        apply::<S>(judge, &mut by_delta, &delta);
        apply::<S>(judge, &mut by_news, &news);
        same_bytes(
            judge,
            LAW,
            "by a delta and by its news",
            &by_delta,
            &by_news,
        );
        let left = by_delta.news_of(&delta);
        judge.check(LAW, left.as_ref().is_some_and(Delta::is_empty), &|| {
            format!("{left:?} of {delta:?} is news where it is known")
        });
    }
}

/// The difference of two states, and a group of deltas, in parts: all of them, and the first few.
fn check_parts<S: Subject>(world: &mut World<S>, state: &S::State) {
    const LAW: Law = Law::Parts;
    let base = world.pick_shared();
    let max_entries = world.rng.between(1, 6);
    let grouped = DeltaOf::<S>::merge_deltas(&world.deltas);
    let since = state.delta_since(&base.summary());
    for delta in since.into_iter().chain(grouped.ok()) {
        let parts = S::State::split_delta(delta.clone(), max_entries);
        let n_parts = world.rng.between(0, parts.len());
        let judge = &mut world.judge;
        judge.open(LAW);
        let (mut by_delta, mut by_parts) = (base.clone(), base.clone());
        apply::<S>(judge, &mut by_delta, &delta);
        for part in &parts[..n_parts] {
            apply::<S>(judge, &mut by_parts, part);
        }
        let mut caught_up = by_parts.clone();
        let rest = by_delta.delta_since(&by_parts.summary());
        let rest = rest.ok_or_else(|| "nothing was trimmed".to_owned());
        if let Some(rest) = judge.done(LAW, rest) {
            apply::<S>(judge, &mut caught_up, &rest);
        }
        let what = "by a delta, and by its first parts and a summary";
        same_bytes(judge, LAW, what, &by_delta, &caught_up);
        for part in &parts[n_parts..] {
            let read = DeltaOf::<S>::from_bytes(&part.to_bytes(), &DecodeLimits::default());
            judge.check(LAW, read.as_ref() == Ok(part), &|| {
                format!("the part {part:?} is read as {read:?}")
            });
            apply::<S>(judge, &mut by_parts, part);
        }
        let what = "by a delta and by its parts";
        same_bytes(judge, LAW, what, &by_delta, &by_parts);
    }
}

/// A closed set of events, known to a replica that never was, and what it shows.
fn check_subset<S: Subject>(world: &mut World<S>) {
    let n_events = world.history.len();
    if n_events == 0 {
        return;
    }
    let n_picks = world.rng.between(1, 3);
    let picks = (0..n_picks).map(|_| EventSet::of(world.rng.below(n_events)));
    let picked = picks.fold(EventSet::default(), EventSet::union);
    let known = world.history.closure(picked);
    if !world.is_causal(known) {
        return;
    }
    let places = shuffled(world, known);
    let state = from_deltas(world, &places);
    let judge = &mut world.judge;
    judge.open(Law::Oracle);
    let expected = S::oracle(&world.history.within(known));
    let what = "shown and specified, of some deltas";
    judge.same(Law::Oracle, what, &S::value(&state), &expected);
}

fn from_deltas<S: Subject>(world: &mut World<S>, places: &[usize]) -> S::State {
    let mut state = S::State::default();
    for &idx in places {
        apply::<S>(&mut world.judge, &mut state, &world.deltas[idx]);
    }
    state
}

fn shuffled<S: Subject>(world: &mut World<S>, events: EventSet) -> Vec<usize> {
    let mut places: Vec<usize> = events.iter().collect();
    world.rng.shuffle(&mut places);
    places
}

const N_STATES: usize = 2;
const N_SUBSETS: usize = 2;
