//! Frames: what travels on a link. `docs/design/sync.md` defines the bytes.
//!
//! **Invariants.** A frame is whole: it ends where its bytes end. Every number is bounded when it is
//! read, every length is checked against what is there.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod read;
#[cfg(test)]
#[allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails a test"
)]
mod tests;
mod write;

pub(crate) use self::write::{write_part_head, write_symbols};

use alloc::borrow::Cow;

use crdt_core::Digest;

use crate::position::Position;
use crate::riblt::Symbol;
use crate::{Config, DocId, Refusal, StoreId};

/// The version of the frames, told in the first.
pub(crate) const VERSION: u64 = 3;

/// One frame. Channels are numbered by whoever sends the frame, each side for itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame<'a> {
    Hello(Hello),
    Open(Open<'a>),
    /// Asks for a summary, since the outbox does not reach back far enough.
    Ask {
        channel: u32,
        /// Not in symbols, however large it is.
        whole: bool,
    },
    Want(Want<'a>),
    Symbols(Symbols<'a>),
    Part(Part<'a>),
    /// Everything before `to` in the other's outbox is applied here and durable.
    Ack {
        channel: u32,
        to: u64,
    },
    PartAck(PartAck),
    /// Something between is missing; everything up to `have` is here.
    Nack {
        channel: u32,
        have: Option<Position>,
    },
    /// Asks whether the sender's outbox up to `seq` is held, and what was made there before it was.
    Probe {
        channel: u32,
        seq: u64,
    },
    /// The answer: it is, and whatever was made without knowing it is in the outbox before `upto`.
    Probed {
        channel: u32,
        seq: u64,
        upto: u64,
    },
    /// What is true for a moment; `crate::presence` has the bytes.
    Presence {
        channel: u32,
        bytes: &'a [u8],
    },
    Check(Check),
    /// The answer to that.
    Checked {
        channel: u32,
        is_same: bool,
    },
    /// The document is not served on this link, or what was sent for it was not taken.
    Refuse {
        doc: DocId,
        refusal: Refusal,
    },
}

/// The first frame each way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hello {
    pub(crate) store: StoreId,
    /// The epoch in which the sender appends to its outboxes.
    pub(crate) epoch: u64,
    pub(crate) wants_reply: bool,
    pub(crate) limits: Limits,
}

/// What one end of a link takes; what it sends is within the limits of both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limits {
    /// How large a frame may be.
    pub(crate) frame_bytes: u32,
    /// How much may be on the way for one document.
    pub(crate) window_bytes: u32,
}

impl Limits {
    pub(crate) fn of(config: &Config) -> Self {
        let told = |n_bytes: usize| u32::try_from(n_bytes).unwrap_or(u32::MAX);
        Self {
            frame_bytes: told(config.max_frame_bytes),
            window_bytes: told(config.window_bytes),
        }
    }

    /// What both take.
    pub(crate) fn meet(self, other: Self) -> Self {
        Self {
            frame_bytes: self.frame_bytes.min(other.frame_bytes),
            window_bytes: self.window_bytes.min(other.window_bytes),
        }
    }

    /// How many bytes of a part fit a frame.
    pub(crate) fn max_part_bytes(self) -> usize {
        (self.frame_bytes as usize)
            .saturating_sub(MAX_HEAD_BYTES)
            .max(1)
    }

    /// At least one byte: a neighbour that wants nothing on the way is sent one frame at a time.
    pub(crate) const fn window(self) -> usize {
        if self.window_bytes == 0 {
            return 1;
        }
        self.window_bytes as usize
    }
}

/// Of a transfer, what came before `offset` is here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PartAck {
    pub(crate) channel: u32,
    pub(crate) of_summary: bool,
    pub(crate) transfer: u32,
    pub(crate) offset: u64,
}

/// Opens a document on the link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Open<'a> {
    pub(crate) channel: u32,
    pub(crate) doc: DocId,
    /// Up to where the sender holds the receiver's outbox.
    pub(crate) have: Option<Position>,
    /// What the sender holds, where it knows no place in the receiver's outbox.
    pub(crate) told: Option<Told<'a>>,
    pub(crate) wants_reply: bool,
}

