//! From their symbols and our set to the difference.
//!
//! A symbol of one member shows it; taken out of the symbols it is mapped to, it may leave others with
//! one member. That goes on until nothing is left, or more symbols are needed.
//!
//! **Invariants.** `left[i]` is their symbol less ours less what was found. Each member is found once; at
//! most as many are found as there are symbols, so that no symbols keep the decoder busy for ever.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;

use crdt_core::{Classify, ErrorKind};

use super::mapping::Mapping;
use super::{Key, MAX_SYMBOLS, Symbol, symbols};

/// Takes their symbols in, in order, until the difference from our set is found.
///
/// # Examples
/// See [`symbols`].
#[derive(Clone, Debug)]
pub struct Decoder {
    key: Key,
    /// Ascending, each once.
    ours: Vec<u128>,
    /// Our symbols for the indices that come next.
    ahead: VecDeque<Symbol>,
    left: Vec<Symbol>,
    found: Vec<Found>,
    /// The members in `found`.
    seen: BTreeSet<u128>,
    spread: Spread,
}

/// What no set's symbols can be: whoever sent them lies, or means another set or key.
///
/// # Examples
/// ```
/// use crdt_sync::riblt::{Decoder, Key, Symbol, SymbolError};
///
/// let mut decoder = Decoder::new(Key::from_bytes([1; 16]), vec![]).expect("each member once");
/// let bad = Symbol { count: -1, ..Symbol::default() };
/// assert_eq!(decoder.extend(&[bad]), Err(SymbolError::Count { index: 0 }));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SymbolError {
    /// A count is negative, or more than any set has members.
    #[error("symbol {index} counts what no set has")]
    Count {
        /// Of the symbol.
        index: u64,
    },
    /// A member shows that cannot be there: found before, added though we have it, or missing though we
    /// do not.
    #[error("symbol {index} shows a member that cannot be there")]
    Member {
        /// Of the symbol.
        index: u64,
    },
    /// All members are found by the first symbol, and another is not empty.
    #[error("symbol {index} holds more than the first")]
    Rest {
        /// Of the symbol.
        index: u64,
    },
    /// There are more symbols than [`MAX_SYMBOLS`].
    #[error("more than {MAX_SYMBOLS} symbols")]
    TooMany,
}

impl Classify for SymbolError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Malformed
    }
}

/// A differing member.
#[derive(Clone, Copy, Debug)]
struct Found {
    member: u128,
    check: u64,
    /// 1 if they have it, -1 if we do.
    sign: i64,
    /// Where it goes on beyond the symbols that are here.
    mapping: Mapping,
}

/// How far counts stray, from which the size of the difference is guessed.
#[derive(Clone, Copy, Debug, Default)]
struct Spread {
    /// How many more members they have.
    surplus: i64,
    sum: u128,
    n_symbols: u64,
}

