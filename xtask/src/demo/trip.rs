//! The last part of the demo: text, list and votes in one document, kept equal by nodes. Three clients and a
//! server; a lossy link, offline edits, a resume that is cut off, a server that dies.

use crate::feed::sha256_hex;
use crate::outcome::{Outcome, Stop};
use crdt_core::AgentId;
use crdt_core::codec::Encode;
use crdt_counters::{PnCounter, ResettableCounter};
use crdt_maps::OrMap;
use crdt_sync::{Config, DocId, LinkId, MemoryStorage, Node};
use crdt_testkit::net::{Faults, Network, Parcel};
use crdt_text::{Chars, TextDoc};

crdt_core::replicated! {
    /// A trip, planned together.
    #[derive(Clone, Debug, Default)]
    struct Trip {
        plan: TextDoc,
        supplies: OrMap<String, ResettableCounter>,
        yes: PnCounter,
    }
    delta TripDelta, summary TripSummary
}

const SERVER: usize = 0;
const NAMES: [&str; 4] = ["server", "ann", "bob", "cho"];

const LOSSY: Faults = Faults {
    lost_percent: 30,
    doubled_percent: 20,
    min_delay: 5,
    max_delay: 60,
};

/// Longer than any link that is not dead needs.
const MAX_WAIT: u64 = 600_000;

struct World {
    nodes: Vec<Node<Trip, MemoryStorage>>,
    net: Network,
    now: u64,
    n_openings: u8,
    n_links: u64,
    /// The link of each client, if it is online.
    links: [Option<u64>; 4],
    n_frames: usize,
    n_bytes: usize,
}

pub(super) fn run(seed: u64) -> Result<Outcome, Stop> {
    println!(
        "\n6. Nodes: plan, list and votes in one document; three clients, a server, the same bad link."
    );
    let mut world = World::new(seed)?;
    for client in 1..NAMES.len() {
        world.connect(client)?;
    }
    world.write(1, "Meet at 8. ")?;
    world.settle("all online, ann writes")?;

    for client in 1..NAMES.len() {
        world.disconnect(client);
    }
    world.write(1, "Bring boots. ")?;
    world.write(2, "Train from platform 3. ")?;
    world.count(2, "forks", 4)?;
    world.count(3, "forks", 2)?;
    world.vote(1)?;
    world.vote(3)?;
    world.connect(1)?;
    world.connect(2)?;
    world.settle("all edit offline; ann and bob come back")?;

    world.connect(3)?;
    world.run_for(40)?;
    world.disconnect(3);
    println!("   cho comes back and is cut off in the middle");
    world.restart(SERVER)?;
    println!("   the server dies and starts again on what it stored");
    for client in 1..NAMES.len() {
        world.connect(client)?;
    }
    world.settle("everybody connects anew")?;
    world.conclude()
}

impl World {
    fn new(seed: u64) -> Result<Self, Stop> {
        let mut world = Self {
            nodes: Vec::new(),
            net: Network::new(seed, LOSSY),
            now: 0,
            n_openings: 0,
            n_links: 0,
            links: [None; 4],
            n_frames: 0,
            n_bytes: 0,
        };
        for _ in NAMES {
            let node = world.open(MemoryStorage::new())?;
            world.nodes.push(node);
        }
        Ok(world)
    }

    fn open(&mut self, storage: MemoryStorage) -> Result<Node<Trip, MemoryStorage>, Stop> {
        self.n_openings += 1;
        let mut config = Config::default();
        config.accepts_documents = true;
        let node = Node::open(storage, config, [self.n_openings; 24]);
        let mut node = node.map_err(Stop::broken("cannot open the storage"))?;
        let added = node.add_document(trip());
        added.map_err(Stop::broken("cannot read the trip"))?;
        Ok(node)
    }

    /// Ends a process and starts it again: what it had not committed is gone, and so are its links.
    fn restart(&mut self, idx: usize) -> Result<(), Stop> {
        for client in 1..NAMES.len() {
            self.disconnect(client);
        }
        let placeholder = self.open(MemoryStorage::new())?;
        let storage = core::mem::replace(&mut self.nodes[idx], placeholder).into_storage();
        self.nodes[idx] = self.open(storage)?;
        Ok(())
    }

    fn edit(
        &mut self,
        client: usize,
        edit: impl FnOnce(&mut Trip, &AgentId) -> Result<TripDelta, String>,
    ) -> Result<(), Stop> {
        let agent = AgentId::new(NAMES[client]).map_err(Stop::broken("a name is refused"))?;
        let edited = self.nodes[client].edit(trip(), |trip| edit(trip, &agent).map_err(Failed));
        edited.map_err(Stop::broken("an edit is refused"))
    }

