//! Branches: the text at a version.
//!
//! # Invariants
//! - `rope` is the text of the op log at `version`.
//! - A branch belongs to one op log: local versions of another mean other events.

mod edit;
#[cfg(test)]
mod tests;
mod typing;

use core::fmt;
use core::ops::RangeBounds;

use crdt_core::{CausalOrdering, Frontier, GraphError, Lv, LvRange};

use crate::error::EditError;
use crate::op_log::TextRange;
use crate::patch::Recorder;
use crate::position::{self, Position};
use crate::rope::{Measure, Rope, TextWidth};
use crate::walker::{self, Lengths, Memory, Sink};
use crate::{OpLog, Patches};

/// The text at one version of an [`OpLog`], which can be moved to any other version and edited.
///
/// # Examples
/// ```
/// use crdt_text::{Branch, OpLog};
///
/// let mut log = OpLog::new();
/// let ada = log.get_or_create_agent_id("ada")?;
/// log.add_insert(ada, 0, "one")?;
/// let mut main = Branch::new_at_tip(&log);
/// let mut draft = main.clone();
///
/// main.insert(&mut log, ada, 3, " two")?;
/// draft.insert(&mut log, ada, 0, "zero ")?;
/// assert_eq!((main.to_string(), draft.to_string()), ("one two".into(), "zero one".into()));
///
/// main.merge(&log, draft.version())?;
/// assert_eq!(main.to_string(), "zero one two");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Branch {
    rope: Rope,
    version: Frontier,
    memory: Memory,
}

