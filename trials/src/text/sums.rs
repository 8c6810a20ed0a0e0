//! Checksums made true.

use crdt_core::codec::Reader;

/// Makes all checksums of an update or a file true, as far as there are places for them.
pub(super) fn fix_sums(bytes: &mut [u8]) {
    if bytes.first() == Some(&SLIP) {
        if let Some(body) = bytes.len().checked_sub(2) {
            let sum = crc32fast::hash(&bytes[..body]) as u16;
            bytes[body..].copy_from_slice(&sum.to_le_bytes());
        }
        return;
    }
    let Some(places) = places(bytes) else {
        return;
    };
    for (at, content) in places {
        let sum = crc32fast::hash(&bytes[content]);
        bytes[at..at + 4].copy_from_slice(&sum.to_le_bytes());
    }
}

/// Makes the last byte of a link's message what the link expects of its message number `n`.
pub(super) fn fix_link(message: &mut [u8], n: u64) {
    if let Some((last, content)) = message.split_last_mut() {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&n.to_le_bytes());
        hasher.update(content);
        *last = hasher.finalize() as u8;
    }
}

/// What small updates start with.
const SLIP: u8 = 1;

type Place = (usize, core::ops::Range<usize>);

/// Where the checksums of a file stand, and what each is of: those of the sections, and then that of the
/// head, which covers them.
fn places(bytes: &[u8]) -> Option<Vec<Place>> {
    let mut r = Reader::new(bytes);
    r.raw(5).ok()?;
    let n_sections = r.u8().ok()?;
    let mut sections = Vec::new();
    for _ in 0..n_sections {
        r.u8().ok()?;
        let len = usize::try_from(r.u64().ok()?).ok()?;
        sections.push((r.offset(), len));
        r.u32_le().ok()?;
    }
    let head = r.offset();
    r.u32_le().ok()?;
    let mut start = r.offset();
    let mut places = Vec::new();
    for (at, len) in sections {
        let end = start.saturating_add(len).min(bytes.len());
        places.push((at, start..end));
        start = end;
    }
    places.push((head, 0..head));
    Some(places)
}
