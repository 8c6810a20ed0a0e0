//! The native bytes of core, counters and maps: states, deltas and values, read and then used.
//!
//! **Input.** The first byte chooses a type. Then two pieces: what is read, and a state that it meets.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{
    AgentId, CausalSummary, Delta, DeltaState, Dot, DotContext, DotRange, IntervalSet, Summarize,
    Timestamp, UndoStack, VersionVector,
};
use crdt_counters::{BoundedCounter, GCounter, PnCounter, ResettableCounter};
use crdt_maps::{
    AnyCrdt, CausalLengthSet, CausalRegister, DisableWinsFlag, EnableWinsFlag, GMap, GSet, LwwMap,
    LwwRegister, MvRegister, OrMap, OrSet, RwSet, TwoPSet, Value,
};
use crdt_sync::Document;

use crate::heap;
use crate::input::{choice, joined, piece};

type Nested = OrMap<String, OrMap<u8, OrSet<u16>>>;
type Anything = OrMap<String, AnyCrdt>;

/// What is done with the bytes of a type, and how its seeds are made.
type Kind = (fn(&[u8]), fn(&mut Vec<Vec<u8>>));

const KINDS: [Kind; 31] = [
    (value::<AgentId>, |seeds| seeds.push(agent(0).to_bytes())),
    (value::<Dot>, |seeds| seeds.push(dot(7).to_bytes())),
    (value::<DotRange>, |seeds| {
        seeds.push(
            DotRange::new(agent(0), 5, 1 << 30)
                .expect("seqs")
                .to_bytes(),
        );
    }),
    (value::<VersionVector>, |seeds| {
        let mut vector = VersionVector::new();
        vector.advance(&agent(0), 3).expect("a small seq");
        vector.advance(&agent(1), 9).expect("a small seq");
        seeds.push(vector.to_bytes());
    }),
    (value::<Timestamp>, |seeds| {
        seeds.push(stamp(99).to_bytes());
    }),
    (value::<IntervalSet>, |seeds| {
        seeds.push(IntervalSet::from_iter([0..3, 7..9]).to_bytes());
    }),
    (value::<DotContext>, |seeds| {
        seeds.push(DotContext::from_iter([dot(0), dot(1), dot(5)]).to_bytes());
    }),
    (value::<CausalSummary>, |seeds| {
        seeds.push(written(4, edit_or_set).summary().to_bytes());
    }),
    (value::<Value>, |seeds| {
        seeds.push(Value::from("text").to_bytes());
    }),
    (|b| state(b, edit_g_counter), |s| sow(s, edit_g_counter)),
    (|b| state(b, edit_pn_counter), |s| sow(s, edit_pn_counter)),
    (|b| state(b, edit_bounded), |s| sow(s, edit_bounded)),
    (|b| state(b, edit_resettable), |s| sow(s, edit_resettable)),
    (|b| state(b, edit_enable_wins), |s| sow(s, edit_enable_wins)),
    (
        |b| state(b, edit_disable_wins),
        |s| {
            sow(s, edit_disable_wins);
        },
    ),
    (|b| state(b, edit_mv_register), |s| sow(s, edit_mv_register)),
    (
        |b| state(b, edit_causal_register),
        |s| {
            sow(s, edit_causal_register);
        },
    ),
    (|b| state(b, edit_or_set), |s| sow(s, edit_or_set)),
    (|b| state(b, edit_rw_set), |s| sow(s, edit_rw_set)),
    (|b| state(b, edit_map), |s| sow(s, edit_map)),
    (|b| state(b, edit_nested), |s| sow(s, edit_nested)),
    (|b| state(b, edit_anything), |s| sow(s, edit_anything)),
    (
        |b| state(b, edit_lww_register),
        |s| {
            sow(s, edit_lww_register);
        },
    ),
    (|b| state(b, edit_g_set), |s| sow(s, edit_g_set)),
    (|b| state(b, edit_two_p_set), |s| sow(s, edit_two_p_set)),
    (|b| state(b, edit_lengths), |s| sow(s, edit_lengths)),
    (|b| state(b, edit_g_map), |s| sow(s, edit_g_map)),
    (|b| state(b, edit_lww_map), |s| sow(s, edit_lww_map)),
    (
        |b| delta::<OrSet<String>>(b),
        |s| {
            sow_deltas(s, edit_or_set);
        },
    ),
    (|b| delta::<Nested>(b), |s| sow_deltas(s, edit_nested)),
    (stack, sow_stacks),
];

