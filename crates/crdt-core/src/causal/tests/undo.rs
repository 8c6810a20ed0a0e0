//! Undo of the stores themselves: what was brought goes, what was taken comes back, under dots of its own.

use alloc::vec::Vec;

use super::stores::{Flag, Nested, Register, Set};
use crate::testing::agent;
use crate::{
    Causal, Change, Dot, DotFun, DotMap, DotRanges, DotStore, Dotted, Fixed, Live, Minter,
    NextSeqError, Payload, UndoStack,
};

type Edit<S> = Result<Change<<S as DotStore>::Live>, NextSeqError>;

/// A value, and what its one user did to it.
struct Desk<S: DotStore> {
    value: Causal<S>,
    stack: UndoStack<Causal<S>>,
}

impl<S: DotStore> Desk<S> {
    fn new() -> Self {
        Self {
            value: Causal::new(),
            stack: UndoStack::default(),
        }
    }

    fn edit(&mut self, mutator: impl FnOnce(&S, &mut Minter) -> Edit<S>) {
        let delta = self.stack.mutate(&mut self.value, &agent(0), mutator);
        delta.unwrap();
    }

    /// Takes everything away.
    fn reset(&mut self) {
        self.edit(|store, minter| {
            minter.mint()?; // a removal is an event too
            Ok(store.reset())
        });
    }

    /// Returns whether there was anything to undo.
    fn undo(&mut self) -> bool {
        let delta = self.stack.undo(&mut self.value, &agent(0));
        delta.unwrap().is_some()
    }

    fn redo(&mut self) -> bool {
        let delta = self.stack.redo(&mut self.value, &agent(0));
        delta.unwrap().is_some()
    }

    fn is_empty(&self) -> bool {
        Dotted::is_empty(self.value.store())
    }
}

#[test]
fn a_flag_is_raised_and_lowered_again_by_undo() {
    let mut desk = Desk::<Flag>::new();
    desk.edit(|_, minter| Ok(Change::bring(minter.mint()?.into())));
    desk.reset();
    assert!(desk.undo() && !desk.is_empty());
    // What came back has another dot: the step before finds it nevertheless.
    assert!(desk.undo() && desk.is_empty());
    assert!(!desk.undo());
    assert!(desk.redo() && !desk.is_empty());
    assert!(desk.redo() && desk.is_empty());
    assert!(!desk.redo());
}

fn write(desk: &mut Desk<Register>, value: u8) {
    desk.edit(|store, minter| {
        Ok(Change {
            removed: store.dots(),
            live: DotFun::from((minter.mint()?, Fixed(value))),
        })
    });
}

fn values(desk: &Desk<Register>) -> Vec<u8> {
    let entries = desk.value.store().iter();
    entries.map(|(_, value)| value.0).collect()
}

#[test]
fn a_register_goes_back_through_what_was_written() {
    let mut desk = Desk::<Register>::new();
    for value in 1..=3 {
        write(&mut desk, value);
    }
    for value in [2, 1] {
        assert!(desk.undo());
        assert_eq!(values(&desk), [value]);
    }
    assert!(desk.undo() && desk.is_empty());
    for value in 1..=3 {
        assert!(desk.redo());
        assert_eq!(values(&desk), [value]);
    }
}

/// Puts words in, each under a dot of its own.
fn added(words: &[u8], minter: &mut Minter) -> Edit<Set> {
    let mut all = Change::default();
    for &word in words {
        let dots = Change::bring(minter.mint()?.into());
        all.merge(&Change::bring(DotMap::from((word, dots))));
    }
    Ok(all)
}

fn words(set: &Set) -> Vec<u8> {
    set.iter().map(|(word, _)| *word).collect()
}

#[test]
fn words_come_back_under_their_keys_wherever_they_were_taken_from() {
    let mut desk = Desk::<Set>::new();
    desk.edit(|_, minter| added(b"yxz", minter));
    // All at once: what is removed is not told by key.
    desk.reset();
    assert!(desk.is_empty());
    assert!(desk.undo());
    assert_eq!(words(desk.value.store()), b"xyz");
    // One of them goes by its key, and all by their dots.
    desk.edit(|store, minter| {
        minter.mint()?;
        let of_key = store.get(&b'y').map(DotStore::reset).unwrap_or_default();
        let live = DotMap::from((b'y', of_key));
        let others = store.iter().filter(|(word, _)| **word != b'y');
        let removed = others.flat_map(|(_, dots)| dots.iter().cloned()).collect();
        Ok(Change { removed, live })
    });
    assert!(desk.is_empty());
    assert!(desk.undo());
    assert_eq!(words(desk.value.store()), b"xyz");
    assert!(desk.redo() && desk.is_empty());
}

#[test]
fn what_a_step_left_alone_is_no_part_of_its_inverse() {
    let mut desk = Desk::<Nested>::new();
    for key in *b"kl" {
        desk.edit(|_, minter| {
            let words = added(b"xy", minter)?;
            Ok(Change::bring(DotMap::from((key, words))))
        });
    }
    let store = desk.value.store();
    let of_key = store.get(&b'k').unwrap().reset();
    for (removed, live) in [
        (of_key.removed.clone(), DotMap::default()),
        (DotRanges::new(), DotMap::from((b'k', of_key))),
    ] {
        let inverse = store.inverse(&live, &removed);
        let keys: Vec<u8> = inverse.live.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, b"k");
    }
}

#[test]
fn a_step_of_which_nothing_is_left_is_passed_over() {
    let mut desk = Desk::<Set>::new();
    desk.edit(|_, minter| added(b"x", minter));
    desk.edit(|_, minter| added(b"y", minter));
    // Somebody else takes the second away.
    let by_another = desk
        .value
        .mutate::<NextSeqError>(&agent(1), |store, minter| {
            minter.mint()?;
            let change = store.get(&b'y').map(DotStore::reset).unwrap_or_default();
            Ok(Change::bring(DotMap::from((b'y', change))))
        });
    by_another.unwrap();
    assert!(desk.undo() && desk.is_empty());
    assert!(!desk.undo());
}

#[test]
fn of_two_values_under_one_dot_the_greater_wins() {
    let dots = [0, 1].map(|seq| Dot::new(agent(0), seq).unwrap());
    let entries = |values: [u8; 2]| {
        let mut all = Register::default();
        for (dot, value) in dots.iter().zip(values) {
            Live::merge(&mut all, &DotFun::from((dot.clone(), Fixed(value))));
        }
        all
    };
    // What grew is told whichever of them it is.
    for (other, grows, after) in [
        ([5, 1], true, [5, 4]),
        ([1, 5], true, [3, 5]),
        ([1, 1], false, [3, 4]),
        ([3, 4], false, [3, 4]),
    ] {
        let mut merged = entries([3, 4]);
        assert_eq!(
            Live::merge(&mut merged, &entries(other)),
            grows,
            "{other:?}"
        );
        assert_eq!(merged, entries(after));
    }
    assert!(Fixed(3).leq(&Fixed(3)) && Fixed(3).leq(&Fixed(5)));
    assert!(!Fixed(5).leq(&Fixed(3)));
}
