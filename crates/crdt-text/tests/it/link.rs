//! Links: what one end says, the other understands; nothing else is understood.

use crdt_core::codec::DecodeLimits;
use crdt_testkit::Rng;
use crdt_text::{LinkDecoder, LinkEncoder, OpLog, Update};

use crate::support::{histories, ingest, seeds};

/// The updates that a replica sends while it learns of a history, and the messages they make.
fn talk(trace: &crdt_testkit::Trace) -> (OpLog, Vec<(Update, Vec<u8>)>) {
    let mut log = OpLog::new();
    let mut sender = LinkEncoder::new();
    let mut said = Vec::new();
    for txn in &trace.txns {
        let before = log.version().clone();
        ingest(&mut log, trace, txn).expect("a valid history");
        let update = log.update_since(&before).expect("a known version");
        let message = sender.encode(&update);
        said.push((update, message));
    }
    (log, said)
}

#[test]
fn messages_in_order_carry_the_updates() {
    let limits = DecodeLimits::default();
    for (seed, trace) in histories() {
        let (log, said) = talk(&trace);
        let (mut copy, mut receiver) = (OpLog::new(), LinkDecoder::new());
        for (update, message) in &said {
            let read = receiver.decode(message, &limits).expect("the next message");
            assert_eq!(
                format!("{read:?}"),
                format!("{update:?}"),
                "CRDT_SEED={seed}"
            );
            copy.apply(&read).expect("in order");
        }
        assert_eq!(copy, log, "CRDT_SEED={seed}");
    }
}

/// One byte tells messages apart: once in 256 times it cannot, and then numbers are still checked.
#[test]
fn lost_doubled_and_damaged_messages_change_nothing() {
    let limits = DecodeLimits::default();
    let (mut n_refused, mut n_tried) = (0, 0);
    for (seed, trace) in histories().take(20) {
        let mut rng = Rng::new(seed);
        let (_, said) = talk(&trace);
        let mut receiver = LinkDecoder::new();
        for (at, (_, message)) in said.iter().enumerate() {
            let mut wrong = said[rng.below(said.len())].1.clone();
            if wrong == *message || rng.chance(50) {
                wrong.clone_from(message);
                let byte = rng.below(wrong.len());
                wrong[byte] ^= 1 << rng.below(8);
            }
            let before = format!("{receiver:?}");
            n_tried += 1;
            if receiver.clone().decode(&wrong, &limits).is_err() {
                n_refused += 1;
                assert!(receiver.decode(&wrong, &limits).is_err());
                assert_eq!(
                    format!("{receiver:?}"),
                    before,
                    "CRDT_SEED={seed}, message {at}"
                );
            }
            for len in 0..message.len() {
                drop(receiver.clone().decode(&message[..len], &limits));
            }
            receiver.decode(message, &limits).expect("the next message");
        }
    }
    assert!(n_refused * 100 > n_tried * 97, "{n_refused} of {n_tried}");
}

#[test]
fn noise_never_panics() {
    for seed in seeds(5_000) {
        let mut rng = Rng::new(seed);
        let noise: Vec<u8> = (0..rng.below(60)).map(|_| rng.next_u64() as u8).collect();
        let mut receiver = LinkDecoder::new();
        for last in 0..=255 {
            let mut message = noise.clone();
            message.push(last);
            if let Ok(update) = receiver.decode(&message, &DecodeLimits::default()) {
                drop(OpLog::new().apply(&update));
                break;
            }
        }
    }
}