/// Reads bytes as something, and uses it.
///
/// # Panics
/// If a promise is broken.
pub fn run(bytes: &[u8]) {
    let (kind, rest) = choice(bytes);
    let (run, _) = KINDS[kind % KINDS.len()];
    run(rest);
}

/// States, deltas and values of a few edits each.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, (_, sow)) in (0..).zip(KINDS) {
        let mut inputs = Vec::new();
        sow(&mut inputs);
        seeds.extend(inputs.iter().map(|input| [&[number], &input[..]].concat()));
    }
    seeds
}

/// How many bytes of memory a byte of input may cost.
const FACTOR: usize = 64;

/// A range of live dots stands for as many as the limits allow, whatever its bytes: each of these pays as
/// a byte does.
const MAX_ITEMS: usize = 1 << 12;

/// Limits that only memory is to be feared under.
fn limits() -> DecodeLimits {
    DecodeLimits::default().with_max_items(MAX_ITEMS as u64)
}

/// Reads a value; it must be read from one encoding only, and for little memory.
fn read<T: Encode + Decode + PartialEq + Debug>(bytes: &[u8]) -> Option<T> {
    let read = || T::from_bytes(bytes, &limits()).ok();
    let value = heap::bounded("decoding", FACTOR, bytes.len() + MAX_ITEMS, read)?;
    assert_eq!(value.to_bytes(), bytes, "{value:?} has other bytes");
    Some(value)
}

fn value<T: Encode + Decode + PartialEq + Debug>(bytes: &[u8]) {
    read::<T>(bytes);
}

/// Reads a state, brings it up from nothing, brings it to another, and edits that.
fn state<D>(bytes: &[u8], edit: impl Fn(&mut D, u64) -> Option<D::Delta>)
where
    D: Document<Delta: PartialEq + Debug, Error: Debug> + Clone + PartialEq + Debug,
{
    let (first, second) = piece(bytes);
    let Some(state) = read::<D>(first) else {
        return;
    };
    let all = state.delta_since(&D::default().summary());
    if let Some(all) = all {
        let mut copy = D::default();
        meet(&mut copy, &all).expect("all of a state suits a newcomer");
        assert_eq!(copy, state, "brought up from nothing");
    }
    let nothing = state.delta_since(&state.summary());
    assert!(
        nothing.as_ref().is_none_or(Delta::is_empty),
        "one lacks nothing of oneself: {nothing:?}"
    );
    let mut other = read::<D>(second).unwrap_or_default();
    if let Some(lacking) = state.delta_since(&other.summary()) {
        drop(meet(&mut other, &lacking));
    }
    for n in 0..3 {
        edited(&mut other, n, &edit);
    }
}

/// Reads a delta, and applies it to a state that has nothing to do with it.
fn delta<D>(bytes: &[u8])
where
    D: Document<Delta: PartialEq + Debug, Error: Debug> + Clone + PartialEq + Debug,
{
    let (first, second) = piece(bytes);
    let Some(delta) = read::<D::Delta>(first) else {
        return;
    };
    let mut state = read::<D>(second).unwrap_or_default();
    drop(meet(&mut state, &delta));
    drop(meet(&mut D::default(), &delta));
    let mut group = D::Delta::default();
    if group.merge_delta(&delta).is_ok() {
        assert_eq!(group, delta, "a group of one");
    }
}

/// Reads a stack, and undoes and redoes all of it on a map that it may not belong to.
fn stack(bytes: &[u8]) {
    let (first, second) = piece(bytes);
    let Some(mut stack) = read::<UndoStack<Nested>>(first) else {
        return;
    };
    let mut map = read::<Nested>(second).unwrap_or_default();
    while let Ok(Some(delta)) = stack.undo(&mut map, &agent(0)) {
        drop(meet(&mut Nested::default(), &delta));
    }
    while let Ok(Some(delta)) = stack.redo(&mut map, &agent(0)) {
        drop(meet(&mut Nested::default(), &delta));
    }
    let again = Nested::from_bytes(&map.to_bytes(), &DecodeLimits::default());
    assert_eq!(again.as_ref(), Ok(&map), "stored and read back");
}

/// Applies a delta: what is refused changes nothing, what is applied can be kept, and twice is once.
fn meet<D>(state: &mut D, delta: &D::Delta) -> Result<bool, D::Error>
where
    D: Document<Error: Debug> + Clone + PartialEq + Debug,
{
    let before = state.to_bytes();
    let checked = state.check_delta(delta).is_ok();
    let applied = state.apply_delta(delta);
    assert_eq!(checked, applied.is_ok(), "what is checked is what happens");
    match applied {
        Ok(_) => {
            assert_kept(state);
            let again = state.apply_delta(delta).expect("once more");
            assert!(!again, "twice is once");
        }
        Err(_) => assert_eq!(state.to_bytes(), before, "what is refused changes nothing"),
    }
    applied
}

