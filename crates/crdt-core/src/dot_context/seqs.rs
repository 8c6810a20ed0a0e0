//! The seqs of one agent in a context: a prefix and a cloud above it.
//!
//! **Invariant.** The cloud starts strictly above `next`, and ends at most at `MAX_SEQ + 1`.
//!
//! **Costs.** Without a cloud, which is the usual case, everything is O(1) and allocates nothing.

use core::ops::Range;

use super::NextSeqError;
use crate::interval::{self, Interval};
use crate::{IntervalSet, MAX_SEQ};

/// The seqs `0..next`, and those in `cloud`.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Seqs {
    /// The first seq that is not held.
    pub(crate) next: u64,
    /// What is held above `next`.
    pub(crate) cloud: IntervalSet,
}

impl Seqs {
    /// Adds seqs; returns whether any was new.
    pub(super) fn insert(&mut self, seqs: Range<u64>) -> bool {
        if seqs.start > self.next {
            return self.cloud.insert(seqs);
        }
        if seqs.end <= self.next {
            return false;
        }
        self.next = seqs.end;
        if !self.cloud.is_empty() {
            self.fold();
        }
        true
    }

    /// Adds all seqs of `other`; returns whether any was new.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        if other.cloud.n_ranges() <= interval::FEW_RANGES {
            let grows = self.insert(0..other.next);
            return other
                .cloud
                .ranges()
                .fold(grows, |grows, seqs| self.insert(seqs) | grows);
        }
        if other.is_subset(self) {
            return false;
        }
        *self = self.union(other);
        true
    }

    pub(super) fn contains(&self, seq: u64) -> bool {
        seq < self.next || (!self.cloud.is_empty() && self.cloud.contains(seq))
    }

    pub(super) fn contains_range(&self, seqs: Range<u64>) -> bool {
        seqs.end <= self.next || self.cloud.contains_range(seqs)
    }

    /// Returns the seqs missing below the cloud.
    pub(super) fn first_gap(&self) -> Option<Range<u64>> {
        self.cloud.first().map(|start| self.next..start)
    }

    /// Returns the seq that the agent mints next.
    pub(super) fn next_seq(&self) -> Result<u64, NextSeqError> {
        match self.first_gap() {
            Some(Range { start, end }) => Err(NextSeqError::Gap { start, end }),
            None if self.next > MAX_SEQ => Err(NextSeqError::Exhausted),
            None => Ok(self.next),
        }
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let (low, high) = if self.next <= other.next {
            (self, other)
        } else {
            (other, self)
        };
        if low.cloud.is_empty() {
            return high.clone();
        }
        Self::collect(|emit| interval::union(self.pairs(), other.pairs(), emit))
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        Self::collect(|emit| interval::intersection(self.pairs(), other.pairs(), emit))
    }

    pub(super) fn difference(&self, other: &Self) -> Self {
        Self::collect(|emit| interval::difference(self.pairs(), other.pairs(), emit))
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        if self.cloud.is_empty() {
            return self.next <= other.next;
        }
        interval::is_subset(self.pairs(), other.pairs())
    }

    /// Returns all seqs as canonical intervals.
    pub(super) fn pairs(&self) -> impl Iterator<Item = Interval> + Clone {
        let prefix = (self.next > 0).then_some((0, self.next));
        prefix.into_iter().chain(self.cloud.pairs())
    }

    pub(super) fn count(&self) -> u64 {
        self.next + self.cloud.count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.next == 0 && self.cloud.is_empty()
    }

    /// Collects a canonical stream of intervals.
    fn collect(stream: impl FnOnce(&mut dyn FnMut(Interval))) -> Self {
        let mut seqs = Self::default();
        stream(&mut |pair| match pair {
            (0, end) => seqs.next = end,
            pair => seqs.cloud.push_interval(pair),
        });
        seqs
    }

    /// Restores the invariant after `next` grew into the cloud.
    fn fold(&mut self) {
        self.next = self.cloud.first_gap(self.next);
        self.cloud.remove(0..self.next);
    }
}
