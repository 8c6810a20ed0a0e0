//! Traps 11 to 14 and 17: what does nothing, what comes first, who is who, and how many bytes it takes.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode, Writer};
use crdt_core::{AgentId, Change, Delta, Lattice, Minter, NextSeqError};
use crdt_counters::{GCounter, PnCounter, ResettableCounter};
use crdt_maps::{
    AnyCrdt, AnyLive, AnyStore, CausalRegister, DisableWinsFlag, EnableWinsFlag, LwwMap,
    MvRegister, OrMap, OrSet, RwSet, Value,
};

use super::shorthand::{Counters, Sets, Words, at, words};
use super::world::{Replica, World, agent, applied, assert_same};

/// A mutation of nothing: the delta is the empty one, whatever the state, and no dot is used.
#[track_caller]
fn check_neutral<T: Replica, E: Debug>(
    world: &mut World<T>,
    mutator: impl FnOnce(&mut T, &AgentId) -> Result<T::Delta, E>,
) {
    let before = world.replicas[0].clone();
    let delta = world.act(0, mutator);
    assert!(delta.is_empty());
    assert_eq!(delta, T::Delta::default());
    assert!(
        delta.to_bytes().len() <= 2,
        "of a size that no state matters to"
    );
    for state in [&before, &T::default(), &world.settle()] {
        assert_same(&applied(state, &delta), state);
    }
    assert_same(&world.replicas[0], &before);
}

#[test]
fn trap_11_what_changes_nothing_is_no_delta() {
    let mut world = World::<Words>::new(2);
    for n in 0..5 {
        world.add(0, &format!("word {n}"));
    }
    check_neutral(&mut world, |set, agent| {
        set.remove_with_delta(agent, "absent")
    });
    check_neutral(&mut world, |set, agent| {
        set.remove_where_with_delta(agent, |_| false)
    });

    let mut world = World::<RwSet<u8>>::new(2);
    world.act(0, |set, agent| set.add_with_delta(agent, 1));
    check_neutral(&mut world, |set, agent| {
        set.remove_where_with_delta(agent, |_| false)
    });

    let mut world = World::<ResettableCounter>::new(2);
    check_neutral(&mut world, |counter, agent| counter.reset_with_delta(agent));
    world.act(0, |counter, agent| counter.add_with_delta(agent, 5));
    check_neutral(&mut world, |counter, agent| {
        counter.add_with_delta(agent, 0)
    });
    check_neutral(&mut world, |counter, agent| {
        counter.increment_with_delta(agent, 0)
    });
    check_neutral(&mut world, |counter, agent| {
        counter.decrement_with_delta(agent, 0)
    });

    let mut world = World::<MvRegister<u8>>::new(2);
    check_neutral(&mut world, |register, agent| {
        register.clear_with_delta(agent)
    });
    let mut world = World::<CausalRegister<u8>>::new(2);
    check_neutral(&mut world, |register, agent| {
        register.clear_with_delta(agent)
    });
    let mut world = World::<EnableWinsFlag>::new(2);
    check_neutral(&mut world, |flag, agent| flag.disable_with_delta(agent));
    let mut world = World::<DisableWinsFlag>::new(2);
    check_neutral(&mut world, |flag, agent| flag.enable_with_delta(agent));

    let mut world = World::<GCounter>::new(2);
    check_neutral(&mut world, |counter, agent| {
        counter.increment_with_delta(agent, 0)
    });
    let mut world = World::<PnCounter>::new(2);
    check_neutral(&mut world, |counter, agent| {
        counter.add_with_delta(agent, 0)
    });
}

#[test]
fn trap_11_what_changes_nothing_in_a_map_is_no_delta() {
    let mut world = World::<Sets>::new(2);
    for n in 0..5 {
        world.put(0, "k", &format!("word {n}"));
    }
    check_neutral(&mut world, |map, agent| {
        map.remove_with_delta(agent, "absent")
    });
    check_neutral(&mut world, |map, agent| {
        map.remove_where_with_delta(agent, |_, _| false)
    });
    check_neutral(&mut world, |map, agent| {
        map.entry("k".to_owned()).or_touch_with_delta(agent)
    });
    check_neutral(&mut world, |map, agent| {
        map.entry("l".to_owned()).remove_with_delta(agent)
    });
    for key in ["k", "l"] {
        check_neutral(&mut world, |map, agent| {
            map.update_with_delta(agent, key.to_owned(), |set, minter| {
                set.remove(minter, "absent")
            })
        });
        check_neutral(&mut world, |map, agent| {
            map.update_with_delta(agent, key.to_owned(), |_, _| {
                Ok::<_, NextSeqError>(Change::default())
            })
        });
    }
    assert!(
        !world.replicas[0].contains_key("l"),
        "a mutator that does nothing adds no key"
    );
}

