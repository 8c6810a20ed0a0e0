//! Nodes in one process, frames carried by hand and counted.

use alloc::collections::BTreeMap;

use crate::pages::{entropy, open};
use crdt_sync::{DocId, Document, Event, LinkId, MemoryStorage, Node};

/// Nodes, and who is linked to whom.
///
/// # Examples
/// ```
/// use benches::Cluster;
/// use crdt_counters::GCounter;
///
/// let mut cluster = Cluster::<GCounter>::new(2);
/// cluster.connect(0, 1);
/// assert!(cluster.settle() > 0); // the bytes of the handshake
/// assert_eq!(cluster.settle(), 0);
/// ```
#[expect(missing_debug_implementations, reason = "documents need none")]
pub struct Cluster<D: Document> {
    /// The nodes, each with the document [`page`](Self::page).
    pub nodes: Vec<Node<D, MemoryStorage>>,
    ends: BTreeMap<LinkId, (usize, usize)>,
    n_links: u64,
}

impl<D: Document> Cluster<D> {
    /// Makes `n_nodes` that are not linked.
    ///
    /// # Panics
    /// Never: storage in memory does not fail.
    pub fn new(n_nodes: usize) -> Self {
        Self {
            nodes: (0..n_nodes as u64)
                .map(|idx| open(Self::page(), entropy(idx)))
                .collect(),
            ends: BTreeMap::new(),
            n_links: 0,
        }
    }

    /// The document that every node has.
    pub fn page() -> DocId {
        DocId::from_name("page")
    }

    /// Links two nodes.
    ///
    /// # Panics
    /// If one of them is not there.
    pub fn connect(&mut self, a: usize, b: usize) -> LinkId {
        let link = LinkId(self.n_links);
        self.n_links += 1;
        self.ends.insert(link, (a, b));
        for node in [a, b] {
            self.nodes[node].connect(link).expect("a fresh number");
            self.nodes[node]
                .share(link, Self::page())
                .expect("a link that stands");
        }
        link
    }

    /// Parts two nodes.
    pub fn disconnect(&mut self, link: LinkId) {
        if let Some((a, b)) = self.ends.remove(&link) {
            self.nodes[a].disconnect(link);
            self.nodes[b].disconnect(link);
        }
    }

    /// Whether all nodes hold the same.
    pub fn is_equal(&self) -> bool
    where
        D: PartialEq,
    {
        let mut states = self.nodes.iter().map(|node| node.document(Self::page()));
        let first = states.next();
        states.all(|state| Some(state) == first)
    }

    /// Carries frames until there are none; returns how many bytes they had.
    ///
    /// # Panics
    /// If a frame is refused.
    pub fn settle(&mut self) -> u64 {
        let mut n_bytes = 0;
        loop {
            let round = self.round();
            if round == 0 {
                return n_bytes;
            }
            n_bytes += round;
        }
    }

    /// Every node commits, then every frame arrives; returns how many bytes they had.
    ///
    /// # Panics
    /// If a frame is refused.
    pub fn round(&mut self) -> u64 {
        let mut in_flight = Vec::new();
        for (idx, node) in self.nodes.iter_mut().enumerate() {
            let frames = node.commit(0).expect("storage in memory");
            in_flight.extend(frames.into_iter().map(|frame| (idx, frame)));
        }
        let mut n_bytes = 0;
        for (from, frame) in in_flight {
            n_bytes += frame.len() as u64;
            if let Some(&(a, b)) = self.ends.get(&frame.link) {
                let to = if a == from { b } else { a };
                let node = &mut self.nodes[to];
                let received = node.receive(frame.link, &frame.to_bytes());
                received.expect("an honest frame");
                for event in node.take_events() {
                    assert!(!matches!(event, Event::Refused(_)), "an honest delta");
                }
            }
        }
        n_bytes
    }
}
