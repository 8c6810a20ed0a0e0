//! Run-length encoded columns of integers and flags.
//!
//! The count of values is not part of a column: the caller writes it once, often for several columns,
//! and reads it with [`Reader::count`], which charges the decode budget.
//!
//! **Format of an integer column.** Blocks, each led by a signed varint `h`.
//! `h > 0`: the next varint, repeated `h` times. `h < 0`: `-h` varints follow, as they are.
//! Signed values are zigzag varints; a delta column holds the wrapping difference of each value from
//! the one before it (the first from 0).
//!
//! **Format of a flag column.** Run lengths as unsigned varints, of `false` and `true` in turn,
//! beginning with `false`.
//!
//! **Invariants (canonical form).** A maximal run of 3 or more equal values is one repeat block;
//! everything between two of them is one literal block. Of a flag column only the first run may be 0.
//! Hence a sequence has one encoding, and the decoders reject all others.
//!
//! **Costs.** O(n) time for n values. A run is compared with the values that are still expected before
//! it is expanded, so a claim beyond them costs nothing.
//!
//! # Examples
//! ```
//! use crdt_core::codec::{DecodeError, Reader, Writer, column};
//!
//! let mut writer = Writer::new();
//! column::encode_u64s(&mut writer, [5, 5, 5, 5, 1, 2]);
//! let bytes = writer.into_bytes();
//! assert_eq!(bytes, [8, 5, 3, 1, 2]); // 4 times 5; 2 literals: 1, 2
//! assert_eq!(column::decode_u64s(&mut Reader::new(&bytes), 6)?, [5, 5, 5, 5, 1, 2]);
//! # Ok::<(), DecodeError>(())
//! ```

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
use core::iter;

use super::zigzag::{unzigzag, zigzag};
use super::{DecodeError, Reader, Writer};

/// Appends a column of unsigned integers.
///
/// # Complexity
/// O(n) time, n = values; buffers one literal block.
/// # Examples
/// ```
/// # use crdt_core::codec::{Writer, column};
/// let mut writer = Writer::new();
/// column::encode_u64s(&mut writer, [7; 1000]);
/// assert_eq!(writer.len(), 3);
/// ```
pub fn encode_u64s(w: &mut Writer, values: impl IntoIterator<Item = u64>) {
    let mut blocks = BlockWriter::new(w);
    for value in values {
        blocks.push(value);
    }
    blocks.finish();
}

/// Appends a column of signed integers.
///
/// # Complexity
/// O(n) time, n = values; buffers one literal block.
/// # Examples
/// ```
/// # use crdt_core::codec::{Writer, column};
/// let mut writer = Writer::new();
/// column::encode_i64s(&mut writer, [-1, 1]);
/// assert_eq!(writer.as_bytes(), [3, 1, 2]);
/// ```
pub fn encode_i64s(w: &mut Writer, values: impl IntoIterator<Item = i64>) {
    encode_u64s(w, values.into_iter().map(zigzag));
}

/// Appends a column of unsigned integers as differences: for sequences that mostly grow steadily.
///
/// Any values are admitted; differences wrap.
///
/// # Complexity
/// O(n) time, n = values; buffers one literal block.
/// # Examples
/// ```
/// # use crdt_core::codec::{Writer, column};
/// let mut writer = Writer::new();
/// column::encode_deltas(&mut writer, 1000..2000);
/// assert_eq!(writer.len(), 6);
/// ```
pub fn encode_deltas(w: &mut Writer, values: impl IntoIterator<Item = u64>) {
    let mut last = 0;
    encode_i64s(
        w,
        values.into_iter().map(|value| {
            let delta = value.wrapping_sub(last) as i64;
            last = value;
            delta
        }),
    );
}

/// Appends a column of signed integers as differences.
///
/// Any values are admitted; differences wrap.
///
/// # Complexity
/// O(n) time, n = values; buffers one literal block.
/// # Examples
/// ```
/// # use crdt_core::codec::{Writer, column};
/// let mut writer = Writer::new();
/// column::encode_i64_deltas(&mut writer, -500..500);
/// assert_eq!(writer.len(), 6);
/// ```
pub fn encode_i64_deltas(w: &mut Writer, values: impl IntoIterator<Item = i64>) {
    encode_deltas(w, values.into_iter().map(|value| value as u64));
}

/// Appends a column of flags.
///
/// # Complexity
/// O(n) time, n = values; allocates nothing besides the output.
/// # Examples
/// ```
/// # use crdt_core::codec::{Writer, column};
/// let mut writer = Writer::new();
/// column::encode_bools(&mut writer, [true, true, false]);
/// assert_eq!(writer.as_bytes(), [0, 2, 1]);
/// ```
pub fn encode_bools(w: &mut Writer, values: impl IntoIterator<Item = bool>) {
    let mut values = values.into_iter().peekable();
    let mut flag = false;
    while values.peek().is_some() {
        let run_len = iter::from_fn(|| values.next_if_eq(&flag)).count();
        w.u64(run_len as u64);
        flag = !flag;
    }
}

