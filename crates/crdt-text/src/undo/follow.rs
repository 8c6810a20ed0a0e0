//! What others did to a document, as a script.

use crdt_core::{Frontier, IngestError, RemoteFrontier};

use super::UndoError;
use super::fold::Fold;
use super::script::Script;
use crate::TextDoc;
use crate::op_log::{Recognition, TextRange};
use crate::walker::{self, Memory, Sink};

/// A version of a document, for who comes back to ask what happened since.
///
/// # Invariants
/// - `len` is the length of the text at `heads`, once a document was seen.
/// - `known` is that version in the op log that was followed last, and `memory` is of that op log.
#[derive(Clone, Default)]
pub(super) struct Follower {
    heads: RemoteFrontier,
    len: u32,
    known: Option<(Recognition, Frontier)>,
    memory: Memory,
}

impl Follower {
    /// One that has not seen its document yet.
    pub(super) fn new(heads: RemoteFrontier, len: u32) -> Self {
        Self {
            heads,
            len,
            ..Self::default()
        }
    }

    pub(super) fn heads(&self) -> &RemoteFrontier {
        &self.heads
    }

    /// Length of the text in scalars.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// Goes on to the document's version; returns what happened on the way.
    pub(super) fn follow(&mut self, doc: &TextDoc) -> Result<Script<u32>, UndoError> {
        let from = self.find(doc)?;
        if from == *doc.version() {
            return Ok(Script::default());
        }
        let oplog = doc.oplog();
        let wanted = oplog.graph().diff(&from, doc.version()).only_b;
        let mut edits = Edits::new();
        let to = (doc.version(), wanted);
        let len = walker::walk_events(oplog, (&from, self.len), to, &mut self.memory, &mut edits);
        debug_assert_eq!(len, doc.branch().rope().len_chars());
        self.reach(doc);
        Ok(edits.finish())
    }

    /// Starts at the document's version.
    pub(super) fn start(&mut self, doc: &TextDoc) {
        self.memory = Memory::from(doc.branch().lengths().clone());
        self.reach(doc);
    }

    /// Goes on to the version of the same document that was just edited.
    pub(super) fn reach(&mut self, doc: &TextDoc) {
        self.heads = doc.remote_version();
        self.len = doc.branch().rope().len_chars();
        self.known = Some((doc.oplog().recognition(), doc.version().clone()));
    }

    /// The version in the document's op log.
    fn find(&mut self, doc: &TextDoc) -> Result<Frontier, UndoError> {
        let oplog = doc.oplog();
        if let Some((followed, known)) = &self.known
            && followed.is_of(oplog)
        {
            return Ok(known.clone());
        }
        let found = oplog.to_local(&self.heads).map_err(|error| match error {
            IngestError::BelowFloor { floor } => UndoError::BelowFloor { floor },
            IngestError::MissingDependency(dot) => UndoError::MissingDependency(dot),
            IngestError::Conflict(_) | IngestError::Malformed(_) => UndoError::OtherDocument,
        })?;
        let mut memory = Memory::from(doc.branch().lengths().clone());
        if walker::length_at(oplog, &found, &mut memory.lengths) != self.len {
            return Err(UndoError::OtherDocument);
        }
        self.memory = memory;
        self.known = Some((oplog.recognition(), found.clone()));
        Ok(found)
    }
}

/// Notes where text came and went, and not what it was.
struct Edits {
    before: Fold<u32>,
    /// Edits from left to right, which make one script as they come.
    run: Script<u32>,
    /// Where the last of these ends.
    end: u32,
}

impl Edits {
    fn new() -> Self {
        Self {
            before: Fold::forward(),
            run: Script::default(),
            end: 0,
        }
    }

    fn note(&mut self, pos: u32, n_deleted: u32, n_inserted: u32) {
        if pos < self.end {
            self.before.push(core::mem::take(&mut self.run));
            self.end = 0;
        }
        self.run.keep(pos - self.end);
        self.run.insert(n_inserted);
        self.run.delete(n_deleted);
        self.end = pos + n_inserted;
    }

    fn finish(mut self) -> Script<u32> {
        self.before.push(self.run);
        self.before.take()
    }
}

impl Sink for Edits {
    fn insert(&mut self, pos: u32, _: TextRange, len: u32) {
        self.note(pos, 0, len);
    }

    fn delete(&mut self, pos: u32, len: u32) {
        self.note(pos, len, 0);
    }
}

impl core::fmt::Debug for Follower {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Follower")
            .field("heads", &self.heads)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
