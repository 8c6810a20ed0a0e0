//! Undo: mine only, as if it had never been, and the same on every replica.

use core::convert::Infallible;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{
    Change, DeltaState, DotStore, Lattice, Minter, NextSeqError, Timestamp, UndoStack,
};
use crdt_counters::{ResettableCounter, ResettableCounterStore, ResettableError};
use crdt_maps::{
    AnyCrdt, CausalRegister, CrdtSpec, DisableWinsFlag, EnableWinsFlag, MvRegister, OrMap, OrSet,
    OrSetStore, RwSet, Value,
};

use super::records::{TaskChange, Tasks};
use super::world::{World, agent, assert_same};

type Counts = OrMap<String, ResettableCounter>;
type Text = CausalRegister<String>;

fn at(ms: u64) -> Timestamp {
    Timestamp::new(ms, 0).unwrap()
}

fn count(
    history: &mut UndoStack<ResettableCounter>,
    counter: &mut ResettableCounter,
    who: usize,
    by: i64,
) -> ResettableCounter {
    history
        .mutate(counter, &agent(who), |counter, minter| {
            counter.add(minter, by)
        })
        .unwrap()
}

fn write(history: &mut UndoStack<Text>, text: &mut Text, who: usize, ms: u64, value: &str) {
    history
        .mutate(text, &agent(who), |text, minter| {
            text.write(minter, at(ms), value.to_owned())
        })
        .unwrap();
}

#[test]
fn trap_09_an_undo_does_the_same_in_every_order_of_delivery() {
    let mut world = World::<ResettableCounter>::new(3);
    let mut history = UndoStack::default();
    world.act(1, |counter, bob| counter.increment_with_delta(bob, 8));
    world.meet();
    world.act(0, |counter, _| {
        Ok::<_, Infallible>(count(&mut history, counter, 0, 5))
    });
    world.act(0, |counter, alice| {
        history.undo(counter, alice).map(Option::unwrap)
    });
    // The log is delivered in every order and more than once; the third replica heard of neither.
    assert_eq!(world.settle().value(), 8);
}

#[test]
fn trap_10_two_undos_of_one_change_take_it_back_once() {
    let mut world = World::<ResettableCounter>::new(3);
    let mut history = UndoStack::default();
    world.act(0, |counter, _| {
        Ok::<_, Infallible>(count(&mut history, counter, 0, 5))
    });
    world.meet();
    // The stack went along, and the second replica has counted on since.
    let mut copy = history.clone();
    world.act(1, |counter, bob| counter.increment_with_delta(bob, 1));
    world.act(0, |counter, alice| {
        history.undo(counter, alice).map(Option::unwrap)
    });
    world.act(1, |counter, bob| {
        copy.undo(counter, bob).map(Option::unwrap)
    });
    assert_eq!(world.settle().value(), 1);
}

#[test]
fn trap_10_two_undos_of_one_write_agree() {
    let mut world = World::<Text>::new(3);
    let mut history = UndoStack::default();
    world.act(2, |text, carol| {
        text.write_with_delta(carol, at(1), "draft".to_owned())
    });
    world.meet();
    world.act(0, |text, alice| {
        history.mutate(text, alice, |text, minter| {
            text.write(minter, at(2), "final".to_owned())
        })
    });
    world.meet();
    let mut copy = history.clone();
    for (who, history) in [(0, &mut history), (1, &mut copy)] {
        world.act(who, |text, agent| {
            history.undo(text, agent).map(Option::unwrap)
        });
    }
    assert_eq!(world.settle().value().map(String::as_str), Some("draft"));
}

#[test]
fn only_my_increments_are_taken_back() {
    let mut world = World::<ResettableCounter>::new(2);
    let mut history = UndoStack::default();
    for by in [3, 4] {
        world.act(0, |counter, _| {
            Ok::<_, Infallible>(count(&mut history, counter, 0, by))
        });
    }
    world.meet();
    world.act(1, |counter, bob| counter.increment_with_delta(bob, 10));
    world.meet();
    world.act(0, |counter, alice| {
        history.undo(counter, alice).map(Option::unwrap)
    });
    assert_eq!(world.settle().value(), 13);
    // What somebody has reset is not taken off a second time.
    world.meet();
    world.act(1, |counter, bob| counter.reset_with_delta(bob));
    world.meet();
    assert_eq!(
        history.undo(&mut world.replicas[0], &agent(0)).unwrap(),
        None
    );
    assert_eq!(world.settle().value(), 0);
}

