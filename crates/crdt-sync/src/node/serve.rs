//! Frames out: what is durable is told.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use crdt_core::codec::Writer;

use super::Node;
use crate::channel::{Fired, Sending};
use crate::frame::Frame;
use crate::link::Link;
use crate::{Document, LinkId, Storage};

/// A frame to be carried to the neighbour of a link.
///
/// It comes in two parts so that what goes to many is there once: write the head, then the body.
///
/// # Examples
/// See [`Node`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outgoing {
    /// Where it goes.
    pub link: LinkId,
    /// The first bytes.
    pub head: Vec<u8>,
    /// The rest, which frames for other links may share.
    pub body: Option<Arc<[u8]>>,
}

impl Outgoing {
    /// Returns the bytes of the frame.
    ///
    /// # Complexity
    /// O(n), n = bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    /// Returns how many bytes the frame has.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.len() + self.body.as_deref().map_or(0, <[u8]>::len)
    }

    /// Returns whether the frame has no bytes, which is never so.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Frames for one link, as they are put together.
pub(crate) struct Frames<'a> {
    pub(crate) link: LinkId,
    pub(crate) epoch: u64,
    pub(crate) out: &'a mut Outbound,
}

/// What one commit hands out.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    frames: Vec<Outgoing>,
    /// The memory they take; a body that several share in a row counts once.
    n_bytes: usize,
}

impl Outbound {
    fn push(&mut self, frame: Outgoing) {
        let last = self.frames.last().and_then(|last| last.body.as_ref());
        let body = frame.body.as_ref();
        let is_shared = body.zip(last).is_some_and(|(a, b)| Arc::ptr_eq(a, b));
        let n_body_bytes = if is_shared {
            0
        } else {
            body.map_or(0, |body| body.len())
        };
        self.n_bytes += size_of::<Outgoing>() + frame.head.len() + n_body_bytes;
        self.frames.push(frame);
    }

    pub(super) const fn is_full(&self, max_bytes: usize) -> bool {
        self.n_bytes >= max_bytes
    }
}

impl Frames<'_> {
    pub(crate) fn push(&mut self, frame: &Frame<'_>) {
        let mut w = Writer::new();
        frame.write(self.epoch, &mut w);
        self.push_shared(w, None);
    }

    pub(crate) fn push_shared(&mut self, head: Writer, body: Option<Arc<[u8]>>) {
        self.out.push(Outgoing {
            link: self.link,
            head: head.into_bytes(),
            body,
        });
    }
}

impl<D: Document, S: Storage> Node<D, S> {
    /// Makes durable what was edited and received, and hands out the frames that tell of it.
    ///
    /// How often it is called is the batch window: all that happened in between shares a transaction and
    /// frames. `now` is in milliseconds, best of a clock that does not go back: if it does, nothing is lost, and
    /// what waits for a time goes on waiting as long as it had to.
    ///
    /// About [`Config::max_commit_bytes`](crate::Config::max_commit_bytes) are handed out at once. If there is
    /// more, [`next_wake`](Self::next_wake) is `now`: call it again when these frames are on their way.
    ///
    /// # Errors
    /// If the storage refuses. Nothing was handed out, nothing is lost: the next call tries again.
    /// # Complexity
    /// O(k log n + m), k = bytes edited and received, m = frames. An interval that many links lack is
    /// encoded once.
    /// # Examples
    /// See [`Node`].
    pub fn commit(&mut self, now: u64) -> Result<Vec<Outgoing>, S::Error> {
        let now = self.clock.advance(now);
        self.shrink_outboxes();
        if !self.batch.is_empty() {
            self.storage.commit(&self.batch)?;
            self.batch.clear();
        }
        let mut out = Outbound::default();
        self.fire_timers(now, &mut out);
        self.queue_news();
        self.refuse_opens(&mut out);
        self.advance_stability();
        self.serve_queue(now, &mut out);
        self.commit_presence(now, &mut out);
        self.cut_short_at = (!self.queue.is_empty()).then_some(now);
        Ok(out.frames)
    }

