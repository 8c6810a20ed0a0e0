//! Digests: what two replicas compare instead of the whole.
//!
//! SipHash-2-4 with 128 bits under a fixed key: the same on every platform and in every release of one
//! wire version. It finds differences, not forgers.
//!
//! **Reference.** Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012.

use core::hash::Hasher as _;

use crdt_core::codec::{DecodeError, Reader, Writer};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::id::read_16;

/// Stands for bytes, in sixteen of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Digest([u8; 16]);

impl Digest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(bytes);
        Self(hasher.finish128().as_bytes())
    }

    pub(crate) const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    pub(crate) fn write(self, w: &mut Writer) {
        w.raw(&self.0);
    }

    pub(crate) fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        read_16(r).map(Self)
    }
}
