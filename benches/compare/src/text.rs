//! Libraries for collaborative text, each behind the same few calls.
//!
//! Each works in the way that its own documentation shows for a text that several people edit:
//! one transaction for each edit where it has transactions, its update of one transaction on the
//! wire, and events that say where the text changed, since an editor must know.
//!
//! # What a rival cannot do
//! - Only `diamond-types` takes in a history as such, with the parents of each transaction. The
//!   others write as one replica at one version: [`Histories`] keeps a replica for each writer and
//!   gives it what its next transaction has seen. Histories of hundreds of writers are left out
//!   there; those that exist as files of Yjs and Automerge are read from these.
//! - `yrs` counts bytes or UTF-16, not scalars: it counts UTF-16 here, which is the same for texts
//!   without characters beyond the basic plane. It has no rows for other texts.
//! - `cola` holds no text and has no file of the history: it gets a `ropey` rope beside it, and
//!   its updates are in memory.
//! - Ties are broken in ways of their own, so the texts of concurrent histories may differ from
//!   ours; where there is one writer they are compared.

mod automerge;
mod cola;
mod diamond;
mod histories;
mod loro;
mod yrs;

pub use self::automerge::Automerge;
pub use self::cola::Cola;
pub use self::diamond::Diamond;
pub use self::histories::{Histories, updates};
pub use self::loro::Loro;
pub use self::yrs::Yrs;

use crdt_testkit::{Trace, TraceOp, data};
use std::path::PathBuf;

/// A replica of one text.
pub trait Replica: Sized {
    /// The name of the crate.
    const SUBJECT: &'static str;

    /// What one transaction sends to other replicas.
    type Update;

    /// Returns whether positions in such a text are the same for it and for us.
    fn counts_like_us(_text: &str) -> bool {
        true
    }

    /// Makes an empty replica; `writer` is not zero.
    fn new(writer: u64) -> Self;

    /// Makes an empty replica that tells an editor what changes.
    fn watched() -> Self {
        Self::new(u64::from(u32::MAX))
    }

    /// Inserts before the scalar at `pos`: one keystroke.
    fn insert(&mut self, pos: usize, text: &str);

    /// Deletes `len` scalars from `pos` on: one keystroke.
    fn delete(&mut self, pos: usize, len: usize);

    /// Edits in one transaction.
    fn edit(&mut self, ops: &[TraceOp]) -> Self::Update;

    /// Takes in the update of another replica.
    fn apply(&mut self, update: &Self::Update);

    /// The text.
    fn content(&self) -> String;
}

/// A replica that has a file of its whole history.
pub trait Stored: Replica {
    /// How the file of a recorded history in this library's own format ends, where there is one.
    const EXTENSION: Option<&'static str> = None;

    /// Encodes the whole history.
    fn save(&mut self) -> Vec<u8>;

    /// Decodes it.
    fn load(bytes: &[u8]) -> Self;
}

/// Returns whether a library can write such a text.
pub fn can_write<R: Replica>(trace: &Trace) -> bool {
    let mut ops = trace.txns.iter().flat_map(|txn| &txn.ops);
    ops.all(|op| match op {
        TraceOp::Insert { text, .. } => R::counts_like_us(text),
        TraceOp::Delete { .. } => true,
    })
}

/// The length of an update on the wire.
pub trait Wire {
    /// In bytes.
    fn wire_len(&self) -> usize;
}

impl Wire for Vec<u8> {
    fn wire_len(&self) -> usize {
        self.len()
    }
}

/// The recorded history of this name in a library's own format.
pub fn native_file<R: Stored>(name: &str) -> Option<Vec<u8>> {
    let file = PathBuf::from(format!("{name}.{}", R::EXTENSION?));
    std::fs::read(data::traces_dir()?.join("peers").join(file)).ok()
}
