//! A server and its clients in a time of their own, which passes by what their work took when it was done.
//!
//! The server does one thing after the other: it takes in what has arrived, for as long as a service over TCP
//! would gather it, commits, and hands out frames. Each client has a machine for itself.

use alloc::collections::BTreeMap;
use core::time::Duration;

use benches::pages::{Map, agent, edit, entropy, open};
use benches::timed;
use crdt_core::AgentId;
use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node, Storage};

pub(super) struct World<S> {
    /// Not there while it is started again.
    server: Option<Node<Map, S>>,
    clients: Vec<Client>,
    docs: Vec<DocId>,
    /// What was written in each document, in order.
    written: Vec<Vec<Written>>,
    /// Frames on their way to the server: when they arrive, and in which order they were sent.
    arriving: BTreeMap<(u64, u64), Arrival>,
    n_sent: u64,
    /// When the server is free, in nanoseconds.
    now: u64,
    seen: Seen,
}

struct Client {
    node: Node<Map, MemoryStorage>,
    /// The index of its document.
    doc: usize,
    agent: AgentId,
    /// How many of the writes in its document it has.
    n_seen: usize,
    /// When it is free.
    now: u64,
    /// Whether the server knows of the connection.
    is_connected: bool,
}

#[derive(Clone, Copy)]
struct Written {
    at: u64,
    /// `None` if the server did.
    by: Option<usize>,
}

struct Arrival {
    client: usize,
    bytes: Vec<u8>,
    /// How many writes it carries.
    n_writes: u64,
}

/// What is counted while the world runs.
#[derive(Default)]
struct Seen {
    waits: Vec<Duration>,
    n_commits: u64,
    n_writes: u64,
}

/// What came of a part of the life of a world.
pub(super) struct Measured {
    /// From each write to each other client's having it.
    pub(super) waits: Vec<Duration>,
    /// Until all was at rest.
    pub(super) total_ns: u64,
    /// Of the commits that made writes of clients durable, if there were any.
    pub(super) edits_per_commit: Option<f64>,
}

impl<S: Storage> World<S> {
    /// A server and its clients, all in step.
    pub(super) fn new(storage: S, n_docs: usize, n_clients: usize) -> Self {
        let docs: Vec<DocId> = (0..n_docs)
            .map(|doc| DocId::from_name(&format!("page {doc}")))
            .collect();
        let client = |idx: usize| {
            let doc = idx % n_docs;
            Client {
                node: open(docs[doc], entropy(2 + idx as u64)),
                doc,
                agent: agent(idx),
                n_seen: 0,
                now: 0,
                is_connected: false,
            }
        };
        let mut world = Self {
            server: Some(start(storage, 0)),
            clients: (0..n_docs * n_clients).map(client).collect(),
            written: vec![Vec::new(); n_docs],
            docs,
            arriving: BTreeMap::new(),
            n_sent: 0,
            now: 0,
            seen: Seen::default(),
        };
        for doc in &world.docs {
            let server = world.server.as_mut().expect("it runs");
            server.add_document(*doc).expect("it can be read");
        }
        world.write_on_server();
        world.connect();
        world.measure(core::iter::empty());
        world
    }

    /// Clients write, at times that ascend from 0; runs until all is at rest.
    pub(super) fn write(&mut self, writes: impl Iterator<Item = (u64, usize)>) -> Measured {
        self.begin();
        self.measure(writes)
    }

    /// Starts the server again, while something is written that none of its clients knows; they connect at
    /// once, and wait for it from then on.
    pub(super) fn restart(&mut self, reopen: impl FnOnce(S) -> S) -> Measured {
        self.begin();
        let server = self.server.as_mut().expect("it runs");
        for (idx, client) in self.clients.iter_mut().enumerate() {
            server.disconnect(link(idx));
            client.node.disconnect(link(idx));
            client.is_connected = false;
        }
        self.write_on_server();
        let storage = self.server.take().expect("it runs").into_storage();
        let (server, took) = timed(|| start(reopen(storage), 1));
        self.server = Some(server);
        self.now = took;
        self.connect();
        self.measure(core::iter::empty())
    }

    fn begin(&mut self) {
        self.now = 0;
        for client in &mut self.clients {
            client.now = 0;
        }
        self.seen = Seen::default();
    }

    fn connect(&mut self) {
        for idx in 0..self.clients.len() {
            let client = &mut self.clients[idx];
            client.node.connect(link(idx)).expect("fresh");
            let doc = self.docs[client.doc];
            client.node.share(link(idx), doc).expect("stands");
            self.answer(idx, 0);
        }
    }

    /// One write in each document, durable, before the time that is measured.
    fn write_on_server(&mut self) {
        let server = self.server.as_mut().expect("it runs");
        let writer = AgentId::new("server").expect("a short name");
        for (doc, written) in self.docs.iter().zip(&mut self.written) {
            let n = written.len() as u64;
            edit(server, *doc, &writer, n, &key(n));
            written.push(Written { at: 0, by: None });
        }
        let frames = server.commit(millis(self.now)).expect("room");
        assert!(frames.is_empty(), "nobody is linked");
    }

