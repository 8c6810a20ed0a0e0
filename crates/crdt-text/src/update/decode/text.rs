//! Text that operations take their share of, one after the other.

use crdt_core::codec::{Budget, DecodeError, Reader, packed};
use str_indices::chars;

/// Reads a packed text.
pub(super) fn text(r: Reader<'_>, budget: &mut Budget) -> Result<String, DecodeError> {
    let offset = r.offset();
    let text = String::from_utf8(packed::decode(r, budget)?);
    text.map_err(|_| DecodeError::InvalidUtf8 { offset })
}

/// What is left of a text.
pub(super) struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(text)
    }

    /// Splits off the next `len` scalars; `None` if there are not as many.
    pub(super) fn take(&mut self, len: u32) -> Option<&'a str> {
        let len = len as usize;
        let (text, rest) = self.0.split_at(chars::to_byte_idx(self.0, len));
        if rest.is_empty() && chars::count(text) < len {
            return None;
        }
        self.0 = rest;
        Some(text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
