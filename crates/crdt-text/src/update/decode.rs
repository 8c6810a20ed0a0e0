//! Reading updates from bytes of any origin. The format is described in `docs/design/text.md`.
//!
//! The checksum is verified before anything else is looked at; still, every number is checked, for
//! a checksum is no proof of good will.

use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader, column};
use crdt_core::{AgentId, MAX_SEQ};

use super::encode::{FORMAT_VERSION, MAGIC, section, storage};
use super::{Update, WireDot};
use crate::op_log::{MAX_LEN, OpKind};
use crate::{Direction, TextOp};

/// What was read of the runs, before their operations are known.
struct Runs {
    firsts: Vec<WireDot>,
    lens: Vec<u64>,
}

pub(super) fn decode(bytes: &[u8], limits: &DecodeLimits) -> Result<Update, DecodeError> {
    let (mut r, mut budget) = limits.open(bytes)?;
    let start = r.offset();
    if r.raw(MAGIC.len())? != MAGIC {
        return Err(DecodeError::NotCanonical { offset: start });
    }
    let version = r.u8()?;
    if version != FORMAT_VERSION {
        return Err(DecodeError::UnknownVersion { found: version.into() });
    }
    let mut r = verify_checksum(bytes, r)?;
    let mut update = Update::default();
    update.agents = agents(expect_section(&mut r, section::AGENTS)?, &mut budget)?;
    let runs = runs(expect_section(&mut r, section::RUNS)?, &update, &mut budget)?;
    let parents = parents(expect_section(&mut r, section::PARENTS)?, &runs, &update, &mut budget)?;
    let ops = OpColumns::read(expect_section(&mut r, section::OPS)?, &mut budget)?;
    let inserted = text(expect_section(&mut r, section::INSERTED)?, &mut budget)?;
    let deleted = match r.is_empty() {
        true => Deleted::default(),
        false => Deleted::read(expect_section(&mut r, section::DELETED)?, &mut budget)?,
    };
    r.finish()?;
    ops.push_all(&inserted, &deleted, &mut update)?;
    close_runs(&runs, parents, update)
}

/// Splits off the checksum, compares it, and returns a reader of what lies between.
fn verify_checksum<'a>(bytes: &'a [u8], r: Reader<'a>) -> Result<Reader<'a>, DecodeError> {
    let mut body = r;
    let needed = 4;
    let Some(len) = body.remaining().checked_sub(needed) else {
        return Err(DecodeError::Truncated { offset: body.offset(), needed: needed as u64 });
    };
    let content = body.take(len)?;
    let found = body.u32_le()?;
    let expected = crc32fast::hash(&bytes[..bytes.len() - needed]);
    if found == expected { Ok(content) } else { Err(DecodeError::ChecksumMismatch { expected, found }) }
}

fn expect_section<'a>(r: &mut Reader<'a>, tag: u8) -> Result<Reader<'a>, DecodeError> {
    let offset = r.offset();
    let found = r.u8()?;
    if found != tag {
        return Err(DecodeError::UnknownTag { offset, found: found.into() });
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
        let agent = AgentId::new(name)
            .map_err(|_| DecodeError::InvalidAgent { offset, len: name.len() })?;
        if agents.last().is_some_and(|last| *last >= agent) {
            return Err(DecodeError::NotCanonical { offset });
        }
        agents.push(agent);
    }
    r.finish()?;
    Ok(agents)
}

