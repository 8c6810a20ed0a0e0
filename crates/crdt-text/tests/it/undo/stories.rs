//! Stories of undo that went wrong elsewhere.

use crdt_core::codec::{Decode, Encode};
use crdt_core::{Classify, ErrorKind};
use crdt_text::{DecodeLimits, TextDoc, TextUndoStack, UndoError};

use super::{User, base, settle};

/// Story 37: the first edit after opening a shallow copy, and steps from before it was made.
#[test]
fn edits_of_a_shallow_copy_can_be_undone() {
    let mut full = User::new(&base("hello"), "me");
    full.step(5, 0, " world");
    let shallow = full.doc.shallow_at(full.doc.version()).expect("critical");
    let opened = TextDoc::decode(&shallow.encode_full()).expect("valid");
    let mut user = User::new(&opened, "later");
    user.step(5, 6, "");
    assert_eq!(user.text(), "hello");
    assert!(user.undo());
    assert_eq!(user.text(), "hello world");

    // The stack of the full one goes on with the copy, for it was used at its floor.
    let mut user = User::new(&opened, "later");
    user.undo = full.undo.clone();
    assert!(user.undo());
    assert_eq!(user.text(), "hello");
}

/// Story 37, other side: what happened between the last use and the floor is not known.
#[test]
fn a_stack_from_before_the_floor_says_so_and_can_be_cleared() {
    let mut user = User::new(&base("hello"), "me");
    user.step(5, 0, "!");
    let old = user.undo.clone();
    user.step(0, 0, "<");
    let mut shallow = user.doc.shallow_at(user.doc.version()).expect("critical");
    let floor = shallow.remote_version();
    let me = shallow.get_or_create_agent_id("new").expect("a name");
    let mut stack = old;
    let text = shallow.content();
    for _ in 0..2 {
        let error = stack
            .undo(&mut shallow, me)
            .map(drop)
            .expect_err("below the floor");
        assert_eq!(error.kind(), ErrorKind::MissingDependency);
        assert_eq!(
            error,
            UndoError::BelowFloor {
                floor: floor.clone()
            }
        );
        let edit = stack
            .insert(&mut shallow, me, 0, "x")
            .expect_err("below the floor");
        assert_eq!(
            edit,
            UndoError::BelowFloor {
                floor: floor.clone()
            }
        );
        assert_eq!((shallow.content(), stack.n_undo()), (text.clone(), 1));
    }
    stack.clear();
    assert_eq!(stack.n_undo(), 0);
    stack.insert(&mut shallow, me, 0, "x").expect("in range");
    stack
        .undo(&mut shallow, me)
        .map(drop)
        .expect("can be undone");
    assert_eq!(shallow.content(), text);
}

/// Story 39: exactly what was done is taken back, whatever the edits are made of.
#[test]
fn undo_of_text_is_the_exact_inverse() {
    let mut user = User::new(&base("one two three"), "me");
    user.edit(4, 3, "2");
    user.edit(0, 3, "1");
    user.edit(4, 0, "\u{1F600}");
    user.edit(3, 1, "");
    user.undo.boundary();
    assert_eq!(user.text(), "1 2\u{1F600}three");
    assert!(user.undo());
    assert_eq!(user.text(), "one two three");
    assert!(user.redo());
    assert_eq!(user.text(), "1 2\u{1F600}three");
}

/// Story 40: the same text each round, and a stack that does not grow.
#[test]
fn rounds_of_undo_and_redo_end_where_they_began() {
    let start = base("a text to work on");
    let mut user = User::new(&start, "me");
    user.step(2, 0, "short ");
    user.step(8, 4, "note");
    user.step(0, 1, "the");
    let mut other = User::new(&start, "other");
    other.step(9, 0, "worth ");
    settle(&mut [&mut user, &mut other]);
    let after = user.text();
    user.undo_all();
    let before = user.text();
    assert_eq!(before, "a text toworth  work on");
    user.redo_all();
    assert_eq!(user.text(), after);
    let size = user.undo.to_bytes().len();
    for _ in 0..100 {
        user.undo_all();
        assert_eq!(user.text(), before);
        assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (0, 3));
        user.redo_all();
        assert_eq!(user.text(), after);
        assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (3, 0));
    }
    // Sequence numbers take a byte more.
    assert!(user.undo.to_bytes().len() <= size + 2);
}

