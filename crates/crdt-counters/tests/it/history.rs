//! Random histories of four agents against the sum of all events, after every step.

use crdt_counters::{BoundedCounter, GCounter, PnCounter};

use crate::schedule::{Event, Simulated, Step, What, World};
use crate::support::{N_AGENTS, agent, check_sized};

/// Sums what `signed` makes of each event.
fn sum(events: &[Event], signed: impl Fn(&Event) -> i128) -> i128 {
    events.iter().map(signed).sum()
}

/// What an event adds to the value.
fn to_value(event: &Event) -> i128 {
    match event.what {
        What::Up => i128::from(event.n),
        What::Down => -i128::from(event.n),
        What::Sent { .. } => 0,
    }
}

/// What an event adds to the rights of `agent`.
fn to_rights(agent: usize, event: &Event) -> i128 {
    let received = match event.what {
        What::Sent { to } if to == agent => i128::from(event.n),
        _ => 0,
    };
    let own = match event.what {
        What::Sent { .. } => -i128::from(event.n),
        _ => to_value(event),
    };
    received + if event.agent == agent { own } else { 0 }
}

fn event(agent: usize, what: What, n: u64) -> Option<Event> {
    (n > 0).then_some(Event { agent, what, n })
}

impl Simulated for GCounter {
    fn act(&mut self, me: usize, _: u8, n: u64) -> Option<(Self, Option<Event>)> {
        let delta = self.increment_with_delta(&agent(me), n).ok()?;
        Some((delta, event(me, What::Up, n)))
    }

    fn check(&self, told: &[Event]) {
        assert_eq!(self.value() as i128, sum(told, to_value));
        assert_eq!(self.is_empty(), told.is_empty());
        assert_eq!(self.n_agents(), self.iter().len());
        for idx in 0..N_AGENTS {
            let own = sum(told, |event| {
                if event.agent == idx {
                    to_value(event)
                } else {
                    0
                }
            });
            assert_eq!(i128::from(self.count_of(&agent(idx))), own);
        }
    }
}

impl Simulated for PnCounter {
    fn act(&mut self, me: usize, choice: u8, n: u64) -> Option<(Self, Option<Event>)> {
        let signed = i64::try_from(n).ok()?;
        let (delta, what) = match choice % 4 {
            0 => (self.increment_with_delta(&agent(me), n), What::Up),
            1 => (self.decrement_with_delta(&agent(me), n), What::Down),
            2 => (self.add_with_delta(&agent(me), signed), What::Up),
            _ => (self.add_with_delta(&agent(me), -signed), What::Down),
        };
        Some((delta.ok()?, event(me, what, n)))
    }

    fn check(&self, told: &[Event]) {
        assert_eq!(self.value(), sum(told, to_value));
        assert_eq!(self.is_empty(), told.is_empty());
        assert_eq!(self.n_agents(), self.iter().len());
        for idx in 0..N_AGENTS {
            let own = sum(told, |event| {
                if event.agent == idx {
                    to_value(event)
                } else {
                    0
                }
            });
            let (up, down) = self.counts_of(&agent(idx));
            assert_eq!(i128::from(up) - i128::from(down), own);
        }
    }
}

impl Simulated for BoundedCounter {
    fn act(&mut self, me: usize, choice: u8, n: u64) -> Option<(Self, Option<Event>)> {
        let (id, to) = (agent(me), usize::from(choice / 4) % N_AGENTS);
        let is_covered = u128::from(n) <= self.rights_of(&id);
        let (delta, what) = match choice % 4 {
            0 => (self.increment_with_delta(&id, n).ok(), What::Up),
            1 | 2 => (self.decrement_with_delta(&id, n).ok(), What::Down),
            _ => (
                self.transfer_with_delta(&id, &agent(to), n).ok(),
                What::Sent { to },
            ),
        };
        assert_eq!(delta.is_some(), is_covered || what == What::Up);
        let is_moot = what == What::Sent { to: me };
        Some((delta?, event(me, what, n).filter(|_| !is_moot)))
    }

