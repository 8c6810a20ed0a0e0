//! Every interleaving, on a small scale: two or three nodes, a few edits, and at each moment a choice
//! between editing, committing, delivering, dropping, doubling, waiting and dying.
//!
//! Worlds that are the same by all that they hold are visited once, whichever way led there. Each is
//! brought to rest, and must end equal, with nothing durable missing.
//!
//! `CRDT_SLOW=1` goes deeper, for many minutes; a larger number is the depth.

use alloc::collections::{BTreeMap, BTreeSet};
use core::convert::Infallible;
use core::fmt::{self, Write as _};
use core::hash::Hasher as _;
use std::hash::DefaultHasher;

use crdt_core::codec::Encode;
use crdt_maps::GSet;
use crdt_sync::LinkId;

use crate::net::{Frame, Net, config, doc};

type Words = GSet<u8>;

/// One way of a link: the link, and to whom.
type Way = (LinkId, usize);

#[derive(Clone, Copy, Debug)]
enum Choice {
    Edit(usize),
    /// An edit that is durable and on its way at once.
    Write(usize),
    Commit(usize),
    /// The frame at that place of those on one way.
    Deliver(Way, usize),
    Drop(Way, usize),
    Double(Way, usize),
    /// So long that everything unanswered is sent again.
    Wait,
    Die(usize),
}

/// What may happen, and for how long.
#[derive(Clone, Copy, Debug)]
struct Scope {
    links: &'static [(usize, usize)],
    /// Whether all have met before.
    is_in_step: bool,
    max_edits: u8,
    max_faults: usize,
    /// Whether an edit and its commit are one step.
    is_coarse: bool,
    depth: usize,
}

struct World {
    scope: Scope,
    net: Net<Words>,
    /// In the order in which they were sent.
    in_flight: BTreeMap<Way, Vec<Frame>>,
    n_edits: u8,
    n_faults: usize,
    /// Words that some commit made durable.
    durable: BTreeSet<u8>,
    links: Vec<LinkId>,
}

impl World {
    fn new(scope: Scope) -> Self {
        let n_nodes = 1 + scope.links.iter().map(|(a, b)| *a.max(b)).max().unwrap();
        let mut world = Self {
            scope,
            net: Net::new(n_nodes, &config()),
            in_flight: BTreeMap::new(),
            n_edits: 0,
            n_faults: 0,
            durable: BTreeSet::new(),
            links: Vec::new(),
        };
        for (a, b) in scope.links {
            world.links.push(world.net.connect(*a, *b));
        }
        if scope.is_in_step {
            world.net.settle();
        }
        world
    }

    /// The world after some choices: a node cannot be copied, so all of it happens again.
    fn after(scope: Scope, choices: &[Choice]) -> Self {
        let mut world = Self::new(scope);
        for choice in choices {
            world.take(*choice);
        }
        world
    }

    fn take(&mut self, choice: Choice) {
        match choice {
            Choice::Edit(node) => self.edit(node),
            Choice::Write(node) => {
                self.edit(node);
                self.commit(node);
            }
            Choice::Commit(node) => self.commit(node),
            Choice::Deliver(way, at) => {
                let frame = self.take_frame(way, at);
                self.net.deliver(&frame);
                if self.scope.is_coarse {
                    self.commit(way.1);
                }
            }
            Choice::Drop(way, at) => {
                self.n_faults += 1;
                self.take_frame(way, at);
            }
            Choice::Double(way, at) => {
                self.n_faults += 1;
                let frame = self.in_flight[&way][at].clone();
                self.net.deliver(&frame);
            }
            Choice::Wait => {
                self.n_faults += 1;
                self.net.now += 60_000;
            }
            Choice::Die(node) => {
                self.n_faults += 1;
                self.die(node);
            }
        }
    }

