//! Random histories on a network that delays, repeats, reorders and groups deltas, judged by a
//! naive model that keeps every event.

use alloc::collections::BTreeSet;
use core::fmt::Debug;

use crdt_core::codec::Encode;
use crdt_core::{Decompose, Delta, DeltaState, Lattice, Summarize};
use quickcheck::Gen;

use crate::laws::assert_same;
use crate::support::{below, each_seed, joined};

/// A type under test, its mutators, and what it should show.
pub(crate) trait Model: Default {
    type State: Decompose + Delta + Summarize<Delta = Self::State, Summary = Self::State>;
    type Event;

    /// Changes the state of a replica somehow; returns the delta, and what happened if anything
    /// did.
    fn mutate(
        &mut self,
        state: &mut Self::State,
        replica: usize,
        world: &World<Self::Event>,
        g: &mut Gen,
    ) -> (Self::State, Option<Self::Event>);

    /// Compares what a state shows with the events that reached it.
    fn check(&self, state: &Self::State, known: &[&Self::Event], seed: u64);
}

/// All that ever happened, and who heard of it.
pub(crate) struct World<E> {
    pub(crate) events: Vec<E>,
    /// Per replica, indexes of events.
    known: Vec<BTreeSet<usize>>,
}

impl<E> World<E> {
    pub(crate) fn known_by(&self, replica: usize) -> Vec<&E> {
        self.known[replica]
            .iter()
            .map(|&idx| &self.events[idx])
            .collect()
    }

    /// The events that some replica has not heard of.
    pub(crate) fn unstable(&self) -> impl Iterator<Item = &E> {
        let events = self.events.iter().enumerate();
        let is_unstable = |idx: &usize| self.known.iter().any(|known| !known.contains(idx));
        events.filter_map(move |(idx, event)| is_unstable(&idx).then_some(event))
    }
}

/// A delta under way, and the events it brings.
struct Message<S> {
    delta: S,
    events: BTreeSet<usize>,
}

/// Three replicas and what is under way between them.
struct Network<M: Model> {
    model: M,
    states: Vec<M::State>,
    world: World<M::Event>,
    /// Never taken out, so that anything may arrive at any time and again.
    messages: Vec<Message<M::State>>,
    seed: u64,
}

/// Runs many histories of a model.
pub(crate) fn check_histories<M: Model>()
where
    M::State: Clone + PartialEq + Debug + Encode,
{
    each_seed(N_HISTORIES, |seed, g| {
        let mut network = Network::<M>::new(seed);
        for _ in 0..N_STEPS {
            network.step(g);
        }
        network.settle(g);
    });
}

impl<M: Model> Network<M>
where
    M::State: Clone + PartialEq + Debug + Encode,
{
    fn new(seed: u64) -> Self {
        Self {
            model: M::default(),
            states: (0..N_REPLICAS).map(|_| M::State::default()).collect(),
            world: World {
                events: Vec::new(),
                known: vec![BTreeSet::new(); N_REPLICAS],
            },
            messages: Vec::new(),
            seed,
        }
    }

    fn step(&mut self, g: &mut Gen) {
        let replica = below(g, N_REPLICAS as u64) as usize;
        match below(g, 12) {
            0..6 => self.mutate(replica, g),
            6..9 if !self.messages.is_empty() => {
                let message = below(g, self.messages.len() as u64) as usize;
                self.deliver(replica, message);
            }
            9 if !self.messages.is_empty() => self.group(g),
            10 => self.catch_up(replica, below(g, N_REPLICAS as u64) as usize),
            11 => self.join(replica, below(g, N_REPLICAS as u64) as usize),
            _ => {}
        }
        let known = self.world.known_by(replica);
        self.model.check(&self.states[replica], &known, self.seed);
    }

    fn mutate(&mut self, replica: usize, g: &mut Gen) {
        let state = &mut self.states[replica];
        let before = state.clone();
        let (delta, event) = self.model.mutate(state, replica, &self.world, g);
        assert_same(&joined(&before, &delta), state, self.seed);
        assert!(delta.leq(state), "CRDT_SEED={}", self.seed);
        let mut events = BTreeSet::new();
        if let Some(event) = event {
            assert!(!delta.is_bottom(), "CRDT_SEED={}", self.seed);
            events.insert(self.world.events.len());
            self.world.known[replica].extend(&events);
            self.world.events.push(event);
        }
        if delta == *state {
            // A whole state brings whatever its replica heard of.
            events.extend(&self.world.known[replica]);
        }
        if delta.is_bottom() {
            assert_same(&before, state, self.seed);
        } else {
            self.messages.push(Message { delta, events });
        }
    }

    fn deliver(&mut self, replica: usize, message: usize) {
        let Message { delta, events } = &self.messages[message];
        let state = &mut self.states[replica];
        let (before, by_parts) = (state.clone(), state.clone());
        let changed = state.apply_delta(delta).expect("agents are correct");
        assert_eq!(changed, *state != before, "CRDT_SEED={}", self.seed);
        let by_parts = delta
            .decompose()
            .fold(by_parts, |state, part| joined(&state, &part));
        assert_same(&by_parts, state, self.seed);
        self.world.known[replica].extend(events);
    }

    fn group(&mut self, g: &mut Gen) {
        let mut group = Message {
            delta: M::State::default(),
            events: BTreeSet::new(),
        };
        for _ in 0..2 + below(g, 3) {
            let message = &self.messages[below(g, self.messages.len() as u64) as usize];
            group
                .delta
                .merge_delta(&message.delta)
                .expect("agents are correct");
            group.events.extend(&message.events);
        }
        self.messages.push(group);
    }

    /// One replica asks another for what it lacks.
    fn catch_up(&mut self, to: usize, from: usize) {
        let summary = self.states[to].summary();
        let delta = self.states[from].delta_since(&summary).expect("no history");
        let joined = joined(&self.states[to], &self.states[from]);
        self.states[to]
            .apply_delta(&delta)
            .expect("agents are correct");
        assert_same(&self.states[to], &joined, self.seed);
        self.learn(to, from);
    }

    fn join(&mut self, to: usize, from: usize) {
        let other = self.states[from].clone();
        self.states[to].join(&other);
        self.learn(to, from);
    }

    fn learn(&mut self, to: usize, from: usize) {
        let news = self.world.known[from].clone();
        self.world.known[to].extend(news);
    }

    /// Delivers everything to everyone, and to a newcomer, each in an order of its own.
    fn settle(&mut self, g: &mut Gen) {
        self.states.push(M::State::default());
        self.world.known.push(BTreeSet::new());
        for replica in 0..=N_REPLICAS {
            let mut order: Vec<usize> = (0..self.messages.len()).collect();
            while !order.is_empty() {
                let next = below(g, order.len() as u64) as usize;
                self.deliver(replica, order.swap_remove(next));
            }
            let known = self.world.known_by(replica);
            assert_eq!(known.len(), self.world.events.len());
            self.model.check(&self.states[replica], &known, self.seed);
            assert_same(&self.states[replica], &self.states[0], self.seed);
        }
    }
}

const N_REPLICAS: usize = 3;
/// Half of them are mutations.
const N_STEPS: usize = 60;
const N_HISTORIES: u64 = 2_000;
