//! The operations of an op log, run-length encoded and stored column by column.
//!
//! # Invariants
//! - All columns have one entry for each run; run i holds the events from `starts[i]` to the next
//!   start.
//! - Runs are as long as they can be: pushing event by event or in bulk gives equal columns.
//! - A delete of one event is [`OpKind::Delete`]; only longer ones can be [`OpKind::Backspace`].
//! - The text of insert run i reaches from `text_starts[i]` to the next entry (or the buffer's end).

mod builder;
mod deleted;
mod dropped;

use core::ops::Range;

use crdt_core::{Lv, LvRange};
use str_indices::chars;

pub(crate) use self::builder::OpsBuilder;
pub(crate) use self::dropped::Agreement;
pub use self::dropped::DROPPED;

use self::deleted::DeletedText;
use crate::rope::{TextWidth, push_text};
use crate::{Direction, TextOp};

/// What a run of events does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum OpKind {
    /// Event k inserts at `pos + k`.
    Insert,
    /// Each event deletes at `pos`.
    Delete,
    /// Event k deletes at `pos - k`.
    Backspace,
}

/// One run, or a part of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpRun {
    pub(crate) lvs: LvRange,
    pub(crate) kind: OpKind,
    /// Position of the first event.
    pub(crate) pos: u32,
    /// Where the text lies in the buffer of inserted text; empty for deletes.
    pub(crate) text: TextRange,
}

/// A part of the inserted text, in bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TextRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct OpRuns {
    starts: Vec<Lv>,
    kinds: Vec<OpKind>,
    positions: Vec<u32>,
    text_starts: Vec<u32>,
    end: Lv,
    inserted: String,
    deleted: DeletedText,
    /// One more than the position at which an insert would continue the last run; 0 if none would.
    typed_to: u32,
}

