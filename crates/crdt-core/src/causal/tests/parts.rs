//! Single pieces of the kernel, each against the simplest model there is.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use super::stores::{Flag, Set};
use crate::codec::Encode;
use crate::testing::check_property;
use crate::{
    AgentId, Causal, CausalDelta, CausalSummary, Change, Decompose, Delta, DeltaState, Dot,
    DotContext, DotFun, DotMap, DotRange, DotRanges, DotSet, Dotted, Fixed, Lattice, Live, MAX_SEQ,
    NextSeqError, Summarize,
};

fn agent() -> AgentId {
    AgentId::new("alice").unwrap()
}

fn dot(seq: u64) -> Dot {
    Dot::new(agent(), seq).unwrap()
}

/// FNV-1a: the same on every run.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn dot_sets_follow_a_model_and_equal_ones_look_alike() {
    fn property(edits: Vec<(u8, Dot, Vec<Dot>)>) {
        let (mut set, mut model) = (DotSet::new(), BTreeSet::new());
        for (kind, dot, more) in edits {
            let others: DotSet = more.iter().cloned().collect();
            let n_before = model.len();
            match kind % 5 {
                0 => assert_eq!(set.insert(dot.clone()), model.insert(dot)),
                1 => {
                    model.extend(more);
                    assert_eq!(set.union_with(&others), model.len() > n_before);
                }
                2 => {
                    model.retain(|held| !others.contains(held));
                    assert_eq!(set.remove_dots(&others.into()), model.len() < n_before);
                }
                3 => {
                    model.retain(|held| *held == dot);
                    assert_eq!(set.retain(|held| *held == dot), model.len() < n_before);
                }
                _ => assert_eq!(set.contains(&dot), model.contains(&dot)),
            }
            assert!(set.iter().eq(&model));
            assert_eq!((set.len(), set.is_empty()), (model.len(), model.is_empty()));
            // However it came about, it is the set that one would make of these dots at once.
            let direct: DotSet = model.iter().rev().cloned().collect();
            assert_eq!(set, direct);
            assert_eq!(hash(&set), hash(&direct));
        }
    }
    check_property(property as fn(Vec<(u8, Dot, Vec<Dot>)>));
}

#[test]
fn a_dot_set_of_one_is_no_longer_than_its_dot() {
    assert_eq!(size_of::<DotSet>(), size_of::<Dot>());
    assert_eq!(DotSet::from(dot(3)), DotSet::from_iter([dot(3), dot(3)]));
}

#[test]
fn dot_funs_follow_a_model() {
    fn property(edits: Vec<(bool, Dot, Vec<Dot>)>) {
        let (mut fun, mut model) = (DotFun::<Fixed<u64>>::default(), BTreeMap::new());
        for (is_write, dot, others) in edits {
            let value = Fixed(dot.seq());
            if is_write {
                let is_new = !model.contains_key(&dot);
                model.insert(dot.clone(), value);
                assert_eq!(fun.merge(&DotFun::from((dot, value))), is_new);
            } else {
                let n_before = model.len();
                model.retain(|held, _| !others.contains(held));
                let removed: DotRanges = others.into_iter().collect();
                assert_eq!(fun.remove_dots(&removed), model.len() < n_before);
            }
            assert!(fun.iter().eq(&model));
            assert_eq!(fun.dots(), model.keys().cloned().collect());
            assert!(model.iter().all(|(dot, value)| fun.get(dot) == Some(value)));
        }
    }
    check_property(property as fn(Vec<(bool, Dot, Vec<Dot>)>));
}

/// Few keys are kept otherwise than many; nobody can tell.
#[test]
fn maps_with_few_and_with_many_keys_are_alike() {
    fn property(edits: Vec<(bool, u8)>) {
        let (mut set, mut model) = (Causal::<DotMap<u8, DotSet>>::new(), BTreeMap::new());
        let mut deltas = CausalDelta::default();
        for (is_removal, word) in edits.into_iter().cycle().take(160) {
            let word = word.wrapping_add(u8::try_from(model.len()).unwrap()) % 40;
            let delta = set.mutate::<NextSeqError>(&agent(), |held, minter| {
                let dot = minter.mint()?;
                let removed = held.get(&word).map(DotRanges::from).unwrap_or_default();
                let live = if is_removal {
                    model.remove(&word);
                    DotSet::new()
                } else {
                    model.insert(word, DotSet::from(dot.clone()));
                    dot.into()
                };
                Ok(Change::bring(DotMap::from((
                    word,
                    Change { removed, live },
                ))))
            });
            deltas.join(&delta.unwrap());
            assert!(set.store().iter().eq(&model));
            assert_eq!(set.store().len(), model.len());
            assert!((0..40).all(|word| set.store().get(&word) == model.get(&word)));
        }
        let mut other = Causal::new();
        other.apply_delta(&deltas).unwrap();
        assert_eq!(other, set);
        assert_eq!(
            (hash(&other), other.to_bytes()),
            (hash(&set), set.to_bytes())
        );
        other.join(&set);
        assert_eq!(other, set);
    }
    check_property(property as fn(Vec<(bool, u8)>));
}

