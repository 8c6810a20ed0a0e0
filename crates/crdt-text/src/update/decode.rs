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
mod load;
mod parents;
mod text;

use crdt_core::codec::entropy::Decoder;
use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader, packed};
use crdt_core::{AgentId, LvRange};

pub(crate) use self::load::load;

use self::history::{Finished, History, Target};
use self::text::{Rest, text};
use super::encode::{LAYOUT, MAX_ROWS_PER_BYTE, section};
use super::rows::{MALFORMED, Take};
use super::slip::SlipRun;
use super::{Update, UpdateFloor, WireDot, alone, floor};
use crate::container::Container;

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Update, DecodeError> {
    let (r, mut budget) = limits.open(bytes)?;
    decode_within(bytes, r, &mut budget)
}

/// Reads an update that is a part of something larger: all of it shares a budget.
pub(crate) fn decode_within(
    bytes: &[u8],
    r: Reader<'_>,
    budget: &mut Budget,
) -> Result<Update, DecodeError> {
    if bytes.first() == Some(&alone::MARK) {
        return alone::decode(r, budget);
    }
    let file = Container::open(bytes, r, &section::ALL)?;
    file.verify()?;
    sections(&file, budget)
}

/// Reads the sections of an update.
fn sections(file: &Container<'_>, budget: &mut Budget) -> Result<Update, DecodeError> {
    let agents = agents(file.section(section::AGENTS)?, budget)?;
    let n_agents = agents.len();
    let floor = floor_of(file, budget)?;
    let n_chars = floor.as_ref().map(|(_, n_chars)| *n_chars);
    let mut target = runs_of(agents);
    target.floor = floor.map(|(floor, _)| Box::new(floor));
    update_of(history(file, budget, (n_agents, n_chars), target)?)
}

/// Reads the floor of a file, and the length of its text.
fn floor_of(
    file: &Container<'_>,
    budget: &mut Budget,
) -> Result<Option<(UpdateFloor, u32)>, DecodeError> {
    let section = file.optional(section::FLOOR)?;
    section.map(|r| floor::decode(r, budget)).transpose()
}

/// Reads the history of a file into `target`; it comes after a floor's text, if there is one.
fn history<T: Target>(
    file: &Container<'_>,
    budget: &mut Budget,
    (n_agents, n_floor): (usize, Option<u32>),
    target: T,
) -> Result<Finished<T>, DecodeError> {
    let inserted = text(file.section(section::INSERTED)?, budget)?;
    let recorded = file.optional(section::RECORDED)?;
    let recorded = recorded.map(|r| text(r, budget)).transpose()?;
    let recorded = recorded.unwrap_or_default();
    let mut r = file.section(section::HISTORY)?;
    let n_runs = r.u64()?;
    let n_bytes = r.remaining() as u64;
    let max_rows = n_bytes.saturating_mul(MAX_ROWS_PER_BYTE);
    let mut fields = Packed(Decoder::read(r, LAYOUT)?);
    let mut history = History::new(target, n_agents, inserted, &recorded, max_rows, budget);
    if let Some(n_chars) = n_floor {
        history.push_floor(n_chars)?;
    }
    history.reserve(n_runs.min(n_bytes));
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
    let (mut rest, mut inserted, mut recorded) = (Rest::of(text), String::new(), String::new());
    for row in runs.iter().flat_map(|run| &run.ops) {
        if row.is_insert() {
            inserted.push_str(rest.take(row.len).ok_or(MALFORMED)?);
        } else if row.is_recorded() {
            recorded.push_str(rest.take(row.len).ok_or(MALFORMED)?);
        }
    }
    if !rest.is_empty() {
        return Err(MALFORMED);
    }
    let n_agents = agents.len();
    let mut history = History::new(runs_of(agents), n_agents, inserted, &recorded, 0, budget);
    for run in runs {
        history.push_run(run)?;
    }
    update_of(history.finish()?)
}

/// An update that has runs still to come, and no operations.
fn runs_of(agents: Vec<AgentId>) -> Update {
    Update {
        agents,
        ..Update::default()
    }
}

/// Checks that no event is there twice, and that parents come first.
fn update_of(history: Finished<Update>) -> Result<Update, DecodeError> {
    let mut update = history.target;
    update.ops = history.ops;
    if !history.is_plain {
        parents::check(&update)?;
    }
    Ok(update)
}

impl Target for Update {
    fn reserve(&mut self, n_runs: usize) {
        self.runs.reserve_exact(n_runs);
    }

    #[inline]
    fn run(
        &mut self,
        first: WireDot,
        parents: &[WireDot],
        lvs: LvRange,
    ) -> Result<(), DecodeError> {
        self.parents.extend_from_slice(parents);
        self.end_run(first, lvs.end, self.parents.len() as u32);
        Ok(())
    }
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
    #[inline(always)]
    fn take(&mut self, field: usize) -> Result<u64, DecodeError> {
        Ok(self.0.next_number(field))
    }
}
