//! What a zone that was replayed whole has changed, told from left to right.
//!
//! Of what came and went inside the zone nothing is told, and what many operations did at one place
//! is told at once.

use alloc::collections::BTreeMap;

use super::Sink;
use super::inserts::Piece;
use super::span::Span;
use super::spans::SpanList;
use super::tracker::Tracker;
use crate::OpLog;
use crate::op_log::TextRange;

/// Changes that lie one behind the other.
struct Outcome<'a, L, S> {
    oplog: &'a OpLog,
    tracker: &'a Tracker<L>,
    sink: &'a mut S,
    /// Where the next change is.
    pos: u32,
    /// How many scalars go there.
    n_gone: u32,
    /// Characters that come there: the id of the first, and how many.
    id: u32,
    n_come: u32,
    /// How far texts that are not ASCII were told, by the id of their first character: scalars and
    /// bytes. Their pieces come in order, and none is to be counted from the start.
    told: BTreeMap<u32, (u32, u32)>,
}

/// Tells a sink what the tracker's effect state has that the text from before the zone has not, and
/// the other way round.
pub(super) fn emit<L: SpanList, S: Sink>(oplog: &OpLog, tracker: &Tracker<L>, sink: &mut S) {
    if !S::IS_HEARD {
        return;
    }
    let mut outcome = Outcome {
        oplog,
        tracker,
        sink,
        pos: 0,
        n_gone: 0,
        id: 0,
        n_come: 0,
        told: BTreeMap::new(),
    };
    tracker.spans().for_each(|span| outcome.add(&span));
    outcome.tell();
}

impl<L: SpanList, S: Sink> Outcome<'_, L, S> {
    #[inline]
    fn add(&mut self, span: &Span) {
        match (span.is_base(), span.is_effective()) {
            (false, false) => {}
            (true, false) => self.n_gone += span.len,
            (true, true) => {
                self.tell();
                self.pos += span.len;
            }
            (false, true) if self.id + self.n_come == span.id => self.n_come += span.len,
            (false, true) => {
                self.tell();
                (self.id, self.n_come) = (span.id, span.len);
            }
        }
    }

    fn tell(&mut self) {
        if self.n_gone > 0 {
            self.sink.delete(self.pos, self.n_gone);
            self.n_gone = 0;
        }
        if self.n_come == 0 {
            return;
        }
        let tracker = self.tracker;
        for piece in tracker.inserts(self.id).pieces(self.id, self.n_come) {
            let text = self.text_of(&piece);
            let len = piece.end - piece.start;
            self.sink.insert(self.pos, text, len);
            self.pos += len;
        }
        self.id += self.n_come;
        self.n_come = 0;
    }

    #[inline]
    fn text_of(&mut self, piece: &Piece) -> TextRange {
        let Piece { text, n_chars, .. } = *piece;
        let ops = self.oplog.ops();
        if text.end - text.start == n_chars {
            return ops.slice_text(text, n_chars, piece.start..piece.end);
        }
        let told = self.told.entry(piece.first).or_insert((0, text.start));
        let (n_told, start) = *told;
        let rest = TextRange { start, ..text };
        let part = piece.start - n_told..piece.end - n_told;
        let text = ops.slice_text(rest, n_chars - n_told, part);
        *told = (piece.end, text.end);
        text
    }
}
