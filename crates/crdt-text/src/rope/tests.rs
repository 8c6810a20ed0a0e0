//! The rope against a plain string, with chunks of a dozen bytes.

use core::ops::Range;

use crdt_testkit::Rng;

use super::chunk::{TextWidth, cut_before};
use super::{MAX_CHUNK, Measure, Rope};

const MEASURES: [Measure; 3] = [Measure::Chars, Measure::Bytes, Measure::Utf16];

/// One to four bytes, one and two UTF-16 units, a combining mark, a joiner and a newline.
const CHARS: [char; 12] = [
    'a',
    'b',
    'c',
    'd',
    '\n',
    '\u{e9}',
    '\u{301}',
    '\u{6f22}',
    '\u{fffd}',
    '\u{200d}',
    '\u{10000}',
    '\u{1f600}',
];

fn text(rng: &mut Rng, n_chars: usize) -> String {
    let is_ascii = rng.chance(30);
    let set = if is_ascii { &CHARS[..4] } else { &CHARS };
    (0..n_chars).map(|_| *rng.pick(set)).collect()
}

fn byte_of(text: &str, at: usize) -> usize {
    text.char_indices()
        .nth(at)
        .map_or(text.len(), |(byte, _)| byte)
}

fn bytes_of(text: &str, chars: Range<usize>) -> Range<usize> {
    byte_of(text, chars.start)..byte_of(text, chars.end)
}

/// The offset of a byte boundary in another unit, counted one scalar at a time.
fn offset_of(text: &str, byte: usize, measure: Measure) -> u32 {
    let before = &text[..byte];
    (match measure {
        Measure::Chars => before.chars().count(),
        Measure::Bytes => before.len(),
        Measure::Utf16 => before.encode_utf16().count(),
    }) as u32
}

fn check(rope: &Rope, model: &str) {
    rope.assert_invariants();
    assert_eq!(rope.to_string(), model);
    assert_eq!(rope.pieces().collect::<String>(), model);
    assert_eq!(rope.len_chars() as usize, model.chars().count());
    for measure in MEASURES {
        assert_eq!(
            rope.len(measure),
            offset_of(model, model.len(), measure) as usize
        );
    }
}

/// Every offset in every unit, to every unit; what is no boundary converts to nothing.
fn check_conversions(rope: &Rope, model: &str) {
    let ends = model
        .char_indices()
        .map(|(byte, _)| byte)
        .chain([model.len()]);
    let boundaries: Vec<[u32; 3]> = ends
        .map(|byte| MEASURES.map(|measure| offset_of(model, byte, measure)))
        .collect();
    for (from, measure) in MEASURES.into_iter().enumerate() {
        for at in 0..=rope.len(measure) as u32 + 2 {
            let expected = boundaries.iter().find(|boundary| boundary[from] == at);
            for (to, target) in MEASURES.into_iter().enumerate() {
                let found = rope.convert(at, measure, target);
                assert_eq!(
                    found,
                    expected.map(|e| e[to]),
                    "{measure:?} {at} to {target:?}"
                );
            }
        }
    }
}

/// Runs a test for many seeds; one that fails is named.
fn each_seed(n_seeds: u64, test: impl Fn(u64)) {
    for seed in 0..n_seeds {
        let run = core::panic::AssertUnwindSafe(|| test(seed));
        assert!(
            std::panic::catch_unwind(run).is_ok(),
            "failed with seed {seed}, see above"
        );
    }
}

