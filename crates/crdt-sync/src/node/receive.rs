//! Frames in: which link, which document.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use super::links::open_channel;
use super::moment::queue_next;
use super::{Event, Node, ReceiveError};
use crate::admission::Admits;
use crate::channel::Sending;
use crate::exchange::Exchange;
use crate::frame::{Frame, Hello, Limits, Open, Part};
use crate::link::Neighbour;
use crate::{
    DocId, Document, LinkError, LinkId, Offer, Opening, Policy, Presenting, Refusal, Storage,
    StoreId, presence,
};

impl<D: Document, S: Storage> Node<D, S> {
    /// Takes a frame in. What it answers, the next [`commit`](Self::commit) hands out.
    ///
    /// Frames may be lost, doubled and reordered; what is missing is asked for again.
    ///
    /// # Errors
    /// [`ReceiveError::Link`] if the frame breaks the protocol: the link is gone, everything else is as
    /// it was. A delta that does not decode or contradicts what is known closes its document on
    /// the link, and is no error here but an [`Event::Refused`].
    /// # Complexity
    /// O(k log n), k = bytes of the frame, n = size of the document; O(n) for a summary.
    /// # Examples
    /// See [`Node`].
    pub fn receive(&mut self, link: LinkId, bytes: &[u8]) -> Result<(), ReceiveError<S::Error>> {
        self.receive_if(link, bytes, |_| true)
    }

