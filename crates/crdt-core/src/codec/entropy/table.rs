//! Frequencies of tokens, of sum 2^11, and how they are told exactly.
//!
//! **Format.** For each symbol from 0: 4 bits, the length of its frequency in bits, then the bits
//! below the highest; length 0 stands for a run of absent symbols, whose length less one follows in
//! 4 bits. A table ends where the sum is reached.

use alloc::vec::Vec;

use super::{N_SYMBOLS, SCALE, SCALE_BITS};
use crate::codec::bits::{BitReader, BitWriter};
use crate::codec::{DecodeError, Reader, Writer};

pub(super) type Counts = [u32; N_SYMBOLS];

/// Scales counts to the sum of a table; whatever occurs keeps a frequency of 1 or more.
pub(super) fn normalise(counts: &Counts) -> Counts {
    let total: u64 = counts.iter().map(|&n| u64::from(n)).sum();
    let mut freqs = [0; N_SYMBOLS];
    if total == 0 {
        freqs[0] = SCALE;
        return freqs;
    }
    let mut sum = 0;
    for (freq, &count) in freqs
        .iter_mut()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
    {
        let exact = u64::from(count) * u64::from(SCALE);
        *freq = ((exact + total / 2) / total).max(1) as u32;
        sum += *freq;
    }
    // What rounding gave or took too much is settled with the most frequent, which feel it least.
    while sum != SCALE {
        let largest = (0..N_SYMBOLS)
            .rev()
            .max_by_key(|&symbol| freqs[symbol])
            .unwrap_or(0);
        let freq = &mut freqs[largest];
        let step = if sum < SCALE {
            SCALE - sum
        } else {
            (sum - SCALE).min(freq.div_ceil(4))
        };
        if sum < SCALE {
            *freq += step;
            sum += step;
        } else {
            *freq -= step;
            sum -= step;
        }
    }
    freqs
}

/// Writes tables.
pub(super) fn write_all(w: &mut Writer, tables: &[Counts]) {
    let mut bits = BitWriter::default();
    for freqs in tables {
        write(w, &mut bits, freqs);
    }
    bits.finish(w, false);
}

/// Tables in the form in which tokens are looked up.
///
/// Small, to stay in the nearest cache: which of 2^11 values comes next is as good as random.
#[derive(Debug)]
pub(super) struct Tables {
    /// For each table and each of 2^11 values the symbol.
    symbols: Vec<u8>,
    /// For each table and symbol the first of its values in 16 bits, and below it how many it has.
    shares: Vec<u32>,
}

impl Tables {
    pub(super) fn with_capacity(n: usize) -> Self {
        Self {
            symbols: Vec::with_capacity(n * SCALE as usize),
            shares: Vec::with_capacity(n * N_SYMBOLS),
        }
    }

    /// Reads `n` tables that are told exactly.
    pub(super) fn read(r: &mut Reader<'_>, n: usize) -> Result<Self, DecodeError> {
        let mut tables = Self::with_capacity(n);
        let mut bits = BitReader::default();
        for _ in 0..n {
            tables.push(&read(r, &mut bits)?);
        }
        bits.finish(r.offset())?;
        Ok(tables)
    }

    /// Appends a table, whose frequencies must add up to the sum of one.
    pub(super) fn push(&mut self, freqs: &Counts) {
        let mut start = 0;
        for (symbol, &freq) in freqs.iter().enumerate() {
            let share = if freq > 0 { (start << 16) | freq } else { 0 };
            self.shares.push(share);
            let end = self.symbols.len() + freq as usize;
            self.symbols.resize(end, symbol as u8);
            start += freq;
        }
    }

    /// Where a table starts, for [`Self::step`].
    pub(super) const fn start(table: u64) -> u32 {
        table as u32 * SCALE
    }

    /// Looks up the symbol that a state stands for, and takes it off the state.
    #[inline(always)]
    pub(super) fn step(&self, start: u32, state: u32) -> (u8, u32) {
        let value = state & (SCALE - 1);
        let symbol = self.symbols[(start + value) as usize];
        let share = self.shares[(start / SHARES_PER_SYMBOL) as usize + usize::from(symbol)];
        let state = (share & 0xffff) * (state >> SCALE_BITS) + value - (share >> 16);
        (symbol, state)
    }

    #[cfg(test)]
    pub(super) const fn n_bytes(&self) -> usize {
        self.symbols.len() + size_of::<u32>() * self.shares.len()
    }
}

/// A table has as many values for each of its symbols.
const SHARES_PER_SYMBOL: u32 = SCALE / N_SYMBOLS as u32;

fn write(w: &mut Writer, bits: &mut BitWriter, freqs: &Counts) {
    let mut left = SCALE;
    let mut symbol = 0;
    while left > 0 {
        let freq = freqs[symbol];
        if freq == 0 {
            let absent = freqs[symbol..].iter().take(16);
            let n_absent = absent.take_while(|freq| **freq == 0).count();
            bits.put(w, (n_absent as u32 - 1) << 4, 8);
            symbol += n_absent;
            continue;
        }
        let len = u32::BITS - freq.leading_zeros();
        bits.put(w, len, 4);
        bits.put(w, freq - (1 << (len - 1)), len - 1);
        left -= freq;
        symbol += 1;
    }
}

fn read(r: &mut Reader<'_>, bits: &mut BitReader) -> Result<Counts, DecodeError> {
    let offset = r.offset();
    let mut freqs = [0; N_SYMBOLS];
    let mut left = SCALE;
    let mut symbol = 0;
    while left > 0 {
        let len = bits.take(r, 4)?;
        if len == 0 {
            symbol += bits.take(r, 4)? as usize + 1;
            continue;
        }
        // Lengths of 13 to 15 are of frequencies beyond any sum.
        let freq = (1 << (len - 1)) + bits.take(r, len - 1)?;
        if freq > left || symbol >= N_SYMBOLS {
            return Err(DecodeError::NotCanonical { offset });
        }
        freqs[symbol] = freq;
        left -= freq;
        symbol += 1;
    }
    Ok(freqs)
}
