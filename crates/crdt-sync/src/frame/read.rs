//! Bytes to frames.

use crdt_core::Digest;
use crdt_core::codec::{Budget, Decode, DecodeError, DecodeLimits, Reader};

use super::{
    Check, Content, Frame, Hello, Limits, MIN_FRAME_BYTES, Open, Part, PartAck, Symbols, Told,
    VERSION, Want, kind,
};
use crate::id::read_16;
use crate::position::Position;
use crate::riblt::{self, MAX_SYMBOLS};
use crate::{DocId, Refusal, StoreId};

impl<'a> Frame<'a> {
    /// Reads a frame that fills `bytes`; `epoch` is the one in its sender's hello, if that came.
    pub(crate) fn read(bytes: &'a [u8], epoch: Option<u64>) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let kind = r.u8()?;
        if kind & kind::DELTAS != 0 && kind < 2 * kind::DELTAS {
            return read_deltas(&mut r, kind, epoch.unwrap_or_default());
        }
        let frame = match kind {
            kind::HELLO => Self::Hello(read_hello(&mut r)?),
            kind::OPEN => Self::Open(read_open(&mut r)?),
            kind::ASK | kind::ASK_WHOLE => Self::Ask {
                channel: r.u32()?,
                whole: kind == kind::ASK_WHOLE,
            },
            kind::WANT => Self::Want(read_want(&mut r)?),
            kind::SYMBOLS => Self::Symbols(read_symbols(&mut r)?),
            kind::ACK => Self::Ack {
                channel: r.u32()?,
                to: r.u64()?,
            },
            kind::PART_ACK => Self::PartAck(PartAck {
                channel: r.u32()?,
                of_summary: r.bool()?,
                transfer: r.u32()?,
                offset: r.u64()?,
            }),
            kind::PROBE => Self::Probe {
                channel: r.u32()?,
                seq: r.u64()?,
            },
            kind::PROBED => Self::Probed {
                channel: r.u32()?,
                seq: r.u64()?,
                upto: r.u64()?,
            },
            kind::PRESENCE => Self::Presence {
                channel: r.u32()?,
                bytes: r.raw(r.remaining())?,
            },
            kind::CHECK => Self::Check(read_check(&mut r)?),
            kind::CHECKED => Self::Checked {
                channel: r.u32()?,
                is_same: r.bool()?,
            },
            kind::NACK => Self::Nack {
                channel: r.u32()?,
                have: read_position(&mut r)?,
            },
            kind::REFUSE => {
                let doc = DocId::read(&mut r)?;
                Self::Refuse {
                    doc,
                    refusal: Refusal::from_byte(r.u8()?),
                }
            }
            kind::SUMMARY | kind::HEAD => return read_summary(&mut r, kind == kind::HEAD),
            _ => {
                return Err(DecodeError::UnknownTag {
                    offset: 0,
                    found: u64::from(kind),
                });
            }
        };
        r.finish()?;
        Ok(frame)
    }
}

fn read_hello(r: &mut Reader<'_>) -> Result<Hello, DecodeError> {
    let found = r.u64()?;
    if found != VERSION {
        return Err(DecodeError::UnknownVersion { found });
    }
    Ok(Hello {
        store: StoreId::read(r)?,
        epoch: r.u64_le()?,
        wants_reply: r.bool()?,
        limits: read_limits(r)?,
    })
}

fn read_limits(r: &mut Reader<'_>) -> Result<Limits, DecodeError> {
    let offset = r.offset();
    let frame_bytes = r.u32()?;
    if u64::from(frame_bytes) < MIN_FRAME_BYTES {
        return Err(DecodeError::OutOfRange {
            offset,
            found: u64::from(frame_bytes),
            max: u64::from(u32::MAX),
        });
    }
    Ok(Limits {
        frame_bytes,
        window_bytes: r.u32()?,
    })
}

fn read_open<'a>(r: &mut Reader<'a>) -> Result<Open<'a>, DecodeError> {
    Ok(Open {
        channel: r.u32()?,
        doc: DocId::read(r)?,
        wants_reply: r.bool()?,
        have: read_position(r)?,
        told: if r.bool()? { Some(read_told(r)?) } else { None },
    })
}

