//! The causal length set: membership as the length of a chain of toggles.
//!
//! **Costs.** Access to one element is O(log n), n = elements ever added.

mod impls;

use alloc::collections::BTreeMap;
use core::borrow::Borrow;

use crdt_core::{Classify, ErrorKind};

/// A set whose elements come and go at the price of one number each.
///
/// An element has a causal length: 0 if it was never in, and one more for each add or remove that
/// changed something. Odd is in, even is out, and the longer chain wins. No agent, no clock and no
/// dots are needed, so anonymous writers can share one.
///
/// The rule for concurrent changes follows from it. Replicas that change an element in the same way
/// from the same length did it once. Of an add and a remove, the side with the longer chain wins,
/// which is the one that saw more toggles; neither adds nor removes win as such. What was once
/// added keeps its number for ever.
///
/// # Invariants
/// No length of 0 is stored.
/// # Convergence
/// Per element, join takes the greater length.
/// # Examples
/// ```
/// use crdt_core::Lattice;
/// use crdt_maps::CausalLengthSet;
///
/// let mut laptop = CausalLengthSet::new();
/// laptop.add("starred");
/// let mut phone = laptop.clone();
///
/// // The phone takes the star away and puts it back; the laptop only takes it away.
/// phone.remove("starred")?;
/// phone.add("starred");
/// laptop.remove("starred")?;
///
/// laptop.join(&phone);
/// assert!(laptop.contains("starred"));
/// assert_eq!(laptop.causal_length("starred"), 3);
/// # Ok::<(), crdt_maps::LengthError>(())
/// ```
/// # References
/// Yu, Rostad, "A low-cost set CRDT based on causal lengths", 2020.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CausalLengthSet<T> {
    /// At least 1.
    pub(super) lengths: BTreeMap<T, u64>,
    /// How many of `lengths` are odd.
    n_in: usize,
}

/// Why an element of a [`CausalLengthSet`] cannot be toggled.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LengthError {
    /// The element has the largest causal length there is. Toggling never gets there: somebody
    /// claimed it, and the element stays in.
    #[error("no causal length is larger than that of the element")]
    Exhausted,
}

impl Classify for LengthError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Misuse
    }
}

