//! The open chunk: where the last edit was, and the next one most likely is.
//!
//! Its text is taken out of the tree and parted at the place of the last edit, so that an edit
//! there moves no text and settles no sums.
//!
//! # Invariants
//! - The text is `left`, then `right` from byte `right_from` on; `left_width` and `right_width` are
//!   their widths.
//! - If no chunk is open, all of these are empty.

use super::chunk::{Piece, TextWidth, push_text};
use crate::tree::Cursor;

#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// The chunk that is open.
    at: Option<Cursor>,
    /// The widths of everything before it.
    pub(super) before: TextWidth,
    left: String,
    left_width: TextWidth,
    right: String,
    right_from: usize,
    right_width: TextWidth,
}

impl Open {
    pub(super) fn cursor(&self) -> Option<Cursor> {
        self.at
    }

    #[inline]
    pub(super) fn width(&self) -> TextWidth {
        self.left_width + self.right_width
    }

    /// The two parts of the text.
    pub(super) fn pieces(&self) -> [Piece<'_>; 2] {
        [
            Piece {
                text: &self.left,
                width: self.left_width,
            },
            Piece {
                text: self.right(),
                width: self.right_width,
            },
        ]
    }

    /// Opens a chunk, which has this text.
    pub(super) fn open(&mut self, at: Cursor, before: TextWidth, text: String, width: TextWidth) {
        debug_assert!(self.at.is_none(), "one chunk at a time");
        self.at = Some(at);
        self.before = before;
        self.left = text;
        self.left_width = width;
    }

    /// Closes the chunk; returns which it was, and its text.
    pub(super) fn close(&mut self) -> Option<(Cursor, String, TextWidth)> {
        let at = self.at.take()?;
        let width = self.width();
        let mut text = core::mem::take(&mut self.left);
        text.push_str(self.right());
        self.right.clear();
        self.right_from = 0;
        self.before = TextWidth::default();
        self.left_width = TextWidth::default();
        self.right_width = TextWidth::default();
        Some((at, text, width))
    }

    /// Whether scalar `at` of the rope, or the place for it, is next to text of the chunk.
    #[inline]
    pub(super) fn reaches(&self, at: u32) -> bool {
        // With nothing open all is zero, and nothing is reached.
        let width = self.width().chars;
        width > 0 && at.wrapping_sub(self.before.chars) <= width
    }

    /// Whether the chunk has all of these scalars of the rope.
    #[inline]
    pub(super) fn holds(&self, at: u32, len: u32) -> bool {
        at >= self.before.chars && at - self.before.chars + len <= self.width().chars
    }

    /// The width of the rope's text up to the seam, which is where the last edit was; 0 with nothing open.
    #[inline]
    pub(super) fn seam(&self) -> TextWidth {
        self.before + self.left_width
    }

    /// Whether the left part has text, and ends before scalar `at` of the rope.
    #[inline]
    pub(super) fn ends_left_at(&self, at: usize) -> bool {
        let left = self.left_width.chars;
        left > 0 && at == (self.before.chars + left) as usize
    }

    /// Inserts one byte between the two parts.
    #[inline]
    pub(super) fn type_key(&mut self, key: u8) {
        self.left.push(char::from(key));
        self.left_width += TextWidth::ascii(1);
    }

    /// Whether scalar `at` of the rope is the last of the left part or the first of the right one,
    /// and that part is ASCII.
    #[inline]
    pub(super) fn can_erase(&self, at: u32) -> bool {
        let seam = self.before.chars + self.left_width.chars;
        if at < seam {
            at + 1 == seam && self.left_width.chars > 0 && self.left_width.is_ascii()
        } else {
            at == seam && self.right_width.chars > 0 && self.right_width.is_ascii()
        }
    }

    /// Deletes a scalar that [`Self::can_erase`].
    #[inline]
    pub(super) fn erase_key(&mut self, at: u32) {
        if at < self.before.chars + self.left_width.chars {
            self.left.pop();
            self.left_width = self.left_width - TextWidth::ascii(1);
        } else {
            self.right_from += 1;
            self.right_width = self.right_width - TextWidth::ascii(1);
        }
    }

    /// Inserts before scalar `at` of the rope.
    #[inline]
    pub(super) fn insert(&mut self, at: u32, text: &str, width: TextWidth) {
        let at = at - self.before.chars;
        if at != self.left_width.chars {
            self.part_at(at);
        }
        push_text(&mut self.left, text);
        self.left_width += width;
    }

    /// Deletes scalars of the rope, all of which are in the chunk; returns how wide they were.
    #[inline]
    pub(super) fn delete(&mut self, at: u32, len: u32) -> TextWidth {
        let at = at - self.before.chars;
        let left = self.left_width.chars;
        if at + len < left {
            self.part_at(at + len);
        } else if at > left {
            self.part_at(at);
        }
        let n_left = self.left_width.chars - at.min(self.left_width.chars);
        self.delete_left(n_left) + self.delete_right(len - n_left)
    }

    /// Deletes the last scalars of the left part.
    #[inline]
    fn delete_left(&mut self, len: u32) -> TextWidth {
        let [left, _] = self.pieces();
        let byte = left.byte_of_char(self.left_width.chars - len);
        let gone = left.width_from(byte);
        self.left.truncate(byte);
        self.left_width = self.left_width - gone;
        gone
    }

    /// Deletes the first scalars of the right part.
    #[inline]
    fn delete_right(&mut self, len: u32) -> TextWidth {
        let [_, right] = self.pieces();
        let byte = right.byte_of_char(len);
        let gone = right.width_to(byte);
        self.right_from += byte;
        self.right_width = self.right_width - gone;
        gone
    }

    /// Moves the seam before scalar `at` of the chunk.
    fn part_at(&mut self, at: u32) {
        let [left, right] = self.pieces();
        if at <= left.width.chars {
            let byte = left.byte_of_char(at);
            let moved = left.width_from(byte);
            self.right.drain(..self.right_from);
            self.right_from = 0;
            self.right.insert_str(0, &self.left[byte..]);
            self.left.truncate(byte);
            self.left_width = self.left_width - moved;
            self.right_width += moved;
        } else {
            let byte = right.byte_of_char(at - left.width.chars);
            let moved = right.width_to(byte);
            self.left
                .push_str(&self.right[self.right_from..self.right_from + byte]);
            self.right_from += byte;
            self.left_width += moved;
            self.right_width = self.right_width - moved;
        }
    }

    #[inline]
    fn right(&self) -> &str {
        &self.right[self.right_from..]
    }
}
