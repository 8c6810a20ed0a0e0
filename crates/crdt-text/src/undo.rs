//! Undo and redo of one user's edits among those of others.
//!
//! What is undone becomes an ordinary edit: nothing travels but what it does to the text. See
//! `docs/design/anchors-and-undo.md`.
//!
//! # Invariants
//! - The drift of the last step of `undone`, and of `done` if no edits are `open`, leads to the text at
//!   the follower's version.
//! - `open` edits have no drift: they end at the follower's version.

mod encode;
mod fold;
mod follow;
mod script;
mod step;

use core::ops::RangeBounds;

use crdt_core::{AgentIdx, Classify, Dot, ErrorKind, LvRange, RemoteFrontier};

use self::fold::Fold;
use self::follow::Follower;
use self::script::{Script, Text};
use self::step::{Step, Steps};
use crate::error::EditError;
use crate::position::{self, Position};
use crate::{Patches, TextDoc};

const MAX_STEPS: usize = 1000;
const MAX_BYTES: usize = 16 << 20;

/// Takes back the edits of one user, and makes them again, whatever others do meanwhile.
///
/// Edit through it: [`Self::insert`], [`Self::delete`] and [`Self::replace`] do what those of
/// [`TextDoc`] do, and remember. All edits since the last [`boundary`](Self::boundary) are one step.
/// Merges need not be told: what was not edited through this stack is someone else's.
///
/// What is undone is an edit like any other, with ids of its own, which other replicas need not know
/// to be an undo. Where nobody else touched it, a text is what it was before the steps that are taken
/// back. Else: what others deleted of my text stays deleted, and what they inserted stays; what I
/// deleted comes back, even if someone deleted it at the same time, and then belongs to whoever brought
/// it back; text that came in at one place with it stands behind it.
///
/// A stack belongs to a document, of whatever replica: save it beside the document
/// ([`Encode`](crdt_core::codec::Encode)), and go on with both. Text that the document has dropped,
/// and history before the floor of a shallow copy, are not needed.
///
/// # Examples
/// ```
/// use crdt_text::{TextDoc, TextUndoStack};
///
/// let mut ours = TextDoc::new();
/// let alice = ours.get_or_create_agent_id("alice")?;
/// let mut undo = TextUndoStack::new();
/// undo.insert(&mut ours, alice, 0, "Hello")?;
/// undo.boundary();
/// undo.replace(&mut ours, alice, 1..5, "ey")?;
///
/// let mut theirs = ours.clone();
/// let bob = theirs.get_or_create_agent_id("bob")?;
/// theirs.insert(bob, 3, " you")?;
/// ours.merge(&theirs)?;
/// assert_eq!(ours.content(), "Hey you");
///
/// undo.undo(&mut ours, alice)?;
/// assert_eq!(ours.content(), "Hello you");
/// undo.undo(&mut ours, alice)?;
/// assert_eq!(ours.content(), " you");
/// undo.redo(&mut ours, alice)?;
/// undo.redo(&mut ours, alice)?;
/// assert_eq!(ours.content(), "Hey you");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TextUndoStack {
    /// What can be undone, but for the edits since the last boundary.
    done: Steps,
    /// What can be redone.
    undone: Steps,
    /// What takes back the edits since the last boundary.
    open: Fold<Text>,
    /// About how much memory `open` takes, and no less.
    n_open_bytes: usize,
    /// Whether the next edit belongs to the last step.
    goes_on: bool,
    follower: Follower,
    max_steps: usize,
    max_bytes: usize,
}

/// Why an edit was not made, or not taken back; nothing changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UndoError {
    /// The edit does not fit the document.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The stack knows of an event that the document has not heard of.
    #[error("missing dependency: event {} of agent {:?}", .0.seq(), .0.agent().as_str())]
    MissingDependency(Dot),
    /// The document is a shallow copy that starts from a later version than the stack was last used
    /// at: what happened between is not known. The steps can only be given up, by
    /// [`TextUndoStack::clear`].
    #[error("the history here starts at {floor:?}, after the last step")]
    BelowFloor {
        /// The version that the history here starts from.
        floor: RemoteFrontier,
    },
    /// The stack was used with another document.
    #[error("the stack belongs to another document")]
    OtherDocument,
}

