//! Inner nodes: short arrays of children and the sums of widths below them.

use super::{NONE, Width};

/// Up to `NODE` children; slots beyond `len` are empty.
#[derive(Clone)]
pub(super) struct Inner<W, const NODE: usize> {
    pub(super) widths: [W; NODE],
    pub(super) children: [u32; NODE],
    pub(super) len: u32,
    pub(super) parent: u32,
}

impl<W: Width, const NODE: usize> Inner<W, NODE> {
    pub(super) fn new() -> Self {
        Self {
            widths: [W::default(); NODE],
            children: [NONE; NODE],
            len: 0,
            parent: NONE,
        }
    }

    #[inline]
    pub(super) fn slot_of(&self, child: u32) -> usize {
        self.children
            .iter()
            .position(|&c| c == child)
            .expect("a child is listed by its parent")
    }

    pub(super) fn insert(&mut self, slot: usize, child: u32, width: W) {
        let end = self.len as usize + 1;
        self.children[slot..end].rotate_right(1);
        self.widths[slot..end].rotate_right(1);
        self.children[slot] = child;
        self.widths[slot] = width;
        self.len += 1;
    }

    pub(super) fn remove(&mut self, slot: usize) {
        let end = self.len as usize;
        self.children[slot..end].rotate_left(1);
        self.widths[slot..end].rotate_left(1);
        self.children[end - 1] = NONE;
        self.widths[end - 1] = W::default();
        self.len -= 1;
    }

    pub(super) fn split_off(&mut self, at: usize) -> Self {
        let end = self.len as usize;
        let mut upper = Self::new();
        for slot in at..end {
            upper.insert(slot - at, self.children[slot], self.widths[slot]);
            self.children[slot] = NONE;
            self.widths[slot] = W::default();
        }
        self.len = at as u32;
        upper
    }
}