impl OpRuns {
    /// Encodes operations that were checked before.
    pub(crate) fn from_ops<'a>(ops: impl IntoIterator<Item = TextOp<'a>>) -> Self {
        let mut runs = Self::default();
        ops.into_iter().for_each(|op| runs.push(&op));
        runs
    }

    /// Appends an operation that was checked before.
    pub(crate) fn push(&mut self, op: &TextOp<'_>) {
        match *op {
            TextOp::Insert { pos, text } => {
                self.push_insert(pos as u32, text, TextWidth::of(text).chars);
            }
            TextOp::Delete {
                pos,
                len,
                direction,
                text,
            } => {
                if let Some(text) = text {
                    self.deleted
                        .push(LvRange::new(self.end, self.end.plus(len as u32)), text);
                }
                match direction {
                    Direction::Forward => self.push_delete(pos as u32, len as u32, direction),
                    Direction::Backward => {
                        self.push_delete((pos + len - 1) as u32, len as u32, direction);
                    }
                }
            }
        }
    }

    /// How many events make a text of so many scalars the first text of a history.
    pub(crate) fn floor_len(n_chars: u32) -> u32 {
        n_chars.max(1)
    }

    /// Appends the events that make a text out of nothing: they insert it, or, if it is empty, delete
    /// nothing once.
    pub(crate) fn push_floor(&mut self, text: &str) {
        if text.is_empty() {
            self.push_delete(0, 1, Direction::Forward);
        } else {
            self.push_insert(0, text, TextWidth::of(text).chars);
        }
    }

    /// Whether an insert at `pos` is known to continue the last run.
    #[inline]
    pub(super) fn can_type(&self, pos: u32) -> bool {
        self.typed_to == pos + 1
    }

    /// Appends a key of one byte, which [`Self::can_type`].
    #[inline]
    pub(super) fn type_key(&mut self, key: u8) {
        self.inserted.push(char::from(key));
        self.end = self.end.plus(1);
        self.typed_to += 1;
    }

    /// The local version that the next event will get.
    pub(crate) fn end(&self) -> Lv {
        self.end
    }

    pub(crate) fn n_runs(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn text(&self, range: TextRange) -> &str {
        &self.inserted[range.start as usize..range.end as usize]
    }

    /// How many bytes of text are kept.
    pub(crate) fn text_bytes(&self) -> usize {
        self.inserted.len() + self.deleted.n_bytes()
    }

    /// Forgets every event from `len` on.
    pub(crate) fn truncate(&mut self, len: Lv) {
        if len >= self.end {
            return;
        }
        let run = self.find(len);
        let cut = self.run(run);
        let keeps_part = len > cut.lvs.start;
        let text_end = if keeps_part {
            self.slice(cut, LvRange::new(cut.lvs.start, len)).text.end
        } else {
            cut.text.start
        };
        let n = run + usize::from(keeps_part);
        self.starts.truncate(n);
        self.kinds.truncate(n);
        self.positions.truncate(n);
        self.text_starts.truncate(n);
        self.inserted.truncate(text_end as usize);
        self.end = len;
        self.typed_to = match n.checked_sub(1).map(|last| self.run(last)) {
            Some(last) if last.kind == OpKind::Insert => last.pos + last.lvs.len() + 1,
            _ => 0,
        };
        self.deleted.truncate(len);
        if len.get() - self.starts.last().map_or(0, |lv| lv.get()) == 1
            && let Some(kind) = self
                .kinds
                .last_mut()
                .filter(|kind| **kind == OpKind::Backspace)
        {
            *kind = OpKind::Delete;
        }
    }

    /// The index of the run that holds `lv`.
    #[inline]
    pub(crate) fn find(&self, lv: Lv) -> usize {
        self.starts.partition_point(|&start| start <= lv) - 1
    }

    /// The event after the last one of a run.
    #[inline]
    pub(crate) fn end_of_run(&self, run: usize) -> Lv {
        self.starts.get(run + 1).copied().unwrap_or(self.end)
    }

    #[inline]
    pub(crate) fn run(&self, run: usize) -> OpRun {
        let end = self.end_of_run(run);
        let text_end = self
            .text_starts
            .get(run + 1)
            .copied()
            .unwrap_or(self.inserted.len() as u32);
        OpRun {
            lvs: LvRange::new(self.starts[run], end),
            kind: self.kinds[run],
            pos: self.positions[run],
            text: TextRange {
                start: self.text_starts[run],
                end: text_end,
            },
        }
    }

    /// The part of a run inside `lvs`, which must meet it.
    #[inline]
    pub(crate) fn slice(&self, run: OpRun, lvs: LvRange) -> OpRun {
        let part = run.lvs.intersect(lvs);
        if part == run.lvs {
            return run;
        }
        let from = part.start.get() - run.lvs.start.get();
        match run.kind {
            OpKind::Insert => {
                let text = self.slice_text(run.text, run.lvs.len(), from..from + part.len());
                OpRun {
                    lvs: part,
                    pos: run.pos + from,
                    text,
                    ..run
                }
            }
            OpKind::Delete => OpRun { lvs: part, ..run },
            OpKind::Backspace => OpRun {
                lvs: part,
                pos: run.pos - from,
                ..run
            },
        }
    }

    /// Walks the runs that overlap `lvs`, cut to it.
    pub(crate) fn iter(&self, lvs: LvRange) -> impl Iterator<Item = OpRun> + '_ {
        let first = if lvs.is_empty() || lvs.start >= self.end {
            self.n_runs()
        } else {
            self.find(lvs.start)
        };
        self.iter_from(first as u32, lvs)
    }

    /// Walks the runs that overlap `lvs`, cut to it; `first` is the one that holds its start.
    #[inline]
    pub(crate) fn iter_from(&self, first: u32, lvs: LvRange) -> impl Iterator<Item = OpRun> + '_ {
        (first as usize..self.n_runs())
            .map(move |run| self.run(run))
            .take_while(move |run| run.lvs.start < lvs.end)
            .map(move |run| self.slice(run, lvs))
    }

    /// Where the text of the inserts among some events lies.
    pub(crate) fn text_within(&self, lvs: LvRange) -> TextRange {
        let first = self.slice(self.run(self.find(lvs.start)), lvs);
        let last = self.slice(self.run(self.find(lvs.last())), lvs);
        TextRange {
            start: first.text.start,
            end: last.text.end,
        }
    }

    /// Walks the operations of `lvs` in the form that users see.
    pub(crate) fn ops(&self, lvs: LvRange) -> impl Iterator<Item = TextOp<'_>> {
        self.iter(lvs)
            .flat_map(move |run| self.split_by_deleted_text(run))
    }

    /// Where the deleted text of `lvs` is recorded, as parts that have it and parts that have not.
    fn split_by_deleted_text(&self, run: OpRun) -> impl Iterator<Item = TextOp<'_>> {
        let mut rest = run.lvs;
        core::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            if run.kind == OpKind::Insert {
                rest.start = rest.end;
                return Some(TextOp::insert(run.pos as usize, self.text(run.text)));
            }
            let recorded = self.deleted.recorded(rest);
            let part = recorded.map_or(rest, |(lvs, _)| lvs);
            rest.start = part.end;
            Some(delete_op(
                &self.slice(run, part),
                recorded.and_then(|(_, text)| text),
            ))
        })
    }

    /// Appends an insert of `len` scalars that was checked before.
    #[inline]
    pub(super) fn push_insert(&mut self, pos: u32, text: &str, len: u32) {
        self.push_insert_of(pos, len, self.inserted.len() as u32);
        push_text(&mut self.inserted, text);
    }

    /// Appends an insert whose text is at `text_start`.
    #[inline]
    fn push_insert_of(&mut self, pos: u32, len: u32, text_start: u32) {
        if self.typed_to != pos + 1 {
            self.push_run(OpKind::Insert, pos, text_start);
        }
        self.end = self.end.plus(len);
        self.typed_to = pos + len + 1;
    }

    /// Appends deletes, of which the first is at `first`.
    ///
    /// As many events as fit extend the last run, so the outcome is as if they came one by one.
    #[inline]
    pub(super) fn push_delete(&mut self, first: u32, len: u32, direction: Direction) {
        self.push_delete_at(first, len, direction, self.inserted.len() as u32);
    }

    /// Appends deletes; the next insert's text is at `text_start`.
    #[inline]
    fn push_delete_at(&mut self, first: u32, len: u32, direction: Direction, text_start: u32) {
        let n = self.extend_last(first, len, direction);
        self.end = self.end.plus(n);
        if n < len {
            let first = if direction == Direction::Backward {
                first - n
            } else {
                first
            };
            let is_backspace = direction == Direction::Backward && len - n > 1;
            self.push_run(
                if is_backspace {
                    OpKind::Backspace
                } else {
                    OpKind::Delete
                },
                first,
                text_start,
            );
            self.end = self.end.plus(len - n);
        }
    }

    /// How many of the deletes the last run takes; marks it as a backspace run if they make it one.
    #[inline]
    fn extend_last(&mut self, first: u32, len: u32, direction: Direction) -> u32 {
        let Some(last) = self.n_runs().checked_sub(1) else {
            return 0;
        };
        let run = self.run(last);
        let fits = |wanted| {
            if direction == wanted || len == 1 {
                len
            } else {
                1
            }
        };
        match run.kind {
            OpKind::Delete if run.pos == first => fits(Direction::Forward),
            OpKind::Delete if run.lvs.len() == 1 && first + 1 == run.pos => {
                self.kinds[last] = OpKind::Backspace;
                fits(Direction::Backward)
            }
            OpKind::Backspace if first + run.lvs.len() == run.pos => fits(Direction::Backward),
            _ => 0,
        }
    }

    fn push_run(&mut self, kind: OpKind, pos: u32, text_start: u32) {
        self.typed_to = 0;
        self.starts.push(self.end);
        self.kinds.push(kind);
        self.positions.push(pos);
        self.text_starts.push(text_start);
    }

    /// Some scalars of a text that has `len` of them.
    #[inline]
    pub(crate) fn slice_text(&self, text: TextRange, len: u32, part: Range<u32>) -> TextRange {
        let TextRange { start, end } = text;
        if end - start == len {
            return TextRange {
                start: start + part.start,
                end: start + part.end,
            };
        }
        let text = self.text(text);
        let byte = |at| start + byte_of_char(text, len, at);
        TextRange {
            start: byte(part.start),
            end: byte(part.end),
        }
    }
}

/// The lowest position that a run of deletes reaches, as it stood before the first of them.
pub(crate) fn lowest_deleted(run: &OpRun) -> u32 {
    match run.kind {
        OpKind::Backspace => run.pos + 1 - run.lvs.len(),
        _ => run.pos,
    }
}

fn delete_op<'a>(run: &OpRun, text: Option<&'a str>) -> TextOp<'a> {
    let is_backspace = run.kind == OpKind::Backspace && run.lvs.len() > 1;
    TextOp::Delete {
        pos: lowest_deleted(run) as usize,
        len: run.lvs.len() as usize,
        direction: if is_backspace {
            Direction::Backward
        } else {
            Direction::Forward
        },
        text,
    }
}

/// The byte at which scalar `at` of a text of `len` scalars starts, looked for from the nearer end:
/// most slices are the newest part of a long run.
fn byte_of_char(text: &str, len: u32, at: u32) -> u32 {
    if at <= len / 2 {
        return chars::to_byte_idx(text, at as usize) as u32;
    }
    let behind = (len - at) as usize;
    match behind.checked_sub(1) {
        None => text.len() as u32,
        Some(nth) => text
            .char_indices()
            .rev()
            .nth(nth)
            .map_or(0, |(byte, _)| byte as u32),
    }
}
