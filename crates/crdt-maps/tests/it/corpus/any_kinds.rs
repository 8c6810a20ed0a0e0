//! Values of run-time type: what happens where replicas disagree about the type.

use crdt_core::{Change, Minter, NextSeqError, Seen};
use crdt_counters::ResettableCounter;
use crdt_maps::{
    AnyCrdt, AnyKind, AnyLive, AnySeen, AnyStore, CausalRegister, DisableWinsFlag, EnableWinsFlag,
    Float, Kind, MvRegister, OrMap, OrSet, RwSet, Value,
};
#[cfg(feature = "serde")]
use crdt_testkit::Rng;

use super::shorthand::at;
use super::world::World;

type Map = OrMap<String, AnyCrdt>;
type Changed = Result<Change<AnyLive>, NextSeqError>;

fn count(any: &AnyStore, minter: &mut Minter, by: i64) -> Changed {
    any.update::<ResettableCounter, _>(minter, |counter, minter| counter.add(minter, by))
}

fn write(any: &AnyStore, minter: &mut Minter, value: &str) -> Changed {
    any.update::<MvRegister<Value>, _>(minter, |register, m| register.write(m, Value::from(value)))
}

/// Writes something of a kind.
fn write_kind(any: &AnyStore, minter: &mut Minter, kind: Kind) -> Changed {
    let value = Value::Int(1);
    match kind {
        Kind::Counter => count(any, minter, 1),
        Kind::CausalRegister => any.update::<CausalRegister<Value>, _>(minter, |register, m| {
            register.write(m, at(1), value)
        }),
        Kind::MvRegister => write(any, minter, "text"),
        Kind::OrSet => any.update::<OrSet<Value>, _>(minter, |set, m| set.add(m, value)),
        Kind::RwSet => any.update::<RwSet<Value>, _>(minter, |set, m| set.remove(m, value)),
        Kind::EnableWinsFlag => any.update::<EnableWinsFlag, _>(minter, |flag, m| flag.enable(m)),
        Kind::DisableWinsFlag => {
            any.update::<DisableWinsFlag, _>(minter, |flag, m| flag.disable(m))
        }
        Kind::Map => any.update::<Map, _>(minter, |map, m| map.touch(m, "inner".to_owned())),
        _ => unreachable!("{kind}"),
    }
}

const KINDS: [Kind; 8] = [
    Kind::Counter,
    Kind::CausalRegister,
    Kind::MvRegister,
    Kind::OrSet,
    Kind::RwSet,
    Kind::EnableWinsFlag,
    Kind::DisableWinsFlag,
    Kind::Map,
];

/// One side writes one type, the other side another: both are there, everywhere.
#[test]
fn two_kinds_at_one_key_both_survive() {
    for ours in KINDS {
        for theirs in KINDS {
            let mut world = World::<Map>::new(2);
            world.update(0, "k", |any, minter| write_kind(any, minter, ours));
            world.update(1, "k", |any, minter| write_kind(any, minter, theirs));
            let all = world.settle();
            let mut expected = vec![ours, theirs];
            expected.sort();
            expected.dedup();
            assert!(
                all.get("k").unwrap().kinds().eq(expected),
                "{ours} {theirs}"
            );
        }
    }
}

#[test]
fn all_kinds_fit_at_one_key_and_are_read_apart() {
    let mut world = World::<Map>::new(3);
    for (who, kind) in KINDS.into_iter().enumerate() {
        world.update(who % 3, "k", |any, minter| write_kind(any, minter, kind));
    }
    let all = world.settle();
    let any = all.get("k").unwrap();
    assert!(any.kinds().eq(KINDS));
    assert_eq!(
        any.get::<ResettableCounter>()
            .map(|counter| counter.value()),
        Some(1)
    );
    let register = any.get::<CausalRegister<Value>>().unwrap();
    assert_eq!(register.value(), Some(&Value::Int(1)));
    assert!(
        any.get::<MvRegister<Value>>()
            .unwrap()
            .values()
            .eq(&[Value::from("text")])
    );
    assert!(any.get::<OrSet<Value>>().unwrap().contains(&Value::Int(1)));
    assert!(!any.get::<RwSet<Value>>().unwrap().contains(&Value::Int(1)));
    assert!(any.get::<EnableWinsFlag>().unwrap().is_enabled());
    assert!(!any.get::<DisableWinsFlag>().unwrap().is_enabled());
    assert!(any.get::<Map>().unwrap().contains_key("inner"));
    for kind in KINDS {
        assert_eq!(kind.to_string(), kind.name());
    }
    assert_eq!(<OrSet<Value> as AnyKind>::KIND, Kind::OrSet);
}

/// Whoever removes the key after seeing both removes both; beside that, what was not seen stays.
#[test]
fn a_removal_takes_all_kinds_that_it_saw() {
    let mut world = World::<Map>::new(3);
    world.update(0, "k", |any, minter| count(any, minter, 5));
    world.update(1, "k", |any, minter| write(any, minter, "five"));
    world.meet();
    world.remove(0, "k");
    world.update(1, "k", |any, minter| count(any, minter, 1));
    world.update(2, "k", |any, minter| write_kind(any, minter, Kind::OrSet));
    let all = world.settle();
    let any = all.get("k").unwrap();
    assert!(any.kinds().eq([Kind::Counter, Kind::OrSet]));
    assert_eq!(
        any.get::<ResettableCounter>()
            .map(|counter| counter.value()),
        Some(1)
    );

    world.meet();
    world.remove(2, "k");
    assert!(!world.settle().contains_key("k"));
}

