//! The operations of a run, as small numbers.
//!
//! Where an operation happens is told as a *place*: 0 for an insert at the agent's caret or a delete of
//! what stands before it, 1 for a delete of what follows it; from 2 on the same as 0 where the caret
//! stood before it went elsewhere; from [`AWAY`] on how far the lowest position is from the caret.

use crdt_core::codec::DecodeError;

use super::{MALFORMED, Put, Take, field, stepped, unzigzag, zigzag};
use crate::op_log::MAX_LEN;
use crate::{Direction, TextOp};

/// What an operation does, as a number.
mod kind {
    pub(super) const INSERT: usize = 0;
    pub(super) const DELETE: usize = 1;
    pub(super) const BACKSPACE: usize = 2;
    /// As the two before, with the deleted text recorded.
    pub(super) const RECORDED: usize = 2;
}

/// An operation whose text is elsewhere.
#[derive(Clone, Copy, Debug)]
pub(in crate::update) struct OpRow {
    kind: usize,
    pub(in crate::update) len: u32,
    /// The lowest position that is touched.
    pub(in crate::update) lowest: u32,
    pub(in crate::update) is_last: bool,
}

/// What is expected of the next operation, whoever makes it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Habit {
    last_kind: usize,
    last_len_field: usize,
}

/// One run's operations, while they are told.
#[derive(Clone, Copy, Debug)]
pub(in crate::update) struct Turn {
    pub(super) carets: Carets,
    pub(super) habit: Habit,
    is_first: bool,
}

impl Turn {
    #[inline]
    pub(super) fn new(carets: Carets, habit: Habit) -> Self {
        Self {
            carets,
            habit,
            is_first: true,
        }
    }

    /// Writes an operation.
    pub(in crate::update) fn put_op(&mut self, out: &mut impl Put, row: OpRow) {
        out.put(
            self.op_field(),
            2 * row.kind as u64 + u64::from(row.is_last),
        );
        let place = self.carets.place_of(row);
        out.put(self.place_field(row.kind), place);
        out.put(self.len_field(row.kind, place), u64::from(row.len) - 1);
        self.note(place, row);
    }

    /// Reads what [`Self::put_op`] wrote.
    #[inline(always)]
    pub(in crate::update) fn take_op(
        &mut self,
        from: &mut impl Take,
    ) -> Result<OpRow, DecodeError> {
        let op = from.take(self.op_field())?;
        let kind = (op / 2) as usize;
        if kind >= field::N_KINDS {
            return Err(MALFORMED);
        }
        let place = from.take(self.place_field(kind))?;
        let len = from.take(self.len_field(kind, place))?;
        if len >= MAX_LEN as u64 || (len == 0 && is_backspace(kind)) {
            return Err(MALFORMED);
        }
        let lowest = self.carets.lowest(place, kind, len + 1)?;
        if lowest + len >= MAX_LEN as u64 {
            return Err(MALFORMED);
        }
        let row = OpRow {
            kind,
            len: len as u32 + 1,
            lowest: lowest as u32,
            is_last: op & 1 == 1,
        };
        self.note(place, row);
        Ok(row)
    }

    #[inline(always)]
    fn note(&mut self, place: u64, row: OpRow) {
        self.is_first = false;
        let habit = &mut self.habit;
        habit.last_kind = row.kind;
        habit.last_len_field = usize::from(row.len > 1) + 2 * (habit.last_len_field & 1);
        self.carets.note(place, row);
    }

    #[inline]
    fn op_field(&self) -> usize {
        field::OP + 2 * self.habit.last_kind + usize::from(self.is_first)
    }

    #[inline]
    fn place_field(&self, kind: usize) -> usize {
        let kinds = field::N_KINDS * kind + self.habit.last_kind;
        field::PLACE + 2 * kinds + usize::from(self.is_first)
    }

    #[inline]
    fn len_field(&self, kind: usize, place: u64) -> usize {
        let is_insert = kind == kind::INSERT;
        let place = match place {
            // At the caret, and before it.
            0 => usize::from(!is_insert),
            1 => 0,
            2..AWAY => 2,
            _ => 3,
        };
        field::LEN + 4 * (4 * kind + place) + self.habit.last_len_field
    }
}

