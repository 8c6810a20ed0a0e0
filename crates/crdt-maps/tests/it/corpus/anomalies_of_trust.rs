//! Anomalies where a peer lies, a store was copied, or readers are told what is not so.

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode, Writer};
use crdt_core::{
    AgentId, Classify, DeltaState, Dot, DotContext, DotError, DotRange, ErrorKind, Lattice,
    MAX_SEQ, NextSeqError, Seen, Summarize,
};
use crdt_counters::ResettableCounter;
use crdt_maps::{CausalRegister, LwwMap, MvRegister, OrMap, OrSet};

use super::shorthand::{Words, at, words};
use super::world::{Replica, World, agent, applied, assert_same, joined};

/// The bytes of an empty set that knows the events of alice from `start`, `n_more + 1` of them.
fn claim(start: u64, n_more: u64) -> Vec<u8> {
    let mut w = Writer::new();
    w.u64(1);
    agent(0).encode(&mut w);
    // One range (1, 0), of more than one dot (1), and no element (0): flags from the lowest bit.
    w.u8(0b0101);
    w.i64(start.cast_signed());
    w.u64(n_more - 1);
    w.into_bytes()
}

fn read(bytes: &[u8]) -> Result<Words, DecodeError> {
    Words::from_bytes(bytes, &DecodeLimits::default())
}

/// A peer claims events of ours up to the end of all numbers: nothing wraps and nothing panics.
///
/// That such a claim about one's own agent must come from a copy of this very store, and is to be
/// refused on the link, is for the synchroniser to see: here nobody knows who we are.
#[test]
fn anomaly_15_a_claim_beyond_the_last_number_is_refused() {
    let mut honest = Words::new();
    honest.add(&agent(0), "x".to_owned()).unwrap();
    honest.remove(&agent(0), "x").unwrap();
    assert_eq!(
        honest.to_bytes(),
        claim(0, 1),
        "the forgeries below are right but for a number"
    );

    assert!(read(&claim(0, MAX_SEQ)).is_ok());
    for (start, n_more) in [
        (0, MAX_SEQ + 1),
        (0, u64::MAX),
        (1, MAX_SEQ),
        (MAX_SEQ, 1),
        (MAX_SEQ + 1, 1),
        (i64::MAX.unsigned_abs(), 1),
        (u64::MAX, 1),
        (u64::MAX, u64::MAX),
    ] {
        let refused = read(&claim(start, n_more)).unwrap_err();
        assert!(refused.is_malformed(), "{start} {n_more}: {refused}");
    }
    let seq = u64::MAX;
    assert_eq!(Dot::new(agent(0), seq), Err(DotError::SeqTooLarge { seq }));
    let refused = DotRange::new(agent(0), 0, u64::MAX);
    assert_eq!(refused, Err(DotError::SeqTooLarge { seq: u64::MAX - 1 }));
    let mut w = Writer::new();
    w.u64(1);
    agent(0).encode(&mut w);
    w.u64(u64::MAX);
    w.u64(0);
    assert!(DotContext::from_bytes(w.as_bytes(), &DecodeLimits::default()).is_err());
}

/// The greatest claim that is a claim at all: whoever it is about can write no more here, is told so,
/// and nobody else notices.
#[test]
fn whoever_is_said_to_have_used_all_numbers_is_told() {
    let all_used = read(&claim(0, MAX_SEQ)).unwrap();
    let mut set = Words::new();
    set.add(&agent(0), "ours".to_owned()).unwrap();
    set.join(&all_used);
    let before = set.clone();
    assert_eq!(
        set.add(&agent(0), "more".to_owned()),
        Err(NextSeqError::Exhausted)
    );
    assert_eq!(
        set.remove(&agent(0), "absent"),
        Err(NextSeqError::Exhausted)
    );
    assert_same(&set, &before);
    set.add(&agent(1), "theirs".to_owned()).unwrap();
    set.add(&AgentId::new("alice again").unwrap(), "ours".to_owned())
        .unwrap();
    assert_eq!(words(&set), ["ours", "theirs"]);
}

/// Says what readers saw changed in a register under a key.
type Registers = OrMap<String, CausalRegister<String>>;

