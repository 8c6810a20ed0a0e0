//! Links: one connection to a neighbour, and the documents on it.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use crate::channel::{Bulk, Channel};
use crate::frame::{Frame, Hello, Limits};
use crate::node::Frames;
use crate::{Config, DocId, LinkError, Refusal, StoreId};

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct Link {
    /// From their hello.
    pub(crate) neighbour: Option<Neighbour>,
    /// The channel at place n has our number n.
    pub(crate) channels: Vec<Channel>,
    /// What few links need.
    tables: Option<Box<Tables>>,
    pub(crate) owes_hello: bool,
    n_greetings: u8,
    /// How many bytes are on the way, in all channels.
    n_in_flight: u32,
}

/// What few links need.
#[derive(Debug, Default)]
struct Tables {
    /// Whose connection it is, if the transport proved it and nobody said hello yet.
    proven: Option<StoreId>,
    /// Their numbers with ours where the two differ, ascending: mostly they do not.
    theirs: Vec<(u32, u32)>,
    /// Channels on which something comes in parts, or did.
    receiving: Vec<u32>,
    /// Channels that have more to send than the link may have on the way: the first is the next.
    waiting: VecDeque<u32>,
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Neighbour {
    pub(crate) store: StoreId,
    pub(crate) epoch: u64,
    /// What is sent there is within these.
    pub(crate) limits: Limits,
}

impl Link {
    pub(crate) fn new(proven: Option<StoreId>) -> Self {
        let tables = proven.map(|_| {
            Box::new(Tables {
                proven,
                ..Tables::default()
            })
        });
        Self {
            neighbour: None,
            channels: Vec::new(),
            tables,
            owes_hello: false,
            n_greetings: 0,
            n_in_flight: 0,
        }
    }

    /// Whose connection it is, if the transport proved it. For the first hello: later ones must be as that was.
    pub(crate) fn proven(&self) -> Option<StoreId> {
        self.tables.as_ref()?.proven
    }

    /// Notes who said hello first.
    pub(crate) fn meet(&mut self, neighbour: Neighbour) {
        self.neighbour = Some(neighbour);
        self.tables = self.tables.take().filter(|tables| tables.proven.is_none());
    }

    /// Adds a channel; returns its number.
    pub(crate) fn add(&mut self, channel: Channel, max: usize) -> Result<u32, LinkError> {
        if self.channels.len() >= max {
            return Err(LinkError::TooManyDocuments { max });
        }
        let number = u32::try_from(self.channels.len());
        let number = number.map_err(|_| LinkError::TooManyDocuments { max })?;
        self.channels
            .reserve_exact(usize::from(self.channels.is_empty()));
        self.channels.push(channel);
        Ok(number)
    }

    /// Notes that the neighbour's number `theirs` stands for the channel `ours`.
    pub(crate) fn pair(&mut self, theirs: u32, ours: u32) -> Result<(), LinkError> {
        let taken = Err(LinkError::ChannelTaken { channel: theirs });
        if let Some(known) = self.ours(theirs) {
            return if known == ours { Ok(()) } else { taken };
        }
        if let Some(channel) = self.channels.get_mut(ours as usize)
            && *channel.theirs.get_or_insert(theirs) != theirs
        {
            return taken;
        }
        if theirs != ours {
            let table = &mut self.tables.get_or_insert_default().theirs;
            let at = table.partition_point(|(held, _)| *held < theirs);
            table.insert(at, (theirs, ours));
        }
        Ok(())
    }

    /// Our number for the channel that the neighbour calls `theirs`.
    pub(crate) fn ours(&self, theirs: u32) -> Option<u32> {
        let same = self.channels.get(theirs as usize);
        if same.is_some_and(|channel| channel.theirs == Some(theirs)) {
            return Some(theirs);
        }
        let table = &self.tables.as_ref()?.theirs;
        let found = table.binary_search_by_key(&theirs, |(theirs, _)| *theirs);
        let (_, ours) = table.get(found.ok()?)?;
        Some(*ours)
    }

    /// Whether nothing more may be on the way.
    pub(crate) const fn is_full(&self, config: &Config) -> bool {
        self.n_in_flight as usize >= config.link_window_bytes
    }

    /// How much of a transfer a channel may have on the way, beside what others have; 0 if it is not its turn.
    pub(crate) fn window_of(&mut self, number: u32, config: &Config) -> usize {
        let others_wait = self
            .tables
            .as_ref()
            .is_some_and(|tables| !tables.waiting.is_empty());
        let n_all = self.n_in_flight as usize;
        let Some(channel) = self.channel(number) else {
            return 0;
        };
        if others_wait && !mem::take(&mut channel.is_its_turn) {
            return 0;
        }
        let room = room_for_transfers(config).saturating_add(channel.n_in_flight as usize);
        room.saturating_sub(n_all)
    }

