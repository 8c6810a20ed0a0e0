//! Members: what two summaries mostly have in common, as sets of numbers to be reconciled.
//!
//! A summary splits into a head, which is told in full, and members: for each live dot the digest of its
//! agent, and its seq. Two replicas find out in which members they differ, and each can rebuild the
//! other's summary from the other's head.
//!
//! **Invariants.** A digest stands for one agent in one field, or the split is given up: the two sides
//! then tell the whole. So what is rebuilt is what was split, whatever the digest function.

use alloc::vec::Vec;

use crate::{AgentId, DotContext, DotRange};

/// The digest function: the same on both sides.
type DigestFn<'a> = &'a dyn Fn(&[u8]) -> u64;

/// Takes in the members of a summary as it is split.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Dot, DotContext, MemberSink, MemberSource};
///
/// let digest = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum();
/// let mut dots = DotContext::new();
/// dots.insert(&Dot::new(AgentId::new("a")?, 5)?);
///
/// let mut sink = MemberSink::new(&digest, 10);
/// sink.put_dots(&dots, &dots);
/// let members = sink.finish().expect("few, and of one agent");
/// assert_eq!(members, [97 << 64 | 5]);
///
/// let mut source = MemberSource::new(&digest, &members);
/// assert_eq!(source.take_dots(&dots), Some(dots));
/// assert!(source.is_finished());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[expect(missing_debug_implementations, reason = "functions have none")]
pub struct MemberSink<'a> {
    names: Names<'a>,
    max_members: usize,
    members: Vec<u128>,
    is_within_max: bool,
}

/// Gives members back as a summary is rebuilt.
///
/// # Examples
/// See [`MemberSink`].
#[expect(missing_debug_implementations, reason = "functions have none")]
pub struct MemberSource<'a> {
    names: Names<'a>,
    /// Ascending.
    members: &'a [u128],
    n_taken: usize,
}

/// The digests of agents, in the field that is being walked.
struct Names<'a> {
    digest: DigestFn<'a>,
    /// Of the fields on the way to this one.
    place: u64,
    /// All that were made.
    digests: Vec<u64>,
}

impl<'a> MemberSink<'a> {
    /// Starts with no members, for at most so many.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`MemberSink`].
    #[must_use]
    pub const fn new(digest: &'a dyn Fn(&[u8]) -> u64, max_members: usize) -> Self {
        Self {
            names: Names::new(digest),
            max_members,
            members: Vec::new(),
            is_within_max: true,
        }
    }

    /// Runs `put` for a field: its members differ from those of all others.
    ///
    /// # Complexity
    /// As `put`.
    /// # Examples
    /// ```
    /// # use crdt_core::MemberSink;
    /// let mut sink = MemberSink::new(&|bytes| bytes.len() as u64, 10);
    /// sink.in_field("title", |sink| sink.put_dots(&Default::default(), &Default::default()));
    /// assert_eq!(sink.finish(), Some(vec![]));
    /// ```
    pub fn in_field(&mut self, name: &str, put: impl FnOnce(&mut Self)) {
        let outer = self.names.enter(name);
        put(self);
        self.names.place = outer;
    }

    /// Puts dots in whose agents are among those of `known`.
    ///
    /// # Complexity
    /// O(n + k), n = dots, k = intervals of both.
    /// # Examples
    /// See [`MemberSink`].
    pub fn put_dots(&mut self, known: &DotContext, dots: &DotContext) {
        let n_left = self.max_members - self.members.len();
        if dots.n_dots() > n_left as u128 {
            self.is_within_max = false;
            return;
        }
        for (agent, half) in self.names.agents(known) {
            for seqs in dots.ranges_of(&agent) {
                self.members.extend(seqs.map(|seq| half | u128::from(seq)));
            }
        }
    }

