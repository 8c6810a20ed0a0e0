//! Replicas that mutate and exchange deltas in any order, each beside a naive model: the set of events
//! that it was told of, one by one.
//!
//! A schedule is a list of bytes, so that it can be generated, shrunk and repeated. Messages stay where
//! they are when delivered, so that any of them may arrive late, again, out of order, or never.

use alloc::collections::BTreeSet;
use core::convert::Infallible;
use core::fmt::Debug;

use crdt_core::{Lattice, Summarize};

use crate::support::N_AGENTS;

/// What an agent counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum What {
    Up,
    Down,
    Sent { to: usize },
}

/// One mutation, as the model keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) agent: usize,
    pub(crate) what: What,
    pub(crate) n: u64,
}

/// A counter that schedules can run on.
pub(crate) trait Simulated:
    Lattice + Summarize<Delta = Self, Summary = Self, Error = Infallible> + Clone + Debug + PartialEq
{
    /// Mutates as `agent`; `None` if refused, and no event if there is nothing to tell.
    fn act(&mut self, agent: usize, choice: u8, n: u64) -> Option<(Self, Option<Event>)>;

    /// Compares what can be read with the events that `self` was told of.
    fn check(&self, told: &[Event]);

    /// Checks what must hold of the replica of `agent` among all events there are.
    fn check_replica(&self, _agent: usize, _log: &[Event]) {}
}

/// One step: kind, replica, a choice, and a number.
pub(crate) type Step = (u8, u8, u8, u8);

/// A state or a delta, with the events it stands for, by their place in the log.
#[derive(Clone, Debug)]
struct Told<T> {
    state: T,
    events: BTreeSet<usize>,
}

impl<T: Simulated> Told<T> {
    fn join(&mut self, other: &Self) {
        let is_news = !other.events.is_subset(&self.events);
        assert_eq!(self.state.apply_delta(&other.state), Ok(is_news));
        self.events.extend(&other.events);
    }
}

/// All replicas, all messages ever sent, all events.
#[derive(Debug)]
pub(crate) struct World<T> {
    replicas: Vec<Told<T>>,
    messages: Vec<Told<T>>,
    log: Vec<Event>,
}

impl<T: Simulated> World<T> {
    pub(crate) fn new() -> Self {
        let replica = || Told {
            state: T::default(),
            events: BTreeSet::new(),
        };
        Self {
            replicas: (0..N_AGENTS).map(|_| replica()).collect(),
            messages: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Runs a schedule of single deltas, groups, differences and whole states.
    pub(crate) fn run(&mut self, steps: &[Step]) {
        for &(kind, replica, choice, n) in steps {
            let (replica, choice_idx) = (usize::from(replica) % N_AGENTS, usize::from(choice));
            match kind % 8 {
                0..=2 => self.mutate(replica, choice, n),
                3..=4 => self.deliver(replica, choice_idx),
                5 => self.group(choice_idx, usize::from(n)),
                6 => self.send_state(replica),
                _ => self.send_difference(replica, choice_idx % N_AGENTS),
            }
            self.check();
        }
    }

    /// Runs a schedule of whole states only, so that nothing arrives before what it follows.
    pub(crate) fn run_causally(&mut self, steps: &[Step]) {
        for &(kind, replica, choice, n) in steps {
            let replica = usize::from(replica) % N_AGENTS;
            if kind % 2 == 0 {
                self.mutate(replica, choice, n);
                self.messages.pop();
                self.send_state(replica);
            } else {
                self.deliver(replica, usize::from(choice));
            }
            self.check();
        }
    }

    /// Delivers what is missing everywhere; returns the state all end in, and the log.
    pub(crate) fn settle(mut self) -> (T, Vec<Event>) {
        let mut all = self.replicas[0].clone();
        self.replicas.iter().for_each(|replica| all.join(replica));
        assert_eq!(all.events.len(), self.log.len());
        all.state.check(&self.log);
        for replica in &mut self.replicas {
            let missing = all.state.delta_since(&replica.state.summary());
            let _changed = missing.map(|missing| replica.state.join(&missing));
            assert_eq!(replica.state, all.state);
        }
        (all.state, self.log)
    }

    /// The events that each replica was told of.
    pub(crate) fn told(&self) -> impl Iterator<Item = Vec<Event>> {
        self.replicas.iter().map(|replica| self.events_of(replica))
    }

    fn mutate(&mut self, agent: usize, choice: u8, n: u8) {
        let replica = &mut self.replicas[agent];
        let before = replica.state.clone();
        let Some((delta, event)) = replica.state.act(agent, choice, u64::from(n % 8)) else {
            assert_eq!(replica.state, before, "refused");
            return;
        };
        let mut after = before;
        after.join(&delta);
        assert_eq!(after, replica.state);
        assert_eq!(event.is_none(), delta.is_bottom());
        let mut events = BTreeSet::new();
        if let Some(event) = event {
            self.log.push(event);
            // A delta holds an absolute count, so it stands for the earlier events of that count.
            let is_same = |other: &Event| (other.agent, other.what) == (agent, event.what);
            events.extend((0..self.log.len()).filter(|&idx| is_same(&self.log[idx])));
        }
        replica.events.extend(&events);
        self.messages.push(Told {
            state: delta,
            events,
        });
    }

    fn deliver(&mut self, to: usize, message: usize) {
        if !self.messages.is_empty() {
            let message = &self.messages[message % self.messages.len()];
            self.replicas[to].join(message);
        }
    }

    fn group(&mut self, left: usize, right: usize) {
        if !self.messages.is_empty() {
            let n_messages = self.messages.len();
            let mut group = self.messages[left % n_messages].clone();
            group.join(&self.messages[right % n_messages]);
            self.messages.push(group);
        }
    }

    fn send_state(&mut self, from: usize) {
        self.messages.push(self.replicas[from].clone());
    }

    /// What `from` sends a peer that told its summary; anybody may receive it.
    fn send_difference(&mut self, from: usize, to: usize) {
        let (from, to) = (&self.replicas[from], &self.replicas[to]);
        let state = from.state.delta_since(&to.state.summary()).unwrap();
        let missing: Vec<Event> = from
            .events
            .difference(&to.events)
            .map(|&idx| self.log[idx])
            .collect();
        let is_part = |event: &Event| {
            let mut counts = missing.iter().map(|event| (event.agent, event.what));
            counts.any(|count| count == (event.agent, event.what))
        };
        let events = from.events.iter().copied();
        let events = events.filter(|&idx| is_part(&self.log[idx])).collect();
        self.messages.push(Told { state, events });
    }

    fn check(&self) {
        for (agent, replica) in self.replicas.iter().enumerate() {
            replica.state.check(&self.events_of(replica));
            replica.state.check_replica(agent, &self.log);
        }
        if let Some(message) = self.messages.last() {
            message.state.check(&self.events_of(message));
        }
    }

    fn events_of(&self, told: &Told<T>) -> Vec<Event> {
        told.events.iter().map(|&idx| self.log[idx]).collect()
    }
}
