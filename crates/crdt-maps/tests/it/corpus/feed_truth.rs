//! Feeds against the states before and after, over random histories: each key that changed is told
//! once, and truly, and no other is.

use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt::Debug;

use crdt_core::{AgentId, Delta, KeyedFeed, Seen};
use crdt_counters::ResettableCounter;
use crdt_maps::{CausalRegister, DisableWinsFlag, OrMap, OrSet, RwSet};
use crdt_testkit::Rng;

use super::shorthand::at;
use super::world::{Replica, agent, applied, assert_same, joined};

/// A map or set with random mutations, its feed, and all that can be read of it, by key.
trait Watched: Replica {
    type Inner;
    type View: PartialEq + Debug;

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta;
    fn apply_told(&mut self, delta: &Self::Delta) -> KeyedFeed<u8, Self::Inner>;
    fn join_told(&mut self, other: &Self) -> KeyedFeed<u8, Self::Inner>;
    fn view(&self) -> BTreeMap<u8, Self::View>;

    /// Checks what is told of a key that is there before and after.
    fn check_inner(told: &Self::Inner, before: &Self::View, after: &Self::View);
}

/// Checks a feed of keys against the keys before and after.
#[track_caller]
fn check<F, V: PartialEq + Debug>(
    told: &KeyedFeed<u8, F>,
    before: &BTreeMap<u8, V>,
    after: &BTreeMap<u8, V>,
    check_inner: impl Fn(&F, &V, &V),
) {
    let mut keys_told = BTreeSet::new();
    for (key, seen) in told.iter() {
        assert!(keys_told.insert(*key), "{key} is told twice");
        match (seen, before.get(key), after.get(key)) {
            (Seen::Added, None, Some(_)) | (Seen::Removed, Some(_), None) => {}
            (Seen::Changed(inner), Some(before), Some(after)) => {
                assert_ne!(before, after, "{key} did not change");
                check_inner(inner, before, after);
            }
            (_, before, after) => panic!("{key} went from {before:?} to {after:?}"),
        }
    }
    let keys: BTreeSet<u8> = before.keys().chain(after.keys()).copied().collect();
    for key in keys
        .into_iter()
        .filter(|key| before.get(key) != after.get(key))
    {
        assert!(keys_told.contains(&key), "{key} changed in silence");
    }
}

/// Elements of a set, as keys that hold nothing.
fn elements<'a>(elements: impl Iterator<Item = &'a u8>) -> BTreeMap<u8, ()> {
    elements.map(|element| (*element, ())).collect()
}

fn never_changes(_: &bool, (): &(), (): &()) {
    panic!("an element is in or out");
}

/// Writes the parts that all keyed types share.
macro_rules! told {
    () => {
        fn apply_told(&mut self, delta: &Self::Delta) -> KeyedFeed<u8, Self::Inner> {
            self.apply_with_feed(delta).unwrap()
        }

        fn join_told(&mut self, other: &Self) -> KeyedFeed<u8, Self::Inner> {
            self.join_with_feed(other)
        }
    };
}

impl Watched for RwSet<u8> {
    type Inner = bool;
    type View = ();

    told!();

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let element = rng.below(4) as u8;
        match rng.below(3) {
            0 => self.remove_with_delta(agent, element).unwrap(),
            1 => self
                .remove_where_with_delta(agent, |held| *held > element)
                .unwrap(),
            _ => self.add_with_delta(agent, element).unwrap(),
        }
    }

    fn view(&self) -> BTreeMap<u8, ()> {
        elements(self.iter())
    }

    fn check_inner(told: &bool, before: &(), after: &()) {
        never_changes(told, before, after);
    }
}

impl Watched for OrMap<u8, OrSet<u8>> {
    type Inner = KeyedFeed<u8, bool>;
    type View = BTreeMap<u8, ()>;

    told!();

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let (key, element) = (rng.below(3) as u8, rng.below(3) as u8);
        let delta = match rng.below(8) {
            0 => self.touch_with_delta(agent, key),
            1 => self.remove_with_delta(agent, &key),
            2 => self.remove_where_with_delta(agent, |held, _| *held > key),
            3 | 4 => self.update_with_delta(agent, key, |set, m| set.remove(m, &element)),
            _ => self.update_with_delta(agent, key, |set, m| set.add(m, element)),
        };
        delta.unwrap()
    }

    fn view(&self) -> BTreeMap<u8, BTreeMap<u8, ()>> {
        self.iter()
            .map(|(key, set)| (*key, elements(set.iter())))
            .collect()
    }

    fn check_inner(told: &Self::Inner, before: &Self::View, after: &Self::View) {
        check(told, before, after, never_changes);
    }
}

impl Watched for OrMap<u8, OrMap<u8, ResettableCounter>> {
    type Inner = KeyedFeed<u8, bool>;
    type View = BTreeMap<u8, i128>;

