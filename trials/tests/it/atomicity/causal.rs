//! Causal types alone.

use crdt_core::Timestamp;
use crdt_counters::ResettableCounter;
use crdt_maps::{CausalRegister, DisableWinsFlag, EnableWinsFlag, MvRegister, OrSet, RwSet};

use super::{done, gapped, number, stamp, walk, whole, writer};

/// Mutators of causal types, which refuse an author whose own events are missing.
#[test]
fn set_calls_that_fail_change_nothing() {
    walk::<OrSet<u8>, _>(
        |_| gapped(|set: &mut OrSet<u8>, author| set.add_with_delta(author, 1).expect("an edit")),
        whole,
        &[
            ("OrSet::add", |set, rng| {
                done(set.add_with_delta(&writer(rng), 1))
            }),
            ("OrSet::remove", |set, rng| {
                done(set.remove_with_delta(&writer(rng), &1))
            }),
            ("OrSet::remove_where", |set, rng| {
                done(set.remove_where_with_delta(&writer(rng), |_| true))
            }),
        ],
    );
    walk::<RwSet<u8>, _>(
        |_| gapped(|set: &mut RwSet<u8>, author| set.add_with_delta(author, 1).expect("an edit")),
        whole,
        &[
            ("RwSet::add", |set, rng| {
                done(set.add_with_delta(&writer(rng), 1))
            }),
            ("RwSet::remove", |set, rng| {
                done(set.remove_with_delta(&writer(rng), 1))
            }),
            ("RwSet::remove_where", |set, rng| {
                done(set.remove_where_with_delta(&writer(rng), |_| true))
            }),
        ],
    );
}

#[test]
fn flag_calls_that_fail_change_nothing() {
    walk::<EnableWinsFlag, _>(
        |_| gapped(|flag: &mut EnableWinsFlag, a| flag.enable_with_delta(a).expect("an edit")),
        whole,
        &[
            ("EnableWinsFlag::enable", |flag, rng| {
                done(flag.enable_with_delta(&writer(rng)))
            }),
            ("EnableWinsFlag::disable", |flag, rng| {
                done(flag.disable_with_delta(&writer(rng)))
            }),
        ],
    );
    walk::<DisableWinsFlag, _>(
        |_| gapped(|flag: &mut DisableWinsFlag, a| flag.disable_with_delta(a).expect("an edit")),
        whole,
        &[
            ("DisableWinsFlag::enable", |flag, rng| {
                done(flag.enable_with_delta(&writer(rng)))
            }),
            ("DisableWinsFlag::disable", |flag, rng| {
                done(flag.disable_with_delta(&writer(rng)))
            }),
        ],
    );
}

#[test]
fn register_calls_that_fail_change_nothing() {
    walk::<MvRegister<u8>, _>(
        |_| {
            gapped(|r: &mut MvRegister<u8>, author| r.write_with_delta(author, 1).expect("an edit"))
        },
        whole,
        &[
            ("MvRegister::write", |r, rng| {
                done(r.write_with_delta(&writer(rng), 2))
            }),
            ("MvRegister::clear", |r, rng| {
                done(r.clear_with_delta(&writer(rng)))
            }),
        ],
    );
    walk::<CausalRegister<u8>, _>(
        |_| {
            gapped(|r: &mut CausalRegister<u8>, author| {
                let stamp = Timestamp::new(3, 0).expect("in range");
                r.write_with_delta(author, stamp, 1).expect("an edit")
            })
        },
        whole,
        &[
            ("CausalRegister::write", |r, rng| {
                done(r.write_with_delta(&writer(rng), stamp(rng), 2))
            }),
            ("CausalRegister::clear", |r, rng| {
                done(r.clear_with_delta(&writer(rng)))
            }),
        ],
    );
}

#[test]
fn calls_on_a_resettable_counter_that_fail_change_nothing() {
    walk::<ResettableCounter, _>(
        |_| {
            gapped(|counter: &mut ResettableCounter, author| {
                counter.add_with_delta(author, 1).expect("an edit")
            })
        },
        whole,
        &[
            ("ResettableCounter::increment", |counter, rng| {
                done(counter.increment_with_delta(&writer(rng), number(rng)))
            }),
            ("ResettableCounter::decrement", |counter, rng| {
                done(counter.decrement_with_delta(&writer(rng), number(rng)))
            }),
            ("ResettableCounter::add", |counter, rng| {
                done(counter.add_with_delta(&writer(rng), number(rng) as i64))
            }),
            ("ResettableCounter::reset", |counter, rng| {
                done(counter.reset_with_delta(&writer(rng)))
            }),
        ],
    );
}
