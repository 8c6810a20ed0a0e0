//! A document as a node holds it: state, outbox, and who takes part.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crdt_core::codec::{Decode, Encode};
use crdt_core::{AgentId, Classify, Delta, Digest};

use crate::admission::OwnAgents;
use crate::cursors::Cursors;
use crate::outbox::Outbox;
use crate::payload::{Payload, Pieces};
use crate::position::{Epochs, Position};
use crate::presence::Presence;
use crate::reconcile::split;
use crate::stability::Stability;
use crate::storage::{Key, Kind};
use crate::stored;
use crate::{Batch, Config, DocId, Document, LinkId, Refusal, StoreId};

/// One document in memory.
#[derive(Debug)]
pub(crate) struct Hosted<D: Document> {
    pub(crate) id: DocId,
    pub(crate) state: D,
    pub(crate) outbox: Outbox<D::Delta>,
    /// How far the outboxes of others are applied.
    pub(crate) cursors: Cursors,
    /// The links on which it is open, with our number for it there.
    pub(crate) links: BTreeMap<LinkId, u32>,
    pub(crate) own: OwnAgents,
    /// The highest place in the outbox that any neighbour acknowledged.
    pub(crate) acked: u64,
    pub(crate) presence: Option<Box<Presence>>,
    pub(crate) stability: Option<Box<Stability>>,
    /// Whether the application brought it here, not a neighbour alone.
    pub(crate) is_wanted: bool,
    stored: Stored,
    /// Of the state after so many deltas.
    told: Option<(u64, Summary)>,
    /// Of all that is held; after so many deltas.
    digest: Option<(u64, Digest)>,
    /// Of that summary, if it splits; after so many deltas.
    head: Option<(u64, Option<Payload>)>,
    /// For holders of a summary with this digest, when the outbox had so many deltas.
    catch_up: Option<(Digest, u64, Pieces)>,
}

/// What the storage holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Stored {
    /// How many deltas are in the snapshot.
    pub(crate) snapshot_seq: u64,
    pub(crate) snapshot_bytes: usize,
    /// Bytes of deltas that are not.
    pub(crate) tail_bytes: usize,
    /// The number of the first delta that is stored.
    pub(crate) base: u64,
}

/// What a replica holds, ready to be told.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) versions: Digest,
    pub(crate) states: Digest,
    pub(crate) bytes: Payload,
}

impl Summary {
    /// Of both, where only equality counts.
    fn digest(&self) -> Digest {
        Digest::of(&[self.versions.to_bytes(), self.states.to_bytes()].concat())
    }
}

impl<D: Document> Hosted<D> {
    pub(crate) fn new(id: DocId, epoch: u64) -> Self {
        let outbox = Outbox::new(Epochs::new(epoch), 0);
        let cursors = Cursors::default();
        Self::restored(id, D::default(), outbox, cursors, Stored::default())
    }

    pub(crate) fn restored(
        id: DocId,
        state: D,
        outbox: Outbox<D::Delta>,
        cursors: Cursors,
        stored: Stored,
    ) -> Self {
        Self {
            id,
            state,
            outbox,
            cursors,
            links: BTreeMap::new(),
            own: OwnAgents::default(),
            acked: 0,
            presence: None,
            stability: None,
            is_wanted: false,
            stored,
            told: None,
            digest: None,
            head: None,
            catch_up: None,
        }
    }

    /// Has the outbox of a document that is made anew go on where another of its name ended.
    pub(crate) fn begin_at(&mut self, seq: u64, batch: &mut Batch) {
        let epoch = self.outbox.epochs().current();
        self.outbox = Outbox::new(Epochs::new(epoch), seq);
        self.stored.base = seq;
        self.write_snapshot(batch);
    }

    /// Whether neighbours opened it and left nothing in it.
    pub(crate) fn is_made_up(&self) -> bool {
        !self.is_wanted && self.links.is_empty() && self.outbox.next() == 0
    }

    /// Whether anybody was named who counts when it is asked what is stable.
    pub(crate) fn has_participants(&self) -> bool {
        let stability = self.stability.as_deref();
        stability.is_some_and(|stability| !stability.participants().is_empty())
    }

