//! Records under keys: fields of different types that come and go together, and change apart.

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{AgentId, Causal, Change, DeltaState, Minter, Named, NextSeqError, Timestamp};
use crdt_counters::ResettableCounter;
use crdt_maps::{CausalRegister, OrMap, OrSet};

use super::world::World;

crdt_core::record! {
    /// An entry of a list of things to do.
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    pub(crate) struct Task {
        pub(crate) title: CausalRegister<String>,
        pub(crate) tags: OrSet<String>,
        pub(crate) votes: ResettableCounter,
    }
    change #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))] TaskChange, feed TaskFeed
}

impl Named for Task {
    const NAME: &'static str = "task";
}

pub(super) type Tasks = OrMap<String, Task>;

fn named(
    task: &Task,
    minter: &mut Minter,
    ms: u64,
    title: &str,
) -> Result<Change<TaskChange>, NextSeqError> {
    let stamp = Timestamp::new(ms, 0).unwrap();
    let title = task.title.write(minter, stamp, title.to_owned())?;
    Ok(Change::bring(TaskChange {
        title,
        ..TaskChange::default()
    }))
}

fn tagged(task: &Task, minter: &mut Minter, tag: &str) -> Result<Change<TaskChange>, NextSeqError> {
    let tags = task.tags.add(minter, tag.to_owned())?;
    Ok(Change::bring(TaskChange {
        tags,
        ..TaskChange::default()
    }))
}

fn untagged(
    task: &Task,
    minter: &mut Minter,
    tag: &str,
) -> Result<Change<TaskChange>, NextSeqError> {
    let tags = task.tags.remove(minter, tag)?;
    Ok(Change::bring(TaskChange {
        tags,
        ..TaskChange::default()
    }))
}

fn tags(tasks: &Tasks, key: &str) -> Vec<String> {
    let task = tasks.get(key).into_iter();
    task.flat_map(|task| task.tags.iter().cloned()).collect()
}

#[test]
fn fields_change_apart_and_all_count() {
    let mut world = World::<Tasks>::new(2);
    world.update(0, "milk", |task, minter| tagged(task, minter, "shop"));
    world.meet();
    world.update(0, "milk", |task, minter| named(task, minter, 1, "Buy milk"));
    world.update(1, "milk", |task, minter| untagged(task, minter, "shop"));
    world.update(1, "milk", |task, minter| tagged(task, minter, "home"));
    let end = world.settle();
    let task = end.get("milk").unwrap();
    assert_eq!(task.title.value().map(String::as_str), Some("Buy milk"));
    assert_eq!(tags(&end, "milk"), ["home"]);
}

#[test]
fn what_the_remover_of_a_record_did_not_see_stays_alone() {
    let mut world = World::<Tasks>::new(2);
    world.update(0, "milk", |task, minter| named(task, minter, 1, "Buy milk"));
    world.update(0, "milk", |task, minter| tagged(task, minter, "shop"));
    world.meet();
    world.remove(0, "milk");
    world.update(1, "milk", |task, minter| tagged(task, minter, "urgent"));
    let end = world.settle();
    assert_eq!(end.get("milk").unwrap().title.value(), None);
    assert_eq!(tags(&end, "milk"), ["urgent"]);
}

#[test]
fn one_mutation_may_change_several_fields() {
    let alice = AgentId::new("alice").unwrap();
    let mut tasks = Tasks::new();
    let stamp = Timestamp::new(1, 0).unwrap();
    let delta = tasks
        .update_with_delta(&alice, "milk".to_owned(), |task, minter| {
            let title = task.title.write(minter, stamp, "Buy milk".to_owned())?;
            let votes = task.votes.increment(minter, 3)?;
            let change = TaskChange {
                title,
                votes,
                ..TaskChange::default()
            };
            Ok::<_, crdt_counters::ResettableError>(Change::bring(change))
        })
        .unwrap();
    assert_eq!(delta.events().n_dots(), 2, "an event for each field");
    let task = tasks.get("milk").unwrap();
    assert_eq!(task.votes.value(), 3);
    assert!(task.title.value().is_some());
}

