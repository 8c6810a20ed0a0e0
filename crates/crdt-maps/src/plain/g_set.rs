//! The grow-only set.
//!
//! **Costs.** Access to one element is O(log n), n = elements.

mod impls;

use alloc::collections::BTreeSet;
use core::borrow::Borrow;

/// A set that elements enter and never leave.
///
/// # Convergence
/// Join is the union.
/// # Examples
/// ```
/// use crdt_core::Lattice;
/// use crdt_maps::GSet;
///
/// let mut laptop = GSet::from_iter(["milk", "eggs"]);
/// let mut phone = GSet::from_iter(["bread", "milk"]);
/// let before = laptop.clone();
/// laptop.join(&phone);
/// phone.join(&before);
/// assert_eq!(laptop, phone);
/// assert_eq!(laptop.iter().collect::<Vec<_>>(), [&"bread", &"eggs", &"milk"]);
/// ```
/// # References
/// Shapiro et al., 2011, section 3.3.1.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct GSet<T> {
    pub(super) elements: BTreeSet<T>,
}

impl<T> GSet<T> {
    /// Makes an empty set.
    ///
    /// # Complexity
    /// O(1); allocates nothing.
    /// # Examples
    /// ```
    /// assert!(crdt_maps::GSet::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            elements: BTreeSet::new(),
        }
    }

    /// Inserts `element`; returns whether it was not in.
    ///
    /// # Complexity
    /// O(log n), n = elements.
    /// # Examples
    /// ```
    /// # use crdt_maps::GSet;
    /// let mut set = GSet::new();
    /// assert!(set.insert(1) && !set.insert(1));
    /// ```
    pub fn insert(&mut self, element: T) -> bool
    where
        T: Ord,
    {
        self.elements.insert(element)
    }

    /// Inserts `element` and returns the delta: the element, or nothing if it was in.
    ///
    /// # Complexity
    /// O(log n), n = elements, and a clone of `element`.
    /// # Convergence
    /// Joined anywhere, any number of times, the delta adds the element.
    /// # Examples
    /// ```
    /// # use crdt_maps::GSet;
    /// let mut set = GSet::new();
    /// assert_eq!(set.insert_with_delta(1), GSet::from_iter([1]));
    /// assert!(set.insert_with_delta(1).is_empty());
    /// ```
    pub fn insert_with_delta(&mut self, element: T) -> Self
    where
        T: Clone + Ord,
    {
        let mut delta = Self::new();
        if !self.contains(&element) {
            delta.insert(element.clone());
            self.insert(element);
        }
        delta
    }

    /// Returns whether `element` is in.
    ///
    /// # Complexity
    /// O(log n), n = elements.
    /// # Examples
    /// ```
    /// # use crdt_maps::GSet;
    /// let set = GSet::from_iter([String::from("milk")]);
    /// assert!(set.contains("milk") && !set.contains("eggs"));
    /// ```
    #[must_use]
    pub fn contains<Q>(&self, element: &Q) -> bool
    where
        T: Borrow<Q> + Ord,
        Q: Ord + ?Sized,
    {
        self.elements.contains(element)
    }

    /// Iterates over the elements in ascending order.
    ///
    /// # Complexity
    /// O(1) a step, amortised.
    /// # Examples
    /// ```
    /// # use crdt_maps::GSet;
    /// let set = GSet::from_iter([3, 1, 2]);
    /// assert_eq!(set.iter().collect::<Vec<_>>(), [&1, &2, &3]);
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.elements.iter()
    }

    /// Returns the number of elements.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_maps::GSet;
    /// assert_eq!(GSet::from_iter([3, 1, 3]).len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Returns whether there is no element.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert!(crdt_maps::GSet::<u8>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }
}
