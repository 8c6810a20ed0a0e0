//! Many changes as one event, and one key as a handle.

use crdt_core::{AgentId, Author, Change, Delta, Dotted, NextSeqError};
use crdt_counters::ResettableCounter;
use crdt_maps::{OrMap, OrMapEntry, OrSet, RwSet};

use super::shorthand::{Counters, Sets, Words, count, words, words_at};
use super::world::{World, agent, applied, assert_same};

#[test]
fn removing_by_a_rule_is_one_event() {
    let mut world = World::<Counters>::new(2);
    for (key, by) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        world.count(0, key, by);
    }
    world.meet();
    let delta = world.act(0, |map, agent| {
        map.remove_where_with_delta(agent, |_, counter| counter.value() % 2 == 0)
    });
    assert_eq!(delta.events().n_dots(), 1);
    assert_eq!(
        delta.change().live.len(),
        2,
        "each removed dot below its key"
    );
    world.count(1, "b", 10);
    world.touch(1, "d");
    let all = world.settle();
    let counts: Vec<_> = all
        .iter()
        .map(|(key, counter)| (key.as_str(), counter.value()))
        .collect();
    assert_eq!(counts, [("a", 1), ("b", 10), ("c", 3), ("d", 0)]);
}

#[test]
fn a_rule_sees_each_key_once_in_order() {
    let mut world = World::<Counters>::new(1);
    for key in ["b", "c", "a"] {
        world.count(0, key, 1);
    }
    let mut seen = Vec::new();
    let mut map = world.replicas[0].clone();
    map.remove_where(&agent(0), |key, counter| {
        seen.push((key.clone(), counter.value()));
        false
    })
    .unwrap();
    assert_eq!(
        seen,
        [
            ("a".to_owned(), 1),
            ("b".to_owned(), 1),
            ("c".to_owned(), 1)
        ]
    );
    assert_same(&map, &world.replicas[0]);
}

#[test]
fn removing_by_a_rule_works_inside_a_key() {
    let mut world = World::<OrMap<String, Sets>>::new(2);
    for word in ["x", "y", "z"] {
        world.update(0, "outer", |map, minter| {
            map.update(minter, word.to_owned(), |set, minter| {
                set.add(minter, word.to_owned())
            })
        });
    }
    world.meet();
    world.update(0, "outer", |map, minter| {
        map.remove_where(minter, |key, _| key.as_str() > "x")
    });
    world.update(1, "outer", |map, minter| {
        map.update(minter, "z".to_owned(), |set, minter| {
            set.remove_where(minter, |_| true)
        })
    });
    let all = world.settle();
    let inner = all.get("outer").unwrap();
    assert!(inner.keys().eq(["x", "z"]));
    assert!(
        inner
            .get("z")
            .is_some_and(|set| set.iter().next().is_none())
    );
}

#[test]
fn sets_remove_by_a_rule() {
    let mut world = World::<Words>::new(2);
    for word in ["apple", "avocado", "banana"] {
        world.add(0, word);
    }
    world.meet();
    let delta = world.act(0, |set, agent| {
        set.remove_where_with_delta(agent, |word| word.starts_with('a'))
    });
    assert_eq!(delta.events().n_dots(), 1);
    world.add(1, "apple");
    assert_eq!(words(&world.settle()), ["apple", "banana"]);

    // Here each removal wins, so each has a dot.
    let mut world = World::<RwSet<u8>>::new(2);
    for n in 0..6 {
        world.act(0, |set, agent| set.add_with_delta(agent, n));
    }
    world.meet();
    let delta = world.act(0, |set, agent| {
        set.remove_where_with_delta(agent, |n| n % 2 == 0)
    });
    assert_eq!(delta.events().n_dots(), 3);
    world.act(1, |set, agent| set.add_with_delta(agent, 4));
    assert!(world.settle().iter().eq(&[1, 3, 5]));
}

/// Several changes merged in one mutator travel as one delta and are undone by one removal.
#[test]
fn several_changes_make_one_mutation() {
    let mut world = World::<Sets>::new(2);
    let delta = world.update(0, "k", |set, minter| {
        let mut change = Change::default();
        for word in ["x", "y", "z"] {
            change.merge(&set.add(minter, word.to_owned())?);
        }
        Ok::<_, NextSeqError>(change)
    });
    assert_eq!(delta.events().n_dots(), 3);
    assert_eq!(
        words_at(&world.settle(), "k").map(|words| words.len()),
        Some(3)
    );

    // In several places of one map.
    let mut world = World::<OrMap<String, Counters>>::new(2);
    let delta = world.update(0, "outer", |map, minter| {
        let mut change = map.update(minter, "a".to_owned(), |counter, m| counter.add(m, 1))?;
        change.merge(&map.update(minter, "b".to_owned(), |counter, m| counter.add(m, 2))?);
        change.merge(&map.touch(minter, "c".to_owned())?);
        Ok::<_, NextSeqError>(change)
    });
    let mut n_dots = 0;
    delta.change().for_each_dot(&mut |_| n_dots += 1);
    assert_eq!(n_dots, 3);
    let all = world.settle();
    let inner = all.get("outer").unwrap();
    assert!(inner.iter().map(|(key, n)| (key.as_str(), n.value())).eq([
        ("a", 1),
        ("b", 2),
        ("c", 0)
    ]));
}

