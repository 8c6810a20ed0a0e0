//! A mutator that fails changes nothing: no value, no key, no dot.

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{
    Change, Classify, Dot, DotContext, DotRange, ErrorKind, Lattice, MAX_SEQ, NextSeqError,
};
use crdt_counters::{ResettableCounter, ResettableError};
use crdt_maps::{OrMap, OrSet};

use super::shorthand::{Counters, Sets, count};
use super::world::{agent, applied, assert_same};

/// An error of the caller's own.
#[derive(Debug, PartialEq)]
enum Refused {
    ByRule,
    NextSeq(NextSeqError),
}

impl From<NextSeqError> for Refused {
    fn from(error: NextSeqError) -> Self {
        Self::NextSeq(error)
    }
}

#[test]
fn an_error_of_the_callers_own_comes_through_and_changes_nothing() {
    let mut map = Counters::new();
    map.update(&agent(0), "k".to_owned(), |counter, minter| {
        counter.add(minter, 5)
    })
    .unwrap();
    let before = map.clone();
    for key in ["k", "new"] {
        // It fails before it mints, after it minted, and after it has made a change.
        let refused = map.update(&agent(0), key.to_owned(), |_, _| Err(Refused::ByRule));
        assert_eq!(refused, Err(Refused::ByRule));
        let refused = map.update(&agent(0), key.to_owned(), |_, minter| {
            minter.mint()?;
            minter.mint()?;
            Err(Refused::ByRule)
        });
        assert_eq!(refused, Err(Refused::ByRule));
        let refused = map.update_with_delta(&agent(0), key.to_owned(), |counter, minter| {
            let change = counter.add(minter, 7)?;
            if change.live.len() == 1 {
                Err(Refused::ByRule)
            } else {
                Ok(change)
            }
        });
        assert_eq!(refused, Err(Refused::ByRule));
        assert_same(&map, &before);
    }
    assert_eq!(map.context().next_seq(&agent(0)), Ok(1), "no dot was used");
    let delta = map.update_with_delta(&agent(0), "k".to_owned(), |counter, m| counter.add(m, 1));
    assert_eq!(
        delta
            .unwrap()
            .events()
            .ranges()
            .next()
            .map(|range| range.start()),
        Some(1)
    );
    assert_eq!(count(&map, "k"), Some(6));
}

#[test]
fn an_error_three_levels_down_adds_none_of_the_keys_above() {
    type Deep = OrMap<String, OrMap<String, Counters>>;
    let mut map = Deep::new();
    let refused = map.update(&agent(0), "a".to_owned(), |map, minter| {
        map.update(minter, "b".to_owned(), |map, minter| {
            map.update(minter, "c".to_owned(), |counter, minter| {
                counter.increment(minter, u64::MAX)
            })
        })
    });
    let by = u64::MAX;
    assert_eq!(refused, Err(ResettableError::TooLarge { by }));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Misuse);
    assert_same(&map, &Deep::new());

    // The first of two changes in one mutation is not kept without the second.
    let refused = map.update(&agent(0), "a".to_owned(), |map, minter| {
        let mut change = map.update(minter, "b".to_owned(), |map, minter| {
            map.touch(minter, "c".to_owned())
        })?;
        change.merge(&map.update(minter, "d".to_owned(), |_, _| Err(Refused::ByRule))?);
        Ok(change)
    });
    assert_eq!(refused, Err(Refused::ByRule));
    assert_same(&map, &Deep::new());
}

