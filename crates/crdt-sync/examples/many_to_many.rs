//! Many to many: a mesh of relays, each with clients. Nobody knows everybody, and all end equal.
//!
//! `cargo run -p crdt-sync --example many_to_many`

#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "it talks to the person who runs it; the examples share a part"
)]

extern crate alloc;

#[path = "parts/page.rs"]
mod page;

use crdt_core::codec::Encode;
use page::{Nodes, Outcome, agent};

/// Relays are nodes that nobody edits at: there is nothing else to them.
const RELAYS: [usize; 4] = [0, 1, 2, 3];
const CLIENTS: [usize; 4] = [4, 5, 6, 7];

fn main() -> Outcome<()> {
    let mut nodes = Nodes::new(8)?;
    // Relays in a ring with a chord: there are circles.
    for (a, b) in [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)] {
        nodes.connect(a, b)?;
    }
    for (relay, client) in RELAYS.into_iter().zip(CLIENTS) {
        nodes.connect(relay, client)?;
    }
    nodes.settle()?;
    for client in CLIENTS {
        let writer = agent(&format!("client-{client}"))?;
        nodes.edit(client, |page| page.write(&writer, &format!("[{client}] ")))?;
        nodes.edit(client, |page| page.vote(&writer))?;
    }
    // What comes from several sides is news once, and passed on once.
    println!("gossip: {} bytes", nodes.settle()?);
    let bytes = nodes.page_of(0)?.to_bytes();
    for node in RELAYS.into_iter().chain(CLIENTS) {
        assert_eq!(nodes.page_of(node)?.to_bytes(), bytes);
    }
    let page = nodes.page_of(7)?;
    println!(
        "all read {:?}, {} votes",
        page.text.content(),
        page.votes.value()
    );
    assert_eq!(page.votes.value(), 4);
    Ok(())
}

#[test]
fn it_runs() -> Outcome<()> {
    main()
}
