//! The stores under test, and what a history can do with each.

use core::fmt::Debug;

use super::world::Choices;
use crate::{
    Change, DecodeDots, DotFun, DotMap, DotSet, DotStore, EncodeDots, Feed, Fixed, KeyedFeed, Live,
    Minter, NextSeqError, Seen, Wrapper,
};

pub(super) type Flag = DotSet;
pub(super) type Register = DotFun<Fixed<u8>>;
pub(super) type Set = DotMap<u8, DotSet>;
pub(super) type Registers = DotMap<u8, (DotSet, Register)>;
pub(super) type Nested = DotMap<u8, Set>;

/// A set of words whose readers only see words that come and go.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct Words(Set);

impl Wrapper for Words {
    type Inner = Set;
    type Feed = bool;
    type Glance = ();

    fn inner(&self) -> &Set {
        &self.0
    }

    fn inner_mut(&mut self) -> &mut Set {
        &mut self.0
    }

    fn wrap(inner: Set) -> Self {
        Self(inner)
    }

    fn glance(&self) {}

    fn feed(&self, (): (), inner: KeyedFeed<u8, bool>) -> bool {
        inner
            .iter()
            .any(|(_, seen)| matches!(seen, Seen::Added | Seen::Removed))
    }
}

/// A store that a history can edit, encode and judge.
pub(super) trait Subject:
    DotStore<Live: CodedLive, Feed: Debug> + EncodeDots + DecodeDots + Debug
{
    /// One mutation, which may do several things and mint several dots.
    fn edit(
        &self,
        choices: &mut Choices,
        minter: &mut Minter,
    ) -> Result<Change<Self::Live>, NextSeqError>;

    /// The removal of a part of what is seen here.
    fn forget(&self, _: &mut Choices) -> Change<Self::Live> {
        self.reset()
    }

    /// Panics if the store could be said in another way.
    fn assert_canonical(&self);

    /// Panics unless `feed` is what changed for readers.
    fn assert_feed(feed: &Self::Feed, before: &Self, after: &Self);
}

pub(super) trait CodedLive: Live + EncodeDots + DecodeDots + Debug {}

impl<L: Live + EncodeDots + DecodeDots + Debug> CodedLive for L {}

impl Subject for DotSet {
    fn edit(
        &self,
        choices: &mut Choices,
        minter: &mut Minter,
    ) -> Result<Change<Self>, NextSeqError> {
        let dot = minter.mint()?;
        Ok(match choices.below(4) {
            0 => Change::bring(dot.into()),
            1 => Change::bring([dot, minter.mint()?].into_iter().collect()),
            2 => Change {
                removed: self.into(),
                live: dot.into(),
            },
            _ => self.reset(),
        })
    }

    fn assert_canonical(&self) {
        let again: Self = self.iter().rev().cloned().collect();
        assert_eq!(*self, again);
    }

    fn assert_feed(feed: &bool, before: &Self, after: &Self) {
        assert_eq!(*feed, before != after);
    }
}

impl Subject for Register {
    fn edit(
        &self,
        choices: &mut Choices,
        minter: &mut Minter,
    ) -> Result<Change<Self>, NextSeqError> {
        let live = Self::from((minter.mint()?, Fixed(choices.key())));
        Ok(match choices.below(4) {
            0 => Change::bring(live),
            1..=2 => Change {
                removed: self.dots(),
                live,
            },
            _ => self.reset(),
        })
    }

    fn assert_canonical(&self) {
        let dots: DotSet = self.iter().map(|(dot, _)| dot.clone()).collect();
        assert!(self.iter().map(|(dot, _)| dot).eq(&dots));
        assert_eq!(self.len(), dots.len());
    }

    fn assert_feed(feed: &bool, before: &Self, after: &Self) {
        assert_eq!(*feed, before != after);
    }
}

impl<S: Subject> Subject for DotMap<u8, S> {
    fn edit(
        &self,
        choices: &mut Choices,
        minter: &mut Minter,
    ) -> Result<Change<Self::Live>, NextSeqError> {
        if choices.one_in(4) {
            minter.mint()?;
            return Ok(self.forget(choices));
        }
        let mut live = DotMap::default();
        for _ in 0..=usize::from(choices.one_in(4)) {
            let (key, nothing) = (choices.key(), S::default());
            if live.contains_key(&key) {
                continue; // both edits would be made of the same store
            }
            let store = self.get(&key).unwrap_or(&nothing);
            live.merge_at(key, &store.edit(choices, minter)?);
        }
        Ok(Change::bring(live))
    }

