//! Transfers: what is too large for one frame, and what must not be lost on the way.
//!
//! Parts are taken in order only; the receiver says how far it is. So a receiver holds one buffer and
//! no bookkeeping, and a transfer that was interrupted goes on where it stopped.
//!
//! Transfers are numbered, so that an answer to an earlier one is known for what it is. A receiver that
//! seems to hold less than it said is not believed at once: its answer may be late. If it says so again and
//! again, the transfer begins anew under another number.
//!
//! **Invariants.** `acked <= sent <= payload.len()`. A receiver's buffer never grows ahead of what came.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails a test"
)]
mod tests;

use alloc::vec::Vec;

use crate::frame::{Content, Part};
use crate::payload::Payload;

/// What is being sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) content: Content,
    payload: Payload,
    number: u32,
    acked: usize,
    sent: usize,
    /// An empty payload is sent too.
    is_begun: bool,
    /// How often in a row less was acknowledged than before.
    n_setbacks: u8,
}

/// What is being received.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    number: u32,
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
    /// The next transfer after so many of one channel.
    pub(crate) const fn new(content: Content, payload: Payload, n_transfers: &mut u32) -> Self {
        *n_transfers = n_transfers.wrapping_add(1);
        Self {
            content,
            payload,
            number: *n_transfers,
            acked: 0,
            sent: 0,
            is_begun: false,
            n_setbacks: 0,
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
            transfer: self.number,
            total: bytes.len() as u64,
            offset: offset as u64,
            bytes: bytes.get(offset..self.sent).unwrap_or_default(),
        })
    }

    /// Notes how far the receiver is with a transfer; returns whether that is news.
    pub(crate) fn ack(&mut self, number: u32, offset: u64, n_transfers: &mut u32) -> bool {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if number != self.number || offset > self.payload.as_bytes().len() {
            return false;
        }
        if offset > self.acked {
            self.acked = offset;
            self.sent = self.sent.max(offset);
            self.n_setbacks = 0;
            return true;
        }
        if offset < self.acked {
            self.n_setbacks = self.n_setbacks.saturating_add(1);
            if self.n_setbacks >= MAX_SETBACKS {
                let payload = self.payload.clone();
                *self = Self::new(self.content, payload, n_transfers);
            }
        }
        false
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
    /// How much of it is here.
    pub(crate) const fn n_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Takes a part in; `slot` is where the transfer stands between its parts.
    pub(crate) fn receive(slot: &mut Option<Self>, part: &Part<'_>) -> Received {
        if part.is_whole() {
            *slot = None;
            return Received::All(part.bytes.to_vec());
        }
        let goes_on = |held: &Self| {
            let is_same = (held.number, held.total) == (part.transfer, part.total);
            is_same && held.content == part.content
        };
        if !slot.as_ref().is_some_and(goes_on) {
            *slot = (part.offset == 0).then(|| Self {
                number: part.transfer,
                content: part.content,
                total: part.total,
                bytes: Vec::new(),
            });
        }
        let Some(held) = slot.as_mut() else {
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

/// How many times in a row a receiver may say that it holds less than it said: answers come late, but not
/// again and again.
const MAX_SETBACKS: u8 = 3;