fn runs(mut r: Reader<'_>, update: &Update, budget: &mut Budget) -> Result<Runs, DecodeError> {
    let n = r.count(0, budget)?;
    let agents = column::decode_u64s(&mut r, n)?;
    let lens = column::decode_u64s(&mut r, n)?;
    let steps = column::decode_i64s(&mut r, n)?;
    let offset = r.offset();
    let mut next_seq = vec![0_u64; update.agents.len()];
    let mut firsts = Vec::with_capacity(n);
    let mut n_events = 0;
    for ((&agent, &len), &step) in agents.iter().zip(&lens).zip(&steps) {
        let next = usize::try_from(agent).ok().and_then(|agent| next_seq.get_mut(agent));
        let max = update.agents.len() as u64;
        let next = next.ok_or(DecodeError::OutOfRange { offset, found: agent, max })?;
        n_events = at_most(add(n_events, len, offset)?, MAX_LEN as u64, offset)?;
        let seq = next.checked_add_signed(step).ok_or(DecodeError::NotCanonical { offset })?;
        *next = at_most(add(seq, len, offset)?, MAX_SEQ + 1, offset)?;
        if len == 0 {
            return Err(DecodeError::NotCanonical { offset });
        }
        firsts.push(WireDot { agent: agent as u32, seq });
    }
    r.finish()?;
    Ok(Runs { firsts, lens })
}

/// Reads the parents of every run; those inside the update are looked up by distance.
fn parents(
    mut r: Reader<'_>,
    runs: &Runs,
    update: &Update,
    budget: &mut Budget,
) -> Result<Vec<Vec<WireDot>>, DecodeError> {
    let counts = column::decode_u64s(&mut r, runs.lens.len())?;
    let offset = r.offset();
    let n_parents = counts.iter().try_fold(0, |sum, &n| add(sum, n, offset))?;
    budget.spend_items(n_parents)?;
    let references = column::decode_u64s(&mut r, n_parents as usize)?;
    let n_outside = references.iter().filter(|&&reference| reference & 1 == 1).count();
    let mut seqs = column::decode_deltas(&mut r, n_outside)?.into_iter();
    let offset = r.offset();
    r.finish()?;
    let ends: Vec<u64> = runs
        .lens
        .iter()
        .scan(0, |end, len| {
            *end += len;
            Some(*end)
        })
        .collect();
    let mut references = references.into_iter();
    let mut parents = Vec::with_capacity(counts.len());
    for (run, &count) in counts.iter().enumerate() {
        let start = ends[run] - runs.lens[run];
        let mut of_run = Vec::new();
        for reference in references.by_ref().take(count as usize) {
            let value = reference >> 1;
            of_run.push(if reference & 1 == 1 {
                let max = update.agents.len() as u64;
                if value >= max {
                    return Err(DecodeError::OutOfRange { offset, found: value, max });
                }
                let seq = at_most(seqs.next().unwrap_or_default(), MAX_SEQ, offset)?;
                WireDot { agent: value as u32, seq }
            } else {
                let event = start.checked_sub(1).and_then(|before| before.checked_sub(value));
                let event = event.ok_or(DecodeError::OutOfRange { offset, found: value, max: start })?;
                let of = ends.partition_point(|&end| end <= event);
                let first = runs.firsts[of];
                WireDot { seq: first.seq + (event - (ends[of] - runs.lens[of])), ..first }
            });
        }
        if of_run.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err(DecodeError::NotCanonical { offset });
        }
        parents.push(of_run);
    }
    Ok(parents)
}

/// The columns of operations.
struct OpColumns {
    offset: usize,
    kinds: Vec<u64>,
    lens: Vec<u64>,
    steps: Vec<i64>,
}

impl OpColumns {
    fn read(mut r: Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n = r.count(0, budget)?;
        let kinds = column::decode_u64s(&mut r, n)?;
        let lens = column::decode_u64s(&mut r, n)?;
        let steps = column::decode_i64s(&mut r, n)?;
        let offset = r.offset();
        r.finish()?;
        Ok(Self { offset, kinds, lens, steps })
    }

