//! Registers: what no later write saw.

use super::feeds::check_leaf;
use super::{Kind, LiveOf, Standalone, standalone};
use crate::lww_map::stamp;
use crate::sets::event_if;
use crdt_core::{AgentId, Change, Minter, Timestamp};
use crdt_maps::{CausalRegister, CausalRegisterStore, MvRegister, MvRegisterStore};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Event, Expected, History, Refused, Writer, agent};

/// [`MvRegister`].
pub(crate) struct MultiValue;

/// [`CausalRegister`].
pub(crate) struct Latest;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Write(Timestamp, u8),
    Clear,
}

fn step(rng: &mut Rng, step: usize) -> Step {
    if rng.chance(20) {
        return Step::Clear;
    }
    Step::Write(stamp(rng, step), rng.below(4) as u8)
}

/// The writes that nothing saw, in the order of their writers, then of their writes.
fn siblings(history: &History<Step>) -> Vec<(AgentId, usize, Timestamp, u8)> {
    let named = |event: &Event<Step>| match event.op {
        Step::Write(stamp, value) => Some((agent(event.agent), event.idx, stamp, value)),
        Step::Clear => None,
    };
    let mut siblings: Vec<_> = history.survivors(|_, _| true).filter_map(named).collect();
    siblings.sort_unstable();
    siblings
}

fn expected(past: &History<Step>, op: &Step) -> Expected {
    event_if(matches!(op, Step::Write(..)) || !siblings(past).is_empty())
}

impl Kind for MultiValue {
    type Type = MvRegister<u8>;
    type Store = MvRegisterStore<u8>;
    type Op = Step;
    type Value = Vec<u8>;

    fn op(rng: &mut Rng, at: usize) -> Step {
        step(rng, at)
    }

    fn change(
        register: &Self::Store,
        minter: &mut Minter,
        op: &Step,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        Ok(match *op {
            Step::Write(_, value) => register.write(minter, value)?,
            Step::Clear => register.clear(minter)?,
        })
    }

    fn value(register: &Self::Store) -> Vec<u8> {
        register.values().copied().collect()
    }

    fn oracle(history: &History<Step>) -> Vec<u8> {
        siblings(history)
            .into_iter()
            .map(|(.., value)| value)
            .collect()
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        expected(past, op)
    }

    /// A write of the same value again counts as a change.
    fn check_feed(feed: &bool, before: &Self::Store, after: &Self::Store) -> Result<(), String> {
        check_leaf(*feed, before != after)
    }
}

impl Standalone for MultiValue {
    type State = MvRegister<u8>;

    fn mutate(
        register: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<Self::State, Refused> {
        Ok(match *op {
            Step::Write(_, value) => register.write_with_delta(writer.author(), value)?,
            Step::Clear => register.clear_with_delta(writer.author())?,
        })
    }

    fn mutate_plain(
        register: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<(), Refused> {
        match *op {
            Step::Write(_, value) => register.write(writer.author(), value)?,
            Step::Clear => register.clear(writer.author())?,
        }
        Ok(())
    }

    standalone!(leaf);
}

impl Kind for Latest {
    type Type = CausalRegister<u8>;
    type Store = CausalRegisterStore<u8>;
    type Op = Step;
    /// The write that won, and the values of all siblings.
    type Value = (Option<(Timestamp, AgentId, u8)>, Vec<u8>);

    fn op(rng: &mut Rng, at: usize) -> Step {
        step(rng, at)
    }

    fn change(
        register: &Self::Store,
        minter: &mut Minter,
        op: &Step,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        Ok(match *op {
            Step::Write(stamp, value) => register.write(minter, stamp, value)?,
            Step::Clear => register.clear(minter)?,
        })
    }

    fn value(register: &Self::Store) -> Self::Value {
        let winner = register
            .stamp()
            .zip(register.writer())
            .zip(register.value());
        let winner = winner.map(|((stamp, writer), value)| (stamp, writer.clone(), *value));
        (winner, register.siblings().copied().collect())
    }

    fn oracle(history: &History<Step>) -> Self::Value {
        let siblings = siblings(history);
        let winner = siblings
            .iter()
            .max_by_key(|(agent, idx, stamp, _)| (*stamp, agent, *idx));
        let winner = winner.map(|(agent, _, stamp, value)| (*stamp, agent.clone(), *value));
        (
            winner,
            siblings.into_iter().map(|(.., value)| value).collect(),
        )
    }

    fn expected(past: &History<Step>, op: &Step) -> Expected {
        expected(past, op)
    }

    /// A write that repeats the winner word by word, stamp included, may count as a change.
    fn check_feed(feed: &bool, before: &Self::Store, after: &Self::Store) -> Result<(), String> {
        let changed = Self::value(before).0 != Self::value(after).0;
        check_leaf(*feed, changed || (*feed && before != after))
    }
}

impl Standalone for Latest {
    type State = CausalRegister<u8>;

    fn mutate(
        register: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<Self::State, Refused> {
        Ok(match *op {
            Step::Write(stamp, value) => {
                register.write_with_delta(writer.author(), stamp, value)?
            }
            Step::Clear => register.clear_with_delta(writer.author())?,
        })
    }

    fn mutate_plain(
        register: &mut Self::State,
        writer: Writer<'_>,
        op: &Step,
    ) -> Result<(), Refused> {
        match *op {
            Step::Write(stamp, value) => register.write(writer.author(), stamp, value)?,
            Step::Clear => register.clear(writer.author())?,
        }
        Ok(())
    }

    standalone!(leaf);
}
