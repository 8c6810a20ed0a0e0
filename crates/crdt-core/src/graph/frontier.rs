//! Frontiers: versions named by their heads.
//!
//! # Invariants
//! Heads are sorted and distinct. Those of a graph's own frontier, and of whatever the graph
//! computes, are minimal too: none is an ancestor of another.
//!
//! # Costs
//! Up to two heads take no allocation.

use alloc::vec::Vec;
use core::fmt;

use smallvec::SmallVec;

use super::lv::Lv;
use crate::Dot;

/// A version of this replica's history: the sorted heads that stand for all their ancestors.
///
/// The empty frontier is the root, the version without any event. Local versions mean nothing to
/// another replica: [`CausalGraph::to_remote`](crate::CausalGraph::to_remote) translates.
///
/// # Invariants
/// Heads are sorted and distinct; in a frontier made by a [`CausalGraph`](crate::CausalGraph) no
/// head is an ancestor of another.
/// # Examples
/// ```
/// use crdt_core::{Frontier, Lv};
///
/// let version = Frontier::from_heads([Lv::new(7), Lv::new(3)]);
/// assert_eq!(version.as_slice(), [Lv::new(3), Lv::new(7)]);
/// assert!(Frontier::root().is_root());
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Frontier(SmallVec<[Lv; 2]>);

/// A version in dots, which every replica understands; sorted.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, CausalGraph, Dot, Frontier, RemoteFrontier};
///
/// let mut graph = CausalGraph::new();
/// let alice = AgentId::new("alice")?;
/// graph.ingest(&alice, 0, 3, &[])?;
/// let version: RemoteFrontier = graph.to_remote(graph.frontier())?;
/// assert_eq!(version, [Dot::new(alice, 2)?]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type RemoteFrontier = Vec<Dot>;

impl Frontier {
    /// Makes the version that holds no event.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Frontier::root().iter().count(), 0);
    /// ```
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Makes a frontier from heads in any order; doubles are dropped.
    ///
    /// Minimality is the caller's word:
    /// [`CausalGraph::find_dominators`](crate::CausalGraph::find_dominators) makes any set minimal.
    ///
    /// # Complexity
    /// O(h log h), h = heads.
    /// # Examples
    /// ```
    /// # use crdt_core::{Frontier, Lv};
    /// let version = Frontier::from_heads([Lv::new(7), Lv::new(3), Lv::new(7)]);
    /// assert_eq!(version.as_slice(), [Lv::new(3), Lv::new(7)]);
    /// ```
    #[must_use]
    pub fn from_heads(heads: impl IntoIterator<Item = Lv>) -> Self {
        let mut heads: SmallVec<[Lv; 2]> = heads.into_iter().collect();
        heads.sort_unstable();
        heads.dedup();
        Self(heads)
    }

    /// Returns whether this is the version without events.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Frontier, Lv};
    /// assert!(!Frontier::from(Lv::new(0)).is_root());
    /// ```
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the heads, ascending.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Frontier, Lv};
    /// assert_eq!(Frontier::from(Lv::new(4)).as_slice(), [Lv::new(4)]);
    /// ```
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[Lv] {
        &self.0
    }

    /// Walks the heads, ascending.
    ///
    /// # Complexity
    /// O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::{Frontier, Lv};
    /// let version = Frontier::from_heads([Lv::new(7), Lv::new(3)]);
    /// assert_eq!(version.iter().map(Lv::get).collect::<Vec<_>>(), [3, 7]);
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Lv> + '_ {
        self.0.iter().copied()
    }

    /// Returns the only head, or `None` if there is none or more than one.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Frontier, Lv};
    /// assert_eq!(Frontier::from(Lv::new(4)).single(), Some(Lv::new(4)));
    /// assert_eq!(Frontier::root().single(), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn single(&self) -> Option<Lv> {
        match self.0.as_slice() {
            [lv] => Some(*lv),
            _ => None,
        }
    }

    /// Replaces heads by an event that has them as parents and comes after every head; returns
    /// whether it has all of them as parents.
    #[inline]
    pub(super) fn advance(&mut self, parents: &[Lv], head: Lv) -> bool {
        // Two writers at once have two heads, and one of them goes on.
        match &mut *self.0 {
            [only] if parents == [*only] => {
                *only = head;
                return true;
            }
            [_] if parents.len() == 1 => self.0.push(head),
            [low, high] if (1..=2).contains(&parents.len()) => {
                let (first, last) = (parents[0], parents[parents.len() - 1]);
                let is_parent = |lv: Lv| (lv == first) | (lv == last);
                match (is_parent(*low), is_parent(*high)) {
                    (true, true) => return self.unite(head),
                    (false, true) => *high = head,
                    (true, false) => (*low, *high) = (*high, head),
                    (false, false) => self.0.push(head),
                }
            }
            _ => return self.advance_any(parents, head),
        }
        false
    }

    /// Puts one head in place of all.
    fn unite(&mut self, head: Lv) -> bool {
        *self = Self::from(head);
        true
    }

    fn advance_any(&mut self, parents: &[Lv], head: Lv) -> bool {
        if self.is(parents) {
            return self.unite(head);
        }
        if self.0.len() <= FEW {
            self.0.retain(|head| !parents.contains(head));
        } else {
            self.remove_all(parents);
        }
        self.0.push(head);
        false
    }

    /// Whether these are the heads, sorted.
    #[inline]
    pub(super) fn is(&self, heads: &[Lv]) -> bool {
        // Few are compared without a call.
        match (self.as_slice(), heads) {
            ([a], [b]) => a == b,
            ([a, c], [b, d]) => a == b && c == d,
            (own, heads) => own.len() == heads.len() && own == heads,
        }
    }

    /// Puts another head in place of the only one.
    #[inline]
    pub(super) fn replace_only_head(&mut self, head: Lv) {
        debug_assert!(self.0.len() == 1);
        self.0[0] = head;
    }

    /// Whether `event` is a head.
    #[inline]
    pub(super) fn has_head(&self, event: Lv) -> bool {
        match *self.as_slice() {
            [low, high] => (low == event) | (high == event),
            ref heads => heads.binary_search(&event).is_ok(),
        }
    }

    /// Whether every one of `events` is a head.
    #[inline]
    pub(super) fn has_heads(&self, events: &[Lv]) -> bool {
        events.iter().all(|&lv| self.has_head(lv))
    }

    /// Takes events out, ascending; those that are no heads are ignored.
    ///
    /// What is kept moves in blocks: a graph from a stranger may have very many heads.
    fn remove_all(&mut self, events: &[Lv]) {
        let (mut n_kept, mut next) = (0, 0);
        for event in events {
            if let Ok(found) = self.0[next..].binary_search(event) {
                self.0.copy_within(next..next + found, n_kept);
                n_kept += found;
                next += found + 1;
            }
        }
        self.0.copy_within(next.., n_kept);
        let n_removed = next - n_kept;
        self.0.truncate(self.0.len() - n_removed);
    }
}

/// So many heads are looked at one by one.
const FEW: usize = 4;

impl From<Lv> for Frontier {
    #[inline]
    fn from(head: Lv) -> Self {
        Self(SmallVec::from_buf_and_len([head; 2], 1))
    }
}

impl fmt::Debug for Frontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Lv::get)).finish()
    }
}
