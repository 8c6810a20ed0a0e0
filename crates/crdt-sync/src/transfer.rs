//! Transfers: what is too large for one frame, and what must not be lost on the way.
//!
//! Parts are taken in order only; the receiver says how far it is. So a receiver holds one buffer and
//! no bookkeeping, and a transfer that was interrupted goes on where it stopped.
//!
//! Transfers are numbered, so that an answer to an earlier one is known for what it is. A receiver that
//! seems to hold less than it said is not believed at once: its answer may be late. If it says so again and
//! again, the transfer begins anew under another number.
//!
//! Deltas are taken out of the buffer as they come whole: a transfer may be much larger than what is held.
//!
//! **Invariants.** `acked <= sent <= pieces.len()`. A receiver's buffer never grows ahead of what came.

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
use crate::payload::{Payload, Pieces};

/// What is being sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) content: Content,
    pieces: Pieces,
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
    /// How much came before `bytes` and was taken out.
    n_taken: u64,
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
    pub(crate) const fn new(content: Content, pieces: Pieces, n_transfers: &mut u32) -> Self {
        *n_transfers = n_transfers.wrapping_add(1);
        Self {
            content,
            pieces,
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
        let total = self.pieces.len();
        let is_all_sent = self.sent >= total && (self.is_begun || total > 0);
        if is_all_sent || self.sent.saturating_sub(self.acked) >= window {
            return None;
        }
        self.is_begun = true;
        let offset = self.sent;
        let bytes = self.pieces.slice(offset, max_bytes);
        self.sent = self.sent.saturating_add(bytes.len());
        Some(Part {
            channel,
            content: self.content,
            transfer: self.number,
            total: total as u64,
            offset: offset as u64,
            bytes,
        })
    }

    /// Notes how far the receiver is with a transfer; returns whether that is news.
    pub(crate) fn ack(&mut self, number: u32, offset: u64, n_transfers: &mut u32) -> bool {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        if number != self.number || offset > self.pieces.len() {
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
                let pieces = self.pieces.clone();
                *self = Self::new(self.content, pieces, n_transfers);
            }
        }
        false
    }

    /// How much is on the way.
    pub(crate) const fn n_in_flight(&self) -> usize {
        self.sent.saturating_sub(self.acked)
    }

    /// Whether something was not sent yet.
    pub(crate) const fn has_more(&self) -> bool {
        self.sent < self.pieces.len()
    }

    /// Its number among those of its channel.
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Whether it fits whoever receives it.
    pub(crate) const fn is_from_nowhere(&self) -> bool {
        matches!(self.content, Content::Deltas { from: None, .. })
    }

    /// Whether the receiver has everything.
    pub(crate) fn is_over(&self) -> bool {
        let len = self.pieces.len();
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

    /// How much of it came, what was taken out among it.
    const fn n_here(&self) -> u64 {
        self.n_taken.saturating_add(self.bytes.len() as u64)
    }

    /// Takes the deltas out that are whole, so that what is held is never much more than one.
    ///
    /// The error is how long the next one claims to be, if that is more than `max_bytes`.
    pub(crate) fn take_whole(&mut self, max_bytes: usize) -> Result<Vec<u8>, u64> {
        let (n_whole, next) = Payload::n_whole(&self.bytes);
        let whole = self.bytes.drain(..n_whole).collect();
        self.n_taken = self.n_taken.saturating_add(n_whole as u64);
        // What has no length that can be read must not grow for ever either.
        let held = next.max((self.bytes.len() as u64).saturating_sub(MAX_LENGTH_BYTES));
        if held > max_bytes as u64 {
            return Err(held);
        }
        Ok(whole)
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
        // What is late belongs to an earlier one, and takes nothing from what goes on.
        let is_late = |held: &Self| !is_after(part.transfer, held.number);
        if slot
            .as_ref()
            .is_some_and(|held| !goes_on(held) && is_late(held))
        {
            return Received::Partly(0);
        }
        if !slot.as_ref().is_some_and(goes_on) {
            if part.offset > 0 {
                return Received::Partly(0);
            }
            *slot = Some(Self {
                number: part.transfer,
                content: part.content,
                total: part.total,
                n_taken: 0,
                bytes: Vec::new(),
            });
        }
        let Some(held) = slot.as_mut() else {
            return Received::Partly(0);
        };
        if part.offset == held.n_here() {
            held.bytes.extend_from_slice(part.bytes);
        }
        let len = held.n_here();
        if len < held.total {
            return Received::Partly(len);
        }
        let all = core::mem::take(&mut held.bytes);
        *slot = None;
        Received::All(all)
    }
}

/// Whether a number follows another, on a circle.
const fn is_after(number: u32, other: u32) -> bool {
    let distance = number.wrapping_sub(other);
    distance != 0 && distance < 1 << 31
}

/// What the length in front of a delta takes at most.
const MAX_LENGTH_BYTES: u64 = 10;

/// How many times in a row a receiver may say that it holds less than it said: answers come late, but not
/// again and again.
const MAX_SETBACKS: u8 = 3;
