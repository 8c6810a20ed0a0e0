//! Scripts against plain strings.

use core::cell::Cell;

use crdt_testkit::Rng;

use super::{Inserted, Offset, Part, Script, Text};
use crate::TextOp;

/// A random script for a text of so many scalars.
fn script(rng: &mut Rng, len: u32) -> Script<Text> {
    let mut script = Script::default();
    let mut left = len;
    while left > 0 || rng.chance(30) {
        let n = rng.below(4).min(left as usize) as u32;
        match rng.below(3) {
            0 => script.keep(n),
            1 => script.delete(n),
            _ => {
                let text = ["\u{e9}", "xy", "\u{1F600}z", "w"][rng.below(4)];
                script.insert(Text::from(text.to_owned()));
                continue;
            }
        }
        left -= n;
        if rng.chance(10) {
            break;
        }
    }
    script.trimmed()
}

fn apply(script: &Script<Text>, text: &str) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for op in script.ops() {
        match op {
            TextOp::Insert { pos, text: new } => drop(text.splice(pos..pos, new.chars())),
            TextOp::Delete { pos, len, .. } => drop(text.drain(pos..pos + len)),
        }
    }
    text.into_iter().collect()
}

fn len(text: &str) -> u32 {
    text.chars().count() as u32
}

fn blank(script: &Script<Text>) -> Script<u32> {
    let mut blank = Script::default();
    for part in script.parts() {
        match part {
            Part::Keep(n) => blank.keep(*n),
            Part::Delete(n) => blank.delete(*n),
            Part::Insert(text) => blank.insert(text.len),
        }
    }
    blank
}

fn assert_normal(script: &Script<Text>) {
    for pair in script.parts().windows(2) {
        let is_normal = matches!(
            pair,
            [Part::Keep(_), Part::Insert(_) | Part::Delete(_)]
                | [Part::Insert(_), Part::Keep(_) | Part::Delete(_)]
                | [Part::Delete(_), Part::Keep(_)]
        );
        assert!(is_normal, "{script:?}");
    }
    assert!(!script.ends_in_keep(), "{script:?}");
}

const TEXTS: [&str; 4] = ["", "a", "abc\u{1F600}d\u{e9}fgh", "0123456789abcdefghij"];

#[test]
fn scripts_compose_to_what_they_do_one_after_the_other() {
    for seed in 0..4000 {
        let mut rng = Rng::new(seed);
        let text = TEXTS[rng.below(4)];
        let first = script(&mut rng, len(text));
        let between = apply(&first, text);
        let next = script(&mut rng, len(&between));
        let both = first.clone().compose(next.clone());
        assert_eq!(apply(&both, text), apply(&next, &between), "seed {seed}");
        assert_normal(&both);
        let growth = i64::from(len(&between)) - i64::from(len(text));
        assert_eq!(first.growth(), growth, "seed {seed}");
        assert!(first.reach_before() <= u64::from(len(text)), "seed {seed}");
    }
}

#[test]
fn two_scripts_lead_to_one_text_whichever_comes_first() {
    for seed in 0..4000 {
        let mut rng = Rng::new(seed);
        let text = TEXTS[rng.below(4)];
        let (left, right) = (script(&mut rng, len(text)), script(&mut rng, len(text)));
        let left_after = left.clone().transform(&blank(&right), true);
        let right_after = right.clone().transform(&left, false);
        assert_eq!(
            apply(&left_after, &apply(&right, text)),
            apply(&right_after, &apply(&left, text)),
            "seed {seed}"
        );
        assert_normal(&left_after);
        // Without the text it comes out the same.
        let blank_after = blank(&right).transform(&left, false);
        assert_eq!(blank_after, blank(&right_after), "seed {seed}");
    }
}

#[test]
fn an_inverse_leads_back() {
    for seed in 0..2000 {
        let mut rng = Rng::new(seed);
        let text = TEXTS[rng.below(4)];
        let script = script(&mut rng, len(text));
        let inverse = script.inverse(|range| {
            let (skipped, n) = (range.start as usize, range.len());
            let part: String = text.chars().skip(skipped).take(n).collect();
            Text::from(part)
        });
        assert_eq!(apply(&inverse, &apply(&script, text)), text, "seed {seed}");
        assert_normal(&inverse);
    }
}

#[test]
fn what_comes_at_one_place_stands_on_the_side_asked_for() {
    let insert = |text: &str| Script::replace(1, 0, Some(Text::from(text.to_owned())));
    let other = Script::replace(1, 0, Some(2));
    for (goes_left, expected) in [(true, "aX__b"), (false, "a__Xb")] {
        let moved = insert("X").transform(&other, goes_left);
        assert_eq!(apply(&moved, "a__b"), expected);
    }
}

/// Counts the scalars that are copied.
#[derive(Clone)]
struct Counted<'a> {
    len: u32,
    n_copied: &'a Cell<u32>,
}

impl Inserted for Counted<'_> {
    fn len(&self) -> u32 {
        self.len
    }

    fn copy(&self, at: &mut Offset, n: u32) -> Self {
        self.n_copied.set(self.n_copied.get() + n);
        let len = self.len.copy(at, n);
        Self { len, ..*self }
    }

    fn append(&mut self, other: Self) {
        self.len += other.len;
    }
}

const PLACES: u32 = 10_000;
const GAP: u32 = 100;

/// All of a text comes back, then 10,000 places of it change.
fn all_and_then_many<T: Inserted>(all: T, one: &T) -> [Script<T>; 2] {
    let mut many = Script::default();
    for _ in 0..PLACES {
        many.keep(GAP - 2);
        many.insert(one.clone());
        many.delete(2);
    }
    [Script::replace(0, 0, Some(all)), many]
}

#[test]
fn a_large_text_that_changes_at_many_places_is_copied_once() {
    let n_copied = Cell::new(0);
    let counted = |len| Counted {
        len,
        n_copied: &n_copied,
    };
    let [all, many] = all_and_then_many(counted(PLACES * GAP), &counted(3));
    let both = all.compose(many);
    assert_eq!(both.growth(), i64::from(PLACES * (GAP + 1)));
    assert!(n_copied.get() <= PLACES * GAP, "{}", n_copied.get());
    n_copied.set(0);
    // What nobody touches is not copied.
    let [all, _] = all_and_then_many(counted(PLACES * GAP), &counted(3));
    let moved = all.compose(Script::replace(PLACES * GAP, 0, Some(counted(1))));
    assert_eq!((moved.growth(), n_copied.get()), (1_000_001, 0));
}

#[test]
fn a_large_text_that_changes_at_many_places_is_what_it_should_be() {
    let text = |text: String| Text::from(text);
    let all = "\u{e9}".repeat(GAP as usize - 2) + "xy";
    let [all, many] = all_and_then_many(
        text(all.repeat(PLACES as usize)),
        &text("\u{1F600}".to_owned()),
    );
    let both = all.compose(many);
    let expected = "\u{e9}".repeat(GAP as usize - 2) + "\u{1F600}";
    assert!(apply(&both, "") == expected.repeat(PLACES as usize));
}
