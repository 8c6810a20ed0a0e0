//! The text of a branch: a rope that finds places by scalars, UTF-8 bytes and UTF-16 units.
//!
//! Chunks of up to [`MAX_CHUNK`] bytes are the items of a [`Tree`]. The place of the last edit is
//! remembered, so edits close to each other find their chunk without a descent.
//!
//! # Invariants
//! - No chunk is empty or longer than [`MAX_CHUNK`]; chunks end at scalar boundaries.
//! - The remembered place, if any, names a chunk and the widths of everything before it.
//!
//! # Costs
//! With n chunks: an edit or a conversion is O(log n + `MAX_CHUNK`).

mod chunk;
#[cfg(test)]
mod tests;

use core::fmt;
use core::ops::Range;

pub(crate) use self::chunk::TextWidth;

use self::chunk::Chunk;
use crate::tree::{Cursor, Tree};

/// The most bytes in a chunk.
pub(crate) const MAX_CHUNK: usize = if cfg!(any(test, feature = "__small_nodes")) {
    12
} else {
    1024
};
/// A chunk that shrinks below this joins a neighbour that has room.
const MIN_CHUNK: usize = MAX_CHUNK / 4;
const LEAF: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    16
};
const NODE: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    16
};

/// The units a rope counts in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(unnameable_types, reason = "only a sealed trait speaks of it")]
pub enum Measure {
    /// Unicode scalars.
    Chars,
    /// UTF-8 bytes.
    Bytes,
    /// UTF-16 code units.
    Utf16,
}

#[derive(Clone)]
pub(crate) struct Rope {
    tree: Tree<Chunk, LEAF, NODE>,
    last_edit: Option<(Cursor, TextWidth)>,
}

impl Rope {
    pub(crate) fn new() -> Self {
        Self {
            tree: Tree::new(),
            last_edit: None,
        }
    }

    pub(crate) fn len(&self, measure: Measure) -> usize {
        self.tree.total().get(measure) as usize
    }

    pub(crate) fn len_chars(&self) -> u32 {
        self.tree.total().get(Measure::Chars)
    }

