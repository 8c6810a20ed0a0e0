//! A node: the documents of one process and the links to its neighbours.
//!
//! ```text
//! edit, receive  -->  state, outbox, batch  --commit-->  storage  -->  frames
//! ```
//!
//! Nothing leaves but through [`Node::commit`], and a commit stores first: what a neighbour sees is
//! durable here. So there is one rule for crashes and one place to look for it.
//!
//! A client, a server and a member of a mesh are the same thing with other links.

mod event;
mod links;
mod moment;
mod receive;
mod serve;
mod shelf;
mod stable;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crdt_core::{AgentId, Classify, Delta, ErrorKind};

use crate::admission::OwnAgents;
use crate::hosted::Hosted;
use crate::link::Link;
use crate::load::load_with;
use crate::steady::Steady;
use crate::storage::{Key, STORE};
use crate::stored;
use crate::{
    Batch, Config, DocId, Document, LinkError, LinkId, LoadError, Refusal, Refused, Storage,
    StoreId,
};

pub use self::event::Event;
use self::event::Waiting;
pub use self::moment::PresenceError;
pub use self::serve::Outgoing;
pub(crate) use self::serve::{Frames, Outbound};
pub use self::stable::{AckLevel, Mark};

/// Keeps replicas of documents equal with those of its neighbours.
///
/// Time is a number of milliseconds, randomness 24 bytes at the start. A clock that is set back stands still for
/// the node until it goes on, so that nothing waits longer for it.
///
/// # Invariants
/// A frame is handed out only after everything it rests on was committed to the storage.
///
/// # Examples
/// Two nodes, one counter, bytes carried by hand:
/// ```
/// use crdt_core::AgentId;
/// use crdt_counters::PnCounter;
/// use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node};
///
/// type Votes = Node<PnCounter, MemoryStorage>;
///
/// fn carry(from: &mut Votes, to: &mut Votes, now: u64) -> Result<usize, Box<dyn std::error::Error>> {
///     let frames = from.commit(now)?;
///     for frame in &frames {
///         to.receive(frame.link, &frame.to_bytes())?;
///     }
///     Ok(frames.len())
/// }
///
/// let votes = DocId::from_name("votes");
/// let mut config = Config::default();
/// config.accepts_documents = true;
/// let mut phone = Votes::open(MemoryStorage::new(), config.clone(), [1; 24])?;
/// let mut server = Votes::open(MemoryStorage::new(), config, [2; 24])?;
///
/// phone.add_document(votes)?;
/// let alice = AgentId::new("alice")?;
/// phone.edit(votes, |counter| counter.increment_with_delta(&alice, 3))?;
///
/// let link = LinkId(0);
/// phone.connect(link)?;
/// server.connect(link)?;
/// phone.share(link, votes)?;
/// while carry(&mut phone, &mut server, 0)? + carry(&mut server, &mut phone, 0)? > 0 {}
/// assert_eq!(server.document(votes).map(PnCounter::value), Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Node<D: Document, S> {
    storage: S,
    config: Config,
    store: StoreId,
    epoch: u64,
    docs: BTreeMap<DocId, Hosted<D>>,
    links: BTreeMap<LinkId, Box<Link>>,
    /// Who writes here.
    agents: BTreeSet<AgentId>,
    /// What the next commit makes durable.
    batch: Batch,
    /// Channels that have something to say.
    queue: Vec<(LinkId, u32)>,
    /// Documents whose outbox grew.
    news: BTreeSet<DocId>,
    timers: BTreeSet<Timer>,
    clock: Steady,
    /// Documents whose outbox may shrink, since something was acknowledged.
    crowded: BTreeSet<DocId>,
    /// What is kept of documents that were evicted.
    parked: BTreeMap<DocId, Parked>,
    /// Documents of which somebody wants to know what is stable.
    seeking: BTreeSet<DocId>,
    /// Documents with something present, and when some of it goes.
    present: BTreeMap<DocId, u64>,
    /// Documents that neighbours opened in vain.
    refusals: Vec<(LinkId, DocId, Refusal)>,
    events: Waiting<D::Delta>,
    /// Counts what is told, so that nothing is taken for older than what expired.
    presence_clock: u64,
    /// When a commit left something for the next.
    cut_short_at: Option<u64>,
}

/// What is kept of a document that is not in memory.
#[derive(Debug, Default)]
struct Parked {
    /// How far the agents that write here are in it.
    own: OwnAgents,
    /// The links on which it is open, all at rest.
    links: BTreeMap<LinkId, u32>,
    /// Where its outbox goes on if it is made anew: no place that neighbours noted means another then. 0 unless
    /// it was deleted.
    begins_at: u64,
}

impl Parked {
    fn of<D: Document>(hosted: Hosted<D>) -> Self {
        Self {
            own: hosted.own,
            links: hosted.links,
            begins_at: 0,
        }
    }

