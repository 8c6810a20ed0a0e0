//! One event with two contents: what is told of it.

use alloc::boxed::Box;
use core::fmt;

use crdt_core::{Dot, Equivocation, Lv, LvRange};

use crate::TextOp;
use crate::error::UpdateError;
use crate::op_log::OpRuns;

/// The error for runs of the same events, from `first` on, whose operations differ.
#[cold]
pub(crate) fn of_events(first: &Dot, ours: &OpRuns, theirs: &OpRuns) -> UpdateError {
    let at = ours.first_difference(theirs);
    // The events are known, so their numbers are in range.
    let dot = Dot::new(first.agent().clone(), first.seq() + u64::from(at.get()));
    told(dot.unwrap_or_else(|_| first.clone()), ours, theirs, at)
}

/// The error for two texts of the floor that `head` is a head of.
#[cold]
pub(crate) fn of_floor(head: &Dot, ours: &OpRuns, theirs: &OpRuns) -> UpdateError {
    told(head.clone(), ours, theirs, ours.first_difference(theirs))
}

/// The error for one event that was made on two versions.
#[cold]
pub(crate) fn of_parents(dot: Dot, ours: &[Dot], theirs: &[Dot]) -> UpdateError {
    let (ours, theirs) = (
        format_args!("Parents({ours:?})"),
        format_args!("Parents({theirs:?})"),
    );
    UpdateError::Conflict(Box::new(Equivocation::new(dot, &ours, &theirs)))
}

fn told(dot: Dot, ours: &OpRuns, theirs: &OpRuns, at: Lv) -> UpdateError {
    let [ours, theirs] =
        [ours, theirs].map(|ops| Event(ops.ops(LvRange::new(at, at.plus(1))).next()));
    UpdateError::Conflict(Box::new(Equivocation::new(dot, &ours, &theirs)))
}

/// What one side has; nothing, where its text of a floor is the shorter one.
struct Event<'a>(Option<TextOp<'a>>);

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(op) => op.fmt(f),
            None => f.write_str("Nothing"),
        }
    }
}
