//! The order of slots, which are numbered as they come.
//!
//! # Invariants
//! Labels ascend with the order.

use core::cmp::Ordering;

use crate::tree::Cursor;

#[derive(Debug, Default)]
pub(super) struct SlotList {
    slots: Vec<u32>,
    /// By slot.
    labels: Vec<u64>,
}

/// A place to start from when a position is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Near {
    pub(super) idx: usize,
    pub(super) slot: u32,
    /// How many characters are visible before it.
    pub(super) before: u32,
}

impl SlotList {
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.labels.clear();
    }

    /// The slot at a place.
    #[inline]
    fn get(&self, idx: usize) -> Option<u32> {
        self.slots.get(idx).copied()
    }

    /// The cursor of a place, where there must be a slot.
    #[inline]
    pub(super) fn cursor(&self, idx: usize) -> Cursor {
        Cursor {
            leaf: self.slots[idx],
            idx: idx as u32,
        }
    }

    /// Walks the slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().copied()
    }

    /// The cursor of the slot behind another.
    #[inline]
    pub(super) fn next(&self, at: Cursor) -> Option<Cursor> {
        let idx = self.index_of(at) + 1;
        self.get(idx).map(|leaf| Cursor {
            leaf,
            idx: idx as u32,
        })
    }

    /// Where a slot is. A cursor has a slot for a leaf; its index says where that is, or is a wrong
    /// guess.
    #[inline]
    pub(super) fn index_of(&self, at: Cursor) -> usize {
        if self.slots.get(at.idx as usize) == Some(&at.leaf) {
            return at.idx as usize;
        }
        let label = self.labels[at.leaf as usize];
        self.slots
            .partition_point(|&slot| self.labels[slot as usize] < label)
    }

    #[inline]
    pub(super) fn compare(&self, a: u32, b: u32) -> Ordering {
        self.labels[a as usize].cmp(&self.labels[b as usize])
    }

    /// Puts the next slot at a place, and returns it.
    #[inline]
    pub(super) fn insert(&mut self, idx: usize) -> Cursor {
        let label = self.label_before(idx);
        let leaf = self.labels.len() as u32;
        self.labels.push(label);
        self.slots.insert(idx, leaf);
        Cursor {
            leaf,
            idx: idx as u32,
        }
    }

    /// A label for a slot that comes before the one at `idx`.
    #[inline]
    fn label_before(&mut self, idx: usize) -> u64 {
        let (left, right) = self.labels_around(idx);
        if right - left > 1 {
            return left + (right - left) / 2;
        }
        self.spread_labels();
        let (left, right) = self.labels_around(idx);
        left + (right - left) / 2
    }

    #[inline]
    fn labels_around(&self, idx: usize) -> (u64, u64) {
        let label = |slot: u32| self.labels[slot as usize];
        let left = idx.checked_sub(1).and_then(|left| self.get(left));
        (left.map_or(0, label), self.get(idx).map_or(u64::MAX, label))
    }

    #[cold]
    fn spread_labels(&mut self) {
        let step = u64::MAX / (self.slots.len() as u64 + 1);
        for (&slot, nth) in self.slots.iter().zip(1..) {
            self.labels[slot as usize] = nth * step;
        }
    }
}

impl Near {
    /// Notes that a slot has come, of which so much is visible.
    #[inline]
    pub(super) fn note_new(&mut self, order: &SlotList, slot: u32, visible: u32) {
        if order.compare(slot, self.slot).is_lt() {
            self.idx += 1;
            self.before += visible;
        }
    }

    /// Notes that so much more of a slot is visible; less wraps.
    #[inline]
    pub(super) fn note_growth(&mut self, order: &SlotList, slot: u32, growth: u32) {
        if order.compare(slot, self.slot).is_lt() {
            self.before = self.before.wrapping_add(growth);
        }
    }

    /// Goes to the slot that holds visible character `pos`; returns it, and how many of its
    /// characters stand before.
    #[inline]
    pub(super) fn seek(
        &mut self,
        order: &SlotList,
        pos: u32,
        visible: impl Fn(u32) -> u32,
    ) -> Option<(Cursor, u32)> {
        let Self {
            mut idx,
            mut before,
            ..
        } = *self;
        while pos < before {
            idx -= 1;
            before -= visible(order.slots[idx]);
        }
        loop {
            let slot = order.get(idx)?;
            let len = visible(slot);
            if pos - before < len {
                *self = Self { idx, slot, before };
                let at = Cursor {
                    leaf: slot,
                    idx: idx as u32,
                };
                return Some((at, pos - before));
            }
            before += len;
            idx += 1;
        }
    }
}