#[test]
fn what_others_wrote_since_stays() {
    let (mut text, mut history) = (Text::new(), UndoStack::default());
    write(&mut history, &mut text, 0, 1, "mine");
    text.write(&agent(1), at(2), "theirs".to_owned()).unwrap();
    assert_eq!(history.undo(&mut text, &agent(0)).unwrap(), None);
    assert_eq!(text.value().map(String::as_str), Some("theirs"));
}

/// Two wrote at once and mine won: undone, theirs stands, as if I had written nothing.
#[test]
fn an_undone_write_leaves_its_sibling() {
    let mut world = World::<Text>::new(2);
    let mut history = UndoStack::default();
    world.act(1, |text, bob| {
        text.write_with_delta(bob, at(1), "old".to_owned())
    });
    world.meet();
    world.act(1, |text, bob| {
        text.write_with_delta(bob, at(2), "theirs".to_owned())
    });
    world.act(0, |text, alice| {
        history.mutate(text, alice, |text, minter| {
            text.write(minter, at(3), "mine".to_owned())
        })
    });
    world.meet();
    world.act(0, |text, alice| {
        history.undo(text, alice).map(Option::unwrap)
    });
    assert_eq!(world.settle().value().map(String::as_str), Some("theirs"));
}

/// Both wrote over the same: what somebody else has written over does not come back beside theirs.
#[test]
fn what_others_wrote_over_at_the_same_time_stays_away() {
    let mut world = World::<MvRegister<String>>::new(2);
    let mut history = UndoStack::default();
    let write = |world: &mut World<MvRegister<String>>, who, value: &str| {
        world.act(who, |register, agent| {
            register.write_with_delta(agent, value.to_owned())
        });
    };
    write(&mut world, 1, "old");
    world.meet();
    world.act(0, |register, alice| {
        history.mutate(register, alice, |register, minter| {
            register.write(minter, "mine".to_owned())
        })
    });
    write(&mut world, 1, "theirs");
    world.meet();
    world.act(0, |register, alice| {
        history.undo(register, alice).map(Option::unwrap)
    });
    assert_eq!(world.settle().values().collect::<Vec<_>>(), ["theirs"]);
}

/// As if I had not added it: they did, and what I had replaced does not stand against theirs.
#[test]
fn an_undone_addition_leaves_one_made_at_the_same_time() {
    let mut world = World::<RwSet<String>>::new(2);
    let mut history = UndoStack::default();
    world.act(1, |set, bob| set.remove_with_delta(bob, "tea".to_owned()));
    world.meet();
    world.act(0, |set, alice| {
        history.mutate(set, alice, |set, minter| set.add(minter, "tea".to_owned()))
    });
    world.act(1, |set, bob| set.add_with_delta(bob, "tea".to_owned()));
    world.meet();
    world.act(0, |set, alice| history.undo(set, alice).map(Option::unwrap));
    assert!(world.settle().contains("tea"));
}

/// A limit, said in the docs: both copies bring back what was there.
#[test]
fn two_undos_of_one_reset_count_twice() {
    let mut world = World::<ResettableCounter>::new(2);
    let mut history = UndoStack::default();
    world.act(1, |counter, bob| counter.increment_with_delta(bob, 5));
    world.meet();
    world.act(0, |counter, alice| {
        history.mutate(counter, alice, |counter, minter| counter.reset(minter))
    });
    world.meet();
    let mut copy = history.clone();
    for (who, history) in [(0, &mut history), (1, &mut copy)] {
        world.act(who, |counter, agent| {
            history.undo(counter, agent).map(Option::unwrap)
        });
    }
    assert_eq!(world.settle().value(), 10);
}

