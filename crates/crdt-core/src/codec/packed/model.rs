//! In which context each part of a sequence is coded.

use alloc::boxed::Box;

use super::super::entropy::{Decoder, Layout};

pub(super) const N_LITERALS: usize = N_LITERAL_CONTEXTS;
pub(super) const COPY_LEN: usize = N_LITERALS + 1;
pub(super) const DISTANCE: usize = COPY_LEN + 3;
pub(super) const LAYOUT: Layout = Layout::numbers(4 + N_DISTANCES).with_bytes(N_LITERAL_CONTEXTS);

/// A literal is expected by the byte before it, and by the kind of the one before that.
pub(super) fn literal_context(before: &[u8]) -> usize {
    match *before {
        [.., a, b] => context_after(a, b),
        [b] => context_after(NONE, b),
        [] => context_after(NONE, NONE),
    }
}

fn context_after(a: u8, b: u8) -> usize {
    usize::from(CLASS[usize::from(b)]) * N_KINDS + usize::from(KIND[usize::from(a)])
}

/// Stands for bytes before the first: a blank.
pub(super) const NONE: u8 = 0;

/// Where the table of each literal's context starts, looked up by the two bytes before it.
pub(super) struct LiteralTables(Box<[[u32; 256]; N_KINDS]>);

impl LiteralTables {
    pub(super) fn new(decoder: &Decoder<'_>) -> Self {
        let mut tables = Box::new([[0; 256]; N_KINDS]);
        for (kind, tables) in tables.iter_mut().enumerate() {
            for (table, class) in tables.iter_mut().zip(CLASS) {
                *table = decoder.table(usize::from(class) * N_KINDS + kind);
            }
        }
        Self(tables)
    }

    #[inline]
    pub(super) fn after(&self, a: u8, b: u8) -> u32 {
        self.0[usize::from(KIND[usize::from(a)])][usize::from(b)]
    }
}

/// Short copies come from near, or they would not pay.
#[inline]
pub(super) fn distance_context(copy_len: usize) -> usize {
    DISTANCE + (copy_len - super::MIN_COPY).min(N_DISTANCES - 1)
}

/// A distance as a small number if it is close to the one before: what was copied and edited is
/// copied in pieces.
#[inline]
pub(super) fn distance_step(distance: usize, last: usize) -> u64 {
    let step = distance as i64 - last as i64;
    if (-NEAR..NEAR).contains(&step) {
        ((step << 1) ^ (step >> 63)) as u64
    } else {
        distance as u64 + 2 * NEAR as u64
    }
}

/// Undoes [`distance_step`]; 0 for what is no distance.
#[inline]
pub(super) fn distance_after(last: usize, step: u64) -> usize {
    if step < 2 * NEAR as u64 {
        let step = (step >> 1) as isize ^ -((step & 1) as isize);
        last.checked_add_signed(step).unwrap_or(0)
    } else {
        usize::try_from(step - 2 * NEAR as u64).unwrap_or(0)
    }
}

const NEAR: i64 = 32;
pub(super) const N_DISTANCES: usize = 4;
const N_CLASSES: usize = 48;
const N_KINDS: usize = 4;
pub(super) const N_LITERAL_CONTEXTS: usize = N_CLASSES * N_KINDS;

/// Bytes in classes: each small letter and common mark for itself, the others in groups.
const CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'\n' => 1,
            0..b' ' => 0,
            b' ' => 2,
            b'0'..=b'9' => 3,
            b'A' | b'E' | b'I' | b'O' | b'U' => 4,
            b'A'..=b'Z' => 5,
            lower @ b'a'..=b'z' => 6 + (lower - b'a'),
            b'.' => 32,
            b',' => 33,
            b'-' | b'_' => 34,
            b'\'' | b'"' | b'`' => 35,
            b'\\' | b'/' => 36,
            b'(' | b'[' | b'{' | b'<' => 37,
            b')' | b']' | b'}' | b'>' => 38,
            b':' | b';' | b'=' => 39,
            b'!'..=b'~' => 40,
            0x7f..=0xbf => 41,
            0xc0..=0xdf => 42,
            0xe0..=0xef => 43,
            _ => 44,
        };
        byte += 1;
    }
    class
};

/// Bytes in kinds: blanks, vowels, other letters, and the rest.
const KIND: [u8; 256] = {
    let mut kind = [3; 256];
    let mut byte = 0;
    while byte < 256 {
        kind[byte] = match byte as u8 {
            b' ' | b'\n' | NONE => 0,
            b'a' | b'e' | b'i' | b'o' | b'u' => 1,
            b'a'..=b'z' | b'A'..=b'Z' => 2,
            _ => 3,
        };
        byte += 1;
    }
    kind
};
