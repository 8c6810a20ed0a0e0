//! Nodes in one process, and the frames between them.

use alloc::collections::VecDeque;

use crdt_sync::{Config, DocId, Document, LinkId, MemoryStorage, Node};

/// Nodes and what is on its way between them.
pub(crate) struct Net<D: Document> {
    pub(crate) nodes: Vec<Node<D, MemoryStorage>>,
    /// The two ends of each link that was ever made.
    links: Vec<(usize, usize)>,
    pub(crate) in_flight: VecDeque<Frame>,
    pub(crate) now: u64,
    n_openings: u8,
}

/// A frame on its way to a node.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) link: LinkId,
    pub(crate) to: usize,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn doc() -> DocId {
    DocId::from_name("doc")
}

pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.accepts_documents = true;
    config
}

impl<D: Document> Net<D> {
    /// `n_nodes` with an empty document each, not connected.
    pub(crate) fn new(n_nodes: usize, config: &Config) -> Self {
        Self::of(&vec![config.clone(); n_nodes])
    }

    /// A node for each of the configurations.
    pub(crate) fn of(configs: &[Config]) -> Self {
        let mut net = Self {
            nodes: Vec::new(),
            links: Vec::new(),
            in_flight: VecDeque::new(),
            now: 0,
            n_openings: 0,
        };
        for config in configs {
            let node = net.open(MemoryStorage::new(), config);
            net.nodes.push(node);
        }
        net
    }

    fn open(&mut self, storage: MemoryStorage, config: &Config) -> Node<D, MemoryStorage> {
        self.n_openings += 1;
        let mut node = Node::open(storage, config.clone(), [self.n_openings; 24]).unwrap();
        node.add_document(doc()).unwrap();
        node
    }

    /// Ends a process and starts it again on what it stored.
    pub(crate) fn restart(&mut self, node: usize, config: &Config) {
        self.in_flight.clear();
        let placeholder = self.open(MemoryStorage::new(), config);
        let storage = core::mem::replace(&mut self.nodes[node], placeholder).into_storage();
        self.nodes[node] = self.open(storage, config);
    }

    pub(crate) fn connect(&mut self, a: usize, b: usize) -> LinkId {
        let link = LinkId(self.links.len() as u64);
        self.links.push((a, b));
        for node in [a, b] {
            self.nodes[node].connect(link).unwrap();
            self.nodes[node].share(link, doc()).unwrap();
        }
        link
    }

    /// As [`connect`](Self::connect), where the document of the first node is not in memory.
    pub(crate) fn connect_after_eviction(&mut self, a: usize, b: usize) {
        let link = LinkId(self.links.len() as u64);
        self.links.push((a, b));
        self.nodes[a].connect(link).unwrap();
        self.nodes[b].connect(link).unwrap();
        self.nodes[b].share(link, doc()).unwrap();
    }

    pub(crate) fn disconnect(&mut self, link: LinkId) {
        let (a, b) = self.links[link.0 as usize];
        self.nodes[a].disconnect(link);
        self.nodes[b].disconnect(link);
        self.in_flight.retain(|frame| frame.link != link);
    }

    /// Commits one node; returns the frames that are now on their way.
    pub(crate) fn commit(&mut self, node: usize) -> Vec<Frame> {
        let frames = self.nodes[node].commit(self.now).unwrap();
        let links = &self.links;
        let on_way = frames.into_iter().map(|frame| {
            let (a, b) = links[frame.link.0 as usize];
            Frame {
                link: frame.link,
                to: if a == node { b } else { a },
                bytes: frame.to_bytes(),
            }
        });
        on_way.collect()
    }

    pub(crate) fn deliver(&mut self, frame: &Frame) {
        self.nodes[frame.to]
            .receive(frame.link, &frame.bytes)
            .unwrap();
    }

    /// Lets frames flow until there are none; returns all of them.
    pub(crate) fn settle(&mut self) -> Vec<Frame> {
        let mut all = Vec::new();
        loop {
            for node in 0..self.nodes.len() {
                let frames = self.commit(node);
                self.in_flight.extend(frames);
            }
            if self.in_flight.is_empty() {
                return all;
            }
            while let Some(frame) = self.in_flight.pop_front() {
                self.deliver(&frame);
                all.push(frame);
            }
        }
    }

    pub(crate) fn state(&self, node: usize) -> &D {
        self.nodes[node].document(doc()).unwrap()
    }

    pub(crate) fn assert_equal(&self) {
        for node in 1..self.nodes.len() {
            // States may be large: what differs is looked at with a debugger.
            let is_equal = self.state(node).to_bytes() == self.state(0).to_bytes();
            assert!(is_equal, "nodes 0 and {node} are not equal");
        }
    }
}
