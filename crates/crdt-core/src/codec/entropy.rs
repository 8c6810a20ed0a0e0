//! Entropy coding of numbers and bytes under contexts: what is likely in its context takes few bits.
//!
//! The caller names a *context* with every value: whatever both sides know by then and that says
//! something about the value. The encoder counts what occurs in each context, puts contexts that
//! behave alike into a common *table* of frequencies, and writes the tables ahead of the values.
//! Tables never change while values are read, which is what makes reading fast; see ADR 0017.
//!
//! **Format.** Number of tables: u8, plus 128 if they are told by levels. Which table each context has,
//! and the tables: by levels (see the `levels` module), or exactly (a column, then the `table` module),
//! whichever is shorter. Two initial states: u32; 16-bit words. A value below 16 (below 256 in byte
//! contexts) is a *token* itself; a larger one is a token for its length in bits and its second
//! highest bit, followed by the other bits as they are. Tokens are coded by rANS with frequencies of
//! sum 2^11, in two states by turns.
//!
//! **Invariants.** Equal values in equal contexts give equal bytes, on every platform: all arithmetic
//! is in integers. A decoder needs at most 3 KiB for each KiB of input, and 24 KiB besides. It yields
//! values for ever, whatever the bytes; [`Decoder::finish`] says whether they were what was written,
//! and how many to ask for is the caller's to bound.
//!
//! # Examples
//! ```
//! use crdt_core::codec::entropy::{Decoder, Encoder, Layout};
//! use crdt_core::codec::{DecodeError, Reader, Writer};
//!
//! let layout = Layout::numbers(2);
//! let mut encoder = Encoder::new(layout);
//! (0..1000).for_each(|i| encoder.push(i % 2, 7 * (i as u64 % 2)));
//! let mut writer = Writer::new();
//! encoder.finish(&mut writer);
//! assert!(writer.len() < 20);
//!
//! let mut decoder = Decoder::read(Reader::new(writer.as_bytes()), layout)?;
//! assert!((0..1000).all(|i| decoder.next(i % 2) == 7 * (i as u64 % 2)));
//! decoder.finish()?;
//! # Ok::<(), DecodeError>(())
//! ```

mod cluster;
mod decoder;
mod encoder;
mod levels;
mod logarithm;
mod prices;
mod table;

pub use self::decoder::Decoder;
pub use self::encoder::Encoder;
pub(in crate::codec) use self::prices::Prices;

/// Which contexts there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Layout {
    n_bytes: usize,
    n_contexts: usize,
}

impl Layout {
    /// Contexts of numbers of any size, small ones being likely.
    #[must_use]
    pub const fn numbers(n_contexts: usize) -> Self {
        Self {
            n_bytes: 0,
            n_contexts,
        }
    }

    /// Contexts of bytes, ahead of those of numbers.
    #[must_use]
    pub const fn with_bytes(self, n_contexts: usize) -> Self {
        Self {
            n_bytes: n_contexts,
            n_contexts: self.n_contexts + n_contexts,
        }
    }

    /// The first value that takes more than a token.
    #[inline]
    const fn n_direct(self, context: usize) -> u64 {
        if context < self.n_bytes { 256 } else { DIRECT }
    }
}

/// A number as a token and bits that are not worth modelling.
#[derive(Clone, Copy)]
struct Token {
    symbol: u8,
    n_bits: u32,
    bits: u64,
}

impl Token {
    fn of(value: u64, n_direct: u64) -> Self {
        if value < n_direct {
            return Self {
                symbol: value as u8,
                n_bits: 0,
                bits: 0,
            };
        }
        // At least 16, so at least 5 bits long: the highest is understood, the next is in the token.
        let len = u64::BITS - value.leading_zeros();
        let n_bits = len - 2;
        let second = (value >> n_bits) & 1;
        Self {
            symbol: (DIRECT + u64::from(len - 5) * 2 + second) as u8,
            n_bits,
            bits: value & ((1 << n_bits) - 1),
        }
    }

    /// How many bits follow a token that is not a value itself, and what stands above them.
    #[inline]
    const fn expand(symbol: u64) -> (u32, u64) {
        let above = symbol - DIRECT;
        // Tokens of numbers beyond 64 bits are not written; read, they stand for any number.
        let n_bits = (above / 2 + 3) as u32;
        let n_bits = if n_bits > 62 { 62 } else { n_bits };
        (n_bits, (2 | (above & 1)) << n_bits)
    }
}

const DIRECT: u64 = 16;
const SCALE_BITS: u32 = 11;
/// What the frequencies of a table add up to.
const SCALE: u32 = 1 << SCALE_BITS;
/// States are never below, between two values.
const LOWEST: u32 = 1 << 16;
const N_SYMBOLS: usize = 256;

/// In the number of tables: they are told by levels.
const BY_LEVELS: u8 = 1 << 7;

/// How many tables `n_bytes` of input may ask for.
const fn max_tables(n_bytes: usize) -> usize {
    let n = 4 + n_bytes / 1024;
    if n < MAX_TABLES { n } else { MAX_TABLES }
}

const MAX_TABLES: usize = 64;

#[cfg(test)]
mod tests;
