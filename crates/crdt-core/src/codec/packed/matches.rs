//! Finding earlier places that go on like the one at hand.
//!
//! Places whose first bytes have one hash stand in a binary tree, ordered by what follows them; a later
//! place is always above an earlier one. Who goes down to where a place belongs meets what is most
//! like it, and so finds the nearest match of every length. The idea is that of Bell's binary search
//! trees ("Better OPM/L text compression", 1986), with the latest at the root.

use alloc::vec;
use alloc::vec::Vec;

use super::{LONG, MIN_COPY};

/// All places so far.
pub(super) struct Matches<'a> {
    bytes: &'a [u8],
    hash_bits: u32,
    /// For each hash the latest place, plus one; 0 for none.
    roots: Vec<u32>,
    /// For each place those below it that go on with less and with more, plus one.
    below: Vec<[u32; 2]>,
}

/// An earlier place: how far back, and for how many bytes it goes on alike.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) distance: usize,
    pub(super) len: usize,
}

/// Where in the tree something is to be put.
#[derive(Clone, Copy)]
struct Slot {
    place: usize,
    side: usize,
    /// For how many bytes all that can come here is like the place at hand.
    len: usize,
}

impl<'a> Matches<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        // About as many roots as places.
        let hash_bits = (usize::BITS - bytes.len().leading_zeros()).min(MAX_HASH_BITS);
        Self {
            bytes,
            hash_bits,
            roots: vec![0; 1 << hash_bits],
            below: vec![[0; 2]; bytes.len()],
        }
    }

    /// Makes a place known to those behind it, and calls `found` with ever longer matches, ever farther
    /// away, up to [`LONG`] bytes.
    pub(super) fn pass(&mut self, at: usize, mut found: impl FnMut(Match)) {
        let Some(hash) = self.hash(at) else {
            return;
        };
        let mut next = core::mem::replace(&mut self.roots[hash], at as u32 + 1);
        let end = self.bytes.len().min(at + LONG);
        let mut longest = MIN_COPY - 1;
        // Where what goes on with less, and with more, is put next.
        let mut slots = [0, 1].map(|side| Slot {
            place: at,
            side,
            len: 0,
        });
        for _ in 0..MAX_TRIES {
            let Some(place) = (next as usize).checked_sub(1) else {
                break;
            };
            let known = slots[0].len.min(slots[1].len);
            let len =
                known + common_len(&self.bytes[place + known..], &self.bytes[at + known..end]);
            if len > longest {
                longest = len;
                let distance = at - place;
                found(Match { distance, len });
            }
            if at + len == end {
                // As far as anybody looks it is the same: the later one takes its place.
                let [less, more] = self.below[place];
                self.put(slots[0], less);
                self.put(slots[1], more);
                return;
            }
            let side = usize::from(self.bytes[place + len] > self.bytes[at + len]);
            self.put(slots[side], next);
            let side_after = 1 - side;
            slots[side] = Slot {
                place,
                side: side_after,
                len,
            };
            next = self.below[place][side_after];
        }
        slots.into_iter().for_each(|slot| self.put(slot, 0));
    }

    fn put(&mut self, slot: Slot, place: u32) {
        self.below[slot.place][slot.side] = place;
    }

    fn hash(&self, at: usize) -> Option<usize> {
        let three = self.bytes.get(at..at + 3)?;
        let number = u32::from_le_bytes([three[0], three[1], three[2], 0]);
        Some((number.wrapping_mul(0x9e37_79b1) >> (32 - self.hash_bits)) as usize)
    }
}

/// For how many bytes two strings go on alike.
pub(super) fn common_len(a: &[u8], b: &[u8]) -> usize {
    let words = a.chunks_exact(8).zip(b.chunks_exact(8));
    let n = 8 * words.take_while(|(a, b)| a == b).count();
    let rest = a[n..].iter().zip(&b[n..]);
    n + rest.take_while(|(a, b)| a == b).count()
}

const MAX_HASH_BITS: u32 = 16;
const MAX_TRIES: usize = 64;
