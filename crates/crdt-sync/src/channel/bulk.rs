//! What a channel needs only while something large, or lost, is on its way.

use crate::frame::PartAck;
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
    /// Which of their transfers of deltas came how far, to be told with the next commit.
    pub(crate) owed_deltas_ack: Option<(u32, u64)>,
    /// The same of their summaries.
    pub(crate) owed_summary_ack: Option<(u32, u64)>,
    /// They were asked whether they hold our outbox up to there.
    pub(crate) probe: Option<u64>,
    pub(crate) owes_probe: bool,
    /// They asked, and are to be answered.
    pub(crate) owes_probed: Option<u64>,
    /// Up to where they are to be told that they hold our outbox, though nothing of it is new to them.
    pub(crate) tells_place: Option<u64>,
}

impl Bulk {
    /// How much of their transfers is here.
    pub(crate) fn n_incoming_bytes(&self) -> usize {
        let incoming = [&self.incoming, &self.hearing];
        incoming.into_iter().flatten().map(Incoming::n_bytes).sum()
    }

    /// Gives up what came of their transfers: they will be begun anew.
    pub(crate) fn drop_incoming(&mut self) {
        self.incoming = None;
        self.hearing = None;
    }

    /// Gives up what is kept for a neighbour that does not answer: it is made anew when they ask.
    pub(super) fn drop_what_waits(&mut self) {
        self.telling = None;
        self.offer = None;
    }

    /// Notes how far they have what they are told; returns whether that is news.
    pub(crate) fn take_summary_ack(&mut self, ack: &PartAck, n_transfers: &mut u32) -> bool {
        let Some(telling) = &mut self.telling else {
            return false;
        };
        let is_news = telling.ack(ack.transfer, ack.offset, n_transfers);
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
            && self.probe.is_none()
            && self.owes_probed.is_none()
            && self.tells_place.is_none()
    }
}
