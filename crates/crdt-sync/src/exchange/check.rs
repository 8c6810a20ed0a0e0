//! Once in step, both make sure that they hold the same.
//!
//! A place in an outbox says what somebody was sent, on the word of whoever sent it: a neighbour under another
//! store's name may have moved it without sending anything. And two that wrote under one name know the same
//! events in the end without holding the same. Neither shows while both only follow each other's outboxes, so
//! once on each link they compare, when nothing is on its way.

use super::Exchange;
use crate::Document;
use crate::channel::{self, Sending};
use crate::frame::{Check, Frame};
use crate::node::Frames;

impl<D: Document> Exchange<'_, D> {
    /// Answers whether they hold the same, and asks it, if they hold all that is news to them here.
    pub(super) fn say_check(
        &mut self,
        channel: u32,
        answer: Option<bool>,
        frames: &mut Frames<'_>,
    ) {
        if let Some(is_same) = answer {
            frames.push(&Frame::Checked { channel, is_same });
        }
        if self.channel.check != channel::Check::Due {
            return;
        }
        let (Sending::Live { acked, sent }, Some(have)) =
            (&self.channel.sending, self.channel.have)
        else {
            return;
        };
        if acked < sent || !self.is_all_known(*acked) {
            return;
        }
        let held = self.hosted.digest();
        frames.push(&Frame::Check(Check {
            channel,
            have,
            held,
        }));
        self.channel.check = channel::Check::Asked;
    }

    /// They ask. If more is on its way to them, they will ask again.
    pub(crate) fn take_check(&mut self, check: &Check) {
        let holds_ours = self.hosted.outbox.resolves(check.have);
        if !holds_ours || !self.is_all_known(check.have.seq) {
            return;
        }
        let is_same = self.hosted.digest() == check.held;
        self.channel.owed.checked = Some(is_same);
        self.conclude_check(is_same);
    }

    pub(crate) fn take_checked(&mut self, is_same: bool) {
        if self.channel.check == channel::Check::Asked {
            self.channel.note_progress();
            self.conclude_check(is_same);
        }
    }

    /// If they do not hold the same, they are to tell all that they hold, and are compared with again; but once
    /// only: some types summarize what is equal in more than one way.
    fn conclude_check(&mut self, is_same: bool) {
        let is_live = matches!(self.channel.sending, Sending::Live { .. });
        if is_same || (is_live && self.channel.was_unequal) {
            self.channel.check = channel::Check::Done;
        } else if is_live {
            self.channel.check = channel::Check::Due;
            self.channel.was_unequal = true;
            self.channel.ask();
        }
    }

    /// Whether whoever holds the outbox up to a place lacks nothing of what follows, for it made that itself.
    fn is_all_known(&self, acked: u64) -> bool {
        let outbox = &self.hosted.outbox;
        acked >= outbox.base() && !outbox.has_news_for(self.neighbour.epoch, acked, outbox.next())
    }
}
