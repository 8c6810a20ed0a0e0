//! Trait impls of the last-writer-wins map.
//!
//! **Format.** The floor; the count of writers, then their names in ascending order; the count of
//! keys, then each in ascending order with its stamp, the place of its writer among the names, and
//! the value or its absence. Every name is used.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer};
use crdt_core::{AgentId, Decompose, DeltaState, Lattice, Named, Timestamp};

use super::{LwwMap, n_live};
use crate::plain::ascending::{chunks, decode_map, decode_set, encode_map, not_canonical};
use crate::plain::write::{ConflictingWrite, Write};

impl<K, V> Default for LwwMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Clone + Ord, V: Clone + Ord> Lattice for LwwMap<K, V> {
    /// Takes the greater writes: O(m log n), m = keys of `other`, and O(n) if its floor is higher;
    /// clones the writes that win.
    fn join(&mut self, other: &Self) -> bool {
        let mut changed = self.raise_floor(other);
        for (key, cell) in &other.cells {
            if counts(cell.stamp, other.floor, self.floor) {
                changed |= self.raise(key, cell);
            }
        }
        changed
    }

    fn leq(&self, other: &Self) -> bool {
        let mut cells = self.cells.iter();
        self.floor <= other.floor && cells.all(|(key, cell)| other.covers(key, cell, self.floor))
    }

    fn is_bottom(&self) -> bool {
        self.cells.is_empty() && self.floor == Timestamp::default()
    }
}

impl<K: Clone + Ord, V: Clone + Ord> Decompose for LwwMap<K, V> {
    /// One part for each cell, together with the floor if it is below that; the floor alone if no
    /// cell is. Without the rest, a part with the floor hides what newer parts supersede.
    fn decompose(&self) -> impl Iterator<Item = Self> {
        let is_bare = self.cells.values().all(|cell| cell.stamp >= self.floor);
        let bare_floor = (is_bare && self.floor > Timestamp::default())
            .then(|| Self::from_valid(BTreeMap::new(), self.floor));
        let cells = self.cells.iter().map(|(key, cell)| {
            let cells = [(key.clone(), cell.clone())].into();
            Self::from_valid(cells, self.floor_of_part(cell))
        });
        bare_floor.into_iter().chain(cells)
    }

    fn diff(&self, base: &Self) -> Self {
        let is_new = |key: &K, cell: &Write<_>| {
            let floor = self.floor_of_part(cell);
            floor > base.floor || !base.covers(key, cell, floor)
        };
        let news = self.cells.iter().filter(|(key, cell)| is_new(key, cell));
        let cells: BTreeMap<_, _> = news
            .map(|(key, cell)| (key.clone(), cell.clone()))
            .collect();
        let needs_floor =
            self.floor > base.floor || cells.values().any(|cell| cell.stamp < self.floor);
        let floor = if needs_floor {
            self.floor
        } else {
            Timestamp::default()
        };
        Self::from_valid(cells, floor)
    }
}

impl<K: Clone + Ord, V: Clone + Ord> DeltaState for LwwMap<K, V> {
    type Delta = Self;
    type Error = ConflictingWrite;

    /// Joins `delta`, unless one of its writes contradicts the one that is held under the key.
    fn apply_delta(&mut self, delta: &Self) -> Result<bool, ConflictingWrite> {
        self.check_delta(delta)?;
        Ok(self.join(delta))
    }

    fn check_delta(&self, delta: &Self) -> Result<(), ConflictingWrite> {
        for (key, cell) in &delta.cells {
            if let Some(held) = self.cells.get(key) {
                held.check_agrees(cell)?;
            }
        }
        Ok(())
    }

    fn news_of(&self, delta: &Self) -> Option<Self> {
        Some(delta.diff(self))
    }

    /// Writes below the floor go last, with the floor: without it they would not count.
    fn split_delta(delta: Self, max_entries: usize) -> Vec<Self> {
        if delta.cells.len() <= max_entries {
            return vec![delta];
        }
        let floor = delta.floor;
        let is_above = |(_, cell): &(K, Write<_>)| cell.stamp >= floor;
        let (above, below): (BTreeMap<_, _>, BTreeMap<_, _>) =
            delta.cells.into_iter().partition(is_above);
        let is_bare = below.is_empty() && floor > Timestamp::default();
        let bare_floor = is_bare.then(|| Self::from_valid(BTreeMap::new(), floor));
        let above = chunks(above, max_entries);
        let below = chunks(below, max_entries);
        above
            .map(|cells| Self::from_valid(cells, Timestamp::default()))
            .chain(below.map(|cells| Self::from_valid(cells, floor)))
            .chain(bare_floor)
            .collect()
    }
}

