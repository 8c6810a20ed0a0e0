//! A grow-only counter with one mistake at a time.

use alloc::collections::BTreeMap;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer as Bytes};
use crdt_core::{Decompose, DeltaState, Lattice, Summarize};

use crate::laws::{Expected, History, Refused, Subject, Writer};
use crate::rng::Rng;

/// What is wrong.
pub(super) struct Fault;

impl Fault {
    pub(super) const NONE: u8 = 0;
    /// A delta says how much to add.
    pub(super) const RELATIVE_DELTA: u8 = 1;
    pub(super) const DEAF_JOIN: u8 = 2;
    /// Compares sums.
    pub(super) const LYING_LEQ: u8 = 3;
    pub(super) const LYING_FLAG: u8 = 4;
    /// Writes large counts as smaller ones.
    pub(super) const LOSSY_CODEC: u8 = 5;
    /// Reads counts in any order.
    pub(super) const SLOPPY_DECODER: u8 = 6;
    pub(super) const SPARE_PART: u8 = 7;
    pub(super) const WHOLE_DIFF: u8 = 8;
    pub(super) const DEAF_SUMMARY: u8 = 9;
    pub(super) const NO_DELTA: u8 = 10;
    pub(super) const TWO_MUTATORS: u8 = 11;
    pub(super) const NOISY_NO_OP: u8 = 12;
    pub(super) const DIRTY_REFUSAL: u8 = 13;
    pub(super) const TOO_STRICT: u8 = 14;
    pub(super) const WRONG_VALUE: u8 = 15;
    pub(super) const FALSE_FEED: u8 = 16;
    pub(super) const PANIC: u8 = 17;
    pub(super) const LOST_NEWS: u8 = 18;
    pub(super) const LOST_PART: u8 = 19;
}

/// The type with a fault, and its own subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally<const FAULT: u8>(BTreeMap<u8, u64>);

const TOO_MUCH: u64 = 9;

impl<const FAULT: u8> Tally<FAULT> {
    fn of(agent: u8, count: u64) -> Self {
        Self(BTreeMap::from([(agent, count)]))
    }

    /// Counts; returns the count before and after.
    fn count(&mut self, agent: u8, n: u64) -> Result<(u64, u64), Refused> {
        if n >= TOO_MUCH && FAULT != Fault::DIRTY_REFUSAL {
            return Err(Refused::by_will());
        }
        let before = self.0.get(&agent).copied().unwrap_or(0);
        if FAULT == Fault::TOO_STRICT && before + n > TOO_MUCH {
            return Err(Refused::by_will());
        }
        if n > 0 {
            self.0.insert(agent, before + n);
        }
        if n >= TOO_MUCH {
            return Err(Refused::by_will());
        }
        Ok((before, before + n))
    }
}

impl<const FAULT: u8> Lattice for Tally<FAULT> {
    fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        if FAULT != Fault::DEAF_JOIN {
            for (&agent, &theirs) in &other.0 {
                let ours = self.0.entry(agent).or_insert(0);
                *ours = match FAULT {
                    Fault::RELATIVE_DELTA => *ours + theirs,
                    _ => theirs.max(*ours),
                };
            }
        }
        *self != before || FAULT == Fault::LYING_FLAG
    }

    fn leq(&self, other: &Self) -> bool {
        if FAULT == Fault::LYING_LEQ {
            return self.0.values().sum::<u64>() <= other.0.values().sum();
        }
        let mut counts = self.0.iter();
        counts.all(|(agent, count)| other.0.get(agent).is_some_and(|held| count <= held))
    }
}

impl<const FAULT: u8> Decompose for Tally<FAULT> {
    fn decompose(&self) -> impl Iterator<Item = Self> {
        assert!(FAULT != Fault::PANIC || self.0.len() < 3, "too many counts");
        let spare = (FAULT == Fault::SPARE_PART && self.0.len() == 3).then(|| self.clone());
        let parts = self.0.iter().map(|(&agent, &count)| Self::of(agent, count));
        parts.chain(spare)
    }

    fn diff(&self, base: &Self) -> Self {
        if FAULT == Fault::WHOLE_DIFF {
            return self.clone();
        }
        let is_news = |agent: &u8, count: u64| base.0.get(agent).is_none_or(|held| count > *held);
        let news = self
            .0
            .iter()
            .filter(|(agent, count)| is_news(agent, **count));
        Self(news.map(|(agent, count)| (*agent, *count)).collect())
    }
}

