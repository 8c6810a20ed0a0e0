//! The map of lattices whose keys stay: each value by itself.

use alloc::collections::BTreeMap;
use core::marker::PhantomData;
use crdt_core::{Decompose, Named, Summarize};
use crdt_maps::GMap;
use crdt_testkit::Rng;
use crdt_testkit::laws::{Expected, History, Refused, Subject, Writer};

/// [`GMap`] of what `V` describes.
pub(super) struct GrowMap<V>(PhantomData<V>);

/// What to do to the value under a key, and how.
#[derive(Clone, Debug)]
pub(super) struct Update<Op> {
    key: u8,
    op: Op,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// On a copy, which is kept if all goes well.
    Copy,
    /// In place; a refusal of the value is not handed on.
    InPlace,
    /// On a copy, and then it is thought better of.
    Fail,
}

impl<V> Subject for GrowMap<V>
where
    V: Subject<State: Named + Decompose + Summarize<Delta = V::State>>,
{
    type State = GMap<u8, V::State>;
    type Op = Update<V::Op>;
    type Value = BTreeMap<u8, V::Value>;

    fn name() -> String {
        GMap::<u8, V::State>::full_name()
    }

    fn op(rng: &mut Rng, step: usize) -> Self::Op {
        Update {
            key: rng.below(3) as u8,
            op: V::op(rng, step),
            how: *rng.pick(&[How::Copy, How::Copy, How::InPlace, How::InPlace, How::Fail]),
        }
    }

    fn mutate(
        map: &mut Self::State,
        writer: Writer<'_>,
        Update { key, op, how }: &Self::Op,
    ) -> Result<Self::State, Refused> {
        match how {
            How::Copy => map.update_with_delta(*key, |value| V::mutate(value, writer, op)),
            How::InPlace => Ok(map.update_in_place_with_delta(*key, |value| {
                V::mutate(value, writer, op).unwrap_or_default()
            })),
            How::Fail => map.update_with_delta(*key, |value| {
                V::mutate(value, writer, op)?;
                Err(Refused::by_will())
            }),
        }
    }

    fn mutate_plain(
        map: &mut Self::State,
        writer: Writer<'_>,
        Update { key, op, how }: &Self::Op,
    ) -> Result<(), Refused> {
        let change = |value: &mut V::State| V::mutate_plain(value, writer, op);
        match how {
            How::Copy => map.update(*key, change),
            How::InPlace => {
                let _refused = map.update_in_place(*key, change).is_err();
                Ok(())
            }
            How::Fail => map.update(*key, |value| {
                change(value)?;
                Err(Refused::by_will())
            }),
        }
    }

    fn value(map: &Self::State) -> Self::Value {
        map.iter()
            .map(|(key, value)| (*key, V::value(value)))
            .collect()
    }

    fn oracle(history: &History<Self::Op>) -> Self::Value {
        let values = (0..3).map(|key| (key, under(history, key)));
        let values = values.filter(|(_, nested)| !nested.is_empty());
        values
            .map(|(key, nested)| (key, V::oracle(&nested)))
            .collect()
    }

    fn expected(past: &History<Self::Op>, agent: usize, update: &Self::Op) -> Option<Expected> {
        let Update { key, op, how } = update;
        let of_value = V::expected(&under(past, *key), agent, op)?;
        Some(match (how, of_value) {
            (How::Fail, _) => Expected::Refusal,
            (How::InPlace, Expected::Refusal) => Expected::Nothing,
            _ => of_value,
        })
    }
}

/// What happened under a key.
fn under<Op: Clone>(history: &History<Update<Op>>, key: u8) -> History<Op> {
    history.filter_map(|event| (event.op.key == key).then(|| event.op.op.clone()))
}
