//! Histories of the plain lattices against models that keep every event.

use alloc::collections::{BTreeMap, BTreeSet};

use crdt_core::{AgentId, Lattice, Timestamp};
use crdt_maps::{CausalLengthSet, GMap, GSet, LwwMap, LwwRegister, StampError, TwoPSet};
use quickcheck::Gen;

use crate::history::{Model, World, check_histories};
use crate::support::{agent, at, below};

/// A write under its total order: nothing for a removal.
type Write = (Timestamp, AgentId, Option<u8>);

/// A stamp that is mostly newer than `held`, and often that of somebody else.
fn near(held: Option<Timestamp>, g: &mut Gen) -> Timestamp {
    at((held.map_or(0, Timestamp::to_u64) + below(g, 5)).saturating_sub(1))
}

#[derive(Default)]
struct Register;

impl Model for Register {
    type State = LwwRegister<u8>;
    type Event = Write;

    fn mutate(
        &mut self,
        state: &mut Self::State,
        replica: usize,
        _: &World<Write>,
        g: &mut Gen,
    ) -> (Self::State, Option<Write>) {
        let (writer, stamp, value) = (
            agent(replica as u64),
            near(state.stamp(), g),
            below(g, 3) as u8,
        );
        let before = state.clone();
        match state.set_with_delta(&writer, stamp, value) {
            Ok(delta) => (delta, Some((stamp, writer, Some(value)))),
            Err(error) => {
                let held = before.stamp().unwrap();
                assert!(stamp <= held);
                assert_eq!(
                    error,
                    StampError::TimestampNotAdvanced { given: stamp, held }
                );
                assert_eq!(*state, before);
                (LwwRegister::new(), None)
            }
        }
    }

    fn check(&self, state: &Self::State, known: &[&Write], seed: u64) {
        let winner = known.iter().max();
        assert_eq!(
            state.value().copied(),
            winner.and_then(|w| w.2),
            "CRDT_SEED={seed}"
        );
        assert_eq!(state.stamp(), winner.map(|w| w.0), "CRDT_SEED={seed}");
        assert_eq!(state.writer(), winner.map(|w| &w.1), "CRDT_SEED={seed}");
    }
}

#[test]
fn lww_register_shows_the_greatest_write() {
    check_histories::<Register>();
}

#[derive(Default)]
struct Growing;

impl Model for Growing {
    type State = GSet<u8>;
    type Event = u8;

    fn mutate(
        &mut self,
        state: &mut Self::State,
        _: usize,
        _: &World<u8>,
        g: &mut Gen,
    ) -> (Self::State, Option<u8>) {
        let element = below(g, 12) as u8;
        let is_known = state.contains(&element);
        let delta = state.insert_with_delta(element);
        assert_eq!(delta.is_empty(), is_known);
        (delta, (!is_known).then_some(element))
    }

    fn check(&self, state: &Self::State, known: &[&u8], seed: u64) {
        let expected: BTreeSet<u8> = known.iter().map(|&&element| element).collect();
        assert!(state.iter().eq(&expected), "CRDT_SEED={seed}");
        assert_eq!(state.len(), expected.len(), "CRDT_SEED={seed}");
    }
}

#[test]
fn g_set_shows_the_union() {
    check_histories::<Growing>();
}

/// Adds (`true`) and removals of elements.
#[derive(Default)]
struct TwoPhases;

fn mutate_two_p_set(set: &mut TwoPSet<u8>, g: &mut Gen) -> (TwoPSet<u8>, Option<(bool, u8)>) {
    let (adds, element) = (below(g, 3) > 0, below(g, 6) as u8);
    let (was_in, was_removed) = (set.contains(&element), set.is_removed(&element));
    let (delta, is_news) = if adds {
        (set.add_with_delta(element), !was_in && !was_removed)
    } else {
        (set.remove_with_delta(element), !was_removed)
    };
    (delta, is_news.then_some((adds, element)))
}

fn two_p_model<'a>(known: impl Iterator<Item = &'a (bool, u8)> + Clone) -> [BTreeSet<u8>; 2] {
    let removed: BTreeSet<u8> = known.clone().filter(|e| !e.0).map(|e| e.1).collect();
    let added = known.filter(|e| e.0 && !removed.contains(&e.1));
    [added.map(|e| e.1).collect(), removed]
}

impl Model for TwoPhases {
    type State = TwoPSet<u8>;
    type Event = (bool, u8);

    fn mutate(
        &mut self,
        state: &mut Self::State,
        _: usize,
        _: &World<Self::Event>,
        g: &mut Gen,
    ) -> (Self::State, Option<Self::Event>) {
        mutate_two_p_set(state, g)
    }

