//! A few replicas that write, exchange and lose things, under the eyes of a judge.
//!
//! **Invariant.** The state of a replica is the join of the deltas of the events that it was told of.

mod exchange;
mod settle;
mod write;

use core::fmt;

use crdt_core::codec::Encode;
use crdt_core::{AgentId, DeltaState, Lattice};

use super::history::{EventSet, History};
use super::judge::Judge;
use super::law::Law;
use super::script::{Script, Step};
use super::subject::{DeltaOf, N_AGENTS, Subject, agent};
use crate::rng::Rng;

/// All that a history made.
pub(super) struct World<S: Subject> {
    pub(super) judge: Judge,
    pub(super) history: History<S::Op>,
    /// The delta of each event.
    pub(super) deltas: Vec<DeltaOf<S>>,
    /// Every state there ever was; also some that no replica was in.
    pub(super) snapshots: Vec<Snapshot<S::State>>,
    pub(super) rng: Rng,
    agents: Vec<AgentId>,
    /// Those that write, and one that reads.
    replicas: Vec<Replica<S::State>>,
    /// Gets scraps, so that nobody can say what it knows.
    observer: S::State,
    /// The events whose writers lacked nothing that an event known to them had seen.
    causal: EventSet,
    /// Whatever is under way, in the order in which it was shipped; nothing is ever taken out.
    shipments: Vec<Shipment<DeltaOf<S>>>,
    is_wild: bool,
    log: Option<Log>,
}

/// What happened until a law was broken.
struct Log {
    lines: Vec<String>,
    law: Law,
    is_over: bool,
}

/// A state, and whose it was.
pub(super) struct Snapshot<State> {
    pub(super) state: State,
    /// The replica, and what it had been told of; none for an observer.
    pub(super) owner: Option<(usize, EventSet)>,
    /// Whether nothing in it may still grow, so that others may hear of it.
    pub(super) is_sealed: bool,
}

struct Replica<State> {
    state: State,
    delivered: EventSet,
    /// Events whose deltas have not been shipped.
    outbox: Vec<usize>,
    /// Where seqs begin that have not left this replica.
    unshipped_from: u64,
}

/// One or more deltas on their way.
struct Shipment<Delta> {
    delta: Delta,
    events: EventSet,
    /// Not a group of others.
    is_original: bool,
}

impl<S: Subject> World<S> {
    pub(super) fn new(script: &Script<S::Op>) -> Self {
        let replica = || Replica {
            state: S::State::default(),
            delivered: EventSet::default(),
            outbox: Vec::new(),
            unshipped_from: if S::FOLDS { 0 } else { u64::MAX },
        };
        Self {
            judge: Judge::new(),
            history: History::default(),
            deltas: Vec::new(),
            snapshots: vec![Snapshot {
                state: S::State::default(),
                owner: None,
                is_sealed: true,
            }],
            rng: Rng::new(script.seed),
            agents: (0..N_AGENTS).map(agent).collect(),
            replicas: (0..=script.n_writers).map(|_| replica()).collect(),
            observer: S::State::default(),
            causal: EventSet::default(),
            shipments: Vec::new(),
            is_wild: script.is_wild,
            log: None,
        }
    }

    /// Takes the steps, and brings everything to everyone.
    pub(super) fn play(&mut self, steps: &[Step<S::Op>]) {
        for step in steps {
            self.step(step);
        }
        self.settle();
    }

    /// As [`play`](Self::play), and keeps a log until `law` is broken.
    pub(super) fn narrate(&mut self, steps: &[Step<S::Op>], law: Law) {
        self.log = Some(Log {
            lines: Vec::new(),
            law,
            is_over: false,
        });
        self.play(steps);
    }

    pub(super) fn into_log(self) -> Vec<String> {
        self.log.map(|log| log.lines).unwrap_or_default()
    }

    fn step(&mut self, step: &Step<S::Op>) {
        match step {
            Step::Write { replica, op, ships } => self.write(*replica, op, *ships),
            Step::Deliver { replica, luck } => self.deliver_one(*replica, *luck),
            Step::Group { replica, luck } => self.deliver_group(*replica, *luck),
            Step::Sync {
                to,
                from,
                way,
                luck,
            } => self.sync(*to, *from, *way, *luck),
            Step::Reload { replica } => self.reload(*replica),
            Step::Leak { from, luck } => self.leak(*from, *luck),
        }
    }

