//! Patches: what an editor must do to its own copy of the text.

use core::fmt;

use crdt_core::Frontier;

use crate::anchor::Bias;
use crate::op_log::TextRange;
use crate::rope::Rope;
use crate::walker::{self, Change, Comparison, Memory, Sink};
use crate::{Branch, OpLog, TextOp};

/// One step: at scalar `pos`, replace `deleted` scalars by `inserted`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Patch<'a> {
    /// Where, counted in scalars in the text that the patches before it left.
    pub pos: usize,
    /// How many scalars go.
    pub deleted: usize,
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
    steps: Vec<Step>,
    oplog: &'a OpLog,
    /// Text that is not stored in one piece in the op log.
    restored: String,
}

/// A patch, its text still to be looked up.
#[derive(Clone, Copy, Debug)]
struct Step {
    pos: u32,
    deleted: u32,
    /// Scalars of `text`.
    inserted: u32,
    text: TextRange,
    is_restored: bool,
}

/// Applies operations to a rope and notes them, neighbours joined.
pub(crate) struct Recorder<'a, 'r> {
    pub(crate) patches: Patches<'a>,
    rope: Option<&'r mut Rope>,
}

impl Patch<'_> {
    /// Where a position before the patch is after it, in scalars.
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
    pub fn shift(&self, pos: usize, bias: Bias) -> usize {
        let n_inserted = str_indices::chars::count(self.inserted);
        shift(pos, bias, self.pos, (self.deleted, n_inserted))
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
        Self {
            steps: Vec::new(),
            oplog,
            restored: String::new(),
        }
    }

    /// The steps from version `from` to version `to`.
    pub(crate) fn between(oplog: &'a OpLog, from: &Frontier, to: &Frontier) -> Self {
        let mut memory = Memory::default();
        let mut recorder = Recorder::new(oplog, None);
        if oplog.graph().diff(from, to).only_a.is_empty() {
            let len = walker::length_at(oplog, from, &mut memory.lengths);
            walker::walk(oplog, (from, len), to, &mut memory, &mut recorder);
        } else {
            recorder.record(walker::compare(oplog, from, to, &mut memory.lengths));
        }
        recorder.patches
    }

    /// The steps that operations took, each on what the one before left.
    pub(crate) fn of_ops(oplog: &'a OpLog, ops: &[TextOp<'_>]) -> Self {
        let mut recorder = Recorder::new(oplog, None);
        for op in ops {
            match *op {
                TextOp::Insert { pos, text } => {
                    let len = op.n_events() as u32;
                    recorder.restore(pos as u32, text, len);
                }
                TextOp::Delete { pos, len, .. } => recorder.delete(pos as u32, len as u32),
            }
        }
        recorder.patches
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether the text stays as it is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
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

    /// Where a position in the text before is in the text after all steps, in scalars: what keeps a
    /// local caret or selection in its place.
    ///
    /// See [`Patch::shift`]. What lies in text that goes stands at one end of what comes in its place,
    /// and in which order neighbours came in depends on the replica: for positions that others are to
    /// see alike, or that are kept, take an [`Anchor`](crate::Anchor).
    ///
    /// # Complexity
    /// O(s), s = steps.
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
    pub fn shift(&self, pos: usize, bias: Bias) -> usize {
        self.steps.iter().fold(pos, |pos, step| {
            let (gone, came) = (step.deleted as usize, step.inserted as usize);
            shift(pos, bias, step.pos as usize, (gone, came))
        })
    }

    /// Walks the steps in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Patch<'_>> {
        self.steps.iter().map(|step| self.resolve(step))
    }

    fn resolve(&self, step: &Step) -> Patch<'_> {
        let inserted = if step.is_restored {
            &self.restored[step.text.start as usize..step.text.end as usize]
        } else {
            self.oplog.ops().text(step.text)
        };
        Patch {
            pos: step.pos as usize,
            deleted: step.deleted as usize,
            inserted,
        }
    }

    fn push_insert(&mut self, pos: u32, text: TextRange, len: u32, is_restored: bool) {
        if let Some(last) = self.steps.last_mut() {
            if last.inserted == 0 && last.pos == pos {
                (last.inserted, last.text, last.is_restored) = (len, text, is_restored);
                return;
            }
            let continues = last.is_restored == is_restored
                && last.text.end == text.start
                && last.inserted > 0
                && last.pos + last.inserted == pos;
            if continues {
                last.inserted += len;
                last.text.end = text.end;
                return;
            }
        }
        self.steps.push(Step {
            pos,
            deleted: 0,
            inserted: len,
            text,
            is_restored,
        });
    }

    fn push_delete(&mut self, pos: u32, len: u32) {
        if let Some(last) = self.steps.last_mut() {
            if pos == last.pos + last.inserted {
                last.deleted += len;
                return;
            }
            if last.inserted == 0 && pos + len == last.pos {
                last.pos = pos;
                last.deleted += len;
                return;
            }
        }
        let text = TextRange::default();
        self.steps.push(Step {
            pos,
            deleted: len,
            inserted: 0,
            text,
            is_restored: false,
        });
    }
}

impl<'a, 'r> Recorder<'a, 'r> {
    pub(crate) fn new(oplog: &'a OpLog, rope: Option<&'r mut Rope>) -> Self {
        Self {
            patches: Patches::none(oplog),
            rope,
        }
    }

    /// Takes the steps of a comparison.
    pub(crate) fn record(&mut self, comparison: Comparison) {
        let base = comparison.base;
        let mut base_text: Option<Rope> = None;
        for change in comparison.changes {
            match change {
                Change::Delete { pos, len } => self.delete(pos, len),
                Change::Insert { pos, lvs } => {
                    let text = self.patches.oplog.ops().text_within(lvs);
                    self.insert(pos, text, lvs.len());
                }
                Change::Restore { pos, from, len } => {
                    let oplog = self.patches.oplog;
                    let base = base_text
                        .get_or_insert_with(|| Branch::at_known_version(oplog, &base).into_rope());
                    self.restore(pos, &base.slice_chars(from..from + len), len);
                }
            }
        }
    }

    fn restore(&mut self, pos: u32, text: &str, len: u32) {
        let start = self.patches.restored.len() as u32;
        self.patches.restored.push_str(text);
        let range = TextRange {
            start,
            end: self.patches.restored.len() as u32,
        };
        self.patches.push_insert(pos, range, len, true);
        if let Some(rope) = &mut self.rope {
            rope.insert(pos, text);
        }
    }
}

impl Sink for Recorder<'_, '_> {
    #[inline]
    fn insert(&mut self, pos: u32, text: TextRange, len: u32) {
        if let Some(rope) = &mut self.rope {
            rope.insert(pos, self.patches.oplog.ops().text(text));
        }
        self.patches.push_insert(pos, text, len, false);
    }

    #[inline]
    fn delete(&mut self, pos: u32, len: u32) {
        if let Some(rope) = &mut self.rope {
            rope.delete(pos, len);
        }
        self.patches.push_delete(pos, len);
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