/// Two changes of one counter in one mutation are two changes.
#[test]
fn two_increments_in_one_mutation_add_up() {
    let both = |counter: &crdt_counters::ResettableCounterStore, minter: &mut crdt_core::Minter| {
        let mut change = counter.add(minter, 1)?;
        change.merge(&counter.add(minter, 2)?);
        Ok::<_, NextSeqError>(change)
    };
    let mut world = World::<Counters>::new(1);
    world.update(0, "k", both);
    assert_eq!(count(&world.settle(), "k"), Some(3));
}

/// A dot that nobody has seen grows; its deltas, of which the later say more, settle in every order.
#[test]
fn an_open_dot_grows_and_is_removed_as_one() {
    let open_from = |seq| {
        move |map: &mut Counters, agent: &AgentId, by| {
            let author = Author::with_unshipped(agent, seq);
            map.update_with_delta(author, "k".to_owned(), |counter, m| counter.add(m, by))
        }
    };
    let mut world = World::<Counters>::new(2);
    for by in [1, 2, 3] {
        world.act(0, |map, agent| open_from(0)(map, agent, by));
    }
    assert_eq!(world.replicas[0].context().n_dots(), 1);
    assert_eq!(count(&world.settle(), "k"), Some(6));

    // Shipped, removed by one who saw it, and counted on under another dot meanwhile.
    world.tell(0, 1);
    world.remove(1, "k");
    for by in [4, 5] {
        world.act(0, |map, agent| open_from(1)(map, agent, by));
    }
    assert_eq!(world.replicas[0].context().n_dots(), 2);
    assert_eq!(count(&world.settle(), "k"), Some(9));
}

/// So they are where a dot of before is still open.
#[test]
fn two_increments_of_an_open_dot_in_one_mutation_add_up() {
    let alice = agent(0);
    let author = Author::with_unshipped(&alice, 0);
    let mut map = Counters::new();
    map.update(author, "k".to_owned(), |counter, minter| {
        counter.add(minter, 10)
    })
    .unwrap();
    map.update(author, "k".to_owned(), |counter, minter| {
        let mut change = counter.add(minter, 1)?;
        change.merge(&counter.add(minter, 2)?);
        Ok::<_, NextSeqError>(change)
    })
    .unwrap();
    assert_eq!(count(&map, "k"), Some(13));
}

#[test]
fn a_handle_reads_and_changes_one_key() {
    let mut world = World::<Counters>::new(2);
    world.count(0, "other", 1);
    world.act(0, |map, agent| {
        let mut entry = map.entry("k".to_owned());
        assert_eq!(entry.key(), "k");
        assert!(entry.value().is_none());
        let delta = entry.update_with_delta(agent, |counter, minter| counter.add(minter, 5));
        assert_eq!(entry.value().map(|counter| counter.value()), Some(5));
        delta
    });
    world.meet();
    // It is there: nothing is overwritten, nothing is said.
    for who in [0, 1] {
        let delta = world.act(who, |map, agent| {
            map.entry("k".to_owned()).or_touch_with_delta(agent)
        });
        assert!(delta.is_empty());
    }
    assert_eq!(count(&world.settle(), "k"), Some(5));

    let removal = world.act(0, |map, agent| {
        map.entry("k".to_owned()).remove_with_delta(agent)
    });
    assert!(!removal.is_empty());
    world.count(1, "k", 1);
    assert_eq!(count(&world.settle(), "k"), Some(1));
    let again = world.act(0, |map, agent| {
        map.entry("k".to_owned()).or_touch_with_delta(agent)
    });
    assert!(!again.is_empty());
    assert_eq!(count(&world.replicas[0], "k"), Some(0));
}

/// Asking for a key does not add it.
#[test]
fn a_handle_that_is_dropped_changes_nothing() {
    let mut map = Counters::new();
    let entry: OrMapEntry<'_, String, ResettableCounter> = map.entry("k".to_owned());
    assert_eq!(format!("{entry:?}"), r#"OrMapEntry { key: "k", .. }"#);
    assert_eq!(map.len(), 0);
    let mut map = OrMap::<String, OrSet<u8>>::new();
    let refused = map
        .entry("k".to_owned())
        .update_with_delta(&agent(0), |_, _| Err(NextSeqError::Exhausted));
    assert_eq!(refused, Err(NextSeqError::Exhausted));
    assert_eq!(map.len(), 0);
}

/// Mutators without a delta do what those with one do.
#[test]
fn with_and_without_a_delta_is_the_same() {
    let (mut with, mut without) = (Sets::new(), Sets::new());
    let alice = agent(0);
    let mut heard = Sets::new();
    let own = |key: &str| key.to_owned();
    for delta in [
        with.touch_with_delta(&alice, own("a")).unwrap(),
        with.update_with_delta(&alice, own("b"), |set, m| set.add(m, own("x")))
            .unwrap(),
        with.update_with_delta(&alice, own("c"), |set, m| set.add(m, own("y")))
            .unwrap(),
        with.remove_with_delta(&alice, "b").unwrap(),
        with.remove_where_with_delta(&alice, |key, _| key == "c")
            .unwrap(),
    ] {
        heard = applied(&heard, &delta);
    }
    without.touch(&alice, own("a")).unwrap();
    without
        .update(&alice, own("b"), |set, m| set.add(m, own("x")))
        .unwrap();
    without
        .update(&alice, own("c"), |set, m| set.add(m, own("y")))
        .unwrap();
    without.remove(&alice, "b").unwrap();
    without.remove_where(&alice, |key, _| key == "c").unwrap();
    assert_same(&with, &without);
    assert_same(&heard, &with);
}
