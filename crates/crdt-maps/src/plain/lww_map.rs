//! The last-writer-wins map: one stamped cell for each key ever written, and a floor below which
//! removals are forgotten.
//!
//! **Invariants.** No removal is stamped below the floor.
//!
//! **Why the floor makes a lattice.** The state with the higher floor decides what is below it: of
//! the other state, only cells at that floor or above count. Between equal floors, and above, the
//! greater write of each key wins. Both steps, raising a floor and taking the maximum, commute, so
//! the join of any states is: the highest floor; all of those that have it; and of the others what
//! is not below it. That reads the same in any order and grouping.
//!
//! **Costs.** Access to one key is O(log n), n = keys ever written and not cleaned. A join walks
//! all cells only if it raises the floor.

mod impls;

use alloc::collections::BTreeMap;
use core::borrow::Borrow;

use crdt_core::{AgentId, Classify, ErrorKind, Timestamp};

use super::write::{StampError, Write};

/// A map in which, of concurrent writes under a key, the newest stays.
///
/// Each key is a cell like a [`LwwRegister`](crate::LwwRegister): writes order by stamp, then by
/// agent, then by value. A removal is a write of nothing, and is kept as a tombstone so that older
/// writes that arrive late change nothing.
///
/// **Cleaning.** Tombstones can go when the caller knows a *stable* cut: a stamp below which every
/// replica has every write there will ever be. [`clean`](Self::clean) drops older tombstones and
/// raises the *floor* to the cut. Live entries below the floor stay; writes below it are refused
/// where they are made, and change nothing where they arrive, so that no straggler brings a removed
/// key back. With a cut that was not stable, replicas still converge, but writes that the cleaner
/// had not heard of are lost.
///
/// # Invariants
/// No tombstone is older than the floor. From the floor upwards, a cell is never replaced by a
/// lesser write.
/// # Convergence
/// Join takes the higher floor and the greater writes; what is below the higher floor comes from
/// the state that has it. So parts of a state that has a floor belong together: where only some
/// arrived, an entry can be missing for a while, because its old write is gone and its new one is
/// not there yet. Two values under one stamp and one writer never come from a correct
/// agent: [`apply_delta`](crdt_core::DeltaState::apply_delta) refuses the second, and
/// [`join`](crdt_core::Lattice::join), which cannot refuse, keeps the greater value, and a value
/// rather than a removal. Stamps and floors are believed: whoever may write may also remove and
/// clean.
/// # Examples
/// ```
/// use crdt_core::{AgentId, HybridClock, Lattice};
/// use crdt_maps::LwwMap;
///
/// let (alice, bob) = (AgentId::new("alice")?, AgentId::new("bob")?);
/// let (mut alice_clock, mut bob_clock) = (HybridClock::new(60_000), HybridClock::new(60_000));
///
/// let mut laptop = LwwMap::new();
/// laptop.set(&alice, alice_clock.tick(5_000)?, "theme", "dark")?;
/// let mut phone = laptop.clone();
/// bob_clock.observe(phone.newest_stamp(), 4_000)?; // bob's wall clock is behind
///
/// let removal = phone.remove_with_delta(&bob, bob_clock.tick(4_000)?, "theme")?;
/// laptop.join(&removal);
/// assert_eq!(laptop.get("theme"), None);
/// assert_eq!(laptop, phone);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
/// # References
/// Shapiro et al., 2011, section 3.2.1, a register for each key; the removal as a stamped write is
/// as in Johnson, Thomas, "The maintenance of duplicate databases", 1975. Differs: agent and value
/// break ties, and the floor lets tombstones go.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct LwwMap<K, V> {
    /// The last write of each key; none without a value is stamped below `floor`.
    pub(super) cells: BTreeMap<K, Write<Option<V>>>,
    /// Where writes begin to count; the zero stamp if the map was never cleaned.
    pub(super) floor: Timestamp,
    /// How many of `cells` hold a value.
    n_live: usize,
}

/// Why a [`LwwMap`] was not cleaned.
///
/// # Examples
/// ```
/// use crdt_core::Timestamp;
/// use crdt_maps::{CleanError, LwwMap};
///
/// let stable = Timestamp::from_u64(9);
/// let newest = Timestamp::default();
/// let refused = LwwMap::<char, u8>::new().clean(stable);
/// assert_eq!(refused, Err(CleanError::CutAhead { stable, newest }));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CleanError {
    /// The cut is newer than every write held: nothing shows that the writes below it have arrived.
    #[error("stable cut {stable} is ahead of {newest}, the newest stamp held")]
    CutAhead {
        /// The refused cut.
        stable: Timestamp,
        /// The newest stamp held: the largest cut that is accepted.
        newest: Timestamp,
    },
}

