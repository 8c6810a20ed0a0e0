//! Traps 7, 8, 15 and 18: stamps that are wrong, equal, or taken for a proof.

use crdt_core::{Classify, ClockError, DeltaState, ErrorKind, HybridClock, Lattice, Timestamp};
use crdt_maps::{CausalRegister, CleanError, LwwMap, LwwRegister, MvRegister, OrMap, StampError};
use crdt_testkit::Rng;

use super::shorthand::at;
use super::world::{World, agent, assert_same, joined};

/// One clock is ahead by ages. Whoever has seen what it stamped writes after it, whatever the time.
#[test]
fn trap_07_a_write_after_a_stamp_from_the_future_stays() {
    let mut world = World::<CausalRegister<String>>::new(2);
    let future = world.act(1, |register, agent| {
        register.write_with_delta(agent, Timestamp::MAX, "future".to_owned())
    });
    world.bring(0, &future);
    world.act(0, |register, agent| {
        register.write_with_delta(agent, at(5), "now".to_owned())
    });
    world.bring(0, &future);
    assert_eq!(world.replicas[0].value().map(String::as_str), Some("now"));
    assert_eq!(world.settle().value().map(String::as_str), Some("now"));

    let mut world = World::<OrMap<String, CausalRegister<u8>>>::new(2);
    world.update(1, "k", |register, minter| {
        register.write(minter, Timestamp::MAX, 1)
    });
    world.tell(1, 0);
    world.update(0, "k", |register, minter| register.write(minter, at(5), 2));
    let all = world.settle();
    assert_eq!(all.get("k").and_then(|register| register.value()), Some(&2));
}

/// Without causality the clock is all there is: it follows what it sees, within reason, and a write
/// that would be lost is refused instead.
#[test]
fn trap_07_without_causality_no_write_is_lost_in_silence() {
    let far = at(900_000);
    let future = LwwRegister::new()
        .set_with_delta(&agent(1), far, "future")
        .unwrap();
    let mut register = LwwRegister::new();
    register.join(&future);
    let mut clock = HybridClock::new(1_000_000);
    clock.observe(far, 5_000).unwrap();
    register
        .set(&agent(0), clock.tick(5_001).unwrap(), "ours")
        .unwrap();
    assert!(!register.join(&future));
    assert_eq!(register.value(), Some(&"ours"));

    let mut careful = HybridClock::new(60_000);
    let refused = careful.observe(far, 5_000);
    assert!(
        matches!(refused, Err(ClockError::TooFarAhead { .. })),
        "{refused:?}"
    );
    let mut register = future.clone();
    let given = careful.tick(5_001).unwrap();
    let refused = register.set(&agent(0), given, "lost");
    assert_eq!(
        refused,
        Err(StampError::TimestampNotAdvanced { given, held: far })
    );
    assert_eq!(register, future);
}

/// Equal stamps: by agent, whichever comes first; and of one agent, a contradiction.
#[test]
fn trap_08_equal_stamps_are_settled_the_same_way_everywhere() {
    let mut world = World::<CausalRegister<String>>::new(3);
    for (who, value) in [(0, "zebra"), (2, "apple"), (1, "mango")] {
        world.act(who, |register, agent| {
            register.write_with_delta(agent, at(7), value.to_owned())
        });
    }
    let all = world.settle();
    assert_eq!(
        (all.value().map(String::as_str), all.writer()),
        (Some("apple"), Some(&agent(2)))
    );
    assert!(
        all.siblings().eq(&["zebra", "mango", "apple"]),
        "nothing is dropped meanwhile"
    );

    let mut world = World::<LwwRegister<String>>::new(2);
    for (who, value) in [(0, "zebra"), (1, "apple")] {
        world.act(who, |register, agent| {
            register.set_with_delta(agent, at(7), value.to_owned())
        });
    }
    assert_eq!(world.settle().value().map(String::as_str), Some("apple"));

    let mut world = World::<LwwMap<String, u8>>::new(2);
    for (who, value) in [(0, 9), (1, 1)] {
        world.act(who, |map, agent| {
            map.set_with_delta(agent, at(7), "k".to_owned(), value)
        });
    }
    assert_eq!(world.settle().get("k"), Some(&1));
}

