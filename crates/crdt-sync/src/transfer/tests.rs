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
    let mut outgoing = Outgoing::new(CONTENT, payload.into(), &mut n_transfers);
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
    let mut outgoing = Outgoing::new(CONTENT, Payload::from_bytes(bytes(10)).into(), &mut 0);
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
    let mut outgoing = Outgoing::new(CONTENT, Payload::from_bytes(bytes(100)).into(), &mut 0);
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
    let mut outgoing = Outgoing::new(CONTENT, payload.into(), &mut n_transfers);
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
    let mut outgoing = Outgoing::new(CONTENT, payload.into(), &mut n_transfers);
    assert!(outgoing.next_part(0, 50, 100).is_some());
    assert!(outgoing.ack(1, 50, &mut n_transfers));
    for _ in 0..3 {
        outgoing.ack(1, 0, &mut n_transfers);
    }
    let part = outgoing.next_part(0, 50, 100).unwrap();
    assert_eq!((part.transfer, part.offset), (2, 0));
    assert!(!outgoing.ack(1, 50, &mut n_transfers));
}

/// A late part of an earlier transfer took the place of the one that went on.
#[test]
fn a_late_part_of_an_earlier_transfer_takes_nothing_from_the_next() {
    let mut n_transfers = 0;
    let mut transfer = || {
        let payload = Payload::from_bytes(bytes(100));
        Outgoing::new(CONTENT, payload.into(), &mut n_transfers)
    };
    let (mut first, mut second) = (transfer(), transfer());
    let mut slot = None;
    let part = second.next_part(0, 40, 100).unwrap();
    assert_eq!(Incoming::receive(&mut slot, &part), Received::Partly(40));
    for _ in 0..3 {
        let late = first.next_part(0, 40, 200).unwrap();
        assert_eq!(Incoming::receive(&mut slot, &late), Received::Partly(0));
    }
    let part = second.next_part(0, 60, 100).unwrap();
    assert_eq!(
        Incoming::receive(&mut slot, &part),
        Received::All(bytes(100))
    );
}

/// What is whole is taken out: the buffer holds one delta, not the transfer.
#[test]
fn deltas_are_taken_out_as_they_come_whole() {
    let deltas: Vec<Payload> = (0..20_u8).map(|n| Payload::of([&[n; 30][..]])).collect();
    let mut outgoing = Outgoing::new(CONTENT, deltas.into(), &mut 0);
    let mut slot = None;
    let mut all = Vec::new();
    while let Some(part) = outgoing.next_part(0, 7, usize::MAX) {
        match Incoming::receive(&mut slot, &part) {
            Received::All(rest) => all.extend(rest),
            Received::Partly(_) => {
                let held = slot.as_mut().unwrap();
                all.extend(held.take_whole(30).unwrap());
                assert!(held.n_bytes() <= 31);
            }
        }
    }
    let expected: Vec<u8> = (0..20)
        .flat_map(|n| [&[30][..], &[n; 30]].concat())
        .collect();
    assert_eq!(all, expected);
    // One that claims to be larger is known by its first bytes; so is what has no length at all.
    for bytes in [&[31, 0][..], &[0xff; 50]] {
        let payload = Payload::from_bytes([bytes, &[0; 100]].concat());
        let mut outgoing = Outgoing::new(CONTENT, payload.into(), &mut 0);
        let part = outgoing.next_part(0, bytes.len(), 100).unwrap();
        let mut slot = None;
        Incoming::receive(&mut slot, &part);
        assert!(slot.unwrap().take_whole(30).is_err());
    }
}
