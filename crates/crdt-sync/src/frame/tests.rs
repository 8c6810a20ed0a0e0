//! Every frame comes back as it was, and nothing else is taken for one.

use alloc::vec::Vec;

use crdt_core::Digest;
use crdt_core::codec::{DecodeError, Writer};

use super::{Check, Content, Frame, Hello, Limits, Open, Part, PartAck, Told};
use crate::position::Position;
use crate::{DocId, Refusal, StoreId};

const EPOCH: u64 = 0x0123_4567_89ab_cdef;

fn place(epoch: u64, seq: u64) -> Position {
    Position { epoch, seq }
}

#[expect(clippy::too_many_lines, reason = "a table of one frame of each kind")]
fn frames() -> Vec<Frame<'static>> {
    let digest = Digest::of(b"something");
    let deltas = |from, to, total, offset, bytes| {
        Frame::Part(Part {
            channel: 300,
            content: Content::Deltas { from, to },
            transfer: if total == 500 { 3 } else { 0 },
            total,
            offset,
            bytes,
        })
    };
    let open = |have, told| {
        Frame::Open(Open {
            channel: 7,
            doc: DocId::from_name("doc"),
            have,
            told,
            wants_reply: true,
        })
    };
    let told = |summary| Told {
        versions: digest,
        states: Digest::of(b"something else"),
        summary,
    };
    alloc::vec![
        Frame::Hello(Hello {
            store: StoreId::from_bytes([3; 16]),
            epoch: EPOCH,
            wants_reply: false,
            limits: Limits {
                frame_bytes: 256,
                window_bytes: 0,
            },
        }),
        Frame::Check(Check {
            channel: 9,
            have: place(EPOCH, 4),
            held: digest,
        }),
        Frame::Checked {
            channel: 9,
            is_same: true,
        },
        Frame::Probe { channel: 1, seq: 2 },
        Frame::Probed {
            channel: 1,
            seq: 2,
            upto: 3
        },
        Frame::Presence {
            channel: 4,
            bytes: b"here"
        },
        open(None, Some(told(Some(b"summary")))),
        open(None, Some(told(None))),
        open(Some(place(9, 1 << 40)), None),
        Frame::Ask {
            channel: u32::MAX,
            whole: true,
        },
        Frame::Ack {
            channel: 0,
            to: u64::MAX
        },
        Frame::PartAck(PartAck {
            channel: 1,
            of_summary: true,
            transfer: 9,
            offset: 2
        }),
        Frame::Nack {
            channel: 1,
            have: None
        },
        Frame::Nack {
            channel: 1,
            have: Some(place(5, 6))
        },
        Frame::Refuse {
            doc: DocId::from_name("doc"),
            refusal: Refusal::Diverged,
        },
        deltas(Some(place(EPOCH, 4)), place(EPOCH, 5), 5, 0, b"delta"),
        deltas(Some(place(1, 4)), place(2, 5), 5, 0, b"delta"),
        deltas(None, place(EPOCH, 5), 0, 0, b""),
        deltas(None, place(2, 5), 500, 100, b"delta"),
        Frame::Part(Part {
            channel: 0,
            content: Content::Summary {
                versions: digest,
                states: digest
            },
            transfer: 1,
            total: 12,
            offset: 2,
            bytes: b"a summary.",
        }),
    ]
}

fn bytes_of(frame: &Frame<'_>) -> Vec<u8> {
    let mut w = Writer::new();
    frame.write(EPOCH, &mut w);
    w.into_bytes()
}

#[test]
fn frames_come_back_as_they_were() {
    for frame in frames() {
        let bytes = bytes_of(&frame);
        assert_eq!(
            Frame::read(&bytes, Some(EPOCH)).as_ref(),
            Ok(&frame),
            "{bytes:?}"
        );
    }
}

const fn goes_to_the_end(frame: &Frame<'_>) -> bool {
    matches!(frame, Frame::Part(_) | Frame::Presence { .. })
}

#[test]
fn a_frame_that_is_cut_is_refused_or_shorter() {
    for frame in frames() {
        let bytes = bytes_of(&frame);
        for len in 0..bytes.len() {
            // The bytes of a part go to the end of the frame, so it may be cut there.
            let read = Frame::read(&bytes[..len], Some(EPOCH));
            assert!(read.is_err() || goes_to_the_end(&frame), "{bytes:?}, {len}");
        }
    }
}

#[test]
fn a_frame_with_more_behind_it_is_refused() {
    for frame in frames().iter().filter(|frame| !goes_to_the_end(frame)) {
        let mut bytes = bytes_of(frame);
        bytes.push(0);
        let read = Frame::read(&bytes, Some(EPOCH));
        assert!(
            matches!(read, Err(DecodeError::TrailingBytes { .. })),
            "{read:?}"
        );
    }
}

#[test]
fn what_a_flipped_bit_makes_never_panics() {
    for frame in frames() {
        let bytes = bytes_of(&frame);
        for bit in 0..8 * bytes.len() {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            drop(Frame::read(&damaged, Some(EPOCH)));
        }
    }
}

#[test]
fn no_part_ends_beyond_the_whole() {
    let mut bytes = bytes_of(&Frame::Part(Part {
        channel: 0,
        content: Content::Deltas {
            from: None,
            to: place(EPOCH, 1),
        },
        transfer: 1,
        total: 100,
        offset: 90,
        bytes: b"ten bytes.",
    }));
    assert!(Frame::read(&bytes, Some(EPOCH)).is_ok());
    bytes.push(0);
    assert!(Frame::read(&bytes, Some(EPOCH)).is_err());
}
