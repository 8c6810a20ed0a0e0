//! Reconciliation of large summaries: what the two sides of one exchange hold.
//!
//! ```text
//! asker                                   asked
//!   Ask                             -->            summary is large and splits: an `Offer`
//!                                   <--   head     (what is told in full)
//!   want symbols 0..64, our head    -->            members both can know: a `Sketch`
//!   a `Search` takes them in        <--   symbols
//!   want the next                   -->            ...
//!   found: their summary is rebuilt
//! ```
//!
//! Whoever asks drives: what is lost is wanted again. Symbols cost at most what the plain summary does,
//! which is asked for instead when they would cost more.
//!
//! **Invariants.** Both sides derive the session from what is compared, so that symbols of different
//! sets are never mixed. An offer stays what it was when it was made, whatever happens to the document.
//!
//! `docs/design/reconciliation.md` has the frames and the argument.

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
use alloc::vec::Vec;

use crdt_core::{Digest, MemberSink, MemberSource};

use crate::payload::Payload;
use crate::position::Position;
use crate::riblt::{Decoder, Key, MAX_SYMBOLS, SYMBOL_BYTES, Symbol, SymbolError, symbols};
use crate::{Config, Document};

/// What whoever was asked holds ready.
#[derive(Debug)]
pub(crate) struct Offer {
    /// Of the summary.
    pub(crate) versions: Digest,
    /// The summary as it was then.
    pub(crate) plain: Payload,
    /// Once it is known what the asker can know.
    pub(crate) sketch: Option<Box<Sketch>>,
    /// How many were made.
    pub(crate) n_sketches: u8,
}

/// A set and its symbols so far.
#[derive(Debug)]
pub(crate) struct Sketch {
    pub(crate) session: Session,
    pub(crate) members: Vec<u128>,
    pub(crate) symbols: Vec<Symbol>,
}

/// What whoever asks knows so far.
#[derive(Debug)]
pub(crate) struct Search {
    /// Of their summary.
    pub(crate) versions: Digest,
    pub(crate) session: Session,
    /// Their head.
    pub(crate) head: Vec<u8>,
    /// Ours, if it fits a frame.
    pub(crate) known: Option<Vec<u8>>,
    /// Where our outbox was when our members were taken: events that came later were left out of theirs.
    pub(crate) at: Position,
    /// No more symbols are taken than fit so many bytes.
    max_symbols: u64,
    decoder: Decoder,
    /// Up to which symbol was asked.
    wanted: u64,
}

/// Under which key two sides compare, and how they call it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Session {
    pub(crate) key: Key,
    pub(crate) id: u64,
}

impl Session {
    /// The key depends on everything that is compared: members that are chosen for a key change it.
    pub(crate) fn new(versions: Digest, known: Option<&[u8]>, asker: u64, asked: u64) -> Self {
        let mut bytes = Vec::from(*b"reconcile");
        bytes.extend_from_slice(&versions.to_bytes());
        bytes.extend_from_slice(&asker.to_le_bytes());
        bytes.extend_from_slice(&asked.to_le_bytes());
        bytes.extend_from_slice(known.unwrap_or_default());
        let key = Digest::of(&bytes).to_bytes();
        Self {
            key: Key::from_bytes(key),
            id: digest(&key),
        }
    }
}

impl Sketch {
    /// The symbols from `start` to `end`. More are made than are asked for, so that many small requests
    /// cost no more than a large one.
    pub(crate) fn symbols(&mut self, start: u64, end: u64) -> &[Symbol] {
        let made = self.symbols.len() as u64;
        if end > made {
            let end = end.max(made.saturating_add(made / 4)).min(MAX_SYMBOLS);
            let more = symbols(self.session.key, &self.members, made..end);
            self.symbols.extend(more);
        }
        let made = self.symbols.len();
        let at = |index: u64| usize::try_from(index).unwrap_or(made).min(made);
        let made = self.symbols.get(at(start)..at(end.max(start)));
        made.unwrap_or_default()
    }
}

