//! Documents that are read, and those that are refused, each with the place.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{JsonError, JsonProblem, from_str, to_string};
use crate::testing::check_property;
use crate::{
    AgentId, Causal, Change, Classify, DotContext, DotFun, DotMap, Envelope, ErrorKind, Fixed,
    Named, NextSeqError,
};

type Notes = DotMap<String, DotFun<Fixed<u8>>>;

/// A map of registers, with a name.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
struct Book(Causal<Notes>);

impl Named for Book {
    const NAME: &'static str = "book";
    const VERSION: u32 = 3;
}

fn book() -> Book {
    let alice = AgentId::new("alice").unwrap();
    let mut book = Causal::<Notes>::new();
    for (page, note) in [("one", 1), ("two", 2)] {
        let written = book.mutate::<NextSeqError>(&alice, |_, minter| {
            let note = Change::bring(DotFun::from((minter.mint()?, Fixed(note))));
            Ok(Change::bring(DotMap::from((page.to_string(), note))))
        });
        written.unwrap();
    }
    Book(book)
}

const DOCUMENT: &str = r#"{"type":"book","v":3,"state":{"store":[["one",[[{"agent":"alice","seq":0},1]]],["two",[[{"agent":"alice","seq":1},2]]]],"context":{"alice":{"next":2,"cloud":[]}}}}"#;

#[test]
fn a_state_is_a_document_and_back() {
    assert_eq!(to_string(&book()).unwrap(), DOCUMENT);
    assert_eq!(from_str::<Book>(DOCUMENT), Ok(book()));
    // Space is free.
    let spacious = DOCUMENT.replace(':', " :\n ").replace(',', "\t,");
    assert_eq!(from_str::<Book>(&spacious), Ok(book()));
}