impl Classify for CleanError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl<K, V> LwwMap<K, V> {
    /// Makes an empty map.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().len(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            cells: BTreeMap::new(),
            floor: Timestamp::from_u64(0),
            n_live: 0,
        }
    }

    /// Writes `value` under `key`.
    ///
    /// # Errors
    /// [`StampError::TimestampNotAdvanced`] unless `stamp` is newer than that of the key's last
    /// write or removal; [`StampError::BelowFloor`] if it is below the floor. The map is unchanged.
    /// # Complexity
    /// O(log n), n = keys ever written.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::{LwwMap, StampError};
    /// let alice = AgentId::new("alice")?;
    /// let mut map = LwwMap::new();
    /// map.set(&alice, Timestamp::from_u64(5), "theme", "dark")?;
    /// assert!(map.set(&alice, Timestamp::from_u64(5), "theme", "light").is_err());
    /// map.set(&alice, Timestamp::from_u64(5), "font", "mono")?;
    /// assert_eq!(map.get("theme"), Some(&"dark"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set(
        &mut self,
        agent: &AgentId,
        stamp: Timestamp,
        key: K,
        value: V,
    ) -> Result<(), StampError>
    where
        K: Ord,
    {
        self.write(key, Write::new(agent, stamp, Some(value)))
    }

    /// Writes `value` under `key` and returns the delta.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    /// # Complexity
    /// O(log n), n = keys ever written, and a clone of `key` and `value`.
    /// # Convergence
    /// The delta is the write. Joined anywhere, any number of times, it wins over what this replica
    /// held under the key before.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let (mut ours, mut theirs) = (LwwMap::new(), LwwMap::new());
    /// let delta = ours.set_with_delta(&alice, Timestamp::from_u64(5), "theme", "dark")?;
    /// theirs.join(&delta);
    /// assert_eq!(ours, theirs);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_with_delta(
        &mut self,
        agent: &AgentId,
        stamp: Timestamp,
        key: K,
        value: V,
    ) -> Result<Self, StampError>
    where
        K: Clone + Ord,
        V: Clone,
    {
        self.write_with_delta(key, Write::new(agent, stamp, Some(value)))
    }

    /// Removes `key`.
    ///
    /// It need not be there: the removal then holds against writes with older stamps that arrive
    /// later.
    ///
    /// # Errors
    /// As [`set`](Self::set); the map is unchanged.
    /// # Complexity
    /// O(log n), n = keys ever written.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::{LwwMap, StampError};
    /// let alice = AgentId::new("alice")?;
    /// let (mut map, stamp) = (LwwMap::new(), Timestamp::from_u64(5));
    /// map.set(&alice, stamp, "theme", "dark")?;
    /// let refused = map.remove(&alice, stamp, "theme");
    /// assert_eq!(refused, Err(StampError::TimestampNotAdvanced { given: stamp, held: stamp }));
    ///
    /// map.remove(&alice, Timestamp::from_u64(6), "theme")?;
    /// assert_eq!(map.get("theme"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove(&mut self, agent: &AgentId, stamp: Timestamp, key: K) -> Result<(), StampError>
    where
        K: Ord,
    {
        self.write(key, Write::new(agent, stamp, None))
    }

    /// Removes `key` and returns the delta.
    ///
    /// # Errors
    /// As [`set`](Self::set); the map is unchanged.
    /// # Complexity
    /// O(log n), n = keys ever written, and a clone of `key`.
    /// # Convergence
    /// The delta is the tombstone. Joined anywhere, any number of times, it removes what this
    /// replica held under the key before.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let mut ours = LwwMap::new();
    /// ours.set(&alice, Timestamp::from_u64(5), "theme", "dark")?;
    /// let mut theirs = ours.clone();
    /// let delta = ours.remove_with_delta(&alice, Timestamp::from_u64(6), "theme")?;
    /// theirs.join(&delta);
    /// assert_eq!(theirs.get("theme"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_with_delta(
        &mut self,
        agent: &AgentId,
        stamp: Timestamp,
        key: K,
    ) -> Result<Self, StampError>
    where
        K: Clone + Ord,
        V: Clone,
    {
        self.write_with_delta(key, Write::new(agent, stamp, None))
    }

    /// Drops the tombstones that are older than `stable`, and raises the floor to it; returns how
    /// many were dropped.
    ///
    /// The caller has proved that `stable` is stable: every replica holds every write with an older
    /// stamp, and no clock will make another. Each replica can then clean for itself, and ends
    /// equal to the others. Live entries stay, however old; so does a tombstone at `stable`
    /// exactly. Nothing happens if the floor is as high already.
    ///
    /// # Errors
    /// [`CleanError::CutAhead`] if `stable` is newer than [`newest_stamp`](Self::newest_stamp):
    /// nothing held here shows that the writes below it have arrived. The map is unchanged. What is
    /// older than a stable cut is one, too, so the lesser of the two is a cut to try.
    /// # Complexity
    /// O(n), n = keys ever written.
    /// # Convergence
    /// A replica that joins a state with a higher floor takes over what that one holds below the
    /// floor.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let at = Timestamp::from_u64;
    /// let mut map = LwwMap::new();
    /// map.set(&alice, at(1), 'a', "stays")?;
    /// let zombie = map.set_with_delta(&alice, at(3), 'b', "goes")?;
    /// map.remove(&alice, at(5), 'b')?;
    /// map.remove(&alice, at(15), 'c')?;
    ///
    /// assert_eq!(map.clean(at(10)), Ok(1));
    /// assert_eq!(map.n_tombstones(), 1);
    /// assert_eq!(map.get(&'a'), Some(&"stays"));
    /// assert!(!map.join(&zombie), "what is below the floor stays as it is");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clean(&mut self, stable: Timestamp) -> Result<usize, CleanError>
    where
        K: Ord,
    {
        let newest = self.newest_stamp();
        if stable > newest {
            return Err(CleanError::CutAhead { stable, newest });
        }
        let n_before = self.cells.len();
        if stable > self.floor {
            self.floor = stable;
            self.cells
                .retain(|_, cell| cell.stamp >= stable || cell.value.is_some());
        }
        Ok(n_before - self.cells.len())
    }

    /// Cleans as [`clean`](Self::clean) does, and returns the delta: the whole map, or nothing if
    /// the floor was as high already.
    ///
    /// Replicas that know the same stable cut save the bytes by cleaning for themselves.
    ///
    /// # Errors
    /// As [`clean`](Self::clean).
    /// # Complexity
    /// O(n), n = keys ever written, and a clone of the map.
    /// # Convergence
    /// A replica that joins the delta takes it for everything below the floor: what it holds there
    /// and the delta does not is gone. That is why all entries travel along: of a key that was
    /// written anew, that replica may know only the write below the floor.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Lattice, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let at = Timestamp::from_u64;
    /// let mut ours = LwwMap::new();
    /// ours.set(&alice, at(1), 'a', "stays")?;
    /// ours.remove(&alice, at(5), 'b')?;
    /// ours.set(&alice, at(15), 'c', "young")?;
    /// let mut theirs = ours.clone();
    ///
    /// let delta = ours.clean_with_delta(at(10))?;
    /// theirs.join(&delta);
    /// assert_eq!(ours, theirs);
    /// assert_eq!(theirs.n_tombstones(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn clean_with_delta(&mut self, stable: Timestamp) -> Result<Self, CleanError>
    where
        K: Clone + Ord,
        V: Clone,
    {
        let floor_before = self.floor;
        self.clean(stable)?;
        if self.floor == floor_before {
            return Ok(Self::new());
        }
        Ok(self.clone())
    }

    /// Returns the value under `key`; `None` if there is none.
    ///
    /// # Complexity
    /// O(log n), n = keys ever written.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().get(&'a'), None);
    /// ```
    #[must_use]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.cells.get(key)?.value.as_ref()
    }

    /// Returns whether there is a value under `key`.
    ///
    /// # Complexity
    /// O(log n), n = keys ever written.
    /// # Examples
    /// ```
    /// assert!(!crdt_maps::LwwMap::<char, u8>::new().contains_key(&'a'));
    /// ```
    #[must_use]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.get(key).is_some()
    }

    /// Returns the stamp of the last write or removal of `key`: what the next must be newer than.
    ///
    /// # Complexity
    /// O(log n), n = keys ever written.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let mut map = LwwMap::<_, u8>::new();
    /// map.remove(&alice, Timestamp::from_u64(5), 'a')?;
    /// assert_eq!(map.stamp(&'a'), Some(Timestamp::from_u64(5)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn stamp<Q>(&self, key: &Q) -> Option<Timestamp>
    where
        K: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.cells.get(key).map(|cell| cell.stamp)
    }

    /// Returns the agent that last wrote or removed `key`.
    ///
    /// # Complexity
    /// O(log n), n = keys ever written.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let mut map = LwwMap::<_, u8>::new();
    /// map.remove(&alice, Timestamp::from_u64(5), 'a')?;
    /// assert_eq!(map.writer(&'a'), Some(&alice));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn writer<Q>(&self, key: &Q) -> Option<&AgentId>
    where
        K: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.cells.get(key).map(|cell| &cell.writer)
    }

    /// Iterates over the entries in ascending order of keys.
    ///
    /// # Complexity
    /// O(n) for all, n = keys ever written.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, Timestamp};
    /// # use crdt_maps::LwwMap;
    /// let alice = AgentId::new("alice")?;
    /// let mut map = LwwMap::new();
    /// map.set(&alice, Timestamp::from_u64(5), 'b', 2)?;
    /// map.set(&alice, Timestamp::from_u64(5), 'a', 1)?;
    /// assert_eq!(map.iter().collect::<Vec<_>>(), [(&'a', &1), (&'b', &2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let cells = self.cells.iter();
        cells.filter_map(|(key, cell)| Some((key, cell.value.as_ref()?)))
    }

    /// Iterates over the keys that have a value, in ascending order.
    ///
    /// # Complexity
    /// O(n) for all, n = keys ever written.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().keys().count(), 0);
    /// ```
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Iterates over the values in ascending order of their keys.
    ///
    /// # Complexity
    /// O(n) for all, n = keys ever written.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().values().count(), 0);
    /// ```
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Returns the number of keys that have a value.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().len(), 0);
    /// ```
    #[expect(
        clippy::len_without_is_empty,
        reason = "a delta that only removes has no entries and is yet not empty"
    )]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.n_live
    }

    /// Returns the number of removed keys that are still remembered: what cleaning can save at
    /// most.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().n_tombstones(), 0);
    /// ```
    #[must_use]
    pub fn n_tombstones(&self) -> usize {
        self.cells.len() - self.n_live
    }

    /// Returns the stamp below which the map was cleaned and takes no writes; the zero stamp at
    /// first.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().floor().to_u64(), 0);
    /// ```
    #[must_use]
    pub const fn floor(&self) -> Timestamp {
        self.floor
    }

    /// Returns the newest stamp held, of a write, a removal or the floor: the largest cut to
    /// [`clean`](Self::clean) at, and what a restored clock must be past.
    ///
    /// # Complexity
    /// O(n), n = keys ever written.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::LwwMap::<char, u8>::new().newest_stamp().to_u64(), 0);
    /// ```
    #[must_use]
    pub fn newest_stamp(&self) -> Timestamp {
        let stamps = self.cells.values().map(|cell| cell.stamp);
        stamps.fold(self.floor, Timestamp::max)
    }

    /// Makes a map of its parts; `None` if there is a tombstone below the floor.
    pub(super) fn from_parts(
        cells: BTreeMap<K, Write<Option<V>>>,
        floor: Timestamp,
    ) -> Option<Self> {
        let is_forgotten = |cell: &Write<Option<V>>| cell.stamp < floor && cell.value.is_none();
        if cells.values().any(is_forgotten) {
            return None;
        }
        Some(Self::from_valid(cells, floor))
    }

    fn from_valid(cells: BTreeMap<K, Write<Option<V>>>, floor: Timestamp) -> Self {
        let n_live = n_live(&cells);
        Self {
            cells,
            floor,
            n_live,
        }
    }

    /// Takes a local write, which must be newer than what it replaces.
    fn write(&mut self, key: K, write: Write<Option<V>>) -> Result<(), StampError>
    where
        K: Ord,
    {
        let (given, floor) = (write.stamp, self.floor);
        if let Some(held) = self.cells.get(&key) {
            held.check_older_than(given)?;
        }
        if given < floor {
            return Err(StampError::BelowFloor { given, floor });
        }
        let is_live = write.value.is_some();
        let before = self.cells.insert(key, write);
        let was_live = before.is_some_and(|cell| cell.value.is_some());
        self.n_live = self.n_live + usize::from(is_live) - usize::from(was_live);
        Ok(())
    }

    fn write_with_delta(&mut self, key: K, write: Write<Option<V>>) -> Result<Self, StampError>
    where
        K: Clone + Ord,
        V: Clone,
    {
        self.write(key.clone(), write.clone())?;
        Ok(Self::from_valid(
            [(key, write)].into(),
            Timestamp::default(),
        ))
    }
}

fn n_live<K, V>(cells: &BTreeMap<K, Write<Option<V>>>) -> usize {
    cells.values().filter(|cell| cell.value.is_some()).count()
}
