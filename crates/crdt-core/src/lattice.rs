//! The traits that all replicated values share.
//!
//! Two ladders, because not every replicated value is a plain lattice.
//!
//! * [`Lattice`] and [`Decompose`] are algebra: states that join, and split into parts that join back.
//!   They never fail.
//! * [`Delta`] and [`DeltaState`] are replication: changes that travel, are grouped on the way, and are
//!   applied to a state that may refuse them. An outbox needs these two and an encoding, nothing more;
//!   [`Summarize`] brings back a peer for which the outbox kept nothing.
//!
//! They meet in one place: every lattice value is a [`Delta`], grouped by joining.
//! So a counter or a set is its own delta; a map has a delta type of its own; and an operation log,
//! whose deltas are bundles of runs, can refuse a bundle whose dependencies are missing
//! ([`ErrorKind::MissingDependency`]).
//!
//! **Laws.** Written on the traits; `crdt-testkit` checks them for every type.
//! Equality in a law means all of the state, not only the value a user reads.
//!
//! **References.** Almeida, Shoker, Baquero, "Delta state replicated data types", 2018, sections 3-5
//! (join, delta-mutators, delta-groups). Enes, Almeida, Baquero, Leitao, "Efficient synchronization of
//! state-based CRDTs", 2019, sections III-IV (irredundant join decompositions).

mod delta;

pub use self::delta::{Classify, Delta, DeltaState, ErrorKind, Summarize};

/// A join semilattice with a bottom.
///
/// # Invariants
/// For all `a`, `b`, `c`:
/// join is associative, commutative and idempotent; [`Default::default`] is the bottom, its identity;
/// `a.leq(b)` if and only if joining `a` into `b` changes nothing.
///
/// # Examples
/// ```
/// use crdt_core::Lattice;
///
/// /// The largest number that anyone reported.
/// #[derive(Clone, Debug, Default, PartialEq)]
/// struct Max(u64);
///
/// impl Lattice for Max {
///     fn join(&mut self, other: &Self) -> bool {
///         let grows = other.0 > self.0;
///         self.0 = self.0.max(other.0);
///         grows
///     }
///
///     fn leq(&self, other: &Self) -> bool {
///         self.0 <= other.0
///     }
/// }
///
/// let (mut alice, mut bob) = (Max(3), Max(5));
/// assert!(alice.join(&bob));
/// assert!(!bob.join(&alice));
/// assert_eq!(alice, bob);
/// ```
pub trait Lattice: Default {
    /// Raises `self` to the least upper bound of `self` and `other`; returns whether `self` changed.
    ///
    /// It takes a reference, because the same state or delta is joined at many places; an
    /// implementation clones only what was new to `self`, so that joining a small delta into a large
    /// state costs what the delta costs.
    ///
    /// # Convergence
    /// Replicas that joined the same states are equal, whatever the order, grouping or repetition.
    fn join(&mut self, other: &Self) -> bool;

    /// Returns whether `other` already holds all of `self`: the order of the lattice.
    fn leq(&self, other: &Self) -> bool;

    /// Returns whether `self` is the bottom, the state that joins to nothing new.
    fn is_bottom(&self) -> bool {
        self.leq(&Self::default())
    }
}

/// A lattice whose values split into irredundant, irreducible parts.
///
/// What one replica should send another that holds `base` is `diff(base)`, never more.
///
/// # Invariants
/// The parts of `a` join to `a`; no part is the join of others (*irreducible*), and leaving any one
/// out joins to less (*irredundant*). The bottom has no parts.
/// With `d = a.diff(b)`: `b` joined with `d` equals `b` joined with `a`; no part of `d` is already in
/// `b`; `a.diff(a)` is the bottom.
///
/// # Examples
/// ```
/// use crdt_core::{Decompose, IntervalSet, Lattice};
///
/// let alice = IntervalSet::from_iter([0..3, 7..9]);
/// let mut bob = IntervalSet::from(2..8);
/// let delta = alice.diff(&bob);
/// assert_eq!(delta, IntervalSet::from_iter([0..2, 8..9]));
/// assert_eq!(delta.decompose().count(), 3);
/// bob.join(&delta);
/// assert_eq!(bob, IntervalSet::from(0..9));
/// ```
pub trait Decompose: Lattice {
    /// Iterates over the parts of the irredundant join decomposition, in a deterministic order.
    ///
    /// Lazy: where parts are many (every dot of a context), stop early or use
    /// [`diff`](Self::diff).
    fn decompose(&self) -> impl Iterator<Item = Self>;

    /// Returns the least value that, joined into `base`, gives what joining `self` would give.
    ///
    /// The provided method filters the parts one by one; implementations override it when they can
    /// subtract wholesale.
    fn diff(&self, base: &Self) -> Self {
        let mut delta = Self::default();
        for part in self.decompose().filter(|part| !part.leq(base)) {
            delta.join(&part);
        }
        delta
    }
}
