//! The section of operations.

use crdt_core::codec::{Budget, DecodeError, Reader, column};

use super::super::Update;
use super::text::{Deleted, split_chars};
use super::{add, at_most};
use crate::op_log::{MAX_LEN, OpKind};
use crate::{Direction, TextOp};

/// The columns of operations.
pub(super) struct OpColumns {
    offset: usize,
    kinds: Vec<u64>,
    lens: Vec<u64>,
    steps: Vec<i64>,
}

impl OpColumns {
    pub(super) fn read(mut r: Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n = r.count(0, budget)?;
        let kinds = column::decode_u64s(&mut r, n)?;
        let lens = column::decode_u64s(&mut r, n)?;
        let steps = column::decode_i64s(&mut r, n)?;
        let offset = r.offset();
        r.finish()?;
        Ok(Self {
            offset,
            kinds,
            lens,
            steps,
        })
    }

    /// Puts the operations into the update, with the text that belongs to them.
    pub(super) fn push_all(
        &self,
        inserted: &str,
        deleted: &Deleted,
        update: &mut Update,
    ) -> Result<(), DecodeError> {
        let Self { offset, .. } = *self;
        let mut inserted = inserted;
        let mut deleted = deleted.cursor();
        let mut caret = 0_u64;
        let mut n_events = 0;
        for ((&kind, &len), &step) in self.kinds.iter().zip(&self.lens).zip(&self.steps) {
            if len == 0 {
                return Err(DecodeError::NotCanonical { offset });
            }
            n_events = at_most(add(n_events, len, offset)?, MAX_LEN as u64, offset)?;
            let pos = caret
                .checked_add_signed(step)
                .ok_or(DecodeError::NotCanonical { offset })?;
            at_most(add(pos, len, offset)?, MAX_LEN as u64, offset)?;
            let (pos, len) = (pos as usize, len as usize);
            let kind = kind_of(kind, offset)?;
            caret = match kind {
                OpKind::Insert => {
                    let (text, rest) = split_chars(inserted, len, offset)?;
                    inserted = rest;
                    update.ops.push(&TextOp::insert(pos, text));
                    deleted.skip(len as u64)?;
                    pos + len
                }
                OpKind::Delete => {
                    deleted.push_delete(pos, len, Direction::Forward, update)?;
                    pos
                }
                OpKind::Backspace => {
                    let lowest = (pos + 1).checked_sub(len);
                    let lowest = lowest.ok_or(DecodeError::NotCanonical { offset })?;
                    deleted.push_delete(lowest, len, Direction::Backward, update)?;
                    lowest
                }
            } as u64;
        }
        deleted.finish()?;
        if inserted.is_empty() {
            Ok(())
        } else {
            Err(DecodeError::NotCanonical { offset })
        }
    }
}

fn kind_of(code: u64, offset: usize) -> Result<OpKind, DecodeError> {
    match code {
        0 => Ok(OpKind::Insert),
        1 => Ok(OpKind::Delete),
        2 => Ok(OpKind::Backspace),
        found => Err(DecodeError::UnknownTag { offset, found }),
    }
}
