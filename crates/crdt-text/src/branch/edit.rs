//! Edits made on a branch: written to the op log on top of the branch's version, wherever the op
//! log's own tip may be.

use core::ops::{Range, RangeBounds};

use crdt_core::{AgentIdx, Frontier, LvRange};

use super::Branch;
use crate::error::EditError;
use crate::patch::{Notes, Recorder};
use crate::position::{self, Position};
use crate::rope::{Measure, TextWidth};
use crate::{OpLog, TextOp};

impl Branch {
    /// Inserts text before a position, in any unit.
    ///
    /// Returns the new events, one for each scalar.
    ///
    /// # Errors
    /// [`EditError`] if the position is out of bounds or inside a scalar, the text is empty, or the
    /// op log refuses the operation; nothing changed.
    ///
    /// # Complexity
    /// O(log n + k), k = bytes inserted; O(1) amortised for single keys next to each other.
    #[inline]
    pub fn insert<P: Position>(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        at: P,
        text: &str,
    ) -> Result<LvRange, EditError> {
        if P::MEASURE == Measure::Chars
            && let Some(lvs) = self.type_key(oplog, agent, at.get(), text)
        {
            return Ok(lvs);
        }
        self.insert_anywhere(oplog, agent, at, text)
    }

    fn insert_anywhere<P: Position>(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        at: P,
        text: &str,
    ) -> Result<LvRange, EditError> {
        oplog.check_version(&self.version)?;
        let pos = position::to_chars(&self.rope, at)?;
        let width = TextWidth::of(text);
        let lvs = oplog.author_insert(agent, &self.version, pos, (text, width.chars))?;
        self.rope.insert_measured(pos, text, width);
        self.version = Frontier::from(lvs.last());
        Ok(lvs)
    }

    /// Deletes a range, in any unit.
    ///
    /// Returns the new events, one for each scalar.
    ///
    /// # Errors
    /// [`EditError`] if the range is empty, reversed, out of bounds or cuts a scalar, or the op log
    /// refuses the operation; nothing changed.
    ///
    /// # Complexity
    /// O(log n + k), k = bytes deleted; O(1) for single keys next to each other.
    #[inline]
    pub fn delete<P: Position>(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
    ) -> Result<LvRange, EditError> {
        let range = position::to_char_range(&self.rope, &range)?;
        if range.end - range.start == 1
            && let Some(lvs) = self.erase_key(oplog, agent, range.start)
        {
            return Ok(lvs);
        }
        self.delete_anywhere(oplog, agent, &range)
    }

    fn delete_anywhere(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        range: &Range<u32>,
    ) -> Result<LvRange, EditError> {
        oplog.check_version(&self.version)?;
        let lvs = oplog.author_delete(agent, &self.version, range)?;
        self.rope.delete(range.start, range.end - range.start);
        self.version = Frontier::from(lvs.last());
        Ok(lvs)
    }

    /// Puts text in place of a range, in any unit. Either may be empty, but not both.
    ///
    /// Returns the new events: the deletes, then the inserts.
    ///
    /// # Errors
    /// As [`Self::insert`] and [`Self::delete`]; nothing changed.
    ///
    /// # Complexity
    /// O(log n + k), k = bytes deleted and inserted.
    pub fn replace<P: Position>(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
        text: &str,
    ) -> Result<LvRange, EditError> {
        oplog.check_version(&self.version)?;
        let range = position::to_char_range(&self.rope, &range)?;
        let delete = TextOp::delete(crate::op_log::wide(&range));
        let insert = TextOp::insert(range.start as usize, text);
        let ops: &[TextOp<'_>] = match (range.is_empty(), text.is_empty()) {
            (true, _) => &[insert],
            (false, true) => &[delete],
            (false, false) => &[delete, insert],
        };
        self.author(oplog, agent, ops)
    }

    /// Appends operations, each on what the one before left, all of which must lie within the text.
    pub(crate) fn author(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        ops: &[TextOp<'_>],
    ) -> Result<LvRange, EditError> {
        oplog.check_version(&self.version)?;
        let lvs = oplog.author(agent, &self.version, ops)?;
        for op in ops {
            match *op {
                TextOp::Insert { pos, text } => self.rope.insert(pos as u32, text),
                TextOp::Delete { pos, len, .. } => self.rope.delete(pos as u32, len as u32),
            }
        }
        self.version = Frontier::from(lvs.last());
        Ok(lvs)
    }

    /// As [`Self::author`]; returns what changed.
    pub(crate) fn author_with_notes(
        &mut self,
        oplog: &mut OpLog,
        agent: AgentIdx,
        ops: &[TextOp<'_>],
    ) -> Result<Notes, EditError> {
        oplog.check_version(&self.version)?;
        let lvs = oplog.author(agent, &self.version, ops)?;
        let mut recorder = Recorder::of_text(oplog, &mut self.rope);
        recorder.follow(ops);
        let notes = recorder.into_notes();
        self.version = Frontier::from(lvs.last());
        Ok(notes)
    }
}
