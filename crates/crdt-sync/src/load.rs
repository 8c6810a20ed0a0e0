//! A document read back from storage.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::ControlFlow;

use crdt_core::codec::{Decode, DecodeError, DecodeLimits};
use crdt_core::{Classify, DeltaState, ErrorKind};

use crate::hosted::{Hosted, Stored};
use crate::outbox::Outbox;
use crate::position::{Epochs, Position};
use crate::storage::{Key, Kind};
use crate::stored;
use crate::{Batch, DocId, Document, MemoryStorage, Storage, StoreId, Write};

/// Why a document was not read back. The storage is as it was.
///
/// # Examples
/// ```
/// use core::convert::Infallible;
/// use crdt_core::{Classify, ErrorKind};
/// use crdt_sync::LoadError;
///
/// assert_eq!(LoadError::<Infallible>::Gap { seq: 7 }.kind(), ErrorKind::Corrupt);
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError<E> {
    /// The medium refused.
    #[error("the storage cannot be read")]
    Storage(#[source] E),
    /// A value is not what was written, by its checksum, or does not decode.
    #[error("a stored value is damaged")]
    Value(#[source] DecodeError),
    /// Deltas of the outbox are missing between others, or before the snapshot.
    #[error("stored deltas are missing before number {seq}")]
    Gap {
        /// The number of the first delta after the gap.
        seq: u64,
    },
    /// The storage holds what no node wrote.
    #[error("the storage is not that of a node")]
    NotANode,
    /// A stored delta does not apply to the stored state.
    #[error("stored delta {seq} does not apply")]
    Refused {
        /// Its number.
        seq: u64,
    },
}

impl<E: Classify> Classify for LoadError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            // The storage knows whether it is damaged, or does not answer just now.
            Self::Storage(error) => error.kind(),
            _ => ErrorKind::Corrupt,
        }
    }
}

/// What the storage holds for one document.
struct Found<D: DeltaState> {
    snapshot: Option<(u64, D)>,
    snapshot_bytes: usize,
    entries: Vec<FoundEntry<D::Delta>>,
    epochs: Vec<(u64, u64)>,
    cursors: Vec<(StoreId, Position)>,
}

struct FoundEntry<T> {
    seq: u64,
    origin: Option<u64>,
    delta: T,
    bytes: Vec<u8>,
}

/// Reads a document; `None` if nothing of it is stored.
fn load<D: Document, S: Storage>(
    storage: &S,
    doc: DocId,
    epoch: u64,
) -> Result<Option<Hosted<D>>, LoadError<S::Error>> {
    let found: Found<D> = find(storage, doc)?;
    if found.snapshot.is_none() && found.entries.is_empty() {
        return Ok(None);
    }
    found.check_numbers()?;
    let (snapshot_seq, mut state) = found.snapshot.unwrap_or_default();
    let base = found
        .entries
        .first()
        .map_or(snapshot_seq, |entry| entry.seq);
    let mut epochs = Epochs::new(epoch);
    for (seq, epoch) in found.epochs {
        epochs.push_earlier(seq, epoch);
    }
    let mut outbox = Outbox::new(epochs, base);
    let mut tail_bytes = 0;
    for FoundEntry {
        seq,
        origin,
        delta,
        bytes,
    } in found.entries
    {
        if seq != outbox.next() || base > snapshot_seq {
            return Err(LoadError::Gap { seq });
        }
        if seq >= snapshot_seq {
            state
                .apply_delta(&delta)
                .map_err(|_| LoadError::Refused { seq })?;
            tail_bytes = bytes.len().saturating_add(tail_bytes);
        }
        outbox.push(seq.saturating_add(1), delta, origin, bytes.into());
    }
    if outbox.next() < snapshot_seq {
        return Err(LoadError::Gap { seq: snapshot_seq });
    }
    let stored = Stored {
        snapshot_seq,
        snapshot_bytes: found.snapshot_bytes,
        tail_bytes,
        base,
    };
    let cursors = found.cursors.into_iter().collect();
    Ok(Some(Hosted::restored(doc, state, outbox, cursors, stored)))
}