impl Branch {
    /// Makes a branch at the empty version.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rope: Rope::new(),
            version: Frontier::root(),
            memory: Memory::default(),
        }
    }

    /// Makes a branch at the version that contains everything.
    ///
    /// # Complexity
    /// That of a merge of the whole history.
    #[must_use]
    pub fn new_at_tip(oplog: &OpLog) -> Self {
        Self::at_known_version(oplog, oplog.version())
    }

    /// Makes a branch at any version.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known to the op log.
    ///
    /// # Complexity
    /// That of a merge of the version's history.
    pub fn new_at_local_version(oplog: &OpLog, version: &Frontier) -> Result<Self, GraphError> {
        oplog.check_version(version)?;
        let version = oplog.graph().find_dominators(version.as_slice());
        Ok(Self::at_known_version(oplog, &version))
    }

    /// Brings in everything that `version` contains.
    ///
    /// Returns what changed; [`Patches::shift`] keeps a caret in its place. If the branch contains
    /// `version` already, nothing does.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if a version names an event that is not known to the op log;
    /// the branch is unchanged.
    ///
    /// # Complexity
    /// O(k) for k runs that simply follow; in a zone of n concurrent runs O(n log n + m + c), m = runs
    /// advanced and retreated on the walk between its branches, c = for each insert the runs that
    /// others inserted at the same place meanwhile: two writers who each insert n times at one
    /// place make it n * n. A merge that goes on in the zone of the one before costs what is new in
    /// it and the way there.
    ///
    /// # Convergence
    /// Branches at equal versions have equal texts, however they got there.
    ///
    /// # References
    /// J. Gentle and M. Kleppmann, "Collaborative Text Editing with Eg-walker: Better, Faster,
    /// Smaller" (EuroSys 2025). The order of concurrent inserts is `FugueMax`: M. Weidner and
    /// M. Kleppmann, "The Art of the Fugue" (2023).
    pub fn merge<'a>(
        &mut self,
        oplog: &'a OpLog,
        version: &Frontier,
    ) -> Result<Patches<'a>, GraphError> {
        oplog.check_version(&self.version)?;
        oplog.check_version(version)?;
        let target = oplog.graph().union(&self.version, version);
        Ok(self.advance_to(oplog, target))
    }

    /// Brings in the events from `first` on; what is before must be all that the branch contains.
    pub(crate) fn catch_up<'a>(&mut self, oplog: &'a OpLog, first: Lv) -> Patches<'a> {
        let wanted = LvRange::new(first, oplog.all().end);
        if wanted.is_empty() {
            return Patches::none(oplog);
        }
        self.advance(oplog, oplog.version().clone(), vec![wanted])
    }

    /// Moves to any version, forward, back or across: what is shown changes, not the history.
    ///
    /// Returns what changed.
    ///
    /// # Errors
    /// As [`Self::merge`].
    ///
    /// # Complexity
    /// Forward as [`Self::merge`]; else that of a merge of everything since the last critical
    /// version that both versions contain, plus, if deleted text comes back, of a merge of all
    /// history before that.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Branch, Frontier, OpLog};
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// log.add_insert(ada, 0, "abc")?;
    /// let before = log.version().clone();
    /// log.add_delete_without_content(ada, 1..2)?;
    ///
    /// let mut branch = Branch::new_at_tip(&log);
    /// assert_eq!(branch.to_string(), "ac");
    /// branch.checkout(&log, &before)?;
    /// assert_eq!(branch.to_string(), "abc");
    /// branch.checkout(&log, &Frontier::root())?;
    /// assert_eq!(branch.to_string(), "");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn checkout<'a>(
        &mut self,
        oplog: &'a OpLog,
        version: &Frontier,
    ) -> Result<Patches<'a>, GraphError> {
        oplog.check_version(&self.version)?;
        oplog.check_version(version)?;
        let version = oplog.graph().find_dominators(version.as_slice());
        match oplog.graph().compare(&self.version, &version) {
            CausalOrdering::Equal | CausalOrdering::Before => Ok(self.advance_to(oplog, version)),
            CausalOrdering::After | CausalOrdering::Concurrent => {
                let comparison =
                    walker::compare(oplog, &self.version, &version, &mut self.memory.lengths);
                self.memory.forget_zone();
                let mut recorder = Recorder::of_text(oplog, &mut self.rope);
                recorder.record(comparison);
                self.version = version;
                Ok(Patches::measured(oplog, recorder.into_notes()))
            }
        }
    }

    /// The version that the text is at.
    #[must_use]
    pub fn version(&self) -> &Frontier {
        &self.version
    }

    /// The text.
    ///
    /// # Complexity
    /// O(n), n = bytes of text.
    #[must_use]
    pub fn content(&self) -> String {
        let mut text = String::with_capacity(self.len_bytes());
        self.pieces().for_each(|piece| text.push_str(piece));
        text
    }

    /// Walks the text in pieces, without a copy.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        self.rope.pieces()
    }

    /// A part of the text.
    ///
    /// # Errors
    /// [`EditError`] if the range is reversed, out of bounds, or cuts a scalar.
    ///
    /// # Complexity
    /// O(log n + k), k = bytes of the part.
    pub fn slice<P: Position>(&self, range: impl RangeBounds<P>) -> Result<String, EditError> {
        Ok(self
            .rope
            .slice_chars(position::to_char_range(&self.rope, &range)?))
    }

    /// Length of the text in Unicode scalars.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rope.len(Measure::Chars)
    }

    /// Length of the text in Unicode scalars.
    #[must_use]
    pub fn len_chars(&self) -> usize {
        self.len()
    }

    /// Length of the text in UTF-8 bytes.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.rope.len(Measure::Bytes)
    }

    /// Length of the text in UTF-16 code units.
    #[must_use]
    pub fn len_utf16(&self) -> usize {
        self.rope.len(Measure::Utf16)
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Translates a position from one unit to another.
    ///
    /// # Errors
    /// [`EditError`] if the position lies past the end or inside a scalar.
    ///
    /// # Complexity
    /// O(log n), n = bytes of text; the text is not scanned.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Bytes, Chars, TextDoc, Utf16};
    ///
    /// let mut doc = TextDoc::new();
    /// let me = doc.get_or_create_agent_id("me")?;
    /// doc.insert(me, 0, "\u{e9}\u{1F600}!")?;
    /// assert_eq!(doc.branch().convert::<Chars, Utf16>(Chars(2))?, Utf16(3));
    /// assert_eq!(doc.branch().convert::<Utf16, Bytes>(Utf16(3))?, Bytes(6));
    /// assert!(doc.branch().convert::<Utf16, Chars>(Utf16(2)).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn convert<P: Position, Q: Position>(&self, at: P) -> Result<Q, EditError> {
        position::convert(&self.rope, at)
    }

    /// A branch at a version that was checked before.
    pub(crate) fn at_known_version(oplog: &OpLog, version: &Frontier) -> Self {
        let mut branch = Self::new();
        let from = (&Frontier::root(), 0);
        // Nobody has a copy of the text yet, so nobody asks for patches.
        let mut text = Text {
            oplog,
            rope: &mut branch.rope,
        };
        walker::walk(oplog, from, version, &mut branch.memory, &mut text);
        branch.version = version.clone();
        branch
    }

    /// A branch at the root of a history that starts from a text.
    ///
    /// Edits of it never ask what the root's text is, but a merge would take it to be empty.
    pub(crate) fn at_root(text: &str) -> Self {
        let mut branch = Self::new();
        if !text.is_empty() {
            branch.rope.insert(0, text);
        }
        branch
    }

    pub(crate) fn rope(&self) -> &Rope {
        &self.rope
    }

    pub(crate) fn lengths(&self) -> &Lengths {
        &self.memory.lengths
    }

    pub(crate) fn into_rope(self) -> Rope {
        self.rope
    }

    fn advance_to<'a>(&mut self, oplog: &'a OpLog, target: Frontier) -> Patches<'a> {
        let difference = oplog.graph().diff(&self.version, &target);
        debug_assert!(difference.only_a.is_empty(), "merges go forward");
        self.advance(oplog, target, difference.only_b)
    }

    /// Brings in the events between the branch's version and `target`.
    fn advance<'a>(
        &mut self,
        oplog: &'a OpLog,
        target: Frontier,
        wanted: Vec<LvRange>,
    ) -> Patches<'a> {
        let len = self.rope.len_chars();
        let mut recorder = Recorder::of_text(oplog, &mut self.rope);
        let (from, to) = ((&self.version, len), (&target, wanted));
        walker::walk_events(oplog, from, to, &mut self.memory, &mut recorder);
        let notes = recorder.into_notes();
        self.version = target;
        Patches::measured(oplog, notes)
    }
}

/// Applies operations to a rope, and that is all.
struct Text<'a, 'r> {
    oplog: &'a OpLog,
    rope: &'r mut Rope,
}

impl Sink for Text<'_, '_> {
    #[inline]
    fn insert(&mut self, pos: u32, text: TextRange, len: u32) {
        let text = self.oplog.ops().text(text);
        self.rope
            .insert_measured(pos, text, TextWidth::of_scalars(text, len));
    }

    #[inline]
    fn delete(&mut self, pos: u32, len: u32) {
        self.rope.delete(pos, len);
    }
}

impl Default for Branch {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rope.fmt(f)
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch")
            .field("version", &self.version)
            .field("len_chars", &self.len())
            .finish_non_exhaustive()
    }
}