/// Reads a column of exactly `n_values` unsigned integers.
///
/// # Errors
/// [`DecodeError::RunTooLong`] if a block claims more values than remain;
/// [`DecodeError::NotCanonical`] if the blocks are not those of [`encode_u64s`];
/// [`DecodeError::Truncated`] and the varint errors.
/// # Limits
/// Runs expand to at most `n_values` values of 8 bytes; the caller has charged them to its budget,
/// usually by [`Reader::count`]. Literal values cost at most 8 times the bytes they take.
/// # Complexity
/// O(n) time and memory, n = `n_values`.
/// # Examples
/// ```
/// # use crdt_core::codec::{DecodeError, Reader, column};
/// assert_eq!(column::decode_u64s(&mut Reader::new(&[8, 5]), 4)?, [5, 5, 5, 5]);
/// let claim = column::decode_u64s(&mut Reader::new(&[8, 5]), 3);
/// assert_eq!(claim, Err(DecodeError::RunTooLong { offset: 0, found: 4, max: 3 }));
/// # Ok::<(), DecodeError>(())
/// ```
pub fn decode_u64s(r: &mut Reader<'_>, n_values: usize) -> Result<Vec<u64>, DecodeError> {
    let mut values = Vec::new();
    let mut after_literals = false;
    while values.len() < n_values {
        let offset = r.offset();
        let header = r.i64()?;
        let run_len = check_run(header.unsigned_abs(), left(&values, n_values), offset)?;
        if header < 0 {
            if after_literals {
                return Err(DecodeError::NotCanonical { offset });
            }
            decode_literals(r, run_len, &mut values)?;
        } else {
            let value = r.u64()?;
            if run_len < MIN_RUN || values.last() == Some(&value) {
                return Err(DecodeError::NotCanonical { offset });
            }
            values.extend(iter::repeat_n(value, run_len));
        }
        after_literals = header < 0;
    }
    Ok(values)
}

/// Reads a column of exactly `n_values` signed integers.
///
/// # Errors
/// As [`decode_u64s`].
/// # Limits
/// As [`decode_u64s`].
/// # Complexity
/// O(n) time and memory, n = `n_values`.
/// # Examples
/// ```
/// # use crdt_core::codec::{DecodeError, Reader, column};
/// assert_eq!(column::decode_i64s(&mut Reader::new(&[3, 1, 2]), 2)?, [-1, 1]);
/// # Ok::<(), DecodeError>(())
/// ```
pub fn decode_i64s(r: &mut Reader<'_>, n_values: usize) -> Result<Vec<i64>, DecodeError> {
    let values = decode_u64s(r, n_values)?;
    Ok(values.into_iter().map(unzigzag).collect())
}

/// Reads a column of exactly `n_values` unsigned integers that were written as differences.
///
/// # Errors
/// As [`decode_u64s`].
/// # Limits
/// As [`decode_u64s`].
/// # Complexity
/// O(n) time and memory, n = `n_values`.
/// # Examples
/// ```
/// # use crdt_core::codec::{DecodeError, Reader, Writer, column};
/// let mut writer = Writer::new();
/// column::encode_deltas(&mut writer, [9, 3, 4]);
/// assert_eq!(column::decode_deltas(&mut Reader::new(writer.as_bytes()), 3)?, [9, 3, 4]);
/// # Ok::<(), DecodeError>(())
/// ```
pub fn decode_deltas(r: &mut Reader<'_>, n_values: usize) -> Result<Vec<u64>, DecodeError> {
    let mut values = decode_u64s(r, n_values)?;
    let mut last = 0_u64;
    for value in &mut values {
        last = last.wrapping_add(unzigzag(*value) as u64);
        *value = last;
    }
    Ok(values)
}

/// Reads a column of exactly `n_values` signed integers that were written as differences.
///
/// # Errors
/// As [`decode_u64s`].
/// # Limits
/// As [`decode_u64s`].
/// # Complexity
/// O(n) time and memory, n = `n_values`.
/// # Examples
/// ```
/// # use crdt_core::codec::{DecodeError, Reader, Writer, column};
/// let mut writer = Writer::new();
/// column::encode_i64_deltas(&mut writer, [-9, 3]);
/// assert_eq!(column::decode_i64_deltas(&mut Reader::new(writer.as_bytes()), 2)?, [-9, 3]);
/// # Ok::<(), DecodeError>(())
/// ```
pub fn decode_i64_deltas(r: &mut Reader<'_>, n_values: usize) -> Result<Vec<i64>, DecodeError> {
    let values = decode_deltas(r, n_values)?;
    Ok(values.into_iter().map(|value| value as i64).collect())
}

