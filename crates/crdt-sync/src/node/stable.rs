//! How safe an edit is: here, elsewhere, everywhere.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crdt_core::codec::Decode;

use super::{EditError, Event, Node};
use crate::channel::{Channel, Sending};
use crate::hosted::Hosted;
use crate::stability::{Next, Standing};
use crate::{DocId, Document, LinkId, Storage, StoreId};

/// A place in the outbox of a document: everything that was edited and received before.
///
/// # Examples
/// See [`Node::ack_level`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mark {
    seq: u64,
}

/// How safe what came before a [`Mark`] is.
///
/// # Examples
/// See [`Node::ack_level`].
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum AckLevel {
    /// It is taken in here, in memory at least: durable after the next [`commit`](Node::commit).
    Received,
    /// A neighbour holds it too, durably.
    Durable,
    /// Everyone who counts holds it durably, and whatever they make from now on follows it.
    Stable,
}

impl<D: Document, S: Storage> Node<D, S> {
    /// Returns the place after all that a document holds now; `None` if it is not in memory.
    ///
    /// # Complexity
    /// O(log n), n = documents in memory.
    /// # Examples
    /// See [`ack_level`](Self::ack_level).
    #[must_use]
    pub fn mark(&self, doc: DocId) -> Option<Mark> {
        let seq = self.docs.get(&doc)?.outbox.next();
        Some(Mark { seq })
    }

