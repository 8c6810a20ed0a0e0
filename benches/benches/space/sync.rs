//! Benchmarks of what synchronisation costs in bytes and memory.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::memory;
use benches::pages::{Map, MapDelta, agent, edit, entropy, meet, open, put};
use benches::{Args, Cluster, Row, timed};
use crdt_core::codec::Encode;
use crdt_core::{Delta, DeltaState, Lattice};
use crdt_sync::{LinkId, MemoryStorage, Node};
use crdt_testkit::Rng;
use crdt_testkit::net::{Faults, Network, Parcel};

const SUBJECT: &str = "crdt-sync";

pub(crate) fn run(args: &Args) {
    idle_peers(args);
    slow_peers(args);
    for n_missed in [10, 1_000, 100_000] {
        reconnect(args, n_missed);
    }
    for (name, edges) in [("tree", tree()), ("mesh", mesh())] {
        topology(args, name, &edges);
    }
    for lost_percent in [0, 10, 30] {
        loss(args, lost_percent);
    }
    coalesce(args);
}

/// What a server holds for neighbours that are in step and say nothing: all of it, as `steady_bytes`, and
/// for one of them, as `bytes`.
fn idle_peers(args: &Args) {
    let n_peers = if args.is_smoke() { 10 } else { 10_000_u64 };
    let bench = format!("sync/idle-peers/{n_peers}");
    if !args.wants(&bench) {
        return;
    }
    let page = Cluster::<Map>::page();
    let mut server = open(page, entropy(0));
    edit(&mut server, page, &agent(0), 1, "key");
    server.commit(0).expect("memory");
    let (_, steady) = memory(|| {
        for peer in 0..n_peers {
            let mut client = open(page, entropy(1 + peer));
            meet(&mut server, &mut client, LinkId(peer), page);
            // As an application does.
            drop(server.take_events());
        }
        // All is acknowledged, and no timer stands any more. The server is outside: what it holds now is
        // counted when the closure ends.
        assert!(
            server.commit(60_000).expect("memory").is_empty(),
            "all are at rest"
        );
    });
    drop(server);
    Row {
        steady_bytes: Some(steady),
        bytes: Some((steady / n_peers).into()),
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
}

/// What a server holds at the end of a second of 1,000 edits, committed in groups of 50, when one neighbour in a
/// hundred acknowledges nothing: beyond what it held for them before, as `steady_bytes`; most at once, with
/// the frames of one commit, as `peak_bytes`; and what it encoded, as `bytes`. Beside it a queue for each
/// neighbour, as servers have that keep what each one is still to be sent.
fn slow_peers(args: &Args) {
    let n_peers = if args.is_smoke() { 200 } else { 10_000_u64 };
    let bench = format!("sync/slow-peers/{n_peers}");
    if !args.wants(&bench) {
        return;
    }
    let is_slow = |peer: u64| peer % 100 == 99;
    let mut crowd = Crowd::new(n_peers);
    let mut n_encoded = 0;
    let (peak, steady) = memory(|| {
        for round in 1..=20 {
            n_encoded += crowd.round(round, is_slow);
        }
    });
    Row {
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        bytes: Some(n_encoded.into()),
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
    let mut map = Map::new();
    let mut n_encoded = 0;
    let (peak, steady) = memory(|| {
        let mut queues: Vec<VecDeque<Vec<u8>>> = Vec::new();
        queues.resize_with(usize::try_from(n_peers).expect("few"), VecDeque::new);
        for n in 0..1_000 {
            let delta = put(&mut map, &agent(0), n, &format!("key-{}", n % 100)).to_bytes();
            n_encoded += delta.len() as u64;
            for (peer, queue) in (0..).zip(&mut queues) {
                queue.push_back(delta.clone());
                if n % 50 == 49 && !is_slow(peer) {
                    *queue = VecDeque::new();
                }
            }
        }
        queues
    });
    Row {
        peak_bytes: Some(peak),
        steady_bytes: Some(steady),
        bytes: Some(n_encoded.into()),
        ..Row::new(&bench, "a queue for each")
    }
    .print(args);
}

/// A server and many neighbours. All of them hold the same, so that one can answer for all.
struct Crowd {
    server: Node<Map, MemoryStorage>,
    client: Node<Map, MemoryStorage>,
    n_peers: u64,
    n_edits: u64,
}

impl Crowd {
    fn new(n_peers: u64) -> Self {
        let page = Cluster::<Map>::page();
        let (mut server, mut client) = (open(page, entropy(0)), open(page, entropy(1)));
        edit(&mut server, page, &agent(0), 0, "key-0");
        server.commit(0).expect("memory");
        for peer in 0..n_peers {
            let mut other = open(page, entropy(1));
            let client = if peer == 0 { &mut client } else { &mut other };
            meet(&mut server, client, LinkId(peer), page);
            drop(server.take_events());
        }
        Self {
            server,
            client,
            n_peers,
            n_edits: 0,
        }
    }

    /// Fifty edits, a commit, and the answers of those who are not slow; returns how many bytes were encoded.
    fn round(&mut self, round: u64, is_slow: impl Fn(u64) -> bool) -> u64 {
        for _ in 0..50 {
            self.n_edits += 1;
            let key = format!("key-{}", self.n_edits % 100);
            edit(
                &mut self.server,
                Cluster::<Map>::page(),
                &agent(0),
                self.n_edits,
                &key,
            );
        }
        let mut bodies = BTreeMap::new();
        for frame in self.server.commit(round * 50).expect("memory") {
            if frame.link == LinkId(0) {
                let bytes = frame.to_bytes();
                self.client.receive(LinkId(0), &bytes).expect("honest");
            }
            let body = frame.body.as_ref().map(|body| (body.as_ptr(), body.len()));
            bodies.extend(body);
        }
        for answer in self.client.commit(round * 50).expect("memory") {
            for peer in (0..self.n_peers).filter(|peer| !is_slow(*peer)) {
                let bytes = answer.to_bytes();
                self.server.receive(LinkId(peer), &bytes).expect("honest");
            }
        }
        bodies.into_values().sum::<usize>() as u64
    }
}

/// The bytes on the link when a client comes back that missed so many edits of a map of 100,000 keys; beside
/// it what the whole state takes.
fn reconnect(args: &Args, n_missed: u64) {
    let bench = format!("sync/reconnect/{n_missed}");
    if !args.wants(&bench) {
        return;
    }
    let n_keys: u64 = if args.is_smoke() { 100 } else { 100_000 };
    let (mut cluster, page) = (Cluster::<Map>::new(2), Cluster::<Map>::page());
    let alice = agent(0);
    for n in 0..n_keys {
        edit(
            &mut cluster.nodes[0],
            page,
            &alice,
            n,
            &format!("key-{n:08}"),
        );
    }
    let link = cluster.connect(0, 1);
    cluster.settle();
    cluster.disconnect(link);
    let mut rng = Rng::new(7);
    for n in 0..n_missed {
        let key = rng.below(usize::try_from(n_keys).expect("small"));
        edit(
            &mut cluster.nodes[0],
            page,
            &alice,
            n_keys + n,
            &format!("key-{key:08}"),
        );
        if n % 100 == 0 {
            cluster.settle();
        }
    }
    cluster.settle();
    cluster.connect(0, 1);
    let n_bytes = cluster.settle();
    let state = cluster.nodes[0].document(page).expect("there");
    assert!(
        cluster.nodes[1].document(page) == Some(state),
        "they are equal again"
    );
    let row = |subject, bytes: u64| {
        Row {
            bytes: Some(bytes.into()),
            ..Row::new(&bench, subject)
        }
        .print(args);
    };
    row(SUBJECT, n_bytes);
    row("full-state", state.to_bytes().len() as u64);
}

fn tree() -> Vec<(usize, usize)> {
    (1..N_NODES).map(|node| ((node - 1) / 2, node)).collect()
}

/// Every node has four neighbours.
fn mesh() -> Vec<(usize, usize)> {
    let link = |node, step| (node, (node + step) % N_NODES);
    (0..N_NODES)
        .flat_map(|node| [link(node, 1), link(node, 4)])
        .collect()
}

/// All bytes that 15 nodes send until they are equal, and the time that all of them take together on one core,
/// when each makes 100 edits, a round of exchange after each: whole states, deltas that are forwarded as they come, and this crate.
fn topology(args: &Args, name: &str, edges: &[(usize, usize)]) {
    let bench = format!("sync/topology/{name}");
    if !args.wants(&bench) {
        return;
    }
    let n_edits = if args.is_smoke() { 3 } else { 100 };
    let row = |subject, run: fn(&[(usize, usize)], u64) -> u64| {
        let (bytes, total_ns) = timed(|| run(edges, n_edits));
        Row {
            bytes: Some(bytes.into()),
            total_ns: Some(total_ns),
            ..Row::new(&bench, subject)
        }
        .print(args);
    };
    row(SUBJECT, by_nodes);
    row("plain-deltas", by_plain_deltas);
    row("full-state", by_states);
}

fn key_of(rng: &mut Rng) -> String {
    format!("key-{:04}", rng.below(1_000))
}

fn by_nodes(edges: &[(usize, usize)], n_edits: u64) -> u64 {
    let (mut cluster, page) = (Cluster::<Map>::new(N_NODES), Cluster::<Map>::page());
    let mut rng = Rng::new(7);
    for (a, b) in edges {
        cluster.connect(*a, *b);
    }
    let mut n_bytes = cluster.settle();
    for n in 0..n_edits {
        for node in 0..N_NODES {
            let key = key_of(&mut rng);
            edit(&mut cluster.nodes[node], page, &agent(node), n, &key);
        }
        n_bytes += cluster.round();
    }
    n_bytes += cluster.settle();
    assert!(cluster.is_equal(), "they come to rest equal");
    n_bytes
}

/// Each node sends all that it applied since the last round to all neighbours, wherever it came from.
fn by_plain_deltas(edges: &[(usize, usize)], n_edits: u64) -> u64 {
    let mut states = vec![Map::new(); N_NODES];
    let mut buffers = vec![MapDelta::default(); N_NODES];
    let (mut rng, mut n_bytes, mut n) = (Rng::new(7), 0, 0);
    while n < n_edits || buffers.iter().any(|buffer| !Delta::is_empty(buffer)) {
        if n < n_edits {
            for node in 0..N_NODES {
                let key = key_of(&mut rng);
                let delta = put(&mut states[node], &agent(node), n, &key);
                buffers[node].join(&delta);
            }
        }
        n += 1;
        let sent = core::mem::replace(&mut buffers, vec![MapDelta::default(); N_NODES]);
        for (a, b) in edges {
            for (from, to) in [(*a, *b), (*b, *a)] {
                if Delta::is_empty(&sent[from]) {
                    continue;
                }
                n_bytes += sent[from].to_bytes().len() as u64;
                if states[to].apply_delta(&sent[from]).expect("honest") {
                    buffers[to].join(&sent[from]);
                }
            }
        }
    }
    n_bytes
}

/// Each node sends its state to all neighbours in each round.
fn by_states(edges: &[(usize, usize)], n_edits: u64) -> u64 {
    let mut states = vec![Map::new(); N_NODES];
    let (mut rng, mut n_bytes, mut n) = (Rng::new(7), 0, 0);
    loop {
        if n < n_edits {
            for (node, state) in states.iter_mut().enumerate() {
                let key = key_of(&mut rng);
                put(state, &agent(node), n, &key);
            }
        }
        n += 1;
        let sent = states.clone();
        let mut changed = false;
        for (a, b) in edges {
            for (from, to) in [(*a, *b), (*b, *a)] {
                n_bytes += sent[from].to_bytes().len() as u64;
                changed |= states[to].join(&sent[from]);
            }
        }
        if !changed && n >= n_edits {
            return n_bytes;
        }
    }
}

/// Bytes on the link for each edit of a stream of them, when so many of 100 frames are lost.
fn loss(args: &Args, lost_percent: usize) {
    let bench = format!("sync/loss/{lost_percent}");
    if !args.wants(&bench) {
        return;
    }
    let n_edits: u64 = if args.is_smoke() { 20 } else { 2_000 };
    let faults = Faults {
        lost_percent,
        doubled_percent: 0,
        min_delay: 20,
        max_delay: 20,
    };
    let mut net = Network::new(7, faults);
    let mut cluster = Cluster::<Map>::new(2);
    cluster.connect(0, 1);
    cluster.settle();
    let (alice, page) = (agent(0), Cluster::<Map>::page());
    let (mut now, mut n_bytes, mut n) = (0, 0, 0);
    loop {
        now += 10;
        if n < n_edits {
            edit(
                &mut cluster.nodes[0],
                page,
                &alice,
                n,
                &format!("key-{:04}", n % 1_000),
            );
            n += 1;
        }
        while let Some(parcel) = net.receive(now) {
            let link = LinkId(parcel.connection);
            cluster.nodes[parcel.to]
                .receive(link, &parcel.bytes)
                .expect("honest");
        }
        for (from, node) in cluster.nodes.iter_mut().enumerate() {
            for frame in node.commit(now).expect("memory") {
                n_bytes += frame.len() as u64;
                let (connection, to) = (frame.link.0, 1 - from);
                net.send(
                    now,
                    Parcel {
                        connection,
                        to,
                        bytes: frame.to_bytes(),
                    },
                );
            }
        }
        let [ours, theirs] = [0, 1].map(|node| cluster.nodes[node].document(page));
        if n == n_edits && ours == theirs {
            break;
        }
    }
    Row {
        // In milliseconds of the simulation, as if they were measured: from the last edit to equality.
        total_ns: Some((now - 10 * n_edits) * 1_000_000),
        bytes: Some((n_bytes / n_edits).into()),
        ..Row::new(&bench, SUBJECT)
    }
    .print(args);
}

/// 10,000 edits of 100 keys that wait for a neighbour: the bytes of what it is sent, and of the deltas one by
/// one.
fn coalesce(args: &Args) {
    let bench = "sync/coalesce/10000";
    if !args.wants(bench) {
        return;
    }
    let n_edits = if args.is_smoke() { 100 } else { 10_000 };
    let (mut map, alice, mut rng) = (Map::new(), agent(0), Rng::new(7));
    let deltas: Vec<MapDelta> = (0..n_edits)
        .map(|n| put(&mut map, &alice, n, &format!("key-{:02}", rng.below(100))))
        .collect();
    let keys: BTreeSet<&String> = map.keys().collect();
    assert!(keys.len() <= 100, "few keys");
    let group = MapDelta::merge_deltas(&deltas).expect("they agree");
    for (subject, bytes) in [
        (SUBJECT, group.to_bytes().len()),
        (
            "one-by-one",
            deltas.iter().map(|delta| delta.to_bytes().len()).sum(),
        ),
    ] {
        Row {
            bytes: Some(bytes.into()),
            ..Row::new(bench, subject)
        }
        .print(args);
    }
}

const N_NODES: usize = 15;
