//! Spans of a zone of two lines, seen from both.
//!
//! Each line has a view, the version of its last event, which only ever moves forward. What a line
//! inserts gets ascending ids, so what the other view knows of it is all below a bound: a line can
//! go on with a span that is known in part, and nothing changes in the span when more of it is.
//!
//! Prepare states are those of the view looked from. A span of which a view knows only the first
//! characters counts as known, until it is cut.
//!
//! # Invariants
//! - `slot_of[l][n]` is the slot of character n of line l.
//! - `near[v].before` characters are visible in view v before the span at `near[v].idx` of the order.
//! - What a view does not know it has not deleted.

use core::cmp::Ordering;

use super::flat::UNKNOWN;
use super::{Near, SlotList, SpanList};
use crate::tree::Cursor;
use crate::walker::span::{BASE, LINE, Span};

#[derive(Debug, Default)]
pub(in crate::walker) struct LineList {
    slots: Vec<Slot>,
    order: SlotList,
    slot_of: [Vec<u32>; 2],
    views: [View; 2],
    /// The one looked from.
    line: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// Its prepare state means nothing.
    span: Span,
    /// How often each view has it deleted.
    n_deleted: [u32; 2],
}

/// The version of a line.
#[derive(Clone, Copy, Debug, Default)]
struct View {
    /// How many characters of the other line it knows.
    n_known: u32,
    visible_len: u32,
    near: Near,
}

impl Slot {
    /// How many of its characters a view knows: the first ones.
    #[inline]
    fn known(&self, line: usize, view: &View) -> u32 {
        let Span { id, len, .. } = self.span;
        if self.span.is_base() || LineList::line_of(id) == line {
            len
        } else {
            view.n_known.saturating_sub(number(id)).min(len)
        }
    }

    /// How many of its characters are visible in a view.
    #[inline]
    fn visible(&self, line: usize, view: &View) -> u32 {
        if self.n_deleted[line] == 0 {
            self.known(line, view)
        } else {
            0
        }
    }
}

/// The number of a character within its line.
#[inline]
fn number(id: u32) -> u32 {
    id & !LINE
}

impl LineList {
    /// Looks from another line's version.
    #[inline]
    pub(in crate::walker) fn look_from(&mut self, line: usize) {
        self.line = line;
    }

    /// Makes all characters of the other line known whose ids are less than `end`.
    #[inline]
    pub(in crate::walker) fn show_up_to(&mut self, end: u32) {
        let view = &mut self.views[self.line];
        let slots = &self.slot_of[1 - self.line];
        while view.n_known < number(end) {
            let leaf = slots[view.n_known as usize];
            let Span { id, len, .. } = self.slots[leaf as usize].span;
            let n_known = (number(id) + len).min(number(end));
            let growth = n_known - view.n_known;
            view.visible_len += growth;
            view.near.note_growth(&self.order, leaf, growth);
            view.n_known = n_known;
        }
    }

    /// Puts a span at a place in the order.
    #[inline]
    fn insert_at(&mut self, idx: usize, span: Span, n_deleted: [u32; 2]) -> Cursor {
        let at = self.order.insert(idx);
        let slot = Slot { span, n_deleted };
        self.slots.push(slot);
        for (line, view) in self.views.iter_mut().enumerate() {
            let visible = slot.visible(line, view);
            view.visible_len += visible;
            view.near.note_new(&self.order, at.leaf, visible);
        }
        self.note(&span, at.leaf);
        at
    }

    /// Notes the slot of a span's characters.
    #[inline]
    fn note(&mut self, span: &Span, slot: u32) {
        if span.is_base() {
            return;
        }
        let slot_of = &mut self.slot_of[Self::line_of(span.id)];
        let start = number(span.id) as usize;
        let end = start + span.len as usize;
        if end > slot_of.len() {
            slot_of.resize(end, slot);
        } else {
            slot_of[start..end].fill(slot);
        }
    }

    /// Changes a slot, and what each view sees of it.
    #[inline]
    fn change(&mut self, at: Cursor, change: impl FnOnce(&mut Slot)) {
        let slot = &mut self.slots[at.leaf as usize];
        let before = *slot;
        change(slot);
        for (line, view) in self.views.iter_mut().enumerate() {
            let growth = slot.visible(line, view);
            let growth = growth.wrapping_sub(before.visible(line, view));
            view.visible_len = view.visible_len.wrapping_add(growth);
            view.near.note_growth(&self.order, at.leaf, growth);
        }
    }

