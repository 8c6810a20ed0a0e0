//! What is kept beside a text: anchors, and stacks of undo.

use crdt_core::codec::{Decode, Encode};
use crdt_text::{Anchor, AnchorError, Bias, TextDoc, TextUndoStack};

use super::{concurrent, cut, limits, read, small};

/// No text here is undone or redone more often.
const MAX_ROUNDS: usize = 8;

/// An anchor stands at one place on all replicas that know the same, or is refused by each for its own
/// reason.
pub(super) fn anchor(bytes: &[u8]) {
    let Some(anchor) = read(bytes, || Anchor::from_bytes(bytes, &limits()).ok()) else {
        return;
    };
    assert_eq!(anchor.to_bytes(), bytes, "written and read");
    let doc = concurrent();
    let found = doc.resolve::<usize>(&anchor);
    assert!(
        found.iter().all(|pos| *pos <= doc.len_chars()),
        "in the text"
    );
    let copy = TextDoc::decode(&doc.encode_full()).expect("what is encoded can be read");
    assert_eq!(copy.resolve(&anchor), found, "another replica");
    let mut after = cut(small());
    drop(after.merge(&doc).expect("it follows the floor"));
    let shallow = after.resolve::<usize>(&anchor);
    let is_below = matches!(shallow, Err(AnchorError::BelowFloor { .. }));
    assert!(
        is_below || shallow == found,
        "a shallow replica: {shallow:?}, {found:?}"
    );
}

/// A stack undoes and redoes, or is refused; the text stays that of the history.
pub(super) fn undo(bytes: &[u8]) {
    let Some(mut stack) = read(bytes, || TextUndoStack::from_bytes(bytes, &limits()).ok()) else {
        return;
    };
    assert_eq!(stack.to_bytes(), bytes, "written and read");
    let mut doc = concurrent();
    let me = doc.get_or_create_agent_id("me, today").expect("a name");
    let mut copy = doc.clone();
    for round in 0..2 * MAX_ROUNDS {
        let before = doc.encode_full();
        let done = if round < MAX_ROUNDS {
            stack.undo(&mut doc, me).map(drop)
        } else {
            stack.redo(&mut doc, me).map(drop)
        };
        if done.is_err() {
            assert_eq!(doc.encode_full(), before, "what is refused changes nothing");
        }
    }
    drop(copy.merge(&doc).expect("nothing is missing"));
    assert_eq!(copy.content(), doc.content(), "another replica");
}

pub(super) fn anchors() -> Vec<Vec<u8>> {
    let docs = [small(), concurrent()];
    let at = |doc: &TextDoc, bias| doc.anchor(2, bias).expect("in range").to_bytes();
    let both = |doc| [Bias::Left, Bias::Right].map(|bias| at(doc, bias));
    docs.iter().flat_map(both).collect()
}

/// With steps to undo and to redo, and edits of others between.
pub(super) fn stacks() -> Vec<Vec<u8>> {
    let (mut doc, mut stack) = (small(), TextUndoStack::new());
    let bob = doc.get_or_create_agent_id("bob").expect("a name");
    stack
        .insert(&mut doc, bob, 1, "\u{6f22}x")
        .expect("an edit");
    stack.boundary();
    let first = stack.to_bytes();
    stack.replace(&mut doc, bob, 0..2, "r").expect("an edit");
    drop(doc.merge(&concurrent()).expect("one history"));
    stack.boundary();
    drop(stack.undo(&mut doc, bob).expect("it fits"));
    vec![first, stack.to_bytes()]
}
