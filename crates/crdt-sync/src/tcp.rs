//! A node on a tokio runtime, with links over TCP (feature `tokio`).
//!
//! ```text
//! handles --commands--> +--------+ --frames--> queue of a link --> socket
//!                       | keeper |
//! sockets --frames----> +--------+ --notices-> subscribers
//! ```
//!
//! One task owns the [`Node`]. It gathers edits and frames for the batch window, commits on a thread for
//! blocking calls, and hands out what the commit allows. Here are the clock, the sockets and the random
//! numbers that the node itself must not know.
//!
//! **On the wire.** Each frame has its length in front, four bytes, little endian. Length 0 says that
//! one is still there, and is sent when there was nothing else for a while. A connection is neither
//! encrypted nor authenticated: use it where the network is yours, or through a tunnel.
//!
//! **Invariants.** Nothing waits for a slow neighbour: its queue is bounded, what does not fit is sent
//! again later, and the link is dropped when its socket takes nothing for a while; what was lost with it
//! is sent on the next. A neighbour that sends too fast is slowed down by its own socket, since each link
//! hands over one frame at a time.

mod ask;
mod backoff;
mod either;
mod keeper;
mod link;
mod notice;
mod options;
mod policy;
mod reach;

use alloc::boxed::Box;
use alloc::string::String;
use core::convert::Infallible;
use core::fmt;
use core::net::SocketAddr;
use std::io;

use crdt_core::{Classify, ErrorKind};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::{broadcast, mpsc, oneshot};

use self::keeper::{Command, EditCommand, Keeper};
pub use self::notice::{Notice, Notices};
pub use self::options::Options;
use self::policy::Anyone;
pub use self::policy::LinkPolicy;
use crate::{Config, DocId, Document, LoadError, Node, Storage};

/// How many commands wait before a handle does.
const MAX_COMMANDS: usize = 256;

/// How long to wait for an answer at least.
const MIN_RETRY_MS: u64 = 10_000;

/// How many notices are kept for a subscriber that is behind.
const MAX_NOTICES: usize = 1_024;

/// A node that runs, as its users hold it: a handle, cheap to clone.
///
/// The node runs until [`stop`](Self::stop), or until the last handle is gone.
///
/// # Examples
/// Two nodes on one machine:
/// ```
/// use crdt_core::AgentId;
/// use crdt_counters::PnCounter;
/// use crdt_sync::tcp::{Notice, Options, Service};
/// use crdt_sync::{Config, DocId, MemoryStorage};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
/// # runtime.block_on(async {
/// let start = || {
///     let (config, options) = (Config::default(), Options::default());
///     Service::<PnCounter, _>::start(MemoryStorage::new(), config, options)
/// };
/// let votes = DocId::from_name("votes");
///
/// let server = start()?;
/// server.add_document(votes).await?;
/// let address = server.listen("127.0.0.1:0").await?;
/// let mut notices = server.notices();
///
/// let phone = start()?;
/// phone.add_document(votes).await?;
/// phone.connect(address.to_string()).await?;
/// let alice = AgentId::new("alice")?;
/// // When this returns, the vote is durable, and on its way.
/// phone.edit(votes, move |counter| counter.increment_with_delta(&alice, 3)).await?;
///
/// while server.read(votes, PnCounter::value).await? != 3 {
///     notices.next().await;
/// }
/// # Ok(())
/// # })
/// # }
/// ```
pub struct Service<D: Document, S: Storage> {
    commands: mpsc::Sender<Command<D, S>>,
    notices: broadcast::Sender<notice::Shared<D, S>>,
}

/// Why a call to a [`Service`] did nothing.
///
/// # Examples
/// ```
/// use core::convert::Infallible;
/// use crdt_sync::tcp::ServiceError;
///
/// assert_eq!(ServiceError::<Infallible>::Stopped.to_string(), "the node does not run any more");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError<E> {
    /// The node was stopped. An edit that waited for its commit may be durable or not.
    #[error("the node does not run any more")]
    Stopped,
    /// The document is not in memory: add it first.
    #[error("no document {doc}")]
    UnknownDocument {
        /// The name that was given.
        doc: DocId,
    },
    /// The edit, or loading the document, failed.
    #[error("the call was refused: {0}")]
    Refused(E),
}

