//! Benchmarks of the time that synchronisation takes.

use core::cell::RefCell;

use benches::pages::{entropy, meet, open};
use benches::{Args, Timings};
use crdt_core::AgentId;
use crdt_counters::PnCounter;
use crdt_sync::{DocId, LinkId, MemoryStorage, Node};

type Votes = Node<PnCounter, MemoryStorage>;

pub(crate) fn run(args: &Args, timings: &mut Timings) {
    let n_subscribers = if args.is_smoke() { 10 } else { 10_000 };
    let bench = format!("sync/fan-out/{n_subscribers}");
    if args.wants(&bench) {
        fan_out(timings, &bench, n_subscribers);
    }
}

/// An edit is committed and framed for so many neighbours that wait for it.
fn fan_out(timings: &mut Timings, bench: &str, n_subscribers: u64) {
    let star = RefCell::new(Star::new(n_subscribers));
    let alice = AgentId::new("alice").expect("a short name");
    timings.job(
        bench,
        || star.borrow_mut().acknowledge(),
        |()| {
            let star = &mut *star.borrow_mut();
            let (server, now) = (&mut star.server, star.now);
            let edit = |votes: &mut PnCounter| votes.increment_with_delta(&alice, 1);
            server.edit(votes(), edit).expect("a document");
            server.commit(now).expect("memory")
        },
    );
}

/// A server with many links. All clients are equal, so that one of them can answer for all.
struct Star {
    server: Votes,
    client: Votes,
    n_links: u64,
    now: u64,
}

impl Star {
    fn new(n_links: u64) -> Self {
        let (mut server, mut client) = (open(votes(), entropy(0)), open(votes(), entropy(1)));
        for link in 0..n_links {
            let mut other = open(votes(), entropy(1));
            let client = if link == 0 { &mut client } else { &mut other };
            meet(&mut server, client, LinkId(link), votes());
        }
        Self {
            server,
            client,
            n_links,
            now: 0,
        }
    }

    /// Brings the clients into step: the frames of the last job are dropped with its result, so they are
    /// sent again; what one client answers, all answer.
    fn acknowledge(&mut self) {
        self.now += 1_000_000;
        for frame in self.server.commit(self.now).expect("memory") {
            if frame.link == LinkId(0) {
                self.client
                    .receive(frame.link, &frame.to_bytes())
                    .expect("honest");
            }
        }
        for answer in self.client.commit(self.now).expect("memory") {
            for link in 0..self.n_links {
                self.server
                    .receive(LinkId(link), &answer.to_bytes())
                    .expect("honest");
            }
        }
        let rest = self.server.commit(self.now).expect("memory");
        assert!(rest.is_empty(), "all are in step");
    }
}

fn votes() -> DocId {
    DocId::from_name("votes")
}
