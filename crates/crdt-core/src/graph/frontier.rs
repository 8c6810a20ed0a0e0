//! Frontiers: versions named by their heads.

use alloc::vec::Vec;
use core::fmt;

use smallvec::SmallVec;

use super::lv::Lv;
use crate::Dot;

/// A version of this replica's history: the sorted heads that stand for all their ancestors.
///
/// The empty frontier is the root, the version without any event. A frontier made by a
/// [`CausalGraph`](crate::CausalGraph) is minimal: no head is an ancestor of another.
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Frontier(SmallVec<[Lv; 2]>);

/// A version in dots, which every replica understands; sorted.
pub type RemoteFrontier = Vec<Dot>;

impl Frontier {
    /// The version that holds no event.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Makes a frontier from heads in any order; doubles are dropped.
    ///
    /// Minimality is the caller's word:
    /// [`CausalGraph::find_dominators`](crate::CausalGraph::find_dominators) makes any set minimal.
    #[must_use]
    pub fn from_heads(heads: impl IntoIterator<Item = Lv>) -> Self {
        let mut heads: SmallVec<[Lv; 2]> = heads.into_iter().collect();
        heads.sort_unstable();
        heads.dedup();
        Self(heads)
    }

    /// Whether this is the version without events.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The heads, ascending.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[Lv] {
        &self.0
    }

    /// Walks the heads, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Lv> + '_ {
        self.0.iter().copied()
    }

    /// The only head, if there is exactly one.
    #[inline]
    #[must_use]
    pub fn single(&self) -> Option<Lv> {
        match self.0.as_slice() {
            [lv] => Some(*lv),
            _ => None,
        }
    }

    /// Replaces heads by an event that has them as parents and comes after every head.
    pub(super) fn advance(&mut self, parents: &[Lv], head: Lv) {
        if self.0.as_slice() == parents {
            self.0.clear();
        } else {
            self.0.retain(|lv| !parents.contains(lv));
        }
        self.0.push(head);
    }
}

impl From<Lv> for Frontier {
    fn from(head: Lv) -> Self {
        Self(SmallVec::from_iter([head]))
    }
}

impl fmt::Debug for Frontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Lv::get)).finish()
    }
}