impl TextUndoStack {
    /// Makes an empty stack, of at most 1000 steps and 16 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self {
            done: Steps::default(),
            undone: Steps::default(),
            open: Fold::backward(),
            n_open_bytes: 0,
            goes_on: false,
            follower: Follower::default(),
            max_steps: MAX_STEPS,
            max_bytes: MAX_BYTES,
        }
    }

    /// Sets how many steps are kept, and about how much memory they may take; beyond that, the oldest
    /// ones go. The edits since the last boundary may take as much once more; then a boundary is made.
    #[must_use]
    pub fn with_limits(mut self, max_steps: usize, max_bytes: usize) -> Self {
        (self.max_steps, self.max_bytes) = (max_steps, max_bytes);
        self.stay_in_limits();
        self
    }

    /// Inserts text before a position, in any unit, see [`TextDoc::insert`].
    ///
    /// # Errors
    /// [`UndoError::Edit`] as there; the others if this is not the stack's document. Nothing changed.
    ///
    /// # Complexity
    /// As there; and, if others edited since the stack was last used, that of merging it once more,
    /// and O(n), n = stretches of text that the step touched so far, and that others did since.
    pub fn insert<P: Position>(
        &mut self,
        doc: &mut TextDoc,
        agent: AgentIdx,
        at: P,
        text: &str,
    ) -> Result<LvRange, UndoError> {
        self.follow(doc)?;
        let at: usize = position::convert(doc.branch().rope(), at)?;
        let lvs = doc.insert(agent, at, text)?;
        self.note(doc, Script::replace(at as u32, lvs.len(), None));
        Ok(lvs)
    }

    /// Deletes a range, in any unit, see [`TextDoc::delete`].
    ///
    /// # Errors
    /// As [`Self::insert`]; nothing changed.
    ///
    /// # Complexity
    /// As [`Self::insert`].
    pub fn delete<P: Position>(
        &mut self,
        doc: &mut TextDoc,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
    ) -> Result<LvRange, UndoError> {
        self.replace(doc, agent, range, "")
    }

    /// Puts text in place of a range, in any unit, see [`TextDoc::replace`].
    ///
    /// # Errors
    /// As [`Self::insert`]; nothing changed.
    ///
    /// # Complexity
    /// As [`Self::insert`].
    pub fn replace<P: Position>(
        &mut self,
        doc: &mut TextDoc,
        agent: AgentIdx,
        range: impl RangeBounds<P>,
        text: &str,
    ) -> Result<LvRange, UndoError> {
        self.follow(doc)?;
        let rope = doc.branch().rope();
        let range = position::to_char_range(rope, &range)?;
        let deleted = Text::from(rope.slice_chars(range.clone()));
        let lvs = doc.replace(agent, crate::op_log::wide(&range), text)?;
        let n_inserted = lvs.len() - deleted.len;
        self.note(doc, Script::replace(range.start, n_inserted, Some(deleted)));
        Ok(lvs)
    }

    /// Ends the step: the next edit starts a new one. Call it when the user pauses, moves the caret, or
    /// does something else.
    ///
    /// # Complexity
    /// That of composing the edits since the last boundary: O(n log n), n = edits.
    pub fn boundary(&mut self) {
        self.close();
        self.goes_on = false;
    }

    /// Takes back the last step that still shows, as `agent`.
    ///
    /// Returns what changed in the text, which is nothing if there is no such step. To send it, call it
    /// in [`TextDoc::edit_with_delta`]. It is a [`boundary`](Self::boundary), too.
    ///
    /// # Errors
    /// [`UndoError::Edit`] if the op log refuses the edit, for the agent is not known or there is no
    /// room; the others if this is not the stack's document. Nothing changed.
    ///
    /// # Complexity
    /// O(n + k log m), n = stretches of text that the step touched, and that others did since, k = what
    /// is put back or taken away, m = bytes of text; and, if others edited since the stack was last
    /// used, that of merging it once more. The history plays no part.
    ///
    /// # Convergence
    /// What is undone is an edit; replicas that know the same events show the same text.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{TextDoc, TextUndoStack};
    ///
    /// let mut doc = TextDoc::new();
    /// let me = doc.get_or_create_agent_id("me")?;
    /// let mut undo = TextUndoStack::new();
    /// undo.insert(&mut doc, me, 0, "word")?;
    /// let (mut screen, mut other) = (doc.content(), TextDoc::decode(&doc.encode_full())?);
    ///
    /// let (undone, update) = doc.edit_with_delta(|doc| {
    ///     let patches = undo.undo(doc, me)?;
    ///     Ok::<_, crdt_text::UndoError>(patches.apply_to(&mut screen))
    /// });
    /// assert!(undone?);
    /// other.apply(&update)?;
    /// assert_eq!((screen.as_str(), other.content().as_str()), ("", ""));
    /// assert_eq!((undo.n_undo(), undo.n_redo()), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn undo<'d>(
        &mut self,
        doc: &'d mut TextDoc,
        agent: AgentIdx,
    ) -> Result<Patches<'d>, UndoError> {
        self.follow(doc)?;
        self.boundary();
        take_back(
            (&mut self.done, &mut self.undone),
            &mut self.follower,
            doc,
            agent,
        )
    }

    /// Makes again what was undone last and still shows, as `agent`.
    ///
    /// Returns what changed in the text, which is nothing if there is nothing to redo: what was undone
    /// can be made again until the next edit.
    ///
    /// # Errors
    /// As [`Self::undo`]; nothing changed.
    ///
    /// # Complexity
    /// As [`Self::undo`].
    pub fn redo<'d>(
        &mut self,
        doc: &'d mut TextDoc,
        agent: AgentIdx,
    ) -> Result<Patches<'d>, UndoError> {
        self.follow(doc)?;
        self.boundary();
        take_back(
            (&mut self.undone, &mut self.done),
            &mut self.follower,
            doc,
            agent,
        )
    }

    /// How many steps can be undone; of some, nothing may be left.
    #[must_use]
    pub fn n_undo(&self) -> usize {
        self.done.len() + usize::from(!self.open.is_empty())
    }

    /// How many steps can be redone; of some, nothing may be left.
    #[must_use]
    pub fn n_redo(&self) -> usize {
        self.undone.len()
    }

    /// Gives up all steps; the next edit may be of any document.
    pub fn clear(&mut self) {
        *self = Self::new().with_limits(self.max_steps, self.max_bytes);
    }

    fn is_empty(&self) -> bool {
        self.done.is_empty() && self.undone.is_empty() && self.open.is_empty()
    }

    /// Takes note of what happened to the document since the stack was last used.
    fn follow(&mut self, doc: &TextDoc) -> Result<(), UndoError> {
        if self.is_empty() {
            self.follower.start(doc);
            return Ok(());
        }
        let drift = self.follower.follow(doc)?;
        if drift.is_empty() {
            return Ok(());
        }
        self.close();
        self.done.drift_on(drift.clone());
        self.undone.drift_on(drift);
        self.stay_in_limits();
        Ok(())
    }

    /// Takes note of an edit that was just made, by what takes it back.
    fn note(&mut self, doc: &TextDoc, inverse: Script<Text>) {
        self.undone = Steps::default();
        if self.goes_on
            && self.open.is_empty()
            && let Some(last) = self.done.pop()
        {
            self.open(last.into_settled());
        }
        self.open(inverse);
        self.goes_on = true;
        self.follower.reach(doc);
        if self.n_open_bytes > self.max_bytes {
            self.boundary();
        }
    }

    /// Adds to the open edits.
    fn open(&mut self, inverse: Script<Text>) {
        self.n_open_bytes += inverse.n_bytes();
        self.open.push(inverse);
    }

    /// Makes one step of the open edits.
    fn close(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let inverse = self.open.take();
        self.n_open_bytes = 0;
        if inverse.is_empty() {
            // They took themselves back: there is no step to go on with.
            self.goes_on = false;
            return;
        }
        self.done.push(Step::new(inverse, Script::default()));
        self.stay_in_limits();
    }

    fn stay_in_limits(&mut self) {
        while self.done.len() + self.undone.len() > self.max_steps
            || self.done.n_bytes() + self.undone.n_bytes() > self.max_bytes
        {
            if !self.done.drop_oldest() && !self.undone.drop_oldest() {
                return;
            }
        }
    }
}

/// Takes back the last of some steps that still shows; what takes that back is a step of the others.
fn take_back<'d>(
    (from, to): (&mut Steps, &mut Steps),
    follower: &mut Follower,
    doc: &'d mut TextDoc,
    agent: AgentIdx,
) -> Result<Patches<'d>, UndoError> {
    while let Some(step) = from.last() {
        let script = step.settled();
        let rope = doc.branch().rope();
        let inverse = script.inverse(|range| Text::from(rope.slice_chars(range)));
        let ops = script.ops();
        if ops.is_empty() {
            from.pop();
            continue;
        }
        let notes = doc.author_with_notes(agent, &ops)?;
        follower.reach(doc);
        to.push(Step::new(inverse, Script::default()));
        from.pop();
        return Ok(Patches::measured(doc.oplog(), notes));
    }
    Ok(Patches::none(doc.oplog()))
}

impl Default for TextUndoStack {
    fn default() -> Self {
        Self::new()
    }
}

impl Classify for UndoError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Edit(error) => error.kind(),
            Self::MissingDependency(_) | Self::BelowFloor { .. } => ErrorKind::MissingDependency,
            Self::OtherDocument => ErrorKind::Misuse,
        }
    }
}
