//! Text of deletes, where it was recorded: notes for those who read the history.
//!
//! # Invariants
//! Stretches ascend and are disjoint; their texts lie one after the other in the buffer, each with
//! one scalar for each event, in the order in which the events deleted them.

use crdt_core::{Lv, LvRange};
use rle::{AppendRle, HasLength, MergableSpan};
use str_indices::chars;

use super::TextRange;

#[derive(Clone, Debug, Default)]
pub(super) struct DeletedText {
    stretches: Vec<Stretch>,
    text: String,
}

/// Consecutive events whose text was recorded.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    lvs: LvRange,
    text: TextRange,
}

impl DeletedText {
    pub(super) fn push(&mut self, lvs: LvRange, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        let text = TextRange {
            start,
            end: self.text.len() as u32,
        };
        self.stretches.push_rle(Stretch { lvs, text });
    }

    /// Forgets every event from `len` on.
    pub(super) fn truncate(&mut self, len: Lv) {
        while let Some(last) = self.stretches.last_mut().filter(|last| last.lvs.end > len) {
            let kept = len.get().saturating_sub(last.lvs.start.get());
            let text = &self.text[last.text.start as usize..last.text.end as usize];
            last.text.end = last.text.start + chars::to_byte_idx(text, kept as usize) as u32;
            last.lvs.end = len;
            self.text.truncate(last.text.end as usize);
            if kept == 0 {
                self.stretches.pop();
            }
        }
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.text.len()
    }

    /// The longest prefix of `lvs` of which either all text was recorded or none, and that text.
    ///
    /// Returns `None` if `lvs` is empty, or nothing was recorded from there on.
    pub(super) fn recorded(&self, lvs: LvRange) -> Option<(LvRange, Option<&str>)> {
        let at = self
            .stretches
            .partition_point(|stretch| stretch.lvs.end <= lvs.start);
        let stretch = self.stretches.get(at).filter(|_| !lvs.is_empty())?;
        if stretch.lvs.start > lvs.start {
            let end = stretch.lvs.start.min(lvs.end);
            return Some((LvRange::new(lvs.start, end), None));
        }
        let part = stretch.lvs.intersect(lvs);
        let text = &self.text[stretch.text.start as usize..stretch.text.end as usize];
        let skipped = part.start.get() - stretch.lvs.start.get();
        let text = &text[chars::to_byte_idx(text, skipped as usize)..];
        Some((
            part,
            Some(&text[..chars::to_byte_idx(text, part.len() as usize)]),
        ))
    }

    /// Whether both recorded the same wherever both recorded anything.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.stretches.iter().all(|stretch| {
            let mut rest = stretch.lvs;
            while let Some((part, text)) = other.recorded(rest) {
                let own = self.recorded(part).and_then(|(_, text)| text);
                if text.is_some() && text != own {
                    return false;
                }
                rest.start = part.end;
            }
            true
        })
    }
}

impl HasLength for Stretch {
    fn len(&self) -> usize {
        self.lvs.len() as usize
    }
}

impl MergableSpan for Stretch {
    fn can_append(&self, other: &Self) -> bool {
        self.lvs.end == other.lvs.start && self.text.end == other.text.start
    }

    fn append(&mut self, other: Self) {
        self.lvs.end = other.lvs.end;
        self.text.end = other.text.end;
    }
}