/// A write to a register takes its own dots away; the set beside it is not walked, nor named.
#[test]
fn a_change_of_one_field_says_nothing_of_the_others() {
    let alice = AgentId::new("alice").unwrap();
    let mut task = Causal::<Task>::new();
    for n in 0..100 {
        task.mutate(&alice, |task, minter| tagged(task, minter, &n.to_string()))
            .unwrap();
    }
    task.mutate(&alice, |task, minter| named(task, minter, 1, "a"))
        .unwrap();
    let delta = task
        .mutate(&alice, |task, minter| named(task, minter, 2, "b"))
        .unwrap();
    let Change { removed, live } = delta.change();
    assert!(removed.is_empty(), "what went is named below its field");
    assert_eq!(live.title.removed.n_dots(), 1);
    assert_eq!(live.tags, Change::default());
    assert_eq!(live.votes, Change::default());
    assert!(delta.to_bytes().len() < 32, "{}", delta.to_bytes().len());
}

#[test]
fn a_large_change_is_told_in_pieces() {
    let alice = AgentId::new("alice").unwrap();
    let mut ours = Causal::<Task>::new();
    let delta = ours
        .mutate(&alice, |task, minter| {
            let mut change = named(task, minter, 1, "a")?;
            for n in 0..50 {
                change.merge(&tagged(task, minter, &n.to_string())?);
            }
            Ok::<_, NextSeqError>(change)
        })
        .unwrap();
    let parts = delta.split(10);
    assert_eq!(parts.len(), 5);
    let mut theirs = Causal::<Task>::new();
    for part in &parts {
        theirs.apply_delta(part).unwrap();
    }
    assert_eq!(theirs, ours);
}

#[test]
fn readers_are_told_field_by_field() {
    let alice = AgentId::new("alice").unwrap();
    let (mut ours, mut theirs) = (Causal::<Task>::new(), Causal::<Task>::new());
    let delta = ours
        .mutate(&alice, |task, minter| tagged(task, minter, "shop"))
        .unwrap();
    let feed = theirs.apply_with_feed(&delta).unwrap();
    assert_eq!(feed.tags.iter().count(), 1);
    assert!(!feed.title && !feed.votes);
    let again = theirs.apply_with_feed(&delta).unwrap();
    assert!(crdt_core::Feed::is_silent(&again));
}

#[test]
fn records_nest_in_records() {
    crdt_core::record! {
        struct Board {
            first: Task,
            rest: OrMap<String, Task>,
        }
        change BoardChange, feed BoardFeed
    }
    let alice = AgentId::new("alice").unwrap();
    let mut board = Causal::<Board>::new();
    board
        .mutate(&alice, |board, minter| {
            let first = named(&board.first, minter, 1, "Buy milk")?;
            let rest = board
                .rest
                .update(minter, "tea".to_owned(), |task, minter| {
                    tagged(task, minter, "shop")
                })?;
            Ok::<_, NextSeqError>(Change::bring(BoardChange { first, rest }))
        })
        .unwrap();
    let bytes = board.to_bytes();
    let read = Causal::<Board>::from_bytes(&bytes, &DecodeLimits::default()).unwrap();
    assert_eq!(read, board);
    assert_eq!(read.store().rest.get("tea").unwrap().tags.len(), 1);
}

#[cfg(feature = "json")]
#[test]
fn a_record_has_json_with_the_names_of_its_fields() {
    let alice = AgentId::new("alice").unwrap();
    let mut tasks = Tasks::new();
    let delta = tasks
        .update_with_delta(&alice, "milk".to_owned(), |task, minter| {
            tagged(task, minter, "shop")
        })
        .unwrap();
    let json = crdt_core::json::to_string(&tasks).unwrap();
    assert!(
        json.starts_with(r#"{"type":"or_map<task>","v":1,"#),
        "{json}"
    );
    assert!(
        json.contains(r#""title":"#) && json.contains(r#""tags":"#),
        "{json}"
    );
    assert_eq!(crdt_core::json::from_str::<Tasks>(&json), Ok(tasks));
    let json = crdt_core::json::to_string(&delta).unwrap();
    assert_eq!(crdt_core::json::from_str(&json), Ok(delta));
}

#[test]
fn one_event_with_two_contents_is_refused_in_every_field() {
    let alice = AgentId::new("alice").unwrap();
    let (mut ours, mut theirs) = (Causal::<Task>::new(), Causal::<Task>::new());
    ours.mutate(&alice, |task, minter| named(task, minter, 1, "a"))
        .unwrap();
    let other = theirs
        .mutate(&alice, |task, minter| named(task, minter, 1, "b"))
        .unwrap();
    let before = ours.clone();
    assert!(ours.apply_delta(&other).is_err());
    assert_eq!(ours, before);
}
