//! Spans in arrays: a span has a slot for life, and their order is a list of slots.
//!
//! A small zone has some dozen spans. To walk from one place to the next is cheaper than to keep a
//! tree of sums up to date, and what retreats and advances need to know of a character is its slot,
//! whatever stands before.
//!
//! # Invariants
//! - `slot_of[id]` is the slot of an inserted character.
//! - `near.before` characters are visible before the span at `near.idx` of the order.
//! - A cursor has a slot for a leaf; its index says where in the order that is, or is a wrong guess.

use core::cmp::Ordering;

use super::{Near, SlotList, SpanList};
use crate::tree::Cursor;
use crate::walker::span::Span;

#[derive(Debug, Default)]
pub(in crate::walker) struct FlatList {
    slots: Vec<Slot>,
    order: SlotList,
    slot_of: Vec<u32>,
    visible_len: u32,
    near: Near,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    span: Span,
    /// How much of it is visible at the version that the walker stands on.
    visible: u32,
}

/// A guess that is always wrong.
pub(super) const UNKNOWN: u32 = u32::MAX;

impl FlatList {
    pub(in crate::walker) fn n_spans(&self) -> usize {
        self.slots.len()
    }

    /// Puts a span at a place in the order.
    #[inline]
    fn insert_at(&mut self, idx: usize, span: Span) -> Cursor {
        let at = self.order.insert(idx);
        let visible = span.prepared_len();
        self.slots.push(Slot { span, visible });
        self.visible_len += visible;
        self.near.note_new(&self.order, at.leaf, visible);
        self.note(&span, at.leaf);
        at
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
    fn span(&self, at: Cursor) -> Span {
        self.slots[at.leaf as usize].span
    }

    #[inline]
    fn start(&self) -> Cursor {
        self.order.cursor(0)
    }

    #[inline]
    fn next(&self, at: Cursor) -> Option<Cursor> {
        self.order.next(at)
    }

    fn iter(&self) -> impl Iterator<Item = Span> {
        let slots = self.order.iter();
        slots.map(|slot| self.slots[slot as usize].span)
    }

    #[inline]
    fn seek(&mut self, pos: u32) -> Option<(Cursor, u32)> {
        let slots = &self.slots;
        let visible = |slot: u32| slots[slot as usize].visible;
        self.near.seek(&self.order, pos, visible)
    }

    fn effect_before(&self, at: Cursor) -> u32 {
        let before = self.iter().take(self.order.index_of(at));
        before.map(|span| span.effective_len()).sum()
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
        self.order.compare(a.leaf, b.leaf)
    }

    #[inline]
    fn insert_behind(&mut self, left: Option<Cursor>, inserted: Span) -> Cursor {
        let idx = left.map_or(0, |left| self.order.index_of(left) + 1);
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
        let idx = self.order.index_of(at);
        self.update(at, |span| *span = spans[0]);
        for (idx, span) in (idx..).zip(spans).skip(1) {
            self.insert_at(idx, span);
        }
        self.order.cursor(idx + nth as usize)
    }

    #[inline]
    fn update(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        let slot = &mut self.slots[at.leaf as usize];
        change(&mut slot.span);
        let before = core::mem::replace(&mut slot.visible, slot.span.prepared_len());
        let growth = slot.visible.wrapping_sub(before);
        self.visible_len = self.visible_len.wrapping_add(growth);
        self.near.note_growth(&self.order, at.leaf, growth);
    }

    #[inline]
    fn update_lazily(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        self.update(at, change);
    }

    #[inline]
    fn settle(&mut self) {}
}
