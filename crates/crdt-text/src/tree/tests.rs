//! The tree against a plain vector, with nodes so small that few items make it deep.

use core::ops::{Add, AddAssign, Sub};

use crdt_testkit::Rng;

use super::leaf::Leaf;
use super::{Cursor, Item, NONE, Tree, Width};

/// An item with two widths, either of which may be nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Block {
    id: u32,
    size: Size,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Size {
    a: u32,
    b: u32,
}

type Small = Tree<Block, 4, 4>;

/// A tree, the vector it must equal, and the leaf of each item as `splice` reported it.
struct Pair {
    tree: Small,
    model: Vec<Block>,
    leaf_of: Vec<u32>,
}

impl<T: Item, const LEAF: usize, const NODE: usize> Tree<T, LEAF, NODE> {
    /// Depth, links, parents and sums; and that no node but an empty root is empty.
    pub(crate) fn assert_invariants(&self) {
        let mut leaves = Vec::new();
        let total = self.assert_node(self.root, self.height, NONE, &mut leaves);
        assert_eq!(total, self.total, "the total is the sum of all");
        assert_eq!(
            leaves.first(),
            Some(&self.first_leaf),
            "the first leaf is known"
        );
        for (at, &leaf) in leaves.iter().enumerate() {
            let Leaf { prev, next, .. } = self.leaves[leaf as usize];
            let before = at.checked_sub(1).map_or(NONE, |at| leaves[at]);
            assert_eq!(
                (prev, next),
                (before, leaves.get(at + 1).copied().unwrap_or(NONE))
            );
        }
        let n_used = leaves.len() + self.free_leaves.len();
        assert_eq!(n_used, self.leaves.len(), "a leaf is in the tree or free");
    }

    fn assert_node(&self, node: u32, level: u32, parent: u32, leaves: &mut Vec<u32>) -> T::Width {
        let mut sum = T::Width::default();
        if level == 0 {
            let leaf = &self.leaves[node as usize];
            assert_eq!(leaf.parent, parent, "a leaf names its parent");
            assert!(
                leaf.len() > 0 || self.height == 0,
                "only an empty tree has an empty leaf"
            );
            leaf.items().iter().for_each(|item| sum += item.width());
            leaves.push(node);
            return sum;
        }
        let inner = &self.inners[node as usize];
        assert_eq!(inner.parent, parent, "an inner node names its parent");
        let at_least = if parent == NONE { 2 } else { 1 };
        assert!(inner.len >= at_least, "no inner node is without purpose");
        for slot in 0..inner.len as usize {
            let width = self.assert_node(inner.children[slot], level - 1, node, leaves);
            assert_eq!(
                inner.widths[slot], width,
                "a width is the sum of those below"
            );
            sum += width;
        }
        sum
    }
}

impl Pair {
    fn new() -> Self {
        Self {
            tree: Small::new(),
            model: Vec::new(),
            leaf_of: Vec::new(),
        }
    }

    fn fresh(&mut self, rng: &mut Rng) -> Block {
        let id = self.leaf_of.len() as u32;
        self.leaf_of.push(NONE);
        Block {
            id,
            size: size(rng),
        }
    }

    /// The cursors of all items, found by stepping.
    fn cursors(&self) -> Vec<Cursor> {
        let first = Some(self.tree.start()).filter(|_| !self.model.is_empty());
        core::iter::successors(first, |&at| self.tree.next(at)).collect()
    }

    fn splice<const N: usize>(&mut self, rng: &mut Rng, replaces: bool) {
        let items = core::array::from_fn::<Block, N, _>(|_| self.fresh(rng));
        let cursors = self.cursors();
        if replaces && cursors.is_empty() {
            return;
        }
        let at = rng.below(cursors.len() + usize::from(!replaces));
        // A place between two items has two names: behind the one or before the other.
        let behind = |at: usize| Cursor {
            idx: cursors[at].idx + 1,
            ..cursors[at]
        };
        let cursor = match at.checked_sub(1) {
            Some(before) if !replaces && (at == cursors.len() || rng.chance(50)) => behind(before),
            _ => cursors.get(at).copied().unwrap_or(self.tree.start()),
        };
        let leaf_of = &mut self.leaf_of;
        let moved = |item: &Block, leaf| leaf_of[item.id as usize] = leaf;
        let first = self.tree.splice(cursor, u32::from(replaces), items, moved);
        for (item, idx) in items.iter().zip(first.idx..) {
            assert_eq!(self.tree.item(Cursor { idx, ..first }), item);
            self.leaf_of[item.id as usize] = first.leaf;
        }
        self.model.splice(at..at + usize::from(replaces), items);
    }

    fn update(&mut self, rng: &mut Rng) {
        let cursors = self.cursors();
        let Some(at) = (!cursors.is_empty()).then(|| rng.below(cursors.len())) else {
            return;
        };
        let new = size(rng);
        let old = self
            .tree
            .update(cursors[at], |item| core::mem::replace(&mut item.size, new));
        assert_eq!(core::mem::replace(&mut self.model[at].size, new), old);
    }

    fn remove(&mut self, rng: &mut Rng) {
        let cursors = self.cursors();
        let Some(at) = (!cursors.is_empty()).then(|| rng.below(cursors.len())) else {
            return;
        };
        assert_eq!(self.tree.remove(cursors[at]), self.model.remove(at));
    }

