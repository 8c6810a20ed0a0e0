//! An add-wins set by the book, with one mistake at a time.

use alloc::collections::BTreeSet;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer as Bytes};
use crdt_core::{Decompose, DeltaState, Dot, Lattice, Summarize};

use crate::laws::{Dots, History, N_AGENTS, Refused, Subject, Writer, agent};
use crate::rng::Rng;

/// What is wrong.
pub(super) struct Mistake;

impl Mistake {
    pub(super) const NONE: u8 = 0;
    /// The delta of a removal does not say what it removes.
    pub(super) const NAMES_NOTHING: u8 = 1;
    /// A removal forgets that the element was ever there.
    pub(super) const FORGETS_CONTEXT: u8 = 2;
    /// The dot of an adding is not noted.
    pub(super) const UNKNOWN_DOT: u8 = 3;
    /// A removal also removes what others may be adding at the same time.
    pub(super) const REMOVES_THE_UNSEEN: u8 = 4;
}

/// An agent by its place, and a seq.
type Name = (u8, u8);

/// Elements with the dots of their addings, and all dots ever seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DotTable<const MISTAKE: u8> {
    live: BTreeSet<(u8, Name)>,
    known: BTreeSet<Name>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Add(u8),
    Remove(u8),
}

impl<const MISTAKE: u8> DotTable<MISTAKE> {
    fn next_of(&self, agent: usize) -> Name {
        let own = self
            .known
            .iter()
            .filter(|(author, _)| usize::from(*author) == agent);
        (agent as u8, own.map(|(_, seq)| seq + 1).max().unwrap_or(0))
    }

    fn add(&mut self, me: usize, element: u8) -> Self {
        let (dot, replaced) = (self.next_of(me), self.entries_of(element));
        let mut delta = Self::default();
        delta.live.insert((element, dot));
        delta.known.extend(replaced.iter().map(|(_, dot)| *dot));
        if MISTAKE != Mistake::UNKNOWN_DOT {
            delta.known.insert(dot);
        }
        self.live = &self.live - &replaced;
        self.live.extend(&delta.live);
        self.known.extend(&delta.known);
        delta
    }

    fn remove(&mut self, me: usize, element: u8) -> Self {
        let removed = self.entries_of(element);
        let mut delta = Self::default();
        if removed.is_empty() {
            return delta;
        }
        delta.known.insert(self.next_of(me));
        let dots: BTreeSet<Name> = removed.iter().map(|(_, dot)| *dot).collect();
        if MISTAKE != Mistake::NAMES_NOTHING {
            delta.known.extend(&dots);
        }
        if MISTAKE == Mistake::REMOVES_THE_UNSEEN {
            let others = (0..N_AGENTS).filter(|&other| other != me);
            delta.known.extend(others.map(|other| self.next_of(other)));
        }
        self.live = &self.live - &removed;
        self.known.extend(&delta.known);
        if MISTAKE == Mistake::FORGETS_CONTEXT {
            self.known = &self.known - &dots;
        }
        delta
    }

    fn entries_of(&self, element: u8) -> BTreeSet<(u8, Name)> {
        let entries = self.live.iter().filter(|(held, _)| *held == element);
        entries.copied().collect()
    }

    fn apply(&mut self, writer: Writer<'_>, op: Op) -> Self {
        match op {
            Op::Add(element) => self.add(writer.idx(), element),
            Op::Remove(element) => self.remove(writer.idx(), element),
        }
    }
}

impl<const MISTAKE: u8> Lattice for DotTable<MISTAKE> {
    fn join(&mut self, other: &Self) -> bool {
        let before = self.clone();
        let kept = |ours: &Self, theirs: &Self| {
            let mut kept = ours.live.clone();
            kept.retain(|entry| theirs.live.contains(entry) || !theirs.known.contains(&entry.1));
            kept
        };
        self.live = &kept(&before, other) | &kept(other, &before);
        self.known.extend(&other.known);
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        let mut joined = self.clone();
        joined.join(other);
        joined == *other
    }
}

