//! `yrs`: Yjs in Rust.

use super::{Replica, Stored};
use core::hint::black_box;
use crdt_testkit::TraceOp;
use yrs::updates::decoder::Decode;
use yrs::{
    Doc, GetString, Observable, OffsetKind, Options, ReadTxn, StateVector, Text, TextRef, Transact,
    Update,
};

/// A document with one text.
pub struct Yrs {
    doc: Doc,
    text: TextRef,
}

impl Yrs {
    fn of(doc: Doc) -> Self {
        let text = doc.get_or_insert_text("text");
        Self { doc, text }
    }
}

impl Replica for Yrs {
    const SUBJECT: &'static str = "yrs";
    type Update = Vec<u8>;

    fn counts_like_us(text: &str) -> bool {
        text.chars().all(|ch| ch.len_utf16() == 1)
    }

    fn new(writer: u64) -> Self {
        let mut options = Options::with_client_id(yrs::ClientID::new(writer));
        options.offset_kind = OffsetKind::Utf16;
        Self::of(Doc::with_options(options))
    }

    fn watched() -> Self {
        let replica = Self::new(u64::from(u32::MAX));
        replica.text.observe("editor", |txn, event| {
            black_box(event.delta(txn));
        });
        replica
    }

    fn insert(&mut self, pos: usize, text: &str) {
        self.text
            .insert(&mut self.doc.transact_mut(), pos as u32, text);
    }

    fn delete(&mut self, pos: usize, len: usize) {
        let mut txn = self.doc.transact_mut();
        self.text.remove_range(&mut txn, pos as u32, len as u32);
    }

    fn edit(&mut self, ops: &[TraceOp]) -> Vec<u8> {
        let mut txn = self.doc.transact_mut();
        for op in ops {
            match op {
                TraceOp::Insert { pos, text } => {
                    self.text.insert(&mut txn, *pos as u32, text);
                }
                TraceOp::Delete { pos, len } => {
                    self.text.remove_range(&mut txn, *pos as u32, *len as u32);
                }
            }
        }
        txn.encode_update_v1()
    }

    fn apply(&mut self, update: &Vec<u8>) {
        let update = Update::decode_v1(update).expect("its own bytes");
        let mut txn = self.doc.transact_mut();
        txn.apply_update(update).expect("its own update");
    }

    fn content(&self) -> String {
        self.text.get_string(&self.doc.transact())
    }
}

/// Version 2 of the encoding, the smaller one.
impl Stored for Yrs {
    const EXTENSION: Option<&'static str> = Some("yjs");

    fn save(&mut self) -> Vec<u8> {
        let txn = self.doc.transact();
        txn.encode_state_as_update_v2(&StateVector::default())
    }

    fn load(bytes: &[u8]) -> Self {
        let replica = Self::new(u64::from(u32::MAX));
        let update = Update::decode_v2(bytes).expect("its own bytes");
        let mut txn = replica.doc.transact_mut();
        txn.apply_update(update).expect("its own update");
        drop(txn);
        replica
    }
}
