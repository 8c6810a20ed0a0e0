//! What a delta says was written, by whom and where.
//!
//! Agents number their events for each field of a document anew, so who asks whether somebody else writes
//! under a name that is used here must ask field by field.

use alloc::string::String;

use crate::{AgentId, DotContext};

/// Something that a delta tells of.
///
/// # Examples
/// See [`WrittenSink`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Written<'a> {
    /// Events: brought, or said to be over.
    Events(&'a DotContext),
    /// A count that only its agent writes and that only grows, as plain counters have.
    Count {
        /// Whose it is.
        agent: &'a AgentId,
        /// What it is now.
        upto: u64,
    },
}

/// Takes in what a delta says was written.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Written, WrittenSink};
///
/// let mut seen = Vec::new();
/// let mut note = |field: &str, written: Written<'_>| {
///     if let Written::Count { agent, upto } = written {
///         seen.push((field.to_owned(), agent.as_str().to_owned(), upto));
///     }
/// };
/// let mut sink = WrittenSink::new(&mut note);
/// let alice = AgentId::new("alice")?;
/// sink.in_field("votes", |votes| votes.in_field("up", |up| up.count(&alice, 7)));
/// sink.count(&alice, 2);
/// assert_eq!(seen, [
///     ("votes.up".to_owned(), "alice".to_owned(), 7),
///     (String::new(), "alice".to_owned(), 2),
/// ]);
/// # Ok::<(), crdt_core::AgentIdError>(())
/// ```
#[expect(missing_debug_implementations, reason = "functions have none")]
pub struct WrittenSink<'a> {
    /// The fields on the way to this one.
    field: String,
    take: &'a mut dyn FnMut(&str, Written<'_>),
}

impl<'a> WrittenSink<'a> {
    /// Starts outside of all fields; `take` is given the names of fields, joined by dots, and what was written
    /// there.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`WrittenSink`].
    #[must_use]
    pub const fn new(take: &'a mut dyn FnMut(&str, Written<'_>)) -> Self {
        Self {
            field: String::new(),
            take,
        }
    }

    /// Runs `put` for a field, in which agents number their events by themselves.
    ///
    /// # Complexity
    /// O(k) and as `put`, k = length of the name.
    /// # Examples
    /// See [`WrittenSink`].
    pub fn in_field(&mut self, name: &str, put: impl FnOnce(&mut Self)) {
        let outer = self.field.len();
        if outer > 0 {
            self.field.push('.');
        }
        self.field.push_str(name);
        put(self);
        self.field.truncate(outer);
    }

    /// Puts events in.
    ///
    /// # Complexity
    /// That of what takes them.
    /// # Examples
    /// ```
    /// # use crdt_core::{Dot, AgentId, DotContext, Written, WrittenSink};
    /// let mut dots = DotContext::new();
    /// dots.insert(&Dot::new(AgentId::new("a")?, 5)?);
    /// let mut n_dots = 0;
    /// let mut count = |_: &str, written: Written<'_>| {
    ///     if let Written::Events(events) = written {
    ///         n_dots += events.n_dots();
    ///     }
    /// };
    /// WrittenSink::new(&mut count).events(&dots);
    /// assert_eq!(n_dots, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&mut self, events: &DotContext) {
        (self.take)(&self.field, Written::Events(events));
    }

    /// Puts a count in.
    ///
    /// # Complexity
    /// That of what takes it.
    /// # Examples
    /// See [`WrittenSink`].
    pub fn count(&mut self, agent: &AgentId, upto: u64) {
        (self.take)(&self.field, Written::Count { agent, upto });
    }
}
