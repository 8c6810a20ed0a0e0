//! Undo under random histories: of everything mine it is as if I had done nothing, and replicas agree.

use core::fmt::Debug;

use crdt_core::codec::Encode;
use crdt_core::{
    CausalType, Change, DotStore, Lattice, Minter, NextSeqError, Timestamp, UndoStack,
};
use crdt_counters::ResettableCounter;
use crdt_maps::{
    AnyCrdt, AnyStore, CausalRegister, DisableWinsFlag, EnableWinsFlag, MvRegister, OrMap, OrSet,
    RwSet, Value,
};
use quickcheck::Gen;

use crate::support::{agent, below, each_seed};

type Edit<T> = Change<<<T as CausalType>::Store as DotStore>::Live>;

/// A type whose mutators are drawn by lot.
trait Editable:
    CausalType<Delta: Clone, MutateError<NextSeqError> = NextSeqError>
    + Lattice
    + Clone
    + PartialEq
    + Debug
    + Encode
{
    /// Draws an edit of one of the four keys from `first` on, where there are keys.
    fn draw(
        store: &Self::Store,
        minter: &mut Minter,
        first: u8,
        g: &mut Gen,
    ) -> Result<Edit<Self>, NextSeqError>;

    /// All that a reader sees, whatever dots it stands under.
    fn view(&self) -> String;
}

fn key(first: u8, g: &mut Gen) -> u8 {
    first + below(g, 4) as u8
}

fn sorted<T: Ord + Debug>(values: impl Iterator<Item = T>) -> String {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    format!("{values:?}")
}

fn stamp(g: &mut Gen) -> Timestamp {
    Timestamp::new(below(g, 4), 0).unwrap()
}

/// Implements [`Editable`]: draws a number below `n` and runs the mutator of that number.
macro_rules! editable {
    ($($type:ty, |$store:ident, $minter:ident, $first:ident, $g:ident|
        $($n:pat => $edit:expr),+; view |$value:ident| $view:expr;)+) => {$(
        impl Editable for $type {
            fn draw(
                $store: &Self::Store,
                $minter: &mut Minter,
                $first: u8,
                $g: &mut Gen,
            ) -> Result<Edit<Self>, NextSeqError> {
                match below($g, 4) {
                    $($n => $edit),+
                }
            }

            fn view(&self) -> String {
                let $value = self;
                $view
            }
        }
    )+};
}

editable! {
    OrSet<u8>, |set, minter, first, g|
        0 => set.remove(minter, &key(first, g)),
        1 => { let odd = below(g, 2) as u8; set.remove_where(minter, |n| n % 2 == odd && (first..first + 4).contains(n)) },
        _ => set.add(minter, key(first, g));
        view |set| sorted(set.iter());

    RwSet<u8>, |set, minter, first, g|
        0 | 1 => set.remove(minter, key(first, g)),
        _ => set.add(minter, key(first, g));
        view |set| sorted(set.iter());

    ResettableCounter, |counter, minter, _first, g|
        0 => counter.reset(minter),
        _ => { let by = below(g, 9) as i64 - 4; counter.add(minter, by) };
        view |counter| counter.value().to_string();

    CausalRegister<u8>, |register, minter, first, g|
        0 => register.clear(minter),
        _ => { let at = stamp(g); register.write(minter, at, key(first, g)) };
        view |register| format!("{:?} {}", register.value(), sorted(register.siblings()));

    MvRegister<u8>, |register, minter, first, g|
        _ => register.write(minter, key(first, g));
        view |register| sorted(register.values());

    EnableWinsFlag, |flag, minter, _first, g|
        0 | 1 => flag.disable(minter),
        _ => flag.enable(minter);
        view |flag| flag.is_enabled().to_string();

    DisableWinsFlag, |flag, minter, _first, g|
        0 | 1 => flag.disable(minter),
        _ => flag.enable(minter);
        view |flag| flag.is_enabled().to_string();

    OrMap<u8, ResettableCounter>, |map, minter, first, g|
        0 => map.remove(minter, &key(first, g)),
        1 => map.touch(minter, key(first, g)),
        _ => map.update(minter, key(first, g), |counter, minter| {
            ResettableCounter::draw(counter, minter, 0, g)
        });
        view |map| sorted(map.iter().map(|(key, counter)| (key, counter.value())));

    OrMap<u8, OrMap<u8, CausalRegister<u8>>>, |map, minter, first, g|
        0 => map.remove(minter, &key(first, g)),
        1 => { let odd = below(g, 2) as u8; map.remove_where(minter, |n, _| n % 2 == odd && (first..first + 4).contains(n)) },
        _ => map.update(minter, key(first, g), |inner, minter| match below(g, 4) {
            0 => inner.remove(minter, &key(0, g)),
            _ => inner.update(minter, key(0, g), |register, minter| {
                CausalRegister::<u8>::draw(register, minter, 0, g)
            }),
        });
        view |map| sorted(map.iter().map(|(key, inner)| {
            (key, sorted(inner.iter().map(|(key, register)| (key, register.value()))))
        }));
}

