//! Cases that random histories seldom meet, one batch after the other.

use alloc::vec;
use alloc::vec::Vec;

use super::subject::Subject;
use super::{Fate, Violation};
use crate::{Batch, Storage};

/// The seed that stands for this table.
const NO_SEED: u64 = 0;

pub(super) fn check<S: Storage>(open: &mut dyn FnMut(Fate<S>) -> S) -> Result<(), Violation> {
    let mut subject = Subject::create(NO_SEED, open)?.reopen(open)?;
    for batch in batches() {
        subject = subject.commit(&batch, false, open)?;
        for prefix in [&b""[..], b"a", b"ab", b"b", b"\xff", b"\xff\xff", b"none"] {
            subject.compare_scan(prefix, 1)?;
            subject.compare_key(prefix)?;
        }
        subject = subject.reopen(open)?;
    }
    Ok(())
}

fn batches() -> Vec<Batch> {
    let large = vec![0xa5; 1 << 20];
    [
        // Nothing at all; a delete of what is not there.
        &[][..],
        &[(&b"a"[..], None)],
        // Keys that are prefixes of others, and the last of all prefixes.
        &[
            (b"a", Some(&b"1"[..])),
            (b"ab", Some(b"2")),
            (b"b", Some(b"3")),
        ],
        &[(b"\xff", Some(b"4")), (b"\xff\xff\xff", Some(b"5"))],
        // An empty value is not an absent one.
        &[(b"empty", Some(b""))],
        // Overwriting and deleting together, then the other way round.
        &[(b"a", None), (b"ab", Some(b"6"))],
        &[(b"a", Some(b"7")), (b"ab", None)],
        // The same again changes nothing.
        &[(b"a", Some(b"7")), (b"ab", None)],
        // A snapshot may be large, and shrink again.
        &[(b"large", Some(&large))],
        &[(b"large", Some(b"small"))],
        &[(b"large", None)],
    ]
    .into_iter()
    .map(batch)
    .collect()
}

fn batch(writes: &[(&[u8], Option<&[u8]>)]) -> Batch {
    let mut batch = Batch::new();
    for (key, value) in writes {
        match value {
            Some(value) => batch.put(key.to_vec(), value.to_vec()),
            None => batch.delete(key.to_vec()),
        }
    }
    batch
}
