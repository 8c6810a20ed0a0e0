//! What a replica of a causal value says it holds.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use core::mem;

use crate::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crate::{DotContext, MemberSink, MemberSource};

/// What a replica of a causal value holds: every event it knows, and those still in effect.
///
/// The difference of the two is what was removed, so two summaries find additions and removals alike.
///
/// # Examples
/// ```
/// # use crdt_core::{Causal, DotSet, Summarize};
/// assert!(Causal::<DotSet>::new().summary().known.is_empty());
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CausalSummary {
    /// The dots of all events seen.
    pub known: DotContext,
    /// Of these, the dots that stand in the store.
    pub live: DotContext,
}

impl CausalSummary {
    /// Splits the summary: the head is what is known, the members are the live dots, those that a replica
    /// with the head `within` can know.
    ///
    /// # Complexity
    /// O(n + k), n = live dots, k = intervals.
    /// # Examples
    /// ```
    /// # use crdt_core::{CausalSummary, MemberSink, MemberSource};
    /// let digest = |bytes: &[u8]| bytes.len() as u64;
    /// let mut summary = CausalSummary::default();
    /// let mut sink = MemberSink::new(&digest, 10);
    /// summary.split(None, &mut sink);
    /// let members = sink.finish().unwrap_or_default();
    /// assert!(summary.rejoin(&mut MemberSource::new(&digest, &members)));
    /// ```
    pub fn split(&mut self, within: Option<&Self>, members: &mut MemberSink<'_>) {
        let live = mem::take(&mut self.live);
        let live = match within {
            Some(other) => live.intersection(&other.known),
            None => live,
        };
        members.put_dots(&self.known, &live);
    }

    /// Puts the live dots back into a head; returns whether all of them are known.
    ///
    /// # Complexity
    /// O(n + k + a log n), n = live dots, k = intervals, a = agents.
    /// # Examples
    /// See [`split`](Self::split).
    pub fn rejoin(&mut self, members: &mut MemberSource<'_>) -> bool {
        let live = members.take_dots(&self.known);
        let fits = live.is_some();
        self.live = live.unwrap_or_default();
        fits
    }
}

/// First what is known, then what is live.
impl Encode for CausalSummary {
    fn encode(&self, w: &mut Writer) {
        self.known.encode(w);
        self.live.encode(w);
    }
}

impl Decode for CausalSummary {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let known = DotContext::decode(r, budget)?;
        let offset = r.offset();
        let live = DotContext::decode(r, budget)?;
        if !live.is_subset(&known) {
            return Err(DecodeError::NotCanonical { offset });
        }
        Ok(Self { known, live })
    }
}
