//! Calls that must be refused: each gives its error, and nothing that can be seen has changed.

use crdt_core::{AgentIdError, AgentIdx, GraphError, Lv};
use crdt_text::{
    Branch, Bytes, Chars, Direction, EditError, Frontier, OpLog, TextDoc, TextOp, UpdateError,
    Utf16,
};

use crate::support::{offer, oplog_from, seen, seen_doc};

/// The most that a position or a length can be.
const MAX_LEN: usize = (1 << 31) - 2;

/// Five scalars, eleven bytes, six UTF-16 units; on two branches that were merged.
fn doc() -> (TextDoc, AgentIdx) {
    let mut log =
        oplog_from("a:0 [] ins 0 x\u{e9}\u{6f22}\nb:0 [a:2] ins 3 \u{1f600}\na:3 [a:2] ins 0 y");
    let a = log.get_or_create_agent_id("a").expect("a name");
    (TextDoc::from(log), a)
}

/// Makes a call that must fail on a document, with this error, and change nothing.
#[track_caller]
pub(crate) fn refuses<T: core::fmt::Debug, E: core::fmt::Debug + PartialEq>(
    call: impl FnOnce(&mut TextDoc, AgentIdx) -> Result<T, E>,
    expected: E,
) {
    let (mut doc, a) = doc();
    let before = seen_doc(&doc);
    let result = call(&mut doc, a).map(|value| format!("{value:?}"));
    assert_eq!(result, Err(expected));
    assert_eq!(seen_doc(&doc), before, "a refused call changes nothing");
}

/// The same for a call on the op log and a branch at its tip.
#[track_caller]
pub(crate) fn log_refuses<T: core::fmt::Debug, E: core::fmt::Debug + PartialEq>(
    call: impl FnOnce(&mut OpLog, &mut Branch, AgentIdx) -> Result<T, E>,
    expected: E,
) {
    let (doc, a) = doc();
    let (mut log, mut branch) = doc.into_parts();
    let state = |log: &OpLog, branch: &Branch| {
        (
            seen(log),
            branch.version().clone(),
            branch.content(),
            format!("{branch:?}"),
        )
    };
    let before = state(&log, &branch);
    let result = call(&mut log, &mut branch, a).map(|value| format!("{value:?}"));
    assert_eq!(result, Err(expected));
    assert_eq!(
        state(&log, &branch),
        before,
        "a refused call changes nothing"
    );
    // And it still works.
    branch.insert(&mut log, a, 0, "works").expect("an insert");
    assert_eq!(log.text_at(branch.version()), Ok(branch.content()));
}

fn unknown() -> Frontier {
    Frontier::from(Lv::new(5))
}

#[test]
fn positions_past_the_end_are_out_of_bounds_in_every_unit() {
    for far in [0, 1, usize::MAX - 20] {
        let out = |len: usize| EditError::OutOfBounds {
            at: len + 1 + far,
            len,
        };
        refuses(|doc, a| doc.insert(a, 6 + far, "x"), out(5));
        refuses(|doc, a| doc.insert(a, Chars(6 + far), "x"), out(5));
        refuses(|doc, a| doc.insert(a, Bytes(12 + far), "x"), out(11));
        refuses(|doc, a| doc.insert(a, Utf16(7 + far), "x"), out(6));
        refuses(|doc, a| doc.delete(a, 0..6 + far), out(5));
        refuses(|doc, a| doc.delete(a, Bytes(1)..Bytes(12 + far)), out(11));
        refuses(
            |doc, a| doc.replace(a, Utf16(0)..Utf16(7 + far), "x"),
            out(6),
        );
        refuses(|doc, _| doc.branch().slice(..6 + far), out(5));
        refuses(
            |doc, _| doc.branch().convert::<usize, Bytes>(6 + far),
            out(5),
        );
        refuses(
            |doc, _| doc.branch().convert::<Bytes, usize>(Bytes(12 + far)),
            out(11),
        );
        refuses(
            |doc, _| doc.branch().convert::<Utf16, Utf16>(Utf16(7 + far)),
            out(6),
        );
    }
}

#[test]
fn positions_inside_a_scalar_are_no_boundaries() {
    for at in [3, 5, 6, 8, 9, 10] {
        let inside = EditError::NotABoundary { at };
        refuses(|doc, a| doc.insert(a, Bytes(at), "x"), inside);
        refuses(|doc, a| doc.delete(a, Bytes(0)..Bytes(at)), inside);
        refuses(|doc, a| doc.delete(a, Bytes(at)..), inside);
        refuses(|doc, a| doc.replace(a, Bytes(at)..Bytes(at), "x"), inside);
        refuses(|doc, _| doc.branch().slice(Bytes(at)..), inside);
        refuses(
            |doc, _| doc.branch().convert::<Bytes, Chars>(Bytes(at)),
            inside,
        );
        refuses(
            |doc, _| doc.branch().convert::<Bytes, Bytes>(Bytes(at)),
            inside,
        );
    }
    let inside = EditError::NotABoundary { at: 5 };
    refuses(|doc, a| doc.insert(a, Utf16(5), "x"), inside);
    refuses(|doc, a| doc.delete(a, Utf16(5)..Utf16(6)), inside);
    refuses(
        |doc, _| doc.branch().convert::<Utf16, Bytes>(Utf16(5)),
        inside,
    );
    refuses(
        |doc, _| doc.branch().convert::<Utf16, Utf16>(Utf16(5)),
        inside,
    );
}

