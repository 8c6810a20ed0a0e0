//! Interned agents: dense small integers for the names that one document has met.
//!
//! **Invariant.** An [`AgentTable`] never holds one name twice, and its indexes are dense from 0.
//!
//! **Costs.** Interning and lookup by name are O(log n); lookup by index is O(1).
//! The table is a search tree, not a hash table: peers choose the names, and a tree has no collisions
//! to flood.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::AgentId;

/// An agent interned in one [`AgentTable`].
///
/// Meaningless outside the document whose table made it: never put one on a wire or in a file.
/// Its order is that of interning, not of names; compare names with [`AgentTable::cmp_names`].
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, AgentIdx, AgentTable};
///
/// let mut table = AgentTable::new();
/// let idx = table.intern(&AgentId::new("alice")?);
/// assert_eq!(idx, AgentIdx::new(0));
/// # Ok::<(), crdt_core::AgentIdError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AgentIdx(u32);

impl AgentIdx {
    /// Makes an index from its number.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::AgentIdx::new(7).get(), 7);
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(idx: u32) -> Self {
        Self(idx)
    }

    /// Returns the number.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::AgentIdx::new(7).get(), 7);
    /// ```
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the number as an index into a slice kept in interning order.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::AgentIdx::new(7).index(), 7);
    /// ```
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Interns agents to dense small integers, in order of first appearance.
///
/// # Invariants
/// No name appears twice; the indexes are `0..len`.
/// # Examples
/// ```
/// use crdt_core::{AgentId, AgentTable};
///
/// let mut table = AgentTable::new();
/// let zoe = table.intern(&AgentId::new("zoe")?);
/// let adam = table.intern(&AgentId::new("adam")?);
/// assert_eq!(table.intern(&AgentId::new("zoe")?), zoe);
/// assert_eq!(table.index_of("adam"), Some(adam));
/// assert!(zoe < adam, "indexes order by first appearance");
/// assert!(table.cmp_names(adam, zoe).is_lt(), "names order by bytes");
/// # Ok::<(), crdt_core::AgentIdError>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AgentTable {
    names: Vec<AgentId>,
    /// The inverse of `names`.
    by_name: BTreeMap<AgentId, AgentIdx>,
}

impl AgentTable {
    /// Makes an empty table.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_core::AgentTable::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            names: Vec::new(),
            by_name: BTreeMap::new(),
        }
    }

    /// Returns the index of `agent`, giving it the next one if it is new.
    ///
    /// # Panics
    /// If the table already holds `u32::MAX` agents, more than any decode budget admits.
    /// # Complexity
    /// O(log n), n = agents interned.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, AgentTable};
    /// let mut table = AgentTable::new();
    /// let alice = AgentId::new("alice")?;
    /// assert_eq!(table.intern(&alice), table.intern(&alice));
    /// assert_eq!(table.len(), 1);
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    pub fn intern(&mut self, agent: &AgentId) -> AgentIdx {
        if let Some(&idx) = self.by_name.get(agent) {
            return idx;
        }
        let n_agents = self.names.len();
        assert!(
            n_agents < u32::MAX as usize,
            "agent table is full: {n_agents} agents"
        );
        let idx = AgentIdx(n_agents as u32);
        self.names.push(agent.clone());
        self.by_name.insert(agent.clone(), idx);
        idx
    }

    /// Forgets every agent with an index of `len` or more: undoes the latest interning.
    ///
    /// For rolling back an operation that interned names and then failed.
    /// A `len` beyond the end changes nothing.
    ///
    /// # Complexity
    /// O(k log n), k = agents forgotten.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, AgentTable};
    /// let mut table = AgentTable::new();
    /// table.intern(&AgentId::new("alice")?);
    /// let mark = table.len();
    /// table.intern(&AgentId::new("bob")?);
    /// table.truncate(mark);
    /// assert_eq!(table.index_of("bob"), None);
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        while self.names.len() > len {
            if let Some(name) = self.names.pop() {
                self.by_name.remove(&name);
            }
        }
    }

    /// Returns the index of the agent called `name`, or `None` if it was never interned.
    ///
    /// # Complexity
    /// O(log n), n = agents interned.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::AgentTable::new().index_of("nobody"), None);
    /// ```
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<AgentIdx> {
        self.by_name.get(name).copied()
    }

    /// Returns the agent with this index, or `None` if the table has no such index.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentIdx, AgentTable};
    /// assert_eq!(AgentTable::new().get(AgentIdx::new(0)), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self, idx: AgentIdx) -> Option<&AgentId> {
        self.names.get(idx.index())
    }

    /// Returns the agent with this index, which must come from this table.
    ///
    /// For indexes the document itself stored; use [`get`](Self::get) for any other.
    ///
    /// # Panics
    /// If `idx.index() >= self.len()`: the index belongs to another table, or was truncated away.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, AgentTable};
    /// let mut table = AgentTable::new();
    /// let alice = table.intern(&AgentId::new("alice")?);
    /// assert_eq!(table.name(alice).as_str(), "alice");
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn name(&self, idx: AgentIdx) -> &AgentId {
        &self.names[idx.index()]
    }

    /// Compares the names of two agents of this table, by bytes.
    ///
    /// # Panics
    /// If an index is not from this table, as in [`name`](Self::name).
    /// # Complexity
    /// O(1): names are bounded.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, AgentTable};
    /// let mut table = AgentTable::new();
    /// let b = table.intern(&AgentId::new("b")?);
    /// let a = table.intern(&AgentId::new("a")?);
    /// assert!(table.cmp_names(a, b).is_lt());
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn cmp_names(&self, left: AgentIdx, right: AgentIdx) -> Ordering {
        if left == right {
            Ordering::Equal
        } else {
            self.name(left).cmp(self.name(right))
        }
    }

    /// Returns the number of interned agents.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::AgentTable::new().len(), 0);
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns whether no agent is interned.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_core::AgentTable::new().is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Iterates over the agents in index order: the first has index 0.
    ///
    /// # Complexity
    /// O(1) to make, O(1) a step.
    /// # Examples
    /// ```
    /// # use crdt_core::{AgentId, AgentTable};
    /// let mut table = AgentTable::new();
    /// table.intern(&AgentId::new("b")?);
    /// table.intern(&AgentId::new("a")?);
    /// let names: Vec<&str> = table.iter().map(|agent| agent.as_str()).collect();
    /// assert_eq!(names, ["b", "a"]);
    /// # Ok::<(), crdt_core::AgentIdError>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &AgentId> + ExactSizeIterator {
        self.names.iter()
    }
}