/// Story 41: both the insert and its concurrent delete are taken back, in any order, or at once.
#[test]
fn undo_of_an_insert_and_of_its_concurrent_delete_is_one_text_everywhere() {
    for order in 0..3 {
        let start = base("[]");
        let (mut ann, mut bob) = (User::new(&start, "ann"), User::new(&start, "bob"));
        ann.step(1, 0, "x");
        bob.hear(&ann);
        bob.step(1, 1, "");
        match order {
            0 => {
                ann.hear(&bob);
                // It is gone: nothing is left to take back.
                assert!(!ann.undo());
                bob.hear(&ann);
                assert!(bob.undo());
            }
            1 => {
                assert!(bob.undo());
                ann.hear(&bob);
                assert!(!ann.undo());
            }
            _ => {
                assert!(ann.undo());
                assert!(bob.undo());
            }
        }
        settle(&mut [&mut ann, &mut bob]);
        // What bob brought back is bob's.
        assert_eq!(ann.text(), "[x]");
    }
}

/// Story 42: what was brought back reads the same to who decodes it afresh.
#[test]
fn restored_text_is_the_same_to_a_fresh_decoder() {
    let mut user = User::new(&base("\u{e9}t\u{e9} \u{1F600} fin"), "me");
    user.step(1, 5, "");
    user.step(0, 1, "");
    assert!(user.undo() && user.undo());
    assert_eq!(user.text(), "\u{e9}t\u{e9} \u{1F600} fin");
    user.doc.drop_deleted_text();
    for bytes in [user.doc.encode_full(), user.doc.save()] {
        let fresh = TextDoc::decode(&bytes).expect("valid");
        assert_eq!(fresh.content(), user.text());
        assert_eq!(fresh, user.doc);
    }
}

/// Trap 9: an edit and what takes it back, in any order and any number of times, is one text.
#[test]
fn trap_09_an_undo_in_any_order_is_one_text() {
    let start = base("abc");
    let mut user = User::new(&start, "me");
    let summary = user.doc.summary();
    user.step(1, 1, "XY");
    let edit = user.doc.encode_missing(&summary);
    let summary = user.doc.summary();
    assert!(user.undo());
    let undo = user.doc.encode_missing(&summary);
    for order in [
        vec![&edit, &undo],
        vec![&undo, &edit, &undo],
        vec![&edit, &undo, &edit],
    ] {
        let mut doc = start.clone();
        for update in order {
            // Early ones come again.
            drop(doc.apply_update(update));
        }
        assert_eq!(doc.content(), "abc");
        assert_eq!(doc, user.doc);
    }
    // One without the undo hears of it with the rest.
    let mut late = start.clone();
    late.apply_update(&edit).expect("nothing is missing");
    assert_eq!(late.content(), "aXYc");
    late.merge(&user.doc).expect("nothing is missing");
    assert_eq!(late.content(), "abc");
}

/// Trap 10: one step, taken back on two replicas that know of different things.
#[test]
fn trap_10_two_undos_of_one_step_from_different_bases_converge() {
    for (n_deleted, inserted, expected) in [(0, "XY", "a!bc?"), (1, "", "a!bbc?")] {
        let start = base("abc");
        let mut first = User::new(&start, "me");
        first.step(1, n_deleted, inserted);
        let mut second = User::new(&first.doc, "me, elsewhere");
        let bytes = first.undo.to_bytes();
        second.undo = TextUndoStack::from_bytes(&bytes, &DecodeLimits::default()).expect("valid");
        first.doc.insert(first.me, 1, "!").expect("in range");
        let end = second.doc.len_chars();
        second.doc.insert(second.me, end, "?").expect("in range");
        for user in [&mut first, &mut second] {
            user.screen = user.doc.content().chars().collect();
            assert!(user.undo());
        }
        settle(&mut [&mut first, &mut second]);
        // What is inserted goes once; what is brought back twice is there twice.
        let sorted = |text: &str| {
            let mut text: Vec<char> = text.chars().collect();
            text.sort_unstable();
            text
        };
        assert_eq!(sorted(&first.text()), sorted(expected));
    }
}
