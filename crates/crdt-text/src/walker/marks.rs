//! Which nodes are in the history of the one, the other, or both of two versions.
//!
//! A queue of nodes, highest first, in which a node has one place however often it is put in: two
//! bits for each node of the zone.
//!
//! # Invariants
//! - `n_unshared` counts the nodes with one bit of the two.
//! - Words outside `lowest..=highest` are zero.

/// Which of two versions a node is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Side {
    From,
    To,
    Both,
}

#[derive(Debug, Default)]
pub(super) struct Marks {
    /// For 64 nodes each: a bit if it is in the version to come from, and in the one to go to.
    words: Vec<[u64; 2]>,
    n_unshared: usize,
    lowest: usize,
    highest: usize,
}

impl Marks {
    /// Starts over, for so many nodes.
    pub(super) fn start(&mut self, n_nodes: usize) {
        if let Some(left) = self.words.get_mut(self.lowest..=self.highest) {
            left.fill([0; 2]);
        }
        self.words.resize(n_nodes.div_ceil(64), [0; 2]);
        self.n_unshared = 0;
        self.lowest = usize::MAX;
        self.highest = 0;
    }

    /// Puts a node in, which must be lower than those taken out.
    #[inline]
    pub(super) fn mark(&mut self, node: u32, side: Side) {
        let (at, bit) = (node as usize / 64, 1 << (node % 64));
        let word = &mut self.words[at];
        let was_unshared = (word[0] ^ word[1]) & bit != 0;
        if side != Side::To {
            word[0] |= bit;
        }
        if side != Side::From {
            word[1] |= bit;
        }
        let is_unshared = (word[0] ^ word[1]) & bit != 0;
        self.n_unshared += usize::from(is_unshared);
        self.n_unshared -= usize::from(was_unshared);
        self.lowest = self.lowest.min(at);
        self.highest = self.highest.max(at);
    }

    /// Takes the highest node out, unless all that are left are in both versions.
    #[inline]
    pub(super) fn take_highest(&mut self) -> Option<(u32, Side)> {
        if self.n_unshared == 0 {
            return None;
        }
        while self.words[self.highest] == [0; 2] {
            self.highest -= 1;
        }
        let word = &mut self.words[self.highest];
        let bit = 63 - (word[0] | word[1]).leading_zeros();
        let (is_from, is_to) = (word[0] >> bit & 1 != 0, word[1] >> bit & 1 != 0);
        word[0] &= !(1 << bit);
        word[1] &= !(1 << bit);
        let side = match (is_from, is_to) {
            (true, false) => Side::From,
            (false, true) => Side::To,
            _ => Side::Both,
        };
        self.n_unshared -= usize::from(side != Side::Both);
        Some((self.highest as u32 * 64 + bit, side))
    }
}