/// Somebody else acted in between: undone in one go, the first half would bring back what they took.
#[test]
fn a_step_does_not_reach_across_what_another_did() {
    let alice = agent(0);
    let (mut set, mut history) = (OrSet::<&str>::new(), UndoStack::default());
    set.add(&agent(1), "tea").unwrap();
    let add = |set: &OrSetStore<&'static str>, minter: &mut Minter| set.add(minter, "tea");
    history.mutate(&mut set, &alice, add).unwrap();
    set.remove(&agent(1), "tea").unwrap();
    history.extend(&mut set, &alice, add).unwrap();
    assert_eq!(history.n_undo(), 2);
    history.undo(&mut set, &alice).unwrap();
    assert!(!set.contains("tea"));
    assert_eq!(history.undo(&mut set, &alice).unwrap(), None);

    let (mut counter, mut history) = (ResettableCounter::new(), UndoStack::default());
    counter.increment(&agent(1), 5).unwrap();
    let set_to = |n| {
        move |counter: &ResettableCounterStore, minter: &mut Minter| {
            let mut change = counter.reset(minter)?;
            change.merge(&counter.increment(minter, n)?);
            Ok::<_, ResettableError>(change)
        }
    };
    history.mutate(&mut counter, &alice, set_to(1)).unwrap();
    counter.reset(&agent(1)).unwrap();
    counter.increment(&agent(1), 7).unwrap();
    history.extend(&mut counter, &alice, set_to(2)).unwrap();
    while history.undo(&mut counter, &alice).unwrap().is_some() {}
    assert_eq!(counter.value(), 7);
}

/// A pause for an undo ends a step, and what has nothing left is kept until an older step goes.
#[test]
fn a_step_is_not_extended_after_an_undo() {
    let alice = agent(0);
    let (mut set, mut history) = (OrSet::<&str>::new(), UndoStack::default());
    for item in ["tea", "milk"] {
        let add = |set: &OrSetStore<&'static str>, minter: &mut Minter| set.add(minter, item);
        history.mutate(&mut set, &alice, add).unwrap();
    }
    history.undo(&mut set, &alice).unwrap();
    let add = |set: &OrSetStore<&'static str>, minter: &mut Minter| set.add(minter, "bread");
    history.extend(&mut set, &alice, add).unwrap();
    assert_eq!((history.n_undo(), history.n_redo()), (2, 0));
    set.remove(&agent(1), "bread").unwrap();
    history.undo(&mut set, &alice).unwrap();
    assert_eq!((history.n_undo(), set.len()), (0, 0));
    history.clear();
    assert_eq!(history.redo(&mut set, &alice).unwrap(), None);
}

#[test]
fn undone_and_redone_again_and_again_a_value_does_not_grow() {
    let (mut text, mut history) = (Text::new(), UndoStack::default());
    text.write(&agent(1), at(0), "zero".to_owned()).unwrap();
    for (ms, value) in [(1, "one"), (2, "two"), (3, "three")] {
        write(&mut history, &mut text, 0, ms, value);
    }
    let mut sizes = Vec::new();
    for _ in 0..100 {
        for before in ["two", "one", "zero"] {
            assert!(history.undo(&mut text, &agent(0)).unwrap().is_some());
            assert_eq!(text.value().map(String::as_str), Some(before));
        }
        assert_eq!((history.n_undo(), history.n_redo()), (0, 3));
        for after in ["one", "two", "three"] {
            assert!(history.redo(&mut text, &agent(0)).unwrap().is_some());
            assert_eq!(text.value().map(String::as_str), Some(after));
        }
        sizes.push((text.to_bytes().len(), history.to_bytes().len()));
    }
    let (first, last) = (sizes[0], sizes[99]);
    assert!(
        last.0 <= first.0 + 4 && last.1 <= first.1 + 16,
        "{first:?} {last:?}"
    );
}

