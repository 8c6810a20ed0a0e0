//! What readers are told: what changed in the state, no less and no more, whatever came in.

use alloc::vec::Vec;

use super::check_worlds;
use super::stores::{Set, Subject, Words};
use super::world::World;
use crate::{
    AgentId, Causal, Change, DotMap, DotSet, DotStore, Feed, KeyedFeed, NextSeqError, Seen, Wrapper,
};

#[test]
fn a_feed_tells_what_applying_a_delta_changed() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for delta in &world.deltas {
            let before = choices.pick(&world.states);
            let mut after = before.clone();
            let feed = after.apply_with_feed(delta).unwrap();
            S::assert_feed(&feed, before.store(), after.store());
            assert_eq!(
                after,
                super::applied(before, delta),
                "watching changes nothing"
            );
            let again = after.apply_with_feed(delta).unwrap();
            assert!(again.is_silent(), "a copy brings no news");
        }
    }
    check_worlds!(property);
}

#[test]
fn a_feed_tells_what_joining_a_state_changed() {
    fn property<S: Subject>(world: World<S>) {
        let mut choices = world.choices.clone();
        for _ in 0..16 {
            let [before, other, _] = world.trio(&mut choices);
            let mut after = before.clone();
            let feed = after.join_with_feed(&other);
            S::assert_feed(&feed, before.store(), after.store());
            assert_eq!(
                after,
                super::joined(&before, &other),
                "watching changes nothing"
            );
            assert!(
                after.join_with_feed(&other).is_silent(),
                "a copy brings no news"
            );
        }
    }
    check_worlds!(property);
}

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

/// Puts a word in, beside whatever stands there.
fn add(set: &mut Causal<Set>, who: &str, word: u8) -> crate::CausalDelta<Set> {
    let added = set.mutate(&agent(who), |_, minter| {
        let dots = Change::bring(DotSet::from(minter.mint()?));
        Ok::<_, NextSeqError>(Change::bring(DotMap::from((word, dots))))
    });
    added.unwrap()
}

fn remove(set: &mut Causal<Set>, who: &str, word: u8) -> crate::CausalDelta<Set> {
    let removed = set.mutate(&agent(who), |held, minter| {
        minter.mint()?;
        let dots = held.get(&word).cloned().unwrap_or_default();
        let change = Change {
            removed: dots.into(),
            live: DotSet::new(),
        };
        Ok::<_, NextSeqError>(Change::bring(DotMap::from((word, change))))
    });
    removed.unwrap()
}

fn told(feed: &KeyedFeed<u8, bool>) -> Vec<(u8, Seen<bool>)> {
    feed.iter()
        .map(|(word, seen)| (*word, seen.clone()))
        .collect()
}

#[test]
fn a_removal_that_lost_is_no_news_of_a_removed_key() {
    let (mut ours, mut theirs) = (Causal::<Set>::new(), Causal::<Set>::new());
    let first = add(&mut ours, "alice", b'x');
    theirs.apply_with_feed(&first).unwrap();
    add(&mut ours, "alice", b'x');
    let removal = remove(&mut theirs, "bob", b'x');
    // The word stays, by the dot that bob did not see: only what stands under it changed.
    let feed = ours.apply_with_feed(&removal).unwrap();
    assert_eq!(told(&feed), [(b'x', Seen::Changed(true))]);
}

#[test]
fn an_addition_that_was_removed_before_it_arrived_is_no_news() {
    let (mut ours, mut theirs) = (Causal::<Set>::new(), Causal::<Set>::new());
    let addition = add(&mut ours, "alice", b'x');
    let removal = remove(&mut ours, "alice", b'x');
    assert!(told(&theirs.apply_with_feed(&removal).unwrap()).is_empty());
    assert!(told(&theirs.apply_with_feed(&addition).unwrap()).is_empty());
    assert!(theirs.store().is_empty());
}

#[test]
fn a_key_that_lost_all_it_had_and_gained_something_else_changed_once() {
    let (mut ours, mut theirs) = (Causal::<Set>::new(), Causal::<Set>::new());
    let addition = add(&mut ours, "alice", b'x');
    theirs.apply_with_feed(&addition).unwrap();
    remove(&mut ours, "alice", b'x');
    add(&mut ours, "alice", b'x');
    // A summary does not say under which key a dot stood: what is gone is told for the whole map.
    let delta = crate::Summarize::delta_since(&ours, &crate::Summarize::summary(&theirs)).unwrap();
    let feed = theirs.apply_with_feed(&delta).unwrap();
    assert_eq!(told(&feed), [(b'x', Seen::Changed(true))]);
}

/// A set whose readers are told of words, but not that it is there.
#[derive(Clone, Debug, Default, PartialEq)]
struct Quiet(Set);

impl Wrapper for Quiet {
    type Inner = Set;
    type Feed = bool;
    type Glance = ();

    const PRESENCE_SHOWS: bool = false;

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

    /// Only `x` is for readers.
    fn feed(&self, (): (), inner: KeyedFeed<u8, bool>) -> bool {
        inner.iter().any(|(word, _)| *word == b'x')
    }
}

#[test]
fn what_is_not_seen_to_be_there_is_told_only_if_what_it_holds_changed() {
    let (mut quiet, mut watcher) = (Causal::<DotMap<u8, Quiet>>::new(), Causal::new());
    let mut told_of = |word: u8, is_added: bool| {
        let delta = quiet.mutate(&agent("alice"), |held, minter| {
            let dot = minter.mint()?;
            let held = held.get(&b'k').and_then(|quiet| quiet.0.get(&word));
            let change = match held {
                Some(dots) if !is_added => dots.reset(),
                _ => Change::bring(dot.into()),
            };
            let words = Change::bring(DotMap::from((word, change)));
            Ok::<_, NextSeqError>(Change::bring(DotMap::from((b'k', words))))
        });
        let feed = watcher.apply_with_feed(&delta.unwrap()).unwrap();
        feed.iter()
            .map(|(_, seen)| seen.clone())
            .collect::<Vec<_>>()
    };
    // It comes and goes with a word that is not for readers, then with one that is.
    assert!(told_of(b'y', true).is_empty());
    assert!(told_of(b'y', false).is_empty());
    assert_eq!(told_of(b'x', true), [Seen::Changed(true)]);
    assert_eq!(told_of(b'x', false), [Seen::Changed(true)]);
}

#[test]
fn a_wrapper_tells_its_own_readers_what_they_see() {
    let mut words = Causal::<Words>::new();
    let mut inner = Causal::<Set>::new();
    let as_words = |delta: crate::CausalDelta<Set>| crate::CausalDelta::<Words> {
        events: delta.events,
        gone: delta.gone,
        change: delta.change,
    };
    let first = as_words(add(&mut inner, "alice", b'x'));
    let second = as_words(add(&mut inner, "alice", b'x'));
    assert!(words.apply_with_feed(&first).unwrap());
    assert!(
        !words.apply_with_feed(&second).unwrap(),
        "the word was there"
    );
    let removal = as_words(remove(&mut inner, "alice", b'x'));
    assert!(words.apply_with_feed(&removal).unwrap());
}