    fn write_on_client(&mut self, idx: usize, at: u64) {
        let client = &mut self.clients[idx];
        client.now = client.now.max(at);
        let written = &mut self.written[client.doc];
        let (n, doc) = (written.len() as u64, self.docs[client.doc]);
        let ((), took) = timed(|| edit(&mut client.node, doc, &client.agent, n, &key(n)));
        client.now += took;
        let by = Some(idx);
        written.push(Written { at, by });
        self.answer(idx, 1);
    }

    /// Commits at a client, and sends what it has to say.
    fn answer(&mut self, idx: usize, n_writes: u64) {
        let client = &mut self.clients[idx];
        let now = millis(client.now);
        let (frames, took) = timed(|| client.node.commit(now).expect("memory"));
        client.now += took;
        let last = frames.len().saturating_sub(1);
        for (nth, frame) in frames.into_iter().enumerate() {
            let arrival = Arrival {
                client: idx,
                bytes: frame.to_bytes(),
                n_writes: if nth == last { n_writes } else { 0 },
            };
            self.n_sent += 1;
            self.arriving.insert((client.now, self.n_sent), arrival);
        }
    }

    /// Runs until nothing is written, on its way or waited for.
    fn measure(&mut self, writes: impl Iterator<Item = (u64, usize)>) -> Measured {
        let mut writes = writes.peekable();
        loop {
            let arrival = self.arriving.first_key_value().map(|((at, _), _)| *at);
            let turn = arrival.map(|at| at.max(self.now)).or_else(|| self.wake());
            match writes.peek().copied() {
                Some((at, writer)) if turn.is_none_or(|turn| at <= turn) => {
                    writes.next();
                    self.write_on_client(writer, at);
                }
                _ => match turn {
                    Some(turn) => self.turn(turn),
                    None => break,
                },
            }
        }
        for client in &self.clients {
            assert_eq!(
                client.n_seen,
                self.written[client.doc].len(),
                "all is there"
            );
        }
        let seen = core::mem::take(&mut self.seen);
        Measured {
            waits: seen.waits,
            total_ns: self.now,
            edits_per_commit: (seen.n_commits > 0)
                .then(|| seen.n_writes as f64 / seen.n_commits as f64),
        }
    }

    /// When the server has something to do by itself: the rest of what a commit left, not what it would send
    /// again.
    fn wake(&self) -> Option<u64> {
        let due = self.server.as_ref()?.next_wake()?;
        (due <= millis(self.now)).then_some(self.now)
    }

    /// The server takes in what has arrived, commits, and hands out frames.
    fn turn(&mut self, begin: u64) {
        let server = self.server.as_mut().expect("it runs");
        self.now = begin;
        let mut n_writes = 0;
        while let Some(entry) = self.arriving.first_entry()
            && entry.key().0 <= begin
            && self.now - begin < WINDOW_NANOS
        {
            let arrival = entry.remove();
            let client = &mut self.clients[arrival.client];
            let is_first = !core::mem::replace(&mut client.is_connected, true);
            let ((), took) = timed(|| {
                let link = link(arrival.client);
                if is_first {
                    server.connect(link).expect("fresh");
                }
                server.receive(link, &arrival.bytes).expect("honest");
                drop(server.take_events());
            });
            self.now += took;
            n_writes += arrival.n_writes;
        }
        let now = millis(self.now);
        let (frames, took) = timed(|| server.commit(now).expect("room"));
        self.now += took;
        self.seen.n_writes += n_writes;
        self.seen.n_commits += u64::from(n_writes > 0);
        for frame in frames {
            let (bytes, took) = timed(|| frame.to_bytes());
            self.now += took;
            let idx = usize::try_from(frame.link.0).expect("a client");
            self.deliver(idx, &bytes);
        }
    }

    fn deliver(&mut self, idx: usize, bytes: &[u8]) {
        let client = &mut self.clients[idx];
        client.now = client.now.max(self.now);
        let ((), took) = timed(|| {
            client.node.receive(link(idx), bytes).expect("honest");
            drop(client.node.take_events());
        });
        client.now += took;
        let map = client.node.document(self.docs[client.doc]);
        let map = map.expect("it is in memory");
        let written = &self.written[client.doc];
        // Later writes under a key win, so that it has what was written last, or before it came.
        let is_here = |n: usize| {
            let found = map
                .get(&key(n as u64))
                .and_then(|register| register.value());
            found.is_some_and(|found| *found >= n as u64)
        };
        while client.n_seen < written.len() && is_here(client.n_seen) {
            let Written { at, by } = written[client.n_seen];
            if by != Some(idx) {
                self.seen.waits.push(Duration::from_nanos(client.now - at));
            }
            client.n_seen += 1;
        }
        self.answer(idx, 0);
    }
}

/// The server, on what it stored.
fn start<S: Storage>(storage: S, opening: u64) -> Node<Map, S> {
    let mut config = Config::default().with_accepts_documents(true);
    // As over TCP: nothing is lost on the way.
    config.retry_ms = 10_000;
    Node::open(storage, config, entropy(opening)).expect("it can be read")
}

fn link(idx: usize) -> LinkId {
    LinkId(idx as u64)
}

/// Where a write goes: there are a hundred places.
fn key(n: u64) -> String {
    format!("key-{:02}", n % 100)
}

const fn millis(nanos: u64) -> u64 {
    nanos / 1_000_000
}

/// How long a service over TCP gathers frames before it commits, unless it is told otherwise.
const WINDOW_NANOS: u64 = 10_000_000;
