//! The map with removable keys: under each, what no removing of the key saw.

use super::feeds::check_keyed;
use super::or_set::is_in;
use super::{FeedOf, Kind, KindDelta, LiveOf, Standalone, standalone};
use crate::sets::event_if;
use alloc::collections::{BTreeMap, BTreeSet};
use core::marker::PhantomData;
use crdt_core::{Change, Minter};
use crdt_maps::{OrMap, OrMapStore};
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused, Writer};

/// [`OrMap`] of the kind `V`.
pub(crate) struct Map<V>(PhantomData<V>);

#[derive(Clone, Debug)]
pub(crate) enum Step<Op> {
    Update(u8, Op),
    /// An update that is thought better of.
    Fail(u8, Op),
    Touch(u8),
    /// A touch, unless the key is there.
    OrTouch(u8),
    Remove(u8),
    /// Those whose bits are set.
    RemoveWhere(u8),
}

impl<Op> Step<Op> {
    fn removes(&self, key: u8) -> bool {
        match self {
            Self::Remove(removed) => *removed == key,
            Self::RemoveWhere(mask) => is_in(*mask, key),
            _ => false,
        }
    }

    /// Whether it is an event under the key, which keeps the key.
    fn keeps(&self, key: u8) -> bool {
        match self {
            Self::Update(kept, _) | Self::Touch(kept) | Self::OrTouch(kept) => *kept == key,
            Self::Fail(..) | Self::Remove(_) | Self::RemoveWhere(_) => false,
        }
    }
}

impl<V: Kind> Map<V> {
    /// Few, and fewer where maps are nested, so that replicas meet.
    const N_KEYS: usize = if V::DEPTH == 0 { 3 } else { 2 };

    /// The keys that an event keeps which no removing saw.
    fn keys(history: &History<Step<V::Op>>) -> BTreeSet<u8> {
        let is_kept = |key: &u8| {
            let removes =
                |later: &Step<V::Op>, op: &Step<V::Op>| later.removes(*key) && op.keeps(*key);
            let mut survivors = history.survivors(removes);
            survivors.any(|event| event.op.keeps(*key))
        };
        (0..3).filter(is_kept).collect()
    }

    /// What happened to the value under a key and was not taken away.
    fn under(history: &History<Step<V::Op>>, key: u8) -> History<V::Op> {
        history.filter_map(|event| match &event.op {
            Step::Update(updated, op) if *updated == key => {
                let mut later = history.iter().filter(|later| later.saw(event));
                let is_reset = later.any(|later| later.op.removes(key));
                (!is_reset).then(|| op.clone())
            }
            _ => None,
        })
    }
}

impl<V: Kind> Kind for Map<V> {
    type Type = OrMap<u8, V::Type>;
    type Store = OrMapStore<u8, V::Store>;
    type Op = Step<V::Op>;
    type Value = BTreeMap<u8, V::Value>;

    const DEPTH: usize = V::DEPTH + 1;

    fn op(rng: &mut Rng, step: usize) -> Self::Op {
        let key = rng.below(Self::N_KEYS) as u8;
        match rng.below(40) {
            0..27 => Step::Update(key, V::op(rng, step)),
            27 => Step::Fail(key, V::op(rng, step)),
            28..31 => Step::Touch(key),
            31..33 => Step::OrTouch(key),
            33..39 => Step::Remove(key),
            _ => Step::RemoveWhere(rng.below(8) as u8),
        }
    }

    fn change(
        map: &Self::Store,
        minter: &mut Minter,
        op: &Self::Op,
    ) -> Result<Change<LiveOf<Self>>, Refused> {
        Ok(match op {
            Step::Update(key, op) => {
                map.update(minter, *key, |value, minter| V::change(value, minter, op))?
            }
            Step::Fail(key, op) => map.update(minter, *key, |value, minter| {
                let _dropped = V::change(value, minter, op)?;
                Err(Refused::by_will())
            })?,
            Step::OrTouch(key) if map.contains_key(key) => Change::default(),
            Step::Touch(key) | Step::OrTouch(key) => map.touch(minter, *key)?,
            Step::Remove(key) => map.remove(minter, key)?,
            Step::RemoveWhere(mask) => map.remove_where(minter, |key, _| is_in(*mask, *key))?,
        })
    }

