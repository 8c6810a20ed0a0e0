//! Structs of replicated fields: one document of several types.

use core::any::TypeId;
use core::convert::Infallible;

use crate::{Classify, Delta, ErrorKind, Summarize};

/// Why a delta for a struct of replicated fields was refused, or two were not grouped: one field refused.
///
/// # Examples
/// ```
/// use crdt_core::{Classify, ErrorKind, FieldError};
///
/// let error = FieldError { field: "title", kind: ErrorKind::Malformed };
/// assert_eq!(error.to_string(), "field `title`: malformed input");
/// assert_eq!(error.kind(), ErrorKind::Malformed);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("field `{field}`: {kind}")]
#[expect(
    clippy::exhaustive_structs,
    reason = "the macro builds it in other crates"
)]
pub struct FieldError {
    /// The name of the field.
    pub field: &'static str,
    /// What kind of trouble it has.
    pub kind: ErrorKind,
}

impl Classify for FieldError {
    fn kind(&self) -> ErrorKind {
        self.kind
    }
}

/// Makes a struct of replicated fields a replicated value itself.
///
/// Writes the struct, its delta and its summary, each with the fields of the struct, and
/// [`Delta`](crate::Delta), [`DeltaState`](crate::DeltaState), [`Summarize`](crate::Summarize),
/// [`Encode`](crate::codec::Encode) and [`Decode`](crate::codec::Decode) for them, field by field; and
/// `merge` of two replicas.
/// A mutation of one field is a delta with that field set and the others empty; grouping makes one of
/// several.
///
/// A delta is applied to all fields or to none. Put a field whose
/// [`check_delta`](crate::DeltaState::check_delta) copies, such as a text, first: the first one needs no
/// check.
///
/// # Examples
/// ```
/// use crdt_core::{Causal, Delta, DeltaState, DotSet, IntervalSet, Summarize};
///
/// crdt_core::replicated! {
///     /// Pages read, and whether the book is lent.
///     #[derive(Clone, Default)]
///     pub struct Book {
///         pages: IntervalSet,
///         lent: Causal<DotSet>,
///     }
///     delta BookDelta, summary BookSummary
/// }
///
/// let (mut ours, mut theirs) = (Book::default(), Book::default());
/// let delta = BookDelta { pages: IntervalSet::from(1..9), ..BookDelta::default() };
/// assert_eq!(ours.apply_delta(&delta), Ok(true));
/// if let Some(missing) = ours.delta_since(&theirs.summary()) {
///     theirs.apply_delta(&missing)?;
/// }
/// assert_eq!(theirs.pages, ours.pages);
/// assert_eq!(theirs.merge(&ours), Ok(false), "or whole replicas, where both are at hand");
/// # Ok::<(), crdt_core::FieldError>(())
/// ```
#[macro_export]
macro_rules! replicated {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$on_field:meta])* $field_visibility:vis $field:ident: $type:ty),+ $(,)?
        }
        delta $delta:ident, summary $summary:ident
    ) => {
        $(#[$attribute])*
        $visibility struct $name {
            $($(#[$on_field])* $field_visibility $field: $type,)+
        }

        #[doc = concat!("A change of [`", stringify!($name), "`], field by field.")]
        #[derive(Clone, Debug, Default)]
        $visibility struct $delta {
            $(
                #[doc = concat!("What changed in `", stringify!($field), "`.")]
                $field_visibility $field: <$type as $crate::DeltaState>::Delta,
            )+
        }

        #[doc = concat!("What a replica of [`", stringify!($name), "`] holds, field by field.")]
        $visibility struct $summary {
            $(
                #[doc = concat!("What it holds of `", stringify!($field), "`.")]
                $field_visibility $field: <$type as $crate::Summarize>::Summary,
            )+
        }

        impl $name {
            /// Takes over all that another replica holds; returns whether that was anything.
            ///
            /// # Errors
            /// [`FieldError`]($crate::FieldError) if a field of the other no longer holds what is missing
            /// here, or is refused here; nothing changes then.
            /// # Complexity
            /// O(both).
            /// # Convergence
            /// As applying every delta of the other.
            $visibility fn merge(&mut self, other: &Self) -> Result<bool, $crate::FieldError> {
                let missing = $delta {
                    $($field: $crate::__missing_in_field(
                        stringify!($field),
                        &self.$field,
                        &other.$field,
                    )?,)+
                };
                $crate::DeltaState::apply_delta(self, &missing)
            }
        }

        $crate::__codec_of_fields!($name { $($field)+ });
        $crate::__codec_of_fields!($delta { $($field)+ });
        $crate::__codec_of_fields!($summary { $($field)+ });

        impl $crate::Delta for $delta {
            type MergeError = $crate::FieldError;

            fn merge_delta(&mut self, other: &Self) -> Result<(), $crate::FieldError> {
                $(let $field = $crate::__merge_field(
                    stringify!($field),
                    &self.$field,
                    &other.$field,
                )?;)+
                $($crate::__set_field(&mut self.$field, &other.$field, $field);)+
                Ok(())
            }

            fn is_empty(&self) -> bool {
                true $(&& $crate::Delta::is_empty(&self.$field))+
            }
        }

        impl $crate::DeltaState for $name {
            type Delta = $delta;
            type Error = $crate::FieldError;

            fn apply_delta(&mut self, delta: &$delta) -> Result<bool, $crate::FieldError> {
                $crate::__check_all_but_first!(self, delta, $($field)+);
                let mut changed = false;
                $(changed |= $crate::__in_field(
                    stringify!($field),
                    $crate::DeltaState::apply_delta(&mut self.$field, &delta.$field),
                )?;)+
                Ok(changed)
            }

            fn check_delta(&self, delta: &$delta) -> Result<(), $crate::FieldError> {
                $($crate::__in_field(
                    stringify!($field),
                    $crate::DeltaState::check_delta(&self.$field, &delta.$field),
                )?;)+
                Ok(())
            }

            fn split_delta(delta: $delta, max_entries: usize) -> $crate::__Vec<$delta> {
                // Side by side, so that what is small in all fields stays one part.
                $(let mut $field = <$type as $crate::DeltaState>::split_delta(
                    delta.$field,
                    max_entries,
                )
                .into_iter();)+
                let n_parts = 0$(.max($field.len()))+;
                (0..n_parts)
                    .map(|_| $delta {
                        $($field: $field.next().unwrap_or_default(),)+
                    })
                    .collect()
            }

            fn news_of(&self, delta: &$delta) -> Option<$delta> {
                $(let $field = $crate::DeltaState::news_of(&self.$field, &delta.$field);)+
                let any = false $(|| $field.is_some())+;
                any.then(|| $delta {
                    $($field: $field.unwrap_or_else(|| Clone::clone(&delta.$field)),)+
                })
            }

            fn events_of(delta: &$delta) -> $crate::DotContext {
                let mut events = $crate::DotContext::new();
                $($crate::Lattice::join(
                    &mut events,
                    &<$type as $crate::DeltaState>::events_of(&delta.$field),
                );)+
                events
            }

            fn written_by(delta: &$delta, written: &mut $crate::WrittenSink<'_>) {
                $(written.in_field(stringify!($field), |written| {
                    <$type as $crate::DeltaState>::written_by(&delta.$field, written);
                });)+
            }
        }

        impl $crate::Summarize for $name {
            type Summary = $summary;

            fn summary(&self) -> $summary {
                $summary {
                    $($field: $crate::Summarize::summary(&self.$field),)+
                }
            }

            fn delta_since(&self, known: &$summary) -> Option<$delta> {
                Some($delta {
                    $($field: $crate::Summarize::delta_since(&self.$field, &known.$field)?,)+
                })
            }

            fn write_meaning(&self, w: &mut $crate::codec::Writer) -> bool {
                $(if !$crate::Summarize::write_meaning(&self.$field, w) {
                    $crate::codec::Encode::encode(&self.$field, w);
                })+
                true
            }

            fn split_summary(
                summary: &mut $summary,
                within: Option<&$summary>,
                members: &mut $crate::MemberSink<'_>,
            ) {
                $(members.in_field(stringify!($field), |members| {
                    let within = within.map(|within| &within.$field);
                    <$type as $crate::Summarize>::split_summary(
                        &mut summary.$field,
                        within,
                        members,
                    );
                });)+
            }

            fn rejoin_summary(
                head: &mut $summary,
                members: &mut $crate::MemberSource<'_>,
            ) -> bool {
                true $(&& members.in_field(stringify!($field), |members| {
                    <$type as $crate::Summarize>::rejoin_summary(&mut head.$field, members)
                }))+
            }
        }
    };
}

/// The fields, one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __codec_of_fields {
    ($name:ident { $($field:ident)+ }) => {
        impl $crate::codec::Encode for $name {
            fn encode(&self, w: &mut $crate::codec::Writer) {
                $($crate::codec::Encode::encode(&self.$field, w);)+
            }
        }

        impl $crate::codec::Decode for $name {
            fn decode(
                r: &mut $crate::codec::Reader<'_>,
                budget: &mut $crate::codec::Budget,
            ) -> Result<Self, $crate::codec::DecodeError> {
                Ok(Self {
                    $($field: $crate::codec::Decode::decode(r, budget)?,)+
                })
            }
        }
    };
}

/// The first field refuses by itself, before the others are touched.
#[doc(hidden)]
#[macro_export]
macro_rules! __check_all_but_first {
    ($self:ident, $delta:ident, $first:ident $($field:ident)*) => {
        $($crate::__in_field(
            stringify!($field),
            $crate::DeltaState::check_delta(&$self.$field, &$delta.$field),
        )?;)*
    };
}

/// Groups two deltas of a field if that may fail; `None` if it cannot, and is left for later.
#[doc(hidden)]
pub fn __merge_field<D: Delta + Clone>(
    field: &'static str,
    ours: &D,
    theirs: &D,
) -> Result<Option<D>, FieldError> {
    if TypeId::of::<D::MergeError>() == TypeId::of::<Infallible>() || theirs.is_empty() {
        return Ok(None);
    }
    let mut merged = ours.clone();
    let kind = ErrorKind::Malformed;
    merged
        .merge_delta(theirs)
        .map_err(|_| FieldError { field, kind })?;
    Ok(Some(merged))
}

/// What one replica of a field lacks of what another holds.
#[doc(hidden)]
pub fn __missing_in_field<T: Summarize>(
    field: &'static str,
    ours: &T,
    theirs: &T,
) -> Result<T::Delta, FieldError> {
    let kind = ErrorKind::MissingDependency;
    let missing = theirs.delta_since(&ours.summary());
    missing.ok_or(FieldError { field, kind })
}

/// Puts in what [`__merge_field`] made, or does what it left.
#[doc(hidden)]
pub fn __set_field<D: Delta>(ours: &mut D, theirs: &D, merged: Option<D>) {
    match merged {
        Some(merged) => *ours = merged,
        // Nothing to group, or nothing that can go wrong.
        None if theirs.is_empty() => {}
        None => drop(ours.merge_delta(theirs)),
    }
}

/// For macros: crates that use them may lack `alloc` by name.
#[doc(hidden)]
pub use alloc::vec::Vec as __Vec;

/// Says in which field an error arose.
#[doc(hidden)]
pub fn __in_field<T, E: Classify>(
    field: &'static str,
    result: Result<T, E>,
) -> Result<T, FieldError> {
    result.map_err(|error| FieldError {
        field,
        kind: error.kind(),
    })
}

#[cfg(test)]
mod tests;
