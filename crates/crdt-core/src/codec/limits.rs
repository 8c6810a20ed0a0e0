//! What decoding may cost: declared limits, and the budget drawn down from them.
//!
//! **Invariant.** A failed spend takes nothing from the budget.
//!
//! **Costs.** Everything here is O(1).

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use core::fmt;

use super::{DecodeError, Reader};
use crate::MAX_DEPTH;

/// What decoding one input may cost at most.
///
/// The defaults suit a program that opens its own large documents; a server that reads from strangers
/// lowers them.
///
/// # Examples
/// ```
/// use crdt_core::codec::DecodeLimits;
///
/// let strict = DecodeLimits::default().with_max_bytes(64 << 10).with_max_agents(100);
/// assert!(strict.open(&[0; 65 << 10]).is_err());
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DecodeLimits {
    /// Length of the input, in bytes. Default 256 MiB.
    pub max_bytes: u64,
    /// Items in all collections and columns together, after expansion of runs. Default 2^22.
    pub max_items: u64,
    /// Agent names in all tables together. Default 2^20.
    pub max_agents: u64,
    /// Bytes that decompression may produce. Default 512 MiB.
    pub max_output_bytes: u64,
    /// Memory for what is built, in bytes, as decoders estimate it before they allocate; what they take
    /// in truth, growing included, is at most four times as much. Default 4 GiB.
    pub max_memory: u64,
    /// Depth of nested values. Default 64.
    pub max_depth: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            max_bytes: 256 << 20,
            max_items: 1 << 22,
            max_agents: 1 << 20,
            max_output_bytes: 512 << 20,
            max_memory: 4 << 30,
            max_depth: MAX_DEPTH,
        }
    }
}

impl DecodeLimits {
    /// Sets the largest input, in bytes.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeLimits;
    /// assert_eq!(DecodeLimits::default().with_max_bytes(9).max_bytes, 9);
    /// ```
    #[must_use]
    pub const fn with_max_bytes(mut self, n_bytes: u64) -> Self {
        self.max_bytes = n_bytes;
        self
    }

    /// Sets the largest number of items.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeLimits;
    /// assert_eq!(DecodeLimits::default().with_max_items(9).max_items, 9);
    /// ```
    #[must_use]
    pub const fn with_max_items(mut self, n_items: u64) -> Self {
        self.max_items = n_items;
        self
    }

    /// Sets the largest number of agent names.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeLimits;
    /// assert_eq!(DecodeLimits::default().with_max_agents(9).max_agents, 9);
    /// ```
    #[must_use]
    pub const fn with_max_agents(mut self, n_agents: u64) -> Self {
        self.max_agents = n_agents;
        self
    }

    /// Sets how many bytes decompression may produce.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeLimits;
    /// assert_eq!(DecodeLimits::default().with_max_output_bytes(9).max_output_bytes, 9);
    /// ```
    #[must_use]
    pub const fn with_max_output_bytes(mut self, n_bytes: u64) -> Self {
        self.max_output_bytes = n_bytes;
        self
    }

    /// Sets how much memory may be asked for, in bytes.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Decode, DecodeLimits, Encode};
    /// let small = DecodeLimits::default().with_max_memory(1 << 10);
    /// let numbers = vec![7_u64; 1000].to_bytes();
    /// assert!(Vec::<u64>::from_bytes(&numbers, &small).unwrap_err().is_budget_exceeded());
    /// ```
    #[must_use]
    pub const fn with_max_memory(mut self, n_bytes: u64) -> Self {
        self.max_memory = n_bytes;
        self
    }

    /// Sets the largest nesting depth.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::DecodeLimits;
    /// assert_eq!(DecodeLimits::default().with_max_depth(9).max_depth, 9);
    /// ```
    #[must_use]
    pub const fn with_max_depth(mut self, depth: u64) -> Self {
        self.max_depth = depth;
        self
    }

    /// Starts decoding `bytes`: checks their length and returns a reader and a fresh budget.
    ///
    /// # Errors
    /// [`DecodeError::BudgetExceeded`] if `bytes` is longer than `max_bytes`.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{DecodeError, DecodeLimits};
    /// let (mut reader, _budget) = DecodeLimits::default().open(&[7])?;
    /// assert_eq!(reader.u8()?, 7);
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn open<'a>(&self, bytes: &'a [u8]) -> Result<(Reader<'a>, Budget), DecodeError> {
        let n_bytes = bytes.len() as u64;
        if n_bytes > self.max_bytes {
            return Err(DecodeError::BudgetExceeded {
                limit: Limit::InputBytes,
                max: self.max_bytes,
                requested: n_bytes,
            });
        }
        Ok((Reader::new(bytes), Budget::new(self)))
    }
}

