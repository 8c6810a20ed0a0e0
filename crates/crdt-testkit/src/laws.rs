//! Holds replicated types to the laws that make them replicated types.
//!
//! A type is described by a [`Subject`]: its operations, and a naive specification (the *oracle*) that
//! says what a replica must show that knows a given set of events. [`check`] plays random histories of
//! it: three or four replicas, twenty operations and more on few keys, with exchanges in between by
//! every path there is (single deltas late, twice and in any order, groups, whole states, differences,
//! summaries, parts). Along the way and at the end it checks every [`Law`]. Equality means all of the
//! state and its bytes, never only the value.
//!
//! The oracle is asked where it has something to say: at replicas that know, of each event they know,
//! whatever its writer had seen. One history in five is *wild*: replicas write although they lack
//! such events; of these the oracle says nothing, but all other laws hold.
//!
//! # Examples
//! ```
//! use crdt_core::codec::{Budget, Decode, DecodeError, Encode, Reader, Writer as ByteWriter};
//! use crdt_core::{Decompose, DeltaState, Lattice, Summarize};
//! use crdt_testkit::Rng;
//! use crdt_testkit::laws::{self, Expected, History, Refused, Subject, Writer};
//!
//! /// The largest number that anyone reported.
//! #[derive(Clone, Debug, Default, PartialEq)]
//! struct Max(u64);
//!
//! impl Lattice for Max {
//!     fn join(&mut self, other: &Self) -> bool {
//!         let grows = other.0 > self.0;
//!         self.0 = self.0.max(other.0);
//!         grows
//!     }
//!     fn leq(&self, other: &Self) -> bool { self.0 <= other.0 }
//! }
//!
//! impl Decompose for Max {
//!     fn decompose(&self) -> impl Iterator<Item = Self> {
//!         (self.0 > 0).then(|| self.clone()).into_iter()
//!     }
//! }
//!
//! impl DeltaState for Max {
//!     type Delta = Self;
//!     type Error = core::convert::Infallible;
//!     fn apply_delta(&mut self, delta: &Self) -> Result<bool, Self::Error> { Ok(self.join(delta)) }
//! }
//!
//! impl Summarize for Max {
//!     type Summary = Self;
//!     fn summary(&self) -> Self { self.clone() }
//!     fn delta_since(&self, known: &Self) -> Option<Self> { Some(self.diff(known)) }
//! }
//!
//! impl Encode for Max {
//!     fn encode(&self, w: &mut ByteWriter) { w.u64(self.0); }
//! }
//!
//! impl Decode for Max {
//!     fn decode(r: &mut Reader<'_>, _: &mut Budget) -> Result<Self, DecodeError> { r.u64().map(Self) }
//! }
//!
//! struct Reports;
//!
//! impl Subject for Reports {
//!     type State = Max;
//!     type Op = u64;
//!     type Value = u64;
//!
//!     fn name() -> String { "max".into() }
//!     fn op(rng: &mut Rng, _: usize) -> u64 { rng.below(9) as u64 }
//!     fn mutate(max: &mut Max, _: Writer<'_>, n: &u64) -> Result<Max, Refused> {
//!         Ok(if max.join(&Max(*n)) { max.clone() } else { Max(0) })
//!     }
//!     fn mutate_plain(max: &mut Max, _: Writer<'_>, n: &u64) -> Result<(), Refused> {
//!         max.join(&Max(*n));
//!         Ok(())
//!     }
//!     fn value(max: &Max) -> u64 { max.0 }
//!     fn oracle(history: &History<u64>) -> u64 {
//!         history.iter().map(|event| event.op).max().unwrap_or(0)
//!     }
//!     fn expected(past: &History<u64>, _: usize, n: &u64) -> Option<Expected> {
//!         Some(if *n > Self::oracle(past) { Expected::Event } else { Expected::Nothing })
//!     }
//! }
//!
//! let report = laws::check::<Reports>(50, 1);
//! report.assert_passed();
//! assert!(report.n_passed() > 10);
//! ```

mod algebra;
mod codec;
mod history;
mod judge;
mod law;
mod paths;
mod report;
mod run;
mod script;
mod subject;
mod world;

pub use self::history::{Event, EventSet, History};
pub use self::law::Law;
pub use self::report::{Failure, Item, Report};
pub use self::run::{check, check_choices};
pub use self::subject::{DeltaOf, Dots, Expected, N_AGENTS, Refused, Subject, Writer, agent};

#[cfg(test)]
mod tests;
