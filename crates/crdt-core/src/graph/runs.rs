//! Parents of events, run-length encoded and stored column by column.
//!
//! # Invariants
//! - A run starts where an event's parents are not just the event before it; nothing else cuts
//!   runs, so two graphs with equal events in equal order have equal columns.
//! - `shadow[i] <= starts[i]`, and every event in `shadow[i]..starts[i]` is an ancestor of run i.

use alloc::vec::Vec;

use super::frontier::Frontier;
use super::lv::{Lv, LvRange};

/// Events that each have only the one before as parent.
#[derive(Clone, Copy, Debug)]
pub struct GraphRun<'a> {
    /// The events.
    pub lvs: LvRange,
    parents: Parents<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Parents<'a> {
    Stored(&'a [Lv]),
    /// The run was cut: the parent is the event before the cut.
    Cut([Lv; 1]),
}

impl GraphRun<'_> {
    /// The parents of the first event, ascending; empty for a root.
    #[inline]
    #[must_use]
    pub fn parents(&self) -> &[Lv] {
        match &self.parents {
            Parents::Stored(parents) => parents,
            Parents::Cut(parent) => parent,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct GraphRuns {
    starts: Vec<Lv>,
    shadow: Vec<Lv>,
    /// Where run i's parents end in `parents`; they start where run i - 1's end.
    parents_end: Vec<u32>,
    parents: Vec<Lv>,
    end: Lv,
}

impl GraphRuns {
    pub(super) fn push(&mut self, range: LvRange, parents: &[Lv]) {
        let continues = range.start.prev().is_some_and(|prev| parents == [prev]);
        if !continues {
            let shadow = self.shadow_of(range.start, parents);
            self.starts.push(range.start);
            self.shadow.push(shadow);
            self.parents.extend_from_slice(parents);
            // Each run has at least one event, and parents are distinct heads: it fits.
            self.parents_end.push(self.parents.len() as u32);
        }
        self.end = range.end;
    }

    pub(super) fn truncate(&mut self, len: Lv) {
        let n = self.starts.partition_point(|&start| start < len);
        self.starts.truncate(n);
        self.shadow.truncate(n);
        self.parents_end.truncate(n);
        self.parents
            .truncate(self.parents_end.last().map_or(0, |&end| end as usize));
        self.end = len;
    }

    pub(super) fn end(&self) -> Lv {
        self.end
    }

    pub(super) fn n_runs(&self) -> usize {
        self.starts.len()
    }

    /// The index of the run that holds `lv`.
    #[inline]
    pub(super) fn find(&self, lv: Lv) -> usize {
        debug_assert!(lv < self.end, "local version out of range");
        self.starts.partition_point(|&start| start <= lv) - 1
    }

    #[inline]
    pub(super) fn start(&self, run: usize) -> Lv {
        self.starts[run]
    }

    #[inline]
    pub(super) fn shadow(&self, run: usize) -> Lv {
        self.shadow[run]
    }

    #[inline]
    pub(super) fn parents(&self, run: usize) -> &[Lv] {
        let start = run
            .checked_sub(1)
            .map_or(0, |before| self.parents_end[before]);
        &self.parents[start as usize..self.parents_end[run] as usize]
    }

    pub(super) fn parents_of(&self, lv: Lv) -> Frontier {
        let run = self.find(lv);
        match lv.prev() {
            Some(prev) if lv > self.start(run) => Frontier::from(prev),
            _ => Frontier::from_heads(self.parents(run).iter().copied()),
        }
    }

    /// Walks the runs that overlap `range`, cut to it.
    pub(super) fn iter(&self, range: LvRange) -> impl Iterator<Item = GraphRun<'_>> {
        let first = if range.is_empty() {
            self.n_runs()
        } else {
            self.find(range.start)
        };
        (first..self.n_runs()).map_while(move |run| {
            let start = self.starts[run];
            let end = self.starts.get(run + 1).copied().unwrap_or(self.end);
            let lvs = LvRange::new(start, end).intersect(range);
            let parents = match range.start.prev() {
                Some(prev) if range.start > start => Parents::Cut([prev]),
                _ => Parents::Stored(self.parents(run)),
            };
            (!lvs.is_empty()).then_some(GraphRun { lvs, parents })
        })
    }

    fn shadow_of(&self, start: Lv, parents: &[Lv]) -> Lv {
        let mut shadow = start;
        while let Some(prev) = shadow.prev().filter(|prev| parents.contains(prev)) {
            shadow = self.shadow[self.find(prev)];
        }
        shadow
    }
}
