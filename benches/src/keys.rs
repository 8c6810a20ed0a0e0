//! Keystrokes one behind the other in memory.

use crdt_testkit::{Trace, TraceOp};

/// The edits of one writer's trace, laid out in one list: to walk through the transactions of a
/// trace, each with boxes of its own, takes longer than to type them.
///
/// # Examples
/// ```
/// use benches::Keys;
/// use crdt_testkit::generate::typing;
///
/// let trace = typing(1, 1, 100);
/// assert!(Keys::of(&trace).iter().all(|key| key.n_deleted > 0 || !key.text.is_empty()));
/// ```
#[derive(Clone, Debug)]
pub struct Keys {
    /// Where, how many scalars go, and where the text that comes ends in `text`.
    edits: Vec<(usize, usize, usize)>,
    text: String,
}

/// One edit: a deletion or an insertion.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "benchmarks take it apart")]
pub struct Key<'a> {
    /// Where, in scalars.
    pub pos: usize,
    /// How many scalars go; if none does, text comes.
    pub n_deleted: usize,
    /// What comes.
    pub text: &'a str,
}

impl Keys {
    /// Lays out the edits of a trace.
    pub fn of(trace: &Trace) -> Self {
        let (mut edits, mut text) = (Vec::new(), String::new());
        for op in trace.txns.iter().flat_map(|txn| &txn.ops) {
            let (pos, n_deleted) = match op {
                TraceOp::Insert { pos, text: typed } => {
                    text.push_str(typed);
                    (*pos, 0)
                }
                TraceOp::Delete { pos, len } => (*pos, *len),
            };
            edits.push((pos, n_deleted, text.len()));
        }
        Self { edits, text }
    }

    /// Iterates over the edits in their order.
    pub fn iter(&self) -> impl Iterator<Item = Key<'_>> {
        let mut start = 0;
        self.edits.iter().map(move |&(pos, n_deleted, end)| {
            let text = &self.text[start..end];
            start = end;
            Key {
                pos,
                n_deleted,
                text,
            }
        })
    }
}
