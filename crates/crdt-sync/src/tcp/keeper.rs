//! The task that owns the node.
//!
//! **Invariants.** An edit is answered when the commit that holds it returned. At most one commit runs,
//! and nothing else touches the node meanwhile.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::mem;
use core::task::{Context, Poll};
use core::time::Duration;

use crdt_core::DeltaState;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use super::Notice;
use super::link::{Input, Outlet};
use super::notice::Shared;
use super::policy::LinkPolicy;
use super::reach::{self, Reach};
use crate::{
    DocId, Document, EditError, LinkError, LinkId, LoadError, Node, Outgoing, ReceiveError, Storage,
};

/// Looks at a document, if there is one.
type Read<D> = Box<dyn FnOnce(Option<&D>) + Send>;

/// Changes a document; returns the delta.
type Edit<D> = Box<dyn FnOnce(&mut D) -> Result<<D as DeltaState>::Delta, Refused> + Send>;

/// Anything that a node does in memory.
type Ask<D, S> = Box<dyn FnOnce(&mut Node<D, S>) + Send>;

/// What handles ask for.
pub(super) enum Command<D: Document, S: Storage> {
    Add {
        doc: DocId,
        done: oneshot::Sender<Result<bool, LoadError<S::Error>>>,
    },
    Edit(EditCommand<D>),
    Read {
        doc: DocId,
        read: Read<D>,
    },
    /// Asks the node something that needs no storage.
    Ask(Ask<D, S>),
    /// Frees the memory of a document.
    Evict {
        doc: DocId,
        done: oneshot::Sender<bool>,
    },
    Listen(TcpListener),
    Connect(String),
    Stop(oneshot::Sender<S>),
}

pub(super) struct EditCommand<D: Document> {
    pub(super) doc: DocId,
    pub(super) edit: Edit<D>,
    /// Told when the edit is durable.
    pub(super) done: oneshot::Sender<Result<(), NotEdited>>,
}

/// The edit failed; its error went to whoever made it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;

/// Why nothing was edited.
#[derive(Clone, Copy, Debug)]
pub(super) enum NotEdited {
    Unknown,
    Refused,
}

pub(super) struct Keeper<D: Document, S: Storage> {
    /// With the thread that commits while it does; `None` for good if that panicked.
    node: Option<Node<D, S>>,
    policy: Box<dyn LinkPolicy<D>>,
    from_handles: mpsc::Receiver<Command<D, S>>,
    from_links: mpsc::Receiver<Input>,
    reach: Reach,
    notices: broadcast::Sender<Shared<D, S>>,
    /// What every link is offered.
    docs: BTreeSet<DocId>,
    links: BTreeMap<LinkId, Outlet>,
    /// Listeners and connections that are kept; they end with the keeper.
    tasks: JoinSet<()>,
    /// Edits that the next commit makes durable.
    waiting: Vec<oneshot::Sender<Result<(), NotEdited>>>,
    /// Time 0 of the node.
    started: Instant,
    /// When the batch window ends, if it began.
    due: Option<Instant>,
    /// After the storage refused: not to try before that.
    refused_until: Option<Instant>,
    asks_links_first: bool,
}

/// What to do next.
enum Turn<D: Document, S: Storage> {
    /// `None` if there is no handle any more.
    Command(Option<Command<D, S>>),
    Input(Input),
    Commit,
}

