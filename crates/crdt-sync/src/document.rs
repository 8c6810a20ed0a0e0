//! What a synchroniser needs of a document's type.

use crdt_core::Summarize;
use crdt_core::codec::{Decode, Encode};

/// A type whose replicas a [`Node`](crate::Node) keeps equal: deltas that travel and group, a summary
/// of what is held, and bytes for all of it.
///
/// Every type with these traits of `crdt-core` is one already, your own too; several are put together
/// with [`replicated!`](crdt_core::replicated).
///
/// # Invariants
/// Equal states have equal bytes, and equal summaries mean equal states; or states that write the same
/// in [`Summarize::write_meaning`], where a type says there what counts.
///
/// # Examples
/// ```
/// use crdt_sync::Document;
///
/// fn is_document<D: Document>() {}
/// is_document::<crdt_counters::PnCounter>();
/// is_document::<crdt_maps::OrMap<String, crdt_counters::ResettableCounter>>();
/// ```
pub trait Document:
    Summarize<Delta: Clone + Encode + Decode, Summary: Encode + Decode> + Encode + Decode + Default
{
}

impl<T> Document for T where
    T: Summarize<Delta: Clone + Encode + Decode, Summary: Encode + Decode>
        + Encode
        + Decode
        + Default
{
}
