//! Holds a storage of your own to the rules of [`Storage`] (feature `conformance`).
//!
//! [`check`] runs every rule; a violation names the rule and the seed that shows it. [`FaultyStorage`]
//! is a storage that breaks on purpose, for whoever stands on one.

mod faulty;
mod history;
mod rules;
mod subject;

pub use self::faulty::{Fault, FaultError, FaultyStorage};
use crate::Storage;

/// How many random histories [`check`] runs.
const N_HISTORIES: u64 = 16;

/// Which storage is to be opened.
///
/// # Examples
/// See [`check`].
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "whoever opens must handle every case"
)]
pub enum Fate<S> {
    /// An empty one, that nobody used before.
    Create,
    /// This one again, as after a restart: close it, open it anew.
    Reopen(S),
}

/// What a storage must do.
///
/// # Examples
/// See [`Violation`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// It can be read once it was opened, and once a commit succeeded.
    #[error("a storage can be read")]
    Readable,
    /// A commit that failed succeeds when it is tried again, at the latest after some hundred times.
    #[error("a commit that failed may be tried again")]
    Retry,
    /// A new storage holds nothing.
    #[error("a new storage is empty")]
    Empty,
    /// `read` finds what was put last, and nothing where it was deleted or never put.
    #[error("a key has the value that was put last")]
    Read,
    /// `scan` visits all keys with the prefix and no other, ascending by bytes, once each.
    #[error("a scan visits the keys of its prefix, ascending")]
    Scan,
    /// `scan` ends when the visitor breaks.
    #[error("a scan ends when the visitor breaks")]
    Break,
    /// Of a batch whose commit failed, all is there or nothing.
    #[error("a batch is there as a whole or not at all")]
    Atomic,
    /// What was committed is there when the storage is opened again.
    #[error("what was committed survives a restart")]
    Durable,
}

/// A rule that a storage broke.
///
/// # Examples
/// ```
/// use crdt_sync::conformance::{Rule, Violation};
///
/// let violation = Violation { rule: Rule::Durable, seed: 7, step: 3 };
/// assert_eq!(violation.to_string(), "what was committed survives a restart: seed 7, step 3");
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{rule}: seed {seed}, step {step}")]
#[expect(
    clippy::exhaustive_structs,
    reason = "tests compare it with what they expect"
)]
pub struct Violation {
    /// What does not hold.
    pub rule: Rule,
    /// Of the history that shows it, for [`check_history`]; 0 if a table of cases does.
    pub seed: u64,
    /// Which commit of it.
    pub step: usize,
}

/// Holds a storage to all rules.
///
/// `open` makes empty storages, and closes and opens one again. Commits may fail, at random say: then
/// the batch must be there or not, and they are tried again.
///
/// # Errors
/// If a rule is broken: the first that was found.
/// # Complexity
/// Some thousand commits of a few kilobytes.
/// # Examples
/// For a storage in a file, `Reopen(storage)` drops the storage and opens the file.
/// ```
/// use crdt_sync::MemoryStorage;
/// use crdt_sync::conformance::{Fate, check};
///
/// check(|fate| match fate {
///     Fate::Create => MemoryStorage::new(),
///     Fate::Reopen(storage) => storage,
/// })?;
/// # Ok::<(), crdt_sync::conformance::Violation>(())
/// ```
pub fn check<S: Storage>(mut open: impl FnMut(Fate<S>) -> S) -> Result<(), Violation> {
    rules::check(&mut open)?;
    (0..N_HISTORIES).try_for_each(|seed| check_history(seed, &mut open))
}

/// Runs one random history of commits, failures and restarts, comparing with a model after each.
///
/// # Errors
/// If a rule is broken.
/// # Complexity
/// Some dozen commits of a few kilobytes.
/// # Examples
/// ```
/// use crdt_sync::conformance::{Fate, FaultyStorage, check_history};
///
/// check_history(7, |fate: Fate<FaultyStorage>| match fate {
///     Fate::Create => {
///         let storage = FaultyStorage::new(7);
///         storage.set_failing_percent(50);
///         storage
///     }
///     Fate::Reopen(storage) => storage.crash(0),
/// })?;
/// # Ok::<(), crdt_sync::conformance::Violation>(())
/// ```
pub fn check_history<S: Storage>(
    seed: u64,
    mut open: impl FnMut(Fate<S>) -> S,
) -> Result<(), Violation> {
    history::check(seed, &mut open)
}
