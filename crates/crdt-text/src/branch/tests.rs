//! Branches edited in every unit, against a plain string; chunks hold a dozen bytes here.

use core::ops::Bound;

use crdt_testkit::Rng;

use super::Branch;
use crate::{Bytes, Chars, EditError, OpLog, Utf16};

const CHARS: [char; 6] = ['a', 'b', '\u{e9}', '\u{6f22}', '\u{10000}', '\u{1f600}'];

/// One scalar's edges in scalars, bytes and UTF-16 units.
fn edges(text: &str, at: usize) -> (usize, usize, usize) {
    let byte = text
        .char_indices()
        .nth(at)
        .map_or(text.len(), |(byte, _)| byte);
    (at, byte, text[..byte].encode_utf16().count())
}

#[test]
fn edits_in_every_unit_do_what_a_string_does() {
    for seed in 0..40 {
        let mut rng = Rng::new(seed);
        let mut log = OpLog::new();
        let me = log.get_or_create_agent_id("me").expect("a name");
        let (mut branch, mut model) = (Branch::new(), String::new());
        for step in 0..80 {
            let len = model.chars().count();
            let (from, to) = (rng.below(len + 1), rng.below(len + 1));
            let (start, end) = (edges(&model, from.min(to)), edges(&model, from.max(to)));
            let n = rng.between(usize::from(start == end), 12);
            let text: String = (0..n).map(|_| *rng.pick(&CHARS)).collect();
            let result = match rng.below(4) {
                0 => branch.replace(&mut log, me, start.0..end.0, &text),
                1 => branch.replace(&mut log, me, Chars(start.0)..Chars(end.0), &text),
                2 => branch.replace(&mut log, me, Bytes(start.1)..Bytes(end.1), &text),
                _ => branch.replace(&mut log, me, Utf16(start.2)..Utf16(end.2), &text),
            };
            let lvs = result.expect("a range on boundaries");
            assert_eq!(
                lvs.len() as usize,
                end.0 - start.0 + n,
                "seed {seed}, step {step}"
            );
            model.replace_range(start.1..end.1, &text);
            branch.rope.assert_invariants();
            assert_eq!(branch.to_string(), model, "seed {seed}, step {step}");
            let utf16 = model.encode_utf16().count();
            assert_eq!(branch.len_bytes(), model.len(), "seed {seed}, step {step}");
            assert_eq!(branch.len_utf16(), utf16, "seed {seed}, step {step}");
        }
        assert_eq!(log.text_at(branch.version()), Ok(model), "seed {seed}");
    }
}

#[test]
fn a_range_may_be_bounded_in_any_way() {
    let mut log = OpLog::new();
    let me = log.get_or_create_agent_id("me").expect("a name");
    let mut branch = Branch::new();
    branch
        .insert(&mut log, me, 0, "ab\u{1f600}cd")
        .expect("an insert");
    assert_eq!(branch.slice::<usize>(..).as_deref(), Ok("ab\u{1f600}cd"));
    assert_eq!(branch.slice(1..).as_deref(), Ok("b\u{1f600}cd"));
    assert_eq!(branch.slice(..=1).as_deref(), Ok("ab"));
    assert_eq!(
        branch.slice(Bytes(2)..=Bytes(5)).as_deref(),
        Ok("\u{1f600}")
    );
    assert_eq!(branch.slice(Utf16(2)..Utf16(4)).as_deref(), Ok("\u{1f600}"));
    let odd = (Bound::Excluded(0), Bound::Excluded(2));
    assert_eq!(branch.slice::<usize>(odd).as_deref(), Ok("b"));
    assert_eq!(branch.slice(5..5).as_deref(), Ok(""));
}

#[test]
fn bounds_near_the_largest_number_are_errors() {
    let mut log = OpLog::new();
    let me = log.get_or_create_agent_id("me").expect("a name");
    let mut branch = Branch::new();
    branch.insert(&mut log, me, 0, "abc").expect("an insert");
    let max = usize::MAX;
    let out = EditError::OutOfBounds { at: max, len: 3 };
    assert_eq!(branch.slice(..=max), Err(out));
    assert_eq!(branch.slice(0..max), Err(out));
    assert_eq!(branch.slice(..=Bytes(max)), Err(out));
    assert_eq!(branch.slice(..=Utf16(max)), Err(out));
    let both = (Bound::Excluded(max), Bound::Included(max));
    assert_eq!(branch.slice::<usize>(both), Err(out));
    let reversed = Err(EditError::ReversedRange { start: max, end: 3 });
    assert_eq!(
        branch.slice::<usize>((Bound::Excluded(max), Bound::Unbounded)),
        reversed
    );
    let empty = (Bound::Excluded(1), Bound::Excluded(1));
    assert_eq!(
        branch.slice::<usize>(empty),
        Err(EditError::ReversedRange { start: 2, end: 1 })
    );
}

#[test]
fn a_branch_shows_its_version_and_length_but_not_its_text() {
    let mut log = OpLog::new();
    let me = log.get_or_create_agent_id("me").expect("a name");
    let mut branch = Branch::default();
    branch.insert(&mut log, me, 0, "secret").expect("an insert");
    let shown = format!("{branch:?}");
    assert!(
        shown.contains("[5]") && shown.contains("len_chars: 6"),
        "{shown}"
    );
    assert!(!shown.contains("secret"), "{shown}");
}

/// The short way of single keys against the long way of the op log, column by column.
#[test]
fn keys_typed_one_by_one_leave_the_columns_that_operations_do() {
    for seed in 0..60 {
        let mut rng = Rng::new(seed);
        let (mut typed, mut written) = (OpLog::new(), OpLog::new());
        let [ada, bob] = ["ada", "bob"].map(|name| {
            typed.get_or_create_agent_id(name).expect("a name");
            written.get_or_create_agent_id(name).expect("a name")
        });
        let mut branch = Branch::new();
        let mut model: Vec<char> = Vec::new();
        let (mut caret, mut agent) = (0, ada);
        for _ in 0..150 {
            if rng.chance(10) {
                caret = rng.below(model.len() + 1);
                agent = *rng.pick(&[ada, ada, bob]);
            }
            let kind = rng.below(10);
            if kind < 6 || model.is_empty() {
                let key = *rng.pick(&['a', 'b', '\u{e9}']);
                let text = key.to_string();
                branch
                    .insert(&mut typed, agent, caret, &text)
                    .expect("fits");
                written.add_insert(agent, caret, &text).expect("fits");
                model.insert(caret, key);
                caret += 1;
            } else {
                caret -= usize::from((kind < 9 && caret > 0) || caret == model.len());
                let gone = caret..caret + 1;
                branch
                    .delete(&mut typed, agent, gone.clone())
                    .expect("fits");
                written
                    .add_delete_without_content(agent, gone)
                    .expect("fits");
                model.remove(caret);
            }
            branch.rope.assert_invariants();
            assert_eq!(branch.to_string(), model.iter().collect::<String>());
            assert_eq!(branch.version(), typed.version(), "seed {seed}");
        }
        assert_eq!(format!("{:?}", typed.ops()), format!("{:?}", written.ops()));
        assert_eq!(
            format!("{:?}", typed.graph()),
            format!("{:?}", written.graph())
        );
        assert_eq!(typed.encode_full(), written.encode_full(), "seed {seed}");
        assert_eq!(typed.summary(), written.summary(), "seed {seed}");
    }
}
