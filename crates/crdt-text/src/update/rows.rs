//! The rows of a history: runs, their parents and their operations, as a sequence of small numbers.
//!
//! Each number is told in a *field*, and as its distance from what is expected there: the agent of
//! the run before, the sequence number after the agent's last, the position where the agent's caret
//! was left. What writes the fields, and in how many bits, is not known here: see [`Put`] and
//! [`Take`]. Both sides keep one [`Rows`], which changes alike on both.
//!
//! **Invariant.** What is expected depends on rows before alone, so a sequence of runs has one form.

use crdt_core::MAX_SEQ;
use crdt_core::codec::DecodeError;

use super::WireDot;
use crate::op_log::MAX_LEN;
use crate::{Direction, TextOp};

/// Takes the fields of rows, in order.
pub(super) trait Put {
    fn put(&mut self, field: usize, value: u64);
}

/// Gives back the fields of rows, in order.
pub(super) trait Take {
    fn take(&mut self, field: usize) -> Result<u64, DecodeError>;
}

/// Where a field starts in the numbering of contexts; each has as many as are told below.
pub(super) mod field {
    /// 0: as the run before; 1: as the last run by another; else its number, plus 2. By the last.
    pub(in crate::update) const AGENT: usize = 0;
    /// The first sequence number, as a step from the one after the agent's last.
    pub(in crate::update) const SEQ: usize = AGENT + 3;
    /// Twice the number of parents besides the agent's event before, plus 1 if that is none. By the
    /// agent's last, and whether it is the agent's first run.
    pub(in crate::update) const PARENTS: usize = SEQ + 1;
    /// 0: the agent whose event was last a parent of this agent's; else its number, plus 1.
    pub(in crate::update) const PARENT_AGENT: usize = PARENTS + 8;
    /// A parent's sequence number: a step from the last one of the same agent, or back from that
    /// agent's last.
    pub(in crate::update) const PARENT_SEQ: usize = PARENT_AGENT + 1;
    /// Twice the kind, plus 1 if it is the run's last operation. By the kind before, and whether the
    /// run goes on.
    pub(in crate::update) const OP: usize = PARENT_SEQ + 2;
    /// Where it happens, see [`super::Place`]. By kind, kind before, and whether the run goes on.
    pub(in crate::update) const PLACE: usize = OP + 2 * N_KINDS;
    /// Number of events, less 1. By kind, place, and whether operations before had more than one.
    pub(in crate::update) const LEN: usize = PLACE + 2 * N_KINDS * N_KINDS;
    pub(in crate::update) const N_FIELDS: usize = LEN + 16 * N_KINDS;

    pub(in crate::update) const N_KINDS: usize = 5;
}

/// What an operation does, as a number.
mod kind {
    pub(super) const INSERT: usize = 0;
    pub(super) const DELETE: usize = 1;
    pub(super) const BACKSPACE: usize = 2;
    /// As the two before, with the deleted text recorded.
    pub(super) const RECORDED: usize = 2;
}

/// What both sides know of the rows so far.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    authors: Vec<Author>,
    /// The agents of the run before, and of the last run by another.
    agents: [u32; 2],
    last_agent_field: usize,
    last_kind: usize,
    last_len_field: usize,
}

/// What is known of one agent.
#[derive(Clone, Copy, Debug)]
struct Author {
    next_seq: u64,
    /// The last parent of its events that was another's.
    saw: WireDot,
    carets: Carets,
    last_parents_field: usize,
}

/// The head of a run, without its length, which the operations tell, and without its parents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) first: WireDot,
    shape: u64,
}

impl Head {
    /// How many rows the head claims to take. Nobody may read that many before they are paid for.
    #[inline]
    pub(super) fn n_rows(self) -> u64 {
        1 + self.shape / 2 + (1 - self.shape % 2)
    }
}

/// An operation whose text is elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpRow {
    kind: usize,
    pub(super) len: u32,
    /// The lowest position that is touched.
    pub(super) lowest: u32,
    pub(super) is_last: bool,
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            authors: Vec::new(),
            agents: [0, 1],
            last_agent_field: 0,
            last_kind: 0,
            last_len_field: 0,
        }
    }
}

impl Rows {
    pub(super) fn new(n_agents: usize) -> Self {
        let mut rows = Self::default();
        rows.set_agents(n_agents);
        rows
    }

    /// Makes room for agents that were not known.
    pub(crate) fn set_agents(&mut self, n_agents: usize) {
        let first = WireDot { agent: 0, seq: 0 };
        let author = Author {
            next_seq: 0,
            saw: first,
            carets: Carets::default(),
            last_parents_field: 0,
        };
        self.authors.resize(n_agents, author);
    }

