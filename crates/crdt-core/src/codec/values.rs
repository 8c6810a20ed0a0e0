//! Encodings of the plain values that users keep in registers, sets and maps.
//!
//! Integers and scalars are varints (signed ones zigzag), strings and lists carry a length, options a bool,
//! arrays of bytes nothing.
//! There is none for `()`: an item of no bytes would let a few bytes claim any number of them.

#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::unwrap_used
    )
)]

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Budget, Decode, DecodeError, Encode, Reader, Writer};

/// Implements the codec of unsigned integers as varints within their range.
macro_rules! unsigned {
    ($($int:ty),*) => {$(
        impl Encode for $int {
            fn encode(&self, w: &mut Writer) {
                w.u64(u64::from(*self));
            }
        }

        impl Decode for $int {
            fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
                let offset = r.offset();
                let (found, max) = (r.u64()?, u64::from(Self::MAX));
                Self::try_from(found).map_err(|_| DecodeError::OutOfRange { offset, found, max })
            }
        }
    )*};
}

/// Implements the codec of signed integers as zigzag varints within their range.
macro_rules! signed {
    ($($int:ty),*) => {$(
        impl Encode for $int {
            fn encode(&self, w: &mut Writer) {
                w.i64(i64::from(*self));
            }
        }

        impl Decode for $int {
            fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
                let offset = r.offset();
                let (found, max) = (r.i64()?, Self::MAX.unsigned_abs().into());
                let found_abs = found.unsigned_abs();
                Self::try_from(found)
                    .map_err(|_| DecodeError::OutOfRange { offset, found: found_abs, max })
            }
        }
    )*};
}

unsigned!(u8, u16, u32, u64);
signed!(i8, i16, i32, i64);

impl Encode for bool {
    fn encode(&self, w: &mut Writer) {
        w.bool(*self);
    }
}

impl Decode for bool {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        r.bool()
    }
}

impl Encode for str {
    fn encode(&self, w: &mut Writer) {
        w.str(self);
    }
}

impl Encode for String {
    fn encode(&self, w: &mut Writer) {
        w.str(self);
    }
}

impl Decode for String {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let text = r.str()?;
        budget.spend_memory(text.len() as u64)?;
        Ok(Self::from(text))
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, w: &mut Writer) {
        w.u64(self.len() as u64);
        for item in self {
            item.encode(w);
        }
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let n_items = r.count(1, budget)?;
        budget.spend_list::<T>(n_items)?;
        (0..n_items).map(|_| T::decode(r, budget)).collect()
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, w: &mut Writer) {
        w.bool(self.is_some());
        if let Some(value) = self {
            value.encode(w);
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        let is_some = r.bool()?;
        is_some.then(|| T::decode(r, budget)).transpose()
    }
}

impl<T: Encode + ?Sized> Encode for Box<T> {
    fn encode(&self, w: &mut Writer) {
        (**self).encode(w);
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        budget.spend_list::<T>(1)?;
        T::decode(r, budget).map(Self::new)
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, w: &mut Writer) {
        self.0.encode(w);
        self.1.encode(w);
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        Ok((A::decode(r, budget)?, B::decode(r, budget)?))
    }
}

impl<A: Encode, B: Encode, C: Encode> Encode for (A, B, C) {
    fn encode(&self, w: &mut Writer) {
        self.0.encode(w);
        self.1.encode(w);
        self.2.encode(w);
    }
}

impl<A: Decode, B: Decode, C: Decode> Decode for (A, B, C) {
    fn decode(r: &mut Reader<'_>, budget: &mut Budget) -> Result<Self, DecodeError> {
        Ok((
            A::decode(r, budget)?,
            B::decode(r, budget)?,
            C::decode(r, budget)?,
        ))
    }
}

impl Encode for char {
    fn encode(&self, w: &mut Writer) {
        w.u64(u64::from(u32::from(*self)));
    }
}

impl Decode for char {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        let offset = r.offset();
        let found = r.u64_at_most(u64::from(u32::from(Self::MAX)))?;
        let scalar = u32::try_from(found).ok().and_then(Self::from_u32);
        // What is left are the surrogates.
        scalar.ok_or(DecodeError::UnknownTag { offset, found })
    }
}

/// As with `()`.
const fn assert_not_empty<const N: usize>() {
    assert!(
        N > 0,
        "an item of no bytes would let a few bytes claim any number of them"
    );
}

/// Bytes of a fixed number, such as a UUID: as they are.
impl<const N: usize> Encode for [u8; N] {
    fn encode(&self, w: &mut Writer) {
        const { assert_not_empty::<N>() };
        w.raw(self);
    }
}

impl<const N: usize> Decode for [u8; N] {
    fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> {
        const { assert_not_empty::<N>() };
        r.array()
    }
}
