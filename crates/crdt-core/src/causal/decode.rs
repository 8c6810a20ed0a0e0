//! Reading dots and stores from foreign bytes.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::vec;
use alloc::vec::Vec;
use core::mem;

use super::events::context_of;
use super::{
    Causal, CausalDelta, Change, DotFun, DotMap, DotRanges, DotSet, DotStore, Dotted, Fixed, Live,
};
use crate::codec::{Budget, Decode, DecodeError, Limit, Reader};
use crate::{AgentId, Dot, DotContext, DotRange, Lattice, MAX_SEQ, Timestamp};

/// A [`Reader`] that knows the agents of a message, and what was read last.
#[derive(Debug)]
pub struct DotReader<'r, 'a> {
    r: &'r mut Reader<'a>,
    budget: &'r mut Budget,
    agents: Vec<AgentId>,
    expected: Vec<u64>,
    last_ms: u64,
    flags: u8,
    n_flags: u32,
    /// Dots read as live: each may stand in one place only.
    live: Vec<Dot>,
}

impl<'r, 'a> DotReader<'r, 'a> {
    fn new(r: &'r mut Reader<'a>, budget: &'r mut Budget) -> Result<Self, DecodeError> {
        let n_agents = r.count(2, budget)?;
        budget.spend_list::<(AgentId, u64)>(n_agents)?;
        let mut agents: Vec<AgentId> = Vec::new();
        for _ in 0..n_agents {
            let offset = r.offset();
            let agent = AgentId::decode(r, budget)?;
            if agents.last().is_some_and(|last| *last >= agent) {
                return Err(DecodeError::NotCanonical { offset });
            }
            agents.push(agent);
        }
        Ok(Self {
            r,
            budget,
            expected: vec![0; agents.len()],
            agents,
            last_ms: 0,
            flags: 0,
            n_flags: 0,
            live: Vec::new(),
        })
    }

    /// Reads a value that has no dots in it.
    ///
    /// # Errors
    /// Those of the value.
    /// # Complexity
    /// That of the value's decoding.
    /// # Examples
    /// See [`DecodeDots`].
    pub fn value<T: Decode>(&mut self) -> Result<T, DecodeError> {
        T::decode(self.r, self.budget)
    }

    /// Reads one bit.
    ///
    /// # Errors
    /// If the input ends.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`DecodeDots`].
    pub fn flag(&mut self) -> Result<bool, DecodeError> {
        if self.n_flags == 0 {
            self.flags = self.r.u8()?;
        }
        let flag = self.flags & 1 == 1;
        self.flags >>= 1;
        self.n_flags = self.n_flags.wrapping_add(1) % 8;
        Ok(flag)
    }

    /// Reads what [`DotWriter::count`](super::DotWriter::count) wrote, as the number of items that
    /// follow and take `min_item_bytes` each.
    ///
    /// # Errors
    /// If the input ends, is too short for so many, or the budget does not allow them.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`DecodeDots`].
    pub fn count(&mut self, min_item_bytes: usize) -> Result<usize, DecodeError> {
        if !self.flag()? {
            return Ok(0);
        }
        if !self.flag()? {
            self.budget.spend_items(1)?;
            return Ok(1);
        }
        let n_beyond = self.r.count(min_item_bytes, self.budget)?;
        self.budget.spend_items(2)?;
        Ok(n_beyond.saturating_add(2))
    }

    /// Spends the memory of a list of `n` values.
    ///
    /// # Errors
    /// If the budget does not allow it.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Budget::spend_list`].
    pub fn spend_list<T>(&mut self, n: usize) -> Result<(), DecodeError> {
        self.budget.spend_list::<T>(n)
    }

    /// Reads a dot that is live where it stands.
    ///
    /// That it is live nowhere else is checked when all is read.
    ///
    /// # Errors
    /// If the input ends, or names no such agent or no such seq.
    /// # Complexity
    /// O(log n).
    /// # Examples
    /// See [`DecodeDots`].
    pub fn live_dot(&mut self) -> Result<Dot, DecodeError> {
        let dot = self.seq()?.first();
        self.spend_list::<Dot>(1)?;
        self.live.push(dot.clone());
        Ok(dot)
    }

    /// Reads a stamp.
    ///
    /// # Errors
    /// If the input ends or the stamp is out of range.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`DecodeDots`].
    pub fn timestamp(&mut self) -> Result<Timestamp, DecodeError> {
        let offset = self.offset();
        let out_of_range = |found| DecodeError::OutOfRange {
            offset,
            found,
            max: Timestamp::MAX_MS,
        };
        let difference = self.r.i64()?;
        let ms = self.last_ms.checked_add_signed(difference);
        let ms = ms.ok_or_else(|| out_of_range(difference.unsigned_abs()))?;
        self.last_ms = ms;
        let mut counter = 0;
        if self.flag()? {
            let offset = self.offset();
            counter = self.value::<u16>()?;
            if counter == 0 {
                return Err(DecodeError::NotCanonical { offset });
            }
        }
        Timestamp::new(ms, counter).map_err(|_| out_of_range(ms))
    }

