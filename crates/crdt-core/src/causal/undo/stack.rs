//! What one user did to one value, to be undone and redone.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use super::{CausalType, DotNames, Renewal};
use crate::causal::events::Events;
use crate::causal::{CausalDelta, Change, DotStore, Dotted, Live, Minter};
use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{AgentId, DotContext, NextSeqError};

/// Undoes and redoes the changes that went through it, and no others.
///
/// Keep one for each user and each value: the stack says whose changes are undone, and where. It is not
/// replicated; to undo after a restart store it beside the value, in the same write.
///
/// What goes is what the change brought; what comes back is what it took, where nothing has come in its
/// place. So what others did since stays: an undone increment is taken off the present sum, a register that
/// somebody else has written to keeps what they wrote, and an element that somebody has removed since does
/// not come back. Changes of which nothing is left are passed over.
///
/// What it cannot know:
/// - What somebody removed *at the same time* as the change did comes back with the change's own: a
///   removal leaves no trace but that the thing is gone. So does it if a removal is concurrent to the undo.
/// - What somebody else's undo has brought back is theirs.
/// - Two undos of one change, from two copies of a stack, take away the same; what they bring back, each
///   brings back, so what adds up counts twice.
/// - For counters that say what is [unshipped](crate::Author::with_unshipped): an increment that grew a dot
///   which came through a stack is undone with it.
///
/// If an edit of several values is refused as a whole after a change went through a stack, the stack holds a
/// change that never was: edit through the stack last, or keep a clone of it and put that back.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, DotMap, DotSet, Minter, NextSeqError, UndoStack};
///
/// type Basket = DotMap<&'static str, DotSet>;
/// type Edit = Change<DotMap<&'static str, Change<DotSet>>>;
///
/// fn add(item: &'static str, minter: &mut Minter) -> Result<Edit, NextSeqError> {
///     let dots = Change::bring(minter.mint()?.into());
///     Ok(Change::bring(DotMap::from((item, dots))))
/// }
///
/// let alice = AgentId::new("alice")?;
/// let mut basket = Causal::<Basket>::default();
/// let mut stack = UndoStack::default();
/// stack.mutate(&mut basket, &alice, |_, minter| add("tea", minter))?;
/// stack.mutate(&mut basket, &alice, |_, minter| add("milk", minter))?;
///
/// let delta = stack.undo(&mut basket, &alice)?; // to be sent as any other
/// assert!(delta.is_some() && !basket.store().contains_key("milk"));
/// stack.redo(&mut basket, &alice)?;
/// assert!(basket.store().contains_key("milk"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct UndoStack<T: CausalType> {
    /// The inverse of each change, the last at the end.
    done: VecDeque<Step<T>>,
    /// The inverse of each undo since the last change.
    undone: Vec<Step<T>>,
    max_steps: usize,
}

type Step<T> = Change<LiveOf<T>>;

type LiveOf<T> = <<T as CausalType>::Store as DotStore>::Live;

/// How many changes are remembered unless it is said.
const MAX_STEPS: usize = 1_000;

