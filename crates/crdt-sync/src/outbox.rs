//! The outbox: one log of a document's deltas, for all links together.
//!
//! A neighbour is a cursor into it, not a queue: ten thousand that wait cost ten thousand numbers.
//! It is a cache. What is dropped from it can be told from the state, at a higher price.
//!
//! **Invariants.** Entries follow each other without gaps from `base` to `next`. Numbers are not used
//! again. `n_bytes` is the sum over the entries, and within the limits after [`Outbox::shrink`].
//!
//! **Costs.** Appending is O(1) beside encoding the delta. An interval is joined and encoded once,
//! for however many links.
//!
//! **Reference.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, section 6.2
//! (delta-intervals); Enes et al., "Efficient synchronization of state-based CRDTs", 2019, section IV
//! (do not send back where it came from).

mod memo;
#[cfg(test)]
mod tests;

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use crdt_core::Delta;
use crdt_core::codec::Encode;

use self::memo::{Entries, Memo};
use crate::Config;
use crate::payload::Payload;
use crate::position::{Epochs, Position};

/// The deltas of one document, in the order in which they came in here.
#[derive(Debug)]
pub(crate) struct Outbox<D> {
    epochs: Epochs,
    base: u64,
    entries: VecDeque<Entry<D>>,
    n_bytes: usize,
    /// How many bytes were left when it was grouped last.
    grouped_bytes: usize,
    /// How many entries went, so that those that are left keep their count.
    n_popped: u64,
    memo: Memo<D>,
}

/// What was appended at once, or neighbours of it grouped into one.
#[derive(Debug)]
pub(crate) struct Entry<D> {
    /// Where the next one starts.
    end: u64,
    /// The epoch of the process whose frame brought it; `None` if it was made here, or by several.
    /// An epoch, for copies of a storage share its name and must hear of each other.
    origin: Option<u64>,
    delta: D,
    bytes: Arc<[u8]>,
    /// How many bytes were appended up to its end, counted since the outbox was made or grouped.
    n_bytes_to: usize,
}

impl<D: Delta + Clone + Encode> Outbox<D> {
    pub(crate) fn new(epochs: Epochs, base: u64) -> Self {
        Self {
            epochs,
            base,
            entries: VecDeque::new(),
            n_bytes: 0,
            grouped_bytes: 0,
            n_popped: 0,
            memo: Memo::new(),
        }
    }

    /// Appends a delta; returns its encoding and whether it is the first of this epoch.
    pub(crate) fn append(&mut self, delta: D, origin: Option<u64>) -> (Arc<[u8]>, bool) {
        let begins = self.epochs.begin(self.next());
        let bytes: Arc<[u8]> = delta.to_bytes().into();
        self.push(self.next() + 1, delta, origin, Arc::clone(&bytes));
        (bytes, begins)
    }

    /// Puts back an entry that was read from storage; ascending.
    pub(crate) fn push(&mut self, end: u64, delta: D, origin: Option<u64>, bytes: Arc<[u8]>) {
        self.n_bytes += bytes.len();
        let n_bytes_before = self.entries.back().map_or(0, |last| last.n_bytes_to);
        self.entries.push_back(Entry {
            end,
            origin,
            delta,
            n_bytes_to: n_bytes_before + bytes.len(),
            bytes,
        });
    }

    /// The number of the next delta.
    pub(crate) fn next(&self) -> u64 {
        self.entries.back().map_or(self.base, |entry| entry.end)
    }

    /// The number of the first delta that is still here.
    pub(crate) const fn base(&self) -> u64 {
        self.base
    }

    pub(crate) const fn n_bytes(&self) -> usize {
        self.n_bytes
    }

    pub(crate) const fn epochs(&self) -> &Epochs {
        &self.epochs
    }

    pub(crate) fn position_at(&self, seq: u64) -> Position {
        self.epochs.position_at(seq)
    }

    /// Whether everything after the position can be sent from here.
    pub(crate) fn resolves(&self, position: Position) -> bool {
        position.seq >= self.base && self.epochs.resolves(position, self.next())
    }

    /// How many bytes lie between two places.
    pub(crate) fn n_bytes_between(&self, from: u64, to: u64) -> usize {
        let range = self.range(from, to);
        let first = self.entries.get(range.start).filter(|_| !range.is_empty());
        let last = range
            .end
            .checked_sub(1)
            .and_then(|last| self.entries.get(last));
        first.zip(last).map_or(0, |(first, last)| {
            last.n_bytes_to - first.n_bytes_to + first.bytes.len()
        })
    }

    /// Whether anything between two places is not the neighbour's own.
    pub(crate) fn has_news_for(&self, neighbour: u64, from: u64, to: u64) -> bool {
        let is_theirs = |entry: &Entry<D>| entry.origin == Some(neighbour);
        !self.between(from, to).all(is_theirs)
    }

    /// The last place such that no more than so many bytes lie between; one delta in any case, if there is one.
    pub(crate) fn place_within(&self, from: u64, max_bytes: usize) -> u64 {
        let mut n_bytes = 0_usize;
        let mut to = from;
        for entry in self.between(from, self.next()) {
            n_bytes = n_bytes.saturating_add(entry.bytes.len());
            if n_bytes > max_bytes && to > from {
                break;
            }
            to = entry.end;
        }
        to
    }

