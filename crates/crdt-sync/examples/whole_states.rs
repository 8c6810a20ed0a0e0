//! Two replicas exchange what they hold, without a node: by whole states, and by what the other lacks.
//!
//! `cargo run -p crdt-sync --example whole_states`

#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "it talks to the person who runs it; the examples share a part"
)]

extern crate alloc;

#[path = "parts/page.rs"]
mod page;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{DeltaState, Summarize};
use page::{Outcome, Page, agent};

fn main() -> Outcome<()> {
    let (alice, bob) = (agent("alice-1")?, agent("bob-1")?);
    let (mut ours, mut theirs) = (Page::default(), Page::default());
    ours.write(&alice, "hello from alice; ")?;
    ours.vote(&alice)?;
    theirs.write(&bob, "hello from bob; ")?;
    theirs.set(&bob, 1_700_000_000_000, "title", "greetings")?;

    // Whole states: nothing to remember, all of it each time.
    let bytes = ours.to_bytes();
    theirs.merge(&Page::from_bytes(&bytes, &DecodeLimits::default())?)?;
    println!("alice sent all she has: {} bytes", bytes.len());

    // Or a summary first, and then what is missing: what a server calls resuming without a place.
    let missing = theirs
        .delta_since(&ours.summary())
        .ok_or("nothing is trimmed")?;
    println!(
        "bob sent what she lacks: {} bytes",
        missing.to_bytes().len()
    );
    ours.apply_delta(&missing)?;

    assert_eq!(ours.to_bytes(), theirs.to_bytes());
    println!("both read: {}", ours.text.content());
    Ok(())
}

#[test]
fn it_runs() -> Outcome<()> {
    main()
}