    /// Serves who waits until there is enough for once; the rest comes first the next time. What is small goes
    /// before parts of what is large, so that many documents share links fairly.
    fn serve_queue(&mut self, now: u64, out: &mut Outbound) {
        while !self.queue.is_empty() && !out.is_full(self.config.max_commit_bytes) {
            let queue = mem::take(&mut self.queue);
            let links = &self.links;
            let is_large = |(id, number): &(LinkId, u32)| {
                let channel = links.get(id)?.channels.get(*number as usize)?;
                Some(matches!(channel.sending, Sending::Shipping(_)))
            };
            let (large, small): (Vec<_>, Vec<_>) = queue
                .into_iter()
                .partition(|waiting| is_large(waiting) == Some(true));
            for (id, number) in small.into_iter().chain(large) {
                if out.is_full(self.config.max_commit_bytes) {
                    self.queue.push((id, number));
                } else {
                    self.serve(now, id, number, out);
                }
            }
        }
    }

    /// Drops from the outboxes what every link has, and what the limits forbid to keep.
    fn shrink_outboxes(&mut self) {
        for doc in self.news.iter().chain(&mem::take(&mut self.crowded)) {
            let Some(hosted) = self.docs.get_mut(doc) else {
                continue;
            };
            let acked = |(id, number): (&LinkId, &u32)| {
                let channel = self.links.get(id)?.channels.get(*number as usize)?;
                // Who holds no place in the outbox needs none of it.
                channel.acked()
            };
            let (outbox, hard_bytes) = (&hosted.outbox, self.config.hard_bytes);
            let next = outbox.next();
            // Who lags behind too far is told from the state some day, and pins nothing until then.
            let keeps_up = |acked: &u64| outbox.n_bytes_between(*acked, next) <= hard_bytes;
            let acked_by_all = if hosted.outbox.n_bytes() > self.config.retained_bytes {
                hosted.links.iter().filter_map(acked).filter(keeps_up).min()
            } else {
                None
            };
            hosted.shrink(&self.config, acked_by_all.unwrap_or(next), &mut self.batch);
        }
    }

    fn fire_timers(&mut self, now: u64, out: &mut Outbound) {
        while let Some((due, id, number)) = self.timers.first().copied()
            && due <= now
        {
            self.timers.pop_first();
            let Some(link) = self.links.get_mut(&id) else {
                continue;
            };
            let again = if let Some(number) = number {
                fire_channel(link, id, number, (due, now), &mut self.queue)
            } else {
                let epoch = self.epoch;
                let mut frames = Frames {
                    link: id,
                    epoch,
                    out,
                };
                link.greet(now, self.store, &self.config, &mut frames)
            };
            self.timers.extend(again.map(|due| (due, id, number)));
        }
    }

    /// Every link of a document that has news is looked at.
    fn queue_news(&mut self) {
        for doc in mem::take(&mut self.news) {
            let Some(hosted) = self.docs.get(&doc) else {
                continue;
            };
            for (id, number) in &hosted.links {
                let link = self.links.get_mut(id);
                if let Some(channel) = link.and_then(|link| link.channel(*number))
                    && !channel.is_queued
                {
                    channel.is_queued = true;
                    self.queue.push((*id, *number));
                }
            }
        }
    }

    fn refuse_opens(&mut self, out: &mut Outbound) {
        for (link, doc, refusal) in mem::take(&mut self.refusals) {
            let epoch = self.epoch;
            Frames { link, epoch, out }.push(&Frame::Refuse { doc, refusal });
            self.note_refused(link, doc, refusal, true);
        }
    }

    fn serve(&mut self, now: u64, id: LinkId, number: u32, out: &mut Outbound) {
        let link = self.links.get_mut(&id);
        if let Some(channel) = link.and_then(|link| link.channel(number)) {
            channel.is_queued = false;
        }
        let served = self.at_channel(id, number, out, |at, frames| {
            let refused = at.serve(number, frames);
            if !at.channel.told_presence {
                at.send_presence(number, now, frames);
            }
            let due = at.channel.arm(now, at.config);
            (at.hosted.id, refused, due)
        });
        let Some((doc, refused, due)) = served else {
            return;
        };
        self.timers.extend(due.map(|due| (due, id, Some(number))));
        if let Some(refusal) = refused {
            self.note_refused(id, doc, refusal, true);
        }
    }
}

fn fire_channel(
    link: &mut Link,
    id: LinkId,
    number: u32,
    (armed_at, now): (u64, u64),
    queue: &mut Vec<(LinkId, u32)>,
) -> Option<u64> {
    let channel = link.channel(number)?;
    match channel.fire(armed_at, now) {
        Fired::Stale => None,
        Fired::Again(due) => Some(due),
        Fired::Due => {
            if !channel.is_queued {
                channel.is_queued = true;
                queue.push((id, number));
            }
            None
        }
    }
}