own_summary!(<K, V> LwwMap<K, V> where K: Clone + Ord, V: Clone + Ord);

impl<K: Clone + Ord, V: Clone + Ord> LwwMap<K, V> {
    /// Takes over the floor of `other` if it is higher, and forgets what is below it, except for
    /// what `other` holds there as well; returns whether it was.
    fn raise_floor(&mut self, other: &Self) -> bool {
        if other.floor <= self.floor {
            return false;
        }
        self.floor = other.floor;
        self.cells
            .retain(|key, cell| cell.stamp >= other.floor || other.cells.get(key) == Some(cell));
        self.n_live = n_live(&self.cells);
        true
    }

    /// Replaces the cell under `key` if `cell` is greater; returns whether it was.
    fn raise(&mut self, key: &K, cell: &Write<Option<V>>) -> bool {
        let was_live = match self.cells.get_mut(key) {
            Some(held) if *held >= *cell => return false,
            Some(held) => core::mem::replace(held, cell.clone()).value.is_some(),
            None => {
                self.cells.insert(key.clone(), cell.clone());
                false
            }
        };
        let is_live = cell.value.is_some();
        self.n_live = self.n_live + usize::from(is_live) - usize::from(was_live);
        true
    }

    /// Returns whether joining a cell from a state with floor `from`, not above ours, changes
    /// nothing.
    fn covers(&self, key: &K, cell: &Write<Option<V>>, from: Timestamp) -> bool {
        let is_held = || self.cells.get(key).is_some_and(|held| held >= cell);
        !counts(cell.stamp, from, self.floor) || is_held()
    }

    /// Returns the floor of the part that holds `cell`: a cell below the floor is nothing without
    /// it.
    fn floor_of_part(&self, cell: &Write<Option<V>>) -> Timestamp {
        if cell.stamp < self.floor {
            return self.floor;
        }
        Timestamp::default()
    }
}

/// Whether a cell from a state with floor `from` counts under `floor`, which is as high or higher.
fn counts(stamp: Timestamp, from: Timestamp, floor: Timestamp) -> bool {
    from == floor || stamp >= floor
}

impl<K, V> Named for LwwMap<K, V> {
    const NAME: &'static str = "lww_map";
}

impl<K: Encode, V: Encode> Encode for LwwMap<K, V> {
    fn encode(&self, w: &mut Writer) {
        self.floor.encode(w);
        let writers: BTreeSet<&AgentId> = self.cells.values().map(|cell| &cell.writer).collect();
        w.u64(writers.len() as u64);
        for writer in &writers {
            writer.encode(w);
        }
        let places: BTreeMap<&AgentId, u64> = writers.into_iter().zip(0..).collect();
        encode_map(w, &self.cells, |w, cell| {
            cell.stamp.encode(w);
            w.u64(places[&cell.writer]);
            cell.value.encode(w);
        });
    }
}

impl<K: Decode + Ord, V: Decode> Decode for LwwMap<K, V> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let floor = Timestamp::decode(r, budget)?;
        let writers: Vec<AgentId> = decode_set(r, budget)?.into_iter().collect();
        let mut is_used = vec![false; writers.len()];
        let cells = decode_map(r, budget, MIN_CELL_BYTES, |r, budget| {
            let stamp = Timestamp::decode(r, budget)?;
            let place = decode_place(r, &mut is_used)?;
            Ok(Write {
                stamp,
                writer: writers[place].clone(),
                value: Option::decode(r, budget)?,
            })
        })?;
        if is_used.contains(&false) {
            return Err(not_canonical(r));
        }
        Self::from_parts(cells, floor).ok_or_else(|| not_canonical(r))
    }
}

/// Reads the place of a writer among the names, and notes its use.
fn decode_place(r: &mut Reader<'_>, is_used: &mut [bool]) -> Result<usize, DecodeError> {
    let offset = r.offset();
    let found = r.u64()?;
    let place = usize::try_from(found).ok();
    let Some((place, is_used)) = place.and_then(|place| Some((place, is_used.get_mut(place)?)))
    else {
        let max = is_used.len().saturating_sub(1) as u64;
        return Err(DecodeError::OutOfRange { offset, found, max });
    };
    *is_used = true;
    Ok(place)
}

/// A stamp, a writer and whether there is a value.
const MIN_CELL_BYTES: usize = 3;
