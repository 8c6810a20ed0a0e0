//! Anchors, judged by the order of the naive reference model.

use crdt_core::codec::{Decode, DecodeError, Encode};
use crdt_core::{Classify, ErrorKind};
use crdt_testkit::{Reference, Rng, topo};
use crdt_text::{
    Anchor, AnchorError, Bias, Branch, Bytes, Chars, DecodeLimits, EditError, Frontier, OpLog,
    TextDoc, Utf16,
};

use crate::support::{dot, each_history, ingest, oplog_from, oplog_of, version};

const SIDES: [Bias; 2] = [Bias::Left, Bias::Right];

fn read(anchor: &Anchor) -> Anchor {
    let again = Anchor::from_bytes(&anchor.to_bytes(), &DecodeLimits::default());
    assert_eq!(again.as_ref(), Ok(anchor));
    again.expect("valid")
}

/// At any version, made at any other: before, after or beside it.
#[test]
fn anchors_stand_where_the_model_has_their_neighbours() {
    each_history(|seed, trace| {
        let oplog = oplog_of(trace);
        let model = Reference::from_trace(trace);
        let mut rng = Rng::new(seed);
        let heads = |rng: &mut Rng| {
            let some: Vec<usize> = (0..rng.below(3))
                .map(|_| rng.below(trace.n_events()))
                .collect();
            model.minimal(&some)
        };
        let mut made = Vec::new();
        for _ in 0..8 {
            let from = heads(&mut rng);
            let branch = Branch::new_at_local_version(&oplog, &version(&oplog, trace, &from));
            let branch = branch.expect("a version");
            for bias in SIDES {
                let pos = rng.below(branch.len() + 1);
                let anchor = branch.anchor(&oplog, pos, bias).expect("in range");
                made.push((from.clone(), pos, bias, read(&anchor)));
            }
        }
        for _ in 0..4 {
            let to = heads(&mut rng);
            let branch = Branch::new_at_local_version(&oplog, &version(&oplog, trace, &to));
            let branch = branch.expect("a version");
            let anchors = made.iter().map(|(.., anchor)| anchor);
            let together = branch.resolve_all::<usize>(&oplog, anchors);
            for ((from, pos, bias, anchor), found) in made.iter().zip(together) {
                let expected = model.moved(from, *pos, *bias == Bias::Right, &to);
                assert_eq!(
                    found,
                    Ok(expected),
                    "CRDT_SEED={seed} {pos} {bias:?} of {from:?} at {to:?}"
                );
                assert_eq!(
                    branch.resolve(&oplog, anchor),
                    Ok(expected),
                    "CRDT_SEED={seed}"
                );
            }
        }
    });
}

/// Two replicas that learned of events in different orders; one of them shallow.
#[test]
fn anchors_are_equal_on_all_replicas_at_equal_versions() {
    each_history(|seed, trace| {
        let ours = oplog_of(trace);
        let mut theirs = OpLog::new();
        let reordered = topo::reorder(trace, seed);
        for txn in &reordered.txns {
            ingest(&mut theirs, &reordered, txn).expect("a valid history");
        }
        let mut live = Branch::new();
        let mut rng = Rng::new(seed);
        let mut anchors = Vec::new();
        for txn in &trace.txns {
            let at = version(&ours, trace, &[txn.span.end - 1]);
            live.merge(&ours, &at).expect("a version");
            let pos = rng.below(live.len() + 1);
            for bias in SIDES {
                anchors.push(live.anchor(&ours, pos, bias).expect("in range"));
            }
        }
        live.merge(&ours, ours.version()).expect("the tip");
        let tip = Branch::new_at_tip(&theirs);
        let at_ours = live.resolve_all::<usize>(&ours, &anchors);
        let at_theirs = tip.resolve_all::<usize>(&theirs, &anchors);
        assert_eq!(at_ours, at_theirs, "CRDT_SEED={seed}");
        assert!(at_ours.iter().all(Result::is_ok), "CRDT_SEED={seed}");

        let cut = ours
            .last_critical_in(&live.version().clone())
            .expect("a version");
        let shallow = ours.shallow_at(&cut).expect("critical");
        let at_shallow = Branch::new_at_tip(&shallow).resolve_all::<usize>(&shallow, &anchors);
        for (found, expected) in at_shallow.iter().zip(&at_ours) {
            let is_below = matches!(found, Err(AnchorError::BelowFloor { .. }));
            assert!(found == expected || is_below, "CRDT_SEED={seed} {found:?}");
        }
    });
}