    /// What a neighbour lacks that holds everything before `from`, but for what it sent itself.
    ///
    /// Grouped; where grouping is refused, since deltas contradict each other, one by one: whoever
    /// receives them finds out. To answer others, at most `memo_bytes` are kept of payloads, and as many of
    /// joins.
    pub(crate) fn interval(
        &mut self,
        from: u64,
        to: u64,
        neighbour: u64,
        memo_bytes: usize,
    ) -> Payload {
        let range = self.range(from, to);
        let first = self.n_popped + range.start as u64;
        let is_theirs = |entry: &Entry<D>| entry.origin == Some(neighbour);
        let entries: Vec<&Entry<D>> = self.entries.range(range).collect();
        let is_shared = !entries.iter().any(|entry| is_theirs(entry));
        // What leaves out a neighbour's own deltas is for one link; the rest is for all.
        if let Some(payload) = self.memo.payload(from, to).filter(|_| is_shared) {
            return payload;
        }
        let all = Entries {
            first,
            list: &entries,
        };
        let runs = all.without(is_theirs);
        let payload = if self.memo.is_asked_often(to) {
            join_runs(&runs, &mut self.memo, memo_bytes)
        } else {
            None
        };
        let payload = payload.unwrap_or_else(|| group(&runs));
        if is_shared {
            self.memo.remember(from, to, payload.clone(), memo_bytes);
        }
        payload
    }

    /// Keeps the outbox small; returns from which place on it is kept, if that moved.
    ///
    /// What every link has is dropped beyond `retained_bytes`; beyond the soft limit the oldest
    /// entries are grouped, beyond the hard one dropped, whoever still lacks them.
    pub(crate) fn shrink(&mut self, config: &Config, acked_by_all: u64) -> Option<u64> {
        let base = self.base;
        while self.n_bytes > config.retained_bytes
            && self
                .entries
                .front()
                .is_some_and(|entry| entry.end <= acked_by_all)
        {
            self.pop();
        }
        // Not again at once: grouping looks at half of all.
        if self.n_bytes > config.soft_bytes.max(self.grouped_bytes / 4 * 5) {
            self.coalesce();
            self.grouped_bytes = self.n_bytes;
        }
        while self.n_bytes > config.hard_bytes && !self.entries.is_empty() {
            self.pop();
        }
        self.grouped_bytes = self.grouped_bytes.min(self.n_bytes);
        if self.base == base {
            return None;
        }
        self.memo.forget_before(self.n_popped);
        Some(self.base)
    }

    /// Forgets the epochs that have no entry any more; returns where they began.
    pub(crate) fn trim_epochs(&mut self) -> Vec<u64> {
        self.epochs.trim(self.base)
    }

    /// The entries that hold what lies between two places.
    fn between(&self, from: u64, to: u64) -> impl Iterator<Item = &Entry<D>> {
        self.entries.range(self.range(from, to))
    }

    fn range(&self, from: u64, to: u64) -> Range<usize> {
        let first = self.entries.partition_point(|entry| entry.end <= from);
        let after = self.entries.partition_point(|entry| entry.end < to);
        let n_entries = self.entries.len();
        let last = if from < to {
            (after + 1).min(n_entries)
        } else {
            first
        };
        first.min(last)..last
    }

    fn pop(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.n_bytes -= entry.bytes.len();
            self.base = entry.end;
            self.n_popped += 1;
        }
    }

    /// Groups the older half, two by two: where the same keys change again and again, what was replaced
    /// since goes.
    fn coalesce(&mut self) {
        let older = self.entries.len() / 2;
        let mut kept = VecDeque::with_capacity(self.entries.len());
        for (idx, entry) in self.entries.drain(..).enumerate() {
            let pairs = idx < older && idx % 2 == 1;
            match kept.back_mut() {
                Some(last) if pairs => {
                    if let Some(entry) = join(last, entry) {
                        kept.push_back(entry);
                    }
                }
                _ => kept.push_back(entry),
            }
        }
        self.entries = kept;
        self.n_bytes = 0;
        for entry in &mut self.entries {
            self.n_bytes += entry.bytes.len();
            entry.n_bytes_to = self.n_bytes;
        }
        self.memo.forget();
    }
}

/// Groups `entry` into `last`, or gives it back.
fn join<D: Delta + Clone + Encode>(last: &mut Entry<D>, entry: Entry<D>) -> Option<Entry<D>> {
    let mut delta = last.delta.clone();
    if delta.merge_delta(&entry.delta).is_err() {
        return Some(entry);
    }
    *last = Entry {
        end: entry.end,
        origin: last.origin.filter(|_| last.origin == entry.origin),
        bytes: delta.to_bytes().into(),
        delta,
        n_bytes_to: entry.n_bytes_to,
    };
    None
}

/// Groups by what is remembered of others; `None` if grouping is refused.
fn join_runs<D: Delta + Clone + Encode>(
    runs: &[Entries<'_, D>],
    memo: &mut Memo<D>,
    max_bytes: usize,
) -> Option<Payload> {
    if let [Entries { list: [entry], .. }] = runs {
        return Some(Payload::of([&*entry.bytes]));
    }
    let mut all = D::default();
    for run in runs {
        all.merge_delta(&memo.join(run, max_bytes)?).ok()?;
    }
    Some(payload_of(&all))
}

fn group<D: Delta + Clone + Encode>(runs: &[Entries<'_, D>]) -> Payload {
    let entries: Vec<&Entry<D>> = runs
        .iter()
        .flat_map(|run| run.list.iter().copied())
        .collect();
    if let [entry] = *entries {
        return Payload::of([&*entry.bytes]);
    }
    let deltas = entries.iter().map(|entry| &entry.delta);
    match D::merge_deltas(deltas) {
        Ok(delta) => payload_of(&delta),
        Err(_) => Payload::of(entries.iter().map(|entry| &*entry.bytes)),
    }
}

fn payload_of<D: Delta + Encode>(delta: &D) -> Payload {
    if delta.is_empty() {
        return Payload::default();
    }
    Payload::of([&*delta.to_bytes()])
}
