//! What decoding may cost: memory in proportion to the input and to declared limits, and time that grows no
//! faster than the input. One test at a time is measured: alone in its binary, one after the other.

#![allow(
    clippy::disallowed_types,
    reason = "how time grows is what some of these measure"
)]

use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode, Writer, packed};
use crdt_core::{AgentId, Change, DeltaState, DotContext, MAX_SEQ, Minter, NextSeqError};
use crdt_counters::PnCounter;
use crdt_maps::{
    AnyCrdt, AnyLive, AnyStore, EnableWinsFlag, GSet, LwwMap, OrMap, OrMapDelta, OrSet, OrSetDelta,
};
use crdt_text::{OpLog, TextDoc, Update};
use trials::heap::{self, ALLOWANCE, peak_of};

type Map = OrMap<String, AnyCrdt>;

static TURN: Mutex<()> = Mutex::new(());

/// A shape of bytes: a name, how many bytes of memory a byte may cost, and inputs of a size.
struct Shape {
    name: &'static str,
    factor: usize,
    make: fn(usize) -> Vec<u8>,
    read: fn(&[u8], &DecodeLimits) -> bool,
}

fn reads<T: Decode>(bytes: &[u8], limits: &DecodeLimits) -> bool {
    T::from_bytes(bytes, limits).is_ok()
}

/// Claims that the bytes do not keep: these must cost next to nothing.
const LIES: [Shape; 6] = [
    Shape {
        name: "a count of agents",
        factor: 8,
        make: claim,
        read: reads::<DotContext>,
    },
    Shape {
        name: "a count of elements",
        factor: 8,
        make: claim,
        read: reads::<GSet<u64>>,
    },
    Shape {
        name: "a count of events",
        factor: 8,
        make: claim,
        read: reads::<OrSet<u64>>,
    },
    Shape {
        name: "a count of cells",
        factor: 8,
        make: claim,
        read: reads::<PnCounter>,
    },
    Shape {
        name: "levels of maps",
        factor: 8,
        make: levels,
        read: reads::<Map>,
    },
    Shape {
        name: "a table of sections",
        factor: 8,
        make: sections,
        read: |bytes, limits| Update::decode(bytes, limits).is_ok(),
    },
];

/// Honest bytes that are small for what they stand for: what a byte of them costs at most.
const DENSE: [Shape; 7] = [
    Shape {
        name: "elements of a byte",
        factor: 8,
        make: small_set,
        read: reads::<GSet<u8>>,
    },
    Shape {
        name: "numbers",
        factor: 12,
        make: numbers,
        read: reads::<GSet<u64>>,
    },
    Shape {
        name: "elements with dots",
        factor: 24,
        make: or_set,
        read: reads::<OrSet<u64>>,
    },
    Shape {
        name: "keys with elements",
        factor: 64,
        make: or_map,
        read: reads::<OrMap<u64, OrSet<u8>>>,
    },
    Shape {
        name: "cells of agents",
        factor: 16,
        make: counter,
        read: reads::<PnCounter>,
    },
    Shape {
        name: "cells with stamps",
        factor: 8,
        make: lww,
        read: reads::<LwwMap<u64, u8>>,
    },
    Shape {
        name: "intervals",
        factor: 9,
        make: holes,
        read: reads::<DotContext>,
    },
];

#[test]
fn memory_is_bounded_by_the_input() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let limits = DecodeLimits::default();
    for shape in &LIES {
        for size in [16, 1 << 10, 1 << 16] {
            let bytes = (shape.make)(size);
            let read = || (shape.read)(&bytes, &limits);
            let accepted = heap::bounded(shape.name, shape.factor, bytes.len(), read);
            assert!(!accepted, "{}: a lie is believed", shape.name);
        }
    }
    for shape in &DENSE {
        for size in [1 << 10, 1 << 14, 1 << 16] {
            let bytes = (shape.make)(size);
            let read = || (shape.read)(&bytes, &limits);
            let accepted = heap::bounded(shape.name, shape.factor, bytes.len(), read);
            assert!(accepted, "{}: honest bytes are refused", shape.name);
        }
    }
}

/// Ten bytes may say that a million million dots are gone: that is one range, for the price of one.
#[test]
fn ranges_of_removed_dots_cost_what_ranges_cost() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for n_dots in [2, 1 << 16, 1 << 40, MAX_SEQ] {
        let mut w = Writer::new();
        w.u64(1);
        w.str("b");
        w.u8(0b0_1010);
        w.i64(0);
        w.u64(n_dots - 2);
        let read = || {
            let delta = OrMapDelta::<u8, OrSet<u8>>::from_bytes(w.as_bytes(), &limits_of_few())?;
            let mut map = OrMap::<u8, OrSet<u8>>::new();
            Ok::<_, DecodeError>(map.apply_delta(&delta).is_ok())
        };
        let (applied, peak) = peak_of(read);
        assert_eq!(applied, Ok(true));
        assert!(peak <= 4 << 10, "{n_dots} dots: {peak} bytes of memory");
    }
}

