//! Payloads: encoded deltas on their way, shared by all frames that carry them.
//!
//! A large difference is many deltas, each a piece of its own: whoever sends it needs no memory in one
//! stretch, and whoever receives it applies and stores each piece when it is there. An interruption costs
//! what was on the way, for the receiver's next summary tells of the pieces that it has.
//!
//! **Format.** Deltas, each with its length in front, to the end; mostly one, none where a neighbour is
//! only told where it stands.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::sync::Arc;
use alloc::vec::Vec;

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode, Reader, Writer};

use crate::Document;

/// Encoded deltas.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    bytes: Option<Arc<[u8]>>,
}

impl Payload {
    pub(crate) fn of<'a>(deltas: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut writer = Writer::new();
        for delta in deltas {
            writer.bytes(delta);
        }
        let bytes = (!writer.is_empty()).then(|| writer.into_bytes().into());
        Self { bytes }
    }

    /// Bytes that are sent as they are, a summary say.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            bytes: Some(bytes.into()),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }

    pub(crate) fn shared(&self) -> Option<Arc<[u8]>> {
        self.bytes.clone()
    }

    /// How many of the bytes are whole deltas, and how long the next delta claims to be.
    pub(crate) fn n_whole(bytes: &[u8]) -> (usize, u64) {
        let (mut rest, mut n_whole) = (bytes, 0_usize);
        loop {
            let mut reader = Reader::new(rest);
            let Ok(len) = reader.u64() else {
                return (n_whole, 0);
            };
            let end = usize::try_from(len).ok();
            let end = end.and_then(|len| len.checked_add(reader.offset()));
            let Some(after) = end.and_then(|end| rest.get(end..)) else {
                return (n_whole, len);
            };
            n_whole = n_whole.saturating_add(rest.len().saturating_sub(after.len()));
            rest = after;
        }
    }

    /// Decodes all deltas before any is applied.
    pub(crate) fn decode<D: Decode>(
        bytes: &[u8],
        limits: &DecodeLimits,
    ) -> Result<Vec<D>, DecodeError> {
        // One budget for all: many small bombs are one large one.
        let (mut reader, mut budget) = limits.open(bytes)?;
        let mut deltas = Vec::new();
        while !reader.is_empty() {
            budget.spend_items(1)?;
            let mut delta = Reader::new(reader.bytes()?);
            deltas.push(D::decode(&mut delta, &mut budget)?);
            delta.finish()?;
        }
        Ok(deltas)
    }
}

/// What one transfer carries: pieces that need not lie together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    list: Arc<[Payload]>,
    n_bytes: usize,
}

impl Pieces {
    /// Encodes a delta; in several if it takes more than `max_bytes`, as far as its type can split it.
    pub(crate) fn of<D: Document>(delta: D::Delta, max_bytes: usize) -> Self {
        let mut list = Vec::new();
        encode::<D>(delta, None, max_bytes, max_bytes / ENTRY_BYTES, &mut list);
        list.into()
    }

    /// Bytes of all pieces together.
    pub(crate) const fn len(&self) -> usize {
        self.n_bytes
    }

    /// Up to `max_bytes` from an offset, to the end of a piece at most; none at the end of all.
    pub(crate) fn slice(&self, offset: usize, max_bytes: usize) -> &[u8] {
        let mut start = offset;
        for piece in &*self.list {
            let bytes = piece.as_bytes();
            if let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
                return rest.get(..max_bytes).unwrap_or(rest);
            }
            start = start.saturating_sub(bytes.len());
        }
        &[]
    }
}

impl From<Vec<Payload>> for Pieces {
    fn from(list: Vec<Payload>) -> Self {
        let n_bytes = list.iter().map(|piece| piece.as_bytes().len()).sum();
        let list = list.into();
        Self { list, n_bytes }
    }
}

impl From<Payload> for Pieces {
    fn from(payload: Payload) -> Self {
        Self::from(Vec::from([payload]))
    }
}

/// Encodes parts of so many entries, and parts of these where they are too large.
fn encode<D: Document>(
    delta: D::Delta,
    encoded: Option<Vec<u8>>,
    max_bytes: usize,
    max_entries: usize,
    list: &mut Vec<Payload>,
) {
    let max_entries = max_entries.max(1);
    let parts = D::split_delta(delta, max_entries);
    // A part that did not get smaller is what it was.
    let mut encoded = encoded.filter(|_| parts.len() == 1);
    for part in parts {
        let bytes = encoded.take().unwrap_or_else(|| part.to_bytes());
        if bytes.len() > max_bytes && max_entries > 1 {
            encode::<D>(part, Some(bytes), max_bytes, max_entries / 2, list);
        } else {
            list.push(Payload::of([&*bytes]));
        }
    }
}

/// What an entry takes at least, as a rule: more of them are not tried in one piece.
const ENTRY_BYTES: usize = 16;
