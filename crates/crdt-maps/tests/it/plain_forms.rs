//! The forms of the plain lattices: names, exact bytes and documents, and what is refused.

use crdt_core::Named;
use crdt_core::codec::{Decode, DecodeError, DecodeLimits, Encode};
use crdt_maps::{CausalLengthSet, GMap, GSet, LwwMap, LwwRegister, TwoPSet};

use crate::support::{agent, at};

fn read<T: Decode>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::from_bytes(bytes, &DecodeLimits::default())
}

fn register() -> LwwRegister<u8> {
    LwwRegister::new()
        .set_with_delta(&agent(1), at(9), 7)
        .unwrap()
}

fn two_p_set() -> TwoPSet<u8> {
    let mut set = TwoPSet::new();
    set.add(1);
    set.remove(2);
    set
}

fn lengths() -> CausalLengthSet<u8> {
    let mut set = CausalLengthSet::new();
    set.add(1);
    set.add(2);
    set.remove(&2).unwrap();
    set
}

fn g_map() -> GMap<u8, GSet<u8>> {
    GMap::from_iter([(5, GSet::from_iter([1, 2])), (6, GSet::from_iter([3]))])
}

/// Key 1 lives below the floor, key 2 above it, key 3 is removed.
fn lww_map() -> LwwMap<u8, u8> {
    let mut map = LwwMap::new();
    map.set(&agent(1), at(3), 1, 10).unwrap();
    map.set(&agent(0), at(5), 2, 20).unwrap();
    map.remove(&agent(1), at(6), 3).unwrap();
    map.clean(at(4)).unwrap();
    map
}

#[test]
fn names() {
    assert_eq!(LwwRegister::<u8>::full_name(), "lww_register");
    assert_eq!(GSet::<u8>::full_name(), "g_set");
    assert_eq!(TwoPSet::<u8>::full_name(), "two_p_set");
    assert_eq!(CausalLengthSet::<u8>::full_name(), "causal_length_set");
    assert_eq!(LwwMap::<u8, u8>::full_name(), "lww_map");
    assert_eq!(
        GMap::<u8, GMap<u8, GSet<u8>>>::full_name(),
        "g_map<g_map<g_set>>"
    );
}

#[test]
fn bytes_are_as_documented() {
    assert_eq!(LwwRegister::<u8>::new().to_bytes(), [0]);
    assert_eq!(register().to_bytes(), [1, 9, 3, b'b', b'o', b'b', 7]);
    assert_eq!(GSet::from_iter([2_u8, 1]).to_bytes(), [2, 1, 2]);
    assert_eq!(two_p_set().to_bytes(), [1, 1, 1, 2]);
    assert_eq!(lengths().to_bytes(), [2, 1, 0, 2, 1]);
    assert_eq!(g_map().to_bytes(), [2, 5, 2, 1, 2, 6, 1, 3]);
    let names = b"\x02\x05alice\x03bob";
    let cells = [3, 1, 3, 1, 1, 10, 2, 5, 0, 1, 20, 3, 6, 1, 0];
    assert_eq!(lww_map().to_bytes(), [&[4], &names[..], &cells].concat());
}