impl OpRow {
    pub(in crate::update) fn of(op: &TextOp<'_>, is_last: bool) -> Self {
        let (kind, lowest) = match *op {
            TextOp::Insert { pos, .. } => (kind::INSERT, pos),
            TextOp::Delete {
                pos,
                len,
                direction,
                text,
            } => {
                let is_backspace = direction == Direction::Backward && len > 1;
                let recorded = if text.is_some() { kind::RECORDED } else { 0 };
                let kind = if is_backspace {
                    kind::BACKSPACE
                } else {
                    kind::DELETE
                };
                (kind + recorded, pos)
            }
        };
        Self {
            kind,
            // An op log holds no longer ones, and no positions beyond.
            len: op.n_events() as u32,
            lowest: lowest as u32,
            is_last,
        }
    }

    #[inline]
    pub(in crate::update) fn is_insert(self) -> bool {
        self.kind == kind::INSERT
    }

    /// Whether the deleted text is recorded.
    #[inline]
    pub(in crate::update) fn is_recorded(self) -> bool {
        self.kind > kind::RECORDED
    }

    /// In which direction it deletes.
    #[inline]
    pub(in crate::update) fn direction(self) -> Direction {
        if is_backspace(self.kind) {
            Direction::Backward
        } else {
            Direction::Forward
        }
    }

    /// Where the caret stands: behind what was inserted, or where something was deleted.
    #[inline]
    fn caret_after(self) -> u32 {
        self.lowest + if self.is_insert() { self.len } else { 0 }
    }
}

/// Where an agent's caret stands, and where it stood before it went elsewhere, the latest first:
/// people correct something and go on where they were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Carets {
    now: u32,
    before: [u32; N_BEFORE],
}

impl Carets {
    /// Moves carets as the operation does that happens at a place.
    #[inline(always)]
    fn note(&mut self, place: u64, row: OpRow) {
        self.leave(place);
        let (is_insert, len) = (row.is_insert(), row.len);
        // Who is behind the place moves on by `forth`, or goes back by up to `back`. Without a branch: it
        // could not be foretold.
        let (forth, back) = if is_insert { (len, 0) } else { (0, len) };
        for caret in &mut self.before {
            let behind = caret.saturating_sub(row.lowest);
            let moved = behind.saturating_sub(back).saturating_add(forth);
            let moved = row.lowest.saturating_add(moved);
            *caret = if behind > 0 { moved } else { *caret };
        }
        self.now = row.caret_after();
    }

    /// Notes where the caret is left, if it is: that comes first, and takes the room of what is returned
    /// to, or of the last.
    #[inline(always)]
    fn leave(&mut self, place: u64) {
        let [first, second, third] = self.before;
        self.before = [
            if place >= 2 { self.now } else { first },
            if place >= 3 { first } else { second },
            if place >= 4 { second } else { third },
        ];
    }

    fn place_of(&self, row: OpRow) -> u64 {
        let end = row.lowest + if row.is_insert() { 0 } else { row.len };
        if row.lowest == self.now {
            u64::from(!row.is_insert())
        } else if end == self.now {
            0
        } else if let Some(nth) = self.before.iter().position(|&before| before == end) {
            nth as u64 + 2
        } else {
            AWAY + zigzag(i64::from(row.lowest) - i64::from(self.now))
        }
    }

    /// The lowest position of an operation of `len` events.
    #[inline(always)]
    fn lowest(&self, place: u64, kind: usize, len: u64) -> Result<u64, DecodeError> {
        let back = if kind == kind::INSERT {
            0
        } else {
            -(len as i64)
        };
        let is_near = place < AWAY;
        let nth = if is_near { place } else { 0 };
        let [first, second, third] = self.before;
        let caret = [self.now, self.now, first, second, third][nth as usize];
        let step = if place == 1 { 0 } else { back };
        let away = unzigzag(place.wrapping_sub(AWAY));
        let step = if is_near { step } else { away };
        stepped(caret.into(), step, MAX_LEN as u64)
    }
}

const N_BEFORE: usize = 3;

/// The first place that is told as a step.
const AWAY: u64 = 2 + N_BEFORE as u64;

#[inline]
fn is_backspace(kind: usize) -> bool {
    kind == kind::BACKSPACE || kind == kind::BACKSPACE + kind::RECORDED
}
