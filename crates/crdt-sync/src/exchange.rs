//! One document on one link: what frames do to it, and what it has to say.
//!
//! The ladder by which a neighbour comes into step, cheapest step first:
//! 1. it names a place in our outbox: it is sent what follows;
//! 2. it holds the same events: it is told so;
//! 3. it tells a small summary, or after being asked a larger one: it is sent the difference;
//! 4. of a very large one it tells the head, and symbols until the rest is found out.
//!
//! `docs/design/sync.md` has the state machine and the rules by number.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

mod check;
mod reconcile;
mod serve;

use alloc::borrow::Cow;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crdt_core::{AgentId, DeltaState};

use self::reconcile::Head;
use crate::admission::OwnAgents;
use crate::channel::{Channel, Check, Gate, Sending};
use crate::frame::{Content, Open, Part, Told};
use crate::hosted::{CatchUpError, Hosted};
use crate::link::Neighbour;
use crate::payload::{Payload, Pieces};
use crate::position::Position;
use crate::transfer::{Incoming, Outgoing, Received};
use crate::{Batch, Config, Document, LinkError, LinkId, Refusal, presence};

/// Whether a delta, which came in so many bytes, may be applied to a state.
pub(crate) type Admit<'a, D> =
    dyn FnMut(&D, &<D as DeltaState>::Delta, usize) -> Result<(), Refusal> + 'a;

/// All that a frame for one document touches.
pub(crate) struct Exchange<'a, D: Document> {
    pub(crate) config: &'a Config,
    pub(crate) link: LinkId,
    pub(crate) neighbour: Neighbour,
    pub(crate) channel: &'a mut Channel,
    pub(crate) hosted: &'a mut Hosted<D>,
    pub(crate) batch: &'a mut Batch,
    /// How much of a transfer may be on the way here, as far as its link goes.
    pub(crate) link_window: usize,
    /// Whether as much is on the way on its link as may be.
    pub(crate) is_link_full: bool,
    /// Who writes here.
    pub(crate) agents: &'a BTreeSet<AgentId>,
    /// Whether the application admits an offered delta, which came in so many bytes.
    pub(crate) admit: &'a mut Admit<'a, D>,
    /// Deltas that were news, and in how many bytes they came.
    pub(crate) applied: Option<(Vec<D::Delta>, usize)>,
}

