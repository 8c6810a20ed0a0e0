//! Putting contexts that behave alike into common tables.
//!
//! Far contexts are chosen as centres, then each goes to the centre where it costs least. Costs are
//! estimated in integers, so that every platform decides alike.

use alloc::vec;
use alloc::vec::Vec;

use super::N_SYMBOLS;
use super::table::Counts;

/// Which table each context has, and what is counted in each table.
pub(super) struct Clusters {
    pub(super) table_of: Vec<u8>,
    pub(super) counts: Vec<Counts>,
}

/// Finds at most `max` tables for the contexts; at least one, were it unused.
pub(super) fn cluster(contexts: &[Counts], max: usize) -> Clusters {
    let used: Vec<usize> = (0..contexts.len())
        .filter(|&context| contexts[context].iter().any(|&n| n > 0))
        .collect();
    let mut counts: Vec<Counts> = centres(contexts, &used, max)
        .into_iter()
        .map(|centre| contexts[centre])
        .collect();
    let mut table_of = vec![0; contexts.len()];
    for _ in 0..ROUNDS {
        let costs: Vec<u64> = counts.iter().map(cost).collect();
        for &context in &used {
            let added = |table: usize| {
                together(&contexts[context], &counts[table]).saturating_sub(costs[table])
            };
            let nearest = (0..counts.len()).min_by_key(|&table| added(table));
            table_of[context] = nearest.unwrap_or(0) as u8;
        }
        counts
            .iter_mut()
            .for_each(|counts| *counts = [0; N_SYMBOLS]);
        for &context in &used {
            add(
                &mut counts[usize::from(table_of[context])],
                &contexts[context],
            );
        }
    }
    compact(Clusters { table_of, counts })
}

/// Contexts that are far from each other: the busiest, then always the one that gains most from a
/// table of its own, as long as that pays for writing the table.
fn centres(contexts: &[Counts], used: &[usize], max: usize) -> Vec<usize> {
    let costs: Vec<u64> = used
        .iter()
        .map(|&context| cost(&contexts[context]))
        .collect();
    let mut distance = vec![u64::MAX; used.len()];
    let mut centres = Vec::new();
    let total = |at: usize| {
        contexts[used[at]]
            .iter()
            .map(|&n| u64::from(n))
            .sum::<u64>()
    };
    let mut next = (0..used.len()).max_by_key(|&at| total(at));
    while let Some(centre) = next.filter(|_| centres.len() < max) {
        centres.push(used[centre]);
        for at in 0..used.len() {
            let both = together(&contexts[used[at]], &contexts[used[centre]]);
            let apart = costs[at] + costs[centre];
            distance[at] = distance[at].min(both.saturating_sub(apart));
        }
        let gain = |at: usize| distance[at].saturating_sub(table_cost(&contexts[used[at]]));
        next = (0..used.len())
            .max_by_key(|&at| gain(at))
            .filter(|&at| gain(at) > 0);
    }
    centres
}

/// Drops tables that no context came to, and gives unused contexts the table of the one before.
fn compact(clusters: Clusters) -> Clusters {
    let mut number = vec![None; clusters.counts.len()];
    let mut counts = Vec::new();
    for (at, table) in clusters.counts.into_iter().enumerate() {
        if table.iter().any(|&n| n > 0) {
            number[at] = Some(counts.len() as u8);
            counts.push(table);
        }
    }
    if counts.is_empty() {
        counts.push([0; N_SYMBOLS]);
    }
    let table_of = clusters.table_of.iter();
    let table_of = table_of.map(|&table| {
        number
            .get(usize::from(table))
            .copied()
            .flatten()
            .unwrap_or(0)
    });
    Clusters {
        table_of: table_of.collect(),
        counts,
    }
}

/// The bits that values with these counts take under a table of their own, times 2^8.
pub(super) fn cost(counts: &Counts) -> u64 {
    cost_of(counts.iter().copied())
}

fn together(a: &Counts, b: &Counts) -> u64 {
    cost_of(a.iter().zip(b).map(|(a, b)| a + b))
}

fn cost_of(counts: impl Iterator<Item = u32>) -> u64 {
    let mut total = 0_u32;
    let mut saved = 0;
    for count in counts.filter(|&count| count > 0) {
        total += count;
        saved += u64::from(count) * log2(count);
    }
    (u64::from(total) * log2(total.max(1))).saturating_sub(saved)
}

/// About what writing a table takes.
fn table_cost(counts: &Counts) -> u64 {
    let n_symbols = counts.iter().filter(|count| **count > 0).count() as u64;
    (16 + 5 * n_symbols) << 8
}

/// The logarithm to base 2, times 2^8, off by less than 3.
fn log2(n: u32) -> u64 {
    let whole = n.ilog2();
    // 16 bits of fraction; between powers of two a parabola is close to the logarithm.
    let fraction = ((u64::from(n) << 16) >> whole) - (1 << 16);
    let bow = (fraction * ((1 << 16) - fraction)) >> 16;
    u64::from(whole << 8) + ((fraction + ((bow * 22_500) >> 16)) >> 8)
}

fn add(to: &mut Counts, counts: &Counts) {
    to.iter_mut().zip(counts).for_each(|(to, n)| *to += n);
}

const ROUNDS: usize = 2;
