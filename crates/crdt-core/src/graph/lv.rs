//! Local versions: dense numbers for events, private to one replica.

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
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Lv(u32);

impl Lv {
    /// Makes a local version from its number.
    #[inline]
    #[must_use]
    pub const fn new(lv: u32) -> Self {
        Self(lv)
    }

    /// The number.
    #[inline]
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The number, for indexing.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The local version `n` further on.
    ///
    /// # Panics
    /// In debug builds, on overflow; graphs stay below [`MAX_EVENTS`].
    #[inline]
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0 + n)
    }

    /// The local version just before this one, `None` for the first.
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

/// Consecutive local versions, half-open.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct LvRange {
    /// The first.
    pub start: Lv,
    /// One past the last.
    pub end: Lv,
}

impl LvRange {
    /// Makes the range `start..end`.
    #[inline]
    #[must_use]
    pub const fn new(start: Lv, end: Lv) -> Self {
        Self { start, end }
    }

    /// How many events it holds.
    #[inline]
    #[must_use]
    pub const fn len(self) -> u32 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Whether it holds none.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The last event.
    ///
    /// # Panics
    /// In debug builds, if the range is empty.
    #[inline]
    #[must_use]
    pub const fn last(self) -> Lv {
        Lv(self.end.0 - 1)
    }

    /// Whether `lv` lies inside.
    #[inline]
    #[must_use]
    pub const fn contains(self, lv: Lv) -> bool {
        self.start.0 <= lv.0 && lv.0 < self.end.0
    }

    /// The part that both ranges hold; empty if they do not meet.
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
