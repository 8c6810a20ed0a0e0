//! The tracker: every character that a zone has touched, in document order, tombstones included.
//!
//! It answers two questions about each position of an original operation: which character is
//! meant (by the *prepare* state, what its author saw), and where that is now (by the *effect*
//! state, what everything replayed so far left visible).
//!
//! # Invariants
//! - The last character is the end: one behind the base text, always visible, never reached. It
//!   stands for the end of the document in every comparison.
//! - `leaf_of[id]` names the leaf that holds the span of an inserted character.
//!
//! Source: the internal state of Eg-walker (Gentle and Kleppmann, EuroSys 2025, sections 3.3 and
//! 3.4); the order of concurrent inserts is FugueMax (Weidner and Kleppmann, "The Art of the
//! Fugue", 2023) with ties broken by agent name, then sequence number.

use core::cmp::Ordering;

use crdt_core::Lv;

use super::span::{BASE, START, Span, SpanWidth};
use crate::tree::{Cursor, Tree};

/// The end is one character behind the base text.
const END_LEN: u32 = 1;
const LEAF: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    24
};
const NODE: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    12
};

pub(super) struct Tracker {
    tree: Tree<Span, LEAF, NODE>,
    leaf_of: Vec<u32>,
    /// Which events inserted the characters: the id and the event of the first of each stretch.
    events: Vec<(u32, Lv)>,
    base_len: u32,
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

impl Tracker {
    pub(super) fn new() -> Self {
        Self {
            tree: Tree::new(),
            leaf_of: Vec::new(),
            events: Vec::new(),
            base_len: 0,
            moved: Cursor::default(),
        }
    }

    /// Starts a zone on a text of `base_len` characters.
    pub(super) fn reset(&mut self, base_len: u32) {
        self.tree.clear();
        let base = Span::base(base_len + END_LEN);
        self.tree.splice(self.tree.start(), 0, [base], |_, _| {});
        self.leaf_of.clear();
        self.events.clear();
        self.base_len = base_len;
    }

    /// Characters that were inserted since the zone's start.
    pub(super) fn n_inserted(&self) -> usize {
        self.leaf_of.len()
    }

    /// Characters visible after everything that was replayed.
    pub(super) fn effect_len(&self) -> u32 {
        self.tree.total().effect - END_LEN
    }

    /// Characters visible at the version that the walker stands on.
    #[inline]
    fn visible_len(&self) -> u32 {
        self.tree.total().prepare - END_LEN
    }

    /// Inserts `len` characters, by consecutive events from `lv` on, before the visible character
    /// `pos`; past the end means at the end. `tie` orders two events by their agents and numbers.
    ///
    /// Returns the id of the first character, and where it stands now.
    pub(super) fn insert(
        &mut self,
        lv: Lv,
        len: u32,
        pos: u32,
        tie: impl Fn(Lv, Lv) -> Ordering,
    ) -> (u32, u32) {
        let id = self.name(lv, len);
        let pos = pos.min(self.visible_len());
        let mut origin_left = START;
        let mut after = None;
        let mut effect_pos = 0;
        if let Some(last) = pos.checked_sub(1)
            && let Some((left, before)) = self.tree.seek(last, |width| width.prepare)
        {
            let span = *self.tree.item(left);
            let offset = last - before.prepare;
            origin_left = span.id + offset;
            effect_pos = before.effect + if span.is_effective() { offset + 1 } else { 0 };
            if offset + 1 < span.len {
                let inserted = Span::inserted(id, len, origin_left, origin_left + 1);
                self.insert_inside(left, offset + 1, inserted);
                return (id, effect_pos);
            }
            after = Some(left);
        }
        let (origin_right, is_contested) = self.origin_right(after);
        let inserted = Span::inserted(id, len, origin_left, origin_right);
        if is_contested {
            (after, effect_pos) = self.integrate(&inserted, after, effect_pos, tie);
        }
        self.insert_after(after, inserted);
        (id, effect_pos)
    }

