//! The tracker: every character that a zone has touched, in document order, tombstones included.
//!
//! It answers two questions about each position of an original operation: which character is
//! meant (by the *prepare* state, what its author saw), and where that is now (by the *effect*
//! state, what everything replayed so far left visible).
//!
//! # Invariants
//! - The last character is the end: one behind the base text, always visible, never reached. It
//!   stands for the end of the document in every comparison.
//!
//! Source: the internal state of Eg-walker (Gentle and Kleppmann, EuroSys 2025, sections 3.3 and
//! 3.4); the order of concurrent inserts is FugueMax (Weidner and Kleppmann, "The Art of the
//! Fugue", 2023) with ties broken by agent name, then sequence number.

use core::cmp::Ordering;

use crdt_core::Lv;

use super::inserts::Inserts;
use super::span::{BASE, LINE, START, Span};
use super::spans::{FlatList, LineList, SpanList, TreeList};
use crate::anchor::Bias;
use crate::op_log::TextRange;
use crate::tree::Cursor;

/// The end is one character behind the base text.
const END_LEN: u32 = 1;

#[derive(Default)]
pub(super) struct Tracker<L> {
    list: L,
    /// What inserted the characters, by line.
    inserted: [Inserts; 2],
    /// The line that inserts: always the first, unless the list tells two apart.
    line: usize,
    base_len: u32,
    /// Characters visible after everything that was replayed.
    effect_len: u32,
    /// Where the last move was: a hint, for the next one is often close by.
    moved: Cursor,
}

/// What a delete hit: consecutive characters, and where they were if they were still visible.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) id: u32,
    pub(super) len: u32,
    pub(super) effect_pos: Option<u32>,
}

/// A character of a span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    span: Cursor,
    offset: u32,
}

impl Tracker<FlatList> {
    pub(super) fn n_spans(&self) -> usize {
        self.list.n_spans()
    }
}

impl Tracker<TreeList> {
    /// Takes over what a small tracker knows.
    pub(super) fn grow_from(&mut self, small: &mut Tracker<FlatList>) {
        self.list.fill(&small.list, small.inserted[0].end());
        core::mem::swap(&mut self.inserted, &mut small.inserted);
        self.base_len = small.base_len;
        self.effect_len = small.effect_len;
        self.moved = Cursor::default();
    }
}

impl Tracker<LineList> {
    /// Stands on the version of a line, which goes on from there.
    #[inline]
    pub(super) fn look_from(&mut self, line: usize) {
        self.line = line;
        self.list.look_from(line);
    }

    /// Moves all inserts of the other line's events below `lv` into the version looked from; `at` is
    /// where the last one was found.
    #[inline]
    pub(super) fn show_inserts(&mut self, lv: Lv, at: &mut usize) {
        let end = self.inserted[1 - self.line].end_below(lv, at);
        self.list.show_up_to(end);
    }
}

impl<L: SpanList> Tracker<L> {
    /// Starts a zone on a text of `base_len` characters.
    pub(super) fn reset(&mut self, base_len: u32) {
        self.list.reset(Span::base(base_len + END_LEN));
        self.inserted[0].reset(0);
        self.inserted[1].reset(LINE);
        self.line = 0;
        self.base_len = base_len;
        self.effect_len = base_len;
        self.moved = Cursor::default();
    }

    /// Characters that were inserted since the zone's start.
    pub(super) fn n_inserted(&self) -> usize {
        self.inserted[0].end() as usize
    }

    /// Characters visible after everything that was replayed.
    pub(super) fn effect_len(&self) -> u32 {
        self.effect_len
    }

    /// Characters visible at the version that the walker stands on.
    #[inline]
    fn visible_len(&self) -> u32 {
        self.list.visible_len() - END_LEN
    }

    /// Inserts `len` characters before the visible character `pos`; past the end means at the end.
    /// They are made by consecutive events from `lv` on, and read `text`.
    /// `tie` orders two events by their agents and numbers.
    ///
    /// Returns the id of the first character, and its place.
    pub(super) fn insert(
        &mut self,
        (lv, text): (Lv, TextRange),
        len: u32,
        pos: u32,
        tie: impl Fn(Lv, Lv) -> Ordering,
    ) -> (u32, Place) {
        let id = self.inserted[self.line].push((lv, text), len);
        self.effect_len += len;
        let mut origin_left = START;
        let mut after = None;
        if let Some(last) = pos.min(self.visible_len()).checked_sub(1)
            && let Some((left, offset)) = self.list.seek(last)
        {
            let span = self.list.span(left);
            origin_left = span.id + offset;
            if offset + 1 < span.len {
                let inserted = Span::inserted(id, len, origin_left, origin_left + 1);
                return (id, self.insert_inside(left, offset + 1, inserted));
            }
            after = Some(left);
        }
        let (origin_right, is_contested) = self.origin_right(after);
        let inserted = Span::inserted(id, len, origin_left, origin_right);
        if is_contested {
            after = self.integrate(&inserted, after, tie);
        }
        (id, self.insert_behind(after, inserted))
    }