    /// Writes a run that `end_run` must end.
    pub(super) fn put_head(&mut self, out: &mut impl Put, first: WireDot, parents: &[WireDot]) {
        let agent_field = match self.agents.iter().position(|&agent| agent == first.agent) {
            Some(place) => place as u64,
            None => u64::from(first.agent) + 2,
        };
        out.put(self.agent_field(), agent_field);
        self.note_agent(first.agent, agent_field);
        let author = self.author(first.agent);
        out.put(
            field::SEQ,
            zigzag(first.seq as i64 - author.next_seq as i64),
        );
        let own = own_parent(first);
        let has_own = own.is_some_and(|own| parents.contains(&own));
        let n_others = parents.len() - usize::from(has_own);
        let shape = 2 * n_others as u64 + u64::from(!has_own);
        out.put(self.parents_field(first.agent), shape);
        for &parent in parents.iter().filter(|&&parent| Some(parent) != own) {
            let saw = self.author(first.agent).saw;
            if parent.agent == saw.agent {
                out.put(field::PARENT_AGENT, 0);
                out.put(
                    field::PARENT_SEQ,
                    zigzag(parent.seq as i64 - saw.seq as i64),
                );
            } else {
                out.put(field::PARENT_AGENT, u64::from(parent.agent) + 1);
                let next = self.author(parent.agent).next_seq;
                out.put(
                    field::PARENT_SEQ + 1,
                    zigzag(next as i64 - parent.seq as i64),
                );
            }
            self.author_mut(first.agent).saw = parent;
        }
        self.start_run(first, shape);
    }

    /// Reads what [`Self::put_head`] wrote, up to the parents, which [`Self::take_parents`] reads.
    #[inline]
    pub(super) fn take_head(&mut self, from: &mut impl Take) -> Result<Head, DecodeError> {
        let agent_field = from.take(self.agent_field())?;
        let agent = match agent_field {
            0 | 1 => self.agents[agent_field as usize],
            number => self.known_agent(number - 2)?,
        };
        self.known_agent(agent.into())?;
        self.note_agent(agent, agent_field);
        let next_seq = self.author(agent).next_seq;
        let seq = stepped(next_seq, unzigzag(from.take(field::SEQ)?), MAX_SEQ)?;
        let shape = from.take(self.parents_field(agent))?;
        Ok(Head {
            first: WireDot { agent, seq },
            shape,
        })
    }

    /// Reads the parents of a run, ascending, into an empty list.
    #[inline]
    pub(super) fn take_parents(
        &mut self,
        from: &mut impl Take,
        head: Head,
        parents: &mut Vec<WireDot>,
    ) -> Result<(), DecodeError> {
        let Head { first, shape } = head;
        let own = own_parent(first);
        for _ in 0..shape / 2 {
            let parent = self.take_parent(from, first.agent)?;
            if parents.last().is_some_and(|last| *last >= parent) || own == Some(parent) {
                return Err(MALFORMED);
            }
            parents.push(parent);
            self.author_mut(first.agent).saw = parent;
        }
        if shape & 1 == 0 {
            let own = own.ok_or(MALFORMED)?;
            let mut place = parents.len();
            parents.push(own);
            while place > 0 && parents[place - 1] > own {
                parents.swap(place - 1, place);
                place -= 1;
            }
        }
        self.start_run(first, shape);
        Ok(())
    }

    fn take_parent(&self, from: &mut impl Take, agent: u32) -> Result<WireDot, DecodeError> {
        let saw = self.author(agent).saw;
        match from.take(field::PARENT_AGENT)? {
            0 => {
                let step = unzigzag(from.take(field::PARENT_SEQ)?);
                self.known_agent(saw.agent.into())?;
                let seq = stepped(saw.seq, step, MAX_SEQ)?;
                Ok(WireDot { seq, ..saw })
            }
            number => {
                let agent = self.known_agent(number - 1)?;
                let back = unzigzag(from.take(field::PARENT_SEQ + 1)?);
                let step = back.checked_neg().ok_or(MALFORMED)?;
                let seq = stepped(self.author(agent).next_seq, step, MAX_SEQ)?;
                Ok(WireDot { agent, seq })
            }
        }
    }

    /// Writes an operation of the run at hand.
    pub(super) fn put_op(&mut self, out: &mut impl Put, agent: u32, is_first: bool, row: OpRow) {
        out.put(
            self.op_field(is_first),
            2 * row.kind as u64 + u64::from(row.is_last),
        );
        let place = Place::of(&row, &self.author(agent).carets);
        out.put(self.place_field(row.kind, is_first), place.number(row.kind));
        out.put(self.len_field(row.kind, place), u64::from(row.len) - 1);
        self.note_op(agent, place, row);
    }