    fn check(&self, state: &Self::State, known: &[&Self::Event], seed: u64) {
        let [added, removed] = two_p_model(known.iter().copied());
        assert!(state.iter().eq(&added), "CRDT_SEED={seed}");
        assert!(state.removed().eq(&removed), "CRDT_SEED={seed}");
    }
}

#[test]
fn two_p_set_shows_what_was_added_and_never_removed() {
    check_histories::<TwoPhases>();
}

/// One effective toggle of an element, and how many its author knew, this one included.
struct Toggle {
    element: u8,
    length: u64,
}

#[derive(Default)]
struct Toggles;

/// The longest chain of toggles of an element.
fn longest(known: &[&Toggle], element: u8) -> u64 {
    let chains = known.iter().filter(|toggle| toggle.element == element);
    chains.map(|toggle| toggle.length).max().unwrap_or(0)
}

impl Model for Toggles {
    type State = CausalLengthSet<u8>;
    type Event = Toggle;

    fn mutate(
        &mut self,
        state: &mut Self::State,
        replica: usize,
        world: &World<Toggle>,
        g: &mut Gen,
    ) -> (Self::State, Option<Toggle>) {
        let (adds, element) = (below(g, 2) == 0, below(g, 3) as u8);
        let length = longest(&world.known_by(replica), element);
        let delta = if adds {
            state.add_with_delta(element)
        } else {
            state.remove_with_delta(&element).expect("a short chain")
        };
        let length = length + 1;
        let is_news = adds == (length % 2 == 1);
        (delta, is_news.then_some(Toggle { element, length }))
    }

    fn check(&self, state: &Self::State, known: &[&Toggle], seed: u64) {
        let expected: Vec<u8> = (0..3).filter(|&e| longest(known, e) % 2 == 1).collect();
        assert!(state.iter().eq(&expected), "CRDT_SEED={seed}");
        assert_eq!(state.len(), expected.len(), "CRDT_SEED={seed}");
        for element in 0..3 {
            let is_in = expected.contains(&element);
            assert_eq!(state.contains(&element), is_in, "CRDT_SEED={seed}");
            assert_eq!(
                state.causal_length(&element),
                longest(known, element),
                "CRDT_SEED={seed}"
            );
        }
    }
}

#[test]
fn causal_length_set_shows_the_parity_of_the_longest_chain() {
    check_histories::<Toggles>();
}

/// Two-phase sets under keys, changed in place and on copies that may fail.
#[derive(Default)]
struct Nested;

impl Model for Nested {
    type State = GMap<u8, TwoPSet<u8>>;
    type Event = (u8, (bool, u8));

    fn mutate(
        &mut self,
        state: &mut Self::State,
        _: usize,
        _: &World<Self::Event>,
        g: &mut Gen,
    ) -> (Self::State, Option<Self::Event>) {
        let (key, way, mut event) = (below(g, 3) as u8, below(g, 3), None);
        let before = state.clone();
        let mut change = |set: &mut TwoPSet<u8>| {
            let (delta, change) = mutate_two_p_set(set, g);
            event = change;
            delta
        };
        let delta = match way {
            0 => state.update_in_place_with_delta(key, change),
            1 => state
                .update_with_delta(key, |set| Ok::<_, ()>(change(set)))
                .unwrap(),
            _ => {
                let refused =
                    state.update_with_delta(key, |set| Err::<TwoPSet<u8>, _>(change(set)));
                assert!(refused.is_err());
                assert_eq!(*state, before);
                return (GMap::new(), None);
            }
        };
        (delta, event.map(|event| (key, event)))
    }

    fn check(&self, state: &Self::State, known: &[&Self::Event], seed: u64) {
        let keys: BTreeSet<u8> = known.iter().map(|event| event.0).collect();
        assert!(state.keys().eq(&keys), "CRDT_SEED={seed}");
        for (key, set) in state.iter() {
            let events = known.iter().filter(|event| event.0 == *key);
            let [added, removed] = two_p_model(events.map(|event| &event.1));
            assert!(
                set.iter().eq(&added) && set.removed().eq(&removed),
                "CRDT_SEED={seed}"
            );
        }
    }
}

#[test]
fn g_map_shows_a_value_for_each_key_by_itself() {
    check_histories::<Nested>();
}

/// A map of cells. What is cleaned is stable, so nobody can see that it is gone.
#[derive(Default)]
struct Cells {
    /// Below it, no clock makes a stamp any more.
    cut: Timestamp,
}