/// Why a node did not start.
///
/// # Examples
/// See [`Service::start`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError<E> {
    /// The storage does not open.
    #[error("the storage does not open")]
    Load(#[source] LoadError<E>),
    /// The operating system has no random numbers.
    #[error("no random numbers: {0}")]
    Entropy(getrandom::Error),
}

impl<D, S> Service<D, S>
where
    D: Document<Delta: Send + Sync> + Send + 'static,
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    /// Starts a node on the runtime of the caller, which must have time and I/O enabled.
    ///
    /// # Errors
    /// If the storage does not open, or there are no random numbers.
    /// # Panics
    /// If there is no runtime.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Service`].
    pub fn start(
        storage: S,
        config: Config,
        options: Options,
    ) -> Result<Self, StartError<S::Error>> {
        Self::start_under(storage, config, options, Anyone)
    }

    /// Starts a node under a policy: who may link, open which documents, and write what.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    /// # Panics
    /// If there is no runtime.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`LinkPolicy`].
    pub fn start_under(
        storage: S,
        config: Config,
        options: Options,
        policy: impl LinkPolicy<D> + 'static,
    ) -> Result<Self, StartError<S::Error>> {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy).map_err(StartError::Entropy)?;
        let (mut for_node, mut for_jitter) = ([0; 24], [0; 8]);
        for_node.copy_from_slice(&entropy[..24]);
        for_jitter.copy_from_slice(&entropy[24..]);
        let mut config = config;
        // The stream loses nothing and keeps order: a frame that is late is not lost, and copies of it would
        // only queue behind it.
        config.retry_ms = config.retry_ms.max(MIN_RETRY_MS);
        config.max_retry_ms = config.max_retry_ms.max(config.retry_ms);
        // What the queue of a socket does not take would be lost.
        let max_on_way = options.max_queued_bytes / 2;
        config.link_window_bytes = config.link_window_bytes.min(max_on_way);
        config.window_bytes = config.window_bytes.min(max_on_way);
        let max_frame_bytes = config.max_frame_bytes;
        let node = Node::open(storage, config, for_node).map_err(StartError::Load)?;
        let (commands, from_handles) = mpsc::channel(MAX_COMMANDS);
        let (notices, _) = broadcast::channel(MAX_NOTICES);
        let reach = reach::Reach::new(options, max_frame_bytes, u64::from_le_bytes(for_jitter));
        let keeper = Keeper::new(
            (node, Box::new(policy)),
            from_handles,
            reach,
            notices.clone(),
        );
        tokio::spawn(keeper.run());
        Ok(Self { commands, notices })
    }

    /// Brings a document into memory and offers it on every link, now and later. Returns whether it is
    /// new.
    ///
    /// # Errors
    /// If what is stored cannot be read back.
    /// # Complexity
    /// O(size of the document + links).
    /// # Examples
    /// See [`Service`].
    pub async fn add_document(
        &self,
        doc: DocId,
    ) -> Result<bool, ServiceError<LoadError<S::Error>>> {
        let (done, result) = oneshot::channel();
        self.call(Command::Add { doc, done }, result)
            .await?
            .map_err(ServiceError::Refused)
    }

    /// Edits a document: `edit` changes it and returns the delta of everything it changed. Returns when
    /// the change is durable.
    ///
    /// Edits made within the batch window share a commit. If the storage refuses, the edit stays and
    /// the call goes on waiting; a call that is given up is not taken back.
    ///
    /// # Errors
    /// If the document is not in memory, or `edit` fails; it must then have changed nothing.
    /// # Complexity
    /// That of `edit`, and a commit shared with others.
    /// # Convergence
    /// As [`Node::edit`].
    /// # Examples
    /// See [`Service`].
    pub async fn edit<E: Send + 'static>(
        &self,
        doc: DocId,
        edit: impl FnOnce(&mut D) -> Result<D::Delta, E> + Send + 'static,
    ) -> Result<(), ServiceError<E>> {
        let (refuse, refused) = oneshot::channel();
        let edit = Box::new(move |state: &mut D| {
            edit(state).map_err(|error| {
                // Whoever gave up the call does not want to know.
                drop(refuse.send(error));
                keeper::Refused
            })
        });
        let (done, result) = oneshot::channel();
        let result = self.call(Command::Edit(EditCommand { doc, edit, done }), result);
        match result.await? {
            Ok(()) => Ok(()),
            Err(keeper::NotEdited::Unknown) => Err(ServiceError::UnknownDocument { doc }),
            Err(keeper::NotEdited::Refused) => {
                let error = refused.await.map_err(|_| ServiceError::Stopped)?;
                Err(ServiceError::Refused(error))
            }
        }
    }

    /// Reads a document as it is now, edits that are not durable yet among it.
    ///
    /// # Errors
    /// If the document is not in memory.
    /// # Complexity
    /// That of `read`, while which nothing else happens.
    /// # Examples
    /// See [`Service`].
    pub async fn read<R: Send + 'static>(
        &self,
        doc: DocId,
        read: impl FnOnce(&D) -> R + Send + 'static,
    ) -> Result<R, ServiceError<Infallible>> {
        let (done, result) = oneshot::channel();
        let read = Box::new(move |state: Option<&D>| drop(done.send(state.map(read))));
        let found = self.call(Command::Read { doc, read }, result).await?;
        found.ok_or(ServiceError::UnknownDocument { doc })
    }

    /// Accepts connections; returns the address, with the port that was chosen if 0 was given.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the node was stopped.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Service`].
    pub async fn listen(&self, address: impl ToSocketAddrs) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let sent = self.commands.send(Command::Listen(listener)).await;
        sent.map_err(|_| io::ErrorKind::NotConnected)?;
        Ok(address)
    }

    /// Keeps a connection to an address: it is made again, after a while, whenever it is gone.
    ///
    /// # Errors
    /// If the node was stopped. That nobody answers is no error: it is tried again.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Service`].
    pub async fn connect(&self, address: String) -> Result<(), ServiceError<Infallible>> {
        let sent = self.commands.send(Command::Connect(address)).await;
        sent.map_err(|_| ServiceError::Stopped)
    }

    /// Subscribes to what happens from now on.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// See [`Service`].
    #[must_use]
    pub fn notices(&self) -> Notices<D, S> {
        Notices::new(self.notices.subscribe())
    }

    /// Stops the node after a last commit, and gives its storage back; `None` if it was stopped before.
    ///
    /// # Complexity
    /// One commit.
    /// # Examples
    /// ```
    /// # use crdt_counters::GCounter;
    /// # use crdt_sync::tcp::{Options, Service};
    /// # use crdt_sync::{Config, MemoryStorage};
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    /// # runtime.block_on(async {
    /// let (config, options) = (Config::default(), Options::default());
    /// let service = Service::<GCounter, _>::start(MemoryStorage::new(), config, options)?;
    /// assert!(service.stop().await.is_some());
    /// assert!(service.stop().await.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn stop(&self) -> Option<S> {
        let (done, result) = oneshot::channel();
        let stopped: Result<S, ServiceError<Infallible>> =
            self.call(Command::Stop(done), result).await;
        stopped.ok()
    }

    async fn call<T, E>(
        &self,
        command: Command<D, S>,
        result: oneshot::Receiver<T>,
    ) -> Result<T, ServiceError<E>> {
        let sent = self.commands.send(command).await;
        sent.map_err(|_| ServiceError::Stopped)?;
        result.await.map_err(|_| ServiceError::Stopped)
    }
}

impl<D: Document, S: Storage> Clone for Service<D, S> {
    fn clone(&self) -> Self {
        Self {
            commands: self.commands.clone(),
            notices: self.notices.clone(),
        }
    }
}

impl<D: Document, S: Storage> fmt::Debug for Service<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").finish_non_exhaustive()
    }
}

impl<E: Classify> Classify for StartError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Load(error) => error.kind(),
            Self::Entropy(_) => ErrorKind::Unavailable,
        }
    }
}

/// Of a call that was refused the cause may have a kind of its own: it is in the variant.
impl<E: fmt::Debug + fmt::Display + 'static> Classify for ServiceError<E> {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Stopped => ErrorKind::Unavailable,
            Self::UnknownDocument { .. } | Self::Refused(_) => ErrorKind::Misuse,
        }
    }
}