impl Search {
    /// Starts with our members; `None` if one of them is there twice.
    pub(crate) fn new(start: Start<'_>, members: Vec<u128>) -> Option<Self> {
        let Start {
            versions,
            session,
            head,
            known,
            at,
            plain,
            config,
        } = start;
        let plain = plain.min(config.max_transfer_bytes as u64);
        Some(Self {
            versions,
            session,
            head: head.to_vec(),
            known,
            at,
            max_symbols: max_symbols(plain),
            decoder: Decoder::new(session.key, members)?,
            wanted: 0,
        })
    }

    /// Chooses how far to ask next; returns whether that is worth it.
    ///
    /// The first symbols tell roughly how many it takes: three quarters of a large guess tell it well.
    pub(crate) fn want_more(&mut self, window: usize) -> bool {
        let here = self.decoder.n_symbols();
        let guess = self.decoder.expected_symbols();
        if here >= self.max_symbols || guess > self.max_symbols.saturating_mul(2) {
            return false;
        }
        let goal = if here == 0 {
            FIRST_SYMBOLS
        } else if guess > here.saturating_mul(4) {
            (guess / 4).saturating_mul(3)
        } else {
            guess.max(here.saturating_add(here / 16).saturating_add(8))
        };
        let window = here.saturating_add(max_symbols(window as u64).max(1));
        self.wanted = goal.min(window).min(self.max_symbols);
        self.decoder.prepare(self.wanted);
        true
    }

    /// The symbols that are missing of those asked for.
    pub(crate) const fn missing(&self) -> (u64, u64) {
        (self.decoder.n_symbols(), self.wanted)
    }

    /// Takes symbols in that begin at `start`; returns whether that was news.
    pub(crate) fn take(&mut self, start: u64, symbols: &[Symbol]) -> Result<bool, SymbolError> {
        let (here, wanted) = self.missing();
        let Some(n_known) = here.checked_sub(start) else {
            return Ok(false);
        };
        let n_known = usize::try_from(n_known).unwrap_or(usize::MAX);
        let news = symbols.get(n_known..).unwrap_or_default();
        let n_missing = usize::try_from(wanted.saturating_sub(here)).unwrap_or(usize::MAX);
        let news = news.get(..n_missing).unwrap_or(news);
        self.decoder.extend(news)?;
        Ok(!news.is_empty())
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.decoder.is_complete()
    }

    /// Rebuilds their summary from their head; `None` if their members do not fit it.
    pub(crate) fn rejoin<D: Document>(self, mut head: D::Summary) -> Option<D::Summary> {
        let theirs = self.decoder.into_theirs();
        let mut source = MemberSource::new(&digest, &theirs);
        let fits = D::rejoin_summary(&mut head, &mut source);
        (fits && source.is_finished()).then_some(head)
    }
}

/// What a [`Search`] starts with, beside our members.
pub(crate) struct Start<'a> {
    pub(crate) versions: Digest,
    pub(crate) session: Session,
    pub(crate) head: &'a [u8],
    pub(crate) known: Option<Vec<u8>>,
    pub(crate) at: Position,
    /// The size of their plain summary.
    pub(crate) plain: u64,
    pub(crate) config: &'a Config,
}

/// Takes the members that the other side can have out of a summary; `None` if it cannot be split.
pub(crate) fn split<D: Document>(
    summary: &mut D::Summary,
    within: Option<&D::Summary>,
) -> Option<Vec<u128>> {
    let mut sink = MemberSink::new(&digest, MAX_MEMBERS);
    D::split_summary(summary, within, &mut sink);
    sink.finish()
}

/// How many symbols fit so many bytes.
pub(crate) fn max_symbols(n_bytes: u64) -> u64 {
    let n_symbols = n_bytes.checked_div(SYMBOL_BYTES as u64);
    n_symbols.unwrap_or_default().min(MAX_SYMBOLS)
}

/// The digest of agents: the same in every release of one wire version.
fn digest(bytes: &[u8]) -> u64 {
    let [low @ .., _, _, _, _, _, _, _, _] = Digest::of(bytes).to_bytes();
    u64::from_le_bytes(low)
}

/// A set with more members is told plainly: a delta of a few bytes can bring very many live dots.
const MAX_MEMBERS: usize = 1 << 22;

/// How many symbols are asked for at first: enough to guess by, and for some forty members.
const FIRST_SYMBOLS: u64 = 64;
