//! Patches: what an editor must do to its own copy of the text.

mod notes;

use alloc::borrow::Cow;
use core::fmt;

use crdt_core::Frontier;

pub(crate) use self::notes::{Notes, Recorder};

use self::notes::Step;
use crate::anchor::Bias;
use crate::position::Position;
use crate::rope::{Measure, TextWidth};
use crate::walker::{self, Memory};
use crate::{Branch, OpLog};

/// One step: at `pos`, replace `deleted` by `inserted`.
///
/// Positions and lengths are in scalars, or in the unit that was asked for ([`Patches::iter_in`]).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Patch<'a, P = usize> {
    /// Where, in the text that the patches before it left.
    pub pos: P,
    /// How much goes.
    pub deleted: P,
    /// What comes in their place.
    pub inserted: &'a str,
}

/// The steps from one version of a text to another, to be taken in order.
///
/// # Examples
/// ```
/// use crdt_text::TextDoc;
///
/// let mut doc = TextDoc::new();
/// let me = doc.get_or_create_agent_id("me")?;
/// let mut screen = String::new();
///
/// let mut other = TextDoc::new();
/// let you = other.get_or_create_agent_id("you")?;
/// other.insert(you, 0, "hello")?;
///
/// let patches = doc.apply_update(&other.encode_full())?;
/// let patch = patches.iter().next().ok_or("something changed")?;
/// assert_eq!((patch.pos, patch.deleted, patch.inserted), (0, 0, "hello"));
/// assert!(patches.apply_to(&mut screen));
/// assert_eq!(screen, "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Patches<'a> {
    notes: Notes,
    oplog: &'a OpLog,
    /// Where the steps start, if they were noted without a text: then only scalars are counted.
    unmeasured_from: Option<Frontier>,
}

impl<P: Position> Patch<'_, P> {
    /// Where a position before the patch is after it.
    ///
    /// What comes in right at the position stands behind it, or, with [`Bias::Right`], before it; so
    /// does what comes in place of text that the position stood in.
    ///
    /// # Complexity
    /// O(k), k = bytes inserted.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Bias, OpLog};
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// log.add_insert(ada, 0, "a---z")?;
    /// let before = log.version().clone();
    /// log.add_delete_without_content(ada, 1..4)?;
    /// log.add_insert(ada, 1, "++")?;
    ///
    /// let patches = log.transformed_ops(&before, log.version())?;
    /// let patch = patches.iter().next().ok_or("something changed")?;
    /// assert_eq!((patch.pos, patch.deleted, patch.inserted), (1, 3, "++"));
    /// assert_eq!([0, 1, 2, 4, 5].map(|pos| patch.shift(pos, Bias::Left)), [0, 1, 1, 3, 4]);
    /// assert_eq!([0, 1, 2, 4, 5].map(|pos| patch.shift(pos, Bias::Right)), [0, 3, 3, 3, 4]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn shift(&self, pos: P, bias: Bias) -> P {
        let n_inserted = TextWidth::of(self.inserted).get(P::MEASURE) as usize;
        let (gone, at) = (self.deleted.get(), self.pos.get());
        P::of(shift(pos.get(), bias, at, (gone, n_inserted)))
    }
}

/// [`Patch::shift`] past one at `at`, by which so many scalars go and come.
fn shift(pos: usize, bias: Bias, at: usize, (gone, came): (usize, usize)) -> usize {
    if pos < at || pos == at && bias == Bias::Left {
        return pos;
    }
    if pos >= at + gone {
        return pos - gone + came;
    }
    match bias {
        Bias::Left => at,
        Bias::Right => at + came,
    }
}

impl<'a> Patches<'a> {
    pub(crate) fn none(oplog: &'a OpLog) -> Self {
        Self::measured(oplog, Notes::default())
    }

    /// Steps that were noted while a text followed them.
    pub(crate) fn measured(oplog: &'a OpLog, notes: Notes) -> Self {
        Self {
            notes,
            oplog,
            unmeasured_from: None,
        }
    }

    /// The steps from version `from` to version `to`.
    pub(crate) fn between(oplog: &'a OpLog, from: &Frontier, to: &Frontier) -> Self {
        let mut memory = Memory::default();
        let mut recorder = Recorder::without_text(oplog);
        if oplog.graph().diff(from, to).only_a.is_empty() {
            let len = walker::length_at(oplog, from, &mut memory.lengths);
            walker::walk(oplog, (from, len), to, &mut memory, &mut recorder);
        } else {
            recorder.record(walker::compare(oplog, from, to, &mut memory.lengths));
        }
        Self {
            notes: recorder.into_notes(),
            oplog,
            unmeasured_from: Some(from.clone()),
        }
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.notes.steps().len()
    }

