//! Rateless invertible Bloom lookup tables: the difference of two sets, for about its own size.
//!
//! One side turns its set into coded symbols, as many as are wanted and always the same ones; the other
//! subtracts those of its own set, and what is left is made of the difference alone. As soon as there
//! are about 1.4 symbols for each differing member, that can be taken apart. Neither side knows the
//! size of the difference before.
//!
//! ```text
//! symbol i = (xor of members, xor of their checks, how many)   over the members mapped to i
//! member   : mapped to 0 always, to i with probability 1 / (1 + i / 2)
//! ```
//!
//! Members are mapped and checked by a keyed hash, so that nobody who does not know the key can choose
//! members that cancel out.
//!
//! **Invariants.** Integers only: every platform makes the same symbols.
//!
//! **Costs.** With n members, m symbols and d differing members, making symbols is O(n log m), taking
//! them apart O(d log m + m).
//!
//! **Reference.** Yang, Gilad, Alizadeh, "Practical Rateless Set Reconciliation", 2024. Differs: square
//! roots of integers instead of floats, a keyed check of full strength, and a decoder that stops at
//! symbols no set has.

mod decoder;
mod mapping;
mod wire;

use alloc::vec;
use alloc::vec::Vec;
use core::hash::Hasher as _;
use core::ops::Range;

use siphasher::sip::SipHasher24;

pub use self::decoder::{Decoder, SymbolError};
use self::mapping::Mapping;
pub use self::wire::{SYMBOL_BYTES, read_symbols, write_symbols};

/// No sketch has more symbols: what is beyond is not made.
pub const MAX_SYMBOLS: u64 = 1 << 28;

/// Under which members are mapped and checked: one for each exchange, known to both sides.
///
/// # Examples
/// ```
/// use crdt_sync::riblt::Key;
///
/// assert_ne!(Key::from_bytes([1; 16]), Key::from_bytes([2; 16]));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Key([u8; 16]);

/// A coded symbol: all members mapped to one index, in one.
///
/// # Examples
/// ```
/// use crdt_sync::riblt::{Key, Symbol, symbols};
///
/// let all = symbols(Key::from_bytes([1; 16]), &[7, 9], 0..1);
/// assert_eq!((all[0].sum, all[0].count), (7 ^ 9, 2));
/// assert_eq!(symbols(Key::from_bytes([1; 16]), &[], 0..1), [Symbol::default()]);
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the scheme has three parts, and senders write them"
)]
pub struct Symbol {
    /// The members, xored.
    pub sum: u128,
    /// Their checks, xored.
    pub check: u64,
    /// How many they are; in a difference, less how many were subtracted.
    pub count: i64,
}

impl Key {
    /// Returns the key that these bytes are.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`symbols`].
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// SipHash-2-4 of a member.
    fn check(&self, member: u128) -> u64 {
        let mut hasher = SipHasher24::new_with_key(&self.0);
        hasher.write(&member.to_le_bytes());
        hasher.finish()
    }
}

/// Returns the coded symbols of a set with indices in `range`, at most to [`MAX_SYMBOLS`].
///
/// Each member must stand in `members` once.
///
/// # Complexity
/// O(n log m + k), n = members, m = end of the range, k = its length.
/// # Examples
/// Two sets that differ in two members of a thousand:
/// ```
/// use crdt_sync::riblt::{Decoder, Key, symbols};
///
/// let key = Key::from_bytes([5; 16]);
/// let theirs: Vec<u128> = (0..1_000).collect();
/// let ours: Vec<u128> = (2..1_000).collect();
/// let mut decoder = Decoder::new(key, ours).expect("each member once");
/// while !decoder.is_complete() {
///     let next = decoder.n_symbols();
///     decoder.extend(&symbols(key, &theirs, next..next + 1))?;
/// }
/// assert!(decoder.n_symbols() < 20);
/// assert_eq!(decoder.into_theirs(), theirs);
/// # Ok::<(), crdt_sync::riblt::SymbolError>(())
/// ```
#[must_use]
pub fn symbols(key: Key, members: &[u128], range: Range<u64>) -> Vec<Symbol> {
    let end = range.end.min(MAX_SYMBOLS);
    let start = range.start.min(end);
    let mut made = vec![Symbol::default(); (end - start) as usize];
    for &member in members {
        let check = key.check(member);
        let mut mapping = Mapping::of(check);
        while mapping.index() < end {
            if mapping.index() >= start {
                made[(mapping.index() - start) as usize].add(member, check, 1);
            }
            mapping.advance();
        }
    }
    made
}

impl Symbol {
    /// Puts a member in, or takes it out where `sign` is -1: for sums that is the same.
    ///
    /// Counts wrap: foreign ones may be anything, and are looked at later.
    const fn add(&mut self, member: u128, check: u64, sign: i64) {
        self.sum ^= member;
        self.check ^= check;
        self.count = self.count.wrapping_add(sign);
    }

    /// What is left without the members of `other`.
    const fn without(&self, other: &Self) -> Self {
        Self {
            sum: self.sum ^ other.sum,
            check: self.check ^ other.check,
            count: self.count.wrapping_sub(other.count),
        }
    }

    const fn is_empty(&self) -> bool {
        self.sum == 0 && self.check == 0 && self.count == 0
    }
}

#[cfg(test)]
mod tests;
