//! Which characters events touched: inserted or deleted.
//!
//! # Invariants
//! Lists ascend by local version. A delete past the end touched nothing, so they can have gaps.

use crdt_core::Lv;

use super::tracker::Hit;
use crate::op_log::{OpKind, OpRun};

/// Characters with consecutive ids, touched by consecutive events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Touched {
    /// The first event.
    pub(super) lv: Lv,
    /// The lowest character.
    pub(super) id: u32,
    pub(super) len: u32,
    /// Whether the first event touched the highest character, as the backspace key does.
    is_backward: bool,
}

impl Touched {
    pub(super) fn forward(lv: Lv, id: u32, len: u32) -> Self {
        Self {
            lv,
            id,
            len,
            is_backward: false,
        }
    }

    /// The event after the last one.
    pub(super) fn end(&self) -> Lv {
        self.lv.plus(self.len)
    }

    /// Cuts off what the events from `at` on touched.
    pub(super) fn split_off(&mut self, at: Lv) -> Self {
        let n_kept = at.get() - self.lv.get();
        let mut rest = Self {
            lv: at,
            len: self.len - n_kept,
            ..*self
        };
        if self.is_backward {
            self.id += rest.len;
        } else {
            rest.id += n_kept;
        }
        self.len = n_kept;
        rest
    }
}

/// Adds to a list; what stands in it before `first` stays apart.
#[inline]
pub(super) fn touch(touched: &mut Vec<Touched>, first: usize, part: Touched) {
    match touched[first..].last_mut() {
        Some(last)
            if last.end() == part.lv
                && last.id + last.len == part.id
                && !last.is_backward
                && !part.is_backward =>
        {
            last.len += part.len;
        }
        _ => touched.push(part),
    }
}

/// Notes what a run of deletes touched. The tracker goes through the characters from left to right.
pub(super) struct Deleted<'t> {
    touched: &'t mut Vec<Touched>,
    /// Before it, other nodes' lists stand.
    first: usize,
    /// Where this run's own part of the list starts.
    first_of_run: usize,
    /// The events that are still to be accounted for.
    lv: Lv,
    n_left: u32,
    is_backward: bool,
}

impl<'t> Deleted<'t> {
    pub(super) fn new(op: &OpRun, touched: &'t mut Vec<Touched>, first: usize) -> Self {
        Self {
            first,
            first_of_run: touched.len(),
            touched,
            lv: op.lvs.start,
            n_left: op.lvs.len(),
            is_backward: op.kind == OpKind::Backspace,
        }
    }

    #[inline]
    pub(super) fn note(&mut self, hit: &Hit) {
        self.n_left -= hit.len;
        if !self.is_backward {
            touch(
                self.touched,
                self.first,
                Touched::forward(self.lv, hit.id, hit.len),
            );
            self.lv = self.lv.plus(hit.len);
            return;
        }
        // The leftmost character is the last event's.
        let part = Touched {
            lv: self.lv.plus(self.n_left),
            id: hit.id,
            len: hit.len,
            is_backward: true,
        };
        match self.touched[self.first_of_run..].first_mut() {
            Some(next) if next.id + next.len == part.id => {
                (next.lv, next.len) = (part.lv, next.len + part.len);
            }
            _ => self.touched.insert(self.first_of_run, part),
        }
    }
}