    fn value(map: &Self::Store) -> Self::Value {
        map.iter()
            .map(|(key, value)| (*key, V::value(value)))
            .collect()
    }

    fn oracle(history: &History<Self::Op>) -> Self::Value {
        let keys = Self::keys(history).into_iter();
        keys.map(|key| (key, V::oracle(&Self::under(history, key))))
            .collect()
    }

    fn expected(past: &History<Self::Op>, op: &Self::Op) -> Expected {
        match op {
            Step::Update(key, op) => V::expected(&Self::under(past, *key), op),
            Step::Fail(..) => Expected::Refusal,
            Step::Touch(_) => Expected::Event,
            Step::OrTouch(key) => event_if(!Self::keys(past).contains(key)),
            Step::Remove(_) | Step::RemoveWhere(_) => {
                event_if(Self::keys(past).into_iter().any(|key| op.removes(key)))
            }
        }
    }

    fn resolved(op: &Self::Op, past: &dyn Fn() -> History<Self::Op>) -> Self::Op {
        match op {
            Step::Update(key, op) => {
                Step::Update(*key, V::resolved(op, &|| Self::under(&past(), *key)))
            }
            _ => op.clone(),
        }
    }

    fn check_feed(
        feed: &FeedOf<Self>,
        before: &Self::Store,
        after: &Self::Store,
    ) -> Result<(), String> {
        let [was, is] = [before, after].map(|map| map.keys().copied().collect::<BTreeSet<u8>>());
        check_keyed(feed, &was, &is, |key, of_value| {
            let (Some(before), Some(after)) = (before.get(key), after.get(key)) else {
                return Ok(());
            };
            V::check_feed(of_value, before, after)
        })
    }
}

impl<V: Kind> Standalone for Map<V> {
    type State = OrMap<u8, V::Type>;

    fn mutate(
        map: &mut Self::State,
        writer: Writer<'_>,
        op: &Self::Op,
    ) -> Result<KindDelta<Self>, Refused> {
        let author = writer.author();
        Ok(match op {
            Step::Update(key, op) => {
                map.update_with_delta(author, *key, |value, minter| V::change(value, minter, op))?
            }
            Step::Fail(key, op) => map.update_with_delta(author, *key, |value, minter| {
                let _dropped = V::change(value, minter, op)?;
                Err(Refused::by_will())
            })?,
            Step::Touch(key) => map.touch_with_delta(author, *key)?,
            Step::OrTouch(key) => map.entry(*key).or_touch_with_delta(author)?,
            Step::Remove(key) => map.remove_with_delta(author, key)?,
            Step::RemoveWhere(mask) => {
                map.remove_where_with_delta(author, |key, _| is_in(*mask, *key))?
            }
        })
    }

    fn mutate_plain(
        map: &mut Self::State,
        writer: Writer<'_>,
        op: &Self::Op,
    ) -> Result<(), Refused> {
        let author = writer.author();
        match op {
            Step::Update(key, op) => {
                map.update(author, *key, |value, minter| V::change(value, minter, op))?;
            }
            Step::Fail(key, op) => map.update(author, *key, |value, minter| {
                let _dropped = V::change(value, minter, op)?;
                Err(Refused::by_will())
            })?,
            Step::OrTouch(key) if map.contains_key(key) => {}
            Step::Touch(key) | Step::OrTouch(key) => map.touch(author, *key)?,
            Step::Remove(key) => map.remove(author, key)?,
            Step::RemoveWhere(mask) => map.remove_where(author, |key, _| is_in(*mask, *key))?,
        }
        Ok(())
    }

    standalone!(keyed);
}