/// Edits, and replays the edit from its delta.
fn edited<D>(state: &mut D, n: u64, edit: &impl Fn(&mut D, u64) -> Option<D::Delta>)
where
    D: Document<Error: Debug> + Clone + PartialEq + Debug,
{
    let mut replica = state.clone();
    match edit(state, n) {
        Some(delta) => {
            replica.apply_delta(&delta).expect("one's own delta");
            assert_eq!(replica, *state, "an edit and its delta");
            assert_kept(state);
        }
        None => assert_eq!(
            replica.to_bytes(),
            state.to_bytes(),
            "what is refused changes nothing"
        ),
    }
}

/// What is in memory can be stored and read back.
fn assert_kept<D: Encode + Decode + PartialEq + Debug>(state: &D) {
    let bytes = state.to_bytes();
    let read = D::from_bytes(&bytes, &DecodeLimits::default());
    assert_eq!(read.as_ref(), Ok(state), "stored and read back");
}

/// The state after so many edits.
fn written<D: Default + DeltaState>(n: u64, edit: impl Fn(&mut D, u64) -> Option<D::Delta>) -> D {
    let mut state = D::default();
    for n in 0..n {
        drop(edit(&mut state, n));
    }
    state
}

fn sow<D: Document>(seeds: &mut Vec<Vec<u8>>, edit: impl Fn(&mut D, u64) -> Option<D::Delta>) {
    let states = [1, 3, 7].map(|n| written(n, &edit).to_bytes());
    seeds.push(joined(&states[0], &[]));
    seeds.push(joined(&states[2], &states[1]));
}

fn sow_stacks(seeds: &mut Vec<Vec<u8>>) {
    let (mut map, mut stack) = (Nested::default(), UndoStack::default());
    for n in 0..7 {
        let edit = stack.mutate(&mut map, &agent(0), |map, minter| match n % 3 {
            2 => map.remove(minter, &word(n - 1)),
            _ => map.update(minter, word(n), |map, minter| {
                map.update(minter, 1, |set, minter| set.add(minter, 7))
            }),
        });
        edit.expect("an early event");
        seeds.push(joined(&stack.to_bytes(), &map.to_bytes()));
    }
    stack.undo(&mut map, &agent(0)).expect("an early event");
    seeds.push(joined(&stack.to_bytes(), &map.to_bytes()));
}

fn sow_deltas<D: Document>(
    seeds: &mut Vec<Vec<u8>>,
    edit: impl Fn(&mut D, u64) -> Option<D::Delta>,
) {
    let mut state = D::default();
    for n in 0..7 {
        let before = state.to_bytes();
        let delta = edit(&mut state, n);
        seeds.extend(delta.map(|delta| joined(&delta.to_bytes(), &before)));
    }
}

fn agent(n: u64) -> AgentId {
    AgentId::new(["alice", "bob"][n as usize % 2]).expect("a short name")
}

fn dot(seq: u64) -> Dot {
    Dot::new(agent(seq), seq).expect("a small seq")
}

fn stamp(ms: u64) -> Timestamp {
    Timestamp::new(ms, 0).expect("an early time")
}

fn word(n: u64) -> String {
    ["x", "key", "\u{6f22}"][n as usize % 3].into()
}

fn edit_g_counter(counter: &mut GCounter, n: u64) -> Option<GCounter> {
    counter.increment_with_delta(&agent(n), n + 1).ok()
}

fn edit_pn_counter(counter: &mut PnCounter, n: u64) -> Option<PnCounter> {
    counter.add_with_delta(&agent(n), n as i64 - 2).ok()
}

fn edit_bounded(counter: &mut BoundedCounter, n: u64) -> Option<BoundedCounter> {
    match n % 3 {
        0 => counter.increment_with_delta(&agent(n), n + 5).ok(),
        1 => counter
            .transfer_with_delta(&agent(n + 1), &agent(n), 2)
            .ok(),
        _ => counter.decrement_with_delta(&agent(n), 1).ok(),
    }
}

fn edit_resettable(counter: &mut ResettableCounter, n: u64) -> Option<ResettableCounter> {
    if n % 4 == 3 {
        return counter.reset_with_delta(&agent(n)).ok();
    }
    counter.add_with_delta(&agent(n), n as i64 - 2).ok()
}

