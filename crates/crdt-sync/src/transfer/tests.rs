//! A transfer arrives whole, whatever is lost, doubled or late.

use alloc::vec::Vec;

use crdt_testkit::Rng;

use super::{Incoming, Outgoing, Received};
use crate::frame::{Content, Part};
use crate::payload::Payload;
use crate::position::Position;

const CONTENT: Content = Content::Deltas {
    from: None,
    to: Position { epoch: 1, seq: 9 },
};

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n % 251) as u8).collect()
}

/// Sends over a bad link; returns what came and how many parts it took.
fn send(len: usize, max_bytes: usize, seed: u64) -> (Vec<u8>, usize) {
    let mut rng = Rng::new(seed);
    let mut n_transfers = 0;
    let payload = Payload::from_bytes(bytes(len));
    let mut outgoing = Outgoing::new(CONTENT, payload, &mut n_transfers);
    let mut slot: Option<Incoming> = None;
    let mut late: Vec<(u32, u64, u64, Vec<u8>)> = Vec::new();
    for n_parts in 0..100_000 {
        let Some(part) = outgoing.next_part(0, max_bytes, 4 * max_bytes) else {
            outgoing.rewind();
            continue;
        };
        late.push((part.transfer, part.offset, part.total, part.bytes.to_vec()));
        while !late.is_empty() && rng.chance(60) {
            let at = rng.below(late.len());
            let (transfer, offset, total, bytes) = if rng.chance(20) {
                late[at].clone()
            } else {
                late.swap_remove(at)
            };
            if rng.chance(20) {
                continue;
            }
            let part = Part {
                channel: 0,
                content: CONTENT,
                transfer,
                total,
                offset,
                bytes: &bytes,
            };
            match Incoming::receive(&mut slot, &part) {
                Received::All(all) => return (all, n_parts),
                Received::Partly(len) => {
                    outgoing.ack(transfer, len, &mut n_transfers);
                }
            }
        }
    }
    panic!("it does not arrive");
}

#[test]
fn what_arrives_is_what_was_sent() {
    for seed in 0..200 {
        let len = [0, 1, 9, 10, 11, 500][seed as usize % 6];
        assert_eq!(send(len, 10, seed).0, bytes(len), "seed {seed}");
    }
}

#[test]
fn a_whole_in_one_part_needs_no_buffer() {
    let mut outgoing = Outgoing::new(CONTENT, Payload::from_bytes(bytes(10)), &mut 0);
    let mut slot = None;
    let part = outgoing.next_part(0, 10, 10).unwrap();
    assert_eq!(
        Incoming::receive(&mut slot, &part),
        Received::All(bytes(10))
    );
    assert!(slot.is_none());
    assert!(outgoing.next_part(0, 10, 10).is_none());
}

#[test]
fn no_more_than_the_window_is_on_the_way() {
    let mut outgoing = Outgoing::new(CONTENT, Payload::from_bytes(bytes(100)), &mut 0);
    let mut n_parts = 0;
    while outgoing.next_part(0, 10, 30).is_some() {
        n_parts += 1;
    }
    assert_eq!(n_parts, 3);
    assert!(outgoing.ack(1, 10, &mut 1));
    assert!(outgoing.next_part(0, 10, 30).is_some());
    assert!(!outgoing.ack(1, 10, &mut 1) && !outgoing.is_over());
}

#[test]
fn a_late_answer_does_not_begin_a_transfer_anew() {
    let mut n_transfers = 0;
    let payload = Payload::from_bytes(bytes(100));
    let mut outgoing = Outgoing::new(CONTENT, payload, &mut n_transfers);
    while outgoing.next_part(0, 10, 100).is_some() {}
    assert!(outgoing.ack(1, 50, &mut n_transfers));
    for (number, offset) in [(1, 0), (1, 40), (2, 0), (2, 90), (1, 101)] {
        assert!(!outgoing.ack(number, offset, &mut n_transfers));
    }
    outgoing.rewind();
    let part = outgoing.next_part(0, 10, 100).unwrap();
    assert_eq!((part.transfer, part.offset), (1, 50));
}

#[test]
fn a_receiver_that_lost_a_transfer_is_believed_in_the_end() {
    let mut n_transfers = 0;
    let payload = Payload::from_bytes(bytes(100));
    let mut outgoing = Outgoing::new(CONTENT, payload, &mut n_transfers);
    assert!(outgoing.next_part(0, 50, 100).is_some());
    assert!(outgoing.ack(1, 50, &mut n_transfers));
    for _ in 0..3 {
        outgoing.ack(1, 0, &mut n_transfers);
    }
    let part = outgoing.next_part(0, 50, 100).unwrap();
    assert_eq!((part.transfer, part.offset), (2, 0));
    assert!(!outgoing.ack(1, 50, &mut n_transfers));
}
