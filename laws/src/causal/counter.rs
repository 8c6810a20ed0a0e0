//! The counter that can be reset: the sum of what no reset saw.

use super::feeds::check_leaf;
use super::{Kind, LiveOf, Standalone, standalone};
use crate::sets::event_if;
use crdt_core::{Change, Minter};
use crdt_counters::{ResettableCounter, ResettableCounterStore};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused, Writer};

/// [`ResettableCounter`].
pub(crate) struct Resettable;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Up(u64),
    Down(u64),
    By(i64),
    Reset,
}

impl Step {
    fn by(self) -> i128 {
        match self {
            Self::Up(n) => i128::from(n),
            Self::Down(n) => -i128::from(n),
            Self::By(by) => i128::from(by),
            Self::Reset => 0,
        }
    }
}

/// Whether the first takes the second away, if it saw it.
fn takes_away(later: &Step, _: &Step) -> bool {
    matches!(later, Step::Reset)
}

impl Kind for Resettable {
    type Type = ResettableCounter;
    type Store = ResettableCounterStore;
    type Op = Step;
    type Value = i128;

    fn op(rng: &mut Rng, _: usize) -> Step {
        let n = rng.below(5) as u64;
        match rng.below(20) {
            0..7 => Step::Up(n),
            7..11 => Step::Down(n),
            11..15 => Step::By(n as i64 - 2),
            15..19 => Step::Reset,
            _ => *rng.pick(&[Step::Up(u64::MAX), Step::By(i64::MAX), Step::By(i64::MIN)]),
        }
    }

    fn change(
        counter: &Self::Store,
        minter: &mut Minter,
        op: &Step,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        Ok(match *op {
            Step::Up(n) => counter.increment(minter, n)?,
            Step::Down(n) => counter.decrement(minter, n)?,
            Step::By(by) => counter.add(minter, by)?,
            Step::Reset => counter.reset(minter)?,
        })
    }

    fn value(counter: &Self::Store) -> i128 {
        counter.value()
    }

    fn oracle(history: &History<Step>) -> i128 {
        history
            .survivors(takes_away)
            .map(|event| event.op.by())
            .sum()
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        match *op {
            Step::Up(n) | Step::Down(n) if i64::try_from(n).is_err() => Expected::Refusal,
            Step::Reset => {
                let mut survivors = past.survivors(takes_away);
                event_if(survivors.any(|event| event.op.by() != 0))
            }
            _ => event_if(op.by() != 0),
        }
    }

    fn check_feed(feed: &bool, before: &Self::Store, after: &Self::Store) -> Result<(), String> {
        check_leaf(*feed, before.value() != after.value())
    }
}

impl Standalone for Resettable {
    type State = ResettableCounter;

    fn mutate(
        counter: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<Self::State, Refused> {
        let author = writer.author();
        Ok(match *op {
            Step::Up(n) => counter.increment_with_delta(author, n)?,
            Step::Down(n) => counter.decrement_with_delta(author, n)?,
            Step::By(by) => counter.add_with_delta(author, by)?,
            Step::Reset => counter.reset_with_delta(author)?,
        })
    }

    fn mutate_plain(
        counter: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<(), Refused> {
        let author = writer.author();
        match *op {
            Step::Up(n) => counter.increment(author, n)?,
            Step::Down(n) => counter.decrement(author, n)?,
            Step::By(by) => counter.add(author, by)?,
            Step::Reset => counter.reset(author)?,
        }
        Ok(())
    }

    standalone!(leaf);
}
