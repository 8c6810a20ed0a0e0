//! Presence: what is true for a moment, such as a cursor or that somebody is there.
//!
//! The latest of each agent and key is kept, until it is told anew or its time is up. It is in no log and
//! in no storage, and is never sent again: what is lost is told anew with the next change, or when the
//! neighbour connects. It is sent where no delta waits, so it is the first to go when there is much to do.
//!
//! **Format.** Entries to the end: agent, key with its length, clock, milliseconds left, and whether there
//! is a value, then that with its length.
//!
//! **Invariants.** Of an agent and a key the entry with the highest clock; it does not come back when its time
//! is up. Bytes within the limit.

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
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crdt_core::AgentId;
use crdt_core::codec::{Budget, Decode, DecodeError, DecodeLimits, Encode, Reader, Writer};

use crate::{Config, LinkId};

type Name = (AgentId, Box<[u8]>);

/// What is present in one document.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    held: BTreeMap<Name, Held>,
    n_bytes: usize,
    /// What is to be told with the next commit.
    news: BTreeSet<Name>,
}

#[derive(Debug)]
struct Held {
    clock: u64,
    /// `None` if it was taken away: remembered for as long as a late value may come.
    value: Option<Box<[u8]>>,
    /// On whose link it came.
    from: Option<LinkId>,
    lives: Lives,
    /// Its time is up. It is told to nobody and only remembered, since a neighbour that heard of it later
    /// may still hold it, and would bring it back: in a ring, round and round.
    is_over: bool,
}

#[derive(Clone, Copy, Debug)]
enum Lives {
    /// From the next commit on: until then nobody says what time it is.
    For(u64),
    Until(u64),
}

/// One entry as it travels.
#[derive(Debug)]
pub(crate) struct Told {
    name: Name,
    clock: u64,
    left_ms: u64,
    value: Option<Box<[u8]>>,
}

impl Told {
    /// Who is said to tell it.
    pub(crate) const fn agent(&self) -> &AgentId {
        &self.name.0
    }
}

impl Presence {
    /// Tells something of this node; returns whether it fits.
    pub(crate) fn set(
        &mut self,
        name: Name,
        value: Option<Box<[u8]>>,
        left_ms: u64,
        (next_clock, config): (&mut u64, &Config),
    ) -> bool {
        // Above what a neighbour may tell, an entry of one's own still follows.
        let after = self
            .held
            .get(&name)
            .map_or(0, |held| held.clock.saturating_add(1));
        let clock = after.max(*next_clock);
        *next_clock = clock.saturating_add(1);
        // What is taken away is remembered for as long as others may hold it.
        let held = self.held.get(&name);
        let held = held.filter(|held| value.is_none() && !held.is_over);
        let lives = held.map_or(Lives::For(left_ms), |held| held.lives);
        let held = Held {
            clock,
            value,
            from: None,
            lives,
            is_over: false,
        };
        self.put(name, held, config)
    }

    /// Takes in what a neighbour told; returns whether readers see a change.
    pub(crate) fn take(&mut self, told: Told, from: LinkId, config: &Config) -> bool {
        if told.clock > MAX_FOREIGN_CLOCK {
            return false;
        }
        let is_old = |held: &Held| held.clock >= told.clock;
        if self.held.get(&told.name).is_some_and(is_old) {
            return false;
        }
        let held = Held {
            clock: told.clock,
            value: told.value,
            from: Some(from),
            lives: Lives::For(told.left_ms.min(config.max_presence_ms)),
            is_over: false,
        };
        self.put(told.name, held, config)
    }

    fn put(&mut self, name: Name, held: Held, config: &Config) -> bool {
        let before = self.held.get(&name);
        let before = before.map_or(0, |held| size(&name, &held.value));
        let after = size(&name, &held.value);
        let n_bytes = self.n_bytes.saturating_sub(before).saturating_add(after);
        if n_bytes > config.max_presence_bytes {
            return false;
        }
        self.n_bytes = n_bytes;
        self.news.insert(name.clone());
        self.held.insert(name, held);
        true
    }