    /// Returns the members, ascending; `None` if they are too many, or a digest stands for two agents.
    ///
    /// # Complexity
    /// O(n log n), n = members.
    /// # Examples
    /// See [`MemberSink`].
    #[must_use]
    pub fn finish(self) -> Option<Vec<u128>> {
        let Self {
            names,
            mut members,
            is_within_max,
            ..
        } = self;
        members.sort_unstable();
        (is_within_max && names.are_distinct()).then_some(members)
    }
}

impl<'a> MemberSource<'a> {
    /// Starts with the members to be given back, ascending, each once.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`MemberSink`].
    #[must_use]
    pub const fn new(digest: &'a dyn Fn(&[u8]) -> u64, members: &'a [u128]) -> Self {
        Self {
            names: Names::new(digest),
            members,
            n_taken: 0,
        }
    }

    /// Runs `take` for a field, as [`MemberSink::in_field`] did.
    ///
    /// # Complexity
    /// As `take`.
    /// # Examples
    /// ```
    /// # use crdt_core::{DotContext, MemberSource};
    /// let mut source = MemberSource::new(&|bytes| bytes.len() as u64, &[]);
    /// let dots = source.in_field("title", |source| source.take_dots(&DotContext::new()));
    /// assert_eq!(dots, Some(DotContext::new()));
    /// ```
    pub fn in_field<T>(&mut self, name: &str, take: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.names.enter(name);
        let taken = take(self);
        self.names.place = outer;
        taken
    }

    /// Takes the dots of all agents of `known`; `None` if one of them is not in it.
    ///
    /// # Complexity
    /// O(n + a log n), n = their number, a = agents.
    /// # Examples
    /// See [`MemberSink`].
    #[must_use]
    pub fn take_dots(&mut self, known: &DotContext) -> Option<DotContext> {
        let mut dots = DotContext::new();
        for (agent, half) in self.names.agents(known) {
            let start = self.members.partition_point(|member| *member < half);
            let of_agent = &self.members[start..];
            let len = of_agent.partition_point(|member| member >> 64 == half >> 64);
            // Members ascend, so that none is the largest and has one after it.
            for run in of_agent[..len].chunk_by(|one, next| one + 1 == *next) {
                let (Some(first), Some(last)) = (run.first(), run.last()) else {
                    continue;
                };
                let range = DotRange {
                    agent: agent.clone(),
                    start: *first as u64,
                    end: (*last as u64).checked_add(1)?,
                };
                if !known.contains_range(&range) {
                    return None;
                }
                dots.insert_range(&range);
            }
            self.n_taken += len;
        }
        Some(dots)
    }

    /// Whether all members were taken, each for one agent.
    ///
    /// # Complexity
    /// O(a log a), a = agents.
    /// # Examples
    /// See [`MemberSink`].
    #[must_use]
    pub fn is_finished(self) -> bool {
        self.n_taken == self.members.len() && self.names.are_distinct()
    }
}

impl<'a> Names<'a> {
    const fn new(digest: DigestFn<'a>) -> Self {
        Self {
            digest,
            place: 0,
            digests: Vec::new(),
        }
    }

    /// Goes into a field; returns the place to come back to.
    fn enter(&mut self, name: &str) -> u64 {
        let inner = self.digest_here(name);
        core::mem::replace(&mut self.place, inner)
    }

    /// The agents of `known`, each with its digest as the upper half of its members.
    fn agents(&mut self, known: &DotContext) -> Vec<(AgentId, u128)> {
        let mut agents: Vec<AgentId> = known.ranges().map(|range| range.agent).collect();
        agents.dedup();
        let entry = |agent: AgentId| {
            let digest = self.digest_here(agent.as_str());
            self.digests.push(digest);
            (agent, u128::from(digest) << 64)
        };
        agents.into_iter().map(entry).collect()
    }

    fn digest_here(&self, name: &str) -> u64 {
        let mut bytes = Vec::from(self.place.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
        (self.digest)(&bytes)
    }

    fn are_distinct(mut self) -> bool {
        self.digests.sort_unstable();
        self.digests.windows(2).all(|pair| pair[0] != pair[1])
    }
}

#[cfg(test)]
mod tests;
