//! A node that is told things out of protocol: frames of other conversations, damaged, repeated, late, from
//! a neighbour that may be anyone.
//!
//! **Input.** Steps of one byte each: what happens. Some take a piece of the bytes that follow.
//!
//! **Judged.** The node never panics; what it holds can be stored and read back; honest neighbours still
//! agree with it in the end, and what they wrote is not lost.

use crdt_core::AgentId;
use crdt_core::codec::Encode;
use crdt_maps::{OrMap, OrSet};
use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node};

use crate::input::{choice, joined, piece};

type Doc = OrMap<String, OrSet<u16>>;
type Peer = Node<Doc, MemoryStorage>;

const HONEST: LinkId = LinkId(1);

/// Plays the steps that `bytes` stand for.
///
/// # Panics
/// If a promise is broken.
pub fn run(mut bytes: &[u8]) {
    let mut scene = Scene::new();
    while !bytes.is_empty() {
        let (step, rest) = choice(bytes);
        bytes = scene.step(step, rest);
    }
    scene.judge();
}

/// Conversations to fall out of.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![
        vec![0x10, 0x11, 0x10, 0x11, 0x20, 0x10, 0x11],
        vec![0x12, 0x02, 0x13, 0x05, 0x12, 0x40, 0x13, 0x07],
    ];
    let frames = conversation();
    for frame in &frames {
        seeds.push([&[0x30][..], &joined(frame, &[])].concat());
    }
    let told = frames.iter().flat_map(|frame| {
        let frame = joined(frame, &[]);
        [&[0x30][..], &frame].concat()
    });
    seeds.push(told.collect());
    seeds
}

/// The node under trial, an honest neighbour, and what a third one said to somebody else.
struct Scene {
    node: Peer,
    honest: Peer,
    /// Frames to the node that another neighbour sent in a conversation that went well.
    recorded: Vec<Vec<u8>>,
    /// The link of the one who does not keep to the protocol.
    stranger: LinkId,
    n_words: u16,
    now: u64,
}

impl Scene {
    fn new() -> Self {
        let (mut node, mut honest) = (peer(1), peer(2));
        for peer in [&mut node, &mut honest] {
            peer.connect(HONEST).expect("a new link");
            peer.share(HONEST, doc()).expect("it stands");
        }
        let mut scene = Self {
            node,
            honest,
            recorded: conversation(),
            stranger: LinkId(2),
            n_words: 0,
            now: 0,
        };
        scene.node.connect(scene.stranger).expect("a new link");
        write(&mut scene.honest, "honest", 0);
        scene
    }

