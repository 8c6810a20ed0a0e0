//! Positions in an outbox, named so that they mean the same after a crash, or not at all.
//!
//! A sequence number alone says nothing: an outbox that was restored from a backup counts the same
//! numbers again, for other deltas. So each opening of a storage draws an *epoch* at random, the outbox
//! notes where each epoch began to write, and a position is an epoch with a number. It names one prefix
//! of one outbox, since only one process ever wrote in that epoch: a position that an outbox does not
//! find in its notes belongs to a suffix that it lost, and its holder is told so.
//!
//! **Invariants.** Starts ascend; of epochs that wrote nothing, none is kept.
//!
//! **Reference.** The log matching of Ongaro, Ousterhout, "In search of an understandable consensus
//! algorithm", 2014, section 5.3, where terms play the part of epochs.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};

/// A place in the outbox of a neighbour: everything before it is held.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Position {
    pub(crate) epoch: u64,
    /// How many deltas come before.
    pub(crate) seq: u64,
}

/// Which epoch wrote which part of an outbox.
#[derive(Clone, Debug)]
pub(crate) struct Epochs {
    /// Of this process.
    current: u64,
    /// Ascending: where each that wrote began.
    starts: Vec<Start>,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    seq: u64,
    epoch: u64,
}

impl Epochs {
    pub(crate) const fn new(current: u64) -> Self {
        Self {
            current,
            starts: Vec::new(),
        }
    }

    /// Notes an earlier epoch, read back from storage; ascending.
    pub(crate) fn push_earlier(&mut self, seq: u64, epoch: u64) {
        self.starts.push(Start { seq, epoch });
    }

    /// Notes that this process writes at `seq`; returns whether it is the first time.
    pub(crate) fn begin(&mut self, seq: u64) -> bool {
        let begins = self
            .starts
            .last()
            .is_none_or(|last| last.epoch != self.current);
        if begins {
            self.starts.push(Start {
                seq,
                epoch: self.current,
            });
        }
        begins
    }

    pub(crate) const fn current(&self) -> u64 {
        self.current
    }

    /// The name of the place after `seq` deltas: the epoch that wrote the last of them, which no later
    /// opening changes. Before the first delta there is one place, whoever opens.
    pub(crate) fn position_at(&self, seq: u64) -> Position {
        let wrote_last = self.starts.iter().rev().find(|start| start.seq < seq);
        Position {
            epoch: wrote_last.map_or(0, |start| start.epoch),
            seq,
        }
    }

    /// Whether the position names a place in this outbox, which goes on to `next`.
    pub(crate) fn resolves(&self, position: Position, next: u64) -> bool {
        position.seq <= next && self.position_at(position.seq) == position
    }

    /// Forgets epochs that ended before `base`; returns where they began.
    pub(crate) fn trim(&mut self, base: u64) -> Vec<u64> {
        let ended = self.starts.iter().skip(1);
        let n_over = ended.take_while(|start| start.seq < base).count();
        self.starts.drain(..n_over).map(|start| start.seq).collect()
    }
}

impl Encode for Position {
    fn encode(&self, w: &mut Writer) {
        w.u64_le(self.epoch);
        w.u64(self.seq);
    }
}

impl Decode for Position {
    fn decode(r: &mut Reader<'_>, _budget: &mut Budget) -> Result<Self, DecodeError> {
        Ok(Self {
            epoch: r.u64_le()?,
            seq: r.u64()?,
        })
    }
}
