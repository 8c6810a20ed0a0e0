//! `loro`.

use super::{Replica, Stored};
use core::hint::black_box;
use crdt_testkit::TraceOp;
use loro::{ExportMode, LoroDoc, LoroText, Subscription};
use std::sync::Arc;

/// A document with one text.
pub struct Loro {
    doc: LoroDoc,
    text: LoroText,
    /// Ends with the document.
    _watch: Option<Subscription>,
}

impl Loro {
    fn of(doc: LoroDoc) -> Self {
        let text = doc.get_text("text");
        Self {
            doc,
            text,
            _watch: None,
        }
    }

    /// Encodes text and history in the form that opens fastest.
    pub fn snapshot(&self) -> Vec<u8> {
        self.doc.commit();
        self.doc.export(ExportMode::Snapshot).expect("a document")
    }
}

impl Replica for Loro {
    const SUBJECT: &'static str = "loro";
    type Update = Vec<u8>;

    fn new(writer: u64) -> Self {
        let doc = LoroDoc::new();
        doc.set_peer_id(writer).expect("a document without edits");
        Self::of(doc)
    }

    fn watched() -> Self {
        let replica = Self::new(u64::from(u32::MAX));
        let watch = replica.doc.subscribe_root(Arc::new(|event| {
            black_box(event.events.len());
        }));
        Self {
            _watch: Some(watch),
            ..replica
        }
    }

    fn insert(&mut self, pos: usize, text: &str) {
        self.text.insert(pos, text).expect("a place in the text");
    }

    fn delete(&mut self, pos: usize, len: usize) {
        self.text.delete(pos, len).expect("a part of the text");
    }

    fn edit(&mut self, ops: &[TraceOp]) -> Vec<u8> {
        let before = self.doc.oplog_vv();
        for op in ops {
            match op {
                TraceOp::Insert { pos, text } => self.insert(*pos, text),
                TraceOp::Delete { pos, len } => self.delete(*pos, *len),
            }
        }
        self.doc.commit();
        let update = self.doc.export(ExportMode::updates(&before));
        update.expect("a version it had")
    }

    fn apply(&mut self, update: &Vec<u8>) {
        self.doc.import(update).expect("its own update");
    }

    fn content(&self) -> String {
        self.text.to_string()
    }
}

/// The encoding of updates, the smaller one.
impl Stored for Loro {
    fn save(&mut self) -> Vec<u8> {
        self.doc.commit();
        let all = self.doc.export(ExportMode::all_updates());
        all.expect("a document")
    }

    fn load(bytes: &[u8]) -> Self {
        let replica = Self::of(LoroDoc::new());
        replica.doc.import(bytes).expect("its own bytes");
        replica
    }
}
