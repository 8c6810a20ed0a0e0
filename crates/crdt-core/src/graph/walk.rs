//! The walk of two histories at once, which tells what they share and what they do not.
//!
//! It goes down from the heads of both, highest local version first, a whole run at a time. Whoever
//! reaches an event later reaches it from an event above, so when a run is taken up, all ways into
//! it are known: what lies above the first meeting point belongs to one side, and what lies below
//! it to both.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::CausalGraph;
use super::frontier::Frontier;
use super::lv::{Lv, LvRange};

/// Whose history an event is in, while two histories are walked together.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Side {
    A,
    B,
    Both,
}

/// A finding of the walk of two histories; findings come in descending local order.
pub(super) enum Found {
    Only(Side, LvRange),
    /// A head of the intersection.
    SharedHead(Lv),
}

impl CausalGraph {
    /// Walks the histories of two versions down until only common history is left.
    pub(super) fn walk_two(&self, a: &Frontier, b: &Frontier, mut found: impl FnMut(Found)) {
        let heads_a = a.iter().map(|lv| (lv, Side::A));
        let heads_b = b.iter().map(|lv| (lv, Side::B));
        let mut heap: BinaryHeap<(Lv, Side)> = heads_a.chain(heads_b).collect();
        let mut n_unshared = heap.len();
        while n_unshared > 0
            && let Some((mut lv, mut side)) = heap.pop()
        {
            n_unshared -= usize::from(side != Side::Both);
            let run = self.runs.find(lv);
            let start = self.runs.start(run);
            while let Some(&(below, other)) = heap.peek().filter(|entry| entry.0 >= start) {
                heap.pop();
                n_unshared -= usize::from(other != Side::Both);
                if side == Side::Both || side == other {
                    continue;
                }
                if below < lv {
                    found(Found::Only(side, LvRange::new(below.plus(1), lv.plus(1))));
                }
                if other != Side::Both {
                    found(Found::SharedHead(below));
                }
                lv = below;
                side = Side::Both;
            }
            if side != Side::Both {
                found(Found::Only(side, LvRange::new(start, lv.plus(1))));
            }
            let parents = self.runs.parents(run);
            n_unshared += if side == Side::Both { 0 } else { parents.len() };
            heap.extend(parents.iter().map(|&parent| (parent, side)));
        }
    }
}

/// Adds a range that lies below all others; joins it to the last one if they touch.
pub(super) fn push_below(ranges: &mut Vec<LvRange>, lvs: LvRange) {
    match ranges.last_mut() {
        Some(last) if last.start == lvs.end => last.start = lvs.start,
        _ => ranges.push(lvs),
    }
}