#[test]
fn a_rope_does_what_a_string_does() {
    each_seed(60, |seed| {
        let mut rng = Rng::new(seed);
        let (mut rope, mut model) = (Rope::new(), String::new());
        let mut caret = 0;
        for step in 0..200 {
            let len = model.chars().count();
            // Mostly near the last edit, as typing is, so that the remembered place is used.
            if rng.chance(30) {
                caret = rng.below(len + 1);
            }
            caret = caret.min(len);
            let deletes = rng.chance(if (step / 50) % 2 == 1 { 65 } else { 25 });
            if deletes && len > 0 {
                let n = rng.between(1, 9).min(len);
                let at = caret.min(len - n);
                rope.delete(at as u32, n as u32);
                model.replace_range(bytes_of(&model, at..at + n), "");
                caret = at;
            } else {
                let most = if rng.chance(10) { 60 } else { 4 };
                let n = rng.between(1, most);
                let text = text(&mut rng, n);
                rope.insert(caret as u32, &text);
                model.insert_str(byte_of(&model, caret), &text);
                caret += text.chars().count();
            }
            check(&rope, &model);
            if step % 25 == 0 {
                check_conversions(&rope, &model);
            }
        }
    });
}

#[test]
fn any_slice_is_that_of_the_string() {
    let mut rng = Rng::new(7);
    let model = text(&mut rng, 80);
    let mut rope = Rope::new();
    rope.insert(0, &model);
    for start in 0..=80 {
        for end in start..=80 {
            let expected = &model[bytes_of(&model, start..end)];
            assert_eq!(rope.slice_chars(start as u32..end as u32), expected);
        }
    }
}

#[test]
fn a_long_paste_is_cut_into_chunks_wherever_it_lands() {
    each_seed(20, |seed| {
        let mut rng = Rng::new(seed);
        let base = text(&mut rng, 20);
        let paste = text(&mut rng, 500);
        for at in 0..=20 {
            let (mut rope, mut model) = (Rope::new(), base.clone());
            rope.insert(0, &base);
            rope.insert(at as u32, &paste);
            model.insert_str(byte_of(&base, at), &paste);
            check(&rope, &model);
        }
    });
}

/// A rope that only ever split would end up as one chunk for each scalar.
#[test]
fn chunks_that_shrink_join_their_neighbours() {
    let mut rope = Rope::new();
    let mut rng = Rng::new(11);
    rope.insert(0, &"x".repeat(6_000));
    while rope.len_chars() > 600 {
        rope.delete(rng.below(rope.len_chars() as usize) as u32, 1);
    }
    rope.assert_invariants();
    let n_chunks = rope.pieces().count();
    assert!(n_chunks <= 600 / 2, "{n_chunks} chunks for 600 bytes");
}

#[test]
fn typing_backspacing_and_retyping_stay_in_step_with_a_string() {
    let (mut rope, mut model) = (Rope::new(), String::new());
    for round in 0..30_usize {
        for ch in ["a", "\u{e9}", "\u{1f600}", "z"]
            .iter()
            .cycle()
            .take(20 + round)
        {
            rope.insert(rope.len_chars(), ch);
            model.push_str(ch);
        }
        for _ in 0..15 {
            rope.delete(rope.len_chars() - 1, 1);
            model.pop();
            check(&rope, &model);
        }
    }
}

#[test]
fn deleting_everything_leaves_an_empty_rope_that_still_works() {
    let mut rope = Rope::new();
    rope.insert(0, &"\u{6f22}".repeat(100));
    rope.delete(0, 100);
    check(&rope, "");
    check_conversions(&rope, "");
    assert_eq!(rope.slice_chars(0..0), "");
    rope.insert(0, "back");
    check(&rope, "back");
}

#[test]
fn a_piece_is_cut_before_the_scalar_that_does_not_fit() {
    assert_eq!(cut_before("abc", 2), 2);
    assert_eq!(cut_before("abc", 9), 3);
    assert_eq!(cut_before("a\u{1f600}", 4), 1);
    assert_eq!(cut_before("a\u{1f600}", 5), 5);
    const { assert!(MAX_CHUNK >= 4, "a chunk holds any scalar") };
}

#[test]
fn widths_count_each_unit() {
    let width = TextWidth::of("a\u{e9}\u{6f22}\u{1f600}");
    assert_eq!(MEASURES.map(|measure| width.get(measure)), [4, 10, 5]);
    assert_eq!(
        MEASURES.map(|measure| TextWidth::of("").get(measure)),
        [0, 0, 0]
    );
}
