//! Putting contexts that behave alike into common tables.
//!
//! The busiest contexts begin as groups of their own. Groups are merged two by two, always those that
//! gain most: what a table less saves is weighed against what it costs to share one. Then all others
//! go to where they cost least. Prices are in integers, so that every platform decides alike.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::logarithm::{FRACTION_BITS, log2};
use super::table::Counts;
use super::{MAX_TABLES, N_SYMBOLS};

/// Which table each context has, and what is counted in each table.
pub(super) struct Clusters {
    pub(super) table_of: Vec<u8>,
    pub(super) counts: Vec<Counts>,
}

impl Clusters {
    /// One table for all contexts.
    pub(super) fn one(contexts: &[Counts]) -> Self {
        let mut counts = [0; N_SYMBOLS];
        for context in contexts {
            counts.iter_mut().zip(context).for_each(|(to, n)| *to += n);
        }
        Self {
            table_of: vec![0; contexts.len()],
            counts: vec![counts],
        }
    }

    /// The bits that all values take, times 2^16, without their tables.
    pub(super) fn cost(&self) -> u64 {
        self.counts.iter().map(cost).sum()
    }
}

/// What a table takes about, in bits: itself, and each of its symbols.
#[derive(Clone, Copy)]
pub(super) struct TableCost {
    pub(super) table: i64,
    pub(super) symbol: i64,
}

/// Finds at most `max` tables for the contexts; at least one, were it unused.
///
/// # Complexity
/// O(c s), c = contexts in use, s = symbols in a context.
pub(super) fn cluster(contexts: &[Counts], max: usize, of_table: TableCost) -> Clusters {
    let mut used: Vec<(usize, Group)> = contexts
        .iter()
        .enumerate()
        .map(|(context, counts)| (context, Group::new(counts)))
        .filter(|(_, group)| group.total > 0)
        .collect();
    used.sort_by_key(|(_, group)| Reverse(group.total));
    let n_busy = used.len().min(BUSY_FOR_EACH_TABLE * max).min(MAX_TABLES);
    let mut groups = Groups {
        groups: used[..n_busy]
            .iter()
            .map(|(_, group)| group.clone())
            .collect(),
        group_of: (0..n_busy).collect(),
    };
    groups.merge(max, of_table);
    for (_, member) in &used[n_busy..] {
        groups.join(member);
    }
    for (at, (_, member)) in used.iter().enumerate() {
        groups.move_to_nearest(at, member);
    }
    groups.into_clusters(contexts.len(), used.iter().map(|(context, _)| *context))
}

/// The bits that values with these counts take under a table of their own, times 2^16, without the
/// table.
pub(super) fn cost(counts: &Counts) -> u64 {
    let saved: u64 = counts.iter().map(|&count| weight(count)).sum();
    weight(counts.iter().sum()).saturating_sub(saved)
}

/// A number times its logarithm: of what a table's values cost it is what their sum adds, and what each
/// symbol takes off.
#[inline]
fn weight(n: u32) -> u64 {
    if n == 0 { 0 } else { u64::from(n) * log2(n) }
}

/// Of more contexts than so many times the tables, none becomes a table of its own.
const BUSY_FOR_EACH_TABLE: usize = 6;

/// Contexts that share a table.
#[derive(Clone)]
struct Group {
    counts: Box<Counts>,
    /// The symbols that occur.
    symbols: Vec<u8>,
    total: u32,
}

