//! Laws and forms of the plain lattices, on made-up values.

use alloc::collections::BTreeSet;

use crdt_core::codec::{Decode, Encode};
use crdt_core::{Decompose, Lattice};
use crdt_maps::{CausalLengthSet, GMap, GSet, LwwMap, LwwRegister, TwoPSet};
use quickcheck::Gen;

use crate::laws::{check_codec, check_laws};
use crate::support::{Sample, agent, at, below, joined};

const fn is_shared_between_threads<T: Send + Sync>() {}

const _: () = {
    is_shared_between_threads::<LwwRegister<u8>>();
    is_shared_between_threads::<GSet<u8>>();
    is_shared_between_threads::<TwoPSet<u8>>();
    is_shared_between_threads::<CausalLengthSet<u8>>();
    is_shared_between_threads::<GMap<u8, GSet<u8>>>();
    is_shared_between_threads::<LwwMap<u8, u8>>();
};

/// The join of up to `n` values that `part` makes.
fn join_of<T: Lattice>(n: u64, g: &mut Gen, mut part: impl FnMut(&mut Gen) -> T) -> T {
    let mut state = T::default();
    for _ in 0..below(g, n + 1) {
        state.join(&part(g));
    }
    state
}

/// Stamps, agents and values from so few that writes contradict each other now and then.
impl Sample for LwwRegister<u8> {
    fn sample(g: &mut Gen) -> Self {
        join_of(1, g, |g| {
            let (writer, stamp, value) = (agent(below(g, 3)), at(below(g, 4)), below(g, 3) as u8);
            Self::new().set_with_delta(&writer, stamp, value).unwrap()
        })
    }
}

impl Sample for GSet<u8> {
    fn sample(g: &mut Gen) -> Self {
        join_of(6, g, |g| Self::from_iter([below(g, 9) as u8]))
    }
}

impl Sample for TwoPSet<u8> {
    fn sample(g: &mut Gen) -> Self {
        join_of(6, g, |g| {
            let element = below(g, 6) as u8;
            if below(g, 3) > 0 {
                Self::new().add_with_delta(element)
            } else {
                Self::new().remove_with_delta(element)
            }
        })
    }
}

impl Sample for CausalLengthSet<u8> {
    fn sample(g: &mut Gen) -> Self {
        let mut set = Self::new();
        for _ in 0..below(g, 16) {
            let element = below(g, 5) as u8;
            if !set.add(element) {
                set.remove(&element).unwrap();
            }
        }
        set
    }
}

impl<V: Sample + Lattice> Sample for GMap<u8, V> {
    fn sample(g: &mut Gen) -> Self {
        let n_entries = below(g, 4);
        let entry = |g: &mut Gen| (below(g, 4) as u8, V::sample(g));
        (0..n_entries).map(|_| entry(g)).collect()
    }
}

/// The part of a map that holds its floor.
fn floor_part(map: &LwwMap<u8, u8>) -> LwwMap<u8, u8> {
    let mut parts = map.decompose();
    parts.find(|part| part.floor() > at(0)).unwrap_or_default()
}

/// The least state with a floor.
fn cleaned_at(floor: u64) -> LwwMap<u8, u8> {
    let mut map = LwwMap::new();
    map.set(&agent(0), at(floor), 0, 0).unwrap();
    map.clean(at(floor)).unwrap();
    floor_part(&map)
}

/// The least state with a cell and a floor; below the floor, the cell must be live.
fn cell(key: u8, stamp: u64, writer: u64, value: Option<u8>, floor: u64) -> LwwMap<u8, u8> {
    let mut map = LwwMap::new();
    let written = match value {
        Some(value) => map.set(&agent(writer), at(stamp), key, value),
        None => map.remove(&agent(writer), at(stamp), key),
    };
    written.unwrap();
    if stamp >= floor {
        return joined(&map, &cleaned_at(floor));
    }
    map.set(&agent(writer), at(floor), key + 1, 0).unwrap();
    map.clean(at(floor)).unwrap();
    floor_part(&map)
}

