//! Choosing among literals and copies: the cheapest way through the bytes, by estimated prices.
//!
//! Prices are in 1/256 bit, integers on every platform.

use alloc::vec;
use alloc::vec::Vec;

use super::MIN_COPY;
use super::matches::Matches;
use super::model::{
    DISTANCE, N_DISTANCES, N_LITERAL_CONTEXTS, distance_context, distance_step, literal_context,
};

/// Some literals, then a copy; the last of all may have no copy.
#[derive(Clone, Copy, Default)]
pub(super) struct Sequence {
    pub(super) n_literals: usize,
    pub(super) copy_len: usize,
    pub(super) distance: usize,
}

/// The cheapest known way to a place: its price, and the last step.
#[derive(Clone, Copy)]
struct Way {
    price: u32,
    /// 1 for a literal.
    len: u32,
    distance: u32,
    /// Distance of the last copy on the way.
    last: u32,
}

pub(super) fn sequences(bytes: &[u8]) -> Vec<Sequence> {
    let guess = pass(bytes, &Prices::guess(bytes));
    pass(bytes, &Prices::after(bytes, &guess))
}

/// The cheapest way at these prices.
fn pass(bytes: &[u8], prices: &Prices) -> Vec<Sequence> {
    let mut matches = Matches::new(bytes);
    let mut sequences = Vec::new();
    let mut n_literals = 0;
    for start in (0..bytes.len()).step_by(BLOCK) {
        let end = bytes.len().min(start + BLOCK);
        for way in cheapest(bytes, start..end, prices, &mut matches) {
            if way.distance == 0 {
                n_literals += 1;
            } else {
                sequences.push(Sequence {
                    n_literals,
                    copy_len: way.len as usize,
                    distance: way.distance as usize,
                });
                n_literals = 0;
            }
        }
    }
    if n_literals > 0 {
        sequences.push(Sequence {
            n_literals,
            ..Sequence::default()
        });
    }
    sequences
}

/// The steps of the cheapest way through a block.
fn cheapest(
    bytes: &[u8],
    block: core::ops::Range<usize>,
    prices: &Prices,
    matches: &mut Matches<'_>,
) -> Vec<Way> {
    let unknown = Way {
        price: u32::MAX,
        len: 0,
        distance: 0,
        last: 0,
    };
    let mut ways = vec![unknown; block.len() + 1];
    ways[0].price = 0;
    // Within a long copy nothing better is looked for.
    let mut settled = block.start;
    for at in block.clone() {
        let Way {
            price: here, last, ..
        } = ways[at - block.start];
        let mut reach = |len: usize, price: u32, distance: usize| {
            let way = &mut ways[at - block.start + len];
            if here.saturating_add(price) < way.price {
                *way = Way {
                    price: here + price,
                    len: len as u32,
                    distance: distance as u32,
                    last: if distance > 0 { distance as u32 } else { last },
                };
            }
        };
        reach(1, prices.literal(bytes, at), 0);
        if at >= settled {
            let mut len = MIN_COPY;
            let longest = matches.find(at, block.end, |found| {
                for len in len..=found.len {
                    reach(
                        len,
                        prices.copy(len, distance_step(found.distance, last as usize)),
                        found.distance,
                    );
                }
                len = found.len + 1;
            });
            if longest >= LONG {
                settled = at + longest;
            }
        }
        matches.insert(at);
    }
    steps(&ways)
}

/// The steps to the last place, first to last.
fn steps(ways: &[Way]) -> Vec<Way> {
    let mut steps = Vec::new();
    let mut at = ways.len() - 1;
    while at > 0 {
        steps.push(ways[at]);
        at -= ways[at].len as usize;
    }
    steps.reverse();
    steps
}

/// What each part of a sequence is estimated to take.
struct Prices {
    /// For each context of literals and each byte.
    literals: Vec<u16>,
    copy_lens: Vec<u16>,
    /// By context and magnitude.
    distances: Vec<[u16; 64]>,
}

