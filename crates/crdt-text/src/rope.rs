//! The text of a branch: a rope that finds places by scalars, UTF-8 bytes and UTF-16 units.
//!
//! Chunks of up to [`MAX_CHUNK`] bytes are the items of a [`Tree`]. The one that was last edited is
//! [`Open`]: an edit there touches nothing else, until an edit elsewhere closes it.
//!
//! # Invariants
//! - No chunk is longer than [`MAX_CHUNK`], and none but the open one is empty; chunks end at scalar
//!   boundaries.
//! - The tree knows the open chunk as it was before it was opened; `total` is up to date.
//!
//! # Costs
//! With n chunks: an edit next to the last one is O(1), any other and a conversion O(log n +
//! `MAX_CHUNK`).

mod chunk;
mod open;
#[cfg(test)]
mod tests;

use core::fmt;
use core::ops::Range;

pub(crate) use self::chunk::{TextWidth, push_text};

use self::chunk::{Chunk, Piece};
use self::open::Open;
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
    open: Open,
    total: TextWidth,
}

impl Rope {
    pub(crate) fn new() -> Self {
        Self {
            tree: Tree::new(),
            open: Open::default(),
            total: TextWidth::default(),
        }
    }

    #[inline]
    pub(crate) fn len(&self, measure: Measure) -> usize {
        self.total.get(measure) as usize
    }

    #[inline]
    pub(crate) fn len_chars(&self) -> u32 {
        self.total.chars
    }

    #[inline]
    pub(crate) fn total(&self) -> TextWidth {
        self.total
    }

    /// The width of the text before scalar `at`, which must not lie past the end.
    ///
    /// O(1) in ASCII, and right where the last edit ended.
    #[inline]
    pub(crate) fn width_to(&self, at: u32) -> TextWidth {
        if self.total.is_ascii() {
            return TextWidth::ascii(at);
        }
        let seam = self.open.seam();
        if seam.chars == at {
            seam
        } else {
            self.width_elsewhere(at)
        }
    }

    fn width_elsewhere(&self, at: u32) -> TextWidth {
        let Some((piece, before)) = self.piece_at(at, Measure::Chars) else {
            return self.total;
        };
        before + piece.width_to(piece.byte_of_char(at - before.chars))
    }

    /// Inserts text, which must not be empty, before scalar `at`, which must not lie past the end.
    #[inline]
    pub(crate) fn insert(&mut self, at: u32, text: &str) {
        self.insert_measured(at, text, TextWidth::of(text));
    }

    /// As [`Self::insert`], for a caller who knows how wide the text is.
    #[inline]
    pub(crate) fn insert_measured(&mut self, at: u32, text: &str, width: TextWidth) {
        debug_assert!(at <= self.len_chars() && !text.is_empty());
        if text.len() <= MAX_CHUNK {
            self.insert_piece(at, text, width);
        } else {
            self.insert_long(at, text);
        }
    }

    /// Deletes `len` scalars, at least one, from `at` on, all of which must exist.
    #[inline]
    pub(crate) fn delete(&mut self, at: u32, len: u32) {
        debug_assert!(len > 0 && len <= self.len_chars() - at);
        if self.open.holds(at, len) {
            let gone = self.open.delete(at, len);
            self.total = self.total - gone;
        } else {
            self.delete_elsewhere(at, len);
        }
    }

    /// Whether a key inserted at `at` needs no more than [`Self::type_key`].
    #[inline]
    pub(crate) fn can_type(&self, at: usize) -> bool {
        self.open.ends_left_at(at) && (self.open.width().bytes as usize) < MAX_CHUNK
    }

    /// Inserts a key of one byte at the place of the last edit.
    #[inline]
    pub(crate) fn type_key(&mut self, key: u8) {
        self.open.type_key(key);
        self.total += TextWidth::ascii(1);
    }

    /// Whether to delete the key at `at` needs no more than [`Self::erase_key`].
    #[inline]
    pub(crate) fn can_erase(&self, at: u32) -> bool {
        self.open.can_erase(at)
    }

    /// Deletes a key next to the place of the last edit.
    #[inline]
    pub(crate) fn erase_key(&mut self, at: u32) {
        self.open.erase_key(at);
        self.total = self.total - TextWidth::ascii(1);
    }

    /// Translates an offset from one unit to another.
    ///
    /// Returns `None` if the offset lies past the end, or inside a scalar.
    pub(crate) fn convert(&self, at: u32, from: Measure, to: Measure) -> Option<u32> {
        if at == self.total.get(from) {
            return Some(self.total.get(to));
        }
        let (piece, before) = self.piece_at(at, from)?;
        let byte = piece.byte_of(at - before.get(from), from)?;
        Some(before.get(to) + piece.offset_of(byte, to))
    }

