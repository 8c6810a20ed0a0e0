//! What values take, for whoever chooses between ways to write something.

use alloc::vec::Vec;

use super::cluster::Clusters;
use super::logarithm::{FRACTION_BITS, log2};
use super::table::Counts;
use super::{Layout, N_SYMBOLS, Token};

/// What each value takes in its context, in 1/256 bit, by how often such values were written.
#[derive(Debug)]
pub(in crate::codec) struct Prices {
    layout: Layout,
    table_of: Vec<u8>,
    tables: Vec<[u16; N_SYMBOLS]>,
}

impl Prices {
    pub(super) fn new(layout: Layout, clusters: Clusters) -> Self {
        Self {
            layout,
            table_of: clusters.table_of,
            tables: clusters.counts.iter().map(prices_of).collect(),
        }
    }

    #[inline]
    pub(in crate::codec) fn of(&self, context: usize, value: u64) -> u32 {
        let token = Token::of(value, self.layout.n_direct(context));
        let table = &self.tables[usize::from(self.table_of[context])];
        u32::from(table[usize::from(token.symbol)]) + token.n_bits * ONE_BIT
    }
}

fn prices_of(counts: &Counts) -> [u16; N_SYMBOLS] {
    let total = log2(counts.iter().sum::<u32>().max(1));
    counts.map(|count| match count {
        0 => UNSEEN,
        count => ((total - log2(count)) >> (FRACTION_BITS - 8)).min(UNSEEN.into()) as u16,
    })
}

const ONE_BIT: u32 = 1 << 8;
/// Of a symbol that did not occur: it would take a place in the table.
const UNSEEN: u16 = 14 << 8;
