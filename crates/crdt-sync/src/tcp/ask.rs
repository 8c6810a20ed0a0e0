//! What a handle asks of its node beside edits: agents, presence, how safe edits are, memory.

use alloc::vec::Vec;
use core::convert::Infallible;

use crdt_core::AgentId;
use tokio::sync::oneshot;

use super::keeper::Command;
use super::{Service, ServiceError};
use crate::{
    AckLevel, DocId, Document, EditError, LinkError, LinkId, Mark, Node, PresenceError, Storage,
    StoreId,
};

impl<D, S> Service<D, S>
where
    D: Document<Delta: Send + Sync> + Send + 'static,
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    /// Says that an agent, new for this session, writes here and nowhere else, as [`Node::add_agent`].
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_sync::tcp::{Options, Service};
    /// # use crdt_sync::{AckLevel, Config, DocId, MemoryStorage};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// # let (config, options) = (Config::default(), Options::default());
    /// use crdt_core::AgentId;
    /// use crdt_counters::GCounter;
    ///
    /// let service = Service::<GCounter, _>::start(MemoryStorage::new(), config, options)?;
    /// let (likes, alice) = (DocId::from_name("likes"), AgentId::new("alice-1")?);
    /// service.add_agent(alice.clone()).await?;
    /// service.add_document(likes).await?;
    /// service.set_presence(likes, alice.clone(), b"status".to_vec(), Some(b"here".to_vec()), 10_000).await?;
    /// assert_eq!(service.presence(likes).await?.len(), 1);
    ///
    /// service.edit(likes, move |likes| likes.increment_with_delta(&alice, 1)).await?;
    /// let mark = service.mark(likes).await?.ok_or("no document")?;
    /// assert_eq!(service.ack_level(likes, mark).await?, Some(AckLevel::Received));
    ///
    /// assert!(service.evict(likes).await?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn add_agent(&self, agent: AgentId) -> Result<(), ServiceError<Infallible>> {
        self.ask(|node| node.add_agent(agent)).await
    }

    /// Tells what is true for a moment, as [`Node::set_presence`].
    ///
    /// # Errors
    /// If the node was stopped, or as [`Node::set_presence`].
    /// # Complexity
    /// As [`Node::set_presence`].
    /// # Convergence
    /// As [`Node::set_presence`].
    /// # Examples
    /// See [`add_agent`](Self::add_agent).
    pub async fn set_presence(
        &self,
        doc: DocId,
        agent: AgentId,
        key: Vec<u8>,
        value: Option<Vec<u8>>,
        left_ms: u64,
    ) -> Result<(), ServiceError<PresenceError>> {
        self.ask(move |node| node.set_presence(doc, &agent, &key, value.as_deref(), left_ms))
            .await?
            .map_err(ServiceError::Refused)
    }

    /// Returns what is present in a document: agent, key and value.
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// O(k), k = what is present.
    /// # Examples
    /// See [`add_agent`](Self::add_agent).
    pub async fn presence(
        &self,
        doc: DocId,
    ) -> Result<Vec<(AgentId, Vec<u8>, Vec<u8>)>, ServiceError<Infallible>> {
        self.ask(move |node| {
            let present = node.presence(doc);
            present
                .map(|(agent, key, value)| (agent.clone(), key.to_vec(), value.to_vec()))
                .collect()
        })
        .await
    }

    /// Marks what a document holds now, as [`Node::mark`].
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// O(log n), n = documents in memory.
    /// # Examples
    /// See [`add_agent`](Self::add_agent).
    pub async fn mark(&self, doc: DocId) -> Result<Option<Mark>, ServiceError<Infallible>> {
        self.ask(move |node| node.mark(doc)).await
    }

    /// Returns how safe everything before a mark is, as [`Node::ack_level`].
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// As [`Node::ack_level`].
    /// # Examples
    /// See [`add_agent`](Self::add_agent).
    pub async fn ack_level(
        &self,
        doc: DocId,
        mark: Mark,
    ) -> Result<Option<AckLevel>, ServiceError<Infallible>> {
        self.ask(move |node| node.ack_level(doc, mark)).await
    }

    /// Names those who count when it is asked what is stable, as [`Node::set_participants`], and begins to find
    /// that out, as [`Node::seek_stable`]: the notice of [`Event::Stable`](crate::Event::Stable) says when.
    ///
    /// # Errors
    /// If the node was stopped, or the document is not in memory.
    /// # Complexity
    /// O(k log k), k = participants.
    pub async fn seek_stable(
        &self,
        doc: DocId,
        participants: Vec<StoreId>,
    ) -> Result<(), ServiceError<EditError<Infallible>>> {
        self.ask(move |node| {
            node.set_participants(doc, participants)?;
            node.seek_stable(doc)
        })
        .await?
        .map_err(ServiceError::Refused)
    }

    /// Returns the latest stable version of a document, as [`Node::stable`].
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// As [`Node::stable`].
    pub async fn stable(&self, doc: DocId) -> Result<Option<D::Summary>, ServiceError<Infallible>>
    where
        D::Summary: Send,
    {
        self.ask(move |node| node.stable(doc)).await
    }

    /// Ends the exchange of a document on a link, as [`Node::unshare`].
    ///
    /// # Errors
    /// If the node was stopped, or the document is not shared there.
    /// # Complexity
    /// O(log n), n = links and documents.
    pub async fn unshare(&self, link: LinkId, doc: DocId) -> Result<(), ServiceError<LinkError>> {
        self.ask(move |node| node.unshare(link, doc))
            .await?
            .map_err(ServiceError::Refused)
    }

    /// Returns the name of the storage.
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// O(1).
    pub async fn store(&self) -> Result<StoreId, ServiceError<Infallible>> {
        self.ask(|node| node.store()).await
    }

    /// Frees the memory of a document that is committed and at rest on all links, as [`Node::evict`]; returns
    /// whether it did. It is not offered on new links until it is added again.
    ///
    /// # Errors
    /// If the node was stopped.
    /// # Complexity
    /// O(size of the document and its links).
    /// # Examples
    /// See [`add_agent`](Self::add_agent).
    pub async fn evict(&self, doc: DocId) -> Result<bool, ServiceError<Infallible>> {
        let (done, result) = oneshot::channel();
        self.call(Command::Evict { doc, done }, result).await
    }

    async fn ask<T: Send + 'static, E>(
        &self,
        ask: impl FnOnce(&mut Node<D, S>) -> T + Send + 'static,
    ) -> Result<T, ServiceError<E>> {
        let (done, result) = oneshot::channel();
        // Whoever asked may have gone.
        let ask = move |node: &mut Node<D, S>| drop(done.send(ask(node)));
        self.call(Command::Ask(alloc::boxed::Box::new(ask)), result)
            .await
    }
}