#[test]
fn bytes_in_another_form_are_refused() {
    let is_malformed = |error: DecodeError| error.is_malformed();
    let g_set = |bytes: &[u8]| read::<GSet<u8>>(bytes).is_err_and(is_malformed);
    assert!(g_set(&[2, 2, 1]) && g_set(&[2, 1, 1]));
    // An element that is added and removed.
    assert!(read::<TwoPSet<u8>>(&[1, 1, 1, 1]).is_err_and(is_malformed));
    assert!(read::<CausalLengthSet<u8>>(&[2, 2, 0, 1, 0]).is_err_and(is_malformed));
    // A key with nothing under it, keys that descend.
    let g_map = |bytes: &[u8]| read::<GMap<u8, GSet<u8>>>(bytes).is_err_and(is_malformed);
    assert!(g_map(&[1, 5, 0]) && g_map(&[2, 6, 1, 3, 5, 1, 3]) && g_map(&[2, 5, 1, 3, 5, 1, 3]));

    let lww_map = |floor: u8, names: &[u8], cells: &[u8]| {
        read::<LwwMap<u8, u8>>(&[&[floor], names, cells].concat())
    };
    let alice = b"\x01\x05alice";
    let both = b"\x02\x05alice\x03bob";
    assert!(lww_map(4, alice, &[1, 1, 4, 0, 0]).is_ok());
    assert!(lww_map(5, alice, &[1, 1, 4, 0, 1, 9]).is_ok());
    // A tombstone below the floor, a name that is not used, one that is not there, disorder.
    assert!(lww_map(5, alice, &[1, 1, 4, 0, 0]).is_err_and(is_malformed));
    assert!(lww_map(4, both, &[1, 1, 4, 0, 0]).is_err_and(is_malformed));
    assert!(lww_map(4, alice, &[0]).is_err_and(is_malformed));
    assert!(lww_map(4, alice, &[1, 1, 4, 1, 0]).is_err_and(is_malformed));
    assert!(lww_map(4, &[0], &[1, 1, 4, 0, 0]).is_err_and(is_malformed));
    let twice = [2, 1, 4, 0, 0, 1, 5, 0, 0];
    assert!(lww_map(4, alice, &twice).is_err_and(is_malformed));
}

#[test]
fn claims_are_checked_before_anything_is_allocated() {
    let claim = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let lww_map = [&[0, 0], &claim[..]].concat();
    assert!(read::<GSet<u8>>(&claim).unwrap_err().is_truncated());
    assert!(read::<TwoPSet<u8>>(&claim).unwrap_err().is_truncated());
    assert!(
        read::<CausalLengthSet<u8>>(&claim)
            .unwrap_err()
            .is_truncated()
    );
    assert!(
        read::<GMap<u8, GSet<u8>>>(&claim)
            .unwrap_err()
            .is_truncated()
    );
    assert!(read::<LwwMap<u8, u8>>(&claim).unwrap_err().is_truncated());
    assert!(read::<LwwMap<u8, u8>>(&lww_map).unwrap_err().is_truncated());
}

#[test]
fn limits_count_nested_items_and_levels() {
    let map: GMap<u8, GMap<u8, GSet<u8>>> = GMap::from_iter([(1, g_map())]);
    let bytes = map.to_bytes();
    let with = |limits: DecodeLimits| GMap::<u8, GMap<u8, GSet<u8>>>::from_bytes(&bytes, &limits);
    let limits = DecodeLimits::default();
    assert_eq!(with(limits.with_max_depth(2).with_max_items(6)), Ok(map));
    assert!(
        with(limits.with_max_depth(1))
            .unwrap_err()
            .is_budget_exceeded()
    );
    assert!(
        with(limits.with_max_items(5))
            .unwrap_err()
            .is_budget_exceeded()
    );
}

#[cfg(feature = "serde")]
mod documents {
    use core::fmt::Debug;

    use crdt_core::{AgentId, Timestamp};
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::{g_map, lengths, lww_map, register, two_p_set};
    use crdt_maps::{CausalLengthSet, GMap, GSet, LwwMap, LwwRegister, TwoPSet};