#[test]
fn a_removed_key_comes_back_with_all_it_held() {
    let mut world = World::<Counts>::new(2);
    let mut history = UndoStack::default();
    world.act(1, |map, bob| {
        map.update_with_delta(bob, "tea".to_owned(), |n, minter| n.increment(minter, 5))
    });
    world.meet();
    world.act(0, |map, alice| {
        history.mutate(map, alice, |map, minter| map.remove(minter, "tea"))
    });
    // Somebody counts on meanwhile: that survives the removal, and adds to what comes back.
    world.act(1, |map, bob| {
        map.update_with_delta(bob, "tea".to_owned(), |n, minter| n.increment(minter, 2))
    });
    world.meet();
    assert_eq!(world.replicas[0].get("tea").map(|n| n.value()), Some(2));
    world.act(0, |map, alice| history.undo(map, alice).map(Option::unwrap));
    assert_eq!(world.settle().get("tea").map(|n| n.value()), Some(7));
}

/// The removal that another made saw the increment: it stays removed, whatever is undone.
#[test]
fn what_others_removed_since_does_not_come_back() {
    let mut world = World::<Counts>::new(2);
    let mut history = UndoStack::default();
    for n in [1, 2] {
        world.act(0, |map, alice| {
            history.mutate(map, alice, |map, minter| {
                map.update(minter, "tea".to_owned(), |count, minter| {
                    let mut change = count.reset(minter)?;
                    change.merge(&count.increment(minter, n)?);
                    Ok::<_, ResettableError>(change)
                })
            })
        });
    }
    world.meet();
    world.act(1, |map, bob| map.remove_with_delta(bob, "tea"));
    world.meet();
    assert_eq!(
        history.undo(&mut world.replicas[0], &agent(0)).unwrap(),
        None
    );
    assert!(!world.settle().contains_key("tea"));
}

#[test]
fn sets_and_flags_go_back_to_what_they_were() {
    let alice = agent(0);

    let (mut set, mut history) = (OrSet::<&str>::new(), UndoStack::default());
    set.add(&agent(1), "tea").unwrap();
    // Adding what is there changes nothing that is seen, and so does taking that back.
    history
        .mutate(&mut set, &alice, |set, minter| set.add(minter, "tea"))
        .unwrap();
    history
        .mutate(&mut set, &alice, |set, minter| set.remove(minter, "tea"))
        .unwrap();
    assert!(!set.contains("tea"));
    for _ in 0..2 {
        history.undo(&mut set, &alice).unwrap();
        assert!(set.contains("tea"));
    }

    let (mut set, mut history) = (RwSet::<&str>::new(), UndoStack::default());
    set.add(&agent(1), "tea").unwrap();
    history
        .mutate(&mut set, &alice, |set, minter| set.remove(minter, "tea"))
        .unwrap();
    set.add(&agent(1), "tea").unwrap(); // and somebody adds it again
    assert_eq!(history.undo(&mut set, &alice).unwrap(), None);
    assert!(set.contains("tea"));
    history
        .mutate(&mut set, &alice, |set, minter| set.add(minter, "tea"))
        .unwrap();
    set.remove(&agent(1), "tea").unwrap(); // and somebody removes it again
    assert_eq!(history.undo(&mut set, &alice).unwrap(), None);
    assert!(!set.contains("tea"));

    let (mut flag, mut history) = (EnableWinsFlag::new(), UndoStack::default());
    history
        .mutate(&mut flag, &alice, |flag, minter| flag.enable(minter))
        .unwrap();
    history
        .mutate(&mut flag, &alice, |flag, minter| flag.disable(minter))
        .unwrap();
    history.undo(&mut flag, &alice).unwrap();
    assert!(flag.is_enabled());
    history.undo(&mut flag, &alice).unwrap();
    assert!(!flag.is_enabled());

    let (mut flag, mut history) = (DisableWinsFlag::new(), UndoStack::default());
    history
        .mutate(&mut flag, &alice, |flag, minter| flag.disable(minter))
        .unwrap();
    history.undo(&mut flag, &alice).unwrap();
    assert!(flag.is_enabled());
    history.redo(&mut flag, &alice).unwrap();
    assert!(!flag.is_enabled());
}

