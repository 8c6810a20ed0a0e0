//! Nodes on storages that fail, fill up, and lose what they promised.

use alloc::collections::BTreeSet;

use crdt_core::AgentId;
use crdt_core::codec::Encode as _;
use crdt_maps::OrSet;
use crdt_sync::conformance::FaultyStorage;
use crdt_sync::{Config, DocId, LinkId, Node};
use crdt_testkit::Rng;

type Elements = OrSet<u32>;

/// One process with its disk.
struct Site {
    node: Node<Elements, FaultyStorage>,
    disk: FaultyStorage,
    name: &'static str,
    /// How many processes there were here.
    n_starts: u8,
    /// What this site held when it last handed out frames.
    promised: BTreeSet<u32>,
}

impl Site {
    fn start(name: &'static str, disk: FaultyStorage, n_starts: u8) -> Self {
        let seed = [n_starts, name.len() as u8].repeat(12);
        let entropy = seed.try_into().expect("twelve times two");
        let mut node = Node::open(disk.clone(), config(), entropy).expect("the disk is readable");
        node.add_document(doc()).expect("the disk is readable");
        let mut site = Self {
            node,
            disk,
            name,
            n_starts,
            promised: BTreeSet::new(),
        };
        site.promised = site.elements();
        site
    }

    /// Starts anew after a crash that took the last commits.
    fn restart(&mut self, n_lost: usize) {
        *self = Self::start(self.name, self.disk.crash(n_lost), self.n_starts + 1);
    }

    /// Adds an element, in the name of an agent of this process.
    fn add(&mut self, element: u32) {
        let name = format!("{}-{}", self.name, self.n_starts);
        let agent = AgentId::new(&name).expect("a short name");
        let edited = self
            .node
            .edit(doc(), |set| set.add_with_delta(&agent, element));
        edited.expect("an agent with room for one more dot");
    }

    fn elements(&self) -> BTreeSet<u32> {
        let set = self.node.document(doc()).expect("it was added");
        set.iter().copied().collect()
    }

    fn bytes(&self) -> Vec<u8> {
        self.node.document(doc()).expect("it was added").to_bytes()
    }
}

struct World {
    sites: [Site; 2],
    link: LinkId,
    now: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let sites = [("a", seed), ("server", !seed)]
            .map(|(name, seed)| Site::start(name, FaultyStorage::new(seed), 0));
        let mut world = Self {
            sites,
            link: LinkId(0),
            now: 0,
        };
        world.connect();
        world
    }

    fn connect(&mut self) {
        let last = self.link;
        self.link = LinkId(last.0 + 1);
        for site in &mut self.sites {
            site.node.disconnect(last);
            site.node.connect(self.link).expect("a new link");
            site.node
                .share(self.link, doc())
                .expect("a link that stands");
        }
    }

    /// Carries frames once in each direction; returns how many there were. A commit may fail.
    fn carry(&mut self) -> usize {
        let mut n_frames = 0;
        for (from, to) in [(0, 1), (1, 0)] {
            let Ok(frames) = self.sites[from].node.commit(self.now) else {
                continue;
            };
            self.sites[from].promised = self.sites[from].elements();
            n_frames += frames.len();
            for frame in frames {
                let taken = self.sites[to].node.receive(self.link, &frame.to_bytes());
                taken.expect("a frame of a node");
            }
        }
        n_frames
    }

    /// Has the disks keep their word, and carries until there is nothing to say.
    fn settle(&mut self) {
        for site in &self.sites {
            site.disk.set_failing_percent(0);
            site.disk.set_full(false);
        }
        for _ in 0..8 {
            self.now += 2_000;
            while self.carry() > 0 {}
        }
    }

    fn assert_equal(&self, seed: u64) {
        let [a, b] = &self.sites;
        assert_eq!(a.elements(), b.elements(), "seed {seed}");
        assert_eq!(a.bytes(), b.bytes(), "seed {seed}");
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config.accepts_documents = true;
    config.compact_bytes = 128;
    config.retained_bytes = 128;
    config.max_retry_ms = 1_000;
    config
}

fn doc() -> DocId {
    DocId::from_name("elements")
}

#[test]
fn what_was_told_survives_crashes_and_failing_commits() {
    for seed in 0..500 {
        let mut rng = Rng::new(seed);
        let mut world = World::new(seed);
        let mut told = BTreeSet::new();
        for site in &world.sites {
            site.disk.set_failing_percent(rng.below(40));
        }
        for step in 0..40 {
            let at = rng.below(2);
            match rng.below(10) {
                0..5 => world.sites[at].add(step),
                5 => {
                    told.extend(world.sites[at].promised.iter().copied());
                    let promised = world.sites[at].promised.clone();
                    world.sites[at].restart(0);
                    let found = world.sites[at].elements();
                    assert!(found.is_superset(&promised), "seed {seed}");
                    world.connect();
                }
                6 => world.sites[at].disk.set_full(rng.chance(50)),
                _ => {
                    world.carry();
                }
            }
            world.now += rng.below(300) as u64;
        }
        told.extend(world.sites.iter().flat_map(|site| site.promised.clone()));
        world.settle();
        world.assert_equal(seed);
        let lost: Vec<_> = told
            .difference(&world.sites[0].elements())
            .copied()
            .collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?}");
    }
}

#[test]
fn a_disk_that_lied_is_told_again_what_others_know() {
    for seed in 0..500 {
        let mut rng = Rng::new(seed);
        let mut world = World::new(seed);
        for step in 0..30 {
            let at = rng.below(2);
            match rng.below(8) {
                0..4 => world.sites[at].add(step),
                4 => {
                    world.sites[at].restart(rng.below(6));
                    world.connect();
                }
                _ => {
                    world.carry();
                }
            }
            world.now += rng.below(300) as u64;
        }
        world.settle();
        world.assert_equal(seed);
        // What both knew is with the one that did not crash, and goes back.
        let before = world.sites[1].elements();
        world.sites[0].restart(rng.below(64));
        world.connect();
        world.settle();
        world.assert_equal(seed);
        assert_eq!(world.sites[0].elements(), before, "seed {seed}");
    }
}

#[test]
fn nothing_is_told_while_the_disk_is_full() {
    let mut world = World::new(1);
    world.settle();
    world.sites[0].disk.set_full(true);
    world.sites[0].add(7);
    assert!(world.sites[0].node.commit(0).is_err());
    world.carry();
    assert!(world.sites[1].elements().is_empty());
    world.settle();
    world.assert_equal(1);
    assert_eq!(world.sites[1].elements(), BTreeSet::from([7]));
}