fn limits_of_few() -> DecodeLimits {
    DecodeLimits::default()
        .with_max_items(8)
        .with_max_memory(1 << 10)
}

/// Ranges of live dots and packed text stand for more than their bytes: they are bounded by limits alone.
#[test]
fn what_runs_stand_for_is_bounded_by_limits() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for n_items in [1 << 10, 1 << 16] {
        let of_items = DecodeLimits::default().with_max_items(n_items + 8);
        let of_memory = DecodeLimits::default().with_max_memory(64 * n_items);
        for (limits, n_dots) in [
            (of_items, n_items),
            (of_items, 1 << 40),
            (of_memory, n_items),
            (of_memory, 1 << 40),
        ] {
            let bytes = one_word_of_many_dots(n_dots);
            let (read, peak) = peak_of(|| OrSetDelta::<u8>::from_bytes(&bytes, &limits).is_ok());
            assert_eq!(read, n_dots == n_items);
            // The dots, once more while they are compared, and their context.
            let max = 64 * n_items as usize + ALLOWANCE;
            assert!(
                peak <= max,
                "{n_dots} dots in {} bytes: {peak}",
                bytes.len()
            );
        }
    }
    let text = vec![b'a'; 1 << 22];
    let mut w = Writer::new();
    packed::encode(&mut w, &text);
    for max_output in [1 << 12, 1 << 20, 1 << 22] {
        let limits = DecodeLimits::default().with_max_output_bytes(max_output);
        let (read, peak) = peak_of(|| {
            let (r, mut budget) = limits.open(w.as_bytes())?;
            packed::decode(r, &mut budget)
        });
        assert_eq!(read.is_ok(), max_output == 1 << 22);
        let max = max_output as usize + 8 * w.len() + ALLOWANCE;
        assert!(peak <= max, "{} bytes packed: {peak}", w.len());
    }
}

/// What decoders say that they will take is what they take, give or take a factor of four: the limit on
/// memory holds for bytes of every density, and costs next to nothing where it refuses.
#[test]
fn memory_asked_for_stays_within_its_limit() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let text = Shape {
        name: "a text",
        factor: 0,
        make: text,
        read: |bytes, limits| Update::decode(bytes, limits).is_ok(),
    };
    for shape in DENSE.iter().chain([&text]) {
        let bytes = (shape.make)(1 << 16);
        let mut last = None;
        for max_memory in (8..32).map(|log| 1_usize << log) {
            let limits = DecodeLimits::default().with_max_memory(max_memory as u64);
            let (accepted, peak) = peak_of(|| (shape.read)(&bytes, &limits));
            let max = 4 * max_memory + ALLOWANCE;
            assert!(peak <= max, "{}: {peak} of {max_memory}", shape.name);
            last = last.or(accepted.then_some(max_memory));
        }
        let needed = last.expect("a generous limit lets it in");
        assert!(
            needed > bytes.len() / 2,
            "{}: {needed} is no limit",
            shape.name
        );
    }
}

/// Sixteen times the input, and a generous bound on time: what is quadratic takes 256 times as long.
#[test]
fn time_grows_with_the_input_and_no_faster() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let limits = DecodeLimits::default();
    let time = |shape: &Shape, size: usize| {
        let bytes = (shape.make)(size);
        let once = |_| {
            let start = Instant::now();
            (shape.read)(&bytes, &limits);
            start.elapsed()
        };
        (0..5).map(once).min().unwrap_or_default()
    };
    let text = Shape {
        name: "a text",
        factor: 0,
        make: text,
        read: |bytes, _| TextDoc::decode(bytes).is_ok(),
    };
    for shape in DENSE.iter().chain([&text]) {
        let (short, long) = (time(shape, 1 << 10), time(shape, 1 << 14));
        let short = short.max(Duration::from_micros(20));
        assert!(
            long < 100 * short,
            "{}: {short:?} grew to {long:?}",
            shape.name
        );
    }
}

/// The delta of a set of bytes: one element, under a live range of so many dots.
fn one_word_of_many_dots(n_dots: u64) -> Vec<u8> {
    let mut w = Writer::new();
    w.u64(1);
    w.str("b");
    w.u8(0b1010_0100);
    w.u8(7);
    w.i64(0);
    w.u64(n_dots - 2);
    w.into_bytes()
}

/// A count of very many, and bytes that could be anything.
fn claim(size: usize) -> Vec<u8> {
    let mut w = Writer::new();
    w.u64(1 << 60);
    w.raw(&vec![1; size]);
    w.into_bytes()
}