/// Every mutator of a map needs a dot, so none goes on where the own events have a gap.
#[test]
fn who_lacks_own_events_can_do_nothing() {
    let mut source = Sets::new();
    let deltas =
        ["a", "b", "c"].map(|key| source.touch_with_delta(&agent(0), key.to_owned()).unwrap());
    let mut map = applied(&applied(&Sets::new(), &deltas[0]), &deltas[2]);
    let before = map.clone();
    let gap = NextSeqError::Gap { start: 1, end: 2 };
    assert_eq!(gap.kind(), ErrorKind::MissingDependency);
    assert_eq!(map.touch(&agent(0), "d".to_owned()), Err(gap));
    assert_eq!(map.remove(&agent(0), "a"), Err(gap));
    assert_eq!(map.remove_where(&agent(0), |_, _| true), Err(gap));
    assert_eq!(
        map.entry("d".to_owned()).or_touch_with_delta(&agent(0)),
        Err(gap)
    );
    let mut n_calls = 0;
    let refused = map.update(&agent(0), "a".to_owned(), |_, _| {
        n_calls += 1;
        Ok::<_, NextSeqError>(Change::default())
    });
    assert_eq!((refused, n_calls), (Err(gap), 0));
    assert_same(&map, &before);
    map.touch(&agent(1), "d".to_owned()).unwrap();
    assert_eq!(map.len(), 3);

    let mut healed = applied(&before, &deltas[1]);
    healed.touch(&agent(0), "d".to_owned()).unwrap();
    assert_eq!(healed.len(), 4);
}

/// The last dot can be used; after it, and for more than there are, nothing changes.
#[test]
fn the_last_dot_is_the_last() {
    let up_to = |end| {
        let range = DotRange::new(agent(0), 0, end).unwrap();
        let mut known = OrSet::<u8>::new();
        // A delta of removals that are long over is how a set comes to know so much.
        let mut bytes = crdt_core::codec::Writer::new();
        bytes.u64(1);
        agent(0).encode(&mut bytes);
        bytes.u8(0b0101);
        bytes.i64(0);
        bytes.u64(range.n_dots() - 2);
        let read = OrSet::from_bytes(bytes.as_bytes(), &DecodeLimits::default()).unwrap();
        known.join(&read);
        assert_eq!(known.context(), &DotContext::from_iter([range]));
        known
    };
    let mut set = up_to(MAX_SEQ);
    set.add(&agent(0), 1).unwrap();
    assert!(
        set.context()
            .contains(&Dot::new(agent(0), MAX_SEQ).unwrap())
    );
    let before = set.clone();
    assert_eq!(set.add(&agent(0), 2), Err(NextSeqError::Exhausted));
    assert_eq!(set.remove(&agent(0), &1), Err(NextSeqError::Exhausted));
    assert_eq!(NextSeqError::Exhausted.kind(), ErrorKind::Misuse);
    assert_same(&set, &before);
    set.remove(&agent(1), &1).unwrap();
    assert_eq!(set.len(), 0);

    // Two dots are needed and one is left.
    let mut map = OrMap::<String, OrSet<u8>>::new();
    let one_left = up_to(MAX_SEQ).to_bytes();
    map.join(&OrMap::from_bytes(&one_left, &DecodeLimits::default()).unwrap());
    let before = map.clone();
    let refused = map.update(&agent(0), "k".to_owned(), |set, minter| {
        let mut change = set.add(minter, 1)?;
        change.merge(&set.add(minter, 2)?);
        Ok::<_, NextSeqError>(change)
    });
    assert_eq!(refused, Err(NextSeqError::Exhausted));
    assert_same(&map, &before);
    map.touch(&agent(0), "k".to_owned()).unwrap();
}

/// An open generation changes nothing about it: what is refused does not grow what is open.
#[test]
fn a_refused_increment_does_not_grow_an_open_dot() {
    use crdt_core::Author;

    let alice = agent(0);
    let author = Author::with_unshipped(&alice, 0);
    let mut counter = ResettableCounter::new();
    counter.increment(author, 1).unwrap();
    let before = counter.clone();
    assert!(counter.increment(author, u64::MAX).is_err());
    assert_same(&counter, &before);
    counter.increment(author, 1).unwrap();
    assert_eq!((counter.value(), counter.context().n_dots()), (2, 1));
}
