//! Links: one connection to a neighbour, and the documents on it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use crate::channel::{Bulk, Channel};
use crate::frame::{Frame, Hello, Limits};
use crate::node::Frames;
use crate::{Config, DocId, LinkError, StoreId};

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
}

/// What few links need.
#[derive(Debug, Default)]
struct Tables {
    /// Their numbers with ours where the two differ, ascending: mostly they do not.
    theirs: Vec<(u32, u32)>,
    /// Channels on which something comes in parts, or did.
    receiving: Vec<u32>,
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
    pub(crate) fn new() -> Self {
        Self {
            neighbour: None,
            channels: Vec::new(),
            tables: None,
            owes_hello: false,
            n_greetings: 0,
        }
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
        found.ok().map(|at| table[at].1)
    }

    /// Gives up transfers if with `n_bytes` more on a channel the link held more than `max`.
    ///
    /// Those of which least is here go first: so one of them always comes to its end.
    pub(crate) fn make_room(&mut self, number: u32, n_bytes: usize, max: usize) {
        let channels = &mut self.channels;
        let held = |channels: &[Channel], number: u32| {
            let bulk = channels.get(number as usize).and_then(Channel::bulk);
            bulk.map_or(0, Bulk::n_incoming_bytes)
        };
        let receiving = &mut self.tables.get_or_insert_default().receiving;
        receiving.retain(|other| *other != number && held(channels, *other) > 0);
        let mut total = held(channels, number) + n_bytes;
        total += receiving
            .iter()
            .map(|other| held(channels, *other))
            .sum::<usize>();
        receiving.push(number);
        while total > max {
            let smallest = receiving.iter().filter(|other| held(channels, **other) > 0);
            let Some(smallest) = smallest
                .min_by_key(|other| held(channels, **other))
                .copied()
            else {
                return;
            };
            total -= held(channels, smallest);
            if let Some(bulk) = channels[smallest as usize].bulk_mut() {
                bulk.drop_incoming();
            }
        }
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
        wants_reply.then_some(now + again)
    }

    pub(crate) fn docs(&self) -> impl Iterator<Item = DocId> {
        self.channels.iter().map(|channel| channel.doc)
    }
}
