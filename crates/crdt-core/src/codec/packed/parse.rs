//! Choosing among literals and copies: the cheapest way through the bytes.
//!
//! What is cheap depends on the tables, and these on what was chosen. So a first guess is made, and a
//! way sought at the prices that it leads to; then one at the prices of that way.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::super::entropy::Prices;
use super::matches::{Match, Matches, common_len};
use super::model::{
    COPY_LEN, DISTANCE, N_DISTANCES, N_LITERALS, distance_context, distance_step, literal_context,
};
use super::{LONG, MIN_COPY, values};

/// Some literals, then a copy; the last of all may have no copy.
#[derive(Clone, Copy, Default)]
pub(super) struct Sequence {
    pub(super) n_literals: usize,
    pub(super) copy_len: usize,
    pub(super) distance: usize,
}

pub(super) fn sequences(bytes: &[u8]) -> Vec<Sequence> {
    let mut sequences = guess(bytes);
    for _ in 0..N_PASSES {
        let prices = Rates::new(values(bytes, &sequences).prices());
        sequences = cheapest(bytes, &prices);
    }
    sequences
}

/// Takes the longest copy wherever there is one that is worth it in all likelihood.
fn guess(bytes: &[u8]) -> Vec<Sequence> {
    let mut matches = Matches::new(bytes);
    let mut sequences = Sequences::default();
    let mut end = 0;
    for at in 0..bytes.len() {
        let mut longest = Match {
            distance: 0,
            len: 1,
        };
        matches.pass(at, |found| {
            if found.len >= WORTH_GUESSING {
                longest = found;
            }
        });
        if at >= end {
            sequences.push(longest.len, longest.distance);
            end = at + longest.len;
        }
    }
    sequences.finish()
}

/// The cheapest way at these prices.
fn cheapest(bytes: &[u8], rates: &Rates) -> Vec<Sequence> {
    let mut matches = Matches::new(bytes);
    let mut sequences = Sequences::default();
    let mut start = Way {
        price: rates.literals_before(0),
        ..Way::UNKNOWN
    };
    for from in (0..bytes.len()).step_by(BLOCK) {
        let to = bytes.len().min(from + BLOCK);
        let ways = ways(bytes, from..to, start, rates, &mut matches);
        steps(&ways).for_each(|way| sequences.push(way.len as usize, way.distance as usize));
        start = ways[to - from];
        start.price = rates.literals_before(start.n_literals);
    }
    sequences.finish()
}

/// The cheapest known way to a place: its price, and the last step.
#[derive(Clone, Copy)]
struct Way {
    price: u32,
    /// 1 for a literal.
    len: u32,
    /// 0 for a literal.
    distance: u32,
    /// Distance of the last copy on the way.
    last: u32,
    /// How many literals came since.
    n_literals: u32,
}

impl Way {
    const UNKNOWN: Self = Self {
        price: u32::MAX,
        len: 0,
        distance: 0,
        last: 0,
        n_literals: 0,
    };

    /// Takes another step if that is cheaper.
    #[inline]
    fn offer(&mut self, way: Self) {
        if way.price < self.price {
            *self = way;
        }
    }
}

/// The cheapest way to each place of a block.
fn ways(
    bytes: &[u8],
    block: Range<usize>,
    start: Way,
    rates: &Rates,
    matches: &mut Matches<'_>,
) -> Vec<Way> {
    let mut ways = vec![Way::UNKNOWN; block.len() + 1];
    ways[0] = start;
    // Within a long copy nothing better is looked for.
    let mut settled = block.start;
    for at in block.clone() {
        let (here, ahead) = ways[at - block.start..].split_at_mut(1);
        let here = here[0];
        ahead[0].offer(rates.literal(here, bytes, at));
        let mut longest = Match {
            distance: 0,
            len: MIN_COPY - 1,
        };
        matches.pass(at, |found| {
            if at >= settled && found.len < LONG {
                let lens = longest.len + 1..=found.len.min(ahead.len());
                rates.copies(here, found.distance, lens, ahead);
            }
            longest = found;
        });
        if at >= settled && longest.len == LONG {
            let source = &bytes[at - longest.distance..];
            let len = common_len(source, &bytes[at..block.end]);
            if len >= MIN_COPY {
                rates.copies(here, longest.distance, len..=len, ahead);
            }
            settled = at + len;
        }
    }
    ways
}

