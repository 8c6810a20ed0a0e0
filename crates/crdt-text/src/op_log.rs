//! The op log: every operation ever made on a text, and how the operations depend on each other.
//!
//! # Invariants
//! - The causal graph and the columns of operations have equal lengths: event `lv` of the graph
//!   does what event `lv` of the columns says.
//! - A history that was cut starts with a text in place of what was dropped (see `shallow`).
//! - Nothing is ever changed, only appended (or, when a batch fails, cut off again).

mod author;
mod drop_text;
mod identity;
mod ingest;
mod length;
mod load;
mod ops;
mod shallow;
#[cfg(test)]
mod tests;

use core::fmt;
use core::ops::Range;

use crdt_core::{
    AgentId, AgentIdError, AgentIdx, CausalGraph, Dot, DotContext, Frontier, GraphError,
    IngestError, Lv, LvRange, RemoteFrontier,
};

pub use self::ingest::RemoteRun;
pub use self::ops::DROPPED;
pub(crate) use self::ops::{
    Agreement, OpKind, OpRun, OpRuns, OpsBuilder, TextRange, lowest_deleted,
};

use self::identity::Identity;
pub(crate) use self::identity::Recognition;
use self::length::KnownLengths;
use crate::{Branch, Patches, TextOp};

/// All operations on a text, by all agents, on all branches.
///
/// An op log holds no text: a [`Branch`] does, for one version. Any number of branches can share
/// an op log, and making one never disturbs another.
///
/// # Examples
/// Two replicas diverge, exchange what the other lacks, and agree:
/// ```
/// use crdt_text::{Branch, OpLog};
///
/// let mut a = OpLog::new();
/// let alice = a.get_or_create_agent_id("alice")?;
/// a.add_insert(alice, 0, "hello")?;
///
/// let mut b = OpLog::decode(&a.encode_full())?;
/// let bob = b.get_or_create_agent_id("bob")?;
/// let known = b.version().clone();
/// b.add_insert(bob, 5, " world")?;
/// a.add_insert(alice, 0, "oh, ")?;
///
/// a.decode_and_add(&b.encode_since(&known)?)?;
/// b.merge(&a)?;
/// assert_eq!(a, b);
/// assert_eq!(Branch::new_at_tip(&a).to_string(), "oh, hello world");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Invariants
/// Equality is that of histories: two op logs are equal if they hold the same events, whatever the
/// order in which they learned of them, and whatever text one of them has dropped. A shallow op log
/// holds less than the one that it was made of.
#[derive(Clone, Default)]
pub struct OpLog {
    graph: CausalGraph,
    ops: OpRuns,
    lengths: KnownLengths,
    identity: Identity,
}

/// A run of operations by one agent, each on top of the one before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HistoryRun<'a> {
    /// Who made them.
    pub agent: &'a AgentId,
    /// Sequence number of the first event.
    pub seq: u64,
    /// The events.
    pub lvs: LvRange,
    /// The version that the first event was made on.
    pub parents: Frontier,
    /// The operations, in order.
    pub ops: Vec<TextOp<'a>>,
}