    fn check(&self) {
        self.tree.assert_invariants();
        assert!(self.tree.iter().eq(&self.model));
        let cursors = self.cursors();
        assert_eq!(cursors.len(), self.model.len());
        for (at, (cursor, item)) in cursors.iter().zip(&self.model).enumerate() {
            assert_eq!(self.tree.item(*cursor), item);
            assert_eq!(
                self.tree.leaf_items(cursor.leaf)[cursor.idx as usize],
                *item
            );
            assert_eq!(
                self.leaf_of[item.id as usize], cursor.leaf,
                "`moved` told of every move"
            );
            assert_eq!(
                self.tree.prev(*cursor),
                at.checked_sub(1).map(|before| cursors[before])
            );
        }
    }

    fn check_seeks(&self, rng: &mut Rng) {
        let cursors = self.cursors();
        for measure in [|size: &Size| size.a, |size: &Size| size.b] {
            let mut before = Size::default();
            for (cursor, item) in cursors.iter().zip(&self.model) {
                for offset in measure(&before)..measure(&(before + item.size)) {
                    assert_eq!(self.tree.seek(offset, measure), Some((*cursor, before)));
                    let within = offset - measure(&before);
                    assert_eq!(self.tree.find(offset, measure), Some((*cursor, within)));
                }
                assert_eq!(self.tree.units_before(*cursor, measure), measure(&before));
                before += item.size;
            }
            assert_eq!(self.tree.total(), before);
            assert_eq!(self.tree.seek(measure(&before), measure), None);
            assert_eq!(self.tree.seek(u32::MAX, measure), None);
        }
        for _ in 0..cursors.len().min(20) {
            let (x, y) = (rng.below(cursors.len()), rng.below(cursors.len()));
            assert_eq!(self.tree.compare(cursors[x], cursors[y]), x.cmp(&y));
        }
    }
}

#[test]
fn a_tree_does_what_a_vector_does() {
    each_seed(60, |seed| {
        let mut rng = Rng::new(seed);
        let mut pair = Pair::new();
        // Growing and shrinking take turns, so that nodes are freed and used again.
        for step in 0..300 {
            let shrinks = (step / 60) % 2 == 1;
            match rng.below(10) {
                0..4 if shrinks => pair.remove(&mut rng),
                0 => pair.remove(&mut rng),
                1 | 2 => pair.update(&mut rng),
                3 => pair.splice::<2>(&mut rng, true),
                4 => pair.splice::<3>(&mut rng, true),
                5 => pair.splice::<1>(&mut rng, true),
                6 if shrinks => pair.remove(&mut rng),
                6 => pair.splice::<2>(&mut rng, false),
                _ => pair.splice::<1>(&mut rng, false),
            }
            pair.check();
            if step % 20 == 0 {
                pair.check_seeks(&mut rng);
            }
        }
        pair.check_seeks(&mut rng);
    });
}

#[test]
fn a_tree_that_is_emptied_can_be_filled_again() {
    for from_the_front in [true, false] {
        let mut rng = Rng::new(1);
        let mut pair = Pair::new();
        for round in 0..3 {
            (0..100).for_each(|_| pair.splice::<1>(&mut rng, false));
            assert!(pair.tree.height >= 3, "round {round} builds a deep tree");
            while let Some(&last) = pair.cursors().last() {
                let at = if from_the_front {
                    0
                } else {
                    pair.model.len() - 1
                };
                let cursor = if from_the_front {
                    pair.tree.start()
                } else {
                    last
                };
                assert_eq!(pair.tree.remove(cursor), pair.model.remove(at));
                pair.check();
            }
            assert_eq!((pair.tree.height, pair.tree.total()), (0, Size::default()));
        }
    }
}

#[test]
fn a_cleared_tree_is_like_a_new_one() {
    let mut rng = Rng::new(2);
    let mut pair = Pair::new();
    (0..50).for_each(|_| pair.splice::<2>(&mut rng, false));
    pair.tree.clear();
    pair.model.clear();
    pair.check();
    (0..50).for_each(|_| pair.splice::<2>(&mut rng, false));
    pair.check();
    pair.check_seeks(&mut rng);
}

#[test]
fn a_copy_of_a_tree_goes_its_own_way() {
    let mut rng = Rng::new(3);
    let mut pair = Pair::new();
    (0..50).for_each(|_| pair.splice::<1>(&mut rng, false));
    let copy = pair.tree.clone();
    let before = pair.model.clone();
    (0..30).for_each(|_| pair.remove(&mut rng));
    copy.assert_invariants();
    assert!(copy.iter().eq(&before));
    pair.check();
}

/// Runs a test for many seeds; one that fails is named.
fn each_seed(n_seeds: u64, test: impl Fn(u64)) {
    for seed in 0..n_seeds {
        let run = core::panic::AssertUnwindSafe(|| test(seed));
        assert!(
            std::panic::catch_unwind(run).is_ok(),
            "failed with seed {seed}, see above"
        );
    }
}

fn size(rng: &mut Rng) -> Size {
    // Nothing is a frequent width: a tombstone shows in no version.
    let mut width = || {
        if rng.chance(40) {
            0
        } else {
            rng.between(1, 4) as u32
        }
    };
    Size {
        a: width(),
        b: width(),
    }
}

impl Item for Block {
    type Width = Size;

    fn width(&self) -> Size {
        self.size
    }
}

impl Width for Size {}

impl Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            a: self.a.wrapping_add(other.a),
            b: self.b.wrapping_add(other.b),
        }
    }
}

impl Sub for Size {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            a: self.a.wrapping_sub(other.a),
            b: self.b.wrapping_sub(other.b),
        }
    }
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