type Anything = OrMap<u8, AnyCrdt>;

editable! {
    Anything, |map, minter, first, g|
        0 => map.remove(minter, &key(first, g)),
        _ => map.update(minter, key(first, g), |value, minter| match below(g, 3) {
            0 => value.update::<ResettableCounter, _>(minter, |counter, minter| {
                ResettableCounter::draw(counter, minter, 0, g)
            }),
            1 => value.update::<OrMap<String, AnyCrdt>, _>(minter, |map, minter| {
                let inner = key(0, g).to_string();
                map.update(minter, inner, |value, minter| {
                    value.update::<EnableWinsFlag, _>(minter, |flag, minter| {
                        EnableWinsFlag::draw(flag, minter, 0, g)
                    })
                })
            }),
            _ => value.update::<RwSet<Value>, _>(minter, |set, minter| {
                let element = Value::from(i64::from(key(0, g)));
                match below(g, 2) {
                    0 => set.add(minter, element),
                    _ => set.remove(minter, element),
                }
            }),
        });
        view |map| sorted(map.iter().map(|(key, value)| (key, seen(value))));

    OrMap<u8, Pair>, |map, minter, first, g|
        0 => map.remove(minter, &key(first, g)),
        _ => map.update(minter, key(first, g), |pair, minter| {
            let mut change = PairChange::default();
            match below(g, 2) {
                0 => change.name = MvRegister::<u8>::draw(&pair.name, minter, 0, g)?,
                _ => change.tags = OrSet::<u8>::draw(&pair.tags, minter, 0, g)?,
            }
            Ok(Change::bring(change))
        });
        view |map| sorted(map.iter().map(|(key, pair)| {
            (key, sorted(pair.name.values()), sorted(pair.tags.iter()))
        }));
}

crdt_core::record! {
    struct Pair {
        name: MvRegister<u8>,
        tags: OrSet<u8>,
    }
    change PairChange, feed PairFeed
}

/// What a reader sees of a value of any type.
fn seen(value: &AnyStore) -> String {
    let count = value
        .get::<ResettableCounter>()
        .map(|counter| counter.value());
    let set = value.get::<RwSet<Value>>().map(|set| sorted(set.iter()));
    let map = value.get::<OrMap<String, AnyCrdt>>().map(|map| {
        let entries = map.iter().map(|(key, value)| {
            let flag = value.get::<EnableWinsFlag>();
            (key, flag.map(|flag| flag.is_enabled()))
        });
        sorted(entries)
    });
    format!("{count:?} {set:?} {map:?}")
}

/// Makes changes by lot at one replica; returns their deltas.
fn edit<T: Editable>(
    value: &mut T,
    history: &mut UndoStack<T>,
    who: u64,
    first: u8,
    g: &mut Gen,
) -> Vec<T::Delta> {
    let mut deltas = Vec::new();
    for _ in 0..below(g, 8) {
        let is_one_step = below(g, 4) == 0;
        let mutator = |store: &T::Store, minter: &mut Minter| T::draw(store, minter, first, g);
        let delta = if is_one_step {
            history.extend(value, &agent(who), mutator)
        } else {
            history.mutate(value, &agent(who), mutator)
        };
        deltas.push(delta.unwrap());
    }
    deltas
}

/// Undoes, or redoes, all there is; returns the deltas.
fn all_of<T: Editable>(
    value: &mut T,
    history: &mut UndoStack<T>,
    who: u64,
    is_undo: bool,
) -> Vec<T::Delta> {
    let mut deltas = Vec::new();
    loop {
        let step = if is_undo {
            history.undo(value, &agent(who))
        } else {
            history.redo(value, &agent(who))
        };
        match step.unwrap() {
            Some(delta) => deltas.push(delta),
            None => return deltas,
        }
    }
}