    /// Lets time pass; returns whether anything that readers saw is gone. That it was there is remembered for
    /// `memory_ms` more.
    pub(crate) fn pass(&mut self, now: u64, memory_ms: u64) -> bool {
        let mut is_gone = false;
        let mut n_bytes = 0_usize;
        self.held.retain(|name, held| {
            if let Lives::For(left_ms) = held.lives {
                held.lives = Lives::Until(now.saturating_add(left_ms));
            }
            if held.left_ms(now) == 0 {
                if held.is_over {
                    return false;
                }
                is_gone |= held.value.take().is_some();
                held.is_over = true;
                held.lives = Lives::Until(now.saturating_add(memory_ms));
            }
            n_bytes = n_bytes.saturating_add(size(name, &held.value));
            true
        });
        self.n_bytes = n_bytes;
        is_gone
    }

    /// When the next entry goes.
    pub(crate) fn next_end(&self) -> Option<u64> {
        let ends = self.held.values().filter_map(|held| match held.lives {
            Lives::Until(end) => Some(end),
            Lives::For(_) => None,
        });
        ends.min()
    }

    /// The bytes of what a neighbour is told, in pieces that fit a frame: what is new, or all.
    pub(crate) fn frames(
        &self,
        now: u64,
        only_news: bool,
        link: LinkId,
        max_bytes: usize,
    ) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        let mut bytes = Vec::new();
        for (name, held) in &self.held {
            let is_wanted = held.from != Some(link) && (!only_news || self.news.contains(name));
            if held.is_over || !is_wanted {
                continue;
            }
            let mut w = Writer::new();
            write(name, held, now, &mut w);
            let entry = w.into_bytes();
            if entry.len() > max_bytes {
                continue;
            }
            if bytes.len().saturating_add(entry.len()) > max_bytes {
                frames.push(core::mem::take(&mut bytes));
            }
            bytes.extend_from_slice(&entry);
        }
        frames.extend((!bytes.is_empty()).then_some(bytes));
        frames
    }

    /// Everyone was told.
    pub(crate) fn forget_news(&mut self) {
        self.news.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&AgentId, &[u8], &[u8])> {
        self.held.iter().filter_map(|((agent, key), held)| {
            let value = held.value.as_deref()?;
            Some((agent, &**key, value))
        })
    }
}

impl Held {
    const fn left_ms(&self, now: u64) -> u64 {
        match self.lives {
            Lives::For(left_ms) => left_ms,
            Lives::Until(end) => end.saturating_sub(now),
        }
    }
}

fn size((agent, key): &Name, value: &Option<Box<[u8]>>) -> usize {
    let value = value.as_deref().map_or(0, <[u8]>::len);
    let name = agent.as_str().len().saturating_add(key.len());
    name.saturating_add(value).saturating_add(OVERHEAD_BYTES)
}

fn write((agent, key): &Name, held: &Held, now: u64, w: &mut Writer) {
    agent.encode(w);
    w.bytes(key);
    w.u64(held.clock);
    w.u64(held.left_ms(now));
    w.bool(held.value.is_some());
    if let Some(value) = &held.value {
        w.bytes(value);
    }
}

/// Reads bytes that are kept.
fn kept<'a>(r: &mut Reader<'a>, budget: &mut Budget) -> Result<&'a [u8], DecodeError> {
    let bytes = r.bytes()?;
    budget.spend_memory(bytes.len() as u64)?;
    Ok(bytes)
}

/// Reads what a neighbour told.
pub(crate) fn read(bytes: &[u8], limits: &DecodeLimits) -> Result<Vec<Told>, DecodeError> {
    let mut r = Reader::new(bytes);
    let mut budget = Budget::new(limits);
    let mut entries = Vec::new();
    while !r.is_empty() {
        let agent = AgentId::decode(&mut r, &mut budget)?;
        budget.spend_list::<Told>(1)?;
        entries.push(Told {
            name: (agent, kept(&mut r, &mut budget)?.into()),
            clock: r.u64()?,
            left_ms: r.u64()?,
            value: if r.bool()? {
                Some(kept(&mut r, &mut budget)?.into())
            } else {
                None
            },
        });
    }
    Ok(entries)
}

/// What an entry costs beside its bytes, about.
const OVERHEAD_BYTES: usize = 64;

/// Nobody counts to there: what is above would outlast all that its agent tells.
const MAX_FOREIGN_CLOCK: u64 = 1 << 62;
