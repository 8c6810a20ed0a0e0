//! Small histories that each catch one mistake in an implementation of the order rule.
//!
//! Each is true to its name: an engine that makes the named mistake gets another text.

use crate::trace::Trace;

/// The directed cases by name; `end_content` is the text that FugueMax gives.
///
/// # Panics
/// If a case in this file is malformed, which this crate's tests rule out.
///
/// # Examples
/// ```
/// use crdt_testkit::{Reference, directed_cases};
///
/// for (name, trace) in directed_cases() {
///     assert_eq!(Some(Reference::from_trace(&trace).text()), trace.end_content, "{name}");
/// }
/// ```
pub fn directed_cases() -> Vec<(&'static str, Trace)> {
    let read = |&(name, text, end): &(&'static str, &str, &str)| {
        let mut trace = Trace::from_notation(text).expect("a directed case follows the notation");
        trace.end_content = Some(end.into());
        (name, trace)
    };
    CASES.iter().map(read).collect()
}

const CASES: [(&str, &str, &str); 17] = [
    (
        "acdb: FugueMax, not Fugue's right parent",
        "A:0 [] ins 0 a
         B:0 [] ins 0 b
         C:0 [A:0] ins 1 c
         B:1 [A:0 B:0] ins 1 d",
        "acdb",
    ),
    (
        "a tie goes by name, not by arrival",
        "b:0 [] ins 0 bb
         a:0 [] ins 0 aa",
        "aabb",
    ),
    (
        "an agent's tie with itself goes by seq, not by arrival",
        "a:2 [] ins 0 yy
         a:0 [] ins 0 xx",
        "xxyy",
    ),
    (
        "the scanning flag",
        "C:0 [] ins 0 a
         C:1 [C:0] ins 0 b
         B:0 [] ins 0 c",
        "cba",
    ),
    (
        "origin_right counts tombstones",
        "A:0 [] ins 0 a
         B:0 [A:0] del 0 1
         B:1 [A:0] ins 0 c
         A:1 [B:0] ins 0 d",
        "dc",
    ),
    (
        "a smaller left origin stops the scan",
        "A:0 [] ins 0 a
         C:0 [] ins 0 b
         B:0 [A:0] ins 1 c",
        "acb",
    ),
    (
        "a greater left origin keeps the flag",
        "B:0 [] ins 0 a
         A:0 [B:0] ins 0 b
         A:1 [A:0] ins 1 c
         B:1 [] ins 0 d
         A:2 [A:0] ins 2 e
         A:3 [] ins 0 f",
        "fbcaed",
    ),
    (
        "a double delete takes one character",
        "a:0 [] ins 0 xyz
         a:3 [a:2] del 1 1
         b:0 [a:2] del 1 2",
        "x",
    ),
    (
        "typing backwards does not interleave",
        "a:0 [] ins 0 3; ins 0 2; ins 0 1
         b:0 [] ins 0 z; ins 0 y; ins 0 x",
        "123xyz",
    ),
    (
        "names compare by UTF-8 bytes, not by UTF-16 units",
        "\u{1f600}:0 [] ins 0 2
         \u{e000}:0 [] ins 0 1",
        "12",
    ),
    (
        "a parent in the middle of a run splits it",
        "a:0 [] ins 0 abcd
         A:0 [a:1] ins 2 X
         c:0 [a:3] ins 2 Y",
        "abXYcd",
    ),
    (
        "an insert beyond the end goes to the end at its parents",
        "a:0 [] ins 0 ab
         b:0 [a:1] ins 9 XY
         a:2 [a:1] ins 2 c",
        "abcXY",
    ),
    (
        "a delete beyond the end takes nothing, one across it what is there",
        "a:0 [] ins 0 abc
         b:0 [a:2] del 3 2
         c:0 [a:2] del 2 5",
        "ab",
    ),
    (
        "the end at the parents comes before what the parents do not know",
        "a:0 [] ins 0 a
         c:0 [a:0] ins 1 z
         b:0 [a:0] ins 7 y",
        "ayz",
    ),
    (
        "the length before a zone is not to be had from the text after it",
        "b:0 [] ins 0 A
         z:0 [b:0] ins 1 BCDE
         q:2 [z:3] ins 2 FG
         b:3 [q:3] ins 9 HIJ; ins 11 KLMN
         c:0 [b:9] del 14 2
         c:9 [b:4] ins 10 X",
        "ABFGCDEHIJKLMNX",
    ),
    (
        "a delete past the end does not reach what was put past the end",
        "A:0 [] ins 0 q
         A:1 [A:0] ins 3 xxXX; del 3 4
         B:0 [A:0] ins 1 Z",
        "qxxZ",
    ),
    (
        "a delete past the end takes nothing from text that a branch brought",
        "p:0 [] ins 0 A
         q:11 [p:0] ins 1 B; del 1 1; ins 3 Cd
         a:2 [q:14] ins 3 kclm; ins 4 aexg; del 12 1
         q:0 [p:0] del 1 1
         q:1 [q:0] del 1 1",
        "ACdkaexgclm",
    ),
];
