//! Counters without bounds: the value is the sum of all events.

use crdt_core::Named;
use crdt_counters::{GCounter, PnCounter};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, N_AGENTS, Refused, Subject, Writer, agent};

/// [`GCounter`].
pub(super) struct Growing;

/// A small number, now and then none, and seldom one that fills a count to the brim.
pub(super) fn amount(rng: &mut Rng) -> u64 {
    match rng.below(40) {
        0 => u64::MAX - 1,
        1 => u64::MAX,
        n => n as u64 % 5,
    }
}

impl Subject for Growing {
    type State = GCounter;
    type Op = u64;
    /// The value, and the counts by agent.
    type Value = (u128, Vec<u64>);

    fn name() -> String {
        GCounter::full_name()
    }

    fn op(rng: &mut Rng, _: usize) -> u64 {
        amount(rng)
    }

    fn mutate(counter: &mut GCounter, writer: Writer<'_>, n: &u64) -> Result<GCounter, Refused> {
        Ok(counter.increment_with_delta(writer.agent(), *n)?)
    }

    fn mutate_plain(counter: &mut GCounter, writer: Writer<'_>, n: &u64) -> Result<(), Refused> {
        Ok(counter.increment(writer.agent(), *n)?)
    }

    fn value(counter: &GCounter) -> Self::Value {
        let counts = (0..N_AGENTS).map(|idx| counter.count_of(&agent(idx)));
        (counter.value(), counts.collect())
    }

    fn oracle(history: &History<u64>) -> Self::Value {
        let sums = sums(history, |n| *n);
        (sums.iter().sum(), sums.iter().map(|&n| n as u64).collect())
    }

    fn expected(past: &History<u64>, agent: usize, n: &u64) -> Option<Expected> {
        Some(growth(sums(past, |n| *n)[agent], *n))
    }
}

/// What each agent counted.
pub(super) fn sums<Op>(history: &History<Op>, n: impl Fn(&Op) -> u64) -> [u128; N_AGENTS] {
    let mut sums = [0; N_AGENTS];
    for event in history.iter() {
        sums[event.agent] += u128::from(n(&event.op));
    }
    sums
}

/// What becomes of letting a count grow by `n`.
pub(super) fn growth(count: u128, n: u64) -> Expected {
    match n {
        0 => Expected::Nothing,
        n if count + u128::from(n) > u128::from(u64::MAX) => Expected::Refusal,
        _ => Expected::Event,
    }
}

/// [`PnCounter`].
pub(super) struct UpDown;

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Up(u64),
    Down(u64),
    By(i64),
}

impl Step {
    fn up(&self) -> u64 {
        match *self {
            Self::Up(n) => n,
            Self::By(by) => u64::try_from(by).unwrap_or(0),
            Self::Down(_) => 0,
        }
    }

    fn down(&self) -> u64 {
        match *self {
            Self::Down(n) => n,
            Self::By(by) if by < 0 => by.unsigned_abs(),
            Self::Up(_) | Self::By(_) => 0,
        }
    }
}

impl Subject for UpDown {
    type State = PnCounter;
    type Op = Step;
    /// The value, and what each agent counted up and down.
    type Value = (i128, Vec<(u64, u64)>);

    fn name() -> String {
        PnCounter::full_name()
    }

    fn op(rng: &mut Rng, _: usize) -> Step {
        match rng.below(5) {
            0..2 => Step::Up(amount(rng)),
            2 => Step::Down(amount(rng)),
            3 if rng.chance(4) => Step::By(i64::MIN),
            _ => Step::By(rng.below(9) as i64 - 4),
        }
    }

    fn mutate(
        counter: &mut PnCounter,
        writer: Writer<'_>,
        step: &Step,
    ) -> Result<PnCounter, Refused> {
        let agent = writer.agent();
        Ok(match *step {
            Step::Up(n) => counter.increment_with_delta(agent, n)?,
            Step::Down(n) => counter.decrement_with_delta(agent, n)?,
            Step::By(by) => counter.add_with_delta(agent, by)?,
        })
    }

    fn mutate_plain(
        counter: &mut PnCounter,
        writer: Writer<'_>,
        step: &Step,
    ) -> Result<(), Refused> {
        let agent = writer.agent();
        match *step {
            Step::Up(n) => counter.increment(agent, n)?,
            Step::Down(n) => counter.decrement(agent, n)?,
            Step::By(by) => counter.add(agent, by)?,
        }
        Ok(())
    }

    fn value(counter: &PnCounter) -> Self::Value {
        let counts = (0..N_AGENTS).map(|idx| counter.counts_of(&agent(idx)));
        (counter.value(), counts.collect())
    }

    fn oracle(history: &History<Step>) -> Self::Value {
        let (ups, downs) = (sums(history, Step::up), sums(history, Step::down));
        let value = ups.iter().sum::<u128>() as i128 - downs.iter().sum::<u128>() as i128;
        let counts = ups.iter().zip(&downs);
        (
            value,
            counts
                .map(|(&up, &down)| (up as u64, down as u64))
                .collect(),
        )
    }

    fn expected(past: &History<Step>, agent: usize, step: &Step) -> Option<Expected> {
        if step.down() > 0 {
            return Some(growth(sums(past, Step::down)[agent], step.down()));
        }
        Some(growth(sums(past, Step::up)[agent], step.up()))
    }
}
