//! The two-phase set: in once, out for ever.
//!
//! **Costs.** Access to one element is O(log n), n = elements ever added or removed.

mod impls;

use alloc::collections::BTreeSet;
use core::borrow::Borrow;

/// A set whose elements enter once, and never come back when they have left.
///
/// Each element goes one way: never seen, added, removed. Of a concurrent add and remove, the
/// removal wins, whether or not the remover had seen the add. So an element can be removed before
/// it is seen at all: it is barred. It suits elements that are never meant twice, such as names of
/// messages that were handled; for others take a set that can add again.
///
/// # Invariants
/// What was removed is not also kept as added.
/// # Convergence
/// Per element, join takes the later phase.
/// # Examples
/// ```
/// use crdt_core::Lattice;
/// use crdt_maps::TwoPSet;
///
/// let mut laptop = TwoPSet::new();
/// laptop.add("job 1");
/// laptop.add("job 2");
/// let mut phone = laptop.clone();
///
/// let delta = phone.remove_with_delta("job 1");
/// laptop.join(&delta);
/// assert_eq!(laptop.iter().collect::<Vec<_>>(), [&"job 2"]);
/// assert!(!laptop.add("job 1"), "removed for ever");
/// ```
/// # References
/// Shapiro et al., 2011, section 3.3.2. Differs: an element may be removed before it is seen, and a
/// removed element is stored once, not in both halves.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TwoPSet<T> {
    /// What is in: disjoint from `removed`.
    pub(super) added: BTreeSet<T>,
    pub(super) removed: BTreeSet<T>,
}

impl<T> TwoPSet<T> {
    /// Makes an empty set.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert_eq!(crdt_maps::TwoPSet::<u8>::new().len(), 0);
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            added: BTreeSet::new(),
            removed: BTreeSet::new(),
        }
    }

    /// Adds `element`; returns whether that changed anything.
    ///
    /// Returns `false` if it was in, and also if it was removed, in which case it stays out.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added or removed.
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// assert!(set.add(1) && !set.add(1));
    /// set.remove(1);
    /// assert!(!set.add(1) && !set.contains(&1));
    /// ```
    pub fn add(&mut self, element: T) -> bool
    where
        T: Ord,
    {
        !self.removed.contains(&element) && self.added.insert(element)
    }

    /// Adds `element` and returns the delta: empty if that changed nothing.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added or removed, and a clone of `element`.
    /// # Convergence
    /// Joined anywhere, any number of times, the delta adds the element where it was not removed.
    /// # Examples
    /// ```
    /// # use crdt_core::Lattice;
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// assert!(set.add_with_delta(1).contains(&1));
    /// assert!(set.add_with_delta(1).is_bottom());
    /// ```
    pub fn add_with_delta(&mut self, element: T) -> Self
    where
        T: Clone + Ord,
    {
        let mut delta = Self::new();
        if self.add(element.clone()) {
            delta.add(element);
        }
        delta
    }

    /// Removes `element` for ever; returns whether it was not removed before.
    ///
    /// The element need not be in: one that was never seen is barred, and an add that arrives later
    /// changes nothing.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added or removed.
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// assert!(set.remove("spam") && !set.remove("spam"));
    /// assert!(!set.add("spam"));
    /// ```
    pub fn remove(&mut self, element: T) -> bool
    where
        T: Ord,
    {
        self.added.remove(&element);
        self.removed.insert(element)
    }

    /// Removes `element` for ever and returns the delta: empty if it was removed before.
    ///
    /// # Complexity
    /// O(log n), n = elements ever added or removed, and a clone of `element`.
    /// # Convergence
    /// Joined anywhere, any number of times, in any order with adds, the delta removes the element.
    /// # Examples
    /// ```
    /// # use crdt_core::Lattice;
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// assert!(set.remove_with_delta(1).is_removed(&1));
    /// assert!(set.remove_with_delta(1).is_bottom());
    /// ```
    pub fn remove_with_delta(&mut self, element: T) -> Self
    where
        T: Clone + Ord,
    {
        let mut delta = Self::new();
        if self.remove(element.clone()) {
            delta.remove(element);
        }
        delta
    }

    /// Returns whether `element` is in.
    ///
    /// # Complexity
    /// O(log n), n = elements.
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// set.add(1);
    /// assert!(set.contains(&1) && !set.contains(&2));
    /// ```
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.added.contains(element)
    }

    /// Returns whether `element` was removed, and so can never be in.
    ///
    /// # Complexity
    /// O(log n), n = elements removed.
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// set.remove(1);
    /// assert!(set.is_removed(&1) && !set.is_removed(&2));
    /// ```
    #[must_use]
    pub fn is_removed<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.removed.contains(element)
    }

    /// Iterates over the elements that are in, in ascending order.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// set.add(2);
    /// set.add(1);
    /// set.remove(3);
    /// assert_eq!(set.iter().collect::<Vec<_>>(), [&1, &2]);
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.added.iter()
    }

    /// Iterates over the elements that were removed, in ascending order.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// set.remove(3);
    /// assert_eq!(set.removed().collect::<Vec<_>>(), [&3]);
    /// ```
    pub fn removed(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.removed.iter()
    }

    /// Returns the number of elements that are in.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_maps::TwoPSet;
    /// let mut set = TwoPSet::new();
    /// set.add(1);
    /// set.remove(2);
    /// assert_eq!(set.len(), 1);
    /// ```
    #[expect(
        clippy::len_without_is_empty,
        reason = "a delta that only removes has no elements and is yet not empty"
    )]
    #[must_use]
    pub fn len(&self) -> usize {
        self.added.len()
    }

    /// Makes a set of its halves; `None` if they overlap.
    pub(super) fn from_halves(added: BTreeSet<T>, removed: BTreeSet<T>) -> Option<Self>
    where
        T: Ord,
    {
        added
            .is_disjoint(&removed)
            .then_some(Self { added, removed })
    }
}
