//! The writing half.

use alloc::vec;
use alloc::vec::Vec;

use super::cluster::{Clusters, cluster, cost};
use super::table::{Counts, normalise, write_all};
use super::{LOWEST, Layout, N_SYMBOLS, SCALE_BITS, Token, max_tables};
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
    /// O(n + c t), n = values, c = contexts, t = tables, at most 64.
    pub fn finish(self, w: &mut Writer) {
        let counts = self.counts();
        let least: u64 = counts.iter().map(cost).sum();
        // What tables may cost to read depends on the size of the input, which is not yet known:
        // it will be more than this.
        let clusters = cluster(&counts, max_tables((least >> 8) as usize / 8 * 15 / 16));
        write_tables(w, &clusters);
        let tables: Vec<Table> = clusters.counts.iter().map(Table::of).collect();
        self.write_steps(w, &clusters, &tables);
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
    fn write_steps(&self, w: &mut Writer, clusters: &Clusters, tables: &[Table]) {
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
            let table = &tables[usize::from(clusters.table_of[context])];
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

struct Table {
    freqs: Counts,
    starts: Counts,
}

impl Table {
    fn of(counts: &Counts) -> Self {
        let freqs = normalise(counts);
        let mut starts = [0; N_SYMBOLS];
        let mut start = 0;
        for (at, &freq) in starts.iter_mut().zip(&freqs) {
            *at = start;
            start += freq;
        }
        Self { freqs, starts }
    }
}

fn write_tables(w: &mut Writer, clusters: &Clusters) {
    w.u8(clusters.counts.len() as u8);
    column::encode_u64s(w, clusters.table_of.iter().map(|&table| u64::from(table)));
    let tables: Vec<Counts> = clusters.counts.iter().map(normalise).collect();
    write_all(w, &tables);
}

/// Bits are coded 16 at a time.
const fn n_chunks(n_bits: u32) -> usize {
    n_bits.div_ceil(16) as usize
}