#[test]
fn nothing_under_a_key_is_no_entry() {
    assert!(DotMap::from((b'x', DotSet::new())).is_empty());
    let mut changes = DotMap::<u8, Change<DotSet>>::default();
    changes.merge_at(b'x', &Change::default());
    assert!(changes.is_empty());
    changes.merge_at(b'x', &Change::bring(dot(0).into()));
    assert!(changes.remove_dots(&dot(0).into()));
    assert!(changes.is_empty());
}

#[test]
fn a_removed_dot_stays_removed_whichever_change_comes_first() {
    let bring = Change::bring(DotMap::from((b'x', Change::bring(DotSet::from(dot(0))))));
    let below = Change {
        removed: dot(0).into(),
        live: DotSet::new(),
    };
    let removals = [
        Change::bring(DotMap::from((b'x', below))),
        Change {
            removed: dot(0).into(),
            live: DotMap::default(),
        },
    ];
    for removal in removals {
        let (mut first, mut second) = (bring.clone(), removal.clone());
        assert!(first.merge(&removal));
        assert!(!second.merge(&bring), "it says nothing new");
        assert_eq!(first, second);
        let mut dots = Vec::new();
        first.live.for_each_dot(&mut |dot| dots.push(dot.clone()));
        assert!(dots.is_empty(), "{dots:?}");
    }
}

#[test]
fn a_client_can_have_removed_what_has_not_arrived_here() {
    // Another replica showed it to the client; this one takes the removal.
    let mut ours = Causal::<Set>::new();
    let mut theirs = Causal::<Set>::new();
    let addition = theirs.mutate::<NextSeqError>(&agent(), |_, minter| {
        Ok(Change::bring(DotMap::from((
            b'x',
            Change::bring(minter.mint()?.into()),
        ))))
    });
    let seen = theirs.store().get(&b'x').unwrap().clone();
    let bob = AgentId::new("bob").unwrap();
    let removal = ours.mutate::<NextSeqError>(&bob, |_, minter| {
        minter.mint()?;
        let change = Change {
            removed: seen.into(),
            live: DotSet::new(),
        };
        Ok(Change::bring(DotMap::from((b'x', change))))
    });
    ours.apply_delta(&addition.unwrap()).unwrap();
    assert!(ours.store().is_empty(), "it was removed before it came");
    theirs.apply_delta(&removal.unwrap()).unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn an_answer_that_comes_late_takes_away_what_arrived_meanwhile() {
    // Bob asks alice, who added and removed; before her answer comes, he hears of the addition.
    let mut alice = Causal::<Flag>::new();
    let on = alice.mutate::<NextSeqError>(&agent(), |_, minter| {
        Ok(Change::bring(minter.mint()?.into()))
    });
    alice
        .mutate::<NextSeqError>(&agent(), |held, minter| {
            minter.mint()?;
            Ok(crate::DotStore::reset(held))
        })
        .unwrap();
    let mut bob = Causal::<Flag>::new();
    let answers = [
        alice.delta_since(&bob.summary()).unwrap(),
        alice.changes_since(&bob),
    ];
    bob.apply_delta(&on.unwrap()).unwrap();
    for answer in answers {
        let mut bob = bob.clone();
        bob.apply_delta(&answer).unwrap();
        assert_eq!(bob, alice);
    }
}

#[test]
fn the_delta_of_a_leaf_is_a_state_as_well() {
    let mut flag = Causal::<Flag>::new();
    let delta = flag.mutate::<NextSeqError>(&agent(), |_, minter| {
        Ok(Change::bring(minter.mint()?.into()))
    });
    assert_eq!(Causal::from(delta.unwrap()), flag);
}

/// A state whose context says that nearly all events there can be happened, and were undone.
fn exhausted() -> Causal<Flag> {
    let mut state = Causal::<Flag>::new();
    state
        .context
        .insert_range(&DotRange::new(agent(), 0, MAX_SEQ).unwrap());
    state
}

#[test]
fn very_many_events_are_compared_as_ranges() {
    let state = exhausted();
    let all = CausalSummary {
        known: DotContext::new(),
        live: state.context.clone(),
    };
    let delta = state.delta_since(&all).unwrap();
    assert_eq!(delta.context(), state.context);
    let mut peer = Causal::<Flag>::new();
    peer.apply_delta(&delta).unwrap();
    assert_eq!(peer, state);
    assert_eq!(state.diff(&Causal::new()), state);
    assert!(state.changes_since(&peer).is_empty());
    assert!(state.to_bytes().len() < 32 && delta.to_bytes().len() < 32);
}

#[test]
fn very_many_parts_can_be_taken_one_by_one() {
    assert_eq!(exhausted().decompose().take(3).count(), 3);
}
