//! Histories: a few replicas that edit, and exchange states and deltas in every way there is.

use alloc::boxed::Box;
use alloc::vec::Vec;

use quickcheck::{Arbitrary, Gen};

use super::stores::Subject;
use super::{assert_invariants, joined};
use crate::codec::{Decode, DecodeLimits, Encode};
use crate::{AgentId, Causal, CausalDelta, DeltaState, Lattice, NextSeqError, Summarize};

/// A stream of small decisions out of one number.
#[derive(Clone, Debug)]
pub(super) struct Choices(u64);

impl Choices {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `n`, by splitmix64.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of three keys.
    pub(super) fn key(&mut self) -> u8 {
        [b'x', b'y', b'z'][self.below(3)]
    }

    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Takes one of the items out.
    pub(super) fn take<T>(&mut self, items: &mut Vec<T>) -> T {
        items.swap_remove(self.below(items.len()))
    }
}

/// A history to play: one number for each step. A shorter script is the same history with steps left
/// out.
#[derive(Clone, Debug)]
pub(super) struct Script(Vec<u64>);

impl Script {
    pub(super) fn steps(&self) -> impl Iterator<Item = Choices> {
        self.0.iter().map(|&step| Choices::new(step))
    }
}

impl Arbitrary for Script {
    fn arbitrary(g: &mut Gen) -> Self {
        let n_steps = 24 + usize::arbitrary(g) % 40;
        Self((0..n_steps).map(|_| u64::arbitrary(g)).collect())
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let steps = self.0.clone();
        let halves = [steps.len() / 2, steps.len() / 4, steps.len() / 8];
        let without = move |(at, n): (usize, usize)| {
            let kept = steps
                .iter()
                .enumerate()
                .filter(|(i, _)| !(at..at + n).contains(i));
            Self(kept.map(|(_, step)| *step).collect())
        };
        let len = self.0.len();
        let blocks = halves
            .into_iter()
            .filter(|&n| n > 1)
            .flat_map(move |n| (0..len).step_by(n).map(move |at| (at, n)));
        Box::new(blocks.chain((0..len).map(|at| (at, 1))).map(without))
    }
}

/// What became of a script.
pub(super) struct World<S: Subject> {
    pub(super) replicas: Vec<Causal<S>>,
    /// Every delta that anyone made: by mutating, by grouping, by comparing.
    pub(super) deltas: Vec<CausalDelta<S>>,
    /// For each mutation, the state before it, its delta, and the state after it.
    pub(super) mutations: Vec<(Causal<S>, CausalDelta<S>, Causal<S>)>,
    /// Every state there ever was; also deltas in their plain form, which are states too.
    pub(super) states: Vec<Causal<S>>,
    /// For later decisions.
    pub(super) choices: Choices,
    /// For each replica, which deltas it has yet to receive.
    pending: Vec<Vec<usize>>,
}

const N_REPLICAS: usize = 4;

pub(super) fn agent(replica: usize) -> AgentId {
    AgentId::new(["alice", "bob", "carol", "dave"][replica]).unwrap()
}

impl<S: Subject> World<S> {
    pub(super) fn play(script: &Script) -> Self {
        let last = script.0.last().copied().unwrap_or_default();
        let mut world = Self {
            replicas: alloc::vec![Causal::new(); N_REPLICAS],
            deltas: alloc::vec![CausalDelta::default()],
            mutations: Vec::new(),
            states: alloc::vec![Causal::new()],
            choices: Choices::new(last ^ 0x5eed),
            pending: alloc::vec![Vec::new(); N_REPLICAS],
        };
        for choices in script.steps() {
            world.step(choices);
        }
        world
    }

    /// Delivers what is still under way, in any order and some of it twice.
    pub(super) fn settle(&mut self) {
        let mut choices = self.choices.clone();
        for replica in 0..N_REPLICAS {
            while !self.pending[replica].is_empty() {
                let delta = choices.take(&mut self.pending[replica]);
                self.deliver(replica, &self.deltas[delta].clone());
                if choices.one_in(8) {
                    self.pending[replica].push(choices.below(self.deltas.len()));
                }
            }
        }
    }

