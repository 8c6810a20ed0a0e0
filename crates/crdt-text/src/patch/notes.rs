//! Steps as they are noted: measured in all units where a text follows them, their text looked up later.

use crate::op_log::TextRange;
use crate::rope::{Rope, TextWidth};
use crate::walker::{Change, Comparison, Sink};
use crate::{Branch, OpLog, TextOp};

/// A patch, its text still to be looked up.
///
/// Noted without a text, its widths are right in scalars and 0 in the other units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// The text before it.
    pub(super) pos: TextWidth,
    pub(super) deleted: TextWidth,
    pub(super) inserted: TextWidth,
    text: TextRange,
    is_restored: bool,
}

/// Steps, neighbours joined.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    steps: Vec<Step>,
    /// Text that is not stored in one piece in the op log.
    restored: String,
}

/// Applies operations to a rope, if there is one, and notes them.
pub(crate) struct Recorder<'a, 'r> {
    notes: Notes,
    oplog: &'a OpLog,
    rope: Option<&'r mut Rope>,
}

impl Notes {
    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub(super) fn inserted<'a>(&'a self, oplog: &'a OpLog, step: &Step) -> &'a str {
        if step.is_restored {
            &self.restored[step.text.start as usize..step.text.end as usize]
        } else {
            oplog.ops().text(step.text)
        }
    }

    /// The steps measured on the text that they start from, which follows them.
    pub(super) fn measure(&self, oplog: &OpLog, text: &mut Rope) -> Vec<Step> {
        let measure = |step: &Step| {
            let mut step = *step;
            let at = step.pos.chars;
            if step.deleted.chars > 0 {
                (step.pos, step.deleted) = delete(text, at, step.deleted.chars);
            }
            if step.inserted.chars > 0 {
                let inserted = self.inserted(oplog, &step);
                (step.pos, step.inserted) = insert(text, at, inserted, step.inserted.chars);
            }
            step
        };
        self.steps.iter().map(measure).collect()
    }

    #[inline]
    fn push_insert(
        &mut self,
        (pos, inserted): (TextWidth, TextWidth),
        text: TextRange,
        is_restored: bool,
    ) {
        if let Some(last) = self.steps.last_mut() {
            let follows = last.pos.chars + last.inserted.chars == pos.chars;
            if follows && last.inserted.chars == 0 {
                (last.inserted, last.text, last.is_restored) = (inserted, text, is_restored);
                return;
            }
            if follows && last.is_restored == is_restored && last.text.end == text.start {
                last.inserted += inserted;
                last.text.end = text.end;
                return;
            }
        }
        self.steps.push(Step {
            pos,
            deleted: TextWidth::default(),
            inserted,
            text,
            is_restored,
        });
    }

    #[inline]
    fn push_delete(&mut self, (pos, deleted): (TextWidth, TextWidth)) {
        if let Some(last) = self.steps.last_mut() {
            if pos.chars == last.pos.chars + last.inserted.chars {
                last.deleted += deleted;
                return;
            }
            if last.inserted.chars == 0 && pos.chars + deleted.chars == last.pos.chars {
                last.pos = pos;
                last.deleted += deleted;
                return;
            }
        }
        self.steps.push(Step {
            pos,
            deleted,
            inserted: TextWidth::default(),
            text: TextRange::default(),
            is_restored: false,
        });
    }
}

impl<'a, 'r> Recorder<'a, 'r> {
    /// Notes what happens to a text.
    pub(crate) fn of_text(oplog: &'a OpLog, rope: &'r mut Rope) -> Self {
        Self {
            rope: Some(rope),
            ..Self::without_text(oplog)
        }
    }

    pub(super) fn without_text(oplog: &'a OpLog) -> Self {
        Self {
            notes: Notes::default(),
            oplog,
            rope: None,
        }
    }

    pub(crate) fn into_notes(self) -> Notes {
        self.notes
    }

    pub(crate) fn record(&mut self, comparison: Comparison) {
        let base = comparison.base;
        let mut base_text: Option<Rope> = None;
        for change in comparison.changes {
            match change {
                Change::Delete { pos, len } => self.delete(pos, len),
                Change::Insert { pos, lvs } => {
                    let text = self.oplog.ops().text_within(lvs);
                    self.insert(pos, text, lvs.len());
                }
                Change::Restore { pos, from, len } => {
                    let oplog = self.oplog;
                    let base = base_text
                        .get_or_insert_with(|| Branch::at_known_version(oplog, &base).into_rope());
                    self.restore(pos, &base.slice_chars(from..from + len), len);
                }
            }
        }
    }

    /// Takes operations, each on what the one before left.
    pub(crate) fn follow(&mut self, ops: &[TextOp<'_>]) {
        for op in ops {
            match *op {
                TextOp::Insert { pos, text } => {
                    self.restore(pos as u32, text, op.n_events() as u32);
                }
                TextOp::Delete { pos, len, .. } => self.delete(pos as u32, len as u32),
            }
        }
    }

    fn restore(&mut self, pos: u32, text: &str, len: u32) {
        let place = self.put(pos, text, len);
        let start = self.notes.restored.len() as u32;
        self.notes.restored.push_str(text);
        let end = self.notes.restored.len() as u32;
        self.notes
            .push_insert(place, TextRange { start, end }, true);
    }

    /// Inserts into the text; returns where, and how much.
    #[inline]
    fn put(&mut self, pos: u32, text: &str, len: u32) -> (TextWidth, TextWidth) {
        match &mut self.rope {
            Some(rope) => insert(rope, pos, text, len),
            None => (TextWidth::scalars(pos), TextWidth::scalars(len)),
        }
    }
}

impl Sink for Recorder<'_, '_> {
    #[inline]
    fn insert(&mut self, pos: u32, text: TextRange, len: u32) {
        let place = self.put(pos, self.oplog.ops().text(text), len);
        self.notes.push_insert(place, text, false);
    }

    #[inline]
    fn delete(&mut self, pos: u32, len: u32) {
        let place = match &mut self.rope {
            Some(rope) => delete(rope, pos, len),
            None => (TextWidth::scalars(pos), TextWidth::scalars(len)),
        };
        self.notes.push_delete(place);
    }
}

/// Inserts a text of `len` scalars; returns where, and how wide it is.
#[inline]
fn insert(rope: &mut Rope, pos: u32, text: &str, len: u32) -> (TextWidth, TextWidth) {
    let width = TextWidth::of_scalars(text, len);
    rope.insert_measured(pos, text, width);
    (rope.width_to(pos + len) - width, width)
}

/// Deletes; returns where, and how wide it was.
#[inline]
fn delete(rope: &mut Rope, pos: u32, len: u32) -> (TextWidth, TextWidth) {
    let before = rope.total();
    rope.delete(pos, len);
    (rope.width_to(pos), before - rope.total())
}
