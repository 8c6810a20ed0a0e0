//! Replicas, what they did, and every way in which one of them can hear of it.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{AgentId, DecodeDots, Decompose, Delta, DotStore, EncodeDots, Nestable, Summarize};
use crdt_counters::{GCounter, PnCounter, ResettableCounter};
use crdt_maps::{
    CausalRegister, DisableWinsFlag, EnableWinsFlag, LwwMap, LwwRegister, MvRegister, OrMap, OrSet,
    RwSet,
};
use crdt_testkit::Rng;

/// A replicated type with everything that a link needs of it.
pub(super) trait Replica:
    Decompose + Summarize<Delta: Wire> + Clone + PartialEq + Debug + Wire
{
    /// What `base` lacks of `self`, found by comparing the two.
    fn news_since(&self, base: &Self) -> Self::Delta;
}

/// A value that travels as bytes.
pub(super) trait Wire: Delta + Clone + PartialEq + Debug + Encode + Decode {}

impl<T: Delta + Clone + PartialEq + Debug + Encode + Decode> Wire for T {}

/// A type whose deltas name what they remove below its key.
macro_rules! keyed {
    ($(<$($param:ident),*> $type:ty where {$($bounds:tt)*};)*) => {$(
        impl<$($param),*> Replica for $type
        where
            $($bounds)*
        {
            fn news_since(&self, base: &Self) -> Self::Delta {
                self.changes_since(base)
            }
        }
    )*};
}

/// A type that is its own delta.
macro_rules! leaves {
    ($(<$($param:ident),*> $type:ty);*) => {$(
        impl<$($param: Clone + Ord + Debug + Encode + Decode),*> Replica for $type {
            fn news_since(&self, base: &Self) -> Self {
                self.diff(base)
            }
        }
    )*};
}

keyed! {
    <T> OrSet<T> where { T: Clone + Ord + Debug + Encode + Decode };
    <T> RwSet<T> where { T: Clone + Ord + Debug + Encode + Decode };
    <K, V> OrMap<K, V> where {
        K: Clone + Ord + Debug + Encode + Decode,
        V: Nestable<Store: Debug + EncodeDots + DecodeDots>,
        <V::Store as DotStore>::Live: Debug + EncodeDots + DecodeDots
    };
}

leaves! {
    <> GCounter;
    <> PnCounter;
    <> ResettableCounter;
    <> EnableWinsFlag;
    <> DisableWinsFlag;
    <T> MvRegister<T>;
    <T> CausalRegister<T>;
    <T> LwwRegister<T>;
    <K, V> LwwMap<K, V>
}

/// Who acts at the replica with this number.
pub(super) fn agent(who: usize) -> AgentId {
    AgentId::new(["alice", "bob", "carol", "dave"][who]).unwrap()
}

/// What became of `state` under `delta`; a delta applied twice counts once, and says so.
#[track_caller]
pub(super) fn applied<T: Replica>(state: &T, delta: &T::Delta) -> T {
    let mut after = state.clone();
    let changed = after.apply_delta(delta).unwrap();
    assert_eq!(changed, after != *state, "tells whether it changed");
    assert!(!after.apply_delta(delta).unwrap(), "once is enough");
    after
}

/// The join of two states, which is the same the other way round.
#[track_caller]
pub(super) fn joined<T: Replica>(left: &T, right: &T) -> T {
    let (mut both, mut other) = (left.clone(), right.clone());
    let changed = both.join(right);
    assert_eq!(changed, both != *left, "tells whether it changed");
    other.join(left);
    assert_same(&both, &other);
    assert!(left.leq(&both) && right.leq(&both), "joins only grow");
    assert_eq!(right.leq(left), !changed);
    both
}

/// All of two states is equal, their bytes too.
#[track_caller]
pub(super) fn assert_same<T: PartialEq + Debug + Encode>(left: &T, right: &T) {
    assert_eq!(left, right);
    assert_eq!(left.to_bytes(), right.to_bytes());
}

/// Some replicas, all deltas ever made and all states that ever were.
pub(super) struct World<T: Replica> {
    pub(super) replicas: Vec<T>,
    pub(super) log: Vec<T::Delta>,
    past: Vec<T>,
}

