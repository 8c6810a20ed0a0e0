//! The values of a node's storage, and a document read back from them.
//!
//! **Format.** In `docs/design/sync.md`. A value that does not decode means a damaged medium, or one
//! that another program wrote.
//!
//! **Invariant.** No value is looked at before its checksum was compared: [`put`] writes all of them,
//! [`unseal`] comes before all that read them.

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

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode, Reader, Writer};

use crate::storage::{Key, Kind, STORE};
use crate::{Batch, StoreId};

/// The version of this format. The first had no checksums, and no number.
const VERSION: u8 = 2;

/// Gives a key a value, with a checksum of both behind it: a value that comes to stand under another key is as
/// wrong as one that changed.
pub(crate) fn put(batch: &mut Batch, key: Vec<u8>, mut value: Vec<u8>) {
    value.extend_from_slice(&checksum(&key, &value).to_le_bytes());
    batch.put(key, value);
}

/// The value that [`put`] was given for this key.
pub(crate) fn unseal<'a>(key: &[u8], value: &'a [u8]) -> Result<&'a [u8], DecodeError> {
    let Some((value, found)) = value.split_last_chunk() else {
        let needed = size_of::<u32>().saturating_sub(value.len()) as u64;
        return Err(DecodeError::Truncated {
            offset: value.len(),
            needed,
        });
    };
    let (expected, found) = (checksum(key, value), u32::from_le_bytes(*found));
    if expected == found {
        Ok(value)
    } else {
        Err(DecodeError::ChecksumMismatch { expected, found })
    }
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(value);
    hasher.finalize()
}

/// Names the storage, and the version of what is in it.
pub(crate) fn put_store(batch: &mut Batch, store: StoreId) {
    let value = [&[VERSION][..], &store.to_bytes()].concat();
    put(batch, STORE.to_vec(), value);
}

/// `None` if no node wrote it.
pub(crate) fn read_store(value: &[u8]) -> Result<Option<StoreId>, DecodeError> {
    // The first version: the name alone.
    if value.len() == size_of::<StoreId>() {
        return Err(DecodeError::UnknownVersion { found: 1 });
    }
    match unseal(STORE, value)?.split_first() {
        Some((&VERSION, name)) => Ok(name.try_into().ok().map(StoreId::from_bytes)),
        Some((&found, _)) => Err(DecodeError::UnknownVersion {
            found: found.into(),
        }),
        None => Ok(None),
    }
}

/// A delta of an outbox: where it came from, then its bytes.
pub(crate) fn entry(origin: Option<u64>, delta: &[u8]) -> Vec<u8> {
    let mut w = Writer::new();
    w.bool(origin.is_some());
    if let Some(origin) = origin {
        w.u64_le(origin);
    }
    w.raw(delta);
    w.into_bytes()
}

pub(crate) fn read_entry(value: &[u8]) -> Result<(Option<u64>, &[u8]), DecodeError> {
    let mut r = Reader::new(value);
    let origin = if r.bool()? { Some(r.u64_le()?) } else { None };
    Ok((origin, r.raw(r.remaining())?))
}

/// How many deltas are in the state, then its bytes.
pub(crate) fn snapshot<D: Encode>(seq: u64, state: &D) -> Vec<u8> {
    let mut w = Writer::new();
    w.u64(seq);
    state.encode(&mut w);
    w.into_bytes()
}

pub(crate) fn read_snapshot<D: Decode>(
    value: &[u8],
    limits: &DecodeLimits,
) -> Result<(u64, D), DecodeError> {
    let mut r = Reader::new(value);
    let seq = r.u64()?;
    let state = D::from_bytes(r.raw(r.remaining())?, limits)?;
    Ok((seq, state))
}

/// How many deltas the outbox had at least, as one stored value tells.
pub(crate) fn outbox_end(key: &[u8], value: &[u8]) -> u64 {
    match Key::kind(key) {
        Some(Kind::Entry(seq)) => seq.saturating_add(1),
        Some(Kind::Snapshot) => {
            let seq = unseal(key, value).and_then(|value| Reader::new(value).u64());
            seq.unwrap_or_default()
        }
        _ => 0,
    }
}

pub(crate) fn read_epoch(value: &[u8]) -> Result<u64, DecodeError> {
    let mut r = Reader::new(value);
    let epoch = r.u64_le()?;
    r.finish()?;
    Ok(epoch)
}