fn mutate_cells(
    map: &mut LwwMap<u8, u8>,
    replica: usize,
    clock_floor: Timestamp,
    g: &mut Gen,
) -> (LwwMap<u8, u8>, Option<(u8, Write)>) {
    let (key, writer) = (below(g, 3) as u8, agent(replica as u64));
    let stamp = near(map.stamp(&key), g).max(clock_floor);
    let value = (below(g, 3) > 0).then(|| below(g, 3) as u8);
    let before = map.clone();
    let written = match value {
        Some(value) => map.set_with_delta(&writer, stamp, key, value),
        None => map.remove_with_delta(&writer, stamp, key),
    };
    match written {
        Ok(delta) => (delta, Some((key, (stamp, writer, value)))),
        Err(error) => {
            assert_eq!(*map, before);
            let given = stamp;
            let expected = match map.stamp(&key) {
                Some(held) if given <= held => StampError::TimestampNotAdvanced { given, held },
                _ => StampError::BelowFloor {
                    given,
                    floor: map.floor(),
                },
            };
            assert_eq!(error, expected);
            (LwwMap::new(), None)
        }
    }
}

fn assert_counts_agree(map: &LwwMap<u8, u8>, seed: u64) {
    assert_eq!(map.len(), map.values().count(), "CRDT_SEED={seed}");
    assert_eq!(map.len(), map.keys().count(), "CRDT_SEED={seed}");
    let tombstones = (0..3).filter(|key| map.stamp(key).is_some() && !map.contains_key(key));
    assert_eq!(
        map.n_tombstones(),
        tombstones.clone().count(),
        "CRDT_SEED={seed}"
    );
    for key in tombstones {
        assert!(map.stamp(&key) >= Some(map.floor()), "CRDT_SEED={seed}");
    }
}

impl Model for Cells {
    type State = LwwMap<u8, u8>;
    type Event = (u8, Write);

    fn mutate(
        &mut self,
        state: &mut Self::State,
        replica: usize,
        world: &World<Self::Event>,
        g: &mut Gen,
    ) -> (Self::State, Option<Self::Event>) {
        if below(g, 4) > 0 {
            return mutate_cells(state, replica, self.cut, g);
        }
        let unstable = world.unstable().map(|(_, write)| write.0);
        let stable = unstable.fold(state.newest_stamp(), Timestamp::min);
        self.cut = self.cut.max(stable);
        (state.clean_with_delta(stable).expect("a known cut"), None)
    }

    fn check(&self, state: &Self::State, known: &[&Self::Event], seed: u64) {
        let mut winners = BTreeMap::<u8, &Write>::new();
        for (key, write) in known {
            let winner = winners.entry(*key).or_insert(write);
            *winner = (*winner).max(write);
        }
        let live = winners
            .iter()
            .filter_map(|(key, write)| Some((*key, write.2?)));
        let shown = state.iter().map(|(key, value)| (*key, *value));
        assert!(shown.eq(live), "CRDT_SEED={seed}");
        assert_counts_agree(state, seed);
        for (key, (stamp, writer, _)) in winners {
            let is_held = state.contains_key(&key) || stamp >= &state.floor();
            assert_eq!(
                state.stamp(&key),
                is_held.then_some(*stamp),
                "CRDT_SEED={seed}"
            );
            assert_eq!(
                state.writer(&key),
                is_held.then_some(writer),
                "CRDT_SEED={seed}"
            );
        }
    }
}

#[test]
fn lww_map_shows_the_greatest_writes_cleaned_or_not() {
    check_histories::<Cells>();
}

/// The same, cleaned at any time at any cut: data may be lost, agreement may not.
#[derive(Default)]
struct RecklessCells;

impl Model for RecklessCells {
    type State = LwwMap<u8, u8>;
    type Event = (u8, Write);

    fn mutate(
        &mut self,
        state: &mut Self::State,
        replica: usize,
        _: &World<Self::Event>,
        g: &mut Gen,
    ) -> (Self::State, Option<Self::Event>) {
        if below(g, 6) > 0 {
            return mutate_cells(state, replica, Timestamp::default(), g);
        }
        let newest = state.newest_stamp();
        let stable = at(below(g, newest.to_u64() + 1));
        (state.clean_with_delta(stable).expect("a known cut"), None)
    }

    fn check(&self, state: &Self::State, _: &[&Self::Event], seed: u64) {
        assert_counts_agree(state, seed);
        assert_eq!(
            state.is_bottom(),
            *state == LwwMap::new(),
            "CRDT_SEED={seed}"
        );
    }
}

#[test]
fn lww_map_converges_also_after_wrong_cuts() {
    check_histories::<RecklessCells>();
}