impl<D, S> Keeper<D, S>
where
    D: Document<Delta: Send + Sync> + Send + 'static,
    S: Storage<Error: Send + Sync> + Send + 'static,
{
    pub(super) fn new(
        (node, policy): (Node<D, S>, Box<dyn LinkPolicy<D>>),
        from_handles: mpsc::Receiver<Command<D, S>>,
        (reach, from_links): (Reach, mpsc::Receiver<Input>),
        notices: broadcast::Sender<Shared<D, S>>,
    ) -> Self {
        let started = Instant::now();
        Self {
            node: Some(node),
            policy,
            from_handles,
            from_links,
            reach,
            notices,
            docs: BTreeSet::new(),
            links: BTreeMap::new(),
            tasks: JoinSet::new(),
            waiting: Vec::new(),
            started,
            // The name of a new storage is stored at once.
            due: Some(started),
            refused_until: None,
            asks_links_first: false,
        }
    }

    pub(super) async fn run(mut self) {
        let stopped = loop {
            match self.next_turn().await {
                Turn::Command(None) => break None,
                Turn::Command(Some(Command::Stop(done))) => break Some(done),
                Turn::Command(Some(command)) => self.obey(command).await,
                Turn::Input(input) => self.take(input),
                Turn::Commit => self.commit().await,
            }
            if self.node.is_none() {
                return;
            }
        };
        self.commit().await;
        if let (Some(done), Some(node)) = (stopped, self.node.take()) {
            // Whoever stopped it may have gone.
            drop(done.send(node.into_storage()));
        }
    }

    async fn next_turn(&mut self) -> Turn<D, S> {
        let wake = self.next_wake();
        if wake.is_some_and(|wake| wake <= Instant::now()) {
            return Turn::Commit;
        }
        let turn = poll_fn(|cx| self.poll_turn(cx));
        match wake {
            None => turn.await,
            Some(wake) => timeout_at(wake, turn).await.unwrap_or(Turn::Commit),
        }
    }

    /// When to commit: at the end of the batch window, or when the node wants to be woken.
    fn next_wake(&self) -> Option<Instant> {
        let for_node = self.node.as_ref().and_then(Node::next_wake);
        let for_node = for_node.map(|due| self.started + Duration::from_millis(due));
        let wake = [self.due, for_node].into_iter().flatten().min();
        // While the storage refuses there is nothing to gain but another refusal.
        wake.max(self.refused_until)
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn<D, S>> {
        self.asks_links_first = !self.asks_links_first;
        for asks_links in [self.asks_links_first, !self.asks_links_first] {
            if !asks_links {
                if let Poll::Ready(command) = self.from_handles.poll_recv(cx) {
                    return Poll::Ready(Turn::Command(command));
                }
            } else if self.refused_until.is_none()
                // Neighbours wait in their sockets until the storage takes what they sent.
                && let Poll::Ready(Some(input)) = self.from_links.poll_recv(cx)
            {
                return Poll::Ready(Turn::Input(input));
            }
        }
        Poll::Pending
    }

    /// Has a commit follow within the batch window.
    fn begin_window(&mut self) {
        let window = self.reach.options.batch_window;
        self.due.get_or_insert_with(|| Instant::now() + window);
    }

    async fn obey(&mut self, command: Command<D, S>) {
        match command {
            Command::Add { doc, done } => {
                let added = self.on_thread(move |node| node.add_document(doc)).await;
                if let Some(Ok(_)) = &added {
                    self.offer(doc);
                }
                // Whoever asked may have gone, here and below.
                drop(added.map(|added| done.send(added)));
            }
            Command::Edit(edit) => self.edit(edit),
            Command::Read { doc, read } => {
                read(self.node.as_ref().and_then(|node| node.document(doc)));
            }
            Command::Ask(ask) => {
                if let Some(node) = &mut self.node {
                    ask(node);
                }
                self.begin_window();
            }
            Command::Evict { doc, done } => {
                let is_gone = self.node.as_mut().is_some_and(|node| node.evict(doc));
                if is_gone {
                    self.docs.remove(&doc);
                }
                done.send(is_gone).unwrap_or_default();
            }
            Command::Listen(listener) => {
                let reach = self.reach.clone();
                self.tasks.spawn(reach::accept(listener, reach));
            }
            Command::Connect(address) => {
                let reach = self.reach.clone();
                self.tasks.spawn(reach::keep_connected(address, reach));
            }
            // Handled by the loop, which it ends.
            Command::Stop(_) => {}
        }
    }

    fn offer(&mut self, doc: DocId) {
        self.docs.insert(doc);
        for link in self.links.keys() {
            share(self.node.as_mut(), *link, doc);
        }
        self.begin_window();
    }

    fn edit(&mut self, command: EditCommand<D>) {
        let EditCommand { doc, edit, done } = command;
        let Some(node) = &mut self.node else {
            return;
        };
        match node.edit(doc, edit) {
            Ok(()) => {
                self.waiting.push(done);
                self.begin_window();
            }
            Err(EditError::UnknownDocument { .. }) => answer(done, Err(NotEdited::Unknown)),
            Err(EditError::Refused(Refused)) => answer(done, Err(NotEdited::Refused)),
        }
    }

    fn take(&mut self, input: Input) {
        let Some(node) = &mut self.node else {
            return;
        };
        match input {
            Input::Linked {
                link,
                address,
                outlet,
            } => {
                // The connection ends with its outlet.
                let store = self.policy.store_at(link, address);
                let connect = |node: &mut Node<D, S>| match store {
                    Some(store) => node.connect_as(link, store),
                    None => node.connect(link),
                };
                if self.policy.links(link, address) && connect(node).is_ok() {
                    self.links.insert(link, outlet);
                    for doc in &self.docs {
                        share(Some(node), link, *doc);
                    }
                    self.tell(Notice::Linked { link, address });
                }
            }
            Input::Unlinked { link } => self.drop_link(link, None),
            // One that was dropped may have sent before it noticed.
            Input::Frame { link, .. } if !self.links.contains_key(&link) => {}
            Input::Frame { link, bytes } => {
                match node.receive_under(link, &bytes, &mut *self.policy) {
                    Ok(()) => {}
                    Err(ReceiveError::Link(error)) => self.drop_link(link, Some(error)),
                    Err(ReceiveError::Load(error)) => self.tell(Notice::NotLoaded(error)),
                }
            }
        }
        self.begin_window();
    }

    fn drop_link(&mut self, link: LinkId, error: Option<LinkError>) {
        if let Some(node) = &mut self.node {
            node.disconnect(link);
        }
        if self.links.remove(&link).is_some() {
            self.policy.leaves(link);
            self.tell(Notice::Unlinked { link, error });
        }
    }

    async fn commit(&mut self) {
        let now = self.started.elapsed().as_millis();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        self.due = None;
        self.refused_until = None;
        match self.on_thread(move |node| node.commit(now)).await {
            Some(Ok(frames)) => self.publish(frames),
            Some(Err(error)) => {
                let again = Instant::now() + self.reach.options.storage_retry;
                (self.due, self.refused_until) = (Some(again), Some(again));
                self.tell(Notice::NotCommitted(error));
            }
            None => {}
        }
    }

    /// Hands out what a commit made durable.
    fn publish(&mut self, frames: Vec<Outgoing>) {
        for done in mem::take(&mut self.waiting) {
            answer(done, Ok(()));
        }
        for frame in frames {
            if let Some(outlet) = self.links.get(&frame.link) {
                outlet.push(frame);
            }
        }
        let events = self.node.as_mut().map(Node::take_events);
        for event in events.unwrap_or_default() {
            self.tell(Notice::Document(event));
        }
    }

    fn tell(&self, notice: Notice<D::Delta, S::Error>) {
        // There may be no subscriber.
        drop(self.notices.send(Arc::new(notice)));
    }

    /// Runs what may block: reading and writing storage.
    ///
    /// `None` if it panicked, or the runtime is being shut down: the node is gone.
    async fn on_thread<T: Send + 'static>(
        &mut self,
        act: impl FnOnce(&mut Node<D, S>) -> T + Send + 'static,
    ) -> Option<T> {
        let mut node = self.node.take()?;
        let work = spawn_blocking(move || {
            let result = act(&mut node);
            (node, result)
        });
        let (node, result) = work.await.ok()?;
        self.node = Some(node);
        Some(result)
    }
}

/// Tells how an edit went, unless whoever made it has gone.
fn answer(done: oneshot::Sender<Result<(), NotEdited>>, result: Result<(), NotEdited>) {
    done.send(result).unwrap_or_default();
}

/// Offers a document on a link. That there are too many on it is for the one who set the limit.
fn share<D: Document, S: Storage>(node: Option<&mut Node<D, S>>, link: LinkId, doc: DocId) {
    if let Some(node) = node {
        node.share(link, doc).unwrap_or_default();
    }
}