/// A position moved along through patches would come out otherwise here: the two texts stand in one gap.
#[test]
fn in_deleted_text_the_order_of_arrival_plays_no_part() {
    let start = oplog_from("ann:0 [] ins 0 abcd");
    let there = "ann:0 [] ins 0 abcd
         bob:0 [ann:3] ins 3 Y
         cyd:0 [ann:3] ins 1 X
         dan:0 [ann:3] del 1 2";
    let whole = oplog_from(there);
    let before = Branch::new_at_tip(&start);
    for bias in SIDES {
        let anchor = before.anchor(&start, 2, bias).expect("in range");
        let mut found = Vec::new();
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let heads = [dot("bob", 0), dot("cyd", 0), dot("dan", 1)];
            let mut branch = Branch::new();
            for head in order.map(|at| heads[at].clone()) {
                let head = whole.to_local(&[head]).expect("known");
                branch.merge(&whole, &head).expect("known");
            }
            assert_eq!(branch.to_string(), "aXYd");
            found.push(branch.resolve::<usize>(&whole, &anchor));
        }
        // Behind what stands before the deleted character, before what stands behind it.
        assert_eq!(found, vec![Ok(2); 6], "{bias:?}");
    }
}

/// Where its neighbour is still there, a position comes to the same place through patches.
#[test]
fn positions_moved_through_patches_stay_with_neighbours_that_live() {
    let n_compared = core::cell::Cell::new(0);
    each_history(|seed, trace| {
        let oplog = oplog_of(trace);
        let mut rng = Rng::new(seed);
        let mut branch = Branch::new();
        for _ in 0..6 {
            let target = version(&oplog, trace, &[rng.below(trace.n_events())]);
            let made = (0..=branch.len()).flat_map(|pos| SIDES.map(|bias| (pos, bias)));
            let made = made.map(|(pos, bias)| {
                let anchor = branch.anchor(&oplog, pos, bias).expect("in range");
                let neighbour = match bias {
                    // The other side of the character that it holds on to.
                    Bias::Left => pos
                        .checked_sub(1)
                        .map(|at| branch.anchor(&oplog, at, Bias::Right)),
                    Bias::Right if pos == branch.len() => None,
                    Bias::Right => Some(branch.anchor(&oplog, pos + 1, Bias::Left)),
                };
                (pos, bias, anchor, neighbour.transpose().expect("in range"))
            });
            let made: Vec<_> = made.collect();
            let patches = branch.merge(&oplog, &target).expect("a version");
            let shifted: Vec<usize> = made
                .iter()
                .map(|(pos, bias, ..)| patches.shift(*pos, *bias))
                .collect();
            for ((pos, bias, anchor, neighbour), shifted) in made.iter().zip(shifted) {
                let found = branch.resolve::<usize>(&oplog, anchor).expect("known");
                let other = neighbour
                    .as_ref()
                    .map(|other| branch.resolve::<usize>(&oplog, other));
                let other = other.transpose().expect("known");
                // A character that lives has one place on its left and the next on its right.
                if other.is_none_or(|other| other != found) {
                    assert_eq!(shifted, found, "CRDT_SEED={seed} {pos} {bias:?}");
                    n_compared.set(n_compared.get() + 1);
                }
            }
        }
    });
    assert!(n_compared.get() > 1000);
}

/// An insert there would go behind both: what comes next to the character on the left, on the side that
/// an anchor holds on to, does not push it.
#[test]
fn bias_holds_also_where_the_ordering_rule_would_put_an_insert_elsewhere() {
    let log = oplog_from(
        "ann:0 [] ins 0 LP
         bob:0 [ann:1] ins 1 R
         ada:0 [ann:1] ins 1 o",
    );
    let tip = Branch::new_at_tip(&log);
    assert_eq!(tip.to_string(), "LoRP");
    let before = log.to_local(&[dot("bob", 0)]).expect("known");
    let before = Branch::new_at_local_version(&log, &before).expect("known");
    let found = SIDES.map(|bias| {
        let anchor = before.anchor(&log, 1, bias).expect("in range");
        tip.resolve::<usize>(&log, &anchor)
    });
    assert_eq!(found, [Ok(1), Ok(2)]);
}

fn doc(text: &str) -> (TextDoc, crdt_text::AgentIdx) {
    let mut doc = TextDoc::new();
    let me = doc.get_or_create_agent_id("me").expect("a name");
    if !text.is_empty() {
        doc.insert(me, 0, text).expect("in range");
    }
    (doc, me)
}

