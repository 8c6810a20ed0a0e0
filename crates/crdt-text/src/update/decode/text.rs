//! The sections of inserted and deleted text.

use crdt_core::codec::{Budget, DecodeError, Reader, column};

use super::super::Update;
use super::super::encode::storage;
use super::at_most;
use crate::{Direction, TextOp};

/// Reads a text, unpacked.
pub(super) fn text(mut r: Reader<'_>, budget: &mut Budget) -> Result<String, DecodeError> {
    let offset = r.offset();
    let text = match r.u8()? {
        storage::RAW => {
            let text = r.str()?;
            budget.spend_output_bytes(text.len() as u64)?;
            text.to_owned()
        }
        #[cfg(feature = "lz4")]
        storage::LZ4 => unpack(&mut r, budget)?,
        found => {
            return Err(DecodeError::UnknownTag {
                offset,
                found: found.into(),
            });
        }
    };
    r.finish()?;
    Ok(text)
}

#[cfg(feature = "lz4")]
fn unpack(r: &mut Reader<'_>, budget: &mut Budget) -> Result<String, DecodeError> {
    /// One byte of an LZ4 block never stands for more than 255.
    const MAX_RATIO: u64 = 255;
    let len = r.u64()?;
    let offset = r.offset();
    let packed = r.bytes()?;
    at_most(len, (packed.len() as u64).saturating_mul(MAX_RATIO), offset)?;
    budget.spend_output_bytes(len)?;
    let bytes = lz4_flex::block::decompress(packed, len as usize)
        .map_err(|_| DecodeError::NotCanonical { offset })?;
    if bytes.len() as u64 != len {
        return Err(DecodeError::NotCanonical { offset });
    }
    String::from_utf8(bytes).map_err(|_| DecodeError::InvalidUtf8 { offset })
}

/// Splits text behind `len` scalars; there must be as many.
pub(super) fn split_chars(
    text: &str,
    len: usize,
    offset: usize,
) -> Result<(&str, &str), DecodeError> {
    // ASCII, the usual case, has scalars and bytes alike; looking at the first `len` bytes tells.
    let byte = match text.as_bytes().get(..len) {
        Some(head) if head.is_ascii() => len,
        _ => {
            let byte = str_indices::chars::to_byte_idx(text, len);
            if str_indices::chars::count(&text[..byte]) < len {
                return Err(DecodeError::Truncated {
                    offset,
                    needed: len as u64,
                });
            }
            byte
        }
    };
    Ok(text.split_at(byte))
}

/// Which deletes have their text recorded, and that text.
#[derive(Default)]
pub(super) struct Deleted {
    offset: usize,
    gaps: Vec<u64>,
    lens: Vec<u64>,
    text: String,
}

/// Walks the recorded stretches along with the operations.
pub(super) struct DeletedCursor<'a> {
    deleted: &'a Deleted,
    next: usize,
    /// Events before the next stretch, or left in it.
    gap: u64,
    left: u64,
    text: &'a str,
}

impl Deleted {
    pub(super) fn read(mut r: Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n = r.count(0, budget)?;
        if n == 0 {
            return Err(DecodeError::NotCanonical { offset: r.offset() });
        }
        let gaps = column::decode_u64s(&mut r, n)?;
        let lens = column::decode_u64s(&mut r, n)?;
        let offset = r.offset();
        if lens.is_empty() || lens.contains(&0) {
            return Err(DecodeError::NotCanonical { offset });
        }
        Ok(Self {
            offset,
            gaps,
            lens,
            text: text(r, budget)?,
        })
    }

    pub(super) fn cursor(&self) -> DeletedCursor<'_> {
        let mut cursor = DeletedCursor {
            deleted: self,
            next: 0,
            gap: 0,
            left: 0,
            text: &self.text,
        };
        cursor.load();
        cursor
    }
}

impl<'a> DeletedCursor<'a> {
    /// Passes events that are no deletes.
    pub(super) fn skip(&mut self, len: u64) -> Result<(), DecodeError> {
        self.load();
        match self.gap.checked_sub(len) {
            Some(gap) => {
                self.gap = gap;
                Ok(())
            }
            None => Err(DecodeError::NotCanonical {
                offset: self.deleted.offset,
            }),
        }
    }

    pub(super) fn push_delete(
        &mut self,
        pos: usize,
        len: usize,
        direction: Direction,
        update: &mut Update,
    ) -> Result<(), DecodeError> {
        let mut left = len;
        while left > 0 {
            self.load();
            let is_recorded = self.gap == 0;
            let available = if is_recorded { self.left } else { self.gap };
            let n = left.min(usize::try_from(available).unwrap_or(usize::MAX));
            if n == 0 {
                return Err(DecodeError::NotCanonical {
                    offset: self.deleted.offset,
                });
            }
            let text = if is_recorded {
                Some(self.take(n)?)
            } else {
                None
            };
            left -= n;
            let pos = if direction == Direction::Backward {
                pos + left
            } else {
                pos
            };
            update.ops.push(&TextOp::Delete {
                pos,
                len: n,
                direction,
                text,
            });
            if is_recorded {
                self.left -= n as u64;
            } else {
                self.gap -= n as u64;
            }
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Result<&'a str, DecodeError> {
        let (text, rest) = split_chars(self.text, len, self.deleted.offset)?;
        self.text = rest;
        Ok(text)
    }

    /// Moves to the next stretch if this one is done; after the last comes an endless gap.
    fn load(&mut self) {
        if self.gap > 0 || self.left > 0 {
            return;
        }
        match (
            self.deleted.gaps.get(self.next),
            self.deleted.lens.get(self.next),
        ) {
            (Some(&gap), Some(&len)) => (self.gap, self.left) = (gap, len),
            _ => self.gap = u64::MAX,
        }
        self.next += 1;
    }

    pub(super) fn finish(&self) -> Result<(), DecodeError> {
        let is_done =
            self.left == 0 && self.next >= self.deleted.gaps.len() && self.text.is_empty();
        if is_done {
            Ok(())
        } else {
            Err(DecodeError::NotCanonical {
                offset: self.deleted.offset,
            })
        }
    }
}
