//! What is a step, what is not, and what a stack refuses.

use crdt_core::codec::{Decode, DecodeError, Encode};
use crdt_core::{Classify, ErrorKind, GraphError};
use crdt_text::{Bytes, DecodeLimits, EditError, TextDoc, TextUndoStack, UndoError, Utf16};

use super::{User, base};
use crate::support::dot;

#[test]
fn what_others_deleted_is_not_deleted_twice_and_what_they_wrote_stays() {
    let start = base("()");
    let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
    me.step(1, 0, "abcdef");
    other.hear(&me);
    other.step(2, 2, "--");
    other.step(6, 0, "!");
    me.hear(&other);
    assert_eq!(me.text(), "(a--de!f)");
    assert!(me.undo());
    assert_eq!(me.text(), "(--!)");
    assert!(me.redo());
    assert_eq!(me.text(), "(a--de!f)");
}

/// Steps are not taken back past later ones: the text that those deleted counts as theirs.
#[test]
fn what_a_later_step_deleted_goes_with_the_step_that_wrote_it() {
    let mut user = User::new(&TextDoc::new(), "me");
    user.step(0, 0, "hello");
    user.step(0, 5, "");
    user.step(0, 0, "bye");
    let mut texts = Vec::new();
    while user.undo() {
        texts.push(user.text());
    }
    assert_eq!(texts, ["", "hello", ""]);
}

#[test]
fn edits_between_boundaries_are_one_step_whoever_edits_meanwhile() {
    let start = base("()");
    let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
    me.edit(1, 0, "a");
    me.edit(2, 0, "b");
    other.step(0, 0, "<");
    me.hear(&other);
    me.edit(4, 0, "c");
    assert_eq!((me.undo.n_undo(), me.text()), (1, "<(abc)".to_owned()));
    me.undo.boundary();
    me.undo.boundary();
    me.edit(5, 0, "d");
    assert_eq!(me.undo.n_undo(), 2);
    assert!(me.undo());
    assert_eq!(me.text(), "<(abc)");
    assert!(me.undo());
    assert_eq!(me.text(), "<()");
    assert!(!me.undo());
    assert_eq!(me.undo.n_redo(), 2);
    // Nothing is made again past a new edit.
    assert!(me.redo());
    me.edit(0, 1, "");
    assert_eq!((me.undo.n_undo(), me.undo.n_redo()), (2, 0));
}

/// A step that took itself back is none, and what comes next is not part of the one before.
#[test]
fn edits_that_take_themselves_back_are_no_step() {
    let start = base("()");
    let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
    me.step(1, 0, "a");
    me.edit(2, 0, "b");
    me.edit(2, 1, "");
    other.step(0, 0, "<");
    me.hear(&other);
    me.edit(3, 0, "c");
    assert_eq!((me.undo.n_undo(), me.text()), (2, "<(ac)".to_owned()));
    assert!(me.undo());
    assert_eq!(me.text(), "<(a)");
}

#[test]
fn edits_past_the_stack_are_those_of_others() {
    let mut user = User::new(&base("()"), "me");
    user.step(1, 0, "ab");
    user.doc.insert(user.me, 2, "-").expect("in range");
    user.undo
        .undo(&mut user.doc, user.me)
        .map(drop)
        .expect("can be undone");
    assert_eq!(user.doc.content(), "(-)");
}

/// What a stack remembers of its op log says nothing of one that learned of the same events in another
/// order, though the version has the same numbers.
#[test]
fn a_stack_goes_on_with_another_replica_of_its_document() {
    let mut me = User::new(&base("0123456789"), "me");
    me.step(5, 1, "");
    let start = me.doc.clone();
    let (mut p, mut q) = (User::new(&start, "p"), User::new(&start, "q"));
    p.step(0, 0, "PPPPPPPPPP");
    q.step(9, 0, "QQQQQQQQQQ");
    me.hear(&p);
    me.hear(&q);
    assert!(!me.redo());
    let mut other = User::new(&start, "me, elsewhere");
    other.hear(&q);
    other.hear(&p);
    assert_eq!(me.doc.version(), other.doc.version());
    p.step(8, 0, "x");
    other.hear(&p);
    // A copy of the stack remembers less.
    for undo in [me.undo.clone(), me.undo] {
        let mut user = User::new(&other.doc, "me, elsewhere");
        user.undo = undo;
        assert!(user.undo());
        assert_eq!(user.text(), "PPPPPPPPxPP0123456789QQQQQQQQQQ");
    }
}

