//! Every interleaving, on a small scale: two nodes, a few edits, and at each moment a choice between
//! editing, committing, delivering, dropping, doubling and dying.

use alloc::collections::BTreeSet;
use core::convert::Infallible;

use crdt_core::codec::Encode;
use crdt_maps::GSet;
use crdt_sync::LinkId;

use crate::net::{Frame, Net, config, doc};

type Words = GSet<u8>;

#[derive(Clone, Copy, Debug)]
enum Choice {
    Edit(usize),
    Commit(usize),
    Deliver(usize),
    Drop(usize),
    Double(usize),
    Die(usize),
}

/// What has happened so far: replayed from the start for each branch, since a node cannot be copied.
#[derive(Clone)]
struct Path {
    is_in_step: bool,
    choices: Vec<Choice>,
}

struct World {
    net: Net<Words>,
    in_flight: Vec<Frame>,
    n_edits: u8,
    n_faults: usize,
    /// Words that some commit made durable.
    durable: BTreeSet<u8>,
    link: Option<LinkId>,
}

impl World {
    /// Two nodes that are in step, or that have just been connected.
    fn new(is_in_step: bool) -> Self {
        let mut world = Self {
            net: Net::new(2, &config()),
            in_flight: Vec::new(),
            n_edits: 0,
            n_faults: 0,
            durable: BTreeSet::new(),
            link: None,
        };
        world.link = Some(world.net.connect(0, 1));
        if is_in_step {
            world.net.settle();
        }
        world
    }

    fn take(&mut self, choice: Choice) {
        match choice {
            Choice::Edit(node) => {
                let word = self.n_edits;
                self.n_edits += 1;
                let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word));
                self.net.nodes[node].edit(doc(), edit).unwrap();
            }
            Choice::Commit(node) => self.commit(node),
            Choice::Deliver(at) => {
                let frame = self.in_flight.remove(at);
                self.net.deliver(&frame);
            }
            Choice::Drop(at) => {
                self.n_faults += 1;
                self.in_flight.remove(at);
            }
            Choice::Double(at) => {
                self.n_faults += 1;
                let frame = self.in_flight[at].clone();
                self.net.deliver(&frame);
            }
            Choice::Die(node) => {
                self.n_faults += 1;
                self.in_flight.clear();
                if let Some(link) = self.link.take() {
                    self.net.disconnect(link);
                }
                self.net.restart(node, &config());
                self.link = Some(self.net.connect(0, 1));
            }
        }
    }

    fn commit(&mut self, node: usize) {
        self.net.now += 1;
        let frames = self.net.commit(node);
        self.in_flight.extend(frames);
        self.durable.extend(self.net.state(node).iter().copied());
    }

    fn choices(&self) -> Vec<Choice> {
        let mut choices = Vec::new();
        for node in 0..2 {
            if self.n_edits < 2 {
                choices.push(Choice::Edit(node));
            }
            choices.push(Choice::Commit(node));
            if self.n_faults < 1 {
                choices.push(Choice::Die(node));
            }
        }
        for at in 0..self.in_flight.len().min(3) {
            choices.push(Choice::Deliver(at));
            if self.n_faults < 1 {
                choices.push(Choice::Drop(at));
                choices.push(Choice::Double(at));
            }
        }
        choices
    }

    /// Whatever happened: once nothing is lost any more, both are equal and nothing durable is missing.
    fn conclude(mut self, path: &Path) {
        for frame in core::mem::take(&mut self.in_flight) {
            self.net.deliver(&frame);
        }
        for _ in 0..4 {
            self.net.now += 60_000;
            self.net.settle();
        }
        let (a, b) = (self.net.state(0), self.net.state(1));
        assert_eq!(a.to_bytes(), b.to_bytes(), "{:?}", path.choices);
        assert!(
            self.durable.iter().all(|word| a.contains(word)),
            "{:?}",
            path.choices
        );
    }
}

fn replay(path: &Path) -> World {
    let mut world = World::new(path.is_in_step);
    for choice in &path.choices {
        world.take(*choice);
    }
    world
}

fn explore(path: &mut Path, depth: usize, n_worlds: &mut usize) {
    let world = replay(path);
    let choices = world.choices();
    *n_worlds += 1;
    world.conclude(path);
    if depth == 0 {
        return;
    }
    for choice in choices {
        path.choices.push(choice);
        explore(path, depth - 1, n_worlds);
        path.choices.pop();
    }
}

/// How many worlds there are.
fn explore_all(is_in_step: bool) -> usize {
    let depth = if std::env::var_os("CRDT_SLOW").is_some() {
        8
    } else {
        6
    };
    let mut path = Path {
        is_in_step,
        choices: Vec::new(),
    };
    let mut n_worlds = 0;
    explore(&mut path, depth, &mut n_worlds);
    n_worlds
}

#[test]
fn every_interleaving_of_two_edits_and_one_fault_ends_well() {
    let n_worlds = explore_all(true);
    assert!(n_worlds > 15_000, "{n_worlds} worlds");
}

#[test]
fn every_interleaving_of_a_handshake_ends_well() {
    let n_worlds = explore_all(false);
    assert!(n_worlds > 15_000, "{n_worlds} worlds");
}