impl Prices {
    /// A guess: literals by how often bytes follow each other, all copies alike.
    fn guess(bytes: &[u8]) -> Self {
        let all = [Sequence {
            n_literals: bytes.len(),
            ..Sequence::default()
        }];
        let mut prices = Self::after(bytes, &all);
        for (len, price) in prices.copy_lens.iter_mut().enumerate() {
            *price = (4 * 256 + log2(len as u32 + 1)) as u16;
        }
        for of_context in &mut prices.distances {
            for (magnitude, price) in of_context.iter_mut().enumerate() {
                *price = (256 * magnitude / 2 + 512) as u16;
            }
        }
        prices
    }

    /// Prices by how often things were chosen.
    fn after(bytes: &[u8], sequences: &[Sequence]) -> Self {
        let mut literals = vec![0_u32; N_LITERAL_CONTEXTS << 8];
        let mut copy_lens = vec![0_u32; MAX_PRICED + 1];
        let mut distances = vec![[0_u32; 64]; N_DISTANCES];
        let mut at = 0;
        let mut last = 0;
        for sequence in sequences {
            for at in at..at + sequence.n_literals {
                literals[literal_context(&bytes[..at]) << 8 | usize::from(bytes[at])] += 1;
            }
            at += sequence.n_literals + sequence.copy_len;
            if sequence.copy_len > 0 {
                copy_lens[(sequence.copy_len - MIN_COPY).min(MAX_PRICED)] += 1;
                let context = distance_context(sequence.copy_len) - DISTANCE;
                distances[context][magnitude(distance_step(sequence.distance, last))] += 1;
                last = sequence.distance;
            }
        }
        let n_copies = sequences.len() as u32;
        // Lengths are smoothed: each counts for its neighbours.
        let smooth = |len: usize| {
            let near = len.saturating_sub(len / 4)..(len + len / 4 + 1).min(MAX_PRICED + 1);
            copy_lens[near.clone()].iter().sum::<u32>() / near.len() as u32
        };
        Self {
            literals: literals.chunks(256).flat_map(prices_of).collect(),
            copy_lens: (0..=MAX_PRICED)
                // Besides the length there is a number of literals, most often a small one.
                .map(|len| price(smooth(len), n_copies).saturating_add(3 * 256))
                .collect(),
            distances: distances
                .iter()
                .map(|counts| {
                    let total = counts.iter().sum();
                    let price = |magnitude: usize| {
                        let n_raw = (magnitude / 2).saturating_sub(1) as u16;
                        price(counts[magnitude], total).saturating_add(256 * n_raw)
                    };
                    core::array::from_fn(price)
                })
                .collect(),
        }
    }

    #[inline]
    fn literal(&self, bytes: &[u8], at: usize) -> u32 {
        u32::from(self.literals[literal_context(&bytes[..at]) << 8 | usize::from(bytes[at])])
    }

    #[inline]
    fn copy(&self, len: usize, step: u64) -> u32 {
        let context = distance_context(len) - DISTANCE;
        u32::from(self.copy_lens[(len - MIN_COPY).min(MAX_PRICED)])
            + u32::from(self.distances[context][magnitude(step)])
    }
}

fn prices_of(counts: &[u32]) -> impl Iterator<Item = u16> + '_ {
    let total: u32 = counts.iter().sum();
    counts.iter().map(move |&count| price(count, total))
}

/// What something takes that occurs so often among so many.
fn price(count: u32, total: u32) -> u16 {
    let bits = log2(total + 32).saturating_sub(if count == 0 { 0 } else { log2(count) });
    bits.clamp(64, 14 << 8) as u16
}

/// Twice the length of a number in bits, plus the bit below the highest.
#[inline]
fn magnitude(step: u64) -> usize {
    let step = step + 1;
    let len = step.ilog2();
    2 * len as usize + ((step >> len.saturating_sub(1)) & 1) as usize
}

/// About 256 times the logarithm to base 2.
fn log2(n: u32) -> u32 {
    let whole = n.ilog2();
    (whole << 8) + (((u64::from(n) << 8) >> whole) as u32 - 256)
}

const BLOCK: usize = 1 << 16;
/// A copy as long as this is always taken.
const LONG: usize = 96;
/// Longer copies cost as one as long as this.
const MAX_PRICED: usize = 64;
