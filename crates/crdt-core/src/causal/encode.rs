//! Writing dots and stores as bytes.
//!
//! **Format.** A table of the agents that occur, in order; then values that refer to it. Counts are
//! mostly 0 or 1, so they go into flag bits: eight to a byte, the byte written where its first bit is
//! needed. A dot is the index of its agent, if there is more than one, and the zigzag difference of its
//! seq to the one expected: one past the agent's dot before. A stamp is the zigzag difference of its
//! milliseconds to the stamp before, a flag, and the counter if the flag is set.
//! A delta leads with its silent events, those that are not live in it, as ranges of events that are gone
//! and ranges of others, told apart by one more flag each.
//! docs/design/maps.md has the grammar.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use super::events::dots_of;
use super::{Causal, CausalDelta, Change, DotFun, DotMap, DotRanges, DotSet, DotStore, Fixed};
use crate::codec::{Encode, Writer};
use crate::{AgentId, Dot, DotContext, DotRange, Timestamp};

/// A [`Writer`] that knows the agents of a message, and what was written last.
#[derive(Debug)]
pub struct DotWriter<'w> {
    w: &'w mut Writer,
    agents: Vec<AgentId>,
    expected: Vec<u64>,
    last_ms: u64,
    flags_at: usize,
    n_flags: u32,
}

impl<'w> DotWriter<'w> {
    /// Writes the table of agents and gets ready for what refers to it.
    fn new(w: &'w mut Writer, agents: BTreeSet<AgentId>) -> Self {
        let agents: Vec<AgentId> = agents.into_iter().collect();
        w.u64(agents.len() as u64);
        agents.iter().for_each(|agent| agent.encode(w));
        Self {
            w,
            expected: vec![0; agents.len()],
            agents,
            last_ms: 0,
            flags_at: 0,
            n_flags: 0,
        }
    }

    /// Writes a value that has no dots in it.
    ///
    /// # Complexity
    /// That of the value's encoding.
    /// # Examples
    /// See [`EncodeDots`].
    pub fn value(&mut self, value: &(impl Encode + ?Sized)) {
        value.encode(self.w);
    }

    /// Writes one bit.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`EncodeDots`].
    pub fn flag(&mut self, flag: bool) {
        if self.n_flags == 0 {
            self.flags_at = self.w.as_bytes().len();
            self.w.u8(0);
        }
        if flag {
            self.w.set_bits(self.flags_at, 1 << self.n_flags);
        }
        self.n_flags = (self.n_flags + 1) % 8;
    }

    /// Writes a number that is mostly 0, then mostly 1: one bit, two bits, or more.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`EncodeDots`].
    pub fn count(&mut self, n: usize) {
        self.flag(n > 0);
        if n > 0 {
            self.flag(n > 1);
        }
        if n > 1 {
            self.w.u64(n as u64 - 2);
        }
    }

    /// Writes a dot.
    ///
    /// # Complexity
    /// O(log agents).
    /// # Examples
    /// See [`EncodeDots`].
    pub fn dot(&mut self, dot: &Dot) {
        self.seqs(&dot.agent, dot.seq, dot.seq + 1);
    }

    /// Writes a stamp.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`EncodeDots`].
    pub fn timestamp(&mut self, stamp: Timestamp) {
        let difference = stamp.ms().cast_signed() - self.last_ms.cast_signed();
        self.last_ms = stamp.ms();
        self.w.i64(difference);
        self.flag(stamp.counter() > 0);
        if stamp.counter() > 0 {
            self.w.u64(u64::from(stamp.counter()));
        }
    }

    /// Writes ranges of dots, which must be in order and not touch.
    fn ranges(&mut self, ranges: &[DotRange]) {
        self.count(ranges.len());
        ranges.iter().for_each(|range| self.range(range));
    }

    fn range(&mut self, range: &DotRange) {
        self.seqs(&range.agent, range.start, range.end);
        let n_more = range.n_dots() - 1;
        self.flag(n_more > 0);
        if n_more > 0 {
            self.w.u64(n_more - 1);
        }
    }

    /// Writes an agent and a seq, after which `end` is expected.
    fn seqs(&mut self, agent: &AgentId, start: u64, end: u64) {
        let Ok(idx) = self.agents.binary_search(agent) else {
            debug_assert!(false, "{agent} was not collected");
            return;
        };
        if self.agents.len() > 1 {
            self.w.u64(idx as u64);
        }
        let expected = &mut self.expected[idx];
        self.w.i64(start.cast_signed() - expected.cast_signed());
        *expected = end;
    }
}

/// A part of a causal value that can be written with a table of agents at hand.
///
/// # Examples
/// ```
/// use crdt_core::{Dot, DotWriter, EncodeDots};
///
/// struct Pixel { writer: Dot, colour: u32 }
///
/// impl EncodeDots for Pixel {
///     fn encode_dots(&self, w: &mut DotWriter<'_>) {
///         w.dot(&self.writer);
///         w.value(&self.colour);
///     }
/// }
/// ```
pub trait EncodeDots {
    /// Appends the encoding of `self`; equal values append equal bytes after equal beginnings.
    fn encode_dots(&self, w: &mut DotWriter<'_>);
}

impl EncodeDots for DotSet {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        DotRanges::from(self).encode_dots(w);
    }
}

impl EncodeDots for DotRanges {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        self.with_slice(|ranges| w.ranges(ranges));
    }
}

impl<V: EncodeDots> EncodeDots for DotFun<V> {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.count(self.len());
        for (dot, value) in self.iter() {
            w.dot(dot);
            value.encode_dots(w);
        }
    }
}

impl<T: Encode> EncodeDots for Fixed<T> {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.value(&self.0);
    }
}

impl<K: Ord + Encode, S: EncodeDots> EncodeDots for DotMap<K, S> {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        w.count(self.len());
        for (key, store) in self.iter() {
            w.value(key);
            store.encode_dots(w);
        }
    }
}

impl<A: EncodeDots, B: EncodeDots> EncodeDots for (A, B) {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        self.0.encode_dots(w);
        self.1.encode_dots(w);
    }
}

impl<L: EncodeDots> EncodeDots for Change<L> {
    fn encode_dots(&self, w: &mut DotWriter<'_>) {
        self.removed.encode_dots(w);
        self.live.encode_dots(w);
    }
}

impl<S: DotStore + EncodeDots> Encode for Causal<S> {
    fn encode(&self, w: &mut Writer) {
        let mut agents = BTreeSet::new();
        collect_agents(&self.context, &mut agents);
        let mut w = DotWriter::new(w, agents);
        w.ranges(&self.context.ranges().collect::<Vec<_>>());
        self.store.encode_dots(&mut w);
    }
}

impl<S: DotStore<Live: EncodeDots>> Encode for CausalDelta<S> {
    fn encode(&self, w: &mut Writer) {
        let mut agents = BTreeSet::new();
        let context = self.context();
        collect_agents(&context, &mut agents);
        let mut w = DotWriter::new(w, agents);
        let silent = self.events();
        let live = dots_of(&self.change);
        let others = silent.difference(&live).difference(&self.gone);
        let mut silent: Vec<(DotRange, bool)> =
            self.gone.ranges().map(|range| (range, true)).collect();
        silent.extend(others.ranges().map(|range| (range, false)));
        silent.sort_unstable();
        w.count(silent.len());
        for (range, is_gone) in &silent {
            w.range(range);
            w.flag(*is_gone);
        }
        self.change.encode_dots(&mut w);
    }
}

fn collect_agents(context: &DotContext, agents: &mut BTreeSet<AgentId>) {
    agents.extend(context.ranges().map(|range| range.agent));
}
