//! What a type must tell about itself to be put to the test.

use core::error::Error;
use core::fmt;
use core::fmt::Debug;

use crdt_core::codec::{Decode, Encode};
use crdt_core::{AgentId, Author, Decompose, DeltaState, Dot, DotContext, Summarize};

use super::history::History;
use crate::rng::Rng;

/// The delta of a subject's state.
pub type DeltaOf<S> = <<S as Subject>::State as DeltaState>::Delta;

/// A replicated type under test: its operations, and a naive specification of what it shows.
///
/// Everything that can be put off has a default. What a default leaves out is not tested, and the
/// report says so.
///
/// # Examples
/// See [`laws`](crate::laws).
pub trait Subject {
    /// What a replica holds.
    type State: Clone
        + PartialEq
        + Debug
        + Decompose
        + Summarize<Delta: Clone + PartialEq + Debug + Encode + Decode>
        + Encode
        + Decode;

    /// What a user asks for, written down so that it can be asked again.
    type Op: Clone + Debug;

    /// All that a user can read.
    type Value: PartialEq + Debug;

    /// Whether the type folds mutations into an event that has not left the process.
    ///
    /// Then deltas wait at the replica that made them, which ships them as one group; up to then, and
    /// no longer, [`Writer::author`] allows folding.
    const FOLDS: bool = false;

    /// Returns the name of the type for reports.
    fn name() -> String;

    /// Makes up an operation: on one of few keys or elements, so that replicas meet.
    ///
    /// `step` grows as the history goes on, for stamps that overlap and yet advance. Operations that do
    /// nothing and operations that are refused are welcome.
    fn op(rng: &mut Rng, step: usize) -> Self::Op;

    /// Does what `op` asks for by the mutator that returns its delta.
    ///
    /// # Errors
    /// If the type refuses; the state must be what it was.
    fn mutate(
        state: &mut Self::State,
        writer: Writer<'_>,
        op: &Self::Op,
    ) -> Result<DeltaOf<Self>, Refused>;

    /// Does what `op` asks for by the mutator that returns no delta.
    ///
    /// # Errors
    /// As [`mutate`](Self::mutate).
    fn mutate_plain(
        state: &mut Self::State,
        writer: Writer<'_>,
        op: &Self::Op,
    ) -> Result<(), Refused>;

    /// Reads all there is to read.
    fn value(state: &Self::State) -> Self::Value;

    /// Says what a replica shows that knows `history` and nothing else: the naive specification.
    ///
    /// The history is causally closed: whatever the writer of one of its events had seen is in it.
    fn oracle(history: &History<Self::Op>) -> Self::Value;

    /// Says what must become of `op`, asked for by an agent that knows `past`; `None` if the
    /// specification leaves it open.
    fn expected(past: &History<Self::Op>, agent: usize, op: &Self::Op) -> Option<Expected> {
        let _ = (past, agent, op);
        None
    }

    /// Returns the dots of a state, if the type has any.
    fn dots(state: &Self::State) -> Option<Dots> {
        let _ = state;
        None
    }

    /// Returns what `base` lacks of `state` as a delta, if the type finds that by comparing states.
    fn changes_since(state: &Self::State, base: &Self::State) -> Option<DeltaOf<Self>> {
        let _ = (state, base);
        None
    }

    /// Applies `delta` to `before` by the method that tells what changed, and compares: `after` must
    /// come out, and what is told must be true. Returns what is wrong; `None` if the type has no such
    /// method.
    fn check_feed(
        before: &Self::State,
        delta: &DeltaOf<Self>,
        after: &Self::State,
    ) -> Option<Result<(), String>> {
        let _ = (before, delta, after);
        None
    }
}

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub struct Writer<'a> {
    agents: &'a [AgentId],
    idx: usize,
    unshipped_from: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(agents: &'a [AgentId], idx: usize, unshipped_from: u64) -> Self {
        Self {
            agents,
            idx,
            unshipped_from,
        }
    }

    /// Returns the agent.
    pub fn agent(self) -> &'a AgentId {
        &self.agents[self.idx]
    }

    /// Returns the place of the agent among the agents, which is what [`Event::agent`] says.
    ///
    /// [`Event::agent`]: super::Event::agent
    pub fn idx(self) -> usize {
        self.idx
    }

    /// Returns another agent by its place, below [`N_AGENTS`].
    ///
    /// # Panics
    /// If there is no such agent.
    pub fn peer(self, idx: usize) -> &'a AgentId {
        &self.agents[idx]
    }

    /// Returns the agent, for mutators that may fold into events that have not left this replica.
    pub fn author(self) -> Author<'a> {
        Author::with_unshipped(self.agent(), self.unshipped_from)
    }
}

/// How many agents there are.
pub const N_AGENTS: usize = NAMES.len();

/// Returns an agent by its place.
///
/// Names are such that their order by bytes is neither that of their places nor that of UTF-16.
///
/// # Panics
/// If `idx` is not below [`N_AGENTS`].
pub fn agent(idx: usize) -> AgentId {
    AgentId::new(NAMES[idx]).expect("a short name")
}

const NAMES: [&str; 4] = ["bob", "alice", "\u{10000}", "\u{e000}"];

/// What must become of an operation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "there is no fourth way to answer")]
pub enum Expected {
    /// It is an event, with a delta that is not empty.
    Event,
    /// There is nothing to do: the delta is empty, and the state is what it was.
    Nothing,
    /// It is refused, and the state is what it was.
    Refusal,
}

/// Why an operation was refused; any error turns into it.
#[derive(Debug)]
pub struct Refused {
    reason: String,
}

impl Refused {
    /// A refusal by the caller's own will, to see what it leaves behind.
    pub fn by_will() -> Self {
        Self {
            reason: "at will".into(),
        }
    }
}

impl<E: Error> From<E> for Refused {
    fn from(error: E) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// The dots of a causal state.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "subjects make it")]
pub struct Dots {
    /// All events seen.
    pub known: DotContext,
    /// Those that stand in the store, as often as they do.
    pub live: Vec<Dot>,
}
