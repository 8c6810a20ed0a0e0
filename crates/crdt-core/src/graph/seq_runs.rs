//! The sequence numbers of one agent, mapped to local versions, run-length encoded.
//!
//! # Invariants
//! - Runs are disjoint and maximal: no run continues another in both numberings, so equal events
//!   in equal order make equal runs.
//! - `in_order` ascends in both numberings. `late` has the runs that came when higher sequence
//!   numbers were known already, so the highest number of all is the last of `in_order`.
//!
//! # Costs
//! With n runs: O(1) to append and to look into the last run, O(log n) elsewhere, whatever order a
//! stranger chose to send. Appending in order is all that an honest agent makes us do.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::iter;
use core::ops::Range;

use super::lv::Lv;
use crate::MAX_SEQ;

/// A stretch of one agent's sequence numbers that has consecutive local versions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SeqRun {
    pub(super) seq: u64,
    pub(super) lv: Lv,
    pub(super) len: u32,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct SeqRuns {
    in_order: Vec<SeqRun>,
    /// By first sequence number.
    late: BTreeMap<u64, (Lv, u32)>,
}

impl SeqRun {
    #[inline]
    pub(super) fn seq_end(&self) -> u64 {
        self.seq + u64::from(self.len)
    }

    /// The local version of a sequence number, if it lies in the run.
    #[inline]
    fn lv_of(&self, seq: u64) -> Option<Lv> {
        let offset = u32::try_from(seq.checked_sub(self.seq)?).ok()?;
        (offset < self.len).then(|| self.lv.plus(offset))
    }

    fn is_continued_by(&self, next: &Self) -> bool {
        self.seq_end() == next.seq && self.lv.plus(self.len) == next.lv
    }
}

impl SeqRuns {
    /// Adds a run whose numbers are not here, and whose local versions are above all others.
    #[inline]
    pub(super) fn push(&mut self, run: SeqRun) {
        match self.in_order.last_mut() {
            Some(last) if last.is_continued_by(&run) => last.len += run.len,
            Some(last) if run.seq < last.seq => self.push_late(run),
            _ => self.in_order.push(run),
        }
    }

    /// Where the run with the highest sequence number ends.
    #[inline]
    pub(super) fn lv_end(&self) -> Option<Lv> {
        self.in_order.last().map(|run| run.lv.plus(run.len))
    }

    /// Extends the run with the highest sequence number, if there are so many left.
    #[inline]
    pub(super) fn continue_last(&mut self, len: u32) -> bool {
        let fits = |run: &&mut SeqRun| u64::from(len) <= MAX_SEQ + 1 - run.seq_end();
        match self.in_order.last_mut().filter(fits) {
            Some(run) => {
                run.len += len;
                true
            }
            None => false,
        }
    }

    /// Forgets every event from local version `len` on.
    pub(super) fn truncate(&mut self, len: Lv) {
        let kept = |lv: Lv, run_len: u32| run_len.min(len.get().saturating_sub(lv.get()));
        let n_kept = self.in_order.partition_point(|run| run.lv < len);
        self.in_order.truncate(n_kept);
        if let Some(last) = self.in_order.last_mut() {
            last.len = kept(last.lv, last.len);
        }
        self.late.retain(|_, (lv, run_len)| {
            *run_len = kept(*lv, *run_len);
            *run_len > 0
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }

    /// One past the highest sequence number.
    #[inline]
    pub(super) fn seq_end(&self) -> u64 {
        self.in_order.last().map_or(0, SeqRun::seq_end)
    }

    #[inline]
    pub(super) fn lv_of(&self, seq: u64) -> Option<Lv> {
        let last = self.in_order.last()?;
        if last.seq <= seq {
            return last.lv_of(seq);
        }
        self.lv_below(seq)
    }

    /// The local version of a number below those of the run with the highest.
    fn lv_below(&self, seq: u64) -> Option<Lv> {
        let n_below = self.n_up_to(seq);
        let in_order = n_below.checked_sub(1).map(|idx| self.in_order[idx]);
        let found = in_order.and_then(|run| run.lv_of(seq));
        found.or_else(|| self.late_below(seq)?.lv_of(seq))
    }

    /// How many runs of `in_order` start at `seq` or below: found from the end, since what is asked
    /// for most often is recent.
    #[inline]
    fn n_up_to(&self, seq: u64) -> usize {
        let n = self.in_order.len();
        let (mut end, mut back) = (n, 1);
        while back <= n && self.in_order[n - back].seq > seq {
            end = n - back;
            back *= 2;
        }
        let start = n.saturating_sub(back);
        start + self.in_order[start..end].partition_point(|run| run.seq <= seq)
    }

    /// Walks the runs, ascending by sequence number.
    pub(super) fn iter(&self) -> impl Iterator<Item = SeqRun> + '_ {
        self.overlapping(0..u64::MAX)
    }

    /// Walks the runs that share a number with `seqs`, which is not empty; they are not cut to it.
    pub(super) fn overlapping(&self, seqs: Range<u64>) -> impl Iterator<Item = SeqRun> + '_ {
        let first = if self.seq_end() <= seqs.start {
            self.in_order.len()
        } else {
            let is_below = |run: &SeqRun| run.seq_end() <= seqs.start;
            self.in_order.partition_point(is_below)
        };
        let in_order = self.in_order[first..].iter().copied();
        let late = self.late_below(seqs.start);
        let late_start = late
            .filter(|run| seqs.start < run.seq_end())
            .map_or(seqs.start, |run| run.seq);
        merge(
            in_order.take_while(move |run| run.seq < seqs.end),
            self.late.range(late_start..seqs.end).map(late_run),
        )
    }

    /// The last of the late runs that starts at `seq` or below.
    fn late_below(&self, seq: u64) -> Option<SeqRun> {
        self.late.range(..=seq).next_back().map(late_run)
    }

    /// Adds a run that starts below the last one.
    fn push_late(&mut self, run: SeqRun) {
        if let Some((&seq, (lv, len))) = self.late.range_mut(..run.seq).next_back() {
            let before = SeqRun {
                seq,
                lv: *lv,
                len: *len,
            };
            if before.is_continued_by(&run) {
                *len += run.len;
                return;
            }
        }
        self.late.insert(run.seq, (run.lv, run.len));
    }
}

fn late_run((&seq, &(lv, len)): (&u64, &(Lv, u32))) -> SeqRun {
    SeqRun { seq, lv, len }
}

/// Merges two walks that ascend by sequence number.
fn merge(
    left: impl Iterator<Item = SeqRun>,
    right: impl Iterator<Item = SeqRun>,
) -> impl Iterator<Item = SeqRun> {
    let (mut left, mut right) = (left.peekable(), right.peekable());
    iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(l), Some(r)) if r.seq < l.seq => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    })
}
