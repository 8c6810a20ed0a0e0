//! One operation at one replica.

use crdt_core::{Delta, DeltaState, Lattice};

use super::{World, apply, same_bytes};
use crate::laws::history::{Event, EventSet, History};
use crate::laws::law::Law;
use crate::laws::subject::{DeltaOf, Expected, Refused, Subject, Writer};

impl<S: Subject> World<S> {
    pub(super) fn write(&mut self, replica: usize, op: &S::Op, ships: bool) {
        if !self.is_wild {
            self.repair(replica);
        }
        let before = self.replicas[replica].state.clone();
        let mut after = before.clone();
        self.judge.open(Law::Delta);
        let result = S::mutate(&mut after, self.writer(replica), op);
        let plain = self.write_plain(replica, op, &after, result.as_ref());
        match &result {
            Ok(delta) => self.check_mutation(&before, delta, &after),
            Err(_) => {
                for state in [&after, &plain] {
                    let what = "before and after a refusal";
                    self.judge.same(Law::Atomicity, what, &before, state);
                }
            }
        }
        let found = match &result {
            Ok(delta) if delta.is_empty() => Expected::Nothing,
            Ok(_) => Expected::Event,
            Err(_) => Expected::Refusal,
        };
        self.compare_expectation(replica, op, found);
        self.replicas[replica].state = after;
        match result {
            Ok(delta) if found == Expected::Event => self.record(replica, op, delta),
            _ => self.note(|world| format!("       {}: {op:?}: {found:?}", world.name(replica))),
        }
        if ships {
            self.seal(replica);
        }
        self.look(replica);
    }

    fn writer(&self, replica: usize) -> Writer<'_> {
        let unshipped_from = self.replicas[replica].unshipped_from;
        Writer::new(&self.agents, replica, unshipped_from)
    }

    /// The same by the other mutator; it must come to the same.
    fn write_plain(
        &mut self,
        replica: usize,
        op: &S::Op,
        after: &S::State,
        result: Result<&DeltaOf<S>, &Refused>,
    ) -> S::State {
        let mut plain = self.replicas[replica].state.clone();
        let plain_result = S::mutate_plain(&mut plain, self.writer(replica), op);
        let what = "after the mutator with and without a delta";
        same_bytes(&mut self.judge, Law::Delta, what, after, &plain);
        let holds = plain_result.is_ok() == result.is_ok();
        self.judge.check(Law::Delta, holds, &|| {
            format!("only one of two mutators refuses {op:?}: {plain_result:?} or {result:?}")
        });
        plain
    }

    fn check_mutation(&mut self, before: &S::State, delta: &DeltaOf<S>, after: &S::State) {
        self.judge.open(Law::Inflation);
        let mut joined = before.clone();
        joined.join(after);
        let holds = before.leq(after) && joined == *after;
        self.judge.check(Law::Inflation, holds, &|| {
            format!("something of {before:?} is missing in {after:?}")
        });

        let mut applied = before.clone();
        apply::<S>(&mut self.judge, &mut applied, delta);
        let what = "the mutated state and the one before with the delta";
        same_bytes(&mut self.judge, Law::Delta, what, after, &applied);
        apply::<S>(&mut self.judge, &mut applied, delta);
        let what = "the mutated state and the one before with the delta, twice";
        self.judge.same(Law::Delta, what, after, &applied);

        let is_empty = delta.is_empty();
        let holds = is_empty == (before == after);
        self.judge.check(Law::Neutrality, holds, &|| {
            format!("from {before:?} to {after:?} by {delta:?}, is_empty() = {is_empty}")
        });
        if is_empty {
            let other = &self.rng.pick(&self.snapshots).state;
            let mut changed = other.clone();
            let result = changed.apply_delta(delta);
            let holds = result.is_ok() && changed == *other;
            self.judge.check(Law::Neutrality, holds, &|| {
                format!("an empty delta changes {other:?} to {changed:?}")
            });
        }
    }

    /// Compares with the specification what became of an operation.
    fn compare_expectation(&mut self, replica: usize, op: &S::Op, found: Expected) {
        let delivered = self.replicas[replica].delivered;
        if !self.is_causal(delivered) {
            return;
        }
        self.judge.open(Law::Neutrality);
        let past = self.history.within(delivered);
        if let Some(expected) = S::expected(&past, replica, op) {
            self.judge.check(Law::Neutrality, found == expected, &|| {
                format!("{op:?} after {past:?} is to be {expected:?} and is {found:?}")
            });
        } else if found == Expected::Nothing {
            let before = S::oracle(&past);
            let after = S::oracle(&extended(past, replica, op, delivered, self.history.len()));
            let what = "specified without and with what was not done";
            self.judge.same(Law::Neutrality, what, &before, &after);
        }
    }

    /// Makes an event of an operation.
    fn record(&mut self, replica: usize, op: &S::Op, delta: DeltaOf<S>) {
        let idx = self.history.len();
        let seen = self.replicas[replica].delivered;
        if self.is_causal(seen) {
            self.causal = self.causal.union(EventSet::of(idx));
        }
        self.history.push(Event {
            idx,
            agent: replica,
            op: op.clone(),
            seen,
        });
        self.deltas.push(delta);
        self.replicas[replica].delivered = seen.union(EventSet::of(idx));
        self.replicas[replica].outbox.push(idx);
        self.note(|world| {
            let unseen = match names(EventSet::first(idx).difference(seen)) {
                names if names.is_empty() => names,
                names => format!(", not knowing{names}"),
            };
            format!("  e{idx:<3} {}: {op:?}{unseen}", world.name(replica))
        });
    }
}

fn extended<Op: Clone>(
    mut past: History<Op>,
    agent: usize,
    op: &Op,
    seen: EventSet,
    idx: usize,
) -> History<Op> {
    past.push(Event {
        idx,
        agent,
        op: op.clone(),
        seen,
    });
    past
}

/// Events by name, for the log.
pub(super) fn names(events: EventSet) -> String {
    events.iter().map(|idx| format!(" e{idx}")).collect()
}
