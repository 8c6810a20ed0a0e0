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

    /// Says what is present here, unless deltas wait: what is true for a moment comes last.
    pub(crate) fn send_presence(&mut self, number: u32, now: u64, frames: &mut Frames<'_>) {
        let Some(presence) = &self.hosted.presence else {
            return;
        };
        let Sending::Live { acked, sent } = self.channel.sending else {
            return;
        };
        let outbox = &self.hosted.outbox;
        let in_flight = outbox.n_bytes_between(acked, sent);
        if sent < outbox.next() || in_flight >= self.neighbour.limits.window().max(1) {
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
            send_parts(telling, number, self.neighbour.limits, frames);
        }
    }

    fn send_deltas(&mut self, number: u32, frames: &mut Frames<'_>) {
        if let Sending::Live { acked, sent } = self.channel.sending {
            self.send_interval(number, acked, sent, frames);
        }
        if let Sending::Shipping(transfer) = &mut self.channel.sending {
            send_parts(transfer, number, self.neighbour.limits, frames);
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
        if sent == next || in_flight >= self.neighbour.limits.window().max(1) {
            return;
        }
        let payload = outbox.interval(sent, next, self.neighbour.epoch, self.config.memo_bytes);
        let is_theirs = payload.as_bytes().is_empty();
        let bulk = self.channel.bulk();
        let tells_place = bulk.is_some_and(|bulk| bulk.tells_place.is_some());
        if is_theirs && !tells_place && next - sent < MAX_UNTOLD {
            return;
        }
        let to = outbox.position_at(next);
        if payload.as_bytes().len() > self.neighbour.limits.max_part_bytes() {
            let payload =
                outbox.interval(acked, next, self.neighbour.epoch, self.config.memo_bytes);
            let from = Some(outbox.position_at(acked));
            self.channel.ship(Content::Deltas { from, to }, payload);
            return;
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
}

fn send_parts(transfer: &mut Outgoing, number: u32, limits: Limits, frames: &mut Frames<'_>) {
    let (max_bytes, window) = (limits.max_part_bytes(), limits.window());
    while let Some(part) = transfer.next_part(number, max_bytes, window) {
        frames.push(&Frame::Part(part));
    }
}

/// How many of its own deltas a neighbour is not told it holds, before it is: it resumes from there.
const MAX_UNTOLD: u64 = 256;
