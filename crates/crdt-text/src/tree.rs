//! A B+ tree over a sequence of items, measured in several units at once.
//!
//! The tree knows nothing of text. An [`Item`] says how wide it is in each unit; inner nodes hold
//! the sums of widths below them, so finding a place by one unit and reading another there is one
//! descent. The rope keeps its chunks in one such tree, the tracker its spans in another.
//!
//! # Invariants
//! - All leaves are at one depth and linked in order; no node but an empty tree's root is empty.
//! - `widths[i]` of an inner node is the sum of the widths below `children[i]`.
//!
//! # Costs
//! With n items: seek, splice, update and compare are O(log n); stepping to the next item is O(1).

mod inner;
mod leaf;
mod shape;
#[cfg(test)]
mod tests;

use core::cmp::Ordering;
use core::fmt;
use core::ops::{Add, AddAssign, Sub};

use self::inner::Inner;
use self::leaf::Leaf;

/// What a tree holds.
pub(crate) trait Item: Clone + Default {
    /// Its size in every unit of interest.
    type Width: Width;

    fn width(&self) -> Self::Width;
}

/// A vector of lengths: one number for each unit. Differences may pass through zero (wrapping).
pub(crate) trait Width:
    Copy + Default + Eq + fmt::Debug + Add<Output = Self> + Sub<Output = Self> + AddAssign
{
}

/// Names an item: a leaf and a place in it. Any splice elsewhere in the leaf invalidates it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Cursor {
    pub(crate) leaf: u32,
    pub(crate) idx: u32,
}

/// A B+ tree with at most `LEAF` items in a leaf and `NODE` children in an inner node.
#[derive(Clone)]
pub(crate) struct Tree<T: Item, const LEAF: usize, const NODE: usize> {
    leaves: Vec<Leaf<T, LEAF>>,
    inners: Vec<Inner<T::Width, NODE>>,
    free_leaves: Vec<u32>,
    free_inners: Vec<u32>,
    root: u32,
    /// Levels of inner nodes above the leaves.
    height: u32,
    first_leaf: u32,
    total: T::Width,
    /// A leaf whose items have changed, and by how much the sums above it lag behind.
    unsettled: (u32, T::Width),
}

/// Stands for "no node".
const NONE: u32 = u32::MAX;

impl<T: Item, const LEAF: usize, const NODE: usize> Tree<T, LEAF, NODE> {
    pub(crate) fn new() -> Self {
        // A splice adds up to two items to a leaf that was just split in halves.
        const { assert!(LEAF >= 4 && NODE >= 4) };
        Self {
            leaves: vec![Leaf::new()],
            inners: Vec::new(),
            free_leaves: Vec::new(),
            free_inners: Vec::new(),
            root: 0,
            height: 0,
            first_leaf: 0,
            total: T::Width::default(),
            unsettled: (0, T::Width::default()),
        }
    }