impl OpLog {
    /// Makes an empty op log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Interns an agent by name (or [`AgentId`]), for use in the calls that edit.
    ///
    /// An agent is one writing session: a name that is used in two places at once ends in
    /// conflicts. The index that comes back is good for this op log and its clones only; another
    /// op log may take it for someone else.
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
        Ok(self.intern(&AgentId::new(name.as_ref())?))
    }

    pub(crate) fn intern(&mut self, agent: &AgentId) -> AgentIdx {
        self.graph.intern_agent(agent)
    }

    /// The number of events: scalars ever inserted plus deletes of single scalars. The text that a
    /// shallow history starts from counts as one insert of it, or as one event if it is empty.
    #[must_use]
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// Whether nothing ever happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.graph.is_empty()
    }

    /// The version that contains everything known.
    #[must_use]
    pub fn version(&self) -> &Frontier {
        self.graph.frontier()
    }

    /// The version that contains everything known, as other replicas understand it; sorted.
    ///
    /// # Complexity
    /// O(h log n), h = heads.
    #[must_use]
    pub fn remote_version(&self) -> RemoteFrontier {
        // The tip is known, and above any floor.
        self.graph.to_remote(self.version()).unwrap_or_default()
    }

    /// Translates a local version into dots.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here,
    /// [`GraphError::BelowFloor`] if one that a shallow history has no name for any more.
    pub fn to_remote(&self, version: &Frontier) -> Result<RemoteFrontier, GraphError> {
        self.graph.to_remote(version)
    }

    /// Translates dots into a local version.
    ///
    /// # Errors
    /// [`IngestError::MissingDependency`] with the first dot that is not known here,
    /// [`IngestError::BelowFloor`] if they name a version before the first of a shallow history.
    pub fn to_local(&self, dots: &[Dot]) -> Result<Frontier, IngestError> {
        self.graph.to_local(dots)
    }

    /// Every id that is known, or was and was dropped: what another replica needs to find out what is
    /// missing here.
    #[must_use]
    pub fn summary(&self) -> DotContext {
        self.graph.summary()
    }

    /// The causal graph: parents, ids and questions about versions.
    #[must_use]
    pub fn graph(&self) -> &CausalGraph {
        &self.graph
    }

    /// Walks all operations in local order; the first of a shallow history inserts the text that it
    /// starts from.
    ///
    /// # Complexity
    /// O(1) a run.
    pub fn iter_ops(&self) -> impl Iterator<Item = TextOp<'_>> {
        self.ops.ops(self.all())
    }

    /// Walks the operations of some events in local order.
    ///
    /// # Complexity
    /// O(log n) to start, O(1) a run.
    pub fn iter_ops_in(&self, lvs: LvRange) -> impl Iterator<Item = TextOp<'_>> {
        self.ops.ops(lvs.intersect(self.all()))
    }

    /// Walks the operations that `version` does not contain, parents before children.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    pub fn iter_ops_since(
        &self,
        version: &Frontier,
    ) -> Result<impl Iterator<Item = TextOp<'_>>, GraphError> {
        Ok(self
            .missing_at(version)?
            .into_iter()
            .flat_map(|lvs| self.ops.ops(lvs)))
    }

    /// Walks the history in local order: who did what, and on which version.
    ///
    /// There are no timestamps; a user who wants them keeps them by [`Dot`]. Deleted text is there
    /// only if it was recorded, see [`Self::add_delete_with_content`]. What was dropped from a shallow
    /// history is not told, and what stands for it has no author.
    ///
    /// # Complexity
    /// O(log n) a run, n = runs.
    pub fn iter_history(&self) -> impl Iterator<Item = HistoryRun<'_>> {
        self.iter_history_in(self.all())
    }

    /// Walks the history of what `version` does not contain, parents before children.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    pub fn iter_history_since(
        &self,
        version: &Frontier,
    ) -> Result<impl Iterator<Item = HistoryRun<'_>>, GraphError> {
        Ok(self
            .missing_at(version)?
            .into_iter()
            .flat_map(|lvs| self.iter_history_in(lvs)))
    }

    /// The text at any version.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if it names an event that is not known here.
    ///
    /// # Complexity
    /// That of a merge of all its history.
    pub fn text_at(&self, version: &Frontier) -> Result<String, GraphError> {
        Ok(Branch::new_at_local_version(self, version)?.to_string())
    }

    /// The difference of two versions: what an editor that shows version `from` must do to show version `to`, which may lie
    /// ahead, behind, or on another branch.
    ///
    /// # Errors
    /// [`GraphError::UnknownVersion`] if one names an event that is not known here.
    ///
    /// # Complexity
    /// That of a merge of what differs, plus that of a merge of the history of `from`; a
    /// [`Branch`] at `from` does without the second.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Frontier, OpLog};
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// log.add_insert(ada, 0, "hi")?;
    /// let before = log.version().clone();
    /// log.add_insert(ada, 2, "!")?;
    ///
    /// let forward = log.transformed_ops(&before, log.version())?;
    /// let patch = forward.iter().next().ok_or("something changed")?;
    /// assert_eq!((patch.pos, patch.deleted, patch.inserted), (2, 0, "!"));
    ///
    /// let back = log.transformed_ops(log.version(), &before)?;
    /// let patch = back.iter().next().ok_or("something changed")?;
    /// assert_eq!((patch.pos, patch.deleted, patch.inserted), (2, 1, ""));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "diff")]
    pub fn transformed_ops(
        &self,
        from: &Frontier,
        to: &Frontier,
    ) -> Result<Patches<'_>, GraphError> {
        self.check_version(from)?;
        self.check_version(to)?;
        Ok(Patches::between(self, from, to))
    }

    pub(crate) fn ops(&self) -> &OpRuns {
        &self.ops
    }

    pub(crate) fn all(&self) -> LvRange {
        LvRange::new(Lv::new(0), self.ops.end())
    }

    #[inline]
    pub(crate) fn check_version(&self, version: &Frontier) -> Result<(), GraphError> {
        match version.iter().find(|&lv| lv >= self.ops.end()) {
            Some(lv) => Err(GraphError::UnknownVersion { lv: lv.get() }),
            None => Ok(()),
        }
    }

    /// The events that a version does not contain, ascending.
    pub(crate) fn missing_at(&self, version: &Frontier) -> Result<Vec<LvRange>, GraphError> {
        self.check_version(version)?;
        Ok(self.graph.diff(version, self.version()).only_b)
    }

    fn iter_history_in(&self, lvs: LvRange) -> impl Iterator<Item = HistoryRun<'_>> {
        self.graph.runs(lvs).flat_map(move |run| {
            self.graph.agent_runs(run.lvs).map(move |ids| HistoryRun {
                agent: self.graph.agents().name(ids.agent),
                seq: ids.seq,
                lvs: ids.lvs,
                parents: match ids.lvs.start.prev() {
                    Some(prev) if ids.lvs.start > run.lvs.start => Frontier::from(prev),
                    _ => Frontier::from_heads(run.parents().iter().copied()),
                },
                ops: self.ops.ops(ids.lvs).collect(),
            })
        })
    }
}

impl PartialEq for OpLog {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.has_floor_of(other) && self.knows_all_of(other)
    }
}

impl Eq for OpLog {}

impl fmt::Debug for OpLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpLog")
            .field("graph", &self.graph)
            .field("op_runs", &self.ops.n_runs())
            .field("text_bytes", &self.ops.text_bytes())
            .finish()
    }
}

/// The most a position or a length can be, and the most bytes of text an op log can hold.
pub(crate) const MAX_LEN: usize = (1 << 31) - 2;

/// Widens a range for messages and operations.
pub(crate) fn wide(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}
