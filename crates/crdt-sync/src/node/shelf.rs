//! Documents in storage, in memory or not: which there are, and how one goes for good.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use super::{Node, Parked};
use crate::hosted::Hosted;
use crate::storage::Key;
use crate::stored::outbox_end;
use crate::{DocId, Document, Refusal, Storage};

impl<D: Document, S: Storage> Node<D, S> {
    /// Returns which documents are stored, ascending: those with content that was committed.
    ///
    /// # Errors
    /// If the storage cannot be read.
    /// # Complexity
    /// O(n), n = bytes stored.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, MemoryStorage, Node};
    /// use crdt_core::AgentId;
    ///
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// let (likes, alice) = (DocId::from_name("likes"), AgentId::new("alice-1")?);
    /// node.add_document(likes)?;
    /// node.edit(likes, |likes| likes.increment_with_delta(&alice, 1))?;
    /// node.commit(0)?;
    /// assert_eq!(node.stored_documents()?, [likes]);
    ///
    /// assert!(node.delete_document(likes)?);
    /// node.commit(1)?;
    /// assert_eq!(node.stored_documents()?, []);
    /// assert_eq!(node.document(likes), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stored_documents(&self) -> Result<Vec<DocId>, S::Error> {
        let mut docs = Vec::new();
        self.storage.scan(Key::DOCUMENTS, &mut |key, _| {
            docs.extend(Key::doc(key));
            docs.dedup();
            ControlFlow::Continue(())
        })?;
        Ok(docs)
    }

    /// Deletes a document from memory and, with the next [`commit`](Self::commit), from storage; returns whether
    /// there was one. What it held is gone here.
    ///
    /// It is not gone elsewhere. The links on which it is open are told [`Refusal::Withdrawn`] and stay closed for
    /// it until it is added and shared there again; but who opens it on a new link brings it back if
    /// [`Config::accepts_documents`](crate::Config::accepts_documents) is set: let a [`Policy`](crate::Policy)
    /// refuse the names of what was deleted. Never write in a document of the same name under an agent that
    /// wrote in it before: where it still exists, its events have those numbers.
    ///
    /// # Errors
    /// If the storage cannot be read; nothing changed then.
    /// # Complexity
    /// O(n + k log m), n = bytes stored of it, k = its links, m = links.
    /// # Examples
    /// See [`stored_documents`](Self::stored_documents).
    pub fn delete_document(&mut self, doc: DocId) -> Result<bool, S::Error> {
        let (mut keys, mut end) = (Vec::new(), 0);
        self.storage.scan(&Key::prefix(doc), &mut |key, value| {
            keys.push(key.to_vec());
            end = outbox_end(key, value).max(end);
            ControlFlow::Continue(())
        })?;
        let hosted = self.docs.remove(&doc);
        let was_here = hosted.is_some() || keys.iter().any(|key| !self.batch.deletes(key));
        self.batch.forget(&Key::prefix(doc));
        for key in keys {
            self.batch.delete(key);
        }
        for set in [&mut self.news, &mut self.crowded, &mut self.seeking] {
            set.remove(&doc);
        }
        self.present.remove(&doc);
        if let Some(hosted) = &hosted {
            end = hosted.outbox.next().max(end);
        }
        let parked = hosted.map(Parked::of);
        let mut parked = parked
            .or_else(|| self.parked.remove(&doc))
            .unwrap_or_default();
        parked.begins_at = end.max(parked.begins_at);
        for (id, number) in &parked.links {
            self.close_channel(*id, *number, Some(Refusal::Withdrawn));
            let link = self.links.get_mut(id);
            if let Some(channel) = link.and_then(|link| link.channel(*number)) {
                // What was held of their outbox is gone with it.
                channel.forget_place();
            }
            self.refusals.push((*id, doc, Refusal::Withdrawn));
        }
        if !parked.is_needless() {
            self.parked.insert(doc, parked);
        }
        Ok(was_here)
    }

    /// Makes a document that is neither in memory nor in storage.
    pub(super) fn host_anew(&mut self, doc: DocId) -> &mut Hosted<D> {
        let mut hosted = Hosted::new(doc, self.epoch);
        if let Some(parked) = self.parked.remove(&doc) {
            (hosted.own, hosted.links) = (parked.own, parked.links);
            if parked.begins_at > 0 {
                hosted.begin_at(parked.begins_at, &mut self.batch);
            }
        }
        self.docs.entry(doc).or_insert(hosted)
    }
}
