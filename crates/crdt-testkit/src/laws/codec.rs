//! The laws of bytes: one encoding for each value, and no other that is read.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode};

use super::judge::{Judge, show};
use super::law::Law;
use super::subject::Subject;
use super::world::World;
use crate::rng::Rng;

/// Checks a few states and deltas of a history that was played.
pub(super) fn check<S: Subject>(world: &mut World<S>) {
    let World {
        judge,
        snapshots,
        deltas,
        rng,
        ..
    } = world;
    for _ in 0..N_PAIRS {
        let pair = core::array::from_fn(|_| &rng.pick(snapshots).state);
        check_pair(judge, pair);
        if !deltas.is_empty() {
            check_pair(judge, core::array::from_fn(|_| rng.pick(deltas)));
        }
    }
    check_damage(judge, rng, &snapshots[snapshots.len() - 1].state);
    if !deltas.is_empty() {
        check_damage(judge, rng, &deltas[rng.clone().below(deltas.len())]);
    }
}

fn check_pair<T: Encode + Decode + PartialEq + Debug>(judge: &mut Judge, [a, b]: [&T; 2]) {
    judge.open(Law::RoundTrip);
    let (bytes, other) = (a.to_bytes(), b.to_bytes());
    let read = T::from_bytes(&bytes, &DecodeLimits::default());
    judge.check(Law::RoundTrip, read.as_ref() == Ok(a), &|| {
        format!("{} is read as {}", show(a), show(&read))
    });
    judge.open(Law::Canonical);
    judge.check(Law::Canonical, (a == b) == (bytes == other), &|| {
        let (a, b) = (show(a), show(b));
        format!("{a} has bytes {bytes:?}, {b} has {other:?}")
    });
    if let Ok(read) = read {
        judge.same(
            Law::Canonical,
            "written, and read and written",
            &bytes,
            &read.to_bytes(),
        );
    }
}

/// Whatever bytes are read as a value are those that the value has.
fn check_damage<T: Encode + Decode + Debug>(judge: &mut Judge, rng: &mut Rng, value: &T) {
    judge.open(Law::Canonical);
    let whole = value.to_bytes();
    for _ in 0..N_DAMAGED {
        let mut bytes = whole.clone();
        match rng.below(4) {
            0 => bytes.truncate(rng.below(whole.len() + 1)),
            1 => bytes.push(rng.below(3) as u8),
            _ if bytes.is_empty() => {}
            2 => bytes[rng.below(whole.len())] ^= 1 << rng.below(8),
            _ => bytes[rng.below(whole.len())] = rng.below(4) as u8,
        }
        if let Ok(read) = T::from_bytes(&bytes, &DecodeLimits::default()) {
            judge.check(Law::Canonical, read.to_bytes() == bytes, &|| {
                format!(
                    "{bytes:?} is read as {}, whose bytes are others",
                    show(&read)
                )
            });
        }
    }
}

const N_PAIRS: usize = 3;
const N_DAMAGED: usize = 8;