    fn is_needless(&self) -> bool {
        self.links.is_empty() && self.own.is_empty() && self.begins_at == 0
    }
}

/// When to look at a channel again; at the hello of a link, if there is no channel.
type Timer = (u64, LinkId, Option<u32>);

/// Why an edit did not happen. The document is what it was.
///
/// Whatever can be shown may be the error of the edit itself, such as `Box<dyn Error + Send + Sync>`, `String`
/// or the error of a crate that boxes errors. It is shown as part of the text, and is in the variant.
///
/// # Examples
/// ```
/// use crdt_sync::{DocId, EditError};
///
/// let error = EditError::<core::fmt::Error>::UnknownDocument { doc: DocId::from_name("notes") };
/// assert!(error.to_string().starts_with("no document"));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError<E> {
    /// The document is not in memory: add it first.
    #[error("no document {doc}")]
    UnknownDocument {
        /// The name that was given.
        doc: DocId,
    },
    /// The edit itself failed.
    #[error("the edit was refused: {0}")]
    Refused(E),
}

/// Why a frame was not taken.
///
/// # Examples
/// ```
/// use core::convert::Infallible;
/// use crdt_sync::{LinkError, LinkId, ReceiveError};
///
/// let error = ReceiveError::<Infallible>::from(LinkError::Unknown { link: LinkId(7) });
/// assert_eq!(error.to_string(), "no link 7");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError<E> {
    /// The link is cut: close the connection. Other links are as they were.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A document that the frame opens cannot be read from storage.
    #[error("a document was not loaded")]
    Load(#[source] LoadError<E>),
}

/// How full an outbox is.
///
/// # Examples
/// ```
/// use crdt_sync::Pressure;
///
/// assert!(Pressure::Relaxed < Pressure::Grouping);
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Pressure {
    /// There is room.
    Relaxed,
    /// The soft limit was passed: old deltas are being grouped.
    Grouping,
}

impl<D: Document, S: Storage> Node<D, S> {
    /// Opens a storage, which may be new.
    ///
    /// `entropy` is 24 random bytes, drawn anew for each call: they name this opening, so that no
    /// neighbour takes the outboxes of a restored copy for those that it knows.
    ///
    /// # Errors
    /// If the storage cannot be read, or holds what no node wrote.
    /// # Complexity
    /// O(1): documents are read when they are added or opened.
    /// # Examples
    /// See [`Node`].
    pub fn open(
        storage: S,
        config: Config,
        entropy: [u8; 24],
    ) -> Result<Self, LoadError<S::Error>> {
        let [for_store @ .., _, _, _, _, _, _, _, _] = entropy;
        let mut for_epoch = [0; 8];
        for_epoch.copy_from_slice(&entropy[16..]);
        let mut batch = Batch::new();
        let store = match storage.read(STORE).map_err(LoadError::Storage)? {
            Some(value) => {
                let store = stored::read_store(&value).map_err(LoadError::Value)?;
                store.ok_or(LoadError::NotANode)?
            }
            None => {
                let store = StoreId::from_bytes(for_store);
                stored::put_store(&mut batch, store);
                store
            }
        };
        Ok(Self {
            storage,
            config: config.within_protocol(),
            store,
            epoch: u64::from_le_bytes(for_epoch),
            docs: BTreeMap::new(),
            links: BTreeMap::new(),
            agents: BTreeSet::new(),
            batch,
            queue: Vec::new(),
            news: BTreeSet::new(),
            timers: BTreeSet::new(),
            clock: Steady::default(),
            crowded: BTreeSet::new(),
            parked: BTreeMap::new(),
            seeking: BTreeSet::new(),
            present: BTreeMap::new(),
            refusals: Vec::new(),
            events: Waiting::new(),
            presence_clock: 0,
            cut_short_at: None,
        })
    }

    /// Brings a document into memory: from storage, or empty if it is new. Returns whether it is new.
    ///
    /// # Errors
    /// If what is stored cannot be read back.
    /// # Complexity
    /// O(size of the document) the first time, O(log n) later, n = documents in memory.
    /// # Examples
    /// See [`Node`].
    pub fn add_document(&mut self, doc: DocId) -> Result<bool, LoadError<S::Error>> {
        let is_known = self.find_document(doc)?;
        if !is_known {
            self.host_anew(doc);
        }
        if let Some(hosted) = self.docs.get_mut(&doc) {
            hosted.is_wanted = true;
        }
        Ok(!is_known)
    }

