//! How far the outboxes of others are applied here, by the names of their stores.
//!
//! A cursor is a hint: who lost it is compared with anew. So there is a limit to them, and names that were
//! made up push out those that were not used for longest.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::StoreId;
use crate::position::Position;

#[derive(Debug, Default)]
pub(crate) struct Cursors {
    by_store: BTreeMap<StoreId, Cursor>,
    n_notes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Cursor {
    have: Position,
    /// When it was noted, by counting.
    noted: u64,
}

impl Cursors {
    pub(crate) fn get(&self, store: StoreId) -> Option<Position> {
        self.by_store.get(&store).map(|cursor| cursor.have)
    }

    /// Notes a cursor; returns those that are forgotten for it: a quarter, when there are too many.
    pub(crate) fn note(&mut self, store: StoreId, have: Position, max: usize) -> Vec<StoreId> {
        self.n_notes += 1;
        let noted = self.n_notes;
        self.by_store.insert(store, Cursor { have, noted });
        if self.by_store.len() <= max.max(1) {
            return Vec::new();
        }
        let mut ages: Vec<u64> = self.by_store.values().map(|cursor| cursor.noted).collect();
        ages.sort_unstable();
        let oldest_kept = ages[(ages.len() / 4).max(1)];
        let is_old = |(_, cursor): &(&StoreId, &Cursor)| cursor.noted < oldest_kept;
        let old = self.by_store.iter().filter(is_old);
        let forgotten: Vec<StoreId> = old.map(|(store, _)| *store).collect();
        for store in &forgotten {
            self.by_store.remove(store);
        }
        forgotten
    }
}

impl FromIterator<(StoreId, Position)> for Cursors {
    fn from_iter<I: IntoIterator<Item = (StoreId, Position)>>(cursors: I) -> Self {
        let mut all = Self::default();
        for (store, have) in cursors {
            all.note(store, have, usize::MAX);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursors, Position};
    use crate::StoreId;

    #[test]
    fn names_that_were_made_up_do_not_stay() {
        let have = Position { epoch: 1, seq: 2 };
        let friend = StoreId::from_bytes([255; 16]);
        let mut cursors = Cursors::default();
        cursors.note(friend, have, 8);
        let mut n_forgotten = 0;
        for n in 0..200_u8 {
            let forgotten = cursors.note(StoreId::from_bytes([n; 16]), have, 8);
            assert!(!forgotten.contains(&friend), "it was just used");
            n_forgotten += forgotten.len();
            n_forgotten += cursors.note(friend, have, 8).len();
        }
        assert_eq!(cursors.get(friend), Some(have));
        assert!(cursors.by_store.len() <= 8);
        assert_eq!(n_forgotten + cursors.by_store.len(), 201);
    }
}
