//! What the benchmarks of synchronisation share: a map as the document, its edits, and its nodes.

use crdt_core::{AgentId, NextSeqError, Timestamp};
use crdt_maps::{CausalRegister, OrMap, OrMapDelta};
use crdt_sync::{Config, DocId, Document, LinkId, MemoryStorage, Node, Storage};

/// A document of these benchmarks.
pub type Map = OrMap<String, CausalRegister<u64>>;

/// A delta of [`Map`].
pub type MapDelta = OrMapDelta<String, CausalRegister<u64>>;

/// The `n`-th write: it wins over those before.
///
/// # Panics
/// If the agent has used up its numbers.
pub fn put(map: &mut Map, agent: &AgentId, n: u64, key: &str) -> MapDelta {
    let stamp = Timestamp::new(1_700_000_000_000 + n, 0).expect("a time of our days");
    map.update_with_delta(agent, key.to_string(), |register, minter| {
        register.write(minter, stamp, n)
    })
    .expect("a fresh dot")
}

/// Writes in a document of a node, as [`put`].
///
/// # Panics
/// As [`put`], and if the node has no such document.
pub fn edit<S: Storage>(node: &mut Node<Map, S>, doc: DocId, agent: &AgentId, n: u64, key: &str) {
    let edit = |map: &mut Map| Ok::<_, NextSeqError>(put(map, agent, n, key));
    node.edit(doc, edit).expect("a document");
}

/// The name of a writer.
///
/// # Panics
/// Never: the name is short.
pub fn agent(idx: usize) -> AgentId {
    AgentId::new(&format!("agent-{idx:02}")).expect("a short name")
}

/// A node that takes what neighbours open, with the one document `doc`.
///
/// # Panics
/// Never: storage in memory does not fail.
pub fn open<D: Document>(doc: DocId, entropy: [u8; 24]) -> Node<D, MemoryStorage> {
    let config = Config::default().with_accepts_documents(true);
    let mut node = Node::open(MemoryStorage::new(), config, entropy).expect("empty");
    node.add_document(doc).expect("empty");
    node
}

/// Randomness that differs for each `idx`, in the name of the store and in that of the opening.
pub fn entropy(idx: u64) -> [u8; 24] {
    let mut entropy = [1; 24];
    entropy[..8].copy_from_slice(&idx.to_le_bytes());
    entropy[16..].copy_from_slice(&idx.to_le_bytes());
    entropy
}

/// Links a client to a server, which shares `doc`, and carries frames until both are silent.
///
/// # Panics
/// If a frame is refused, or there is no end of them.
pub fn meet<D: Document>(
    server: &mut Node<D, MemoryStorage>,
    client: &mut Node<D, MemoryStorage>,
    link: LinkId,
    doc: DocId,
) {
    server.connect(link).expect("fresh");
    client.connect(link).expect("fresh");
    client.share(link, doc).expect("stands");
    for _ in 0..MAX_ROUNDS {
        if carry(client, server, link) + carry(server, client, link) == 0 {
            return;
        }
    }
    panic!("the two do not come to rest");
}

/// Commits at one end of a link and hands the frames to the other; returns how many there were.
fn carry<D: Document>(
    from: &mut Node<D, MemoryStorage>,
    to: &mut Node<D, MemoryStorage>,
    link: LinkId,
) -> usize {
    let frames = from.commit(0).expect("memory");
    let frames = frames.iter().filter(|frame| frame.link == link);
    frames
        .map(|frame| to.receive(link, &frame.to_bytes()).expect("honest"))
        .count()
}

/// More than a handshake of any kind takes.
const MAX_ROUNDS: usize = 16;
