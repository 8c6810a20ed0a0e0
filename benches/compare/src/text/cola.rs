//! `cola`, with a `ropey` rope for the text.

use super::Replica;
use cola::{Deletion, Insertion};
use crdt_testkit::TraceOp;
use ropey::Rope;

/// A replica and its text.
pub struct Cola {
    replica: cola::Replica,
    text: Rope,
}

/// An edit for other replicas.
pub enum Edit {
    /// Text comes.
    Insert(Insertion, String),
    /// Text goes.
    Delete(Deletion),
}

impl Cola {
    fn insert_here(&mut self, pos: usize, text: &str) -> Insertion {
        self.text.insert(pos, text);
        self.replica.inserted(pos, text.chars().count())
    }

    fn delete_here(&mut self, pos: usize, len: usize) -> Deletion {
        self.text.remove(pos..pos + len);
        self.replica.deleted(pos..pos + len)
    }
}

impl Replica for Cola {
    const SUBJECT: &'static str = "cola";
    type Update = Vec<Edit>;

    /// Replicas that share a text are forks of one.
    fn new(writer: u64) -> Self {
        Self {
            replica: cola::Replica::new(u64::MAX, 0).fork(writer),
            text: Rope::new(),
        }
    }

    fn insert(&mut self, pos: usize, text: &str) {
        self.insert_here(pos, text);
    }

    fn delete(&mut self, pos: usize, len: usize) {
        self.delete_here(pos, len);
    }

    fn edit(&mut self, ops: &[TraceOp]) -> Vec<Edit> {
        let edit = |op: &TraceOp| match op {
            TraceOp::Insert { pos, text } => {
                Edit::Insert(self.insert_here(*pos, text), text.clone())
            }
            TraceOp::Delete { pos, len } => Edit::Delete(self.delete_here(*pos, *len)),
        };
        ops.iter().map(edit).collect()
    }

    fn apply(&mut self, update: &Vec<Edit>) {
        for edit in update {
            match edit {
                Edit::Insert(insertion, text) => {
                    let pos = self.replica.integrate_insertion(insertion);
                    self.text.insert(pos.expect("in causal order"), text);
                }
                Edit::Delete(deletion) => {
                    let ranges = self.replica.integrate_deletion(deletion);
                    for range in ranges.into_iter().rev() {
                        self.text.remove(range);
                    }
                }
            }
        }
    }

    fn content(&self) -> String {
        self.text.to_string()
    }
}
