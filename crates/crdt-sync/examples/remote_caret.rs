//! A caret that others see, and undo of one's own edits: what an editor keeps beside the text.
//!
//! `cargo run -p crdt-sync --example remote_caret`

#![allow(
    clippy::print_stdout,
    dead_code,
    reason = "it talks to the person who runs it; the examples share a part"
)]

extern crate alloc;

#[path = "parts/page.rs"]
mod page;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_text::{Anchor, Bias, TextUndoStack};
use page::{Nodes, Outcome, agent, page};

/// What one caret may cost to show, in events: who sent it chose its version.
const MAX_CARET_EVENTS: u64 = 100_000;

/// A caret is told again before its time is up.
const LEFT_MS: u64 = 10_000;

fn main() -> Outcome<()> {
    let (alice, bob) = (agent("alice-1")?, agent("bob-1")?);
    let mut nodes = Nodes::new(2)?;
    nodes.connect(0, 1)?;
    nodes.edit(0, |page| page.write(&alice, "bread and butter"))?;
    nodes.settle()?;

    // Alice's caret stands behind "bread". She tells it as an anchor: Bob's text may be ahead of hers.
    let caret = nodes.page_of(0)?.text.anchor(5, Bias::Left)?.to_bytes();
    nodes.list[0].set_presence(page(), &alice, b"caret", Some(&caret), LEFT_MS)?;
    let mut undo = TextUndoStack::new();
    nodes.edit(1, |page| {
        page.edit_text(&bob, |text, bob| undo.insert(text, bob, 0, "fresh "))
    })?;
    nodes.settle()?;
    println!("{}", shown(&nodes, 1)?);
    assert_eq!(shown(&nodes, 1)?, "fresh bread|alice-1| and butter");

    // Alice writes on; then Bob takes back what he wrote, and nothing of hers.
    nodes.edit(0, |page| page.write(&alice, "!"))?;
    nodes.settle()?;
    nodes.edit(1, |page| {
        page.edit_text(&bob, |text, bob| undo.undo(text, bob).map(drop))
    })?;
    nodes.settle()?;
    println!("{}", shown(&nodes, 1)?);
    assert_eq!(shown(&nodes, 1)?, "bread|alice-1| and butter!");
    assert_eq!(nodes.page_of(0)?.text.content(), "bread and butter!");
    Ok(())
}

/// The text at a node, with the carets of others.
fn shown(nodes: &Nodes, at: usize) -> Outcome<String> {
    let text = &nodes.page_of(at)?.text;
    let mut carets = Vec::new();
    for (agent, _, caret) in nodes.list[at].presence(page()) {
        let caret = Anchor::from_bytes(caret, &DecodeLimits::default())?;
        // One of a version that is yet to come is shown when that is here, one of a far version never.
        if let Ok(pos) = text.resolve_within::<usize>(&caret, MAX_CARET_EVENTS) {
            carets.push((pos, agent.as_str()));
        }
    }
    carets.sort_unstable();
    let mut shown = text.content();
    for (pos, name) in carets.into_iter().rev() {
        let (byte, _) = shown.char_indices().nth(pos).unwrap_or((shown.len(), ' '));
        shown.insert_str(byte, &format!("|{name}|"));
    }
    Ok(shown)
}

#[test]
fn it_runs() -> Outcome<()> {
    main()
}
