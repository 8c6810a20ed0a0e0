//! The set in which adding wins: what was added, and not seen by a removing.

use super::feeds::{check_keyed, no_value};
use super::{FeedOf, Kind, KindDelta, LiveOf, Standalone, standalone};
use crate::sets::event_if;
use alloc::collections::BTreeSet;
use crdt_core::{Change, Minter};
use crdt_maps::{OrSet, OrSetStore};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused, Writer};

/// [`OrSet`].
pub(crate) struct AddWins;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Add(u8),
    Remove(u8),
    /// Those whose bits are set.
    RemoveWhere(u8),
}

impl Step {
    fn removes(self, element: u8) -> bool {
        match self {
            Self::Add(_) => false,
            Self::Remove(removed) => removed == element,
            Self::RemoveWhere(mask) => is_in(mask, element),
        }
    }
}

/// Whether an element or key is one of those that a mask stands for.
pub(super) fn is_in(mask: u8, element: u8) -> bool {
    mask & (1 << element) != 0
}

impl Kind for AddWins {
    type Type = OrSet<u8>;
    type Store = OrSetStore<u8>;
    type Op = Step;
    type Value = BTreeSet<u8>;

    fn op(rng: &mut Rng, _: usize) -> Step {
        let element = rng.below(3) as u8;
        match rng.below(10) {
            0..6 => Step::Add(element),
            6..9 => Step::Remove(element),
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
            Step::Remove(element) => set.remove(minter, &element)?,
            Step::RemoveWhere(mask) => set.remove_where(minter, |element| is_in(mask, *element))?,
        })
    }

    fn value(set: &Self::Store) -> BTreeSet<u8> {
        set.iter().copied().collect()
    }

    fn oracle(history: &History<Step>) -> BTreeSet<u8> {
        let takes_away =
            |later: &Step, op: &Step| matches!(op, Step::Add(element) if later.removes(*element));
        let survivors = history.survivors(takes_away);
        let added = survivors.filter_map(|event| match event.op {
            Step::Add(element) => Some(element),
            Step::Remove(_) | Step::RemoveWhere(_) => None,
        });
        added.collect()
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        let mut elements = Self::oracle(past).into_iter();
        event_if(matches!(op, Step::Add(_)) || elements.any(|element| op.removes(element)))
    }

    fn check_feed(
        feed: &FeedOf<Self>,
        before: &Self::Store,
        after: &Self::Store,
    ) -> Result<(), String> {
        check_keyed(feed, &Self::value(before), &Self::value(after), no_value)
    }
}

impl Standalone for AddWins {
    type State = OrSet<u8>;

    fn mutate(
        set: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<KindDelta<Self>, Refused> {
        let author = writer.author();
        Ok(match *op {
            Step::Add(element) => set.add_with_delta(author, element)?,
            Step::Remove(element) => set.remove_with_delta(author, &element)?,
            Step::RemoveWhere(mask) => {
                set.remove_where_with_delta(author, |element| is_in(mask, *element))?
            }
        })
    }

    fn mutate_plain(set: &mut Self::State, writer: Writer<'_>, op: &Step) -> Result<(), Refused> {
        let author = writer.author();
        match *op {
            Step::Add(element) => set.add(author, element)?,
            Step::Remove(element) => set.remove(author, &element)?,
            Step::RemoveWhere(mask) => set.remove_where(author, |element| is_in(mask, *element))?,
        }
        Ok(())
    }

    standalone!(keyed);
}
