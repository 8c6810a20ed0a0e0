//! How a tree grows and shrinks: splitting full nodes, unlinking empty ones.

use super::inner::Inner;
use super::leaf::Leaf;
use super::{Cursor, Item, NONE, Tree};

impl<T: Item, const LEAF: usize, const NODE: usize> Tree<T, LEAF, NODE> {
    /// Moves the upper half of a full leaf to a fresh one; returns where `at` is now.
    #[cold]
    pub(super) fn split_leaf(&mut self, at: Cursor, mut moved: impl FnMut(&T, u32)) -> Cursor {
        let left = at.leaf;
        let right = self.alloc_leaf();
        let upper = self.leaves[left as usize].split_off(LEAF / 2);
        let mut width = T::Width::default();
        for item in upper.items() {
            width += item.width();
            moved(item, right);
        }
        let next = self.leaves[left as usize].next;
        self.leaves[right as usize] = upper;
        self.leaves[right as usize].prev = left;
        self.leaves[left as usize].next = right;
        if next != NONE {
            self.leaves[next as usize].prev = right;
        }
        let parent = self.leaves[left as usize].parent;
        let parent = self.insert_child(parent, left, right, width, 0);
        self.leaves[right as usize].parent = parent;
        match at.idx.checked_sub((LEAF / 2) as u32) {
            // At the seam, an insertion may go either way; a replaced item is in the right half.
            Some(idx) => Cursor { leaf: right, idx },
            None => at,
        }
    }

    /// Puts child `right`, of the given width taken from its left sibling, behind that sibling.
    ///
    /// `level` counts inner levels below the parent. Returns the parent that `right` ended in.
    fn insert_child(
        &mut self,
        parent: u32,
        left: u32,
        right: u32,
        width: T::Width,
        level: u32,
    ) -> u32 {
        if parent == NONE {
            return self.grow_root(left, right, width, level);
        }
        let mut parent = parent;
        if self.inners[parent as usize].len as usize == NODE {
            parent = self.split_inner(parent, left, level);
        }
        let inner = &mut self.inners[parent as usize];
        let slot = inner.slot_of(left);
        inner.widths[slot] = inner.widths[slot] - width;
        inner.insert(slot + 1, right, width);
        parent
    }

    fn grow_root(&mut self, left: u32, right: u32, width: T::Width, level: u32) -> u32 {
        let root = self.alloc_inner();
        let inner = &mut self.inners[root as usize];
        inner.insert(0, left, self.total - width);
        inner.insert(1, right, width);
        self.set_parent(left, level, root);
        self.set_parent(right, level, root);
        self.root = root;
        self.height += 1;
        root
    }

    /// Splits a full inner node; returns the half that holds `child`.
    fn split_inner(&mut self, node: u32, child: u32, level: u32) -> u32 {
        let right = self.alloc_inner();
        let upper = self.inners[node as usize].split_off(NODE / 2);
        let mut width = T::Width::default();
        for slot in 0..upper.len as usize {
            width += upper.widths[slot];
            self.set_parent(upper.children[slot], level, right);
        }
        let has_child = upper.children[..upper.len as usize].contains(&child);
        self.inners[right as usize] = upper;
        let parent = self.inners[node as usize].parent;
        let parent = self.insert_child(parent, node, right, width, level + 1);
        self.inners[right as usize].parent = parent;
        if has_child { right } else { node }
    }

    fn set_parent(&mut self, child: u32, level: u32, parent: u32) {
        if level == 0 {
            self.leaves[child as usize].parent = parent;
        } else {
            self.inners[child as usize].parent = parent;
        }
    }

    pub(super) fn unlink_leaf(&mut self, leaf: u32) {
        let Leaf {
            prev, next, parent, ..
        } = self.leaves[leaf as usize];
        match prev {
            NONE => self.first_leaf = next,
            _ => self.leaves[prev as usize].next = next,
        }
        if next != NONE {
            self.leaves[next as usize].prev = prev;
        }
        self.leaves[leaf as usize] = Leaf::new();
        self.free_leaves.push(leaf);
        self.remove_child(parent, leaf);
        self.shrink_root();
    }

    fn remove_child(&mut self, node: u32, child: u32) {
        let inner = &mut self.inners[node as usize];
        let slot = inner.slot_of(child);
        inner.remove(slot);
        if inner.len == 0 {
            // Only a root can be without a parent, and a root has two children or is cut below.
            let parent = inner.parent;
            self.free_inners.push(node);
            self.remove_child(parent, node);
        }
    }

    fn shrink_root(&mut self) {
        while self.height > 0 && self.inners[self.root as usize].len == 1 {
            let child = self.inners[self.root as usize].children[0];
            self.free_inners.push(self.root);
            self.height -= 1;
            self.root = child;
            self.set_parent(child, self.height, NONE);
        }
    }

    fn alloc_leaf(&mut self) -> u32 {
        self.free_leaves.pop().unwrap_or_else(|| {
            self.leaves.push(Leaf::new());
            self.leaves.len() as u32 - 1
        })
    }

    fn alloc_inner(&mut self) -> u32 {
        let fresh = Inner::new();
        match self.free_inners.pop() {
            Some(inner) => {
                self.inners[inner as usize] = fresh;
                inner
            }
            None => {
                self.inners.push(fresh);
                self.inners.len() as u32 - 1
            }
        }
    }
}
