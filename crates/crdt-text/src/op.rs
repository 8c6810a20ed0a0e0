//! Operations: what an event does to the text, in the coordinates of the version it was made at.

use core::ops::Range;

/// Which way a run of deletes went.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(
    clippy::exhaustive_enums,
    reason = "a caret moves one way or the other"
)]
pub enum Direction {
    /// Each event deletes at the same position: the delete key, or a selection.
    #[default]
    Forward,
    /// Each event deletes just before the last: the backspace key.
    Backward,
}

/// An operation on text, by one agent, each event in the document that the event before it left.
///
/// Inserting k scalars is k events; so is deleting k. Positions and lengths count Unicode scalars.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[expect(clippy::exhaustive_enums, reason = "text only ever comes or goes")]
pub enum TextOp<'a> {
    /// Insert text.
    Insert {
        /// Position of the first scalar.
        pos: usize,
        /// The text; not empty.
        text: &'a str,
    },
    /// Delete consecutive scalars.
    Delete {
        /// Position of the first of them in the document.
        pos: usize,
        /// How many; not zero.
        len: usize,
        /// The order in which they went.
        direction: Direction,
        /// The deleted scalars in the order in which they went, if they were recorded.
        text: Option<&'a str>,
    },
}

impl<'a> TextOp<'a> {
    /// Inserts `text` before scalar `pos`.
    #[must_use]
    pub const fn insert(pos: usize, text: &'a str) -> Self {
        Self::Insert { pos, text }
    }

    /// Deletes the scalars in `range`, the first one first.
    ///
    /// A reversed range deletes nothing, which an op log refuses.
    #[must_use]
    pub const fn delete(range: Range<usize>) -> Self {
        let len = range.end.saturating_sub(range.start);
        Self::Delete {
            pos: range.start,
            len,
            direction: Direction::Forward,
            text: None,
        }
    }

    /// Deletes the scalars in `range`, the last one first, as the backspace key does.
    #[must_use]
    pub const fn backspace(range: Range<usize>) -> Self {
        let len = range.end.saturating_sub(range.start);
        Self::Delete {
            pos: range.start,
            len,
            direction: Direction::Backward,
            text: None,
        }
    }

    /// How many events this is.
    ///
    /// # Complexity
    /// O(length of the inserted text).
    #[must_use]
    pub fn n_events(&self) -> usize {
        match *self {
            Self::Insert { text, .. } => str_indices::chars::count(text),
            Self::Delete { len, .. } => len,
        }
    }
}
