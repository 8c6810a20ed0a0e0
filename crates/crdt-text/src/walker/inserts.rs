//! What inserted the characters of a zone.
//!
//! # Invariants
//! Ids and local versions ascend.

use crdt_core::Lv;

use crate::op_log::TextRange;

/// The inserts of a zone, or of one line of it, by the ids of the characters.
#[derive(Debug, Default)]
pub(super) struct Inserts {
    parts: Vec<Inserted>,
    /// The id that the next character will get.
    end: u32,
}

/// A part of a run of inserts.
#[derive(Clone, Copy, Debug)]
struct Inserted {
    /// The id of the first character.
    id: u32,
    /// The first event.
    lv: Lv,
    text: TextRange,
}

/// A part of what one operation inserted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// The id of the operation's first character, and its whole text.
    pub(super) first: u32,
    pub(super) text: TextRange,
    pub(super) n_chars: u32,
    /// Where the part starts and ends, in characters.
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Inserts {
    /// Starts over with an id.
    pub(super) fn reset(&mut self, first: u32) {
        self.parts.clear();
        self.end = first;
    }

    /// The id that the next character will get.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        self.end
    }

    /// Adds `len` characters that read `text`, inserted by consecutive events from `lv` on; returns
    /// the id of the first.
    #[inline]
    pub(super) fn push(&mut self, (lv, text): (Lv, TextRange), len: u32) -> u32 {
        let id = self.end;
        self.parts.push(Inserted { id, lv, text });
        self.end += len;
        id
    }

    /// The event that inserted a character, and how many characters from there on were inserted
    /// by the events that follow it one by one.
    pub(super) fn event_of(&self, id: u32) -> (Lv, u32) {
        let at = self.find(id);
        let end = self.parts.get(at + 1).map_or(self.end, |next| next.id);
        let part = &self.parts[at];
        (part.lv.plus(id - part.id), end - id)
    }

    /// The id after the last character that events below `lv` inserted, looked for from part `at` on,
    /// which moves there.
    #[inline]
    pub(super) fn end_below(&self, lv: Lv, at: &mut usize) -> u32 {
        while self.parts.get(*at + 1).is_some_and(|next| next.lv < lv) {
            *at += 1;
        }
        let end = self.parts.get(*at + 1).map_or(self.end, |next| next.id);
        let part = self.parts.get(*at);
        part.map_or(end, |part| {
            let n_below = lv.get().saturating_sub(part.lv.get());
            end.min(part.id + n_below)
        })
    }

    /// What operations inserted: the pieces that make up `len` characters from `id` on.
    #[inline]
    pub(super) fn pieces(&self, id: u32, len: u32) -> impl Iterator<Item = Piece> {
        let (at, end) = (self.find(id), id + len);
        let parts = self.parts[at..].iter();
        let ends = self.parts[at + 1..].iter().map(|part| part.id);
        let parts = parts.zip(ends.chain([self.end]));
        let parts = parts.take_while(move |(part, _)| part.id < end);
        parts.map(move |(part, part_end)| Piece {
            first: part.id,
            text: part.text,
            n_chars: part_end - part.id,
            start: id.max(part.id) - part.id,
            end: end.min(part_end) - part.id,
        })
    }

    /// The part that holds a character.
    #[inline]
    fn find(&self, id: u32) -> usize {
        self.parts.partition_point(|part| part.id <= id) - 1
    }
}