#[test]
fn reversed_and_empty_edits_are_refused() {
    let reversed = EditError::ReversedRange { start: 3, end: 2 };
    let (three, two) = (3, 2);
    refuses(|doc, a| doc.delete(a, three..two), reversed);
    refuses(|doc, a| doc.delete(a, Utf16(three)..Utf16(two)), reversed);
    refuses(
        |doc, a| doc.replace(a, Bytes(three)..Bytes(two), "x"),
        reversed,
    );
    refuses(|doc, _| doc.branch().slice(three..two), reversed);
    log_refuses(
        |log, _, a| log.add_delete_without_content(a, three..two),
        reversed,
    );
    log_refuses(
        |log, _, a| log.add_delete_with_content(a, three..two, ""),
        reversed,
    );
    log_refuses(
        |log, _, a| log.add_delete_at(a, &Frontier::root(), three..two),
        reversed,
    );

    refuses(|doc, a| doc.insert(a, 0, ""), EditError::Empty);
    refuses(|doc, a| doc.delete(a, 2..2), EditError::Empty);
    refuses(|doc, a| doc.replace(a, 2..2, ""), EditError::Empty);
    log_refuses(|log, _, a| log.add_insert(a, 0, ""), EditError::Empty);
    log_refuses(
        |log, _, a| log.add_delete_without_content(a, 1..1),
        EditError::Empty,
    );
    log_refuses(
        |log, _, a| log.add_operations_at(a, &Frontier::root(), &[]),
        EditError::Empty,
    );
    let ops = [TextOp::insert(0, "ok"), TextOp::insert(0, "")];
    log_refuses(
        |log, _, a| log.add_operations_at(a, &Frontier::root(), &ops),
        EditError::Empty,
    );
}

#[test]
fn recorded_text_must_have_the_length_of_its_delete() {
    for (text, found) in [("", 0), ("\u{1f600}", 1), ("abc", 3)] {
        let wrong = EditError::DeletedTextLength { expected: 2, found };
        log_refuses(
            |log, _, a| log.add_delete_with_content(a, 1..3, text),
            wrong,
        );
        let op = TextOp::Delete {
            pos: 1,
            len: 2,
            direction: Direction::Forward,
            text: Some(text),
        };
        let malformed = UpdateError::Malformed(wrong);
        log_refuses(|log, _, _| offer(log, ("z", 0), &[], &[op]), malformed);
    }
}

#[test]
fn an_agent_of_another_op_log_is_unknown() {
    let stranger = AgentIdx::new(2);
    let unknown_agent = EditError::Graph(GraphError::UnknownAgent);
    refuses(|doc, _| doc.insert(stranger, 0, "x"), unknown_agent);
    refuses(|doc, _| doc.delete(stranger, 0..1), unknown_agent);
    refuses(
        |doc, _| doc.replace(AgentIdx::new(u32::MAX), 0..1, "x"),
        unknown_agent,
    );
    log_refuses(|log, _, _| log.add_insert(stranger, 0, "x"), unknown_agent);
    log_refuses(
        |log, _, _| log.add_delete_without_content(stranger, 0..1),
        unknown_agent,
    );
    log_refuses(
        |log, _, _| log.add_insert_at(stranger, &Frontier::root(), 0, "x"),
        unknown_agent,
    );
    log_refuses(
        |log, branch, _| branch.insert(log, stranger, 0, "x"),
        unknown_agent,
    );
}

#[test]
fn agent_names_are_neither_empty_nor_long() {
    refuses(|doc, _| doc.get_or_create_agent_id(""), AgentIdError::Empty);
    let long = "x".repeat(65);
    refuses(
        |doc, _| doc.get_or_create_agent_id(&long),
        AgentIdError::TooLong { len: 65 },
    );
    log_refuses(
        |log, _, _| log.get_or_create_agent_id(&long),
        AgentIdError::TooLong { len: 65 },
    );
    assert!(TextDoc::new().get_or_create_agent_id(&long[..64]).is_ok());
}