    /// Takes in a delta that was made here.
    pub(crate) fn append_own(
        &mut self,
        delta: D::Delta,
        agents: &BTreeSet<AgentId>,
        batch: &mut Batch,
    ) {
        self.own.note::<D>(agents, &delta);
        self.append(delta, None, batch);
    }

    fn append(&mut self, delta: D::Delta, origin: Option<u64>, batch: &mut Batch) {
        let seq = self.outbox.next();
        let (bytes, begins) = self.outbox.append(delta, origin);
        // What was kept for others told of the state as it was.
        (self.told, self.head, self.catch_up) = (None, None, None);
        if begins {
            let epoch = self.outbox.epochs().current();
            stored::put(
                batch,
                Key::of(self.id, Kind::Epoch(seq)),
                epoch.to_le_bytes().to_vec(),
            );
        }
        self.stored.tail_bytes += bytes.len();
        stored::put(
            batch,
            Key::of(self.id, Kind::Entry(seq)),
            stored::entry(origin, &bytes),
        );
    }

    /// Applies what a frame brought; returns the deltas that were news, and why the others were refused.
    ///
    /// Deltas before one that is refused stay: each is a change of its own.
    pub(crate) fn apply(
        &mut self,
        deltas: Vec<D::Delta>,
        origin: Option<u64>,
        batch: &mut Batch,
        mut admit: impl FnMut(&OwnAgents, &D, &D::Delta) -> Result<(), Refusal>,
    ) -> (Vec<D::Delta>, Result<(), Refusal>) {
        let mut news = Vec::new();
        for delta in deltas {
            let admitted = admit(&self.own, &self.state, &delta);
            let applied = admitted.and_then(|()| {
                let fresh = self.state.news_of(&delta);
                let applied = self.state.apply_delta(&delta);
                let applied = applied.map_err(|error| Refusal::from(error.kind()))?;
                Ok((applied, fresh.filter(|fresh| !fresh.is_empty())))
            });
            match applied {
                Ok((true, fresh)) => {
                    // Others are told what is news here, not again what they were told.
                    let fresh = fresh.unwrap_or(delta);
                    news.push(fresh.clone());
                    self.append(fresh, origin, batch);
                }
                Ok((false, _)) => {}
                Err(refusal) => return (news, Err(refusal)),
            }
        }
        (news, Ok(()))
    }

    /// Notes how far an outbox of others is applied, to be stored with what was applied.
    pub(crate) fn note_cursor(
        &mut self,
        store: StoreId,
        have: Position,
        max_cursors: usize,
        batch: &mut Batch,
    ) {
        for forgotten in self.cursors.note(store, have, max_cursors) {
            batch.delete(Key::of(self.id, Kind::Cursor(forgotten)));
        }
        let key = Key::of(self.id, Kind::Cursor(store));
        stored::put(batch, key, have.to_bytes());
    }

    /// Begins to find out whether what is held now is stable; returns whether somebody must be asked.
    pub(crate) fn seek_stable(&mut self) -> bool {
        let seq = self.outbox.next();
        let summary = self.summary().bytes.clone();
        let stability = self.stability.get_or_insert_default();
        stability.begin(seq, || summary);
        stability.is_seeking()
    }

    pub(crate) fn summary(&mut self) -> &Summary {
        let now = self.outbox.next();
        let is_current = self.told.as_ref().is_some_and(|(then, _)| *then == now);
        if !is_current {
            self.told = None;
        }
        let state = &self.state;
        let (_, summary) = self.told.get_or_insert_with(|| (now, summarize(state)));
        summary
    }

    /// Of what is held, without keeping the summary for it.
    pub(crate) fn digest(&mut self) -> Digest {
        let now = self.outbox.next();
        let held = self.digest.filter(|(then, _)| *then == now);
        let held = held.map(|(_, digest)| digest).or_else(|| {
            let told = self.told.as_ref().filter(|(then, _)| *then == now);
            told.map(|(_, summary)| summary.digest())
        });
        let digest = held.unwrap_or_else(|| summarize(&self.state).digest());
        self.digest = Some((now, digest));
        digest
    }

