//! Values of run-time type can nest to any depth, so that of what is read is limited.

use core::iter;

use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode, Limit};
use crdt_core::{Change, MAX_DEPTH, Minter, NextSeqError};
use crdt_maps::{AnyCrdt, AnyLive, AnyStore, CrdtSpec, EnableWinsFlag, OrMap, OrMapDelta};

use super::world::{agent, applied, assert_same};

type Map = OrMap<String, AnyCrdt>;

/// A flag under so many keys.
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

/// A map with a value that many levels deep, and the delta that made it.
fn deep_map(depth: u64) -> (Map, OrMapDelta<String, AnyCrdt>) {
    let mut map = Map::new();
    let delta = update(&mut map, depth);
    (map, delta.unwrap())
}

fn update(map: &mut Map, depth: u64) -> Result<OrMapDelta<String, AnyCrdt>, NextSeqError> {
    map.update_with_delta(&agent(0), "k".to_owned(), |any, minter| {
        nested(any, minter, depth - 1)
    })
}

/// What is written can be read with the limits that every reader begins with.
#[test]
fn what_readers_refuse_by_default_is_not_written() {
    assert_eq!(MAX_DEPTH, DecodeLimits::default().max_depth);
    let (mut map, _) = deep_map(MAX_DEPTH);
    let before = map.clone();
    assert_eq!(update(&mut map, MAX_DEPTH + 1), Err(NextSeqError::TooDeep));
    assert_same(&map, &before);

    // As deep beside it: what was refused leaves nothing behind.
    update(&mut map, MAX_DEPTH).unwrap();
}

fn is_too_deep<T>(result: Result<T, DecodeError>) -> bool {
    matches!(
        result,
        Err(DecodeError::BudgetExceeded {
            limit: Limit::Depth,
            ..
        })
    )
}

/// Up to the limit, to the level: states and deltas alike.
#[test]
fn what_is_read_is_as_deep_as_allowed_and_no_deeper() {
    let default = DecodeLimits::default();
    let (map, delta) = deep_map(default.max_depth);
    assert_same(&Map::from_bytes(&map.to_bytes(), &default).unwrap(), &map);
    let read = OrMapDelta::<String, AnyCrdt>::from_bytes(&delta.to_bytes(), &default).unwrap();
    assert_same(&applied(&Map::new(), &read), &map);
    for depth in [1, 7, default.max_depth - 1] {
        let limits = default.with_max_depth(depth);
        let (map, delta) = deep_map(limits.max_depth);
        let read = Map::from_bytes(&map.to_bytes(), &limits).unwrap();
        assert_same(&read, &map);
        let read = OrMapDelta::<String, AnyCrdt>::from_bytes(&delta.to_bytes(), &limits).unwrap();
        assert_same(&applied(&Map::new(), &read), &map);

        let (map, delta) = deep_map(limits.max_depth + 1);
        assert!(is_too_deep(Map::from_bytes(&map.to_bytes(), &limits)));
        let read = OrMapDelta::<String, AnyCrdt>::from_bytes(&delta.to_bytes(), &limits);
        assert!(is_too_deep(read));
    }
}

/// The same for a document that is such a value itself: its outermost map is a level.
#[test]
fn a_document_is_as_deep_as_allowed_and_no_deeper() {
    let limits = DecodeLimits::default().with_max_depth(MAX_DEPTH - 1);
    let document = |depth| {
        let mut document = AnyCrdt::new(CrdtSpec::Any);
        document
            .update::<Map, NextSeqError>(&agent(0), |map, minter| {
                map.update(minter, "k".to_owned(), |any, minter| {
                    nested(any, minter, depth - 2)
                })
            })
            .unwrap();
        document
    };
    let fits = document(limits.max_depth);
    assert_eq!(AnyCrdt::from_bytes(&fits.to_bytes(), &limits), Ok(fits));
    let bytes = document(limits.max_depth + 1).to_bytes();
    assert!(is_too_deep(AnyCrdt::from_bytes(&bytes, &limits)));
}

/// A forged value of a hundred thousand levels ends at the limit, not with the stack.
#[test]
fn a_forgery_of_any_depth_is_refused() {
    let n_levels = 100_000;
    let bytes = forge(|depth| deep_map(depth).0.to_bytes(), n_levels);
    assert!(is_too_deep(Map::from_bytes(
        &bytes,
        &DecodeLimits::default()
    )));
    let bytes = forge(|depth| deep_map(depth).1.to_bytes(), n_levels);
    let read = OrMapDelta::<String, AnyCrdt>::from_bytes(&bytes, &DecodeLimits::default());
    assert!(is_too_deep(read));
}

/// The bytes of more levels than can be made, in multiples of eight: so many fill whole bytes of
/// flags, and what eight more add can be added again and again.
fn forge(honest: impl Fn(u64) -> Vec<u8>, n_levels: usize) -> Vec<u8> {
    let (short, long) = (honest(16), honest(24));
    let start = iter::zip(&short, &long)
        .take_while(|(left, right)| left == right)
        .count();
    let levels = &long[start..start + long.len() - short.len()];
    let with = |n: usize| [&short[..start], &levels.repeat(n), &short[start..]].concat();
    assert_eq!(with(1), long);
    assert_eq!(with(2), honest(32), "this is how one goes deeper");
    with(n_levels / 8 - 2)
}

/// The same in JSON, whose own reader has a limit.
#[cfg(feature = "serde")]
mod documents {
    use crdt_core::Envelope;

    use super::{Map, assert_same, deep_map};

    fn document(depth: u64) -> String {
        serde_json::to_string(&Envelope(deep_map(depth).0)).unwrap()
    }

    fn read(document: &str) -> serde_json::Result<Map> {
        serde_json::from_str::<Envelope<Map>>(document).map(|Envelope(map)| map)
    }

    /// Trap 17 again: a value in a value is JSON in JSON, not a string in a string in a string.
    #[test]
    fn documents_grow_by_a_constant_for_each_level() {
        let sizes: Vec<usize> = (1..=16).map(|depth| document(depth).len()).collect();
        let per_level = sizes[1] - sizes[0];
        assert!(per_level <= 32, "{per_level}");
        for pair in sizes.windows(2) {
            assert_eq!(pair[1] - pair[0], per_level);
        }
    }

    /// Each level of ours takes five of JSON, of which its reader allows 128.
    #[test]
    fn documents_are_read_to_24_levels() {
        for depth in [1, 2, N_LEVELS] {
            assert_same(&read(&document(depth)).unwrap(), &deep_map(depth).0);
        }
        for depth in [N_LEVELS + 1, 64] {
            let refused = read(&document(depth)).unwrap_err();
            assert!(refused.to_string().contains("recursion limit"), "{refused}");
        }
    }

    /// A forged document of a hundred thousand levels ends at the limit, not with the stack.
    #[test]
    fn a_forged_document_of_any_depth_is_refused() {
        let honest = document(3);
        let levels: Vec<usize> = honest
            .match_indices(r#"{"map":"#)
            .map(|(at, _)| at)
            .collect();
        let level = &honest[levels[0]..levels[1]];
        let forged = honest[..levels[0]].to_owned() + &level.repeat(100_000);
        let refused = read(&forged).unwrap_err();
        assert!(refused.to_string().contains("recursion limit"), "{refused}");
    }

    const N_LEVELS: u64 = 24;
}
