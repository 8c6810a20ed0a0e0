//! Lists that are mostly empty or of one dot: neither takes the heap.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;

use crate::Dot;

/// Dots in a list, one by one or as ranges: 16 bytes and no heap for none or one.
///
/// # Invariants
/// One dot is never on the heap, so that equal lists look alike.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(super) enum Few<T> {
    One(Dot),
    /// No dot, or at least two. The box keeps the whole enum at the size of a dot.
    #[expect(
        clippy::box_collection,
        reason = "a thin pointer, so that `Few` takes 16 bytes"
    )]
    Rest(Option<Box<Vec<T>>>),
}

const _: () = assert!(
    size_of::<usize>() != 8 || size_of::<Few<Dot>>() == 16,
    "grew"
);

impl<T> Few<T> {
    pub(super) const NONE: Self = Self::Rest(None);

    pub(super) const fn is_empty(&self) -> bool {
        matches!(self, Self::Rest(None))
    }

    /// Wraps a list that does not hold one single dot.
    pub(super) fn rest(items: Vec<T>) -> Self {
        Self::Rest((!items.is_empty()).then(|| Box::new(items)))
    }
}

impl<T: From<Dot>> Few<T> {
    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(dot) => vec![dot.into()],
            Self::Rest(None) => Vec::new(),
            Self::Rest(Some(items)) => *items,
        }
    }
}
