//! Reading updates from bytes of any origin. The format is described in `docs/design/text.md`.
//!
//! Checksums are verified before anything is read; still, every number is checked, for a checksum
//! is no proof of good will.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod history;
mod parents;
mod text;

use crdt_core::AgentId;
use crdt_core::codec::entropy::Decoder;
use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader, packed};

use self::history::History;
use self::text::text;
use super::encode::{LAYOUT, MAX_ROWS_PER_BYTE, section};
use super::rows::Take;
use super::slip::SlipRun;
use super::{Update, alone};
use crate::container::Container;

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Update, DecodeError> {
    let (r, mut budget) = limits.open(bytes)?;
    if bytes.first() == Some(&alone::MARK) {
        return alone::decode(r, &mut budget);
    }
    let file = Container::open(bytes, r, &section::ALL)?;
    file.verify()?;
    sections(&file, &mut budget)
}

/// Reads the sections of an update.
pub(crate) fn sections(file: &Container<'_>, budget: &mut Budget) -> Result<Update, DecodeError> {
    let agents = agents(file.section(section::AGENTS)?, budget)?;
    let inserted = text(file.section(section::INSERTED)?, budget)?;
    let recorded = file.optional(section::RECORDED)?;
    let recorded = recorded.map(|r| text(r, budget)).transpose()?;
    let mut r = file.section(section::HISTORY)?;
    let n_runs = r.u64()?;
    let max_rows = (r.remaining() as u64).saturating_mul(MAX_ROWS_PER_BYTE);
    let mut fields = Packed(Decoder::read(r, LAYOUT)?);
    let mut history = History::new(agents, &inserted, recorded.as_deref(), max_rows, budget);
    for _ in 0..n_runs {
        history.take_run(&mut fields)?;
    }
    fields.0.finish_with_zeros()?;
    history.finish()
}

/// Puts an update together from what a slip says of it.
pub(super) fn of_slip(
    agents: Vec<AgentId>,
    runs: &[SlipRun],
    text: &str,
    budget: &mut Budget,
) -> Result<Update, DecodeError> {
    let mut history = History::new(agents, text, None, 0, budget);
    for SlipRun { head, ops } in runs {
        history.push_run(head.first, &head.parents, ops)?;
    }
    history.finish()
}

fn agents(mut r: Reader<'_>, budget: &mut Budget) -> Result<Vec<AgentId>, DecodeError> {
    let n = r.u64()?;
    budget.spend_agents(n)?;
    let names = packed::decode(r, budget)?;
    let mut r = Reader::new(&names);
    let mut agents: Vec<AgentId> = Vec::new();
    for _ in 0..n {
        let offset = r.offset();
        let name = r.str()?;
        let agent = AgentId::new(name).map_err(|_| DecodeError::InvalidAgent {
            offset,
            len: name.len(),
        })?;
        if agents.last().is_some_and(|last| *last >= agent) {
            return Err(DecodeError::NotCanonical { offset });
        }
        agents.push(agent);
    }
    r.finish()?;
    Ok(agents)
}

/// Fields by what is likely.
struct Packed<'a>(Decoder<'a>);

impl Take for Packed<'_> {
    #[inline]
    fn take(&mut self, field: usize) -> Result<u64, DecodeError> {
        Ok(self.0.next(field))
    }
}
