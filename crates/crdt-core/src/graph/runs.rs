//! Parents of events, run-length encoded and stored column by column.
//!
//! # Invariants
//! - A run starts where an event's parents are not just the event before it; nothing else cuts
//!   runs, so two graphs with equal events in equal order have equal columns.
//! - `starts`, `shadow` and `parents_end` have equal lengths; parents of one run are sorted.
//! - `shadow[i] <= starts[i]`, and every event in `shadow[i]..starts[i]` is an ancestor of run i:
//!   the ancestor test needs no walk for them. More may be; it is a bound that costs nothing.
//!
//! # Costs
//! With n runs: O(1) amortised to append a run that continues the last, O(log n) to find one.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::frontier::Frontier;
use super::lv::{Lv, LvRange};

/// The most parents that the runs of one graph name together; offsets into them are `u32`.
///
/// Tests reach it.
pub(super) const MAX_PARENTS: u32 = if cfg!(test) { 1 << 18 } else { u32::MAX };

/// So many runs are looked at one by one.
const NEAR: usize = 4;

/// Events that each have only the one before as parent.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, Frontier, Lv, LvRange};
///
/// let mut graph = CausalGraph::new();
/// let alice = graph.intern_agent(&AgentId::new("alice")?);
/// let lvs = graph.add_local(alice, &Frontier::root(), 5)?;
/// let tail = LvRange::new(lvs.start.plus(2), lvs.end);
/// let run = graph.runs(tail).next().ok_or("no events")?;
/// assert_eq!((run.lvs, run.parents()), (tail, &[Lv::new(1)][..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// Returns the parents of the first event, ascending; empty for a root.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, LvRange, Lv};
    /// let mut graph = CausalGraph::new();
    /// graph.ingest(&AgentId::new("alice")?, 0, 5, &[])?;
    /// let all = LvRange::new(Lv::new(0), Lv::new(5));
    /// assert!(graph.runs(all).next().is_some_and(|run| run.parents().is_empty()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn parents(&self) -> &[Lv] {
        match &self.parents {
            Parents::Stored(parents) => parents,
            Parents::Cut(parent) => parent,
        }
    }
}

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct GraphRuns {
    starts: Vec<Lv>,
    shadow: Vec<Lv>,
    /// Where run i's parents end in `parents`; they start where run i - 1's end.
    parents_end: Vec<u32>,
    parents: Vec<Lv>,
    end: Lv,
}

impl GraphRuns {
    /// Makes room for so many runs.
    pub(super) fn reserve(&mut self, n: usize) {
        self.starts.reserve_exact(n);
        self.shadow.reserve_exact(n);
        self.parents_end.reserve_exact(n);
        self.parents.reserve_exact(n);
    }

    /// Appends a run; there must be room for its parents below [`MAX_PARENTS`].
    #[inline]
    pub(super) fn push(&mut self, range: LvRange, parents: &[Lv]) {
        let continues = matches!(*parents, [parent] if parent.plus(1) == range.start);
        if !continues {
            let shadow = self.shadow_of(range.start, parents);
            self.starts.push(range.start);
            self.shadow.push(shadow);
            match *parents {
                [parent] => self.parents.push(parent),
                [low, high] => self.parents.extend([low, high]),
                _ => self.parents.extend_from_slice(parents),
            }
            self.parents_end.push(self.parents.len() as u32);
        }
        self.end = range.end;
    }

    /// Adds events whose only parent is the event before them.
    #[inline]
    pub(super) fn continue_last(&mut self, range: LvRange) {
        self.end = range.end;
    }

    /// Forgets every event from local version `len` on.
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

    pub(super) fn n_parents(&self) -> usize {
        self.parents.len()
    }

    /// The index of the run that holds `lv`.
    #[inline]
    pub(super) fn find(&self, lv: Lv) -> usize {
        debug_assert!(lv < self.end, "local version out of range");
        self.starts.partition_point(|&start| start <= lv) - 1
    }

    /// The index of the run that holds `lv`, which is run `last` or before it: found from there, for
    /// walks go down in small steps.
    #[inline]
    pub(super) fn find_up_to(&self, last: usize, lv: Lv) -> usize {
        // Mostly it is one of the nearest.
        for run in (0..=last).rev().take(NEAR) {
            if self.starts[run] <= lv {
                return run;
            }
        }
        let (mut end, mut back) = (last + 1 - NEAR, NEAR * 2);
        while back <= last && self.starts[last + 1 - back] > lv {
            end = last + 1 - back;
            back *= 2;
        }
        let start = (last + 1).saturating_sub(back);
        start + self.starts[start..end].partition_point(|&start| start <= lv) - 1
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

    /// What lies below `start` and is known to be all in the history of these parents, sorted.
    #[inline]
    fn shadow_of(&self, start: Lv, parents: &[Lv]) -> Lv {
        let [rest @ .., last] = parents else {
            return start;
        };
        if last.plus(1) < start {
            return start;
        }
        let mut run = self.n_runs() - 1;
        let mut shadow = self.shadow[run];
        for &parent in rest.iter().rev() {
            match parent.plus(1).cmp(&shadow) {
                Ordering::Less => break,
                Ordering::Equal => {
                    run = self.find_up_to(run, parent);
                    shadow = self.shadow[run];
                }
                // Not minimal; see `CausalGraph::add_segment`.
                Ordering::Greater => {}
            }
        }
        shadow
    }
}