    /// Drops every item; keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.leaves.truncate(1);
        self.leaves[0] = Leaf::new();
        self.inners.clear();
        self.free_leaves.clear();
        self.free_inners.clear();
        (self.root, self.height, self.first_leaf) = (0, 0, 0);
        self.total = T::Width::default();
        self.unsettled = (0, T::Width::default());
    }

    /// Puts `items` in place of the `n_removed` (0 or 1) items at `at`.
    ///
    /// `at.idx` may be one past the leaf's last item. `moved` hears of each item that had to go to
    /// another leaf to make room. Returns the cursor of the first of `items`; the others follow it
    /// in the same leaf.
    #[inline]
    pub(crate) fn splice<const ADDED: usize>(
        &mut self,
        mut at: Cursor,
        n_removed: u32,
        items: [T; ADDED],
        moved: impl FnMut(&T, u32),
    ) -> Cursor {
        debug_assert!(n_removed <= 1 && ADDED > 0 && ADDED <= n_removed as usize + 2);
        let mut delta = items
            .iter()
            .fold(T::Width::default(), |sum, item| sum + item.width());
        let leaf = &self.leaves[at.leaf as usize];
        if n_removed == 1 {
            delta = delta - leaf.items()[at.idx as usize].width();
        }
        if leaf.len() + ADDED - n_removed as usize > LEAF {
            self.settle();
            at = self.split_leaf(at, moved);
        }
        self.leaves[at.leaf as usize].splice(at.idx as usize, n_removed as usize, items);
        self.propagate(at.leaf, delta);
        at
    }

    /// Changes one item in place.
    #[inline]
    pub(crate) fn update<R>(&mut self, at: Cursor, change: impl FnOnce(&mut T) -> R) -> R {
        let item = &mut self.leaves[at.leaf as usize].items_mut()[at.idx as usize];
        let before = item.width();
        let result = change(item);
        let delta = item.width() - before;
        self.propagate(at.leaf, delta);
        result
    }

    /// Changes one item in place; `change` says how much wider it became. Sums are put right at the
    /// latest by [`Self::settle`].
    ///
    /// Changes that stay in one leaf cost one walk to the root together. Until then totals and
    /// seeks may be wrong for the units that changed.
    #[inline]
    pub(crate) fn update_lazily(&mut self, at: Cursor, change: impl FnOnce(&mut T) -> T::Width) {
        let item = &mut self.leaves[at.leaf as usize].items_mut()[at.idx as usize];
        let delta = change(item);
        if self.unsettled.0 != at.leaf {
            self.settle();
            self.unsettled.0 = at.leaf;
        }
        self.unsettled.1 += delta;
    }

    /// Puts right the sums that [`Self::update_lazily`] left behind.
    #[inline]
    pub(crate) fn settle(&mut self) {
        let (leaf, delta) = self.unsettled;
        self.unsettled.1 = T::Width::default();
        self.propagate(leaf, delta);
    }

    /// Takes an item out; its leaf goes too if that empties it.
    pub(crate) fn remove(&mut self, at: Cursor) -> T {
        let leaf = &mut self.leaves[at.leaf as usize];
        let item = leaf.remove(at.idx as usize);
        let is_empty = leaf.len() == 0;
        self.propagate(at.leaf, T::Width::default() - item.width());
        if is_empty && self.height > 0 {
            self.unlink_leaf(at.leaf);
        }
        item
    }

    pub(crate) fn total(&self) -> T::Width {
        self.total
    }

    #[inline]
    pub(crate) fn item(&self, at: Cursor) -> &T {
        &self.leaves[at.leaf as usize].items()[at.idx as usize]
    }

    /// The items of one leaf.
    #[inline]
    pub(crate) fn leaf_items(&self, leaf: u32) -> &[T] {
        self.leaves[leaf as usize].items()
    }

    /// The first item, or the empty leaf's start.
    pub(crate) fn start(&self) -> Cursor {
        Cursor {
            leaf: self.first_leaf,
            idx: 0,
        }
    }

    /// Finds the item that holds unit `offset` of the chosen measure, and the widths before it.
    ///
    /// Returns `None` if the tree is not that wide.
    #[inline]
    pub(crate) fn seek(
        &self,
        offset: u32,
        measure: impl Fn(&T::Width) -> u32,
    ) -> Option<(Cursor, T::Width)> {
        let mut before = T::Width::default();
        let (at, _) = self.descend(offset, measure, |width| before += width)?;
        Some((at, before))
    }

    /// Finds the item that holds unit `offset` of the chosen measure, and how many units of the item
    /// come before.
    ///
    /// Returns `None` if the tree is not that wide.
    #[inline]
    pub(crate) fn find(
        &self,
        offset: u32,
        measure: impl Fn(&T::Width) -> u32,
    ) -> Option<(Cursor, u32)> {
        self.descend(offset, measure, |_| {})
    }

    /// As [`Self::find`]; `passed` hears of all widths that come before the item.
    #[inline]
    fn descend(
        &self,
        offset: u32,
        measure: impl Fn(&T::Width) -> u32,
        mut passed: impl FnMut(T::Width),
    ) -> Option<(Cursor, u32)> {
        if offset >= measure(&self.total) {
            return None;
        }
        let mut left = offset;
        let mut node = self.root;
        for _ in 0..self.height {
            let inner = &self.inners[node as usize];
            let mut slot = 0;
            loop {
                let width = &inner.widths[slot];
                if left < measure(width) {
                    break;
                }
                left -= measure(width);
                passed(*width);
                slot += 1;
            }
            node = inner.children[slot];
        }
        for (item, idx) in self.leaves[node as usize].items().iter().zip(0..) {
            let width = item.width();
            if left < measure(&width) {
                return Some((Cursor { leaf: node, idx }, left));
            }
            left -= measure(&width);
            passed(width);
        }
        unreachable!("inner widths are the sums of the widths below")
    }

    /// How many units of the chosen measure come before an item.
    #[inline]
    pub(crate) fn units_before(&self, at: Cursor, measure: impl Fn(&T::Width) -> u32) -> u32 {
        let leaf = &self.leaves[at.leaf as usize];
        let items = leaf.items()[..at.idx as usize].iter();
        let mut before: u32 = items.map(|item| measure(&item.width())).sum();
        let (mut child, mut parent) = (at.leaf, leaf.parent);
        while parent != NONE {
            let inner = &self.inners[parent as usize];
            let widths = inner.widths[..inner.slot_of(child)].iter();
            before += widths.map(&measure).sum::<u32>();
            child = parent;
            parent = inner.parent;
        }
        before
    }

    /// The item after this one.
    #[inline]
    pub(crate) fn next(&self, at: Cursor) -> Option<Cursor> {
        let leaf = &self.leaves[at.leaf as usize];
        if at.idx as usize + 1 < leaf.len() {
            return Some(Cursor {
                leaf: at.leaf,
                idx: at.idx + 1,
            });
        }
        (leaf.next != NONE).then_some(Cursor {
            leaf: leaf.next,
            idx: 0,
        })
    }

    /// The item before this one.
    pub(crate) fn prev(&self, at: Cursor) -> Option<Cursor> {
        if at.idx > 0 {
            return Some(Cursor {
                leaf: at.leaf,
                idx: at.idx - 1,
            });
        }
        let leaf = self.leaves[at.leaf as usize].prev;
        let idx = (leaf != NONE).then(|| self.leaves[leaf as usize].len() as u32 - 1)?;
        Some(Cursor { leaf, idx })
    }

    /// Walks all items in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let mut leaf = self.first_leaf;
        core::iter::from_fn(move || {
            let current = self.leaves.get(leaf as usize)?;
            leaf = current.next;
            Some(current.items())
        })
        .flatten()
    }

    /// Compares the places of two items.
    pub(crate) fn compare(&self, a: Cursor, b: Cursor) -> Ordering {
        if a.leaf == b.leaf {
            return a.idx.cmp(&b.idx);
        }
        let (mut a, mut b) = (a.leaf, b.leaf);
        let mut parents = (
            self.leaves[a as usize].parent,
            self.leaves[b as usize].parent,
        );
        while parents.0 != parents.1 {
            (a, b) = parents;
            parents = (
                self.inners[a as usize].parent,
                self.inners[b as usize].parent,
            );
        }
        let inner = &self.inners[parents.0 as usize];
        inner.slot_of(a).cmp(&inner.slot_of(b))
    }

    /// Adds a change of width to every sum above a leaf.
    #[inline]
    fn propagate(&mut self, leaf: u32, delta: T::Width) {
        if delta == T::Width::default() {
            return;
        }
        self.total += delta;
        let mut child = leaf;
        let mut parent = self.leaves[leaf as usize].parent;
        while parent != NONE {
            let inner = &mut self.inners[parent as usize];
            let slot = inner.slot_of(child);
            inner.widths[slot] += delta;
            child = parent;
            parent = inner.parent;
        }
    }
}
