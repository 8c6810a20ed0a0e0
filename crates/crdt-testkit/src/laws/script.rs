//! What a few replicas are told to do: made from a seed, and made smaller after a failure.
//!
//! Every step is complete in itself, so that a script with steps left out is a script.

use super::subject::{N_AGENTS, Subject};
use crate::rng::Rng;

/// The steps of one history.
#[derive(Debug)]
pub(super) struct Script<Op> {
    pub(super) steps: Vec<Step<Op>>,
    /// How many replicas write. One more only reads.
    pub(super) n_writers: usize,
    /// Whether a replica also writes while it lacks something that an event it holds had seen.
    pub(super) is_wild: bool,
    /// For all choices after the last step.
    pub(super) seed: u64,
}

/// One step. Replicas are told by their places, whatever else is chosen by a number to draw from.
#[derive(Clone, Debug)]
pub(super) enum Step<Op> {
    /// A replica mutates; its delta is shipped at once, or later with others.
    Write { replica: usize, op: Op, ships: bool },
    /// A replica gets one delta, perhaps late, perhaps again.
    Deliver { replica: usize, luck: u64 },
    /// A replica gets some deltas as one group.
    Group { replica: usize, luck: u64 },
    /// A replica gets all that another holds.
    Sync {
        to: usize,
        from: usize,
        way: Way,
        luck: u64,
    },
    /// A replica is stored and loaded again.
    Reload { replica: usize },
    /// An observer gets some scrap of what a replica holds, with no regard to what that needs.
    Leak { from: usize, luck: u64 },
}

/// How one replica gets what another holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Way {
    /// The whole state.
    State,
    /// The difference of the states.
    Diff,
    /// The difference of the states, as a delta.
    Changes,
    /// What a summary does not have, perhaps one of a while ago.
    Summary,
    /// The parts of the state, in any order.
    Parts,
}

impl<Op> Script<Op> {
    /// Makes a history of 20 to 32 operations, and at least as many exchanges, overlapping in time.
    pub(super) fn generate<S: Subject<Op = Op>>(mut rng: Rng) -> Self {
        let n_writers = rng.between(3, N_AGENTS);
        let n_writes = rng.between(MIN_WRITES, MAX_WRITES);
        let n_exchanges = rng.between(MIN_WRITES, 2 * MIN_WRITES);
        let mut writes = [vec![true; n_writes], vec![false; n_exchanges]].concat();
        rng.shuffle(&mut writes);
        let mut step_of = |(idx, &writes): (usize, &bool)| {
            if writes {
                return Step::Write {
                    replica: rng.below(n_writers),
                    op: S::op(&mut rng, idx),
                    ships: rng.chance(60),
                };
            }
            Step::exchange(&mut rng, n_writers)
        };
        let steps = writes.iter().enumerate().map(&mut step_of).collect();
        Self {
            steps,
            n_writers,
            is_wild: rng.chance(20),
            seed: rng.next_u64(),
        }
    }
}

impl<Op: Clone> Script<Op> {
    /// Leaves steps out for as long as the rest still `fails`: large blocks first.
    ///
    /// What is chosen after the last step depends on all before it, so a few seeds are tried.
    pub(super) fn shrink(mut self, mut fails: impl FnMut(&Self) -> bool) -> Self {
        let mut n_tries = MAX_TRIES;
        let mut block = self.steps.len().div_ceil(2);
        while block > 0 {
            let n_before = self.steps.len();
            let mut start = 0;
            while start < self.steps.len() && n_tries > 0 {
                n_tries -= 1;
                let smaller = (0..N_SEEDS).map(|n| self.without(start, block, n));
                match smaller.into_iter().find(&mut fails) {
                    Some(smaller) => self = smaller,
                    None => start += block,
                }
            }
            let is_stuck = self.steps.len() == n_before || n_tries == 0;
            if is_stuck || block > 1 {
                block /= 2;
            }
        }
        self
    }

    fn without(&self, start: usize, n_steps: usize, n_seeds: u64) -> Self {
        let end = (start + n_steps).min(self.steps.len());
        Self {
            steps: [&self.steps[..start], &self.steps[end..]].concat(),
            seed: self.seed.wrapping_add(n_seeds),
            ..*self
        }
    }
}

impl<Op> Step<Op> {
    fn exchange(rng: &mut Rng, n_writers: usize) -> Self {
        let replica = rng.below(n_writers + 1);
        let (from, luck) = (rng.below(n_writers), rng.next_u64());
        match rng.below(20) {
            0..10 => Self::Deliver { replica, luck },
            10..13 => Self::Group { replica, luck },
            13..17 => Self::Sync {
                to: replica,
                from,
                way: *rng.pick(&WAYS),
                luck,
            },
            17 => Self::Reload { replica },
            _ => Self::Leak { from, luck },
        }
    }
}

pub(super) const WAYS: [Way; 5] = [
    Way::State,
    Way::Diff,
    Way::Changes,
    Way::Summary,
    Way::Parts,
];

pub(super) const MIN_WRITES: usize = 20;
const MAX_WRITES: usize = 32;
/// A failure that is hard to find again should not be looked for all day.
const MAX_TRIES: usize = 400;
const N_SEEDS: u64 = 4;