    /// Takes a frame in, but no delta that `admits` is against: its document is then closed on the
    /// link, for later deltas may rest on the one that was not admitted.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    /// # Complexity
    /// As [`receive`](Self::receive), beside what `admits` does.
    /// # Examples
    /// See [`Offer`].
    pub fn receive_if(
        &mut self,
        link: LinkId,
        bytes: &[u8],
        admits: impl FnMut(&Offer<'_, D>) -> bool,
    ) -> Result<(), ReceiveError<S::Error>> {
        self.receive_under(link, bytes, &mut Admits(admits))
    }

    /// Takes a frame in under a policy: who may open which documents, who may write what and how much.
    ///
    /// # Errors
    /// As [`receive`](Self::receive).
    /// # Complexity
    /// As [`receive`](Self::receive), beside what `policy` does.
    /// # Examples
    /// See [`Policy`].
    pub fn receive_under(
        &mut self,
        link: LinkId,
        bytes: &[u8],
        policy: &mut dyn Policy<D>,
    ) -> Result<(), ReceiveError<S::Error>> {
        let result = self.take_frame(link, bytes, policy);
        if let Err(ReceiveError::Link(_)) = result {
            self.disconnect(link);
        }
        result
    }

    fn take_frame(
        &mut self,
        id: LinkId,
        bytes: &[u8],
        policy: &mut dyn Policy<D>,
    ) -> Result<(), ReceiveError<S::Error>> {
        let max = self.config.max_frame_bytes;
        if bytes.len() > max {
            let n_bytes = bytes.len();
            return Err(LinkError::FrameTooLarge { n_bytes, max }.into());
        }
        let link = self.links.get(&id).ok_or(LinkError::Unknown { link: id })?;
        let epoch = link.neighbour.map(|neighbour| neighbour.epoch);
        let frame = Frame::read(bytes, epoch).map_err(LinkError::Frame)?;
        match frame {
            Frame::Hello(hello) => self.take_hello(id, hello)?,
            // It overtook the hello: whatever needs an answer will be sent again.
            _ if epoch.is_none() => {}
            Frame::Open(open) => self.take_open(id, &open, policy)?,
            Frame::Refuse { doc, refusal } => self.take_refusal(id, doc, refusal),
            frame => self.take_for_channel(id, &frame, policy)?,
        }
        Ok(())
    }

    /// Takes a frame for a document that is open.
    fn take_for_channel(
        &mut self,
        id: LinkId,
        frame: &Frame<'_>,
        policy: &mut dyn Policy<D>,
    ) -> Result<(), ReceiveError<S::Error>> {
        match frame {
            Frame::Hello(_) | Frame::Open(_) | Frame::Refuse { .. } => Ok(()),
            Frame::Ask { channel, whole } => self.on_channel(id, *channel, policy, |at| {
                at.take_ask(*whole);
                Ok(())
            }),
            Frame::Want(want) => self.on_channel(id, want.channel, policy, |at| {
                at.take_want(want);
                Ok(())
            }),
            Frame::Symbols(symbols) => self.on_channel(id, symbols.channel, policy, |at| {
                at.take_symbols(symbols);
                Ok(())
            }),
            Frame::Ack { channel, to } => {
                self.on_channel(id, *channel, policy, |at| at.take_ack(*to))
            }
            Frame::PartAck(ack) => self.on_channel(id, ack.channel, policy, |at| {
                at.channel.take_part_ack(ack);
                Ok(())
            }),
            Frame::Nack { channel, have } => self.on_channel(id, *channel, policy, |at| {
                at.take_nack(*have);
                Ok(())
            }),
            Frame::Part(part) => {
                if !self.make_room(id, part) {
                    // As if it were lost: it comes again.
                    return Ok(());
                }
                self.on_channel(id, part.channel, policy, |at| at.take_part(part))
            }
            Frame::Probe { channel, seq } => self.on_channel(id, *channel, policy, |at| {
                at.take_probe(*seq);
                Ok(())
            }),
            Frame::Probed { channel, seq, upto } => self.on_channel(id, *channel, policy, |at| {
                at.take_probed(*seq, *upto);
                Ok(())
            }),
            Frame::Check(check) => self.on_channel(id, check.channel, policy, |at| {
                at.take_check(check);
                Ok(())
            }),
            Frame::Checked { channel, is_same } => self.on_channel(id, *channel, policy, |at| {
                at.take_checked(*is_same);
                Ok(())
            }),
            Frame::Presence { channel, bytes } => self.take_presence(id, *channel, bytes, policy),
        }
    }

    fn make_room(&mut self, id: LinkId, part: &Part<'_>) -> bool {
        let Some(link) = self.links.get_mut(&id) else {
            return true;
        };
        let Some(number) = link.ours(part.channel).filter(|_| !part.is_whole()) else {
            return true;
        };
        let max = self.config.max_incoming_bytes_per_link;
        let max = max.max(self.config.max_transfer_bytes);
        link.make_room(number, part.bytes.len(), max)
    }

    fn take_presence(
        &mut self,
        id: LinkId,
        theirs: u32,
        bytes: &[u8],
        policy: &mut dyn Policy<D>,
    ) -> Result<(), ReceiveError<S::Error>> {
        let (Some((doc, _)), Some(store)) = (self.find_channel(id, theirs), self.store_at(id))
        else {
            return Ok(());
        };
        let entries = presence::read(bytes, &self.config.decode).map_err(LinkError::Frame)?;
        let may_tell = |entry: &presence::Told| {
            policy.presents(&Presenting {
                doc,
                link: id,
                store,
                agent: entry.agent(),
            })
        };
        let told = entries.into_iter().filter(may_tell).collect();
        let mut changed = None;
        self.on_channel(id, theirs, policy, |at| {
            changed = at.take_presence(told).then_some(doc);
            Ok(())
        })?;
        if let Some(doc) = changed {
            self.present.insert(doc, 0);
            self.tell(Event::Presence { doc });
        }
        Ok(())
    }

    fn take_hello(&mut self, id: LinkId, hello: Hello) -> Result<(), LinkError> {
        let Some(link) = self.links.get_mut(&id) else {
            return Ok(());
        };
        if let Some(proven) = link.proven().filter(|proven| *proven != hello.store) {
            let told = hello.store;
            return Err(LinkError::AnotherStore { proven, told });
        }
        let is_other = |at: Neighbour| (at.store, at.epoch) != (hello.store, hello.epoch);
        if link.neighbour.is_some_and(is_other) {
            return Err(LinkError::AnotherNeighbour);
        }
        if link.neighbour.is_none() {
            link.meet(Neighbour {
                store: hello.store,
                epoch: hello.epoch,
                limits: Limits::of(&self.config).meet(hello.limits),
            });
            for (number, channel) in (0_u32..).zip(&mut link.channels) {
                let hosted = self.docs.get(&channel.doc);
                channel.have = hosted.and_then(|hosted| hosted.cursors.get(hello.store));
                channel.is_queued = true;
                self.queue.push((id, number));
            }
        }
        if hello.wants_reply {
            link.owes_hello = true;
            self.timers.insert((0, id, None));
        }
        Ok(())
    }

    fn take_open(
        &mut self,
        id: LinkId,
        open: &Open<'_>,
        policy: &mut dyn Policy<D>,
    ) -> Result<(), ReceiveError<S::Error>> {
        let doc = open.doc;
        let Some(store) = self.store_at(id) else {
            return Ok(());
        };
        if let Err(refusal) = policy.opens(&Opening {
            doc,
            link: id,
            store,
        }) {
            return Ok(self.refuse_open(id, open, refusal)?);
        }
        if !self.find_document(open.doc).map_err(ReceiveError::Load)? {
            if !self.config.accepts_documents {
                self.refusals.push((id, open.doc, Refusal::UnknownDocument));
                return Ok(());
            }
            self.host_anew(doc);
        }
        let (Some(link), Some(hosted)) = (self.links.get_mut(&id), self.docs.get_mut(&open.doc))
        else {
            return Ok(());
        };
        let number = match hosted.links.get(&id) {
            Some(number) => *number,
            None => open_channel(&self.config, hosted, id, link)?,
        };
        let is_new = link.ours(open.channel).is_none();
        link.pair(open.channel, number)?;
        if let Some(channel) = link.channel(number)
            && matches!(channel.sending, Sending::Refused { ours: None })
        {
            // They refused it, and now they want it.
            channel.reopen();
        }
        self.on_channel(id, open.channel, policy, |at| {
            at.take_open(open);
            Ok(())
        })?;
        if is_new {
            self.tell(Event::Opened { doc, link: id });
        }
        Ok(())
    }

    /// What the neighbour on a link calls its storage, if it said hello.
    fn store_at(&self, id: LinkId) -> Option<StoreId> {
        Some(self.links.get(&id)?.neighbour?.store)
    }

    /// A neighbour may not open a document: it is told, and nothing else is.
    fn refuse_open(
        &mut self,
        id: LinkId,
        open: &Open<'_>,
        refusal: Refusal,
    ) -> Result<(), LinkError> {
        let doc = open.doc;
        if let Some(number) = self.channel_of(id, doc) {
            if let Some(link) = self.links.get_mut(&id) {
                // Should they not hear of it, what they send for the channel is answered.
                link.pair(open.channel, number)?;
            }
            self.close_channel(id, number, Some(refusal));
        }
        self.refusals.push((id, doc, refusal));
        Ok(())
    }

    fn take_refusal(&mut self, id: LinkId, doc: DocId, refusal: Refusal) {
        let Some(number) = self.channel_of(id, doc) else {
            return;
        };
        let link = self.links.get_mut(&id);
        let channel = link.and_then(|link| link.channel(number));
        if channel.is_some_and(|channel| !matches!(channel.sending, Sending::Refused { .. })) {
            self.close_channel(id, number, None);
            self.note_refused(id, doc, refusal, false);
        }
    }

    /// The number of a document on a link, in memory or not.
    fn channel_of(&self, id: LinkId, doc: DocId) -> Option<u32> {
        let links = self.docs.get(&doc).map(|hosted| &hosted.links);
        let links = links.or_else(|| self.parked.get(&doc).map(|parked| &parked.links));
        links?.get(&id).copied()
    }

    /// Stops exchanging a document on a link; `ours` is why, if it was we who refused.
    pub(super) fn close_channel(&mut self, id: LinkId, number: u32, ours: Option<Refusal>) {
        if let Some(link) = self.links.get_mut(&id) {
            link.close(number, ours);
            queue_next(link, id, &self.config, &mut self.queue);
        }
    }

    /// Runs `act` on a channel by the neighbour's number, and has it looked at with the next commit.
    /// Frames for a channel that is not open, or closed, do nothing.
    fn on_channel(
        &mut self,
        id: LinkId,
        theirs: u32,
        policy: &mut dyn Policy<D>,
        act: impl FnOnce(&mut Exchange<'_, D>) -> Result<(), LinkError>,
    ) -> Result<(), ReceiveError<S::Error>> {
        let Some((doc, number)) = self.find_channel(id, theirs) else {
            return Ok(());
        };
        // It may have been evicted.
        if !self.find_document(doc).map_err(ReceiveError::Load)? {
            // It was deleted, and they have not heard.
            self.refusals.push((id, doc, Refusal::Withdrawn));
        }
        let (Some(link), Some(hosted)) = (self.links.get_mut(&id), self.docs.get_mut(&doc)) else {
            return Ok(());
        };
        let (Some(neighbour), Some(channel)) = (link.neighbour, link.channel(number)) else {
            return Ok(());
        };
        if !channel.is_queued {
            channel.is_queued = true;
            self.queue.push((id, number));
        }
        if let Sending::Refused { ours } = channel.sending {
            // They have not heard.
            channel.owed.refusal = ours;
            return Ok(());
        }
        let mut admit = |state: &D, delta: &D::Delta, n_bytes: usize| {
            policy.writes(&Offer {
                doc,
                link: id,
                store: neighbour.store,
                state,
                delta,
                n_bytes,
            })
        };
        let mut at = Exchange {
            config: &self.config,
            link: id,
            neighbour,
            channel,
            hosted,
            batch: &mut self.batch,
            link_window: 0,
            is_link_full: true,
            agents: &self.agents,
            admit: &mut admit,
            applied: None,
        };
        act(&mut at)?;
        if at.hosted.outbox.n_bytes() > self.config.retained_bytes {
            // What was acknowledged may go.
            self.crowded.insert(doc);
        }
        let (n_in_flight, _) = at.in_flight();
        if let Some((deltas, n_bytes)) = at.applied.filter(|(deltas, _)| !deltas.is_empty()) {
            self.news.insert(doc);
            let link = id;
            let event = Event::Changed { doc, link, deltas };
            self.events
                .push(event, n_bytes, self.config.max_event_bytes);
        }
        if let Some(link) = self.links.get_mut(&id) {
            link.note_in_flight(number, n_in_flight, false);
            queue_next(link, id, &self.config, &mut self.queue);
        }
        Ok(())
    }

    fn find_channel(&self, id: LinkId, theirs: u32) -> Option<(DocId, u32)> {
        let link = self.links.get(&id)?;
        let number = link.ours(theirs)?;
        let channel = link.channels.get(number as usize)?;
        Some((channel.doc, number))
    }
}