impl Group {
    fn new(counts: &Counts) -> Self {
        let occurs = |symbol: &u8| counts[usize::from(*symbol)] > 0;
        Self {
            counts: Box::new(*counts),
            symbols: (0..=u8::MAX).filter(occurs).collect(),
            total: counts.iter().sum(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.change(other, |to, count| *to += count);
    }

    fn remove(&mut self, other: &Self) {
        self.change(other, |from, count| *from -= count);
    }

    fn change(&mut self, other: &Self, change: impl Fn(&mut u32, u32)) {
        let both = self.counts.iter_mut().zip(&*other.counts);
        both.for_each(|(to, &count)| change(to, count));
        *self = Self::new(&self.counts);
    }

    /// What two gain by sharing a table.
    fn gain(&self, other: &Self, saved: TableCost) -> i64 {
        (saved.table << FRACTION_BITS) - self.dearer(other, saved.symbol << FRACTION_BITS)
    }

    /// How much more the values of two take under one table, less what a symbol of both is worth.
    ///
    /// What occurs in one of the two only need not be looked at.
    fn dearer(&self, other: &Self, common_symbol: i64) -> i64 {
        let (few, many) = if self.symbols.len() < other.symbols.len() {
            (self, other)
        } else {
            (other, self)
        };
        let more = |a: u32, b: u32| (weight(a + b) - weight(a) - weight(b)) as i64;
        let saved = few.symbols.iter().map(|&symbol| {
            let [a, b] = [few, many].map(|group| group.counts[usize::from(symbol)]);
            if b == 0 {
                0
            } else {
                more(a, b) + common_symbol
            }
        });
        more(self.total, other.total) - saved.sum::<i64>()
    }
}

/// Contexts in groups, the busiest context first.
struct Groups {
    groups: Vec<Group>,
    group_of: Vec<usize>,
}

impl Groups {
    /// Merges those that gain most until that is a loss and no more than `max` are left.
    fn merge(&mut self, max: usize, of_table: TableCost) {
        let gain = |groups: &[Group], a: usize, b: usize| groups[a].gain(&groups[b], of_table);
        // For each what it gains with those before it.
        let mut gains: Vec<Vec<i64>> = (0..self.groups.len())
            .map(|b| (0..b).map(|a| gain(&self.groups, a, b)).collect())
            .collect();
        while let Some((best, a, b)) = largest(&gains) {
            if best <= 0 && self.groups.len() <= max {
                return;
            }
            self.merge_into(a, b);
            gains.remove(b);
            for gains in &mut gains[b..] {
                gains.remove(b);
            }
            for other in (0..self.groups.len()).filter(|&other| other != a) {
                gains[a.max(other)][a.min(other)] = gain(&self.groups, a, other);
            }
        }
    }

    /// Merges a group into one before it.
    fn merge_into(&mut self, a: usize, b: usize) {
        let gone = self.groups.remove(b);
        self.groups[a].add(&gone);
        for group in &mut self.group_of {
            *group = match *group {
                at if at == b => a,
                at if at > b => at - 1,
                at => at,
            };
        }
    }

    /// Takes in another context.
    fn join(&mut self, member: &Group) {
        let to = self.nearest(member);
        self.groups[to].add(member);
        self.group_of.push(to);
    }

    /// Merging cannot undo what it did early, nor know who joins late.
    fn move_to_nearest(&mut self, at: usize, member: &Group) {
        let from = self.group_of[at];
        if self.groups[from].total == member.total {
            return;
        }
        self.groups[from].remove(member);
        let to = self.nearest(member);
        self.groups[to].add(member);
        self.group_of[at] = to;
    }

    /// The group in which a context costs least.
    fn nearest(&self, member: &Group) -> usize {
        let dearer = |at: &usize| self.groups[*at].dearer(member, 0);
        (0..self.groups.len()).min_by_key(dearer).unwrap_or(0)
    }

    /// Contexts that are not in use have the table of the one before, which is told shortest.
    fn into_clusters(self, n_contexts: usize, used: impl Iterator<Item = usize>) -> Clusters {
        let mut table_of: Vec<Option<usize>> = vec![None; n_contexts];
        for (context, group) in used.zip(self.group_of) {
            table_of[context] = Some(group);
        }
        let mut last = 0;
        let table_of = table_of.into_iter().map(|table| {
            last = table.unwrap_or(last);
            last as u8
        });
        let mut counts: Vec<Counts> = self.groups.iter().map(|group| *group.counts).collect();
        if counts.is_empty() {
            counts.push([0; N_SYMBOLS]);
        }
        Clusters {
            table_of: table_of.collect(),
            counts,
        }
    }
}

/// The largest of gains, and whose it is: one before and the one itself.
fn largest(gains: &[Vec<i64>]) -> Option<(i64, usize, usize)> {
    let with_places = gains.iter().enumerate().flat_map(|(b, gains)| {
        let gains = gains.iter().enumerate();
        gains.map(move |(a, &gain)| (gain, a, b))
    });
    with_places.max()
}