/// A refused mutation is no delta either: it is an error, and what was there is still there.
#[test]
fn trap_11_what_is_refused_leaves_no_trace() {
    let mut map = LwwMap::new();
    map.set(&agent(0), at(5), b'k', 1).unwrap();
    let before = map.clone();
    assert!(map.set_with_delta(&agent(0), at(5), b'k', 2).is_err());
    assert!(map.remove_with_delta(&agent(1), at(4), b'k').is_err());
    assert_same(&map, &before);

    let mut counter = ResettableCounter::new();
    assert!(counter.increment_with_delta(&agent(0), u64::MAX).is_err());
    assert_same(&counter, &ResettableCounter::new());
}

/// The second delta, then the first, then what they stand on; sizes agree with contents throughout.
#[test]
fn trap_12_later_deltas_first_heal() {
    let mut world = World::<Counters>::new(1);
    let baseline = world.count(0, "a", 1);
    let first = world.count(0, "b", 2);
    let second = world.remove(0, "a");
    let third = world.count(0, "b", 3);
    let mut late = Counters::new();
    for delta in [&second, &third, &first, &baseline, &second] {
        late = applied(&late, delta);
        assert_eq!(late.len(), late.values().count());
        assert_eq!(
            late.len(),
            late.iter()
                .filter(|(key, _)| late.contains_key(*key))
                .count()
        );
        assert!(!late.contains_key("a"));
    }
    assert_same(&late, &world.settle());

    let mut world = World::<Words>::new(1);
    let deltas = [
        world.add(0, "a"),
        world.add(0, "b"),
        world.drop_word(0, "a"),
        world.add(0, "b"),
    ];
    let mut late = Words::new();
    for delta in deltas.iter().rev() {
        late = applied(&late, delta);
        assert_eq!(late.len(), late.iter().count());
    }
    assert_eq!(words(&late), ["b"]);
    assert_same(&late, &world.settle());

    let mut world = World::<RwSet<u8>>::new(1);
    let deltas = [
        world.act(0, |set, agent| set.add_with_delta(agent, 1)),
        world.act(0, |set, agent| set.remove_with_delta(agent, 1)),
        world.act(0, |set, agent| set.add_with_delta(agent, 2)),
    ];
    let mut late = RwSet::new();
    for delta in deltas.iter().rev() {
        late = applied(&late, delta);
        assert_eq!(late.len(), late.iter().count());
        assert!(!late.contains(&1));
    }
    assert_same(&late, &world.settle());
}

/// A store is loaded from a copy of long ago. It mints where its knowledge ends; if it hears of its
/// own later events, it goes on after them, and while some of them are missing it does not go on.
#[test]
fn trap_13_an_old_copy_does_not_use_a_dot_that_it_knows_of_again() {
    let mut world = World::<Words>::new(2);
    let first = world.add(0, "first");
    let old_bytes = world.replicas[0].to_bytes();
    let second = world.add(0, "second");
    let third = world.add(0, "third");
    for delta in [&first, &second, &third] {
        world.bring(1, delta);
    }

    let mut loaded = Words::from_bytes(&old_bytes, &DecodeLimits::default()).unwrap();
    loaded = applied(&loaded, &third);
    let before = loaded.clone();
    let missing = NextSeqError::Gap { start: 1, end: 2 };
    assert_eq!(loaded.add(&agent(0), "early".to_owned()), Err(missing));
    assert_eq!(loaded.remove(&agent(0), "first"), Err(missing));
    assert_same(&loaded, &before);
    loaded.add(&agent(1), "another name".to_owned()).unwrap();

    let mut loaded = applied(&before, &second);
    let minted = loaded
        .add_with_delta(&agent(0), "fourth".to_owned())
        .unwrap();
    assert_eq!(loaded.context().next_seq(&agent(0)), Ok(4));
    let both = applied(&world.replicas[1], &minted);
    assert_eq!(words(&both), ["first", "fourth", "second", "third"]);
}

