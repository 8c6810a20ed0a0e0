//! Values held to a specification: what does not fit is refused where it comes in, with the path to
//! it, and nothing changes.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{Change, Classify, Delta, DeltaState, ErrorKind, Minter, NextSeqError, Summarize};
use crdt_counters::{ResettableCounter, ResettableError};
use crdt_maps::{
    AnyCrdt, AnyDelta, AnyError, AnyLive, AnyStore, CrdtSpec, EnableWinsFlag, Kind, MvRegister,
    OrMap, OrSet, SpecMismatch, Value,
};

use super::world::{agent, over_the_wire};

type Map = OrMap<String, AnyCrdt>;
type Changed = Result<Change<AnyLive>, NextSeqError>;
type Mutator<'m> = &'m dyn Fn(&AnyStore, &mut Minter) -> Changed;

/// Changes what stands at a path of keys.
fn at(any: &AnyStore, minter: &mut Minter, path: &[&str], mutator: Mutator<'_>) -> Changed {
    let Some((key, path)) = path.split_first() else {
        return mutator(any, minter);
    };
    any.update::<Map, _>(minter, |map, minter| {
        map.update(minter, (*key).to_owned(), |any, minter| {
            at(any, minter, path, mutator)
        })
    })
}

fn count(any: &AnyStore, minter: &mut Minter) -> Changed {
    any.update::<ResettableCounter, _>(minter, |counter, minter| counter.add(minter, 1))
}

fn write(any: &AnyStore, minter: &mut Minter) -> Changed {
    any.update::<MvRegister<Value>, _>(minter, |register, m| register.write(m, Value::Null))
}

/// A document: a counter, a record in a record, and any number of sets.
fn spec() -> CrdtSpec {
    CrdtSpec::record([
        ("n", CrdtSpec::Leaf(Kind::Counter)),
        (
            "a",
            CrdtSpec::record([(
                "b",
                CrdtSpec::record([("c", CrdtSpec::Leaf(Kind::Counter))]),
            )]),
        ),
        ("sets", CrdtSpec::map(CrdtSpec::Leaf(Kind::OrSet))),
        ("free", CrdtSpec::Leaf(Kind::Map)),
        ("any", CrdtSpec::Any),
    ])
}

/// A document with something in it.
fn document() -> AnyCrdt {
    let mut document = AnyCrdt::new(spec());
    change(&mut document, 0, &["n"], &count).unwrap();
    change(&mut document, 0, &["a", "b", "c"], &count).unwrap();
    document
}

/// Changes a document whose outermost value is a map.
fn change(
    document: &mut AnyCrdt,
    who: usize,
    path: &[&str],
    mutator: Mutator<'_>,
) -> Result<AnyDelta, AnyError> {
    let (key, path) = path.split_first().unwrap();
    document.update_with_delta::<Map, NextSeqError>(&agent(who), |map, minter| {
        map.update(minter, (*key).to_owned(), |any, minter| {
            at(any, minter, path, mutator)
        })
    })
}

