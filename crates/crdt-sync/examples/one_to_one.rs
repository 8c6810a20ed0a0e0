//! One to one: two nodes with an outbox each. What is edited offline waits there, grouped.
//!
//! `cargo run -p crdt-sync --example one_to_one`

#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "it talks to the person who runs it; the examples share a part"
)]

extern crate alloc;

#[path = "parts/page.rs"]
mod page;

use crdt_sync::AckLevel;
use page::{Nodes, Outcome, agent, page};

fn main() -> Outcome<()> {
    let (alice, bob) = (agent("alice-1")?, agent("bob-1")?);
    let mut nodes = Nodes::new(2)?;
    let link = nodes.connect(0, 1)?;
    nodes.edit(0, |page| page.write(&alice, "hello "))?;
    nodes.settle()?;
    nodes.disconnect(link);

    // Offline, both go on.
    for n in 0..100 {
        nodes.edit(0, |page| {
            page.set(
                &alice,
                1_700_000_000_000 + n,
                "title",
                &format!("draft {n}"),
            )
        })?;
    }
    nodes.edit(1, |page| page.write(&bob, "world"))?;
    let mark = nodes.list[0].mark(page()).ok_or("no page")?;
    println!("offline: {:?}", nodes.list[0].ack_level(page(), mark));

    // Back online: a hundred drafts travel as one, since only the last counts.
    nodes.connect(0, 1)?;
    let n_bytes = nodes.settle()?;
    println!("reconnected for {n_bytes} bytes, both ways");
    assert!(n_bytes < 3_000);
    assert_eq!(
        nodes.list[0].ack_level(page(), mark),
        Some(AckLevel::Durable)
    );
    assert_eq!(nodes.page_of(0)?.text.content(), "hello world");
    assert_eq!(nodes.page_of(1)?.text.content(), "hello world");
    Ok(())
}

#[test]
fn it_runs() -> Outcome<()> {
    main()
}
