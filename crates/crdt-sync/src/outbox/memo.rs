//! What was joined and encoded: links that stand at the same place are sent the same bytes, and links at
//! different places share the work.
//!
//! Joins are kept for stretches of entries whose length is a power of two and whose place is a multiple of
//! it, as they are asked for: any interval is a few of them. A first question is answered by joining what
//! was asked; stretches are made when a second place asks for the same end, for then more will.
//!
//! **Invariants.** Payloads end where the last question ended. What is kept stays within the limits given
//! with a question, but for the answer to it.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crdt_core::Delta;

use super::Entry;
use crate::payload::Payload;

#[derive(Debug)]
pub(super) struct Memo<D> {
    /// Where the payloads end.
    to: u64,
    /// By where they start.
    payloads: BTreeMap<u64, Payload>,
    payload_bytes: usize,
    /// By size, as a power of two, and place.
    stretches: BTreeMap<(u32, u64), Stretch<D>>,
    /// Of the entries below, counted once for each stretch.
    stretch_bytes: usize,
}

#[derive(Debug)]
struct Stretch<D> {
    /// `None` if its entries cannot be grouped.
    delta: Option<D>,
    /// Of its entries.
    n_bytes: usize,
}

/// Entries that follow each other, and which is the first by a count that never begins anew.
pub(super) struct Entries<'a, D> {
    pub(super) first: u64,
    pub(super) list: &'a [&'a Entry<D>],
}

impl<D> Entries<'_, D> {
    /// The stretches of them that are left when some are left out.
    pub(super) fn without(&self, is_out: impl Fn(&Entry<D>) -> bool) -> Vec<Self> {
        let mut runs = Vec::new();
        let mut first = self.first;
        for list in self.list.chunk_by(|a, b| is_out(a) == is_out(b)) {
            if !is_out(list[0]) {
                runs.push(Entries { first, list });
            }
            first += list.len() as u64;
        }
        runs
    }
}

impl<D: Delta + Clone> Memo<D> {
    pub(super) const fn new() -> Self {
        Self {
            to: 0,
            payloads: BTreeMap::new(),
            payload_bytes: 0,
            stretches: BTreeMap::new(),
            stretch_bytes: 0,
        }
    }

    pub(super) fn payload(&self, from: u64, to: u64) -> Option<Payload> {
        if self.to != to {
            return None;
        }
        self.payloads.get(&from).cloned()
    }

    pub(super) fn remember(&mut self, from: u64, to: u64, payload: Payload, max_bytes: usize) {
        self.end_at(to);
        self.payload_bytes += payload.as_bytes().len();
        if self.payload_bytes > max_bytes {
            self.payloads.clear();
            self.payload_bytes = payload.as_bytes().len();
        }
        self.payloads.insert(from, payload);
    }

    /// Whether other places were asked about for the same end.
    pub(super) fn is_asked_often(&self, to: u64) -> bool {
        self.to == to && !self.payloads.is_empty()
    }

    fn end_at(&mut self, to: u64) {
        if self.to != to {
            self.to = to;
            self.payloads.clear();
            self.payload_bytes = 0;
        }
    }

    /// Groups entries; `None` if they cannot be.
    pub(super) fn join(&mut self, entries: &Entries<'_, D>, max_bytes: usize) -> Option<D> {
        if self.stretch_bytes > max_bytes {
            self.stretches.clear();
            self.stretch_bytes = 0;
        }
        let mut all = D::default();
        let mut done = 0;
        while done < entries.list.len() {
            let at = entries.first + done as u64;
            let left = entries.list.len() - done;
            let level = at.trailing_zeros().min(left.ilog2());
            let place = (level, at >> level);
            let part = Entries {
                first: at,
                list: &entries.list[done..done + (1 << level)],
            };
            all.merge_delta(self.stretch(place, &part)?).ok()?;
            done += 1 << level;
        }
        Some(all)
    }

    /// The join of a stretch that `entries` fill.
    fn stretch<'m>(
        &'m mut self,
        (level, place): (u32, u64),
        entries: &Entries<'m, D>,
    ) -> Option<&'m D> {
        if level == 0 {
            return entries.list.first().map(|entry| &entry.delta);
        }
        if !self.stretches.contains_key(&(level, place)) {
            let (left, right) = entries.list.split_at(entries.list.len() / 2);
            let middle = entries.first + left.len() as u64;
            let halves = [(entries.first, left), (middle, right)];
            let mut delta = Some(D::default());
            for (half, (first, list)) in (0_u64..).zip(halves) {
                let part = Entries { first, list };
                let part = self.stretch((level - 1, 2 * place + half), &part);
                delta = delta
                    .zip(part)
                    .and_then(|(mut all, part)| all.merge_delta(part).is_ok().then_some(all));
            }
            let n_bytes = entries.list.iter().map(|entry| entry.bytes.len()).sum();
            self.stretch_bytes += n_bytes;
            self.stretches
                .insert((level, place), Stretch { delta, n_bytes });
        }
        self.stretches.get(&(level, place))?.delta.as_ref()
    }

    /// The entries are others, or count otherwise.
    pub(super) fn forget(&mut self) {
        *self = Self::new();
    }

    /// Entries before `first` are gone.
    pub(super) fn forget_before(&mut self, first: u64) {
        self.stretches
            .retain(|(level, place), _| *place >= first >> level);
        self.stretch_bytes = self.stretches.values().map(|held| held.n_bytes).sum();
    }

    #[cfg(test)]
    pub(super) const fn n_bytes(&self) -> (usize, usize) {
        (self.payload_bytes, self.stretch_bytes)
    }
}