fn read_told<'a>(r: &mut Reader<'a>) -> Result<Told<'a>, DecodeError> {
    Ok(Told {
        versions: digest(r)?,
        states: digest(r)?,
        summary: if r.bool()? { Some(r.bytes()?) } else { None },
    })
}

fn read_check(r: &mut Reader<'_>) -> Result<Check, DecodeError> {
    Ok(Check {
        channel: r.u32()?,
        have: Position::decode(r, &mut Budget::new(&DecodeLimits::default()))?,
        held: digest(r)?,
    })
}

fn read_position(r: &mut Reader<'_>) -> Result<Option<Position>, DecodeError> {
    let mut budget = Budget::new(&DecodeLimits::default());
    r.bool()?
        .then(|| Position::decode(r, &mut budget))
        .transpose()
}

fn read_deltas<'a>(r: &mut Reader<'a>, flags: u8, epoch: u64) -> Result<Frame<'a>, DecodeError> {
    let channel = r.u32()?;
    let mut place = |is_earlier: bool| {
        let epoch = if is_earlier { r.u64_le()? } else { epoch };
        Ok(Position {
            epoch,
            seq: r.u64()?,
        })
    };
    let from = (flags & kind::HAS_FROM != 0)
        .then(|| place(flags & kind::FROM_EARLIER_EPOCH != 0))
        .transpose()?;
    let to = place(flags & kind::TO_EARLIER_EPOCH != 0)?;
    let extent = (flags & kind::IS_PART != 0)
        .then(|| read_extent(r))
        .transpose()?;
    let content = Content::Deltas { from, to };
    part(r, channel, content, extent)
}

fn read_want<'a>(r: &mut Reader<'a>) -> Result<Want<'a>, DecodeError> {
    Ok(Want {
        channel: r.u32()?,
        versions: digest(r)?,
        session: r.u64_le()?,
        start: r.u64_at_most(MAX_SYMBOLS)?,
        end: r.u64_at_most(MAX_SYMBOLS)?,
        known: if r.bool()? { Some(r.bytes()?) } else { None },
    })
}

fn read_symbols<'a>(r: &mut Reader<'_>) -> Result<Symbols<'a>, DecodeError> {
    let (channel, session) = (r.u32()?, r.u64_le()?);
    let (n_members, start) = (r.u64()?, r.u64_at_most(MAX_SYMBOLS)?);
    let symbols = riblt::read_symbols(r, start, n_members)?;
    Ok(Symbols {
        channel,
        session,
        n_members,
        start,
        symbols: symbols.into(),
    })
}

fn read_summary<'a>(r: &mut Reader<'a>, is_head: bool) -> Result<Frame<'a>, DecodeError> {
    let channel = r.u32()?;
    let (versions, states) = (digest(r)?, digest(r)?);
    let content = if is_head {
        let plain = r.u64()?;
        Content::Head {
            versions,
            states,
            plain,
        }
    } else {
        Content::Summary { versions, states }
    };
    let extent = read_extent(r)?;
    part(r, channel, content, Some(extent))
}

/// Which transfer, how large it is, and where the part begins.
fn read_extent(r: &mut Reader<'_>) -> Result<(u32, u64, u64), DecodeError> {
    Ok((r.u32()?, r.u64()?, r.u64()?))
}

/// The rest of the frame is the bytes of the part.
fn part<'a>(
    r: &mut Reader<'a>,
    channel: u32,
    content: Content,
    extent: Option<(u32, u64, u64)>,
) -> Result<Frame<'a>, DecodeError> {
    let at = r.offset();
    let bytes = r.raw(r.remaining())?;
    let len = bytes.len() as u64;
    let (transfer, total, offset) = extent.unwrap_or((0, len, 0));
    // No part ends beyond the whole, and only a whole is empty.
    let ends_inside = offset.checked_add(len).is_some_and(|end| end <= total);
    if !ends_inside || (len == 0 && total > 0) {
        return Err(DecodeError::OutOfRange {
            offset: at,
            found: offset,
            max: total,
        });
    }
    Ok(Frame::Part(Part {
        channel,
        content,
        transfer,
        total,
        offset,
        bytes,
    }))
}

fn digest(r: &mut Reader<'_>) -> Result<Digest, DecodeError> {
    read_16(r).map(Digest::from_bytes)
}
