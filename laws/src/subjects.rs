//! The list of types.

use super::bounded::Bounded;
use super::causal::Alone;
use super::causal::any::Any;
use super::causal::counter::Resettable;
use super::causal::flags::{DisableWins, EnableWins};
use super::causal::map::Map;
use super::causal::or_set::AddWins;
use super::causal::record::Card;
use super::causal::registers::{Latest, MultiValue};
use super::causal::rw_set::RemoveWins;
use super::counters::{Growing, UpDown};
use super::grow_map::GrowMap;
use super::lww_map::{Cells, CleanedCells, Register};
use super::sets::{Elements, Lengths, TwoPhase};
use crdt_testkit::laws::{Report, Subject, check, check_choices};

/// Plays so many histories from a seed on.
pub type Check = fn(u64, u64) -> Report;

/// A type under test.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Entry {
    /// Returns its name.
    pub name: fn() -> String,
    /// Plays random histories.
    pub check: Check,
    /// Plays the history that a fuzzer chose.
    pub check_choices: fn(&[u8]) -> Report,
}

const fn entry<S: Subject>() -> Entry {
    Entry {
        name: S::name,
        check: check::<S>,
        check_choices: check_choices::<S>,
    }
}

/// Every type of the workspace that replicates itself by deltas, but text.
pub const SUBJECTS: [Entry; 32] = [
    entry::<Growing>(),
    entry::<UpDown>(),
    entry::<Bounded>(),
    entry::<Register>(),
    entry::<Elements>(),
    entry::<TwoPhase>(),
    entry::<Lengths>(),
    entry::<GrowMap<Elements>>(),
    entry::<GrowMap<UpDown>>(),
    entry::<Cells>(),
    entry::<CleanedCells>(),
    entry::<Alone<Resettable>>(),
    entry::<Alone<Resettable, true>>(),
    entry::<Alone<EnableWins>>(),
    entry::<Alone<DisableWins>>(),
    entry::<Alone<MultiValue>>(),
    entry::<Alone<Latest>>(),
    entry::<Alone<AddWins>>(),
    entry::<Alone<RemoveWins>>(),
    entry::<Alone<Map<Resettable>>>(),
    entry::<Alone<Map<Resettable>, true>>(),
    entry::<Alone<Map<EnableWins>>>(),
    entry::<Alone<Map<DisableWins>>>(),
    entry::<Alone<Map<MultiValue>>>(),
    entry::<Alone<Map<Latest>>>(),
    entry::<Alone<Map<AddWins>>>(),
    entry::<Alone<Map<RemoveWins>>>(),
    entry::<Alone<Map<Card>>>(),
    entry::<Alone<Map<Any>>>(),
    entry::<Alone<Map<Map<Map<AddWins>>>>>(),
    entry::<Alone<Map<Map<Map<Resettable>>>>>(),
    entry::<Alone<Map<Map<Map<RemoveWins>>>>>(),
];
