//! Maps, values of run-time type, and deltas that contradict.

use crdt_core::codec::Encode;
use crdt_core::{AgentId, DeltaState, NextSeqError};
use crdt_maps::{AnyCrdt, CrdtSpec, Kind, MvRegister, OrMap, OrSet, Value};
use crdt_testkit::Rng;

use super::{agent, done, gapped, walk, whole, writer};

type Map = OrMap<u8, OrSet<u8>>;

#[test]
fn map_calls_that_fail_change_nothing() {
    let edit = |map: &mut Map, author: &AgentId| {
        map.update_with_delta(author, 1, |set, minter| set.add(minter, 1))
            .expect("an edit")
    };
    walk::<Map, _>(
        |_| gapped(edit),
        whole,
        &[
            ("OrMap::update", |map, rng| {
                let fails = rng.chance(50);
                done(
                    map.update_with_delta(&writer(rng), rng.below(3) as u8, |set, minter| {
                        let change = set.add(minter, 5)?;
                        if fails {
                            Err(NextSeqError::Exhausted)
                        } else {
                            Ok(change)
                        }
                    }),
                )
            }),
            ("OrMap::touch", |map, rng| {
                done(map.touch_with_delta(&writer(rng), rng.below(3) as u8))
            }),
            ("OrMap::remove", |map, rng| {
                done(map.remove_with_delta(&writer(rng), &1))
            }),
            ("OrMap::remove_where", |map, rng| {
                done(map.remove_where_with_delta(&writer(rng), |_, _| true))
            }),
            ("OrMap::entry", |map, rng| {
                let author = writer(rng);
                done(
                    map.entry(2)
                        .update_with_delta(&author, |set, minter| set.add(minter, 1)),
                )
            }),
        ],
    );
}

#[test]
fn calls_that_a_spec_forbids_change_nothing() {
    let spec = CrdtSpec::record([("n", CrdtSpec::Leaf(Kind::Counter))]);
    let held = |any: &AnyCrdt| (any.clone(), any.to_bytes());
    walk::<AnyCrdt, _>(
        |_| AnyCrdt::new(spec.clone()),
        held,
        &[
            ("AnyCrdt::update", |any, rng| {
                let key = ["n", "m"][rng.below(2)].to_owned();
                done(
                    any.update_with_delta::<OrMap<String, AnyCrdt>, NextSeqError>(
                        &agent("alice"),
                        |map, minter| {
                            map.update(minter, key, |any, minter| {
                                any.update::<OrSet<Value>, _>(minter, |set, minter| {
                                    set.add(minter, "x".into())
                                })
                            })
                        },
                    ),
                )
            }),
            ("AnyCrdt::apply_delta", |any, rng| {
                let mut other = AnyCrdt::new(CrdtSpec::Any);
                let delta = other.update_with_delta::<OrSet<Value>, NextSeqError>(
                    &writer(rng),
                    |set, minter| set.add(minter, "x".into()),
                );
                done(any.apply_delta(&delta.expect("an edit")))
            }),
            ("AnyCrdt::merge", |any, rng| {
                let mut other = AnyCrdt::new(CrdtSpec::Any);
                other
                    .update::<OrSet<Value>, NextSeqError>(&writer(rng), |set, minter| {
                        set.add(minter, "x".into())
                    })
                    .expect("an edit");
                done(any.merge(&other))
            }),
        ],
    );
}

/// Deltas that give an event another content.
#[test]
fn deltas_that_contradict_change_nothing() {
    let forged = |rng: &mut Rng| {
        let mut other = MvRegister::new();
        other
            .write_with_delta(&writer(rng), rng.below(3) as u8)
            .expect("an edit")
    };
    walk::<MvRegister<u8>, _>(
        forged,
        whole,
        &[
            ("MvRegister::apply_delta", |register, rng| {
                let mut other = MvRegister::new();
                let delta = other.write_with_delta(&writer(rng), 7).expect("an edit");
                done(register.apply_delta(&delta))
            }),
            ("MvRegister::apply_with_feed", |register, rng| {
                let mut other = MvRegister::new();
                let delta = other.write_with_delta(&writer(rng), 7).expect("an edit");
                done(register.apply_with_feed(&delta))
            }),
        ],
    );
    type Registers = OrMap<u8, MvRegister<u8>>;
    fn write(rng: &mut Rng, value: u8) -> (Registers, <Registers as DeltaState>::Delta) {
        let mut map = Registers::new();
        let delta = map.update_with_delta(&writer(rng), 1, |r, minter| r.write(minter, value));
        (map, delta.expect("an edit"))
    }
    walk::<Registers, _>(
        |rng| write(rng, 1).0,
        whole,
        &[
            ("OrMap::apply_delta", |map, rng| {
                let (_, first) = write(rng, 2);
                done(map.apply_delta(&first))
            }),
            ("OrMap::apply_with_feed", |map, rng| {
                let (_, first) = write(rng, 2);
                done(map.apply_with_feed(&first))
            }),
        ],
    );
}
