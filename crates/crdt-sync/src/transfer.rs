//! Transfers: what is too large for one frame, and what must not be lost on the way.
//!
//! Parts are taken in order only; the receiver says how far it is. So a receiver holds one buffer and
//! no bookkeeping, and a transfer that was interrupted goes on where it stopped.
//!
//! **Invariants.** `acked <= sent <= payload.len()`. A receiver's buffer never grows ahead of what came.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails a test"
)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::frame::{Content, Part};
use crate::payload::Payload;

/// What is being sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) content: Content,
    payload: Payload,
    acked: usize,
    sent: usize,
    /// An empty payload is sent too.
    is_begun: bool,
}

/// What is being received.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    content: Content,
    total: u64,
    bytes: Vec<u8>,
}

/// What a part did.
#[derive(Debug, PartialEq)]
pub(crate) enum Received {
    /// More is to come; so much is here.
    Partly(u64),
    /// That was the last.
    All(Vec<u8>),
}

impl Received {
    /// How much is here.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Partly(len) => *len,
            Self::All(bytes) => bytes.len() as u64,
        }
    }
}

impl Outgoing {
    pub(crate) const fn new(content: Content, payload: Payload) -> Self {
        Self {
            content,
            payload,
            acked: 0,
            sent: 0,
            is_begun: false,
        }
    }

    /// Takes the next part that fits the window.
    pub(crate) fn next_part(
        &mut self,
        channel: u32,
        max_bytes: usize,
        window: usize,
    ) -> Option<Part<'_>> {
        let bytes = self.payload.as_bytes();
        let left = bytes.len().saturating_sub(self.sent);
        let is_all_sent = left == 0 && (self.is_begun || !bytes.is_empty());
        if is_all_sent || self.sent.saturating_sub(self.acked) >= window {
            return None;
        }
        self.is_begun = true;
        let offset = self.sent;
        self.sent = self.sent.saturating_add(left.min(max_bytes));
        Some(Part {
            channel,
            content: self.content,
            total: bytes.len() as u64,
            offset: offset as u64,
            bytes: bytes.get(offset..self.sent).unwrap_or_default(),
        })
    }

    /// Notes how far the receiver is; returns whether that is news.
    ///
    /// A receiver that holds nothing of it begins anew.
    pub(crate) fn ack(&mut self, offset: u64) -> bool {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if offset == 0 && self.acked > 0 {
            self.acked = 0;
            self.rewind();
            return false;
        }
        let is_news = offset > self.acked && offset <= self.payload.as_bytes().len();
        if is_news {
            self.acked = offset;
            self.sent = self.sent.max(offset);
        }
        is_news
    }

    /// Whether it fits whoever receives it.
    pub(crate) const fn is_from_nowhere(&self) -> bool {
        matches!(self.content, Content::Deltas { from: None, .. })
    }

    /// Whether the receiver has everything.
    pub(crate) fn is_over(&self) -> bool {
        let len = self.payload.as_bytes().len();
        self.acked == len && (len > 0 || self.is_begun)
    }

    /// Sends again what was not acknowledged; all of it if only the answer to the whole is missing.
    pub(crate) fn rewind(&mut self) {
        if self.is_over() {
            self.acked = 0;
        }
        self.sent = self.acked;
        self.is_begun = false;
    }
}

impl Incoming {
    /// Takes a part in; `slot` is where the transfer stands between its parts.
    pub(crate) fn receive(slot: &mut Option<Box<Self>>, part: &Part<'_>) -> Received {
        if part.is_whole() {
            *slot = None;
            return Received::All(part.bytes.to_vec());
        }
        let goes_on = |held: &Self| held.content == part.content && held.total == part.total;
        if !slot.as_deref().is_some_and(goes_on) {
            *slot = (part.offset == 0).then(|| {
                Box::new(Self {
                    content: part.content,
                    total: part.total,
                    bytes: Vec::new(),
                })
            });
        }
        let Some(held) = slot.as_deref_mut() else {
            return Received::Partly(0);
        };
        if part.offset == held.bytes.len() as u64 {
            held.bytes.extend_from_slice(part.bytes);
        }
        let len = held.bytes.len() as u64;
        if len < held.total {
            return Received::Partly(len);
        }
        let all = core::mem::take(&mut held.bytes);
        *slot = None;
        Received::All(all)
    }
}
