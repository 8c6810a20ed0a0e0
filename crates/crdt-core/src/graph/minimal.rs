//! Whether the parents that a run names are minimal: none an ancestor of another.
//!
//! Every run with several parents is asked, so this is what reading a busy history waits for. Most
//! answers follow from heads, or from a chain; the others take a walk down the graph, for which runs
//! wait as bits in place of a heap: histories are dense where people work at once.

use alloc::vec;

use super::CausalGraph;
use super::lv::Lv;

impl CausalGraph {
    /// Whether no parent is an ancestor of another; they are known, sorted and distinct.
    ///
    /// O(1) where all but the last are heads, else O(d log n + r / 64), d = runs in the history of the
    /// parents from the lowest on, r = runs from there on, n = runs.
    #[inline]
    pub(super) fn is_minimal(&self, parents: &[Lv]) -> bool {
        let [below @ .., high] = parents else {
            return true;
        };
        // What has no children is no ancestor, and the last one is none of those below it.
        if self.frontier.has_heads(below) {
            return true;
        }
        match *below {
            [low] => match self.is_in_chain(low, *high) {
                Some(is_ancestor) => !is_ancestor,
                None => self.walk_minimal(parents),
            },
            _ => self.walk_minimal(parents),
        }
    }

    /// As [`Self::is_minimal`], for two parents or more, by a walk down from all of them.
    fn walk_minimal(&self, parents: &[Lv]) -> bool {
        let (Some(&lowest), Some(&highest)) = (parents.first(), parents.last()) else {
            return true;
        };
        let first = self.runs.find(lowest);
        let last = self.runs.find_up_to(self.runs.n_runs() - 1, highest);
        let mut waiting = vec![0_u64; (last - first) / BITS + 1];
        let mut run = last;
        for &parent in parents.iter().rev() {
            run = self.runs.find_up_to(run, parent);
            let (word, bit) = place(run - first);
            // Of two parents in one run the lower one is an ancestor.
            if waiting[word] & bit != 0 {
                return false;
            }
            waiting[word] |= bit;
        }
        for word in (0..waiting.len()).rev() {
            while let Some(high) = waiting[word].checked_ilog2() {
                waiting[word] ^= 1 << high;
                let run = first + word * BITS + high as usize;
                for &above in self.runs.parents(run).iter().filter(|lv| **lv >= lowest) {
                    let found = self.runs.find_up_to(run, above);
                    let start = self.runs.start(found);
                    if parents.iter().any(|lv| (start..=above).contains(lv)) {
                        return false;
                    }
                    let (word, bit) = place(found - first);
                    waiting[word] |= bit;
                }
            }
        }
        true
    }
}

const BITS: usize = u64::BITS as usize;

/// The word and the bit of a run.
fn place(run: usize) -> (usize, u64) {
    (run / BITS, 1 << (run % BITS))
}
