//! Local operations: appended at a version of the author's choice, checked against its length.

use core::ops::Range;

use crdt_core::{AgentIdx, Frontier, LvRange};

use super::ingest::check_ops;
use super::{MAX_LEN, OpLog};
use crate::error::EditError;
use crate::{Direction, TextOp};

impl OpLog {
    /// Inserts text at the tip, before scalar `pos`.
    ///
    /// Returns the new events, one for each scalar.
    ///
    /// # Errors
    /// [`EditError`] if `pos` lies past the end, the text is empty or does not fit, or the agent
    /// is not known; nothing changed.
    ///
    /// # Complexity
    /// O(k) amortised, k = bytes of text, while only this replica adds events; after a merge, once
    /// that of merging what came in.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{EditError, OpLog};
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// log.add_insert(ada, 0, "ac")?;
    /// log.add_insert(ada, 1, "b")?;
    /// assert_eq!(log.text_at(log.version())?, "abc");
    /// assert_eq!(log.add_insert(ada, 4, "x"), Err(EditError::OutOfBounds { at: 4, len: 3 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_insert(
        &mut self,
        agent: AgentIdx,
        pos: usize,
        text: &str,
    ) -> Result<LvRange, EditError> {
        self.add_at_tip(agent, &TextOp::insert(pos, text))
    }

    /// Deletes the scalars in `range` at the tip.
    ///
    /// Returns the new events, one for each scalar.
    ///
    /// # Errors
    /// [`EditError`] if the range is empty, reversed or out of bounds, or the agent is not known;
    /// nothing changed.
    ///
    /// # Complexity
    /// As [`Self::add_insert`].
    pub fn add_delete_without_content(
        &mut self,
        agent: AgentIdx,
        range: Range<usize>,
    ) -> Result<LvRange, EditError> {
        check_range(&range)?;
        self.add_at_tip(agent, &TextOp::delete(range))
    }

    /// Deletes the scalars in `range` at the tip, and records what they were.
    ///
    /// The text is a note for those who read the history; no merge depends on it.
    ///
    /// # Errors
    /// As [`Self::add_delete_without_content`], or if `text` does not have the range's length.
    ///
    /// # Complexity
    /// As [`Self::add_insert`].
    pub fn add_delete_with_content(
        &mut self,
        agent: AgentIdx,
        range: Range<usize>,
        text: &str,
    ) -> Result<LvRange, EditError> {
        check_range(&range)?;
        let op = TextOp::Delete {
            pos: range.start,
            len: range.len(),
            direction: Direction::Forward,
            text: Some(text),
        };
        self.add_at_tip(agent, &op)
    }

    /// Inserts text before scalar `pos` of the document at version `parents`.
    ///
    /// # Errors
    /// As [`Self::add_insert`], or if the version is not known or not minimal.
    ///
    /// # Complexity
    /// O(k) amortised while the version is one of the last few that were added to; else once that
    /// of a merge between one of those and this one.
    pub fn add_insert_at(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        pos: usize,
        text: &str,
    ) -> Result<LvRange, EditError> {
        self.add_operations_at(agent, parents, &[TextOp::insert(pos, text)])
    }

    /// Deletes the scalars in `range` of the document at version `parents`.
    ///
    /// # Errors
    /// As [`Self::add_delete_without_content`], or if the version is not known or not minimal.
    ///
    /// # Complexity
    /// As [`Self::add_insert_at`].
    pub fn add_delete_at(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        range: Range<usize>,
    ) -> Result<LvRange, EditError> {
        check_range(&range)?;
        self.add_operations_at(agent, parents, &[TextOp::delete(range)])
    }

    /// Appends operations on top of version `parents`, each on what the one before left.
    ///
    /// Returns the new events.
    ///
    /// # Errors
    /// [`EditError`] if any of them does not fit the document it is made on, none is given, the
    /// agent or the version is not known, or the version is not minimal; nothing changed.
    ///
    /// # Complexity
    /// As [`Self::add_insert_at`], for all operations together.
    pub fn add_operations_at(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        ops: &[TextOp<'_>],
    ) -> Result<LvRange, EditError> {
        let n_events = check_ops(&self.ops, ops)?;
        self.check_version(parents)?;
        let len = self.known_length_at(parents);
        let len_after = check_bounds(len, ops)?;
        let lvs = self.append(agent, parents, ops, n_events)?;
        self.lengths
            .advance(parents, Frontier::from(lvs.last()), len_after);
        Ok(lvs)
    }

    /// Appends operations of a caller who knows the text at `parents`, and has checked that they
    /// fit it.
    #[inline]
    pub(crate) fn author(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        ops: &[TextOp<'_>],
    ) -> Result<LvRange, EditError> {
        let n_events = check_ops(&self.ops, ops)?;
        self.append(agent, parents, ops, n_events)
    }

    /// [`Self::author`] of a key of one byte, if it continues the last run; else `None`, and nothing
    /// happened.
    #[inline]
    pub(crate) fn type_key(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        pos: u32,
        key: u8,
    ) -> Option<LvRange> {
        if !self.ops.can_type(pos) || self.ops.text_bytes() >= MAX_LEN {
            return None;
        }
        let lvs = self.graph.add_local(agent, parents, 1).ok()?;
        self.ops.type_key(key);
        Some(lvs)
    }

    /// [`Self::author`] of a delete of one scalar; `None`, and nothing happened, if it is refused.
    #[inline]
    pub(crate) fn erase_key(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        pos: u32,
    ) -> Option<LvRange> {
        let lvs = self.graph.add_local(agent, parents, 1).ok()?;
        self.ops.push_delete(pos, 1, Direction::Forward);
        Some(lvs)
    }

    /// [`Self::author`] of one insert of text that is `len` scalars long.
    #[inline]
    pub(crate) fn author_insert(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        pos: u32,
        (text, len): (&str, u32),
    ) -> Result<LvRange, EditError> {
        let has_room =
            text.len() <= MAX_LEN - self.ops.text_bytes() && len as usize <= MAX_LEN - pos as usize;
        if !has_room {
            return Err(EditError::TooLong { limit: MAX_LEN });
        }
        if len == 0 {
            return Err(EditError::Empty);
        }
        let lvs = self.graph.add_local(agent, parents, len as usize)?;
        self.ops.push_insert(pos, text, len);
        Ok(lvs)
    }

    /// [`Self::author`] of one delete, of scalars that the document has.
    #[inline]
    pub(crate) fn author_delete(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        range: &Range<u32>,
    ) -> Result<LvRange, EditError> {
        let len = range.end - range.start;
        if len == 0 {
            return Err(EditError::Empty);
        }
        let lvs = self.graph.add_local(agent, parents, len as usize)?;
        self.ops.push_delete(range.start, len, Direction::Forward);
        Ok(lvs)
    }

    fn add_at_tip(&mut self, agent: AgentIdx, op: &TextOp<'_>) -> Result<LvRange, EditError> {
        let tip = self.version().clone();
        self.add_operations_at(agent, &tip, core::slice::from_ref(op))
    }

    #[inline]
    fn append(
        &mut self,
        agent: AgentIdx,
        parents: &Frontier,
        ops: &[TextOp<'_>],
        n_events: usize,
    ) -> Result<LvRange, EditError> {
        let lvs = self.graph.add_local(agent, parents, n_events)?;
        ops.iter().for_each(|op| self.ops.push(op));
        Ok(lvs)
    }
}

fn check_range(range: &Range<usize>) -> Result<(), EditError> {
    if range.start > range.end {
        return Err(EditError::ReversedRange {
            start: range.start,
            end: range.end,
        });
    }
    Ok(())
}

/// Checks operations against a document of `len` scalars; returns its length after them.
fn check_bounds(len: u32, ops: &[TextOp<'_>]) -> Result<u32, EditError> {
    let mut len = len as usize;
    for op in ops {
        match *op {
            TextOp::Insert { pos, .. } if pos > len => {
                return Err(EditError::OutOfBounds { at: pos, len });
            }
            TextOp::Insert { .. } => len += op.n_events(),
            TextOp::Delete { pos, len: n, .. } if pos + n > len => {
                return Err(EditError::OutOfBounds { at: pos + n, len });
            }
            TextOp::Delete { len: n, .. } => len -= n,
        }
    }
    // Text inserted is at most MAX_EVENTS scalars, which the graph checks.
    Ok(len as u32)
}