impl<const MISTAKE: u8> Decompose for DotTable<MISTAKE> {
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let live = self.live.iter().map(|entry| Self {
            live: BTreeSet::from([*entry]),
            known: BTreeSet::from([entry.1]),
        });
        let is_over = |dot: &&Name| self.live.iter().all(|(_, live)| live != *dot);
        let over = self.known.iter().filter(is_over).map(|dot| Self {
            live: BTreeSet::new(),
            known: BTreeSet::from([*dot]),
        });
        live.chain(over).collect::<Vec<_>>().into_iter()
    }
}

impl<const MISTAKE: u8> DeltaState for DotTable<MISTAKE> {
    type Delta = Self;
    type Error = core::convert::Infallible;

    fn apply_delta(&mut self, delta: &Self) -> Result<bool, Self::Error> {
        Ok(self.join(delta))
    }
}

impl<const MISTAKE: u8> Summarize for DotTable<MISTAKE> {
    type Summary = Self;

    fn summary(&self) -> Self {
        self.clone()
    }

    fn delta_since(&self, known: &Self) -> Option<Self> {
        Some(self.diff(known))
    }
}

impl<const MISTAKE: u8> Encode for DotTable<MISTAKE> {
    fn encode(&self, w: &mut Bytes) {
        w.u64(self.live.len() as u64);
        for (element, (agent, seq)) in &self.live {
            [element, agent, seq]
                .into_iter()
                .for_each(|byte| w.u8(*byte));
        }
        w.u64(self.known.len() as u64);
        for (agent, seq) in &self.known {
            [agent, seq].into_iter().for_each(|byte| w.u8(*byte));
        }
    }
}

impl<const MISTAKE: u8> Decode for DotTable<MISTAKE> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let mut table = Self::default();
        let refused = DecodeError::NotCanonical { offset: r.offset() };
        for _ in 0..r.count(3, budget)? {
            let entry = (r.u8()?, (r.u8()?, r.u8()?));
            let is_next = table.live.last().is_none_or(|last| *last < entry);
            table.live.insert(entry);
            is_next.then_some(()).ok_or(refused)?;
        }
        for _ in 0..r.count(2, budget)? {
            let dot = (r.u8()?, r.u8()?);
            let is_next = table.known.last().is_none_or(|last| *last < dot);
            table.known.insert(dot);
            is_next.then_some(()).ok_or(refused)?;
        }
        Ok(table)
    }
}

impl<const MISTAKE: u8> Subject for DotTable<MISTAKE> {
    type State = Self;
    type Op = Op;
    type Value = BTreeSet<u8>;

    fn name() -> String {
        format!("table of dots with mistake {MISTAKE}")
    }

    fn op(rng: &mut Rng, _: usize) -> Op {
        let element = rng.below(3) as u8;
        if rng.chance(60) {
            Op::Add(element)
        } else {
            Op::Remove(element)
        }
    }

    fn mutate(state: &mut Self, writer: Writer<'_>, op: &Op) -> Result<Self, Refused> {
        Ok(state.apply(writer, *op))
    }

    fn mutate_plain(state: &mut Self, writer: Writer<'_>, op: &Op) -> Result<(), Refused> {
        state.apply(writer, *op);
        Ok(())
    }

    fn value(state: &Self) -> BTreeSet<u8> {
        state.live.iter().map(|(element, _)| *element).collect()
    }

    fn oracle(history: &History<Op>) -> BTreeSet<u8> {
        let takes_away = |later: &Op, op: &Op| matches!((later, op), (Op::Remove(removed), Op::Add(added)) if removed == added);
        let survivors = history.survivors(takes_away);
        let added = survivors.filter_map(|event| match event.op {
            Op::Add(element) => Some(element),
            Op::Remove(_) => None,
        });
        added.collect()
    }

    fn dots(state: &Self) -> Option<Dots> {
        let dot = |name: &Name| Dot::new(agent(name.0.into()), name.1.into()).expect("a small seq");
        Some(Dots {
            known: state.known.iter().map(dot).collect(),
            live: state.live.iter().map(|(_, name)| dot(name)).collect(),
        })
    }
}
