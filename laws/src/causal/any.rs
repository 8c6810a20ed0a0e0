//! Values of run-time type: a part for each type that was written, each by itself.

use super::counter::Resettable;
use super::feeds::{check_keyed, check_leaf, no_value};
use super::flags::{DisableWins, Switch};
use super::or_set::{AddWins, is_in};
use super::{FeedOf, Kind, LiveOf, counter, or_set};
use alloc::collections::BTreeSet;
use crdt_core::{Change, Feed, Minter, NextSeqError};
use crdt_counters::ResettableCounter;
use crdt_maps::{AnyCrdt, AnySeen, AnyStore, DisableWinsFlag, OrSet, Value};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused};

/// [`AnyCrdt`], of three types.
pub(crate) struct Any;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Counter(counter::Step),
    Elements(or_set::Step),
    Switch(Switch),
}

/// What each part shows; one that is not there shows what it shows at first.
type Shown = (i128, BTreeSet<Value>, bool);

fn element(element: u8) -> Value {
    Value::Int(element.into())
}

/// What happened to one part.
fn part<Op>(history: &History<Step>, op: impl Fn(Step) -> Option<Op>) -> History<Op> {
    history.filter_map(|event| op(event.op))
}

impl Step {
    fn counter(self) -> Option<counter::Step> {
        if let Self::Counter(op) = self {
            Some(op)
        } else {
            None
        }
    }

    fn elements(self) -> Option<or_set::Step> {
        if let Self::Elements(op) = self {
            Some(op)
        } else {
            None
        }
    }

    fn switch(self) -> Option<Switch> {
        if let Self::Switch(op) = self {
            Some(op)
        } else {
            None
        }
    }
}

impl Kind for Any {
    type Type = AnyCrdt;
    type Store = AnyStore;
    type Op = Step;
    type Value = Shown;

    fn op(rng: &mut Rng, step: usize) -> Step {
        match rng.below(3) {
            0 => Step::Counter(Resettable::op(rng, step)),
            1 => Step::Elements(AddWins::op(rng, step)),
            _ => Step::Switch(DisableWins::op(rng, step)),
        }
    }

    fn change(
        any: &AnyStore,
        minter: &mut Minter,
        op: &Step,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        match *op {
            Step::Counter(op) => any.update::<ResettableCounter, _>(minter, |counter, minter| {
                Resettable::change(counter, minter, &op)
            }),
            Step::Switch(op) => any.update::<DisableWinsFlag, _>(minter, |flag, minter| {
                DisableWins::change(flag, minter, &op)
            }),
            Step::Elements(op) => {
                let change =
                    any.update::<OrSet<Value>, NextSeqError>(minter, |set, minter| match op {
                        or_set::Step::Add(added) => set.add(minter, element(added)),
                        or_set::Step::Remove(removed) => set.remove(minter, &element(removed)),
                        or_set::Step::RemoveWhere(mask) => set.remove_where(minter, |held| {
                            (0..3).any(|listed| is_in(mask, listed) && *held == element(listed))
                        }),
                    });
                Ok(change?)
            }
        }
    }

    fn value(any: &AnyStore) -> Shown {
        let elements = any
            .get::<OrSet<Value>>()
            .map(|set| set.iter().cloned().collect());
        (
            any.get::<ResettableCounter>().map_or(0, Resettable::value),
            elements.unwrap_or_default(),
            any.get::<DisableWinsFlag>().is_none_or(DisableWins::value),
        )
    }

    fn oracle(history: &History<Step>) -> Shown {
        let elements = AddWins::oracle(&part(history, Step::elements));
        (
            Resettable::oracle(&part(history, Step::counter)),
            elements.into_iter().map(element).collect(),
            DisableWins::oracle(&part(history, Step::switch)),
        )
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        match op {
            Step::Counter(op) => Resettable::expected(&part(past, Step::counter), op),
            Step::Elements(op) => AddWins::expected(&part(past, Step::elements), op),
            Step::Switch(op) => DisableWins::expected(&part(past, Step::switch), op),
        }
    }

    /// Each part tells what its type tells, and no part tells that it kept silent.
    fn check_feed(feed: &FeedOf<Self>, before: &AnyStore, after: &AnyStore) -> Result<(), String> {
        let (was, is) = (Self::value(before), Self::value(after));
        let changed = [was.0 != is.0, was.1 != is.1, was.2 != is.2];
        for (_, seen) in feed.iter() {
            match seen {
                AnySeen::Value(told) => check_leaf(*told, true)?,
                AnySeen::Elements(told) => check_keyed(told, &was.1, &is.1, no_value)?,
                _ => return Err("a part that nobody wrote tells something".into()),
            }
        }
        let n_told = feed.iter().len();
        let n_changed = changed.into_iter().filter(|changed| *changed).count();
        check_leaf(!feed.is_silent(), n_changed > 0)?;
        if n_told == n_changed {
            return Ok(());
        }
        Err(format!(
            "{n_told} parts tell something, {n_changed} changed"
        ))
    }
}
