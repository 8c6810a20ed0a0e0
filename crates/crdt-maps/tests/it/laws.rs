//! The laws every plain lattice is held to, and what a canonical form promises.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{Decompose, Delta, Summarize};

use crate::support::{Any, Sample, check_property, joined};

/// The laws of a lattice, its decomposition, its deltas and its summary, on made-up values.
pub(crate) fn check_laws<T>()
where
    T: Decompose + Delta + Summarize<Delta = T, Summary = T> + Sample + PartialEq,
{
    check_property(join::<T> as fn(Any<T>, Any<T>, Any<T>) -> bool);
    check_property(decomposition::<T> as fn(Any<T>, Any<T>) -> bool);
    check_property(summaries::<T> as fn(Any<T>, Any<T>) -> bool);
    check_property(groups::<T> as fn(Any<T>, Any<T>, Any<T>) -> bool);
}

fn join<T>(Any(a): Any<T>, Any(b): Any<T>, Any(c): Any<T>) -> bool
where
    T: Decompose + Sample + PartialEq,
{
    let mut changing = a.clone();
    let changed = changing.join(&b);
    joined(&a, &a) == a
        && joined(&a, &b) == joined(&b, &a)
        && joined(&joined(&a, &b), &c) == joined(&a, &joined(&b, &c))
        && joined(&a, &T::default()) == a
        && joined(&T::default(), &a) == a
        && changed == (changing != a)
        && a.leq(&changing)
        && b.leq(&changing)
        && a.leq(&b) == (joined(&a, &b) == b)
        && a.is_bottom() == (a == T::default())
}

fn decomposition<T>(Any(a): Any<T>, Any(b): Any<T>) -> bool
where
    T: Decompose + Sample + PartialEq,
{
    let parts: Vec<T> = a.decompose().collect();
    let join_all = |skipped: usize| {
        let kept = parts.iter().enumerate().filter(|&(idx, _)| idx != skipped);
        kept.fold(T::default(), |all, (_, part)| joined(&all, part))
    };
    let delta = a.diff(&b);
    join_all(usize::MAX) == a
        && (0..parts.len()).all(|idx| join_all(idx) != a)
        && parts.iter().all(|part| part.decompose().count() == 1)
        && parts.iter().all(|part| !part.is_bottom())
        && joined(&b, &delta) == joined(&b, &a)
        && delta.decompose().all(|part| !part.leq(&b))
        && delta.leq(&a)
        && a.diff(&a).is_bottom()
        && a.diff(&T::default()) == a
}

/// Contradicting writes are made up too, so a peer may refuse; then it must be as it was.
fn summaries<T>(Any(a): Any<T>, Any(b): Any<T>) -> bool
where
    T: Decompose + Summarize<Delta = T, Summary = T> + Sample + PartialEq,
{
    let own = a.delta_since(&a.summary());
    let delta = a.delta_since(&b.summary()).unwrap();
    let mut peer = b.clone();
    let is_right = match peer.apply_delta(&delta) {
        Ok(changed) => peer == joined(&b, &a) && changed == (peer != b),
        Err(_) => peer == b && !a.leq(&b),
    };
    is_right && own.is_some_and(|own| own.is_bottom())
}

fn groups<T>(Any(a): Any<T>, Any(b): Any<T>, Any(c): Any<T>) -> bool
where
    T: Decompose + Delta + Sample + PartialEq,
{
    let Ok(group) = T::merge_deltas([&b, &c]) else {
        return false;
    };
    joined(&a, &group) == joined(&joined(&a, &b), &c)
}

/// Round trips, and every truncation, extension and flipped bit of an encoding.
pub(crate) fn check_codec<T: Encode + Decode + Sample + PartialEq>() {
    fn round_trip<T: Encode + Decode + Sample + PartialEq>(Any(a): Any<T>, Any(b): Any<T>) -> bool {
        let bytes = a.to_bytes();
        T::from_bytes(&bytes, &DecodeLimits::default()).as_ref() == Ok(&a)
            && (a == b) == (bytes == b.to_bytes())
    }
    fn damage<T: Encode + Decode + Sample>(Any(value): Any<T>, tail: u8) -> bool {
        let limits = DecodeLimits::default();
        let bytes = value.to_bytes();
        let n_bits = bytes.len() * 8;
        let longer = [&bytes[..], &[tail]].concat();
        (0..bytes.len()).all(|len| T::from_bytes(&bytes[..len], &limits).is_err())
            && T::from_bytes(&longer, &limits).is_err()
            && (0..n_bits).all(|bit| {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                is_canonical_or_refused::<T>(&flipped)
            })
    }
    fn noise<T: Encode + Decode>(bytes: Vec<u8>) -> bool {
        is_canonical_or_refused::<T>(&bytes)
    }
    fn is_canonical_or_refused<T: Encode + Decode>(bytes: &[u8]) -> bool {
        match T::from_bytes(bytes, &DecodeLimits::default()) {
            Ok(value) => value.to_bytes() == bytes,
            Err(_) => true,
        }
    }
    check_property(round_trip::<T> as fn(Any<T>, Any<T>) -> bool);
    check_property(damage::<T> as fn(Any<T>, u8) -> bool);
    check_property(noise::<T> as fn(Vec<u8>) -> bool);
}

/// Round trips through a self-describing format and a compact one; noise in the compact one.
#[cfg(feature = "serde")]
pub(crate) fn check_serde<T>()
where
    T: serde::Serialize + serde::de::DeserializeOwned + Sample + PartialEq,
{
    fn round_trip<T>(Any(value): Any<T>) -> bool
    where
        T: serde::Serialize + serde::de::DeserializeOwned + Sample + PartialEq,
    {
        let json = serde_json::to_string(&value).unwrap();
        let bytes = postcard::to_allocvec(&value).unwrap();
        serde_json::from_str::<T>(&json).unwrap() == value
            && postcard::from_bytes::<T>(&bytes).as_ref() == Ok(&value)
    }
    fn noise<T>(bytes: Vec<u8>) -> bool
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq,
    {
        let Ok(value) = postcard::from_bytes::<T>(&bytes) else {
            return true;
        };
        let bytes = postcard::to_allocvec(&value).unwrap();
        postcard::from_bytes::<T>(&bytes).is_ok_and(|again| again == value)
    }
    check_property(round_trip::<T> as fn(Any<T>) -> bool);
    check_property(noise::<T> as fn(Vec<u8>) -> bool);
}

/// Equal values have one encoding, whatever way they came about.
pub(crate) fn assert_same<T: Encode + PartialEq + Debug>(a: &T, b: &T, seed: u64) {
    assert_eq!(a, b, "CRDT_SEED={seed}");
    assert_eq!(a.to_bytes(), b.to_bytes(), "CRDT_SEED={seed}");
}