/// The steps to the last place, first to last.
fn steps(ways: &[Way]) -> impl Iterator<Item = Way> {
    let mut steps = Vec::new();
    let mut at = ways.len() - 1;
    while at > 0 {
        steps.push(ways[at]);
        at -= ways[at].len as usize;
    }
    steps.into_iter().rev()
}

/// Steps put together.
#[derive(Default)]
struct Sequences {
    sequences: Vec<Sequence>,
    n_literals: usize,
}

impl Sequences {
    /// Appends a copy, or a literal if there is no distance.
    fn push(&mut self, len: usize, distance: usize) {
        if distance == 0 {
            self.n_literals += len;
            return;
        }
        self.sequences.push(Sequence {
            n_literals: core::mem::take(&mut self.n_literals),
            copy_len: len,
            distance,
        });
    }

    fn finish(mut self) -> Vec<Sequence> {
        if self.n_literals > 0 {
            self.sequences.push(Sequence {
                n_literals: self.n_literals,
                ..Sequence::default()
            });
        }
        self.sequences
    }
}

/// Prices of steps, in 1/256 bit.
struct Rates {
    prices: Prices,
    /// By what number of literals before them, and their length less [`MIN_COPY`].
    copy_lens: [Vec<u32>; 3],
    n_literals: Vec<u32>,
}

impl Rates {
    fn new(prices: Prices) -> Self {
        let len = |context, less| prices.of(COPY_LEN + context, less as u64);
        let lens = |context| (0..=LONG).map(|less| len(context, less)).collect();
        Self {
            copy_lens: [0, 1, 2].map(lens),
            n_literals: (0..=MAX_PRICED).map(|n| prices.of(N_LITERALS, n)).collect(),
            prices,
        }
    }

    /// What it takes to say that so many literals come.
    #[inline]
    fn literals_before(&self, n: u32) -> u32 {
        self.n_literals[(n as usize).min(MAX_PRICED as usize)]
    }

    /// The way that goes on with a literal.
    #[inline]
    fn literal(&self, here: Way, bytes: &[u8], at: usize) -> Way {
        let literal = self
            .prices
            .of(literal_context(&bytes[..at]), bytes[at].into());
        let n_literals = here.n_literals + 1;
        let paid = here.price - self.literals_before(here.n_literals);
        Way {
            price: paid + self.literals_before(n_literals) + literal,
            len: 1,
            distance: 0,
            last: here.last,
            n_literals,
        }
    }

    /// Offers the ways that go on with copies of these lengths.
    #[inline]
    fn copies(
        &self,
        here: Way,
        distance: usize,
        lens: core::ops::RangeInclusive<usize>,
        ahead: &mut [Way],
    ) {
        let step = distance_step(distance, here.last as usize);
        let by_len: [u32; N_DISTANCES] =
            core::array::from_fn(|context| self.prices.of(DISTANCE + context, step));
        let copy_lens = &self.copy_lens[here.n_literals.min(2) as usize];
        let paid = here.price + self.literals_before(0);
        for len in lens {
            let for_distance = by_len[distance_context(len) - DISTANCE];
            let for_len = copy_lens[(len - MIN_COPY).min(LONG)];
            ahead[len - 1].offer(Way {
                price: paid + for_len + for_distance,
                len: len as u32,
                distance: distance as u32,
                last: distance as u32,
                n_literals: 0,
            });
        }
    }
}

const N_PASSES: usize = 2;
/// Shorter copies are often dearer than what they save.
const WORTH_GUESSING: usize = 5;
const BLOCK: usize = 1 << 16;
/// More literals cost as much as so many.
const MAX_PRICED: u64 = 64;
