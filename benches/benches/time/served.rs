//! A server under load: how long a write takes to everybody else, how many writes a commit carries, and how long
//! it takes until all are back after a restart.
//!
//! Nodes, frames and storage are real: each commit of a file ends with an fsync, and nothing is handed out
//! before. What the server does is timed, one thing after the other; so is what a client does, each on a machine
//! of its own. There are no sockets, the network takes no time, and clients keep what they have in memory.

mod world;

use benches::{Args, Latencies, Row};
use crdt_sync::{MemoryStorage, RedbStorage, Storage};
use crdt_testkit::{Folder, Rng};

use self::world::{Measured, World};

/// How many documents there are, and how many clients each has.
#[derive(Clone, Copy, Debug)]
struct Size {
    n_docs: usize,
    n_clients: usize,
    n_writes: usize,
}

pub(crate) fn run(args: &Args) {
    let sizes = if args.is_smoke() {
        [(1, 10, 20), (10, 2, 20)]
    } else {
        [(1, 10_000, 200), (10_000, 10, 2_000)]
    };
    for (n_docs, n_clients, n_writes) in sizes {
        let size = Size {
            n_docs,
            n_clients,
            n_writes,
        };
        serve(args, size, "crdt-sync", MemoryStorage::new, |same| same);
        let folder = Folder::new("bench");
        let path = folder.join("server.redb");
        let create = || RedbStorage::create(&path).expect("a new file");
        serve(args, size, "crdt-sync, redb", create, |storage| {
            drop(storage);
            RedbStorage::open(&path).expect("a sound file")
        });
    }
}

/// Any client writes, a thousand times a second in all; then the server is started again, and all clients come
/// back at once, to documents of which each has one write that none of them knows.
fn serve<S: Storage>(
    args: &Args,
    size: Size,
    subject: &str,
    create: impl FnOnce() -> S,
    reopen: impl FnOnce(S) -> S,
) {
    let of_size = format!("{}x{}", size.n_docs, size.n_clients);
    let names = ["served", "restart"].map(|job| format!("sync/{job}/{of_size}"));
    if !names.iter().any(|name| args.wants(name)) {
        return;
    }
    let mut world = World::new(create(), size.n_docs, size.n_clients);
    let mut rng = Rng::new(7);
    let writes = (0..size.n_writes).map(|n| {
        let writer = rng.below(size.n_docs * size.n_clients);
        (n as u64 * NANOS_BETWEEN_WRITES, writer)
    });
    let [served, restart] = &names;
    report(args, served, subject, world.write(writes));
    report(args, restart, subject, world.restart(reopen));
}

fn report(args: &Args, bench: &str, subject: &str, measured: Measured) {
    let waits = Latencies::of(measured.waits);
    Row {
        p50_ns: Some(waits.p50_ns),
        p99_ns: Some(waits.p99_ns),
        total_ns: Some(measured.total_ns),
        edits_per_commit: measured.edits_per_commit,
        ..Row::new(bench, subject)
    }
    .print(args);
}

/// A thousand writes a second.
const NANOS_BETWEEN_WRITES: u64 = 1_000_000;
