//! The keys of a node's storage. `docs/design/sync.md` defines them and their values.

use alloc::vec::Vec;

use crate::{DocId, StoreId};

/// Where the storage's own name stands.
pub(crate) const STORE: &[u8] = &[0];

/// What is stored for a document.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The state, and how much of the outbox is in it.
    Snapshot,
    /// One delta of the outbox, by its number.
    Entry(u64),
    /// Which epoch began to write at that number.
    Epoch(u64),
    /// How far the outbox of another store was applied.
    Cursor(StoreId),
}

/// Keys of one document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key;

impl Key {
    /// What the keys of all documents start with.
    pub(crate) const DOCUMENTS: &[u8] = &[1];

    /// The document that a key is of.
    pub(crate) fn doc(key: &[u8]) -> Option<DocId> {
        let bytes: [u8; 16] = key.get(1..17)?.try_into().ok()?;
        Some(DocId::from_bytes(bytes))
    }

    /// What all keys of a document start with.
    pub(crate) fn prefix(doc: DocId) -> Vec<u8> {
        let mut key = Vec::with_capacity(34);
        key.extend_from_slice(Self::DOCUMENTS);
        key.extend_from_slice(&doc.to_bytes());
        key
    }

    pub(crate) fn of(doc: DocId, kind: Kind) -> Vec<u8> {
        let mut key = Self::prefix(doc);
        match kind {
            Kind::Snapshot => key.push(0),
            Kind::Entry(seq) => {
                key.push(1);
                key.extend_from_slice(&seq.to_be_bytes());
            }
            Kind::Epoch(seq) => {
                key.push(2);
                key.extend_from_slice(&seq.to_be_bytes());
            }
            Kind::Cursor(store) => {
                key.push(3);
                key.extend_from_slice(&store.to_bytes());
            }
        }
        key
    }

    /// The kind of a key of this document, if it is one.
    pub(crate) fn kind(key: &[u8]) -> Option<Kind> {
        let (tag, rest) = key.get(17..)?.split_first()?;
        match tag {
            0 if rest.is_empty() => Some(Kind::Snapshot),
            1 => Some(Kind::Entry(u64::from_be_bytes(rest.try_into().ok()?))),
            2 => Some(Kind::Epoch(u64::from_be_bytes(rest.try_into().ok()?))),
            3 => Some(Kind::Cursor(StoreId::from_bytes(rest.try_into().ok()?))),
            _ => None,
        }
    }
}