/// A map on one side, a leaf on the other; a key inside goes on living beside the leaf.
#[test]
fn a_map_and_a_leaf_at_one_key_live_side_by_side() {
    let mut world = World::<Map>::new(2);
    let inner = |any: &AnyStore, minter: &mut Minter, by| {
        any.update::<Map, _>(minter, |map, minter| {
            map.update(minter, "inner".to_owned(), |any, minter| {
                count(any, minter, by)
            })
        })
    };
    world.update(0, "k", |any, minter| inner(any, minter, 5));
    world.update(1, "k", |any, minter| write(any, minter, "leaf"));
    world.meet();
    world.update(0, "k", |any, minter| inner(any, minter, 1));
    // Settled: the leaf is cleared, and its kind is gone with its content.
    world.update(1, "k", |any, minter| {
        any.update::<MvRegister<Value>, _>(minter, |register, minter| register.clear(minter))
    });
    let all = world.settle();
    let any = all.get("k").unwrap();
    assert!(any.kinds().eq([Kind::Map]));
    let inner = any
        .get::<Map>()
        .and_then(|map| map.get("inner")?.get::<ResettableCounter>());
    assert_eq!(inner.map(|counter| counter.value()), Some(6));
}

/// What holds nothing has no kind any more; its key is there all the same.
#[test]
fn a_value_that_holds_nothing_has_no_kind() {
    let mut world = World::<Map>::new(2);
    world.update(0, "k", |any, minter| count(any, minter, 5));
    world.update(0, "k", |any, minter| {
        any.update::<ResettableCounter, _>(minter, |counter, minter| counter.reset(minter))
    });
    let all = world.settle();
    let any = all.get("k").unwrap();
    assert_eq!(any.kinds().len(), 0);
    assert!(any.get::<ResettableCounter>().is_none());
}

#[test]
fn feeds_tell_by_kind() {
    let mut world = World::<Map>::new(2);
    world.update(0, "k", |any, minter| count(any, minter, 5));
    world.meet();
    let mut readers = world.replicas[1].clone();
    let mut told = |delta: &_| {
        let feed = readers.apply_with_feed(delta).unwrap();
        let entries: Vec<_> = feed
            .iter()
            .map(|(key, seen)| (key.clone(), seen.clone()))
            .collect();
        assert_eq!(readers.apply_with_feed(delta).unwrap().iter().len(), 0);
        entries
    };
    let told_count = told(&world.update(0, "k", |any, minter| count(any, minter, 1)));
    let [(_, Seen::Changed(any))] = &told_count[..] else {
        panic!("{told_count:?}")
    };
    assert!(any.iter().eq([(Kind::Counter, &AnySeen::Value(true))]));

    let told_word = told(&world.update(0, "k", |any, minter| write(any, minter, "x")));
    let [(_, Seen::Changed(any))] = &told_word[..] else {
        panic!("{told_word:?}")
    };
    assert!(any.iter().eq([(Kind::MvRegister, &AnySeen::Value(true))]));

    let told_inner = told(&world.update(0, "k", |any, minter| write_kind(any, minter, Kind::Map)));
    let [(_, Seen::Changed(any))] = &told_inner[..] else {
        panic!("{told_inner:?}")
    };
    match any.iter().collect::<Vec<_>>()[..] {
        [(Kind::Map, AnySeen::Keys(keys))] => {
            assert!(keys.iter().eq([(&"inner".to_owned(), &Seen::Added)]));
        }
        _ => panic!("{any:?}"),
    }
    let told_removal = told(&world.remove(0, "k"));
    assert_eq!(told_removal, [("k".to_owned(), Seen::Removed)]);
}

/// All that a value can be comes through: its order is total, so that ties have one winner.
#[test]
fn all_values_travel() {
    let mut world = World::<Map>::new(2);
    let float = |number| Value::from(Float::new(number).unwrap());
    let values = [
        Value::Null,
        Value::from(false),
        Value::from(true),
        Value::from(i64::MIN),
        Value::from(i64::MAX),
        float(f64::MIN),
        float(-0.0),
        float(0.0),
        float(f64::MIN_POSITIVE),
        Value::from(""),
        Value::from("\u{e000}"),
        Value::from("\u{10000}"),
        Value::from(vec![]),
        Value::from(vec![0, 0xff]),
    ];
    assert!(values.is_sorted() && values.windows(2).all(|pair| pair[0] != pair[1]));
    for (n, value) in values.iter().rev().enumerate() {
        world.update(n % 2, "k", |any, minter| {
            any.update::<OrSet<Value>, _>(minter, |set, minter| set.add(minter, value.clone()))
        });
    }
    let all = world.settle();
    assert!(
        all.get("k")
            .and_then(|any| any.get::<OrSet<Value>>())
            .unwrap()
            .iter()
            .eq(&values)
    );
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(Float::new(number), None);
    }
}

/// Floats that come back from a document as their neighbours would be other values under one dot.
#[cfg(feature = "serde")]
#[test]
fn floats_come_back_from_documents_to_the_last_bit() {
    let mut rng = Rng::new(7);
    let any_bits = (0..10_000).map(|_| f64::from_bits(rng.next_u64()));
    let known_case = 51.248_178_375_505_404;
    for float in any_bits.chain([known_case]).filter_map(Float::new) {
        let value = Value::from(float);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&json).unwrap(),
            value,
            "{json}"
        );
    }
}
