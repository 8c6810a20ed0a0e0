//! The sections of runs and parents.

use crdt_core::codec::{Budget, DecodeError, Reader, column};
use crdt_core::{Lv, MAX_SEQ};

use super::super::{Update, WireDot};
use super::{add, at_most};
use crate::op_log::MAX_LEN;

/// How many events cost as much of a budget as one item.
const EVENTS_PER_ITEM: u64 = 64;

/// What was read of the runs, before their operations are known.
pub(super) struct Runs {
    firsts: Vec<WireDot>,
    lens: Vec<u64>,
    /// Where each run's events end, in the file's own order.
    ends: Vec<u64>,
    /// The first dots of the runs and their lengths, sorted.
    sorted: Vec<(WireDot, u64)>,
}

/// The parents of all runs, one after the other.
pub(super) struct Parents {
    counts: Vec<u64>,
    dots: Vec<WireDot>,
}

impl Runs {
    pub(super) fn read(
        mut r: Reader<'_>,
        n_agents: usize,
        budget: &mut Budget,
    ) -> Result<Self, DecodeError> {
        let n = r.count(0, budget)?;
        let agents = column::decode_u64s(&mut r, n)?;
        let lens = column::decode_u64s(&mut r, n)?;
        let steps = column::decode_i64s(&mut r, n)?;
        let offset = r.offset();
        r.finish()?;
        let mut next_seq = vec![0_u64; n_agents];
        let mut firsts = Vec::with_capacity(n);
        let mut ends = Vec::with_capacity(n);
        let mut end = 0;
        for ((&agent, &len), &step) in agents.iter().zip(&lens).zip(&steps) {
            let next = usize::try_from(agent)
                .ok()
                .and_then(|agent| next_seq.get_mut(agent));
            let max = n_agents as u64;
            let next = next.ok_or(DecodeError::OutOfRange {
                offset,
                found: agent,
                max,
            })?;
            end = at_most(add(end, len, offset)?, MAX_LEN as u64, offset)?;
            let seq = next
                .checked_add_signed(step)
                .ok_or(DecodeError::NotCanonical { offset })?;
            *next = at_most(add(seq, len, offset)?, MAX_SEQ + 1, offset)?;
            if len == 0 {
                return Err(DecodeError::NotCanonical { offset });
            }
            firsts.push(WireDot {
                agent: agent as u32,
                seq,
            });
            ends.push(end);
        }
        // Runs of events take no memory here, but room in the op log: they are not free either.
        budget.spend_items(end / EVENTS_PER_ITEM)?;
        let mut sorted: Vec<_> = firsts.iter().copied().zip(lens.iter().copied()).collect();
        sorted.sort_unstable();
        let overlaps = |pair: &[(WireDot, u64)]| {
            pair[0].0.agent == pair[1].0.agent && pair[0].0.seq + pair[0].1 > pair[1].0.seq
        };
        if sorted.windows(2).any(overlaps) {
            return Err(DecodeError::NotCanonical { offset });
        }
        Ok(Self {
            firsts,
            lens,
            ends,
            sorted,
        })
    }

    /// Gives each run its parents, and the events that `update` holds by now.
    pub(super) fn close(&self, parents: Parents, update: &mut Update) -> Result<(), DecodeError> {
        if self.ends.last().copied().unwrap_or_default() != update.len() as u64 {
            return Err(DecodeError::NotCanonical { offset: 0 });
        }
        update.parents = parents.dots;
        let mut parents_end = 0;
        for ((&first, &end), &count) in self.firsts.iter().zip(&self.ends).zip(&parents.counts) {
            // All three were checked against limits of 31 bits.
            parents_end += count as u32;
            update.end_run(first, Lv::new(end as u32), parents_end);
        }
        Ok(())
    }

    /// Whether the file holds an event.
    fn contains(&self, dot: WireDot) -> bool {
        let after = self.sorted.partition_point(|(first, _)| *first <= dot);
        after.checked_sub(1).is_some_and(|before| {
            let (first, len) = self.sorted[before];
            first.agent == dot.agent && dot.seq - first.seq < len
        })
    }

    /// The dot of an event that the file holds before `end`.
    fn dot_of(&self, event: u64) -> WireDot {
        let run = self.ends.partition_point(|&end| end <= event);
        let first = self.firsts[run];
        WireDot {
            seq: first.seq + (event - (self.ends[run] - self.lens[run])),
            ..first
        }
    }
}

impl Parents {
    /// Reads the parents of every run; those inside the file are looked up by distance.
    pub(super) fn read(
        mut r: Reader<'_>,
        runs: &Runs,
        n_agents: usize,
        budget: &mut Budget,
    ) -> Result<Self, DecodeError> {
        let counts = column::decode_u64s(&mut r, runs.lens.len())?;
        let offset = r.offset();
        let n_parents = counts.iter().try_fold(0, |sum, &n| add(sum, n, offset))?;
        budget.spend_items(n_parents)?;
        let n_parents = at_most(n_parents, MAX_LEN as u64, offset)? as usize;
        let references = column::decode_u64s(&mut r, n_parents)?;
        let n_outside = references
            .iter()
            .filter(|&&reference| reference & 1 == 1)
            .count();
        let mut seqs = column::decode_deltas(&mut r, n_outside)?.into_iter();
        let offset = r.offset();
        r.finish()?;
        let mut dots = Vec::with_capacity(n_parents);
        let mut references = references.into_iter();
        for (run, &count) in counts.iter().enumerate() {
            let start = runs.ends[run] - runs.lens[run];
            let first = dots.len();
            for reference in references.by_ref().take(count as usize) {
                let value = reference >> 1;
                dots.push(if reference & 1 == 1 {
                    let max = n_agents as u64;
                    if value >= max {
                        return Err(DecodeError::OutOfRange {
                            offset,
                            found: value,
                            max,
                        });
                    }
                    let seq = at_most(seqs.next().unwrap_or_default(), MAX_SEQ, offset)?;
                    let dot = WireDot {
                        agent: value as u32,
                        seq,
                    };
                    if runs.contains(dot) {
                        return Err(DecodeError::NotCanonical { offset });
                    }
                    dot
                } else {
                    let event = start
                        .checked_sub(1)
                        .and_then(|before| before.checked_sub(value));
                    let too_far = DecodeError::OutOfRange {
                        offset,
                        found: value,
                        max: start,
                    };
                    runs.dot_of(event.ok_or(too_far)?)
                });
            }
            if dots[first..].windows(2).any(|pair| pair[0] >= pair[1]) {
                return Err(DecodeError::NotCanonical { offset });
            }
        }
        Ok(Self { counts, dots })
    }
}
