//! Files of format version 1 as they are: what was written once must be read for ever.
//!
//! After a change of the format that is meant, `CRDT_BLESS=1` writes the files anew; a format that
//! is out in the world gets a new version and new files instead.

use std::path::PathBuf;

use crdt_core::Digest;
use crdt_core::codec::{Decode, Encode};
use crdt_testkit::generate::{HistoryConfig, history, typing};
use crdt_text::{Anchor, Bias, Branch, DecodeLimits, OpLog, SavedDoc, TextDoc, TextUndoStack};

use crate::support::{dot, oplog_from, oplog_of};

/// Two writers, a merge, a delete by each, text and names beyond ASCII.
fn small() -> OpLog {
    oplog_from(
        "ann:0 [] ins 0 hello
         \u{e9}va:0 [ann:4] ins 5 \u{1f600}; del 0 1
         ann:5 [ann:4] ins 5 caf\u{e9}; del 1 2
         ann:11 [ann:10 \u{e9}va:1] ins 0 H",
    )
}

/// Deletes with their text recorded, both ways; compressible text.
fn recorded() -> OpLog {
    let mut log = oplog_from("ann:0 [] ins 0 abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij");
    let ann = log.get_or_create_agent_id("ann").expect("a name");
    log.add_delete_with_content(ann, 2..5, "cde")
        .expect("a delete");
    log.add_delete_without_content(ann, 9..11)
        .expect("a delete");
    let tip = log.version().clone();
    let back = crdt_text::TextOp::Delete {
        pos: 4,
        len: 3,
        direction: crdt_text::Direction::Backward,
        text: Some("jih"),
    };
    log.add_operations_at(ann, &tip, &[back]).expect("a delete");
    log
}

/// Several roots, numbers out of order, merges of many heads.
fn tangled() -> OpLog {
    oplog_of(&history(
        1,
        &HistoryConfig {
            n_txns: 25,
            ..HistoryConfig::default()
        },
    ))
}

fn roots() -> OpLog {
    oplog_from(
        "b:3 [] ins 0 late\na:0 [] ins 0 one\nb:0 [a:1] ins 1 abc\nc:0 [a:2 b:1 b:6] del 0 3",
    )
}

fn typed() -> OpLog {
    oplog_of(&typing(1, 3, 800))
}

fn check(name: &str, log: &OpLog) {
    check_bytes(name, log, &log.encode_full());
}

fn check_bytes(name: &str, log: &OpLog, bytes: &[u8]) {
    let golden = golden(name, bytes);
    let read = OpLog::decode(&golden);
    assert!(
        read.as_ref() == Ok(log),
        "{name} cannot be read, or reads as something else: {read:?}"
    );
    let text = |log: &OpLog| log.text_at(log.version()).expect("the tip");
    assert_eq!(read.as_ref().map(text), Ok(text(log)), "{name}");
    assert_as_ever(name, bytes, &golden);
}

/// The bytes that were written once.
fn golden(name: &str, bytes: &[u8]) -> Vec<u8> {
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests",
        "golden",
        &format!("{name}.crdt-text"),
    ]
    .iter()
    .collect();
    if std::env::var_os("CRDT_BLESS").is_some() {
        std::fs::write(&path, bytes).expect("a folder to write to");
    }
    std::fs::read(&path).unwrap_or_default()
}

fn assert_as_ever(name: &str, bytes: &[u8], golden: &[u8]) {
    assert!(
        bytes == golden,
        "{name} is written otherwise than before, {} bytes for {}; if that is meant, \
         run again with CRDT_BLESS=1",
        bytes.len(),
        golden.len(),
    );
}

#[test]
fn a_small_history_is_written_as_ever() {
    check("v1-small", &small());
}

#[test]
fn a_history_of_several_roots_is_written_as_ever() {
    check("v1-roots", &roots());
}

#[test]
fn a_tangled_history_is_written_as_ever() {
    check("v1-tangled", &tangled());
}

#[test]
fn recorded_deletes_are_written_as_ever() {
    check("v1-recorded", &recorded());
}

#[test]
fn a_typed_text_is_written_as_ever() {
    check("v1-typed", &typed());
}

#[test]
fn a_history_without_deleted_text_is_written_as_ever() {
    for (name, mut log) in [
        ("v1-trimmed", small()),
        ("v1-trimmed-tangled", tangled()),
        ("v1-trimmed-typed", typed()),
    ] {
        assert!(log.drop_deleted_text() > 0);
        check(name, &log);
    }
}

