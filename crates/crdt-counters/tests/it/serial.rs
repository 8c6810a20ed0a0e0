//! Serde: stable documents, round trips in JSON and postcard, and documents that must be refused.

use crdt_counters::{BoundedCounter, GCounter, PnCounter, ResettableCounter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::support::{Case, Sample, agent, check_property};

fn round_trip<T: Sample + Serialize + DeserializeOwned>(Case(value): Case<T>) -> bool {
    let json = serde_json::to_string(&value).unwrap();
    let tree = serde_json::to_value(&value).unwrap();
    let bytes = postcard::to_allocvec(&value).unwrap();
    serde_json::from_str(&json).ok().as_ref() == Some(&value)
        && serde_json::from_value(tree).ok().as_ref() == Some(&value)
        && postcard::from_bytes(&bytes).ok().as_ref() == Some(&value)
        && (0..bytes.len()).all(|len| postcard::from_bytes::<T>(&bytes[..len]).is_err())
}

/// Whatever is read is a counter that keeps its invariants: it survives a round trip.
fn noise<T: Sample + Serialize + DeserializeOwned>(bytes: Vec<u8>) -> bool {
    let small: Vec<u8> = bytes.iter().map(|byte| byte % 4).collect();
    [bytes, small].iter().all(|bytes| {
        let value = postcard::from_bytes::<T>(bytes).unwrap_or_default();
        let again = postcard::to_allocvec(&value).unwrap();
        postcard::from_bytes(&again).ok() == Some(value)
    })
}

#[test]
fn counters_round_trip() {
    check_property(round_trip::<GCounter> as fn(Case<GCounter>) -> bool);
    check_property(round_trip::<PnCounter> as fn(Case<PnCounter>) -> bool);
    check_property(round_trip::<BoundedCounter> as fn(Case<BoundedCounter>) -> bool);
}

#[test]
fn noise_never_panics() {
    check_property(noise::<GCounter> as fn(Vec<u8>) -> bool);
    check_property(noise::<PnCounter> as fn(Vec<u8>) -> bool);
    check_property(noise::<BoundedCounter> as fn(Vec<u8>) -> bool);
}

/// The document of a value; the value of the document.
#[track_caller]
fn check_document<T: Sample + Serialize + DeserializeOwned>(value: &T, document: &str) {
    assert_eq!(serde_json::to_string(value).unwrap(), document);
    assert_eq!(&serde_json::from_str::<T>(document).unwrap(), value);
}

#[test]
fn documents_are_stable() {
    let (alice, bob) = (agent(0), agent(1));
    let mut visits = GCounter::new();
    check_document(&visits, "{}");
    visits.increment(&bob, u64::MAX).unwrap();
    visits.increment(&alice, 5).unwrap();
    check_document(&visits, r#"{"alice":5,"bob":18446744073709551615}"#);

    let mut votes = PnCounter::new();
    votes.add(&alice, 5).unwrap();
    votes.add(&alice, -2).unwrap();
    votes.add(&bob, -1).unwrap();
    check_document(
        &votes,
        r#"{"alice":{"up":5,"down":2},"bob":{"up":0,"down":1}}"#,
    );

    let mut stock = BoundedCounter::new();
    stock.increment(&alice, 5).unwrap();
    stock.transfer(&alice, &bob, 2).unwrap();
    stock.decrement(&bob, 1).unwrap();
    let document =
        r#"{"alice":{"up":5,"down":0,"sent":{"bob":2}},"bob":{"up":0,"down":1,"sent":{}}}"#;
    check_document(&stock, document);
}

#[track_caller]
fn check_refused<T: Sample + DeserializeOwned>(documents: &[&str]) {
    for document in documents {
        let read = serde_json::from_str::<T>(document);
        assert!(read.is_err(), "{document} was read as {read:?}");
    }
}

#[test]
fn broken_grow_only_counters_are_refused() {
    check_refused::<GCounter>(&[
        r#"{"a":0}"#,
        r#"{"a":-1}"#,
        r#"{"a":1.0}"#,
        r#"{"a":1e3}"#,
        r#"{"a":18446744073709551616}"#,
        r#"{"a":"1"}"#,
        r#"{"a":null}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"":1}"#,
        r#"[["a",1]]"#,
        r#"{"counts":{"a":1}}"#,
        "7",
        "null",
    ]);
}

#[test]
fn broken_pn_counters_are_refused() {
    check_refused::<PnCounter>(&[
        r#"{"a":{"up":0,"down":0}}"#,
        r#"{"a":{"up":-1,"down":0}}"#,
        r#"{"a":{"up":0,"down":-1}}"#,
        r#"{"a":{"up":1,"down":18446744073709551616}}"#,
        r#"{"a":{"up":1}}"#,
        r#"{"a":{"down":1}}"#,
        r#"{"a":{"up":1,"up":2,"down":0}}"#,
        r#"{"a":{"up":1,"down":0,"left":0}}"#,
        r#"{"a":{"up":1,"down":0},"a":{"up":1,"down":0}}"#,
        r#"{"a":1}"#,
    ]);
}

#[test]
fn broken_bounded_counters_are_refused() {
    check_refused::<BoundedCounter>(&[
        r#"{"a":{"up":0,"down":0,"sent":{}}}"#,
        r#"{"a":{"up":1,"down":0}}"#,
        r#"{"a":{"up":1,"down":0,"sent":{"b":0}}}"#,
        r#"{"a":{"up":1,"down":0,"sent":{"b":-1}}}"#,
        r#"{"a":{"up":1,"down":0,"sent":{"a":1}}}"#,
        r#"{"a":{"up":1,"down":0,"sent":{"b":1,"b":1}}}"#,
        r#"{"a":{"up":1,"down":0,"sent":{},"used":0}}"#,
        r#"{"a":{"up":1,"down":0,"sent":{}},"a":{"up":1,"down":0,"sent":{}}}"#,
        r#"{"a":{"up":1,"down":0,"sent":[["b",1]]}}"#,
    ]);
}

/// Found by a fuzzer: a dot that counts no change was read from a document and had no native bytes, so that
/// what was stored was another counter.
#[test]
fn a_resettable_counter_counts_at_least_one_change_a_dot() {
    let document = |n_changes: u64| {
        format!(
            r#"{{"store":[[{{"agent":"a","seq":0}},{{"n_changes":{n_changes},"sum":1}}]],"context":{{"a":{{"next":1,"cloud":[]}}}}}}"#
        )
    };
    let counter: ResettableCounter = serde_json::from_str(&document(1)).unwrap();
    assert_eq!(counter.value(), 1);
    assert!(serde_json::from_str::<ResettableCounter>(&document(0)).is_err());
}

/// Postcard has no names: the same checks must hold where only positions tell what is what.
#[test]
fn broken_bytes_are_refused() {
    fn reads<T: DeserializeOwned>(document: &impl Serialize) -> bool {
        postcard::from_bytes::<T>(&postcard::to_allocvec(document).unwrap()).is_ok()
    }
    assert!(reads::<GCounter>(&[("a", 1_u64), ("b", 1)].as_slice()));
    assert!(!reads::<GCounter>(&[("a", 1_u64), ("a", 1)].as_slice()));
    assert!(!reads::<GCounter>(&[("a", 0_u64)].as_slice()));
    assert!(!reads::<PnCounter>(&[("a", 0_u64, 0_u64)].as_slice()));
    let sent = |to: &'static str| vec![("a", 0_u64, 0_u64, vec![(to, 1_u64)])];
    assert!(reads::<BoundedCounter>(&sent("b")));
    assert!(!reads::<BoundedCounter>(&sent("a")));
}