#[test]
fn edits_are_in_every_unit() {
    let mut user = User::new(&base("\u{1F600}b"), "me");
    user.undo
        .insert(&mut user.doc, user.me, Utf16(2), "x")
        .expect("a boundary");
    user.undo
        .delete(&mut user.doc, user.me, Bytes(0)..Bytes(4))
        .expect("boundaries");
    assert_eq!(user.doc.content(), "xb");
    user.undo
        .undo(&mut user.doc, user.me)
        .map(drop)
        .expect("can be undone");
    assert_eq!(user.doc.content(), "\u{1F600}b");
}

#[test]
fn refused_edits_leave_no_step() {
    let mut user = User::new(&base("abc"), "me");
    let doc = &mut user.doc;
    let refused = [
        user.undo.insert(doc, user.me, 4, "x"),
        user.undo.insert(doc, user.me, 0, ""),
        user.undo.delete(doc, user.me, 2..9),
        user.undo.replace(doc, user.me, 1..1, ""),
    ];
    let expected = [
        EditError::OutOfBounds { at: 4, len: 3 },
        EditError::Empty,
        EditError::OutOfBounds { at: 9, len: 3 },
        EditError::Empty,
    ];
    assert_eq!(refused, expected.map(|error| Err(UndoError::Edit(error))));
    assert_eq!((user.undo.n_undo(), user.text()), (0, "abc".to_owned()));
    assert!(!user.undo() && !user.redo());
}

#[test]
fn an_undo_that_is_refused_can_be_tried_again() {
    let mut user = User::new(&base("abc"), "me");
    user.step(1, 1, "X");
    user.step(0, 0, "<");
    let mut stranger = TextDoc::new();
    let unknown = (0..9).map(|n| stranger.get_or_create_agent_id(format!("agent {n}")));
    let unknown = unknown.last().expect("some").expect("names");
    let error = user.undo.undo(&mut user.doc, unknown).map(drop);
    let expected = UndoError::Edit(GraphError::UnknownAgent.into());
    assert_eq!(error, Err(expected));
    assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (2, 0));
    user.undo_all();
    assert_eq!(user.text(), "abc");
}

#[test]
fn a_stack_of_another_document_is_refused() {
    let mut user = User::new(&base("abc"), "me");
    user.step(1, 1, "");
    let mut behind = User::new(&base("abc"), "other");
    let error = user.undo.undo(&mut behind.doc, behind.me).map(drop);
    assert_eq!(error, Err(UndoError::MissingDependency(dot("me", 0))));
    // One that uses the same names for other events.
    let mut twin = User::new(&base("another text"), "me");
    twin.step(0, 5, "");
    let error = user.undo.undo(&mut twin.doc, twin.me).map(drop);
    assert_eq!(error, Err(UndoError::OtherDocument));
    assert_eq!(UndoError::OtherDocument.kind(), ErrorKind::Misuse);
    assert!(user.undo());
    assert_eq!(user.text(), "abc");
}

#[test]
fn a_stack_stays_within_its_limits() {
    let mut user = User::new(&base("abc"), "me");
    user.undo = TextUndoStack::new().with_limits(3, 1 << 20);
    for _ in 0..10 {
        user.step(0, 0, "x");
    }
    assert_eq!(user.undo.n_undo(), 3);
    user.undo_all();
    assert_eq!(user.text(), "xxxxxxxabc");
    assert_eq!(user.undo.n_redo(), 3);

    // Steps that hold much text; of one that holds too much, nothing can be undone.
    let mut user = User::new(&base(&"long ".repeat(1000)), "me");
    user.undo = TextUndoStack::new().with_limits(100, 2500);
    for _ in 0..4 {
        user.step(0, 1000, "");
    }
    assert_eq!(user.undo.n_undo(), 2);
    user.undo_all();
    assert_eq!(user.text().len(), 3000);
    user.step(0, 2600, "");
    assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (0, 0));

    // What others do far from each other takes room too.
    let (mut me, mut other) = (User::new(&user.doc, "ann"), User::new(&user.doc, "bob"));
    me.undo = TextUndoStack::new().with_limits(100, 1000);
    me.step(0, 1, "");
    for pos in 0..100 {
        other.step(pos * 3, 0, "!");
    }
    me.hear(&other);
    assert!(!me.undo());
    assert_eq!(me.undo.n_undo(), 0);
}

