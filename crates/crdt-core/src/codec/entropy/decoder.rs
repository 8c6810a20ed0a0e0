//! The reading half.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

use alloc::vec::Vec;

use super::{LOWEST, Layout, SCALE, SCALE_BITS, Token, max_tables, table};
use crate::codec::{DecodeError, Reader, column};

/// Reads values one by one, each in the context in which it was written.
#[derive(Debug)]
pub struct Decoder<'a> {
    layout: Layout,
    /// Where the table of each context starts.
    table_of: Vec<u32>,
    slots: Vec<u32>,
    /// The one whose turn it is comes first.
    states: [u32; 2],
    words: &'a [u8],
    /// How many words were asked for beyond the end.
    n_missing: usize,
    offset: usize,
}

impl<'a> Decoder<'a> {
    /// Reads the tables; the rest of `r` is the values'.
    ///
    /// # Errors
    /// A [`DecodeError`] if the tables are not as an encoder with this layout writes them.
    /// # Limits
    /// Allocates at most 8 times the input, and 32 KiB.
    /// # Complexity
    /// O(t), t = tables.
    pub fn read(mut r: Reader<'a>, layout: Layout) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let max = max_tables(r.remaining());
        let n_tables = usize::from(r.u8()?);
        if n_tables == 0 || n_tables > max {
            let (found, max) = (n_tables as u64, max as u64);
            return Err(DecodeError::OutOfRange { offset, found, max });
        }
        let mut table_of = Vec::with_capacity(layout.n_contexts);
        for table in column::decode_u64s(&mut r, layout.n_contexts)? {
            if table >= n_tables as u64 {
                return Err(DecodeError::NotCanonical { offset });
            }
            table_of.push((table as u32).saturating_mul(SCALE));
        }
        let slots = table::read_all(&mut r, n_tables)?;
        let states = [r.u32_le()?, r.u32_le()?];
        if states.iter().any(|&state| state < LOWEST) {
            return Err(DecodeError::NotCanonical { offset });
        }
        let words = r.raw(r.remaining())?;
        Ok(Self {
            layout,
            table_of,
            slots,
            states,
            words,
            n_missing: 0,
            offset,
        })
    }

    /// Reads the next value.
    ///
    /// From bytes that were not written for this, the values are arbitrary.
    ///
    /// # Complexity
    /// O(1).
    #[inline]
    pub fn next(&mut self, context: usize) -> u64 {
        let symbol = u64::from(self.symbol(context));
        if symbol < self.layout.n_direct(context) {
            symbol
        } else {
            self.number(symbol)
        }
    }

    /// Reads the next value of a context of bytes.
    ///
    /// # Complexity
    /// O(1).
    #[inline]
    pub fn next_byte(&mut self, context: usize) -> u8 {
        self.symbol(context)
    }

    /// Whether more was asked for than the input holds.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.n_missing > 0
    }

    /// Checks that the values read were all that was written.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] if they were not, or the input is no encoder's.
    pub fn finish(self) -> Result<(), DecodeError> {
        let is_done = self.words.is_empty() && !self.is_exhausted();
        if is_done && self.states == [LOWEST; 2] {
            Ok(())
        } else {
            let offset = self.offset;
            Err(DecodeError::NotCanonical { offset })
        }
    }

    /// As [`Self::finish`], but lets zeros follow the values.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_with_zeros(mut self) -> Result<(), DecodeError> {
        if self.words.iter().all(|&byte| byte == 0) {
            self.words = &[];
        }
        self.finish()
    }

    #[cfg(test)]
    pub(super) const fn n_bytes_of_tables(&self) -> usize {
        size_of::<u32>().saturating_mul(self.slots.len())
    }

    #[inline]
    #[expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "tables are complete: `read` made a slot for each state below SCALE, and the steps of \
                  each symbol add up to SCALE, so that a state stays below 2^32; this is the hot loop"
    )]
    fn symbol(&mut self, context: usize) -> u8 {
        let state = self.states[0];
        let slot = self.table_of[context] + (state & (SCALE - 1));
        let entry = self.slots[slot as usize];
        let freq = ((entry >> 8) & (SCALE - 1)) + 1;
        let state = freq * (state >> SCALE_BITS) + (entry >> (8 + SCALE_BITS));
        self.end_turn(state);
        entry as u8
    }

    #[inline(never)]
    fn number(&mut self, symbol: u64) -> u64 {
        let (n_bits, mut value) = Token::expand(symbol);
        let mut at = 0;
        while at < n_bits {
            let n = n_bits.saturating_sub(at).min(16);
            let state = self.states[0];
            value |= u64::from(state & !(u32::MAX << n)) << at;
            self.end_turn(state >> n);
            at = at.saturating_add(n);
        }
        value
    }

    /// Brings the state back above its lowest and passes the turn.
    #[inline]
    fn end_turn(&mut self, state: u32) {
        let state = if state < LOWEST {
            (state << 16) | u32::from(self.word())
        } else {
            state
        };
        self.states = [self.states[1], state];
    }

    #[inline]
    fn word(&mut self) -> u16 {
        match self.words.split_first_chunk() {
            Some((word, rest)) => {
                self.words = rest;
                u16::from_le_bytes(*word)
            }
            None => {
                self.n_missing = self.n_missing.saturating_add(1);
                0
            }
        }
    }
}
