//! Random histories of one storage, beside a model that is a map.

use alloc::vec::Vec;

use super::subject::Subject;
use super::{Fate, Violation};
use crate::rng::Rng;
use crate::{Batch, Storage};

const N_STEPS: usize = 32;

pub(super) fn check<S: Storage>(
    seed: u64,
    open: &mut dyn FnMut(Fate<S>) -> S,
) -> Result<(), Violation> {
    let mut rng = Rng::new(seed);
    let mut subject = Subject::create(seed, open)?;
    for _ in 0..N_STEPS {
        let batch = random_batch(&mut rng);
        subject = subject.commit(&batch, rng.chance(30), open)?;
        if rng.chance(25) {
            subject = subject.reopen(open)?;
        }
        subject.compare_key(&random_key(&mut rng))?;
        let mut prefix = random_key(&mut rng);
        prefix.truncate(rng.below(3));
        subject.compare_scan(&prefix, rng.below(4))?;
    }
    Ok(())
}

fn random_batch(rng: &mut Rng) -> Batch {
    let mut batch = Batch::new();
    for _ in 0..rng.below(6) {
        let key = random_key(rng);
        if rng.chance(70) {
            batch.put(key, random_value(rng));
        } else {
            batch.delete(key);
        }
    }
    batch
}

/// Few letters, so that keys meet and are prefixes of each other; the largest and the smallest among
/// them, where ranges go wrong.
fn random_key(rng: &mut Rng) -> Vec<u8> {
    const LETTERS: [u8; 4] = [0x00, 0x01, 0x7f, 0xff];
    (0..=rng.below(4))
        .map(|_| LETTERS[rng.below(LETTERS.len())])
        .collect()
}

/// Mostly small; some longer than a page of a disk.
fn random_value(rng: &mut Rng) -> Vec<u8> {
    let n_bytes = if rng.chance(10) {
        rng.below(20_000)
    } else {
        rng.below(20)
    };
    let start = rng.next_u64();
    (start..)
        .take(n_bytes)
        .map(|n| n.to_le_bytes()[0])
        .collect()
}
