//! Which links stand, and which documents are shared on them.

use alloc::boxed::Box;

use super::Node;
use super::moment::queue_channel;
use crate::channel::{Channel, Sending};
use crate::hosted::Hosted;
use crate::link::Link;
use crate::{Config, DocId, Document, LinkError, LinkId, Refusal, Storage, StoreId};

impl<D: Document, S: Storage> Node<D, S> {
    /// Takes up a connection. Its number must not have been used before.
    ///
    /// # Errors
    /// [`LinkError::Taken`] if a link of that number stands.
    /// # Complexity
    /// O(log n), n = links.
    /// # Examples
    /// See [`Node`].
    pub fn connect(&mut self, link: LinkId) -> Result<(), LinkError> {
        self.take_up(link, None)
    }

    /// Takes up a connection of which the transport proved whose it is: a neighbour that names another store
    /// in its hello is cut off ([`LinkError::AnotherStore`]).
    ///
    /// A hello can say what it likes. Under a foreign name a liar can have this node believe that it holds
    /// what the store of that name never sent (found out when it next meets that store), pass for
    /// a participant when it is asked what is [stable](Self::stable), and be taken for somebody else by a
    /// [`Policy`](crate::Policy) that goes by [`Opening::store`](crate::Opening::store). Where names are known,
    /// from a certificate or a token say, give them.
    ///
    /// # Errors
    /// [`LinkError::Taken`] if a link of that number stands.
    /// # Complexity
    /// O(log n), n = links.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, LinkId, MemoryStorage, Node};
    /// type Likes = Node<GCounter, MemoryStorage>;
    /// let mut server = Likes::open(MemoryStorage::new(), Config::default(), [1; 24])?;
    /// let mut phone = Likes::open(MemoryStorage::new(), Config::default(), [2; 24])?;
    /// let mut liar = Likes::open(MemoryStorage::new(), Config::default(), [3; 24])?;
    ///
    /// server.connect_as(LinkId(1), phone.store())?;
    /// liar.connect(LinkId(1))?;
    /// for frame in liar.commit(0)? {
    ///     let error = server.receive(frame.link, &frame.to_bytes()).unwrap_err();
    ///     assert!(error.to_string().contains("another store"));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connect_as(&mut self, link: LinkId, store: StoreId) -> Result<(), LinkError> {
        self.take_up(link, Some(store))
    }

    fn take_up(&mut self, link: LinkId, store: Option<StoreId>) -> Result<(), LinkError> {
        if self.links.contains_key(&link) {
            return Err(LinkError::Taken { link });
        }
        self.links.insert(link, Box::new(Link::new(store)));
        self.timers.insert((0, link, None));
        Ok(())
    }

    /// Offers a document on a link; the neighbour may have done so already.
    ///
    /// # Errors
    /// [`LinkError::Unknown`] if the link does not stand; [`LinkError::UnknownDocument`] if the document is
    /// not in memory; [`LinkError::TooManyDocuments`]. Nothing happens then.
    /// If the document was refused on the link, it is offered again.
    /// # Complexity
    /// O(log n), n = links and documents.
    /// # Examples
    /// See [`Node`].
    pub fn share(&mut self, link: LinkId, doc: DocId) -> Result<(), LinkError> {
        let to = self.links.get_mut(&link);
        let to = to.ok_or(LinkError::Unknown { link })?;
        let hosted = self.docs.get_mut(&doc);
        let hosted = hosted.ok_or(LinkError::UnknownDocument { doc })?;
        let number = hosted.links.get(&link);
        if let Some(channel) = number.and_then(|number| to.channel(*number)) {
            if matches!(channel.sending, Sending::Refused { .. }) {
                channel.reopen();
                self.queue.extend(number.map(|number| (link, *number)));
            }
        } else {
            let number = open_channel(&self.config, hosted, link, to)?;
            if let Some(channel) = to.channel(number) {
                channel.is_queued = true;
                self.queue.push((link, number));
            }
        }
        Ok(())
    }

    /// Ends the exchange of a document on a link: nothing of it goes out there any more, and nothing is taken.
    /// The neighbour keeps what it has, and is told [`Refusal::Withdrawn`].
    ///
    /// It lasts until the document is shared there again. A new link knows nothing of it: let a
    /// [`Policy`](crate::Policy) say who may open what.
    ///
    /// # Errors
    /// [`LinkError::Unknown`] if the link does not stand; [`LinkError::UnknownDocument`] if the document is
    /// not in memory or not shared there. Nothing happens then.
    /// # Complexity
    /// O(log n), n = links and documents.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node};
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// let likes = DocId::from_name("likes");
    /// node.add_document(likes)?;
    /// node.connect(LinkId(1))?;
    /// node.share(LinkId(1), likes)?;
    /// node.unshare(LinkId(1), likes)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn unshare(&mut self, link: LinkId, doc: DocId) -> Result<(), LinkError> {
        let hosted = self.docs.get(&doc);
        let number = hosted.and_then(|hosted| hosted.links.get(&link).copied());
        if !self.links.contains_key(&link) {
            return Err(LinkError::Unknown { link });
        }
        let number = number.ok_or(LinkError::UnknownDocument { doc })?;
        self.close_channel(link, number, Some(Refusal::Withdrawn));
        if let Some(with) = self.links.get_mut(&link) {
            if let Some(channel) = with.channel(number) {
                channel.owed.refusal = Some(Refusal::Withdrawn);
                // Who asked for it need not be told.
                channel.is_refusal_noted = true;
            }
            queue_channel(with, link, number, &mut self.queue);
        }
        Ok(())
    }

    /// Asks a neighbour what it holds of a document, though the two are in step.
    ///
    /// Who resumes by position compares nothing, and two replicas that wrote under one name can come to
    /// know the same events without holding the same. Asked now and then, or when something looks wrong,
    /// this finds it out: the document closes on the link, as [`Refusal::Diverged`]. Where the two are
    /// equal nothing happens; where one lacks something, it is sent.
    /// While they are not in step they compare anyway, and this does nothing.
    ///
    /// # Errors
    /// [`LinkError::Unknown`] if the link does not stand; [`LinkError::UnknownDocument`] if the document is
    /// not in memory or not shared there. Nothing happens then.
    /// # Complexity
    /// O(log n), n = links and documents; the neighbour's answer costs a digest of the document on both
    /// sides, and its summary, or a sketch of it, on the link.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node};
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// let likes = DocId::from_name("likes");
    /// node.add_document(likes)?;
    /// node.connect(LinkId(1))?;
    /// assert!(node.compare(LinkId(1), likes).is_err(), "not shared there");
    /// node.share(LinkId(1), likes)?;
    /// node.compare(LinkId(1), likes)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compare(&mut self, link: LinkId, doc: DocId) -> Result<(), LinkError> {
        let with = self.links.get_mut(&link);
        let with = with.ok_or(LinkError::Unknown { link })?;
        let hosted = self.docs.get(&doc);
        let number = hosted.and_then(|hosted| hosted.links.get(&link).copied());
        let number = number.ok_or(LinkError::UnknownDocument { doc })?;
        if let Some(channel) = with.channel(number)
            && matches!(channel.sending, Sending::Live { .. })
        {
            channel.ask();
            queue_channel(with, link, number, &mut self.queue);
        }
        Ok(())
    }

    /// Forgets a connection that is gone.
    ///
    /// # Complexity
    /// O(k log n), k = documents on the link, n = links of a document.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, LinkId, MemoryStorage, Node};
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// node.connect(LinkId(1))?;
    /// node.disconnect(LinkId(1));
    /// node.disconnect(LinkId(1)); // it may be gone already
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn disconnect(&mut self, link: LinkId) {
        let Some(gone) = self.links.remove(&link) else {
            return;
        };
        self.refusals.retain(|(refused, ..)| *refused != link);
        for doc in gone.docs() {
            if let Some(hosted) = self.docs.get_mut(&doc) {
                hosted.links.remove(&link);
                // What only this link kept may go.
                self.crowded.insert(doc);
                if hosted.is_made_up() {
                    self.docs.remove(&doc);
                    self.present.remove(&doc);
                }
            } else if let Some(parked) = self.parked.get_mut(&doc) {
                parked.links.remove(&link);
                if parked.is_needless() {
                    self.parked.remove(&doc);
                }
            }
        }
    }
}

/// Adds a channel for the document, that owes the neighbour an open.
pub(super) fn open_channel<D: Document>(
    config: &Config,
    hosted: &mut Hosted<D>,
    id: LinkId,
    link: &mut Link,
) -> Result<u32, LinkError> {
    let have = link.neighbour.and_then(|at| hosted.cursors.get(at.store));
    let mut channel = Channel::new(hosted.id, have);
    channel.owed.open = true;
    let number = link.add(channel, config.max_documents_per_link)?;
    hosted.links.insert(id, number);
    Ok(number)
}
