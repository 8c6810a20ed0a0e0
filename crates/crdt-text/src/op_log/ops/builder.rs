//! Columns of operations whose text is there as a whole, beforehand: what reading a file makes.

use crdt_core::LvRange;
use str_indices::chars;

use super::OpRuns;
use crate::Direction;

/// Columns in the making. Inserts take their share of the text, one after the other.
pub(crate) struct OpsBuilder {
    ops: OpRuns,
    /// Where the text of the next insert starts, in bytes.
    at: usize,
    /// How far the text from `at` on is known to be ASCII, whose scalars need not be counted.
    ascii_end: usize,
}

impl OpsBuilder {
    pub(crate) fn new(inserted: String) -> Self {
        let mut builder = Self {
            ops: OpRuns {
                inserted,
                ..OpRuns::default()
            },
            at: 0,
            ascii_end: 0,
        };
        builder.find_ascii_end();
        builder
    }

    /// Makes room for so many runs.
    pub(crate) fn reserve(&mut self, n_runs: usize) {
        self.ops.starts.reserve_exact(n_runs);
        self.ops.kinds.reserve_exact(n_runs);
        self.ops.positions.reserve_exact(n_runs);
        self.ops.text_starts.reserve_exact(n_runs);
    }

    /// How many events there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ops.end.index()
    }

    /// Appends the first text of a history, as [`OpRuns::push_floor`]; `None` if there is not as much.
    pub(crate) fn push_floor(&mut self, n_chars: u32) -> Option<()> {
        if n_chars == 0 {
            self.push_delete(0, 1, Direction::Forward, None);
            return Some(());
        }
        self.push_insert(0, n_chars)
    }

    /// Appends an insert of the next `len` scalars; `None` if there are not as many.
    #[inline]
    pub(crate) fn push_insert(&mut self, pos: u32, len: u32) -> Option<()> {
        let end = self.at + len as usize;
        let end = if end <= self.ascii_end {
            end
        } else {
            self.count(len as usize)?
        };
        self.ops.push_insert_of(pos, len, self.at as u32);
        self.at = end;
        Some(())
    }

    /// Appends a delete, of which `lowest` is the lowest position, with its text if that is known.
    #[inline]
    pub(crate) fn push_delete(
        &mut self,
        lowest: u32,
        len: u32,
        direction: Direction,
        text: Option<&str>,
    ) {
        if let Some(text) = text {
            let lvs = LvRange::new(self.ops.end, self.ops.end.plus(len));
            self.ops.deleted.push(lvs, text);
        }
        let first = match direction {
            Direction::Forward => lowest,
            Direction::Backward => lowest + len - 1,
        };
        self.ops
            .push_delete_at(first, len, direction, self.at as u32);
    }

    /// The columns; `None` if text is left over.
    pub(crate) fn finish(self) -> Option<OpRuns> {
        (self.at == self.ops.inserted.len()).then_some(self.ops)
    }

    /// Where the next `len` scalars end, which go beyond the known ASCII.
    fn count(&mut self, len: usize) -> Option<usize> {
        let rest = &self.ops.inserted[self.at..];
        let n_bytes = chars::to_byte_idx(rest, len);
        if n_bytes == rest.len() && chars::count(rest) < len {
            return None;
        }
        let end = self.at + n_bytes;
        (self.at, self.ascii_end) = (end, end);
        self.find_ascii_end();
        self.at = end - n_bytes;
        Some(end)
    }

    fn find_ascii_end(&mut self) {
        let rest = &self.ops.inserted.as_bytes()[self.at..];
        // By blocks, each looked at as a whole: nearly all text is nothing but ASCII.
        let n_plain: usize = rest
            .chunks(BLOCK)
            .take_while(|b| b.is_ascii())
            .map(<[u8]>::len)
            .sum();
        let n_more = rest[n_plain..]
            .iter()
            .take_while(|byte| byte.is_ascii())
            .count();
        self.ascii_end = self.at + n_plain + n_more;
    }
}

const BLOCK: usize = 1 << 10;
