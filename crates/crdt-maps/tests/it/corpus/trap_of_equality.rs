//! Trap 16: replicas that know the same events hold the same state, removals included.

use crdt_core::{AgentId, Delta, DotContext, Lattice};
use crdt_counters::ResettableCounter;
use crdt_maps::{AnyCrdt, EnableWinsFlag, MvRegister, OrMap, OrSet, RwSet, Value};
use crdt_testkit::Rng;

use super::world::{Replica, agent, applied, assert_same, joined};

/// A type with random mutations, on few keys so that they meet.
trait Play: Replica {
    fn known(&self) -> &DotContext;
    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta;
}

type Sets = OrMap<u8, OrSet<u8>>;
type Nested = OrMap<u8, OrMap<u8, ResettableCounter>>;
type Mixed = OrMap<u8, AnyCrdt>;

impl Play for RwSet<u8> {
    fn known(&self) -> &DotContext {
        self.context()
    }

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let element = rng.below(3) as u8;
        match rng.below(2) {
            0 => self.add_with_delta(agent, element).unwrap(),
            _ => self.remove_with_delta(agent, element).unwrap(),
        }
    }
}

impl Play for Sets {
    fn known(&self) -> &DotContext {
        self.context()
    }

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let (key, element) = (rng.below(3) as u8, rng.below(2) as u8);
        let delta = match rng.below(8) {
            0..3 => self.update_with_delta(agent, key, |set, minter| set.add(minter, element)),
            3..5 => self.update_with_delta(agent, key, |set, minter| set.remove(minter, &element)),
            5 => self.touch_with_delta(agent, key),
            6 => self.remove_where_with_delta(agent, |_, set| set.is_empty()),
            _ => self.remove_with_delta(agent, &key),
        };
        delta.unwrap()
    }
}

impl Play for Nested {
    fn known(&self) -> &DotContext {
        self.context()
    }

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let (outer, inner, by) = (rng.below(2) as u8, rng.below(2) as u8, rng.below(5) as i64);
        let op = rng.below(8);
        if op == 0 {
            return self.remove_with_delta(agent, &outer).unwrap();
        }
        let delta = self.update_with_delta(agent, outer, |map, minter| match op {
            1..5 => map.update(minter, inner, |counter, minter| counter.add(minter, by)),
            5 => map.update(minter, inner, |counter, minter| counter.reset(minter)),
            6 => map.touch(minter, inner),
            _ => map.remove(minter, &inner),
        });
        delta.unwrap()
    }
}

impl Play for Mixed {
    fn known(&self) -> &DotContext {
        self.context()
    }

    fn play(&mut self, agent: &AgentId, rng: &mut Rng) -> Self::Delta {
        let (key, n) = (rng.below(2) as u8, rng.below(3) as u8);
        let op = rng.below(6);
        if op == 0 {
            return self.remove_with_delta(agent, &key).unwrap();
        }
        let delta = self.update_with_delta(agent, key, |any, minter| match op {
            1 => any.update::<MvRegister<Value>, _>(minter, |register, minter| {
                register.write(minter, Value::from(i64::from(n)))
            }),
            2 => any.update::<EnableWinsFlag, _>(minter, |flag, minter| flag.enable(minter)),
            3 => any.update::<EnableWinsFlag, _>(minter, |flag, minter| flag.disable(minter)),
            4 => any.update::<OrMap<String, AnyCrdt>, _>(minter, |map, minter| {
                map.remove(minter, &n.to_string())
            }),
            _ => any.update::<OrMap<String, AnyCrdt>, _>(minter, |map, minter| {
                map.update(minter, n.to_string(), |any, minter| {
                    any.update::<ResettableCounter, _>(minter, |counter, m| counter.add(m, 1))
                })
            }),
        });
        delta.unwrap()
    }
}

/// A delta under way, and what its author knew when it was made.
struct Message<T: Replica> {
    made_at: DotContext,
    delta: T::Delta,
}

/// Three replicas that act at random; deltas wait in any order.
struct Net<T: Replica> {
    replicas: Vec<T>,
    messages: Vec<Message<T>>,
    rng: Rng,
}

impl<T: Play> Net<T> {
    fn new(seed: u64) -> Self {
        Self {
            replicas: vec![T::default(); N_REPLICAS],
            messages: Vec::new(),
            rng: Rng::new(seed),
        }
    }