    /// Walks the text in pieces.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &str> {
        let open = self.open.pieces().map(|piece| piece.text);
        let pieces = self.tree.iter().flat_map(move |chunk| {
            if chunk.text.is_empty() {
                open
            } else {
                [chunk.text.as_str(), ""]
            }
        });
        pieces.filter(|piece| !piece.is_empty())
    }

    /// A part of the text, given in scalars, all of which must exist.
    pub(crate) fn slice_chars(&self, chars: Range<u32>) -> String {
        let to_bytes = |at| {
            self.convert(at, Measure::Chars, Measure::Bytes)
                .unwrap_or_default()
        };
        let (mut from, end) = (to_bytes(chars.start), to_bytes(chars.end));
        let mut slice = String::with_capacity((end - from) as usize);
        while from < end
            && let Some((piece, before)) = self.piece_at(from, Measure::Bytes)
        {
            let piece_end = before.bytes + piece.width.bytes;
            let part = (from - before.bytes) as usize..(end.min(piece_end) - before.bytes) as usize;
            slice.push_str(&piece.text[part]);
            from = piece_end;
        }
        slice
    }

    /// The piece that holds unit `at` of a measure, and what is before it.
    fn piece_at(&self, at: u32, measure: Measure) -> Option<(Piece<'_>, TextWidth)> {
        let find = |at| self.tree.seek(at, |width: &TextWidth| width.get(measure));
        let settled = |(cursor, before)| (self.tree.item(cursor).as_piece(), before);
        let Some(open) = self.open.cursor() else {
            return find(at).map(settled);
        };
        let mut before = self.open.before;
        if at < before.get(measure) {
            return find(at).map(settled);
        }
        for piece in self.open.pieces() {
            if at - before.get(measure) < piece.width.get(measure) {
                return Some((piece, before));
            }
            before += piece.width;
        }
        let growth = self.open.width() - self.tree.item(open).width;
        let (piece, before) = settled(find(at.wrapping_sub(growth.get(measure)))?);
        Some((piece, before + growth))
    }

    #[inline]
    fn insert_piece(&mut self, at: u32, piece: &str, width: TextWidth) {
        let reaches = self.open.reaches(at) || self.open_before(at);
        self.total += width;
        if reaches && self.open.width().bytes as usize + piece.len() <= MAX_CHUNK {
            self.open.insert(at, piece, width);
        } else {
            self.insert_chunk(at, piece);
        }
    }

    /// A paste is cut into chunks.
    #[cold]
    fn insert_long(&mut self, at: u32, text: &str) {
        let (mut at, mut rest) = (at, text);
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(chunk::cut_before(rest, MAX_CHUNK));
            let width = TextWidth::of(piece);
            self.insert_piece(at, piece, width);
            at += width.chars;
            rest = tail;
        }
    }

    /// Inserts where there is no room: cuts the open chunk at the place, and fills the lesser part.
    #[cold]
    fn insert_chunk(&mut self, at: u32, piece: &str) {
        let mut added = Chunk::from(piece);
        let offset = at - self.open.before.chars;
        let Some((cursor, text, width)) = self.open.close() else {
            self.tree.splice(self.tree.start(), 0, [added], |_, _| {});
            return;
        };
        let (mut left, right) = Chunk { text, width }.split(offset);
        if left.try_append(&added) {
            self.tree.splice(cursor, 1, [left, right], |_, _| {});
        } else if added.try_append(&right) {
            self.tree.splice(cursor, 1, [left, added], |_, _| {});
        } else {
            self.tree.splice(cursor, 1, [left, added, right], |_, _| {});
        }
    }

    fn delete_elsewhere(&mut self, at: u32, len: u32) {
        let mut left = len;
        while left > 0 {
            self.close();
            let Some((cursor, before)) = self.tree.seek(at, |width| width.chars) else {
                return;
            };
            let chunk = self.tree.item(cursor);
            let n = left.min(chunk.width.chars - (at - before.chars));
            left -= n;
            let gone = if n == chunk.width.chars {
                self.tree.remove(cursor).width
            } else {
                self.open_chunk(cursor, before);
                self.open.delete(at, n)
            };
            self.total = self.total - gone;
        }
    }

    /// Opens the chunk whose text reaches up to `at` from the left, or the first. `false` if there
    /// is none.
    fn open_before(&mut self, at: u32) -> bool {
        self.close();
        let found = self.tree.seek(at.saturating_sub(1), |width| width.chars);
        if let Some((cursor, before)) = found {
            self.open_chunk(cursor, before);
        }
        found.is_some()
    }

    fn open_chunk(&mut self, cursor: Cursor, before: TextWidth) {
        let (text, width) = self.tree.update(cursor, |chunk| {
            (core::mem::take(&mut chunk.text), chunk.width)
        });
        self.open.open(cursor, before, text, width);
    }

    /// Puts the open chunk back into the tree.
    fn close(&mut self) {
        let Some((cursor, text, width)) = self.open.close() else {
            return;
        };
        let len = text.len();
        if len == 0 {
            self.tree.remove(cursor);
            return;
        }
        self.tree
            .update(cursor, |chunk| *chunk = Chunk { text, width });
        if len < MIN_CHUNK {
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
            let len = self.tree.item(left).text.len() + self.tree.item(right).text.len();
            // Half a chunk of slack, so that joining and splitting do not take turns.
            if len <= MAX_CHUNK / 2 {
                let text = self.tree.remove(right);
                self.tree.update(left, |chunk| chunk.try_append(&text));
                return;
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn assert_invariants(&self) {
        self.tree.assert_invariants();
        let mut total = TextWidth::default();
        let mut n_empty = 0;
        for chunk in self.tree.iter() {
            n_empty += usize::from(chunk.text.is_empty());
            assert!(chunk.text.len() <= MAX_CHUNK);
            if !chunk.text.is_empty() {
                assert_eq!(chunk.width, TextWidth::of(&chunk.text));
                total += chunk.width;
            }
        }
        assert_eq!(n_empty, usize::from(self.open.cursor().is_some()));
        for piece in self.open.pieces() {
            assert_eq!(piece.width, TextWidth::of(piece.text));
        }
        assert!(self.open.width().bytes as usize <= MAX_CHUNK);
        assert_eq!(self.total, total + self.open.width());
        if let Some(cursor) = self.open.cursor() {
            let before = self.open.before;
            assert_eq!(
                self.tree.seek(before.chars, |w| w.chars),
                Some((cursor, before))
            );
        }
    }
}

impl fmt::Display for Rope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| f.write_str(piece))
    }
}
