//! Text that operations take their share of, one after the other.

use crdt_core::codec::{Budget, DecodeError, Reader, packed};

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

    /// Splits off the next `len` scalars; there must be as many.
    #[inline]
    pub(super) fn take(&mut self, len: u32) -> Result<&'a str, DecodeError> {
        // ASCII, the usual case, has scalars and bytes alike; looking at the first `len` bytes tells.
        let len = len as usize;
        let byte = match self.0.as_bytes().get(..len) {
            Some(head) if head.is_ascii() => len,
            _ => {
                let byte = str_indices::chars::to_byte_idx(self.0, len);
                if str_indices::chars::count(&self.0[..byte]) < len {
                    return Err(DecodeError::Truncated {
                        offset: 0,
                        needed: len as u64,
                    });
                }
                byte
            }
        };
        let (text, rest) = self.0.split_at(byte);
        self.0 = rest;
        Ok(text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
