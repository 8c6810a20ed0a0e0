//! A document: an op log and its text in one, for those who do not care about branches.

use core::fmt;
use core::ops::RangeBounds;

use crdt_core::{
    AgentIdError, AgentIdx, DotContext, Frontier, GraphError, LvRange, RemoteFrontier,
};

use crate::container::ContainerWriter;
use crate::error::{EditError, UpdateError};
use crate::patch::Notes;
use crate::position::Position;
use crate::saved;
use crate::{Branch, OpLog, Patches, RemoteRun, TextOp, Update};

/// A text that can be edited, saved, and merged with its other replicas.
///
/// # Examples
/// ```
/// use crdt_text::TextDoc;
///
/// let mut a = TextDoc::new();
/// let alice = a.get_or_create_agent_id("alice")?;
/// a.insert(alice, 0, "Hello world")?;
///
/// let mut b = TextDoc::decode(&a.encode_full())?;
/// let bob = b.get_or_create_agent_id("bob")?;
///
/// a.replace(alice, 0..5, "Goodbye")?;
/// b.insert(bob, 11, "!")?;
///
/// a.apply_update(&b.encode_missing(&a.summary()))?;
/// b.apply_update(&a.encode_missing(&b.summary()))?;
/// assert_eq!(a.to_string(), "Goodbye world!");
/// assert_eq!(a.to_string(), b.to_string());
/// assert!(a == b && a != TextDoc::new());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Invariants
/// The text is that of the op log's tip.
#[derive(Clone, Default)]
pub struct TextDoc {
    oplog: OpLog,
    branch: Branch,
}

/// Documents of the same events are equal: their texts are then, too.
impl PartialEq for TextDoc {
    fn eq(&self, other: &Self) -> bool {
        self.oplog == other.oplog
    }
}

impl Eq for TextDoc {}

impl TextDoc {
    /// Makes an empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a document from what [`Self::encode_full`] wrote.
    ///
    /// # Errors
    /// As [`OpLog::decode`].
    ///
    /// # Complexity
    /// That of decoding and merging the whole history.
    pub fn decode(bytes: &[u8]) -> Result<Self, UpdateError> {
        Ok(Self::from(OpLog::decode(bytes)?))
    }

    /// A document of an op log and a branch at its tip.
    pub(crate) fn from_tip(oplog: OpLog, branch: Branch) -> Self {
        debug_assert!(branch.version() == oplog.version());
        Self { oplog, branch }
    }

