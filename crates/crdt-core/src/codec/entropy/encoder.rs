//! The writing half.

use alloc::vec;
use alloc::vec::Vec;

use super::cluster::{Clusters, TableCost, cluster, cost};
use super::logarithm::FRACTION_BITS;
use super::table::{self, Counts, normalise};
use super::{BY_LEVELS, LOWEST, Layout, N_SYMBOLS, Prices, SCALE_BITS, Token, levels, max_tables};
use crate::codec::{Writer, column};

/// Collects values with their contexts, and writes them when all are known.
#[derive(Debug)]
pub struct Encoder {
    layout: Layout,
    contexts: Vec<u16>,
    values: Vec<u64>,
}

/// One step of the coder.
#[derive(Clone, Copy)]
enum Step {
    Symbol { start: u32, freq: u32 },
    Bits { bits: u32, n_bits: u32 },
}

impl Encoder {
    /// Makes an encoder without values.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            contexts: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Appends a value; a byte where the context is one of bytes.
    ///
    /// # Complexity
    /// Amortised O(1).
    #[inline]
    pub fn push(&mut self, context: usize, value: u64) {
        debug_assert!(context < self.layout.n_contexts);
        debug_assert!(context >= self.layout.n_bytes || value < 256);
        self.contexts.push(context as u16);
        self.values.push(value);
    }

    /// Writes all values.
    ///
    /// # Complexity
    /// O(n + c s), n = values, c = contexts in use, s = symbols in a context.
    pub fn finish(self, w: &mut Writer) {
        let max = self.max_tables();
        let mut tables = Tables::exact(Clusters::one(&self.counts()));
        for other in [
            Tables::exact(self.clusters(max, EXACT_COST)),
            Tables::by_levels(self.clusters(max, LEVELS_COST)),
        ] {
            if other.n_bytes() < tables.n_bytes() {
                tables = other;
            }
        }
        self.write(w, &tables);
    }

    /// Writes all values under few tables, which are told exactly.
    pub(super) fn finish_exactly(self, w: &mut Writer) {
        let clusters = self.clusters(max_tables(0), EXACT_COST);
        self.write(w, &Tables::exact(clusters));
    }

    /// What values like these take.
    pub(in crate::codec) fn prices(&self) -> Prices {
        Prices::new(self.layout, self.clusters(self.max_tables(), LEVELS_COST))
    }

    /// What tables may cost to read depends on the size of the input, which is not yet known: it will
    /// be more than this.
    fn max_tables(&self) -> usize {
        let least: u64 = self.counts().iter().map(cost).sum();
        max_tables((least >> FRACTION_BITS) as usize / 8 * 15 / 16)
    }

    fn clusters(&self, max: usize, of_table: TableCost) -> Clusters {
        cluster(&self.counts(), max, of_table)
    }

    fn tokens(&self) -> impl DoubleEndedIterator<Item = (usize, Token)> + '_ {
        let values = self.contexts.iter().zip(&self.values);
        values.map(|(&context, &value)| {
            let context = usize::from(context);
            (context, Token::of(value, self.layout.n_direct(context)))
        })
    }

    fn counts(&self) -> Vec<Counts> {
        let mut counts = vec![[0; N_SYMBOLS]; self.layout.n_contexts];
        for (context, token) in self.tokens() {
            counts[context][usize::from(token.symbol)] += 1;
        }
        counts
    }

    /// The last step goes first: a state is a stack.
    fn write(&self, w: &mut Writer, tables: &Tables) {
        w.raw(tables.told.as_bytes());
        let n_steps: usize = self
            .tokens()
            .map(|(_, token)| 1 + n_chunks(token.n_bits))
            .sum();
        let mut turn = n_steps & 1;
        let mut states = [LOWEST; 2];
        let mut words: Vec<u16> = Vec::new();
        let mut take = |step: Step| {
            turn ^= 1;
            step.push(&mut states[turn], &mut words);
        };
        for (context, token) in self.tokens().rev() {
            for chunk in (0..n_chunks(token.n_bits)).rev() {
                let at = chunk as u32 * 16;
                take(Step::Bits {
                    bits: (token.bits >> at) as u32 & 0xffff,
                    n_bits: (token.n_bits - at).min(16),
                });
            }
            let table = &tables.shares[usize::from(tables.clusters.table_of[context])];
            let symbol = usize::from(token.symbol);
            take(Step::Symbol {
                start: table.starts[symbol],
                freq: table.freqs[symbol],
            });
        }
        states.iter().for_each(|&state| w.u32_le(state));
        words
            .iter()
            .rev()
            .for_each(|word| w.raw(&word.to_le_bytes()));
    }
}

impl Step {
    #[inline]
    fn push(self, state: &mut u32, words: &mut Vec<u16>) {
        let limit = match self {
            Self::Symbol { freq, .. } => u64::from(freq) << (32 - SCALE_BITS),
            Self::Bits { n_bits, .. } => 1 << (32 - n_bits),
        };
        if u64::from(*state) >= limit {
            words.push(*state as u16);
            *state >>= 16;
        }
        *state = match self {
            Self::Symbol { start, freq } => ((*state / freq) << SCALE_BITS) + *state % freq + start,
            Self::Bits { bits, n_bits } => (*state << n_bits) | bits,
        };
    }
}

/// Tables as they are told, and as whoever reads that will see them.
struct Tables {
    clusters: Clusters,
    told: Writer,
    shares: Vec<Shares>,
}

impl Tables {
    fn exact(clusters: Clusters) -> Self {
        let freqs: Vec<Counts> = clusters.counts.iter().map(normalise).collect();
        let mut told = Writer::new();
        told.u8(freqs.len() as u8);
        let table_of = clusters.table_of.iter();
        column::encode_u64s(&mut told, table_of.map(|&table| table.into()));
        table::write_all(&mut told, &freqs);
        Self::new(clusters, told, freqs)
    }

    fn by_levels(clusters: Clusters) -> Self {
        let mut freqs: Vec<Counts> = clusters.counts.iter().map(normalise).collect();
        let mut told = Writer::new();
        told.u8(freqs.len() as u8 | BY_LEVELS);
        levels::write(&mut told, &clusters.table_of, &mut freqs);
        Self::new(clusters, told, freqs)
    }

    fn new(clusters: Clusters, told: Writer, freqs: Vec<Counts>) -> Self {
        Self {
            clusters,
            told,
            shares: freqs.into_iter().map(Shares::of).collect(),
        }
    }

    /// About what everything takes.
    fn n_bytes(&self) -> u64 {
        self.told.len() as u64 + (self.clusters.cost() >> FRACTION_BITS) / 8
    }
}

/// The values of a table that stand for each symbol.
struct Shares {
    freqs: Counts,
    starts: Counts,
}

impl Shares {
    fn of(freqs: Counts) -> Self {
        let mut starts = [0; N_SYMBOLS];
        let mut start = 0;
        for (at, &freq) in starts.iter_mut().zip(&freqs) {
            *at = start;
            start += freq;
        }
        Self { freqs, starts }
    }
}

const EXACT_COST: TableCost = TableCost {
    table: 16,
    symbol: 10,
};
const LEVELS_COST: TableCost = TableCost {
    table: 16,
    symbol: 5,
};

/// Bits are coded 16 at a time.
const fn n_chunks(n_bits: u32) -> usize {
    n_bits.div_ceil(16) as usize
}
