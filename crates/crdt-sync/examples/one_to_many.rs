//! One to many: a server and its clients, new ones and such that come back, some in the middle of it.
//!
//! `cargo run -p crdt-sync --example one_to_many`

#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "it talks to the person who runs it; the examples share a part"
)]

extern crate alloc;

#[path = "parts/page.rs"]
mod page;

use page::{Nodes, Outcome, agent, open};

const SERVER: usize = 0;

fn main() -> Outcome<()> {
    let (alice, bob) = (agent("alice-1")?, agent("bob-1")?);
    let mut nodes = Nodes::new(4)?;
    // A new client: it has nothing, so it is sent what the state holds.
    let first = nodes.connect(SERVER, 1)?;
    nodes.edit(1, |page| page.write(&alice, "Once upon a time "))?;
    nodes.settle()?;
    nodes.connect(SERVER, 2)?;
    println!("a new client: {} bytes", nodes.settle()?);

    // Offline edits, on both sides of the gap.
    nodes.disconnect(first);
    nodes.edit(1, |page| page.vote(&alice))?;
    nodes.edit(2, |page| page.write(&bob, "there was a server."))?;
    nodes.settle()?;

    // The client comes back and names its place in the server's outbox. It is cut off in the middle.
    let second = nodes.connect(SERVER, 1)?;
    while nodes.carry(2)?.0 > 2 {}
    nodes.disconnect(second);
    println!(
        "cut off: the client reads {:?}",
        nodes.page_of(1)?.text.content()
    );

    // Its process starts again, too. What it had is where it left it, and no more than the rest is sent.
    let node = nodes.list.remove(1);
    nodes.list.insert(1, open(node.into_storage(), 99)?);
    nodes.connect(SERVER, 1)?;
    println!("resumed: {} bytes", nodes.settle()?);
    for client in [1, 2] {
        let page = nodes.page_of(client)?;
        assert_eq!(page.text.content(), "Once upon a time there was a server.");
        assert_eq!(page.votes.value(), 1);
    }
    // Somebody new is sent the whole, and everything after it.
    nodes.connect(SERVER, 3)?;
    println!("one more: {} bytes", nodes.settle()?);
    assert_eq!(nodes.page_of(3)?.votes.value(), 1);
    Ok(())
}

#[test]
fn it_runs() -> Outcome<()> {
    main()
}