    /// Deletes up to `len` visible characters from `pos` on; what lies past the end is nothing.
    pub(super) fn delete(&mut self, pos: u32, len: u32, mut hit: impl FnMut(Hit)) {
        let mut left = len.min(self.visible_len().saturating_sub(pos));
        if left == 0 {
            return;
        }
        let Some((mut at, before)) = self.tree.seek(pos, |width| width.prepare) else {
            return;
        };
        let mut offset = pos - before.prepare;
        let mut effect = before.effect
            + if self.tree.item(at).is_effective() {
                offset
            } else {
                0
            };
        loop {
            let span = *self.tree.item(at);
            if span.is_prepared() {
                let len = left.min(span.len - offset);
                let effect_pos = span.is_effective().then_some(effect);
                hit(Hit {
                    id: span.id + offset,
                    len,
                    effect_pos,
                });
                at = self.replace_part(at, offset, span.slice(offset, len).deleted());
                left -= len;
                offset = 0;
                if left == 0 {
                    return;
                }
            } else if span.is_effective() {
                effect += span.len;
            }
            let Some(next) = self.tree.next(at) else {
                return;
            };
            at = next;
        }
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
        self.tree.settle();
    }

    /// Moves every event out of the prepared version.
    pub(super) fn retreat_to_start(&mut self) {
        self.change_all(Span::retreat_to_start);
    }

    /// Takes what is visible at the prepared version as the effect state.
    pub(super) fn take_effect_from_prepared(&mut self) {
        self.change_all(Span::take_effect_from_prepared);
    }

    /// The event that inserted a character, and how many characters from there on were inserted
    /// by the events that follow it one by one.
    pub(super) fn event_of(&self, id: u32) -> (Lv, u32) {
        let after = self.events.partition_point(|&(first, _)| first <= id);
        let end = self
            .events
            .get(after)
            .map_or(self.leaf_of.len() as u32, |&(first, _)| first);
        let (first, lv) = self.events[after - 1];
        (lv.plus(id - first), end - id)
    }

    /// Walks the spans in document order, but for the unreachable end.
    pub(super) fn spans(&self) -> impl Iterator<Item = Span> {
        let end = BASE | self.base_len;
        self.tree.iter().filter_map(move |span| {
            if !span.is_base() || span.id + span.len <= end {
                return Some(*span);
            }
            (span.id < end).then(|| span.slice(0, end - span.id))
        })
    }

    /// The id of the first span after `after` that exists at the prepared version, and whether
    /// there is any in between that does not.
    #[inline]
    fn origin_right(&self, after: Option<Cursor>) -> (u32, bool) {
        let mut at = after.map_or(Some(self.tree.start()), |left| self.tree.next(left));
        let mut is_contested = false;
        while let Some(cursor) = at {
            let span = self.tree.item(cursor);
            if !span.is_not_inserted() {
                return (span.id, is_contested);
            }
            is_contested = true;
            at = self.tree.next(cursor);
        }
        unreachable!("the end of the base text exists at every version")
    }