    /// Deletes up to `len` visible characters from `pos` on; what lies past the end is nothing.
    ///
    /// Where the hits were need not be right unless somebody wants to know.
    pub(super) fn delete(
        &mut self,
        pos: u32,
        len: u32,
        wants_places: bool,
        mut hit: impl FnMut(Hit),
    ) {
        let mut left = len.min(self.visible_len().saturating_sub(pos));
        if left == 0 {
            return;
        }
        let Some((mut span, mut offset)) = self.list.seek(pos) else {
            return;
        };
        let mut effect = if wants_places {
            self.effect_before(Place { span, offset })
        } else {
            0
        };
        loop {
            self.list.cut(span);
            let whole = self.list.span(span);
            if whole.is_prepared() {
                let part = whole.slice(offset, left.min(whole.len - offset));
                hit(Hit {
                    id: part.id,
                    len: part.len,
                    effect_pos: part.is_effective().then_some(effect),
                });
                self.effect_len -= part.effective_len();
                span = self.replace_part(span, offset, part.deleted());
                left -= part.len;
                offset = 0;
                if left == 0 {
                    return;
                }
            } else {
                effect += whole.effective_len();
            }
            let Some(next) = self.list.next(span) else {
                return;
            };
            span = next;
        }
    }

    /// Characters visible in the effect state before a place.
    pub(super) fn effect_before(&self, place: Place) -> u32 {
        let before = self.list.effect_before(place.span);
        let is_effective = self.list.span(place.span).is_effective();
        before + if is_effective { place.offset } else { 0 }
    }

    /// Characters visible in the effect state before a position at the version that the walker stands
    /// on: up to the character on the position's left, or before the one on its right. Past the end
    /// means at the end.
    pub(super) fn effect_beside(&mut self, pos: u32, bias: Bias) -> u32 {
        let pos = pos.min(self.visible_len());
        let neighbour = match bias {
            Bias::Left => pos.checked_sub(1),
            Bias::Right => Some(pos).filter(|pos| *pos < self.visible_len()),
        };
        let Some((span, offset)) = neighbour.and_then(|at| self.list.seek(at)) else {
            return if pos == 0 && bias == Bias::Left {
                0
            } else {
                self.effect_len
            };
        };
        let before = self.effect_before(Place { span, offset });
        let is_passed = bias == Bias::Left && self.list.span(span).is_effective();
        before + u32::from(is_passed)
    }

    /// Moves an event that inserted or deleted these characters into the prepared version.
    ///
    /// After a series of moves [`Self::settle`] must be called.
    #[inline]
    pub(super) fn advance(&mut self, id: u32, len: u32) {
        self.change(id, len, Span::advance);
    }

    /// Moves an event that inserted or deleted these characters out of the prepared version.
    ///
    /// After a series of moves [`Self::settle`] must be called.
    #[inline]
    pub(super) fn retreat(&mut self, id: u32, len: u32) {
        self.change(id, len, Span::retreat);
    }

    /// Ends a series of moves.
    pub(super) fn settle(&mut self) {
        self.list.settle();
    }

    /// Moves every event out of the prepared version.
    pub(super) fn retreat_to_start(&mut self) {
        let mut at = Some(self.list.start());
        while let Some(span) = at {
            self.list.update_lazily(span, Span::retreat_to_start);
            at = self.list.next(span);
        }
        self.list.settle();
    }

    /// Takes what is visible at the prepared version as the effect state.
    pub(super) fn take_effect_from_prepared(&mut self) {
        let mut at = Some(self.list.start());
        while let Some(span) = at {
            self.list.update(span, Span::take_effect_from_prepared);
            at = self.list.next(span);
        }
        self.effect_len = self.visible_len();
    }

    /// What inserted a character.
    #[inline]
    pub(super) fn inserts(&self, id: u32) -> &Inserts {
        &self.inserted[L::line_of(id)]
    }

