//! Plain lattices: no dots, no removal that resets.
//!
//! Each type is its own delta and its own summary, so a replica needs no context and no history to
//! take one in: any subset of what was ever sent, in any order and any number of times, joins. The
//! price is that what they keep only grows. A removal is one more entry, and it hides an element
//! without taking back what others did to it at the same time; where a concurrent change must
//! survive a removal alone, take a causal type.
//!
//! **Invariants.** A state has one representation: nothing that joins to nothing new is stored.
//!
//! **Costs.** Joining a delta of m entries into a state of n is O(m log n), and clones what was
//! new.
//!
//! **References.** Shapiro, Preguica, Baquero, Zawirski, "A comprehensive study of convergent and
//! commutative replicated data types", 2011, section 3. Almeida, Shoker, Baquero, "Delta state
//! replicated data types", 2018, section 4.

/// Implements `Summarize` for a state whose summary is a copy of itself.
macro_rules! own_summary {
    (<$($param:ident),+> $type:ty where $($bounds:tt)+) => {
        impl<$($param),+> crdt_core::Summarize for $type
        where
            $($bounds)+
        {
            type Summary = Self;

            fn summary(&self) -> Self {
                self.clone()
            }

            fn delta_since(&self, known: &Self) -> Option<Self> {
                Some(crdt_core::Decompose::diff(self, known))
            }
        }
    };
}

/// Implements `DeltaState` for a lattice that is its own delta and refuses none; `$news` returns what of a
/// delta a state lacks, `$split` makes parts of one.
macro_rules! own_delta {
    ($news:path, $split:path, <$($param:ident),+> $type:ty where $($bounds:tt)+) => {
        impl<$($param),+> crdt_core::DeltaState for $type
        where
            $($bounds)+
        {
            type Delta = Self;
            type Error = core::convert::Infallible;

            fn apply_delta(&mut self, delta: &Self) -> Result<bool, Self::Error> {
                Ok(crdt_core::Lattice::join(self, delta))
            }

            fn check_delta(&self, _delta: &Self) -> Result<(), Self::Error> {
                Ok(())
            }

            fn news_of(&self, delta: &Self) -> Option<Self> {
                Some($news(delta, self))
            }

            fn split_delta(delta: Self, max_entries: usize) -> alloc::vec::Vec<Self> {
                $split(delta, max_entries)
            }
        }
    };
}

mod ascending;
mod causal_length_set;
mod g_map;
mod g_set;
mod lww_map;
mod lww_register;
#[cfg(feature = "serde")]
mod serial;
mod two_p_set;
mod write;

pub use self::causal_length_set::{CausalLengthSet, LengthError};
pub use self::g_map::GMap;
pub use self::g_set::GSet;
pub use self::lww_map::{CleanError, LwwMap};
pub use self::lww_register::LwwRegister;
pub use self::two_p_set::TwoPSet;
pub use self::write::{ConflictingWrite, StampError};
