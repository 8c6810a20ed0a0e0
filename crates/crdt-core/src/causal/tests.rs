//! The causal kernel, held to its laws on states and deltas that grew out of histories.
//!
//! A state made at random would not do: two replicas would use one dot for different things. So every
//! property takes a [`world::Script`], plays it on a few replicas that edit and exchange what they
//! please, and looks at what came about.

mod codec;
mod deltas;
mod feed;
mod hostile;
mod laws;
mod liars;
mod minter;
mod oracle;
mod parts;
mod paths;
mod ranges;
#[cfg(feature = "serde")]
mod serial;
mod stores;
mod undo;
mod world;

use alloc::collections::BTreeSet;

use self::stores::Subject;
use super::{Causal, CausalDelta, DotRanges, DotStore};
use crate::{DotContext, Lattice};

/// Checks a property on worlds of every kind of store.
macro_rules! check_worlds {
    ($property:ident) => {
        check_worlds!($property: Flag, Register, Set, Registers, Nested, Words)
    };
    ($property:ident: $($store:ident),*) => {{
        use crate::causal::tests::stores::{$($store),*};
        use crate::causal::tests::world::{Script, World};
        $(crate::testing::check_property(
            (|script| $property(World::<$store>::play(&script))) as fn(Script),
        );)*
    }};
}
use check_worlds;

/// The delta as the plain state that it stands for: what it makes live, and all that it knows.
fn plain<S: DotStore>(delta: &CausalDelta<S>) -> Causal<S> {
    let mut store = S::default();
    store.apply(
        &delta.change.live,
        &DotRanges::new(),
        &DotContext::new(),
        None,
    );
    Causal {
        store,
        context: delta.context(),
    }
}

fn joined<T: Lattice + Clone>(a: &T, b: &T) -> T {
    let mut result = a.clone();
    result.join(b);
    result
}

/// `state` with `delta` applied.
fn applied<S: Subject>(state: &Causal<S>, delta: &CausalDelta<S>) -> Causal<S> {
    let mut result = state.clone();
    let changed = result.apply(delta, None).expect("an honest delta");
    assert_eq!(changed, result != *state, "changed flag of apply");
    result
}

/// What must hold of every state, whatever happened to it.
#[track_caller]
fn assert_invariants<S: Subject>(state: &Causal<S>) {
    let mut seen = BTreeSet::new();
    state.store.for_each_dot(&mut |dot| {
        assert!(
            state.context.contains(dot),
            "{dot} is outside of the context"
        );
        assert!(seen.insert(dot.clone()), "{dot} stands in two places");
    });
    assert_eq!(state.store.is_empty(), seen.is_empty());
    state.store.assert_canonical();
}
