//! Spans: runs of characters with equal history, what the tracker's lists hold.
//!
//! An id is 32 bits: the number of an inserted character in the order in which the zone's events
//! are applied, or, with [`BASE`] set, the offset of a character in the text that the zone started
//! from. In a zone of two lines each numbers its own, the second with [`LINE`] set.

use core::ops::{Add, AddAssign, Sub};

use crate::tree::{Item, Width};

/// Marks ids of the text from before the zone.
pub(super) const BASE: u32 = 1 << 31;
/// Marks ids of the second line, in zones of two lines: these are small.
pub(super) const LINE: u32 = 1 << 30;
/// The origin left of what was inserted at the very start.
pub(super) const START: u32 = u32::MAX;

/// Set in `state` once any delete has reached the span.
const DELETED: u32 = 1 << 31;

/// Characters with consecutive ids that stand next to each other and share their history.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Span {
    /// Id of the first character.
    pub(super) id: u32,
    pub(super) len: u32,
    /// Id of the character to the left when the first one was inserted; each other character of
    /// the span has the one before it.
    pub(super) origin_left: u32,
    /// Id of the character to the right then, for all of the span.
    pub(super) origin_right: u32,
    /// Prepare state: 0 not inserted yet, 1 visible, n deleted n - 1 times; and [`DELETED`].
    state: u32,
}

/// How much of a span shows in each state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct SpanWidth {
    /// Characters visible at the version that the walker stands on.
    pub(super) prepare: u32,
    /// Characters visible after everything that was replayed.
    pub(super) effect: u32,
    /// Characters of the text from before the zone, visible or not.
    pub(super) base: u32,
}

impl Span {
    /// Characters of the text from before the zone.
    pub(super) fn base(len: u32) -> Self {
        Self {
            id: BASE,
            len,
            origin_left: START,
            origin_right: START,
            state: 1,
        }
    }

    /// Characters that were just inserted.
    pub(super) fn inserted(id: u32, len: u32, origin_left: u32, origin_right: u32) -> Self {
        Self {
            id,
            len,
            origin_left,
            origin_right,
            state: 1,
        }
    }

    #[inline]
    pub(super) fn is_base(&self) -> bool {
        self.id & BASE != 0
    }

    #[inline]
    pub(super) fn contains(&self, id: u32) -> bool {
        id.wrapping_sub(self.id) < self.len
    }

    #[inline]
    pub(super) fn last_id(&self) -> u32 {
        self.id + self.len - 1
    }

    /// The prepare state as a number.
    #[inline]
    pub(super) fn prepared(&self) -> u32 {
        self.state & !DELETED
    }

    /// The same characters in another prepare state.
    #[inline]
    pub(super) fn with_prepared(self, prepared: u32) -> Self {
        Self {
            state: self.state & DELETED | prepared,
            ..self
        }
    }

    /// Whether it is not inserted yet at the version that the walker stands on.
    #[inline]
    pub(super) fn is_not_inserted(&self) -> bool {
        self.prepared() == 0
    }

    /// Whether it is visible at the version that the walker stands on.
    #[inline]
    pub(super) fn is_prepared(&self) -> bool {
        self.prepared() == 1
    }

    /// Whether it is visible after everything that was replayed.
    #[inline]
    pub(super) fn is_effective(&self) -> bool {
        self.state & DELETED == 0
    }

    /// The part of `len` characters from `from` on.
    #[inline]
    pub(super) fn slice(&self, from: u32, len: u32) -> Self {
        let id = self.id + from;
        let origin_left = if from == 0 { self.origin_left } else { id - 1 };
        Self {
            id,
            len,
            origin_left,
            ..*self
        }
    }

    /// The same characters after one more delete.
    #[inline]
    pub(super) fn deleted(self) -> Self {
        Self {
            state: (self.state + 1) | DELETED,
            ..self
        }
    }

    /// Moves an event that inserted or deleted these characters into the version that the walker
    /// stands on.
    #[inline]
    pub(super) fn advance(&mut self) {
        self.state += 1;
    }

    /// The inverse of [`Self::advance`].
    #[inline]
    pub(super) fn retreat(&mut self) {
        debug_assert!(!self.is_not_inserted(), "cannot retreat past not inserted");
        self.state -= 1;
    }

    /// Moves every event of the zone out of the version that the walker stands on.
    pub(super) fn retreat_to_start(&mut self) {
        self.state = (self.state & DELETED) | u32::from(self.is_base());
    }

    /// Takes what is visible now as the effect state.
    pub(super) fn take_effect_from_prepared(&mut self) {
        self.state &= !DELETED;
        if self.state != 1 {
            self.state |= DELETED;
        }
    }

    /// Characters visible at the version that the walker stands on.
    #[inline]
    pub(super) fn prepared_len(&self) -> u32 {
        if self.is_prepared() { self.len } else { 0 }
    }

    /// Characters visible after everything that was replayed.
    #[inline]
    pub(super) fn effective_len(&self) -> u32 {
        if self.is_effective() { self.len } else { 0 }
    }

    /// Whether `other`, placed right behind, can become part of this span.
    #[inline]
    pub(super) fn can_append(&self, other: &Self) -> bool {
        self.id + self.len == other.id
            && other.origin_left == self.last_id()
            && self.origin_right == other.origin_right
            && self.state == other.state
            && !self.is_base()
    }
}

impl Item for Span {
    type Width = SpanWidth;

    #[inline]
    fn width(&self) -> SpanWidth {
        SpanWidth {
            prepare: self.prepared_len(),
            effect: self.effective_len(),
            base: if self.is_base() { self.len } else { 0 },
        }
    }
}

impl Width for SpanWidth {}

impl Add for SpanWidth {
    type Output = Self;

    #[inline]
    fn add(self, other: Self) -> Self {
        Self {
            prepare: self.prepare.wrapping_add(other.prepare),
            effect: self.effect.wrapping_add(other.effect),
            base: self.base.wrapping_add(other.base),
        }
    }
}

impl Sub for SpanWidth {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self {
            prepare: self.prepare.wrapping_sub(other.prepare),
            effect: self.effect.wrapping_sub(other.effect),
            base: self.base.wrapping_sub(other.base),
        }
    }
}

impl AddAssign for SpanWidth {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
