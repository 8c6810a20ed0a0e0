//! A record under a key: each field is what its own part of the history makes of it.

use super::counter::{self, Resettable};
use super::or_set::{self, AddWins};
use super::registers::{self, Latest};
use super::{FeedOf, Kind, LiveOf};
use crdt_core::{Change, Minter, Named};
use crdt_counters::ResettableCounter;
use crdt_maps::{CausalRegister, OrSet};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused};

crdt_core::record! {
    /// Fields of a leaf, of a set and of a register.
    pub(crate) struct Card {
        count: ResettableCounter,
        words: OrSet<u8>,
        title: CausalRegister<u8>,
    }
    change CardChange, feed CardFeed
}

impl Named for Card {
    const NAME: &'static str = "card";
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Count(counter::Step),
    Words(or_set::Step),
    Title(registers::Step),
    /// Two fields in one mutation.
    Both(counter::Step, or_set::Step),
}

fn counts(history: &History<Step>) -> History<counter::Step> {
    history.filter_map(|event| match event.op {
        Step::Count(op) | Step::Both(op, _) => Some(op),
        Step::Words(_) | Step::Title(_) => None,
    })
}

fn words(history: &History<Step>) -> History<or_set::Step> {
    history.filter_map(|event| match event.op {
        Step::Words(op) | Step::Both(_, op) => Some(op),
        Step::Count(_) | Step::Title(_) => None,
    })
}

fn titles(history: &History<Step>) -> History<registers::Step> {
    history.filter_map(|event| match event.op {
        Step::Title(op) => Some(op),
        _ => None,
    })
}

impl Kind for Card {
    type Type = Self;
    type Store = Self;
    type Op = Step;
    type Value = (i128, <AddWins as Kind>::Value, <Latest as Kind>::Value);

    fn op(rng: &mut Rng, step: usize) -> Step {
        match rng.below(4) {
            0 => Step::Count(Resettable::op(rng, step)),
            1 => Step::Words(AddWins::op(rng, step)),
            2 => Step::Title(Latest::op(rng, step)),
            _ => Step::Both(Resettable::op(rng, step), AddWins::op(rng, step)),
        }
    }

    fn change(
        card: &Self,
        minter: &mut Minter,
        op: &Step,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        let mut change = CardChange::default();
        match op {
            Step::Count(op) => change.count = Resettable::change(&card.count, minter, op)?,
            Step::Words(op) => change.words = AddWins::change(&card.words, minter, op)?,
            Step::Title(op) => change.title = Latest::change(&card.title, minter, op)?,
            Step::Both(count, words) => {
                change.count = Resettable::change(&card.count, minter, count)?;
                change.words = AddWins::change(&card.words, minter, words)?;
            }
        }
        Ok(Change::bring(change))
    }

    fn value(card: &Self) -> Self::Value {
        (
            Resettable::value(&card.count),
            AddWins::value(&card.words),
            Latest::value(&card.title),
        )
    }

    fn oracle(history: &History<Step>) -> Self::Value {
        (
            Resettable::oracle(&counts(history)),
            AddWins::oracle(&words(history)),
            Latest::oracle(&titles(history)),
        )
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        let of_count = |op| Resettable::expected(&counts(past), op);
        let of_words = |op| AddWins::expected(&words(past), op);
        match op {
            Step::Count(op) => of_count(op),
            Step::Words(op) => of_words(op),
            Step::Title(op) => Latest::expected(&titles(past), op),
            Step::Both(count, words) => match (of_count(count), of_words(words)) {
                (Expected::Refusal, _) | (_, Expected::Refusal) => Expected::Refusal,
                (Expected::Event, _) | (_, Expected::Event) => Expected::Event,
                (Expected::Nothing, Expected::Nothing) => Expected::Nothing,
            },
        }
    }

    fn check_feed(feed: &FeedOf<Self>, before: &Self, after: &Self) -> Result<(), String> {
        Resettable::check_feed(&feed.count, &before.count, &after.count)?;
        AddWins::check_feed(&feed.words, &before.words, &after.words)?;
        Latest::check_feed(&feed.title, &before.title, &after.title)
    }
}
