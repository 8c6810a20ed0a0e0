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
    use alloc::vec::Vec;

    use super::super::table::{Counts, normalise};
    use super::{Encoder, FREQS, LAYOUT, Levels, TABLE_NUMBER, level_of, write};
    use crate::codec::{DecodeError, Reader, Writer};

    fn table(freqs: &[u32]) -> Counts {
        let mut counts = [0; 256];
        counts[..freqs.len()].copy_from_slice(freqs);
        counts
    }

    fn told(table_of: &[u8], tables: &mut [Counts]) -> Vec<u8> {
        let mut w = Writer::new();
        write(&mut w, table_of, tables);
        w.into_bytes()
    }

    fn read(bytes: &[u8], n_contexts: usize, n: usize) -> Result<Vec<Counts>, DecodeError> {
        let mut levels = Levels::open(&mut Reader::new(bytes))?;
        for _ in 0..n_contexts {
            levels.table_number();
        }
        let tables = (0..n).map(|_| levels.table()).collect::<Result<_, _>>()?;
        levels.finish()?;
        Ok(tables)
    }

    /// What somebody wrote who does not keep to the format.
    fn forged(last_symbol: u8, values: &[(usize, u64)], more: &[u8]) -> Vec<u8> {
        let mut levels = Encoder::new(LAYOUT);
        values
            .iter()
            .for_each(|&(context, value)| levels.push(context, value));
        let mut inner = Writer::new();
        levels.finish_exactly(&mut inner);
        inner.raw(more);
        let mut w = Writer::new();
        w.u8(last_symbol);
        w.bytes(inner.as_bytes());
        w.into_bytes()
    }

    #[test]
    fn levels_are_the_nearest() {
        assert_eq!(level_of(0), 0);
        for (level, &freq) in FREQS.iter().enumerate() {
            assert_eq!(level_of(freq), level as u64, "{freq}");
        }
        assert_eq!([1, 2, 5, 6, 19, 20].map(level_of), [1, 2, 2, 3, 4, 5]);
    }

    #[test]
    fn tables_are_afterwards_what_a_reader_sees() {
        let mut tables = [
            table(&[1024, 0, 1000, 24]),
            table(&[1, 2, 3, 2042]),
            table(&[0, 0, 0, 0, 0, 2048]),
        ];
        let bytes = told(&[0, 1, 2, 1], &mut tables);
        assert_eq!(bytes[0], 5, "the last symbol");
        assert_eq!(read(&bytes, 4, 3), Ok(tables.to_vec()));
        assert_eq!(tables[0], normalise(&table(&[1024, 0, 1024, 23])));
        assert_eq!(tables[2], table(&[0, 0, 0, 0, 0, 2048]));
        let sum = bytes.iter().fold(0_u64, |sum, &byte| {
            sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
        });
        assert_eq!(
            (bytes.len(), sum),
            (27, 5_709_470_257_966_147_591),
            "written otherwise than before"
        );
    }

    #[test]
    fn a_table_without_symbols_is_refused() {
        let bytes = told(&[0], &mut [table(&[]), table(&[2048])]);
        assert!(matches!(
            read(&bytes, 1, 2),
            Err(DecodeError::NotCanonical { offset: 0 })
        ));
    }

    #[test]
    fn what_is_no_level_is_refused() {
        let first = 2 * super::NO_MEAN as usize;
        let values = |level| [(TABLE_NUMBER, 0), (first, level)];
        assert!(read(&forged(0, &values(18), &[]), 1, 1).is_ok());
        for level in [19, 200, u64::MAX] {
            let bytes = forged(0, &values(level), &[]);
            assert!(read(&bytes, 1, 1).is_err(), "{level}");
        }
    }

    #[test]
    fn what_follows_levels_is_refused() {
        let values = [(TABLE_NUMBER, 0), (2 * super::NO_MEAN as usize, 18)];
        for more in [&[0][..], &[0, 0], &[7, 7]] {
            assert!(read(&forged(0, &values, more), 1, 1).is_err(), "{more:?}");
        }
    }
}
