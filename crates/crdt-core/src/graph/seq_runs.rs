//! The sequence numbers of one agent, mapped to local versions, run-length encoded.
//!
//! # Invariants
//! - Runs are disjoint and maximal: no run continues another in both numberings, so equal events
//!   in equal order make equal runs. Sequence numbers may arrive in any order, so local versions
//!   need not ascend with them.
//! - `last` is the run with the highest sequence numbers; `earlier` is empty if there is none.
//!
//! # Costs
//! With n runs: O(1) to extend or look into the last run, which is what typing does; O(log n)
//! elsewhere, whatever order a peer chose to send.

use alloc::collections::BTreeMap;
use core::ops::Range;

use crate::graph::lv::Lv;

/// A stretch of one agent's sequence numbers that has consecutive local versions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SeqRun {
    pub(super) seq: u64,
    pub(super) lv: Lv,
    pub(super) len: u32,
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct SeqRuns {
    /// Held apart from the others, so that appending walks no tree.
    last: Option<SeqRun>,
    /// By first sequence number.
    earlier: BTreeMap<u64, (Lv, u32)>,
}

impl SeqRun {
    pub(super) fn seq_end(&self) -> u64 {
        self.seq + u64::from(self.len)
    }

    /// The local version of a sequence number that lies in the run.
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
    pub(super) fn push(&mut self, run: SeqRun) {
        match &mut self.last {
            Some(last) if last.is_continued_by(&run) => last.len += run.len,
            Some(last) if run.seq < last.seq => self.push_earlier(run),
            last => {
                if let Some(before) = last.replace(run) {
                    self.earlier.insert(before.seq, (before.lv, before.len));
                }
            }
        }
    }

    /// Forgets every event from local version `len` on.
    pub(super) fn truncate(&mut self, len: Lv) {
        let kept = |lv: Lv, run_len: u32| run_len.min(len.get().saturating_sub(lv.get()));
        self.earlier.retain(|_, (lv, run_len)| {
            *run_len = kept(*lv, *run_len);
            *run_len > 0
        });
        let last = self.last.take().map(|last| SeqRun {
            len: kept(last.lv, last.len),
            ..last
        });
        self.last = last.filter(|last| last.len > 0).or_else(|| {
            let (seq, (lv, len)) = self.earlier.pop_last()?;
            Some(SeqRun { seq, lv, len })
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none()
    }

    /// One past the highest sequence number.
    pub(super) fn seq_end(&self) -> u64 {
        self.last.as_ref().map_or(0, SeqRun::seq_end)
    }

    pub(super) fn lv_of(&self, seq: u64) -> Option<Lv> {
        match &self.last {
            Some(last) if seq < last.seq => self.earlier_below(seq)?.lv_of(seq),
            last => last.as_ref()?.lv_of(seq),
        }
    }

    /// Walks the runs, ascending by sequence number.
    pub(super) fn iter(&self) -> impl Iterator<Item = SeqRun> + '_ {
        self.earlier.iter().map(seq_run).chain(self.last)
    }

    /// Walks the runs that share a number with `seqs`, which is not empty; they are not cut to it.
    pub(super) fn overlapping(&self, seqs: Range<u64>) -> impl Iterator<Item = SeqRun> + '_ {
        let earlier = self.last.filter(|last| seqs.start < last.seq).map(|_| {
            let from = match self.earlier_below(seqs.start) {
                Some(run) if seqs.start < run.seq_end() => run.seq,
                _ => seqs.start,
            };
            self.earlier.range(from..seqs.end).map(seq_run)
        });
        let last = self
            .last
            .filter(|last| last.seq < seqs.end && seqs.start < last.seq_end());
        earlier.into_iter().flatten().chain(last)
    }

    /// The last of the earlier runs that starts at `seq` or below.
    fn earlier_below(&self, seq: u64) -> Option<SeqRun> {
        self.earlier.range(..=seq).next_back().map(seq_run)
    }

    /// Adds a run that starts below the last one.
    fn push_earlier(&mut self, run: SeqRun) {
        let before = self.earlier.range_mut(..run.seq).next_back();
        if let Some((&seq, (lv, len))) = before {
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
        self.earlier.insert(run.seq, (run.lv, run.len));
    }
}

fn seq_run((&seq, &(lv, len)): (&u64, &(Lv, u32))) -> SeqRun {
    SeqRun { seq, lv, len }
}