impl Sample for LwwMap<u8, u8> {
    fn sample(g: &mut Gen) -> Self {
        let floor = below(g, 3) * below(g, 3);
        let cells = join_of(5, g, |g| {
            let value = (below(g, 3) > 0).then(|| below(g, 3) as u8);
            let is_below = below(g, 2) == 0;
            let floor = if is_below { floor } else { 0 };
            cell(below(g, 3) as u8, below(g, 6), below(g, 3), value, floor)
        });
        if below(g, 2) == 0 {
            return cells;
        }
        joined(&cells, &cleaned_at(floor))
    }
}

#[test]
fn lww_register_laws() {
    check_laws::<LwwRegister<u8>>();
    check_codec::<LwwRegister<u8>>();
}

#[test]
fn g_set_laws() {
    check_laws::<GSet<u8>>();
    check_codec::<GSet<u8>>();
}

#[test]
fn two_p_set_laws() {
    check_laws::<TwoPSet<u8>>();
    check_codec::<TwoPSet<u8>>();
}

#[test]
fn causal_length_set_laws() {
    check_laws::<CausalLengthSet<u8>>();
    check_codec::<CausalLengthSet<u8>>();
}

#[test]
fn g_map_laws() {
    check_laws::<GMap<u8, TwoPSet<u8>>>();
    check_laws::<GMap<u8, LwwRegister<u8>>>();
    check_laws::<GMap<u8, GMap<u8, GSet<u8>>>>();
    check_laws::<GMap<u8, LwwMap<u8, u8>>>();
    check_codec::<GMap<u8, CausalLengthSet<u8>>>();
    check_codec::<GMap<u8, GMap<u8, GSet<u8>>>>();
}

#[test]
fn lww_map_laws() {
    check_laws::<LwwMap<u8, u8>>();
    check_codec::<LwwMap<u8, u8>>();
}

/// All states of one key with few stamps, writers, values and floors.
fn small_lww_maps() -> Vec<LwwMap<u8, u8>> {
    let mut states = Vec::new();
    for floor in 0..4 {
        states.push(cleaned_at(floor));
        for (stamp, writer, value) in (0..16).map(|n| (n / 4, n / 2 % 2, (n % 2 > 0).then_some(7)))
        {
            if stamp >= floor || value.is_some() {
                states.push(cell(1, stamp, writer, value, floor));
            }
        }
    }
    states
}

/// Floors are where a join could go wrong, so this leaves nothing to chance.
#[test]
fn lww_map_joins_all_small_states_in_any_order_and_grouping() {
    let states = small_lww_maps();
    let distinct = states.iter().map(Encode::to_bytes).collect::<BTreeSet<_>>();
    assert_eq!((states.len(), distinct.len()), (56, 56));
    for a in &states {
        assert_eq!(joined(a, a), *a);
        for b in &states {
            let ab = joined(a, b);
            assert_eq!(ab, joined(b, a), "{a:?} {b:?}");
            assert_eq!(a.leq(b), ab == *b, "{a:?} {b:?}");
            for c in &states {
                assert_eq!(
                    joined(&ab, c),
                    joined(a, &joined(b, c)),
                    "{a:?} {b:?} {c:?}"
                );
            }
        }
    }
}

/// The counts that are kept beside the entries are those of the entries.
#[test]
fn counts_survive_joins_and_codecs() {
    fn again<T: Encode + Decode>(value: &T) -> T {
        T::from_bytes(&value.to_bytes(), &Default::default()).unwrap()
    }
    crate::support::each_seed(400, |seed, g| {
        let map = joined(&LwwMap::<u8, u8>::sample(g), &LwwMap::sample(g));
        let set = joined(
            &CausalLengthSet::<u8>::sample(g),
            &CausalLengthSet::sample(g),
        );
        for map in [&again(&map), &map] {
            assert_eq!(map.len(), map.iter().count(), "CRDT_SEED={seed}");
        }
        for set in [&again(&set), &set] {
            assert_eq!(set.len(), set.iter().count(), "CRDT_SEED={seed}");
        }
    });
}

#[cfg(feature = "serde")]
#[test]
fn serde_round_trips() {
    use crate::laws::check_serde;
    check_serde::<LwwRegister<u8>>();
    check_serde::<GSet<u8>>();
    check_serde::<TwoPSet<u8>>();
    check_serde::<CausalLengthSet<u8>>();
    check_serde::<GMap<u8, LwwRegister<u8>>>();
    check_serde::<GMap<u8, GMap<u8, GSet<u8>>>>();
    check_serde::<LwwMap<u8, u8>>();
}