    /// Inserts text before scalar `at`, which must not lie past the end.
    pub(crate) fn insert(&mut self, at: u32, text: &str) {
        debug_assert!(at <= self.len_chars());
        let mut at = at;
        let mut rest = text;
        // The usual insert is one piece; a paste is cut into chunks.
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(chunk::cut_before(rest, MAX_CHUNK));
            at += self.insert_piece(at, piece);
            rest = tail;
        }
    }

    /// Deletes `len` scalars from `at` on, all of which must exist.
    pub(crate) fn delete(&mut self, at: u32, len: u32) {
        debug_assert!(len <= self.len_chars() - at);
        let mut left = len;
        while left > 0 {
            let Some((cursor, before)) = self.chunk_holding(at) else {
                return;
            };
            let chunk = self.tree.item(cursor);
            let from = at - before.chars;
            let n = left.min(chunk.width_chars() - from);
            left -= n;
            if n == chunk.width_chars() {
                self.tree.remove(cursor);
                self.last_edit = None;
            } else {
                self.tree.update(cursor, |chunk| chunk.delete(from, n));
                self.last_edit = Some((cursor, before));
                self.join_if_small(cursor);
            }
        }
    }

    /// Translates an offset from one unit to another.
    ///
    /// Returns `None` if the offset lies past the end, or inside a scalar.
    pub(crate) fn convert(&self, at: u32, from: Measure, to: Measure) -> Option<u32> {
        if at == self.tree.total().get(from) {
            return Some(self.tree.total().get(to));
        }
        let (cursor, before) = self.tree.seek(at, |width| width.get(from))?;
        let chunk = self.tree.item(cursor);
        let byte = chunk.byte_of(at - before.get(from), from)?;
        Some(before.get(to) + chunk.offset_of(byte, to))
    }

    /// Walks the text in pieces.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        self.tree.iter().map(Chunk::as_str)
    }

    /// A part of the text, given in scalars, all of which must exist.
    pub(crate) fn slice_chars(&self, chars: Range<u32>) -> String {
        let to_bytes = |at| {
            self.convert(at, Measure::Chars, Measure::Bytes)
                .unwrap_or_default()
        };
        let (mut from, end) = (to_bytes(chars.start), to_bytes(chars.end));
        let mut slice = String::with_capacity((end - from) as usize);
        let mut next = self
            .tree
            .seek(from, |width| width.bytes)
            .map(|(at, w)| (at, w.bytes));
        while let Some((cursor, start)) = next.filter(|_| from < end) {
            let text = self.tree.item(cursor).as_str();
            let after = start + text.len() as u32;
            slice.push_str(&text[(from - start) as usize..(end.min(after) - start) as usize]);
            from = after;
            next = self.tree.next(cursor).map(|cursor| (cursor, after));
        }
        slice
    }

    fn insert_piece(&mut self, at: u32, piece: &str) -> u32 {
        let width = TextWidth::of(piece);
        let Some((cursor, before)) = self.chunk_before(at) else {
            self.tree
                .splice(self.tree.start(), 0, [Chunk::from(piece)], |_, _| {});
            self.last_edit = None;
            return width.chars;
        };
        let offset = at - before.chars;
        let chunk = self.tree.item(cursor);
        if chunk.as_str().len() + piece.len() <= MAX_CHUNK {
            self.tree
                .update(cursor, |chunk| chunk.insert(offset, piece, width));
            self.last_edit = Some((cursor, before));
        } else {
            self.last_edit = None;
            self.insert_into_full(cursor, offset, piece);
        }
        width.chars
    }

    /// Cuts a chunk without room at the place of insertion, and fills the lesser part.
    #[cold]
    fn insert_into_full(&mut self, cursor: Cursor, offset: u32, piece: &str) {
        let (mut left, right) = self.tree.item(cursor).clone().split(offset);
        let mut added = Chunk::from(piece);
        if left.try_append(&added) {
            self.tree.splice(cursor, 1, [left, right], |_, _| {});
        } else if added.try_append(&right) {
            self.tree.splice(cursor, 1, [left, added], |_, _| {});
        } else {
            self.tree.splice(cursor, 1, [left, added, right], |_, _| {});
        }
    }

    /// The chunk whose text reaches up to `at` from the left (or the first), and what is before it.
    #[inline]
    fn chunk_before(&self, at: u32) -> Option<(Cursor, TextWidth)> {
        if let Some((cursor, before)) = self.last_edit
            && at > before.chars
            && at <= before.chars + self.tree.item(cursor).width_chars()
        {
            return Some((cursor, before));
        }
        self.tree.seek(at.saturating_sub(1), |width| width.chars)
    }

    /// The chunk that holds scalar `at`, and what is before it.
    #[inline]
    fn chunk_holding(&self, at: u32) -> Option<(Cursor, TextWidth)> {
        if let Some((cursor, before)) = self.last_edit
            && at >= before.chars
            && at < before.chars + self.tree.item(cursor).width_chars()
        {
            return Some((cursor, before));
        }
        self.tree.seek(at, |width| width.chars)
    }

    #[inline]
    fn join_if_small(&mut self, cursor: Cursor) {
        if self.tree.item(cursor).as_str().len() < MIN_CHUNK {
            self.join(cursor);
        }
    }

    #[cold]
    fn join(&mut self, cursor: Cursor) {
        let neighbours = [
            self.tree.prev(cursor).map(|prev| (prev, cursor)),
            self.tree.next(cursor).map(|next| (cursor, next)),
        ];
        for (left, right) in neighbours.into_iter().flatten() {
            let len = self.tree.item(left).as_str().len() + self.tree.item(right).as_str().len();
            // Half a chunk of slack, so that joining and splitting do not take turns.
            if len <= MAX_CHUNK / 2 {
                self.last_edit = None;
                let text = self.tree.remove(right);
                self.tree.update(left, |chunk| chunk.try_append(&text));
                return;
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn assert_invariants(&self) {
        for chunk in self.tree.iter() {
            chunk.assert_invariants();
        }
        self.tree.assert_invariants();
        if let Some((cursor, before)) = self.last_edit {
            let (found, widths) = self.tree.seek(before.chars, |w| w.chars).expect("a place");
            assert_eq!((found, widths), (cursor, before));
        }
    }
}

impl fmt::Display for Rope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| f.write_str(piece))
    }
}
