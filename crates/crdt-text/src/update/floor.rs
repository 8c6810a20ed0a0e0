//! The floor of an update, and its section in a file.
//!
//! **Format.** Length of the text in scalars; packed: number of heads, for each, ascending, its agent's
//! name and its sequence number; all that was dropped, as a dot context. The text itself is the first of
//! the inserted text.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer, packed};
use crdt_core::{AgentId, Dot, DotContext, Floor, Lv, LvRange, MAX_SEQ};

use super::Update;
use super::rows::MALFORMED;
use crate::error::UpdateError;
use crate::op_log::{MAX_LEN, OpRuns};

/// A floor, and the first operations of an update, which make its text.
#[derive(Clone, Debug)]
pub(crate) struct UpdateFloor {
    pub(crate) floor: Floor,
    /// How many events stand for it, as for [`OpRuns::push_floor`].
    pub(crate) len: u32,
}

impl Update {
    /// The version that the shallow history starts from that this is the beginning of, as its heads;
    /// `None` if it holds only events.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn floor(&self) -> Option<&[Dot]> {
        self.floor.as_deref().map(|own| own.floor.version())
    }

    pub(crate) fn whole_floor(&self) -> Option<&UpdateFloor> {
        self.floor.as_deref()
    }

    /// The operations that make the floor's text, in the update's own numbering.
    pub(crate) fn floor_lvs(&self) -> LvRange {
        let len = self.floor.as_deref().map_or(0, |own| own.len);
        LvRange::new(Lv::new(0), Lv::new(len))
    }

    /// The operations that make the floor's text.
    pub(crate) fn floor_ops(&self) -> OpRuns {
        OpRuns::from_ops(self.ops.ops(self.floor_lvs()))
    }
}

/// Which of two updates has the floor of both together; `None` if neither has one.
///
/// The later one of two: who starts from it needs nothing that is before.
///
/// # Errors
/// [`UpdateError::BelowFloor`] if neither contains the other: no history has both.
pub(super) fn later<'a>(a: &'a Update, b: &'a Update) -> Result<Option<&'a Update>, UpdateError> {
    let (Some(own), Some(other)) = (a.whole_floor(), b.whole_floor()) else {
        return Ok([a, b].into_iter().find(|update| update.floor.is_some()));
    };
    let (ours, theirs) = (own.floor.dropped(), other.floor.dropped());
    if theirs.is_subset(ours) {
        Ok(Some(a))
    } else if ours.is_subset(theirs) {
        Ok(Some(b))
    } else {
        let floor = own.floor.version().to_vec();
        Err(UpdateError::BelowFloor { floor })
    }
}

/// Writes the section of a floor.
pub(super) fn encode(w: &mut Writer, own: &UpdateFloor, text: &str) {
    let mut told = Writer::new();
    let heads = own.floor.version();
    told.u64(heads.len() as u64);
    for head in heads {
        told.str(head.agent().as_str());
        told.u64(head.seq());
    }
    own.floor.dropped().encode(&mut told);
    w.u64(str_indices::chars::count(text) as u64);
    packed::encode(w, told.as_bytes());
}

/// Reads the section of a floor; returns it with the length of its text.
pub(super) fn decode(
    mut r: Reader<'_>,
    budget: &mut Budget,
) -> Result<(UpdateFloor, u32), DecodeError> {
    let offset = r.offset();
    let n_chars = r.u64()?;
    let max = MAX_LEN as u64;
    let len = u32::try_from(n_chars).ok().filter(|_| n_chars <= max);
    let n_chars = len.ok_or(DecodeError::OutOfRange {
        offset,
        found: n_chars,
        max,
    })?;
    let told = packed::decode(r, budget)?;
    let mut r = Reader::new(&told);
    let n_heads = r.u64()?;
    budget.spend_agents(n_heads)?;
    let mut heads = Vec::new();
    for _ in 0..n_heads {
        let head = head(&mut r)?;
        if heads.last().is_some_and(|last| *last >= head) {
            let offset = r.offset();
            return Err(DecodeError::NotCanonical { offset });
        }
        heads.push(head);
    }
    let dropped = DotContext::decode(&mut r, budget)?;
    r.finish()?;
    let floor = Floor::new(heads, dropped).ok_or(MALFORMED)?;
    let len = OpRuns::floor_len(n_chars);
    Ok((UpdateFloor { floor, len }, n_chars))
}

/// Reads the name of an event.
pub(crate) fn head(r: &mut Reader<'_>) -> Result<Dot, DecodeError> {
    let offset = r.offset();
    let name = r.str()?;
    let len = name.len();
    let agent = AgentId::new(name).map_err(|_| DecodeError::InvalidAgent { offset, len })?;
    let seq = r.u64()?;
    Dot::new(agent, seq).map_err(|_| DecodeError::OutOfRange {
        offset,
        found: seq,
        max: MAX_SEQ,
    })
}
