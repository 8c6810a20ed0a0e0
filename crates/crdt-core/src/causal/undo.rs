//! Taking changes back.
//!
//! The inverse of a change is a change: the dots that it brought go, and what it took away comes back,
//! under dots of its own, for undoing is an event as any other. So nothing but the undoer knows that
//! something was undone, and deltas travel and converge as ever.
//!
//! **What came later stays.** A place (an element, a register, a counter) is left alone if nothing that the
//! change brought stands there any more: somebody has written over it, or removed it, since.

mod stack;

use alloc::collections::BTreeMap;

pub use self::stack::UndoStack;
use super::{Author, Change, DotRanges, DotStore, Dotted, Minter};
use crate::{DeltaState, Dot, NextSeqError};

/// A value of its own made of a dot store: what [`causal_type!`](crate::causal_type) writes.
///
/// # Examples
/// A function for any of them:
/// ```
/// use crdt_core::{AgentId, Causal, CausalType, Change, DeltaState, DotSet, DotStore, NextSeqError};
///
/// fn clear<T: CausalType>(value: &mut T, agent: &AgentId) -> Result<T::Delta, T::MutateError<NextSeqError>> {
///     value.mutate_with_delta(agent, |store, minter| {
///         minter.mint()?;
///         Ok(store.reset())
///     })
/// }
///
/// let alice = AgentId::new("alice")?;
/// let mut lamp = Causal::<DotSet>::default();
/// lamp.mutate(&alice, |_, minter| Ok::<_, NextSeqError>(Change::bring(minter.mint()?.into())))?;
/// clear(&mut lamp, &alice)?;
/// assert!(lamp.store().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CausalType: DeltaState {
    /// What it is made of.
    type Store: DotStore;

    /// Why a mutation was refused, if the mutator fails with `E`.
    type MutateError<E: From<NextSeqError>>;

    /// Runs a mutator of the store; returns the delta of what it did.
    ///
    /// # Errors
    /// Those of the mutator, and of the type; nothing changes then.
    /// # Complexity
    /// That of the mutator, and O(change * log n).
    /// # Examples
    /// See [`CausalType`].
    fn mutate_with_delta<'a, E: From<NextSeqError>>(
        &mut self,
        author: impl Into<Author<'a>>,
        mutator: impl FnOnce(
            &Self::Store,
            &mut Minter,
        ) -> Result<Change<<Self::Store as DotStore>::Live>, E>,
    ) -> Result<Self::Delta, Self::MutateError<E>>;
}

/// The dots under which things come back while a change is undone.
#[derive(Debug)]
pub struct Renewal<'m> {
    /// `None` if it is only asked what would come back.
    minter: Option<&'m mut Minter>,
    names: DotNames,
}

/// Which dots others stand for now; `None` for those that stand for nothing any more.
pub type DotNames = BTreeMap<Dot, Option<Dot>>;

impl<'m> Renewal<'m> {
    pub(super) const fn new(minter: &'m mut Minter) -> Self {
        Self {
            minter: Some(minter),
            names: DotNames::new(),
        }
    }

    /// Renews nothing: for asking what would be undone.
    pub(super) const fn none() -> Self {
        Self {
            minter: None,
            names: DotNames::new(),
        }
    }

    /// Returns a fresh dot for what stood under `dot`.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent has used all its numbers.
    /// # Complexity
    /// O(log n), n = dots renewed so far.
    pub fn renew(&mut self, dot: &Dot) -> Result<Dot, NextSeqError> {
        let Some(minter) = &mut self.minter else {
            return Ok(dot.clone());
        };
        let fresh = minter.mint()?;
        self.names.insert(dot.clone(), Some(fresh.clone()));
        Ok(fresh)
    }

    pub(super) fn into_names(self) -> DotNames {
        self.names
    }
}

/// What becomes of one place, an element or a register, when a change is undone there.
pub(super) struct Place {
    /// What the change brought and still stands.
    pub(super) goes: DotRanges,
    /// Whether what the change took comes back.
    pub(super) comes_back: bool,
}

impl Place {
    /// Looks at a place.
    ///
    /// Where what stands competes, what was taken comes back only if nothing stands beside what the change
    /// brought: whoever put it there saw what was taken, or wrote beside it and stays. Where it `adds_up`,
    /// it comes back unless the change brought something of which nothing is left: then somebody else
    /// has taken all of it away since.
    pub(super) fn look(place: &impl Dotted, brought: &DotRanges, adds_up: bool) -> Self {
        let goes = brought.held_by(place);
        let is_over = !brought.is_empty() && goes.is_empty();
        let stands_alone = || {
            let mut n_dots = 0;
            place.for_each_dot(&mut |_| n_dots += 1);
            goes.n_dots() == n_dots
        };
        Self {
            comes_back: !is_over && (adds_up || stands_alone()),
            goes,
        }
    }
}

/// The part in one side of a place of what a change brought there.
///
/// If something of it stands anywhere in the place, a side without is one to which nothing was brought; if
/// nothing does, all sides are to be left alone.
#[doc(hidden)]
#[must_use]
pub fn __brought_to_side(brought: &DotRanges, held: &DotRanges, side: &impl Dotted) -> DotRanges {
    if held.is_empty() {
        brought.clone()
    } else {
        held.held_by(side)
    }
}

/// The inverse of a change in a field of a record that loses `removed` as a whole.
#[doc(hidden)]
pub fn __inverse_of_field<S: DotStore>(
    store: &S,
    change: &Change<S::Live>,
    removed: &DotRanges,
) -> Change<S::Live> {
    if change.removed.is_empty() {
        return store.inverse(&change.live, removed);
    }
    let mut here = removed.held_by(store);
    here.union_with(&change.removed);
    store.inverse(&change.live, &here)
}