    /// Walks the spans in document order, but for the unreachable end.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        let end = BASE | self.base_len;
        self.list.iter().filter_map(move |span| {
            if !span.is_base() || span.id + span.len <= end {
                return Some(span);
            }
            (span.id < end).then(|| span.slice(0, end - span.id))
        })
    }

    /// The id of the first span after `after` that exists at the prepared version, and whether
    /// there is any in between that does not.
    #[inline]
    fn origin_right(&self, after: Option<Cursor>) -> (u32, bool) {
        let mut at = self.behind(after);
        let mut is_contested = false;
        while let Some(cursor) = at {
            let span = self.list.span(cursor);
            if !span.is_not_inserted() {
                return (span.id, is_contested);
            }
            is_contested = true;
            at = self.list.next(cursor);
        }
        unreachable!("the end of the base text exists at every version")
    }

    /// Finds the place of `inserted` among the concurrent inserts between its origins, the first of
    /// which stands behind `after`; returns the span to insert behind.
    fn integrate(
        &self,
        inserted: &Span,
        after: Option<Cursor>,
        tie: impl Fn(Lv, Lv) -> Ordering,
    ) -> Option<Cursor> {
        let mut place = after;
        let mut is_scanning = false;
        let mut at = self.behind(after);
        while let Some(cursor) = at {
            let other = self.list.span(cursor);
            if !other.is_not_inserted() {
                break;
            }
            match self.compare(other.origin_left, inserted.origin_left) {
                Ordering::Less => break,
                Ordering::Equal if other.origin_right == inserted.origin_right => {
                    let event = |id| self.inserts(id).event_of(id).0;
                    let (ours, theirs) = (event(inserted.id), event(other.id));
                    if tie(ours, theirs) == Ordering::Less {
                        break;
                    }
                    is_scanning = false;
                }
                Ordering::Equal => {
                    let right = self.compare(other.origin_right, inserted.origin_right);
                    is_scanning = right == Ordering::Less;
                }
                Ordering::Greater => {}
            }
            if !is_scanning {
                place = Some(cursor);
            }
            at = self.list.next(cursor);
        }
        place
    }

    /// Compares the places of two characters; [`START`] is before all.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        if a == START || b == START {
            return if a == START {
                Ordering::Less
            } else {
                Ordering::Greater
            };
        }
        let find = |id| self.list.find(id, self.moved);
        let (at_a, at_b) = (find(a), find(b));
        // In one span, ids ascend with places.
        if at_a == at_b {
            a.cmp(&b)
        } else {
            self.list.compare(at_a, at_b)
        }
    }

    /// The span behind another, or the first.
    #[inline]
    fn behind(&self, after: Option<Cursor>) -> Option<Cursor> {
        after.map_or(Some(self.list.start()), |left| self.list.next(left))
    }

    #[inline]
    fn change(&mut self, id: u32, len: u32, change: impl Fn(&mut Span)) {
        let end = id + len;
        let mut id = id;
        while id < end {
            let at = self.list.find(id, self.moved);
            self.moved = at;
            let span = self.list.span(at);
            let (offset, rest) = (id - span.id, end - id);
            let len = rest.min(span.len - offset);
            if len == span.len {
                self.list.update_lazily(at, &change);
            } else {
                let mut part = span.slice(offset, len);
                change(&mut part);
                self.replace_part(at, offset, part);
            }
            id += len;
        }
    }

    fn insert_inside(&mut self, at: Cursor, offset: u32, inserted: Span) -> Place {
        let span = self.list.span(at);
        let (left, right) = (span.slice(0, offset), span.slice(offset, span.len - offset));
        Place {
            span: self.list.replace(at, [left, inserted, right], 1),
            offset: 0,
        }
    }

    #[inline]
    fn insert_behind(&mut self, left: Option<Cursor>, inserted: Span) -> Place {
        if let Some(span) = left {
            let offset = self.list.span(span).len;
            if self.list.can_append(span, &inserted) {
                self.list.append(span, inserted.len);
                return Place { span, offset };
            }
        }
        Place {
            span: self.list.insert_behind(left, inserted),
            offset: 0,
        }
    }

    /// Puts `part` in place of as many characters of a span, from `offset` on; returns its place.
    #[inline]
    fn replace_part(&mut self, at: Cursor, offset: u32, part: Span) -> Cursor {
        let span = self.list.span(at);
        let rest = span.len - offset - part.len;
        let left = || span.slice(0, offset);
        let right = || span.slice(offset + part.len, rest);
        match (offset > 0, rest > 0) {
            (false, false) => {
                self.list.update(at, |span| *span = part);
                at
            }
            (false, true) => self.list.replace(at, [part, right()], 0),
            (true, false) => self.list.replace(at, [left(), part], 1),
            (true, true) => self.list.replace(at, [left(), part, right()], 1),
        }
    }
}
