//! Frames to bytes.

use crdt_core::codec::{Encode, Writer};

use super::{Check, Content, Frame, Hello, Open, Part, Symbols, Told, VERSION, Want, kind};
use crate::position::Position;
use crate::riblt;

impl Frame<'_> {
    /// Writes the frame; `epoch` is the one in its sender's hello.
    pub(crate) fn write(&self, epoch: u64, w: &mut Writer) {
        match self {
            Self::Hello(hello) => write_hello(hello, w),
            Self::Open(open) => write_open(open, w),
            Self::Ask { channel, whole } => {
                w.u8(if *whole { kind::ASK_WHOLE } else { kind::ASK });
                w.u64(u64::from(*channel));
            }
            Self::Want(want) => write_want(want, w),
            Self::Symbols(symbols) => {
                write_symbols(symbols, usize::MAX, w);
            }
            Self::Part(part) => {
                write_part_head(part, epoch, w);
                w.raw(part.bytes);
            }
            Self::Ack { channel, to } => {
                w.u8(kind::ACK);
                w.u64(u64::from(*channel));
                w.u64(*to);
            }
            Self::PartAck(ack) => {
                w.u8(kind::PART_ACK);
                w.u64(u64::from(ack.channel));
                w.bool(ack.of_summary);
                w.u64(u64::from(ack.transfer));
                w.u64(ack.offset);
            }
            Self::Probe { channel, seq } => {
                w.u8(kind::PROBE);
                w.u64(u64::from(*channel));
                w.u64(*seq);
            }
            Self::Probed { channel, seq, upto } => {
                w.u8(kind::PROBED);
                w.u64(u64::from(*channel));
                w.u64(*seq);
                w.u64(*upto);
            }
            Self::Presence { channel, bytes } => {
                w.u8(kind::PRESENCE);
                w.u64(u64::from(*channel));
                w.raw(bytes);
            }
            Self::Check(check) => write_check(check, w),
            Self::Checked { channel, is_same } => {
                w.u8(kind::CHECKED);
                w.u64(u64::from(*channel));
                w.bool(*is_same);
            }
            Self::Nack { channel, have } => {
                w.u8(kind::NACK);
                w.u64(u64::from(*channel));
                write_position(*have, w);
            }
            Self::Refuse { doc, refusal } => {
                w.u8(kind::REFUSE);
                doc.write(w);
                w.u8(refusal.to_byte());
            }
        }
    }
}

/// Everything of a part but its bytes, which are the rest of the frame.
pub(crate) fn write_part_head(part: &Part<'_>, epoch: u64, w: &mut Writer) {
    match part.content {
        Content::Deltas { from, to } => {
            let is_earlier = |position: Position| position.epoch != epoch;
            let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
            w.u8(kind::DELTAS
                | flag(from.is_some(), kind::HAS_FROM)
                | flag(from.is_some_and(is_earlier), kind::FROM_EARLIER_EPOCH)
                | flag(is_earlier(to), kind::TO_EARLIER_EPOCH)
                | flag(!part.is_whole(), kind::IS_PART));
            w.u64(u64::from(part.channel));
            if let Some(from) = from {
                write_place(from, epoch, w);
            }
            write_place(to, epoch, w);
            if !part.is_whole() {
                write_extent(part, w);
            }
        }
        Content::Summary { versions, states } => {
            w.u8(kind::SUMMARY);
            w.u64(u64::from(part.channel));
            w.raw(&versions.to_bytes());
            w.raw(&states.to_bytes());
            write_extent(part, w);
        }
        Content::Head {
            versions,
            states,
            plain,
        } => {
            w.u8(kind::HEAD);
            w.u64(u64::from(part.channel));
            w.raw(&versions.to_bytes());
            w.raw(&states.to_bytes());
            w.u64(plain);
            write_extent(part, w);
        }
    }
}

fn write_extent(part: &Part<'_>, w: &mut Writer) {
    w.u64(u64::from(part.transfer));
    w.u64(part.total);
    w.u64(part.offset);
}

/// Writes as many symbols as fit `max_bytes`; returns how many.
pub(crate) fn write_symbols(frame: &Symbols<'_>, max_bytes: usize, w: &mut Writer) -> usize {
    w.u8(kind::SYMBOLS);
    w.u64(u64::from(frame.channel));
    w.u64_le(frame.session);
    w.u64(frame.n_members);
    w.u64(frame.start);
    riblt::write_symbols(&frame.symbols, frame.start, frame.n_members, max_bytes, w)
}

fn write_want(want: &Want<'_>, w: &mut Writer) {
    w.u8(kind::WANT);
    w.u64(u64::from(want.channel));
    w.raw(&want.versions.to_bytes());
    w.u64_le(want.session);
    w.u64(want.start);
    w.u64(want.end);
    w.bool(want.known.is_some());
    if let Some(known) = want.known {
        w.bytes(known);
    }
}

fn write_check(check: &Check, w: &mut Writer) {
    w.u8(kind::CHECK);
    w.u64(u64::from(check.channel));
    check.have.encode(w);
    w.raw(&check.held.to_bytes());
}

fn write_hello(hello: &Hello, w: &mut Writer) {
    w.u8(kind::HELLO);
    w.u64(VERSION);
    hello.store.write(w);
    w.u64_le(hello.epoch);
    w.bool(hello.wants_reply);
    w.u64(u64::from(hello.limits.frame_bytes));
    w.u64(u64::from(hello.limits.window_bytes));
}

fn write_open(open: &Open<'_>, w: &mut Writer) {
    w.u8(kind::OPEN);
    w.u64(u64::from(open.channel));
    open.doc.write(w);
    w.bool(open.wants_reply);
    write_position(open.have, w);
    w.bool(open.told.is_some());
    if let Some(told) = &open.told {
        write_told(told, w);
    }
}

fn write_told(told: &Told<'_>, w: &mut Writer) {
    w.raw(&told.versions.to_bytes());
    w.raw(&told.states.to_bytes());
    w.bool(told.summary.is_some());
    if let Some(summary) = told.summary {
        w.bytes(summary);
    }
}

fn write_position(position: Option<Position>, w: &mut Writer) {
    w.bool(position.is_some());
    if let Some(position) = position {
        position.encode(w);
    }
}

/// The epoch only if it is not that of the hello.
fn write_place(position: Position, epoch: u64, w: &mut Writer) {
    if position.epoch != epoch {
        w.u64_le(position.epoch);
    }
    w.u64(position.seq);
}
