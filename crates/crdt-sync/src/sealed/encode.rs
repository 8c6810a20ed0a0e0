//! The bytes of sealed documents.
//!
//! **Format.** The number of agents; for each, ascending, its name and the number of its pieces; for each of
//! these, ascending, how many numbers were left out before it, its bytes with their length, whether it is a
//! snapshot, 1 byte, and if so the dots that it covers.

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, DotContext, MAX_SEQ};

use super::{Content, Held, Sealed};

impl Encode for Sealed {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.pieces.len() as u64);
        for (agent, held) in &self.pieces {
            agent.encode(w);
            w.u64(held.len() as u64);
            let mut next = 0;
            for (seq, content) in held {
                w.u64(seq.saturating_sub(next));
                w.bytes(&content.bytes);
                w.bool(content.covers.is_some());
                if let Some(covers) = &content.covers {
                    covers.encode(w);
                }
                next = seq.saturating_add(1);
            }
        }
    }
}

impl Decode for Sealed {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let start = r.offset();
        let mut all = Self::new();
        let mut last = None;
        for _ in 0..r.count(MIN_AGENT_BYTES, budget)? {
            let offset = r.offset();
            let agent = AgentId::decode(r, budget)?;
            let held = decode_pieces(r, budget)?;
            if held.is_empty() || last.is_some_and(|last| last >= agent) {
                return Err(DecodeError::NotCanonical { offset });
            }
            for (seq, content) in held {
                all.insert_beside(&agent, seq, content);
            }
            last = Some(agent);
        }
        let covered = all.covered();
        if all.pieces().any(|piece| piece.is_in(&covered)) {
            return Err(DecodeError::NotCanonical { offset: start });
        }
        Ok(all)
    }
}

fn decode_pieces(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Held, DecodeError> {
    let mut held = Held::new();
    let mut next = 0_u64;
    let n_pieces = r.count(MIN_PIECE_BYTES, budget)?;
    budget.spend_tree::<(u64, Content)>(n_pieces)?;
    for _ in 0..n_pieces {
        let offset = r.offset();
        let n_skipped = r.u64()?;
        let seq = next.checked_add(n_skipped).filter(|seq| *seq <= MAX_SEQ);
        let seq = seq.ok_or(DecodeError::OutOfRange {
            offset,
            found: n_skipped,
            max: MAX_SEQ,
        })?;
        let bytes = r.bytes()?;
        budget.spend_memory(bytes.len() as u64)?;
        let bytes = bytes.into();
        let covers = if r.bool()? {
            Some(DotContext::decode(r, budget)?.into())
        } else {
            None
        };
        held.insert(seq, Content { bytes, covers });
        next = seq.saturating_add(1);
    }
    Ok(held)
}

/// A name and the number of its pieces.
const MIN_AGENT_BYTES: usize = 2;
/// What was left out, a length, and whether it is a snapshot.
const MIN_PIECE_BYTES: usize = 3;