impl<D: Document> Exchange<'_, D> {
    pub(crate) fn take_open(&mut self, open: &Open<'_>) {
        self.channel.owed.open |= open.wants_reply;
        if !matches!(self.channel.sending, Sending::Closed) {
            return;
        }
        match (
            open.have.filter(|have| self.hosted.outbox.resolves(*have)),
            open.told,
        ) {
            (Some(have), _) => self.go_live(have.seq),
            (None, Some(told)) => self.take_told(&told),
            (None, None) => self.channel.ask(),
        }
    }

    /// Answers by what is cheaper: a small summary, or the head of a large one.
    pub(crate) fn take_ask(&mut self, wants_whole: bool) {
        let is_head = |telling: &Outgoing| matches!(telling.content, Content::Head { .. });
        let is_answered = |telling: &Outgoing| !(wants_whole && is_head(telling));
        let telling = self.channel.bulk().and_then(|bulk| bulk.telling.as_ref());
        if telling.is_some_and(is_answered) {
            return;
        }
        if !wants_whole && self.offer() {
            return;
        }
        if let Some(offer) = self.channel.bulk_mut().and_then(|bulk| bulk.offer.as_mut()) {
            // How often it was sketched is remembered.
            offer.sketch = None;
        }
        let summary = self.hosted.summary();
        let content = Content::Summary {
            versions: summary.versions,
            states: summary.states,
        };
        let payload = summary.bytes.clone();
        self.channel.tell(content, payload);
    }

    /// What is acknowledged is applied over there and durable.
    pub(crate) fn take_ack(&mut self, to: u64) -> Result<(), LinkError> {
        let next = self.hosted.outbox.next();
        if to > next {
            return Err(LinkError::AckBeyondOutbox { acked: to, next });
        }
        self.hosted.acked = self.hosted.acked.max(to);
        if let Some(bulk) = self.channel.bulk_mut() {
            bulk.tells_place = bulk.tells_place.filter(|upto| *upto > to);
        }
        match &mut self.channel.sending {
            Sending::Live { acked, sent } if to > *acked => {
                *acked = to;
                *sent = (*sent).max(to);
                self.channel.note_progress();
            }
            sending if sending.shipped_to().is_some_and(|end| to >= end) => self.go_live(to),
            _ => {}
        }
        Ok(())
    }

    /// They ask whether our copy of their outbox goes so far, to find out what is stable.
    pub(crate) fn take_probe(&mut self, seq: u64) {
        let holds = self.channel.have.is_some_and(|have| have.seq >= seq);
        // While they are not in step with our outbox, how far they hold it means nothing to them.
        let is_live = matches!(self.channel.sending, Sending::Live { .. });
        if holds && is_live {
            self.channel.make_bulk().owes_probed = Some(seq);
        }
    }

    pub(crate) fn take_probed(&mut self, seq: u64, upto: u64) {
        let Some(bulk) = self.channel.bulk_mut() else {
            return;
        };
        if bulk.probe != Some(seq) {
            return;
        }
        bulk.probe = None;
        self.channel.note_progress();
        if let Some(stability) = &mut self.hosted.stability {
            stability.note_told(self.neighbour.store, seq, self.link, upto);
        }
    }

    /// What is present at others; returns whether that is news.
    pub(crate) fn take_presence(&mut self, entries: Vec<presence::Told>) -> bool {
        let presence = self.hosted.presence.get_or_insert_default();
        let mut changed = false;
        // Nobody else tells what those do who write here.
        let foreign = entries.into_iter();
        for entry in foreign.filter(|entry| !self.agents.contains(entry.agent())) {
            changed |= presence.take(entry, self.link, self.config);
        }
        changed
    }

    /// What they lack is sent, or they are asked; unless it is a late answer to what was sent before.
    pub(crate) fn take_nack(&mut self, have: Option<Position>) {
        match &self.channel.sending {
            Sending::Live { acked, .. } if have.is_some_and(|have| have.seq < *acked) => return,
            // What needs no place is never too early.
            Sending::Shipping(transfer) if transfer.is_from_nowhere() => return,
            Sending::Live { .. } | Sending::Shipping(_) => {}
            _ => return,
        }
        match have.filter(|have| self.hosted.outbox.resolves(*have)) {
            Some(have) => self.go_live(have.seq),
            None => self.channel.ask(),
        }
    }

    pub(crate) fn take_part(&mut self, part: &Part<'_>) -> Result<(), LinkError> {
        let is_summary = !matches!(part.content, Content::Deltas { .. });
        if is_summary && part.total > self.config.max_transfer_bytes as u64 {
            self.refuse(Refusal::TooLarge);
            return Ok(());
        }
        match part.content {
            Content::Deltas { from, to } => match self.channel.gate(from, to) {
                Gate::Known => self.channel.owed.ack = true,
                Gate::Early => self.channel.owed.nack = true,
                Gate::Apply => self.take_deltas(part, from, to),
            },
            Content::Summary { versions, states } => {
                let bulk = self.channel.make_bulk();
                let received = Incoming::receive(&mut bulk.hearing, part);
                bulk.owed_summary_ack = Some((part.transfer, received.len()));
                if let Received::All(bytes) = received {
                    self.take_summary(&Told {
                        versions,
                        states,
                        summary: Some(&bytes),
                    });
                }
            }
            Content::Head {
                versions,
                states,
                plain,
            } => {
                let bulk = self.channel.make_bulk();
                let received = Incoming::receive(&mut bulk.hearing, part);
                bulk.owed_summary_ack = Some((part.transfer, received.len()));
                if let Received::All(bytes) = received {
                    let told = Told {
                        versions,
                        states,
                        summary: None,
                    };
                    self.take_head(&Head {
                        told,
                        plain,
                        bytes: &bytes,
                    });
                }
            }
        }
        Ok(())
    }

    fn take_deltas(&mut self, part: &Part<'_>, from: Option<Position>, to: Position) {
        let Ok((bytes, is_last)) = self.whole_of(part) else {
            return self.refuse(Refusal::TooLarge);
        };
        if bytes.is_empty() && !is_last {
            return;
        }
        let Ok(deltas) = Payload::decode(&bytes, &self.config.decode) else {
            return self.refuse(Refusal::Malformed);
        };
        let n_bytes = bytes.len();
        let max_events = u128::from(self.config.max_events_per_delta);
        let admit = |own: &OwnAgents, state: &D, delta: &D::Delta| {
            own.allow::<D>(self.agents, delta, max_events)?;
            (self.admit)(state, delta, n_bytes)
        };
        let origin = Some(self.neighbour.epoch);
        let (news, result) = self.hosted.apply(deltas, origin, self.batch, admit);
        self.applied = Some((news, n_bytes));
        match result {
            Ok(()) => {}
            // What it depends on may be told by a summary; only if that does not help, nothing will.
            Err(Refusal::MissingDependency) if from.is_some() => {
                self.channel.forget_place();
                self.channel.owed.nack = true;
                if let Some(bulk) = self.channel.bulk_mut() {
                    bulk.incoming = None;
                }
                return;
            }
            Err(refusal) => return self.refuse(refusal),
        }
        if !is_last {
            // They hold good by themselves; the place is reached with the last.
            return;
        }
        self.channel.advance(to);
        self.channel.owed.ack = true;
        if from.is_none() {
            // They found out what is held here.
            self.channel.drop_offer();
        }
        if to.seq > 0 {
            self.hosted.note_cursor(
                self.neighbour.store,
                to,
                self.config.max_cursors,
                self.batch,
            );
        }
    }

    /// The deltas that a part completes, and whether it is the last of its transfer; the error is the size of
    /// one that is too large.
    fn whole_of<'p>(&mut self, part: &Part<'p>) -> Result<(Cow<'p, [u8]>, bool), u64> {
        let max_bytes = self.config.max_transfer_bytes;
        if part.is_whole() {
            if let Some(bulk) = self.channel.bulk_mut() {
                bulk.incoming = None;
            }
            let n_bytes = part.bytes.len();
            let fits = n_bytes <= max_bytes;
            return fits
                .then_some((Cow::Borrowed(part.bytes), true))
                .ok_or(n_bytes as u64);
        }
        let bulk = self.channel.make_bulk();
        match Incoming::receive(&mut bulk.incoming, part) {
            Received::All(bytes) => Ok((Cow::Owned(bytes), true)),
            Received::Partly(offset) => {
                bulk.owed_deltas_ack = Some((part.transfer, offset));
                let incoming = bulk.incoming.as_mut();
                let whole = incoming.map(|incoming| incoming.take_whole(max_bytes));
                Ok((Cow::Owned(whole.transpose()?.unwrap_or_default()), false))
            }
        }
    }

    /// Only an answer to a question counts: what was told in between is older than what is held now.
    fn take_summary(&mut self, told: &Told<'_>) {
        if matches!(self.channel.sending, Sending::Asking) {
            self.take_told(told);
        }
    }

    fn take_told(&mut self, told: &Told<'_>) {
        let ours = self.hosted.summary();
        if told.versions == ours.versions {
            if told.states != ours.states {
                return self.refuse(Refusal::Diverged);
            }
            self.channel.check = Check::Done;
            return self.ship_from_nowhere(Pieces::default());
        }
        let Some(summary) = told.summary else {
            return self.channel.ask();
        };
        match self.hosted.catch_up(summary, self.config) {
            Ok(pieces) => self.ship_from_nowhere(pieces),
            Err(CatchUpError::Malformed) => self.refuse(Refusal::Malformed),
            Err(CatchUpError::Trimmed) => self.refuse(Refusal::MissingDependency),
        }
    }

    /// Sends what brings them into step wherever they stand.
    fn ship_from_nowhere(&mut self, pieces: Pieces) {
        let outbox = &self.hosted.outbox;
        let to = outbox.position_at(outbox.next());
        self.ship_up_to(to, pieces);
    }

    /// Sends what brings them into step with the outbox as it was at a place.
    fn ship_up_to(&mut self, to: Position, pieces: Pieces) {
        self.channel
            .ship(Content::Deltas { from: None, to }, pieces);
    }

    fn go_live(&mut self, seq: u64) {
        // They stored up to there before they told it.
        self.hosted.acked = self.hosted.acked.max(seq);
        self.channel.sending = Sending::Live {
            acked: seq,
            sent: seq,
        };
        self.channel.drop_search();
        self.channel.note_progress();
    }

    /// Closes the document on this link, and says why.
    fn refuse(&mut self, refusal: Refusal) {
        self.channel.close(Some(refusal));
        self.channel.owed.refusal = Some(refusal);
    }
}
