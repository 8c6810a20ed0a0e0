//! Presence of a node: what it tells of itself, and what others tell.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crdt_core::{AgentId, Classify, ErrorKind};

use super::{Event, Frames, Node, Outbound};
use crate::exchange::Exchange;
use crate::link::Link;
use crate::{Config, DocId, Document, LinkId, Storage};

/// Why something was not told. What is present is what it was.
///
/// # Examples
/// ```
/// use crdt_sync::{DocId, PresenceError};
///
/// let error = PresenceError::UnknownDocument { doc: DocId::from_name("notes") };
/// assert!(error.to_string().starts_with("no document"));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PresenceError {
    /// The document is not in memory: add it first.
    #[error("no document {doc}")]
    UnknownDocument {
        /// The name that was given.
        doc: DocId,
    },
    /// With it, more were present than [`Config::max_presence_bytes`](crate::Config::max_presence_bytes).
    #[error("more is present than {max} bytes")]
    TooMuch {
        /// The limit.
        max: usize,
    },
}

impl Classify for PresenceError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl<D: Document, S: Storage> Node<D, S> {
    /// Tells what is true for a moment, such as where a cursor is, under an agent and a key; `None` takes
    /// it away.
    ///
    /// It replaces what was told under the same names, goes out with the next [`commit`](Self::commit) to
    /// everyone who has the document open, and on from there. After `left_ms` milliseconds it is gone: tell
    /// it again in time. It is stored nowhere, may be lost, and yields to deltas.
    ///
    /// # Errors
    /// [`PresenceError`]; nothing is told then.
    /// # Complexity
    /// O(log n) and a copy of `key` and `value`, n = what is present.
    /// # Convergence
    /// The latest of each agent and key wins; an agent tells at one node.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, MemoryStorage, Node};
    /// use crdt_core::AgentId;
    ///
    /// # let page = DocId::from_name("page");
    /// # let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// # node.add_document(page)?;
    /// let alice = AgentId::new("alice-1")?;
    /// node.set_presence(page, &alice, b"cursor", Some(b"17"), 10_000)?;
    /// let present: Vec<_> = node.presence(page).collect();
    /// assert_eq!(present, [(&alice, &b"cursor"[..], &b"17"[..])]);
    /// node.commit(0)?;
    /// node.commit(10_000)?;
    /// assert_eq!(node.presence(page).count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_presence(
        &mut self,
        doc: DocId,
        agent: &AgentId,
        key: &[u8],
        value: Option<&[u8]>,
        left_ms: u64,
    ) -> Result<(), PresenceError> {
        let hosted = self.docs.get_mut(&doc);
        let hosted = hosted.ok_or(PresenceError::UnknownDocument { doc })?;
        let presence = hosted.presence.get_or_insert_default();
        let name = (agent.clone(), key.into());
        if !presence.set(
            name,
            value.map(Into::into),
            left_ms,
            (&mut self.presence_clock, &self.config),
        ) {
            let max = self.config.max_presence_bytes;
            return Err(PresenceError::TooMuch { max });
        }
        self.present.insert(doc, 0);
        Ok(())
    }

    /// Iterates over what is present in a document: agent, key and value, in the order of agents and keys.
    ///
    /// # Complexity
    /// O(log n) to make, O(k) to run, n = documents in memory, k = what is present.
    /// # Examples
    /// See [`set_presence`](Self::set_presence).
    pub fn presence(&self, doc: DocId) -> impl Iterator<Item = (&AgentId, &[u8], &[u8])> {
        let hosted = self.docs.get(&doc);
        let presence = hosted.and_then(|hosted| hosted.presence.as_deref());
        presence.into_iter().flat_map(|presence| presence.iter())
    }

    /// Lets time pass for what is present, and hands out what is new of it.
    pub(super) fn commit_presence(&mut self, now: u64, out: &mut Outbound) {
        let due: BTreeSet<DocId> = self
            .present
            .iter()
            .filter(|(_, end)| **end <= now)
            .map(|(doc, _)| *doc)
            .collect();
        for doc in due {
            let Some(hosted) = self.docs.get_mut(&doc) else {
                self.present.remove(&doc);
                continue;
            };
            let Some(presence) = hosted.presence.as_deref_mut() else {
                self.present.remove(&doc);
                continue;
            };
            let is_gone = presence.pass(now, self.config.max_presence_ms);
            let links: Vec<_> = hosted
                .links
                .iter()
                .map(|(id, number)| (*id, *number))
                .collect();
            for (id, number) in links {
                if out.is_full(self.config.max_commit_bytes) {
                    self.tell_presence_later(id, number);
                    continue;
                }
                self.at_channel(id, number, out, |at, frames| {
                    at.send_presence(number, now, frames);
                });
            }
            self.conclude_presence(doc);
            if is_gone {
                self.tell(Event::Presence { doc });
            }
        }
    }

    /// All that is present is told when the channel is served next.
    fn tell_presence_later(&mut self, id: LinkId, number: u32) {
        let Some(link) = self.links.get_mut(&id) else {
            return;
        };
        if let Some(channel) = link.channel(number) {
            channel.told_presence = false;
            queue_channel(link, id, number, &mut self.queue);
        }
    }

    fn conclude_presence(&mut self, doc: DocId) {
        let Some(hosted) = self.docs.get_mut(&doc) else {
            return;
        };
        let presence = hosted.presence.as_deref_mut();
        let end = presence.and_then(|presence| {
            presence.forget_news();
            presence.next_end()
        });
        if let Some(end) = end {
            self.present.insert(doc, end);
        } else {
            self.present.remove(&doc);
            hosted.presence = None;
        }
    }

    /// Runs `act` on a channel of a document in memory whose neighbour has said hello.
    pub(super) fn at_channel<T>(
        &mut self,
        id: LinkId,
        number: u32,
        out: &mut Outbound,
        act: impl FnOnce(&mut Exchange<'_, D>, &mut Frames<'_>) -> T,
    ) -> Option<T> {
        let link = self.links.get_mut(&id)?;
        let neighbour = link.neighbour?;
        let is_link_full = link.is_full(&self.config);
        let link_window = link.window_of(number, &self.config);
        let channel = link.channel(number)?;
        let hosted = self.docs.get_mut(&channel.doc)?;
        let mut frames = Frames {
            link: id,
            epoch: self.epoch,
            out,
        };
        let mut at = Exchange {
            config: &self.config,
            link: id,
            neighbour,
            channel,
            hosted,
            batch: &mut self.batch,
            link_window,
            is_link_full,
            agents: &self.agents,
            admit: &mut |_, _, _| Ok(()),
            applied: None,
        };
        let result = act(&mut at, &mut frames);
        let (n_bytes, waits) = at.in_flight();
        link.note_in_flight(number, n_bytes, waits);
        queue_next(link, id, &self.config, &mut self.queue);
        Some(result)
    }
}

/// Has the channel looked at whose turn it is, if there is room on its link.
///
/// Due whenever less is on the way than was: no timer stands for a channel that waits.
pub(super) fn queue_next(
    link: &mut Link,
    id: LinkId,
    config: &Config,
    queue: &mut Vec<(LinkId, u32)>,
) {
    if let Some(next) = link.next_in_turn(config) {
        queue_channel(link, id, next, queue);
    }
}

/// Has a channel looked at.
pub(super) fn queue_channel(
    link: &mut Link,
    id: LinkId,
    number: u32,
    queue: &mut Vec<(LinkId, u32)>,
) {
    if let Some(channel) = link.channel(number)
        && !channel.is_queued
    {
        channel.is_queued = true;
        queue.push((id, number));
    }
}