    /// Puts the operations into the update, with the text that belongs to them.
    fn push_all(&self, inserted: &str, deleted: &Deleted, update: &mut Update) -> Result<(), DecodeError> {
        let Self { offset, .. } = *self;
        let mut inserted = inserted;
        let mut deleted = deleted.cursor();
        let mut caret = 0_u64;
        let mut n_events = 0;
        for ((&kind, &len), &step) in self.kinds.iter().zip(&self.lens).zip(&self.steps) {
            if len == 0 {
                return Err(DecodeError::NotCanonical { offset });
            }
            n_events = at_most(add(n_events, len, offset)?, MAX_LEN as u64, offset)?;
            let pos = caret.checked_add_signed(step).ok_or(DecodeError::NotCanonical { offset })?;
            at_most(add(pos, len, offset)?, MAX_LEN as u64, offset)?;
            let (pos, len) = (pos as usize, len as usize);
            let kind = kind_of(kind, offset)?;
            caret = match kind {
                OpKind::Insert => {
                    let (text, rest) = split_chars(inserted, len, offset)?;
                    inserted = rest;
                    update.ops.push(&TextOp::insert(pos, text));
                    deleted.skip(len as u64)?;
                    pos + len
                }
                OpKind::Delete => {
                    deleted.push_delete(pos, len, Direction::Forward, update)?;
                    pos
                }
                OpKind::Backspace => {
                    let lowest = (pos + 1).checked_sub(len);
                    let lowest = lowest.ok_or(DecodeError::NotCanonical { offset })?;
                    deleted.push_delete(lowest, len, Direction::Backward, update)?;
                    lowest
                }
            } as u64;
        }
        deleted.finish()?;
        if inserted.is_empty() { Ok(()) } else { Err(DecodeError::NotCanonical { offset }) }
    }
}

/// Which deletes have their text recorded, and that text.
#[derive(Default)]
struct Deleted {
    offset: usize,
    gaps: Vec<u64>,
    lens: Vec<u64>,
    text: String,
}

/// Walks the recorded stretches along with the operations.
struct DeletedCursor<'a> {
    deleted: &'a Deleted,
    next: usize,
    /// Events before the next stretch, or left in it.
    gap: u64,
    left: u64,
    text: &'a str,
}

impl Deleted {
    fn read(mut r: Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n = r.count(0, budget)?;
        let gaps = column::decode_u64s(&mut r, n)?;
        let lens = column::decode_u64s(&mut r, n)?;
        let offset = r.offset();
        Ok(Self { offset, gaps, lens, text: text(r, budget)? })
    }

    fn cursor(&self) -> DeletedCursor<'_> {
        let mut cursor = DeletedCursor { deleted: self, next: 0, gap: 0, left: 0, text: &self.text };
        cursor.load();
        cursor
    }
}

impl<'a> DeletedCursor<'a> {
    /// Passes events that are no deletes.
    fn skip(&mut self, len: u64) -> Result<(), DecodeError> {
        self.load();
        match self.gap.checked_sub(len) {
            Some(gap) => {
                self.gap = gap;
                Ok(())
            }
            None => Err(DecodeError::NotCanonical { offset: self.deleted.offset }),
        }
    }

