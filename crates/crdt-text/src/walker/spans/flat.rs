//! Spans in arrays: a span has a slot for life, and their order is a list of slots.
//!
//! A small zone has some dozen spans. To walk from one place to the next is cheaper than to keep a
//! tree of sums up to date, and what retreats and advances need to know of a character is its slot,
//! whatever stands before.
//!
//! # Invariants
//! - `slot_of[id]` is the slot of an inserted character.
//! - Labels ascend with the order.
//! - `near.before` characters are visible before the span at `near.idx` of the order.
//! - A cursor has a slot for a leaf; its index says where in the order that is, or is a wrong guess.

use core::cmp::Ordering;

use super::SpanList;
use crate::tree::Cursor;
use crate::walker::span::Span;

#[derive(Debug, Default)]
pub(in crate::walker) struct FlatList {
    slots: Vec<Slot>,
    order: Vec<u32>,
    slot_of: Vec<u32>,
    visible_len: u32,
    near: Near,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    span: Span,
    /// How much of it is visible at the version that the walker stands on.
    visible: u32,
    label: u64,
}

/// A place to start from when a position is looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Near {
    idx: usize,
    label: u64,
    before: u32,
}

/// A guess that is always wrong.
const UNKNOWN: u32 = u32::MAX;

impl FlatList {
    pub(in crate::walker) fn n_spans(&self) -> usize {
        self.slots.len()
    }

    #[inline]
    fn slot(&self, idx: usize) -> &Slot {
        &self.slots[self.order[idx] as usize]
    }

    /// Where in the order a slot is.
    #[inline]
    fn index_of(&self, at: Cursor) -> usize {
        if self.order.get(at.idx as usize) == Some(&at.leaf) {
            return at.idx as usize;
        }
        let label = self.slots[at.leaf as usize].label;
        self.order
            .partition_point(|&slot| self.slots[slot as usize].label < label)
    }

    /// Puts a span at a place in the order.
    #[inline]
    fn insert_at(&mut self, idx: usize, span: Span) -> Cursor {
        let label = self.label_before(idx);
        let visible = span.prepared_len();
        let leaf = self.slots.len() as u32;
        self.slots.push(Slot {
            span,
            visible,
            label,
        });
        self.order.insert(idx, leaf);
        self.visible_len += visible;
        if label < self.near.label {
            self.near.idx += 1;
            self.near.before += visible;
        }
        self.note(&span, leaf);
        Cursor {
            leaf,
            idx: idx as u32,
        }
    }

    /// A label for a span that comes before the one at `idx`.
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
        let left = idx.checked_sub(1).map_or(0, |left| self.slot(left).label);
        let right = self.order.get(idx);
        let right = right.map_or(u64::MAX, |&slot| self.slots[slot as usize].label);
        (left, right)
    }

    #[cold]
    fn spread_labels(&mut self) {
        let step = u64::MAX / (self.order.len() as u64 + 1);
        for (&slot, nth) in self.order.iter().zip(1..) {
            self.slots[slot as usize].label = nth * step;
        }
        self.near.label = self.slot(self.near.idx).label;
    }

    /// Notes the slot of a span's characters.
    #[inline]
    fn note(&mut self, span: &Span, slot: u32) {
        if span.is_base() {
            return;
        }
        let end = (span.id + span.len) as usize;
        if end > self.slot_of.len() {
            self.slot_of.resize(end, slot);
        } else {
            self.slot_of[span.id as usize..end].fill(slot);
        }
    }
}

impl SpanList for FlatList {
    fn reset(&mut self, base: Span) {
        self.slots.clear();
        self.order.clear();
        self.slot_of.clear();
        self.visible_len = 0;
        self.near = Near::default();
        self.insert_at(0, base);
    }

    #[inline]
    fn visible_len(&self) -> u32 {
        self.visible_len
    }

    #[inline]
    fn span(&self, at: Cursor) -> &Span {
        &self.slots[at.leaf as usize].span
    }

    #[inline]
    fn start(&self) -> Cursor {
        Cursor {
            leaf: self.order[0],
            idx: 0,
        }
    }

    #[inline]
    fn next(&self, at: Cursor) -> Option<Cursor> {
        let idx = self.index_of(at) + 1;
        let slot = *self.order.get(idx)?;
        Some(Cursor {
            leaf: slot,
            idx: idx as u32,
        })
    }

    fn iter(&self) -> impl Iterator<Item = &Span> {
        let slots = self.order.iter();
        slots.map(|&slot| &self.slots[slot as usize].span)
    }

    #[inline]
    fn seek(&mut self, pos: u32) -> Option<(Cursor, u32)> {
        let Near {
            mut idx,
            mut before,
            ..
        } = self.near;
        while pos < before {
            idx -= 1;
            before -= self.slot(idx).visible;
        }
        loop {
            let leaf = *self.order.get(idx)?;
            let Slot { visible, label, .. } = self.slots[leaf as usize];
            if pos - before < visible {
                self.near = Near { idx, label, before };
                let at = Cursor {
                    leaf,
                    idx: idx as u32,
                };
                return Some((at, pos - before));
            }
            before += visible;
            idx += 1;
        }
    }

    fn effect_before(&self, at: Cursor) -> u32 {
        let before = self.iter().take(self.index_of(at));
        before.map(Span::effective_len).sum()
    }

    #[inline]
    fn find(&self, id: u32, _: Cursor) -> Cursor {
        let slot = match self.slot_of.get(id as usize) {
            Some(&slot) => slot,
            None => {
                let base = self.slots.iter().position(|slot| slot.span.contains(id));
                base.expect("base text is never removed") as u32
            }
        };
        Cursor {
            leaf: slot,
            idx: UNKNOWN,
        }
    }

    fn compare(&self, a: Cursor, b: Cursor) -> Ordering {
        let label = |at: Cursor| self.slots[at.leaf as usize].label;
        label(a).cmp(&label(b))
    }

    #[inline]
    fn insert_behind(&mut self, left: Option<Cursor>, inserted: Span) -> Cursor {
        let idx = left.map_or(0, |left| self.index_of(left) + 1);
        self.insert_at(idx, inserted)
    }

    #[inline]
    fn append(&mut self, at: Cursor, len: u32) {
        let end = self.slot_of.len() + len as usize;
        self.slot_of.resize(end, at.leaf);
        self.update(at, |span| span.len += len);
    }

    #[inline]
    fn replace<const N: usize>(&mut self, at: Cursor, spans: [Span; N], nth: u32) -> Cursor {
        let idx = self.index_of(at);
        self.update(at, |span| *span = spans[0]);
        for (idx, span) in (idx..).zip(spans).skip(1) {
            self.insert_at(idx, span);
        }
        let idx = idx as u32 + nth;
        Cursor {
            leaf: self.order[idx as usize],
            idx,
        }
    }

    #[inline]
    fn update(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        let slot = &mut self.slots[at.leaf as usize];
        change(&mut slot.span);
        let before = core::mem::replace(&mut slot.visible, slot.span.prepared_len());
        let growth = slot.visible.wrapping_sub(before);
        self.visible_len = self.visible_len.wrapping_add(growth);
        if slot.label < self.near.label {
            self.near.before = self.near.before.wrapping_add(growth);
        }
    }

    #[inline]
    fn update_lazily(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        self.update(at, change);
    }

    #[inline]
    fn settle(&mut self) {}
}
