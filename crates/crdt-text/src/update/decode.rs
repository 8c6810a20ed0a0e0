//! Reading updates from bytes of any origin. The format is described in `docs/design/text.md`.
//!
//! The checksum is verified before anything else is looked at; still, every number is checked, for
//! a checksum is no proof of good will.

mod ops;
mod runs;
mod text;

use crdt_core::AgentId;
use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader};

use self::ops::OpColumns;
use self::runs::{Parents, Runs};
use self::text::{Deleted, text};
use super::Update;
use super::encode::{FORMAT_VERSION, MAGIC, section};

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Update, DecodeError> {
    let (mut r, mut budget) = limits.open(bytes)?;
    if r.raw(MAGIC.len())? != MAGIC {
        return Err(DecodeError::WrongMagic);
    }
    let version = r.u8()?;
    if version != FORMAT_VERSION {
        return Err(DecodeError::UnknownVersion {
            found: version.into(),
        });
    }
    let mut r = verify_checksum(bytes, r)?;
    let agents = agents(expect_section(&mut r, section::AGENTS)?, &mut budget)?;
    let n_agents = agents.len();
    let runs = Runs::read(
        expect_section(&mut r, section::RUNS)?,
        n_agents,
        &mut budget,
    )?;
    let parents = expect_section(&mut r, section::PARENTS)?;
    let parents = Parents::read(parents, &runs, n_agents, &mut budget)?;
    let ops = OpColumns::read(expect_section(&mut r, section::OPS)?, &mut budget)?;
    let inserted = text(expect_section(&mut r, section::INSERTED)?, &mut budget)?;
    let deleted = if r.is_empty() {
        Deleted::default()
    } else {
        Deleted::read(expect_section(&mut r, section::DELETED)?, &mut budget)?
    };
    r.finish()?;
    let mut update = Update {
        agents,
        ..Update::default()
    };
    ops.push_all(&inserted, &deleted, &mut update)?;
    runs.close(parents, &mut update)?;
    Ok(update)
}

/// Splits off the checksum, compares it, and returns a reader of what lies between.
fn verify_checksum<'a>(bytes: &'a [u8], r: Reader<'a>) -> Result<Reader<'a>, DecodeError> {
    let mut body = r;
    let needed = 4;
    let Some(len) = body.remaining().checked_sub(needed) else {
        return Err(DecodeError::Truncated {
            offset: body.offset(),
            needed: needed as u64,
        });
    };
    let content = body.take(len)?;
    let found = body.u32_le()?;
    let expected = crc32fast::hash(&bytes[..bytes.len() - needed]);
    if found == expected {
        Ok(content)
    } else {
        Err(DecodeError::ChecksumMismatch { expected, found })
    }
}

fn expect_section<'a>(r: &mut Reader<'a>, tag: u8) -> Result<Reader<'a>, DecodeError> {
    let offset = r.offset();
    let found = r.u8()?;
    if found != tag {
        return Err(DecodeError::UnknownTag {
            offset,
            found: found.into(),
        });
    }
    r.section()
}

fn agents(mut r: Reader<'_>, budget: &mut Budget) -> Result<Vec<AgentId>, DecodeError> {
    let n = r.count(2, budget)?;
    budget.spend_agents(n as u64)?;
    let mut agents: Vec<AgentId> = Vec::with_capacity(n);
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

fn add(a: u64, b: u64, offset: usize) -> Result<u64, DecodeError> {
    a.checked_add(b).ok_or(DecodeError::OutOfRange {
        offset,
        found: b,
        max: u64::MAX - a,
    })
}

fn at_most(found: u64, max: u64, offset: usize) -> Result<u64, DecodeError> {
    if found <= max {
        Ok(found)
    } else {
        Err(DecodeError::OutOfRange { offset, found, max })
    }
}
