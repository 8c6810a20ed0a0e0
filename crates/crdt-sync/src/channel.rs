//! Channels: one document on one link.
//!
//! ```text
//! sending:    Closed --their open--> Asking --summary--> Shipping --ack--> Live
//!                                    (or a search in a large one)
//!                \________________________________________________________/
//!                          their open names a place in our outbox
//! receiving:  `have`: everything up to there in their outbox is here
//! ```
//!
//! The two directions know nothing of each other.
//!
//! **Invariants.** `acked <= sent` in `Live`. `have` only moves forward while the link stands, but for
//! the first time, when what was held from before may turn out to be of another history.

mod bulk;

pub(crate) use self::bulk::Bulk;

use alloc::boxed::Box;

use crate::frame::{Content, PartAck};
use crate::payload::{Payload, Pieces};
use crate::position::Position;
use crate::transfer::Outgoing;
use crate::{Config, DocId, Refusal};

/// The state of one document on one link.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) doc: DocId,
    /// Their number for it.
    pub(crate) theirs: Option<u32>,
    pub(crate) sending: Sending,
    /// How far their outbox is applied here.
    pub(crate) have: Option<Position>,
    /// Whether a frame of this link agreed with `have`, so that numbers alone can be compared.
    pub(crate) is_confirmed: bool,
    pub(crate) owed: Owed,
    pub(crate) check: Check,
    /// Whether they were found to hold something else when nothing was on its way.
    pub(crate) was_unequal: bool,
    /// Boxed, for there may be very many channels, and few that need it.
    bulk: Option<Box<Bulk>>,
    pub(crate) retry: Retry,
    /// How many transfers were begun, that is the number of the last.
    n_transfers: u32,
    /// Whether they were told what is present here.
    pub(crate) told_presence: bool,
    /// How many bytes are on the way, when it was looked at last.
    pub(crate) n_in_flight: u32,
    /// Whether it has more to send than its link may have on the way, and whether its turn has come.
    pub(crate) waits_for_link: bool,
    pub(crate) is_its_turn: bool,
    /// Whether it waits to be looked at.
    pub(crate) is_queued: bool,
    /// Whether the application was told that it is refused here.
    pub(crate) is_refusal_noted: bool,
}

/// What is sent to the neighbour.
#[derive(Debug)]
pub(crate) enum Sending {
    /// What they hold is not known yet.
    Closed,
    /// They were asked.
    Asking,
    /// Something large, or relative to no place in our outbox, is on its way.
    Shipping(Box<Outgoing>),
    /// They hold everything before `acked`; before `sent`, it is on the way.
    Live { acked: u64, sent: u64 },
    /// One side does not want it; here stands why if it is this one, to be told again if asked again.
    Refused { ours: Option<Refusal> },
}

/// Whether it was made sure, on this link, that both hold the same.
///
/// Whoever resumes by place compares nothing, and a place is only as good as who told it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Check {
    /// Once both are in step, they are to be asked.
    Due,
    /// They were asked.
    Asked,
    /// It was made sure, or it cannot be.
    Done,
}

/// Answers that go out with the next commit.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a frame of its own")]
pub(crate) struct Owed {
    pub(crate) open: bool,
    pub(crate) ask: bool,
    /// To ask for the next symbols.
    pub(crate) want: bool,
    pub(crate) ack: bool,
    pub(crate) nack: bool,
    /// Whether they hold the same, if they asked.
    pub(crate) checked: Option<bool>,
    pub(crate) refusal: Option<Refusal>,
}

/// When to send again what was not answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retry {
    /// The time, if something is waited for.
    pub(crate) due: Option<u64>,
    /// How many times in a row.
    pub(crate) n_tries: u8,
    /// For when a timer is set; an earlier one may be set beside it, a later one means nothing then.
    armed_at: Option<u64>,
}

/// What a timer that went off means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fired {
    /// Nothing: an earlier one took its place.
    Stale,
    /// It is to be set again, for then.
    Again(u64),
    /// The channel is to be served.
    Due,
}

/// What to do with deltas that came.
#[derive(Debug, PartialEq)]
pub(crate) enum Gate {
    /// They are next.
    Apply,
    /// They are here already.
    Known,
    /// Something before them is missing.
    Early,
}

impl Channel {
    pub(crate) fn new(doc: DocId, have: Option<Position>) -> Self {
        Self {
            doc,
            theirs: None,
            sending: Sending::Closed,
            have,
            is_confirmed: false,
            owed: Owed::default(),
            check: Check::Due,
            was_unequal: false,
            bulk: None,
            retry: Retry::default(),
            n_transfers: 0,
            told_presence: false,
            n_in_flight: 0,
            waits_for_link: false,
            is_its_turn: false,
            is_queued: false,
            is_refusal_noted: false,
        }
    }

