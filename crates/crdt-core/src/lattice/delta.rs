//! Deltas: changes as values, and the states they apply to.
//!
//! **Why so little.** A synchroniser asks five things of a type: is there anything to send, can two
//! things to send become one, apply this, and if not, why not; and what does a peer lack that says it
//! holds this. Each is one item below.
//! Encoding is left to the bounds of the caller ([`Encode`](crate::codec::Encode) and
//! [`Decode`](crate::codec::Decode)), so that values which never travel need none; and what exactly
//! changed for a user is left to each type's own methods, because a text patch and a counter have no
//! shape in common.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::error::Error;
use core::fmt;

use super::Lattice;
use crate::codec::Writer;
use crate::{DotContext, MemberSink, MemberSource, WrittenSink};

/// A change that travels: the result of a mutation, or several grouped into one.
///
/// Every [`Lattice`] value is a delta already. A type that is no lattice, because grouping can fail,
/// implements the trait itself.
///
/// # Invariants
/// [`Default::default`] is empty and is the identity of grouping.
/// Applying a group has the effect of applying its members, in any order in which all of them apply;
/// grouping is associative, and a delta grouped twice counts once.
///
/// # Examples
/// ```
/// use crdt_core::{Delta, IntervalSet};
///
/// let mut group = IntervalSet::default();
/// assert!(group.is_empty());
/// group.merge_delta(&IntervalSet::from(0..2))?;
/// group.merge_delta(&IntervalSet::from(2..5))?;
/// assert_eq!(group, IntervalSet::from(0..5));
/// # Ok::<(), core::convert::Infallible>(())
/// ```
pub trait Delta: Default {
    /// Why two deltas cannot be grouped; [`Infallible`] where they always can.
    type MergeError: Error + 'static;

    /// Groups `other` into `self`.
    ///
    /// # Errors
    /// If the two contradict each other, as two different events under one dot do; `self` is
    /// unchanged.
    fn merge_delta(&mut self, other: &Self) -> Result<(), Self::MergeError>;

    /// Returns whether applying `self` can change no state: there is nothing to send.
    fn is_empty(&self) -> bool;

    /// Groups `deltas` into one.
    ///
    /// # Errors
    /// As [`merge_delta`](Self::merge_delta), at the first delta that does not fit.
    fn merge_deltas<'a>(
        deltas: impl IntoIterator<Item = &'a Self>,
    ) -> Result<Self, Self::MergeError>
    where
        Self: 'a,
    {
        let mut group = Self::default();
        for delta in deltas {
            group.merge_delta(delta)?;
        }
        Ok(group)
    }
}

impl<T: Lattice> Delta for T {
    type MergeError = Infallible;

    fn merge_delta(&mut self, other: &Self) -> Result<(), Infallible> {
        self.join(other);
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.is_bottom()
    }
}

/// A state that deltas change.
///
/// Three shapes fit: a leaf lattice (`Delta = Self`, `Error = Infallible`, apply is join), a map with a
/// delta type of its own, and an operation log that may find a bundle too early.
///
/// # Invariants
/// Applying a delta twice is applying it once. Deltas that all apply may be applied in any order.
/// A mutator and its delta agree: the mutated state equals the state before it with the delta applied.
/// On `Err` the state is what it was.
///
/// # Examples
/// ```
/// use crdt_core::{Delta, DeltaState};
///
/// /// All that a link needs to know of what it carries.
/// fn deliver<S: DeltaState>(state: &mut S, inbox: &[S::Delta]) -> Result<usize, S::Error> {
///     let mut n_news = 0;
///     for delta in inbox.iter().filter(|delta| !delta.is_empty()) {
///         n_news += usize::from(state.apply_delta(delta)?);
///     }
///     Ok(n_news)
/// }
///
/// use crdt_core::IntervalSet;
/// let mut replica = IntervalSet::default();
/// let delta = IntervalSet::from(0..2);
/// assert_eq!(deliver(&mut replica, &[delta.clone(), delta]), Ok(1));
/// ```
pub trait DeltaState {
    /// What its mutators return and its peers send.
    type Delta: Delta;