/// A counter that is too small cannot even be written: what is held is known.
#[test]
fn trap_13_a_copy_that_knows_less_than_it_holds_is_refused() {
    let mut honest = OrSet::<u8>::new();
    honest.add(&agent(0), 7).unwrap();
    let bytes = |seq: u64| {
        let mut w = Writer::new();
        w.u64(1);
        agent(0).encode(&mut w);
        // One range (1, 0) of one dot (0); one element (1, 0) with one range (1, 0) of one dot (0).
        w.u8(0b0010_1001);
        w.i64(0);
        w.u8(7);
        w.i64(seq.cast_signed() - 1);
        w.into_bytes()
    };
    assert_eq!(honest.to_bytes(), bytes(0));
    for seq in [1, 2, 1_000] {
        let refused = OrSet::<u8>::from_bytes(&bytes(seq), &DecodeLimits::default());
        assert!(
            matches!(refused, Err(DecodeError::NotCanonical { .. })),
            "{refused:?}"
        );
    }
}

/// By UTF-16 units the order would be the other one.
#[test]
fn trap_14_names_keys_and_values_go_by_their_bytes() {
    let low = AgentId::new("\u{e000}").unwrap();
    let high = AgentId::new("\u{10000}").unwrap();
    assert!(low < high);

    let (mut ours, mut theirs) = (CausalRegister::new(), CausalRegister::new());
    ours.write(&high, at(7), 'h').unwrap();
    theirs.write(&low, at(7), 'l').unwrap();
    ours.join(&theirs);
    assert_eq!((ours.value(), ours.writer()), (Some(&'h'), Some(&high)));
    assert!(ours.siblings().eq(&['l', 'h']));
    let agents: Vec<AgentId> = ours
        .context()
        .ranges()
        .map(|range| range.agent().clone())
        .collect();
    assert_eq!(agents, [low.clone(), high.clone()]);

    let (mut ours, mut theirs) = (MvRegister::new(), MvRegister::new());
    ours.write(&high, "first").unwrap();
    theirs.write(&low, "second").unwrap();
    ours.join(&theirs);
    assert!(ours.values().eq(&["second", "first"]));

    let mut map = Counters::new();
    for key in ["\u{10000}", "\u{e000}", "z"] {
        map.touch(&low, key.to_owned()).unwrap();
    }
    assert!(map.keys().eq(["z", "\u{e000}", "\u{10000}"]));
    let mut set = Words::new();
    for word in ["\u{10000}", "\u{e000}"] {
        set.add(&low, word.to_owned()).unwrap();
    }
    assert_eq!(words(&set), ["\u{e000}", "\u{10000}"]);
    assert!(Value::from("\u{e000}") < Value::from("\u{10000}"));
}

/// A register under so many keys, one in the other.
fn nested(
    any: &AnyStore,
    minter: &mut Minter,
    depth: usize,
) -> Result<Change<AnyLive>, NextSeqError> {
    if depth == 0 {
        return any.update::<MvRegister<Value>, _>(minter, |register, minter| {
            register.write(minter, Value::from("leaf"))
        });
    }
    any.update::<OrMap<String, AnyCrdt>, _>(minter, |map, minter| {
        map.update(minter, "key".to_owned(), |any, minter| {
            nested(any, minter, depth - 1)
        })
    })
}

/// Each level costs what the first one costs: its key and a few bits. Encoding the inner value into
/// the outer one as text would multiply instead.
#[test]
fn trap_17_bytes_grow_by_a_constant_for_each_level() {
    let sizes = |depth| {
        let mut map = OrMap::<String, AnyCrdt>::new();
        let delta = map.update_with_delta(&agent(0), "key".to_owned(), |any, minter| {
            nested(any, minter, depth)
        });
        let delta = delta.unwrap();
        let mut peer = OrMap::new();
        assert!(peer.apply_with_feed(&delta).is_ok() && peer == map);
        [map.to_bytes().len(), delta.to_bytes().len()]
    };
    let by_depth: Vec<[usize; 2]> = (0..=16).map(sizes).collect();
    for form in [0, 1] {
        let per_8_levels = by_depth[8][form] - by_depth[0][form];
        assert!(
            per_8_levels <= 8 * 7,
            "four bytes of key, one of kind, and flags"
        );
        assert_eq!(by_depth[16][form] - by_depth[8][form], per_8_levels);
    }
}