    /// Stops exchanging a document.
    pub(crate) fn close(&mut self, number: u32, ours: Option<Refusal>) {
        if let Some(channel) = self.channel(number) {
            channel.close(ours);
            channel.waits_for_link = false;
        }
        if let Some(tables) = &mut self.tables {
            tables.waiting.retain(|other| *other != number);
        }
        self.note_in_flight(number, 0, false);
    }

    /// Notes how much a channel has on the way now, and whether it waits for its turn to send more.
    pub(crate) fn note_in_flight(&mut self, number: u32, n_bytes: usize, waits: bool) {
        let Some(channel) = self.channels.get_mut(number as usize) else {
            return;
        };
        let n_bytes = u32::try_from(n_bytes).unwrap_or(u32::MAX);
        let before = mem::replace(&mut channel.n_in_flight, n_bytes);
        if waits && !mem::replace(&mut channel.waits_for_link, true) {
            self.tables
                .get_or_insert_default()
                .waiting
                .push_back(number);
        }
        let others = self.n_in_flight.saturating_sub(before);
        self.n_in_flight = others.saturating_add(n_bytes);
    }

    /// The channel whose turn it is, if there is room on the link and one waits.
    pub(crate) fn next_in_turn(&mut self, config: &Config) -> Option<u32> {
        if self.n_in_flight as usize >= room_for_transfers(config) {
            return None;
        }
        let number = self.tables.as_mut()?.waiting.pop_front()?;
        let channel = self.channel(number)?;
        channel.waits_for_link = false;
        channel.is_its_turn = true;
        Some(number)
    }

    /// Gives up transfers if with `n_bytes` more on a channel the link held more than `max`; returns whether
    /// there is room.
    ///
    /// Those of which least is here go first, and the one that asks may be it: so one of them always comes to
    /// its end.
    pub(crate) fn make_room(&mut self, number: u32, n_bytes: usize, max: usize) -> bool {
        let channels = &mut self.channels;
        let held = |channels: &[Channel], number: u32| {
            let bulk = channels.get(number as usize).and_then(Channel::bulk);
            bulk.map_or(0, Bulk::n_incoming_bytes)
        };
        let receiving = &mut self.tables.get_or_insert_default().receiving;
        receiving.retain(|other| *other != number && held(channels, *other) > 0);
        let others = receiving.iter().map(|other| held(channels, *other));
        let mut total = others.fold(
            held(channels, number).saturating_add(n_bytes),
            usize::saturating_add,
        );
        receiving.push(number);
        while total > max {
            let smallest = receiving
                .iter()
                .min_by_key(|other| {
                    let more = if **other == number { n_bytes } else { 0 };
                    held(channels, **other).saturating_add(more)
                })
                .copied()
                .unwrap_or(number);
            total = total.saturating_sub(held(channels, smallest));
            let channel = channels.get_mut(smallest as usize);
            if let Some(bulk) = channel.and_then(Channel::bulk_mut) {
                bulk.drop_incoming();
            }
            if smallest == number {
                return false;
            }
            receiving.retain(|other| *other != smallest);
        }
        true
    }

    pub(crate) fn channel(&mut self, number: u32) -> Option<&mut Channel> {
        self.channels.get_mut(number as usize)
    }

    /// Says hello, if it is owed or unanswered; returns when to look again.
    pub(crate) fn greet(
        &mut self,
        now: u64,
        store: StoreId,
        config: &Config,
        frames: &mut Frames<'_>,
    ) -> Option<u64> {
        let wants_reply = self.neighbour.is_none();
        if wants_reply || mem::take(&mut self.owes_hello) {
            let epoch = frames.epoch;
            frames.push(&Frame::Hello(Hello {
                store,
                epoch,
                wants_reply,
                limits: Limits::of(config),
            }));
        }
        let again = config.retry_after(self.n_greetings);
        self.n_greetings = self.n_greetings.saturating_add(1);
        wants_reply.then_some(now.saturating_add(again))
    }

    pub(crate) fn docs(&self) -> impl Iterator<Item = DocId> {
        self.channels.iter().map(|channel| channel.doc)
    }
}

/// How much of a link's window transfers may fill: the last quarter is for small deltas.
///
/// At least a byte, so that an empty link always takes one part.
fn room_for_transfers(config: &Config) -> usize {
    let window = config.link_window_bytes;
    window.saturating_sub(window / 4).max(1)
}