/// Alone: each round of undo shows what was there before, each redo what was there after.
fn alone_it_is_as_before<T: Editable>() {
    each_seed(300, |seed, g| {
        let (mut value, mut ignored) = (T::default(), UndoStack::default());
        for who in [1, 2] {
            let mut other = T::default();
            edit(&mut other, &mut ignored, who, 0, g);
            value.join(&other);
        }
        let before = value.view();
        let mut history = UndoStack::default();
        edit(&mut value, &mut history, 0, 0, g);
        let after = value.view();
        for round in 0..3 {
            all_of(&mut value, &mut history, 0, true);
            assert_eq!(value.view(), before, "seed {seed}, round {round}");
            all_of(&mut value, &mut history, 0, false);
            assert_eq!(value.view(), after, "seed {seed}, round {round}");
        }
    });
}

/// Beside others who keep to other keys: what they did is there, and nothing of mine.
fn beside_others_it_is_as_if_i_had_done_nothing<T: Editable>() {
    each_seed(300, |seed, g| {
        let (mut ours, mut theirs) = (T::default(), T::default());
        let (mut mine, mut ignored) = (UndoStack::default(), UndoStack::default());
        let mut others = T::default();
        for _ in 0..3 {
            edit(&mut ours, &mut mine, 0, 0, g);
            for delta in edit(&mut theirs, &mut ignored, 1, 4, g) {
                others.apply_delta(&delta).unwrap();
            }
            if below(g, 2) == 0 {
                ours.join(&theirs);
                theirs.join(&ours);
            }
        }
        ours.join(&theirs);
        for delta in all_of(&mut ours, &mut mine, 0, true) {
            theirs.apply_delta(&delta).unwrap();
        }
        assert_eq!(ours.view(), others.view(), "seed {seed}");
    });
}

/// Three who edit the same keys, undo and redo at will: whoever heard of everything holds the same.
fn replicas_agree<T: Editable>() {
    each_seed(300, |seed, g| {
        let mut values = [T::default(), T::default(), T::default()];
        let mut histories = [
            UndoStack::default(),
            UndoStack::default(),
            UndoStack::default(),
        ];
        let mut log = Vec::new();
        for _ in 0..12 {
            let who = below(g, 3) as usize;
            let (value, history) = (&mut values[who], &mut histories[who]);
            let deltas = match below(g, 4) {
                0 => history
                    .undo(value, &agent(who as u64))
                    .unwrap()
                    .into_iter()
                    .collect(),
                1 => history
                    .redo(value, &agent(who as u64))
                    .unwrap()
                    .into_iter()
                    .collect(),
                _ => edit(value, history, who as u64, 0, g),
            };
            log.extend(deltas);
            if below(g, 3) == 0 {
                let from = values[below(g, 3) as usize].clone();
                values[who].join(&from);
            }
        }
        let mut joined = T::default();
        for value in &values {
            joined.join(value);
        }
        let mut told = T::default();
        for _ in 0..2 * log.len() {
            let idx = below(g, log.len() as u64) as usize;
            told.apply_delta(&log[idx]).unwrap();
        }
        for delta in log.iter().rev() {
            told.apply_delta(delta).unwrap();
        }
        assert_eq!(told, joined, "seed {seed}");
        assert_eq!(told.to_bytes(), joined.to_bytes(), "seed {seed}");
    });
}

macro_rules! tests {
    ($($name:ident: $type:ty, $($test:ident),+;)+) => {$(
        mod $name {
            use super::*;

            $(#[test]
            fn $test() {
                super::$test::<$type>();
            })+
        }
    )+};
}

tests! {
    or_set: OrSet<u8>, alone_it_is_as_before, beside_others_it_is_as_if_i_had_done_nothing, replicas_agree;
    rw_set: RwSet<u8>, alone_it_is_as_before, beside_others_it_is_as_if_i_had_done_nothing, replicas_agree;
    counter: ResettableCounter, alone_it_is_as_before, replicas_agree;
    causal_register: CausalRegister<u8>, alone_it_is_as_before, replicas_agree;
    mv_register: MvRegister<u8>, alone_it_is_as_before, replicas_agree;
    enable_wins: EnableWinsFlag, alone_it_is_as_before, replicas_agree;
    disable_wins: DisableWinsFlag, alone_it_is_as_before, replicas_agree;
    map_of_counters: OrMap<u8, ResettableCounter>, alone_it_is_as_before, beside_others_it_is_as_if_i_had_done_nothing, replicas_agree;
    map_of_maps: OrMap<u8, OrMap<u8, CausalRegister<u8>>>, alone_it_is_as_before, beside_others_it_is_as_if_i_had_done_nothing, replicas_agree;
    map_of_anything: Anything, alone_it_is_as_before, beside_others_it_is_as_if_i_had_done_nothing, replicas_agree;
    map_of_records: OrMap<u8, Pair>, alone_it_is_as_before, beside_others_it_is_as_if_i_had_done_nothing, replicas_agree;
}