    /// Finds the place of `inserted` among the concurrent inserts between its origins.
    ///
    /// Starts behind `after`, where `effect_pos` characters are visible before; returns the span
    /// to insert behind, and the count there.
    fn integrate(
        &self,
        inserted: &Span,
        after: Option<Cursor>,
        effect_pos: u32,
        tie: impl Fn(Lv, Lv) -> Ordering,
    ) -> (Option<Cursor>, u32) {
        let mut place = (after, effect_pos);
        let mut effect = effect_pos;
        let mut is_scanning = false;
        let mut at = after.map_or(Some(self.tree.start()), |left| self.tree.next(left));
        while let Some(cursor) = at {
            let other = self.tree.item(cursor);
            if !other.is_not_inserted() {
                break;
            }
            match self.compare(other.origin_left, inserted.origin_left) {
                Ordering::Less => break,
                Ordering::Equal if other.origin_right == inserted.origin_right => {
                    if tie(self.event_of(inserted.id).0, self.event_of(other.id).0)
                        == Ordering::Less
                    {
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
            effect += if other.is_effective() { other.len } else { 0 };
            if !is_scanning {
                place = (Some(cursor), effect);
            }
            at = self.tree.next(cursor);
        }
        place
    }

    /// Gives the next ids to characters that consecutive events insert.
    fn name(&mut self, lv: Lv, len: u32) -> u32 {
        let id = self.leaf_of.len() as u32;
        let continues = self
            .events
            .last()
            .is_some_and(|&(first, at)| at.plus(id - first) == lv);
        if !continues {
            self.events.push((id, lv));
        }
        self.leaf_of.resize(self.leaf_of.len() + len as usize, 0);
        id
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
        let (at_a, at_b) = (self.find(a), self.find(b));
        // In one span, ids ascend with places.
        if at_a == at_b {
            a.cmp(&b)
        } else {
            self.tree.compare(at_a, at_b)
        }
    }

    /// The span that holds a character.
    #[inline]
    fn find(&self, id: u32) -> Cursor {
        if id & BASE != 0 {
            let found = self.tree.seek(id - BASE, |width| width.base);
            return found.expect("base text is never removed").0;
        }
        let leaf = self.leaf_of[id as usize];
        let idx = self
            .tree
            .leaf_items(leaf)
            .iter()
            .position(|span| span.contains(id));
        Cursor {
            leaf,
            idx: idx.expect("the index names the leaf of every insert") as u32,
        }
    }

    /// The span that holds a character, looked for behind a place that is likely close to it.
    #[inline]
    fn find_near(&self, id: u32, near: Cursor) -> Cursor {
        if id & BASE == 0 {
            let leaf = self.leaf_of[id as usize];
            let items = self.tree.leaf_items(leaf);
            if leaf == near.leaf
                && let Some(behind) = items.get(near.idx as usize..)
                && let Some(n) = behind.iter().position(|span| span.contains(id))
            {
                return Cursor {
                    leaf,
                    idx: near.idx + n as u32,
                };
            }
        }
        self.find(id)
    }

    #[inline]
    fn change(&mut self, id: u32, len: u32, change: impl Fn(&mut Span) -> SpanWidth) {
        let end = id + len;
        let mut id = id;
        while id < end {
            let at = self.find_near(id, self.moved);
            let mut span = *self.tree.item(at);
            let offset = id - span.id;
            let len = (end - id).min(span.len - offset);
            self.moved = at;
            if len == span.len {
                self.tree.update_lazily(at, &change);
            } else {
                span = span.slice(offset, len);
                change(&mut span);
                self.replace_part(at, offset, span);
            }
            id += len;
        }
    }

    fn change_all(&mut self, change: impl Fn(&mut Span) -> SpanWidth) {
        let mut at = Some(self.tree.start());
        while let Some(cursor) = at {
            self.tree.update_lazily(cursor, &change);
            at = self.tree.next(cursor);
        }
        self.tree.settle();
    }

    fn insert_inside(&mut self, at: Cursor, offset: u32, inserted: Span) {
        let span = *self.tree.item(at);
        let (left, right) = (span.slice(0, offset), span.slice(offset, span.len - offset));
        let at = self.splice(at, 1, [left, inserted, right]);
        self.index(&inserted, at.leaf);
    }

    #[inline]
    fn insert_after(&mut self, after: Option<Cursor>, inserted: Span) {
        let at = match after {
            Some(left) if self.tree.item(left).can_append(&inserted) => {
                self.tree.update(left, |span| span.len += inserted.len);
                left
            }
            Some(left) => self.splice(
                Cursor {
                    idx: left.idx + 1,
                    ..left
                },
                0,
                [inserted],
            ),
            None => self.splice(self.tree.start(), 0, [inserted]),
        };
        self.index(&inserted, at.leaf);
    }

    /// Puts `part` in place of as many characters of a span, from `offset` on; returns its place.
    #[inline]
    fn replace_part(&mut self, at: Cursor, offset: u32, part: Span) -> Cursor {
        let span = *self.tree.item(at);
        let rest = span.len - offset - part.len;
        let left = || span.slice(0, offset);
        let right = || span.slice(offset + part.len, rest);
        match (offset > 0, rest > 0) {
            (false, false) => {
                self.tree.update(at, |span| *span = part);
                at
            }
            (false, true) => self.splice(at, 1, [part, right()]),
            (true, false) => second(self.splice(at, 1, [left(), part])),
            (true, true) => second(self.splice(at, 1, [left(), part, right()])),
        }
    }

    #[inline]
    fn splice<const ADDED: usize>(
        &mut self,
        at: Cursor,
        n_removed: u32,
        spans: [Span; ADDED],
    ) -> Cursor {
        let Self { tree, leaf_of, .. } = self;
        tree.splice(at, n_removed, spans, |span, leaf| {
            index(leaf_of, span, leaf);
        })
    }

    #[inline]
    fn index(&mut self, span: &Span, leaf: u32) {
        index(&mut self.leaf_of, span, leaf);
    }
}

fn second(first: Cursor) -> Cursor {
    Cursor {
        idx: first.idx + 1,
        ..first
    }
}

/// Notes which leaf holds the characters of a span.
#[inline]
fn index(leaf_of: &mut [u32], span: &Span, leaf: u32) {
    if !span.is_base() {
        leaf_of[span.id as usize..(span.id + span.len) as usize].fill(leaf);
    }
}
