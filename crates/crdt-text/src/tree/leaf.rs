//! Leaves: short arrays of items.

use super::{Item, NONE};

/// Up to `LEAF` items, the links to the neighbouring leaves and to the parent.
#[derive(Clone)]
pub(super) struct Leaf<T, const LEAF: usize> {
    /// Items beyond `len` are defaults.
    items: [T; LEAF],
    len: u32,
    pub(super) parent: u32,
    pub(super) prev: u32,
    pub(super) next: u32,
}

impl<T: Item, const LEAF: usize> Leaf<T, LEAF> {
    pub(super) fn new() -> Self {
        Self {
            items: core::array::from_fn(|_| T::default()),
            len: 0,
            parent: NONE,
            prev: NONE,
            next: NONE,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) fn items(&self) -> &[T] {
        &self.items[..self.len as usize]
    }

    #[inline]
    pub(super) fn items_mut(&mut self) -> &mut [T] {
        &mut self.items[..self.len as usize]
    }

    /// Puts `items` in place of the `n_removed` (0 or 1) items at `idx`; there must be room.
    #[inline]
    pub(super) fn splice<const ADDED: usize>(
        &mut self,
        idx: usize,
        n_removed: usize,
        items: [T; ADDED],
    ) {
        let growth = ADDED - n_removed;
        let end = self.len as usize + growth;
        self.items[idx + n_removed..end].rotate_right(growth);
        for (slot, item) in self.items[idx..].iter_mut().zip(items) {
            *slot = item;
        }
        self.len = end as u32;
    }

    pub(super) fn remove(&mut self, idx: usize) -> T {
        let end = self.len as usize;
        self.items[idx..end].rotate_left(1);
        self.len -= 1;
        core::mem::take(&mut self.items[end - 1])
    }

    /// Cuts the items from `at` on into a leaf that follows this one and shares its parent.
    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let mut upper = Self::new();
        for (to, from) in upper.items.iter_mut().zip(&mut self.items[at..]) {
            *to = core::mem::take(from);
        }
        upper.len = self.len - at as u32;
        upper.next = self.next;
        upper.parent = self.parent;
        self.len = at as u32;
        upper
    }
}