/// Reads a document as it will be stored when a batch is committed; `None` if nothing of it is then.
pub(crate) fn load_with<D: Document, S: Storage>(
    storage: &S,
    batch: &Batch,
    doc: DocId,
    epoch: u64,
) -> Result<Option<Hosted<D>>, LoadError<S::Error>> {
    let prefix = Key::prefix(doc);
    if !batch.touches(&prefix) {
        return load(storage, doc, epoch);
    }
    let mut stored = Batch::new();
    let visit = &mut |key: &[u8], value: &[u8]| {
        stored.put(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    };
    storage.scan(&prefix, visit).map_err(LoadError::Storage)?;
    for (key, write) in batch.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        match write {
            Write::Put(value) => stored.put(key.to_vec(), value.to_vec()),
            Write::Delete => stored.delete(key.to_vec()),
        }
    }
    let mut memory = MemoryStorage::new();
    let Ok(()) = memory.commit(&stored);
    load(&memory, doc, epoch).map_err(LoadError::of_memory)
}

impl<E> LoadError<E> {
    /// Memory can always be read: what is wrong is what was stored.
    fn of_memory(error: LoadError<Infallible>) -> Self {
        match error {
            LoadError::Storage(never) => match never {},
            LoadError::Value(error) => Self::Value(error),
            LoadError::Gap { seq } => Self::Gap { seq },
            LoadError::NotANode => Self::NotANode,
            LoadError::Refused { seq } => Self::Refused { seq },
        }
    }
}

fn find<D: Document, S: Storage>(storage: &S, doc: DocId) -> Result<Found<D>, LoadError<S::Error>> {
    let mut found = Found {
        snapshot: None,
        snapshot_bytes: 0,
        entries: Vec::new(),
        epochs: Vec::new(),
        cursors: Vec::new(),
    };
    let mut damage = None;
    let visit = &mut |key: &[u8], value: &[u8]| match found.note(key, value) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            damage = Some(error);
            ControlFlow::Break(())
        }
    };
    storage
        .scan(&Key::prefix(doc), visit)
        .map_err(LoadError::Storage)?;
    match damage {
        Some(error) => Err(LoadError::Value(error)),
        None => Ok(found),
    }
}

impl<D: Document> Found<D> {
    /// Refuses numbers so large that no node has counted to them, and none could count on from there.
    fn check_numbers<E>(&self) -> Result<(), LoadError<E>> {
        let of_snapshot = self.snapshot.as_ref().map(|(seq, _)| *seq);
        let mut all = self
            .entries
            .iter()
            .map(|entry| entry.seq)
            .chain(of_snapshot);
        match all.find(|seq| *seq > MAX_STORED_SEQ) {
            Some(seq) => Err(LoadError::Gap { seq }),
            None => Ok(()),
        }
    }

    fn note(&mut self, key: &[u8], value: &[u8]) -> Result<(), DecodeError> {
        let value = stored::unseal(key, value)?;
        let limits = own_limits(value.len());
        match Key::kind(key) {
            Some(Kind::Snapshot) => {
                self.snapshot = Some(stored::read_snapshot(value, &limits)?);
                self.snapshot_bytes = value.len();
            }
            Some(Kind::Entry(seq)) => {
                let (origin, bytes) = stored::read_entry(value)?;
                self.entries.push(FoundEntry {
                    seq,
                    origin,
                    delta: D::Delta::from_bytes(bytes, &limits)?,
                    bytes: bytes.to_vec(),
                });
            }
            Some(Kind::Epoch(seq)) => self.epochs.push((seq, stored::read_epoch(value)?)),
            Some(Kind::Cursor(store)) => {
                self.cursors
                    .push((store, Position::from_bytes(value, &limits)?));
            }
            // A later program may keep more, under a checksum as all.
            None => {}
        }
        Ok(())
    }
}

const MAX_STORED_SEQ: u64 = 1 << 62;

/// What was written here may be of any size, but no denser than anything that is written: a damaged
/// number cannot ask for more than its value could hold.
pub(crate) fn own_limits(n_bytes: usize) -> DecodeLimits {
    let usual = DecodeLimits::default();
    let n_items = (n_bytes as u64).saturating_mul(MAX_DENSITY);
    let n_memory = (n_bytes as u64).saturating_mul(MAX_COST);
    usual
        .with_max_bytes(u64::MAX)
        .with_max_items(usual.max_items.max(n_items))
        .with_max_agents(usual.max_agents.max(n_items))
        .with_max_output_bytes(usual.max_output_bytes.max(n_items))
        .with_max_memory(usual.max_memory.max(n_memory))
}

/// How many items, or letters, a byte may stand for: packed text is the densest.
const MAX_DENSITY: u64 = 1024;

/// How much memory a byte may ask for: rows of a text history come 64 to a byte, its letters 1,024.
const MAX_COST: u64 = 4096;