    fn check(&self, told: &[Event]) {
        assert_eq!(self.value() as i128, sum(told, to_value).max(0));
        assert_eq!(self.is_empty(), told.is_empty());
        let rights = |idx| sum(told, |event| to_rights(idx, event)).max(0);
        for idx in 0..N_AGENTS {
            assert_eq!(self.rights_of(&agent(idx)) as i128, rights(idx));
        }
        let holders = (0..N_AGENTS).filter(|&idx| rights(idx) > 0);
        let holders: Vec<_> = holders
            .map(|idx| (agent(idx), rights(idx) as u128))
            .collect();
        assert!(self.rights().eq(holders.iter().map(|(id, n)| (id, *n))));
    }

    /// A replica never believes that its own agent has more rights than it has.
    fn check_replica(&self, me: usize, log: &[Event]) {
        let rights = sum(log, |event| to_rights(me, event));
        assert!(self.rights_of(&agent(me)) as i128 <= rights);
        check_bound(log);
    }
}

/// Of all that was ever written, no agent has less than 0 rights, and the rights sum to the value.
fn check_bound(log: &[Event]) {
    let rights: Vec<i128> = (0..N_AGENTS)
        .map(|idx| sum(log, |event| to_rights(idx, event)))
        .collect();
    assert!(rights.iter().all(|&n| n >= 0), "{rights:?}");
    assert_eq!(rights.iter().sum::<i128>(), sum(log, to_value));
}

/// Runs a schedule, delivers all that is missing, and compares with the sum of all events.
fn converges<T: Simulated>(steps: Vec<Step>) -> bool {
    let mut world = World::<T>::new();
    world.run(&steps);
    world.settle();
    true
}

const N_CASES: u64 = 2_000;
const N_STEPS: usize = 100;

#[test]
fn a_grow_only_counter_is_the_sum_of_its_events() {
    check_sized(
        N_STEPS,
        N_CASES,
        converges::<GCounter> as fn(Vec<Step>) -> bool,
    );
}

#[test]
fn a_pn_counter_is_the_sum_of_its_events() {
    check_sized(
        N_STEPS,
        N_CASES,
        converges::<PnCounter> as fn(Vec<Step>) -> bool,
    );
}

#[test]
fn a_bounded_counter_is_the_sum_of_its_events_and_keeps_its_bound() {
    fn property(steps: Vec<Step>) -> bool {
        let mut world = World::<BoundedCounter>::new();
        world.run(&steps);
        let (all, log) = world.settle();
        check_bound(&log);
        all.rights().map(|(_, n)| n).sum::<u128>() == all.value()
    }
    check_sized(N_STEPS, N_CASES, property as fn(Vec<Step>) -> bool);
}

/// Where nothing arrives before what it follows, no replica ever has to round up to 0.
#[test]
fn a_bounded_counter_never_dips_under_causal_delivery() {
    fn property(steps: Vec<Step>) -> bool {
        let mut world = World::<BoundedCounter>::new();
        steps.iter().all(|&step| {
            world.run_causally(&[step]);
            world.told().for_each(|told| check_bound(&told));
            true
        })
    }
    check_sized(N_STEPS, N_CASES, property as fn(Vec<Step>) -> bool);
}

/// The test above shows something only if other schedules do dip.
#[test]
fn a_bounded_counter_does_dip_without_causal_delivery() {
    let mut world = World::<BoundedCounter>::new();
    // Agent 0 counts up 5, then down 3; agent 1 gets the second delta alone.
    world.run(&[(0, 0, 0, 5), (0, 0, 1, 3), (3, 1, 1, 0)]);
    let told: Vec<Vec<Event>> = world.told().collect();
    assert_eq!(sum(&told[1], to_value), -3);
}
