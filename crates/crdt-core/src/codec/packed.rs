//! Packed bytes, for text above all: repeats as copies, everything entropy-coded.
//!
//! **Format.** Storage: u8. 0: length, bytes as they are. 1: unpacked length; an [`mod@super::entropy`] stream
//! of sequences up to its end: number of literals, the literals, length of a copy less 3, its distance
//! less 1. Nothing stands behind the last byte: a last sequence may end with its literals. The
//! contexts are those of the `model` module. Zeros fill up what would be shorter than one byte for
//! each 1,024 unpacked.
//!
//! **Limits.** A byte of input stands for at most 1,024 of output, so that a claim costs its author
//! something; the budget bounds output besides.
//!
//! # Examples
//! ```
//! use crdt_core::codec::{DecodeError, DecodeLimits, Writer, packed};
//!
//! let text = "To be, or not to be, that is the question. ".repeat(100);
//! let mut writer = Writer::new();
//! packed::encode(&mut writer, text.as_bytes());
//! assert!(writer.len() < 150);
//!
//! let (reader, mut budget) = DecodeLimits::default().open(writer.as_bytes())?;
//! assert_eq!(packed::decode(reader, &mut budget)?, text.as_bytes());
//! # Ok::<(), DecodeError>(())
//! ```

mod matches;
mod model;
mod parse;

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use self::model::{
    COPY_LEN, LAYOUT, LiteralTables, N_LITERALS, NONE, distance_after, distance_context,
    distance_step, literal_context,
};
use self::parse::{Sequence, sequences};
use super::entropy::{Decoder, Encoder};
use super::{Budget, DecodeError, Reader, Writer};

/// Appends bytes, packed if that makes them shorter; the reader needs to be told where they end.
///
/// # Complexity
/// O(n), n = bytes; about a microsecond each, and some ten bytes of memory.
pub fn encode(w: &mut Writer, bytes: &[u8]) {
    if bytes.len() >= WORTH_TRYING {
        let packed = pack(bytes);
        if packed.len() < bytes.len() {
            w.u8(PACKED);
            w.raw(packed.as_bytes());
            return;
        }
    }
    w.u8(RAW);
    w.bytes(bytes);
}

/// Reads bytes, which fill `r`.
///
/// # Errors
/// [`DecodeError`] if they are not what [`encode`] writes, or go beyond the budget.
/// # Limits
/// Draws down the budget of output bytes. Allocates that much at most, and what [`mod@super::entropy`] says.
/// # Complexity
/// O(n), n = bytes unpacked.
pub fn decode(mut r: Reader<'_>, budget: &mut Budget) -> Result<Vec<u8>, DecodeError> {
    let offset = r.offset();
    match r.u8()? {
        RAW => {
            let bytes = r.bytes()?;
            budget.spend_output_bytes(bytes.len() as u64)?;
            r.finish()?;
            Ok(bytes.to_vec())
        }
        PACKED => unpack(r, budget),
        found => Err(DecodeError::UnknownTag {
            offset,
            found: found.into(),
        }),
    }
}

fn pack(bytes: &[u8]) -> Writer {
    let values = values(bytes, &sequences(bytes));
    let mut w = Writer::new();
    w.u64(bytes.len() as u64);
    let start = w.len();
    values.finish(&mut w);
    while (w.len() - start) * MAX_RATIO < bytes.len() {
        w.u8(0);
    }
    w
}

/// What is written for sequences, each value in its context.
fn values(bytes: &[u8], sequences: &[Sequence]) -> Encoder {
    let mut values = Encoder::new(LAYOUT);
    let mut at = 0;
    let mut last = 0;
    for sequence in sequences {
        values.push(N_LITERALS, sequence.n_literals as u64);
        for _ in 0..sequence.n_literals {
            values.push(literal_context(&bytes[..at]), bytes[at].into());
            at += 1;
        }
        if sequence.copy_len > 0 {
            values.push(
                COPY_LEN + usize::from(sequence.n_literals.min(2) as u8),
                (sequence.copy_len - MIN_COPY) as u64,
            );
            let step = distance_step(sequence.distance, last);
            values.push(distance_context(sequence.copy_len), step);
            last = sequence.distance;
            at += sequence.copy_len;
        }
    }
    values
}

fn unpack(mut r: Reader<'_>, budget: &mut Budget) -> Result<Vec<u8>, DecodeError> {
    let offset = r.offset();
    let malformed = DecodeError::NotCanonical { offset };
    let len = r.u64_at_most(r.remaining().saturating_mul(MAX_RATIO) as u64)?;
    budget.spend_output_bytes(len)?;
    let len = len as usize;
    let mut decoder = Decoder::read(r, LAYOUT)?;
    let tables = LiteralTables::new(&decoder);
    let mut bytes = vec![0; len];
    let mut at = 0;
    let mut last = 0;
    while at < len && !decoder.is_exhausted() {
        let n_literals = decoder.next(N_LITERALS);
        if n_literals > (len - at) as u64 {
            return Err(malformed);
        }
        let end = at + n_literals as usize;
        literals(&mut decoder, &tables, &mut bytes, at..end);
        at = end;
        if at == len {
            break;
        }
        let copy_len = decoder
            .next(COPY_LEN + n_literals.min(2) as usize)
            .saturating_add(MIN_COPY as u64);
        if copy_len > (len - at) as u64 {
            return Err(malformed);
        }
        last = distance_after(last, decoder.next(distance_context(copy_len as usize)));
        if last == 0 || last > at {
            return Err(malformed);
        }
        copy(&mut bytes, at, last, copy_len as usize);
        at += copy_len as usize;
    }
    if at < len {
        return Err(malformed);
    }
    decoder.finish_with_zeros()?;
    Ok(bytes)
}

/// Reads literals, each in the context of the two bytes before it.
#[inline]
fn literals(
    decoder: &mut Decoder<'_>,
    tables: &LiteralTables,
    bytes: &mut [u8],
    range: Range<usize>,
) {
    let (mut a, mut b) = match bytes[..range.start] {
        [.., a, b] => (a, b),
        [b] => (NONE, b),
        [] => (NONE, NONE),
    };
    for byte in &mut bytes[range] {
        *byte = decoder.next_in(tables.after(a, b));
        (a, b) = (b, *byte);
    }
}

/// Puts `len` bytes at `at`, from `distance` back, which may be among them.
#[inline]
fn copy(bytes: &mut [u8], at: usize, distance: usize, len: usize) {
    let start = at - distance;
    let mut done = 0;
    while done < len {
        // What was copied may be copied again, so the stretch doubles.
        let n = (len - done).min(distance + done);
        bytes.copy_within(start..start + n, at + done);
        done += n;
    }
}

const RAW: u8 = 0;
const PACKED: u8 = 1;
/// Shorter than this, tables cost more than they save.
const WORTH_TRYING: usize = 64;
const MIN_COPY: usize = 3;
const MAX_RATIO: usize = 1024;
/// A copy as long as this is taken as soon as it is found.
const LONG: usize = 128;

#[cfg(test)]
mod tests;
