//! Questions about versions: which contains which, and what differs.
//!
//! All walks go down from the heads, highest local version first, a whole run at a time, and stop
//! as soon as the answer is known.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::CausalGraph;
use super::frontier::Frontier;
use super::lv::{Lv, LvRange};
use crate::CausalOrdering;

/// What two versions do not share; ranges ascend and do not touch.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// Events only in the history of the first.
    pub only_a: Vec<LvRange>,
    /// Events only in the history of the second.
    pub only_b: Vec<LvRange>,
}

/// Whose history an event is in, while two histories are walked together.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Side {
    A,
    B,
    Both,
}

/// A finding of the walk of two histories.
enum Found {
    Only(Side, LvRange),
    /// A head of the intersection.
    SharedHead(Lv),
}

impl CausalGraph {
    /// Compares two events.
    ///
    /// # Complexity
    /// O(1) if the histories between them are linear, else as [`Self::contains`].
    ///
    /// # Panics
    /// If either event is not known.
    #[must_use]
    pub fn version_cmp(&self, a: Lv, b: Lv) -> CausalOrdering {
        match a.cmp(&b) {
            core::cmp::Ordering::Equal => CausalOrdering::Equal,
            core::cmp::Ordering::Less if self.is_ancestor(a, b) => CausalOrdering::Before,
            core::cmp::Ordering::Greater if self.is_ancestor(b, a) => CausalOrdering::After,
            _ => CausalOrdering::Concurrent,
        }
    }

    /// Compares two versions by the events they contain.
    ///
    /// # Complexity
    /// As [`Self::diff`].
    ///
    /// # Panics
    /// If either version names an event that is not known.
    #[must_use]
    pub fn compare(&self, a: &Frontier, b: &Frontier) -> CausalOrdering {
        if a == b {
            return CausalOrdering::Equal;
        }
        let diff = self.diff(a, b);
        match (diff.only_a.is_empty(), diff.only_b.is_empty()) {
            (true, true) => CausalOrdering::Equal,
            (true, false) => CausalOrdering::Before,
            (false, true) => CausalOrdering::After,
            (false, false) => CausalOrdering::Concurrent,
        }
    }

    /// Whether `event` is in the history of `version`, heads included; the root contains nothing.
    ///
    /// # Complexity
    /// O(d log d), d = runs of the version above the event; O(h) in nearly linear histories.
    ///
    /// # Panics
    /// If the version names an event that is not known.
    #[must_use]
    pub fn contains(&self, version: &Frontier, event: Lv) -> bool {
        let mut heap: BinaryHeap<Lv> = version.iter().filter(|&head| head >= event).collect();
        while let Some(lv) = heap.pop() {
            let run = self.runs.find(lv);
            if event >= self.runs.shadow(run) {
                return true;
            }
            while heap
                .peek()
                .is_some_and(|&other| other >= self.runs.start(run))
            {
                heap.pop();
            }
            heap.extend(
                self.runs
                    .parents(run)
                    .iter()
                    .filter(|&&parent| parent >= event),
            );
        }
        false
    }

