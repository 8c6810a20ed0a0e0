//! Plays histories until every law has had its chances.

use core::any::Any;
use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use super::judge::Judge;
use super::law::Law;
use super::report::{Failure, Item, Report};
use super::script::Script;
use super::subject::Subject;
use super::world::World;
use super::{algebra, codec, paths};
use crate::rng::Rng;

/// Plays `cases` random histories of a type and holds it to every [`Law`].
///
/// The histories are those of the seeds from `seed` on, so a seed named in a failure repeats it as the
/// first case. A failure is shown with a history from which no step can be left out.
///
/// # Examples
/// See [`laws`](crate::laws).
pub fn check<S: Subject>(cases: u64, seed: u64) -> Report {
    let seeds = (0..cases).map(|case| seed.wrapping_add(case));
    check_all::<S>(cases, seeds.map(|seed| (seed, Rng::new(seed))))
}

/// Plays the one history that `choices` make, and holds it to every [`Law`]: for fuzzers.
///
/// # Examples
/// See [`check`], whose reports this makes too.
pub fn check_choices<S: Subject>(choices: &[u8]) -> Report {
    check_all::<S>(1, [(0, Rng::from_choices(choices))])
}

fn check_all<S: Subject>(cases: u64, rngs: impl IntoIterator<Item = (u64, Rng)>) -> Report {
    let mut total = Judge::new();
    let mut failures: [Option<Failure>; Law::ALL.len()] = Default::default();
    for (seed, rng) in rngs {
        let judge = judge::<S>(&Script::generate::<S>(rng.clone()));
        total.add(&judge);
        for law in Law::ALL {
            let failure = &mut failures[law as usize];
            if failure.is_none() && judge.broken(law).is_some() {
                *failure = Some(explain::<S>(seed, &rng, law));
            }
        }
    }
    let item = |law: Law| Item {
        law,
        n_checks: total.n_checks(law),
        failure: failures[law as usize].take(),
    };
    let items = Law::ALL.into_iter().map(item);
    Report {
        name: S::name(),
        cases,
        items: items.filter(|item| item.n_checks > 0).collect(),
    }
}

/// Plays one history and checks everything.
fn judge<S: Subject>(script: &Script<S::Op>) -> Judge {
    let mut world = World::<S>::new(script);
    run(&mut world, |world| {
        world.play(&script.steps);
        algebra::check(world);
        codec::check(world);
        paths::check(world);
    });
    world.judge
}

/// Makes the history of `rng` as short as it can be with `law` still broken.
fn explain<S: Subject>(seed: u64, rng: &Rng, law: Law) -> Failure {
    let is_broken = |script: &Script<S::Op>| judge::<S>(script).broken(law).is_some();
    let script = Script::generate::<S>(rng.clone()).shrink(is_broken);
    let what = judge::<S>(&script).broken(law).map(str::to_owned);
    let mut world = World::<S>::new(&script);
    run(&mut world, |world| world.narrate(&script.steps, law));
    Failure {
        seed,
        what: what.unwrap_or_default(),
        history: world.into_log(),
    }
}

/// A panic breaks the law that was about to be checked.
fn run<S: Subject>(world: &mut World<S>, play: impl FnOnce(&mut World<S>)) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play(world))) {
        world.judge.blame(message(&*panic));
    }
}

fn message(panic: &dyn Any) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}
