//! Networks with circles: what comes from several sides is passed on once.

use crdt_core::AgentId;
use crdt_maps::OrSet;

use crate::net::{Frame, Net, config, doc};

type Words = OrSet<String>;

const N_NODES: usize = 15;

/// Every node has four neighbours.
fn mesh() -> Net<Words> {
    let mut net = Net::new(N_NODES, &config());
    for node in 0..N_NODES {
        net.connect(node, (node + 1) % N_NODES);
        net.connect(node, (node + 4) % N_NODES);
    }
    net.settle();
    net
}

fn add(net: &mut Net<Words>, node: usize, word: String) {
    let agent = AgentId::new(&format!("agent-{node:02}")).unwrap();
    let edit = |words: &mut Words| words.add_with_delta(&agent, word);
    net.nodes[node].edit(doc(), edit).unwrap();
}

/// Every node commits, then every frame arrives.
fn round(net: &mut Net<Words>) -> Vec<Frame> {
    let frames: Vec<Frame> = (0..N_NODES).flat_map(|node| net.commit(node)).collect();
    for frame in &frames {
        net.deliver(frame);
    }
    frames
}

fn n_times(frames: &[Frame], word: &str) -> usize {
    let holds = |frame: &&Frame| {
        let mut parts = frame.bytes.windows(word.len());
        parts.any(|part| part == word.as_bytes())
    };
    frames.iter().filter(holds).count()
}

/// Each of 15 nodes passes a word on to those of its neighbours that did not bring it: four for who wrote
/// it, three for the others. It used to be sent again with every group in which it came from elsewhere.
#[test]
fn in_a_mesh_a_word_is_passed_on_once_by_every_node() {
    let mut net = mesh();
    let mut frames = Vec::new();
    for n in 0..20 {
        for node in 0..N_NODES {
            add(&mut net, node, format!("word-{n:02}-{node:02}."));
        }
        frames.extend(round(&mut net));
    }
    frames.extend(net.settle());
    net.assert_equal();
    for n in 0..20 {
        for node in 0..N_NODES {
            let word = format!("word-{n:02}-{node:02}.");
            let n_times = n_times(&frames, &word);
            assert!(n_times <= 4 + 3 * (N_NODES - 1), "{word} {n_times} times");
        }
    }
}