    fn step(&mut self, is_causal: bool) {
        match self.rng.below(10) {
            0..5 => self.act(),
            5..9 => self.deliver(is_causal),
            _ => self.catch_up(),
        }
    }

    fn act(&mut self) {
        let who = self.rng.below(N_REPLICAS);
        let made_at = self.replicas[who].known().clone();
        let delta = self.replicas[who].play(&agent(who), &mut self.rng);
        if !delta.is_empty() {
            self.messages.push(Message { made_at, delta });
        }
    }

    /// Brings some message to some replica; in causal order if that is asked for.
    fn deliver(&mut self, is_causal: bool) {
        if self.messages.is_empty() {
            return;
        }
        let to = self.rng.below(N_REPLICAS);
        let message = self.rng.pick(&self.messages);
        let replica = &mut self.replicas[to];
        if !is_causal || message.made_at.leq(replica.known()) {
            *replica = applied(replica, &message.delta);
        }
    }

    /// One replica takes over what another has and it lacks.
    fn catch_up(&mut self) {
        let (to, from) = (self.rng.below(N_REPLICAS), self.rng.below(N_REPLICAS));
        let (ours, theirs) = (&self.replicas[to], &self.replicas[from]);
        let by_summary = theirs.delta_since(&ours.summary()).unwrap();
        self.replicas[to] = match self.rng.below(3) {
            0 => joined(ours, theirs),
            1 => applied(ours, &theirs.news_since(ours)),
            _ => applied(ours, &by_summary),
        };
    }

    /// Compares all replicas that know the same; returns how many of them know something.
    fn compare(&self) -> usize {
        let mut n_pairs = 0;
        for (idx, left) in self.replicas.iter().enumerate() {
            for right in &self.replicas[idx + 1..] {
                if left.known() == right.known() {
                    assert_same(left, right);
                    n_pairs += usize::from(!left.known().is_empty());
                }
            }
        }
        n_pairs
    }
}

/// With deltas in causal order and states at any time, equal contexts mean equal states, always.
fn check_at_every_step<T: Play>() {
    let mut n_pairs = 0;
    for seed in 0..N_HISTORIES {
        let mut net = Net::<T>::new(seed);
        while net.messages.len() < N_MUTATIONS {
            net.step(true);
            n_pairs += net.compare();
        }
    }
    assert!(
        n_pairs as u64 > N_HISTORIES,
        "only {n_pairs} times did two know the same"
    );
}

/// With deltas in any order, again and in groups, they do once everyone has heard of everything.
fn check_after_full_exchange<T: Play>() {
    for seed in 0..N_HISTORIES {
        let mut net = Net::<T>::new(seed);
        while net.messages.len() < N_MUTATIONS {
            net.step(false);
        }
        let mut all = net
            .replicas
            .iter()
            .fold(T::default(), |all, replica| joined(&all, replica));
        for Message { delta, .. } in &net.messages {
            all = applied(&all, delta);
        }
        for to in 0..N_REPLICAS {
            net.rng.shuffle(&mut net.messages);
            let deltas = net.messages.iter().map(|message| &message.delta);
            let group = T::Delta::merge_deltas(deltas.clone().step_by(2)).unwrap();
            let state = applied(&net.replicas[to], &group);
            net.replicas[to] = deltas.fold(state, |state, delta| applied(&state, delta));
            assert_same(&net.replicas[to], &all);
        }
        assert_eq!(net.compare(), N_REPLICAS * (N_REPLICAS - 1) / 2);
    }
}

#[test]
fn trap_16_equal_contexts_mean_equal_states_where_causes_come_first() {
    check_at_every_step::<RwSet<u8>>();
    check_at_every_step::<Sets>();
    check_at_every_step::<Nested>();
    check_at_every_step::<Mixed>();
}

#[test]
fn trap_16_equal_contexts_mean_equal_states_once_all_is_said() {
    check_after_full_exchange::<RwSet<u8>>();
    check_after_full_exchange::<Sets>();
    check_after_full_exchange::<Nested>();
    check_after_full_exchange::<Mixed>();
}

const N_REPLICAS: usize = 3;
const N_MUTATIONS: usize = 20;
const N_HISTORIES: u64 = 2_000;