impl<T> CausalLengthSet<T> {
    /// Makes an empty set.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::CausalLengthSet::<u8>::new().len(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lengths: BTreeMap::new(),
            n_in: 0,
        }
    }

    /// Adds `element`; returns whether it was not in.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added.
    /// # Examples
    /// ```
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// assert!(set.add(1) && !set.add(1));
    /// ```
    pub fn add(&mut self, element: T) -> bool
    where
        T: Ord,
    {
        let length = self.lengths.entry(element).or_insert(0);
        let is_out = !is_in(*length);
        if is_out {
            // An even number is never the largest.
            *length += 1;
            self.n_in += 1;
        }
        is_out
    }

    /// Adds `element` and returns the delta: empty if it was in.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added, and a clone of `element`.
    /// # Convergence
    /// The delta is the new length of the element. Joined anywhere, any number of times, it adds
    /// the element unless a longer chain is known there.
    /// # Examples
    /// ```
    /// # use crdt_core::Lattice;
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// assert!(set.add_with_delta(1).contains(&1));
    /// assert!(set.add_with_delta(1).is_bottom());
    /// ```
    pub fn add_with_delta(&mut self, element: T) -> Self
    where
        T: Clone + Ord,
    {
        if !self.add(element.clone()) {
            return Self::new();
        }
        let length = self.causal_length(&element);
        Self::single(element, length)
    }

    /// Removes `element`; returns whether it was in.
    ///
    /// # Errors
    /// [`LengthError::Exhausted`] if its causal length is the largest; the set is unchanged.
    /// # Complexity
    /// O(log n), n = elements ever added.
    /// # Examples
    /// ```
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// set.add(1);
    /// assert!(set.remove(&1)? && !set.remove(&1)?);
    /// # Ok::<(), crdt_maps::LengthError>(())
    /// ```
    pub fn remove<Q>(&mut self, element: &Q) -> Result<bool, LengthError>
    where
        T: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        let Some(length) = self.lengths.get_mut(element).filter(|n| is_in(**n)) else {
            return Ok(false);
        };
        *length = length.checked_add(1).ok_or(LengthError::Exhausted)?;
        self.n_in -= 1;
        Ok(true)
    }

    /// Removes `element` and returns the delta: empty if it was not in.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    /// # Complexity
    /// O(log n), n = elements ever added, and a clone of `element`.
    /// # Convergence
    /// The delta is the new length of the element. Joined anywhere, any number of times, it removes
    /// the element unless a longer chain is known there.
    /// # Examples
    /// ```
    /// # use crdt_core::Lattice;
    /// # use crdt_maps::CausalLengthSet;
    /// let mut ours = CausalLengthSet::new();
    /// ours.add(1);
    /// let mut theirs = ours.clone();
    /// let delta = ours.remove_with_delta(&1)?;
    /// theirs.join(&delta);
    /// assert!(!theirs.contains(&1));
    /// # Ok::<(), crdt_maps::LengthError>(())
    /// ```
    pub fn remove_with_delta<Q>(&mut self, element: &Q) -> Result<Self, LengthError>
    where
        T: Borrow<Q> + Clone + Ord,
        Q: Ord + ?Sized,
    {
        if !self.remove(element)? {
            return Ok(Self::new());
        }
        let entry = self.lengths.get_key_value(element);
        Ok(entry.map_or_else(Self::new, |(element, &length)| {
            Self::single(element.clone(), length)
        }))
    }

    /// Returns whether `element` is in.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added.
    /// # Examples
    /// ```
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// set.add(1);
    /// assert!(set.contains(&1) && !set.contains(&2));
    /// ```
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        is_in(self.causal_length(element))
    }

    /// Returns how often `element` was toggled; 0 if it was never in.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added.
    /// # Examples
    /// ```
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// set.add(1);
    /// set.remove(&1)?;
    /// assert_eq!((set.causal_length(&1), set.causal_length(&2)), (2, 0));
    /// # Ok::<(), crdt_maps::LengthError>(())
    /// ```
    #[must_use]
    pub fn causal_length<Q>(&self, element: &Q) -> u64
    where
        T: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.lengths.get(element).copied().unwrap_or(0)
    }

    /// Iterates over the elements that are in, in ascending order.
    ///
    /// # Complexity
    /// O(n) for all, n = elements ever added.
    /// # Examples
    /// ```
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// set.add(2);
    /// set.add(1);
    /// set.remove(&2)?;
    /// assert_eq!(set.iter().collect::<Vec<_>>(), [&1]);
    /// # Ok::<(), crdt_maps::LengthError>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        let lengths = self.lengths.iter();
        lengths.filter_map(|(element, &length)| is_in(length).then_some(element))
    }

    /// Returns the number of elements that are in.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_maps::CausalLengthSet;
    /// let mut set = CausalLengthSet::new();
    /// set.add(1);
    /// assert_eq!(set.len(), 1);
    /// ```
    #[expect(
        clippy::len_without_is_empty,
        reason = "a delta that only removes has no elements and is yet not empty"
    )]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.n_in
    }

    /// Makes a set of lengths; `None` if one is 0.
    pub(super) fn from_lengths(lengths: BTreeMap<T, u64>) -> Option<Self> {
        let n_in = lengths.values().filter(|&&length| is_in(length)).count();
        (!lengths.values().any(|&length| length == 0)).then_some(Self { lengths, n_in })
    }

    /// Makes the set in which one element has a length other than 0.
    fn single(element: T, length: u64) -> Self
    where
        T: Ord,
    {
        Self {
            lengths: [(element, length)].into(),
            n_in: usize::from(is_in(length)),
        }
    }

    /// Raises the length of `element` to `length`, which is not 0; returns whether it was lower.
    fn raise(&mut self, element: &T, length: u64) -> bool
    where
        T: Clone + Ord,
    {
        let was_in = match self.lengths.get_mut(element) {
            Some(held) if *held >= length => return false,
            Some(held) => is_in(core::mem::replace(held, length)),
            None => {
                self.lengths.insert(element.clone(), length);
                false
            }
        };
        self.n_in = self.n_in + usize::from(is_in(length)) - usize::from(was_in);
        true
    }
}

const fn is_in(length: u64) -> bool {
    length % 2 == 1
}