impl Decoder {
    /// Starts with our set; `None` if a member stands in it twice.
    ///
    /// # Complexity
    /// O(n log n), n = members.
    /// # Examples
    /// ```
    /// # use crdt_sync::riblt::{Decoder, Key};
    /// assert!(Decoder::new(Key::from_bytes([1; 16]), vec![3, 3]).is_none());
    /// ```
    #[must_use]
    pub fn new(key: Key, mut ours: Vec<u128>) -> Option<Self> {
        ours.sort_unstable();
        if ours.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return None;
        }
        Some(Self {
            key,
            ours,
            ahead: VecDeque::new(),
            left: Vec::new(),
            found: Vec::new(),
            seen: BTreeSet::new(),
            spread: Spread::default(),
        })
    }

    /// Makes our own symbols up to an index in one go, and some ahead: cheaper than few at a time.
    ///
    /// # Complexity
    /// O(n log m), n = members, m = `end`.
    pub fn prepare(&mut self, end: u64) {
        let start = self.n_symbols().saturating_add(self.ahead.len() as u64);
        if start < end {
            // More than is needed now: many small answers cost no more than a large one.
            let end = end.max(start.saturating_add(start / 4)).min(MAX_SYMBOLS);
            self.ahead.extend(symbols(self.key, &self.ours, start..end));
        }
    }

    /// Takes in their next symbols.
    ///
    /// # Errors
    /// [`SymbolError`] if no set has these symbols. The decoder is of no use then.
    /// # Complexity
    /// O(f log f + k log m), f = members found by them, k = symbols, m = symbols so far, beside
    /// [`prepare`](Self::prepare) for symbols beyond.
    /// # Examples
    /// See [`symbols`].
    pub fn extend(&mut self, theirs: &[Symbol]) -> Result<(), SymbolError> {
        let start = self.n_symbols();
        let end = start.saturating_add(theirs.len() as u64);
        if end > MAX_SYMBOLS {
            return Err(SymbolError::TooMany);
        }
        self.prepare(end);
        for (index, symbol) in (start..).zip(theirs) {
            if !(0..=MAX_COUNT).contains(&symbol.count) {
                return Err(SymbolError::Count { index });
            }
            let ours = self.ahead.pop_front().unwrap_or_default();
            let left = symbol.without(&ours);
            self.spread.note(index, left.count);
            self.left.push(left);
        }
        for found in &mut self.found {
            found.take_out(&mut self.left, &mut Vec::new());
        }
        self.peel((start as usize..end as usize).collect())
    }

    /// Whether the difference is found.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn is_complete(&self) -> bool {
        // Every member is mapped to the first symbol.
        self.left.first().is_some_and(Symbol::is_empty)
    }

    /// How many symbols were taken in: the index of the next.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn n_symbols(&self) -> u64 {
        self.left.len() as u64
    }

    /// Guesses how many symbols it takes in all. Good to a few parts in ten where some dozens are here.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn expected_symbols(&self) -> u64 {
        let differing = self.spread.differing();
        differing.saturating_mul(7) / 5
    }

    /// Returns how many differing members were found so far.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn n_found(&self) -> usize {
        self.found.len()
    }

    /// Returns their set, ascending, once [`is_complete`](Self::is_complete).
    ///
    /// # Complexity
    /// O(n + d log d), n = our members, d = differing ones.
    /// # Examples
    /// See [`symbols`].
    #[must_use]
    pub fn into_theirs(self) -> Vec<u128> {
        let Self {
            ours, seen, found, ..
        } = self;
        let kept = ours.into_iter().filter(|member| !seen.contains(member));
        let added = found.iter().filter(|found| found.sign > 0);
        let mut theirs: Vec<u128> = kept.chain(added.map(|found| found.member)).collect();
        theirs.sort_unstable();
        theirs
    }

    /// Finds members from the symbols at `queue` on, until no symbol shows one.
    fn peel(&mut self, mut queue: Vec<usize>) -> Result<(), SymbolError> {
        while let Some(at) = queue.pop() {
            let Some(symbol) = self.left.get(at).copied() else {
                continue;
            };
            let shows_one =
                matches!(symbol.count, 1 | -1) && self.key.check(symbol.sum) == symbol.check;
            if !shows_one {
                continue;
            }
            let is_ours = self.ours.binary_search(&symbol.sum).is_ok();
            let is_possible = is_ours == (symbol.count < 0)
                && self.found.len() < self.left.len()
                && self.seen.insert(symbol.sum);
            if !is_possible {
                return Err(SymbolError::Member { index: at as u64 });
            }
            let mut found = Found {
                member: symbol.sum,
                check: symbol.check,
                sign: symbol.count,
                mapping: Mapping::of(symbol.check),
            };
            found.take_out(&mut self.left, &mut queue);
            self.found.push(found);
        }
        if !self.is_complete() {
            return Ok(());
        }
        let rest = self.left.iter().position(|left| !left.is_empty());
        rest.map_or(Ok(()), |index| {
            let index = index as u64;
            Err(SymbolError::Rest { index })
        })
    }
}

impl Found {
    /// Takes the member out of the symbols from where its mapping stands; notes which these were.
    fn take_out(&mut self, left: &mut [Symbol], changed: &mut Vec<usize>) {
        while let Some(symbol) = left.get_mut(self.mapping.index() as usize) {
            symbol.add(self.member, self.check, self.sign.wrapping_neg());
            changed.push(self.mapping.index() as usize);
            self.mapping.advance();
        }
    }
}

impl Spread {
    /// Notes the count that is left of a symbol before anything is found.
    ///
    /// With d differing members and a surplus s, the count at index i has the mean `s p` and the variance
    /// `d p (1 - p)` for `p = 2 / (i + 2)`. So `(count - s p)^2 / (p (1 - p))` has the mean d, and is, all
    /// times what makes it whole, `(count (i + 2) - 2 s)^2 / 2 i`.
    fn note(&mut self, index: u64, count: i64) {
        if index == 0 {
            self.surplus = count;
            return;
        }
        let places = i128::from(index).saturating_add(2);
        let expected = i128::from(self.surplus).saturating_mul(2);
        // Counts have 33 bits and indices 28: squares fit.
        let strays = i128::from(count)
            .saturating_mul(places)
            .saturating_sub(expected);
        let square = strays.saturating_mul(strays).unsigned_abs();
        let weighed = square.checked_div(u128::from(index).saturating_mul(2));
        self.sum = self.sum.saturating_add(weighed.unwrap_or_default());
        self.n_symbols = self.n_symbols.saturating_add(1);
    }

    /// How many members seem to differ.
    fn differing(&self) -> u64 {
        let mean = self.sum.checked_div(u128::from(self.n_symbols.max(1)));
        let mean = mean.and_then(|mean| u64::try_from(mean).ok());
        // A surplus may be more than there are symbols: it is what somebody says.
        let differing = mean.unwrap_or(MAX_SYMBOLS).max(self.surplus.unsigned_abs());
        differing.min(MAX_SYMBOLS)
    }
}

/// No set has more members.
const MAX_COUNT: i64 = 1 << 32;