/// Maps in maps in maps: the bytes of a level again and again, and no end.
fn levels(size: usize) -> Vec<u8> {
    let (one, two) = (deep_map(3).to_bytes(), deep_map(4).to_bytes());
    let n_same = one.iter().zip(&two).take_while(|(a, b)| a == b).count();
    let level = &two[n_same..n_same + (two.len() - one.len())];
    let n_levels = size / level.len();
    [&two[..n_same], &level.repeat(n_levels)].concat()
}

/// A flag under so many keys.
fn deep_map(depth: u64) -> Map {
    fn nested(
        any: &AnyStore,
        minter: &mut Minter,
        depth: u64,
    ) -> Result<Change<AnyLive>, NextSeqError> {
        if depth == 0 {
            return any.update::<EnableWinsFlag, _>(minter, |flag, minter| flag.enable(minter));
        }
        any.update::<Map, _>(minter, |map, minter| {
            map.update(minter, "k".to_owned(), |any, minter| {
                nested(any, minter, depth - 1)
            })
        })
    }
    let alice = AgentId::new("alice").expect("a name");
    let mut map = Map::new();
    map.update(&alice, "k".to_owned(), |any, minter| {
        nested(any, minter, depth - 1)
    })
    .expect("an edit");
    map
}

fn sections(size: usize) -> Vec<u8> {
    let mut w = Writer::new();
    w.raw(b"CTXT\x01");
    w.u8(255);
    w.raw(&vec![0x7f; size]);
    w.into_bytes()
}

fn small_set(_: usize) -> Vec<u8> {
    (0..=u8::MAX).collect::<GSet<u8>>().to_bytes()
}

fn numbers(size: usize) -> Vec<u8> {
    (0..size as u64 / 2).collect::<GSet<u64>>().to_bytes()
}

fn grown<T: DeltaState + Encode + Default>(n: usize, edit: impl Fn(&mut T, usize)) -> Vec<u8> {
    let mut state = T::default();
    (0..n).for_each(|n| edit(&mut state, n));
    state.to_bytes()
}

fn or_set(size: usize) -> Vec<u8> {
    let alice = AgentId::new("alice").expect("a name");
    grown::<OrSet<u64>>(size / 4, |set, n| {
        set.add(&alice, n as u64).expect("an edit");
    })
}

fn or_map(size: usize) -> Vec<u8> {
    let alice = AgentId::new("alice").expect("a name");
    grown::<OrMap<u64, OrSet<u8>>>(size / 6, |map, n| {
        map.update(&alice, n as u64, |set, minter| set.add(minter, 1))
            .expect("an edit");
    })
}

fn counter(size: usize) -> Vec<u8> {
    grown::<PnCounter>(size / 6, |counter, n| {
        let agent = AgentId::new(&n.to_string()).expect("a name");
        counter.increment(&agent, 1).expect("an edit");
    })
}

fn lww(size: usize) -> Vec<u8> {
    let alice = AgentId::new("alice").expect("a name");
    grown::<LwwMap<u64, u8>>(size / 12, |map, n| {
        let stamp = crdt_core::Timestamp::new(7 + n as u64, 0).expect("in range");
        map.set(&alice, stamp, n as u64, 1).expect("an edit");
    })
}

fn holes(size: usize) -> Vec<u8> {
    let alice = AgentId::new("a").expect("a name");
    let dots = (1..size as u64 / 2)
        .map(|n| crdt_core::Dot::new(alice.clone(), 2 * n).expect("a small seq"));
    dots.collect::<DotContext>().to_bytes()
}

fn text(size: usize) -> Vec<u8> {
    let mut log = OpLog::new();
    let alice = log.get_or_create_agent_id("alice").expect("a name");
    for n in 0..size {
        log.add_insert(alice, n / 2, "xy").expect("an edit");
    }
    log.encode_full()
}

/// What nests as deep as it may costs its levels, and what nests deeper costs no more.
#[test]
fn values_of_any_type_nest_to_the_limit_only() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let limits = DecodeLimits::default();
    let deepest = deep_map(limits.max_depth).to_bytes();
    let read = || reads::<Map>(&deepest, &limits);
    assert!(heap::bounded("as deep as may be", 64, deepest.len(), read));
    // Nobody writes deeper than that; whoever reads may ask for less.
    let one_less = limits.with_max_depth(limits.max_depth - 1);
    let read = || reads::<Map>(&deepest, &one_less);
    assert!(!heap::bounded("one level more", 64, deepest.len(), read));
    let bytes = levels(1 << 20);
    let read = || reads::<Map>(&bytes, &limits);
    assert!(!heap::bounded("very many levels", 1, 0, read));
}
