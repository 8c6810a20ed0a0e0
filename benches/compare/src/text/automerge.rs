//! `automerge`.

use super::{Replica, Stored, Wire};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Change, ObjId, ObjType, ROOT, ReadDoc, TextEncoding, Value};
use core::hint::black_box;
use crdt_testkit::TraceOp;

/// A document with one text.
pub struct Automerge {
    doc: AutoCommit,
    text: ObjId,
    is_watched: bool,
}

impl Automerge {
    fn of(doc: AutoCommit) -> Self {
        let text = match doc.get(ROOT, "text").expect("a document") {
            Some((Value::Object(ObjType::Text), text)) => text,
            found => panic!("a text, not {found:?}"),
        };
        Self {
            doc,
            text,
            is_watched: false,
        }
    }
}

impl Replica for Automerge {
    const SUBJECT: &'static str = "automerge";
    type Update = Option<Change>;

    /// Every replica starts from the same change, which makes the text.
    fn new(writer: u64) -> Self {
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        doc.set_actor(ActorId::from(&[0; 8]));
        doc.put_object(ROOT, "text", ObjType::Text)
            .expect("an empty document");
        doc.commit_with(CommitOptions::default().with_time(0));
        doc.set_actor(ActorId::from(writer.to_be_bytes()));
        Self::of(doc)
    }

    fn watched() -> Self {
        let mut replica = Self::new(u64::from(u32::MAX));
        replica.doc.update_diff_cursor();
        Self {
            is_watched: true,
            ..replica
        }
    }

    fn insert(&mut self, pos: usize, text: &str) {
        let edit = self.doc.splice_text(&self.text, pos, 0, text);
        edit.expect("a place in the text");
    }

    fn delete(&mut self, pos: usize, len: usize) {
        let edit = self.doc.splice_text(&self.text, pos, len as isize, "");
        edit.expect("a part of the text");
    }

    fn edit(&mut self, ops: &[TraceOp]) -> Option<Change> {
        for op in ops {
            match op {
                TraceOp::Insert { pos, text } => self.insert(*pos, text),
                TraceOp::Delete { pos, len } => self.delete(*pos, *len),
            }
        }
        self.doc.commit_with(CommitOptions::default().with_time(0));
        self.doc.get_last_local_change()
    }

    fn apply(&mut self, update: &Option<Change>) {
        let applied = self.doc.apply_changes(update.iter().cloned());
        applied.expect("its own change");
        if self.is_watched {
            black_box(self.doc.diff_incremental());
        }
    }

    fn content(&self) -> String {
        self.doc.text(&self.text).expect("a text")
    }
}

impl Stored for Automerge {
    const EXTENSION: Option<&'static str> = Some("am");

    fn save(&mut self) -> Vec<u8> {
        self.doc.save()
    }

    fn load(bytes: &[u8]) -> Self {
        Self::of(AutoCommit::load(bytes).expect("its own bytes"))
    }
}

impl Wire for Option<Change> {
    fn wire_len(&self) -> usize {
        self.as_ref().map_or(0, |change| change.raw_bytes().len())
    }
}