/// Names one of the [`DecodeLimits`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// [`DecodeLimits::max_bytes`].
    InputBytes,
    /// [`DecodeLimits::max_items`].
    Items,
    /// [`DecodeLimits::max_agents`].
    Agents,
    /// [`DecodeLimits::max_output_bytes`].
    OutputBytes,
    /// [`DecodeLimits::max_memory`].
    Memory,
    /// [`DecodeLimits::max_depth`].
    Depth,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InputBytes => "input bytes",
            Self::Items => "items",
            Self::Agents => "agents",
            Self::OutputBytes => "decompressed bytes",
            Self::Memory => "bytes of memory",
            Self::Depth => "levels of nesting",
        })
    }
}

/// What is left of the [`DecodeLimits`] while one input is decoded.
///
/// One budget serves the whole input, nested values included; a decoder spends *before* it allocates.
///
/// # Examples
/// ```
/// use crdt_core::codec::{Budget, DecodeLimits};
///
/// let mut budget = Budget::new(&DecodeLimits::default().with_max_items(10));
/// budget.spend_items(7)?;
/// assert!(budget.spend_items(4).is_err());
/// budget.spend_items(3)?; // the refused spend took nothing
/// # Ok::<(), crdt_core::codec::DecodeError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Budget {
    limits: DecodeLimits,
    n_items: u64,
    n_agents: u64,
    n_output_bytes: u64,
    n_memory: u64,
    depth: u64,
}

impl Budget {
    /// Makes an unspent budget.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// assert!(Budget::new(&DecodeLimits::default()).spend_items(1).is_ok());
    /// ```
    #[must_use]
    pub const fn new(limits: &DecodeLimits) -> Self {
        Self {
            limits: *limits,
            n_items: 0,
            n_agents: 0,
            n_output_bytes: 0,
            n_memory: 0,
            depth: 0,
        }
    }

    /// Returns the limits the budget was made from.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let limits = DecodeLimits::default();
    /// assert_eq!(Budget::new(&limits).limits(), &limits);
    /// ```
    #[must_use]
    pub const fn limits(&self) -> &DecodeLimits {
        &self.limits
    }

    /// Spends `n` items of collections or columns, and 16 bytes of memory for each.
    ///
    /// # Errors
    /// [`DecodeError::BudgetExceeded`] if fewer remain; the budget is unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_items(1));
    /// assert!(budget.spend_items(1).is_ok() && budget.spend_items(1).is_err());
    /// ```
    pub fn spend_items(&mut self, n: u64) -> Result<(), DecodeError> {
        let n_items = sum(self.n_items, n, self.limits.max_items, Limit::Items)?;
        self.spend_memory(n.saturating_mul(ITEM_BYTES))?;
        self.n_items = n_items;
        Ok(())
    }

    /// Returns how many items could be spent now.
    ///
    /// Who takes in very many small things counts them, and spends once.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_items(10));
    /// budget.spend_items(3)?;
    /// assert_eq!(budget.items_left(), 7);
    /// # Ok::<(), crdt_core::codec::DecodeError>(())
    /// ```
    #[must_use]
    pub fn items_left(&self) -> u64 {
        let n_items = self.limits.max_items.saturating_sub(self.n_items);
        let n_bytes = self.limits.max_memory.saturating_sub(self.n_memory);
        n_items.min(n_bytes / ITEM_BYTES)
    }

    /// Spends `n` agent names, and 64 bytes of memory for each.
    ///
    /// # Errors
    /// [`DecodeError::BudgetExceeded`] if fewer remain; the budget is unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_agents(1));
    /// assert!(budget.spend_agents(1).is_ok() && budget.spend_agents(1).is_err());
    /// ```
    pub fn spend_agents(&mut self, n: u64) -> Result<(), DecodeError> {
        let n_agents = sum(self.n_agents, n, self.limits.max_agents, Limit::Agents)?;
        self.spend_memory(n.saturating_mul(AGENT_BYTES))?;
        self.n_agents = n_agents;
        Ok(())
    }