    fn write(&mut self, client: usize, text: &str) -> Result<(), Stop> {
        println!("   {}  writes {text:?}", NAMES[client]);
        self.edit(client, |trip, agent| {
            let writer = trip.plan.get_or_create_agent_id(agent);
            let writer = writer.map_err(|error| error.to_string())?;
            let end = Chars(trip.plan.len_chars());
            let (inserted, plan) = trip
                .plan
                .edit_with_delta(|plan| plan.insert(writer, end, text));
            inserted.map_err(|error| error.to_string())?;
            Ok(TripDelta {
                plan,
                ..TripDelta::default()
            })
        })
    }

    fn count(&mut self, client: usize, key: &str, by: u64) -> Result<(), Stop> {
        println!("   {}  {key} +{by}", NAMES[client]);
        self.edit(client, |trip, agent| {
            let supplies =
                trip.supplies
                    .update_with_delta(agent, key.to_string(), |tally, minter| {
                        tally.increment(minter, by)
                    });
            Ok(TripDelta {
                supplies: supplies.map_err(|error| error.to_string())?,
                ..TripDelta::default()
            })
        })
    }

    fn vote(&mut self, client: usize) -> Result<(), Stop> {
        println!("   {}  votes yes", NAMES[client]);
        self.edit(client, |trip, agent| {
            let yes = trip.yes.increment_with_delta(agent, 1);
            Ok(TripDelta {
                yes: yes.map_err(|error| error.to_string())?,
                ..TripDelta::default()
            })
        })
    }

    fn connect(&mut self, client: usize) -> Result<(), Stop> {
        let link = LinkId(self.n_links);
        self.links[client] = Some(self.n_links);
        self.n_links += 1;
        for idx in [SERVER, client] {
            let node = &mut self.nodes[idx];
            let connected = node.connect(link).and_then(|()| node.share(link, trip()));
            connected.map_err(Stop::broken("cannot connect"))?;
        }
        Ok(())
    }

    fn disconnect(&mut self, client: usize) {
        if let Some(link) = self.links[client].take() {
            self.net.cut(link);
            for idx in [SERVER, client] {
                self.nodes[idx].disconnect(LinkId(link));
            }
        }
    }

    fn run_for(&mut self, millis: u64) -> Result<(), Stop> {
        let end = self.now + millis;
        while self.now < end {
            self.tick()?;
        }
        Ok(())
    }

    /// Ten milliseconds: what arrives is taken in, then all commit.
    fn tick(&mut self) -> Result<bool, Stop> {
        self.now += 10;
        let mut is_busy = false;
        while let Some(parcel) = self.net.receive(self.now) {
            is_busy = true;
            let link = LinkId(parcel.connection);
            let received = self.nodes[parcel.to].receive(link, &parcel.bytes);
            received.map_err(Stop::broken("a frame is refused"))?;
        }
        for idx in 0..self.nodes.len() {
            let frames = self.nodes[idx].commit(self.now);
            for frame in frames.map_err(Stop::broken("cannot store"))? {
                is_busy = true;
                self.n_frames += 1;
                self.n_bytes += frame.len();
                let client = self
                    .links
                    .iter()
                    .position(|link| *link == Some(frame.link.0));
                let to = if idx == SERVER { client } else { Some(SERVER) };
                if let Some(to) = to {
                    let parcel = Parcel {
                        connection: frame.link.0,
                        to,
                        bytes: frame.to_bytes(),
                    };
                    self.net.send(self.now, parcel);
                }
            }
        }
        Ok(is_busy)
    }

    /// Lets the network come to rest.
    fn settle(&mut self, what: &str) -> Result<(), Stop> {
        (self.n_frames, self.n_bytes) = (0, 0);
        let start = self.now;
        let waits = |world: &Self| {
            let wake = world.nodes.iter().any(|node| node.next_wake().is_some());
            wake || world.net.next_arrival().is_some()
        };
        self.tick()?;
        while waits(self) && self.now - start < MAX_WAIT {
            self.tick()?;
        }
        println!(
            "   {what}: at rest after {} frames, {} bytes, {} ms",
            self.n_frames,
            self.n_bytes,
            self.now - start
        );
        Ok(())
    }

    fn conclude(&self) -> Result<Outcome, Stop> {
        println!();
        let mut digests = Vec::new();
        for (node, name) in self.nodes.iter().zip(NAMES) {
            let Some(trip) = node.document(trip()) else {
                continue;
            };
            let forks = trip.supplies.get("forks").map_or(0, |tally| tally.value());
            let plan = trip.plan.content();
            println!(
                "   {name:6} | {} | forks {forks} | yes {}",
                plan.trim_end(),
                trip.yes.value()
            );
            digests.push(sha256_hex(trip.to_bytes()));
        }
        for (digest, name) in digests.iter().zip(NAMES) {
            println!("   {name:6}  sha256 {digest}");
        }
        let equal = digests.len() == NAMES.len() && digests.iter().all(|d| *d == digests[0]);
        println!("   {}", if equal { "equal" } else { "NOT EQUAL" });
        Ok(Outcome::passed_if(equal))
    }
}

/// Why an edit of the demo failed.
#[derive(Debug)]
struct Failed(String);

impl core::fmt::Display for Failed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Failed {}

fn trip() -> DocId {
    DocId::from_name("trip")
}