    /// Returns the offset of the next byte in the outermost input, for errors.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`DecodeDots`].
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.r.offset()
    }

    /// Reads something one level deeper.
    ///
    /// # Errors
    /// If the budget allows no deeper nesting; and those of `read`.
    /// # Complexity
    /// That of `read`.
    /// # Examples
    /// See [`Budget::nested`].
    pub fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        self.budget.descend()?;
        let result = read(self);
        self.budget.ascend();
        result
    }

    /// Reads ranges of dots in order.
    fn ranges(&mut self, mut each: impl FnMut(DotRange)) -> Result<(), DecodeError> {
        self.ranges_with(|_| Ok(()), |range, ()| each(range))
    }

    /// Reads ranges of dots in order, each with a kind; those of one kind do not touch.
    fn ranges_with<T: Clone + PartialEq>(
        &mut self,
        kind: impl Fn(&mut Self) -> Result<T, DecodeError>,
        mut each: impl FnMut(DotRange, T),
    ) -> Result<(), DecodeError> {
        let n_ranges = self.count(1)?;
        self.spend_list::<DotRange>(n_ranges)?;
        let mut last: Option<(DotRange, T)> = None;
        for _ in 0..n_ranges {
            let offset = self.offset();
            let mut range = self.seq()?;
            if self.flag()? {
                let n_more = self
                    .r
                    .u64_at_most(MAX_SEQ.saturating_sub(range.start))?
                    .saturating_add(1);
                range.end = range.end.saturating_add(n_more);
                self.expect(&range);
            }
            if range.end > MAX_SEQ + 1 {
                return Err(DecodeError::OutOfRange {
                    offset,
                    found: range.end,
                    max: MAX_SEQ + 1,
                });
            }
            let kind = kind(self)?;
            let follows = |(last, last_kind): &(DotRange, T)| {
                let (end, start) = ((&last.agent, last.end), (&range.agent, range.start));
                end < start || end == start && *last_kind != kind
            };
            if last.as_ref().is_some_and(|last| !follows(last)) {
                return Err(DecodeError::NotCanonical { offset });
            }
            last = Some((range.clone(), kind.clone()));
            each(range, kind);
        }
        Ok(())
    }

    /// Reads an agent and a seq: a range of one dot.
    fn seq(&mut self) -> Result<DotRange, DecodeError> {
        let offset = self.offset();
        let max = (self.agents.len() as u64).saturating_sub(1);
        let idx = if self.agents.len() == 1 {
            0
        } else {
            self.r.u64_at_most(max)?
        };
        let idx = usize::try_from(idx).unwrap_or(usize::MAX);
        let agent = self.agents.get(idx).ok_or(DecodeError::OutOfRange {
            offset,
            found: idx as u64,
            max,
        })?;
        let difference = self.r.i64()?;
        let expected = self.expected.get(idx).copied().unwrap_or_default();
        let start = expected
            .checked_add_signed(difference)
            .filter(|&seq| seq <= MAX_SEQ);
        let start = start.ok_or(DecodeError::OutOfRange {
            offset,
            found: difference.unsigned_abs(),
            max: MAX_SEQ,
        })?;
        let range = DotRange {
            agent: agent.clone(),
            start,
            end: start.saturating_add(1),
        };
        self.expect(&range);
        Ok(range)
    }

    /// Notes what the agent's next seq will be compared to.
    fn expect(&mut self, range: &DotRange) {
        let idx = self.agents.binary_search(&range.agent);
        if let Some(expected) = idx.ok().and_then(|idx| self.expected.get_mut(idx)) {
            *expected = range.end;
        }
    }

    /// Returns the dots read as live, each of which stood in one place.
    fn take_live(&mut self) -> Result<DotContext, DecodeError> {
        let n_dots = self.live.len() as u128;
        let live = context_of(mem::take(&mut self.live));
        if live.n_dots() < n_dots {
            let offset = self.offset();
            return Err(DecodeError::NotCanonical { offset });
        }
        Ok(live)
    }

    /// Ends reading: flags that were not needed are clear, and every agent of the table occurred.
    fn finish(self, context: &DotContext) -> Result<(), DecodeError> {
        let is_used = |agent: &AgentId| context.ranges_of(agent).next().is_some();
        if self.flags != 0 || !self.agents.iter().all(is_used) {
            let offset = self.offset();
            return Err(DecodeError::NotCanonical { offset });
        }
        Ok(())
    }
}

/// A part of a causal value that can be read back; the inverse of [`EncodeDots`](super::EncodeDots).
///
/// # Examples
/// ```
/// use crdt_core::{DecodeDots, Dot, DotReader};
/// use crdt_core::codec::DecodeError;
///
/// struct Pixel { writer: Dot, colour: u32 }
///
/// impl DecodeDots for Pixel {
///     fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
///         Ok(Self { writer: r.live_dot()?, colour: r.value()? })
///     }
/// }
/// ```
pub trait DecodeDots: Sized {
    /// Reads one value.
    ///
    /// # Errors
    /// A [`DecodeError`] if the bytes are not the canonical encoding of a value, or the budget is
    /// exceeded.
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError>;
}

