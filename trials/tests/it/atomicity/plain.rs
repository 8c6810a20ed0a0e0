//! Types without dots.

use crdt_core::DeltaState;
use crdt_core::codec::{Decode, DecodeLimits, Writer};
use crdt_counters::GCounter;
use crdt_maps::{CausalLengthSet, GMap, LwwMap, LwwRegister};

use super::{agent, done, perhaps, stamp, walk, whole, writer};

#[test]
fn plain_calls_that_fail_change_nothing() {
    walk::<LwwRegister<u8>, _>(
        |rng| {
            let mut register = LwwRegister::new();
            perhaps(register.set(&writer(rng), stamp(rng), 1_u8));
            register
        },
        whole,
        &[
            ("LwwRegister::set", |register, rng| {
                done(register.set_with_delta(&writer(rng), stamp(rng), 2))
            }),
            ("LwwRegister::apply_delta", |register, rng| {
                let mut other = LwwRegister::new();
                perhaps(other.set(&writer(rng), stamp(rng), 3));
                done(register.apply_delta(&other))
            }),
        ],
    );
}

#[test]
fn calls_on_stamped_cells_that_fail_change_nothing() {
    walk::<LwwMap<u8, u8>, _>(
        |rng| {
            let mut map = LwwMap::new();
            perhaps(map.set(&writer(rng), stamp(rng), 1_u8, 1_u8));
            perhaps(map.set(&writer(rng), stamp(rng), 2, 2));
            map
        },
        whole,
        &[
            ("LwwMap::set", |map, rng| {
                done(map.set_with_delta(&writer(rng), stamp(rng), 1, 3))
            }),
            ("LwwMap::remove", |map, rng| {
                done(map.remove_with_delta(&writer(rng), stamp(rng), 1))
            }),
            ("LwwMap::clean", |map, rng| {
                done(map.clean_with_delta(stamp(rng)))
            }),
            ("LwwMap::apply_delta", |map, rng| {
                let mut other = LwwMap::new();
                perhaps(other.set(&writer(rng), stamp(rng), 2, 9));
                perhaps(other.set(&writer(rng), stamp(rng), 1, 9));
                done(map.apply_delta(&other))
            }),
        ],
    );
}

#[test]
fn calls_on_growing_maps_and_chains_that_fail_change_nothing() {
    walk::<GMap<u8, GCounter>, _>(
        |_| {
            let mut map = GMap::<u8, GCounter>::new();
            map.update(1, |counter| counter.increment(&agent("alice"), 1))
                .expect("an edit");
            map
        },
        whole,
        &[("GMap::update", |map, rng| {
            done(map.update_with_delta(rng.below(3) as u8, |counter| {
                let delta = counter.increment_with_delta(&agent("alice"), 1)?;
                counter.increment(&agent("alice"), u64::MAX).map(|()| delta)
            }))
        })],
    );
    // A chain as long as a chain can be, by its bytes: one element, and what its length has beyond 1.
    walk::<CausalLengthSet<u64>, _>(
        |_| {
            let mut w = Writer::new();
            w.u64(1);
            w.u64(7);
            w.u64(u64::MAX - 1);
            Decode::from_bytes(w.as_bytes(), &DecodeLimits::default()).expect("a set")
        },
        whole::<CausalLengthSet<u64>>,
        &[("CausalLengthSet::remove", |set, _| {
            done(set.remove_with_delta(&7))
        })],
    );
}