impl<T: Replica> World<T> {
    pub(super) fn new(n_replicas: usize) -> Self {
        Self {
            replicas: vec![T::default(); n_replicas],
            log: Vec::new(),
            past: Vec::new(),
        }
    }

    /// Runs a mutator at one replica; returns its delta, which does elsewhere what was done here.
    #[track_caller]
    pub(super) fn act<E: Debug>(
        &mut self,
        who: usize,
        mutator: impl FnOnce(&mut T, &AgentId) -> Result<T::Delta, E>,
    ) -> T::Delta {
        let before = self.replicas[who].clone();
        let delta = mutator(&mut self.replicas[who], &agent(who)).unwrap();
        assert_same(&applied(&before, &delta), &self.replicas[who]);
        if delta.is_empty() {
            assert_same(&before, &self.replicas[who]);
        }
        self.past.push(before);
        self.log.push(delta.clone());
        delta
    }

    /// Brings one delta to one replica.
    #[track_caller]
    pub(super) fn bring(&mut self, to: usize, delta: &T::Delta) {
        self.past.push(self.replicas[to].clone());
        self.replicas[to] = applied(&self.replicas[to], delta);
    }

    /// One replica hears of all that another knows.
    #[track_caller]
    pub(super) fn tell(&mut self, from: usize, to: usize) {
        self.past.push(self.replicas[to].clone());
        self.replicas[to] = joined(&self.replicas[to], &self.replicas[from]);
    }

    /// All replicas hear of everything.
    #[track_caller]
    pub(super) fn meet(&mut self) {
        let all = self.joined();
        self.past.append(&mut self.replicas.clone());
        self.replicas.fill(all);
    }

    /// Brings everything to everyone, in every way there is, and returns the state they all reach.
    ///
    /// The world stays as it is.
    #[track_caller]
    pub(super) fn settle(&self) -> T {
        let all = self.joined();
        self.settles_by_states(&all);
        self.settles_by_deltas(&all);
        self.settles_by_groups(&all);
        self.settles_by_comparing(&all);
        self.stays_settled(&all);
        all
    }

    #[track_caller]
    fn joined(&self) -> T {
        let nothing = T::default();
        self.replicas
            .iter()
            .fold(nothing, |all, replica| joined(&all, replica))
    }

    /// States in every order, whole and in parts, straight and by way of their bytes.
    #[track_caller]
    fn settles_by_states(&self, all: &T) {
        each_order(self.replicas.len(), |order| {
            let states = order.iter().map(|&idx| &self.replicas[idx]);
            assert_same(
                &states.fold(T::default(), |all, state| joined(&all, state)),
                all,
            );
        });
        let mut parts: Vec<T> = self.replicas.iter().flat_map(T::decompose).collect();
        parts.reverse();
        assert_same(
            &parts
                .iter()
                .fold(T::default(), |all, part| joined(&all, part)),
            all,
        );
        for state in &self.replicas {
            assert_same(&over_the_wire(state), state);
        }
    }

    /// The log in every order, each delta more than once, to the replicas and to a newcomer.
    #[track_caller]
    fn settles_by_deltas(&self, all: &T) {
        let nothing = T::default();
        each_order(self.log.len(), |order| {
            let deltas = order.iter().map(|&idx| over_the_wire(&self.log[idx]));
            assert_same(
                &deltas.fold(nothing.clone(), |state, delta| applied(&state, &delta)),
                all,
            );
        });
        let mut rng = Rng::new(N_SHUFFLES as u64);
        for state in &self.replicas {
            let mut deltas: Vec<&T::Delta> = self.log.iter().chain(&self.log).collect();
            rng.shuffle(&mut deltas);
            assert_same(
                &deltas
                    .iter()
                    .fold(state.clone(), |s, delta| applied(&s, delta)),
                all,
            );
        }
    }

