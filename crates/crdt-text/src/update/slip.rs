//! Small updates, in bits: a keystroke on its way to others.
//!
//! Fields are in codes that were fixed beforehand, for there is too little to count. Text comes last
//! and reaches to the end: letters that are frequent in many languages take 4 or 6 bits.

use core::ops::Range;

use crdt_core::AgentId;
use crdt_core::codec::bits::{BitReader, BitWriter};
use crdt_core::codec::{Budget, DecodeError, Reader, Writer};

use super::WireDot;
use super::rows::{MALFORMED, OpRow, Put, Rows, Take, field};

/// How a field is written.
#[derive(Clone, Copy)]
enum Code {
    /// Exp-Golomb, of an order.
    Golomb(u32),
    /// One bit for 0, else another and Exp-Golomb.
    Zero(u32),
}

/// Where fields are written to: before the first word of a link, or later.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Setting {
    /// Nothing is known: numbers are what they are.
    Alone,
    /// What went before is known: numbers are steps.
    Link,
}

impl Setting {
    fn code(self, field: usize) -> Code {
        let is_link = self == Self::Link;
        match field {
            field::SEQ if is_link => Code::Zero(8),
            field::SEQ => Code::Golomb(12),
            field::PARENT_SEQ..field::OP if is_link => Code::Golomb(5),
            field::PARENT_SEQ..field::OP => Code::Golomb(13),
            field::OP..field::PLACE => Code::Golomb(1),
            field::PLACE..field::LEN if is_link => Code::Zero(7),
            field::PLACE..field::LEN => Code::Golomb(10),
            field::LEN..field::N_FIELDS => Code::Golomb(1),
            _ => Code::Golomb(0),
        }
    }
}

/// A slip being written.
pub(crate) struct SlipWriter {
    setting: Setting,
    w: Writer,
    bits: BitWriter,
}

impl SlipWriter {
    pub(crate) fn new(setting: Setting, w: Writer) -> Self {
        Self {
            setting,
            w,
            bits: BitWriter::new(),
        }
    }

    pub(crate) fn count(&mut self, n: usize) {
        self.bits.put_number(&mut self.w, n as u64, 0);
    }

    /// Writes how many runs there are: most often one.
    pub(crate) fn run_count(&mut self, n: usize) {
        self.bits.put(&mut self.w, (n != 1).into(), 1);
        if n != 1 {
            self.count(n);
        }
    }

    pub(crate) fn agent(&mut self, agent: &AgentId) {
        let name = agent.as_str().as_bytes();
        let numbers: Option<Vec<u32>> = name.iter().map(|byte| plain_number(*byte)).collect();
        self.bits.put_number(&mut self.w, name.len() as u64 - 1, 2);
        self.bits.put(&mut self.w, numbers.is_some().into(), 1);
        match numbers {
            Some(numbers) => numbers
                .iter()
                .for_each(|&n| self.bits.put(&mut self.w, n, 6)),
            None => name
                .iter()
                .for_each(|&byte| self.bits.put(&mut self.w, byte.into(), 8)),
        }
    }

    /// Writes text, after which nothing may come.
    pub(crate) fn finish(mut self, text: &str) -> Writer {
        for &byte in text.as_bytes() {
            match FREQUENT.iter().position(|&frequent| frequent == byte) {
                Some(at) if at < FIRST.end => self.bits.put(&mut self.w, (at as u32) << 1, 4),
                Some(at) => self
                    .bits
                    .put(&mut self.w, ((at - FIRST.end) as u32) << 2 | 0b01, 6),
                None => self.bits.put(&mut self.w, u32::from(byte) << 2 | 0b11, 10),
            }
        }
        // Too few ones to be a letter.
        self.bits.finish(&mut self.w, true);
        self.w
    }
}

impl Put for SlipWriter {
    fn put(&mut self, field: usize, value: u64) {
        match self.setting.code(field) {
            Code::Golomb(order) => self.bits.put_number(&mut self.w, value, order),
            Code::Zero(order) => {
                self.bits.put(&mut self.w, (value > 0).into(), 1);
                if value > 0 {
                    self.bits.put_number(&mut self.w, value - 1, order);
                }
            }
        }
    }
}

/// A slip being read.
pub(crate) struct SlipReader<'a> {
    setting: Setting,
    r: Reader<'a>,
    bits: BitReader,
}

/// A run whose operations still lack their text.
pub(super) struct SlipRun {
    pub(super) first: WireDot,
    /// Ascending.
    pub(super) parents: Vec<WireDot>,
    pub(super) ops: Vec<OpRow>,
}

impl<'a> SlipReader<'a> {
    pub(crate) fn new(setting: Setting, r: Reader<'a>) -> Self {
        Self {
            setting,
            r,
            bits: BitReader::new(),
        }
    }

    /// Reads a count of things that take a bit or more each.
    pub(crate) fn count(&mut self) -> Result<usize, DecodeError> {
        let n = self.bits.take_number(&mut self.r, 0)?;
        if n > 8 * self.r.remaining() as u64 + 8 {
            return Err(MALFORMED);
        }
        Ok(n as usize)
    }

