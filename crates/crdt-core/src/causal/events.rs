//! The events of a delta: mostly one, at times very many.

use alloc::vec::Vec;
use core::mem;

use super::{DotRanges, Dotted, Live};
use crate::{Dot, DotContext, DotRange, Lattice};

/// A set of dots that needs no heap for one.
///
/// # Invariants
/// A single dot is `One`, so that equal sets are equal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Events {
    One(Dot),
    Many(DotContext),
}

impl Events {
    /// The events of one mutation: what it minted, and an event of before that it let grow.
    pub(super) fn of(minted: Option<DotRange>, live: &impl Live) -> Self {
        let mut events = minted.map(Self::from).unwrap_or_default();
        live.for_each_dot(&mut |dot| {
            if !events.contains(dot) {
                events.union_with(&Self::One(dot.clone()));
            }
        });
        events
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Many(dots) if dots.is_empty())
    }

    fn contains(&self, dot: &Dot) -> bool {
        match self {
            Self::One(held) => held == dot,
            Self::Many(dots) => dots.contains(dot),
        }
    }

    pub(super) fn add_to(&self, context: &mut DotContext) -> bool {
        match self {
            Self::One(dot) => context.insert(dot),
            Self::Many(dots) => context.join(dots),
        }
    }

    pub(super) fn union_with(&mut self, other: &Self) -> bool {
        match (&mut *self, other) {
            (_, other) if other.is_empty() => false,
            (ours, other) if ours.is_empty() => {
                self.clone_from(other);
                true
            }
            (Self::One(dot), Self::One(other)) if dot == other => false,
            (Self::One(_), other) => {
                let mut dots = mem::take(self).into_context();
                let changed = other.add_to(&mut dots);
                *self = Self::Many(dots);
                changed
            }
            (Self::Many(dots), other) => other.add_to(dots),
        }
    }

    /// The dots that are not in a context.
    pub(super) fn outside(&self, known: &DotContext) -> DotContext {
        match self {
            Self::One(dot) if known.contains(dot) => DotContext::new(),
            Self::One(dot) => DotContext::from_iter([dot.clone()]),
            Self::Many(dots) => dots.difference(known),
        }
    }

    pub(super) fn n_dots(&self) -> u128 {
        match self {
            Self::One(_) => 1,
            Self::Many(dots) => dots.n_dots(),
        }
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(ours), Self::One(theirs)) => ours == theirs,
            (Self::One(dot), Self::Many(dots)) | (Self::Many(dots), Self::One(dot)) => {
                dots.contains(dot)
            }
            (Self::Many(ours), Self::Many(theirs)) => !ours.intersection(theirs).is_empty(),
        }
    }

    /// Takes dots out; returns whether any was there.
    pub(super) fn remove_all(&mut self, dots: &DotContext) -> bool {
        if dots.is_empty() {
            return false;
        }
        let ours = mem::take(self).into_context();
        let kept = ours.difference(dots);
        let changed = kept != ours;
        *self = kept.into();
        changed
    }

    fn into_context(self) -> DotContext {
        match self {
            Self::One(dot) => DotContext::from_iter([dot]),
            Self::Many(dots) => dots,
        }
    }
}

impl Default for Events {
    fn default() -> Self {
        Self::Many(DotContext::new())
    }
}

impl From<DotRange> for Events {
    fn from(range: DotRange) -> Self {
        if range.n_dots() == 1 {
            let DotRange { agent, start, .. } = range;
            return Self::One(Dot { agent, seq: start });
        }
        Self::Many(DotContext::from_iter([range]))
    }
}

impl From<DotContext> for Events {
    fn from(dots: DotContext) -> Self {
        let first = dots.ranges().next();
        match first {
            Some(range) if dots.n_dots() == 1 => Self::One(range.first()),
            _ => Self::Many(dots),
        }
    }
}

/// Returns the dots of a store as a context.
pub(super) fn dots_of(dotted: &impl Dotted) -> DotContext {
    let mut dots = Vec::new();
    dotted.for_each_dot(&mut |dot| dots.push(dot.clone()));
    context_of(dots)
}

/// Makes a context of dots that come in any order, such as that of the keys they stand under.
///
/// They are sorted first: a context moves half of its intervals about for a dot that comes in between.
pub(super) fn context_of(mut dots: Vec<Dot>) -> DotContext {
    dots.sort_unstable();
    dots.into_iter().collect()
}

/// Returns the dots of a store for which `is_wanted` returns true.
pub(super) fn dots_where(dotted: &impl Dotted, is_wanted: impl Fn(&Dot) -> bool) -> DotRanges {
    let mut found = Vec::new();
    dotted.for_each_dot(&mut |dot| {
        if is_wanted(dot) {
            found.push(dot.clone());
        }
    });
    found.into_iter().collect()
}