    fn forget(&self, choices: &mut Choices) -> Change<Self::Live> {
        let (key, nothing) = (choices.key(), S::default());
        let store = self.get(&key).unwrap_or(&nothing);
        match choices.below(5) {
            0 => self.reset(),
            1 => Change {
                removed: store.reset().removed,
                live: DotMap::default(),
            },
            2 => Change::bring(DotMap::from((key, store.forget(choices)))),
            _ => Change::bring(DotMap::from((key, store.reset()))),
        }
    }

    fn assert_canonical(&self) {
        for (_, store) in self.iter() {
            assert!(!store.is_empty(), "an entry without dots is kept");
            store.assert_canonical();
        }
    }

    fn assert_feed(feed: &Self::Feed, before: &Self, after: &Self) {
        let mut n_seen = 0;
        for key in *b"xyz" {
            let mut of_key = feed.iter().filter(|(found, _)| **found == key);
            let seen = of_key.next().map(|(_, seen)| seen);
            assert_eq!(of_key.count(), 0, "one key, told twice: {feed:?}");
            n_seen += usize::from(seen.is_some());
            match (seen, before.get(&key), after.get(&key)) {
                (Some(Seen::Added), None, Some(_)) | (Some(Seen::Removed), Some(_), None) => {}
                (Some(Seen::Changed(feed)), Some(before), Some(after)) => {
                    assert!(!feed.is_silent());
                    S::assert_feed(feed, before, after);
                }
                (None, Some(before), Some(after)) => {
                    S::assert_feed(&S::Feed::default(), before, after);
                }
                (None, None, None) => {}
                odd => panic!("of {key}: {odd:?}"),
            }
        }
        assert_eq!(feed.iter().count(), n_seen);
    }
}

impl<A: Subject, B: Subject> Subject for (A, B) {
    fn edit(
        &self,
        choices: &mut Choices,
        minter: &mut Minter,
    ) -> Result<Change<Self::Live>, NextSeqError> {
        let nothing = Change::default;
        let (left, right) = match choices.below(4) {
            0 => (self.0.edit(choices, minter)?, nothing()),
            1 => (Change::default(), self.1.edit(choices, minter)?),
            _ => (self.0.edit(choices, minter)?, self.1.edit(choices, minter)?),
        };
        Ok(beside(left, right))
    }

    fn forget(&self, choices: &mut Choices) -> Change<Self::Live> {
        match choices.below(3) {
            0 => beside(self.0.forget(choices), Change::default()),
            1 => beside(Change::default(), self.1.forget(choices)),
            _ => self.reset(),
        }
    }

    fn assert_canonical(&self) {
        self.0.assert_canonical();
        self.1.assert_canonical();
    }

    fn assert_feed(feed: &Self::Feed, before: &Self, after: &Self) {
        A::assert_feed(&feed.0, &before.0, &after.0);
        B::assert_feed(&feed.1, &before.1, &after.1);
    }
}

impl Subject for Words {
    fn edit(
        &self,
        choices: &mut Choices,
        minter: &mut Minter,
    ) -> Result<Change<Self::Live>, NextSeqError> {
        self.0.edit(choices, minter)
    }

    fn forget(&self, choices: &mut Choices) -> Change<Self::Live> {
        self.0.forget(choices)
    }

    fn assert_canonical(&self) {
        self.0.assert_canonical();
    }

    fn assert_feed(feed: &bool, before: &Self, after: &Self) {
        let words = |words: &Self| {
            words
                .0
                .iter()
                .map(|(word, _)| *word)
                .collect::<alloc::vec::Vec<_>>()
        };
        assert_eq!(*feed, words(before) != words(after));
    }
}

/// Two changes of the halves of a pair as one of the pair.
fn beside<A: Live, B: Live>(left: Change<A>, right: Change<B>) -> Change<(A, B)> {
    let mut removed = left.removed;
    removed.union_with(&right.removed);
    Change {
        removed,
        live: (left.live, right.live),
    }
}