/// A write that loses is no news, by whichever way it comes.
#[test]
fn anomaly_17_a_write_that_lost_is_not_told_to_readers() {
    let mut world = World::<Registers>::new(2);
    let mut write = |who, ms, value: &str| {
        world.update(who, "k", |register, minter| {
            register.write(minter, at(ms), value.to_owned())
        })
    };
    let newer = write(0, 10, "newer");
    let older = write(1, 5, "older");
    let value = |map: &Registers| map.get("k").and_then(|register| register.value().cloned());

    for by_state in [false, true] {
        let mut ours = world.replicas[0].clone();
        let feed = if by_state {
            ours.join_with_feed(&world.replicas[1])
        } else {
            ours.apply_with_feed(&older).unwrap()
        };
        assert_eq!(
            feed.iter().count(),
            0,
            "nothing that can be read has changed"
        );
        assert_eq!(value(&ours).as_deref(), Some("newer"));

        // On the other side the same two writes are a change, once.
        let mut theirs = world.replicas[1].clone();
        let feed = theirs.apply_with_feed(&newer).unwrap();
        assert!(feed.iter().eq([(&"k".to_owned(), &Seen::Changed(true))]));
        assert_eq!(theirs.apply_with_feed(&newer).unwrap().iter().count(), 0);
        assert_eq!(theirs.join_with_feed(&ours).iter().count(), 0);
        assert_same(&theirs, &ours);
    }
    assert_eq!(value(&world.settle()).as_deref(), Some("newer"));

    // The map without causality tells by whether it changed at all.
    let mut map = LwwMap::new();
    map.set(&agent(0), at(10), "k".to_owned(), 1).unwrap();
    let older = LwwMap::new()
        .set_with_delta(&agent(1), at(5), "k".to_owned(), 2)
        .unwrap();
    assert_eq!(map.apply_delta(&older), Ok(false));
    assert_eq!(map.get("k"), Some(&1));
}

/// One store, copied, and a mutation on each copy: each delta is refused by the other copy, which
/// stays as it was; and states that met elsewhere agree all the same.
#[track_caller]
fn check_copies<T: Replica>(
    store: &T,
    one: impl FnOnce(&mut T) -> T::Delta,
    two: impl FnOnce(&mut T) -> T::Delta,
) -> T {
    let (mut left, mut right) = (store.clone(), store.clone());
    let (by_left, by_right) = (one(&mut left), two(&mut right));
    for (copy, delta) in [(&left, &by_right), (&right, &by_left)] {
        let mut copy_after = copy.clone();
        let error = copy_after.apply_delta(delta).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
        assert_same(&copy_after, copy);
        assert_same(
            &applied(store, delta),
            if copy == &left { &right } else { &left },
        );
    }
    let both = joined(&left, &right);
    assert_same(&joined(&joined(store, &right), &left), &both);
    assert_same(&joined(&both, &left), &both);
    assert_same(&joined(&both, &right), &both);
    both
}

/// How a link reacts, and that a copied store should never have kept its name, is for the
/// synchroniser; what can be seen in a delta is seen here.
#[test]
fn anomaly_18_two_mutations_under_one_dot_are_found_out_and_settled() {
    let alice = agent(0);
    let mut register = MvRegister::<u8>::new();
    register.write(&alice, 0).unwrap();
    let both = check_copies(
        &register,
        |register| register.write_with_delta(&alice, 1).unwrap(),
        |register| register.write_with_delta(&alice, 2).unwrap(),
    );
    assert!(both.values().eq(&[2]));

    let both = check_copies(
        &CausalRegister::<u8>::new(),
        |register| register.write_with_delta(&alice, at(7), 9).unwrap(),
        |register| register.write_with_delta(&alice, at(8), 1).unwrap(),
    );
    assert_eq!(both.value(), Some(&1));

    let both = check_copies(
        &ResettableCounter::new(),
        |counter| counter.add_with_delta(&alice, 3).unwrap(),
        |counter| counter.add_with_delta(&alice, 4).unwrap(),
    );
    assert_eq!(both.value(), 4);

    type Map = OrMap<String, OrMap<String, MvRegister<u8>>>;
    let write = |map: &mut Map, value| {
        map.update_with_delta(&alice, "a".to_owned(), |inner, minter| {
            inner.update(minter, "b".to_owned(), |register, minter| {
                register.write(minter, value)
            })
        })
    };
    let mut map = Map::new();
    write(&mut map, 0).unwrap();
    let both = check_copies(
        &map,
        |map| write(map, 1).unwrap(),
        |map| write(map, 2).unwrap(),
    );
    let register = both.get("a").and_then(|inner| inner.get("b")).unwrap();
    assert!(register.values().eq(&[2]));
}

/// Where the two mutations stand in different places, a delta shows no contradiction: to see it, one
/// would have to look for the dot everywhere. Nothing breaks, and states still agree: what stands
/// twice under one dot goes.
#[test]
fn one_dot_in_two_places_settles_when_states_meet() {
    let alice = agent(0);
    let add = |word: &str| {
        let mut copy = OrSet::<String>::new();
        copy.add(&alice, word.to_owned()).unwrap();
        copy
    };
    let (left, right) = (add("x"), add("y"));
    let stray = right.changes_since(&OrSet::new());
    assert_same(&applied(&left, &stray), &left);
    assert!(
        left.delta_since(&right.summary())
            .is_some_and(|delta| delta == Default::default())
    );

    let both = joined(&left, &right);
    assert!(both.is_empty());
    for late in [&left, &right, &add("z")] {
        assert_same(&joined(&both, late), &both);
    }
    let mut again = both;
    again.add(&alice, "x".to_owned()).unwrap();
    assert_eq!(words(&again), ["x"], "the name goes on where it was");
    assert_eq!(again.context().next_seq(&alice), Ok(2));
}