    /// Reads a document from storage if it is not in memory; returns whether there is one.
    fn find_document(&mut self, doc: DocId) -> Result<bool, LoadError<S::Error>> {
        if self.docs.contains_key(&doc) {
            return Ok(true);
        }
        let found = load_with::<D, S>(&self.storage, &self.batch, doc, self.epoch)?;
        let is_found = found.is_some();
        let found = found.map(|mut hosted| {
            if let Some(parked) = self.parked.remove(&doc) {
                (hosted.own, hosted.links) = (parked.own, parked.links);
            }
            hosted
        });
        self.docs.extend(found.map(|hosted| (doc, hosted)));
        Ok(is_found)
    }

    /// Returns a document that is in memory.
    ///
    /// # Complexity
    /// O(log n), n = documents in memory.
    /// # Examples
    /// See [`Node`].
    #[must_use]
    pub fn document(&self, doc: DocId) -> Option<&D> {
        self.docs.get(&doc).map(|hosted| &hosted.state)
    }

    /// Iterates over the documents in memory, whoever brought them there.
    ///
    /// # Complexity
    /// O(1) to make, O(n) to run.
    /// # Examples
    /// A server that frees what nobody uses:
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, MemoryStorage, Node};
    /// # let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// # node.add_document(DocId::from_name("visits"))?;
    /// # node.commit(0)?;
    /// let documents: Vec<DocId> = node.documents().collect();
    /// for doc in documents {
    ///     node.evict(doc);
    /// }
    /// assert_eq!(node.documents().count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn documents(&self) -> impl Iterator<Item = DocId> {
        self.docs.keys().copied()
    }

    /// Edits a document: `edit` changes it and returns the delta of everything it changed.
    ///
    /// The change is durable, and on its way, after the next [`commit`](Self::commit).
    ///
    /// # Errors
    /// If the document is not in memory, or `edit` fails. Whatever `edit` changed before it failed is then taken
    /// back; if the storage cannot be read for that, the document leaves memory.
    /// # Complexity
    /// O(log n) beside what `edit` does, n = documents in memory; O(size of the document) if it fails.
    /// # Convergence
    /// As the document's own: what `edit` changes beyond the delta it returns stays on this replica.
    /// # Examples
    /// See [`Node`].
    pub fn edit<E>(
        &mut self,
        doc: DocId,
        edit: impl FnOnce(&mut D) -> Result<D::Delta, E>,
    ) -> Result<(), EditError<E>> {
        let hosted = self.docs.get_mut(&doc);
        let hosted = hosted.ok_or(EditError::UnknownDocument { doc })?;
        let delta = match edit(&mut hosted.state) {
            Ok(delta) => delta,
            Err(error) => {
                self.take_back(doc);
                return Err(EditError::Refused(error));
            }
        };
        if !delta.is_empty() {
            hosted.append_own(delta, &self.agents, &mut self.batch);
            self.news.insert(doc);
        }
        Ok(())
    }

    /// An edit failed, maybe half way: the document is what its deltas say, or not in memory any more if the
    /// storage cannot tell.
    fn take_back(&mut self, doc: DocId) {
        let before = load_with::<D, S>(&self.storage, &self.batch, doc, self.epoch);
        let before = before.map(|hosted| hosted.map_or_else(D::default, |hosted| hosted.state));
        let Some(hosted) = self.docs.get_mut(&doc) else {
            return;
        };
        match before {
            // What was not changed keeps what it has in memory alone, such as numbers of agents.
            Ok(before) if before.to_bytes() == hosted.state.to_bytes() => {}
            Ok(before) => hosted.state = before,
            Err(_) => {
                let Some(hosted) = self.docs.remove(&doc) else {
                    return;
                };
                self.parked.insert(doc, Parked::of(hosted));
            }
        }
    }

    /// Says that an agent, new for this session, writes here and nowhere else. Say so before its first
    /// edit.
    ///
    /// A delta that tells of events by it which were not made here is refused from then on
    /// ([`Refusal::ClonedIdentity`]): a copy of this process, or a liar, writes under its name.
    ///
    /// # Complexity
    /// O(log n), n = agents.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, MemoryStorage, Node};
    /// use crdt_core::AgentId;
    ///
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// node.add_agent(AgentId::new("alice-2026-11-21-a8f3")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_agent(&mut self, agent: AgentId) {
        self.agents.insert(agent);
    }

    /// Frees the memory of a document that is committed and at rest on all links; returns whether it did.
    ///
    /// Links stay open: when a neighbour has news of it, the document is read from storage again. What was
    /// present in it is forgotten. A document with participants stays.
    ///
    /// # Complexity
    /// O(size of the document and its links).
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, DocId, MemoryStorage, Node};
    /// let visits = DocId::from_name("visits");
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// node.add_document(visits)?;
    /// node.commit(0)?;
    /// assert!(node.evict(visits));
    /// assert!(node.document(visits).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evict(&mut self, doc: DocId) -> bool {
        let is_settled = self
            .docs
            .get(&doc)
            .is_some_and(|hosted| !hosted.has_participants() && self.rests_on_all_links(hosted));
        if !is_settled || self.news.contains(&doc) || self.batch.touches(&Key::prefix(doc)) {
            return false;
        }
        let Some(hosted) = self.docs.remove(&doc) else {
            return false;
        };
        self.crowded.remove(&doc);
        self.present.remove(&doc);
        let parked = Parked::of(hosted);
        if !parked.is_needless() {
            self.parked.insert(doc, parked);
        }
        true
    }

    /// Whether nothing is on its way to or from neighbours that have the document open. One that is new is
    /// stored nowhere, and cannot be read again.
    fn rests_on_all_links(&self, hosted: &Hosted<D>) -> bool {
        let next = hosted.outbox.next();
        let rests = |(id, number): (&LinkId, &u32)| {
            let channel = self.links.get(id)?.channels.get(*number as usize)?;
            Some(channel.is_at_rest(next))
        };
        let is_stored = next > 0 || hosted.links.is_empty();
        is_stored && hosted.links.iter().all(|link| rests(link) == Some(true))
    }

    /// Takes what happened since the last call. Events wait until they are taken, as far as
    /// [`Config::max_event_bytes`] allows: take them after each [`receive`](Self::receive). What changed is durable after the next [`commit`](Self::commit).
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Event`].
    pub fn take_events(&mut self) -> Vec<Event<D::Delta>> {
        self.events.take()
    }

    /// Returns how full the outbox of a document is; `None` if it is not in memory.
    ///
    /// Nothing blocks when it is full: old deltas are grouped, then dropped, and neighbours that lack
    /// them are told from the state.
    ///
    /// # Complexity
    /// O(log n), n = documents in memory.
    /// # Examples
    /// See [`Pressure`].
    #[must_use]
    pub fn pressure(&self, doc: DocId) -> Option<Pressure> {
        let n_bytes = self.docs.get(&doc)?.outbox.n_bytes();
        Some(if n_bytes > self.config.soft_bytes {
            Pressure::Grouping
        } else {
            Pressure::Relaxed
        })
    }

    /// Returns how many bytes of deltas the outbox of a document holds; `None` if it is not in memory.
    ///
    /// # Complexity
    /// O(log n), n = documents in memory.
    #[must_use]
    pub fn outbox_bytes(&self, doc: DocId) -> Option<usize> {
        Some(self.docs.get(&doc)?.outbox.n_bytes())
    }

    /// Returns the storage, for what only it can do. What the node wrote there is the node's.
    ///
    /// # Complexity
    /// O(1).
    pub const fn storage_mut(&mut self) -> &mut S {
        &mut self.storage
    }

    /// Returns when [`commit`](Self::commit) should be called again at the latest, though nothing was
    /// edited or received; `None` if nothing is waited for.
    ///
    /// It is the time of the last commit if that left something for the next.
    ///
    /// # Complexity
    /// O(n), n = documents with something present.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, MemoryStorage, Node};
    /// let node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [0; 24])?;
    /// assert_eq!(node.next_wake(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn next_wake(&self) -> Option<u64> {
        let due = self.timers.first().map(|(due, ..)| *due);
        let ends = self.present.values().min().copied();
        let wake = due.into_iter().chain(ends).chain(self.cut_short_at).min();
        wake.map(|wake| self.clock.told_at(wake))
    }

    /// Returns the name of the storage.
    ///
    /// # Complexity
    /// O(1).
    #[must_use]
    pub const fn store(&self) -> StoreId {
        self.store
    }

    /// Gives the storage back. What was not committed is lost.
    ///
    /// # Complexity
    /// O(size of the node).
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::{Config, MemoryStorage, Node};
    /// let mut node = Node::<GCounter, _>::open(MemoryStorage::new(), Config::default(), [7; 24])?;
    /// let store = node.store();
    /// node.commit(0)?;
    /// let again = Node::<GCounter, _>::open(node.into_storage(), Config::default(), [8; 24])?;
    /// assert_eq!(again.store(), store);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_storage(self) -> S {
        self.storage
    }

    /// Notes that a document is no longer exchanged on a link.
    fn note_refused(&mut self, link: LinkId, doc: DocId, refusal: Refusal, by_us: bool) {
        self.tell(Event::Refused(Refused {
            link,
            doc,
            refusal,
            by_us,
        }));
    }

    fn tell(&mut self, event: Event<D::Delta>) {
        self.events.push(event, 0, self.config.max_event_bytes);
    }
}

impl<E: fmt::Debug + fmt::Display + 'static> Classify for EditError<E> {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl<E: Classify> Classify for ReceiveError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Link(error) => error.kind(),
            Self::Load(error) => error.kind(),
        }
    }
}