    /// The events that only one of two versions contains.
    ///
    /// # Complexity
    /// O(d log d), d = runs between the versions and their common history.
    ///
    /// # Panics
    /// If either version names an event that is not known.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{AgentId, CausalGraph, Frontier};
    ///
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// let diff = graph.diff(&Frontier::from(left.last()), &Frontier::from(right.last()));
    /// assert_eq!((diff.only_a, diff.only_b), (vec![left], vec![right]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn diff(&self, a: &Frontier, b: &Frontier) -> Difference {
        if let Some(diff) = self.linear_diff(a, b) {
            return diff;
        }
        let mut diff = Difference::default();
        self.walk_two(a, b, |found| match found {
            Found::Only(Side::A, lvs) => push_below(&mut diff.only_a, lvs),
            Found::Only(_, lvs) => push_below(&mut diff.only_b, lvs),
            Found::SharedHead(_) => {}
        });
        diff.only_a.reverse();
        diff.only_b.reverse();
        diff
    }

    /// The greatest version that both versions contain.
    ///
    /// # Complexity
    /// As [`Self::diff`].
    ///
    /// # Panics
    /// If either version names an event that is not known.
    #[must_use]
    pub fn common_ancestor(&self, a: &Frontier, b: &Frontier) -> Frontier {
        let mut heads = Vec::new();
        self.walk_two(a, b, |found| {
            if let Found::SharedHead(lv) = found {
                heads.push(lv);
            }
        });
        Frontier::from_heads(heads)
    }

    /// The smallest version that contains both versions.
    ///
    /// # Complexity
    /// As [`Self::find_dominators`].
    ///
    /// # Panics
    /// If either version names an event that is not known.
    #[must_use]
    pub fn union(&self, a: &Frontier, b: &Frontier) -> Frontier {
        if a == b {
            return a.clone();
        }
        let heads: Vec<Lv> = a.iter().chain(b.iter()).collect();
        self.find_dominators(&heads)
    }

    /// Reduces a set of events, in any order, to those that are in no other's history.
    ///
    /// # Complexity
    /// O(d log d), d = runs between the highest and the lowest event of the set.
    ///
    /// # Panics
    /// If an event is not known.
    #[must_use]
    pub fn find_dominators(&self, events: &[Lv]) -> Frontier {
        let all = Frontier::from_heads(events.iter().copied());
        let Some(lowest) = all
            .as_slice()
            .first()
            .copied()
            .filter(|_| all.as_slice().len() > 1)
        else {
            return all;
        };
        // Entries are (event, whether it is a candidate). Of two entries for one event the
        // candidate comes out first.
        let mut heap: BinaryHeap<(Lv, bool)> = all.iter().map(|lv| (lv, true)).collect();
        let mut n_candidates = heap.len();
        let mut heads = Vec::new();
        while let Some((lv, is_candidate)) = heap.pop() {
            n_candidates -= usize::from(is_candidate);
            let run = self.runs.find(lv);
            let mut is_covered = !is_candidate;
            while let Some(&(below, candidate)) =
                heap.peek().filter(|e| e.0 >= self.runs.start(run))
            {
                heap.pop();
                n_candidates -= usize::from(candidate);
                is_covered |= below == lv;
            }
            if is_candidate && !is_covered {
                heads.push(lv);
            }
            if n_candidates == 0 {
                break;
            }
            let parents = self
                .runs
                .parents(run)
                .iter()
                .filter(|&&parent| parent >= lowest);
            heap.extend(parents.map(|&parent| (parent, false)));
        }
        Frontier::from_heads(heads)
    }

    /// Whether `a` is in the history of `b`, for `a < b`.
    fn is_ancestor(&self, a: Lv, b: Lv) -> bool {
        a >= self.runs.shadow(self.runs.find(b)) || self.contains(&Frontier::from(b), a)
    }

    /// The difference of two versions of which one extends the other without a fork, in O(log n).
    fn linear_diff(&self, a: &Frontier, b: &Frontier) -> Option<Difference> {
        if a == b {
            return Some(Difference::default());
        }
        let between = |low: Lv, high: Lv| {
            let is_linear = low < high && low >= self.runs.start(self.runs.find(high));
            is_linear.then(|| alloc::vec![LvRange::new(low.plus(1), high.plus(1))])
        };
        let (a, b) = (a.single()?, b.single()?);
        let only_b = between(a, b);
        let only_a = between(b, a);
        (only_a.is_some() || only_b.is_some()).then(|| Difference {
            only_a: only_a.unwrap_or_default(),
            only_b: only_b.unwrap_or_default(),
        })
    }

    /// Walks the histories of two versions down until only common history is left.
    fn walk_two(&self, a: &Frontier, b: &Frontier, mut found: impl FnMut(Found)) {
        let heads_a = a.iter().map(|lv| (lv, Side::A));
        let heads_b = b.iter().map(|lv| (lv, Side::B));
        let mut heap: BinaryHeap<(Lv, Side)> = heads_a.chain(heads_b).collect();
        let mut n_unshared = heap.len();
        while n_unshared > 0
            && let Some((mut lv, mut side)) = heap.pop()
        {
            n_unshared -= usize::from(side != Side::Both);
            let run = self.runs.find(lv);
            let start = self.runs.start(run);
            while let Some(&(below, other)) = heap.peek().filter(|entry| entry.0 >= start) {
                heap.pop();
                n_unshared -= usize::from(other != Side::Both);
                if side == Side::Both || side == other {
                    continue;
                }
                if below < lv {
                    found(Found::Only(side, LvRange::new(below.plus(1), lv.plus(1))));
                }
                if other != Side::Both {
                    found(Found::SharedHead(below));
                }
                lv = below;
                side = Side::Both;
            }
            if side != Side::Both {
                found(Found::Only(side, LvRange::new(start, lv.plus(1))));
            }
            let parents = self.runs.parents(run);
            n_unshared += if side == Side::Both { 0 } else { parents.len() };
            heap.extend(parents.iter().map(|&parent| (parent, side)));
        }
    }
}

/// Adds a range that lies below all others; joins it to the last one if they touch.
fn push_below(ranges: &mut Vec<LvRange>, lvs: LvRange) {
    match ranges.last_mut() {
        Some(last) if last.start == lvs.end => last.start = lvs.start,
        _ => ranges.push(lvs),
    }
}
