//! Positions in text, in the three units that editors count in.
//!
//! The unit is part of the type, so two units cannot be mixed up: a plain `usize` counts Unicode
//! scalars, the native unit; [`Bytes`] and [`Utf16`] say otherwise.

use core::ops::{Bound, Range, RangeBounds};

use crate::error::EditError;
use crate::rope::{Measure, Rope};

/// A position or length in Unicode scalar values, the unit of every stored operation.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Chars(pub usize);

/// A position or length in UTF-8 bytes, as Rust strings count.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bytes(pub usize);

/// A position or length in UTF-16 code units, as browsers and many editors count.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Utf16(pub usize);

mod sealed {
    #[expect(unnameable_types, reason = "sealed: the units are these three")]
    pub trait Sealed: Copy {
        const MEASURE: crate::rope::Measure;
        fn get(self) -> usize;
        fn of(value: usize) -> Self;
    }
}
pub(crate) use sealed::Sealed;

/// A position in one of the units: [`Chars`] or plain `usize`, [`Bytes`], [`Utf16`].
///
/// # Examples
/// ```
/// use crdt_text::{Bytes, TextDoc, Utf16};
///
/// let mut doc = TextDoc::new();
/// let me = doc.get_or_create_agent_id("me")?;
/// doc.insert(me, 0, "a\u{1F600}b")?;
/// doc.insert(me, 2, "x")?; // after two scalars
/// doc.insert(me, Utf16(3), "y")?; // the emoji is two UTF-16 units
/// doc.insert(me, Bytes(5), "z")?; // and four bytes
/// assert_eq!(doc.to_string(), "a\u{1F600}zyxb");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Position: Sealed {}

macro_rules! position {
    ($unit:ty, $measure:expr, $get:expr, $of:expr) => {
        impl Sealed for $unit {
            const MEASURE: Measure = $measure;
            #[inline]
            fn get(self) -> usize {
                $get(self)
            }
            #[inline]
            fn of(value: usize) -> Self {
                $of(value)
            }
        }
        impl Position for $unit {}
    };
}

position!(
    usize,
    Measure::Chars,
    core::convert::identity,
    core::convert::identity
);
position!(Chars, Measure::Chars, |Self(at)| at, Self);
position!(Bytes, Measure::Bytes, |Self(at)| at, Self);
position!(Utf16, Measure::Utf16, |Self(at)| at, Self);

/// Translates a position into scalars.
#[inline]
pub(crate) fn to_chars<P: Position>(rope: &Rope, at: P) -> Result<u32, EditError> {
    Ok(convert::<P, usize>(rope, at)? as u32)
}

/// Translates a range into scalars.
#[inline]
pub(crate) fn to_char_range<P: Position>(
    rope: &Rope,
    range: &impl RangeBounds<P>,
) -> Result<Range<u32>, EditError> {
    // Bounds past `usize::MAX` are out of any document: saturating keeps them so.
    let start = match range.start_bound() {
        Bound::Included(at) => at.get(),
        Bound::Excluded(at) => at.get().saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(at) => at.get().saturating_add(1),
        Bound::Excluded(at) => at.get(),
        Bound::Unbounded => rope.len(P::MEASURE),
    };
    if start > end {
        return Err(EditError::ReversedRange { start, end });
    }
    Ok(to_chars(rope, P::of(start))?..to_chars(rope, P::of(end))?)
}

/// Translates a position from one unit to another.
#[inline]
pub(crate) fn convert<P: Position, Q: Position>(rope: &Rope, at: P) -> Result<Q, EditError> {
    let at = at.get();
    let len = rope.len(P::MEASURE);
    if at > len {
        return Err(EditError::OutOfBounds { at, len });
    }
    if P::MEASURE == Q::MEASURE && P::MEASURE == Measure::Chars {
        return Ok(Q::of(at));
    }
    let converted = rope.convert(at as u32, P::MEASURE, Q::MEASURE);
    Ok(Q::of(
        converted.ok_or(EditError::NotABoundary { at })? as usize
    ))
}