    /// Whether the text stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.steps().is_empty()
    }

    /// Takes the steps on a copy of the text.
    ///
    /// Returns `false`, and stops, if a step does not fit: then the copy was not of this text.
    ///
    /// # Complexity
    /// O(s n), s = steps, n = bytes of text: for small texts and tests. Editors have a faster way
    /// to their own positions.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::OpLog;
    ///
    /// let mut log = OpLog::new();
    /// let ada = log.get_or_create_agent_id("ada")?;
    /// log.add_insert(ada, 0, "na\u{ef}ve")?;
    /// let before = log.version().clone();
    /// log.add_delete_without_content(ada, 3..5)?;
    /// let mut copy = String::from("na\u{ef}ve");
    /// assert!(log.transformed_ops(&before, log.version())?.apply_to(&mut copy));
    /// assert_eq!(copy, "na\u{ef}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn apply_to(&self, text: &mut String) -> bool {
        self.iter().all(|patch| {
            let byte = |at| match text.char_indices().nth(at) {
                Some((byte, _)) => Some(byte),
                None => (str_indices::chars::count(text) == at).then_some(text.len()),
            };
            let Some((start, end)) = byte(patch.pos).zip(byte(patch.pos + patch.deleted)) else {
                return false;
            };
            text.replace_range(start..end, patch.inserted);
            true
        })
    }

    /// Where a position in the text before is in the text after all steps, in its unit: what keeps a
    /// local caret or selection in its place.
    ///
    /// See [`Patch::shift`]. What lies in text that goes stands at one end of what comes in its place,
    /// and in which order neighbours came in depends on the replica: for positions that others are to
    /// see alike, or that are kept, take an [`Anchor`](crate::Anchor).
    ///
    /// # Complexity
    /// O(s), s = steps; in bytes and UTF-16 units see [`Self::iter_in`].
    ///
    /// # Examples
    /// Keep the caret, wherever the merge comes from:
    /// ```
    /// use crdt_text::{Bias, TextDoc};
    ///
    /// let mut doc = TextDoc::new();
    /// let me = doc.get_or_create_agent_id("me")?;
    /// doc.insert(me, 0, "hello")?;
    /// let mut other = doc.clone();
    /// let you = other.get_or_create_agent_id("you")?;
    /// other.replace(you, 0..1, "J")?;
    /// other.insert(you, 5, "!")?;
    ///
    /// let mut caret = 5;
    /// let patches = doc.apply_update(&other.encode_full())?;
    /// caret = patches.shift(caret, Bias::Left);
    /// assert_eq!((doc.content().as_str(), caret), ("Jello!", 5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn shift<P: Position>(&self, pos: P, bias: Bias) -> P {
        let steps = self.steps_in::<P>();
        let pos = steps.iter().fold(pos.get(), |pos, step| {
            let [at, gone, came] = [step.pos, step.deleted, step.inserted];
            let [at, gone, came] = [at, gone, came].map(|width| width.get(P::MEASURE) as usize);
            shift(pos, bias, at, (gone, came))
        });
        P::of(pos)
    }

    /// Walks the steps in order, in scalars.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Patch<'_>> {
        self.iter_in()
    }

    /// Walks the steps in order, with positions and lengths in the unit that the editor counts in.
    ///
    /// # Complexity
    /// O(s), s = steps. Steps that were told from a history alone
    /// ([`OpLog::transformed_ops`]) have no text to count bytes or UTF-16 units in: the text before
    /// them is made first, which costs a merge of its history.
    ///
    /// # Examples
    /// ```
    /// use crdt_text::{Bias, TextDoc, Utf16};
    ///
    /// let mut doc = TextDoc::new();
    /// let me = doc.get_or_create_agent_id("me")?;
    /// doc.insert(me, 0, "\u{1F600} hello")?;
    /// let mut other = doc.clone();
    /// let you = other.get_or_create_agent_id("you")?;
    /// other.replace(you, 0..1, "\u{1F680}\u{1F680}")?;
    ///
    /// let patches = doc.merge(&other)?;
    /// let patch = patches.iter_in::<Utf16>().next().ok_or("something changed")?;
    /// assert_eq!((patch.pos, patch.deleted), (Utf16(0), Utf16(2)));
    /// assert_eq!(patches.shift(Utf16(8), Bias::Left), Utf16(10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter_in<P: Position>(&self) -> impl ExactSizeIterator<Item = Patch<'_, P>> {
        let steps = self.steps_in::<P>();
        let of = |width: TextWidth| P::of(width.get(P::MEASURE) as usize);
        (0..steps.len()).map(move |at| Patch {
            pos: of(steps[at].pos),
            deleted: of(steps[at].deleted),
            inserted: self.notes.inserted(self.oplog, &steps[at]),
        })
    }

    /// The steps, measured at least in the unit.
    fn steps_in<P: Position>(&self) -> Cow<'_, [Step]> {
        match &self.unmeasured_from {
            Some(from) if P::MEASURE != Measure::Chars => {
                let mut text = Branch::at_known_version(self.oplog, from).into_rope();
                Cow::Owned(self.notes.measure(self.oplog, &mut text))
            }
            _ => Cow::Borrowed(self.notes.steps()),
        }
    }
}

impl<'p> IntoIterator for &'p Patches<'_> {
    type Item = Patch<'p>;
    type IntoIter = Box<dyn ExactSizeIterator<Item = Patch<'p>> + 'p>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl fmt::Debug for Patches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