/// Reads a column of exactly `n_values` flags.
///
/// # Errors
/// As [`decode_u64s`].
/// # Limits
/// Runs expand to at most `n_values` bytes; the caller has charged them to its budget.
/// # Complexity
/// O(n) time and memory, n = `n_values`.
/// # Examples
/// ```
/// # use crdt_core::codec::{DecodeError, Reader, column};
/// assert_eq!(column::decode_bools(&mut Reader::new(&[0, 2, 1]), 3)?, [true, true, false]);
/// # Ok::<(), DecodeError>(())
/// ```
pub fn decode_bools(r: &mut Reader<'_>, n_values: usize) -> Result<Vec<bool>, DecodeError> {
    let mut values = Vec::new();
    let mut flag = false;
    let mut is_first = true;
    while values.len() < n_values {
        let offset = r.offset();
        let run_len = check_run(r.u64()?, left(&values, n_values), offset)?;
        if run_len == 0 && !is_first {
            return Err(DecodeError::NotCanonical { offset });
        }
        values.extend(iter::repeat_n(flag, run_len));
        flag = !flag;
        is_first = false;
    }
    Ok(values)
}

/// How many values a column still lacks.
fn left<T>(values: &[T], n_values: usize) -> usize {
    n_values.saturating_sub(values.len())
}

/// Cuts a sequence of values into blocks as they arrive.
struct BlockWriter<'w> {
    w: &'w mut Writer,
    /// Values since the last repeat block, without the current run once that is long enough to be one.
    literals: Vec<u64>,
    last: u64,
    /// Length of the current run of `last`; 0 before the first value.
    run_len: usize,
}

impl<'w> BlockWriter<'w> {
    fn new(w: &'w mut Writer) -> Self {
        Self {
            w,
            literals: Vec::new(),
            last: 0,
            run_len: 0,
        }
    }

    #[inline]
    fn push(&mut self, value: u64) {
        if value != self.last || self.run_len == 0 {
            self.end_run();
            (self.last, self.run_len) = (value, 1);
            self.literals.push(value);
            return;
        }
        self.run_len = self.run_len.saturating_add(1);
        if self.run_len < MIN_RUN {
            self.literals.push(value);
        } else if self.run_len == MIN_RUN {
            let n_left = self.literals.len().saturating_sub(MIN_RUN - 1);
            self.literals.truncate(n_left);
        }
    }

    fn finish(mut self) {
        self.end_run();
        self.end_literals();
    }

    /// Writes the current run, and the literals before it, if it makes a repeat block.
    #[inline]
    fn end_run(&mut self) {
        if self.run_len >= MIN_RUN {
            self.end_literals();
            self.w.i64(self.run_len as i64);
            self.w.u64(self.last);
        }
    }

    fn end_literals(&mut self) {
        if self.literals.is_empty() {
            return;
        }
        self.w.i64((self.literals.len() as i64).saturating_neg());
        for value in self.literals.drain(..) {
            self.w.u64(value);
        }
    }
}

/// Appends `run_len` literal values, refusing any run that should have been a repeat block.
#[inline]
fn decode_literals(
    r: &mut Reader<'_>,
    run_len: usize,
    values: &mut Vec<u64>,
) -> Result<(), DecodeError> {
    // What precedes a literal block, if anything, is a repeat block: one more equal value extends it.
    let (mut last, mut n_equal) = match values.last() {
        Some(&last) => (last, MIN_RUN - 1),
        None => (0, 0),
    };
    values.reserve(run_len.min(r.remaining()));
    for _ in 0..run_len {
        let value = r.u64()?;
        n_equal = if value == last {
            n_equal.saturating_add(1)
        } else {
            1
        };
        if n_equal == MIN_RUN {
            return Err(DecodeError::NotCanonical { offset: r.offset() });
        }
        last = value;
        values.push(value);
    }
    Ok(())
}

/// Refuses a run of more than `n_left` values, by arithmetic alone.
#[inline]
fn check_run(run_len: u64, n_left: usize, offset: usize) -> Result<usize, DecodeError> {
    match usize::try_from(run_len) {
        Ok(run_len) if run_len <= n_left => Ok(run_len),
        _ => Err(DecodeError::RunTooLong {
            offset,
            found: run_len,
            max: n_left as u64,
        }),
    }
}

/// Shortest run that becomes a repeat block: a shorter one costs no less than its literals.
const MIN_RUN: usize = 3;

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails a test"
)]
mod tests;
