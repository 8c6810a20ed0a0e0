//! Critical versions: the cuts of the history that nothing spans.
//!
//! Event v is critical if every earlier event is in its history and it is in the history of every
//! later one. After it, a merge needs no knowledge of what came before.
//!
//! # Invariants
//! - Stretches are ascending, disjoint and not adjacent.
//! - They hold exactly the critical events. A new event ends the criticality of versions above its
//!   lowest parent and of no others: of parents on both sides of a critical version, the lower one
//!   would be an ancestor of the higher. So the list is a stack.
//!
//! # Costs
//! O(1) amortised to append a run, O(log c) to look up, c = stretches.

use alloc::vec::Vec;

use super::lv::{Lv, LvRange};

#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct CriticalVersions {
    stretches: Vec<LvRange>,
}

impl CriticalVersions {
    /// Takes in a run that is about to be appended, and whether it has all heads as parents.
    ///
    /// A root counts as a child of a virtual event before everything, so a second root leaves no
    /// critical version below it.
    #[inline]
    pub(super) fn push(&mut self, run: LvRange, parents: &[Lv], unites: bool) {
        self.keep_up_to(parents.first().copied());
        // The frontier collapses to one head exactly when the run has all of it as parents.
        if unites {
            self.continue_last(run);
        }
    }

    /// Adds a run that has all heads as parents.
    #[inline]
    pub(super) fn continue_last(&mut self, run: LvRange) {
        match self.stretches.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            _ => self.stretches.push(run),
        }
    }

    pub(super) fn last_below(&self, lv: Lv) -> Option<Lv> {
        let n = self.stretches.partition_point(|s| s.start < lv);
        let stretch = self.stretches.get(n.checked_sub(1)?)?;
        stretch.end.min(lv).prev()
    }

    pub(super) fn first_from(&self, lv: Lv) -> Option<LvRange> {
        let n = self.stretches.partition_point(|s| s.end <= lv);
        self.stretches.get(n).copied()
    }

    #[inline]
    fn keep_up_to(&mut self, last: Option<Lv>) {
        let end = last.map_or(Lv::new(0), |lv| lv.plus(1));
        while let Some(stretch) = self.stretches.last_mut() {
            if stretch.start < end {
                stretch.end = stretch.end.min(end);
                return;
            }
            self.stretches.pop();
        }
    }
}