    /// Puts what the view looked from has of a span in place of what is there.
    #[inline]
    fn set(&mut self, at: Cursor, span: Span) {
        let line = self.line;
        self.change(at, |slot| {
            slot.span = span;
            slot.n_deleted[line] = span.prepared().saturating_sub(1);
        });
    }
}

impl SpanList for LineList {
    #[inline]
    fn line_of(id: u32) -> usize {
        usize::from(id & LINE != 0)
    }

    fn reset(&mut self, base: Span) {
        self.slots.clear();
        self.order.clear();
        self.slot_of.iter_mut().for_each(Vec::clear);
        self.views = [View::default(); 2];
        self.insert_at(0, base, [0; 2]);
    }

    #[inline]
    fn visible_len(&self) -> u32 {
        self.views[self.line].visible_len
    }

    #[inline]
    fn span(&self, at: Cursor) -> Span {
        let slot = &self.slots[at.leaf as usize];
        let is_known = slot.known(self.line, &self.views[self.line]) > 0;
        let prepared = if is_known {
            slot.n_deleted[self.line] + 1
        } else {
            0
        };
        slot.span.with_prepared(prepared)
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
        let line = self.line;
        let slots = &self.slots;
        let view = &mut self.views[line];
        let mut near = view.near;
        let found = near.seek(&self.order, pos, |slot| {
            slots[slot as usize].visible(line, view)
        });
        view.near = near;
        found.inspect(|&(at, _)| self.cut(at))
    }

    fn effect_before(&self, at: Cursor) -> u32 {
        let before = self.iter().take(self.order.index_of(at));
        before.map(|span| span.effective_len()).sum()
    }

    #[inline]
    fn find(&self, id: u32, _: Cursor) -> Cursor {
        let leaf = if id & BASE != 0 {
            let base = self.slots.iter().position(|slot| slot.span.contains(id));
            base.expect("base text is never removed") as u32
        } else {
            self.slot_of[Self::line_of(id)][number(id) as usize]
        };
        Cursor { leaf, idx: UNKNOWN }
    }

    fn compare(&self, a: Cursor, b: Cursor) -> Ordering {
        self.order.compare(a.leaf, b.leaf)
    }

    #[inline]
    fn insert_behind(&mut self, left: Option<Cursor>, inserted: Span) -> Cursor {
        let idx = left.map_or(0, |left| self.order.index_of(left) + 1);
        self.insert_at(idx, inserted, [0; 2])
    }

    #[inline]
    fn cut(&mut self, at: Cursor) {
        let slot = &self.slots[at.leaf as usize];
        let known = slot.known(self.line, &self.views[self.line]);
        if known > 0 && known < slot.span.len {
            let span = self.span(at);
            let (known, rest) = (span.slice(0, known), span.slice(known, span.len - known));
            self.replace(at, [known, rest], 0);
        }
    }

    #[inline]
    fn can_append(&self, at: Cursor, inserted: &Span) -> bool {
        let is_kept = self.slots[at.leaf as usize].n_deleted == [0; 2];
        is_kept && self.span(at).can_append(inserted)
    }

    #[inline]
    fn append(&mut self, at: Cursor, len: u32) {
        let slot_of = &mut self.slot_of[self.line];
        slot_of.resize(slot_of.len() + len as usize, at.leaf);
        self.change(at, |slot| slot.span.len += len);
    }

    #[inline]
    fn replace<const N: usize>(&mut self, at: Cursor, spans: [Span; N], nth: u32) -> Cursor {
        let idx = self.order.index_of(at);
        let whole = self.slots[at.leaf as usize];
        self.set(at, spans[0]);
        for (idx, span) in (idx..).zip(spans).skip(1) {
            let mut n_deleted = if whole.span.contains(span.id) {
                whole.n_deleted
            } else {
                [0; 2]
            };
            n_deleted[self.line] = span.prepared().saturating_sub(1);
            self.insert_at(idx, span, n_deleted);
        }
        self.order.cursor(idx + nth as usize)
    }

    #[inline]
    fn update(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        let mut span = self.span(at);
        change(&mut span);
        self.set(at, span);
    }

    #[inline]
    fn update_lazily(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        self.update(at, change);
    }

    #[inline]
    fn settle(&mut self) {}
}
