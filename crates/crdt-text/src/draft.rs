//! Drafts: local edits of a saved text whose history was not read yet.
//!
//! # Invariants
//! - `edits` is a chain: each event has the one before as its only parent. Its root stands for the
//!   saved version.
//! - `branch` shows the saved text with all of `edits`.

use core::fmt;
use core::ops::RangeBounds;

use crdt_core::{AgentIdError, AgentIdx};

use crate::error::{EditError, UpdateError};
use crate::position::Position;
use crate::{Branch, OpLog, SavedDoc, TextDoc};

/// A saved document that is edited before its history is read: what an editor opens.
///
/// It knows its text and its own edits, and nothing of other replicas. To save, send or merge, the
/// history is needed: [`Self::to_doc`] reads it and puts the edits on top.
///
/// # Examples
/// ```
/// use crdt_text::{DecodeLimits, SavedDoc, TextDoc};
///
/// let mut doc = TextDoc::new();
/// let alice = doc.get_or_create_agent_id("alice")?;
/// doc.insert(alice, 0, "Hello")?;
/// let file = doc.save();
///
/// let mut draft = SavedDoc::open(&file, &DecodeLimits::default())?.edit();
/// let later = draft.get_or_create_agent_id("alice, a day later")?;
/// draft.insert(later, 5, "!")?;
/// assert_eq!(draft.content(), "Hello!");
///
/// let edited = draft.to_doc()?;
/// doc.apply_update(&edited.encode_missing(&doc.summary()))?;
/// assert_eq!(doc.content(), "Hello!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Draft<'a> {
    saved: SavedDoc<'a>,
    edits: OpLog,
    branch: Branch,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(saved: SavedDoc<'a>) -> Self {
        Self {
            branch: Branch::at_root(saved.text()),
            edits: OpLog::new(),
            saved,
        }
    }

    /// Interns an agent by name (or [`AgentId`](crate::AgentId)), see
    /// [`OpLog::get_or_create_agent_id`]. The index is good for this draft only.
    ///
    /// # Errors
    /// [`AgentIdError`] if the name is empty or longer than 64 bytes.
    ///
    /// # Complexity
    /// O(log a), a = agents of the draft.
    pub fn get_or_create_agent_id(
        &mut self,
        name: impl AsRef<str>,
    ) -> Result<AgentIdx, AgentIdError> {
        self.edits.get_or_create_agent_id(name)
    }

    /// Inserts text before a position, in any unit.
    ///
    /// # Errors
    /// As [`TextDoc::insert`]; nothing changed.
    ///
    /// # Complexity
    /// As [`TextDoc::insert`].
    pub fn insert<P: Position>(
        &mut self,
        agent: AgentIdx,
        at: P,
        text: &str,
    ) -> Result<(), EditError> {
        let edit = self.branch.insert(&mut self.edits, agent, at, text);
        edit.map(drop)
    }

    /// Deletes a range, in any unit.
    ///
    /// # Errors
    /// As [`TextDoc::delete`]; nothing changed.
    ///
    /// # Complexity
    /// As [`TextDoc::delete`].
    pub fn delete<P: Position>(
        &mut self,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
    ) -> Result<(), EditError> {
        let edit = self.branch.delete(&mut self.edits, agent, range);
        edit.map(drop)
    }

    /// Puts text in place of a range, in any unit.
    ///
    /// # Errors
    /// As [`TextDoc::replace`]; nothing changed.
    ///
    /// # Complexity
    /// As [`TextDoc::replace`].
    pub fn replace<P: Position>(
        &mut self,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
        text: &str,
    ) -> Result<(), EditError> {
        let edit = self.branch.replace(&mut self.edits, agent, range, text);
        edit.map(drop)
    }

    /// The text.
    ///
    /// # Complexity
    /// O(n), n = bytes of text.
    #[must_use]
    pub fn content(&self) -> String {
        self.branch.content()
    }

    /// A part of the text.
    ///
    /// # Errors
    /// As [`Branch::slice`].
    ///
    /// # Complexity
    /// As [`Branch::slice`].
    pub fn slice<P: Position>(&self, range: impl RangeBounds<P>) -> Result<String, EditError> {
        self.branch.slice(range)
    }

    /// Translates a position from one unit to another.
    ///
    /// # Errors
    /// As [`Branch::convert`].
    ///
    /// # Complexity
    /// As [`Branch::convert`].
    pub fn convert<P: Position, Q: Position>(&self, at: P) -> Result<Q, EditError> {
        self.branch.convert(at)
    }

    /// Length of the text in Unicode scalars.
    #[must_use]
    pub fn len_chars(&self) -> usize {
        self.branch.len()
    }

    /// Whether nothing was edited.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.edits.is_empty()
    }

    /// Reads the history, and puts the edits on top of it.
    ///
    /// The edits get their ids here, the next ones of their agents. So a draft becomes a document
    /// once: the edits of two would be different events with the same ids, a conflict wherever they
    /// meet.
    ///
    /// # Errors
    /// As [`SavedDoc::into_doc`]; or [`UpdateError::Malformed`] if the history has no room for the
    /// edits. The draft is still there, with its text.
    ///
    /// # Complexity
    /// That of decoding and merging the whole history.
    pub fn to_doc(&self) -> Result<TextDoc, UpdateError> {
        let (mut oplog, mut branch) = self.saved.read()?.into_parts();
        let first = oplog.all().end;
        let mut tip = branch.version().clone();
        for run in self.edits.iter_history() {
            let agent = oplog.intern(run.agent);
            let lvs = oplog.author(agent, &tip, &run.ops);
            tip = lvs.map_err(UpdateError::Malformed)?.last().into();
        }
        branch.catch_up(&oplog, first);
        Ok(TextDoc::from_tip(oplog, branch))
    }
}

impl fmt::Display for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.branch.fmt(f)
    }
}

impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("edits", &self.edits)
            .field("len_chars", &self.len_chars())
            .finish_non_exhaustive()
    }
}
