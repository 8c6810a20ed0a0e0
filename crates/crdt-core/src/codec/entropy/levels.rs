//! Tables told by rough levels, which take a third of what exact frequencies take.
//!
//! **Format.** Number of symbols less 1: u8; length in bytes; a stream of numbers with tables told
//! exactly: for each context the number of its table; for each table and symbol the *level* of its
//! frequency, 0 for none. A level is expected by the mean of the levels that the symbol had in the
//! tables before, and by whether the symbol before it occurs. Frequencies are those of the levels,
//! brought to the sum of a table.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::vec;
use alloc::vec::Vec;

use super::table::{Counts, normalise};
use super::{Decoder, Encoder, Layout, N_SYMBOLS};
use crate::codec::{DecodeError, Reader, Writer};

/// What a level stands for. Rare symbols are not worth telling apart, frequent ones half an octave.
const FREQS: [u32; 19] = [
    0, 1, 3, 9, 16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024, 1448, 2048,
];

const MAX_MEAN: u32 = 14;
/// Of the first table.
const NO_MEAN: u32 = MAX_MEAN + 1;
/// Behind the contexts of levels.
const TABLE_NUMBER: usize = 2 * (NO_MEAN as usize + 1);
const LAYOUT: Layout = Layout::numbers(TABLE_NUMBER + 1);

/// Writes tables roughly; they are afterwards what a reader will see.
pub(super) fn write(w: &mut Writer, table_of: &[u8], tables: &mut [Counts]) {
    let last_symbol = |freqs: &Counts| freqs.iter().rposition(|&freq| freq > 0);
    let last_symbol = tables.iter().filter_map(last_symbol).max().unwrap_or(0);
    w.u8(last_symbol as u8);
    let mut levels = Encoder::new(LAYOUT);
    table_of
        .iter()
        .for_each(|&table| levels.push(TABLE_NUMBER, table.into()));
    let mut seen = Seen::new(last_symbol);
    for freqs in tables {
        let mut row = seen.row();
        for &freq in freqs.iter().take(last_symbol.saturating_add(1)) {
            let level = level_of(freq);
            levels.push(row.context(), level);
            row.note(level);
        }
        *freqs = row.into_freqs();
    }
    let mut told = Writer::new();
    levels.finish_exactly(&mut told);
    w.bytes(told.as_bytes());
}

/// What [`write`] wrote, on its way back.
pub(super) struct Levels<'a> {
    stream: Decoder<'a>,
    seen: Seen,
    last_symbol: usize,
    malformed: DecodeError,
}

impl<'a> Levels<'a> {
    pub(super) fn open(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let last_symbol = usize::from(r.u8()?);
        Ok(Self {
            stream: Decoder::read_exact(r.section()?, LAYOUT)?,
            seen: Seen::new(last_symbol),
            last_symbol,
            malformed: DecodeError::NotCanonical { offset },
        })
    }

    /// The number of the next context's table.
    pub(super) fn table_number(&mut self) -> u64 {
        self.stream.next_number(TABLE_NUMBER)
    }

    /// The frequencies of the next table, after the numbers of all contexts.
    pub(super) fn table(&mut self) -> Result<Counts, DecodeError> {
        let mut row = self.seen.row();
        for _ in 0..=self.last_symbol {
            let level = self.stream.next_number(row.context());
            if level >= FREQS.len() as u64 {
                return Err(self.malformed);
            }
            row.note(level);
        }
        if row.is_empty() {
            return Err(self.malformed);
        }
        Ok(row.into_freqs())
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        self.stream.finish()
    }
}

/// The levels of tables so far.
struct Seen {
    /// For each symbol the sum over all tables.
    sums: Vec<u32>,
    n_tables: u32,
}

/// The levels of one table so far.
struct Row<'a> {
    seen: &'a mut Seen,
    freqs: Counts,
    symbol: usize,
    /// Whether the symbol before occurs.
    goes_on: bool,
}

impl Seen {
    fn new(last_symbol: usize) -> Self {
        Self {
            sums: vec![0; last_symbol.saturating_add(1)],
            n_tables: 0,
        }
    }

    fn row(&mut self) -> Row<'_> {
        Row {
            seen: self,
            freqs: [0; N_SYMBOLS],
            symbol: 0,
            goes_on: false,
        }
    }
}

impl Row<'_> {
    /// In which context the next level is told.
    fn context(&self) -> usize {
        let sum = self.seen.sums.get(self.symbol).copied().unwrap_or(0);
        let mean = match self.seen.n_tables {
            0 => NO_MEAN,
            n => sum.div_ceil(n).min(MAX_MEAN),
        };
        (mean as usize).wrapping_mul(2) | usize::from(self.goes_on)
    }

    fn note(&mut self, level: u64) {
        if let Some(sum) = self.seen.sums.get_mut(self.symbol) {
            *sum = sum.saturating_add(level as u32);
        }
        let freq = FREQS.get(level as usize).copied().unwrap_or(0);
        if let Some(to) = self.freqs.get_mut(self.symbol) {
            *to = freq;
        }
        self.goes_on = level > 0;
        self.symbol = self.symbol.saturating_add(1);
    }

    fn is_empty(&self) -> bool {
        self.freqs.iter().all(|&freq| freq == 0)
    }

    fn into_freqs(self) -> Counts {
        self.seen.n_tables = self.seen.n_tables.saturating_add(1);
        normalise(&self.freqs)
    }
}

/// The level whose frequency is nearest, by ratio.
fn level_of(freq: u32) -> u64 {
    let is_nearer = |pair: &&[u32]| match **pair {
        [below, above] => freq.saturating_mul(freq) > below.saturating_mul(above),
        _ => false,
    };
    // Whatever occurs is above the first, which stands for what does not.
    FREQS.windows(2).take_while(is_nearer).count() as u64
}

#[cfg(test)]
mod tests {
    use super::{FREQS, level_of};

    #[test]
    fn levels_are_the_nearest() {
        assert_eq!(level_of(0), 0);
        for (level, &freq) in FREQS.iter().enumerate() {
            assert_eq!(level_of(freq), level as u64, "{freq}");
        }
        assert_eq!([1, 2, 5, 6, 19, 20].map(level_of), [1, 2, 2, 3, 4, 5]);
    }
}
