//! Set operations and comparison of two contexts.
//!
//! **Costs.** One walk over both contexts side by side: O(n + m + k), n and m = agents, k = intervals.
//! Agents without a cloud take O(1) and allocate nothing.

use alloc::vec::Vec;

use super::{DotContext, Seqs};
use crate::{CausalOrdering, sorted};

impl DotContext {
    /// Splits the set into parts of at most so many ranges each.
    pub(crate) fn split(&self, max_ranges: usize) -> Vec<Self> {
        let mut ranges = self.ranges().peekable();
        let mut parts = Vec::new();
        while ranges.peek().is_some() {
            parts.push(ranges.by_ref().take(max_ranges.max(1)).collect());
        }
        parts
    }

    /// Returns the events of either context.
    ///
    /// [`Lattice::join`](crate::Lattice::join) does the same in place.
    ///
    /// # Complexity
    /// O(n + m + k), n and m = agents, k = intervals.
    /// # Examples
    /// ```
    /// # use crdt_core::DotContext;
    /// assert!(DotContext::new().union(&DotContext::new()).is_empty());
    /// ```
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |left, right| match (left, right) {
            (Some(left), Some(right)) => left.union(right),
            (one, other) => one.or(other).cloned().unwrap_or_default(),
        })
    }

    /// Returns the events that are in both contexts: their meet, the common past.
    ///
    /// # Complexity
    /// O(n + m + k), n and m = agents, k = intervals.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext};
    /// let mut context = DotContext::new();
    /// context.insert(&Dot::new(AgentId::new("alice")?, 0)?);
    /// assert_eq!(context.intersection(&context), context);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, |left, right| match (left, right) {
            (Some(left), Some(right)) => left.intersection(right),
            _ => Seqs::default(),
        })
    }

    /// Returns the events of this context that `other` lacks: what to send it.
    ///
    /// # Complexity
    /// O(n + m + k), n and m = agents, k = intervals.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Dot, DotContext};
    /// let mut context = DotContext::new();
    /// context.insert(&Dot::new(AgentId::new("alice")?, 0)?);
    /// assert!(context.difference(&context).is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, |left, right| match (left, right) {
            (Some(left), Some(right)) => left.difference(right),
            (left, _) => left.cloned().unwrap_or_default(),
        })
    }

    /// Returns whether `other` holds every event of this context.
    ///
    /// # Complexity
    /// O(n + m + k), n and m = agents, k = intervals.
    /// # Examples
    /// ```
    /// # use crdt_core::DotContext;
    /// assert!(DotContext::new().is_subset(&DotContext::new()));
    /// ```
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        sorted::zip(&self.agents, &other.agents).all(|(_, left, right)| is_leq(left, right))
    }

    /// Returns how the two contexts relate.
    ///
    /// # Complexity
    /// O(n + m + k), n and m = agents, k = intervals.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, CausalOrdering, Dot, DotContext};
    /// let mut context = DotContext::new();
    /// context.insert(&Dot::new(AgentId::new("alice")?, 7)?);
    /// assert_eq!(DotContext::new().compare(&context), CausalOrdering::Before);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn compare(&self, other: &Self) -> CausalOrdering {
        let (mut leq, mut geq) = (true, true);
        for (_, left, right) in sorted::zip(&self.agents, &other.agents) {
            leq = leq && is_leq(left, right);
            geq = geq && is_leq(right, left);
            if !leq && !geq {
                break;
            }
        }
        CausalOrdering::from_leq(leq, geq)
    }

    /// Makes a context agent by agent.
    fn combine(
        &self,
        other: &Self,
        combine: impl Fn(Option<&Seqs>, Option<&Seqs>) -> Seqs,
    ) -> Self {
        let agents = sorted::zip(&self.agents, &other.agents)
            .map(|(agent, left, right)| (agent.clone(), combine(left, right)))
            .filter(|(_, seqs)| !seqs.is_empty());
        Self {
            agents: agents.collect(),
        }
    }
}

/// Returns whether `right` holds all seqs of `left`; entries are never empty.
fn is_leq(left: Option<&Seqs>, right: Option<&Seqs>) -> bool {
    match (left, right) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(left), Some(right)) => left.is_subset(right),
    }
}