fn edit_enable_wins(flag: &mut EnableWinsFlag, n: u64) -> Option<EnableWinsFlag> {
    if n % 3 == 2 {
        return flag.disable_with_delta(&agent(n)).ok();
    }
    flag.enable_with_delta(&agent(n)).ok()
}

fn edit_disable_wins(flag: &mut DisableWinsFlag, n: u64) -> Option<DisableWinsFlag> {
    if n % 3 == 2 {
        return flag.enable_with_delta(&agent(n)).ok();
    }
    flag.disable_with_delta(&agent(n)).ok()
}

fn edit_mv_register(register: &mut MvRegister<String>, n: u64) -> Option<MvRegister<String>> {
    register.write_with_delta(&agent(n), word(n)).ok()
}

fn edit_causal_register(
    register: &mut CausalRegister<String>,
    n: u64,
) -> Option<CausalRegister<String>> {
    register.write_with_delta(&agent(n), stamp(n), word(n)).ok()
}

fn edit_or_set(set: &mut OrSet<String>, n: u64) -> Option<<OrSet<String> as DeltaState>::Delta> {
    if n % 4 == 3 {
        return set.remove_with_delta(&agent(n), &word(n + 1)).ok();
    }
    set.add_with_delta(&agent(n), word(n)).ok()
}

fn edit_rw_set(set: &mut RwSet<String>, n: u64) -> Option<<RwSet<String> as DeltaState>::Delta> {
    if n % 4 == 3 {
        return set.remove_with_delta(&agent(n), word(n + 1)).ok();
    }
    set.add_with_delta(&agent(n), word(n)).ok()
}

fn edit_map(
    map: &mut OrMap<String, ResettableCounter>,
    n: u64,
) -> Option<<OrMap<String, ResettableCounter> as DeltaState>::Delta> {
    if n % 4 == 3 {
        return map.remove_with_delta(&agent(n), &word(n + 1)).ok();
    }
    map.update_with_delta(&agent(n), word(n), |counter, minter| {
        counter.add(minter, 1 - n as i64)
    })
    .ok()
}

fn edit_nested(map: &mut Nested, n: u64) -> Option<<Nested as DeltaState>::Delta> {
    map.update_with_delta(&agent(n), word(n), |map, minter| match n % 5 {
        3 => map.remove(minter, &1),
        4 => map.touch(minter, 2),
        _ => map.update(minter, n as u8 % 2, |set, minter| set.add(minter, n as u16)),
    })
    .ok()
}

fn edit_anything(map: &mut Anything, n: u64) -> Option<<Anything as DeltaState>::Delta> {
    map.update_with_delta(&agent(n), word(n / 2), |any, minter| match n % 3 {
        0 => any.update::<ResettableCounter, _>(minter, |counter, minter| counter.add(minter, 5)),
        1 => any.update::<OrSet<Value>, _>(minter, |set, minter| set.add(minter, word(n).into())),
        _ => any.update::<Anything, _>(minter, |map, minter| map.touch(minter, word(n))),
    })
    .ok()
}

fn edit_lww_register(register: &mut LwwRegister<String>, n: u64) -> Option<LwwRegister<String>> {
    register.set_with_delta(&agent(n), stamp(n), word(n)).ok()
}

fn edit_g_set(set: &mut GSet<String>, n: u64) -> Option<GSet<String>> {
    Some(set.insert_with_delta(word(n)))
}

fn edit_two_p_set(set: &mut TwoPSet<String>, n: u64) -> Option<TwoPSet<String>> {
    Some(if n % 3 == 2 {
        set.remove_with_delta(word(n))
    } else {
        set.add_with_delta(word(n))
    })
}

fn edit_lengths(set: &mut CausalLengthSet<String>, n: u64) -> Option<CausalLengthSet<String>> {
    if n % 3 == 2 {
        return set.remove_with_delta(&word(n - 1)).ok();
    }
    Some(set.add_with_delta(word(n)))
}

fn edit_g_map(map: &mut GMap<String, PnCounter>, n: u64) -> Option<GMap<String, PnCounter>> {
    map.update_with_delta(word(n), |counter| {
        counter.add_with_delta(&agent(n), n as i64 - 1)
    })
    .ok()
}

fn edit_lww_map(map: &mut LwwMap<String, String>, n: u64) -> Option<LwwMap<String, String>> {
    match n % 4 {
        2 => map.remove_with_delta(&agent(n), stamp(n), word(n + 1)).ok(),
        3 => map.clean_with_delta(stamp(1)).ok(),
        _ => map
            .set_with_delta(&agent(n), stamp(n), word(n), word(n))
            .ok(),
    }
}