    told!();

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let (outer, inner) = (rng.below(2) as u8, rng.below(2) as u8);
        let (op, by) = (rng.below(8), rng.between(1, 3) as i64 - 2);
        if op == 0 {
            return self.remove_with_delta(agent, &outer).unwrap();
        }
        let delta = self.update_with_delta(agent, outer, |map, minter| match op {
            1 => map.remove(minter, &inner),
            2 => map.touch(minter, inner),
            3 => map.update(minter, inner, |counter, minter| counter.reset(minter)),
            _ => map.update(minter, inner, |counter, minter| counter.add(minter, by)),
        });
        delta.unwrap()
    }

    fn view(&self) -> BTreeMap<u8, BTreeMap<u8, i128>> {
        let inner = |map: &crdt_maps::OrMapStore<u8, crdt_counters::ResettableCounterStore>| {
            map.iter()
                .map(|(key, counter)| (*key, counter.value()))
                .collect()
        };
        self.iter().map(|(key, map)| (*key, inner(map))).collect()
    }

    fn check_inner(told: &Self::Inner, before: &Self::View, after: &Self::View) {
        check(told, before, after, |told, _, _| assert!(told));
    }
}

/// No two writes are equal, so that a value says which write it is.
impl Watched for OrMap<u8, CausalRegister<u64>> {
    type Inner = bool;
    type View = Option<u64>;

    told!();

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let (key, stamp, value) = (rng.below(2) as u8, at(rng.below(5) as u64), rng.next_u64());
        let delta = match rng.below(6) {
            0 => self.remove_with_delta(agent, &key),
            1 => self.update_with_delta(agent, key, |register, m| register.clear(m)),
            _ => self.update_with_delta(agent, key, |register, m| register.write(m, stamp, value)),
        };
        delta.unwrap()
    }

    fn view(&self) -> BTreeMap<u8, Option<u64>> {
        self.iter()
            .map(|(key, register)| (*key, register.value().copied()))
            .collect()
    }

    fn check_inner(told: &bool, _: &Option<u64>, _: &Option<u64>) {
        assert!(told);
    }
}

impl Watched for OrMap<u8, DisableWinsFlag> {
    type Inner = bool;
    type View = bool;

    told!();

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let key = rng.below(2) as u8;
        let delta = match rng.below(5) {
            0 => self.remove_with_delta(agent, &key),
            1 => self.touch_with_delta(agent, key),
            2 => self.update_with_delta(agent, key, |flag, minter| flag.enable(minter)),
            _ => self.update_with_delta(agent, key, |flag, minter| flag.disable(minter)),
        };
        delta.unwrap()
    }

    fn view(&self) -> BTreeMap<u8, bool> {
        self.iter()
            .map(|(key, flag)| (*key, flag.is_enabled()))
            .collect()
    }

    fn check_inner(told: &bool, _: &bool, _: &bool) {
        assert!(told);
    }
}

/// How one replica hears of something.
fn hear<T: Watched>(replicas: &[T], log: &[T::Delta], to: usize, rng: &mut Rng) -> T {
    let (before, from) = (&replicas[to], &replicas[rng.below(replicas.len())]);
    let mut after = before.clone();
    let delta = match rng.below(6) {
        0 => {
            let told = after.join_told(from);
            assert_same(&after, &joined(before, from));
            check(&told, &before.view(), &after.view(), T::check_inner);
            return after;
        }
        1 => from.news_since(before),
        2 => from.delta_since(&before.summary()).unwrap(),
        3 if log.len() > 2 => {
            let start = rng.below(log.len() - 2);
            T::Delta::merge_deltas(&log[start..start + 3]).unwrap()
        }
        // News of one for another: it can bring removals of what is only known here.
        4 => from.news_since(&replicas[rng.below(replicas.len())]),
        _ if log.is_empty() => return after,
        _ => rng.pick(log).clone(),
    };
    let told = after.apply_told(&delta);
    assert_same(&after, &applied(before, &delta));
    check(&told, &before.view(), &after.view(), T::check_inner);
    let told_again = after.apply_told(&delta);
    assert_eq!(told_again.iter().count(), 0, "again is no news");
    after
}

fn check_feeds<T: Watched>() {
    for seed in 0..N_HISTORIES {
        let mut rng = Rng::new(seed);
        let (mut replicas, mut log) = (vec![T::default(); 3], Vec::new());
        for _ in 0..N_STEPS {
            let who = rng.below(3);
            if rng.chance(50) {
                log.push(replicas[who].play(&agent(who), &mut rng));
            } else {
                replicas[who] = hear(&replicas, &log, who, &mut rng);
            }
        }
    }
}

#[test]
fn a_set_in_which_removals_win_tells_the_truth() {
    check_feeds::<RwSet<u8>>();
}

#[test]
fn a_map_of_sets_tells_the_truth() {
    check_feeds::<OrMap<u8, OrSet<u8>>>();
}

#[test]
fn a_map_of_maps_tells_the_truth() {
    check_feeds::<OrMap<u8, OrMap<u8, ResettableCounter>>>();
}

#[test]
fn a_map_of_registers_tells_the_truth() {
    check_feeds::<OrMap<u8, CausalRegister<u64>>>();
}

#[test]
fn a_map_of_flags_tells_the_truth() {
    check_feeds::<OrMap<u8, DisableWinsFlag>>();
}

const N_HISTORIES: u64 = 500;
const N_STEPS: usize = 50;