/// Story 45: at the ends, in what is deleted, in what was dropped.
#[test]
fn anchors_at_the_ends_and_in_deleted_or_dropped_text_have_a_place() {
    let (mut doc, me) = doc("hello");
    let first = doc.version().clone();
    let ends = [
        (0, Bias::Left),
        (0, Bias::Right),
        (5, Bias::Left),
        (5, Bias::Right),
    ];
    let ends = ends.map(|(pos, bias)| doc.anchor(pos, bias).expect("in range"));
    let inside = SIDES.map(|bias| doc.anchor(2, bias).expect("in range"));
    doc.insert(me, 5, ">").expect("in range");
    doc.insert(me, 0, "<").expect("in range");
    let found = ends.iter().map(|anchor| doc.resolve(anchor));
    assert_eq!(found.collect::<Vec<_>>(), [Ok(0), Ok(1), Ok(6), Ok(7)]);

    doc.delete(me, 2..5).expect("in range");
    assert_eq!(doc.content(), "<ho>");
    assert_eq!(
        inside.each_ref().map(|anchor| doc.resolve(anchor)),
        [Ok(2), Ok(2)]
    );
    // What is typed there stands before what was deleted.
    doc.insert(me, 2, "--").expect("in range");
    assert_eq!(
        inside.each_ref().map(|anchor| doc.resolve(anchor)),
        [Ok(4), Ok(4)]
    );

    // Dropped text keeps its place, a dropped history has none.
    doc.drop_deleted_text();
    assert_eq!(doc.resolve(&inside[0]), Ok(4));
    let shallow = doc.shallow_at(&first).expect("critical");
    assert_eq!(shallow.resolve(&inside[0]), Ok(4));
    let shallow = doc.shallow_at(doc.version()).expect("critical");
    let error = shallow
        .resolve::<usize>(&inside[0])
        .expect_err("below the floor");
    let AnchorError::BelowFloor { floor } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*floor, doc.remote_version());
    assert_eq!(error.kind(), ErrorKind::MissingDependency);
}

#[test]
fn an_anchor_of_a_version_to_come_is_early() {
    let (mut ours, me) = doc("ab");
    let theirs = ours.clone();
    ours.insert(me, 1, "-").expect("in range");
    let (known, early) = (theirs.anchor(1, Bias::Left), ours.anchor(2, Bias::Left));
    let anchors = [early.expect("in range"), known.expect("in range")];
    let error = AnchorError::MissingDependency(dot("me", 2));
    assert_eq!(error.kind(), ErrorKind::MissingDependency);
    assert_eq!(theirs.resolve_all::<usize>(&anchors), [Err(error), Ok(1)]);
    assert_eq!(ours.resolve_all::<usize>(&anchors), [Ok(2), Ok(1)]);
}

#[test]
fn anchors_are_made_and_found_in_every_unit() {
    let (mut doc, me) = doc("\u{e9}\u{1F600}!");
    for anchor in [
        doc.anchor(Chars(2), Bias::Right),
        doc.anchor(Utf16(3), Bias::Right),
        doc.anchor(Bytes(6), Bias::Right),
    ] {
        let anchor = anchor.expect("a boundary");
        assert_eq!(anchor, doc.anchor(2, Bias::Right).expect("in range"));
    }
    let anchor = doc.anchor(2, Bias::Right).expect("in range");
    doc.insert(me, 0, "\u{1F600}").expect("in range");
    assert_eq!(doc.resolve(&anchor), Ok(Chars(3)));
    assert_eq!(doc.resolve(&anchor), Ok(Utf16(5)));
    assert_eq!(doc.resolve(&anchor), Ok(Bytes(10)));
    let refused = [
        doc.anchor(Bytes(1), Bias::Left),
        doc.anchor(Utf16(7), Bias::Left),
    ];
    assert_eq!(
        refused,
        [
            Err(EditError::NotABoundary { at: 1 }),
            Err(EditError::OutOfBounds { at: 7, len: 6 })
        ]
    );
}

#[test]
fn a_branch_without_its_op_log_finds_nothing() {
    let (doc, _) = doc("ab");
    let anchor = doc.anchor(1, Bias::Left).expect("in range");
    let other = OpLog::new();
    let error = doc.branch().resolve::<usize>(&other, &anchor);
    assert_eq!(error.expect_err("not its op log").kind(), ErrorKind::Misuse);
    assert!(doc.branch().anchor(&other, 1, Bias::Left).is_err());
    let empty = Branch::new().resolve::<usize>(doc.oplog(), &anchor);
    assert_eq!(empty, Ok(0));
}