#[test]
fn all_siblings_come_back() {
    let (mut both, mut theirs) = (MvRegister::<&str>::new(), MvRegister::new());
    both.write(&agent(0), "ours").unwrap();
    theirs.write(&agent(1), "theirs").unwrap();
    both.join(&theirs);
    let mut history = UndoStack::default();
    history
        .mutate(&mut both, &agent(0), |both, minter| {
            both.write(minter, "agreed")
        })
        .unwrap();
    assert_eq!(both.values().collect::<Vec<_>>(), [&"agreed"]);
    history.undo(&mut both, &agent(0)).unwrap();
    let mut values: Vec<_> = both.values().copied().collect();
    values.sort_unstable();
    assert_eq!(values, ["ours", "theirs"]);
}

#[test]
fn several_changes_can_be_one_step() {
    let (mut set, mut history) = (OrSet::<&str>::new(), UndoStack::default());
    let alice = agent(0);
    set.add(&agent(1), "tea").unwrap();
    history
        .mutate(&mut set, &alice, |set, minter| set.add(minter, "milk"))
        .unwrap();
    // Touched twice within the step: added anew, then removed.
    history
        .extend(&mut set, &alice, |set, minter| set.add(minter, "tea"))
        .unwrap();
    history
        .extend(&mut set, &alice, |set, minter| set.remove(minter, "tea"))
        .unwrap();
    assert_eq!(history.n_undo(), 1);
    assert_eq!(set.iter().collect::<Vec<_>>(), [&"milk"]);
    history.undo(&mut set, &alice).unwrap();
    assert_eq!(set.iter().collect::<Vec<_>>(), [&"tea"]);
    history.redo(&mut set, &alice).unwrap();
    assert_eq!(set.iter().collect::<Vec<_>>(), [&"milk"]);
    assert_eq!(
        history.undo(&mut set, &alice).map(|delta| delta.is_some()),
        Ok(true)
    );
    assert_eq!(history.undo(&mut set, &alice), Ok(None));
}

#[test]
fn a_step_below_a_step_is_found_under_its_later_dots() {
    let mut tasks = Tasks::new();
    let (alice, mut history) = (agent(0), UndoStack::default());
    let title = |task: &super::records::Task, minter: &mut Minter, ms, title: &str| {
        let title = task.title.write(minter, at(ms), title.to_owned())?;
        Ok::<_, NextSeqError>(Change::bring(TaskChange {
            title,
            ..TaskChange::default()
        }))
    };
    for (ms, name) in [(1, "buy tea"), (2, "buy green tea")] {
        history
            .mutate(&mut tasks, &alice, |tasks, minter| {
                tasks.update(minter, "a".to_owned(), |task, minter| {
                    title(task, minter, ms, name)
                })
            })
            .unwrap();
    }
    history
        .mutate(&mut tasks, &alice, |tasks, minter| {
            tasks.remove(minter, "a")
        })
        .unwrap();
    let read = |tasks: &Tasks| tasks.get("a").and_then(|task| task.title.value().cloned());
    let mut seen = Vec::new();
    while history.undo(&mut tasks, &alice).unwrap().is_some() {
        seen.push(read(&tasks));
    }
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(seen, [named("buy green tea"), named("buy tea"), None]);
    while history.redo(&mut tasks, &alice).unwrap().is_some() {}
    assert!(tasks.is_empty());
}

