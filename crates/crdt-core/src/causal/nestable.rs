//! Which types may live under a removable key.

use super::DotStore;

/// A type that can be a value of a map whose keys can be removed.
///
/// Removing a key takes away the dots that the remover saw; what was written concurrently stays, alone.
/// That only works if a delta carries nothing but its own event: *history-free*.
/// A grow-only counter's delta carries the sum of all increments so far, and would bring back what was
/// removed; so it is not `Nestable`, and a map of such counters does not compile.
///
/// # Invariants
/// A mutator's change depends on the store only through the set of dots it removes, and on its own
/// arguments.
///
/// # Examples
/// `Nestable` is implemented by the types that users name, for those of [`causal_type!`](crate::causal_type)
/// and [`record!`](crate::record) by the macro; what a map keeps of them is the store:
/// ```
/// use crdt_core::{DotSet, Nestable};
///
/// struct Flag;
///
/// impl Nestable for Flag {
///     type Store = DotSet;
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken back, so it is no value of a map with removable keys",
    note = "of counters take `ResettableCounter`, of registers and sets the causal ones; plain lattices go into a `GMap`",
    note = "a struct of such types becomes one by `crdt_core::record!`"
)]
pub trait Nestable {
    /// What a map keeps under a key: the type without a context of its own.
    type Store: DotStore;
}
