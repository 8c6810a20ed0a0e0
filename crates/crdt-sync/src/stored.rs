//! The values of a node's storage, and a document read back from them.
//!
//! **Format.** In `docs/design/sync.md`. A value that does not decode means a damaged medium, or one
//! that another program wrote.

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

use crate::storage::{Key, Kind};

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
        Some(Kind::Snapshot) => Reader::new(value).u64().unwrap_or_default(),
        _ => 0,
    }
}

pub(crate) fn read_epoch(value: &[u8]) -> Result<u64, DecodeError> {
    let mut r = Reader::new(value);
    let epoch = r.u64_le()?;
    r.finish()?;
    Ok(epoch)
}