    /// Spends `n` bytes of decompressed output, and as much memory.
    ///
    /// # Errors
    /// [`DecodeError::BudgetExceeded`] if fewer remain; the budget is unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_output_bytes(1));
    /// assert!(budget.spend_output_bytes(1).is_ok() && budget.spend_output_bytes(1).is_err());
    /// ```
    pub fn spend_output_bytes(&mut self, n: u64) -> Result<(), DecodeError> {
        let max = self.limits.max_output_bytes;
        let n_output_bytes = sum(self.n_output_bytes, n, max, Limit::OutputBytes)?;
        self.spend_memory(n)?;
        self.n_output_bytes = n_output_bytes;
        Ok(())
    }

    /// Spends `n` bytes of memory, for what no other spend pays for.
    ///
    /// # Errors
    /// [`DecodeError::BudgetExceeded`] if fewer remain; the budget is unchanged.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_memory(9));
    /// assert!(budget.spend_memory(9).is_ok() && budget.spend_memory(1).is_err());
    /// ```
    pub fn spend_memory(&mut self, n: u64) -> Result<(), DecodeError> {
        self.n_memory = sum(self.n_memory, n, self.limits.max_memory, Limit::Memory)?;
        Ok(())
    }

    /// Spends the memory of a list of `n` values.
    ///
    /// # Errors
    /// As [`spend_memory`](Self::spend_memory).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_memory(32));
    /// assert!(budget.spend_list::<u64>(4).is_ok() && budget.spend_list::<u64>(1).is_err());
    /// ```
    pub fn spend_list<T>(&mut self, n: usize) -> Result<(), DecodeError> {
        self.spend_memory((n as u64).saturating_mul(size_of::<T>() as u64))
    }

    /// Spends the memory of a tree of `n` entries, whose nodes have room for some more.
    ///
    /// # Errors
    /// As [`spend_memory`](Self::spend_memory).
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeLimits};
    /// let mut budget = Budget::new(&DecodeLimits::default().with_max_memory(100));
    /// assert!(budget.spend_tree::<u64>(1).is_ok(), "a node of eleven");
    /// assert!(budget.spend_tree::<u64>(12).is_err(), "two of them");
    /// ```
    pub fn spend_tree<T>(&mut self, n: usize) -> Result<(), DecodeError> {
        self.spend_list::<T>(n.checked_next_multiple_of(NODE_LEN).unwrap_or(usize::MAX))
    }

    /// Decodes a nested value with `decode`, one level deeper.
    ///
    /// # Errors
    /// [`DecodeError::BudgetExceeded`] if the nesting would be too deep, and whatever `decode` returns.
    /// # Complexity
    /// O(1) besides `decode`.
    /// # Examples
    /// ```
    /// # use crdt_core::codec::{Budget, DecodeError, DecodeLimits, Reader};
    /// fn depth(r: &mut Reader<'_>, budget: &mut Budget) -> Result<u64, DecodeError> {
    ///     if r.is_empty() {
    ///         return Ok(0);
    ///     }
    ///     r.u8()?;
    ///     budget.nested(|budget| Ok(1 + depth(r, budget)?))
    /// }
    /// let (mut reader, mut budget) = DecodeLimits::default().open(&[0; 65])?;
    /// assert!(depth(&mut reader, &mut budget).unwrap_err().is_budget_exceeded());
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn nested<T, E: From<DecodeError>>(
        &mut self,
        decode: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.descend()?;
        let result = decode(self);
        self.ascend();
        result
    }

    /// Goes one level deeper, for readers that own the budget.
    pub(crate) fn descend(&mut self) -> Result<(), DecodeError> {
        self.depth = sum(self.depth, 1, self.limits.max_depth, Limit::Depth)?;
        Ok(())
    }

    /// Leaves the level entered last.
    pub(crate) fn ascend(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

/// What an item is taken to weigh: no more than the least that a collection holds of one.
const ITEM_BYTES: u64 = 16;

/// What an agent is taken to weigh: a short name on the heap, and its places in tables.
const AGENT_BYTES: u64 = 64;

/// How many entries a node of a tree has room for.
const NODE_LEN: usize = 11;

/// Returns `used` and `n`, unless they pass `max`.
fn sum(used: u64, n: u64, max: u64, limit: Limit) -> Result<u64, DecodeError> {
    let requested = used.saturating_add(n);
    if requested > max {
        return Err(DecodeError::BudgetExceeded {
            limit,
            max,
            requested,
        });
    }
    Ok(requested)
}