impl<T: CausalType> UndoStack<T> {
    /// Returns an empty stack that remembers the last `max_steps` changes; the default is 1,000.
    ///
    /// A step holds what its change took away: all of a subtree if that was removed.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn with_max_steps(max_steps: usize) -> Self {
        Self {
            done: VecDeque::new(),
            undone: Vec::new(),
            max_steps,
        }
    }

    /// Changes the value by a mutator of its store; returns the delta.
    ///
    /// What was undone can be redone no more. A change that does nothing is not remembered.
    ///
    /// # Errors
    /// Those of the mutator and the type; neither value nor stack changes then.
    /// # Complexity
    /// That of the mutator, and O(change * log n).
    /// # Examples
    /// See [`UndoStack`].
    pub fn mutate<E: From<NextSeqError>>(
        &mut self,
        value: &mut T,
        agent: &AgentId,
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Step<T>, E>,
    ) -> Result<T::Delta, T::MutateError<E>> {
        let (delta, inverse) = mutate(value, agent, mutator)?;
        if !inverse.is_empty() {
            self.undone.clear();
            self.remember(inverse);
        }
        Ok(delta)
    }

    /// Changes the value as [`mutate`](Self::mutate) does, and is undone together with the change before: for what
    /// is one act to the user, as dragging a slider.
    ///
    /// It is a step of its own if there was an undo since, or if somebody else has changed since what the
    /// step before did: then the two are not undone in one go.
    ///
    /// # Errors
    /// As [`mutate`](Self::mutate).
    /// # Complexity
    /// As [`mutate`](Self::mutate), and O(size of the step before * log n).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Causal, Change, DotSet, Minter, NextSeqError, UndoStack};
    /// fn press(dots: &DotSet, minter: &mut Minter) -> Result<Change<DotSet>, NextSeqError> {
    ///     Ok(Change { removed: dots.into(), live: minter.mint()?.into() })
    /// }
    ///
    /// let alice = AgentId::new("alice")?;
    /// let (mut lamp, mut stack) = (Causal::<DotSet>::default(), UndoStack::default());
    /// stack.mutate(&mut lamp, &alice, press)?;
    /// for _ in 0..3 {
    ///     stack.extend(&mut lamp, &alice, press)?;
    /// }
    /// assert_eq!(stack.n_undo(), 1);
    /// stack.undo(&mut lamp, &alice)?;
    /// assert!(lamp.store().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn extend<E: From<NextSeqError>>(
        &mut self,
        value: &mut T,
        agent: &AgentId,
        mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Step<T>, E>,
    ) -> Result<T::Delta, T::MutateError<E>> {
        let before = self.done.back().filter(|_| self.undone.is_empty());
        let mut goes_on = false;
        let (delta, mut inverse) = mutate::<T, E>(value, agent, |store, minter| {
            goes_on = before.is_some_and(|step| is_all_left(store, step));
            mutator(store, minter)
        })?;
        if !inverse.is_empty() {
            self.undone.clear();
            if goes_on && let Some(before) = self.done.pop_back() {
                follow(&mut inverse, &before);
            }
            self.remember(inverse);
        }
        Ok(delta)
    }

    /// Takes the last change back that is not undone yet; returns the delta of that, and `None` if there is
    /// nothing to take back.
    ///
    /// # Errors
    /// [`NextSeqError`] if the agent has used all its numbers, or what the type refuses; neither value nor stack
    /// changes then.
    /// # Complexity
    /// O(c log n + s log c), c = size of the change, n = entries of the value, s = size of all steps; and as much
    /// for each change that is passed over.
    /// # Convergence
    /// The delta is one as any other.
    /// # Examples
    /// See [`UndoStack`].
    pub fn undo(
        &mut self,
        value: &mut T,
        agent: &AgentId,
    ) -> Result<Option<T::Delta>, T::MutateError<NextSeqError>> {
        for at in (0..self.done.len()).rev() {
            let (delta, inverse, names) = apply(value, agent, &self.done[at])?;
            if !inverse.is_empty() {
                // The steps after it have nothing left.
                self.done.truncate(at);
                self.rename(&names);
                self.undone.push(inverse);
                return Ok(Some(delta));
            }
        }
        Ok(None)
    }

    /// Makes the last change again that was undone; returns the delta of that, and `None` if there is none.
    ///
    /// # Errors
    /// As [`undo`](Self::undo).
    /// # Complexity
    /// As [`undo`](Self::undo).
    /// # Convergence
    /// The delta is one as any other.
    /// # Examples
    /// See [`UndoStack`].
    pub fn redo(
        &mut self,
        value: &mut T,
        agent: &AgentId,
    ) -> Result<Option<T::Delta>, T::MutateError<NextSeqError>> {
        for at in (0..self.undone.len()).rev() {
            let (delta, inverse, names) = apply(value, agent, &self.undone[at])?;
            if !inverse.is_empty() {
                self.undone.truncate(at);
                self.rename(&names);
                self.remember(inverse);
                return Ok(Some(delta));
            }
        }
        Ok(None)
    }

    /// Forgets everything that could be undone or redone.
    ///
    /// # Complexity
    /// O(size of all steps).
    pub fn clear(&mut self) {
        self.done.clear();
        self.undone.clear();
    }

    /// Returns how many changes [`undo`](Self::undo) has left, at most: of some nothing may be left.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn n_undo(&self) -> usize {
        self.done.len()
    }

    /// Returns how many changes [`redo`](Self::redo) has left, at most.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn n_redo(&self) -> usize {
        self.undone.len()
    }

    fn remember(&mut self, inverse: Step<T>) {
        self.done.push_back(inverse);
        while self.done.len() > self.max_steps {
            self.done.pop_front();
        }
    }

    /// What came back has other dots now, and the steps below brought it under those it had.
    fn rename(&mut self, names: &DotNames) {
        if names.is_empty() {
            return;
        }
        let steps = self.done.iter_mut().chain(&mut self.undone);
        steps.for_each(|step| step.rename_removed(names));
    }
}

type Mutated<T, E> =
    Result<(<T as crate::DeltaState>::Delta, Step<T>), <T as CausalType>::MutateError<E>>;

