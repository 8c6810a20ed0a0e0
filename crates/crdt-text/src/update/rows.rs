//! The rows of a history: runs, their parents and their operations, as a sequence of small numbers.
//!
//! Each number is told in a *field*, and as its distance from what is expected there: the agent of
//! the run before, the sequence number after the agent's last, the position where the agent's caret
//! was left. What writes the fields, and in how many bits, is not known here: see [`Put`] and
//! [`Take`]. Both sides keep one [`Rows`], which changes alike on both.
//!
//! **Invariant.** What is expected depends on rows before alone, so a sequence of runs has one form.

mod turn;

use crdt_core::MAX_SEQ;
use crdt_core::codec::DecodeError;

pub(super) use self::turn::{OpRow, Turn};

use self::turn::{Carets, Habit};
use super::WireDot;

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

/// What both sides know of the rows so far.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    authors: Vec<Author>,
    /// The agents of the run before, and of the last run by another.
    agents: [u32; 2],
    last_agent_field: usize,
    habit: Habit,
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

impl Author {
    #[inline]
    fn parents_field(&self) -> usize {
        field::PARENTS + self.last_parents_field
    }
}

impl Head {
    /// How many rows the head claims to take. Nobody may read that many before they are paid for.
    #[inline]
    pub(super) fn n_rows(self) -> u64 {
        1 + self.shape / 2 + (1 - self.shape % 2)
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self {
            authors: Vec::new(),
            agents: [0, 1],
            last_agent_field: 0,
            habit: Habit::default(),
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
        out.put(self.author(first.agent).parents_field(), shape);
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
    #[inline(always)]
    pub(super) fn take_head(&mut self, from: &mut impl Take) -> Result<Head, DecodeError> {
        let agent_field = from.take(self.agent_field())?;
        let agent = match agent_field {
            0 => self.agents[0],
            1 => self.agents[1],
            number => self.known_agent(number - 2)?,
        };
        self.known_agent(agent.into())?;
        self.note_agent(agent, agent_field);
        let author = *self.author(agent);
        let seq = stepped(author.next_seq, unzigzag(from.take(field::SEQ)?), MAX_SEQ)?;
        let shape = from.take(author.parents_field())?;
        Ok(Head {
            first: WireDot { agent, seq },
            shape,
        })
    }

    /// Reads the parents of a run, ascending, into an empty list.
    #[inline(always)]
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

    #[inline(always)]
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

    /// Begins with the operations of a run, whose head and parents were told.
    #[inline]
    pub(super) fn turn(&self, first: WireDot) -> Turn {
        Turn::new(self.author(first.agent).carets, self.habit)
    }

    /// Ends a run of `len` events.
    #[inline]
    pub(super) fn end_run(
        &mut self,
        first: WireDot,
        turn: &Turn,
        len: u64,
    ) -> Result<(), DecodeError> {
        let end = first.seq + len;
        if end > MAX_SEQ + 1 {
            return Err(MALFORMED);
        }
        self.habit = turn.habit;
        let author = self.author_mut(first.agent);
        author.carets = turn.carets;
        author.next_seq = end;
        Ok(())
    }

    /// The sequence number after the agent's last.
    pub(super) fn next_seq(&self, agent: u32) -> u64 {
        self.author(agent).next_seq
    }

    #[inline]
    fn start_run(&mut self, first: WireDot, shape: u64) {
        self.author_mut(first.agent).last_parents_field = 1 + shape.min(2) as usize;
    }

    #[inline]
    fn note_agent(&mut self, agent: u32, agent_field: u64) {
        let [last, other] = self.agents;
        self.agents = [agent, if last == agent { other } else { last }];
        self.last_agent_field = agent_field.min(2) as usize;
    }

    #[inline]
    fn agent_field(&self) -> usize {
        field::AGENT + self.last_agent_field
    }

    #[inline]
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

fn own_parent(first: WireDot) -> Option<WireDot> {
    let seq = first.seq.checked_sub(1)?;
    Some(WireDot { seq, ..first })
}

/// A number some steps on, if it stays within its limits.
#[inline]
fn stepped(from: u64, step: i64, max: u64) -> Result<u64, DecodeError> {
    // Below zero it wraps, to far beyond any limit.
    let to = from.wrapping_add_signed(step);
    if to <= max { Ok(to) } else { Err(MALFORMED) }
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
