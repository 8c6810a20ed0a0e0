//! An add-wins set against a model that keeps every event and what its author had seen.
//!
//! A word is in the set if and only if some addition of it was seen by no removal of it.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::stores::Set;
use super::world::{Choices, Script, agent};
use crate::testing::check_property;
use crate::{
    Causal, CausalDelta, Change, DeltaState, DotMap, DotRanges, DotSet, Lattice, NextSeqError,
};

/// An event of the model: nothing of it is ever forgotten.
struct Event {
    word: u8,
    is_addition: bool,
    /// Takes over what its author saw of the word: a removal, or an addition that replaces.
    is_taking: bool,
    /// The events that the author had received.
    seen: BTreeSet<usize>,
}

/// A replica and its model: the events it received.
#[derive(Clone, Default)]
struct Replica {
    set: Causal<Set>,
    received: BTreeSet<usize>,
}

#[derive(Default)]
struct Run {
    events: Vec<Event>,
    deltas: Vec<CausalDelta<Set>>,
    replicas: [Replica; 3],
}

impl Run {
    fn edit(&mut self, replica: usize, choices: &mut Choices) {
        let word = choices.key();
        let (is_addition, is_taking) =
            [(true, false), (true, true), (false, true)][choices.below(3)];
        let author = &mut self.replicas[replica];
        let delta = author
            .set
            .mutate::<NextSeqError>(&agent(replica), |held, minter| {
                let dot = minter.mint()?;
                let held = held.get(&word).cloned().unwrap_or_default();
                let change = Change {
                    removed: if is_taking {
                        held.into()
                    } else {
                        DotRanges::new()
                    },
                    live: if is_addition {
                        dot.into()
                    } else {
                        DotSet::new()
                    },
                };
                Ok(Change::bring(DotMap::from((word, change))))
            });
        self.deltas.push(delta.unwrap());
        let seen = author.received.clone();
        author.received.insert(self.events.len());
        self.events.push(Event {
            word,
            is_addition,
            is_taking,
            seen,
        });
    }

    fn deliver(&mut self, replica: usize, event: usize) {
        let Replica { set, received } = &mut self.replicas[replica];
        set.apply_delta(&self.deltas[event]).unwrap();
        received.insert(event);
    }

    #[track_caller]
    fn check(&self, replica: usize) {
        let Replica { set, received } = &self.replicas[replica];
        let is_taken = |addition: usize| {
            let mut takers = received.iter().map(|&event| &self.events[event]);
            takers.any(|event| {
                event.is_taking
                    && event.word == self.events[addition].word
                    && event.seen.contains(&addition)
            })
        };
        let words: BTreeSet<u8> = received
            .iter()
            .filter(|&&event| self.events[event].is_addition && !is_taken(event))
            .map(|&event| self.events[event].word)
            .collect();
        assert!(
            set.store().iter().map(|(word, _)| word).eq(&words),
            "{set:?} is not {words:?}"
        );
    }
}

#[test]
fn a_word_is_in_if_some_addition_of_it_was_seen_by_no_removal() {
    fn property(script: Script) {
        let mut run = Run::default();
        for mut choices in script.steps() {
            let replica = choices.below(3);
            let peer = (replica + 1 + choices.below(2)) % 3;
            if choices.one_in(2) {
                run.edit(replica, &mut choices);
            } else if choices.one_in(2) {
                // All that a peer has, as a state.
                let theirs = run.replicas[peer].clone();
                run.replicas[replica].set.join(&theirs.set);
                run.replicas[replica].received.extend(theirs.received);
            } else {
                // The same delta by delta, each after what its author had seen.
                for event in run.replicas[peer].received.clone() {
                    run.deliver(replica, event);
                }
            }
            run.check(replica);
        }
    }
    check_property(property as fn(Script));
}

#[test]
fn deltas_in_any_order_come_to_the_same_in_the_end() {
    fn property(script: Script) {
        let mut run = Run::default();
        for mut choices in script.steps() {
            let replica = choices.below(3);
            if run.events.is_empty() || choices.one_in(2) {
                run.edit(replica, &mut choices);
            } else {
                // Any event at all: what came before it may be missing, and it may come again.
                run.deliver(replica, choices.below(run.events.len()));
            }
        }
        for replica in 0..3 {
            for event in (0..run.events.len()).rev() {
                run.deliver(replica, event);
            }
            run.check(replica);
            assert_eq!(run.replicas[replica].set, run.replicas[0].set);
        }
    }
    check_property(property as fn(Script));
}
