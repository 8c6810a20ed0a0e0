//! Lengths of the text at versions that operations were added to lately.
//!
//! An op log holds no text, so it must work out how long the document is that a new operation is
//! made on. Authors come back to the same few versions, so those are remembered.

use crdt_core::Frontier;

use super::OpLog;
use crate::walker::{self, Change, Lengths};

/// How many versions are remembered; enough for a handful of branches that are edited in turn.
const N_KNOWN: usize = 8;

/// Versions and the length of the text there in scalars, the last used one first.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownLengths {
    known: Vec<(Frontier, u32)>,
    passed: Lengths,
}

impl KnownLengths {
    /// Replaces a version by the one that was made on top of it.
    pub(super) fn advance(&mut self, from: &Frontier, to: Frontier, len: u32) {
        self.known
            .retain(|(version, _)| version != from && *version != to);
        self.known.truncate(N_KNOWN - 1);
        self.known.insert(0, (to, len));
    }

    /// Forgets all, since versions that were cut off may be made again with other content.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl OpLog {
    /// The length of the text at a version, found from the last remembered one.
    pub(super) fn known_length_at(&mut self, version: &Frontier) -> u32 {
        let mut lengths = core::mem::take(&mut self.lengths);
        let known = lengths.known.iter().find(|(known, _)| known == version);
        let len = match (known, lengths.known.first()) {
            (Some(&(_, len)), _) => len,
            (None, None) => walker::length_at(self, version, &mut lengths.passed),
            (None, Some((from, len))) => {
                self.length_from((from, *len), version, &mut lengths.passed)
            }
        };
        self.lengths = lengths;
        len
    }

    fn length_from(&self, from: (&Frontier, u32), to: &Frontier, passed: &mut Lengths) -> u32 {
        if self.graph.diff(from.0, to).only_a.is_empty() {
            return passed.walk(self, from, to);
        }
        let changes = walker::compare(self, from.0, to, passed).changes;
        changes.iter().fold(from.1, |len, change| match *change {
            Change::Insert { lvs, .. } => len + lvs.len(),
            Change::Restore { len: n, .. } => len + n,
            Change::Delete { len: n, .. } => len - n,
        })
    }
}