    /// Reads how many runs there are.
    pub(crate) fn run_count(&mut self) -> Result<usize, DecodeError> {
        if self.bits.take(&mut self.r, 1)? == 0 {
            return Ok(1);
        }
        match self.count()? {
            1 => Err(MALFORMED),
            n => Ok(n),
        }
    }

    pub(crate) fn agent(&mut self) -> Result<AgentId, DecodeError> {
        let offset = self.r.offset();
        let len = self.bits.take_number(&mut self.r, 2)?.saturating_add(1);
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let invalid = DecodeError::InvalidAgent { offset, len };
        if len > AgentId::MAX_LEN_BYTES {
            return Err(invalid);
        }
        let is_plain = self.bits.take(&mut self.r, 1)? == 1;
        let mut name = Vec::with_capacity(len);
        for _ in 0..len {
            name.push(if is_plain {
                PLAIN[self.bits.take(&mut self.r, 6)? as usize]
            } else {
                self.bits.take(&mut self.r, 8)? as u8
            });
        }
        // One name, one form.
        if !is_plain && name.iter().all(|&byte| plain_number(byte).is_some()) {
            return Err(DecodeError::NotCanonical { offset });
        }
        let name = core::str::from_utf8(&name).map_err(|_| DecodeError::InvalidUtf8 { offset })?;
        AgentId::new(name).map_err(|_| invalid)
    }

    /// Reads runs, each of which takes some bits at least.
    pub(super) fn runs(
        &mut self,
        n: usize,
        rows: &mut Rows,
        budget: &mut Budget,
    ) -> Result<Vec<SlipRun>, DecodeError> {
        let mut runs = Vec::new();
        for _ in 0..n {
            let mut parents = Vec::new();
            let head = rows.take_head(self)?;
            budget.spend_items(head.n_rows())?;
            rows.take_parents(self, head, &mut parents)?;
            let first = head.first;
            let mut ops: Vec<OpRow> = Vec::new();
            let mut n_events = 0;
            let mut turn = rows.turn(first);
            while ops.last().is_none_or(|op| !op.is_last) {
                let op = turn.take_op(self)?;
                budget.spend_items(1)?;
                n_events += u64::from(op.len);
                ops.push(op);
            }
            rows.end_run(first, &turn, n_events)?;
            runs.push(SlipRun {
                first,
                parents,
                ops,
            });
        }
        Ok(runs)
    }

    /// Reads the text, which comes last.
    pub(super) fn text(mut self, budget: &mut Budget) -> Result<String, DecodeError> {
        let mut text = Vec::new();
        // What is left in the end is too short for a letter: ones, less than a byte of them.
        let end = |left: u32, n: u32| {
            let is_filling = n < 8 && left == (1 << n) - 1;
            if is_filling { Ok(()) } else { Err(MALFORMED) }
        };
        loop {
            let mut letter = 0;
            let mut n_bits = 0;
            let mut needed = 1;
            while n_bits < needed {
                match self.bits.take(&mut self.r, 1) {
                    Ok(bit) => letter |= bit << n_bits,
                    Err(_) => {
                        end(letter, n_bits)?;
                        budget.spend_output_bytes(text.len() as u64)?;
                        return String::from_utf8(text)
                            .map_err(|_| DecodeError::InvalidUtf8 { offset: 0 });
                    }
                }
                n_bits += 1;
                needed = match (letter & 0b11, n_bits) {
                    (0b00 | 0b10, _) => 4,
                    (0b01 | 0b11, 1) => 2,
                    (0b01, _) => 6,
                    _ => 10,
                };
            }
            text.push(match needed {
                4 => FREQUENT[(letter >> 1) as usize],
                6 => FREQUENT[FIRST.end + (letter >> 2) as usize],
                _ => rare((letter >> 2) as u8)?,
            });
        }
    }
}

impl Take for SlipReader<'_> {
    fn take(&mut self, field: usize) -> Result<u64, DecodeError> {
        match self.setting.code(field) {
            Code::Golomb(order) => self.bits.take_number(&mut self.r, order),
            Code::Zero(order) => {
                if self.bits.take(&mut self.r, 1)? == 0 {
                    return Ok(0);
                }
                Ok(self.bits.take_number(&mut self.r, order)?.saturating_add(1))
            }
        }
    }
}

/// A byte that has no shorter form.
fn rare(byte: u8) -> Result<u8, DecodeError> {
    if FREQUENT.contains(&byte) {
        Err(MALFORMED)
    } else {
        Ok(byte)
    }
}

/// The number of a byte among those that names are mostly made of.
fn plain_number(byte: u8) -> Option<u32> {
    PLAIN
        .iter()
        .position(|&plain| plain == byte)
        .map(|at| at as u32)
}

const PLAIN: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// What takes 4 bits, then what takes 6.
const FREQUENT: &[u8; 24] = b" etaonisrhldcumfpgwybvk.";
const FIRST: Range<usize> = 0..8;