#[test]
fn trap_08_one_agent_with_two_values_at_one_time_is_refused_and_settled() {
    let write = |value: u8| {
        LwwRegister::new()
            .set_with_delta(&agent(0), at(7), value)
            .unwrap()
    };
    let (one, two) = (write(1), write(2));
    let mut register = two.clone();
    let error = register.apply_delta(&one).unwrap_err();
    assert_eq!(
        (error.kind(), error.stamp, &error.writer),
        (ErrorKind::Malformed, at(7), &agent(0))
    );
    assert_same(&register, &two);
    assert_same(&joined(&one, &two), &two);

    let write = |value| {
        MvRegister::new()
            .write_with_delta(&agent(0), value)
            .unwrap()
    };
    let (one, two) = (write(1_u8), write(2));
    let mut register = two.clone();
    assert_eq!(
        register.apply_delta(&one).unwrap_err().kind(),
        ErrorKind::Malformed
    );
    assert_same(&register, &two);
    assert_same(&joined(&one, &two), &two);
}

/// Cleaning up to a time from which nothing has been heard yet is refused, and nothing is lost.
#[test]
fn trap_15_a_cut_ahead_of_what_is_known_is_refused() {
    let mut map = LwwMap::new();
    map.set(&agent(0), at(3), b'a', 1).unwrap();
    map.remove(&agent(0), at(5), b'b').unwrap();
    let before = map.clone();
    for stable in [at(6), Timestamp::MAX] {
        let newest = at(5);
        assert_eq!(
            map.clean(stable),
            Err(CleanError::CutAhead { stable, newest })
        );
        assert_eq!(
            map.clean_with_delta(stable),
            Err(CleanError::CutAhead { stable, newest })
        );
        assert_same(&map, &before);
    }
    let late = LwwMap::new()
        .set_with_delta(&agent(1), at(4), b'c', 7)
        .unwrap();
    assert_eq!(joined(&map, &late).get(&b'c'), Some(&7));
}

/// Histories in which everyone cleans at times that nobody proved stable: data may go, but nothing
/// panics, and all agree in the end.
#[test]
fn trap_18_wrong_cuts_lose_but_do_not_divide() {
    let (mut n_cleaned, mut n_refused) = (0, 0);
    for seed in 0..2_000 {
        let mut rng = Rng::new(seed);
        let mut replicas = vec![LwwMap::<u8, u8>::new(); 3];
        for step in 0..30 {
            let who = rng.below(3);
            let (stamp, key) = (at(rng.below(40) as u64), rng.below(3) as u8);
            let writer = agent(who);
            match rng.below(8) {
                0..3 => {
                    let _refused = replicas[who].set(&writer, stamp, key, step).is_err();
                }
                3..5 => {
                    let _refused = replicas[who].remove(&writer, stamp, key).is_err();
                }
                5 => match replicas[who].clean(stamp) {
                    Ok(_) => n_cleaned += 1,
                    Err(CleanError::CutAhead { .. }) => n_refused += 1,
                    Err(error) => panic!("{error}"),
                },
                _ => {
                    let other = replicas[rng.below(3)].clone();
                    replicas[who].join(&other);
                }
            }
        }
        let all = joined(&joined(&replicas[0], &replicas[1]), &replicas[2]);
        let other_way = joined(&replicas[1], &joined(&replicas[2], &replicas[0]));
        assert_same(&all, &other_way);
        for replica in &replicas {
            assert_same(&joined(replica, &all), &all);
        }
        assert_eq!(all.len(), all.values().count());
    }
    assert!(
        n_cleaned > 2_000 && n_refused > 2_000,
        "{n_cleaned} cleaned, {n_refused} refused"
    );
}

/// Two writes in one tick of the wall clock are two writes.
#[test]
fn stamps_of_one_tick_are_told_apart_by_the_clock() {
    let mut clock = HybridClock::new(1_000);
    let (first, second) = (clock.tick(5).unwrap(), clock.tick(5).unwrap());
    let mut map = LwwMap::new();
    map.set(&agent(0), first, 'k', 1).unwrap();
    map.set(&agent(0), second, 'k', 2).unwrap();
    assert_eq!((map.get(&'k'), map.stamp(&'k')), (Some(&2), Some(second)));
}
