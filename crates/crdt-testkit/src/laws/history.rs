//! What happened: events, and which of them each writer had seen.

/// A set of events of one history, by their places in it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct EventSet(u64);

impl EventSet {
    /// How many events a history can have.
    pub const CAPACITY: usize = 64;

    /// Returns whether the event at `idx` is in the set.
    pub fn contains(self, idx: usize) -> bool {
        idx < Self::CAPACITY && self.0 & (1 << idx) != 0
    }

    /// Returns whether all of the set is in `other` too.
    pub fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Iterates over the places in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::CAPACITY).filter(move |&idx| self.contains(idx))
    }

    pub(super) fn of(idx: usize) -> Self {
        assert!(idx < Self::CAPACITY, "a history of {idx} events is full");
        Self(1 << idx)
    }

    /// The events before the one at `n`.
    pub(super) fn first(n: usize) -> Self {
        (0..n).map(Self::of).fold(Self::default(), Self::union)
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// One operation that had an effect.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "oracles read all of it")]
pub struct Event<Op> {
    /// Its place in the history: later than that of anything its writer had seen.
    pub idx: usize,
    /// The place of its writer among the agents.
    pub agent: usize,
    /// What was asked for.
    pub op: Op,
    /// The events that its writer had seen.
    pub seen: EventSet,
}

impl<Op> Event<Op> {
    /// Returns whether the writer of `self` had seen `other`.
    pub fn saw<P>(&self, other: &Event<P>) -> bool {
        self.seen.contains(other.idx)
    }
}

/// Events, each after those that its writer had seen.
///
/// # Examples
/// An oracle for a set in which adding wins:
/// ```
/// use std::collections::BTreeSet;
/// use crdt_testkit::laws::History;
///
/// enum Op { Add(u8), Remove(u8) }
///
/// fn oracle(history: &History<Op>) -> BTreeSet<u8> {
///     let is_removal = |later: &Op, op: &Op| matches!((later, op), (Op::Remove(a), Op::Add(b)) if a == b);
///     let survivors = history.survivors(is_removal);
///     survivors.filter_map(|event| match event.op { Op::Add(element) => Some(element), Op::Remove(_) => None }).collect()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct History<Op> {
    events: Vec<Event<Op>>,
}

impl<Op> History<Op> {
    /// Iterates over the events, each after those that its writer had seen.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Event<Op>> + ExactSizeIterator + Clone {
        self.events.iter()
    }

    /// Returns whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Iterates over the events that no later event takes away, of those whose writers had seen them.
    pub fn survivors(
        &self,
        takes_away: impl Fn(&Op, &Op) -> bool,
    ) -> impl Iterator<Item = &Event<Op>> {
        self.events.iter().filter(move |event| {
            let mut later = self.events.iter().filter(|later| later.saw(event));
            !later.any(|later| takes_away(&later.op, &event.op))
        })
    }

    /// Returns the events for which `narrow` returns something, with that in the place of their
    /// operations: what happened to a part, such as the value under one key.
    pub fn filter_map<P>(&self, mut narrow: impl FnMut(&Event<Op>) -> Option<P>) -> History<P> {
        let events = self.events.iter().filter_map(|event| {
            let op = narrow(event)?;
            Some(Event {
                idx: event.idx,
                agent: event.agent,
                op,
                seen: event.seen,
            })
        });
        History {
            events: events.collect(),
        }
    }

    /// Returns the events that are in `set`.
    #[must_use]
    pub fn within(&self, set: EventSet) -> Self
    where
        Op: Clone,
    {
        self.filter_map(|event| set.contains(event.idx).then(|| event.op.clone()))
    }

    /// Returns whether whatever the writers of the events in `set` had seen is in `set` as well.
    pub fn is_closed(&self, set: EventSet) -> bool {
        let mut inside = self.events.iter().filter(|event| set.contains(event.idx));
        inside.all(|event| event.seen.is_subset(set))
    }

    /// Adds to `set` whatever the writers of its events had seen.
    pub(super) fn closure(&self, set: EventSet) -> EventSet {
        let latest_first = self.events.iter().rev();
        latest_first.fold(set, |set, event| {
            if set.contains(event.idx) {
                return set.union(event.seen);
            }
            set
        })
    }

    pub(super) fn push(&mut self, event: Event<Op>) {
        self.events.push(event);
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }
}

impl<Op> Default for History<Op> {
    fn default() -> Self {
        Self { events: Vec::new() }
    }
}
