//! Last writer wins, without causality: the greatest write, by stamp, then by agent.

use super::sets::event_if;
use alloc::collections::BTreeMap;
use crdt_core::{AgentId, Named, Timestamp};
use crdt_maps::{LwwMap, LwwRegister};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Event, Expected, History, Refused, Subject, Writer, agent};

/// A stamp that advances with the history, and yet is often that of somebody else, or older.
pub(super) fn stamp(rng: &mut Rng, step: usize) -> Timestamp {
    Timestamp::from_u64((step / 3 + rng.below(5)) as u64)
}

/// [`LwwRegister`].
pub(super) struct Register;

impl Subject for Register {
    type State = LwwRegister<u8>;
    type Op = (Timestamp, u8);
    /// The write that won.
    type Value = Option<(Timestamp, AgentId, u8)>;

    fn name() -> String {
        LwwRegister::<u8>::full_name()
    }

    fn op(rng: &mut Rng, step: usize) -> Self::Op {
        (stamp(rng, step), rng.below(3) as u8)
    }

    fn mutate(
        register: &mut Self::State,
        writer: Writer<'_>,
        (stamp, value): &Self::Op,
    ) -> Result<Self::State, Refused> {
        Ok(register.set_with_delta(writer.agent(), *stamp, *value)?)
    }

    fn mutate_plain(
        register: &mut Self::State,
        writer: Writer<'_>,
        (stamp, value): &Self::Op,
    ) -> Result<(), Refused> {
        Ok(register.set(writer.agent(), *stamp, *value)?)
    }

    fn value(register: &Self::State) -> Self::Value {
        Some((
            register.stamp()?,
            register.writer()?.clone(),
            *register.value()?,
        ))
    }

    fn oracle(history: &History<Self::Op>) -> Self::Value {
        let writes = history.iter();
        writes
            .map(|event| (event.op.0, agent(event.agent), event.op.1))
            .max()
    }

    fn expected(past: &History<Self::Op>, _: usize, (stamp, _): &Self::Op) -> Option<Expected> {
        let is_newer = Self::oracle(past).is_none_or(|(held, ..)| *stamp > held);
        Some(if is_newer {
            Expected::Event
        } else {
            Expected::Refusal
        })
    }
}

/// [`LwwMap`] that is never cleaned.
pub(super) struct Cells;

/// [`LwwMap`] that anyone cleans at any cut, stable or not.
pub(super) struct CleanedCells;

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A removal if there is no value.
    Write(u8, Timestamp, Option<u8>),
    Clean(Timestamp),
}

/// Each key's last write or removal, and the floor.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shown {
    cells: BTreeMap<u8, Cell>,
    floor: Timestamp,
}

type Cell = (Timestamp, AgentId, Option<u8>);

impl Shown {
    /// What the events make: of the highest floor, what those who raised it held below it; above it, the
    /// greatest writes of all.
    fn of(history: &History<Step>) -> Self {
        let cuts = history.iter().filter_map(|event| match event.op {
            Step::Clean(cut) => Some((event, cut)),
            Step::Write(..) => None,
        });
        let floor = cuts.clone().map(|(_, cut)| cut).max().unwrap_or_default();
        let mut shown = Self {
            floor,
            ..Self::default()
        };
        for (event, _) in cuts.filter(|(_, cut)| *cut == floor) {
            shown.keep_what_a_cleaner_held(history, event);
        }
        for event in history.iter() {
            if let Step::Write(key, stamp, value) = event.op
                && stamp >= floor
            {
                shown.raise(key, (stamp, agent(event.agent), value));
            }
        }
        shown
    }

    fn keep_what_a_cleaner_held(&mut self, history: &History<Step>, cleaner: &Event<Step>) {
        let held = Self::of(&history.within(cleaner.seen)).cells.into_iter();
        let is_kept = |(_, (stamp, _, value)): &(u8, Cell)| *stamp < self.floor && value.is_some();
        let kept: Vec<_> = held.filter(is_kept).collect();
        for (key, cell) in kept {
            self.raise(key, cell);
        }
    }

    fn raise(&mut self, key: u8, cell: Cell) {
        let held = self.cells.entry(key).or_insert_with(|| cell.clone());
        if *held < cell {
            *held = cell;
        }
    }

    fn expected(&self, step: &Step) -> Expected {
        let newest = self
            .cells
            .values()
            .map(|cell| cell.0)
            .fold(self.floor, Timestamp::max);
        let is_refused = match step {
            Step::Write(key, stamp, _) => {
                let held = self.cells.get(key);
                *stamp < self.floor || held.is_some_and(|(held, ..)| stamp <= held)
            }
            Step::Clean(cut) => *cut > newest,
        };
        match step {
            _ if is_refused => Expected::Refusal,
            Step::Write(..) => Expected::Event,
            Step::Clean(cut) => event_if(*cut > self.floor),
        }
    }
}

/// Writes what the two subjects have in common: all but their operations.
macro_rules! cells {
    ($subject:ty, $name:literal, |$rng:ident, $step:ident| $op:expr) => {
        impl Subject for $subject {
            type State = LwwMap<u8, u8>;
            type Op = Step;
            type Value = Shown;

            fn name() -> String {
                format!("{}{}", LwwMap::<u8, u8>::full_name(), $name)
            }

            fn op($rng: &mut Rng, $step: usize) -> Step {
                $op
            }

            fn mutate(
                map: &mut Self::State,
                writer: Writer<'_>,
                step: &Step,
            ) -> Result<Self::State, Refused> {
                let agent = writer.agent();
                Ok(match *step {
                    Step::Write(key, stamp, Some(value)) => {
                        map.set_with_delta(agent, stamp, key, value)?
                    }
                    Step::Write(key, stamp, None) => map.remove_with_delta(agent, stamp, key)?,
                    Step::Clean(cut) => map.clean_with_delta(cut)?,
                })
            }

            fn mutate_plain(
                map: &mut Self::State,
                writer: Writer<'_>,
                step: &Step,
            ) -> Result<(), Refused> {
                let agent = writer.agent();
                match *step {
                    Step::Write(key, stamp, Some(value)) => map.set(agent, stamp, key, value)?,
                    Step::Write(key, stamp, None) => map.remove(agent, stamp, key)?,
                    Step::Clean(cut) => drop(map.clean(cut)?),
                }
                Ok(())
            }

            fn value(map: &Self::State) -> Shown {
                let cell = |key: u8| {
                    let writer = map.writer(&key)?.clone();
                    Some((key, (map.stamp(&key)?, writer, map.get(&key).copied())))
                };
                Shown {
                    cells: (0..3).filter_map(cell).collect(),
                    floor: map.floor(),
                }
            }

            fn oracle(history: &History<Step>) -> Shown {
                Shown::of(history)
            }

            fn expected(past: &History<Step>, _: usize, step: &Step) -> Option<Expected> {
                Some(Shown::of(past).expected(step))
            }
        }
    };
}

fn write(rng: &mut Rng, step: usize) -> Step {
    let value = rng.chance(60).then(|| rng.below(3) as u8);
    Step::Write(rng.below(3) as u8, stamp(rng, step), value)
}

cells!(Cells, "", |rng, step| write(rng, step));
cells!(CleanedCells, " (cleaned)", |rng, step| {
    if rng.chance(15) {
        return Step::Clean(Timestamp::from_u64(rng.below(step / 3 + 4) as u64));
    }
    write(rng, step)
});
