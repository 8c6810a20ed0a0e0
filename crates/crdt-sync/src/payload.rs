//! Payloads: encoded deltas on their way, shared by all frames that carry them.
//!
//! **Format.** Deltas, each with its length in front, to the end; mostly one, none where a neighbour is
//! only told where it stands.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Reader, Writer};

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

    /// Decodes all deltas before any is applied.
    pub(crate) fn decode<D: Decode>(
        bytes: &[u8],
        limits: &DecodeLimits,
    ) -> Result<Vec<D>, DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut deltas = Vec::new();
        while !reader.is_empty() {
            deltas.push(D::from_bytes(reader.bytes()?, limits)?);
        }
        Ok(deltas)
    }
}
