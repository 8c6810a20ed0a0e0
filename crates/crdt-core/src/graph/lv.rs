//! Local versions: dense numbers for events, private to one replica.
//!
//! # Invariants
//! A graph gives out the numbers from 0 without a gap, and stays at or below [`MAX_EVENTS`], so
//! `lv + 1` never overflows for the event of a graph.

use core::fmt;

/// The most events one graph can hold.
///
/// One bit of the 32 is left free so that engines can name events and the text between them in
/// one `u32`. Adding more is an error, never a wrap.
pub const MAX_EVENTS: u32 = (1 << 31) - 1;

/// Local version: the index of an event in the order this replica learned of events.
///
/// It never leaves the process: another replica numbers the same events differently. Use
/// [`CausalGraph::dot_of`](crate::CausalGraph::dot_of) for what goes on the wire.
///
/// # Examples
/// ```
/// use crdt_core::Lv;
///
/// let lv = Lv::new(3);
/// assert_eq!((lv.get(), lv.plus(2), lv.prev()), (3, Lv::new(5), Some(Lv::new(2))));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Lv(u32);

impl Lv {
    /// Makes a local version from its number.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Lv::new(7).get(), 7);
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(lv: u32) -> Self {
        Self(lv)
    }

    /// Returns the number.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Lv::new(7).get(), 7);
    /// ```
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the number, for indexing.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// assert_eq!(crdt_core::Lv::new(7).index(), 7);
    /// ```
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Returns the local version `n` further on.
    ///
    /// # Panics
    /// Where overflow checks are on, if the sum passes `u32::MAX`; elsewhere it wraps. Sums of an
    /// event of a graph and the length of one do not.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::Lv;
    /// assert_eq!(Lv::new(7).plus(2), Lv::new(9));
    /// ```
    #[inline]
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0 + n)
    }

    /// Returns the local version just before this one, `None` for the first.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::Lv;
    /// assert_eq!(Lv::new(0).prev(), None);
    /// ```
    #[inline]
    #[must_use]
    pub const fn prev(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(lv) => Some(Self(lv)),
            None => None,
        }
    }
}

impl fmt::Display for Lv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Consecutive local versions, half-open; empty if `end` is not above `start`.
///
/// # Examples
/// ```
/// use crdt_core::{Lv, LvRange};
///
/// let range = LvRange::new(Lv::new(3), Lv::new(6));
/// assert_eq!((range.len(), range.last()), (3, Lv::new(5)));
/// assert!(range.contains(Lv::new(3)) && !range.contains(Lv::new(6)));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct LvRange {
    /// The first.
    pub start: Lv,
    /// One past the last.
    pub end: Lv,
}

impl LvRange {
    /// Makes the range `start..end`.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Lv, LvRange};
    /// assert_eq!(LvRange::new(Lv::new(3), Lv::new(6)).start, Lv::new(3));
    /// ```
    #[inline]
    #[must_use]
    pub const fn new(start: Lv, end: Lv) -> Self {
        Self { start, end }
    }

    /// Returns how many events it holds.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Lv, LvRange};
    /// assert_eq!(LvRange::new(Lv::new(3), Lv::new(6)).len(), 3);
    /// ```
    #[inline]
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Returns whether it holds none.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Lv, LvRange};
    /// assert!(LvRange::new(Lv::new(3), Lv::new(3)).is_empty());
    /// ```
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the last event, the one before `end`; only of a range that is not empty.
    ///
    /// # Panics
    /// Where overflow checks are on, if `end` is 0; elsewhere it wraps.
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Lv, LvRange};
    /// assert_eq!(LvRange::new(Lv::new(3), Lv::new(6)).last(), Lv::new(5));
    /// ```
    #[inline]
    #[must_use]
    pub const fn last(self) -> Lv {
        Lv(self.end.0 - 1)
    }

    /// Returns whether `lv` lies inside.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Lv, LvRange};
    /// assert!(LvRange::new(Lv::new(3), Lv::new(6)).contains(Lv::new(5)));
    /// ```
    #[inline]
    #[must_use]
    pub const fn contains(self, lv: Lv) -> bool {
        self.start.0 <= lv.0 && lv.0 < self.end.0
    }

    /// Returns the part that both ranges hold; empty if they do not meet.
    ///
    /// # Complexity
    /// O(1).
    /// # Examples
    /// ```
    /// # use crdt_core::{Lv, LvRange};
    /// let (left, right) = (LvRange::new(Lv::new(3), Lv::new(6)), LvRange::new(Lv::new(5), Lv::new(9)));
    /// assert_eq!(left.intersect(right), LvRange::new(Lv::new(5), Lv::new(6)));
    /// ```
    #[inline]
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let start = self.start.max(other.start);
        Self {
            start,
            end: self.end.min(other.end).max(start),
        }
    }

    /// The part below `end`.
    pub(super) fn clamp_to(self, end: Lv) -> Self {
        self.intersect(Self::new(Lv(0), end))
    }
}
