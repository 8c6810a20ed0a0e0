//! The bounded counter: nobody spends what nobody gave.

use super::counters::{amount, growth, sums};
use crdt_core::Named;
use crdt_counters::BoundedCounter;
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, N_AGENTS, Refused, Subject, Writer, agent};

/// [`BoundedCounter`].
pub(super) struct Bounded;

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Up(u64),
    Down(u64),
    Send { to: usize, n: u64 },
}

impl Step {
    fn up(&self) -> u64 {
        if let Self::Up(n) = *self { n } else { 0 }
    }

    fn down(&self) -> u64 {
        if let Self::Down(n) = *self { n } else { 0 }
    }

    fn sent_to(&self, receiver: usize) -> u64 {
        match *self {
            Self::Send { to, n } if to == receiver => n,
            _ => 0,
        }
    }
}

/// What each agent may spend.
fn rights(history: &History<Step>) -> [u128; N_AGENTS] {
    let (ups, downs) = (sums(history, Step::up), sums(history, Step::down));
    let sent: [_; N_AGENTS] = core::array::from_fn(|to| sums(history, |step| step.sent_to(to)));
    core::array::from_fn(|agent| {
        let received: u128 = sent[agent].iter().sum();
        let given: u128 = sent.iter().map(|by_sender| by_sender[agent]).sum();
        ups[agent] + received - downs[agent] - given
    })
}

impl Subject for Bounded {
    type State = BoundedCounter;
    type Op = Step;
    /// The value, and the rights by agent.
    type Value = (u128, Vec<u128>);

    fn name() -> String {
        BoundedCounter::full_name()
    }

    fn op(rng: &mut Rng, _: usize) -> Step {
        match rng.below(6) {
            0..3 => Step::Up(amount(rng)),
            3..5 => Step::Down(amount(rng)),
            _ => Step::Send {
                to: rng.below(N_AGENTS),
                n: amount(rng),
            },
        }
    }

    fn mutate(
        counter: &mut BoundedCounter,
        writer: Writer<'_>,
        step: &Step,
    ) -> Result<BoundedCounter, Refused> {
        let agent = writer.agent();
        Ok(match *step {
            Step::Up(n) => counter.increment_with_delta(agent, n)?,
            Step::Down(n) => counter.decrement_with_delta(agent, n)?,
            Step::Send { to, n } => counter.transfer_with_delta(agent, writer.peer(to), n)?,
        })
    }

    fn mutate_plain(
        counter: &mut BoundedCounter,
        writer: Writer<'_>,
        step: &Step,
    ) -> Result<(), Refused> {
        let agent = writer.agent();
        match *step {
            Step::Up(n) => counter.increment(agent, n)?,
            Step::Down(n) => counter.decrement(agent, n)?,
            Step::Send { to, n } => counter.transfer(agent, writer.peer(to), n)?,
        }
        Ok(())
    }

    fn value(counter: &BoundedCounter) -> Self::Value {
        let rights = (0..N_AGENTS).map(|idx| counter.rights_of(&agent(idx)));
        (counter.value(), rights.collect())
    }

    fn oracle(history: &History<Step>) -> Self::Value {
        let rights = rights(history);
        (rights.iter().sum(), rights.to_vec())
    }

    fn expected(past: &History<Step>, agent: usize, step: &Step) -> Option<Expected> {
        let (count, n) = match *step {
            Step::Up(n) => return Some(growth(sums(past, Step::up)[agent], n)),
            Step::Down(n) => (sums(past, Step::down)[agent], n),
            Step::Send { to, n } => (sums(past, |step| step.sent_to(to))[agent], n),
        };
        if rights(past)[agent] < u128::from(n) {
            return Some(Expected::Refusal);
        }
        if matches!(*step, Step::Send { to, .. } if to == agent) {
            return Some(Expected::Nothing);
        }
        Some(growth(count, n))
    }
}