/// What two replicas compare is the text, whatever was dropped of its history.
#[test]
fn the_digest_of_a_document_is_that_of_its_text_as_ever() {
    let mut trimmed = small();
    trimmed.drop_deleted_text();
    let shallow = small().shallow_at(small().version()).expect("critical");
    for log in [small(), trimmed, shallow] {
        let doc = TextDoc::from(log);
        assert_eq!(doc.content(), "Hlocaf\u{e9}\u{1f600}");
        assert_eq!(
            Digest::of_state(&doc).to_string(),
            "f52720e7392d38c8665a273e570f499a"
        );
    }
}

/// A floor of one head, of several, of no text, and with something behind it.
#[test]
fn a_shallow_history_is_written_as_ever() {
    let cut = |log: &OpLog, heads: &[crdt_text::Dot]| {
        let at = log.to_local(heads).expect("a version");
        log.shallow_at(&at).expect("a critical one")
    };
    let fork = oplog_from("ann:0 [] ins 0 hello\nbob:0 [ann:4] ins 5 !\nann:5 [ann:4] del 0 1");
    let gone = oplog_from("ann:0 [] ins 0 x; del 0 1\nbob:0 [ann:1] ins 0 new");
    check("v1-shallow", &cut(&small(), &[dot("ann", 4)]));
    check("v1-shallow-heads", &cut(&fork, &fork.remote_version()));
    check("v1-shallow-empty", &cut(&gone, &[dot("ann", 1)]));
}

#[test]
fn a_saved_document_is_written_as_ever() {
    let shallow = small().shallow_at(small().version()).expect("critical");
    for (name, log) in [
        ("v1-saved", small()),
        ("v1-saved-roots", roots()),
        ("v1-saved-shallow", shallow),
    ] {
        let doc = TextDoc::from(log.clone());
        let bytes = doc.save();
        check_bytes(name, &log, &bytes);
        let saved = SavedDoc::open(&bytes, &DecodeLimits::default());
        assert_eq!(
            saved.map(|saved| saved.text()),
            Ok(&*doc.content()),
            "{name}"
        );
    }
}

/// Of each side, at the root, and at a version of several heads.
#[test]
fn anchors_are_written_as_ever() {
    let doc = TextDoc::from(small());
    let fork = oplog_from("ann:0 [] ins 0 hello\nbob:0 [ann:4] ins 5 !\nann:5 [ann:4] del 0 1");
    let tip = Branch::new_at_tip(&fork);
    let anchors = [
        ("v1-anchor-left", doc.anchor(3, Bias::Left)),
        ("v1-anchor-right", doc.anchor(3, Bias::Right)),
        ("v1-anchor-root", Branch::new().anchor(&fork, 0, Bias::Left)),
        ("v1-anchor-heads", tip.anchor(&fork, 5, Bias::Right)),
    ];
    for (name, anchor) in anchors {
        let anchor = anchor.expect("in range");
        let golden = golden(name, &anchor.to_bytes());
        let read = Anchor::from_bytes(&golden, &DecodeLimits::default());
        assert_eq!(read.as_ref(), Ok(&anchor), "{name}");
        assert_as_ever(name, &anchor.to_bytes(), &golden);
    }
}

/// Nothing, steps to undo, steps to redo, and edits of others between.
#[test]
fn undo_stacks_are_written_as_ever() {
    let mut doc = TextDoc::from(small());
    let me = doc.get_or_create_agent_id("me").expect("a name");
    let mut stack = TextUndoStack::new();
    let mut stacks = vec![("v1-undo-empty", stack.clone())];
    for text in ["\u{1f600}one", "two"] {
        stack.replace(&mut doc, me, 1..3, text).expect("in range");
        stack.boundary();
    }
    stacks.push(("v1-undo", stack.clone()));
    let you = doc.get_or_create_agent_id("you").expect("a name");
    doc.insert(you, 2, "--").expect("in range");
    drop(stack.undo(&mut doc, me).expect("it fits"));
    doc.delete(you, 0..2).expect("in range");
    stack.boundary();
    drop(stack.undo(&mut doc, me).expect("it fits"));
    drop(stack.redo(&mut doc, me).expect("it fits"));
    stacks.push(("v1-undo-redo", stack));
    for (name, stack) in stacks {
        let golden = golden(name, &stack.to_bytes());
        let read = TextUndoStack::from_bytes(&golden, &DecodeLimits::default());
        let counts = |stack: &TextUndoStack| (stack.n_undo(), stack.n_redo(), stack.to_bytes());
        assert_eq!(read.as_ref().map(counts), Ok(counts(&stack)), "{name}");
        assert_as_ever(name, &stack.to_bytes(), &golden);
    }
}
