//! Sets without identities.

use alloc::collections::{BTreeMap, BTreeSet};
use crdt_core::Named;
use crdt_maps::{CausalLengthSet, GSet, TwoPSet};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Event, Expected, History, Refused, Subject, Writer};

/// [`GSet`].
pub(super) struct Elements;

impl Subject for Elements {
    type State = GSet<u8>;
    type Op = u8;
    type Value = BTreeSet<u8>;

    fn name() -> String {
        GSet::<u8>::full_name()
    }

    fn op(rng: &mut Rng, _: usize) -> u8 {
        rng.below(6) as u8
    }

    fn mutate(set: &mut GSet<u8>, _: Writer<'_>, element: &u8) -> Result<GSet<u8>, Refused> {
        Ok(set.insert_with_delta(*element))
    }

    fn mutate_plain(set: &mut GSet<u8>, _: Writer<'_>, element: &u8) -> Result<(), Refused> {
        set.insert(*element);
        Ok(())
    }

    fn value(set: &GSet<u8>) -> BTreeSet<u8> {
        set.iter().copied().collect()
    }

    fn oracle(history: &History<u8>) -> BTreeSet<u8> {
        history.iter().map(|event| event.op).collect()
    }

    fn expected(past: &History<u8>, _: usize, element: &u8) -> Option<Expected> {
        Some(event_if(!Self::oracle(past).contains(element)))
    }
}

pub(super) fn event_if(has_effect: bool) -> Expected {
    if has_effect {
        return Expected::Event;
    }
    Expected::Nothing
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Toggle {
    Add(u8),
    Remove(u8),
}

fn toggle(rng: &mut Rng, n_elements: usize) -> Toggle {
    let element = rng.below(n_elements) as u8;
    if rng.chance(60) {
        return Toggle::Add(element);
    }
    Toggle::Remove(element)
}

/// [`TwoPSet`].
pub(super) struct TwoPhase;

impl Subject for TwoPhase {
    type State = TwoPSet<u8>;
    type Op = Toggle;
    /// What is in, and what was removed.
    type Value = (BTreeSet<u8>, BTreeSet<u8>);

    fn name() -> String {
        TwoPSet::<u8>::full_name()
    }

    fn op(rng: &mut Rng, _: usize) -> Toggle {
        toggle(rng, 6)
    }

    fn mutate(set: &mut TwoPSet<u8>, _: Writer<'_>, op: &Toggle) -> Result<TwoPSet<u8>, Refused> {
        Ok(match *op {
            Toggle::Add(element) => set.add_with_delta(element),
            Toggle::Remove(element) => set.remove_with_delta(element),
        })
    }

    fn mutate_plain(set: &mut TwoPSet<u8>, _: Writer<'_>, op: &Toggle) -> Result<(), Refused> {
        match *op {
            Toggle::Add(element) => set.add(element),
            Toggle::Remove(element) => set.remove(element),
        };
        Ok(())
    }

    fn value(set: &TwoPSet<u8>) -> Self::Value {
        (
            set.iter().copied().collect(),
            set.removed().copied().collect(),
        )
    }

    fn oracle(history: &History<Toggle>) -> Self::Value {
        let (mut added, mut removed) = (BTreeSet::new(), BTreeSet::new());
        for event in history.iter() {
            match event.op {
                Toggle::Add(element) => added.insert(element),
                Toggle::Remove(element) => removed.insert(element),
            };
        }
        (&added - &removed, removed)
    }

    fn expected(past: &History<Toggle>, _: usize, op: &Toggle) -> Option<Expected> {
        let (added, removed) = Self::oracle(past);
        Some(event_if(match op {
            Toggle::Add(element) => !added.contains(element) && !removed.contains(element),
            Toggle::Remove(element) => !removed.contains(element),
        }))
    }
}

/// [`CausalLengthSet`].
pub(super) struct Lengths;

/// How often each element was toggled, one after the other: an event adds one to the longest chain that
/// its writer had seen.
fn lengths(history: &History<Toggle>) -> BTreeMap<u8, u64> {
    let mut of_events: Vec<(&Event<Toggle>, u8, u64)> = Vec::new();
    for event in history.iter() {
        let (Toggle::Add(element) | Toggle::Remove(element)) = event.op;
        let seen = of_events
            .iter()
            .filter(|(other, e, _)| event.saw(other) && *e == element);
        let longest = seen.map(|(.., length)| *length).max().unwrap_or(0);
        of_events.push((event, element, longest + 1));
    }
    let mut lengths = BTreeMap::new();
    for (_, element, length) in of_events {
        let longest = lengths.entry(element).or_insert(0);
        *longest = length.max(*longest);
    }
    lengths
}

impl Subject for Lengths {
    type State = CausalLengthSet<u8>;
    type Op = Toggle;
    /// What is in, and the lengths of all.
    type Value = (BTreeSet<u8>, BTreeMap<u8, u64>);

    fn name() -> String {
        CausalLengthSet::<u8>::full_name()
    }

    fn op(rng: &mut Rng, _: usize) -> Toggle {
        toggle(rng, 3)
    }

    fn mutate(
        set: &mut CausalLengthSet<u8>,
        _: Writer<'_>,
        op: &Toggle,
    ) -> Result<CausalLengthSet<u8>, Refused> {
        Ok(match op {
            Toggle::Add(element) => set.add_with_delta(*element),
            Toggle::Remove(element) => set.remove_with_delta(element)?,
        })
    }

    fn mutate_plain(
        set: &mut CausalLengthSet<u8>,
        _: Writer<'_>,
        op: &Toggle,
    ) -> Result<(), Refused> {
        match op {
            Toggle::Add(element) => set.add(*element),
            Toggle::Remove(element) => set.remove(element)?,
        };
        Ok(())
    }

    fn value(set: &CausalLengthSet<u8>) -> Self::Value {
        let lengths = (0..3).map(|element| (element, set.causal_length(&element)));
        let lengths = lengths.filter(|(_, length)| *length > 0);
        (set.iter().copied().collect(), lengths.collect())
    }

    fn oracle(history: &History<Toggle>) -> Self::Value {
        let lengths = lengths(history);
        let odd = lengths.iter().filter(|(_, length)| *length % 2 == 1);
        (odd.map(|(element, _)| *element).collect(), lengths)
    }

    fn expected(past: &History<Toggle>, _: usize, op: &Toggle) -> Option<Expected> {
        let (elements, _) = Self::oracle(past);
        Some(event_if(match op {
            Toggle::Add(element) => !elements.contains(element),
            Toggle::Remove(element) => elements.contains(element),
        }))
    }
}
