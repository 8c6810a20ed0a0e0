//! What one document has to say on one link.

use core::mem;

use crdt_core::codec::Writer;

use super::Exchange;
use crate::channel::Sending;
use crate::frame::{Content, Frame, Limits, Open, Part, PartAck, Told, write_part_head};
use crate::node::Frames;
use crate::transfer::Outgoing;
use crate::{Document, Refusal};

impl<D: Document> Exchange<'_, D> {
    /// Writes all frames that may go out now; returns why the document was closed, if it just was.
    pub(crate) fn serve(&mut self, number: u32, frames: &mut Frames<'_>) -> Option<Refusal> {
        let owed = mem::take(&mut self.channel.owed);
        if let Some(refusal) = owed.refusal {
            let doc = self.hosted.id;
            frames.push(&Frame::Refuse { doc, refusal });
            let is_noted = mem::replace(&mut self.channel.is_refusal_noted, true);
            return (!is_noted).then_some(refusal);
        }
        if owed.open {
            self.say_open(number, frames);
        }
        if owed.ask {
            let whole = self.channel.bulk().is_some_and(|bulk| bulk.asks_whole);
            let channel = number;
            frames.push(&Frame::Ask { channel, whole });
        }
        if owed.want {
            self.say_want(number, frames);
        }
        self.say_of_bulk(number, frames);
        self.say_of_stability(number, frames);
        if let Some(have) = self.channel.have.filter(|_| owed.ack) {
            frames.push(&Frame::Ack {
                channel: number,
                to: have.seq,
            });
        }
        if owed.nack {
            frames.push(&Frame::Nack {
                channel: number,
                have: self.channel.have,
            });
        }
        self.send_summary(number, frames);
        self.send_deltas(number, frames);
        self.say_check(number, owed.checked, frames);
        None
    }

    fn say_open(&mut self, number: u32, frames: &mut Frames<'_>) {
        let have = self.channel.have;
        let max_inline = self
            .config
            .inline_summary_bytes
            .min(self.neighbour.limits.max_part_bytes());
        // Whoever names a place in the outbox need not tell more: it is asked if that place is gone.
        let told = have.is_none().then(|| {
            let ours = self.hosted.summary();
            let summary = ours.bytes.as_bytes();
            Told {
                versions: ours.versions,
                states: ours.states,
                summary: (summary.len() <= max_inline).then_some(summary),
            }
        });
        frames.push(&Frame::Open(Open {
            channel: number,
            doc: self.channel.doc,
            have,
            told,
            wants_reply: matches!(self.channel.sending, Sending::Closed),
        }));
    }

    fn say_of_bulk(&mut self, number: u32, frames: &mut Frames<'_>) {
        let Some(bulk) = self.channel.bulk_mut() else {
            return;
        };
        let acks = [
            (false, bulk.owed_deltas_ack.take()),
            (true, bulk.owed_summary_ack.take()),
        ];
        let symbols = bulk.owed_symbols.take();
        if let Some(range) = symbols {
            self.send_symbols(number, range, frames);
        }
        for (of_summary, ack) in acks {
            if let Some((transfer, offset)) = ack {
                frames.push(&Frame::PartAck(PartAck {
                    channel: number,
                    of_summary,
                    transfer,
                    offset,
                }));
            }
        }
    }

    /// What is said to find out what is stable.
    fn say_of_stability(&mut self, channel: u32, frames: &mut Frames<'_>) {
        let acked = match self.channel.sending {
            Sending::Live { acked, .. } => acked,
            _ => 0,
        };
        let Some(bulk) = self.channel.bulk_mut() else {
            return;
        };
        if let Some(seq) = bulk.probe.filter(|_| mem::take(&mut bulk.owes_probe)) {
            frames.push(&Frame::Probe { channel, seq });
        }
        if let Some(seq) = bulk.owes_probed.take() {
            let upto = self.hosted.outbox.next();
            bulk.tells_place = (acked < upto).then_some(upto);
            frames.push(&Frame::Probed { channel, seq, upto });
        }
    }

    /// How many bytes are on the way, and whether more are waiting for the link.
    pub(crate) fn in_flight(&self) -> (usize, bool) {
        let telling = self.channel.bulk().and_then(|bulk| bulk.telling.as_ref());
        let shipping = match &self.channel.sending {
            Sending::Shipping(transfer) => Some(&**transfer),
            _ => None,
        };
        let (outbox, window) = (&self.hosted.outbox, self.neighbour.limits.window());
        let (mut n_bytes, mut waits) = (0, false);
        if let Sending::Live { acked, sent } = self.channel.sending {
            n_bytes = outbox.n_bytes_between(acked, sent);
            waits = self.is_link_full && n_bytes < window && sent < outbox.next();
        }
        for transfer in telling.into_iter().chain(shipping) {
            let n_here = transfer.n_in_flight();
            n_bytes = n_here.saturating_add(n_bytes);
            waits |= transfer.has_more() && n_here < window && n_here >= self.link_window;
        }
        (n_bytes, waits)
    }

    /// Says what is present here, unless deltas wait: what is true for a moment comes last.
    pub(crate) fn send_presence(&mut self, number: u32, now: u64, frames: &mut Frames<'_>) {
        let Some(presence) = &self.hosted.presence else {
            return;
        };
        let Sending::Live { acked, sent } = self.channel.sending else {
            self.channel.told_presence = false;
            return;
        };
        let outbox = &self.hosted.outbox;
        let in_flight = outbox.n_bytes_between(acked, sent);
        let waits = outbox.has_news_for(self.neighbour.epoch, sent, outbox.next());
        if waits || in_flight >= self.neighbour.limits.window() {
            self.channel.told_presence = false;
            return;
        }
        let max_bytes = self.neighbour.limits.max_part_bytes();
        let only_news = mem::replace(&mut self.channel.told_presence, true);
        for bytes in presence.frames(now, only_news, self.link, max_bytes) {
            frames.push(&Frame::Presence {
                channel: number,
                bytes: &bytes,
            });
        }
    }

    fn send_summary(&mut self, number: u32, frames: &mut Frames<'_>) {
        let bulk = self.channel.bulk_mut();
        if let Some(telling) = bulk.and_then(|bulk| bulk.telling.as_mut()) {
            let window = self.neighbour.limits.window().min(self.link_window);
            send_parts(telling, number, (self.neighbour.limits, window), frames);
        }
    }

    fn send_deltas(&mut self, number: u32, frames: &mut Frames<'_>) {
        if let Sending::Live { acked, sent } = self.channel.sending {
            self.send_interval(number, acked, sent, frames);
        }
        if let Sending::Shipping(transfer) = &mut self.channel.sending {
            let window = self.neighbour.limits.window().min(self.link_window);
            send_parts(transfer, number, (self.neighbour.limits, window), frames);
        }
    }

    /// Sends what came since `sent`, in one frame.
    fn send_interval(&mut self, number: u32, acked: u64, sent: u64, frames: &mut Frames<'_>) {
        let outbox = &mut self.hosted.outbox;
        let next = outbox.next();
        if sent < outbox.base() {
            self.channel.ask();
            self.channel.owed.ask = false;
            let (channel, whole) = (number, false);
            frames.push(&Frame::Ask { channel, whole });
            return;
        }
        let in_flight = outbox.n_bytes_between(acked, sent);
        if sent == next || in_flight >= self.neighbour.limits.window() || self.is_link_full {
            return;
        }
        if outbox.n_bytes_between(sent, next) > self.config.piece_bytes.saturating_mul(MAX_RATIO) {
            return self.ship_interval(acked);
        }
        let payload = outbox.interval(sent, next, self.neighbour.epoch, self.config.memo_bytes);
        let is_theirs = payload.as_bytes().is_empty();
        let bulk = self.channel.bulk();
        let tells_place = bulk.is_some_and(|bulk| bulk.tells_place.is_some());
        if is_theirs && !tells_place && next.saturating_sub(sent) < MAX_UNTOLD {
            return;
        }
        let to = outbox.position_at(next);
        if payload.as_bytes().len() > self.neighbour.limits.max_part_bytes() {
            return self.ship_interval(acked);
        }
        let from = Some(outbox.position_at(sent));
        let part = Part {
            channel: number,
            content: Content::Deltas { from, to },
            transfer: 0,
            total: payload.as_bytes().len() as u64,
            offset: 0,
            bytes: payload.as_bytes(),
        };
        let mut head = Writer::new();
        write_part_head(&part, frames.epoch, &mut head);
        frames.push_shared(head, payload.shared());
        self.channel.sending = Sending::Live { acked, sent: next };
    }

    /// Begins to send what came since `acked` and does not fit a frame: no more than a piece of it at a time,
    /// so that an interruption costs no more than that.
    fn ship_interval(&mut self, acked: u64) {
        let max_part = self.neighbour.limits.max_part_bytes();
        let max_bytes = self.config.piece_bytes.max(max_part);
        let outbox = &mut self.hosted.outbox;
        let mut to = outbox.place_within(acked, max_bytes.saturating_mul(MAX_RATIO));
        loop {
            let (neighbour, memo_bytes) = (self.neighbour.epoch, self.config.memo_bytes);
            let payload = outbox.interval(acked, to, neighbour, memo_bytes);
            let half = outbox.place_within(acked, outbox.n_bytes_between(acked, to) / 2);
            if payload.as_bytes().len() <= max_bytes || half >= to {
                let from = Some(outbox.position_at(acked));
                let to = outbox.position_at(to);
                self.channel
                    .ship(Content::Deltas { from, to }, payload.into());
                return;
            }
            to = half;
        }
    }
}

fn send_parts(
    transfer: &mut Outgoing,
    number: u32,
    (limits, window): (Limits, usize),
    frames: &mut Frames<'_>,
) {
    let max_bytes = limits.max_part_bytes();
    while let Some(part) = transfer.next_part(number, max_bytes, window) {
        frames.push(&Frame::Part(part));
    }
}

/// Of how many times the bytes of a piece it is tried whether, joined, they are one.
const MAX_RATIO: usize = 4;

/// How many of its own deltas a neighbour is not told it holds, before it is: it resumes from there.
const MAX_UNTOLD: u64 = 256;
