//! Spans in a tree, with an index from ids to leaves.
//!
//! # Invariants
//! `leaf_of[id]` names the leaf that holds the span of an inserted character.

use core::cmp::Ordering;

use super::SpanList;
use crate::tree::{Cursor, Tree};
use crate::walker::span::{BASE, Span, SpanWidth};

const LEAF: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    24
};
const NODE: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    12
};

pub(in crate::walker) struct TreeList {
    tree: Tree<Span, LEAF, NODE>,
    leaf_of: Vec<u32>,
}

impl TreeList {
    #[inline]
    fn splice<const ADDED: usize>(
        &mut self,
        at: Cursor,
        n_removed: u32,
        spans: [Span; ADDED],
    ) -> Cursor {
        let Self { tree, leaf_of } = self;
        tree.splice(at, n_removed, spans, |span, leaf| {
            index(leaf_of, span, leaf);
        })
    }

    /// Takes over the spans of another list, in which `n_inserted` characters were inserted.
    pub(in crate::walker) fn fill(&mut self, spans: &impl SpanList, n_inserted: u32) {
        self.tree.clear();
        self.leaf_of.clear();
        self.leaf_of.resize(n_inserted as usize, 0);
        let mut at = self.tree.start();
        for span in spans.iter() {
            let Self { tree, leaf_of } = self;
            at = tree.splice(at, 0, [span], |span, leaf| index(leaf_of, span, leaf));
            index(leaf_of, &span, at.leaf);
            at.idx += 1;
        }
    }
}

impl Default for TreeList {
    fn default() -> Self {
        Self {
            tree: Tree::new(),
            leaf_of: Vec::new(),
        }
    }
}

impl SpanList for TreeList {
    fn reset(&mut self, base: Span) {
        self.tree.clear();
        self.tree.splice(self.tree.start(), 0, [base], |_, _| {});
        self.leaf_of.clear();
    }

    #[inline]
    fn visible_len(&self) -> u32 {
        self.tree.total().prepare
    }

    #[inline]
    fn span(&self, at: Cursor) -> Span {
        *self.tree.item(at)
    }

    fn start(&self) -> Cursor {
        self.tree.start()
    }

    #[inline]
    fn next(&self, at: Cursor) -> Option<Cursor> {
        self.tree.next(at)
    }

    fn iter(&self) -> impl Iterator<Item = Span> {
        self.tree.iter().copied()
    }

    #[inline]
    fn seek(&mut self, pos: u32) -> Option<(Cursor, u32)> {
        self.tree.find(pos, |width| width.prepare)
    }

    fn effect_before(&self, at: Cursor) -> u32 {
        self.tree.units_before(at, |width| width.effect)
    }

    #[inline]
    fn find(&self, id: u32, near: Cursor) -> Cursor {
        if id & BASE != 0 {
            let found = self.tree.find(id - BASE, |width| width.base);
            return found.expect("base text is never removed").0;
        }
        let leaf = self.leaf_of[id as usize];
        let spans = self.tree.leaf_items(leaf);
        if leaf == near.leaf
            && let Some(behind) = spans.get(near.idx as usize..)
            && let Some(n) = behind.iter().position(|span| span.contains(id))
        {
            return Cursor {
                leaf,
                idx: near.idx + n as u32,
            };
        }
        let idx = spans.iter().position(|span| span.contains(id));
        Cursor {
            leaf,
            idx: idx.expect("the index names the leaf of every insert") as u32,
        }
    }

    fn compare(&self, a: Cursor, b: Cursor) -> Ordering {
        self.tree.compare(a, b)
    }

    #[inline]
    fn insert_behind(&mut self, left: Option<Cursor>, inserted: Span) -> Cursor {
        let at = match left {
            Some(left) => Cursor {
                idx: left.idx + 1,
                ..left
            },
            None => self.tree.start(),
        };
        let at = self.splice(at, 0, [inserted]);
        self.leaf_of
            .resize(self.leaf_of.len() + inserted.len as usize, at.leaf);
        at
    }

    #[inline]
    fn append(&mut self, at: Cursor, len: u32) {
        self.leaf_of
            .resize(self.leaf_of.len() + len as usize, at.leaf);
        self.tree.update(at, |span| span.len += len);
    }

    #[inline]
    fn replace<const N: usize>(&mut self, at: Cursor, spans: [Span; N], nth: u32) -> Cursor {
        let first = self.splice(at, 1, spans);
        let end = spans.iter().filter(|span| !span.is_base());
        let end = end.map(|span| span.id + span.len).max().unwrap_or(0) as usize;
        if end > self.leaf_of.len() {
            self.leaf_of.resize(end, first.leaf);
        }
        Cursor {
            idx: first.idx + nth,
            ..first
        }
    }

    #[inline]
    fn update(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        self.tree.update(at, change);
    }

    #[inline]
    fn update_lazily(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        self.tree.update_lazily(at, |span| {
            let before = span.prepared_len();
            change(span);
            SpanWidth {
                prepare: span.prepared_len().wrapping_sub(before),
                ..SpanWidth::default()
            }
        });
    }

    #[inline]
    fn settle(&mut self) {
        self.tree.settle();
    }
}

/// Notes which leaf holds the characters of a span.
#[inline]
fn index(leaf_of: &mut [u32], span: &Span, leaf: u32) {
    if !span.is_base() {
        leaf_of[span.id as usize..(span.id + span.len) as usize].fill(leaf);
    }
}