    /// Why a delta was refused; [`Infallible`] where none is.
    type Error: Classify;

    /// Brings the changes of `delta` in; returns whether the state changed.
    ///
    /// # Errors
    /// As the type documents; the state is unchanged, and [`Classify::kind`] tells what to do about
    /// it.
    fn apply_delta(&mut self, delta: &Self::Delta) -> Result<bool, Self::Error>;

    /// Tells whether [`apply_delta`](Self::apply_delta) would refuse a delta, without applying it.
    ///
    /// The provided method tries on a copy. Implementations override it when they can look.
    ///
    /// # Errors
    /// As [`apply_delta`](Self::apply_delta).
    fn check_delta(&self, delta: &Self::Delta) -> Result<(), Self::Error>
    where
        Self: Clone,
    {
        self.clone().apply_delta(delta).map(|_| ())
    }

    /// Returns what of a delta is news here; `None` if all of it may be.
    ///
    /// So that what comes from several sides is passed on once. Whoever holds what this state holds may
    /// be sent the news in place of the delta: both do the same there. The provided method takes every
    /// delta for news.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{DeltaState, IntervalSet};
    ///
    /// let replica = IntervalSet::from(0..4);
    /// assert_eq!(replica.news_of(&IntervalSet::from(2..6)), Some(IntervalSet::from(4..6)));
    /// ```
    fn news_of(&self, delta: &Self::Delta) -> Option<Self::Delta> {
        let _all_of_it = delta;
        None
    }

    /// Returns the events that a delta tells of: those it brings, and those it says are over.
    ///
    /// So that whoever carries deltas can ask whether their sender may speak for these agents. Empty
    /// where deltas do not name their events.
    fn events_of(_delta: &Self::Delta) -> DotContext {
        DotContext::new()
    }

    /// Hands out what a delta says was written, field by field: the events of each by themselves, and the counts
    /// of plain counters, which are no events.
    ///
    /// The provided method hands out [`events_of`](Self::events_of), as fits a type in which an agent numbers
    /// all its events in one row.
    ///
    /// # Examples
    /// See [`WrittenSink`].
    fn written_by(delta: &Self::Delta, written: &mut WrittenSink<'_>) {
        written.events(&Self::events_of(delta));
    }

    /// Splits a delta into parts of at most about `max_entries` elements, keys or characters each, so that a
    /// large one need not be held, or lost, as a whole.
    ///
    /// Each part is a delta in its own right once those before it are applied, and all of them in this order
    /// do what the delta does. A replica that has only the first of them lacks what its
    /// [summary](Summarize::summary) says it lacks. In between it may show a change without what its author
    /// saw, as a set that is being filled does.
    ///
    /// The provided method leaves the delta whole, as fits types that stay small.
    ///
    /// # Examples
    /// ```
    /// use crdt_core::{DeltaState, IntervalSet};
    ///
    /// let parts = IntervalSet::split_delta(IntervalSet::from(0..9), 1);
    /// assert_eq!(parts, [IntervalSet::from(0..9)]);
    /// ```
    fn split_delta(delta: Self::Delta, max_entries: usize) -> Vec<Self::Delta> {
        let _whole = max_entries;
        alloc::vec![delta]
    }
}

/// A state that can tell what it holds, and what a peer lacks that told the same.
///
/// The way back for a peer that was away for longer than an outbox keeps deltas.
///
/// # Invariants
/// If `known` is the summary of a peer, then applying `delta_since(known)` to the peer succeeds, and
/// brings in all that `self` holds. The delta for one's own summary is empty.
/// A summary that was split is rebuilt by its head and members, less what `within` left out.
///
/// # Examples
/// ```
/// use crdt_core::{DeltaState, IntervalSet, Summarize};
///
/// /// One round trip brings `to` up to date with `from`.
/// fn catch_up<S: Summarize>(from: &S, to: &mut S) -> Result<bool, S::Error> {
///     match from.delta_since(&to.summary()) {
///         Some(delta) => to.apply_delta(&delta),
///         None => Ok(false), // too far behind: a snapshot is needed
///     }
/// }
///
/// let ours = IntervalSet::from(0..9);
/// let mut theirs = IntervalSet::from(4..12);
/// assert_eq!(catch_up(&ours, &mut theirs), Ok(true));
/// assert_eq!(theirs, IntervalSet::from(0..12));
/// ```
pub trait Summarize: DeltaState {
    /// What a peer needs to know; a plain lattice is its own summary, a causal type has a
    /// [`CausalSummary`](crate::CausalSummary).
    type Summary;

