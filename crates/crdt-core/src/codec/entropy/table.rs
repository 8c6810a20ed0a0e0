//! Frequencies of tokens, of sum 2^11, and how they are written.
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

/// Reads `n` tables and appends them in the form in which tokens are looked up: for each of 2^11
/// values the symbol in 8 bits, its frequency less one in 11, and the value's distance from the
/// symbol's first in 11.
pub(super) fn read_all(r: &mut Reader<'_>, n: usize) -> Result<Vec<u32>, DecodeError> {
    let mut bits = BitReader::default();
    let mut slots = Vec::with_capacity(n * SCALE as usize);
    for _ in 0..n {
        read(r, &mut bits, &mut slots)?;
    }
    bits.finish(r.offset())?;
    Ok(slots)
}

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

fn read(r: &mut Reader<'_>, bits: &mut BitReader, slots: &mut Vec<u32>) -> Result<(), DecodeError> {
    let offset = r.offset();
    let mut left = SCALE;
    let mut symbol = 0;
    while left > 0 {
        let len = bits.take(r, 4)?;
        if len == 0 {
            symbol += bits.take(r, 4)? + 1;
            continue;
        }
        // Lengths of 13 to 15 are of frequencies beyond any sum.
        let freq = (1 << (len - 1)) + bits.take(r, len - 1)?;
        if freq > left || symbol >= N_SYMBOLS as u32 {
            return Err(DecodeError::NotCanonical { offset });
        }
        let entry = symbol | ((freq - 1) << 8);
        slots.extend((0..freq).map(|nth| entry | (nth << (8 + SCALE_BITS))));
        left -= freq;
        symbol += 1;
    }
    Ok(())
}
