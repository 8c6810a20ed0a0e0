//! Lists of spans in document order: where the tracker keeps what it knows.
//!
//! Small zones have a [`FlatList`], large ones a [`TreeList`], and those of two lines have a list of
//! their own (see [`Lines`](super::lines::Lines)). Which it is is known before a replay starts, so
//! that it is compiled for each.
//!
//! # Invariants
//! A cursor is good until the next change that adds spans; the one that such a change returns is
//! good from then on.

mod flat;
mod line;
mod slots;
mod tree;

use core::cmp::Ordering;

pub(super) use self::flat::FlatList;
pub(super) use self::line::LineList;
pub(super) use self::tree::TreeList;

use self::slots::{Near, SlotList};
use super::span::Span;
use crate::tree::Cursor;

/// Spans in document order, found by position and by id. There is always at least one.
pub(super) trait SpanList {
    /// The line that a character belongs to. Each numbers its own.
    #[inline]
    fn line_of(_: u32) -> usize {
        0
    }

    /// Starts over with one span.
    fn reset(&mut self, base: Span);

    /// Characters visible at the version that the walker stands on.
    fn visible_len(&self) -> u32;

    fn span(&self, at: Cursor) -> Span;

    fn start(&self) -> Cursor;

    /// The span after this one.
    fn next(&self, at: Cursor) -> Option<Cursor>;

    /// Walks all spans.
    fn iter(&self) -> impl Iterator<Item = Span>;

    /// The span that holds visible character `pos`, and how many of its characters stand before.
    fn seek(&mut self, pos: u32) -> Option<(Cursor, u32)>;

    /// Characters visible in the effect state before a span.
    fn effect_before(&self, at: Cursor) -> u32;

    /// The span that holds a character, looked for first behind a place that is likely close to it.
    fn find(&self, id: u32, near: Cursor) -> Cursor;

    /// Compares the places of two spans.
    fn compare(&self, a: Cursor, b: Cursor) -> Ordering;

    /// Adds a span of new characters, which have the next ids, behind another or at the start;
    /// returns its place.
    fn insert_behind(&mut self, left: Option<Cursor>, inserted: Span) -> Cursor;

    /// Splits a span of which only the first characters exist at the version that the walker stands
    /// on behind these.
    fn cut(&mut self, _: Cursor) {}

    /// Whether new characters, placed right behind a span, can become part of it.
    fn can_append(&self, at: Cursor, inserted: &Span) -> bool {
        self.span(at).can_append(inserted)
    }

    /// Adds new characters, which have the next ids, to a span that [`Self::can_append`] them.
    fn append(&mut self, at: Cursor, len: u32);

    /// Puts spans in place of one. One of them may be of new characters, which have the next ids.
    /// Returns the place of span `nth` of the new ones.
    fn replace<const N: usize>(&mut self, at: Cursor, spans: [Span; N], nth: u32) -> Cursor;

    /// Changes the states of a span.
    fn update(&mut self, at: Cursor, change: impl FnOnce(&mut Span));

    /// Changes the prepare state of a span; positions are right again after [`Self::settle`].
    fn update_lazily(&mut self, at: Cursor, change: impl FnOnce(&mut Span));

    /// Ends a series of lazy updates.
    fn settle(&mut self);
}

#[cfg(test)]
mod tests;