/// What a replica holds, so short that it fits any frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Told<'a> {
    /// Of the summary.
    pub(crate) versions: Digest,
    /// Of the state. Where versions are equal, states are, or somebody lost something.
    pub(crate) states: Digest,
    /// The summary itself if it is small.
    pub(crate) summary: Option<&'a [u8]>,
}

/// Asks whether both hold the same, now that nothing is on its way to the receiver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Check {
    pub(crate) channel: u32,
    /// Up to where the sender holds the receiver's outbox: if more is there, there is nothing to compare yet.
    pub(crate) have: Position,
    /// Of the digests of summary and state.
    pub(crate) held: Digest,
}

/// Asks for coded symbols of a summary whose head was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Want<'a> {
    pub(crate) channel: u32,
    /// Of the summary.
    pub(crate) versions: Digest,
    /// Of both heads and both epochs.
    pub(crate) session: u64,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The sender's own head: what it does not know need not be in the symbols.
    pub(crate) known: Option<&'a [u8]>,
}

/// Coded symbols in a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Symbols<'a> {
    pub(crate) channel: u32,
    pub(crate) session: u64,
    /// Of the set.
    pub(crate) n_members: u64,
    /// The index of the first.
    pub(crate) start: u64,
    pub(crate) symbols: Cow<'a, [Symbol]>,
}

/// A piece of something, mostly all of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Part<'a> {
    pub(crate) channel: u32,
    pub(crate) content: Content,
    /// Which transfer of the sender, on this channel. 0 where one frame is all of it.
    pub(crate) transfer: u32,
    pub(crate) total: u64,
    pub(crate) offset: u64,
    pub(crate) bytes: &'a [u8],
}

/// What the parts come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Content {
    /// Deltas for whoever holds everything up to `from`; for anyone, if that is `None`. Who has applied
    /// them holds everything up to `to`.
    Deltas {
        from: Option<Position>,
        to: Position,
    },
    /// The summary with this digest.
    Summary { versions: Digest, states: Digest },
    /// The head of the summary with this digest, which has `plain` bytes in all.
    Head {
        versions: Digest,
        states: Digest,
        plain: u64,
    },
}

impl Part<'_> {
    pub(crate) const fn is_whole(&self) -> bool {
        self.offset == 0 && self.bytes.len() as u64 == self.total
    }
}

/// The kinds in the first byte. Those of [`Content::Deltas`] carry flags.
mod kind {
    pub(super) const HELLO: u8 = 1;
    pub(super) const OPEN: u8 = 2;
    pub(super) const ASK: u8 = 3;
    pub(super) const ACK: u8 = 4;
    pub(super) const PART_ACK: u8 = 5;
    pub(super) const NACK: u8 = 6;
    pub(super) const REFUSE: u8 = 7;
    pub(super) const SUMMARY: u8 = 8;
    pub(super) const HEAD: u8 = 9;
    pub(super) const WANT: u8 = 10;
    pub(super) const SYMBOLS: u8 = 11;
    pub(super) const ASK_WHOLE: u8 = 12;
    pub(super) const PROBE: u8 = 13;
    pub(super) const PROBED: u8 = 14;
    pub(super) const PRESENCE: u8 = 15;
    pub(super) const DELTAS: u8 = 16;
    pub(super) const CHECK: u8 = 32;
    pub(super) const CHECKED: u8 = 33;
    pub(super) const HAS_FROM: u8 = 1;
    pub(super) const FROM_EARLIER_EPOCH: u8 = 2;
    pub(super) const TO_EARLIER_EPOCH: u8 = 4;
    pub(super) const IS_PART: u8 = 8;
}

/// No node takes smaller frames than these: the names of a document and a summary's digests must fit.
pub(crate) const MIN_FRAME_BYTES: u64 = 256;

/// The head of a part is never longer.
const MAX_HEAD_BYTES: usize = 128;