#[test]
fn a_version_beyond_the_end_is_unknown() {
    let error = GraphError::UnknownVersion { lv: 5 };
    let tip = doc().0.version().clone();
    refuses(|doc, _| doc.encode_since(&unknown()), error);
    log_refuses(|log, _, _| log.text_at(&unknown()), error);
    log_refuses(|log, _, _| log.to_remote(&unknown()), error);
    log_refuses(|log, _, _| log.encode_since(&unknown()), error);
    log_refuses(|log, _, _| log.update_since(&unknown()), error);
    log_refuses(
        |log, _, _| log.iter_ops_since(&unknown()).map(Iterator::count),
        error,
    );
    log_refuses(
        |log, _, _| log.iter_history_since(&unknown()).map(Iterator::count),
        error,
    );
    log_refuses(
        |log, _, _| log.transformed_ops(&unknown(), &tip).map(drop),
        error,
    );
    log_refuses(
        |log, _, _| log.transformed_ops(&tip, &unknown()).map(drop),
        error,
    );
    log_refuses(
        |log, branch, _| branch.merge(log, &unknown()).map(drop),
        error,
    );
    log_refuses(
        |log, branch, _| branch.checkout(log, &unknown()).map(drop),
        error,
    );
    log_refuses(
        |log, _, _| Branch::new_at_local_version(log, &unknown()),
        error,
    );
    log_refuses(
        |log, _, a| log.add_insert_at(a, &unknown(), 0, "x"),
        EditError::Graph(error),
    );
    log_refuses(
        |log, _, a| log.add_delete_at(a, &unknown(), 0..1),
        EditError::Graph(error),
    );
    let far = Frontier::from_heads([Lv::new(0), Lv::new(u32::MAX)]);
    let error = GraphError::UnknownVersion { lv: u32::MAX };
    log_refuses(|log, branch, _| branch.merge(log, &far).map(drop), error);
    log_refuses(|log, _, _| log.text_at(&far), error);
}

#[test]
fn a_branch_of_another_op_log_is_refused_where_that_shows() {
    let (doc, _) = doc();
    let (_, mut branch) = doc.into_parts();
    let before = branch.content();
    let mut other = oplog_from("z:0 [] ins 0 z");
    let z = other.get_or_create_agent_id("z").expect("a name");
    let seen_before = seen(&other);
    let error = GraphError::UnknownVersion { lv: 3 };
    assert_eq!(branch.insert(&mut other, z, 0, "x"), Err(error.into()));
    assert_eq!(branch.delete(&mut other, z, 0..1), Err(error.into()));
    assert_eq!(branch.replace(&mut other, z, 0..1, "x"), Err(error.into()));
    assert_eq!(
        branch.merge(&other, &Frontier::root()).map(drop),
        Err(error)
    );
    assert_eq!(
        branch.checkout(&other, &Frontier::root()).map(drop),
        Err(error)
    );
    assert_eq!((branch.content(), seen(&other)), (before, seen_before));
}

#[test]
fn authoring_checks_bounds_at_the_version_that_is_edited() {
    let at_a2 = Frontier::from(Lv::new(2));
    let out = |at, len| EditError::OutOfBounds { at, len };
    log_refuses(|log, _, a| log.add_insert(a, 6, "x"), out(6, 5));
    log_refuses(|log, _, a| log.add_insert_at(a, &at_a2, 4, "x"), out(4, 3));
    log_refuses(|log, _, a| log.add_delete_at(a, &at_a2, 1..4), out(4, 3));
    log_refuses(
        |log, _, a| log.add_insert_at(a, &Frontier::root(), 1, "x"),
        out(1, 0),
    );
    // The second operation is made on what the first left.
    let ops = [TextOp::delete(0..3), TextOp::insert(1, "x")];
    log_refuses(
        |log, _, a| log.add_operations_at(a, &at_a2, &ops),
        out(1, 0),
    );
    let ops = [TextOp::insert(3, "xy"), TextOp::backspace(4..6)];
    log_refuses(
        |log, _, a| log.add_operations_at(a, &at_a2, &ops),
        out(6, 5),
    );
}

#[test]
fn a_version_that_is_not_minimal_cannot_be_edited() {
    let both = Frontier::from_heads([Lv::new(1), Lv::new(2)]);
    let error = EditError::Graph(GraphError::NonMinimalParents);
    log_refuses(|log, _, a| log.add_insert_at(a, &both, 0, "x"), error);
    log_refuses(|log, _, a| log.add_delete_at(a, &both, 0..1), error);
}

#[test]
fn positions_near_the_largest_number_are_too_long() {
    let too_long = EditError::TooLong { limit: MAX_LEN };
    for pos in [MAX_LEN, usize::MAX - 1, usize::MAX] {
        log_refuses(|log, _, a| log.add_insert(a, pos, "x"), too_long);
        let op = TextOp::insert(pos, "x");
        log_refuses(
            |log, _, _| offer(log, ("z", 0), &[], &[op]),
            UpdateError::Malformed(too_long),
        );
    }
    for len in [MAX_LEN + 1, usize::MAX] {
        let op = TextOp::Delete {
            pos: 0,
            len,
            direction: Direction::Backward,
            text: None,
        };
        log_refuses(
            |log, _, _| offer(log, ("z", 0), &[], &[op]),
            UpdateError::Malformed(too_long),
        );
        log_refuses(
            |log, _, a| log.add_delete_without_content(a, 0..len),
            too_long,
        );
        // Lengths that add up past the largest number.
        let ops = [TextOp::delete(0..9), op];
        log_refuses(
            |log, _, _| offer(log, ("z", 0), &[], &ops),
            UpdateError::Malformed(too_long),
        );
    }
    let overlong = TextOp::Delete {
        pos: 9,
        len: usize::MAX,
        direction: Direction::Forward,
        text: None,
    };
    log_refuses(
        |log, _, a| log.add_operations_at(a, &Frontier::root(), &[overlong]),
        too_long,
    );
}
