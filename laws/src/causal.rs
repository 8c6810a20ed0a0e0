//! Types made of dots: each kind is described once, and tested alone and under the keys of maps.

pub(super) mod any;
pub(super) mod counter;
mod feeds;
pub(super) mod flags;
pub(super) mod map;
pub(super) mod or_set;
pub(super) mod record;
pub(super) mod registers;
pub(super) mod rw_set;

use core::fmt::Debug;
use core::marker::PhantomData;
use crdt_core::codec::{Decode, Encode};
use crdt_core::{
    Change, DecodeDots, Decompose, DeltaState, DotContext, DotStore, Dotted, EncodeDots,
    Equivocation, Minter, Named, Nestable, Summarize,
};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Dots, Expected, History, Refused, Subject, Writer};

/// A kind of value: what can be done to it below a key, and what it then shows.
pub(crate) trait Kind {
    /// The type that users name.
    type Type: Nestable<Store = Self::Store> + Named;
    type Store: DotStore<Live: Debug + EncodeDots + DecodeDots> + Debug + EncodeDots + DecodeDots;
    type Op: Clone + Debug;
    type Value: Clone + PartialEq + Debug;

    /// How many maps there are above the leaves.
    const DEPTH: usize = 0;

    fn op(rng: &mut Rng, step: usize) -> Self::Op;

    /// Does `op`.
    fn change(
        store: &Self::Store,
        minter: &mut Minter,
        op: &Self::Op,
    ) -> Result<Change<LiveOf<Self>>, Refused>;

    fn value(store: &Self::Store) -> Self::Value;

    /// The naive specification. Of an event that a removal above took away, nothing is left in the
    /// history; every operation is [`resolved`](Self::resolved).
    fn oracle(history: &History<Self::Op>) -> Self::Value;

    fn expected(past: &History<Self::Op>, op: &Self::Op) -> Expected;

    /// Writes into `op` what it depends on besides what it names, as its writer saw it.
    fn resolved(op: &Self::Op, past: &dyn Fn() -> History<Self::Op>) -> Self::Op {
        let _ = past;
        op.clone()
    }

    /// Compares what a feed tells with what readers saw before and see after.
    fn check_feed(
        feed: &FeedOf<Self>,
        before: &Self::Store,
        after: &Self::Store,
    ) -> Result<(), String>;
}

/// A kind with a type that stands alone, and how that is used.
pub(crate) trait Standalone: Kind<Type = Self::State> {
    type State: Nestable<Store = Self::Store>
        + Named
        + Clone
        + PartialEq
        + Debug
        + Decompose
        + Summarize<Delta: Clone + PartialEq + Debug + Encode + Decode>
        + Encode
        + Decode;

    /// Does `op` by the mutator that returns a delta.
    fn mutate(
        state: &mut Self::State,
        writer: Writer<'_>,
        op: &Self::Op,
    ) -> Result<KindDelta<Self>, Refused>;

    /// Does `op` by the mutator that returns none.
    fn mutate_plain(
        state: &mut Self::State,
        writer: Writer<'_>,
        op: &Self::Op,
    ) -> Result<(), Refused>;

    fn store(state: &Self::State) -> &Self::Store;

    fn context(state: &Self::State) -> &DotContext;

    fn apply_with_feed(
        state: &mut Self::State,
        delta: &KindDelta<Self>,
    ) -> Result<FeedOf<Self>, Equivocation>;

    fn changes_since(state: &Self::State, base: &Self::State) -> Option<KindDelta<Self>>;
}

pub(crate) type LiveOf<K> = <<K as Kind>::Store as DotStore>::Live;
pub(crate) type FeedOf<K> = <<K as Kind>::Store as DotStore>::Feed;
pub(crate) type KindDelta<K> = <<K as Standalone>::State as DeltaState>::Delta;

/// Writes the part of [`Standalone`] that is the same for all, since `causal_type!` wrote it there.
macro_rules! standalone {
    ($delta:ident) => {
        fn store(state: &Self::State) -> &Self::Store {
            state
        }

        fn context(state: &Self::State) -> &crdt_core::DotContext {
            state.context()
        }

        fn apply_with_feed(
            state: &mut Self::State,
            delta: &crate::causal::KindDelta<Self>,
        ) -> Result<crate::causal::FeedOf<Self>, crdt_core::Equivocation> {
            state.apply_with_feed(delta)
        }

        crate::causal::standalone!(@ $delta);
    };
    (@ leaf) => {
        fn changes_since(_: &Self::State, _: &Self::State) -> Option<Self::State> {
            None
        }
    };
    (@ keyed) => {
        fn changes_since(
            state: &Self::State,
            base: &Self::State,
        ) -> Option<crate::causal::KindDelta<Self>> {
            Some(state.changes_since(base))
        }
    };
}

pub(crate) use standalone;

/// The standalone type of a kind; one that `FOLDS` lets dots grow until they are shipped.
pub(super) struct Alone<K, const FOLDS: bool = false>(PhantomData<K>);

impl<K: Standalone, const FOLDS: bool> Subject for Alone<K, FOLDS> {
    type State = K::State;
    type Op = K::Op;
    type Value = K::Value;

    const FOLDS: bool = FOLDS;

    fn name() -> String {
        let suffix = if FOLDS { " (folding)" } else { "" };
        format!("{}{suffix}", K::State::full_name())
    }

    fn op(rng: &mut Rng, step: usize) -> K::Op {
        K::op(rng, step)
    }

    fn mutate(
        state: &mut K::State,
        writer: Writer<'_>,
        op: &K::Op,
    ) -> Result<KindDelta<K>, Refused> {
        K::mutate(state, writer, op)
    }

    fn mutate_plain(state: &mut K::State, writer: Writer<'_>, op: &K::Op) -> Result<(), Refused> {
        K::mutate_plain(state, writer, op)
    }

    fn value(state: &K::State) -> K::Value {
        K::value(K::store(state))
    }

    fn oracle(history: &History<K::Op>) -> K::Value {
        K::oracle(&resolve::<K>(history))
    }

    fn expected(past: &History<K::Op>, _: usize, op: &K::Op) -> Option<Expected> {
        Some(K::expected(&resolve::<K>(past), op))
    }

    fn dots(state: &K::State) -> Option<Dots> {
        let mut live = Vec::new();
        K::store(state).for_each_dot(&mut |dot| live.push(dot.clone()));
        Some(Dots {
            known: K::context(state).clone(),
            live,
        })
    }

    fn changes_since(state: &K::State, base: &K::State) -> Option<KindDelta<K>> {
        K::changes_since(state, base)
    }

    fn check_feed(
        before: &K::State,
        delta: &KindDelta<K>,
        after: &K::State,
    ) -> Option<Result<(), String>> {
        let mut state = before.clone();
        Some(match K::apply_with_feed(&mut state, delta) {
            Err(error) => Err(format!("an honest delta is refused: {error}")),
            Ok(_) if state != *after => Err(format!("with a feed {state:?}, without {after:?}")),
            Ok(feed) => {
                let verdict = K::check_feed(&feed, K::store(before), K::store(after));
                verdict.map_err(|what| format!("{what}: from {before:?} to {after:?}"))
            }
        })
    }
}

/// Resolves every operation by what its writer had seen.
fn resolve<K: Kind>(history: &History<K::Op>) -> History<K::Op> {
    history.filter_map(|event| {
        let past = || resolve::<K>(&history.within(event.seen));
        Some(K::resolved(&event.op, &past))
    })
}
