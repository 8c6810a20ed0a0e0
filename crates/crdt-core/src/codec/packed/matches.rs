//! Finding earlier places that go on like the one at hand.

use alloc::vec;
use alloc::vec::Vec;

/// Places by the hash of their first bytes, each linked to the one before.
pub(super) struct Matches<'a> {
    bytes: &'a [u8],
    heads: Vec<u32>,
    /// The place before with an equal hash, plus one; 0 for none.
    links: Vec<u32>,
}

/// An earlier place: how far back, and for how many bytes it goes on alike.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) distance: usize,
    pub(super) len: usize,
}

impl<'a> Matches<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            heads: vec![0; 1 << HASH_BITS],
            links: vec![0; bytes.len()],
        }
    }

    /// Makes a place known to those behind it.
    pub(super) fn insert(&mut self, at: usize) {
        if let Some(hash) = self.hash(at) {
            self.links[at] = self.heads[hash];
            self.heads[hash] = at as u32 + 1;
        }
    }

    /// Calls `found` with ever longer matches, ever farther away, none beyond `end`.
    pub(super) fn find(&self, at: usize, end: usize, mut found: impl FnMut(Match)) -> usize {
        let Some(hash) = self.hash(at) else {
            return 0;
        };
        let mut longest = super::MIN_COPY - 1;
        let mut link = self.heads[hash];
        for _ in 0..MAX_TRIES {
            let Some(place) = (link as usize).checked_sub(1) else {
                break;
            };
            link = self.links[place];
            if at + longest >= end || self.bytes[place + longest] != self.bytes[at + longest] {
                continue;
            }
            let len = common_len(&self.bytes[place..], &self.bytes[at..end]);
            if len > longest {
                longest = len;
                let distance = at - place;
                found(Match { distance, len });
            }
        }
        if longest < super::MIN_COPY {
            0
        } else {
            longest
        }
    }

    fn hash(&self, at: usize) -> Option<usize> {
        let three = self.bytes.get(at..at + 3)?;
        let number = u32::from_le_bytes([three[0], three[1], three[2], 0]);
        Some((number.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)) as usize)
    }
}

fn common_len(a: &[u8], b: &[u8]) -> usize {
    let words = a.chunks_exact(8).zip(b.chunks_exact(8));
    let n = 8 * words.take_while(|(a, b)| a == b).count();
    let rest = a[n..].iter().zip(&b[n..]);
    n + rest.take_while(|(a, b)| a == b).count()
}

const HASH_BITS: u32 = 16;
const MAX_TRIES: usize = 64;