impl<const FAULT: u8> DeltaState for Tally<FAULT> {
    type Delta = Self;
    type Error = core::convert::Infallible;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, Self::Error> {
        Ok(self.join(delta))
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        if FAULT == Fault::LOST_NEWS {
            // Whoever counted once is not listened to again.
            let news = delta
                .0
                .iter()
                .filter(|(agent, _)| !self.0.contains_key(agent));
            return Some(Self(news.map(|(agent, count)| (*agent, *count)).collect()));
        }
        Some(delta.diff(self))
    }

    fn split_delta(delta: Self, _: usize) -> Vec<Self> {
        let n_lost = usize::from(FAULT == Fault::LOST_PART && delta.0.len() > 1);
        delta.decompose().skip(n_lost).collect()
    }
}

impl<const FAULT: u8> Summarize for Tally<FAULT> {
    type Summary = Self;

    fn summary(&self) -> Self {
        self.clone()
    }

    fn delta_since(&self, known: &Self) -> Option<Self> {
        if FAULT == Fault::DEAF_SUMMARY {
            return Some(self.clone());
        }
        Some(self.diff(known))
    }
}

impl<const FAULT: u8> Encode for Tally<FAULT> {
    fn encode(&self, w: &mut Bytes) {
        w.u64(self.0.len() as u64);
        for (&agent, &count) in &self.0 {
            w.u8(agent);
            w.u64(if FAULT == Fault::LOSSY_CODEC {
                count.min(4)
            } else {
                count
            });
        }
    }
}

impl<const FAULT: u8> Decode for Tally<FAULT> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let mut counts = BTreeMap::new();
        for _ in 0..r.count(2, budget)? {
            let offset = r.offset();
            let (agent, count) = (r.u8()?, r.u64()?);
            let is_next = counts
                .last_key_value()
                .is_none_or(|(last, _)| *last < agent);
            if !is_next && FAULT != Fault::SLOPPY_DECODER || count == 0 {
                return Err(DecodeError::NotCanonical { offset });
            }
            counts.insert(agent, count);
        }
        Ok(Self(counts))
    }
}

impl<const FAULT: u8> Subject for Tally<FAULT> {
    type State = Self;
    type Op = u64;
    type Value = u64;

    fn name() -> String {
        format!("tally with fault {FAULT}")
    }

    fn op(rng: &mut Rng, _: usize) -> u64 {
        if rng.chance(5) {
            return TOO_MUCH;
        }
        rng.below(4) as u64
    }

    fn mutate(state: &mut Self, writer: Writer<'_>, n: &u64) -> Result<Self, Refused> {
        let agent = writer.idx() as u8;
        let (before, after) = state.count(agent, *n)?;
        Ok(match FAULT {
            Fault::NO_DELTA => Self::default(),
            Fault::RELATIVE_DELTA if *n > 0 => Self::of(agent, *n),
            Fault::NOISY_NO_OP if before > 0 => Self::of(agent, after),
            _ if before == after => Self::default(),
            _ => Self::of(agent, after),
        })
    }

    fn mutate_plain(state: &mut Self, writer: Writer<'_>, n: &u64) -> Result<(), Refused> {
        let n = if FAULT == Fault::TWO_MUTATORS && *n == 3 {
            2
        } else {
            *n
        };
        state.count(writer.idx() as u8, n)?;
        Ok(())
    }

    fn value(state: &Self) -> u64 {
        if FAULT == Fault::WRONG_VALUE {
            return state.0.values().max().copied().unwrap_or(0);
        }
        state.0.values().sum()
    }

    fn oracle(history: &History<u64>) -> u64 {
        history.iter().map(|event| event.op).sum()
    }

    fn expected(_: &History<u64>, _: usize, n: &u64) -> Option<Expected> {
        Some(match *n {
            0 => Expected::Nothing,
            TOO_MUCH.. => Expected::Refusal,
            _ => Expected::Event,
        })
    }

    fn check_feed(before: &Self, _: &Self, after: &Self) -> Option<Result<(), String>> {
        let is_false = FAULT == Fault::FALSE_FEED && before.0.len() + 1 < after.0.len();
        (FAULT == Fault::FALSE_FEED).then(|| {
            if is_false {
                Err("one of two".into())
            } else {
                Ok(())
            }
        })
    }
}