/// Without a boundary from whoever edits, one is made when the edits take more than all steps may.
#[test]
fn edits_without_a_boundary_stay_within_the_limits_too() {
    let mut user = User::new(&base(&"long ".repeat(1000)), "me");
    user.undo = TextUndoStack::new().with_limits(100, 2500);
    for _ in 0..4 {
        user.edit(0, 1000, "");
    }
    // The third was too much: the step takes more than there is room for, and is gone. So one is left.
    assert_eq!(user.undo.n_undo(), 1);
    user.undo_all();
    assert_eq!(user.text().len(), 2000);

    // What takes itself back counts as well, until the boundary that it leads to.
    let mut user = User::new(&base("abc"), "me");
    user.undo = TextUndoStack::new().with_limits(100, 2500);
    for _ in 0..1000 {
        user.edit(0, 0, "x");
        user.edit(0, 1, "");
    }
    user.edit(0, 0, "y");
    assert!(
        (2..100).contains(&user.undo.n_undo()),
        "{}",
        user.undo.n_undo()
    );
    user.undo_all();
    assert_eq!(user.text(), "abc");

    // Each key of a long step, typed while another types, counts what the step holds by then.
    let mut me = User::new(&base(&"long ".repeat(1000)), "me");
    let mut other = User::new(&me.doc, "you");
    me.undo = TextUndoStack::new().with_limits(100, 2500);
    for _ in 0..4 {
        me.edit(0, 1000, "");
        let end = other.doc.branch().len();
        other.step(end, 0, "!");
        me.hear(&other);
    }
    assert_eq!(me.undo.n_undo(), 1);
    me.undo_all();
    assert_eq!(me.text().len(), 2004);
}

/// The running count of bytes is that of the steps: limits hold after any number of rounds.
#[test]
fn steps_that_come_and_go_are_counted_once() {
    let mut me = User::new(&base(&"long ".repeat(100)), "me");
    let mut other = User::new(&me.doc, "you");
    me.undo = TextUndoStack::new().with_limits(100, 2500);
    for round in 0..200 {
        for _ in 0..3 {
            me.step(0, 100, "");
        }
        other.step(0, 0, "!");
        me.hear(&other);
        me.undo_all();
        assert_eq!(me.undo.n_redo(), 3, "{round}");
        other.hear(&me);
    }
}

#[test]
fn stacks_of_bad_will_are_refused_or_undo_something() {
    let mut user = User::new(&base("some text"), "me");
    user.step(1, 3, "XY");
    user.step(0, 0, "\u{1F600}");
    user.step(2, 1, "");
    user.undo();
    let mut other = User::new(&user.doc, "other");
    other.step(3, 2, "--");
    user.hear(&other);
    user.edit(0, 1, "");
    user.undo();
    let bytes = user.undo.to_bytes();
    let limits = DecodeLimits::default();
    for len in 0..bytes.len() {
        let read = TextUndoStack::from_bytes(&bytes[..len], &limits);
        assert!(read.is_err(), "{len}");
    }
    let later = TextUndoStack::from_bytes(&[&[2], &bytes[1..]].concat(), &limits);
    let expected = DecodeError::UnknownVersion { found: 2 };
    assert_eq!(later.map(drop), Err(expected));
    let mut n_read = 0;
    for at in 0..bytes.len() {
        for change in 1..=255 {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let Ok(mut stack) = TextUndoStack::from_bytes(&changed, &limits) else {
                continue;
            };
            n_read += 1;
            assert_eq!(stack.to_bytes(), changed);
            let mut doc = user.doc.clone();
            for _ in 0..4 {
                drop(stack.undo(&mut doc, user.me).map(drop));
            }
            for _ in 0..4 {
                drop(stack.redo(&mut doc, user.me).map(drop));
            }
            let text = doc.oplog().text_at(doc.version()).expect("the tip");
            assert_eq!(text, doc.content());
        }
    }
    assert!(n_read > 100, "{n_read}");
}