/// A few bytes of a stranger ask for the whole history; the caller says how much of it is too much.
#[test]
fn a_far_anchor_costs_no_more_than_the_caller_would_pay() {
    let (mut ours, me) = doc("");
    for _ in 0..1000 {
        ours.insert(me, ours.branch().len() / 2, "word ")
            .expect("in range");
    }
    let mut theirs = TextDoc::decode(&ours.encode_full()).expect("valid");
    let you = theirs.get_or_create_agent_id("you").expect("a name");
    let near = theirs.anchor(5, Bias::Left).expect("in range");
    for _ in 0..10 {
        theirs.insert(you, 0, "!").expect("in range");
    }
    let far = Anchor::from_bytes(&bytes(2, 4, &[]), &DecodeLimits::default()).expect("valid");
    assert_eq!(far.to_bytes().len(), 3);
    let dear = AnchorError::TooFar {
        events: 5010,
        max: 5009,
    };
    assert_eq!(dear.kind(), ErrorKind::Unavailable);
    assert_eq!(theirs.resolve_within::<usize>(&far, 5009), Err(dear));
    assert_eq!(
        theirs.resolve_within(&far, 5010),
        theirs.resolve::<usize>(&far)
    );

    // A document that was just opened knows how long it was then.
    assert_eq!(theirs.resolve_within(&near, 10), Ok(15));
    let dear = AnchorError::TooFar { events: 10, max: 9 };
    assert_eq!(theirs.resolve_within::<usize>(&near, 9), Err(dear));
    // What is not known costs nothing, nor does what was made here and now.
    let now = theirs.anchor(7, Bias::Right).expect("in range");
    assert_eq!(theirs.resolve_within(&now, 0), Ok(7));
    let missing = ours.resolve_within::<usize>(&now, 0).expect_err("later");
    assert_eq!(missing.kind(), ErrorKind::MissingDependency);
    // The walk to the length of the text before counts: nothing was noted in the middle.
    let middle = bytes(2, 4, &[("me", 2499)]);
    let middle = Anchor::from_bytes(&middle, &DecodeLimits::default()).expect("valid");
    let found = theirs.resolve_within::<usize>(&middle, 2510);
    assert!(
        matches!(found, Err(AnchorError::TooFar { events: 5010, .. })),
        "{found:?}"
    );
}

fn bytes(head: u8, pos: u64, heads: &[(&str, u64)]) -> Vec<u8> {
    let mut w = crdt_core::codec::Writer::new();
    w.u8(head);
    w.u64(pos);
    w.u64(heads.len() as u64);
    heads
        .iter()
        .for_each(|(name, seq)| dot(name, *seq).encode(&mut w));
    w.into_bytes()
}

/// What is read resolves or is refused, equal on replicas that know the same; nothing panics.
#[test]
fn anchors_of_bad_will_are_refused_or_stand_somewhere() {
    let limits = DecodeLimits::default();
    let decode = |bytes: &[u8]| Anchor::from_bytes(bytes, &limits);
    let (doc, _) = doc("hello");
    // Past the end is the end of "hell", as in every operation.
    for (head, expected) in [(2, 4), (3, 5)] {
        let far = decode(&bytes(head, (1 << 31) - 2, &[("me", 3)])).expect("valid");
        assert_eq!(doc.resolve(&far), Ok(expected));
    }
    // Heads of which one is before the other are the later one.
    let twice = decode(&bytes(2, 4, &[("me", 1), ("me", 3)])).expect("valid");
    assert_eq!(doc.resolve(&twice), Ok(4));

    let unordered = decode(&bytes(2, 4, &[("me", 3), ("me", 1)]));
    assert_eq!(unordered, Err(DecodeError::NotCanonical { offset: 7 }));
    let same = decode(&bytes(2, 4, &[("me", 1), ("me", 1)]));
    assert_eq!(same, Err(DecodeError::NotCanonical { offset: 7 }));
    let later = decode(&bytes(4, 4, &[]));
    assert_eq!(later, Err(DecodeError::UnknownVersion { found: 2 }));
    assert!(decode(&bytes(2, (1 << 31) - 1, &[])).is_err());
    let valid = bytes(3, 4, &[("me", 1), ("you", 2)]);
    for len in 0..valid.len() {
        assert!(decode(&valid[..len]).is_err(), "{len}");
    }
    for at in 0..valid.len() * 8 {
        let mut changed = valid.clone();
        changed[at / 8] ^= 1 << (at % 8);
        if let Ok(anchor) = decode(&changed) {
            assert_eq!(anchor.to_bytes(), changed);
            drop(doc.resolve::<usize>(&anchor));
        }
    }
    let lie = [2, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    assert!(decode(&lie).expect_err("too few bytes").is_truncated());
}

#[test]
fn an_anchor_tells_what_it_is_made_of() {
    let (doc, _) = doc("ab");
    let anchor = doc.anchor(1, Bias::Right).expect("in range");
    assert_eq!(
        (anchor.version(), anchor.bias()),
        (&[dot("me", 1)][..], Bias::Right)
    );
    let root = Branch::new();
    let nothing = root.anchor(doc.oplog(), 0, Bias::Right).expect("the start");
    assert!(nothing.version().is_empty());
    assert_eq!(doc.resolve(&nothing), Ok(2));
    assert_eq!(Frontier::root(), *root.version());
}
