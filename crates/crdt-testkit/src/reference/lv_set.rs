//! Sets of events, for the judge's full ancestor sets.

/// A set of local versions, one bit each.
#[derive(Clone, Debug, Default)]
pub(super) struct LvSet(Vec<u64>);

impl LvSet {
    pub(super) fn contains(&self, lv: usize) -> bool {
        self.0
            .get(lv / 64)
            .is_some_and(|word| word >> (lv % 64) & 1 == 1)
    }

    pub(super) fn insert(&mut self, lv: usize) {
        self.0.resize(self.0.len().max(lv / 64 + 1), 0);
        self.0[lv / 64] |= 1 << (lv % 64);
    }

    pub(super) fn extend(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }
}