/// Runs a mutator; returns the inverse of its change beside the delta.
fn mutate<T: CausalType, E: From<NextSeqError>>(
    value: &mut T,
    agent: &AgentId,
    mutator: impl FnOnce(&T::Store, &mut Minter) -> Result<Step<T>, E>,
) -> Mutated<T, E> {
    let mut inverse = Change::default();
    let delta = value.mutate_with_delta::<E>(agent, |store, minter| {
        let change = mutator(store, minter)?;
        inverse = store.inverse(&change.live, &change.removed);
        Ok(change)
    })?;
    Ok((delta, inverse))
}

type Undone<T> = Result<
    (<T as crate::DeltaState>::Delta, Step<T>, DotNames),
    <T as CausalType>::MutateError<NextSeqError>,
>;

/// Makes what is left of a step; returns the inverse of that, and what is called otherwise now.
fn apply<T: CausalType>(value: &mut T, agent: &AgentId, step: &Step<T>) -> Undone<T> {
    let mut names = DotNames::new();
    let (delta, inverse) = mutate::<T, NextSeqError>(value, agent, |store, minter| {
        let mut renewal = Renewal::new(minter);
        let change = store.undo(&step.live, &step.removed, &mut renewal)?;
        names = renewal.into_names();
        if !change.is_empty() && minter.n_minted() == 0 {
            minter.mint()?; // a removal is an event too
        }
        Ok(change)
    })?;
    Ok((delta, inverse, names))
}

/// Whether nobody else has touched what a step did: undone now, all of it would be.
fn is_all_left<S: DotStore>(store: &S, step: &Change<S::Live>) -> bool {
    let undone = store.undo(&step.live, &step.removed, &mut Renewal::none());
    undone.is_ok_and(|undone| undone == *step)
}

/// Makes one step of two: `last` is undone, then `before`.
fn follow<L: Live>(last: &mut Change<L>, before: &Change<L>) {
    let mut taken = DotNames::new();
    last.live.for_each_dot(&mut |dot| {
        taken.insert(dot.clone(), None);
    });
    last.merge(before);
    // What the first brought and the second took was there in between only: nothing is to be found by it.
    last.rename_removed(&taken);
}

impl<T: CausalType> Default for UndoStack<T> {
    fn default() -> Self {
        Self::with_max_steps(MAX_STEPS)
    }
}

impl<T: CausalType> Clone for UndoStack<T> {
    fn clone(&self) -> Self {
        Self {
            done: self.done.clone(),
            undone: self.undone.clone(),
            max_steps: self.max_steps,
        }
    }
}

impl<T: CausalType> PartialEq for UndoStack<T> {
    fn eq(&self, other: &Self) -> bool {
        self.done == other.done && self.undone == other.undone && self.max_steps == other.max_steps
    }
}

impl<T: CausalType> fmt::Debug for UndoStack<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UndoStack")
            .field("n_undo", &self.n_undo())
            .field("n_redo", &self.n_redo())
            .finish_non_exhaustive()
    }
}

/// The limit, then the steps as deltas: those that can be undone, those that can be redone.
impl<T: CausalType> Encode for UndoStack<T>
where
    CausalDelta<T::Store>: Encode,
{
    fn encode(&self, w: &mut Writer) {
        w.u64(self.max_steps as u64);
        w.u64(self.done.len() as u64);
        w.u64(self.undone.len() as u64);
        for step in self.done.iter().chain(&self.undone) {
            as_delta::<T>(step.clone()).encode(w);
        }
    }
}

impl<T: CausalType> Decode for UndoStack<T>
where
    CausalDelta<T::Store>: Decode,
{
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let max_steps = r.u64()?;
        let n_done = r.u64_at_most(max_steps)?;
        let n_undone = r.u64()?;
        let mut stack = Self::with_max_steps(usize::try_from(max_steps).unwrap_or(usize::MAX));
        for _ in 0..n_done {
            stack.done.push_back(decode_step::<T>(r, budget)?);
        }
        for _ in 0..n_undone {
            stack.undone.push(decode_step::<T>(r, budget)?);
        }
        Ok(stack)
    }
}

fn decode_step<T: CausalType>(
    r: &mut Reader<'_>,
    budget: &mut Budget,
) -> Result<Step<T>, DecodeError>
where
    CausalDelta<T::Store>: Decode,
{
    let offset = r.offset();
    budget.spend_list::<Step<T>>(1)?;
    let delta = CausalDelta::<T::Store>::decode(r, budget)?;
    let events = Events::of(None, &delta.change.live);
    if !delta.gone.is_empty() || delta.events != events {
        return Err(DecodeError::NotCanonical { offset });
    }
    Ok(delta.change)
}

/// The step in the shape that has bytes: its events are what would come back.
fn as_delta<T: CausalType>(step: Step<T>) -> CausalDelta<T::Store> {
    CausalDelta {
        events: Events::of(None, &step.live),
        gone: DotContext::new(),
        change: step,
    }
}