    /// Takes a step; returns the bytes that it left.
    fn step<'a>(&mut self, step: usize, bytes: &'a [u8]) -> &'a [u8] {
        match step >> 4 {
            1 => {
                let frame = &self.recorded[(step & 15) % self.recorded.len()];
                let frame = frame.clone();
                self.tell(&frame);
            }
            2 => self.exchange(),
            3 => {
                let (frame, rest) = piece(bytes);
                self.tell(frame);
                return rest;
            }
            4 | 5 => {
                // A recorded frame with one byte changed.
                let [at, by, rest @ ..] = bytes else {
                    return &[];
                };
                let number = step & 31;
                let mut frame = self.recorded[number % self.recorded.len()].clone();
                let at = usize::from(*at) % frame.len().max(1);
                if let Some(byte) = frame.get_mut(at) {
                    *byte = byte.wrapping_add(*by);
                }
                self.tell(&frame);
                return rest;
            }
            6 => {
                self.n_words += 1;
                write(&mut self.honest, "honest", self.n_words);
            }
            7 => self.now += 1 << (step & 15),
            8 => {
                let (head, rest) = piece(bytes);
                let frame = &self.recorded[(step & 15) % self.recorded.len()];
                let cut = frame
                    .len()
                    .min(usize::from(rest.first().copied().unwrap_or(0)));
                let frame = [&frame[..cut], head].concat();
                self.tell(&frame);
                return rest;
            }
            _ => {
                self.node.disconnect(self.stranger);
                self.meet_another();
            }
        }
        bytes
    }

    /// The stranger says something; a link that was cut is made anew.
    fn tell(&mut self, frame: &[u8]) {
        if self.node.receive(self.stranger, frame).is_err() {
            self.meet_another();
        }
    }

    fn meet_another(&mut self) {
        self.stranger = LinkId(self.stranger.0 + 1);
        self.node.connect(self.stranger).expect("a new link");
    }

    /// Frames flow between the node and its honest neighbour.
    fn exchange(&mut self) {
        for _ in 0..32 {
            self.now += 1_000;
            let Ok(to_honest) = self.node.commit(self.now);
            let Ok(to_node) = self.honest.commit(self.now);
            let to_honest = to_honest.iter().filter(|frame| frame.link == HONEST);
            for frame in to_honest {
                self.honest
                    .receive(HONEST, &frame.to_bytes())
                    .expect("the node keeps to the protocol");
            }
            for frame in &to_node {
                self.node
                    .receive(HONEST, &frame.to_bytes())
                    .expect("an honest frame");
            }
        }
    }

    fn judge(mut self) {
        self.node.disconnect(self.stranger);
        self.exchange();
        let held = held(&self.node);
        assert_eq!(held, self::held(&self.honest), "honest replicas agree");
        let words = self.node.document(doc()).and_then(|map| map.get("honest"));
        let words = words.expect("what was written is not lost");
        for n in 0..=self.n_words {
            assert!(words.contains(&n), "what was written is not lost");
        }
        let storage = self.node.into_storage();
        let mut after = Peer::open(storage, config(), [9; 24]).expect("its own storage");
        after.add_document(doc()).expect("what was stored is read");
        assert_eq!(self::held(&after), held, "stored and read back");
    }
}

/// All frames that a node gets of a neighbour that holds something.
fn conversation() -> Vec<Vec<u8>> {
    let (mut node, mut other) = (peer(1), peer(3));
    let link = LinkId(7);
    for peer in [&mut node, &mut other] {
        peer.connect(link).expect("a new link");
        peer.share(link, doc()).expect("it stands");
    }
    write(&mut node, "ours", 1);
    let mut frames = Vec::new();
    for n in 0..6 {
        write(&mut other, if n % 2 == 0 { "theirs" } else { "more" }, n);
        let Ok(sent) = other.commit(u64::from(n) * 100);
        for frame in sent {
            node.receive(link, &frame.to_bytes()).expect("honest");
            frames.push(frame.to_bytes());
        }
        let Ok(answers) = node.commit(u64::from(n) * 100);
        for frame in answers {
            other.receive(link, &frame.to_bytes()).expect("honest");
        }
    }
    frames
}

fn peer(n: u8) -> Peer {
    let mut peer = Peer::open(MemoryStorage::new(), config(), [n; 24]).expect("an empty storage");
    peer.add_document(doc()).expect("a new document");
    peer
}

fn config() -> Config {
    let mut config = Config::default();
    config.accepts_documents = true;
    config.inline_summary_bytes = 8;
    config.max_plain_summary_bytes = 64;
    config.max_events_per_delta = 1 << 12;
    config.max_transfer_bytes = 1 << 16;
    config.decode = config.decode.with_max_items(1 << 12);
    config
}

fn doc() -> DocId {
    DocId::from_name("doc")
}

fn write(peer: &mut Peer, key: &str, word: u16) {
    let agent = AgentId::new(key).expect("a short name");
    let edit = |map: &mut Doc| {
        map.update_with_delta(&agent, key.into(), |set, minter| set.add(minter, word))
    };
    peer.edit(doc(), edit).expect("an edit");
}

fn held(peer: &Peer) -> Vec<u8> {
    peer.document(doc())
        .map(Encode::to_bytes)
        .unwrap_or_default()
}