    /// Encodes the whole history, and the text that it leads to: see
    /// [`SavedDoc`](crate::SavedDoc).
    ///
    /// # Complexity
    /// As [`OpLog::encode_full`].
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let mut file = ContainerWriter::default();
        self.oplog.update_of_all().put_sections(&mut file);
        saved::put_tip(self, &mut file);
        file.finish()
    }

    /// Drops the text of what is deleted, see [`OpLog::drop_deleted_text`].
    ///
    /// # Complexity
    /// As [`OpLog::drop_deleted_text`].
    pub fn drop_deleted_text(&mut self) -> usize {
        self.oplog.drop_deleted_text()
    }

    /// A copy that starts from `version`, with the text there in place of what lies before, see
    /// [`OpLog::shallow_at`].
    ///
    /// # Errors
    /// As [`OpLog::shallow_at`].
    ///
    /// # Complexity
    /// As [`OpLog::shallow_at`], and a merge of what comes after the version.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::TextDoc;
    ///
    /// let mut doc = TextDoc::new();
    /// let ada = doc.get_or_create_agent_id("ada")?;
    /// doc.insert(ada, 0, "a secret")?;
    /// doc.delete(ada, 1..8)?;
    /// let shallow = doc.shallow_at(doc.version())?;
    ///
    /// let mut opened = TextDoc::decode(&shallow.encode_full())?;
    /// let eve = opened.get_or_create_agent_id("eve")?;
    /// opened.insert(eve, 1, "!")?;
    /// doc.apply_update(&opened.encode_missing(&doc.summary()))?;
    /// assert_eq!(doc.content(), "a!");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn shallow_at(&self, version: &Frontier) -> Result<Self, GraphError> {
        Ok(Self::from(self.oplog.shallow_at(version)?))
    }

    /// Interns an agent by name (or [`AgentId`](crate::AgentId)), see
    /// [`OpLog::get_or_create_agent_id`].
    ///
    /// # Errors
    /// [`AgentIdError`] if the name is empty or longer than 64 bytes.
    ///
    /// # Complexity
    /// O(log a), a = agents.
    pub fn get_or_create_agent_id(
        &mut self,
        name: impl AsRef<str>,
    ) -> Result<AgentIdx, AgentIdError> {
        self.oplog.get_or_create_agent_id(name)
    }

    /// Inserts text before a position, in any unit.
    ///
    /// Returns the new events, one for each scalar.
    ///
    /// # Errors
    /// [`EditError`] if the position is out of bounds or inside a scalar, or the text is empty;
    /// nothing changed.
    ///
    /// # Complexity
    /// O(log n + k), k = bytes inserted; O(1) amortised for single keys next to each other.
    #[inline]
    pub fn insert<P: Position>(
        &mut self,
        agent: AgentIdx,
        at: P,
        text: &str,
    ) -> Result<LvRange, EditError> {
        self.branch.insert(&mut self.oplog, agent, at, text)
    }

    /// Deletes a range, in any unit; a range without bounds must name one: `delete::<usize>(me, ..)`.
    ///
    /// Returns the new events, one for each scalar.
    ///
    /// # Errors
    /// [`EditError`] if the range is empty, reversed, out of bounds or cuts a scalar; nothing
    /// changed.
    ///
    /// # Complexity
    /// O(log n + k), k = bytes deleted; O(1) for single keys next to each other.
    #[inline]
    pub fn delete<P: Position>(
        &mut self,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
    ) -> Result<LvRange, EditError> {
        self.branch.delete(&mut self.oplog, agent, range)
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
        agent: AgentIdx,
        range: impl RangeBounds<P>,
        text: &str,
    ) -> Result<LvRange, EditError> {
        self.branch.replace(&mut self.oplog, agent, range, text)
    }

    /// As [`Branch::author_with_notes`].
    pub(crate) fn author_with_notes(
        &mut self,
        agent: AgentIdx,
        ops: &[TextOp<'_>],
    ) -> Result<Notes, EditError> {
        self.branch.author_with_notes(&mut self.oplog, agent, ops)
    }

    /// Brings in everything that another document knows.
    ///
    /// Returns what changed in the text.
    ///
    /// # Errors
    /// As [`OpLog::merge`]; nothing changed.
    ///
    /// # Complexity
    /// As [`OpLog::merge`] and [`Branch::merge`].
    ///
    /// # Convergence
    /// Documents that merged each other have equal texts.
    pub fn merge(&mut self, other: &Self) -> Result<Patches<'_>, UpdateError> {
        let known = self.oplog.all();
        self.oplog.merge(&other.oplog)?;
        Ok(self.branch.catch_up(&self.oplog, known.end))
    }

    /// Brings in an update that another replica encoded.
    ///
    /// Returns what changed in the text; [`Patches::shift`] keeps a caret in its place. Updates may come
    /// twice, and in any order in which their dependencies allow.
    ///
    /// # Errors
    /// [`UpdateError::MissingDependency`] if it is early: keep it and try again later.
    /// Else as [`OpLog::decode_and_add`]. Nothing changed.
    ///
    /// # Complexity
    /// As [`OpLog::apply`] and [`Branch::merge`].
    pub fn apply_update(&mut self, bytes: &[u8]) -> Result<Patches<'_>, UpdateError> {
        let known = self.oplog.all();
        self.oplog.decode_and_add(bytes)?;
        Ok(self.branch.catch_up(&self.oplog, known.end))
    }

    /// Brings in an update that was decoded within limits of the caller's choice.
    ///
    /// Returns what changed in the text.
    ///
    /// # Errors
    /// As [`OpLog::apply`]; nothing changed.
    ///
    /// # Complexity
    /// As [`OpLog::apply`] and [`Branch::merge`].
    pub fn apply(&mut self, update: &Update) -> Result<Patches<'_>, UpdateError> {
        let known = self.oplog.all();
        self.oplog.apply(update)?;
        Ok(self.branch.catch_up(&self.oplog, known.end))
    }

    /// Takes in a run of another replica, see [`OpLog::ingest`].
    ///
    /// Returns what changed in the text.
    ///
    /// # Errors
    /// As [`OpLog::ingest`]; nothing changed.
    ///
    /// # Complexity
    /// As [`OpLog::ingest`] and [`Branch::merge`].
    pub fn ingest(&mut self, run: &RemoteRun<'_>) -> Result<Patches<'_>, UpdateError> {
        let known = self.oplog.all();
        self.oplog.ingest(run)?;
        Ok(self.branch.catch_up(&self.oplog, known.end))
    }

    /// Encodes the whole history.
    ///
    /// # Complexity
    /// As [`OpLog::encode_full`].
    #[must_use]
    pub fn encode_full(&self) -> Vec<u8> {
        self.oplog.encode_full()
    }

    /// Encodes what `version` does not contain.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    ///
    /// # Complexity
    /// As [`OpLog::update_since`].
    pub fn encode_since(&self, version: &Frontier) -> Result<Vec<u8>, GraphError> {
        self.oplog.encode_since(version)
    }

    /// Encodes what a replica with this summary does not know, see [`OpLog::encode_missing`].
    ///
    /// # Complexity
    /// As [`OpLog::update_missing`].
    #[must_use]
    pub fn encode_missing(&self, summary: &DotContext) -> Vec<u8> {
        self.oplog.encode_missing(summary)
    }

    /// Every id that is known: what another replica needs to find out what is missing here.
    #[must_use]
    pub fn summary(&self) -> DotContext {
        self.oplog.summary()
    }

    /// The version of the text.
    #[must_use]
    pub fn version(&self) -> &Frontier {
        self.branch.version()
    }

    /// The version of the op log, as other replicas understand it.
    #[must_use]
    pub fn remote_version(&self) -> RemoteFrontier {
        self.oplog.remote_version()
    }

    /// The text.
    ///
    /// # Complexity
    /// O(n), n = bytes of text.
    #[must_use]
    pub fn content(&self) -> String {
        self.branch.content()
    }

    /// Length of the text in Unicode scalars.
    #[must_use]
    pub fn len_chars(&self) -> usize {
        self.branch.len()
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.branch.is_empty()
    }

    /// The history.
    #[must_use]
    pub fn oplog(&self) -> &OpLog {
        &self.oplog
    }

    /// The text, with lengths and positions in all units.
    #[must_use]
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Takes the document apart, for those who start to care about branches.
    #[must_use]
    pub fn into_parts(self) -> (OpLog, Branch) {
        (self.oplog, self.branch)
    }
}

impl From<OpLog> for TextDoc {
    fn from(oplog: OpLog) -> Self {
        let branch = Branch::new_at_tip(&oplog);
        Self { oplog, branch }
    }
}

impl fmt::Display for TextDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.branch.fmt(f)
    }
}

impl fmt::Debug for TextDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextDoc")
            .field("oplog", &self.oplog)
            .field("branch", &self.branch)
            .finish()
    }
}
