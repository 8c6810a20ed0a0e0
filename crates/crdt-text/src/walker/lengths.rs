//! How long the text was at versions passed on the way.
//!
//! A replay that starts in the middle of the history starts from a text whose content it need not
//! know, but whose length it must: positions past the end mean the end (ADR 0006). The length at
//! one event's version never changes, so what a walk has passed once is noted.
//!
//! # Invariants
//! Notes ascend by local version, and each is the length of the text at the version `{lv}`. There
//! are at most [`MAX_NOTES`].

use crdt_core::{Frontier, Lv, LvRange};

use super::Memory;
use crate::OpLog;

/// A branch that lives long passes a critical version with nearly every merge. Beyond this many
/// notes every other one goes, since walking on from an earlier one is cheap.
const MAX_NOTES: usize = if cfg!(any(test, feature = "__small_nodes")) {
    4
} else {
    1024
};

/// Lengths in scalars, at events that were critical versions when they were passed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lengths {
    notes: Vec<(Lv, u32)>,
}

impl Lengths {
    /// The length at a version that is critical now, or at the root.
    ///
    /// Walks from the nearest note that is still critical; there, nothing before plays a part.
    pub(super) fn at(&mut self, oplog: &OpLog, version: Option<Lv>) -> u32 {
        let Some(lv) = version else { return 0 };
        let nearest = self.nearest(oplog, lv);
        match nearest {
            Some((noted, len)) if noted == lv => len,
            _ => {
                let (from, len) = nearest.map_or((Frontier::root(), 0), |(noted, len)| {
                    (Frontier::from(noted), len)
                });
                let len = self.walk(oplog, (&from, len), &Frontier::from(lv));
                self.note(lv, len);
                len
            }
        }
    }

    /// How many events [`Self::at`] walks over.
    pub(super) fn distance(&self, oplog: &OpLog, version: Option<Lv>) -> u64 {
        let Some(lv) = version else { return 0 };
        // All events up to a critical version belong to it.
        let from = self
            .nearest(oplog, lv)
            .map_or(Lv::new(0), |(noted, _)| noted.plus(1));
        u64::from(LvRange::new(from, lv.plus(1)).len())
    }

    /// The last note up to a version that is still critical.
    fn nearest(&self, oplog: &OpLog, lv: Lv) -> Option<(Lv, u32)> {
        let n_before = self.notes.partition_point(|(noted, _)| *noted <= lv);
        let is_critical = |lv: Lv| oplog.graph().critical_before(lv.plus(1)) == Some(lv);
        let mut notes = self.notes[..n_before].iter().rev();
        notes.find(|(noted, _)| is_critical(*noted)).copied()
    }

    /// Counts forward from a text of so many scalars.
    pub(crate) fn walk(&mut self, oplog: &OpLog, from: (&Frontier, u32), to: &Frontier) -> u32 {
        let mut memory = Memory {
            lengths: core::mem::take(self),
            ..Memory::default()
        };
        let len = super::walk(oplog, from, to, &mut memory, &mut ());
        *self = memory.lengths;
        len
    }

    /// Notes the length at an event.
    pub(super) fn note(&mut self, lv: Lv, len: u32) {
        if self.notes.len() == MAX_NOTES {
            let mut keeps = false;
            self.notes.retain(|_| {
                keeps = !keeps;
                keeps
            });
        }
        match self.notes.last() {
            Some((last, _)) if *last >= lv => {
                if let Err(at) = self.notes.binary_search_by_key(&lv, |(noted, _)| *noted) {
                    self.notes.insert(at, (lv, len));
                }
            }
            _ => self.notes.push((lv, len)),
        }
    }
}

#[cfg(test)]
mod tests;
