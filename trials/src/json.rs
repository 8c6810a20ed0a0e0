//! JSON documents of counters, sets and maps: read, written again, and taken through the native bytes.
//!
//! **Input.** The first byte chooses a type, the rest is the document.

use core::fmt::Debug;

use crdt_core::codec::{Decode, DecodeLimits, Encode};
use crdt_core::{Named, json};
use crdt_counters::{BoundedCounter, GCounter, PnCounter, ResettableCounter};
use crdt_maps::{
    AnyCrdt, CausalLengthSet, CausalRegister, DisableWinsFlag, EnableWinsFlag, GMap, GSet, LwwMap,
    LwwRegister, MvRegister, OrMap, OrMapDelta, OrSet, RwSet, TwoPSet,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::input::choice;
use crate::native;

type Anything = OrMap<String, AnyCrdt>;

/// Reads a document of a type, and makes one of the native bytes of a state, if those are that.
type Kind = (fn(&str), fn(&[u8]) -> Option<String>);

const KINDS: [Kind; 19] = [
    kind::<GCounter>(),
    kind::<PnCounter>(),
    kind::<BoundedCounter>(),
    kind::<ResettableCounter>(),
    kind::<EnableWinsFlag>(),
    kind::<DisableWinsFlag>(),
    kind::<MvRegister<String>>(),
    kind::<CausalRegister<String>>(),
    kind::<OrSet<String>>(),
    kind::<RwSet<String>>(),
    kind::<OrMap<String, ResettableCounter>>(),
    kind::<OrMapDelta<String, ResettableCounter>>(),
    kind::<Anything>(),
    kind::<LwwRegister<String>>(),
    kind::<GSet<String>>(),
    kind::<TwoPSet<String>>(),
    kind::<CausalLengthSet<String>>(),
    kind::<GMap<String, PnCounter>>(),
    kind::<LwwMap<String, String>>(),
];

/// Reads a document and uses it.
///
/// # Panics
/// If a promise is broken.
pub fn run(bytes: &[u8]) {
    let (kind, rest) = choice(bytes);
    if let Ok(document) = core::str::from_utf8(rest) {
        KINDS[kind % KINDS.len()].0(document);
    }
}

/// The documents of what [`native`] starts from.
pub fn seeds() -> Vec<Vec<u8>> {
    let states = native::seeds();
    let mut seeds = Vec::new();
    for (number, (_, convert)) in (0..).zip(KINDS) {
        // Past the number of the type and the length of the state.
        let documents = states.iter().filter_map(|seed| convert(seed.get(3..)?));
        let longest = documents.max_by_key(String::len);
        seeds.extend(longest.map(|document| [&[number], document.as_bytes()].concat()));
    }
    seeds
}

const fn kind<T>() -> Kind
where
    T: Named + Serialize + DeserializeOwned + Encode + Decode + PartialEq + Debug,
{
    (read::<T>, |bytes| {
        let state = T::from_bytes(bytes, &DecodeLimits::default()).ok()?;
        json::to_string(&state).ok()
    })
}

fn read<T>(document: &str)
where
    T: Named + Serialize + DeserializeOwned + Encode + Decode + PartialEq + Debug,
{
    let Ok(state) = json::from_str::<T>(document) else {
        return;
    };
    let written = json::to_string(&state).expect("what was read can be written");
    let again = json::from_str::<T>(&written);
    assert_eq!(again.as_ref().ok(), Some(&state), "{written}");
    let bytes = state.to_bytes();
    let native = T::from_bytes(&bytes, &DecodeLimits::default());
    assert_eq!(native.as_ref(), Ok(&state), "{document}");
}