    /// Whether deltas of that extent fit what is held: the causal gate.
    ///
    /// Numbers of one outbox are comparable once the neighbour has named a place that is held, or has
    /// sent what needs none.
    pub(crate) fn gate(&self, from: Option<Position>, to: Position) -> Gate {
        let Some(have) = self.have else {
            return if from.is_none() {
                Gate::Apply
            } else {
                Gate::Early
            };
        };
        let is_comparable = self.is_confirmed || from == Some(have);
        if is_comparable && to.seq <= have.seq {
            return Gate::Known;
        }
        match from {
            None => Gate::Apply,
            Some(from) if is_comparable && from.seq <= have.seq => Gate::Apply,
            Some(_) => Gate::Early,
        }
    }

    /// What is large or lost and on its way, if anything is.
    pub(crate) fn bulk(&self) -> Option<&Bulk> {
        self.bulk.as_deref()
    }

    pub(crate) fn bulk_mut(&mut self) -> Option<&mut Bulk> {
        self.bulk.as_deref_mut()
    }

    pub(crate) fn make_bulk(&mut self) -> &mut Bulk {
        self.bulk.get_or_insert_default()
    }

    /// Tells them a summary, or the head of one.
    pub(crate) fn tell(&mut self, content: Content, payload: Payload) {
        let telling = Outgoing::new(content, payload.into(), &mut self.n_transfers);
        self.make_bulk().telling = Some(telling);
    }

    /// Notes how far they are with a transfer.
    pub(crate) fn take_part_ack(&mut self, ack: &PartAck) {
        let n_transfers = &mut self.n_transfers;
        let is_news = match &mut self.sending {
            _ if ack.of_summary => {
                let bulk = self.bulk.as_deref_mut();
                bulk.is_some_and(|bulk| bulk.take_summary_ack(ack, n_transfers))
            }
            Sending::Shipping(transfer) => {
                let number = transfer.number();
                let is_news = transfer.ack(ack.transfer, ack.offset, n_transfers);
                if transfer.number() != number && transfer.is_from_nowhere() {
                    // They lost it, but not the pieces that came whole: they are to tell what they lack now.
                    return self.ask();
                }
                is_news
            }
            _ => false,
        };
        if is_news {
            self.note_progress();
        }
    }

    /// Whether nothing is on its way in either direction, when our outbox goes up to `next`.
    pub(crate) fn is_at_rest(&self, next: u64) -> bool {
        let is_through = match self.sending {
            Sending::Live { acked, sent } => sent == acked && acked <= next,
            Sending::Refused { .. } => true,
            _ => false,
        };
        is_through && !self.is_queued && self.bulk.is_none()
    }

    /// Stops looking for what they hold.
    pub(crate) fn drop_search(&mut self) {
        if let Some(bulk) = self.bulk_mut() {
            bulk.search = None;
        }
    }

    /// Stops offering what is held here.
    pub(crate) fn drop_offer(&mut self) {
        if let Some(bulk) = self.bulk_mut() {
            bulk.offer = None;
        }
    }

    /// Notes that everything in their outbox up to `to` is here.
    pub(crate) fn advance(&mut self, to: Position) {
        self.have = Some(to);
        self.is_confirmed = true;
    }

    /// Has a timer set if an answer is outstanding; returns for when, unless one is.
    pub(crate) fn arm(&mut self, now: u64, config: &Config) -> Option<u64> {
        let is_asking = matches!(self.sending, Sending::Asking);
        if !is_asking && self.bulk().is_some_and(Bulk::is_idle) {
            self.bulk = None;
        }
        if !self.waits() {
            self.retry.due = None;
            self.retry.n_tries = 0;
            return None;
        }
        let due = *self
            .retry
            .due
            .get_or_insert(now.saturating_add(config.retry_after(self.retry.n_tries)));
        let is_sooner = self.retry.armed_at.is_none_or(|armed_at| due < armed_at);
        if is_sooner {
            self.retry.armed_at = Some(due);
        }
        is_sooner.then_some(due)
    }

    /// The timer that was set for `armed_at` went off.
    pub(crate) fn fire(&mut self, armed_at: u64, now: u64) -> Fired {
        if self.retry.armed_at != Some(armed_at) {
            return Fired::Stale;
        }
        self.retry.armed_at = None;
        if let Some(due) = self.retry.due.filter(|due| *due > now) {
            self.retry.armed_at = Some(due);
            return Fired::Again(due);
        }
        if self.retry.due.take().is_some() {
            self.retry.n_tries = self.retry.n_tries.saturating_add(1);
            self.rewind();
        }
        Fired::Due
    }