    fn edit(&mut self, node: usize) {
        let word = self.n_edits;
        self.n_edits += 1;
        let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word));
        self.net.nodes[node].edit(doc(), edit).unwrap();
    }

    fn commit(&mut self, node: usize) {
        for frame in self.net.commit(node) {
            let way = self.in_flight.entry((frame.link, frame.to)).or_default();
            way.push(frame);
        }
        self.durable.extend(self.net.state(node).iter().copied());
    }

    fn take_frame(&mut self, way: Way, at: usize) -> Frame {
        let frames = self.in_flight.get_mut(&way).unwrap();
        let frame = frames.remove(at);
        if frames.is_empty() {
            self.in_flight.remove(&way);
        }
        frame
    }

    fn die(&mut self, node: usize) {
        let scope = self.scope;
        for (link, (a, b)) in self.links.iter_mut().zip(scope.links) {
            if [*a, *b].contains(&node) {
                self.net.disconnect(*link);
                self.in_flight.retain(|(gone, _), _| gone != link);
            }
        }
        self.net.restart(node, &config());
        for (link, (a, b)) in self.links.iter_mut().zip(scope.links) {
            if [*a, *b].contains(&node) {
                *link = self.net.connect(*a, *b);
            }
        }
    }

    fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        let may_fail = self.n_faults < self.scope.max_faults;
        for node in 0..self.net.nodes.len() {
            if self.n_edits < self.scope.max_edits {
                choices.push(Choice::Write(node));
            }
            if self.n_edits < self.scope.max_edits && !self.scope.is_coarse {
                choices.push(Choice::Edit(node));
            }
            if !self.scope.is_coarse {
                choices.push(Choice::Commit(node));
            }
            if may_fail {
                choices.push(Choice::Die(node));
            }
        }
        for (way, frames) in &self.in_flight {
            for at in 0..frames.len().min(2) {
                choices.push(Choice::Deliver(*way, at));
                if may_fail {
                    choices.push(Choice::Drop(*way, at));
                    choices.push(Choice::Double(*way, at));
                }
            }
        }
        if may_fail {
            choices.push(Choice::Wait);
        }
        choices
    }

    /// Stands for all that the world holds.
    fn digest(&self) -> u64 {
        let Self { net, .. } = self;
        let counts = (self.n_edits, self.n_faults, net.now, &self.durable);
        let mut shown = Shown::default();
        write!(shown, "{:?} {:?} {counts:?}", net.nodes, self.in_flight).unwrap();
        shown.0.finish()
    }

    /// Whatever happened: once nothing is lost any more, all are equal and nothing durable is missing.
    fn conclude(mut self, path: &[Choice]) {
        for frame in core::mem::take(&mut self.in_flight).into_values().flatten() {
            self.net.deliver(&frame);
        }
        for _ in 0..4 {
            self.net.now += 60_000;
            self.net.settle();
        }
        let first = self.net.state(0);
        for node in 1..self.net.nodes.len() {
            let other = self.net.state(node);
            assert_eq!(first.to_bytes(), other.to_bytes(), "{path:?}");
        }
        let is_kept = self.durable.iter().all(|word| first.contains(word));
        assert!(is_kept, "{path:?}");
    }
}

/// Hashes what is written, as it is written: it may be long, and there are very many of it.
///
/// Two worlds with one hash would be taken for one: with a million of them, once in many million runs.
#[derive(Default)]
struct Shown(DefaultHasher);

impl fmt::Write for Shown {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// Visits every world within a scope, the nearest first; returns how many there are.
fn explore(scope: Scope) -> usize {
    let mut seen = BTreeSet::from([World::new(scope).digest()]);
    let mut paths: Vec<Vec<Choice>> = vec![Vec::new()];
    for depth in 0..=scope.depth {
        let mut next = Vec::new();
        for path in &paths {
            let world = World::after(scope, path);
            let choices = world.choices();
            world.conclude(path);
            if depth == scope.depth {
                continue;
            }
            for choice in choices {
                let longer: Vec<Choice> = path.iter().copied().chain([choice]).collect();
                if seen.insert(World::after(scope, &longer).digest()) {
                    next.push(longer);
                }
            }
        }
        paths = next;
    }
    seen.len()
}

/// As deep as there is time for.
fn explore_to(scope: Scope, quick: usize, slow: usize) -> usize {
    let asked = std::env::var("CRDT_SLOW").ok();
    let depth = asked.as_ref().map_or(quick, |asked| {
        let depth = asked.parse().ok().filter(|depth| *depth > 1);
        depth.unwrap_or(slow)
    });
    let n_worlds = explore(Scope { depth, ..scope });
    if asked.is_some() {
        // For whoever has waited so long.
        std::io::Write::write_fmt(
            &mut std::io::stdout(),
            format_args!("{n_worlds} worlds of depth {depth} in {scope:?}\n"),
        )
        .unwrap();
    }
    n_worlds
}

const PAIR: Scope = Scope {
    links: &[(0, 1)],
    is_in_step: true,
    max_edits: 2,
    max_faults: 1,
    is_coarse: false,
    depth: 0,
};

const LINE: &[(usize, usize)] = &[(0, 1), (1, 2)];
const RING: &[(usize, usize)] = &[(0, 1), (1, 2), (2, 0)];

#[test]
fn every_interleaving_of_two_edits_and_one_fault_ends_well() {
    let n_worlds = explore_to(PAIR, 6, 12);
    assert!(n_worlds > 1_000, "{n_worlds} worlds");
}

#[test]
fn every_interleaving_of_a_handshake_ends_well() {
    let scope = Scope {
        is_in_step: false,
        ..PAIR
    };
    let n_worlds = explore_to(scope, 6, 10);
    assert!(n_worlds > 1_000, "{n_worlds} worlds");
}

#[test]
fn every_interleaving_of_three_nodes_in_a_line_ends_well() {
    let scope = Scope {
        links: LINE,
        max_edits: 3,
        ..PAIR
    };
    let n_worlds = explore_to(scope, 4, 6);
    assert!(n_worlds > 1_000, "{n_worlds} worlds");
}

#[test]
fn every_interleaving_of_six_edits_in_a_ring_ends_well() {
    let scope = Scope {
        links: RING,
        max_edits: 6,
        is_coarse: true,
        ..PAIR
    };
    let n_worlds = explore_to(scope, 4, 6);
    assert!(n_worlds > 1_000, "{n_worlds} worlds");
}
