//! Text that was dropped, and text that one op log has and another dropped.
//!
//! # Invariants
//! Dropped text keeps its length in scalars: each is [`DROPPED`]. So no position changes, and nothing
//! but text has to know of it.

use crdt_core::{Lv, LvRange};
use str_indices::chars;

use super::{DeletedText, OpKind, OpRuns};

/// Stands for a scalar whose text was dropped: U+001A, the control character "substitute".
///
/// See [`OpLog::drop_deleted_text`](crate::OpLog::drop_deleted_text).
pub const DROPPED: char = '\u{1a}';

/// What one set of operations has to say of another, which is about the same events.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Agreement {
    /// They do different things.
    Contradicts,
    /// They are the same, as far as the other's text goes.
    AddsNothing,
    /// All text of the inserts, some of which was dropped in the other.
    AddsText(String),
}

impl OpRuns {
    /// What `other` says of the events that these operations are.
    ///
    /// Text that was dropped on one side agrees with any. So does deleted text that was not recorded.
    pub(crate) fn compare(&self, other: &Self) -> Agreement {
        let is_same = self.end == other.end
            && self.starts == other.starts
            && self.kinds == other.kinds
            && self.positions == other.positions
            && self.deleted.agrees_with(&other.deleted);
        if !is_same {
            Agreement::Contradicts
        } else if self.inserted == other.inserted {
            Agreement::AddsNothing
        } else {
            compare_texts(&self.inserted, &other.inserted)
        }
    }

    /// The first event that the two do differently; the end of the shorter one, if there is none.
    ///
    /// Unlike [`Self::compare`], this is for those that are about to be refused: it takes O(n log n).
    pub(crate) fn first_difference(&self, other: &Self) -> Lv {
        let prefix =
            |ops: &Self, len| Self::from_ops(ops.ops(LvRange::new(Lv::new(0), Lv::new(len))));
        let (mut same, mut end) = (0, self.end.min(other.end).get());
        while same < end {
            let middle = same + (end - same).div_ceil(2);
            match prefix(self, middle).compare(&prefix(other, middle)) {
                Agreement::Contradicts => end = middle - 1,
                _ => same = middle,
            }
        }
        Lv::new(same)
    }

    /// Drops the text of all inserts but those of `kept`, which ascend, and all recorded text.
    ///
    /// Returns how many scalars were dropped that had not been before.
    pub(crate) fn keep_text(&mut self, kept: &[LvRange]) -> usize {
        let mut text = String::with_capacity(self.inserted.len());
        let mut n_dropped = 0;
        let mut kept = kept.iter().peekable();
        for run in self.iter(LvRange::new(Lv::new(0), self.end)) {
            let lvs = (run.lvs.start.get()..).map(Lv::new);
            for (lv, scalar) in lvs.zip(self.text(run.text).chars()) {
                while kept.next_if(|lvs| lvs.end <= lv).is_some() {}
                if kept.peek().is_some_and(|lvs| lvs.start <= lv) {
                    text.push(scalar);
                } else {
                    text.push(DROPPED);
                    n_dropped += usize::from(scalar != DROPPED);
                }
            }
        }
        self.set_inserted(text);
        self.deleted = DeletedText::default();
        n_dropped
    }

    /// How much longer the text would be in bytes after [`Self::fill_in`].
    pub(crate) fn growth(&self, texts: &[(LvRange, String)]) -> usize {
        let grown = texts.iter().map(|(lvs, text)| {
            let old = self.text_within(*lvs);
            text.len().saturating_sub((old.end - old.start) as usize)
        });
        grown.sum()
    }

    /// Puts other text, of equal length in scalars, in place of that of the inserts among some events.
    pub(crate) fn fill_in(&mut self, mut texts: Vec<(LvRange, String)>) {
        if texts.is_empty() {
            return;
        }
        texts.sort_unstable_by_key(|(lvs, _)| lvs.start);
        let mut filled = String::with_capacity(self.inserted.len() + self.growth(&texts));
        let mut at = 0;
        for (lvs, text) in &texts {
            let old = self.text_within(*lvs);
            filled.push_str(&self.inserted[at..old.start as usize]);
            filled.push_str(text);
            at = old.end as usize;
        }
        filled.push_str(&self.inserted[at..]);
        self.set_inserted(filled);
    }

    /// Replaces all inserted text by one of as many scalars.
    fn set_inserted(&mut self, text: String) {
        let mut at = 0;
        for run in 0..self.n_runs() {
            self.text_starts[run] = at as u32;
            if self.kinds[run] == OpKind::Insert {
                let end = self.starts.get(run + 1).copied().unwrap_or(self.end);
                let len = end.get() - self.starts[run].get();
                at += chars::to_byte_idx(&text[at..], len as usize);
            }
        }
        self.inserted = text;
    }
}

/// Compares what is known with what is offered, which have as many scalars.
fn compare_texts(known: &str, offered: &str) -> Agreement {
    let mut both = String::new();
    for (known, offered) in known.chars().zip(offered.chars()) {
        if known != offered && known != DROPPED && offered != DROPPED {
            return Agreement::Contradicts;
        }
        both.push(if known == DROPPED { offered } else { known });
    }
    if both == known {
        Agreement::AddsNothing
    } else {
        Agreement::AddsText(both)
    }
}