    /// Reads what [`Self::put_op`] wrote.
    #[inline]
    pub(super) fn take_op(
        &mut self,
        from: &mut impl Take,
        agent: u32,
        is_first: bool,
    ) -> Result<OpRow, DecodeError> {
        let op = from.take(self.op_field(is_first))?;
        let kind = (op / 2) as usize;
        if kind >= field::N_KINDS {
            return Err(MALFORMED);
        }
        let place = Place::read(from.take(self.place_field(kind, is_first))?, kind);
        let len = from.take(self.len_field(kind, place))?;
        let lowest = place.lowest(&self.author(agent).carets, len, kind)?;
        let is_backspace = is_backspace(kind);
        if lowest + len >= MAX_LEN as u64 || (is_backspace && len == 0) {
            return Err(MALFORMED);
        }
        let row = OpRow {
            kind,
            len: len as u32 + 1,
            lowest: lowest as u32,
            is_last: op & 1 == 1,
        };
        self.note_op(agent, place, row);
        Ok(row)
    }

    /// Ends a run of `len` events.
    pub(super) fn end_run(&mut self, first: WireDot, len: u64) -> Result<(), DecodeError> {
        let end = first.seq + len;
        if end > MAX_SEQ + 1 {
            return Err(MALFORMED);
        }
        self.author_mut(first.agent).next_seq = end;
        Ok(())
    }

    /// The sequence number after the agent's last.
    pub(super) fn next_seq(&self, agent: u32) -> u64 {
        self.author(agent).next_seq
    }

    fn start_run(&mut self, first: WireDot, shape: u64) {
        self.author_mut(first.agent).last_parents_field = 1 + shape.min(2) as usize;
    }

    fn note_agent(&mut self, agent: u32, agent_field: u64) {
        if self.agents[0] != agent {
            self.agents = [agent, self.agents[0]];
        }
        self.last_agent_field = agent_field.min(2) as usize;
    }

    #[inline]
    fn note_op(&mut self, agent: u32, place: Place, row: OpRow) {
        self.last_kind = row.kind;
        self.last_len_field = usize::from(row.len > 1) + 2 * (self.last_len_field & 1);
        self.author_mut(agent).carets.note(place, row);
    }

    fn agent_field(&self) -> usize {
        field::AGENT + self.last_agent_field
    }

    fn parents_field(&self, agent: u32) -> usize {
        field::PARENTS + self.author(agent).last_parents_field
    }

    #[inline]
    fn op_field(&self, is_first: bool) -> usize {
        field::OP + 2 * self.last_kind + usize::from(is_first)
    }

    #[inline]
    fn place_field(&self, kind: usize, is_first: bool) -> usize {
        field::PLACE + 2 * (field::N_KINDS * kind + self.last_kind) + usize::from(is_first)
    }

    #[inline]
    fn len_field(&self, kind: usize, place: Place) -> usize {
        let place = match place {
            Place::AtCaret => 0,
            Place::BeforeCaret => 1,
            Place::Back(_) => 2,
            Place::Away(_) => 3,
        };
        field::LEN + 4 * (4 * kind + place) + self.last_len_field
    }

    fn known_agent(&self, number: u64) -> Result<u32, DecodeError> {
        if number < self.authors.len() as u64 {
            Ok(number as u32)
        } else {
            Err(MALFORMED)
        }
    }

    #[inline]
    fn author(&self, agent: u32) -> &Author {
        &self.authors[agent as usize]
    }

    #[inline]
    fn author_mut(&mut self, agent: u32) -> &mut Author {
        &mut self.authors[agent as usize]
    }
}

impl OpRow {
    pub(super) fn of(op: &TextOp<'_>, is_last: bool) -> Self {
        let (kind, lowest) = match *op {
            TextOp::Insert { pos, .. } => (kind::INSERT, pos),
            TextOp::Delete {
                pos,
                len,
                direction,
                text,
            } => {
                let is_backspace = direction == Direction::Backward && len > 1;
                let recorded = if text.is_some() { kind::RECORDED } else { 0 };
                let kind = if is_backspace {
                    kind::BACKSPACE
                } else {
                    kind::DELETE
                };
                (kind + recorded, pos)
            }
        };
        Self {
            kind,
            // An op log holds no longer ones, and no positions beyond.
            len: op.n_events() as u32,
            lowest: lowest as u32,
            is_last,
        }
    }

    pub(super) fn is_insert(self) -> bool {
        self.kind == kind::INSERT
    }

    /// Whether the deleted text is recorded.
    pub(super) fn is_recorded(self) -> bool {
        self.kind > kind::RECORDED
    }

