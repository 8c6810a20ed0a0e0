//! Histories as bits: for each node, which nodes of the zone are in its history, itself included.
//!
//! # Invariants
//! Node n has the words from `n * n_words` on; bit k of word w stands for node `64 * w + k`.

use super::Step;

/// A zone of more nodes has no histories: they would take more memory than its text.
pub(super) const MAX_NODES: usize = if cfg!(any(test, feature = "__small_nodes")) {
    8
} else {
    2048
};

#[derive(Debug, Default)]
pub(super) struct Histories {
    words: Vec<u64>,
    /// How many words a node has.
    n_words: usize,
    n_nodes: usize,
}

impl Histories {
    pub(super) fn n_nodes(&self) -> usize {
        self.n_nodes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.n_nodes == 0
    }

    /// Forgets the nodes from number `n_nodes` on.
    pub(super) fn truncate(&mut self, n_nodes: usize) {
        self.n_nodes = n_nodes;
        self.words.truncate(n_nodes * self.n_words);
    }

    /// Makes each node's part wide enough for so many nodes.
    pub(super) fn widen(&mut self, n_nodes: usize) {
        let n_words = n_nodes.div_ceil(64);
        if self.n_nodes == 0 {
            self.n_words = n_words;
        } else if n_words > self.n_words {
            // Twice as wide, for a zone that grows does so node by node.
            let n_words = n_words.next_power_of_two();
            let mut words = vec![0; self.n_nodes * n_words];
            for (to, from) in words
                .chunks_mut(n_words)
                .zip(self.words.chunks(self.n_words))
            {
                to[..from.len()].copy_from_slice(from);
            }
            (self.words, self.n_words) = (words, n_words);
        }
    }

    /// Adds a node, which follows these.
    #[inline]
    pub(super) fn push(&mut self, parents: &[u32]) {
        let (node, start) = (self.n_nodes, self.words.len());
        match parents.split_first() {
            None => self.words.resize(start + self.n_words, 0),
            Some((&first, others)) => {
                let first = first as usize * self.n_words;
                self.words.extend_from_within(first..first + self.n_words);
                let (known, own) = self.words.split_at_mut(start);
                for &parent in others {
                    let parent = known[parent as usize * self.n_words..].iter();
                    own.iter_mut()
                        .zip(parent)
                        .for_each(|(own, word)| *own |= word);
                }
            }
        }
        self.words[start + node / 64] |= 1 << (node % 64);
        self.n_nodes += 1;
    }

    /// Visits each node that is in one of two versions only: that of `from`, and the one that the
    /// events of a node were made on.
    #[inline]
    pub(super) fn way_to(&self, from: &[u32], node: u32, mut visit: impl FnMut(u32, Step)) {
        if let &[head] = from {
            return self.way(|word| self.word(head, word), node, visit);
        }
        let all = |word| {
            from.iter()
                .fold(0, |all, &head| all | self.word(head, word))
        };
        self.way(all, node, &mut visit);
    }

    #[inline]
    fn way(&self, from: impl Fn(usize) -> u64, node: u32, mut visit: impl FnMut(u32, Step)) {
        let own = node as usize / 64;
        for word in 0..self.n_words {
            let mut to = self.word(node, word);
            if word == own {
                to &= !(1 << (node % 64));
            }
            let from = from(word);
            let first = word as u32 * 64;
            each_bit(from & !to, |bit| visit(first + bit, Step::Retreat));
            each_bit(to & !from, |bit| visit(first + bit, Step::Advance));
        }
    }

    #[inline]
    fn word(&self, node: u32, word: usize) -> u64 {
        self.words[node as usize * self.n_words + word]
    }
}

/// Calls `visit` with the number of each bit that is set.
#[inline]
fn each_bit(mut bits: u64, mut visit: impl FnMut(u32)) {
    while bits != 0 {
        visit(bits.trailing_zeros());
        bits &= bits - 1;
    }
}

#[cfg(test)]
mod tests;