    #[track_caller]
    fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, json: &str) {
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), *value);
    }

    #[track_caller]
    fn refuse<T: DeserializeOwned>(documents: &[&str]) {
        for json in documents {
            assert!(serde_json::from_str::<T>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn documents_are_as_documented() {
        check(&LwwRegister::<u8>::new(), r#"{"held":null}"#);
        check(
            &register(),
            r#"{"held":{"stamp":{"ms":0,"counter":9},"writer":"bob","value":7}}"#,
        );
        check(&GSet::from_iter([2, 1]), "[1,2]");
        check(&two_p_set(), r#"{"added":[1],"removed":[2]}"#);
        check(&lengths(), "[[1,1],[2,2]]");
        check(&g_map(), "[[5,[1,2]],[6,[3]]]");
        check(
            &lww_map(),
            concat!(
                r#"{"floor":{"ms":0,"counter":4},"cells":["#,
                r#"[1,{"stamp":{"ms":0,"counter":3},"writer":"bob","value":[10]}],"#,
                r#"[2,{"stamp":{"ms":0,"counter":5},"writer":"alice","value":[20]}],"#,
                r#"[3,{"stamp":{"ms":0,"counter":6},"writer":"bob","value":null}]]}"#
            ),
        );
    }

    /// A value that JSON writes as null is there, and one that was removed is not.
    #[test]
    fn a_value_that_is_null_is_no_removal() {
        let (alice, stamp) = (AgentId::new("alice").unwrap(), Timestamp::from_u64);
        let mut map = LwwMap::<u8, Option<u8>>::new();
        map.set(&alice, stamp(1), 1, None).unwrap();
        map.set(&alice, stamp(2), 2, Some(5)).unwrap();
        map.remove(&alice, stamp(3), 3).unwrap();
        let json = serde_json::to_string(&map).unwrap();
        let read = serde_json::from_str::<LwwMap<u8, Option<u8>>>(&json).unwrap();
        assert_eq!((read.len(), read.get(&1)), (2, Some(&None)));
        assert_eq!(read, map);
    }

    /// Keys that JSON has no map for.
    #[test]
    fn keys_may_be_of_any_type() {
        let map = GMap::from_iter([((1, Some(false)), GSet::from_iter(["x".to_owned()]))]);
        check(&map, r#"[[[1,false],["x"]]]"#);
    }

    #[test]
    fn sets_in_another_form_are_refused() {
        refuse::<GSet<u8>>(&["[2,1]", "[1,1]", "{}", "[256]", "null"]);
        refuse::<TwoPSet<u8>>(&[
            r#"{"added":[1],"removed":[1]}"#,
            r#"{"added":[2,1],"removed":[]}"#,
            r#"{"added":[],"removed":[1,1]}"#,
            r#"{"added":[]}"#,
            r#"{"added":[],"removed":[],"more":0}"#,
        ]);
        refuse::<CausalLengthSet<u8>>(&["[[1,0]]", "[[2,1],[1,1]]", "[[1,1],[1,2]]", "[[1,-1]]"]);
    }

    #[test]
    fn registers_and_maps_in_another_form_are_refused() {
        let stamp = r#""stamp":{"ms":0,"counter":9}"#;
        refuse::<LwwRegister<Option<u8>>>(&[
            "{}",
            "null",
            r#"{"held":null,"more":0}"#,
            &format!(r#"{{"held":{{{stamp},"writer":"bob"}}}}"#),
            &format!(r#"{{"held":{{{stamp},"writer":"","value":7}}}}"#),
            &format!(r#"{{"held":{{{stamp},"writer":"bob","value":7,"more":0}}}}"#),
        ]);
        refuse::<GMap<u8, GSet<u8>>>(&["[[1,[]]]", "[[2,[1]],[1,[1]]]", "[[1,[1]],[1,[2]]]", "{}"]);
        let cell =
            |key: u8, value: &str| format!(r#"[{key},{{{stamp},"writer":"bob","value":{value}}}]"#);
        let map = |floor: u16, cells: &[String]| {
            let cells = cells.join(",");
            format!(r#"{{"floor":{{"ms":0,"counter":{floor}}},"cells":[{cells}]}}"#)
        };
        let (live, removed) = (cell(1, "[7]"), cell(2, "null"));
        let good = map(9, &[live.clone(), removed.clone()]);
        serde_json::from_str::<LwwMap<u8, u8>>(&good).unwrap();
        refuse::<LwwMap<u8, u8>>(&[
            &map(10, &[live.clone(), removed.clone()]),
            &map(9, &[removed, live.clone()]),
            &map(9, &[live.clone(), live.clone()]),
            &map(9, &[live.replace(",\"value\":[7]", "")]),
            r#"{"cells":[]}"#,
            r#"{"floor":{"ms":0,"counter":9}}"#,
        ]);
    }
}
