//! A small update that stands alone: names in full, numbers as they are.
//!
//! **Format.** 1: u8; number of agents; names; number of runs; rows; text, all in bits; the lower half
//! of the CRC-32 of all that: u16 little-endian. At most 255 bytes.

use crdt_core::codec::{Budget, DecodeError, Reader, Writer};

use super::Update;
use super::decode::of_slip;
use super::encode;
use super::rows::Rows;
use super::slip::{Setting, SlipReader, SlipWriter};

/// What a small update starts with; no file starts so.
pub(super) const MARK: u8 = 1;
const MAX_BYTES: usize = 255;
/// What more than this would hardly fit.
const MAX_EVENTS: usize = 1 << 10;

/// Writes an update, if it is small.
pub(super) fn encode(update: &Update) -> Option<Vec<u8>> {
    if update.floor.is_some()
        || update.ops.n_runs() > MAX_BYTES
        || update.runs.len() > MAX_BYTES
        || update.ops.text_bytes() > MAX_EVENTS
    {
        return None;
    }
    let mut w = Writer::new();
    w.u8(MARK);
    let mut slip = SlipWriter::new(Setting::Alone, w);
    slip.count(update.agents.len());
    update.agents.iter().for_each(|agent| slip.agent(agent));
    slip.run_count(update.runs.len());
    let mut text = encode::Texts::together();
    encode::rows(
        update,
        &mut Rows::new(update.agents.len()),
        &mut slip,
        &mut text,
    );
    let mut w = slip.finish(&text.inserted);
    w.raw(&checksum(w.as_bytes()).to_le_bytes());
    (w.len() <= MAX_BYTES).then(|| w.into_bytes())
}

pub(super) fn decode(mut r: Reader<'_>, budget: &mut Budget) -> Result<Update, DecodeError> {
    let n_bytes = r.remaining();
    if n_bytes > MAX_BYTES {
        return Err(DecodeError::OutOfRange {
            offset: 0,
            found: n_bytes as u64,
            max: MAX_BYTES as u64,
        });
    }
    let content = r.take(n_bytes.saturating_sub(2))?;
    let found = u16::from(r.u8()?) | u16::from(r.u8()?) << 8;
    let bytes = content.clone().raw(content.remaining())?;
    let expected = checksum(bytes);
    if expected != found {
        return Err(DecodeError::ChecksumMismatch {
            expected: expected.into(),
            found: found.into(),
        });
    }
    let mut content = content;
    content.u8()?;
    let mut slip = SlipReader::new(Setting::Alone, content);
    let n_agents = slip.count()?;
    budget.spend_agents(n_agents as u64)?;
    let mut agents = Vec::new();
    for _ in 0..n_agents {
        let agent = slip.agent()?;
        if agents.last().is_some_and(|last| *last >= agent) {
            return Err(DecodeError::NotCanonical { offset: 1 });
        }
        agents.push(agent);
    }
    let n_runs = slip.run_count()?;
    let runs = slip.runs(n_runs, &mut Rows::new(agents.len()), budget)?;
    let text = slip.text(budget)?;
    of_slip(agents, &runs, &text, budget)
}

/// 16 bits are enough for so few bytes: every single flipped bit shows, see the test.
fn checksum(bytes: &[u8]) -> u16 {
    crc32fast::hash(bytes) as u16
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, checksum};

    #[test]
    fn every_flipped_bit_and_every_pair_of_neighbours_changes_the_checksum() {
        for len in 1..=MAX_BYTES {
            let mut bytes = vec![0; len];
            let expected = checksum(&bytes);
            for bit in 0..8 * len {
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert_ne!(checksum(&bytes), expected, "bit {bit} of {len} bytes");
                if bit > 0 {
                    bytes[(bit - 1) / 8] ^= 1 << ((bit - 1) % 8);
                    assert_ne!(checksum(&bytes), expected, "bits to {bit} of {len} bytes");
                    bytes[(bit - 1) / 8] ^= 1 << ((bit - 1) % 8);
                }
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
