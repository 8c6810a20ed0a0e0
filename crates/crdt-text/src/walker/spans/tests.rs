//! Both kinds of lists against a plain vector.

use core::cmp::Ordering;

use crdt_testkit::Rng;

use super::{FlatList, SpanList, TreeList};
use crate::tree::Cursor;
use crate::walker::span::{BASE, Span};

const BASE_LEN: u32 = 20;

/// A list, the vector that it must equal, and how many characters were inserted.
struct Pair<L> {
    list: L,
    model: Vec<Span>,
    n_inserted: u32,
}

impl<L: SpanList + Default> Pair<L> {
    fn new() -> Self {
        let mut list = L::default();
        list.reset(Span::base(BASE_LEN));
        Self {
            list,
            model: vec![Span::base(BASE_LEN)],
            n_inserted: 0,
        }
    }

    /// The next characters; no two stretches can become one.
    fn inserted(&mut self, len: u32) -> Span {
        let id = self.n_inserted;
        self.n_inserted += len;
        Span::inserted(id, len, BASE, BASE + 1)
    }

    fn find(&self, idx: usize) -> Cursor {
        self.list.find(self.model[idx].id, Cursor::default())
    }

    fn insert(&mut self, rng: &mut Rng) {
        let len = 1 + rng.below(4) as u32;
        let inserted = self.inserted(len);
        // Often at the same place, where labels run out.
        let idx = if rng.chance(50) {
            self.model.len() / 2
        } else {
            rng.below(self.model.len() + 1)
        };
        let left = idx.checked_sub(1).map(|left| self.find(left));
        let at = self.list.insert_behind(left, inserted);
        assert_eq!(self.list.span(at), inserted);
        self.model.insert(idx, inserted);
    }

    fn split(&mut self, rng: &mut Rng) {
        let idx = rng.below(self.model.len());
        let (at, whole) = (self.find(idx), self.model[idx]);
        if whole.len < 2 {
            return;
        }
        let cut = 1 + rng.below(whole.len as usize - 1) as u32;
        let (left, right) = (whole.slice(0, cut), whole.slice(cut, whole.len - cut));
        if rng.chance(50) {
            let inserted = self.inserted(2);
            let at = self.list.replace(at, [left, inserted, right], 1);
            assert_eq!(self.list.span(at), inserted);
            self.model.splice(idx..=idx, [left, inserted, right]);
        } else {
            let at = self.list.replace(at, [left, right.deleted()], 1);
            assert_eq!(self.list.span(at), right.deleted());
            self.model.splice(idx..=idx, [left, right.deleted()]);
        }
    }

    fn change(&mut self, rng: &mut Rng) {
        for _ in 0..rng.below(6) {
            let idx = rng.below(self.model.len());
            let at = self.find(idx);
            if self.model[idx].is_not_inserted() || rng.chance(50) {
                self.list.update_lazily(at, Span::advance);
                self.model[idx].advance();
            } else {
                self.list.update_lazily(at, Span::retreat);
                self.model[idx].retreat();
            }
        }
        self.list.settle();
    }

    fn append(&mut self) {
        let Some(idx) = (self.model.iter())
            .position(|span| !span.is_base() && span.id + span.len == self.n_inserted)
        else {
            return;
        };
        self.list.append(self.find(idx), 3);
        self.model[idx].len += 3;
        self.n_inserted += 3;
    }

    fn check(&mut self, rng: &mut Rng) {
        assert!(self.list.iter().eq(self.model.iter().copied()));
        let visible: u32 = self.model.iter().map(Span::prepared_len).sum();
        assert_eq!(self.list.visible_len(), visible);
        assert_eq!(self.list.seek(visible), None);
        for _ in 0..4 {
            let mut before = rng.below(visible as usize + 1) as u32;
            let Some((at, offset)) = self.list.seek(before) else {
                continue;
            };
            let holds = |span: &&Span| {
                let is_here = before < span.prepared_len();
                before -= if is_here { 0 } else { span.prepared_len() };
                is_here
            };
            let found = self.model.iter().find(holds);
            assert_eq!((Some(&self.list.span(at)), offset), (found, before));
        }
        let (a, b) = (rng.below(self.model.len()), rng.below(self.model.len()));
        let (at_a, at_b) = (self.find(a), self.find(b));
        let order = if a == b {
            Ordering::Equal
        } else {
            self.list.compare(at_a, at_b)
        };
        assert_eq!(order, a.cmp(&b));
        let effect: u32 = self.model[..a].iter().map(Span::effective_len).sum();
        assert_eq!(self.list.effect_before(at_a), effect);
        let next = self.list.next(at_a).map(|at| self.list.span(at));
        assert_eq!(next, self.model.get(a + 1).copied());
        assert_eq!(self.list.span(self.list.start()), self.model[0]);
    }
}

fn a_list_does_what_a_vector_does<L: SpanList + Default>() -> Vec<Pair<L>> {
    let run = |seed| {
        let mut rng = Rng::new(seed);
        let mut pair = Pair::<L>::new();
        for _ in 0..200 {
            match rng.below(4) {
                0 => pair.insert(&mut rng),
                1 => pair.split(&mut rng),
                2 => pair.change(&mut rng),
                _ => pair.append(),
            }
            pair.check(&mut rng);
        }
        pair
    };
    (0..20).map(run).collect()
}

#[test]
fn a_tree_of_spans_does_what_a_vector_does() {
    a_list_does_what_a_vector_does::<TreeList>();
}

#[test]
fn a_flat_list_does_what_a_vector_does_and_becomes_a_tree() {
    for (seed, flat) in (0..).zip(a_list_does_what_a_vector_does::<FlatList>()) {
        let mut list = TreeList::default();
        list.fill(&flat.list, flat.n_inserted);
        let mut pair = Pair {
            list,
            model: flat.model,
            n_inserted: flat.n_inserted,
        };
        let mut rng = Rng::new(seed);
        for _ in 0..20 {
            pair.insert(&mut rng);
            pair.change(&mut rng);
            pair.check(&mut rng);
        }
    }
}