    /// What a neighbour lacks that holds what `summary` tells.
    ///
    /// Remembered, since many tell the same: whoever starts with nothing, whoever was cut off at once.
    pub(crate) fn catch_up(
        &mut self,
        summary: &[u8],
        config: &Config,
    ) -> Result<Pieces, CatchUpError> {
        let (digest, now) = (Digest::of(summary), self.outbox.next());
        if let Some((for_digest, then, pieces)) = &self.catch_up
            && (*for_digest, *then) == (digest, now)
        {
            return Ok(pieces.clone());
        }
        let known = D::Summary::from_bytes(summary, &config.decode);
        let known = known.map_err(|_| CatchUpError::Malformed)?;
        let pieces = self.pieces_since(&known, config);
        let pieces = pieces.ok_or(CatchUpError::Trimmed)?;
        self.catch_up = Some((digest, now, pieces.clone()));
        Ok(pieces)
    }

    /// What a neighbour lacks with this summary; `None` if it is no longer kept.
    pub(crate) fn pieces_since(&self, known: &D::Summary, config: &Config) -> Option<Pieces> {
        let delta = self.state.delta_since(known)?;
        Some(if delta.is_empty() {
            Pieces::default()
        } else {
            Pieces::of::<D>(delta, config.piece_bytes)
        })
    }

    /// The head of the summary; `None` if it does not split, or hardly.
    pub(crate) fn head(&mut self) -> Option<Payload> {
        let now = self.outbox.next();
        if self.head.as_ref().is_none_or(|(then, _)| *then != now) {
            let plain_bytes = self.summary().bytes.as_bytes().len();
            let mut summary = self.state.summary();
            let members = split::<D>(&mut summary, None).filter(|members| !members.is_empty());
            let head = members.map(|_| summary.to_bytes());
            let head = head.filter(|head| head.len() < plain_bytes);
            self.head = Some((now, head.map(Payload::from_bytes)));
        }
        self.head.as_ref().and_then(|(_, head)| head.clone())
    }

    /// Keeps outbox and storage small; called when a commit is put together.
    pub(crate) fn shrink(&mut self, config: &Config, acked_by_all: u64, batch: &mut Batch) {
        let base = self.outbox.shrink(config, acked_by_all);
        let Stored {
            snapshot_seq,
            snapshot_bytes,
            tail_bytes,
            ..
        } = self.stored;
        let is_due = tail_bytes > config.compact_bytes.max(2 * snapshot_bytes);
        if is_due || base.is_some_and(|base| base > snapshot_seq) {
            self.write_snapshot(batch);
        }
        if base.is_some() {
            self.trim_storage(batch);
        }
    }

    fn write_snapshot(&mut self, batch: &mut Batch) {
        let seq = self.outbox.next();
        let value = stored::snapshot(seq, &self.state);
        self.stored.snapshot_seq = seq;
        self.stored.snapshot_bytes = value.len();
        self.stored.tail_bytes = 0;
        stored::put(batch, Key::of(self.id, Kind::Snapshot), value);
    }

    /// Deletes the deltas that the outbox dropped; the snapshot has them.
    fn trim_storage(&mut self, batch: &mut Batch) {
        for seq in self.stored.base..self.outbox.base() {
            batch.delete(Key::of(self.id, Kind::Entry(seq)));
        }
        self.stored.base = self.outbox.base();
        for seq in self.outbox.trim_epochs() {
            batch.delete(Key::of(self.id, Kind::Epoch(seq)));
        }
    }
}

/// Why a neighbour cannot be caught up.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CatchUpError {
    Malformed,
    /// Its history lacks what is no longer kept.
    Trimmed,
}

fn summarize<D: Document>(state: &D) -> Summary {
    let bytes = state.summary().to_bytes();
    Summary {
        versions: Digest::of(&bytes),
        states: Digest::of_state(state),
        bytes: Payload::from_bytes(bytes),
    }
}