    /// Looks at a replica after something happened to it.
    fn look(&mut self, replica: usize) {
        let Replica {
            state,
            delivered,
            outbox,
            ..
        } = &self.replicas[replica];
        check_closure::<S>(&mut self.judge, state, self.history.is_closed(*delivered));
        self.snapshots.push(Snapshot {
            state: state.clone(),
            owner: Some((replica, *delivered)),
            is_sealed: outbox.is_empty() || !S::FOLDS,
        });
        if self.is_causal(*delivered) {
            self.judge.open(Law::Oracle);
            let known = self.history.within(*delivered);
            let (shown, expected) = (S::value(state), S::oracle(&known));
            self.judge
                .same(Law::Oracle, "shown and specified", &shown, &expected);
        }
    }

    /// Some state that another replica may have heard of.
    pub(super) fn pick_shared(&mut self) -> S::State {
        let shared = self.snapshots.iter().filter(|snapshot| snapshot.is_sealed);
        let shared: Vec<_> = shared.map(|snapshot| &snapshot.state).collect();
        (*self.rng.pick(&shared)).clone()
    }

    /// Whether a specification that counts on causality has something to say about these events.
    pub(super) fn is_causal(&self, events: EventSet) -> bool {
        events.is_subset(self.causal) && self.history.is_closed(events)
    }

    fn note(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.log.as_ref().is_none_or(|log| log.is_over) {
            return;
        }
        let line = line(self);
        if let Some(log) = &mut self.log {
            log.lines.push(line);
            log.is_over = self.judge.broken(log.law).is_some();
        }
    }

    /// A replica for the log: its agent, unless it only reads.
    fn name(&self, replica: usize) -> String {
        if replica + 1 == self.replicas.len() {
            return "the reader".into();
        }
        format!("{:?}", self.agents[replica].as_str())
    }
}

/// Applies an honest delta, and checks what that says about itself.
pub(super) fn apply<S: Subject>(judge: &mut Judge, state: &mut S::State, delta: &DeltaOf<S>) {
    judge.open(Law::Paths);
    let before = state.clone();
    let result = state.apply_delta(delta);
    let result = result.map_err(|error| format!("an honest delta is refused: {error}"));
    match judge.done(Law::Paths, result) {
        Some(changed) => check_flag(judge, changed, &before, state),
        None => judge.same(Law::Atomicity, "before and after an error", &before, state),
    }
    judge.open(Law::Feed);
    if let Some(verdict) = S::check_feed(&before, delta, state) {
        judge.done(Law::Feed, verdict);
    }
}

/// Joins a state, and checks what that says about itself.
pub(super) fn join<State>(judge: &mut Judge, state: &mut State, other: &State)
where
    State: Lattice + Clone + PartialEq + fmt::Debug,
{
    judge.open(Law::Order);
    let before = state.clone();
    let changed = state.join(other);
    check_flag(judge, changed, &before, state);
}

/// Compares two values that must be equal, and their bytes.
pub(super) fn same_bytes<T>(judge: &mut Judge, law: Law, what: &str, left: &T, right: &T)
where
    T: PartialEq + fmt::Debug + Encode,
{
    judge.same(law, what, left, right);
    if left == right {
        judge.same(law, what, &left.to_bytes(), &right.to_bytes());
    }
}

fn check_flag<State>(judge: &mut Judge, changed: bool, before: &State, after: &State)
where
    State: PartialEq + fmt::Debug,
{
    judge.check(Law::Order, changed == (before != after), &|| {
        format!("changed is said to be {changed} from {before:?} to {after:?}")
    });
}

fn check_closure<S: Subject>(judge: &mut Judge, state: &S::State, is_closed: bool) {
    judge.open(Law::Closure);
    let Some(dots) = S::dots(state) else {
        return;
    };
    let mut live = dots.live;
    let n_live = live.len();
    live.sort_unstable();
    live.dedup();
    let holds = live.len() == n_live && live.iter().all(|dot| dots.known.contains(dot));
    judge.check(Law::Closure, holds, &|| {
        format!("a dot is unknown or stands twice: {state:?}")
    });
    let holds = !is_closed || dots.known.is_contiguous();
    judge.check(Law::Closure, holds, &|| {
        format!("an event is unknown, although all that it takes is there: {state:?}")
    });
}
