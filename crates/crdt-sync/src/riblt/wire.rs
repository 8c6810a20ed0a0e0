//! Symbols to bytes and back.
//!
//! **Format.** Sum (16 bytes, little-endian), check (8), and the count less the one to be expected, which
//! takes one or two bytes: a set of n members has about `2 n / (i + 2)` at index i.

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

use crdt_core::codec::{DecodeError, Reader, Writer};

use super::Symbol;

/// How many bytes a symbol takes, as a rule.
pub const SYMBOL_BYTES: usize = 26;

/// Writes the symbols from index `start` on of a set of `n_members`, as many as fit `max_bytes`; returns
/// how many.
///
/// # Complexity
/// O(k), k = symbols written.
/// # Examples
/// ```
/// use crdt_core::codec::{Reader, Writer};
/// use crdt_sync::riblt::{Key, read_symbols, symbols, write_symbols};
///
/// let all = symbols(Key::from_bytes([1; 16]), &[7, 8, 9], 0..100);
/// let mut w = Writer::new();
/// assert_eq!(write_symbols(&all[10..], 10, 3, 1_000, &mut w), 40);
/// let read = read_symbols(&mut Reader::new(w.as_bytes()), 10, 3)?;
/// assert_eq!(read, all[10..50]);
/// # Ok::<(), crdt_core::codec::DecodeError>(())
/// ```
pub fn write_symbols(
    symbols: &[Symbol],
    start: u64,
    n_members: u64,
    max_bytes: usize,
    w: &mut Writer,
) -> usize {
    let end = w.len().saturating_add(max_bytes);
    let mut n_written = 0;
    for (index, symbol) in (start..).zip(symbols) {
        let stray = symbol.count.wrapping_sub(expected(index, n_members));
        let n_bytes = (LEAST_BYTES - 1).saturating_add(n_bytes(stray));
        if w.len().saturating_add(n_bytes) > end {
            break;
        }
        w.raw(&symbol.sum.to_le_bytes());
        w.u64_le(symbol.check);
        w.i64(stray);
        n_written = usize::saturating_add(n_written, 1);
    }
    n_written
}

/// Reads symbols to the end of the bytes.
///
/// # Errors
/// If the bytes end within a symbol.
/// # Complexity
/// O(k), k = bytes.
/// # Limits
/// A symbol in memory is less than twice as large as its bytes.
/// # Examples
/// See [`write_symbols`].
pub fn read_symbols(
    r: &mut Reader<'_>,
    start: u64,
    n_members: u64,
) -> Result<Vec<Symbol>, DecodeError> {
    let mut symbols = Vec::with_capacity(r.remaining() / LEAST_BYTES);
    let mut index = start;
    while !r.is_empty() {
        let mut sum = [0; 16];
        sum.copy_from_slice(r.raw(16)?);
        symbols.push(Symbol {
            sum: u128::from_le_bytes(sum),
            check: r.u64_le()?,
            count: r.i64()?.wrapping_add(expected(index, n_members)),
        });
        index = index.saturating_add(1);
    }
    Ok(symbols)
}

/// How many members are mapped to an index in the mean, whatever the set.
fn expected(index: u64, n_members: u64) -> i64 {
    let places = index.saturating_add(2);
    let expected = n_members.saturating_mul(2).checked_div(places).unwrap_or(0);
    i64::try_from(expected).unwrap_or(i64::MAX)
}

/// How long a number is, zigzagged, seven bits a byte.
const fn n_bytes(stray: i64) -> usize {
    let zigzag = (stray << 1) ^ (stray >> 63);
    let n_bits = (zigzag | 1).cast_unsigned().ilog2().saturating_add(1);
    n_bits.div_ceil(7) as usize
}

/// Of one symbol.
const LEAST_BYTES: usize = 25;
