//! What a channel needs only while something large, or lost, is on its way.

use crate::reconcile::{Offer, Search};
use crate::transfer::{Incoming, Outgoing};

/// The rare part of a channel; a neighbour in step has none.
#[derive(Debug, Default)]
pub(crate) struct Bulk {
    /// Deltas that come in parts.
    pub(crate) incoming: Option<Incoming>,
    /// Their summary, coming in parts.
    pub(crate) hearing: Option<Incoming>,
    /// A summary on its way to them, or the head of one.
    pub(crate) telling: Option<Outgoing>,
    /// What they may want symbols of.
    pub(crate) offer: Option<Offer>,
    /// What is known of a large summary of theirs, while they are asked.
    pub(crate) search: Option<Search>,
    /// How many searches were begun since they were asked.
    pub(crate) n_searches: u8,
    /// Whether they are asked for the plain summary.
    pub(crate) asks_whole: bool,
    /// From which symbol to which they want some.
    pub(crate) owed_symbols: Option<(u64, u64)>,
    /// How far their transfer of deltas came, to be told with the next commit.
    pub(crate) owed_deltas_ack: Option<u64>,
    /// How far their summary came.
    pub(crate) owed_summary_ack: Option<u64>,
}

impl Bulk {
    /// Notes how far they have what they are told; returns whether that is news.
    pub(crate) fn take_summary_ack(&mut self, offset: u64) -> bool {
        let Some(telling) = &mut self.telling else {
            return false;
        };
        let is_news = telling.ack(offset);
        if telling.is_over() {
            self.telling = None;
        }
        is_news
    }

    /// Whether nothing would be forgotten with it, once nothing is asked.
    pub(super) const fn is_idle(&self) -> bool {
        self.incoming.is_none()
            && self.hearing.is_none()
            && self.telling.is_none()
            && self.offer.is_none()
            && self.search.is_none()
            && self.owed_symbols.is_none()
            && self.owed_deltas_ack.is_none()
            && self.owed_summary_ack.is_none()
    }
}