    /// What is not acknowledged is sent again.
    fn rewind(&mut self) {
        match &mut self.sending {
            Sending::Closed => self.owed.open = true,
            Sending::Asking if self.bulk.as_ref().is_some_and(|bulk| bulk.search.is_some()) => {
                self.owed.want = true;
            }
            Sending::Asking => self.owed.ask = true,
            Sending::Shipping(transfer) => transfer.rewind(),
            Sending::Live { acked, sent } => {
                *sent = *acked;
                if self.check == Check::Asked {
                    self.check = Check::Due;
                }
            }
            Sending::Refused { .. } => {}
        }
        let is_silent = self.retry.n_tries >= MAX_TRIES;
        if let Some(bulk) = self.bulk_mut() {
            bulk.owes_probe = bulk.probe.is_some();
            if is_silent {
                bulk.drop_what_waits();
            }
            if let Some(telling) = &mut bulk.telling {
                telling.rewind();
            }
        }
        if is_silent
            && matches!(&self.sending, Sending::Shipping(transfer) if transfer.is_from_nowhere())
        {
            // Nothing is kept for them until they say again what they hold.
            self.sending = Sending::Asking;
            self.owed.ask = true;
        }
    }

    /// Whether an answer is outstanding.
    fn waits(&self) -> bool {
        let waits_for_them = match &self.sending {
            Sending::Closed | Sending::Asking | Sending::Shipping(_) => true,
            Sending::Live { acked, sent } => acked < sent || self.check == Check::Asked,
            Sending::Refused { .. } => false,
        };
        let is_asked = |bulk: &Bulk| bulk.telling.is_some() || bulk.probe.is_some();
        waits_for_them || self.bulk().is_some_and(is_asked)
    }

    /// Holds no place in their outbox for sure any more: they are to find out what is missing.
    pub(crate) const fn forget_place(&mut self) {
        self.have = None;
        self.is_confirmed = false;
    }

    /// An answer came: what is still waited for is given the whole time again.
    pub(crate) const fn note_progress(&mut self) {
        self.retry.due = None;
        self.retry.n_tries = 0;
    }

    /// Starts sending what needs no place in our outbox, or does not fit a frame.
    pub(crate) fn ship(&mut self, content: Content, pieces: Pieces) {
        let transfer = Outgoing::new(content, pieces, &mut self.n_transfers);
        self.sending = Sending::Shipping(Box::new(transfer));
        self.drop_search();
        self.note_progress();
    }

    /// Asks for their summary.
    pub(crate) fn ask(&mut self) {
        self.sending = Sending::Asking;
        if let Some(bulk) = self.bulk_mut() {
            bulk.search = None;
            bulk.n_searches = 0;
            bulk.asks_whole = false;
        }
        self.owed.ask = true;
        self.note_progress();
    }

    /// Asks for all of their summary: to find it out would not be cheaper, or did not work.
    pub(crate) fn ask_whole(&mut self) {
        self.ask();
        self.make_bulk().asks_whole = true;
    }

    /// Begins anew after a refusal.
    pub(crate) fn reopen(&mut self) {
        *self = Self {
            theirs: self.theirs,
            n_transfers: self.n_transfers,
            is_queued: self.is_queued,
            n_in_flight: self.n_in_flight,
            waits_for_link: self.waits_for_link,
            is_its_turn: self.is_its_turn,
            ..Self::new(self.doc, self.have)
        };
        self.owed.open = true;
    }

    /// Stops exchanging the document here.
    pub(crate) fn close(&mut self, ours: Option<Refusal>) {
        self.sending = Sending::Refused { ours };
        self.owed = Owed::default();
        self.bulk = None;
        self.retry.due = None;
    }

    /// Up to where the neighbour holds our outbox for sure.
    pub(crate) fn acked(&self) -> Option<u64> {
        match self.sending {
            Sending::Live { acked, .. } => Some(acked),
            // What follows the transfer is what they need next.
            Sending::Shipping(_) => self.sending.shipped_to(),
            _ => None,
        }
    }
}

/// After how many tries without an answer nothing large is kept for a neighbour any more.
const MAX_TRIES: u8 = 6;

impl Sending {
    /// Where they stand when the transfer is over.
    pub(crate) fn shipped_to(&self) -> Option<u64> {
        match self {
            Self::Shipping(transfer) => match transfer.content {
                Content::Deltas { to, .. } => Some(to.seq),
                Content::Summary { .. } | Content::Head { .. } => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
