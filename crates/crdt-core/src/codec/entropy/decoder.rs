//! The reading half.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::vec::Vec;

use super::levels::Levels;
use super::table::Tables;
use super::{BY_LEVELS, DIRECT, LOWEST, Layout, Token, max_tables};
use crate::codec::{DecodeError, Reader, column};

/// A state has so many bits to give before it must be brought back.
const BITS_AT_ONCE: u32 = 16;

/// Reads values one by one, each in the context in which it was written.
#[derive(Debug)]
pub struct Decoder<'a> {
    layout: Layout,
    /// Where the table of each context starts.
    table_of: Vec<u32>,
    tables: Tables,
    /// The one whose turn it is comes first.
    states: [u32; 2],
    words: &'a [[u8; 2]],
    /// What is left of the input behind whole words.
    rest: &'a [u8],
    /// The next word; beyond the end, once more was asked for than there is.
    at: usize,
    offset: usize,
}

impl<'a> Decoder<'a> {
    /// Reads the tables; the rest of `r` is the values'.
    ///
    /// # Errors
    /// A [`DecodeError`] if the tables are not as an encoder with this layout writes them.
    /// # Limits
    /// Allocates at most 3 times the input, and 24 KiB.
    /// # Complexity
    /// O(t), t = tables.
    pub fn read(r: Reader<'a>, layout: Layout) -> Result<Self, DecodeError> {
        let max = max_tables(r.remaining());
        Self::with_tables(r, layout, max, true)
    }

    /// As [`Self::read`], for few tables, all told exactly.
    pub(super) fn read_exact(r: Reader<'a>, layout: Layout) -> Result<Self, DecodeError> {
        Self::with_tables(r, layout, max_tables(0), false)
    }

    fn with_tables(
        mut r: Reader<'a>,
        layout: Layout,
        max: usize,
        may_have_levels: bool,
    ) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let head = r.u8()?;
        let has_levels = may_have_levels && head & BY_LEVELS > 0;
        let n_tables = usize::from(if has_levels { head ^ BY_LEVELS } else { head });
        if n_tables == 0 || n_tables > max {
            let (found, max) = (n_tables as u64, max as u64);
            return Err(DecodeError::OutOfRange { offset, found, max });
        }
        let (numbers, tables) = if has_levels {
            levels(&mut r, layout.n_contexts, n_tables)?
        } else {
            let numbers = column::decode_u64s(&mut r, layout.n_contexts)?;
            (numbers, Tables::read(&mut r, n_tables)?)
        };
        if numbers.iter().any(|&table| table >= n_tables as u64) {
            return Err(DecodeError::NotCanonical { offset });
        }
        let table_of = numbers.into_iter().map(Tables::start).collect();
        let states = [r.u32_le()?, r.u32_le()?];
        if states.iter().any(|&state| state < LOWEST) {
            return Err(DecodeError::NotCanonical { offset });
        }
        let (words, rest) = r.raw(r.remaining())?.as_chunks();
        Ok(Self {
            layout,
            table_of,
            tables,
            states,
            words,
            rest,
            at: 0,
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
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a table for each context of the layout, which the caller chose"
    )]
    pub fn next(&mut self, context: usize) -> u64 {
        let symbol = u64::from(self.next_in(self.table_of[context]));
        if symbol < self.layout.n_direct(context) {
            symbol
        } else {
            self.number(symbol)
        }
    }

    /// Reads the next value, whose context is one of numbers.
    ///
    /// As [`Self::next`], but need not ask.
    ///
    /// # Complexity
    /// O(1).
    #[inline(always)]
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a table for each context of the layout, which the caller chose"
    )]
    pub fn next_number(&mut self, context: usize) -> u64 {
        debug_assert!(context >= self.layout.n_bytes);
        let symbol = u64::from(self.next_in(self.table_of[context]));
        if symbol < DIRECT {
            symbol
        } else {
            self.number(symbol)
        }
    }

    /// Where the table of a context starts, for [`Self::next_in`].
    #[expect(
        clippy::indexing_slicing,
        reason = "there is a table for each context of the layout, which the caller chose"
    )]
    pub(in crate::codec) fn table(&self, context: usize) -> u32 {
        self.table_of[context]
    }

    /// Reads the next value of a context of bytes that has this table.
    #[inline(always)]
    pub(in crate::codec) fn next_in(&mut self, table: u32) -> u8 {
        let (symbol, state) = self.tables.step(table, self.states[0]);
        self.end_turn(state);
        symbol
    }

    /// Whether more was asked for than the input holds.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.at > self.words.len()
    }

    /// Checks that the values read were all that was written.
    ///
    /// # Errors
    /// [`DecodeError::NotCanonical`] if they were not, or the input is no encoder's.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.at == self.words.len() && self.rest.is_empty() && self.states == [LOWEST; 2] {
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
        let mut rest = self.words.iter().skip(self.at).flatten().chain(self.rest);
        if rest.all(|&byte| byte == 0) {
            self.at = self.at.max(self.words.len());
            self.rest = &[];
        }
        self.finish()
    }

    #[cfg(test)]
    pub(super) const fn n_bytes_of_tables(&self) -> usize {
        self.tables.n_bytes()
    }

    /// The number that starts with a token. Apart, for most values are tokens of their own.
    #[inline(never)]
    fn number(&mut self, symbol: u64) -> u64 {
        let (n_bits, above) = Token::expand(symbol);
        if n_bits > BITS_AT_ONCE {
            return self.large_number(n_bits, above);
        }
        above | self.bits(n_bits)
    }

    #[cold]
    fn large_number(&mut self, n_bits: u32, mut value: u64) -> u64 {
        let mut at = 0;
        while at < n_bits {
            let n = n_bits.saturating_sub(at).min(BITS_AT_ONCE);
            value |= self.bits(n) << at;
            at = at.saturating_add(n);
        }
        value
    }

    /// Takes bits that are not modelled, at most [`BITS_AT_ONCE`].
    #[inline]
    fn bits(&mut self, n_bits: u32) -> u64 {
        let state = self.states[0];
        self.end_turn(state >> n_bits);
        u64::from(state & !(u32::MAX << n_bits))
    }

    /// Brings the state back above its lowest and passes the turn.
    ///
    /// Whether a word is due is as good as random, so it is looked at in any case: to guess wrong
    /// would cost more.
    #[inline(always)]
    fn end_turn(&mut self, state: u32) {
        let word = self.words.get(self.at).copied().unwrap_or_default();
        let word = u32::from(u16::from_le_bytes(word));
        let is_due = state < LOWEST;
        let refilled = (state << 16) | word;
        self.at = self.at.wrapping_add(usize::from(is_due));
        self.states = [self.states[1], if is_due { refilled } else { state }];
    }
}

/// Which table each context has, and the tables, told by levels.
fn levels(
    r: &mut Reader<'_>,
    n_contexts: usize,
    n_tables: usize,
) -> Result<(Vec<u64>, Tables), DecodeError> {
    let mut levels = Levels::open(r)?;
    let numbers = (0..n_contexts).map(|_| levels.table_number()).collect();
    let mut tables = Tables::with_capacity(n_tables);
    for _ in 0..n_tables {
        tables.push(&levels.table()?);
    }
    levels.finish()?;
    Ok((numbers, tables))
}