    /// Three states of one history.
    pub(super) fn trio(&self, choices: &mut Choices) -> [Causal<S>; 3] {
        core::array::from_fn(|_| choices.pick(&self.states).clone())
    }

    fn step(&mut self, mut choices: Choices) {
        let replica = choices.below(N_REPLICAS);
        let peer = (replica + 1 + choices.below(N_REPLICAS - 1)) % N_REPLICAS;
        match choices.below(12) {
            0..=5 => self.mutate(replica, peer, &mut choices),
            6..=8 => self.receive(replica, &mut choices),
            9 => {
                let theirs = self.replicas[peer].clone();
                self.replicas[replica].join(&theirs);
            }
            10 => self.catch_up(replica, peer, &mut choices),
            _ => {
                let bytes = self.replicas[replica].to_bytes();
                let state = Causal::from_bytes(&bytes, &DecodeLimits::default()).unwrap();
                assert_eq!(state, self.replicas[replica]);
                self.replicas[replica] = state;
            }
        }
        assert_invariants(&self.replicas[replica]);
        self.states.push(self.replicas[replica].clone());
    }

    /// An edit; now and then one that removes what someone else sees, as a client without a replica does.
    fn mutate(&mut self, replica: usize, peer: usize, choices: &mut Choices) {
        let before = self.replicas[replica].clone();
        let foreign = choices
            .one_in(8)
            .then(|| self.replicas[peer].store().forget(choices));
        let state = &mut self.replicas[replica];
        let delta = state.mutate::<NextSeqError>(&agent(replica), |store, minter| match foreign {
            Some(change) => {
                minter.mint()?;
                Ok(change)
            }
            None => store.edit(choices, minter),
        });
        let delta = delta.expect("no gaps among one's own events");
        self.mutations
            .push((before, delta.clone(), self.replicas[replica].clone()));
        self.ship(replica, delta);
    }

    /// Some of what is under way arrives: one delta, or several as one group; a copy may follow.
    fn receive(&mut self, replica: usize, choices: &mut Choices) {
        let n_deltas = if choices.one_in(3) {
            1 + choices.below(4)
        } else {
            1
        };
        let mut group = CausalDelta::default();
        for _ in 0..n_deltas.min(self.pending[replica].len()) {
            let delta = choices.take(&mut self.pending[replica]);
            group = if choices.one_in(2) {
                joined(&group, &self.deltas[delta])
            } else {
                joined(&self.deltas[delta], &group)
            };
            if choices.one_in(4) {
                self.pending[replica].push(delta);
            }
        }
        self.deliver(replica, &group);
        self.deltas.push(group);
    }

    /// What a peer has that this replica lacked a while ago; it may get lost, arrive late, or elsewhere.
    fn catch_up(&mut self, replica: usize, peer: usize, choices: &mut Choices) {
        let base = if choices.one_in(2) {
            self.replicas[replica].clone()
        } else {
            choices.pick(&self.states).clone()
        };
        let theirs = &self.replicas[peer];
        let delta = if choices.one_in(2) {
            theirs.changes_since(&base)
        } else {
            theirs
                .delta_since(&base.summary())
                .expect("nothing was trimmed")
        };
        if choices.one_in(2) {
            self.deliver(replica, &delta);
        }
        self.ship(peer, delta);
    }

    fn deliver(&mut self, replica: usize, delta: &CausalDelta<S>) {
        self.replicas[replica]
            .apply_delta(delta)
            .expect("an honest delta");
        assert_invariants(&self.replicas[replica]);
    }

    /// Puts a delta on its way to everyone else.
    fn ship(&mut self, from: usize, delta: CausalDelta<S>) {
        for (replica, pending) in self.pending.iter_mut().enumerate() {
            if replica != from {
                pending.push(self.deltas.len());
            }
        }
        self.states.push(super::plain(&delta));
        self.deltas.push(delta);
    }
}
