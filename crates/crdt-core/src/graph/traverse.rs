//! Questions about versions: which contains which, and what differs.
//!
//! All walks go down from the heads, highest local version first, a whole run at a time, and stop
//! as soon as the answer is known.
//!
//! Versions given by the caller must be of this graph. They need not be minimal: a head that is an
//! ancestor of another adds nothing to a version.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::CausalGraph;
use super::frontier::Frontier;
use super::lv::{Lv, LvRange};
use super::walk::{Found, Side, push_below};
use crate::CausalOrdering;

/// What two versions do not share; ranges ascend and do not touch.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, Difference, Frontier};
///
/// let mut graph = CausalGraph::new();
/// let alice = graph.intern_agent(&AgentId::new("alice")?);
/// let all = graph.add_local(alice, &Frontier::root(), 3)?;
/// let diff = graph.diff(&Frontier::root(), graph.frontier());
/// assert_eq!(diff, Difference { only_a: vec![], only_b: vec![all] });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// Events only in the history of the first.
    pub only_a: Vec<LvRange>,
    /// Events only in the history of the second.
    pub only_b: Vec<LvRange>,
}

impl CausalGraph {
    /// Compares two events by causality.
    ///
    /// # Panics
    /// If either event is not known.
    /// # Complexity
    /// O(log n) in nearly linear histories, n = graph runs; else as [`Self::contains`].
    /// # Convergence
    /// Every replica that knows both events answers alike.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, CausalOrdering, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// assert_eq!(graph.version_cmp(base.start, left.start), CausalOrdering::Before);
    /// assert_eq!(graph.version_cmp(left.start, right.start), CausalOrdering::Concurrent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn version_cmp(&self, a: Lv, b: Lv) -> CausalOrdering {
        self.assert_known(&[a.max(b)]);
        match a.cmp(&b) {
            core::cmp::Ordering::Equal => CausalOrdering::Equal,
            core::cmp::Ordering::Less if self.is_ancestor(a, b) => CausalOrdering::Before,
            core::cmp::Ordering::Greater if self.is_ancestor(b, a) => CausalOrdering::After,
            _ => CausalOrdering::Concurrent,
        }
    }

    /// Compares two versions by the events they contain.
    ///
    /// # Panics
    /// If either version names an event that is not known.
    /// # Complexity
    /// As [`Self::diff`].
    /// # Convergence
    /// Every replica that knows both versions answers alike.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, CausalOrdering, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// let (base, left) = (Frontier::from(base.last()), Frontier::from(left.last()));
    /// assert_eq!(graph.compare(&base, &left), CausalOrdering::Before);
    /// let both = graph.union(&left, &Frontier::from(right.last()));
    /// assert_eq!(graph.compare(&both, graph.frontier()), CausalOrdering::Equal);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn compare(&self, a: &Frontier, b: &Frontier) -> CausalOrdering {
        let diff = self.diff(a, b);
        CausalOrdering::from_leq(diff.only_a.is_empty(), diff.only_b.is_empty())
    }

    /// Returns whether `event` is in the history of `version`, heads included.
    ///
    /// The root contains nothing, and nothing contains an event that is not known.
    ///
    /// # Panics
    /// If the version names an event that is not known.
    /// # Complexity
    /// O(d log n), d = runs of the version above the event, n = graph runs; O(h + log n) in nearly
    /// linear histories, h = heads of the version.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// # let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// let version = Frontier::from(left.start);
    /// assert!(graph.contains(&version, base.last()) && graph.contains(&version, left.start));
    /// assert!(!graph.contains(&version, left.last()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn contains(&self, version: &Frontier, event: Lv) -> bool {
        self.assert_known(version.as_slice());
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

    /// Returns the events that only one of two versions contains.
    ///
    /// # Panics
    /// If either version names an event that is not known.
    /// # Complexity
    /// O(log n) if one version extends the other within one run; else O(d log n), d = runs above
    /// the point from which all history is common, n = graph runs.
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
    #[track_caller]
    pub fn diff(&self, a: &Frontier, b: &Frontier) -> Difference {
        self.assert_known(a.as_slice());
        self.assert_known(b.as_slice());
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

    /// Returns the greatest version that both versions contain, minimal.
    ///
    /// # Panics
    /// If either version names an event that is not known.
    /// # Complexity
    /// As [`Self::diff`].
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// let (left, right) = (Frontier::from(left.last()), Frontier::from(right.last()));
    /// assert_eq!(graph.common_ancestor(&left, &right), Frontier::from(base.last()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn common_ancestor(&self, a: &Frontier, b: &Frontier) -> Frontier {
        self.assert_known(a.as_slice());
        self.assert_known(b.as_slice());
        let mut heads = Vec::new();
        self.walk_two(a, b, |found| {
            if let Found::SharedHead(lv) = found {
                heads.push(lv);
            }
        });
        Frontier::from_heads(heads)
    }

    /// Returns the smallest version that contains both versions, minimal.
    ///
    /// # Panics
    /// If either version names an event that is not known.
    /// # Complexity
    /// As [`Self::find_dominators`].
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// let (left, right) = (Frontier::from(left.last()), Frontier::from(right.last()));
    /// assert_eq!(graph.union(&left, &right), *graph.frontier());
    /// assert_eq!(graph.union(&left, &Frontier::from(base.last())), left);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn union(&self, a: &Frontier, b: &Frontier) -> Frontier {
        let heads: Vec<Lv> = a.iter().chain(b.iter()).collect();
        self.find_dominators(&heads)
    }

    /// Reduces a set of events, in any order, to those that are in no other's history.
    ///
    /// # Panics
    /// If an event is not known.
    /// # Complexity
    /// O(k log k) for k events that all are heads of the graph, or one event. Else O(d log n), d =
    /// runs in the history of the set from its lowest event on, n = graph runs.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalGraph, Frontier};
    /// let mut graph = CausalGraph::new();
    /// let alice = graph.intern_agent(&AgentId::new("alice")?);
    /// let base = graph.add_local(alice, &Frontier::root(), 3)?;
    /// let left = graph.add_local(alice, &Frontier::from(base.last()), 2)?;
    /// # let right = graph.add_local(alice, &Frontier::from(base.last()), 4)?;
    ///
    /// let version = graph.find_dominators(&[left.last(), base.last(), left.start]);
    /// assert_eq!(version, Frontier::from(left.last()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn find_dominators(&self, events: &[Lv]) -> Frontier {
        let all = Frontier::from_heads(events.iter().copied());
        self.assert_known(all.as_slice());
        match all.as_slice() {
            [] | [_] => all,
            // What has no children is no ancestor, and the last one is none of those below it.
            [below @ .., _] if self.frontier.has_heads(below) => all,
            &[low, high] if !self.is_ancestor(low, high) => all,
            &[_, high] => Frontier::from(high),
            [lowest, ..] => self.walk_dominators(&all, *lowest),
        }
    }

    /// Reduces a set of several events, of which `lowest` is the first.
    fn walk_dominators(&self, all: &Frontier, lowest: Lv) -> Frontier {
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
    pub(super) fn is_ancestor(&self, a: Lv, b: Lv) -> bool {
        self.is_in_chain(a, b)
            .unwrap_or_else(|| self.contains(&Frontier::from(b), a))
    }

    /// As [`Self::is_ancestor`], if from `b` down to `a` there is a chain that nothing joins: most walks
    /// are of that kind, and need no heap.
    pub(super) fn is_in_chain(&self, a: Lv, b: Lv) -> Option<bool> {
        let mut run = self.runs.find_up_to(self.runs.n_runs() - 1, b);
        loop {
            if a >= self.runs.shadow(run) {
                return Some(true);
            }
            match *self.runs.parents(run) {
                [.., low, _] if low >= a => return None,
                [.., parent] if parent >= a => run = self.runs.find_up_to(run, parent),
                _ => return Some(false),
            }
        }
    }

    /// The difference of two versions of which one extends the other without a fork, in O(log n).
    fn linear_diff(&self, a: &Frontier, b: &Frontier) -> Option<Difference> {
        if a == b {
            return Some(Difference::default());
        }
        if a.is_root() && b == self.frontier() {
            let all = LvRange::new(Lv::new(0), self.end());
            return Some(Difference {
                only_a: Vec::new(),
                only_b: alloc::vec![all],
            });
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
}