    /// Returns how safe everything before a mark is; `None` if the document is not in memory.
    ///
    /// Acknowledgements are counted since the document came into memory.
    ///
    /// # Complexity
    /// O(log n), n = documents in memory.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, MemoryStorage, Node};
    /// use crdt_core::AgentId;
    /// use crdt_sync::AckLevel;
    ///
    /// # let visits = DocId::from_name("visits");
    /// # let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// # node.add_document(visits)?;
    /// let alice = AgentId::new("alice-1")?;
    /// node.edit(visits, |counter| counter.increment_with_delta(&alice, 1))?;
    /// let mark = node.mark(visits).ok_or("it is in memory")?;
    /// assert_eq!(node.ack_level(visits, mark), Some(AckLevel::Received));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn ack_level(&self, doc: DocId, mark: Mark) -> Option<AckLevel> {
        let hosted = self.docs.get(&doc)?;
        let stability = hosted.stability.as_deref();
        let stable = stability.and_then(|stability| stability.stable_seq());
        Some(if stable.is_some_and(|stable| stable >= mark.seq) {
            AckLevel::Stable
        } else if mark.seq > 0 && self.is_held_elsewhere(hosted, mark.seq) {
            AckLevel::Durable
        } else {
            AckLevel::Received
        })
    }

    /// Whether a neighbour acknowledged everything before a place, or acknowledged some and made the rest.
    fn is_held_elsewhere(&self, hosted: &Hosted<D>, seq: u64) -> bool {
        let holds = |(id, number): (&LinkId, &u32)| {
            let link = self.links.get(id)?;
            let neighbour = link.neighbour?;
            let Sending::Live { acked, .. } = link.channels.get(*number as usize)?.sending else {
                return None;
            };
            Some(acked >= seq || !hosted.outbox.has_news_for(neighbour.epoch, acked, seq))
        };
        hosted.acked >= seq || hosted.links.iter().any(|link| holds(link) == Some(true))
    }

    /// Says who counts when it is asked what is stable: the stores of all who may write; this one is always
    /// among them.
    ///
    /// Each participant must be a neighbour, at least now and then, and nobody else may write: what others
    /// write through a participant may be concurrent with what is stable. Who is taken off the list must never write again under the agents it used, and neither must
    /// a participant that came back from a backup: it is to be a new store, and a new participant.
    ///
    /// # Errors
    /// [`EditError::UnknownDocument`] if the document is not in memory.
    /// # Complexity
    /// O(n log n), n = participants.
    /// # Examples
    /// See [`stable`](Self::stable).
    pub fn set_participants(
        &mut self,
        doc: DocId,
        participants: impl IntoIterator<Item = StoreId>,
    ) -> Result<(), EditError<core::convert::Infallible>> {
        let hosted = self.docs.get_mut(&doc);
        let hosted = hosted.ok_or(EditError::UnknownDocument { doc })?;
        let store = self.store;
        hosted
            .stability
            .get_or_insert_default()
            .set_participants(participants.into_iter().filter(|other| *other != store));
        Ok(())
    }

    /// Begins to find out whether what the document holds now is stable; participants are asked with the next
    /// commits. Nothing happens while the last question is open, or before [it was said](Self::set_participants)
    /// who counts.
    ///
    /// # Errors
    /// [`EditError::UnknownDocument`] if the document is not in memory.
    /// # Complexity
    /// O(size of the document), for its summary.
    /// # Examples
    /// See [`stable`](Self::stable).
    pub fn seek_stable(&mut self, doc: DocId) -> Result<(), EditError<core::convert::Infallible>> {
        let hosted = self.docs.get_mut(&doc);
        let hosted = hosted.ok_or(EditError::UnknownDocument { doc })?;
        if hosted.seek_stable() {
            self.seeking.insert(doc);
        }
        Ok(())
    }

    /// Returns the last version that was found to be stable: the summary of what every participant holds
    /// durably, such that whatever any of them makes from now on, and whatever of it is still to come here,
    /// follows it.
    ///
    /// It is what cleaning up needs: what was made under an older stamp is all here. [`Event::Stable`]
    /// tells when there is a new one; a restart forgets it.
    ///
    /// # Complexity
    /// O(size of the summary).
    /// # Examples
    /// Tombstones of a map go when no write below them can come any more:
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// # use crdt_sync::{Config, DocId, MemoryStorage, Node, StoreId};
    /// # type Settings = LwwMap<String, String>;
    /// # let doc = DocId::from_name("settings");
    /// # let mut server = Node::<Settings, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// # server.add_document(doc)?;
    /// # let alice = AgentId::new("alice-1")?;
    /// # server.edit(doc, |map| map.remove_with_delta(&alice, Timestamp::from_u64(5), "old".to_string()))?;
    /// # let participants: [StoreId; 0] = [];
    /// server.set_participants(doc, participants)?;
    /// server.seek_stable(doc)?;
    /// server.commit(0)?; // and frames to and from the participants, until Event::Stable
    /// if let Some(stable) = server.stable(doc) {
    ///     server.edit(doc, |map| map.clean_with_delta(stable.newest_stamp()))?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stable(&self, doc: DocId) -> Option<D::Summary> {
        let stability = self.docs.get(&doc)?.stability.as_deref()?;
        let bytes = stability.stable()?.as_bytes();
        // It was written here.
        D::Summary::from_bytes(bytes, &crate::load::own_limits(bytes.len())).ok()
    }

    /// Returns who counts; empty if nobody was named.
    ///
    /// # Complexity
    /// O(n), n = participants.
    /// # Examples
    /// See [`stable`](Self::stable).
    #[must_use]
    pub fn participants(&self, doc: DocId) -> BTreeSet<StoreId> {
        let hosted = self.docs.get(&doc);
        let stability = hosted.and_then(|hosted| hosted.stability.as_deref());
        stability
            .map(|stability| stability.participants())
            .unwrap_or_default()
    }

    /// Asks participants that were not asked, and concludes where all have answered.
    pub(super) fn advance_stability(&mut self) {
        let seeking: Vec<DocId> = self.seeking.iter().copied().collect();
        for doc in seeking {
            let asked = self.look_at_participants(doc);
            for (id, number) in asked {
                let link = self.links.get_mut(&id);
                if let Some(channel) = link.and_then(|link| link.channel(number))
                    && !channel.is_queued
                {
                    channel.is_queued = true;
                    self.queue.push((id, number));
                }
            }
            let hosted = self.docs.get_mut(&doc);
            let Some(stability) = hosted.and_then(|hosted| hosted.stability.as_deref_mut()) else {
                self.seeking.remove(&doc);
                continue;
            };
            let is_found = stability.conclude();
            if !stability.is_seeking() {
                self.seeking.remove(&doc);
            }
            if is_found {
                self.tell(Event::Stable { doc });
            }
        }
    }

    /// Returns the channels on which participants are to be asked.
    fn look_at_participants(&mut self, doc: DocId) -> Vec<(LinkId, u32)> {
        let mut asked = Vec::new();
        let Some(hosted) = self.docs.get_mut(&doc) else {
            return asked;
        };
        let Some(stability) = hosted.stability.as_deref_mut() else {
            return asked;
        };
        stability.forget_gone(|link| hosted.links.contains_key(&link));
        for (id, number) in &hosted.links {
            let Some(link) = self.links.get_mut(id) else {
                continue;
            };
            let (Some(neighbour), Some(channel)) = (link.neighbour, link.channel(*number)) else {
                continue;
            };
            match stability.look_at(neighbour.store, standing(*id, channel)) {
                Next::Ask(seq) if channel.bulk().and_then(|bulk| bulk.probe) != Some(seq) => {
                    let bulk = channel.make_bulk();
                    (bulk.probe, bulk.owes_probe) = (Some(seq), true);
                    asked.push((*id, *number));
                }
                Next::Tell(seq) if channel.bulk().and_then(|bulk| bulk.tells_place) < Some(seq) => {
                    channel.make_bulk().tells_place = Some(seq);
                    asked.push((*id, *number));
                }
                _ => {}
            }
        }
        asked
    }
}

fn standing(link: LinkId, channel: &Channel) -> Standing {
    let acked = match channel.sending {
        Sending::Live { acked, .. } => Some(acked),
        _ => None,
    };
    Standing {
        link,
        acked,
        have: channel.have.map(|have| have.seq),
    }
}