    /// In which direction it deletes.
    pub(super) fn direction(self) -> Direction {
        if is_backspace(self.kind) {
            Direction::Backward
        } else {
            Direction::Forward
        }
    }

    /// Where the caret stands: behind what was inserted, or where something was deleted.
    fn caret_after(self) -> u32 {
        self.lowest + if self.is_insert() { self.len } else { 0 }
    }
}

/// Where an agent's caret stands, and where it stood before it went elsewhere, the latest first:
/// people correct something and go on where they were.
#[derive(Clone, Copy, Debug, Default)]
struct Carets {
    now: u32,
    before: [u32; N_BEFORE],
}

impl Carets {
    #[inline]
    fn note(&mut self, place: Place, row: OpRow) {
        // What is left behind comes first, and takes the room of what is returned to, or of the last.
        let n_moved = match place {
            Place::AtCaret | Place::BeforeCaret => 0,
            Place::Back(nth) => nth + 1,
            Place::Away(_) => N_BEFORE,
        };
        if n_moved > 0 {
            for nth in (1..n_moved).rev() {
                self.before[nth] = self.before[nth - 1];
            }
            self.before[0] = self.now;
        }
        let is_insert = row.is_insert();
        for place in &mut self.before {
            let moved = if is_insert {
                place.saturating_add(row.len)
            } else {
                row.lowest.max(place.saturating_sub(row.len))
            };
            *place = if *place > row.lowest { moved } else { *place };
        }
        self.now = row.caret_after();
    }
}

/// Where an operation happens.
#[derive(Clone, Copy)]
enum Place {
    /// An insert at the caret, or a delete of what follows it.
    AtCaret,
    /// A delete of what stands before the caret.
    BeforeCaret,
    /// An insert where the caret stood before, or a delete of what stands before that.
    Back(usize),
    /// So far from the caret.
    Away(i64),
}

impl Place {
    fn of(row: &OpRow, carets: &Carets) -> Self {
        let end = row.lowest + if row.is_insert() { 0 } else { row.len };
        if row.lowest == carets.now {
            Self::AtCaret
        } else if end == carets.now {
            Self::BeforeCaret
        } else if let Some(nth) = carets.before.iter().position(|&before| before == end) {
            Self::Back(nth)
        } else {
            Self::Away(i64::from(row.lowest) - i64::from(carets.now))
        }
    }

    /// The likelier of the two places next to the caret has the smaller number.
    fn number(self, kind: usize) -> u64 {
        let is_insert = kind == kind::INSERT;
        match self {
            Self::AtCaret => u64::from(!is_insert),
            Self::BeforeCaret => 0,
            Self::Back(nth) => nth as u64 + 2,
            Self::Away(step) => zigzag(step) + 2 + N_BEFORE as u64,
        }
    }

    #[inline]
    fn read(number: u64, kind: usize) -> Self {
        let is_insert = kind == kind::INSERT;
        match number {
            0 if is_insert => Self::AtCaret,
            0 => Self::BeforeCaret,
            1 => Self::AtCaret,
            number => match (number - 2).checked_sub(N_BEFORE as u64) {
                None => Self::Back(number as usize - 2),
                Some(step) => Self::Away(unzigzag(step)),
            },
        }
    }

    /// The lowest position of an operation of `len` events and one more.
    #[inline]
    fn lowest(self, carets: &Carets, len: u64, kind: usize) -> Result<u64, DecodeError> {
        let max = MAX_LEN as u64;
        if len > max {
            return Err(MALFORMED);
        }
        let back = if kind == kind::INSERT {
            0
        } else {
            -(len as i64) - 1
        };
        match self {
            Self::AtCaret => Ok(carets.now.into()),
            Self::BeforeCaret => stepped(carets.now.into(), back, max),
            Self::Back(nth) => stepped(carets.before[nth].into(), back, max),
            Self::Away(step) => stepped(carets.now.into(), step, max),
        }
    }
}

const N_BEFORE: usize = 3;

fn is_backspace(kind: usize) -> bool {
    kind == kind::BACKSPACE || kind == kind::BACKSPACE + kind::RECORDED
}

fn own_parent(first: WireDot) -> Option<WireDot> {
    let seq = first.seq.checked_sub(1)?;
    Some(WireDot { seq, ..first })
}

/// A number some steps on, if it stays within its limits.
#[inline]
fn stepped(from: u64, step: i64, max: u64) -> Result<u64, DecodeError> {
    let to = from.checked_add_signed(step).filter(|&to| to <= max);
    to.ok_or(MALFORMED)
}

#[inline]
const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

#[inline]
const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Coded numbers have no place of their own in the input.
pub(super) const MALFORMED: DecodeError = DecodeError::NotCanonical { offset: 0 };
