//! The set in which removing wins: what was added, and every removing of it seen by an adding.

use super::feeds::{check_keyed, no_value};
use super::or_set::is_in;
use super::{FeedOf, Kind, KindDelta, LiveOf, Standalone, standalone};
use crate::sets::event_if;
use alloc::collections::BTreeSet;
use crdt_core::{Change, Minter};
use crdt_maps::{RwSet, RwSetStore};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused, Writer};

/// [`RwSet`].
pub(crate) struct RemoveWins;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Add(u8),
    Remove(u8),
    /// Those whose bits are set, if they are in.
    RemoveWhere(u8),
    /// The same, and it was seen that they were in.
    RemoveEach(u8),
}

impl Step {
    fn touches(self, element: u8) -> bool {
        match self {
            Self::Add(touched) | Self::Remove(touched) => touched == element,
            Self::RemoveWhere(mask) | Self::RemoveEach(mask) => is_in(mask, element),
        }
    }
}

impl Kind for RemoveWins {
    type Type = RwSet<u8>;
    type Store = RwSetStore<u8>;
    type Op = Step;
    type Value = BTreeSet<u8>;

    fn op(rng: &mut Rng, _: usize) -> Step {
        let element = rng.below(3) as u8;
        match rng.below(20) {
            0..12 => Step::Add(element),
            12..18 => Step::Remove(element),
            _ => Step::RemoveWhere(rng.below(8) as u8),
        }
    }

    fn change(
        set: &Self::Store,
        minter: &mut Minter,
        op: &Step,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        Ok(match *op {
            Step::Add(element) => set.add(minter, element)?,
            Step::Remove(element) => set.remove(minter, element)?,
            Step::RemoveWhere(mask) | Step::RemoveEach(mask) => {
                set.remove_where(minter, |element| is_in(mask, *element))?
            }
        })
    }

    fn value(set: &Self::Store) -> BTreeSet<u8> {
        set.iter().copied().collect()
    }

    /// Whatever touches an element takes the place of all that its writer had seen of it.
    fn oracle(history: &History<Step>) -> BTreeSet<u8> {
        let is_shown = |element: &u8| {
            let of_element = |op: &Step| op.touches(*element).then_some(*op);
            let history = history.filter_map(|event| of_element(&event.op));
            let mut survivors = history.survivors(|_, _| true).peekable();
            survivors.peek().is_some() && survivors.all(|event| matches!(event.op, Step::Add(_)))
        };
        (0..3).filter(is_shown).collect()
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        let mut elements = Self::oracle(past).into_iter();
        event_if(match op {
            Step::Add(_) | Step::Remove(_) => true,
            Step::RemoveWhere(_) | Step::RemoveEach(_) => {
                elements.any(|element| op.touches(element))
            }
        })
    }

    fn resolved(op: &Step, past: &dyn Fn() -> History<Step>) -> Step {
        let Step::RemoveWhere(mask) = *op else {
            return *op;
        };
        let shown = Self::oracle(&past()).into_iter();
        let removed = shown.filter(|element| is_in(mask, *element));
        Step::RemoveEach(removed.fold(0, |mask, element| mask | (1 << element)))
    }

    fn check_feed(
        feed: &FeedOf<Self>,
        before: &Self::Store,
        after: &Self::Store,
    ) -> Result<(), String> {
        check_keyed(feed, &Self::value(before), &Self::value(after), no_value)
    }
}

impl Standalone for RemoveWins {
    type State = RwSet<u8>;

    fn mutate(
        set: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<KindDelta<Self>, Refused> {
        let author = writer.author();
        Ok(match *op {
            Step::Add(element) => set.add_with_delta(author, element)?,
            Step::Remove(element) => set.remove_with_delta(author, element)?,
            Step::RemoveWhere(mask) | Step::RemoveEach(mask) => {
                set.remove_where_with_delta(author, |element| is_in(mask, *element))?
            }
        })
    }

    fn mutate_plain(set: &mut Self::State, writer: Writer<'_>, op: &Step) -> Result<(), Refused> {
        let author = writer.author();
        match *op {
            Step::Add(element) => set.add(author, element)?,
            Step::Remove(element) => set.remove(author, element)?,
            Step::RemoveWhere(mask) | Step::RemoveEach(mask) => {
                set.remove_where(author, |element| is_in(mask, *element))?;
            }
        }
        Ok(())
    }

    standalone!(keyed);
}