    /// Returns what this state holds.
    fn summary(&self) -> Self::Summary;

    /// Returns the least delta that brings a peer with this summary up to date.
    ///
    /// `None` if the state no longer holds what the peer lacks, because its history was trimmed: only a
    /// snapshot helps.
    fn delta_since(&self, known: &Self::Summary) -> Option<Self::Delta>;

    /// Writes what two replicas with equal summaries compare, to find out whether one of them is wrong;
    /// returns whether it did.
    ///
    /// The provided method writes nothing: then all of a state's bytes are compared. A type whose states
    /// may have other bytes and still mean the same, such as one that can forget history, writes what
    /// they mean.
    fn write_meaning(&self, w: &mut Writer) -> bool {
        let _nothing_else = w;
        false
    }

    /// Moves what two replicas mostly have in common out of a summary and into `members`: what stays is
    /// the head, which is told in full. A large summary can then be found out for the size of a
    /// difference.
    ///
    /// What a replica cannot hold whose summary has the head `within` may be left out.
    ///
    /// The provided method leaves everything in the head: a summary that stays small needs no more.
    fn split_summary(
        summary: &mut Self::Summary,
        within: Option<&Self::Summary>,
        members: &mut MemberSink<'_>,
    ) {
        let _nothing_to_split = (summary, within, members);
    }

    /// Puts members back into the head that they were split from; returns whether all fitted.
    ///
    /// Foreign heads and members are taken: if `false` is returned, the head is of no use any more.
    fn rejoin_summary(head: &mut Self::Summary, members: &mut MemberSource<'_>) -> bool {
        let _nothing_was_split = (head, members);
        true
    }
}

/// What kind of trouble an error is, which is what decides the reaction.
///
/// # Examples
/// ```
/// use crdt_core::ErrorKind;
///
/// fn reaction(kind: ErrorKind) -> &'static str {
///     match kind {
///         ErrorKind::MissingDependency => "keep it and ask for what is missing",
///         ErrorKind::Malformed => "drop the link",
///         ErrorKind::Misuse => "fix the program",
///         ErrorKind::Corrupt => "stop and restore",
///         ErrorKind::Unavailable => "try again later",
///     }
/// }
/// assert_eq!(reaction(ErrorKind::Malformed), "drop the link");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "callers react to every kind; a sixth breaks them anyway"
)]
pub enum ErrorKind {
    /// It is early: an event it depends on has not arrived. The same input may succeed later.
    MissingDependency,
    /// The input is wrong and stays wrong: it breaks the format or contradicts what is known.
    Malformed,
    /// The caller is wrong: an argument that no state would accept, a position outside the document.
    Misuse,
    /// This replica is wrong: its own invariants do not hold.
    Corrupt,
    /// What it needs is out of reach, such as a medium that cannot be read: nothing is known to be wrong.
    Unavailable,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingDependency => "missing dependency",
            Self::Malformed => "malformed input",
            Self::Misuse => "misuse",
            Self::Corrupt => "corrupt replica",
            Self::Unavailable => "out of reach",
        })
    }
}

/// An error that tells its [`ErrorKind`], so that generic code can react without knowing the type.
///
/// # Examples
/// ```
/// use crdt_core::{Classify, ErrorKind};
///
/// fn is_worth_retrying(error: &impl Classify) -> bool {
///     error.kind() == ErrorKind::MissingDependency
/// }
/// ```
pub trait Classify: Error + 'static {
    /// Returns the kind of the error.
    fn kind(&self) -> ErrorKind;
}

impl Classify for Infallible {
    fn kind(&self) -> ErrorKind {
        match *self {}
    }
}