/// Live dots, one by one: each counts as an item.
impl DecodeDots for DotSet {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let dots = read_dots(r)?;
        r.live.extend(dots.iter().cloned());
        Ok(dots)
    }
}

/// Removed dots: each range counts as an item.
impl DecodeDots for DotRanges {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let mut ranges = Vec::new();
        r.ranges(|range| ranges.push(range))?;
        Ok(Self::from_sorted(ranges))
    }
}

impl<V: DecodeDots> DecodeDots for DotFun<V> {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let n_entries = r.count(1)?;
        r.spend_list::<(Dot, V)>(n_entries)?;
        let mut entries = Self::default();
        for _ in 0..n_entries {
            let offset = r.offset();
            let dot = r.live_dot()?;
            if entries
                .iter()
                .next_back()
                .is_some_and(|(last, _)| *last >= dot)
            {
                return Err(DecodeError::NotCanonical { offset });
            }
            let value = V::decode_dots(r)?;
            entries.push(dot, value);
        }
        Ok(entries)
    }
}

impl<T: Decode> DecodeDots for Fixed<T> {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        r.value().map(Self)
    }
}

impl<K: Ord + Clone + Decode, S: Dotted + DecodeDots> DecodeDots for DotMap<K, S> {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let n_entries = r.count(1)?;
        r.spend_list::<(K, S)>(n_entries)?;
        let mut entries: Vec<(K, S)> = Vec::new();
        for _ in 0..n_entries {
            let offset = r.offset();
            let key = r.value()?;
            let store = S::decode_dots(r)?;
            let follows = entries.last().is_none_or(|(last, _)| *last < key);
            if !follows || store.is_empty() {
                return Err(DecodeError::NotCanonical { offset });
            }
            entries.push((key, store));
        }
        Ok(Self::from_sorted(entries))
    }
}

impl<A: DecodeDots, B: DecodeDots> DecodeDots for (A, B) {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        Ok((A::decode_dots(r)?, B::decode_dots(r)?))
    }
}

impl<L: DecodeDots> DecodeDots for Change<L> {
    fn decode_dots(r: &mut DotReader<'_, '_>) -> Result<Self, DecodeError> {
        let removed = DotRanges::decode_dots(r)?;
        let live = L::decode_dots(r)?;
        Ok(Self { removed, live })
    }
}

impl<S: DotStore + DecodeDots> Decode for Causal<S> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let mut r = DotReader::new(r, budget)?;
        let mut context = DotContext::new();
        r.ranges(|range| {
            context.insert_range(&range);
        })?;
        let store = S::decode_dots(&mut r)?;
        if !r.take_live()?.is_subset(&context) {
            let offset = r.offset();
            return Err(DecodeError::NotCanonical { offset });
        }
        r.finish(&context)?;
        Ok(Self { store, context })
    }
}

impl<S: DotStore<Live: DecodeDots>> Decode for CausalDelta<S> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let mut r = DotReader::new(r, budget)?;
        let (mut events, mut gone) = (DotContext::new(), DotContext::new());
        r.ranges_with(DotReader::flag, |range, is_gone| {
            let dots = if is_gone { &mut gone } else { &mut events };
            dots.insert_range(&range);
        })?;
        let change = Change::<S::Live>::decode_dots(&mut r)?;
        let (live, mut removed) = (r.take_live()?, Vec::new());
        change.for_each_removed(&mut |dots| removed.extend(dots.ranges()));
        removed.sort_unstable();
        let removed: DotContext = removed.into_iter().collect();
        let is_live = |dots: &DotContext| !live.intersection(dots).is_empty();
        if is_live(&events) || is_live(&gone) || is_live(&removed) {
            let offset = r.offset();
            return Err(DecodeError::NotCanonical { offset });
        }
        events.join(&live);
        let delta = Self {
            events: events.into(),
            gone,
            change,
        };
        r.finish(&delta.context())?;
        Ok(delta)
    }
}

/// Reads ranges of dots as single dots.
fn read_dots(r: &mut DotReader<'_, '_>) -> Result<DotSet, DecodeError> {
    let mut ranges = Vec::new();
    r.ranges(|range| ranges.push(range))?;
    let n_dots: u64 = ranges
        .iter()
        .map(DotRange::n_dots)
        .fold(0, u64::saturating_add);
    // Each range has been counted as one item already.
    r.budget
        .spend_items(n_dots.saturating_sub(ranges.len() as u64))?;
    // Once here, and once among all that are live.
    let n_bytes = n_dots.saturating_mul(size_of::<[Dot; 2]>() as u64);
    r.budget.spend_memory(n_bytes)?;
    let mut dots = Vec::new();
    let reserved = dots.try_reserve_exact(usize::try_from(n_dots).unwrap_or(usize::MAX));
    // A budget may be without bounds; the machine is not.
    reserved.map_err(|_| DecodeError::BudgetExceeded {
        limit: Limit::Items,
        max: r.budget.limits().max_items,
        requested: n_dots,
    })?;
    dots.extend(ranges.iter().flat_map(DotRange::dots));
    Ok(DotSet::from_sorted(dots))
}