#[test]
fn fields_may_be_sorted_by_those_who_passed_it_on() {
    let state = &DOCUMENT[DOCUMENT.find("\"state\"").unwrap()..DOCUMENT.len() - 1];
    for sorted in [
        format!(r#"{{{state},"type":"book","v":3}}"#),
        format!(r#"{{"v":3,{state},"type":"book"}}"#),
    ] {
        assert_eq!(from_str::<Book>(&sorted), Ok(book()));
    }
    let other = format!(r#"{{{state},"type":"tome","v":3}}"#);
    assert_refused(
        &other,
        JsonProblem::WrongType,
        "type",
        "the state is of type \"tome\"",
    );
}

#[track_caller]
fn assert_refused(document: &str, problem: JsonProblem, path: &str, message: &str) {
    let error = from_str::<Book>(document).unwrap_err();
    let found = (error.problem, &error.path[..]);
    assert_eq!(found, (problem, path), "{error}");
    assert!(error.reason.starts_with(message), "{error}");
    assert_eq!(error.to_string(), format!("{path}: {}", error.reason));
    assert_eq!(error.line, 1);
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

/// The document with one thing replaced.
fn with(from: &str, to: &str) -> String {
    assert_eq!(DOCUMENT.matches(from).count(), 1, "{from}");
    DOCUMENT.replace(from, to)
}

#[test]
fn another_type_or_version_is_told_by_its_name_whatever_the_state() {
    use JsonProblem::{WrongType, WrongVersion};
    let wrong = "the state is of type \"tome\", not \"book\"";
    assert_refused(&with("book", "tome"), WrongType, "type", wrong);
    assert_refused(
        r#"{"type":"tome","v":3,"state":7}"#,
        WrongType,
        "type",
        wrong,
    );
    let wrong = "the state is of version 4, not 3";
    assert_refused(&with("\"v\":3", "\"v\":4"), WrongVersion, "v", wrong);
    assert_refused(
        r#"{"type":"book","v":4,"state":7}"#,
        WrongVersion,
        "v",
        wrong,
    );
    // A name of any length, of which the error repeats a little.
    let long = with("book", &"x".repeat(1000));
    let error = from_str::<Book>(&long).unwrap_err();
    assert_eq!(error.problem, WrongType);
    assert!(error.reason.len() < 200);
    assert_refused(
        r#"{"type":7}"#,
        WrongType,
        "type",
        "invalid type: integer `7`",
    );
}

#[test]
fn numbers_are_in_range() {
    let value = |document: String, path, message| {
        assert_refused(&document, JsonProblem::Value, path, message);
    };
    let seq = "state.store[0][1][0][0].seq";
    value(
        with("\"seq\":0", "\"seq\":-1"),
        seq,
        "invalid value: integer `-1`, expected u64",
    );
    value(
        with("\"seq\":0", "\"seq\":0.5"),
        seq,
        "invalid type: floating point `0.5`",
    );
    let huge = with("\"seq\":0", "\"seq\":18446744073709551616");
    value(huge, seq, "invalid type: floating point");
    let dot = "state.store[0][1][0][0]";
    let too_large = with("\"seq\":0", "\"seq\":9007199254740992");
    value(
        too_large,
        dot,
        "sequence number 9007199254740992 is larger than",
    );
    value(
        with("},2]", "},256]"),
        "state.store[1][1][0][1]",
        "invalid value: integer `256`",
    );
    let version = with("\"v\":3", "\"v\":-3");
    assert_refused(
        &version,
        JsonProblem::WrongVersion,
        "v",
        "invalid value: integer `-3`",
    );
}

#[test]
fn what_breaks_an_invariant_is_refused_where_it_stands() {
    let value = |document: String, path, message| {
        assert_refused(&document, JsonProblem::Value, path, message);
    };
    let key = "a key does not follow the key before it";
    value(with("\"two\"", "\"one\""), "state.store[1]", key);
    value(with("\"two\"", "\"a\""), "state.store[1]", key);
    value(
        with("[[{\"agent\":\"alice\",\"seq\":1},2]]", "[]"),
        "state.store[1]",
        "nothing stands",
    );
    let twice = with("},1]", "},1],[{\"agent\":\"alice\",\"seq\":0},1]");
    value(twice, "state.store[0][1][1]", "dot alice:0 does not follow");
    value(
        with("\"seq\":1", "\"seq\":0"),
        "state",
        "dot alice:0 stands in two places",
    );
    value(
        with("\"next\":2", "\"next\":1"),
        "state",
        "dot alice:1 stands in the store and",
    );
    value(
        with("\"alice\":{", "\"\":{"),
        "state.context.",
        "agent name is empty",
    );
}

#[test]
fn fields_are_those_there_are_each_once() {
    let value = |document: &str, path, message| {
        assert_refused(document, JsonProblem::Value, path, message);
    };
    value(&with("\"v\":3,", ""), ".", "missing field `v`");
    value(&with("\"type\":\"book\",", ""), ".", "missing field `type`");
    value(r#"{"type":"book","v":3}"#, ".", "missing field `state`");
    value("{}", ".", "missing field `type`");
    value("[]", ".", "invalid length 0");
    value(
        "7",
        ".",
        "invalid type: integer `7`, expected a state of type book",
    );
    value(
        &with("\"v\":3", "\"v\":3,\"v\":3"),
        ".",
        "duplicate field `v`",
    );
    value(
        &with("\"type\":\"book\"", "\"type\":\"book\",\"type\":\"book\""),
        ".",
        "duplicate field `type`",
    );
    value(
        &with("\"v\":3", "\"v\":3,\"w\":3"),
        "w",
        "unknown field `w`",
    );
    value(
        &with("\"store\"", "\"stored\""),
        "state.stored",
        "unknown field `stored`",
    );
    value(
        &with("\"cloud\":[]", "\"cloud\":[],\"next\":2"),
        "state.context.alice",
        "duplicate field `next`",
    );
    value(
        &with(",\"cloud\":[]", ""),
        "state.context.alice",
        "missing field `cloud`",
    );
    let twice = with(
        "\"cloud\":[]}",
        "\"cloud\":[]},\"alice\":{\"next\":2,\"cloud\":[]}",
    );
    value(&twice, "state.context", "an agent is listed twice");
}

#[test]
fn nothing_comes_after_the_document() {
    for rest in ["7", " {}", ",", "\u{0}"] {
        let longer = [DOCUMENT, rest].concat();
        assert_refused(&longer, JsonProblem::Syntax, ".", "trailing characters");
    }
    assert_eq!(from_str::<Book>(&[DOCUMENT, " \n"].concat()), Ok(book()));
}

#[test]
fn documents_that_end_early_are_told_from_those_that_are_wrong() {
    for len in 1..DOCUMENT.len() {
        let error = from_str::<Book>(&DOCUMENT[..len]).unwrap_err();
        assert_eq!(error.problem, JsonProblem::Truncated, "{error}");
    }
    assert_refused("{'", JsonProblem::Syntax, "?", "key must be a string");
    assert_eq!(
        from_str::<Book>("").unwrap_err().problem,
        JsonProblem::Truncated
    );
}

/// Something that can hold itself.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Deep(Vec<Self>);

impl Named for Deep {
    const NAME: &'static str = "deep";
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    let deep = |n: usize| {
        let state = ["[".repeat(n), "]".repeat(n)].concat();
        from_str::<Deep>(&format!(r#"{{"type":"deep","v":1,"state":{state}}}"#))
    };
    assert!(deep(100).is_ok());
    let error = deep(100_000).unwrap_err();
    assert_eq!(error.problem, JsonProblem::Syntax);
    assert!(
        error.reason.starts_with("recursion limit exceeded"),
        "{error}"
    );
}

/// A state that JSON has no form for.
#[derive(Serialize)]
struct Table {
    rows: BTreeMap<(u8, u8), u8>,
}

impl Named for Table {
    const NAME: &'static str = "table";
}

#[test]
fn what_has_no_form_is_a_misuse_of_the_writer() {
    let rows = BTreeMap::from([((1, 2), 3)]);
    let error = to_string(&Table { rows }).unwrap_err();
    assert_eq!(
        (error.problem, error.kind()),
        (JsonProblem::Unwritable, ErrorKind::Misuse)
    );
    assert_eq!(error.path, "state.rows");
    assert!(
        to_string(&Table {
            rows: BTreeMap::new()
        })
        .is_ok()
    );
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Seen(DotContext);

impl Named for Seen {
    const NAME: &'static str = "seen";
}

#[test]
fn envelopes_work_in_formats_without_names() {
    let bytes = postcard::to_allocvec(&Envelope(book())).unwrap();
    assert_eq!(postcard::from_bytes(&bytes), Ok(Envelope(book())));
    assert!(postcard::from_bytes::<Envelope<Seen>>(&bytes).is_err());
}

#[test]
fn noise_never_panics() {
    fn property(context: DotContext, at: usize, noise: char) -> bool {
        let seen = Seen(context);
        let document = to_string(&seen).unwrap();
        let at = at % document.len();
        let noisy = [
            &document[..at],
            noise.encode_utf8(&mut [0; 4]),
            &document[at + 1..],
        ]
        .concat();
        let reread = |read: Result<Seen, JsonError>| match read {
            Ok(read) => from_str(&to_string(&read).unwrap()) == Ok(read),
            Err(error) => !error.path.is_empty(),
        };
        from_str(&document) == Ok(seen)
            && reread(from_str(&noisy))
            && reread(from_str(&noise.to_string()))
    }
    check_property(property as fn(DotContext, usize, char) -> bool);
}

/// A list in a list in a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Nested(Vec<Self>);

impl Named for Nested {
    const NAME: &'static str = "nested";
}

/// What is written can be read: deeper documents are refused on the way out, not by the next reader.
#[test]
fn documents_too_deep_to_be_read_are_not_written() {
    let nested =
        |depth: usize| (1..depth).fold(Nested::default(), |inner, _| Nested(alloc::vec![inner]));
    // The envelope is a level.
    let deepest = to_string(&nested(126)).unwrap();
    assert_eq!(from_str::<Nested>(&deepest).unwrap(), nested(126));
    let refused = to_string(&nested(127)).unwrap_err();
    assert_eq!(refused.problem, JsonProblem::Unwritable);
    assert!(refused.reason.contains("127 can be read"), "{refused}");
}

/// Brackets within strings nest nothing.
#[test]
fn only_brackets_outside_of_strings_count() {
    assert_eq!(super::depth(r#"{"[[\"{":["]\\",[1]]}"#), 3);
    assert_eq!(super::depth("1"), 0);
}