    /// The log in groups: as one, as two that overlap, as pairs, and a group of groups.
    #[track_caller]
    fn settles_by_groups(&self, all: &T) {
        let whole = grouped(&self.log);
        assert_same(&grouped(self.log.iter().rev()), &whole);
        assert_same(&grouped([&whole, &whole]), &whole);
        for state in self.replicas.iter().chain([&T::default()]) {
            assert_same(&applied(state, &whole), all);
            for cut in 0..self.log.len() {
                let (early, late) = (grouped(&self.log[..=cut]), grouped(&self.log[cut..]));
                assert_same(&applied(&applied(state, &late), &early), all);
                assert_same(&applied(&applied(state, &early), &late), all);
                assert_same(&grouped([&late, &early]), &whole);
            }
            let pairs = self.log.chunks(2).rev().map(|pair| grouped(pair));
            assert_same(
                &pairs.fold(state.clone(), |state, pair| applied(&state, &pair)),
                all,
            );
        }
    }

    /// What one lacks of another, by their states and by their summaries; and what becomes of it
    /// where it was not meant to go.
    #[track_caller]
    fn settles_by_comparing(&self, all: &T) {
        let nothing = T::default();
        let states: Vec<&T> = self.replicas.iter().chain([&nothing]).collect();
        let mut strays = Vec::new();
        let pairs = states
            .iter()
            .flat_map(|&ours| states.iter().map(move |&theirs| (ours, theirs)));
        for (ours, theirs) in pairs {
            let both = joined(theirs, ours);
            let by_state = over_the_wire(&ours.news_since(theirs));
            let by_summary = over_the_wire(&ours.delta_since(&theirs.summary()).unwrap());
            assert_same(&applied(theirs, &by_state), &both);
            assert_same(&applied(theirs, &by_summary), &both);
            assert_same(&joined(theirs, &ours.diff(theirs)), &both);
            assert_eq!(by_state.is_empty(), both == *theirs);
            assert_eq!(by_summary.is_empty(), both == *theirs);
            strays.extend([by_state, by_summary]);
        }
        for state in states {
            let state = strays
                .iter()
                .fold(state.clone(), |state, stray| applied(&state, stray));
            assert_same(&joined(&state, all), all);
            let state = strays
                .iter()
                .rev()
                .fold(all.clone(), |all, stray| applied(&all, stray));
            assert_same(&state, all);
        }
        let group = T::Delta::merge_deltas(&strays).unwrap();
        assert_same(&applied(all, &group), all);
        assert_same(&joined(&applied(&nothing, &group), all), all);
    }

    /// Whatever comes late changes nothing: old deltas, and every state of before.
    #[track_caller]
    fn stays_settled(&self, all: &T) {
        for delta in &self.log {
            assert_same(&applied(all, delta), all);
        }
        for state in &self.past {
            assert_same(&joined(all, state), all);
        }
    }
}

/// Deltas as one.
#[track_caller]
fn grouped<'a, D: Wire + 'a>(deltas: impl IntoIterator<Item = &'a D>) -> D {
    over_the_wire(&D::merge_deltas(deltas).unwrap())
}

/// What the other side reads.
#[track_caller]
pub(super) fn over_the_wire<T: Encode + Decode + PartialEq + Debug>(value: &T) -> T {
    let read = T::from_bytes(&value.to_bytes(), &DecodeLimits::default()).unwrap();
    assert_same(&read, value);
    read
}

/// Calls `visit` with every order of so many things, or with a good many if there are too many.
fn each_order(n: usize, mut visit: impl FnMut(&[usize])) {
    let mut order: Vec<usize> = (0..n).collect();
    if n > MAX_PERMUTED {
        let mut rng = Rng::new(n as u64);
        visit(&order);
        order.reverse();
        for _ in 0..N_SHUFFLES {
            visit(&order);
            rng.shuffle(&mut order);
        }
        return;
    }
    // Heap's algorithm.
    let mut swaps = vec![0; n];
    visit(&order);
    let mut at = 0;
    while at < n {
        if swaps[at] < at {
            order.swap(if at % 2 == 0 { 0 } else { swaps[at] }, at);
            visit(&order);
            swaps[at] += 1;
            at = 0;
        } else {
            swaps[at] = 0;
            at += 1;
        }
    }
}

const MAX_PERMUTED: usize = 5;
const N_SHUFFLES: usize = 60;