    fn push_delete(
        &mut self,
        pos: usize,
        len: usize,
        direction: Direction,
        update: &mut Update,
    ) -> Result<(), DecodeError> {
        let mut left = len;
        while left > 0 {
            self.load();
            let is_recorded = self.gap == 0;
            let available = if is_recorded { self.left } else { self.gap };
            let n = left.min(usize::try_from(available).unwrap_or(usize::MAX));
            if n == 0 {
                return Err(DecodeError::NotCanonical { offset: self.deleted.offset });
            }
            let text = if is_recorded { Some(self.take(n)?) } else { None };
            left -= n;
            let pos = if direction == Direction::Backward { pos + left } else { pos };
            update.ops.push(&TextOp::Delete { pos, len: n, direction, text });
            if is_recorded {
                self.left -= n as u64;
            } else {
                self.gap -= n as u64;
            }
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Result<&'a str, DecodeError> {
        let (text, rest) = split_chars(self.text, len, self.deleted.offset)?;
        self.text = rest;
        Ok(text)
    }

    /// Moves to the next stretch if this one is done; after the last comes an endless gap.
    fn load(&mut self) {
        if self.gap > 0 || self.left > 0 {
            return;
        }
        match (self.deleted.gaps.get(self.next), self.deleted.lens.get(self.next)) {
            (Some(&gap), Some(&len)) => (self.gap, self.left) = (gap, len),
            _ => self.gap = u64::MAX,
        }
        self.next += 1;
    }

    fn finish(&self) -> Result<(), DecodeError> {
        let is_done = self.left == 0 && self.next >= self.deleted.gaps.len() && self.text.is_empty();
        if is_done { Ok(()) } else { Err(DecodeError::NotCanonical { offset: self.deleted.offset }) }
    }
}

/// Gives each run its parents and events.
fn close_runs(
    runs: &Runs,
    parents: Vec<Vec<WireDot>>,
    mut update: Update,
) -> Result<Update, DecodeError> {
    let n_events: u64 = runs.lens.iter().sum();
    if n_events != update.len() as u64 {
        return Err(DecodeError::NotCanonical { offset: 0 });
    }
    let mut end = crdt_core::Lv::new(0);
    for ((&first, &len), parents) in runs.firsts.iter().zip(&runs.lens).zip(parents) {
        end = end.plus(len as u32);
        update.parents.extend(parents);
        update.end_run(first, end);
    }
    Ok(update)
}

fn text(mut r: Reader<'_>, budget: &mut Budget) -> Result<String, DecodeError> {
    let offset = r.offset();
    let text = match r.u8()? {
        storage::RAW => {
            let text = r.str()?;
            budget.spend_output_bytes(text.len() as u64)?;
            text.to_owned()
        }
        #[cfg(feature = "lz4")]
        storage::LZ4 => unpack(&mut r, budget)?,
        found => return Err(DecodeError::UnknownTag { offset, found: found.into() }),
    };
    r.finish()?;
    Ok(text)
}

#[cfg(feature = "lz4")]
fn unpack(r: &mut Reader<'_>, budget: &mut Budget) -> Result<String, DecodeError> {
    /// One byte of an LZ4 block never stands for more than 255.
    const MAX_RATIO: u64 = 255;
    let len = r.u64()?;
    let offset = r.offset();
    let packed = r.bytes()?;
    at_most(len, (packed.len() as u64).saturating_mul(MAX_RATIO), offset)?;
    budget.spend_output_bytes(len)?;
    let bytes = lz4_flex::block::decompress(packed, len as usize)
        .map_err(|_| DecodeError::NotCanonical { offset })?;
    if bytes.len() as u64 != len {
        return Err(DecodeError::NotCanonical { offset });
    }
    String::from_utf8(bytes).map_err(|_| DecodeError::InvalidUtf8 { offset })
}

fn kind_of(code: u64, offset: usize) -> Result<OpKind, DecodeError> {
    match code {
        0 => Ok(OpKind::Insert),
        1 => Ok(OpKind::Delete),
        2 => Ok(OpKind::Backspace),
        found => Err(DecodeError::UnknownTag { offset, found }),
    }
}

/// Splits text behind `len` scalars; there must be as many.
fn split_chars(text: &str, len: usize, offset: usize) -> Result<(&str, &str), DecodeError> {
    // ASCII, the usual case, has scalars and bytes alike; looking at the first `len` bytes tells.
    let byte = match text.as_bytes().get(..len) {
        Some(head) if head.is_ascii() => len,
        _ => {
            let byte = str_indices::chars::to_byte_idx(text, len);
            if str_indices::chars::count(&text[..byte]) < len {
                return Err(DecodeError::Truncated { offset, needed: len as u64 });
            }
            byte
        }
    };
    Ok(text.split_at(byte))
}

fn add(a: u64, b: u64, offset: usize) -> Result<u64, DecodeError> {
    a.checked_add(b).ok_or(DecodeError::OutOfRange { offset, found: b, max: u64::MAX - a })
}

fn at_most(found: u64, max: u64, offset: usize) -> Result<u64, DecodeError> {
    if found <= max { Ok(found) } else { Err(DecodeError::OutOfRange { offset, found, max }) }
}
