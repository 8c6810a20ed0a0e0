//! Vectors about plain text: small scenarios with the one right answer.
//!
//! The numbers are those of a list that all crates share; its vectors 1 to 18 are tested with the maps.
//! Of the others, 23 to 27 are about moving runs and 28 to 30 about compacting tombstones: neither is
//! offered. Where 31 and 32 compact, text is dropped here, or the history before it.

use crdt_core::{Classify, ErrorKind};
use crdt_text::{AnchorError, Bias, TextDoc};

/// A text that everyone has, written by someone else.
fn base(text: &str) -> TextDoc {
    let mut doc = TextDoc::new();
    edit(&mut doc, "author", &[(0, 0, text)]);
    doc
}

/// The edits of two people to one text: where, how many characters go, and what comes, one by one.
type Edits<'e> = &'e [(usize, usize, &'e str)];

fn edit(doc: &mut TextDoc, name: &str, edits: Edits<'_>) {
    let agent = doc.get_or_create_agent_id(name).expect("a name");
    for &(pos, n_deleted, inserted) in edits {
        if n_deleted > 0 {
            doc.delete(agent, pos..pos + n_deleted).expect("in range");
        }
        for (at, ch) in (pos..).zip(inserted.chars()) {
            doc.insert(agent, at, &ch.to_string()).expect("in range");
        }
    }
}

/// The text after both edited and each heard of the other, which is the same whichever way.
#[track_caller]
fn settled(text: &str, left: (&str, Edits<'_>), right: (&str, Edits<'_>)) -> String {
    let start = base(text);
    let (mut ours, mut theirs) = (start.clone(), start.clone());
    edit(&mut ours, left.0, left.1);
    edit(&mut theirs, right.0, right.1);
    let updates = [
        ours.encode_missing(&start.summary()),
        theirs.encode_missing(&start.summary()),
    ];
    let by_update = |order: [usize; 2]| {
        let mut doc = start.clone();
        for idx in order {
            doc.apply_update(&updates[idx]).expect("nothing is missing");
        }
        doc.content()
    };
    let texts = [by_update([0, 1]), by_update([1, 0])];
    ours.merge(&theirs).expect("nothing is missing");
    theirs.merge(&ours).expect("nothing is missing");
    for text in [&texts[0], &texts[1], &theirs.content()] {
        assert_eq!(*text, ours.content());
    }
    let again = TextDoc::decode(&ours.encode_full()).expect("valid");
    assert_eq!(again.content(), ours.content());
    ours.content()
}

/// What comes too early is refused, and is as good as ever once what it stands on is there.
#[test]
fn vector_19_later_updates_first_heal() {
    let mut source = TextDoc::new();
    let mut updates = Vec::new();
    for n in 0..3 {
        let known = source.summary();
        edit(&mut source, "alice", &[(n, 0, ["1", "2", "3"][n])]);
        updates.push(source.encode_missing(&known));
    }
    let mut late = TextDoc::new();
    let early = late
        .apply_update(&updates[2])
        .expect_err("it stands on what is not here");
    assert_eq!(early.kind(), ErrorKind::MissingDependency);
    assert!(late.is_empty() && late.oplog().is_empty());
    for update in [&updates[0], &updates[1], &updates[2], &updates[1]] {
        late.apply_update(update).expect("nothing is missing");
    }
    assert_eq!(late.content(), "123");
}

/// Both are there, the one whose author comes first by name to the left.
#[test]
fn vector_20_two_insertions_at_one_place_both_survive() {
    assert_eq!(
        settled("ac", ("alice", &[(1, 0, "b")]), ("bob", &[(1, 0, "X")])),
        "abXc"
    );
    assert_eq!(
        settled("ac", ("zoe", &[(1, 0, "b")]), ("bob", &[(1, 0, "X")])),
        "aXbc"
    );
}

/// Letter by letter, and yet word by word.
#[test]
fn vector_21_two_words_at_one_place_do_not_interleave() {
    assert_eq!(
        settled("_", ("alice", &[(1, 0, "mom")]), ("bob", &[(1, 0, "dad")])),
        "_momdad"
    );
    assert_eq!(
        settled("", ("alice", &[(0, 0, "mom")]), ("bob", &[(0, 0, "dad")])),
        "momdad"
    );
}

#[test]
fn vector_22_an_insertion_after_what_is_deleted_survives() {
    assert_eq!(
        settled("abc", ("alice", &[(1, 1, "")]), ("bob", &[(2, 0, "Y")])),
        "aYc"
    );
    assert_eq!(
        settled("abc", ("alice", &[(0, 3, "")]), ("bob", &[(2, 0, "Y")])),
        "Y"
    );
    assert_eq!(
        settled("abc", ("alice", &[(1, 1, "")]), ("bob", &[(1, 1, "")])),
        "ac"
    );
}

/// The character that an anchor stands before is deleted, and what it was is dropped.
#[test]
fn vector_31_an_anchor_whose_character_is_gone_stays_in_its_place() {
    let mut doc = base("abc");
    let anchor = doc.anchor(1, Bias::Right).expect("in range");
    edit(&mut doc, "alice", &[(1, 1, "")]);
    assert_eq!(doc.drop_deleted_text(), 1);
    assert_eq!(doc.resolve(&anchor), Ok(1));
    let again = TextDoc::decode(&doc.encode_full()).expect("valid");
    assert_eq!(again.resolve(&anchor), Ok(1));
}

/// The history that an anchor stands on is dropped.
#[test]
fn vector_32_an_anchor_from_before_the_floor_is_an_error() {
    let mut doc = base("abc");
    let anchor = doc.anchor(1, Bias::Right).expect("in range");
    edit(&mut doc, "alice", &[(1, 1, "")]);
    let shallow = doc.shallow_at(doc.version()).expect("critical");
    let floor = doc.remote_version();
    let error = shallow.resolve::<usize>(&anchor);
    assert_eq!(error, Err(AnchorError::BelowFloor { floor }));
}

#[test]
fn vector_33_a_later_insertion_at_one_place_stands_before_the_earlier_one() {
    let edits: Edits<'_> = &[(0, 0, "abc"), (1, 0, "g"), (1, 0, "h")];
    assert_eq!(settled("", ("alice", edits), ("bob", &[])), "ahgbc");
}

#[test]
fn vector_34_what_is_put_in_front_stands_in_front() {
    let edits: Edits<'_> = &[(0, 0, "c"), (0, 0, "b"), (0, 0, "a")];
    assert_eq!(settled("", ("alice", edits), ("bob", &[])), "abc");
    // Two who do so at once keep their words apart.
    let other: Edits<'_> = &[(0, 0, "z"), (0, 0, "y"), (0, 0, "x")];
    let text = settled("", ("alice", edits), ("bob", other));
    assert!(text == "abcxyz" || text == "xyzabc", "{text}");
}

#[test]
fn vector_35_an_anchor_at_the_end_moves_with_what_is_put_in_front() {
    for bias in [Bias::Left, Bias::Right] {
        let mut doc = base("hello");
        let anchor = doc.anchor(5, bias).expect("in range");
        edit(&mut doc, "alice", &[(0, 0, "say ")]);
        assert_eq!(doc.resolve(&anchor), Ok(9));
    }
}