#[test]
fn a_change_of_type_is_taken_back() {
    let (alice, mut history) = (agent(0), UndoStack::default());
    let mut page = AnyCrdt::new(CrdtSpec::Any);
    let path = ["meta", "stars"];
    history
        .mutate(&mut page, &alice, |page, minter| {
            page.update_at::<ResettableCounter, _>(minter, &path, |stars, minter| {
                stars.increment(minter, 3)
            })
        })
        .unwrap();
    history
        .mutate(&mut page, &alice, |page, minter| {
            let meta = page.get::<OrMap<String, AnyCrdt>>().unwrap();
            let change = meta.get("meta").unwrap().reset();
            page.update::<OrMap<String, AnyCrdt>, _>(minter, |map, minter| {
                let mut all = map.update(minter, "meta".to_owned(), |value, minter| {
                    value.update::<CausalRegister<Value>, _>(minter, |text, minter| {
                        text.write(minter, at(1), Value::from("none"))
                    })
                })?;
                let removal = Change {
                    removed: change.removed,
                    live: Default::default(),
                };
                all.merge(&removal);
                Ok::<_, NextSeqError>(all)
            })
        })
        .unwrap();
    let stars = |page: &AnyCrdt| {
        let at = page.at(&path)?;
        at.get::<ResettableCounter>().map(|stars| stars.value())
    };
    assert_eq!(stars(&page), None);
    history.undo(&mut page, &alice).unwrap();
    assert_eq!(stars(&page), Some(3));
    history.undo(&mut page, &alice).unwrap();
    assert_eq!(page.store().kinds().count(), 0);
    history.redo(&mut page, &alice).unwrap();
    assert_eq!(stars(&page), Some(3));
    history.redo(&mut page, &alice).unwrap();
    assert_eq!(stars(&page), None);
}

#[test]
fn a_stack_is_stored_beside_its_value() {
    let alice = agent(0);
    let (mut map, mut history) = (Counts::new(), UndoStack::default());
    for key in ["tea", "milk"] {
        history
            .mutate(&mut map, &alice, |map, minter| {
                map.update(minter, key.to_owned(), |n, minter| n.increment(minter, 1))
            })
            .unwrap();
    }
    history
        .mutate(&mut map, &alice, |map, minter| map.remove(minter, "tea"))
        .unwrap();
    history.undo(&mut map, &alice).unwrap();
    let limits = DecodeLimits::default();
    let bytes = history.to_bytes();
    let mut stored = UndoStack::<Counts>::from_bytes(&bytes, &limits).unwrap();
    assert!(stored == history);
    assert_eq!(stored.to_bytes(), bytes);
    while stored.undo(&mut map, &alice).unwrap().is_some() {}
    assert!(map.is_empty());
    while stored.redo(&mut map, &alice).unwrap().is_some() {}
    assert_eq!(map.keys().collect::<Vec<_>>(), ["milk"]);
    for end in 0..bytes.len() {
        let cut = UndoStack::<Counts>::from_bytes(&bytes[..end], &limits);
        assert!(cut.is_err(), "cut at {end}");
    }
}

#[test]
fn a_refused_mutation_is_not_remembered() {
    let mut counter = ResettableCounter::new();
    let mut history = UndoStack::default();
    count(&mut history, &mut counter, 0, 5);
    let (before, stack) = (counter.clone(), history.clone());
    let refused = history.mutate(&mut counter, &agent(0), |counter, minter| {
        counter.increment(minter, u64::MAX)
    });
    assert!(refused.is_err());
    // One that does nothing is not remembered either, nor does it forget what can be redone.
    count(&mut history, &mut counter, 0, 0);
    assert_same(&counter, &before);
    assert!(history == stack);
    history.undo(&mut counter, &agent(0)).unwrap();
    count(&mut history, &mut counter, 0, 0);
    assert_eq!(history.n_redo(), 1);
    count(&mut history, &mut counter, 0, 1);
    assert_eq!(history.n_redo(), 0);
}

#[test]
fn the_oldest_steps_are_forgotten() {
    let mut counter = ResettableCounter::new();
    let mut history = UndoStack::with_max_steps(2);
    for by in [1, 10, 100] {
        count(&mut history, &mut counter, 0, by);
    }
    // Bytes that claim more steps than the limit are none of a stack.
    let mut bytes = history.to_bytes();
    assert_eq!((bytes[0], bytes[1]), (2, 2));
    bytes[0] = 1;
    let limits = DecodeLimits::default();
    assert!(UndoStack::<ResettableCounter>::from_bytes(&bytes, &limits).is_err());
    while let Some(delta) = history.undo(&mut counter, &agent(0)).unwrap() {
        assert!(ResettableCounter::events_of(&delta).n_dots() > 0);
    }
    assert_eq!(counter.value(), 1);
}
