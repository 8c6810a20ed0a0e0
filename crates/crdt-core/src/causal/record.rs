//! Records: several replicated fields of different types under one key.

use super::{Change, DotRanges, DotStore, Dotted};
use crate::DotContext;

/// Declares a record: a struct of replicated fields that is the value of a key, or of a
/// [`Causal`](crate::Causal).
///
/// Fields are named by the types that users name: anything that is [`Nestable`](crate::Nestable), other
/// records too. The struct holds their stores; beside it come a struct with a [`Change`](crate::Change)
/// for each field, and one with what readers saw change in each.
/// Removing the key of a record takes away what the remover saw in every field.
///
/// For a document whose fields each have a context of their own, such as a text, see
/// [`replicated!`](crate::replicated).
///
/// Attributes before the names behind `change` and `feed` go to those structs. For JSON derive serde's
/// traits on the record and on its change, and implement [`Named`](crate::Named).
///
/// # Convergence
/// As each field by itself. Fields are independent: what one replica did to one and another to another
/// both count.
///
/// # Examples
/// ```
/// use crdt_core::{AgentId, Causal, Change, DeltaState, DotSet, Minter, NextSeqError};
///
/// # struct Flag;
/// # impl crdt_core::Nestable for Flag { type Store = DotSet; }
/// crdt_core::record! {
///     /// A task on a list.
///     pub struct Task {
///         /// On while somebody works on it.
///         pub started: Flag,
///         pub urgent: Flag,
///     }
///     change TaskChange, feed TaskFeed
/// }
///
/// fn switch_on(flag: &DotSet, minter: &mut Minter) -> Result<Change<DotSet>, NextSeqError> {
///     Ok(Change { removed: flag.into(), live: minter.mint()?.into() })
/// }
///
/// let alice = AgentId::new("alice")?;
/// let (mut ours, mut theirs) = (Causal::<Task>::new(), Causal::<Task>::new());
/// let delta = ours.mutate(&alice, |task, minter| {
///     let urgent = switch_on(&task.urgent, minter)?;
///     Ok::<_, NextSeqError>(Change::bring(TaskChange { urgent, ..TaskChange::default() }))
/// })?;
/// let feed = theirs.apply_with_feed(&delta)?;
/// assert!(feed.urgent && !feed.started);
/// assert!(theirs.store().started.is_empty());
/// assert_eq!(ours, theirs);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// **Reference.** The product of stores under one context: Almeida, Shoker, Baquero, "Delta state
/// replicated data types", 2018, section 7.
#[macro_export]
macro_rules! record {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$on_field:meta])* $field_visibility:vis $field:ident: $type:ty),+ $(,)?
        }
        change $(#[$on_change:meta])* $change:ident, feed $(#[$on_feed:meta])* $feed:ident
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $visibility struct $name {
            $($(#[$on_field])* $field_visibility $field: <$type as $crate::Nestable>::Store,)+
        }

        #[doc = concat!("What a mutation does to a [`", stringify!($name), "`], field by field.")]
        $(#[$on_change])*
        #[derive(Clone, Debug, Default, PartialEq)]
        $visibility struct $change {
            $(
                #[doc = concat!("What it does to `", stringify!($field), "`.")]
                $field_visibility $field: $crate::Change<
                    <<$type as $crate::Nestable>::Store as $crate::DotStore>::Live,
                >,
            )+
        }

        #[doc = concat!("What readers of a [`", stringify!($name), "`] saw change, field by field.")]
        $(#[$on_feed])*
        #[derive(Debug, Default)]
        $visibility struct $feed {
            $(
                #[doc = concat!("What changed in `", stringify!($field), "`.")]
                $field_visibility $field:
                    <<$type as $crate::Nestable>::Store as $crate::DotStore>::Feed,
            )+
        }

        impl $crate::Nestable for $name {
            type Store = Self;
        }

        impl $crate::Feed for $feed {
            fn is_silent(&self) -> bool {
                true $(&& $crate::Feed::is_silent(&self.$field))+
            }
        }

        $crate::__dots_of_record!($name { $($field)+ });
        $crate::__dots_of_record!($change { $($field)+ });

        impl $crate::Live for $change {
            fn merge(&mut self, other: &Self) -> bool {
                let mut changed = false;
                $(changed |= self.$field.merge(&other.$field);)+
                changed
            }

            fn for_each_removed(&self, visit: &mut dyn FnMut(&$crate::DotRanges)) {
                $($crate::Live::for_each_removed(&self.$field, visit);)+
            }

            fn rename_removed(&mut self, names: &$crate::DotNames) {
                $($crate::Live::rename_removed(&mut self.$field, names);)+
            }

            fn split(self, max_dots: usize) -> $crate::__Vec<Self> {
                $(let mut $field = $crate::Live::split(self.$field, max_dots).into_iter();)+
                let n_parts = [$($field.len()),+].into_iter().fold(0, usize::max);
                let part = |_| Self {
                    $($field: $field.next().unwrap_or_default(),)+
                };
                (0..n_parts).map(part).collect()
            }
        }

        impl $crate::DotStore for $name {
            type Live = $change;
            type Feed = $feed;

            fn apply(
                &mut self,
                live: &$change,
                removed: &$crate::DotRanges,
                known: &$crate::DotContext,
                mut feed: Option<&mut $feed>,
            ) -> bool {
                let mut changed = false;
                $(
                    let feed_of_field = feed.as_deref_mut().map(|feed| &mut feed.$field);
                    changed |= $crate::__apply_to_field(
                        &mut self.$field,
                        &live.$field,
                        removed,
                        known,
                        feed_of_field,
                    );
                )+
                changed
            }

            fn join(
                &mut self,
                known: &$crate::DotContext,
                other: &Self,
                other_known: &$crate::DotContext,
                mut feed: Option<&mut $feed>,
            ) -> bool {
                let mut changed = false;
                $(
                    let feed_of_field = feed.as_deref_mut().map(|feed| &mut feed.$field);
                    changed |= $crate::DotStore::join(
                        &mut self.$field,
                        known,
                        &other.$field,
                        other_known,
                        feed_of_field,
                    );
                )+
                changed
            }

            fn leq(&self, known: &$crate::DotContext, other: &Self) -> bool {
                true $(&& $crate::DotStore::leq(&self.$field, known, &other.$field))+
            }

            fn changes_since(
                &self,
                known: &$crate::DotContext,
                base: &Self,
                base_known: &$crate::DotContext,
                _removed: &mut $crate::DotRanges,
            ) -> $change {
                $change {
                    $($field: $crate::__changes_of_field(
                        &self.$field,
                        known,
                        &base.$field,
                        base_known,
                    ),)+
                }
            }

            fn news_of(
                &self,
                live: &$change,
                removed: &$crate::DotRanges,
                known: &$crate::DotContext,
            ) -> $crate::Change<$change> {
                $crate::__news_of_record(self, removed, known, $change {
                    $($field: $crate::DotStore::news_of(
                        &self.$field,
                        &live.$field.live,
                        &live.$field.removed,
                        known,
                    ),)+
                })
            }

            fn inverse(
                &self,
                live: &$change,
                removed: &$crate::DotRanges,
            ) -> $crate::Change<$change> {
                $crate::Change::bring($change {
                    $($field: $crate::__inverse_of_field(&self.$field, &live.$field, removed),)+
                })
            }

            fn undo(
                &self,
                taken: &$change,
                _brought_above: &$crate::DotRanges,
                renewal: &mut $crate::Renewal<'_>,
            ) -> Result<$crate::Change<$change>, $crate::NextSeqError> {
                Ok($crate::Change::bring($change {
                    $($field: $crate::DotStore::undo(
                        &self.$field,
                        &taken.$field.live,
                        &taken.$field.removed,
                        renewal,
                    )?,)+
                }))
            }

            fn for_each_part(&self, emit: &mut dyn FnMut(Self)) {
                $($crate::DotStore::for_each_part(&self.$field, &mut |part| {
                    emit(Self { $field: part, ..Self::default() });
                });)+
            }

            fn check(&self, live: &$change) -> Result<(), $crate::Equivocation> {
                $($crate::DotStore::check(&self.$field, &live.$field.live)?;)+
                Ok(())
            }
        }
    };
}

/// What a record and its change have in common: each is the dots of its fields, one after the other.
#[doc(hidden)]
#[macro_export]
macro_rules! __dots_of_record {
    ($name:ident { $($field:ident)+ }) => {
        impl $crate::Dotted for $name {
            fn is_empty(&self) -> bool {
                true $(&& $crate::Dotted::is_empty(&self.$field))+
            }

            fn for_each_dot(&self, visit: &mut dyn FnMut(&$crate::Dot)) {
                $($crate::Dotted::for_each_dot(&self.$field, visit);)+
            }

            fn remove_dots(&mut self, removed: &$crate::DotRanges) -> bool {
                let mut changed = false;
                $(changed |= $crate::Dotted::remove_dots(&mut self.$field, removed);)+
                changed
            }
        }

        impl $crate::EncodeDots for $name {
            fn encode_dots(&self, w: &mut $crate::DotWriter<'_>) {
                $($crate::EncodeDots::encode_dots(&self.$field, w);)+
            }
        }

        impl $crate::DecodeDots for $name {
            fn decode_dots(
                r: &mut $crate::DotReader<'_, '_>,
            ) -> Result<Self, $crate::codec::DecodeError> {
                Ok(Self {
                    $($field: $crate::DecodeDots::decode_dots(r)?,)+
                })
            }
        }
    };
}

/// Brings a change into a field; of what the record loses as a whole, the field loses what it holds.
#[doc(hidden)]
pub fn __apply_to_field<S: DotStore>(
    store: &mut S,
    change: &Change<S::Live>,
    removed: &DotRanges,
    known: &DotContext,
    feed: Option<&mut S::Feed>,
) -> bool {
    if removed.is_empty() {
        return store.apply(&change.live, &change.removed, known, feed);
    }
    let mut here = removed.held_by(store);
    here.union_with(&change.removed);
    store.apply(&change.live, &here, known, feed)
}

/// Compares a field, with what went from it at its own level.
#[doc(hidden)]
pub fn __changes_of_field<S: DotStore>(
    store: &S,
    known: &DotContext,
    base: &S,
    base_known: &DotContext,
) -> Change<S::Live> {
    let mut removed = DotRanges::new();
    let live = store.changes_since(known, base, base_known, &mut removed);
    Change { removed, live }
}

/// Adds to the news of the fields what goes from the record as a whole.
#[doc(hidden)]
pub fn __news_of_record<L>(
    record: &impl Dotted,
    removed: &DotRanges,
    known: &DotContext,
    live: L,
) -> Change<L> {
    Change {
        removed: removed.news_for(record, known),
        live,
    }
}