fn mismatch<E: Debug>(result: Result<impl Debug, AnyError<E>>) -> SpecMismatch {
    match result {
        Err(AnyError::Spec(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_mismatch(
    error: &SpecMismatch,
    path: &[&str],
    expected: Option<Kind>,
    found: impl Into<Option<Kind>>,
) {
    assert_eq!(
        (&error.path[..], error.expected, error.found),
        (&own(path)[..], expected, found.into())
    );
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

fn own(path: &[&str]) -> Vec<String> {
    path.iter().map(|key| (*key).to_owned()).collect()
}

/// Tries one change by every way in: a mutator, a delta, a group, a state, bytes, a summary.
#[track_caller]
fn refuse(
    path: &[&str],
    mutator: Mutator<'_>,
    at: &[&str],
    expected: Option<Kind>,
    found: impl Into<Option<Kind>> + Copy,
) {
    let mut document = document();
    let bytes = document.to_bytes();
    let before = document.clone();
    let check = |error: &SpecMismatch| check_mismatch(error, at, expected, found);
    check(&mismatch(change(&mut document, 0, path, mutator)));
    assert_eq!(document, before);

    let mut free = AnyCrdt::new(CrdtSpec::Any);
    let delta = change(&mut free, 1, path, mutator).unwrap();
    let good = change(&mut AnyCrdt::new(CrdtSpec::Any), 2, &["n"], &count).unwrap();
    let group = AnyDelta::merge_deltas([&good, &delta]).unwrap();
    let by_summary = free.delta_since(&document.summary());
    for delta in [&delta, &group, &by_summary.unwrap()] {
        check(&mismatch(document.apply_delta(delta)));
        check(&mismatch(document.apply_with_feed(delta)));
        assert_eq!(document.to_bytes(), bytes, "no part of it came in");
    }
    check(&document.merge(&free).unwrap_err());
    assert_eq!(document.to_bytes(), bytes);
    let read = over_the_wire(&free);
    check(&read.clone().hold_to(spec()).unwrap_err());
    assert_eq!(read.hold_to(CrdtSpec::Any), Ok(free));
}

#[test]
fn another_type_is_refused_at_every_depth_by_every_way_in() {
    refuse(
        &["n"],
        &write,
        &["n"],
        Some(Kind::Counter),
        Kind::MvRegister,
    );
    refuse(&["n", "x"], &count, &["n"], Some(Kind::Counter), Kind::Map);
    refuse(&["a"], &count, &["a"], Some(Kind::Map), Kind::Counter);
    refuse(
        &["a", "b"],
        &write,
        &["a", "b"],
        Some(Kind::Map),
        Kind::MvRegister,
    );
    refuse(
        &["a", "b", "c"],
        &write,
        &["a", "b", "c"],
        Some(Kind::Counter),
        Kind::MvRegister,
    );
    refuse(
        &["sets", "x"],
        &count,
        &["sets", "x"],
        Some(Kind::OrSet),
        Kind::Counter,
    );
    refuse(&["free"], &count, &["free"], Some(Kind::Map), Kind::Counter);
}

#[test]
fn a_record_refuses_values_under_keys_that_it_does_not_have() {
    refuse(&["x"], &count, &["x"], None, Kind::Counter);
    refuse(&["a", "x"], &write, &["a", "x"], None, Kind::MvRegister);
    refuse(
        &["a", "b", "x"],
        &count,
        &["a", "b", "x"],
        None,
        Kind::Counter,
    );
    refuse(&["a", "x", "y"], &count, &["a", "x"], None, Kind::Map);
}

/// A key that is only touched is a key, too.
#[test]
fn a_record_has_no_other_keys_even_when_they_are_touched() {
    let keep = |_: &AnyStore, minter: &mut Minter| {
        minter.mint()?;
        Ok(Change::default())
    };
    for path in [&["x"][..], &["a", "x"], &["a", "b", "x"]] {
        refuse(path, &keep, path, None, None);
    }
    let touch = |any: &AnyStore, minter: &mut Minter| {
        any.update::<Map, _>(minter, |map, minter| map.touch(minter, "x".to_owned()))
    };
    refuse(&["a"], &touch, &["a", "x"], None, None);
    refuse(&["a", "b"], &touch, &["a", "b", "x"], None, None);

    // Under keys that are in the record it is fine.
    let mut document = document();
    change(&mut document, 0, &["sets"], &touch).unwrap();
    change(&mut document, 0, &["sets", "y"], &keep).unwrap();
    change(&mut document, 0, &["n"], &keep).unwrap();
}

#[test]
fn what_fits_is_accepted_by_every_way_in() {
    let mut document = document();
    let mut by_deltas = document.clone();
    let add = |any: &AnyStore, minter: &mut Minter| {
        any.update::<OrSet<Value>, _>(minter, |set, minter| set.add(minter, Value::Null))
    };
    for (path, mutator) in [
        (&["sets", "x"][..], &add as Mutator<'_>),
        (&["free", "x", "y"], &write),
        (&["any"], &write),
        (&["any", "x", "y"], &count),
        (&["a", "b", "c"], &count),
    ] {
        let delta = change(&mut document, 0, path, mutator).unwrap();
        assert_eq!(by_deltas.apply_delta(&delta), Ok(true));
        assert_eq!(by_deltas, document);
    }
    let mut by_state = AnyCrdt::new(spec());
    assert_eq!(by_state.merge(&document), Ok(true));
    assert_eq!(by_state, document);
    let read = AnyCrdt::from_bytes(&document.to_bytes(), &DecodeLimits::default()).unwrap();
    assert_eq!(
        read.spec(),
        &CrdtSpec::Any,
        "bytes say nothing of a specification"
    );
    assert_eq!(read.hold_to(spec()), Ok(document));
}

/// A value that does not fit and is there cannot be: so whoever removes it is let through.
#[test]
fn removals_fit_everywhere() {
    let mut free = AnyCrdt::new(CrdtSpec::Any);
    change(&mut free, 0, &["x"], &count).unwrap();
    let before = free.summary();
    let removal = free
        .update_with_delta::<Map, NextSeqError>(&agent(0), |map, minter| map.remove(minter, "x"))
        .unwrap();
    let mut document = AnyCrdt::new(spec());
    assert_eq!(document.apply_delta(&removal), Ok(true));
    assert_eq!(
        document.apply_delta(&free.delta_since(&before).unwrap()),
        Ok(false)
    );
    assert_eq!(document.context(), free.context());
}

/// One value whose type is not even a map.
#[test]
fn a_leaf_as_a_whole_document() {
    let mut flag = AnyCrdt::new(CrdtSpec::Leaf(Kind::EnableWinsFlag));
    let delta = flag
        .update_with_delta::<EnableWinsFlag, NextSeqError>(&agent(0), |flag, m| flag.enable(m))
        .unwrap();
    let refused = flag.update::<MvRegister<Value>, NextSeqError>(&agent(0), |register, minter| {
        register.write(minter, Value::Null)
    });
    check_mismatch(
        &mismatch(refused),
        &[],
        Some(Kind::EnableWinsFlag),
        Kind::MvRegister,
    );
    let mut counter = AnyCrdt::new(CrdtSpec::Leaf(Kind::Counter));
    let refused = counter.apply_delta(&delta);
    check_mismatch(
        &mismatch(refused),
        &[],
        Some(Kind::Counter),
        Kind::EnableWinsFlag,
    );
    assert!(counter.context().is_empty());
    assert!(
        flag.get::<EnableWinsFlag>()
            .is_some_and(|flag| flag.is_enabled())
    );
    assert!(flag.get::<ResettableCounter>().is_none());
}

/// Errors of the mutator itself come through as they are, and use no dot.
#[test]
fn an_error_of_the_mutator_is_told_from_a_mismatch() {
    let mut document = document();
    let before = document.clone();
    let by = u64::MAX;
    let refused = document.update::<Map, ResettableError>(&agent(0), |map, minter| {
        map.update(minter, "n".to_owned(), |any, minter| {
            any.update::<ResettableCounter, _>(minter, |counter, m| counter.increment(m, by))
        })
    });
    assert_eq!(
        refused,
        Err(AnyError::Mutator(ResettableError::TooLarge { by }))
    );
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Misuse);
    assert_eq!(document, before);
    mismatch(change(&mut document, 0, &["n"], &write));
    assert_eq!(document.context(), before.context());
}

/// One dot, two contents, both of the right type.
#[test]
fn a_contradiction_is_told_from_a_mismatch() {
    let write = |value: i64| {
        let mut copy = AnyCrdt::new(CrdtSpec::Leaf(Kind::MvRegister));
        let delta = copy.update_with_delta::<MvRegister<Value>, NextSeqError>(&agent(0), |r, m| {
            r.write(m, Value::from(value))
        });
        (copy, delta.unwrap())
    };
    let ((mut one, _), (two, delta)) = (write(1), write(2));
    let before = one.clone();
    let refused = one.apply_delta(&delta);
    assert!(
        matches!(refused, Err(AnyError::Equivocation(_))),
        "{refused:?}"
    );
    assert_eq!(one, before);
    assert_eq!(
        one.merge(&two),
        Ok(true),
        "where both are in, the greater wins"
    );
    assert_eq!(one, two);
}

/// A spec that could be read in two ways is none.
#[cfg(feature = "serde")]
#[test]
fn a_record_that_lists_a_key_twice_is_refused() {
    let read = |json: &str| serde_json::from_str::<CrdtSpec>(json);
    let once = r#"{"record":{"a":"any","b":{"leaf":"or_set"}}}"#;
    let spec = read(once).unwrap();
    assert_eq!(serde_json::to_string(&spec).unwrap(), once);
    assert!(read(&once.replace(r#""b""#, r#""a""#)).is_err());
}
